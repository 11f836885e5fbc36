//! A broker's history into a store's journal.

use std::fmt;

use strikebook_core::{
    Result, Upserted,
    trading::journal::{EventKind, JournalRepository},
};
use strikebook_vendors::{ReadReport, broker::BrokerHistory};

use super::mapping::{Account, Unmapped, map_history};

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
}

/// Brings a whole history into a journal. What the journal holds of it already changes nothing, so a later and longer file
/// of the same account adds what is new.
///
/// # Errors
/// Those of [`append_journal_events`](JournalRepository::append_journal_events). Rows that cannot be read or fit nothing are no error: the
/// report tells each.
///
/// # Cancel safety
/// A dropped call stores all events or none.
pub async fn import_history(
    store: &(impl JournalRepository + ?Sized),
    history: &BrokerHistory,
    account: &Account,
) -> Result<ImportReport> {
    let mapping = map_history(history, account);
    let events = EventKind::ALL.iter().map(|kind| (*kind, mapping.count(*kind))).filter(|(_, count)| *count > 0);
    Ok(ImportReport {
        read: history.report.clone(),
        mapped: mapping.mapped,
        cash: mapping.cash.len() as u64,
        events: events.collect(),
        stored: store.append_journal_events(&mapping.events).await?,
        unmapped: mapping.unmapped,
    })
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
