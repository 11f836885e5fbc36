//! Option quotes, chains as of a point in time, and snapshot headers.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    AsOf, ChangeQuery, Error, Page, Paging, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    market::{
        ChainQuery, ChainRepository, ChainRow, ChainSnapshot, OptionChain, OptionContract, OptionQuote, OptionType,
        OptionVolume, QuoteGreeks, QuoteQuery, SnapshotQuery, Symbol,
    },
    port::{Paged, check, page, page_of_changes, series_of, start},
};

use crate::{
    codec::{Field, MaybeCount, MaybeDouble, Record},
    contracts::{Ids, OfContract},
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
        let told = (Timestamp::require(row, 2)?, option_type, u64::require(row, 3)?);
        let last = days.entry((contract_id, told.0.new_york_date())).or_insert(told);
        if told.0 > last.0 {
            *last = told;
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

fn chain_as_of(session: &mut dyn Session, ids: &Ids, query: &ChainQuery) -> Result<OptionChain> {
    let newest_known = |session: &mut dyn Session, known_by| {
        let search = NewestQuotes { query, known_by, table: &QuoteRow::TABLE };
        let mut rows = Vec::new();
        (session.dialect().newest_quotes)(session, &search, &mut |row| {
            rows.push(QuoteRow::read(row)?);
            Ok(())
        })?;
        Ok::<_, Error>(rows)
    };
    // A current version known at the limit was the valid one then. Mostly all were known, and the past is not read:
    // each superseded version has its current one.
    let mut rows = newest_known(session, None)?;
    if let Some(known_by) = query.as_of.known_by
        && rows.iter().any(|row| row.recorded_at > known_by)
    {
        rows = newest_known(session, Some(known_by))?;
        rows.extend(session::collect::<QuoteRow>(session, &superseded(query, known_by))?);
        // The newest quote of each contract, and of one instant the version recorded last.
        rows.sort_by_key(|row| (row.contract_id, Reverse((row.at, row.recorded_at))));
        rows.dedup_by_key(|row| row.contract_id);
    }
    let numbers: Vec<_> = rows.iter().map(|row| row.contract_id).collect();
    let contracts = ids.contracts(session, &numbers)?;
    // Pairs of a contract and a reference are sorted, and not the rows: those are ten times as large.
    let mut order: Vec<_> = contracts.into_iter().zip(&rows).collect();
    order.sort_unstable_by_key(|(contract, _)| *contract);
    let row = |(contract, row): (OptionContract, &QuoteRow)| ChainRow {
        age: query.as_of.at.since(row.at),
        quote: row.clone().into_quote(contract),
    };
    Ok(OptionChain::new(query.underlying, query.as_of, order.into_iter().map(row).collect()))
}

/// Returns a query for the superseded versions that may have been valid at the knowledge limit.
fn superseded(query: &ChainQuery, known_by: Timestamp) -> Sql {
    let search = NewestQuotes { query, known_by: Some(known_by), table: &QuoteRow::TABLE };
    let sql = Sql::new(format!(
        "SELECT {} FROM option_quotes_history AS h \
         JOIN option_contracts AS c ON c.contract_id = h.contract_id WHERE ",
        search.columns("h.")
    ));
    search.of_contracts(search.of_quotes(sql, "h").push(" AND "))
}
