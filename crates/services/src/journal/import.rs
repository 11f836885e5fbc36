//! The import of a broker's history into a store's journal.

use std::{collections::BTreeMap, fmt};

use strikebook_core::{
    Result, Timestamp, Upserted,
    trading::journal::{EventKind, ImportRepository, ImportedRow, JournalRepository},
};
use strikebook_vendors::{
    ReadReport,
    broker::{BrokerHistory, RawRow},
};

use super::mapping::{ImportAccount, MappedHistory, UnmappedRow, map_history};

/// The report of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The report of reading the file: read = accepted + rejected.
    pub read: ReadReport,
    /// The number of rows in events.
    pub mapped: u64,
    /// The number of rows of money that belongs to no position.
    pub cash: u64,
    /// The rows that could not be mapped, each with the reason.
    pub unmapped: Vec<UnmappedRow>,
    /// The number of events of each kind.
    pub events: Vec<(EventKind, usize)>,
    /// The counts of the stored events.
    pub stored: Upserted,
    /// The counts of the stored rows, accepted and rejected ones.
    pub rows: Upserted,
}

/// The imported rows that are built and written at a time: each takes several times its bytes in the file.
const ROWS_PER_WRITE: usize = 1_000;
/// The most characters of a text in an imported row.
const TEXT_CHARS: usize = 4_096;

/// Imports a whole history into a journal. The journal keeps each row word for word, with its events or the reason of
/// its rejection; of rejected rows it keeps as many as the history does. Rows that the journal has already change
/// nothing, so a later and longer file of the same account adds the new ones.
///
/// # Errors
/// Those of [`append_journal_events`](JournalRepository::append_journal_events) and
/// [`record_imported_rows`](ImportRepository::record_imported_rows). A row that cannot be read or mapped is no error:
/// the report names each, and the store keeps them as rejected.
///
/// # Cancel safety
/// A dropped call stores all events or none, and then some of the rows, in order. Importing again completes them.
/// is missing.
pub async fn import_history(
    store: &(impl JournalRepository + ImportRepository + ?Sized),
    history: &BrokerHistory,
    account: &ImportAccount,
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
        let batch = rows.by_ref().take(ROWS_PER_WRITE).collect::<Result<Vec<_>>>()?;
        if batch.is_empty() {
            return Ok(recorded);
        }
        recorded += store.record_imported_rows(&batch).await?;
    }
}

/// Returns the beginning of a text, up to the length that a store takes. Only a corrupt file has longer texts; the
/// row's content holds them whole.
fn beginning(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}

/// Returns the rows of a history to keep: first those that could be read, oldest first, then the others.
fn imported_rows<'a>(
    history: &'a BrokerHistory,
    account: &'a ImportAccount,
    mapping: &'a MappedHistory,
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
            // A row without an event has no identities of events.
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
    /// Writes a line for the file, one for the rows, one for the events and one for each unmapped row.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.read)?;
        writeln!(f, "rows: {} in events, {} of money alone, {} unmapped", self.mapped, self.cash, self.unmapped.len())?;
        let Upserted { inserted, unchanged, .. } = self.stored;
        write!(f, "events: {inserted} new, {unchanged} stored before")?;
        self.events.iter().try_for_each(|(kind, count)| write!(f, ", {count} {kind}"))?;
        self.unmapped.iter().try_for_each(|one| write!(f, "\nline {}: {}", one.row.line, one.reason))
    }
}
