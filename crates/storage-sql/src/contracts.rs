//! The table of contracts and their numbers: integers that stand for contracts in other tables and never leave this
//! crate.

use std::{
    collections::{BTreeSet, HashMap, hash_map::Entry},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use strikebook_core::{
    Error, Result, Source, Timestamp, Upserted,
    analytics::ModelRevision,
    market::{
        ContractDetails, Delivery, ExerciseStyle, LastTrading, OptionContract, OptionRoot, OptionType, Product,
        SettlementTime, Strike, Symbol, TradingHours,
    },
    port::{Change, Recorded},
};

use crate::{
    codec::{Record, Value},
    dialect::Dialect,
    record::record,
    session::{Session, Target, append, collect, lock, tell},
    shapes::versioned::{Key, Versioned},
    sql::{Sql, limited},
};

record! {
    /// A contract and what is known of it.
    struct ContractRow in Contracts {
        key { contract_id: i64 }
        value {
            root: OptionRoot,
            expiration: NaiveDate,
            option_type: OptionType,
            strike: Strike,
            underlying: Symbol,
            multiplier: u32,
            exercise_style: ExerciseStyle,
            settlement: SettlementTime,
            delivery: Delivery,
            last_trading: LastTrading,
            hours: TradingHours,
            adjusted: bool,
            overridden: bool,
            settles_at: Timestamp,
            last_trade_at: Timestamp,
            listed_on: Option<NaiveDate>,
            source: Source,
        }
    }
}

impl ContractRow {
    pub(crate) fn new(contract_id: i64, details: &ContractDetails) -> Self {
        let ContractDetails { contract, underlying, product, listed_on, source, recorded_at } = details;
        let life = details.life();
        Self {
            contract_id,
            root: contract.root(),
            expiration: contract.expiration(),
            option_type: contract.option_type(),
            strike: contract.strike(),
            underlying: *underlying,
            multiplier: product.multiplier,
            exercise_style: product.exercise_style,
            settlement: product.settlement,
            delivery: product.delivery,
            last_trading: product.last_trading,
            hours: product.hours,
            adjusted: contract.root().is_adjusted(),
            overridden: details.is_override(),
            settles_at: life.settles_at,
            last_trade_at: life.last_trade_at,
            listed_on: *listed_on,
            source: source.clone(),
            recorded_at: *recorded_at,
        }
    }

    pub(crate) fn contract(&self) -> Result<OptionContract> {
        OptionContract::new(self.root, self.expiration, self.option_type, self.strike)
            .map_err(|error| Error::corrupt("a stored contract is not valid").caused_by(error))
    }

    pub(crate) fn into_details(self) -> Result<ContractDetails> {
        Ok(ContractDetails {
            contract: self.contract()?,
            underlying: self.underlying,
            product: Product {
                multiplier: self.multiplier,
                exercise_style: self.exercise_style,
                settlement: self.settlement,
                delivery: self.delivery,
                last_trading: self.last_trading,
                hours: self.hours,
            },
            listed_on: self.listed_on,
            source: self.source,
            recorded_at: self.recorded_at,
        })
    }

    /// Returns the row as the present product table has it: the terms follow the table unless they are overridden, and
    /// the life follows the terms.
    fn recomputed(&self) -> Result<Self> {
        let details = self.clone().into_details()?;
        let ContractDetails { contract, listed_on, source, recorded_at, .. } = &details;
        if self.overridden {
            return Ok(Self::new(self.contract_id, &details));
        }
        let standard = ContractDetails::standard(*contract, source.clone(), *recorded_at)?;
        Ok(Self::new(self.contract_id, &ContractDetails { listed_on: *listed_on, ..standard }))
    }
}

/// A record whose rows name a contract by its number.
pub(crate) trait OfContract: Versioned {
    /// The value that a port takes and returns.
    type Row: Recorded + Sync;

    /// Returns the row's contract.
    fn contract(row: &Self::Row) -> OptionContract;
    /// Returns the key of the row's record.
    fn key_of(row: &Self::Row, contract_id: i64) -> Key<Self>;
    /// Returns the row's record.
    fn numbered(row: &Self::Row, contract_id: i64) -> Self;
    /// Returns the row of the record, with the contract that its number stands for.
    fn into_row(self, contract: OptionContract) -> Self::Row;
    /// Returns the number in the record, to be changed.
    fn contract_id(&mut self) -> &mut i64;
    /// Returns the model's revision of which the row is; `None` for one that no model made.
    fn part(&self) -> Option<ModelRevision> {
        None
    }
}

/// A contract of a row, with the source and the time of its details if the store has none yet.
#[derive(Clone, Debug)]
struct NewContract {
    contract: OptionContract,
    source: Source,
    recorded_at: Timestamp,
}

/// Numbers from here on stand in for contracts whose number only a transaction can tell. They come behind all others,
/// in the order of their first rows, which is the order in which new contracts are numbered.
const STAND_INS: i64 = i64::MAX / 2;

/// Returns the number that stands in for the contract at an index of those of the batch.
fn stand_in(index: usize) -> Result<i64> {
    let stand_in = i64::try_from(index).ok().and_then(|index| STAND_INS.checked_add(index));
    stand_in.ok_or_else(|| Error::internal("a batch has more contracts than there are numbers").with("index", index))
}

/// The distinct contracts of a batch.
#[derive(Debug)]
pub(crate) struct Contracts {
    ids: Arc<Ids>,
    numbers: FxHashMap<OptionContract, i64>,
    last: Option<(OptionContract, i64)>,
    /// The contract of each stand-in.
    distinct: Vec<NewContract>,
}

impl Contracts {
    pub(crate) fn new(ids: Arc<Ids>) -> Self {
        Self { ids, numbers: FxHashMap::default(), last: None, distinct: Vec::new() }
    }

    /// Returns the number of a row's contract, or its stand-in.
    pub(crate) fn number(&mut self, contract: OptionContract, row: &impl Recorded) -> Result<i64> {
        // Files mostly have one contract's rows after another.
        if let Some((last, number)) = self.last
            && last == contract
        {
            return Ok(number);
        }
        let number = match self.numbers.entry(contract) {
            Entry::Occupied(numbered) => *numbered.get(),
            Entry::Vacant(new) => {
                let number = if let Some(number) = self.ids.known(|map| map.ids.get(&contract).copied()) {
                    number
                } else {
                    let stand_in = stand_in(self.distinct.len())?;
                    self.distinct.push(NewContract {
                        contract,
                        source: row.source().clone(),
                        recorded_at: row.recorded_at(),
                    });
                    stand_in
                };
                *new.insert(number)
            }
        };
        self.last = Some((contract, number));
        Ok(number)
    }

    /// Returns the contracts with their numbers and stand-ins.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = (&OptionContract, i64)> {
        self.numbers.iter().map(|(contract, number)| (contract, *number))
    }
}

/// The numbers that a transaction gave to its contracts.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    ids: Vec<i64>,
    /// The contracts that were looked up, and some of their neighbours. Nobody may rely on their numbers before the
    /// commit: of two writes of one transaction, the second finds numbers that the first one gave.
    pub(crate) found: Vec<(OptionContract, i64)>,
    /// Those among them that were numbered for the first time.
    pub(crate) fresh: Vec<(OptionContract, i64)>,
}

impl Numbered {
    /// Returns the number for which another one stands in, or that number itself.
    ///
    /// # Errors
    /// [`Internal`](strikebook_core::ErrorKind::Internal) for a stand-in of another batch.
    pub(crate) fn id(&self, number: i64) -> Result<i64> {
        let Some(index) = number.checked_sub(STAND_INS).filter(|index| *index >= 0) else { return Ok(number) };
        let id = usize::try_from(index).ok().and_then(|index| self.ids.get(index)).copied();
        id.ok_or_else(|| Error::internal("a contract was not numbered in its batch").with("index", index))
    }
}

#[derive(Debug, Default)]
struct Known {
    ids: FxHashMap<OptionContract, i64>,
    contracts: FxHashMap<i64, OptionContract>,
}

/// The contracts whose numbers are known in this process: a bounded map in front of the table.
#[derive(Debug, Default)]
pub(crate) struct Ids(RwLock<Known>);

/// The number of each contract that was looked up, `None` where it has none, and the numbers read from the table.
pub(crate) type LookedUp = (Vec<Option<i64>>, HashMap<OptionContract, i64>);

impl Ids {
    /// The most contracts in the map, which is then emptied.
    const MAX_KNOWN: usize = 1 << 19;

    /// Remembers numbers, which must be committed.
    pub(crate) fn learn(&self, numbered: impl IntoIterator<Item = (OptionContract, i64)>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (contract, id) in numbered {
            if known.ids.len() >= Self::MAX_KNOWN {
                *known = Known::default();
            }
            known.ids.insert(contract, id);
            known.contracts.insert(id, contract);
        }
    }

    /// Forgets everything, as when the tables were created again.
    pub(crate) fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }

    fn known<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Numbers the contracts of a batch that have stand-ins. Contracts that the store does not have yet are added with
    /// their standard details.
    pub(crate) fn number(&self, session: &mut dyn Session, batch: &Contracts) -> Result<Numbered> {
        if !batch.distinct.is_empty() {
            lock(session, ContractRow::TABLE.name)?;
        }
        let contracts: Vec<_> = batch.distinct.iter().map(|each| each.contract).collect();
        let (mut ids, found) = self.look_up(session, &contracts)?;
        let mut fresh = Vec::new();
        if ids.contains(&None) {
            let mut rows = Vec::new();
            let mut next = last(session)?;
            for (id, of) in ids.iter_mut().zip(&batch.distinct).filter(|(id, _)| id.is_none()) {
                next += 1;
                *id = Some(next);
                let details = ContractDetails::standard(of.contract, of.source.clone(), of.recorded_at)?;
                rows.push(ContractRow::new(next, &details));
                fresh.push((of.contract, next));
            }
            append(session, Target::Table(ContractRow::TABLE.name), &rows.iter().collect::<Vec<_>>())?;
        }
        let ids = ids.into_iter().collect::<Option<_>>();
        let ids = ids.ok_or_else(|| Error::internal("a contract without a number was left in a batch"))?;
        let found = found.into_iter().chain(fresh.iter().copied()).collect();
        Ok(Numbered { ids, found, fresh })
    }

    /// Returns the contracts of numbers, in their order.
    pub(crate) fn contracts(&self, session: &mut dyn Session, ids: &[i64]) -> Result<Vec<OptionContract>> {
        let look = || -> Vec<Option<OptionContract>> {
            self.known(|map| ids.iter().map(|id| map.contracts.get(id).copied()).collect())
        };
        let mut contracts = look();
        if contracts.contains(&None) {
            let unknown = ids.iter().zip(&contracts).filter(|(_, contract)| contract.is_none());
            let mut found = HashMap::new();
            for numbered in of_numbers(session.dialect(), unknown.map(|(id, _)| *id)) {
                found.extend(select(session, &numbered)?.into_iter().map(|(contract, id)| (id, contract)));
            }
            for (id, contract) in ids.iter().zip(&mut contracts) {
                *contract = contract.or_else(|| found.get(id).copied());
            }
            self.learn(found.into_iter().map(|(id, contract)| (contract, id)));
        }
        let of = |(id, contract): (&i64, Option<OptionContract>)| {
            contract
                .ok_or_else(|| Error::corrupt("a row refers to a contract that is not stored").with("contract_id", id))
        };
        ids.iter().zip(contracts).map(of).collect()
    }

    /// Returns the number of a contract; `None` for one that the store does not have.
    pub(crate) fn id(&self, session: &mut dyn Session, contract: OptionContract) -> Result<Option<i64>> {
        Ok(self.find(session, &[contract])?.pop().flatten())
    }

    /// Returns the numbers of contracts, in their order; `None` for those that the store does not have.
    pub(crate) fn find(&self, session: &mut dyn Session, contracts: &[OptionContract]) -> Result<Vec<Option<i64>>> {
        let (ids, found) = self.look_up(session, contracts)?;
        self.learn(found);
        Ok(ids)
    }

    /// As [`find`](Self::find), but remembers nothing, because the transaction may have given the numbers itself.
    /// Returns also what it read of the table.
    pub(crate) fn look_up(&self, session: &mut dyn Session, contracts: &[OptionContract]) -> Result<LookedUp> {
        let mut ids: Vec<_> = self.known(|map| contracts.iter().map(|it| map.ids.get(it).copied()).collect());
        let mut found = HashMap::new();
        if ids.contains(&None) {
            let unknown = ids.iter().zip(contracts).filter(|(id, _)| id.is_none());
            found = stored(session, &unknown.map(|(_, contract)| *contract).collect::<Vec<_>>())?;
            for (id, contract) in ids.iter_mut().zip(contracts) {
                *id = id.or_else(|| found.get(contract).copied());
            }
        }
        Ok((ids, found))
    }
}

/// Returns conditions of which exactly one holds for a contract with one of some numbers.
pub(crate) fn of_numbers(dialect: &Dialect, ids: impl IntoIterator<Item = i64>) -> Vec<Sql> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    dialect.one_of("contract_id", &ids.into_iter().map(Value::Integer).collect::<Vec<_>>())
}

/// Returns the stored contracts of the same roots and expirations as some: those and their neighbours.
fn stored(session: &mut dyn Session, contracts: &[OptionContract]) -> Result<HashMap<OptionContract, i64>> {
    let roots: BTreeSet<OptionRoot> = contracts.iter().map(OptionContract::root).collect();
    let expirations = contracts.iter().map(OptionContract::expiration);
    let (Some(first), Some(last)) = (expirations.clone().min(), expirations.max()) else { return Ok(HashMap::new()) };
    let mut found = HashMap::new();
    let roots: Vec<_> = roots.iter().map(|root| root.as_str().into()).collect();
    for of_roots in session.dialect().one_of("root", &roots) {
        let sql = Sql { text: format!("{} AND expiration BETWEEN ", of_roots.text), ..of_roots };
        found.extend(select(session, &sql.bind(first).push(" AND ").bind(last))?);
    }
    Ok(found)
}

/// Returns the contracts that meet a condition, with their numbers.
fn select(session: &mut dyn Session, condition: &Sql) -> Result<Vec<(OptionContract, i64)>> {
    let columns = ContractRow::TABLE.columns_with("");
    let text = format!("SELECT {columns} FROM {} WHERE {}", ContractRow::TABLE.name, condition.text);
    let mut found = Vec::new();
    session.query(&text, &condition.params, &mut |row| {
        let row = ContractRow::read(row)?;
        found.push((row.contract()?, row.contract_id));
        Ok(())
    })?;
    Ok(found)
}

/// Returns the greatest number given so far: 0 for an empty table.
fn last(session: &mut dyn Session) -> Result<i64> {
    let mut last = 0;
    session.query("SELECT max(contract_id) FROM option_contracts", &[], &mut |row| {
        last = row.integer(0)?.unwrap_or(0);
        Ok(())
    })?;
    Ok(last)
}

/// Returns the stored rows of numbers.
pub(crate) fn rows(session: &mut dyn Session, ids: impl IntoIterator<Item = i64>) -> Result<Vec<ContractRow>> {
    let columns = ContractRow::TABLE.columns_with("");
    let mut rows = Vec::new();
    for numbered in of_numbers(session.dialect(), ids) {
        let text = format!("SELECT {columns} FROM option_contracts WHERE {}", numbered.text);
        rows.append(&mut collect(session, &Sql { text, ..numbered })?);
    }
    Ok(rows)
}

/// Replaces the rows of their numbers.
pub(crate) fn replace(session: &mut dyn Session, rows: &[&ContractRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    for numbered in of_numbers(session.dialect(), rows.iter().map(|row| row.contract_id)) {
        session.execute(&format!("DELETE FROM option_contracts WHERE {}", numbered.text), &numbered.params)?;
    }
    append(session, Target::Table(ContractRow::TABLE.name), rows)
}

/// Returns true if the stored contracts were computed from the present product table, or from a later one.
pub(crate) fn follow_products(session: &mut dyn Session) -> Result<bool> {
    let mut revision = None;
    session.query("SELECT max(revision) FROM product_revision", &[], &mut |row| {
        revision = row.integer(0)?;
        Ok(())
    })?;
    Ok(revision.is_some_and(|revision| revision >= Product::TABLE_REVISION.into()))
}

/// Rewrites the contracts that the present product table changes.
pub(crate) fn recompute(session: &mut dyn Session) -> Result<()> {
    /// The contracts that are read at once.
    const CONTRACTS_PER_STATEMENT: usize = 100_000;
    lock(session, ContractRow::TABLE.name)?;
    // Another process may have been faster.
    if follow_products(session)? {
        return Ok(());
    }
    let select = format!("SELECT {} FROM option_contracts WHERE contract_id > ", ContractRow::TABLE.columns_with(""));
    let (mut last, mut corrected) = (i64::MIN, 0);
    loop {
        let page = Sql::new(select.clone()).bind(last);
        let page = page.push(" ORDER BY contract_id").push(&limited(Some(CONTRACTS_PER_STATEMENT)));
        let stored: Vec<ContractRow> = collect(session, &page)?;
        let Some(end) = stored.last() else { break };
        last = end.contract_id;
        let recomputed = stored.iter().map(ContractRow::recomputed).collect::<Result<Vec<_>>>()?;
        let changed = recomputed.iter().zip(&stored).filter(|(new, old)| !new.same_version(old));
        let changed: Vec<_> = changed.map(|(new, _)| new).collect();
        replace(session, &changed)?;
        corrected += changed.len() as u64;
    }
    session.execute("DELETE FROM product_revision", &[])?;
    let revision = Sql::new("INSERT INTO product_revision (revision) VALUES (");
    let revision = revision.bind(i64::from(Product::TABLE_REVISION)).push(")");
    session.execute(&revision.text, &revision.params)?;
    tell(session, || Change::upserted(ContractRow::TABLE.name, &Upserted { corrected, ..Upserted::default() }));
    Ok(())
}
