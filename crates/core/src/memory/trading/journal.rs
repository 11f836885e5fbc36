//! The trade journal, in memory.

use std::{collections::BTreeSet, iter};

use async_trait::async_trait;

use crate::{
    Id, Name, Page, Result, Upserted,
    maintenance::{Dataset, Purged},
    memory::{MemoryStore, State, entries::Entries},
    port::{
        self, Asked, Chain, Change, Import, Keyed, Moved, Settlement, check_amendable, no_events, settle_trades,
        trade_ids, without_deleted,
    },
    trading::journal::{
        Amendment, Cycle, CycleFilter, DailyPnl, DailyPnlFilter, DailyPnlKey, DailyRepository, ImportQuery,
        ImportRepository, ImportedRow, JournalEvent, JournalEventQuery, JournalRepository, Note, NoteQuery,
        NoteRepository, Projection, RiskState, RiskStateFilter, RuleDefinition, RuleFilter, Trade, TradeQuery,
        TradeRepository,
    },
};

/// Returns the events of a cycle in their order.
fn events_of(log: &Entries<JournalEvent>, cycle: Id<Cycle>) -> Vec<JournalEvent> {
    let mut events: Vec<_> = log.iter().filter(|event| event.cycle == cycle).cloned().collect();
    events.sort_by_key(JournalEvent::place);
    events
}

impl State {
    /// Replaces the stored results of a cycle, and returns true if they were equal. A cycle without events that count
    /// has none. `gone` has the identities of trades whose events are no longer stored.
    fn settle(&mut self, cycle: Id<Cycle>, gone: &[Id<Trade>], is_amended: bool) -> Result<bool> {
        let events = events_of(&self.journal_events, cycle);
        let ids = [&trade_ids(&events), gone].concat();
        let stored: Vec<_> = ids.iter().filter_map(|id| self.trades.get(*id)).cloned().collect();
        if events.iter().all(|event| event.voided_at.is_some()) {
            let settlement = settle_trades(&[], &stored, is_amended);
            let was_stored = self.cycles.delete(&cycle);
            return Ok(self.settle_trades(&settlement) && !was_stored);
        }
        let projection = Projection::of(&events)?;
        let equal = self.settle_trades(&settle_trades(&projection.trades, &stored, is_amended));
        let equal_cycle = self.cycles.get(&projection.cycle.key()) == Some(&projection.cycle);
        self.cycles.upsert(std::slice::from_ref(&projection.cycle));
        Ok(equal && equal_cycle)
    }

    fn settle_trades(&mut self, settlement: &Settlement) -> bool {
        if !settlement.gone.is_empty() {
            let rows = self.trades.delete(|trade| settlement.gone.contains(&trade.id));
            let asked = Asked::Trades { trades: &settlement.gone };
            self.changes.extend(Change::purged(Dataset::Trades.as_str(), asked, &Purged { rows, superseded: 0 }));
        }
        for trade in &settlement.changed {
            self.trades.put(trade);
        }
        settlement.is_empty()
    }

    /// Replaces the stored results of cycles.
    pub(in crate::memory) fn settle_cycles(
        &mut self,
        cycles: &[Id<Cycle>],
        gone: &[Id<Trade>],
        is_amended: bool,
    ) -> Result<()> {
        cycles.iter().try_for_each(|cycle| self.settle(*cycle, gone, is_amended).map(drop))
    }

    /// Returns the events of a chain and of `named` cycles, and those that share a cycle with one of them.
    pub(in crate::memory) fn events_of_chain(&self, chain: &Chain, named: &BTreeSet<Id<Cycle>>) -> Vec<JournalEvent> {
        let is_its_own = |event: &&JournalEvent| {
            (event.account, event.strategy, event.symbol) == (chain.account, chain.strategy, chain.symbol)
        };
        let own = self.journal_events.iter().filter(is_its_own).map(|event| event.cycle);
        let cycles: BTreeSet<_> = own.chain(named.iter().copied()).collect();
        self.journal_events.iter().filter(|event| cycles.contains(&event.cycle)).cloned().collect()
    }

    /// Appends checked events and projects their cycles again, or leaves the state as it was when that fails.
    pub(in crate::memory) fn append_journal_events(&mut self, events: &[JournalEvent]) -> Result<Upserted> {
        let mut copy = self.clone();
        let done = copy.journal_events.insert(events)?;
        let cycles: BTreeSet<_> = events.iter().map(|event| event.cycle).collect();
        copy.settle_cycles(&cycles.into_iter().collect::<Vec<_>>(), &[], false)?;
        *self = copy;
        Ok(done)
    }

    /// Amends events and everything that follows from them, or leaves the state as it was when that fails.
    pub(in crate::memory) fn amend_journal_events(
        &mut self,
        amendments: &[Amendment<JournalEvent>],
        simulated: bool,
    ) -> Result<Upserted> {
        let mut copy = self.clone();
        let (done, amended) = copy.journal_events.amend(amendments, simulated)?;
        let touched = || amended.iter().flat_map(|(before, after)| iter::once(before).chain(after));
        let chains: BTreeSet<_> = touched().map(Chain::of).collect();
        let of_chains = |state: &Self| -> Vec<_> {
            let mut events: Vec<_> =
                chains.iter().flat_map(|chain| state.events_of_chain(chain, &BTreeSet::new())).collect();
            events.sort_by_key(|event| event.id);
            events.dedup();
            events
        };
        let (before, after) = (of_chains(self), of_chains(&copy));
        let cycles: BTreeSet<_> = touched().map(|event| event.cycle).collect();
        let gone: Vec<_> = amended.iter().filter(|(_, after)| after.is_none()).map(|(it, _)| it.clone()).collect();
        copy.settle_cycles(&cycles.into_iter().collect::<Vec<_>>(), &trade_ids(&gone), true)?;
        copy.move_positions(&Moved::keys(touched()), (&before, &after), &[])?;
        let deletions = amendments.iter().filter(|amendment| amendment.deletes());
        for row in without_deleted(copy.imported_rows.iter().cloned(), deletions) {
            copy.imported_rows.put(&row);
        }
        *self = copy;
        Ok(done)
    }

    /// Amends trades that follow from no events.
    pub(in crate::memory) fn amend_trades(
        &mut self,
        amendments: &[Amendment<Trade>],
        simulated: bool,
    ) -> Result<Upserted> {
        let event = |amendment: &Amendment<Trade>| self.journal_events.get(Id::from_uuid(amendment.id.as_uuid()));
        check_amendable(&amendments.iter().filter_map(event).cloned().collect::<Vec<_>>())?;
        self.trades.amend(amendments, simulated).map(|(done, _)| done)
    }

    /// Stores checked rows of brokers' files.
    pub(in crate::memory) fn record_imported_rows(&mut self, rows: &[ImportedRow]) -> Result<Upserted> {
        let import = Import::of(rows, self.imported_rows.iter().cloned())?;
        import.fresh.iter().chain(&import.changed).for_each(|row| self.imported_rows.put(row));
        Ok(import.done)
    }

    /// Puts a checked trade in the place of the stored one.
    pub(in crate::memory) fn replace_trade(&mut self, trade: &Trade) -> Result<Trade> {
        self.trades.update(trade.id, |stored| {
            trade.may_replace(stored)?;
            stored.clone_from(trade);
            Ok(())
        })
    }
}

#[async_trait]
impl JournalRepository for MemoryStore {
    async fn append_journal_events(&self, events: &[JournalEvent]) -> Result<Upserted> {
        self.write("append_journal_events", |state| {
            port::check_entries(events, self.allow_simulated)?;
            state.append_journal_events(events)
        })
    }

    async fn amend_journal_events(&self, amendments: &[Amendment<JournalEvent>]) -> Result<Upserted> {
        self.write("amend_journal_events", |state| state.amend_journal_events(amendments, self.allow_simulated))
    }

    async fn get_journal_event(&self, id: Id<JournalEvent>) -> Result<Option<JournalEvent>> {
        self.read("get_journal_event", |state| Ok(state.journal_events.get(id).cloned()))
    }

    async fn list_journal_events(&self, query: &JournalEventQuery) -> Result<Page<JournalEvent>> {
        self.read("list_journal_events", |state| state.journal_events.list(query))
    }

    async fn list_cycle_events(&self, cycle: Id<Cycle>) -> Result<Vec<JournalEvent>> {
        self.read("list_cycle_events", |state| Ok(events_of(&state.journal_events, cycle)))
    }

    async fn get_cycle(&self, id: Id<Cycle>) -> Result<Option<Cycle>> {
        self.read("get_cycle", |state| Ok(state.cycles.get(&id).cloned()))
    }

    async fn list_cycles(&self, filter: &CycleFilter) -> Result<Vec<Cycle>> {
        self.read("list_cycles", |state| state.cycles.list(filter))
    }

    async fn rebuild_cycle(&self, id: Id<Cycle>) -> Result<bool> {
        self.write("rebuild_cycle", |state| {
            let events = events_of(&state.journal_events, id);
            if events.is_empty() {
                return Err(no_events(id));
            }
            state.settle(id, &[], false)
        })
    }
}

#[async_trait]
impl ImportRepository for MemoryStore {
    async fn record_imported_rows(&self, rows: &[ImportedRow]) -> Result<Upserted> {
        self.write("record_imported_rows", |state| {
            port::check_entries(rows, self.allow_simulated)?;
            state.record_imported_rows(rows)
        })
    }

    async fn get_imported_row(&self, id: Id<ImportedRow>) -> Result<Option<ImportedRow>> {
        self.read("get_imported_row", |state| Ok(state.imported_rows.get(id).cloned()))
    }

    async fn list_imported_rows(&self, query: &ImportQuery) -> Result<Page<ImportedRow>> {
        self.read("list_imported_rows", |state| state.imported_rows.list(query))
    }
}

#[async_trait]
impl TradeRepository for MemoryStore {
    async fn insert_trades(&self, trades: &[Trade]) -> Result<Upserted> {
        self.insert("insert_trades", trades, |state| &mut state.trades)
    }

    async fn replace_trade(&self, trade: &Trade) -> Result<Trade> {
        self.write("replace_trade", |state| {
            port::check_entry(trade, self.allow_simulated)?;
            state.replace_trade(trade)
        })
    }

    async fn amend_trades(&self, amendments: &[Amendment<Trade>]) -> Result<Upserted> {
        self.write("amend_trades", |state| state.amend_trades(amendments, self.allow_simulated))
    }

    async fn get_trade(&self, id: Id<Trade>) -> Result<Option<Trade>> {
        self.read("get_trade", |state| Ok(state.trades.get(id).cloned()))
    }

    async fn list_trades(&self, query: &TradeQuery) -> Result<Page<Trade>> {
        self.read("list_trades", |state| state.trades.list(query))
    }
}

#[async_trait]
impl NoteRepository for MemoryStore {
    async fn add_notes(&self, notes: &[Note]) -> Result<Upserted> {
        self.insert("add_notes", notes, |state| &mut state.notes)
    }

    async fn amend_notes(&self, amendments: &[Amendment<Note>]) -> Result<Upserted> {
        self.write("amend_notes", |state| state.notes.amend(amendments, self.allow_simulated).map(|(done, _)| done))
    }

    async fn get_note(&self, id: Id<Note>) -> Result<Option<Note>> {
        self.read("get_note", |state| Ok(state.notes.get(id).cloned()))
    }

    async fn list_notes(&self, query: &NoteQuery) -> Result<Page<Note>> {
        self.read("list_notes", |state| state.notes.list(query))
    }

    async fn upsert_rules(&self, rules: &[RuleDefinition]) -> Result<Upserted> {
        self.replace("upsert_rules", rules, |state| &mut state.rules)
    }

    async fn delete_rule(&self, rule: Name) -> Result<bool> {
        self.write("delete_rule", |state| Ok(state.rules.delete(&rule)))
    }

    async fn list_rules(&self, filter: &RuleFilter) -> Result<Vec<RuleDefinition>> {
        self.read("list_rules", |state| state.rules.list(filter))
    }
}

#[async_trait]
impl DailyRepository for MemoryStore {
    async fn upsert_daily_pnl(&self, days: &[DailyPnl]) -> Result<Upserted> {
        self.replace("upsert_daily_pnl", days, |state| &mut state.daily_pnl)
    }

    async fn delete_daily_pnl(&self, key: &DailyPnlKey) -> Result<bool> {
        self.write("delete_daily_pnl", |state| Ok(state.daily_pnl.delete(key)))
    }

    async fn list_daily_pnl(&self, filter: &DailyPnlFilter) -> Result<Vec<DailyPnl>> {
        self.read("list_daily_pnl", |state| state.daily_pnl.list(filter))
    }

    async fn upsert_risk_states(&self, states: &[RiskState]) -> Result<Upserted> {
        self.replace("upsert_risk_states", states, |state| &mut state.risk_states)
    }

    async fn delete_risk_state(&self, key: Name) -> Result<bool> {
        self.write("delete_risk_state", |state| Ok(state.risk_states.delete(&key)))
    }

    async fn list_risk_states(&self, filter: &RiskStateFilter) -> Result<Vec<RiskState>> {
        self.read("list_risk_states", |state| state.risk_states.list(filter))
    }
}
