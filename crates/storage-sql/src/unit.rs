//! Units of work: several writes in one transaction, by the functions that the repositories' methods call.

use std::{collections::BTreeMap, fmt::Display, sync::Arc};

use strikebook_core::{
    Id, Result, Upserted,
    analytics::{Backtest, Prediction},
    maintenance::Dataset,
    market::OptionContract,
    operations::{
        AuditEntry, CacheEntry, Coverage, FetchCost, Permission, QualityReport, Run, Setting, Strategy, SystemEvent,
        SystemState, User, Watermark,
    },
    port::{
        Keyed, Recorded, changed_datasets, check_guarded, check_guarded_amendments, check_guarded_key, check_unit,
        count_step, each_write, last_of_each_key,
    },
    trading::{
        AccountSnapshot, Execution, Order, Position, Signal,
        journal::{Amendment, DailyPnl, ImportedRow, JournalEvent, Note, RiskState, RuleDefinition, Trade},
    },
    unit::{Applied, Guarded, GuardedAmendments, GuardedKey, Precondition, Row, UnitOfWork, Write},
};

use crate::{
    analytics::GreeksRow,
    contracts::{Contracts, Ids, OfContract},
    days::Days,
    engine::Engine,
    market::{
        ObservationRow,
        chain::QuoteRow,
        contract::{stored_contracts, upsert_contracts},
    },
    operations::{access, run, strategy},
    repository::SqlStore,
    session::{Session, lock},
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
        versioned::{
            Key, Versioned,
            merge::{current, merge_all},
        },
    },
    trading::{
        journal::{self, import, trade},
        metrics::MetricsRow,
        order, signal,
    },
};

impl<E: Engine> SqlStore<E> {
    /// Applies a unit of work in one transaction.
    pub(crate) async fn apply_unit(&self, unit: &UnitOfWork) -> Result<Vec<Applied>> {
        const OPERATION: &str = "apply";
        check_unit(unit, self.allow_simulated(), self.actor()).map_err(|error| self.named(OPERATION, error))?;
        if unit.is_empty() {
            // A closed store refuses this too.
            return self.read(OPERATION, |_| Ok(Vec::new())).await;
        }
        let (unit, ids, allow_simulated) = (unit.clone(), self.ids(), self.allow_simulated());
        let (applied, numbered) = self
            .write(OPERATION, move |session| {
                lock_all(session, &unit)?;
                let mut open = Open { session, ids, allow_simulated, numbered: Vec::new() };
                let applied = each_write(&unit, |write| open.write(write))?;
                Ok((applied, open.numbered))
            })
            .await?;
        self.ids().learn(numbered);
        Ok(applied)
    }
}

/// Locks every dataset of a unit, in the order in which single calls lock theirs, so that no two transactions wait for
/// each other.
fn lock_all(session: &mut dyn Session, unit: &UnitOfWork) -> Result<()> {
    let mut datasets: Vec<Dataset> = unit.writes().iter().flat_map(changed_datasets).collect();
    // A header is written before the contracts of its quotes are numbered.
    datasets.sort_unstable_by_key(|dataset| (*dataset != Dataset::ChainSnapshots, *dataset));
    datasets.dedup();
    datasets.into_iter().try_for_each(|dataset| lock(session, dataset.as_str()))
}

/// The open transaction of a unit.
struct Open<'a> {
    session: &'a mut dyn Session,
    ids: Arc<Ids>,
    allow_simulated: bool,
    /// Numbers of contracts to remember after the commit.
    numbered: Vec<(OptionContract, i64)>,
}

impl Open<'_> {
    /// Checks a write's precondition and does it.
    fn write(&mut self, write: &Write) -> Result<Applied> {
        let (session, simulated) = (&mut *self.session, self.allow_simulated);
        match write {
            Write::UpsertContracts(rows) => self.upsert_contracts(rows),
            Write::UpsertQuotes(rows) => self.upsert_numbered::<QuoteRow>(rows),
            Write::UpsertSnapshots(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertUnderlyingQuotes(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertBars(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertCorporateActions(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertFundamentals(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertObservations(rows) => upsert(session, rows, |row| ObservationRow::try_from(row)),
            Write::UpsertGreeks(rows) => self.upsert_numbered::<GreeksRow>(rows),
            Write::UpsertHeston(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertSabr(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertSvi(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertOu(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertFeatures(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertIndicators(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertPortfolioSnapshots(rows) => upsert(session, rows, |row| Ok(row.clone())),
            Write::UpsertMetrics(rows) => upsert(session, rows, |row| Ok(MetricsRow::from(row))),
            Write::InsertBacktests(rows) => insert::<Backtest>(session, rows),
            Write::InsertPredictions(rows) => insert::<Prediction>(session, rows),
            Write::InsertSignals(rows) => insert::<Signal>(session, rows),
            Write::InsertOrders(rows) => add::<Order>(session, rows, order::insert_orders),
            Write::RecordExecutions(rows) => add::<Execution>(session, rows, order::record_executions),
            Write::RecordFills(rows) => {
                check_guarded(rows, |ids| order::fills(session, ids))?;
                if rows.rows().is_empty() {
                    return Ok(Applied::default());
                }
                order::record_fills(session, rows.rows()).map(Applied::from)
            }
            Write::InsertAccountSnapshots(rows) => insert::<AccountSnapshot>(session, rows),
            Write::AppendJournalEvents(rows) => add::<JournalEvent>(session, rows, journal::append_journal_events),
            Write::RecordImportedRows(rows) => add::<ImportedRow>(session, rows, import::record_imported_rows),
            Write::InsertTrades(rows) => insert::<Trade>(session, rows),
            Write::AddNotes(rows) => insert::<Note>(session, rows),
            Write::InsertEvents(rows) => insert::<SystemEvent>(session, rows),
            Write::InsertStates(rows) => insert::<SystemState>(session, rows),
            Write::InsertQuality(rows) => insert::<QualityReport>(session, rows),
            Write::InsertRuns(rows) => insert::<Run>(session, rows),
            Write::InsertAudit(rows) => insert::<AuditEntry>(session, rows),
            Write::InsertFetchCosts(rows) => insert::<FetchCost>(session, rows),
            Write::UpsertPositions(rows) => replace::<Position>(session, rows, keyed::replace::<Position>),
            Write::UpsertRules(rows) => replace::<RuleDefinition>(session, rows, keyed::replace::<RuleDefinition>),
            Write::UpsertDailyPnl(rows) => replace::<DailyPnl>(session, rows, keyed::replace::<DailyPnl>),
            Write::UpsertRiskStates(rows) => replace::<RiskState>(session, rows, keyed::replace::<RiskState>),
            Write::UpsertUsers(rows) => replace::<User>(session, rows, access::upsert_users),
            Write::GrantPermissions(rows) => replace::<Permission>(session, rows, keyed::replace::<Permission>),
            Write::UpsertStrategies(rows) => replace::<Strategy>(session, rows, keyed::replace::<Strategy>),
            Write::UpsertSettings(rows) => replace::<Setting>(session, rows, keyed::replace::<Setting>),
            Write::ResetWatermarks(rows) => replace::<Watermark>(session, rows, keyed::replace::<Watermark>),
            Write::UpsertCacheEntries(rows) => replace::<CacheEntry>(session, rows, keyed::replace::<CacheEntry>),
            Write::UpsertCoverage(rows) => replace::<Coverage>(session, rows, keyed::replace::<Coverage>),
            Write::AmendJournalEvents(amendments) => {
                amend::<JournalEvent>(session, amendments, |session, amendments| {
                    journal::amend_journal_events(session, amendments, simulated)
                })
            }
            Write::AmendTrades(amendments) => amend::<Trade>(session, amendments, |session, amendments| {
                trade::amend_trades(session, amendments, simulated)
            }),
            Write::AmendNotes(amendments) => amend::<Note>(session, amendments, |session, amendments| {
                entries::amend::<Note>(session, amendments, simulated).map(|(done, _)| done)
            }),
            Write::ReplaceTrade(trades) => replace_trades(session, trades),
            Write::DeletePosition(key) => delete::<Position>(session, key),
            Write::DeleteRule(key) => delete::<RuleDefinition>(session, key),
            Write::DeleteDailyPnl(key) => delete::<DailyPnl>(session, key),
            Write::DeleteRiskState(key) => delete::<RiskState>(session, key),
            Write::DeleteUser(key) => delete::<User>(session, key),
            Write::RevokePermission(key) => delete::<Permission>(session, key),
            Write::DeleteStrategy(key) => delete::<Strategy>(session, key),
            Write::DeleteSetting(key) => delete::<Setting>(session, key),
            Write::DeleteWatermark(key) => delete::<Watermark>(session, key),
            Write::MoveSignal(key, status, at) => {
                let before = guarded_entry::<Signal>(session, key)?;
                Ok(count_step(before.as_ref(), &signal::move_signal(session, *key.key(), *status, *at)?))
            }
            Write::MoveOrder(key, step) => {
                let before = guarded_entry::<Order>(session, key)?;
                Ok(count_step(before.as_ref(), &order::move_order(session, *key.key(), step)?))
            }
            Write::NoteLogin(key, at) => {
                let before = guarded_row::<User>(session, key)?;
                Ok(count_step(before.as_ref(), &access::note_login(session, *key.key(), *at)?))
            }
            Write::SetStrategyStatus(key, status, at) => {
                let before = guarded_row::<Strategy>(session, key)?;
                Ok(count_step(before.as_ref(), &strategy::set_strategy_status(session, *key.key(), *status, *at)?))
            }
            Write::RecordStep(key, step) => {
                let before = guarded_entry::<Run>(session, key)?;
                Ok(count_step(before.as_ref(), &run::record_step(session, *key.key(), step)?))
            }
        }
    }

    fn upsert_contracts(&mut self, details: &Guarded<strikebook_core::market::ContractDetails>) -> Result<Applied> {
        check_guarded(details, |contracts| stored_contracts(self.session, &self.ids, contracts))?;
        if details.rows().is_empty() {
            return Ok(Applied::default());
        }
        let (done, numbered) = upsert_contracts(self.session, &self.ids, details.rows())?;
        self.numbered.extend(numbered);
        Ok(done.into())
    }

    fn upsert_numbered<R: OfContract>(&mut self, rows: &Guarded<R::Row>) -> Result<Applied>
    where
        R::Row: Row,
    {
        check_guarded(rows, |_| {
            let named: Vec<_> = with_expected(rows).collect();
            let contracts: Vec<_> = named.iter().map(|row| R::contract(row)).collect();
            let (ids, _) = self.ids.look_up(self.session, &contracts)?;
            let of_ids: BTreeMap<_, _> =
                ids.iter().zip(&contracts).filter_map(|(id, of)| Some(((*id)?, *of))).collect();
            // A contract without a number has no rows.
            let known = named.iter().zip(&ids).filter_map(|(row, id)| Some(R::numbered(row, (*id)?)));
            let current = current::<R>(self.session, &known.collect::<Vec<_>>())?.into_iter();
            Ok(current
                .filter_map(|mut row| Some((*of_ids.get(row.contract_id())?, row)))
                .map(|(of, row)| row.into_row(of))
                .collect())
        })?;
        if rows.rows().is_empty() {
            return Ok(Applied::default());
        }
        let last = last_of_each_key(rows.rows());
        let mut contracts = Contracts::new(Arc::clone(&self.ids));
        // A new contract has the details of the first row that names it, also of one that does not count.
        for row in rows.rows() {
            contracts.number(R::contract(row), row)?;
        }
        let number = |row: &&R::Row| contracts.number(R::contract(row), *row);
        let numbers = last.iter().map(number).collect::<Result<Vec<_>>>()?;
        let numbered = self.ids.number(self.session, &contracts)?;
        let mut days = Days::of(&contracts);
        let record = |(row, number): (&&R::Row, _)| {
            let record = R::numbered(row, numbered.id(number)?);
            days.add(number, &record);
            Ok(record)
        };
        let records = last.iter().zip(numbers).map(record).collect::<Result<Vec<R>>>()?;
        let repeated = (rows.rows().len() - last.len()) as u64;
        self.numbered.extend(numbered.found);
        let done = merge_all(self.session, &records, repeated)?;
        days.into_table(self.session, R::TABLE.dataset)?;
        Ok(done.into())
    }
}

/// The rows to write and those that are expected.
fn with_expected<R: Row>(rows: &Guarded<R>) -> impl Iterator<Item = &R> {
    let expected = match rows.precondition() {
        Precondition::Matches(read) => &read[..],
        Precondition::None | Precondition::Exists | Precondition::Missing => &[],
    };
    rows.rows().iter().chain(expected)
}

/// Merges rows with versions. `record` makes the record of each.
fn upsert<T, R>(session: &mut dyn Session, rows: &Guarded<T>, record: impl Fn(&T) -> Result<R>) -> Result<Applied>
where
    T: Recorded<Key = Key<R>> + Row<Key = Key<R>> + From<R>,
    R: Versioned,
{
    check_guarded(rows, |_| {
        let records = with_expected(rows).map(&record).collect::<Result<Vec<_>>>()?;
        Ok(current(session, &records)?.into_iter().map(T::from).collect())
    })?;
    if rows.rows().is_empty() {
        return Ok(Applied::default());
    }
    let last = last_of_each_key(rows.rows());
    let records = last.iter().map(|row| record(row)).collect::<Result<Vec<_>>>()?;
    let repeated = (rows.rows().len() - last.len()) as u64;
    merge_all(session, &records, repeated).map(Applied::from)
}

/// Stores entries by a function.
fn add<R: EntryRow>(
    session: &mut dyn Session,
    rows: &Guarded<R::Entry>,
    store: impl FnOnce(&mut dyn Session, &[R::Entry]) -> Result<Upserted>,
) -> Result<Applied>
where
    R::Entry: Row<Key = Id<R::Entry>>,
{
    check_guarded(rows, |ids| entries::with_ids::<R>(session, ids))?;
    if rows.rows().is_empty() { Ok(Applied::default()) } else { store(session, rows.rows()).map(Applied::from) }
}

/// Amends entries by a function.
fn amend<R: EntryRow>(
    session: &mut dyn Session,
    amendments: &GuardedAmendments<R::Entry>,
    amend: impl FnOnce(&mut dyn Session, &[Amendment<R::Entry>]) -> Result<Upserted>,
) -> Result<Applied>
where
    R::Entry: Row<Key = Id<R::Entry>>,
{
    check_guarded_amendments(amendments, |ids| entries::with_ids::<R>(session, ids))?;
    let amendments = amendments.amendments();
    if amendments.is_empty() { Ok(Applied::default()) } else { amend(session, amendments).map(Applied::from) }
}

/// Stores entries that are new.
fn insert<R: EntryRow>(session: &mut dyn Session, rows: &Guarded<R::Entry>) -> Result<Applied>
where
    R::Entry: Row<Key = Id<R::Entry>>,
{
    add::<R>(session, rows, entries::insert::<R>)
}

/// Puts trades in the place of those with their identities.
fn replace_trades(session: &mut dyn Session, trades: &Guarded<Trade>) -> Result<Applied> {
    add::<Trade>(session, trades, |session, trades| {
        let mut done = Upserted::default();
        for trade in trades {
            let before = entries::get::<Trade>(session, trade.id)?;
            done += count_step(before.as_ref(), &trade::replace_trade(session, trade)?).upserted;
        }
        Ok(done)
    })
}

/// Puts rows in the place of those with their keys, by a function.
fn replace<R: KeyedRow>(
    session: &mut dyn Session,
    rows: &Guarded<R::Row>,
    store: impl FnOnce(&mut dyn Session, &[R::Row]) -> Result<Upserted>,
) -> Result<Applied>
where
    R::Row: Row<Key = <R::Row as Keyed>::Key>,
{
    check_guarded(rows, |keys| Ok(keyed::with_keys::<R>(session, keys)?.into_values().collect()))?;
    if rows.rows().is_empty() { Ok(Applied::default()) } else { store(session, rows.rows()).map(Applied::from) }
}

/// Deletes a row.
fn delete<R: KeyedRow>(session: &mut dyn Session, key: &GuardedKey<R::Row>) -> Result<Applied>
where
    R::Row: Row<Key = <R::Row as Keyed>::Key>,
{
    check_guarded_key(key, |keys| Ok(keyed::with_keys::<R>(session, keys)?.into_values().collect()))?;
    keyed::delete::<R>(session, key.key()).map(Applied::deleted)
}

/// Checks the precondition on an entry, and returns the entry.
fn guarded_entry<R: EntryRow>(session: &mut dyn Session, key: &GuardedKey<R::Entry>) -> Result<Option<R::Entry>>
where
    R::Entry: Row<Key = Id<R::Entry>>,
{
    let stored = entries::get::<R>(session, *key.key())?;
    check_key(key, stored.as_ref())?;
    Ok(stored)
}

/// Checks the precondition on a row, and returns the row.
fn guarded_row<R: KeyedRow>(session: &mut dyn Session, key: &GuardedKey<R::Row>) -> Result<Option<R::Row>>
where
    R::Row: Row<Key = <R::Row as Keyed>::Key>,
{
    let stored = keyed::get::<R>(session, key.key())?;
    check_key(key, stored.as_ref())?;
    Ok(stored)
}

fn check_key<R: Row<Key: Display>>(key: &GuardedKey<R>, stored: Option<&R>) -> Result<()> {
    check_guarded_key(key, |_| Ok(stored.cloned().into_iter().collect()))
}
