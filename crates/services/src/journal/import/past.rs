//! The rows and events that an account of the journal has already.

use std::collections::{BTreeSet, HashMap, HashSet};

use strikebook_core::{
    Id, Listing, Result,
    trading::journal::{
        Cycle, EventKind, ImportFilter, ImportRepository, ImportedRow, JournalEvent, JournalEventFilter,
        JournalRepository,
    },
};
use strikebook_vendors::broker::{BrokerHistory, BrokerRow, RowIdentity};

use super::{
    super::{
        ROWS_PER_PAGE,
        mapping::{ImportAccount, Past},
    },
    beginning,
};

/// The first line number of rows that are kept aside, which is beyond the lines of any file.
const FIRST_ASIDE: u64 = 1 << 48;

/// The stored rows and events of an account.
pub(super) struct StoredPast {
    events: Vec<JournalEvent>,
    kinds: HashMap<Id<JournalEvent>, EventKind>,
    /// The rows by their texts.
    rows: HashMap<String, ImportedRow>,
}

impl StoredPast {
    pub(super) async fn load(
        store: &(impl JournalRepository + ImportRepository + ?Sized),
        account: &ImportAccount,
    ) -> Result<Self> {
        let filter = JournalEventFilter { account: Some(account.account), ..JournalEventFilter::default() };
        let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
        let mut events = Vec::new();
        loop {
            let page = store.list_journal_events(&query).await?;
            events.extend(page.items);
            let Some(next) = page.next else { break };
            query = query.after(next);
        }
        events.sort_by_key(JournalEvent::place);
        let filter = ImportFilter {
            account: Some(account.account),
            source: Some(account.source.clone()),
            ..ImportFilter::default()
        };
        let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
        let mut rows = HashMap::new();
        loop {
            let page = store.list_imported_rows(&query).await?;
            rows.extend(page.items.into_iter().map(|row| (row.row_id.clone(), row)));
            let Some(next) = page.next else { break };
            query = query.after(next);
        }
        let kinds = events.iter().map(|event| (event.id, event.kind)).collect();
        Ok(Self { events, kinds, rows })
    }

    fn row(&self, row: &BrokerRow) -> Option<&ImportedRow> {
        self.rows.get(&beginning(&row.id()))
    }

    /// Returns true if the journal has a row with all of its events. Others are mapped again: a stopped import may have
    /// left rows whose events are missing, and money of a stock has an event as soon as its position is known.
    pub(super) fn has(&self, row: &BrokerRow) -> bool {
        self.row(row).is_some_and(|stored| {
            let is_whole = !stored.events.is_empty() || row.symbol.is_none();
            is_whole && stored.is_accepted() && stored.events.iter().all(|id| self.kinds.contains_key(id))
        })
    }

    /// Returns the reason for which an event of a row was deleted.
    pub(super) fn deletion(&self, row: &BrokerRow) -> Option<&str> {
        self.row(row)?.deletion.as_deref()
    }

    /// Returns the stored events of a row.
    pub(super) fn events_of(&self, row: &BrokerRow) -> &[Id<JournalEvent>] {
        self.row(row).map_or(&[], |row| &row.events)
    }

    /// Returns the kinds of events.
    pub(super) fn kinds<'a>(&'a self, events: &'a BTreeSet<Id<JournalEvent>>) -> impl Iterator<Item = EventKind> + 'a {
        events.iter().filter_map(|event| self.kinds.get(event).copied())
    }

    /// Returns the stored events of a cycle.
    pub(super) fn of_cycle(&self, cycle: Id<Cycle>) -> impl Iterator<Item = &JournalEvent> {
        self.events.iter().filter(move |event| event.cycle == cycle)
    }

    /// Returns the events that count, with the number of rows of each.
    pub(super) fn events(&self) -> Past {
        let mut rows: HashMap<Id<JournalEvent>, usize> = HashMap::new();
        for event in self.rows.values().flat_map(|row| &row.events) {
            *rows.entry(*event).or_default() += 1;
        }
        let counting = self.events.iter().filter(|event| event.voided_at.is_none());
        Past { events: counting.cloned().collect(), rows }
    }

    /// Returns the rows without events that can be read, other than those of this file: what closed nothing, and money
    /// of stocks that were not held.
    pub(super) fn aside(&self, history: &BrokerHistory, of_file: &HashSet<String>) -> Vec<(BrokerRow, &ImportedRow)> {
        let mut stored: Vec<&ImportedRow> =
            self.rows.values().filter(|row| row.events.is_empty() && row.deletion.is_none()).collect();
        stored.sort_by_key(|row| (row.at, row.id));
        let mut aside = Vec::new();
        for (line, stored) in (FIRST_ASIDE..).zip(stored) {
            if of_file.contains(&stored.row_id) {
                continue;
            }
            if let Ok(Some(row)) = history.reread(&stored.content)
                && row.symbol.is_some()
            {
                let identity = RowIdentity::Given(stored.row_id.as_str().into());
                aside.push((BrokerRow { line, identity, at: stored.at, ..row }, stored));
            }
        }
        aside
    }

    /// Returns a row to write with the content that is stored of it: another layout of the same row may have other
    /// columns, and the first one stays.
    pub(super) fn row_with_stored_content(&self, row: ImportedRow) -> ImportedRow {
        match self.rows.get(&row.row_id) {
            Some(stored) => ImportedRow { content: stored.content.clone(), ..row },
            None => row,
        }
    }
}
