//! The trade journal, in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;

use crate::{
    Id, Name, Page, Result, Upserted,
    maintenance::{Dataset, Purged},
    memory::{MemoryStore, State, entries::Entries},
    port::{self, Asked, Change, Import, Keyed, no_events, settle_trades, trade_ids},
    trading::journal::{
        Cycle, CycleFilter, DailyPnl, DailyPnlFilter, DailyPnlKey, DailyRepository, ImportQuery, ImportRepository,
        ImportedRow, JournalEvent, JournalEventQuery, JournalRepository, Note, NoteQuery, NoteRepository, Projection,
        RiskState, RiskStateFilter, RuleDefinition, RuleFilter, Trade, TradeQuery, TradeRepository,
    },
};

/// Returns the events of a cycle in their order.
fn events_of(log: &Entries<JournalEvent>, cycle: Id<Cycle>) -> Vec<JournalEvent> {
    let mut events: Vec<_> = log.iter().filter(|event| event.cycle == cycle).cloned().collect();
    events.sort_by_key(JournalEvent::place);
    events
}

impl State {
    /// Replaces the stored results of a cycle, and returns true if they were equal.
    fn settle(&mut self, projection: &Projection, events: &[JournalEvent]) -> bool {
        let ids = trade_ids(events);
        let stored: Vec<_> = ids.iter().filter_map(|id| self.trades.get(*id)).cloned().collect();
        let settlement = settle_trades(projection, &stored);
        let equal = settlement.is_empty();
        if !settlement.gone.is_empty() {
            let rows = self.trades.delete(|trade| settlement.gone.contains(&trade.id));
            let asked = Asked::Trades { trades: &settlement.gone };
            self.changes.extend(Change::purged(Dataset::Trades.as_str(), asked, &Purged { rows, superseded: 0 }));
        }
        for trade in &settlement.changed {
            self.trades.put(trade);
        }
        let equal_cycle = self.cycles.get(&projection.cycle.key()) == Some(&projection.cycle);
        self.cycles.upsert(std::slice::from_ref(&projection.cycle));
        equal && equal_cycle
    }

    /// Appends checked events and projects their cycles again.
    pub(in crate::memory) fn append_journal_events(&mut self, events: &[JournalEvent]) -> Result<Upserted> {
        let mut log = self.journal_events.clone();
        let done = log.insert(events)?;
        let cycles: BTreeSet<_> = events.iter().map(|event| event.cycle).collect();
        let projected = cycles.into_iter().map(|cycle| {
            let events = events_of(&log, cycle);
            Projection::of(&events).map(|projection| (projection, events))
        });
        let projected: Vec<_> = projected.collect::<Result<_>>()?;
        for (projection, events) in &projected {
            self.settle(projection, events);
        }
        self.journal_events = log;
        Ok(done)
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
            let projection = Projection::of(&events)?;
            Ok(state.settle(&projection, &events))
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
