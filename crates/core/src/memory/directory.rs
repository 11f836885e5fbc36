//! The directory: what the rows in memory are of, found by a look at every one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    str::FromStr,
};

use async_trait::async_trait;
use chrono::NaiveDate;

use super::{MemoryStore, State, versioned::Versioned};
use crate::{
    AsOf, Name, Page, Result, Timestamp,
    analytics::ModelRevision,
    directory::{DirectoryQuery, DirectoryRepository},
    market::{BarKey, OptionRoot, SeriesId, Symbol},
    port::{Recorded, last_item, page_of_items, rows_to_read},
};

#[async_trait]
impl DirectoryRepository for MemoryStore {
    async fn list_underlyings(&self, query: &DirectoryQuery) -> Result<Page<Symbol>> {
        self.listed("list_underlyings", query, ToString::to_string, |state| {
            let quoted = state.quotes.within(query.as_of).map(|(contract, _)| (contract.root(), contract.expiration()));
            let quoted: BTreeSet<_> = quoted.collect();
            let contracts = state
                .contracts
                .values()
                .filter(|of| quoted.contains(&(of.details.contract.root(), of.details.contract.expiration())));
            let of_contracts = contracts.map(|contract| contract.details.underlying);
            of_contracts.chain(state.snapshots.within(query.as_of).map(|(underlying, _)| underlying)).collect()
        })
    }

    async fn list_expirations(&self, underlying: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>> {
        self.listed("list_expirations", query, ToString::to_string, |state| {
            state.quotes_of(underlying, query.as_of).map(|((_, expiration), _)| expiration).collect()
        })
    }

    async fn list_quote_days(&self, underlying: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>> {
        self.listed("list_quote_days", query, ToString::to_string, |state| {
            state.quotes_of(underlying, query.as_of).map(|(_, at)| at.new_york_date()).collect()
        })
    }

    async fn list_quoted_symbols(&self, query: &DirectoryQuery) -> Result<Page<Symbol>> {
        self.listed("list_quoted_symbols", query, ToString::to_string, |state| {
            state.underlyings.within(query.as_of).map(|(symbol, _)| symbol).collect()
        })
    }

    async fn list_bar_keys(&self, query: &DirectoryQuery) -> Result<Page<BarKey>> {
        self.listed("list_bar_keys", query, by_instrument, |state| {
            state.bars.within(query.as_of).map(|(key, _)| key).collect()
        })
    }

    async fn list_series(&self, query: &DirectoryQuery) -> Result<Page<SeriesId>> {
        self.listed("list_series", query, ToString::to_string, |state| {
            state.observations.within(query.as_of).map(|(series, _)| series).collect()
        })
    }

    async fn list_models(&self, query: &DirectoryQuery) -> Result<Page<ModelRevision>> {
        self.listed("list_models", query, ToString::to_string, |state| {
            let keys = state.greeks.within(query.as_of).map(|(key, _)| key);
            keys.map(|key| ModelRevision { model: key.model, revision: key.revision }).collect()
        })
    }

    async fn list_accounts(&self, query: &DirectoryQuery) -> Result<Page<Name>> {
        self.listed("list_accounts", query, ToString::to_string, |state| {
            let orders = state.orders.iter().map(|it| (it.account, it.at, it.recorded_at));
            let executions = state.executions.iter().map(|it| (it.account, it.at, it.recorded_at));
            let snapshots = state.accounts.iter().map(|it| (it.account, it.at, it.recorded_at));
            let events = state.journal_events.iter().map(|it| (it.account, it.at, it.recorded_at));
            named(orders.chain(executions).chain(snapshots).chain(events), query.as_of)
        })
    }

    async fn list_strategy_names(&self, query: &DirectoryQuery) -> Result<Page<Name>> {
        self.listed("list_strategy_names", query, ToString::to_string, |state| {
            let signals = state.signals.iter().map(|it| (it.strategy, it.at, it.recorded_at));
            let orders = state.orders.iter().map(|it| (it.strategy, it.at, it.recorded_at));
            let backtests = state.backtests.iter().map(|it| (it.strategy, it.at, it.recorded_at));
            let trades = state.trades.iter().map(|it| (it.origin.strategy, it.at, it.recorded_at));
            named(signals.chain(orders).chain(backtests).chain(trades), query.as_of)
        })
    }
}

/// Returns the names of rows within both limits. A row is its name, `at` and `recorded_at`.
fn named(rows: impl Iterator<Item = (Name, Timestamp, Timestamp)>, as_of: AsOf) -> BTreeSet<Name> {
    rows.filter(|(_, at, recorded_at)| as_of.admits(*at, *recorded_at)).map(|(name, ..)| name).collect()
}

/// Returns the texts of instrument and timeframe.
fn by_instrument(key: &BarKey) -> (String, &'static str) {
    (key.instrument.to_string(), key.timeframe.as_str())
}

impl MemoryStore {
    /// Returns a page of the items that `find` returns, in the order of a text or of texts.
    fn listed<T: Copy + Display + FromStr, O: Ord>(
        &self,
        list: &'static str,
        query: &DirectoryQuery,
        order: impl Fn(&T) -> O,
        find: impl FnOnce(&State) -> BTreeSet<T>,
    ) -> Result<Page<T>> {
        self.read(list, |state| {
            let previous = last_item::<T>(list, query)?.map(|item| order(&item));
            let items: BTreeMap<_, _> = find(state).into_iter().map(|item| (order(&item), item)).collect();
            let rest = items.into_iter().filter(|(place, _)| previous.as_ref().is_none_or(|previous| place > previous));
            let items = rest.map(|(_, item)| item).take(rows_to_read(query.paging.limit)).collect();
            Ok(page_of_items(list, items, query.paging.limit))
        })
    }
}

impl State {
    /// Returns root, expiration and instant of the quotes of an underlying's contracts within both limits.
    fn quotes_of(&self, underlying: Symbol, as_of: AsOf) -> impl Iterator<Item = ((OptionRoot, NaiveDate), Timestamp)> {
        let of_underlying = self.contracts_of(underlying);
        let groups: BTreeSet<_> =
            of_underlying.map(|of| (of.details.contract.root(), of.details.contract.expiration())).collect();
        let quotes = self.quotes.within(as_of);
        let quotes = quotes.map(|(contract, at)| ((contract.root(), contract.expiration()), at));
        quotes.filter(move |(group, _)| groups.contains(group))
    }
}

impl<K: Copy + Ord, R: Recorded<Key = (K, Timestamp)>> Versioned<K, R> {
    /// Returns series and instant of every row that has a version within both limits.
    fn within(&self, as_of: AsOf) -> impl Iterator<Item = (K, Timestamp)> {
        let known = self.keys_known_by(as_of.known_by);
        known.filter(move |(_, at)| *at <= as_of.at)
    }
}
