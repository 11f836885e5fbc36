//! Option contracts. Their details have no versions.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    AsOf, Page, Result, Source, Timestamp, Upserted,
    maintenance::Dataset,
    market::{ContractDetails, ContractLife, ContractQuery, ContractRepository, OptionContract, Symbol},
    memory::{MemoryStore, State},
    port::{Change, Paged, Recorded, last_of_each_key, page, rows_to_read},
};

/// A contract's details, with the life that follows from them.
#[derive(Clone, Debug)]
pub(in crate::memory) struct Contract {
    pub(in crate::memory) details: ContractDetails,
    pub(in crate::memory) life: ContractLife,
}

impl From<ContractDetails> for Contract {
    fn from(details: ContractDetails) -> Self {
        Self { life: details.life(), details }
    }
}

#[async_trait]
impl ContractRepository for MemoryStore {
    async fn upsert_contracts(&self, details: &[ContractDetails]) -> Result<Upserted> {
        self.upsert("upsert_contracts", details, |state| Ok(state.upsert_contracts(details)))
    }

    async fn get_contract(&self, contract: &OptionContract) -> Result<Option<ContractDetails>> {
        self.read("get_contract", |state| Ok(state.contracts.get(contract).map(|contract| contract.details.clone())))
    }

    async fn list_contracts(&self, query: &ContractQuery) -> Result<Page<ContractDetails>> {
        self.read("list_contracts", |state| {
            let last_seen = query.last_seen()?;
            let wanted = rows_to_read(query.paging.limit);
            let matching = state.contracts_of(query.underlying).filter(|contract| {
                last_seen.is_none_or(|last_seen| contract.details.contract > last_seen)
                    && query.expiration.is_none_or(|day| contract.details.contract.expiration() == day)
                    && query.as_of.is_none_or(|as_of| state.is_trading(contract, as_of))
            });
            let rows = matching.take(wanted).map(|contract| contract.details.clone()).collect();
            Ok(page(rows, query.paging.limit, |last: &ContractDetails| ContractQuery::cursor(&last.contract)))
        })
    }
}

impl State {
    /// Returns the contracts whose details name an underlying, in order.
    pub(in crate::memory) fn contracts_of(&self, underlying: Symbol) -> impl Iterator<Item = &Contract> {
        self.contracts.values().filter(move |contract| contract.details.underlying == underlying)
    }

    /// Stores the standard details of contracts that are not known yet.
    pub(in crate::memory) fn meet<'a>(
        &mut self,
        contracts: impl Iterator<Item = (OptionContract, &'a Source, Timestamp)>,
    ) -> Result<()> {
        let standard = |(contract, source, recorded_at): (_, &Source, _)| {
            ContractDetails::standard(contract, source.clone(), recorded_at)
        };
        for details in contracts.map(standard).collect::<Result<Vec<_>>>()? {
            Arc::make_mut(&mut self.contracts).entry(details.contract).or_insert_with(|| details.into());
        }
        Ok(())
    }

    pub(in crate::memory) fn upsert_contracts(&mut self, details: &[ContractDetails]) -> Upserted {
        let last = last_of_each_key(details);
        let mut done = Upserted { repeated: (details.len() - last.len()) as u64, ..Upserted::default() };
        for details in last {
            match self.contracts.get(&details.contract) {
                Some(known) if known.details.is_same_version(details) => {
                    done.unchanged += 1;
                    continue;
                }
                Some(_) => done.corrected += 1,
                None => done.inserted += 1,
            }
            Arc::make_mut(&mut self.contracts).insert(details.contract, details.clone().into());
        }
        self.changes.extend(Change::upserted(Dataset::Contracts.as_str(), &done));
        done
    }

    /// Returns true if a contract was listed and still traded as of a point.
    fn is_trading(&self, Contract { details, life }: &Contract, as_of: AsOf) -> bool {
        let listed = details.listed_on.is_some_and(|day| day <= as_of.at.new_york_date())
            && as_of.known_by.is_none_or(|known_by| details.recorded_at <= known_by);
        life.is_alive(as_of.at) && (listed || self.quotes.as_of(details.contract, as_of).is_some())
    }
}
