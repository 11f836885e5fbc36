//! Imported rows: entries that keep each line of a broker's file, and what became of it.

use async_trait::async_trait;
use strikebook_core::{
    Id, Json, Name, Page, Result, Source, Timestamp, Upserted,
    port::{Import, check_entries},
    trading::journal::{ImportFilter, ImportQuery, ImportRepository, ImportedRow, JournalEvent},
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
            // A row has one event or two, and every engine can look for text in the text of JSON.
            Some(event) => sql.push(" AND CAST(events AS VARCHAR) LIKE ").bind(format!("%{event}%")),
        };
        match filter.accepted {
            None => sql,
            Some(true) => sql.push(" AND rejection IS NULL"),
            Some(false) => sql.push(" AND rejection IS NOT NULL"),
        }
    }
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
