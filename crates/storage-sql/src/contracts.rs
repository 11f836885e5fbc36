//! The table of contracts and their numbers: integers that stand for contracts in other tables and never leave this
//! crate.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{ContractDetails, ExerciseStyle, OptionContract, OptionRoot, OptionType, Strike, Symbol},
    port::Recorded,
};

use crate::{
    codec::{Record, Value, record},
    dialect::AppendOrder,
    session::{Session, Target, append, lock},
    shapes::versioned::{Key, Versioned},
    sql::{Sql, any_of},
};

record! {
    /// A contract and what is known of it.
    struct ContractRow in "option_contracts" {
        key { contract_id: i64 }
        value {
            root: OptionRoot,
            expiration: NaiveDate,
            option_type: OptionType,
            strike: Strike,
            underlying: Symbol,
            multiplier: u32,
            exercise_style: ExerciseStyle,
            adjusted: bool,
            expires_at: Timestamp,
            listed_on: Option<NaiveDate>,
            source: Source,
        }
    }
}

impl ContractRow {
    pub(crate) fn new(contract_id: i64, details: &ContractDetails) -> Self {
        let ContractDetails { contract, underlying, multiplier, exercise_style, listed_on, source, recorded_at } =
            details;
        Self {
            contract_id,
            root: contract.root(),
            expiration: contract.expiration(),
            option_type: contract.option_type(),
            strike: contract.strike(),
            underlying: *underlying,
            multiplier: *multiplier,
            exercise_style: *exercise_style,
            adjusted: contract.root().is_adjusted(),
            expires_at: contract.expires_at(),
            listed_on: *listed_on,
            source: source.clone(),
            recorded_at: *recorded_at,
        }
    }

    pub(crate) fn contract(&self) -> Result<OptionContract> {
        OptionContract::new(self.root, self.expiration, self.option_type, self.strike)
            .map_err(|error| Error::corrupt("a stored contract is not valid").caused_by(error))
    }
}

/// A record whose rows name a contract by its number.
pub(crate) trait OfContract: Versioned {
    /// What the record is outside of tables.
    type Row: Recorded + Sync;

    /// The row's contract.
    fn contract(row: &Self::Row) -> OptionContract;
    /// The key of the row's record.
    fn key_of(row: &Self::Row, contract_id: i64) -> Key<Self>;
    /// The row's record.
    fn numbered(row: &Self::Row, contract_id: i64) -> Self;
    /// The number in the record.
    fn contract_id(&mut self) -> &mut i64;
}

/// A contract met in a row, with what its details are to say if it was never seen.
#[derive(Clone, Debug)]
struct Met {
    contract: OptionContract,
    source: Source,
    recorded_at: Timestamp,
}

/// Numbers from here on stand in for contracts whose number only a transaction can tell. They come behind all others,
/// in the order in which their contracts were met, which is the order in which new contracts are numbered.
const STAND_INS: i64 = i64::MAX / 2;

/// The distinct contracts of a batch.
#[derive(Debug)]
pub(crate) struct Contracts {
    ids: Arc<Ids>,
    numbers: FxHashMap<OptionContract, i64>,
    last: Option<(OptionContract, i64)>,
    /// The contract of each stand-in.
    met: Vec<Met>,
}

impl Contracts {
    pub(crate) fn new(ids: Arc<Ids>) -> Self {
        Self { ids, numbers: FxHashMap::default(), last: None, met: Vec::new() }
    }

    /// The number of a row's contract, or its stand-in.
    pub(crate) fn number(&mut self, contract: OptionContract, row: &impl Recorded) -> i64 {
        // Files mostly tell one contract's rows after another.
        if let Some((last, number)) = self.last
            && last == contract
        {
            return number;
        }
        let number = *self.numbers.entry(contract).or_insert_with(|| {
            self.ids.known(|map| map.ids.get(&contract).copied()).unwrap_or_else(|| {
                self.met.push(Met { contract, source: row.source().clone(), recorded_at: row.recorded_at() });
                STAND_INS + i64::try_from(self.met.len() - 1).unwrap_or(0)
            })
        });
        self.last = Some((contract, number));
        number
    }
}

/// The numbers that a transaction gave to its contracts.
#[derive(Debug, Default)]
pub(crate) struct Numbered {
    ids: Vec<i64>,
    /// Contracts numbered for the first time, which nobody may rely on before the commit.
    pub(crate) fresh: Vec<(OptionContract, i64)>,
}

impl Numbered {
    /// The number for which another one stands in, or that number itself.
    pub(crate) fn id(&self, number: i64) -> i64 {
        let stood_in = number.checked_sub(STAND_INS).and_then(|place| usize::try_from(place).ok());
        stood_in.map_or(number, |place| self.ids.get(place).copied().unwrap_or(-1))
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

impl Ids {
    /// Past this many contracts the map starts afresh.
    const BOUND: usize = 1 << 19;

    /// Remembers numbers, which must be committed.
    pub(crate) fn learn(&self, numbered: impl IntoIterator<Item = (OptionContract, i64)>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (contract, id) in numbered {
            if known.ids.len() >= Self::BOUND {
                *known = Known::default();
            }
            known.ids.insert(contract, id);
            known.contracts.insert(id, contract);
        }
    }

    /// Forgets everything, as when the tables were made anew.
    pub(crate) fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }

    fn known<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The numbers of a batch's contracts that have stand-ins. Contracts never seen are given one, with their standard
    /// details.
    pub(crate) fn number(&self, session: &mut dyn Session, batch: &Contracts) -> Result<Numbered> {
        if !batch.met.is_empty() {
            lock(session, ContractRow::TABLE.name)?;
        }
        let met: Vec<_> = batch.met.iter().map(|met| met.contract).collect();
        let mut ids = self.find(session, &met)?;
        let mut fresh = Vec::new();
        if ids.contains(&None) {
            let mut rows = Vec::new();
            let mut next = last(session)?;
            for (id, met) in ids.iter_mut().zip(&batch.met).filter(|(id, _)| id.is_none()) {
                next += 1;
                *id = Some(next);
                let details = ContractDetails::standard(met.contract, met.source.clone(), met.recorded_at)?;
                rows.push(ContractRow::new(next, &details));
                fresh.push((met.contract, next));
            }
            append(session, Target::Table(ContractRow::TABLE.name), &rows.iter().collect::<Vec<_>>())?;
        }
        Ok(Numbered { ids: ids.into_iter().flatten().collect(), fresh })
    }

    /// The contracts of numbers, in their order.
    pub(crate) fn contracts(&self, session: &mut dyn Session, ids: &[i64]) -> Result<Vec<OptionContract>> {
        let look = || -> Vec<Option<OptionContract>> {
            self.known(|map| ids.iter().map(|id| map.contracts.get(id).copied()).collect())
        };
        let mut contracts = look();
        if contracts.contains(&None) {
            let unknown = ids.iter().zip(&contracts).filter(|(_, contract)| contract.is_none());
            let mut found = HashMap::new();
            for numbered in of_numbers(session.dialect().order, unknown.map(|(id, _)| *id)) {
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

    /// The number of a contract; `None` for one never seen.
    pub(crate) fn id(&self, session: &mut dyn Session, contract: OptionContract) -> Result<Option<i64>> {
        Ok(self.find(session, &[contract])?.pop().flatten())
    }

    /// The numbers of contracts, in their order; `None` for those never seen.
    pub(crate) fn find(&self, session: &mut dyn Session, contracts: &[OptionContract]) -> Result<Vec<Option<i64>>> {
        let mut ids: Vec<_> = self.known(|map| contracts.iter().map(|it| map.ids.get(it).copied()).collect());
        if ids.contains(&None) {
            let unknown = ids.iter().zip(contracts).filter(|(id, _)| id.is_none());
            let found = stored(session, &unknown.map(|(_, contract)| *contract).collect::<Vec<_>>())?;
            self.learn(found.iter().map(|(contract, id)| (*contract, *id)));
            for (id, contract) in ids.iter_mut().zip(contracts) {
                *id = id.or_else(|| found.get(contract).copied());
            }
        }
        Ok(ids)
    }
}

/// Conditions of which exactly one holds for a contract with one of some numbers.
pub(crate) fn of_numbers(order: AppendOrder, ids: impl IntoIterator<Item = i64>) -> Vec<Sql> {
    let ids: BTreeSet<_> = ids.into_iter().collect();
    any_of("contract_id", &ids.into_iter().map(Value::Integer).collect::<Vec<_>>(), order)
}

/// The stored contracts of the same roots and expirations as some: those and their neighbours.
fn stored(session: &mut dyn Session, contracts: &[OptionContract]) -> Result<HashMap<OptionContract, i64>> {
    let roots: BTreeSet<OptionRoot> = contracts.iter().map(OptionContract::root).collect();
    let expirations = contracts.iter().map(OptionContract::expiration);
    let (Some(first), Some(last)) = (expirations.clone().min(), expirations.max()) else { return Ok(HashMap::new()) };
    let mut found = HashMap::new();
    for roots in roots.into_iter().collect::<Vec<_>>().chunks(1000) {
        let sql = Sql::new("expiration BETWEEN ").bind(first).push(" AND ").bind(last).push(" AND root IN (");
        let sql = sql.bind_all(roots.iter().map(|root| root.as_str().into()));
        found.extend(select(session, &sql.push(")"))?);
    }
    Ok(found)
}

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

/// The greatest number given so far.
fn last(session: &mut dyn Session) -> Result<i64> {
    let mut last = 0;
    session.query("SELECT max(contract_id) FROM option_contracts", &[], &mut |row| {
        last = row.integer(0)?.unwrap_or(0);
        Ok(())
    })?;
    Ok(last)
}
