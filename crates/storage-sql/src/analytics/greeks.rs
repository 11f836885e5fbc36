//! Computed Greeks: versioned rows by contract and model, and chains joined with them.

use std::sync::Arc;

use async_trait::async_trait;
use rustc_hash::FxHashMap;
use strikebook_core::{
    AsOf, Page, Paging, Result, SeriesQuery, Source, Timestamp, Upserted,
    analytics::{
        ComputedGreeks, GreeksChain, GreeksKey, GreeksPlace, GreeksQuery, GreeksRepository, Model, ModelRevision,
        OutdatedGreeksQuery,
    },
    market::{ChainQuery, OptionContract},
    port::{Paged, page, start},
    pricing::Valuation,
};

use crate::{
    codec::{Field, Row, Value, stored},
    contracts::{Ids, OfContract},
    engine::Engine,
    market::chain::{Chains, chain_as_of, newest},
    record::record,
    repository::SqlStore,
    session::Session,
    shapes::versioned::{self, Key, ReadFrom, Series},
    sql::{Sql, limited, one_more},
};

record! {
    /// Greeks as they are stored.
    struct GreeksRow in Greeks {
        series { contract_id: i64, model: Model, revision: u32 }
        value {
            spot: f64,
            rate: f64,
            dividend_yield: f64,
            implied_volatility: f64,
            price: f64,
            delta: f64,
            gamma: f64,
            theta: f64,
            vega: f64,
            rho: f64,
            epsilon: f64,
            vanna: f64,
            vomma: f64,
            charm: f64,
            veta: f64,
            source: Source,
        }
    }
}

impl OfContract for GreeksRow {
    type Row = ComputedGreeks;

    fn contract(greeks: &ComputedGreeks) -> OptionContract {
        greeks.key.contract
    }

    fn key_of(greeks: &ComputedGreeks, contract_id: i64) -> Key<Self> {
        ((contract_id, greeks.key.model, greeks.key.revision), greeks.at)
    }

    fn into_row(self, contract: OptionContract) -> ComputedGreeks {
        let (model, revision) = (self.model, self.revision);
        self.into_greeks(GreeksKey { contract, model, revision })
    }

    fn contract_id(&mut self) -> &mut i64 {
        &mut self.contract_id
    }

    fn part(&self) -> Option<ModelRevision> {
        Some(ModelRevision { model: self.model, revision: self.revision })
    }

    fn numbered(greeks: &ComputedGreeks, contract_id: i64) -> Self {
        let ComputedGreeks { key, at, spot, rate, dividend_yield, implied_volatility, valuation, .. } = *greeks;
        let Valuation { price, delta, gamma, theta, vega, rho, epsilon, vanna, vomma, charm, veta } = valuation;
        Self {
            contract_id,
            model: key.model,
            revision: key.revision,
            at,
            spot,
            rate,
            dividend_yield,
            implied_volatility,
            price,
            delta,
            gamma,
            theta,
            vega,
            rho,
            epsilon,
            vanna,
            vomma,
            charm,
            veta,
            source: greeks.source.clone(),
            recorded_at: greeks.recorded_at,
        }
    }
}

impl GreeksRow {
    fn into_greeks(self, key: GreeksKey) -> ComputedGreeks {
        let Self { at, spot, rate, dividend_yield, implied_volatility, source, recorded_at, .. } = self;
        let Self { price, delta, gamma, theta, vega, rho, epsilon, vanna, vomma, charm, veta, .. } = self;
        let valuation = Valuation { price, delta, gamma, theta, vega, rho, epsilon, vanna, vomma, charm, veta };
        ComputedGreeks { key, at, spot, rate, dividend_yield, implied_volatility, valuation, source, recorded_at }
    }
}

fn series(ids: &Ids, session: &mut dyn Session, key: &GreeksKey) -> Result<Option<Series>> {
    let id = ids.id(session, key.contract)?;
    Ok(id.map(|id| versioned::series::<GreeksRow>((id, key.model, key.revision))))
}

#[async_trait]
impl<E: Engine> GreeksRepository for SqlStore<E> {
    async fn upsert_greeks(&self, greeks: &[ComputedGreeks]) -> Result<Upserted> {
        if greeks.is_empty() {
            return self.nothing("upsert_greeks").await;
        }
        self.upsert_numbered::<GreeksRow>("upsert_greeks", greeks, |_| Ok(())).await
    }

    async fn greeks_as_of(&self, key: &GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>> {
        let (ids, key) = (self.ids(), *key);
        self.read("greeks_as_of", move |session| {
            let Some(series) = series(&ids, session, &key)? else { return Ok(None) };
            let rows =
                versioned::list::<GreeksRow>(session, &series, Timestamp::MIN, as_of, ReadFrom::Newest, Some(1))?;
            Ok(rows.into_iter().next().map(|row| row.into_greeks(key)))
        })
        .await
    }

    async fn chain_with_greeks(&self, query: &ChainQuery, model: ModelRevision) -> Result<GreeksChain> {
        const OPERATION: &str = "chain_with_greeks";
        query.validate().map_err(|error| self.named(OPERATION, error))?;
        let (ids, query) = (self.ids(), query.clone());
        self.snapshot(OPERATION, move |session| {
            let chain = chain_as_of(session, &ids, &query)?;
            let underlyings = [query.underlying];
            let of = Chains { query: &query, underlyings: &underlyings, model: Some(model) };
            let rows = newest::<GreeksRow>(session, &of)?.rows;
            let contracts = ids.contracts(session, &rows.iter().map(|row| row.contract_id).collect::<Vec<_>>())?;
            let mut greeks: FxHashMap<_, _> = contracts.into_iter().zip(rows).collect();
            let of_contract = |contract| greeks.remove(&contract).map(|row| row.into_row(contract));
            let greeks = chain.rows().iter().map(|row| row.quote.contract).map(of_contract).collect();
            Ok(GreeksChain { chain, greeks })
        })
        .await
    }

    async fn list_greeks(&self, query: &GreeksQuery) -> Result<Page<ComputedGreeks>> {
        let start = start(query).map_err(|error| self.named("list_greeks", error))?;
        let (ids, GreeksQuery { key, as_of, paging: Paging { limit, .. }, .. }) =
            (Arc::clone(&self.ids()), query.clone());
        self.read("list_greeks", move |session| {
            let Some(series) = series(&ids, session, &key)? else { return Ok(Page { items: Vec::new(), next: None }) };
            let rows = versioned::list::<GreeksRow>(session, &series, start, as_of, ReadFrom::Oldest, one_more(limit))?;
            let rows = rows.into_iter().map(|row| row.into_greeks(key)).collect();
            Ok(page(rows, limit, |last: &ComputedGreeks| SeriesQuery::<GreeksKey>::cursor(&last.at)))
        })
        .await
    }

    async fn list_outdated_greeks(&self, query: &OutdatedGreeksQuery) -> Result<Page<GreeksPlace>> {
        let sql = outdated(query).map_err(|error| self.named("list_outdated_greeks", error))?;
        let (model, limit) = (query.model, query.paging.limit);
        self.read("list_outdated_greeks", move |session| {
            let mut places = Vec::new();
            session.query(&sql.text, &sql.params, &mut |row| {
                places.push(place(row, model)?);
                Ok(())
            })?;
            Ok(page(places, limit, OutdatedGreeksQuery::cursor))
        })
        .await
    }
}

/// The places that a query lists, and one more than a page holds.
fn outdated(query: &OutdatedGreeksQuery) -> Result<Sql> {
    const ORDER: &str = "c.expiration, c.strike, c.option_type, c.root, g.revision, g.\"at\"";
    let sql = Sql::new(format!(
        "SELECT {ORDER} FROM greeks AS g JOIN option_contracts AS c ON c.contract_id = g.contract_id WHERE g.model = "
    ));
    let mut sql = sql.bind(query.model.as_str()).push(" AND g.revision < ").bind(query.below);
    if let Some(GreeksPlace { key: GreeksKey { contract, revision, .. }, at }) = query.last_seen()? {
        let last: [Value; 6] = [
            contract.expiration().into(),
            contract.strike().to_f64().into(),
            contract.option_type().as_str().into(),
            contract.root().as_str().into(),
            revision.into(),
            at.into(),
        ];
        sql = sql.push(&format!(" AND ({ORDER}) > (")).bind_all(last).push(")");
    }
    let limit = limited(one_more(query.paging.limit));
    Ok(sql.push(&format!(" ORDER BY {ORDER}{limit}")))
}

fn place(row: &dyn Row, model: Model) -> Result<GreeksPlace> {
    let (expiration, strike) = (Field::require(row, 0)?, Field::require(row, 1)?);
    let (option_type, root) = (Field::require(row, 2)?, Field::require(row, 3)?);
    let contract = OptionContract::new(root, expiration, option_type, strike).map_err(stored)?;
    let key = GreeksKey { contract, model, revision: Field::require(row, 4)? };
    Ok(GreeksPlace { key, at: Field::require(row, 5)? })
}
