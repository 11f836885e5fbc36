//! Imported rows: entries that keep each line of a broker's file, and what became of it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use strikebook_core::{
    Id, Json, Name, Page, Result, Source, Timestamp, Upserted,
    port::{Import, check_entries, without_deleted},
    trading::journal::{Amendment, ImportFilter, ImportQuery, ImportRepository, ImportedRow, JournalEvent},
};

use crate::{
    codec::{Record, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::{Session, lock},
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

json_field!(Vec<Id<JournalEvent>>);

record! {
    ImportedRow in ImportedRows {
        key { id: Id<ImportedRow> }
        value {
            at: Timestamp,
            account: Name,
            source: Source,
            row_id: String,
            file: String,
            line: u64,
            content: Json,
            rejection: Option<String>,
            events: Vec<Id<JournalEvent>>,
            deletion: Option<String>,
        }
    }
}

impl EntryRow for ImportedRow {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &ImportFilter) -> Sql {
        let sql = sql
            .bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND source = ", filter.source.as_ref().map(Source::as_str))
            .bind_some(" AND row_id = ", filter.row_id.as_deref());
        let sql = match filter.event {
            None => sql,
            Some(event) => led_to(sql.push(" AND "), event),
        };
        match filter.accepted {
            None => sql,
            Some(true) => sql.push(" AND rejection IS NULL"),
            Some(false) => sql.push(" AND rejection IS NOT NULL"),
        }
    }
}

/// Appends the condition that a row led to an event.
fn led_to(sql: Sql, event: Id<JournalEvent>) -> Sql {
    // A row has one event or two, and every engine can look for text in the text of JSON.
    sql.push("CAST(events AS VARCHAR) LIKE ").bind(format!("%{event}%"))
}

/// Takes deleted events from the rows that led to them, and keeps the reason there.
pub(crate) fn forget_deleted(session: &mut dyn Session, amendments: &[Amendment<JournalEvent>]) -> Result<()> {
    let deletions = || amendments.iter().filter(|amendment| amendment.deletes());
    let mut rows = BTreeMap::new();
    for deletion in deletions() {
        lock(session, ImportedRow::TABLE.name)?;
        let found = entries::find::<ImportedRow>(session, led_to(Sql::new(""), deletion.id))?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let changed = without_deleted(rows.into_values(), deletions());
    if changed.is_empty() { Ok(()) } else { entries::replace::<ImportedRow>(session, &changed) }
}

/// Stores checked rows of brokers' files.
pub(crate) fn record_imported_rows(session: &mut dyn Session, batch: &[ImportedRow]) -> Result<Upserted> {
    lock(session, ImportedRow::TABLE.name)?;
    let ids: Vec<_> = batch.iter().map(|row| row.id).collect();
    let import = Import::of(batch, entries::with_ids::<ImportedRow>(session, &ids)?)?;
    entries::add::<ImportedRow>(session, &import.fresh)?;
    entries::replace::<ImportedRow>(session, &import.changed)?;
    Ok(import.done)
}

#[async_trait]
impl<E: Engine> ImportRepository for SqlStore<E> {
    async fn record_imported_rows(&self, rows: &[ImportedRow]) -> Result<Upserted> {
        const OPERATION: &str = "record_imported_rows";
        check_entries(rows, self.allow_simulated()).map_err(|error| self.named(OPERATION, error))?;
        if rows.is_empty() {
            return self.nothing(OPERATION).await;
        }
        let batch = rows.to_vec();
        self.write(OPERATION, move |session| record_imported_rows(session, &batch)).await
    }

    async fn get_imported_row(&self, id: Id<ImportedRow>) -> Result<Option<ImportedRow>> {
        self.read("get_imported_row", move |session| entries::get::<ImportedRow>(session, id)).await
    }

    async fn list_imported_rows(&self, query: &ImportQuery) -> Result<Page<ImportedRow>> {
        self.entries::<ImportedRow>("list_imported_rows", query).await
    }
}
