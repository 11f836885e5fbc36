//! Quotes of option contracts, chains and snapshots.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::{
    AsOf, ChangeQuery, Page, Result, Timestamp, Upserted, Version,
    market::{
        ChainQuery, ChainRepository, ChainRow, ChainSnapshot, OptionChain, OptionContract, OptionQuote, OptionVolume,
        QuoteQuery, SnapshotQuery, Symbol,
    },
    memory::{MemoryStore, State, market::contract::Contract},
    port,
};

#[async_trait]
impl ChainRepository for MemoryStore {
    async fn upsert_quotes(&self, quotes: &[OptionQuote]) -> Result<Upserted> {
        self.upsert("upsert_quotes", quotes, |state| state.upsert_quotes(quotes))
    }

    async fn upsert_snapshot(&self, snapshot: &ChainSnapshot, quotes: &[OptionQuote]) -> Result<Upserted> {
        self.write("upsert_snapshot", |state| {
            port::check(snapshot, self.allow_simulated)?;
            port::check_batch(quotes, self.allow_simulated)?;
            let done = state.upsert_quotes(quotes)?;
            state.snapshots.upsert(std::slice::from_ref(snapshot));
            Ok(done)
        })
    }

    async fn upsert_snapshots(&self, snapshots: &[ChainSnapshot]) -> Result<Upserted> {
        self.upsert("upsert_snapshots", snapshots, |state| Ok(state.snapshots.upsert(snapshots)))
    }

    async fn chain_as_of(&self, query: &ChainQuery) -> Result<OptionChain> {
        self.read("chain_as_of", |state| state.chain_as_of(query))
    }

    async fn chains_as_of(&self, queries: &[ChainQuery]) -> Result<Vec<OptionChain>> {
        self.read("chains_as_of", |state| queries.iter().map(|query| state.chain_as_of(query)).collect())
    }

    async fn option_volume(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume> {
        self.read("option_volume", |state| {
            let mut volume = OptionVolume::default();
            for Contract { details, .. } in state.contracts_of(underlying) {
                let query = QuoteQuery::new(details.contract, as_of).with_from(from);
                let quotes = state.quotes.list(&query)?.items;
                // Later quotes of a day replace earlier ones.
                let volumes = quotes.iter().filter_map(|quote| Some((quote.at.new_york_date(), quote.volume?)));
                let days: BTreeMap<_, _> = volumes.collect();
                for day in days.into_values() {
                    volume.add(details.contract.option_type(), day);
                }
            }
            Ok(volume)
        })
    }

    async fn list_quotes(&self, query: &QuoteQuery) -> Result<Page<OptionQuote>> {
        self.read("list_quotes", |state| state.quotes.list(query))
    }

    async fn list_quote_versions(&self, contract: &OptionContract, at: Timestamp) -> Result<Vec<Version<OptionQuote>>> {
        self.read("list_quote_versions", |state| Ok(state.quotes.versions(*contract, at)))
    }

    async fn list_snapshots(&self, query: &SnapshotQuery) -> Result<Page<ChainSnapshot>> {
        self.read("list_snapshots", |state| state.snapshots.list(query))
    }

    async fn list_quote_changes(&self, query: &ChangeQuery<OptionContract>) -> Result<Page<OptionQuote>> {
        self.read("list_quote_changes", |state| state.quotes.changes(query))
    }

    async fn list_snapshot_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<ChainSnapshot>> {
        self.read("list_snapshot_changes", |state| state.snapshots.changes(query))
    }
}

impl State {
    pub(in crate::memory) fn chain_as_of(&self, query: &ChainQuery) -> Result<OptionChain> {
        query.validate()?;
        let contracts = self.contracts_of(query.underlying);
        let contracts = contracts.filter(|of| query.admits(&of.details.contract, &of.life));
        let row = |Contract { details, life }: &Contract| {
            let quote = self.quotes.as_of(details.contract, query.as_of)?;
            let age = query.as_of.at.since(quote.at);
            let row = ChainRow { quote: quote.clone(), age, product: details.product, life: *life };
            (quote.at >= query.oldest_quote()).then_some(row)
        };
        Ok(OptionChain::new(query.underlying, query.as_of, contracts.filter_map(row).collect()))
    }

    pub(in crate::memory) fn upsert_quotes(&mut self, quotes: &[OptionQuote]) -> Result<Upserted> {
        self.meet(quotes.iter().map(|quote| (quote.contract, &quote.source, quote.recorded_at)))?;
        Ok(self.quotes.upsert(quotes))
    }
}
