//! Units of work: all writes on a copy, which takes the state's place when none has failed.

use std::fmt::Display;

use crate::{
    Id, Result, Timestamp, Upserted,
    memory::{State, entries::Entries, keyed::ByKey, versioned::Versioned},
    port::{
        Entry, Keyed, Recorded, check_guarded, check_guarded_amendments, check_guarded_key, count_step, each_write,
    },
    trading::Fill,
    unit::{Applied, Guarded, GuardedAmendments, GuardedKey, Row, UnitOfWork, Write},
};

impl State {
    /// Applies a checked unit, or leaves the state as it was when that fails.
    pub(super) fn apply(&mut self, unit: &UnitOfWork, allow_simulated: bool) -> Result<Vec<Applied>> {
        let mut copy = self.clone();
        let mut changes = Vec::new();
        let applied = each_write(unit, |write| {
            let applied = copy.write(write, allow_simulated)?;
            changes.extend(copy.take_changes());
            Ok(applied)
        })?;
        copy.changes = changes;
        *self = copy;
        Ok(applied)
    }

    /// Returns the fill that an execution and its event were recorded by.
    fn fill_of(&self, id: Id<Fill>) -> Option<Fill> {
        let (execution, event) = (Id::from_uuid(id.as_uuid()), Id::from_uuid(id.as_uuid()));
        let (execution, event) = self.executions.get(execution).zip(self.journal_events.get(event))?;
        Some(Fill::of(execution.clone(), event))
    }

    /// Checks a write's precondition and does it.
    #[expect(clippy::too_many_lines, reason = "one arm for each kind of write")]
    fn write(&mut self, write: &Write, allow_simulated: bool) -> Result<Applied> {
        match write {
            Write::UpsertContracts(rows) => {
                guard(rows, |contract| self.contracts.get(contract).map(|contract| &contract.details))?;
                Ok(self.upsert_contracts(rows.rows()).into())
            }
            Write::UpsertQuotes(rows) => {
                guard(rows, |key| self.quotes.current_of(key))?;
                self.upsert_quotes(rows.rows()).map(Applied::from)
            }
            Write::UpsertSnapshots(rows) => upsert(&mut self.snapshots, rows),
            Write::UpsertUnderlyingQuotes(rows) => upsert(&mut self.underlyings, rows),
            Write::UpsertBars(rows) => upsert(&mut self.bars, rows),
            Write::UpsertCorporateActions(rows) => upsert(&mut self.corporate_actions, rows),
            Write::UpsertFundamentals(rows) => upsert(&mut self.fundamentals, rows),
            Write::UpsertObservations(rows) => upsert(&mut self.observations, rows),
            Write::UpsertGreeks(rows) => {
                guard(rows, |key| self.greeks.current_of(key))?;
                self.upsert_greeks(rows.rows()).map(Applied::from)
            }
            Write::UpsertHeston(rows) => upsert(&mut self.heston, rows),
            Write::UpsertSabr(rows) => upsert(&mut self.sabr, rows),
            Write::UpsertSvi(rows) => upsert(&mut self.svi, rows),
            Write::UpsertOu(rows) => upsert(&mut self.ou, rows),
            Write::UpsertFeatures(rows) => upsert(&mut self.features, rows),
            Write::UpsertIndicators(rows) => upsert(&mut self.indicators, rows),
            Write::UpsertPortfolioSnapshots(rows) => upsert(&mut self.portfolios, rows),
            Write::UpsertMetrics(rows) => upsert(&mut self.metrics, rows),
            Write::InsertBacktests(rows) => insert(&mut self.backtests, rows),
            Write::InsertPredictions(rows) => insert(&mut self.predictions, rows),
            Write::InsertSignals(rows) => insert(&mut self.signals, rows),
            Write::InsertOrders(rows) => {
                guard(rows, |id| self.orders.get(*id))?;
                self.insert_orders(rows.rows()).map(Applied::from)
            }
            Write::RecordExecutions(rows) => {
                guard(rows, |id| self.executions.get(*id))?;
                self.record_executions(rows.rows()).map(Applied::from)
            }
            Write::RecordFills(rows) => {
                check_guarded(rows, |ids| Ok(ids.iter().filter_map(|id| self.fill_of(*id)).collect()))?;
                self.record_fills(rows.rows()).map(Applied::from)
            }
            Write::InsertAccountSnapshots(rows) => insert(&mut self.accounts, rows),
            Write::AppendJournalEvents(rows) => {
                guard(rows, |id| self.journal_events.get(*id))?;
                self.append_journal_events(rows.rows()).map(Applied::from)
            }
            Write::RecordImportedRows(rows) => {
                guard(rows, |id| self.imported_rows.get(*id))?;
                self.record_imported_rows(rows.rows()).map(Applied::from)
            }
            Write::InsertTrades(rows) => insert(&mut self.trades, rows),
            Write::AddNotes(rows) => insert(&mut self.notes, rows),
            Write::InsertEvents(rows) => insert(&mut self.events, rows),
            Write::InsertStates(rows) => insert(&mut self.states, rows),
            Write::InsertQuality(rows) => insert(&mut self.quality, rows),
            Write::InsertRuns(rows) => insert(&mut self.runs, rows),
            Write::InsertAudit(rows) => insert(&mut self.audit, rows),
            Write::InsertFetchCosts(rows) => insert(&mut self.fetch_costs, rows),
            Write::UpsertPositions(rows) => replace(&mut self.positions, rows),
            Write::UpsertRules(rows) => replace(&mut self.rules, rows),
            Write::UpsertDailyPnl(rows) => replace(&mut self.daily_pnl, rows),
            Write::UpsertRiskStates(rows) => replace(&mut self.risk_states, rows),
            Write::UpsertUsers(rows) => {
                guard(rows, |name| self.users.get(name))?;
                self.upsert_users(rows.rows()).map(Applied::from)
            }
            Write::GrantPermissions(rows) => replace(&mut self.permissions, rows),
            Write::UpsertStrategies(rows) => replace(&mut self.strategies, rows),
            Write::UpsertSettings(rows) => replace(&mut self.settings, rows),
            Write::ResetWatermarks(rows) => replace(&mut self.watermarks, rows),
            Write::UpsertCacheEntries(rows) => replace(&mut self.cache_entries, rows),
            Write::UpsertCoverage(rows) => replace(&mut self.coverage, rows),
            Write::AmendJournalEvents(amendments) => {
                guard_amended(amendments, &self.journal_events)?;
                self.amend_journal_events(amendments.amendments(), allow_simulated).map(Applied::from)
            }
            Write::AmendTrades(amendments) => {
                guard_amended(amendments, &self.trades)?;
                self.amend_trades(amendments.amendments(), allow_simulated).map(Applied::from)
            }
            Write::AmendNotes(amendments) => {
                guard_amended(amendments, &self.notes)?;
                let amended = self.notes.amend(amendments.amendments(), allow_simulated)?;
                Ok(amended.0.into())
            }
            Write::ReplaceTrade(trades) => {
                guard(trades, |id| self.trades.get(*id))?;
                let mut done = Upserted::default();
                for trade in trades.rows() {
                    let before = self.trades.get(trade.id).cloned();
                    done += count_step(before.as_ref(), &self.replace_trade(trade)?).upserted;
                }
                Ok(done.into())
            }
            Write::DeletePosition(key) => delete(&mut self.positions, key),
            Write::DeleteRule(key) => delete(&mut self.rules, key),
            Write::DeleteDailyPnl(key) => delete(&mut self.daily_pnl, key),
            Write::DeleteRiskState(key) => delete(&mut self.risk_states, key),
            Write::DeleteUser(key) => delete(&mut self.users, key),
            Write::RevokePermission(key) => delete(&mut self.permissions, key),
            Write::DeleteStrategy(key) => delete(&mut self.strategies, key),
            Write::DeleteSetting(key) => delete(&mut self.settings, key),
            Write::DeleteWatermark(key) => delete(&mut self.watermarks, key),
            Write::MoveSignal(id, status, at) => {
                let before = guard_key(id, |id| self.signals.get(*id))?;
                Ok(count_step(before.as_ref(), &self.move_signal(*id.key(), *status, *at)?))
            }
            Write::MoveOrder(id, step) => {
                let before = guard_key(id, |id| self.orders.get(*id))?;
                Ok(count_step(before.as_ref(), &self.move_order(*id.key(), step)?))
            }
            Write::NoteLogin(name, at) => {
                let before = guard_key(name, |name| self.users.get(name))?;
                Ok(count_step(before.as_ref(), &self.note_login(*name.key(), *at)?))
            }
            Write::SetStrategyStatus(name, status, at) => {
                let before = guard_key(name, |name| self.strategies.get(name))?;
                Ok(count_step(before.as_ref(), &self.set_strategy_status(*name.key(), *status, *at)?))
            }
            Write::RecordStep(id, step) => {
                let before = guard_key(id, |id| self.runs.get(*id))?;
                Ok(count_step(before.as_ref(), &self.record_step(*id.key(), step)?))
            }
        }
    }
}

fn guard<'a, R: Row>(rows: &Guarded<R>, stored: impl Fn(&R::Key) -> Option<&'a R>) -> Result<()> {
    check_guarded(rows, |keys| Ok(keys.iter().filter_map(stored).cloned().collect()))
}

fn guard_amended<E: Entry + Row<Key = Id<E>>>(amendments: &GuardedAmendments<E>, stored: &Entries<E>) -> Result<()> {
    check_guarded_amendments(amendments, |ids| Ok(ids.iter().filter_map(|id| stored.get(*id)).cloned().collect()))
}

/// As [`guard`] for one row, and returns that row.
fn guard_key<'a, R: Row<Key: Display>>(
    key: &GuardedKey<R>,
    stored: impl Fn(&R::Key) -> Option<&'a R>,
) -> Result<Option<R>> {
    check_guarded_key(key, |keys| Ok(keys.iter().filter_map(&stored).cloned().collect()))?;
    Ok(stored(key.key()).cloned())
}

fn upsert<K, R>(stored: &mut Versioned<K, R>, rows: &Guarded<R>) -> Result<Applied>
where
    K: Copy + Ord,
    R: Recorded<Key = (K, Timestamp)> + Row<Key = (K, Timestamp)>,
{
    guard(rows, |key| stored.current_of(key))?;
    Ok(stored.upsert(rows.rows()).into())
}

fn insert<E: Entry + Row<Key = Id<E>>>(stored: &mut Entries<E>, rows: &Guarded<E>) -> Result<Applied> {
    guard(rows, |id| stored.get(*id))?;
    stored.insert(rows.rows()).map(Applied::from)
}

fn replace<K: Keyed + Row<Key = <K as Keyed>::Key>>(stored: &mut ByKey<K>, rows: &Guarded<K>) -> Result<Applied> {
    guard(rows, |key| stored.get(key))?;
    Ok(stored.upsert(rows.rows()).into())
}

fn delete<K: Keyed + Row<Key = <K as Keyed>::Key>>(stored: &mut ByKey<K>, key: &GuardedKey<K>) -> Result<Applied> {
    guard_key(key, |key| stored.get(key))?;
    Ok(Applied::deleted(stored.delete(key.key())))
}
