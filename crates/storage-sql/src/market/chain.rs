//! Option quotes, chains as of a point in time, and snapshot headers.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use rustc_hash::FxHashMap;
use strikebook_core::{
    AsOf, ChangeQuery, Error, Page, Paging, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    analytics::ModelRevision,
    market::{
        ChainQuery, ChainRepository, ChainRow, ChainSnapshot, ContractLife, OptionChain, OptionContract, OptionQuote,
        OptionRoot, OptionType, OptionVolume, Product, QuoteGreeks, QuoteQuery, SnapshotQuery, Symbol,
    },
    port::{Paged, check, page, page_of_changes, series_of, start},
};

use crate::{
    codec::{Field, MaybeCount, MaybeDouble, Record, Table},
    contracts::{ContractRow, Ids, OfContract},
    engine::Engine,
    record::record,
    repository::SqlStore,
    search::{NewestQuotes, Window},
    session::{self, Session, row_at},
    shapes::versioned::{self, Key, ReadFrom, Series, changes, merge::merge_one},
    sql::{Sql, one_more},
};

record! {
    /// A quote as it is stored.
    struct QuoteRow in OptionQuotes {
        series { contract_id: i64 }
        value {
            bid: MaybeDouble,
            ask: MaybeDouble,
            last: MaybeDouble,
            bid_size: MaybeCount,
            ask_size: MaybeCount,
            volume: MaybeCount,
            open_interest: MaybeCount,
            implied_volatility: MaybeDouble,
            delta: MaybeDouble,
            gamma: MaybeDouble,
            theta: MaybeDouble,
            vega: MaybeDouble,
            rho: MaybeDouble,
            underlying_price: MaybeDouble,
            source: Source,
        }
    }
}

impl OfContract for QuoteRow {
    type Row = OptionQuote;

    fn contract(quote: &OptionQuote) -> OptionContract {
        quote.contract
    }

    fn key_of(quote: &OptionQuote, contract_id: i64) -> Key<Self> {
        (contract_id, quote.at)
    }

    fn into_row(self, contract: OptionContract) -> OptionQuote {
        self.into_quote(contract)
    }

    fn contract_id(&mut self) -> &mut i64 {
        &mut self.contract_id
    }

    fn numbered(quote: &OptionQuote, contract_id: i64) -> Self {
        let QuoteGreeks { delta, gamma, theta, vega, rho } = quote.greeks;
        Self {
            contract_id,
            at: quote.at,
            bid: quote.bid.into(),
            ask: quote.ask.into(),
            last: quote.last.into(),
            bid_size: quote.bid_size.into(),
            ask_size: quote.ask_size.into(),
            volume: quote.volume.into(),
            open_interest: quote.open_interest.into(),
            implied_volatility: quote.implied_volatility.into(),
            delta: delta.into(),
            gamma: gamma.into(),
            theta: theta.into(),
            vega: vega.into(),
            rho: rho.into(),
            underlying_price: quote.underlying_price.into(),
            source: quote.source.clone(),
            recorded_at: quote.recorded_at,
        }
    }
}

impl QuoteRow {
    fn into_quote(self, contract: OptionContract) -> OptionQuote {
        let Self { delta, gamma, theta, vega, rho, .. } = self;
        OptionQuote {
            contract,
            at: self.at,
            bid: self.bid.into(),
            ask: self.ask.into(),
            last: self.last.into(),
            bid_size: self.bid_size.into(),
            ask_size: self.ask_size.into(),
            volume: self.volume.into(),
            open_interest: self.open_interest.into(),
            implied_volatility: self.implied_volatility.into(),
            greeks: QuoteGreeks {
                delta: delta.into(),
                gamma: gamma.into(),
                theta: theta.into(),
                vega: vega.into(),
                rho: rho.into(),
            },
            underlying_price: self.underlying_price.into(),
            source: self.source,
            recorded_at: self.recorded_at,
        }
    }
}

record! {
    ChainSnapshot in ChainSnapshots {
        series { underlying: Symbol }
        value { underlying_price: Option<f64>, contracts: u64, expirations: u64, source: Source }
    }
}

#[async_trait]
impl<E: Engine> ChainRepository for SqlStore<E> {
    async fn upsert_quotes(&self, quotes: &[OptionQuote]) -> Result<Upserted> {
        if quotes.is_empty() {
            return self.nothing("upsert_quotes").await;
        }
        self.upsert_numbered::<QuoteRow>("upsert_quotes", quotes, |_| Ok(())).await
    }

    async fn upsert_snapshot(&self, snapshot: &ChainSnapshot, quotes: &[OptionQuote]) -> Result<Upserted> {
        let operation = "upsert_snapshot";
        check(snapshot, self.allow_simulated()).map_err(|error| self.named(operation, error))?;
        let snapshot = snapshot.clone();
        self.upsert_numbered::<QuoteRow>(operation, quotes, move |session| merge_one(session, &snapshot)).await
    }

    async fn upsert_snapshots(&self, snapshots: &[ChainSnapshot]) -> Result<Upserted> {
        self.upsert("upsert_snapshots", snapshots, |row| Ok(row.clone())).await
    }

    async fn chain_as_of(&self, query: &ChainQuery) -> Result<OptionChain> {
        query.validate().map_err(|error| self.named("chain_as_of", error))?;
        let (ids, query) = (self.ids(), query.clone());
        self.read("chain_as_of", move |session| chain_as_of(session, &ids, &query)).await
    }

    async fn chains_as_of(&self, queries: &[ChainQuery]) -> Result<Vec<OptionChain>> {
        const OPERATION: &str = "chains_as_of";
        queries.iter().try_for_each(ChainQuery::validate).map_err(|error| self.named(OPERATION, error))?;
        let (ids, queries) = (self.ids(), queries.to_vec());
        self.snapshot(OPERATION, move |session| {
            let mut chains = Vec::with_capacity(queries.len());
            for group in under_same_conditions(&queries) {
                let of_group = || group.iter().filter_map(|index| queries.get(*index));
                let underlyings: Vec<_> = of_group().map(|query| query.underlying).collect();
                let Some(query) = of_group().next() else { continue };
                chains.extend(group.iter().copied().zip(chains_as_of(session, &ids, query, &underlyings)?));
            }
            chains.sort_by_key(|(index, _)| *index);
            Ok(chains.into_iter().map(|(_, chain)| chain).collect())
        })
        .await
    }

    async fn option_volume(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume> {
        self.read("option_volume", move |session| option_volume(session, underlying, from, as_of)).await
    }

    async fn list_quotes(&self, query: &QuoteQuery) -> Result<Page<OptionQuote>> {
        let start = start(query).map_err(|error| self.named("list_quotes", error))?;
        let (ids, QuoteQuery { key: contract, as_of, paging: Paging { limit, .. }, .. }) =
            (Arc::clone(&self.ids()), query.clone());
        self.read("list_quotes", move |session| {
            let Some(series) = series(&ids, session, contract)? else {
                return Ok(Page { items: Vec::new(), next: None });
            };
            let rows = versioned::list::<QuoteRow>(session, &series, start, as_of, ReadFrom::Oldest, one_more(limit))?;
            let quotes = rows.into_iter().map(|row| row.into_quote(contract)).collect();
            Ok(page(quotes, limit, |last: &OptionQuote| SeriesQuery::<OptionContract>::cursor(&last.at)))
        })
        .await
    }

    async fn list_quote_versions(&self, contract: &OptionContract, at: Timestamp) -> Result<Vec<Version<OptionQuote>>> {
        let (ids, contract) = (self.ids(), *contract);
        self.read("list_quote_versions", move |session| {
            let Some(series) = series(&ids, session, contract)? else { return Ok(Vec::new()) };
            let versions = versioned::versions::<QuoteRow>(session, &series, at)?.into_iter();
            Ok(versions
                .map(|Version { row, superseded_at }| Version { row: row.into_quote(contract), superseded_at })
                .collect())
        })
        .await
    }

    async fn list_quote_changes(&self, query: &ChangeQuery<OptionContract>) -> Result<Page<OptionQuote>> {
        let window = Window::of(query).map_err(|error| self.named("list_quote_changes", error))?;
        let (ids, query) = (self.ids(), query.clone());
        self.snapshot("list_quote_changes", move |session| {
            let contracts = series_of(&query);
            let numbered = ids.find(session, &contracts)?.into_iter().enumerate();
            let series: Vec<_> =
                numbered.filter_map(|(place, id)| Some((place, versioned::series::<QuoteRow>(id?)))).collect();
            let rows = changes::list::<QuoteRow>(session, &series, &window)?.into_iter();
            let quote = |(index, row): (usize, QuoteRow)| Ok((index, row.into_quote(*row_at(&contracts, index)?)));
            Ok(page_of_changes(&query, rows.map(quote).collect::<Result<_>>()?))
        })
        .await
    }

    async fn list_snapshots(&self, query: &SnapshotQuery) -> Result<Page<ChainSnapshot>> {
        self.page::<ChainSnapshot, _>("list_snapshots", query).await
    }

    async fn list_snapshot_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<ChainSnapshot>> {
        self.changes::<ChainSnapshot, _>("list_snapshot_changes", query).await
    }
}

/// Returns the volume of an underlying's options. Not every engine knows New York's days, so they are told apart here.
fn option_volume(session: &mut dyn Session, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume> {
    let sql = Sql::new("SELECT c.contract_id, c.option_type, q.\"at\", q.volume FROM (");
    let sql = versioned::valid_rows::<QuoteRow>(sql, from, as_of);
    let sql = sql.push(") AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id WHERE c.underlying = ");
    let sql = sql.bind(underlying.as_str()).push(" AND q.volume IS NOT NULL");
    let mut days: HashMap<(i64, NaiveDate), (Timestamp, OptionType, u64)> = HashMap::new();
    session.query(&sql.text, &sql.params, &mut |row| {
        let (contract_id, option_type) = (i64::require(row, 0)?, OptionType::require(row, 1)?);
        let latest = (Timestamp::require(row, 2)?, option_type, u64::require(row, 3)?);
        let last = days.entry((contract_id, latest.0.new_york_date())).or_insert(latest);
        if latest.0 > last.0 {
            *last = latest;
        }
        Ok(())
    })?;
    let mut volume = OptionVolume::default();
    for (_, option_type, day) in days.into_values() {
        volume.add(option_type, day);
    }
    Ok(volume)
}

fn series(ids: &Ids, session: &mut dyn Session, contract: OptionContract) -> Result<Option<Series>> {
    Ok(ids.id(session, contract)?.map(versioned::series::<QuoteRow>))
}

/// Chains under the same conditions, or their Greeks by a model.
pub(crate) struct Chains<'a> {
    pub(crate) query: &'a ChainQuery,
    pub(crate) underlyings: &'a [Symbol],
    pub(crate) model: Option<ModelRevision>,
}

impl<'a> Chains<'a> {
    fn search(&self, known_by: Option<Timestamp>, table: &'a Table) -> NewestQuotes<'a> {
        NewestQuotes { query: self.query, underlyings: self.underlyings, model: self.model, known_by, table }
    }
}

/// The newest row of each contract of chains.
pub(crate) struct Newest<R> {
    pub(crate) rows: Vec<R>,
    /// True if stored details may override the product table for a contract among those of the rows.
    overridden: bool,
}

/// Returns the newest row of each contract of chains.
pub(crate) fn newest<R: OfContract>(session: &mut dyn Session, of: &Chains<'_>) -> Result<Newest<R>> {
    let mut overridden = false;
    let mut newest_known = |session: &mut dyn Session, known_by| {
        let search = of.search(known_by, &R::TABLE);
        let mut rows = Vec::new();
        (session.dialect().newest_quotes)(session, &search, &mut |row| {
            rows.push(R::read(row)?);
            overridden |= bool::require(row, R::TABLE.columns.len())?;
            Ok(())
        })?;
        Ok::<_, Error>(rows)
    };
    // A current version known at the limit was the valid one then. Mostly all were known, and the past is not read:
    // each superseded version has its current one.
    let mut rows: Vec<R> = newest_known(session, None)?;
    if let Some(known_by) = of.query.as_of.known_by
        && rows.iter().any(|row| row.recorded_at() > known_by)
    {
        rows = newest_known(session, Some(known_by))?;
        rows.extend(session::collect::<R>(session, &superseded::<R>(of, known_by))?);
        // The newest row of each contract, and of one instant the version recorded last.
        rows.sort_by_key(|row| (row.key().0, Reverse((row.key().1, row.recorded_at()))));
        rows.dedup_by_key(|row| row.key().0);
    }
    Ok(Newest { rows, overridden })
}

/// Returns a query for the superseded versions that may have been valid at the knowledge limit.
fn superseded<R: OfContract>(of: &Chains<'_>, known_by: Timestamp) -> Sql {
    let search = of.search(Some(known_by), &R::TABLE);
    let sql = Sql::new(format!(
        "SELECT {} FROM {} AS h JOIN option_contracts AS c ON c.contract_id = h.contract_id WHERE ",
        search.columns("h."),
        R::TABLE.history()
    ));
    search.of_contracts(search.of_quotes(sql, "h").push(" AND "))
}

/// Returns the chain of a query.
pub(crate) fn chain_as_of(session: &mut dyn Session, ids: &Ids, query: &ChainQuery) -> Result<OptionChain> {
    let underlyings = [query.underlying];
    let of = Chains { query, underlyings: &underlyings, model: None };
    let Newest { rows, overridden } = newest::<QuoteRow>(session, &of)?;
    let contracts = ids.contracts(session, &rows.iter().map(|row| row.contract_id).collect::<Vec<_>>())?;
    let mut terms = if overridden { Terms::of(session, &of)? } else { Terms::default() };
    Ok(chain(query, contracts.into_iter().zip(&rows).collect(), &mut terms))
}

/// Returns the chains of underlyings under the conditions of a query, in the order of the underlyings.
fn chains_as_of(
    session: &mut dyn Session,
    ids: &Ids,
    query: &ChainQuery,
    underlyings: &[Symbol],
) -> Result<Vec<OptionChain>> {
    if let [underlying] = underlyings {
        return Ok(vec![chain_as_of(session, ids, &query.clone().with_underlying(*underlying))?]);
    }
    let of = Chains { query, underlyings, model: None };
    let Newest { rows, overridden } = newest::<QuoteRow>(session, &of)?;
    let contracts = ids.contracts(session, &rows.iter().map(|row| row.contract_id).collect::<Vec<_>>())?;
    let sql = Sql::new("SELECT c.contract_id, c.underlying FROM option_contracts AS c WHERE ");
    let sql = of.search(None, &QuoteRow::TABLE).of_contracts(sql);
    let mut underlying_of = FxHashMap::default();
    session.query(&sql.text, &sql.params, &mut |row| {
        underlying_of.insert(i64::require(row, 0)?, Symbol::require(row, 1)?);
        Ok(())
    })?;
    let mut chains: FxHashMap<Symbol, Vec<_>> = FxHashMap::default();
    for (contract, row) in contracts.into_iter().zip(&rows) {
        let underlying = underlying_of.get(&row.contract_id).ok_or_else(|| {
            Error::internal("a quote was found of a contract that was not").with("contract", contract)
        })?;
        chains.entry(*underlying).or_default().push((contract, row));
    }
    let mut terms = if overridden { Terms::of(session, &of)? } else { Terms::default() };
    let of_underlying = |underlying: &Symbol| {
        // An underlying that is named twice has its chain twice.
        let rows = chains.get(underlying).map_or_else(Vec::new, Clone::clone);
        chain(&query.clone().with_underlying(*underlying), rows, &mut terms)
    };
    Ok(underlyings.iter().map(of_underlying).collect())
}

/// The terms and lives of chains' contracts. The default is the product table's alone.
#[derive(Default)]
struct Terms {
    overridden: FxHashMap<OptionContract, (Product, ContractLife)>,
    /// Those of the product table, which are the same for all strikes of an expiration.
    standard: FxHashMap<(OptionRoot, NaiveDate), (Product, ContractLife)>,
}

impl Terms {
    /// Reads the terms that override the product table.
    fn of(session: &mut dyn Session, chains: &Chains<'_>) -> Result<Self> {
        let columns = ContractRow::TABLE.columns_with("c.");
        let sql = Sql::new(format!("SELECT {columns} FROM option_contracts AS c WHERE "));
        let sql = chains.search(None, &QuoteRow::TABLE).of_contracts(sql).push(" AND c.overridden = ").bind(true);
        let mut terms = Self::default();
        for row in session::collect::<ContractRow>(session, &sql)? {
            let details = row.into_details()?;
            terms.overridden.insert(details.contract, (details.product, details.life()));
        }
        Ok(terms)
    }

    fn get(&mut self, contract: OptionContract) -> (Product, ContractLife) {
        if let Some(overridden) = self.overridden.get(&contract) {
            return *overridden;
        }
        *self.standard.entry((contract.root(), contract.expiration())).or_insert_with(|| {
            let product = contract.root().product();
            (product, contract.life(&product))
        })
    }
}

/// Puts the rows of a chain in order. Pairs of a contract and a reference are sorted, and not the rows: those are ten
/// times as large.
fn chain(query: &ChainQuery, mut rows: Vec<(OptionContract, &QuoteRow)>, terms: &mut Terms) -> OptionChain {
    rows.sort_unstable_by_key(|(contract, _)| *contract);
    let row = |(contract, row): (OptionContract, &QuoteRow)| {
        let (product, life) = terms.get(contract);
        ChainRow { age: query.as_of.at.since(row.at), product, life, quote: row.clone().into_quote(contract) }
    };
    OptionChain::new(query.underlying, query.as_of, rows.into_iter().map(row).collect())
}

/// Returns the indices of queries that differ in nothing but the underlying, group by group.
fn under_same_conditions(queries: &[ChainQuery]) -> Vec<Vec<usize>> {
    let mut groups: Vec<(&ChainQuery, Vec<usize>)> = Vec::new();
    for (index, query) in queries.iter().enumerate() {
        let same = |first: &ChainQuery| query.clone().with_underlying(first.underlying) == *first;
        match groups.iter_mut().find(|(first, _)| same(first)) {
            Some((_, group)) => group.push(index),
            None => groups.push((query, vec![index])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}
