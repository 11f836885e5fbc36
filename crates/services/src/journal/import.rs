//! The import of a broker's history into a store's journal.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt,
};

use strikebook_core::{
    Id, Result, Upserted,
    trading::journal::{EventKind, ImportRepository, ImportedRow, JournalEvent, JournalRepository, Projection},
};
use strikebook_vendors::{
    ReadReport,
    broker::{BrokerHistory, BrokerRow},
};

use self::past::StoredPast;
use super::mapping::{AccountRows, ImportAccount, MappedHistory, UnmappedRow, map_rows, refuse_names};

mod past;

/// The report of an import.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportReport {
    /// The report of reading the file: read = accepted + rejected + left out.
    pub read: ReadReport,
    /// The number of rows in events.
    pub mapped: u64,
    /// The number of rows of money that belongs to no position.
    pub cash: u64,
    /// The rows that could not be mapped, each with the reason. They are kept aside, and tried again by each later
    /// import of the account.
    pub unmapped: Vec<UnmappedRow>,
    /// The rows an event of which the owner has deleted, each with the reason. They are never mapped again.
    pub deleted: Vec<DeletedRow>,
    /// The number of rows of earlier imports, kept aside until now, that are in events of this one.
    pub matched: u64,
    /// The number of events of each kind, new and stored before.
    pub events: Vec<(EventKind, usize)>,
    /// The counts of the stored events.
    pub stored: Upserted,
    /// The counts of the stored rows, accepted and rejected ones.
    pub rows: Upserted,
}

/// A row whose event was deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRow {
    /// The position of the row in its file, from 1.
    pub line: u64,
    /// The reason of the [deletion](strikebook_core::trading::journal::Amended::Deleted).
    pub reason: String,
}

/// The imported rows that are built and written at a time: each takes several times its bytes in the file.
const ROWS_PER_WRITE: usize = 1_000;
/// The most characters of a text in an imported row.
const TEXT_CHARS: usize = 4_096;
/// The reason of rows that do not fit to later events of their cycle.
const CONTRADICTION: &str = "the row contradicts later events of its cycle that are stored";

/// Imports a history, whole or a window of it, into a journal. The journal keeps each row word for word, with its
/// events or the reason of its rejection; of rejected rows it keeps as many as the history does.
///
/// A history may come in windows, in any order and overlapping. The positions that the journal holds are the start of
/// the next window; a row that closes nothing is kept aside, and is in events as soon as the window before it is
/// imported. A row that the journal has already, from whatever file or layout, changes nothing. An event that was
/// deleted stays deleted; the report names its rows.
///
/// # Errors
/// Those of the repositories' lists, of [`record_imported_rows`](ImportRepository::record_imported_rows) and of
/// [`append_journal_events`](JournalRepository::append_journal_events). A row that cannot be read or mapped is no
/// error: the report names each, and the store keeps them as rejected.
///
/// # Cancel safety
/// A dropped call stores some of the rows, in order, and then all events of an account or none. Importing again
/// completes them.
pub async fn import_history(
    store: &(impl JournalRepository + ImportRepository + ?Sized),
    history: &BrokerHistory,
    account: &ImportAccount,
) -> Result<ImportReport> {
    let (parts, refused) = account.parts(history);
    let mut total = Total::default();
    for part in &parts {
        total.import_part(store, history, part).await?;
    }
    refuse_names(&mut total.mapping, &refused);
    total.rows += record_unread(store, history, account).await?;
    let events = EventKind::ALL.iter().map(|kind| (*kind, total.kinds.get(kind).map_or(0, |count| *count)));
    Ok(ImportReport {
        read: history.report.clone(),
        mapped: total.mapping.mapped,
        cash: total.mapping.cash.len() as u64 + total.cash,
        unmapped: total.mapping.unmapped,
        deleted: total.deleted,
        matched: total.matched,
        events: events.filter(|(_, count)| *count > 0).collect(),
        stored: total.stored,
        rows: total.rows,
    })
}

/// The results of the accounts so far.
#[derive(Default)]
struct Total {
    mapping: MappedHistory,
    /// The rows of money that the journal has already.
    cash: u64,
    deleted: Vec<DeletedRow>,
    matched: u64,
    kinds: BTreeMap<EventKind, usize>,
    stored: Upserted,
    rows: Upserted,
}

impl Total {
    async fn import_part(
        &mut self,
        store: &(impl JournalRepository + ImportRepository + ?Sized),
        history: &BrokerHistory,
        part: &AccountRows<'_>,
    ) -> Result<()> {
        let AccountRows { account, rows } = part;
        let before = StoredPast::load(store, account).await?;
        let (deleted, others): (Vec<&BrokerRow>, Vec<&BrokerRow>) =
            rows.iter().copied().partition(|row| before.deletion(row).is_some());
        let (known, new): (Vec<&BrokerRow>, Vec<&BrokerRow>) = others.into_iter().partition(|row| before.has(row));
        let ids: HashSet<String> = rows.iter().map(|row| row.id().into_owned()).collect();
        let aside = before.aside(history, &ids);
        let mut candidates: Vec<&BrokerRow> = aside.iter().map(|(row, _)| row).chain(new.iter().copied()).collect();
        candidates.sort_by_key(|row| row.at);
        let mut mapping = map_rows(&candidates, account, before.events());
        refuse_contradictions(&mut mapping, &candidates, &before);

        let is_aside: HashSet<u64> = aside.iter().map(|(row, _)| row.line).collect();
        let reasons: BTreeMap<u64, &str> = mapping.unmapped.iter().map(|one| (one.row.line, one.reason)).collect();
        let events_of = |row: &BrokerRow| mapping.lines.get(&row.line).cloned().map_or(Vec::new(), |events| events);
        let matched = aside.iter().filter(|(row, _)| mapping.lines.contains_key(&row.line));
        let matched = matched.map(|(row, stored)| {
            Ok(ImportedRow {
                rejection: None,
                events: events_of(row),
                recorded_at: stored.at.max(account.recorded_at),
                ..(*stored).clone()
            })
        });
        let matched: Vec<Result<ImportedRow>> = matched.collect();
        self.matched += matched.len() as u64;
        let written = new.iter().map(|row| {
            let result = RowResult { rejection: reasons.get(&row.line).copied(), events: events_of(row) };
            imported_row(history, account, row, result).map(|row| before.row_with_stored_content(row))
        });
        // Rows of the file that the journal has already, in this layout or in another.
        let unchanged = (known.len() + deleted.len()) as u64;
        self.rows += record_rows(store, written.chain(matched)).await?;
        self.rows.unchanged += unchanged;

        self.stored += store.append_journal_events(&mapping.events).await?;
        let of_known: BTreeSet<Id<JournalEvent>> =
            known.iter().chain(&deleted).flat_map(|row| before.events_of(row)).copied().collect();
        let reason = |row: &&BrokerRow| Some(DeletedRow { line: row.line, reason: before.deletion(row)?.to_owned() });
        self.deleted.extend(deleted.iter().filter_map(reason));
        self.stored.unchanged += of_known.len() as u64;
        let kinds = mapping.events.iter().map(|event| event.kind).chain(before.kinds(&of_known));
        for kind in kinds {
            *self.kinds.entry(kind).or_default() += 1;
        }
        let known_cash = known.iter().filter(|row| before.events_of(row).is_empty()).count() as u64;
        self.cash += known_cash;
        self.mapping.mapped += known.len() as u64 - known_cash;

        let aside_cash = mapping.cash.iter().filter(|row| is_aside.contains(&row.line)).count() as u64;
        let aside_unmapped = mapping.unmapped.iter().filter(|one| is_aside.contains(&one.row.line)).count() as u64;
        mapping.mapped = mapping.mapped.saturating_sub(aside.len() as u64 - aside_cash - aside_unmapped);
        mapping.cash.retain(|row| !is_aside.contains(&row.line));
        mapping.unmapped.retain(|one| !is_aside.contains(&one.row.line));
        self.mapping.merge(mapping);
        Ok(())
    }
}

/// The result of a row: the reason of its rejection, or its events.
struct RowResult<'a> {
    rejection: Option<&'a str>,
    events: Vec<Id<JournalEvent>>,
}

/// Takes the events of cycles back that contradict what is stored of the cycle, and refuses their rows.
fn refuse_contradictions(mapping: &mut MappedHistory, rows: &[&BrokerRow], past: &StoredPast) {
    let mut cycles: BTreeMap<_, Vec<JournalEvent>> = BTreeMap::new();
    for event in &mapping.events {
        cycles.entry(event.cycle).or_default().push(event.clone());
    }
    let contradicted: HashSet<Id<JournalEvent>> = cycles
        .into_iter()
        .filter(|(cycle, new)| {
            let events: Vec<JournalEvent> = past.of_cycle(*cycle).chain(new).cloned().collect();
            Projection::of(&events).is_err()
        })
        .flat_map(|(_, new)| new.into_iter().map(|event| event.id))
        .collect();
    if contradicted.is_empty() {
        return;
    }
    mapping.events.retain(|event| !contradicted.contains(&event.id));
    let is_refused = |events: &Vec<Id<JournalEvent>>| events.iter().any(|event| contradicted.contains(event));
    let lines: HashSet<u64> = mapping.lines.iter().filter(|(_, it)| is_refused(it)).map(|(line, _)| *line).collect();
    mapping.lines.retain(|line, _| !lines.contains(line));
    let refused = rows.iter().filter(|row| lines.contains(&row.line));
    mapping.unmapped.extend(refused.map(|row| UnmappedRow { row: (*row).clone(), reason: CONTRADICTION }));
    mapping.mapped = mapping.mapped.saturating_sub(lines.len() as u64);
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

/// Records the rows that could not be read, under the account of the import.
async fn record_unread(
    store: &(impl ImportRepository + ?Sized),
    history: &BrokerHistory,
    account: &ImportAccount,
) -> Result<Upserted> {
    let mut recorded = Upserted::default();
    for rejected in history.rejected.chunks(ROWS_PER_WRITE) {
        let mut batch = Vec::new();
        for row in rejected {
            let imported = ImportedRow {
                id: ImportedRow::identity(&account.source, account.account, &row.id),
                at: account.recorded_at,
                account: account.account,
                source: account.source.clone(),
                row_id: beginning(&row.id),
                file: beginning(&history.file),
                line: row.line,
                content: row.raw.content()?,
                rejection: Some(beginning(&row.reason)),
                events: Vec::new(),
                deletion: None,
                recorded_at: account.recorded_at,
            };
            // Another export of the row may have other columns: the first one stays.
            match store.get_imported_row(imported.id).await? {
                Some(stored) if stored.content != imported.content => recorded.unchanged += 1,
                _ => batch.push(imported),
            }
        }
        recorded += store.record_imported_rows(&batch).await?;
    }
    Ok(recorded)
}

/// Returns the beginning of a text, up to the length that a store takes. Only a corrupt file has longer texts; the
/// row's content holds them whole.
fn beginning(text: &str) -> String {
    text.chars().take(TEXT_CHARS).collect()
}

/// Returns the row to keep of one that could be read.
fn imported_row(
    history: &BrokerHistory,
    account: &ImportAccount,
    row: &BrokerRow,
    result: RowResult<'_>,
) -> Result<ImportedRow> {
    let row_id = row.id();
    Ok(ImportedRow {
        id: ImportedRow::identity(&account.source, account.account, &row_id),
        at: row.at,
        account: account.account,
        source: account.source.clone(),
        row_id: beginning(&row_id),
        file: beginning(&history.file),
        line: row.line,
        content: row.raw.content()?,
        rejection: result.rejection.map(beginning),
        // A row without an event has no identities of events.
        events: if result.rejection.is_some() { Vec::new() } else { result.events },
        deletion: None,
        recorded_at: row.at.max(account.recorded_at),
    })
}

impl fmt::Display for ImportReport {
    /// Writes a line for the file, one for the rows, one for the events and one for each unmapped row.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.read)?;
        write!(f, "rows: {} in events, {} of money alone, {} kept aside", self.mapped, self.cash, self.unmapped.len())?;
        if !self.deleted.is_empty() {
            write!(f, ", {} of deleted events", self.deleted.len())?;
        }
        if self.matched > 0 {
            write!(f, "; {} of earlier files matched", self.matched)?;
        }
        let Upserted { inserted, unchanged, .. } = self.stored;
        write!(f, "\nevents: {inserted} new, {unchanged} stored before")?;
        self.events.iter().try_for_each(|(kind, count)| write!(f, ", {count} {kind}"))?;
        self.unmapped.iter().try_for_each(|one| write!(f, "\nline {}: {}", one.row.line, one.reason))?;
        let deleted = |one: &DeletedRow| write!(f, "\nline {}: its event was deleted: {}", one.line, one.reason);
        self.deleted.iter().try_for_each(deleted)
    }
}
