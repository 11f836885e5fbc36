//! A broker's history into a store's journal.

use std::{collections::BTreeMap, fmt};

use strikebook_core::{
    Result, Timestamp, Upserted,
    trading::journal::{EventKind, ImportRepository, ImportedRow, JournalRepository},
};
use strikebook_vendors::{
    ReadReport,
    broker::{BrokerHistory, RawRow},
};

use super::mapping::{Account, Mapping, Unmapped, map_history};

/// What became of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The account of reading the file: read = accepted + rejected.
    pub read: ReadReport,
    /// Rows that are in events.
    pub mapped: u64,
    /// Rows of money that belongs to no position.
    pub cash: u64,
    /// Rows that fit nothing, and why.
    pub unmapped: Vec<Unmapped>,
    /// How many events there are of each kind.
    pub events: Vec<(EventKind, usize)>,
    /// What the store did with the events.
    pub stored: Upserted,
    /// What the store did with the rows, accepted and rejected ones.
    pub rows: Upserted,
}

/// The number of imported rows that are made and written at once: each is several times as large as in its file.
const ROWS_AT_ONCE: usize = 1_000;

/// Brings a whole history into a journal, and keeps its rows word for word, each with the events that came of it or the
/// reason why it was rejected. Of rejected rows the journal keeps those that the history does. What the journal holds
/// of it already changes nothing, so a later and longer file of the same account adds what is new.
///
/// # Errors
/// Those of [`append_journal_events`](JournalRepository::append_journal_events) and
/// [`record_imported_rows`](ImportRepository::record_imported_rows). Rows that cannot be read or fit nothing are no
/// error: the report tells each, and the store keeps them as rejected.
///
/// # Cancel safety
/// A dropped call stores all events or none, and then the rows up to some thousand of them. Importing again adds what
/// is missing.
pub async fn import_history(
    store: &(impl JournalRepository + ImportRepository + ?Sized),
    history: &BrokerHistory,
    account: &Account,
) -> Result<ImportReport> {
    let mapping = map_history(history, account);
    let stored = store.append_journal_events(&mapping.events).await?;
    let rows = record_rows(store, imported_rows(history, account, &mapping)).await?;
    let events = EventKind::ALL.iter().map(|kind| (*kind, mapping.count(*kind))).filter(|(_, count)| *count > 0);
    Ok(ImportReport {
        read: history.report.clone(),
        mapped: mapping.mapped,
        cash: mapping.cash.len() as u64,
        events: events.collect(),
        stored,
        rows,
        unmapped: mapping.unmapped,
    })
}

async fn record_rows(
    store: &(impl ImportRepository + ?Sized),
    mut rows: impl Iterator<Item = Result<ImportedRow>>,
) -> Result<Upserted> {
    let mut recorded = Upserted::default();
    loop {
        let batch = rows.by_ref().take(ROWS_AT_ONCE).collect::<Result<Vec<_>>>()?;
        if batch.is_empty() {
            return Ok(recorded);
        }
        recorded += store.record_imported_rows(&batch).await?;
    }
}

/// The beginning of a text that a store takes. Only a spoilt file has longer ones, and they are whole in the row's
/// content.
fn beginning(text: &str) -> String {
    text.chars().take(4_096).collect()
}

/// The rows of a history as they are kept: first those that could be read, oldest first, then the others.
fn imported_rows<'a>(
    history: &'a BrokerHistory,
    account: &'a Account,
    mapping: &'a Mapping,
) -> impl Iterator<Item = Result<ImportedRow>> + Send + 'a {
    let reasons: BTreeMap<_, _> = mapping.unmapped.iter().map(|one| (one.row.line, one.reason)).collect();
    let row = move |at: Timestamp, line: u64, row_id: &str, raw: &RawRow, rejection: Option<&str>| {
        Ok(ImportedRow {
            id: ImportedRow::identity(&account.source, account.account, row_id),
            at,
            account: account.account,
            source: account.source.clone(),
            row_id: beginning(row_id),
            file: beginning(&history.file),
            line,
            content: raw.content()?,
            rejection: rejection.map(beginning),
            events: mapping.lines.get(&line).cloned().unwrap_or_default(),
            recorded_at: account.recorded_at,
        })
    };
    let read =
        history.rows.iter().map(move |it| row(it.at, it.line, &it.id(), &it.raw, reasons.get(&it.line).copied()));
    let unread =
        history.rejected.iter().map(move |it| row(account.recorded_at, it.line, &it.id, &it.raw, Some(&it.reason)));
    read.chain(unread)
}

impl fmt::Display for ImportReport {
    /// A line for the file, one for the rows, one for the events and one for each row that fits nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.read)?;
        writeln!(
            f,
            "rows: {} in events, {} of money alone, {} that fit nothing",
            self.mapped,
            self.cash,
            self.unmapped.len()
        )?;
        let Upserted { inserted, unchanged, .. } = self.stored;
        write!(f, "events: {inserted} new, {unchanged} known")?;
        self.events.iter().try_for_each(|(kind, count)| write!(f, ", {count} {kind}"))?;
        self.unmapped.iter().try_for_each(|one| write!(f, "\nline {}: {}", one.row.line, one.reason))
    }
}
