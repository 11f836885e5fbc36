//! Cases of computed Greeks.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Cursor, Error, ErrorKind, Limit, Page, Result, SeriesQuery, Store, Upserted,
    analytics::{ComputedGreeks, GreeksKey, GreeksPlace, GreeksRepository, Model, ModelRevision, OutdatedGreeksQuery},
    maintenance::Dataset,
    market::{ChainQuery, ContractDetails, ContractQuery, OptionQuote, QuoteGreeks, Symbol},
    memory::MemoryStore,
    pricing::Valuation,
};

use crate::{
    Bench,
    case::{Case, cases},
    market::chain::contract,
    series::{self, Draft, MANY_PAGES, Series, all, inserted, just_before, source},
};

/// Computed Greeks, as the shared cases see them.
#[derive(Debug)]
pub struct Greeks;

#[async_trait]
impl Series for Greeks {
    type Key = GreeksKey;
    type Row = ComputedGreeks;

    const DATASET: Dataset = Dataset::Greeks;

    fn row(draft: &Draft) -> ComputedGreeks {
        let model = Model::new("black_scholes_merton").unwrap_or_else(|error| panic!("{error}"));
        ComputedGreeks {
            key: GreeksKey { contract: contract(draft.series), model, revision: 1 },
            at: draft.at,
            spot: 650.0,
            rate: 0.04,
            dividend_yield: 0.01,
            implied_volatility: 0.2,
            valuation: Valuation { price: draft.value, delta: 0.5, gamma: 0.01, theta: -30.0, ..Valuation::default() },
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[ComputedGreeks]) -> Result<Upserted> {
        store.upsert_greeks(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<GreeksKey>) -> Result<Page<ComputedGreeks>> {
        store.list_greeks(query).await
    }

    async fn as_of(store: &dyn Store, key: GreeksKey, as_of: AsOf) -> Result<Option<ComputedGreeks>> {
        store.greeks_as_of(&key, as_of).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        series::cases::<Greeks>(),
        cases![
            every_field_comes_back,
            models_and_revisions_do_not_mix,
            greeks_make_their_contract_known,
            greeks_put_no_contract_into_a_chain,
            a_chain_comes_with_its_greeks,
            greeks_of_a_chain_keep_to_both_limits,
            old_greeks_are_left_out_of_a_chain,
            outdated_greeks_are_found,
            an_outdated_place_is_listed_once,
            pages_of_outdated_greeks_are_complete
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, each in its own place.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = ComputedGreeks {
        spot: 1.0,
        rate: -2.0,
        dividend_yield: -3.0,
        implied_volatility: 4.0,
        valuation: Valuation {
            price: 5.0,
            delta: -6.0,
            gamma: 7.0,
            theta: -8.0,
            vega: 9.0,
            rho: -10.0,
            epsilon: 11.0,
            vanna: -12.0,
            vomma: 13.0,
            charm: -14.0,
            veta: 15.0,
        },
        ..Draft::on(0).row::<Greeks>()
    };
    assert_eq!(store.upsert_greeks(std::slice::from_ref(&row)).await?, inserted(1));
    assert_eq!(all::<Greeks>(&*store, row.key).await?, [row]);
    Ok(())
}

/// Results of different models and revisions for one contract do not mix.
async fn models_and_revisions_do_not_mix(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let base = Draft::on(0).row::<Greeks>();
    let mut rows = Vec::new();
    for model in ["black_scholes_merton", "black_scholes", "heston_2"] {
        for revision in [0, 1, 2, i32::MAX.unsigned_abs()] {
            let key = GreeksKey { model: Model::new(model)?, revision, ..base.key };
            rows.push(ComputedGreeks { key, rate: rows.len() as f64, ..base.clone() });
        }
    }
    store.upsert_greeks(&rows).await?;
    for row in &rows {
        assert_eq!(all::<Greeks>(&*store, row.key).await?, std::slice::from_ref(row));
    }
    Ok(())
}

/// A contract that first appears in Greeks is stored with the standard details of its root.
async fn greeks_make_their_contract_known(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [Draft::on(3).from_source("first").row::<Greeks>(), Draft::on(1).from_source("second").row::<Greeks>()];
    store.upsert_greeks(&rows).await?;
    let standard = ContractDetails::standard(rows[0].key.contract, source("first"), rows[0].recorded_at)?;
    assert_eq!(store.get_contract(&rows[0].key.contract).await?.as_ref(), Some(&standard));
    let reported = crate::market::contract::with_multiplier(standard, 10);
    store.upsert_contracts(std::slice::from_ref(&reported)).await?;
    store.upsert_greeks(&[Draft::on(5).row::<Greeks>()]).await?;
    assert_eq!(store.get_contract(&reported.contract).await?, Some(reported), "known details stay");
    Ok(())
}

/// A contract with Greeks but without a quote is in no chain.
async fn greeks_put_no_contract_into_a_chain(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_greeks(&[Draft::on(0).row::<Greeks>()]).await?;
    let query = ChainQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(Draft::on(9).at));
    assert!(store.chain_as_of(&query).await?.is_empty());
    let listed = ContractQuery::new(query.underlying).with_as_of(query.as_of);
    assert_eq!(store.list_contracts(&listed).await?.items, []);
    Ok(())
}

/// Greeks of some contracts, models and revisions, in no order.
fn of_revisions() -> Result<Vec<ComputedGreeks>> {
    let mut rows = Vec::new();
    for series in [2, 0, 1] {
        for model in ["black_scholes_merton", "heston"] {
            for (revision, day) in [(3, 0), (1, 1), (2, 0), (1, 0)] {
                let row = Draft::on(day).of(series).row::<Greeks>();
                rows.push(ComputedGreeks { key: GreeksKey { model: Model::new(model)?, revision, ..row.key }, ..row });
            }
        }
    }
    Ok(rows)
}

/// Creates a quote of a contract at the instant of its Greeks.
fn quote_of(greeks: &ComputedGreeks) -> OptionQuote {
    let vendor = QuoteGreeks { delta: Some(0.9), ..QuoteGreeks::default() };
    OptionQuote { greeks: vendor, ..OptionQuote::new(greeks.key.contract, greeks.at, source("test")) }
}

fn revision(row: &ComputedGreeks) -> ModelRevision {
    ModelRevision { model: row.key.model, revision: row.key.revision }
}

/// A chain comes with the last Greeks of one model and revision for each of its contracts, and none for others.
async fn a_chain_comes_with_its_greeks(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let base = Draft::on(0).row::<Greeks>();
    let rows: Vec<_> = (0..4).map(|series| Draft::on(0).of(series).row::<Greeks>()).collect();
    store.upsert_quotes(&rows[..3].iter().map(quote_of).collect::<Vec<_>>()).await?;
    let valued = |row: &ComputedGreeks, delta: f64| {
        let valuation = Valuation { delta, ..row.valuation };
        ComputedGreeks { valuation, implied_volatility: delta / 2.0, ..row.clone() }
    };
    let earlier = ComputedGreeks { at: just_before(base.at), ..valued(&rows[0], 0.1) };
    let first = valued(&rows[0], 0.2);
    let second = valued(&rows[1], 0.4);
    // Of another revision, of another model, and of a contract without a quote.
    let revised = ComputedGreeks { key: GreeksKey { revision: 2, ..rows[2].key }, ..rows[2].clone() };
    let other = ComputedGreeks { key: GreeksKey { model: Model::new("heston")?, ..rows[2].key }, ..rows[2].clone() };
    store.upsert_greeks(&[earlier, first.clone(), second.clone(), revised.clone(), other, rows[3].clone()]).await?;
    let query = ChainQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(base.at));
    let found = store.chain_with_greeks(&query, revision(&base)).await?;
    assert_eq!(found.chain, store.chain_as_of(&query).await?);
    assert_eq!(found.greeks, [Some(first), Some(second), None]);
    assert!(found.rows().all(|(row, greeks)| greeks.is_none_or(|greeks| greeks.key.contract == row.quote.contract)));
    let deltas: Vec<_> = found.into_chain().rows().iter().map(|row| row.quote.greeks.delta).collect();
    assert_eq!(deltas, [Some(0.2), Some(0.4), None]);
    let found = store.chain_with_greeks(&query, revision(&revised)).await?;
    assert_eq!(found.greeks, [None, None, Some(revised)]);
    let empty = query.with_underlying(Symbol::new("QQQ")?);
    assert_eq!(store.chain_with_greeks(&empty, revision(&base)).await?.greeks, []);
    Ok(())
}

/// The Greeks of a chain are the last ones within both limits, in the version valid at the knowledge limit.
async fn greeks_of_a_chain_keep_to_both_limits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = Draft::on(1).row::<Greeks>();
    let corrected = Draft::on(1).value(2.0).recorded_after(20).row::<Greeks>();
    let later = Draft::on(2).value(3.0).row::<Greeks>();
    store.upsert_quotes(&[quote_of(&first)]).await?;
    for row in [&first, &corrected, &later] {
        store.upsert_greeks(std::slice::from_ref(row)).await?;
    }
    for (at, known_by, expected) in [
        (later.at, None, Some(&later)),
        (just_before(later.at), None, Some(&corrected)),
        (later.at, Some(corrected.recorded_at), Some(&corrected)),
        (later.at, Some(just_before(corrected.recorded_at)), Some(&first)),
        (later.at, Some(just_before(first.recorded_at)), None),
    ] {
        let query = ChainQuery::new(Symbol::new("SPY")?, AsOf { at, known_by });
        let found = store.chain_with_greeks(&query, revision(&first)).await?;
        assert_eq!(found.greeks, [expected.cloned()], "at {at}, known by {known_by:?}");
        let single = store.greeks_as_of(&first.key, query.as_of).await?;
        assert_eq!(found.greeks, [single]);
    }
    Ok(())
}

/// Greeks older than the maximal age of the chain's quotes are left out; the age is inclusive, and never negative.
async fn old_greeks_are_left_out_of_a_chain(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let greeks = Draft::on(0).row::<Greeks>();
    let now = greeks.at.saturating_add(TimeDelta::hours(1));
    store.upsert_greeks(std::slice::from_ref(&greeks)).await?;
    store.upsert_quotes(&[OptionQuote { at: now, ..quote_of(&greeks) }.with_recorded_at(now)]).await?;
    let query = ChainQuery::new(Symbol::new("SPY")?, AsOf::with_hindsight(now));
    let found = async |age| {
        let found = store.chain_with_greeks(&query.clone().with_max_quote_age(age), revision(&greeks)).await?;
        Ok::<_, Error>(found.greeks)
    };
    assert_eq!(found(TimeDelta::hours(1)).await?, [Some(greeks.clone())]);
    assert_eq!(found(TimeDelta::minutes(59)).await?, [None]);
    let error = found(TimeDelta::seconds(-1)).await.expect_err("a negative age");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

/// Returns the places of Greeks that a query lists, in their order.
fn outdated(rows: &[ComputedGreeks], model: Model, below: u32) -> Vec<GreeksPlace> {
    let matching = rows.iter().filter(|row| row.key.model == model && row.key.revision < below);
    let mut places: Vec<_> = matching.map(|row| GreeksPlace { key: row.key, at: row.at }).collect();
    places.sort_by_key(|place| (place.key.contract, place.key.revision, place.at));
    places
}

/// Greeks of revisions below one are found by contract, revision and instant, and those of others are not.
async fn outdated_greeks_are_found(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = of_revisions()?;
    store.upsert_greeks(&rows).await?;
    for model in ["black_scholes_merton", "heston", "sabr"] {
        let model = Model::new(model)?;
        for below in [0, 1, 2, 3, 4, u32::MAX] {
            let page = store.list_outdated_greeks(&OutdatedGreeksQuery::new(model, below)).await?;
            assert_eq!((page.items, page.next), (outdated(&rows, model, below), None), "{model} below {below}");
        }
    }
    Ok(())
}

/// A place is listed once though its Greeks were corrected, and stays when Greeks of a later revision stand beside it.
async fn an_outdated_place_is_listed_once(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = Draft::on(0).row::<Greeks>();
    store.upsert_greeks(&[row.clone(), Draft::on(0).value(2.0).recorded_after(20).row::<Greeks>()]).await?;
    let query = OutdatedGreeksQuery::new(row.key.model, 2);
    let place = GreeksPlace { key: row.key, at: row.at };
    assert_eq!(store.list_outdated_greeks(&query).await?.items, [place]);
    store.upsert_greeks(&[ComputedGreeks { key: GreeksKey { revision: 2, ..row.key }, ..row }]).await?;
    assert_eq!(store.list_outdated_greeks(&query).await?.items, [place]);
    Ok(())
}

/// Pages of every size contain all outdated positions once and in order, a cursor continues on any engine, and a
/// cursor of another kind of list is refused.
async fn pages_of_outdated_greeks_are_complete(bench: &Bench) -> Result<()> {
    let (store, memory) = (bench.open().await?, MemoryStore::new());
    let rows = of_revisions()?;
    store.upsert_greeks(&rows).await?;
    memory.upsert_greeks(&rows).await?;
    let whole = OutdatedGreeksQuery::new(rows[0].key.model, 3);
    let expected = outdated(&rows, whole.model, whole.below);
    for limit in [1, 2, 4, 8, 9, 10, usize::MAX].into_iter().filter_map(Limit::new) {
        let (mut pages, mut query) = (Vec::new(), whole.clone().with_limit(limit));
        loop {
            let page = store.list_outdated_greeks(&query).await?;
            assert_eq!(memory.list_outdated_greeks(&query).await?, page, "{limit} a page");
            pages.push(page.items);
            let Some(next) = page.next else { break };
            assert!(pages.len() < MANY_PAGES, "the pages do not end");
            query = query.after(next);
        }
        assert_eq!(pages, expected.chunks(limit.get()).collect::<Vec<_>>(), "{limit} a page");
    }
    for text in ["", "SPY", "SPY   251219C00650000/1", "SPY   251219C00650000/1/x", "SPY   251219C00650000/-1/0"] {
        let query = whole.clone().after(Cursor::from(text));
        let error = store.list_outdated_greeks(&query).await.expect_err(text);
        assert_eq!((error.kind(), error.context("cursor")), (ErrorKind::InvalidInput, Some(text)), "{error}");
    }
    Ok(())
}
