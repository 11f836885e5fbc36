//! Contract numbers: the integers that stand for contracts in tables, and never leave this crate.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{PoisonError, RwLock},
};

use rustc_hash::FxHashMap;
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{ContractDetails, OptionContract, OptionRoot},
};

use crate::{
    codec::Record,
    engine::{Dialect, Session, Target},
    market::contract::ContractRow,
    sql::Sql,
    versioned::{append, lock},
};

/// A contract met in a row, with what its details are to say if it was never seen.
#[derive(Clone, Debug)]
struct Met {
    contract: OptionContract,
    source: Source,
    recorded_at: Timestamp,
}

/// The distinct contracts of a batch, each with its place in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct Contracts {
    places: FxHashMap<OptionContract, i64>,
    met: Vec<Met>,
}

impl Contracts {
    /// The place of a contract.
    pub(crate) fn place(&mut self, contract: OptionContract, source: &Source, recorded_at: Timestamp) -> i64 {
        let next = i64::try_from(self.met.len()).unwrap_or(i64::MAX);
        *self.places.entry(contract).or_insert_with(|| {
            self.met.push(Met { contract, source: source.clone(), recorded_at });
            next
        })
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
    /// The number of the contract at a place.
    pub(crate) fn id(&self, place: i64) -> i64 {
        usize::try_from(place).ok().and_then(|place| self.ids.get(place)).copied().unwrap_or(-1)
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

    /// The numbers of the contracts of a batch. Contracts never seen are given one, with their standard details.
    pub(crate) fn number(&self, session: &mut dyn Session, dialect: &Dialect, batch: &Contracts) -> Result<Numbered> {
        let known = |ids: &FxHashMap<OptionContract, i64>| -> Vec<Option<i64>> {
            batch.met.iter().map(|met| ids.get(&met.contract).copied()).collect()
        };
        let mut ids = self.known(|map| known(&map.ids));
        if ids.contains(&None) {
            lock(session, dialect, ContractRow::TABLE.name)?;
            let stored = stored(session, &missing(batch, &ids))?;
            self.learn(stored.iter().map(|(contract, id)| (*contract, *id)));
            for (id, met) in ids.iter_mut().zip(&batch.met) {
                *id = id.or_else(|| stored.get(&met.contract).copied());
            }
        }
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
            let unknown: BTreeSet<_> = unknown.map(|(id, _)| id.to_string()).collect();
            let unknown = unknown.into_iter().collect::<Vec<_>>().join(", ");
            let found = select(session, &Sql::new(format!("contract_id IN ({unknown})")))?;
            let found: HashMap<_, _> = found.into_iter().map(|(contract, id)| (id, contract)).collect();
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
        if let Some(id) = self.known(|map| map.ids.get(&contract).copied()) {
            return Ok(Some(id));
        }
        let found = stored(session, &[contract])?;
        self.learn(found.iter().map(|(contract, id)| (*contract, *id)));
        Ok(found.get(&contract).copied())
    }
}

fn missing(batch: &Contracts, ids: &[Option<i64>]) -> Vec<OptionContract> {
    batch.met.iter().zip(ids).filter(|(_, id)| id.is_none()).map(|(met, _)| met.contract).collect()
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
