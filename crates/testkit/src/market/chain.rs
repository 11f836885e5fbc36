//! Cases of quotes of option contracts and the chain as of a point.

use std::cmp::Reverse;

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, ChangeQuery, Error, ErrorKind, Page, Result, SeriesQuery, Store, Timestamp, Upserted, Version,
    maintenance::Dataset,
    market::{ChainQuery, ContractDetails, OptionContract, OptionQuote, OptionType, QuoteGreeks, Strike, Symbol},
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    series::{self, Changes, Draft, EVERYTHING, Series, corrected, instant, just_after, just_before, source},
};

/// Quotes of option contracts, as the shared cases see them.
#[derive(Debug)]
pub struct Quotes;

/// Returns the SPY contract of a number; no two numbers share one.
pub(crate) fn contract(index: usize) -> OptionContract {
    let symbol = format!("SPY291221C{:08}", 600_000 + 1_000 * index);
    symbol.parse().unwrap_or_else(|error| panic!("{error}"))
}

#[async_trait]
impl Series for Quotes {
    type Key = OptionContract;
    type Row = OptionQuote;

    const DATASET: Dataset = Dataset::OptionQuotes;

    fn row(draft: &Draft) -> OptionQuote {
        OptionQuote::new(contract(draft.series), draft.at, draft.source.clone())
            .with_market(Some(draft.value), None)
            .with_recorded_at(draft.recorded_at)
    }

    async fn upsert(store: &dyn Store, rows: &[OptionQuote]) -> Result<Upserted> {
        store.upsert_quotes(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<OptionContract>) -> Result<Page<OptionQuote>> {
        store.list_quotes(query).await
    }

    async fn versions(store: &dyn Store, row: &OptionQuote) -> Result<Option<Vec<Version<OptionQuote>>>> {
        store.list_quote_versions(&row.contract, row.at).await.map(Some)
    }
}

#[async_trait]
impl Changes for Quotes {
    async fn changes(store: &dyn Store, query: &ChangeQuery<OptionContract>) -> Result<Page<OptionQuote>> {
        store.list_quote_changes(query).await
    }
}

/// The close of 2025-09-25, the instant that most cases look from.
const CLOSE: &str = "2025-09-25T20:00:00Z";

/// Creates a quote with a bid, recorded at its own instant.
fn quote(symbol: &str, at: Timestamp, bid: f64) -> Result<OptionQuote> {
    Ok(OptionQuote::new(symbol.parse()?, at, source("test")).with_market(Some(bid), Some(bid + 0.1)))
}

fn spy(as_of: AsOf) -> ChainQuery {
    ChainQuery::new(Symbol::new("SPY").unwrap_or_else(|error| panic!("{error}")), as_of)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the contracts of a chain in its order.
async fn contracts(store: &dyn Store, query: &ChainQuery) -> Result<Vec<String>> {
    let chain = store.chain_as_of(query).await?;
    Ok(chain.rows().iter().map(|row| row.quote.contract.to_compact()).collect())
}

/// Returns the bids of a chain in its order.
async fn bids(store: &dyn Store, query: &ChainQuery) -> Result<Vec<Option<f64>>> {
    let chain = store.chain_as_of(query).await?;
    Ok(chain.rows().iter().map(|row| row.quote.bid).collect())
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        every_field_comes_back,
        missing_is_not_zero,
        a_chain_holds_the_last_quote_of_each_contract,
        as_of_ignores_later_knowledge,
        a_chain_has_the_versions_valid_then,
        a_row_tells_its_age,
        the_maximal_age_is_inclusive,
        a_negative_age_is_refused,
        no_contract_appears_before_it_was_quoted,
        no_contract_appears_after_it_expired,
        adjusted_contracts_must_be_asked_for,
        filters_keep_what_they_name,
        rows_are_ordered_over_all_roots,
        an_unknown_underlying_gives_an_empty_chain,
        details_tell_the_underlying,
        a_wide_chain_is_whole
    ];
    let writes = cases![
        an_invalid_quote_is_named_by_its_contract,
        every_row_of_a_huge_batch_counts,
        stored_rows_at_the_ends_of_a_huge_batch_are_compared
    ];
    [series::cases::<Quotes>(), series::change_cases::<Quotes>(), reading(answers), writes].concat()
}

/// Every field of a quote comes back as it was written, each in its own place.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = instant(CLOSE);
    let quote = OptionQuote {
        bid: Some(1.0),
        ask: Some(2.0),
        last: Some(3.0),
        bid_size: Some(4),
        ask_size: Some(5),
        volume: Some(6),
        open_interest: Some(7),
        implied_volatility: Some(8.0),
        greeks: QuoteGreeks {
            delta: Some(-9.0),
            gamma: Some(10.0),
            theta: Some(-11.0),
            vega: Some(12.0),
            rho: Some(-13.0),
        },
        underlying_price: Some(14.0),
        recorded_at: just_after(at),
        ..quote("SPY251219C00650000", at, 0.0)?
    };
    store.upsert_quotes(std::slice::from_ref(&quote)).await?;
    let chain = store.chain_as_of(&spy(AsOf::with_hindsight(at))).await?;
    assert_eq!(chain.rows().first().map(|row| &row.quote), Some(&quote));
    let listed = store.list_quotes(&SeriesQuery::new(quote.contract, EVERYTHING)).await?;
    assert_eq!(listed.items, [quote]);
    Ok(())
}

/// Missing values come back as `None`, and a zero as zero.
async fn missing_is_not_zero(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = instant(CLOSE);
    let missing = OptionQuote::new("SPY251219C00650000".parse()?, at, source("test"));
    let zero = OptionQuote {
        bid: Some(0.0),
        ask: Some(0.0),
        last: Some(0.0),
        bid_size: Some(0),
        ask_size: Some(0),
        volume: Some(0),
        open_interest: Some(0),
        implied_volatility: Some(0.0),
        greeks: QuoteGreeks { delta: Some(0.0), gamma: Some(0.0), theta: Some(0.0), vega: Some(0.0), rho: Some(0.0) },
        underlying_price: Some(0.0),
        ..OptionQuote::new("SPY251219C00660000".parse()?, at, source("test"))
    };
    store.upsert_quotes(&[missing.clone(), zero.clone()]).await?;
    let chain = store.chain_as_of(&spy(AsOf::instant(at))).await?;
    let rows: Vec<_> = chain.into_rows().into_iter().map(|row| row.quote).collect();
    assert_eq!(rows, [missing.clone(), zero]);
    let reported = OptionQuote { bid: Some(0.0), recorded_at: just_after(at), ..missing };
    assert_eq!(store.upsert_quotes(&[reported]).await?, corrected(1), "a zero is not what was missing");
    Ok(())
}

/// A chain contains the last quote of each contract up to and including the event limit.
async fn a_chain_holds_the_last_quote_of_each_contract(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let minutes_before = |minutes| close.saturating_sub(TimeDelta::minutes(minutes));
    store
        .upsert_quotes(&[
            quote("SPY251219C00650000", minutes_before(30), 1.0)?,
            quote("SPY251219C00650000", minutes_before(10), 2.0)?,
            quote("SPY251219C00650000", just_after(close), 3.0)?,
            quote("SPY251219C00660000", minutes_before(20), 4.0)?,
            quote("SPY251219C00660000", close, 5.0)?,
            quote("SPY251219C00670000", just_after(close), 6.0)?,
        ])
        .await?;
    for (at, expected) in [
        (just_before(minutes_before(30)), vec![]),
        (minutes_before(30), vec![Some(1.0)]),
        (just_before(close), vec![Some(2.0), Some(4.0)]),
        (close, vec![Some(2.0), Some(5.0)]),
        (just_after(close), vec![Some(3.0), Some(5.0), Some(6.0)]),
    ] {
        assert_eq!(bids(&*store, &spy(AsOf::instant(at))).await?, expected, "at {at}");
        assert_eq!(bids(&*store, &spy(AsOf::with_hindsight(at))).await?, expected, "at {at} with hindsight");
    }
    Ok(())
}

/// A quote recorded after the knowledge limit is not seen; the last one known stands in for it, with its own age.
async fn as_of_ignores_later_knowledge(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let early = quote("SPY251219C00650000", close.saturating_sub(TimeDelta::minutes(5)), 1.0)?;
    let late = quote("SPY251219C00650000", close, 2.0)?.with_recorded_at(instant("2025-09-26T08:00:00Z"));
    store.upsert_quotes(&[early, late.clone()]).await?;
    for known_by in [close, just_before(late.recorded_at)] {
        let chain = store.chain_as_of(&spy(AsOf::with_hindsight(close).known_by(known_by))).await?;
        let seen: Vec<_> = chain.rows().iter().map(|row| (row.quote.bid, row.age)).collect();
        assert_eq!(seen, [(Some(1.0), TimeDelta::minutes(5))], "known by {known_by}");
    }
    for as_of in [AsOf::with_hindsight(close).known_by(late.recorded_at), AsOf::with_hindsight(close)] {
        assert_eq!(bids(&*store, &spy(as_of)).await?, [Some(2.0)]);
    }
    Ok(())
}

/// A quote corrected after the knowledge limit comes back in the version valid at that limit.
async fn a_chain_has_the_versions_valid_then(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let reported = |bid, minutes| {
        let recorded_at = close.saturating_add(TimeDelta::minutes(minutes));
        Ok::<_, Error>(quote("SPY251219C00650000", close, bid)?.with_recorded_at(recorded_at))
    };
    for (bid, minutes) in [(2.0, 20), (1.0, 10), (3.0, 30)] {
        store.upsert_quotes(&[reported(bid, minutes)?]).await?;
    }
    for (minutes, expected) in [(9, vec![]), (10, vec![Some(1.0)]), (29, vec![Some(2.0)]), (30, vec![Some(3.0)])] {
        let known_by = close.saturating_add(TimeDelta::minutes(minutes));
        assert_eq!(bids(&*store, &spy(AsOf::with_hindsight(close).known_by(known_by))).await?, expected, "{minutes}");
    }
    assert_eq!(bids(&*store, &spy(AsOf::with_hindsight(close))).await?, [Some(3.0)]);
    Ok(())
}

/// Each row has its age at the event limit.
async fn a_row_tells_its_age(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let ages = [TimeDelta::zero(), TimeDelta::microseconds(1), TimeDelta::days(400)];
    for (strike, age) in (650..).zip(ages) {
        store.upsert_quotes(&[quote(&format!("SPY261219C00{strike}000"), close.saturating_sub(age), 1.0)?]).await?;
    }
    let chain = store.chain_as_of(&spy(AsOf::instant(close))).await?;
    assert_eq!(chain.rows().iter().map(|row| row.age).collect::<Vec<_>>(), ages);
    Ok(())
}

/// A contract whose last quote is older than `max_quote_age` does not appear; one of exactly that age does.
async fn the_maximal_age_is_inclusive(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let age = TimeDelta::minutes(30);
    let oldest = close.saturating_sub(age);
    store
        .upsert_quotes(&[
            quote("SPY251219C00650000", just_before(oldest), 1.0)?,
            quote("SPY251219C00660000", oldest, 2.0)?,
            quote("SPY251219C00670000", close, 3.0)?,
        ])
        .await?;
    let query = spy(AsOf::instant(close));
    for (age, expected) in [
        (TimeDelta::zero(), &[Some(3.0)][..]),
        (TimeDelta::minutes(29), &[Some(3.0)]),
        (age, &[Some(2.0), Some(3.0)]),
        (age + TimeDelta::microseconds(1), &[Some(1.0), Some(2.0), Some(3.0)]),
        (TimeDelta::MAX, &[Some(1.0), Some(2.0), Some(3.0)]),
    ] {
        assert_eq!(bids(&*store, &query.clone().with_max_quote_age(age)).await?, expected, "{age}");
    }
    Ok(())
}

/// A negative `max_quote_age` is refused.
async fn a_negative_age_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for age in [TimeDelta::microseconds(-1), TimeDelta::MIN] {
        let query = spy(AsOf::instant(instant(CLOSE))).with_max_quote_age(age);
        let error = store.chain_as_of(&query).await.expect_err("a negative age");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("max_quote_age")));
    }
    Ok(())
}

/// A contract does not appear before its first quote, even if its details are known.
async fn no_contract_appears_before_it_was_quoted(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let listed = ContractDetails {
        listed_on: Some(day("2025-01-02")),
        ..ContractDetails::standard("SPY251219C00650000".parse()?, source("test"), instant("2025-01-02T00:00:00Z"))?
    };
    store.upsert_contracts(&[listed]).await?;
    assert_eq!(contracts(&*store, &spy(AsOf::instant(close))).await?, [""; 0]);
    store.upsert_quotes(&[quote("SPY251219C00650000", close, 1.0)?]).await?;
    assert_eq!(contracts(&*store, &spy(AsOf::instant(just_before(close)))).await?, [""; 0]);
    assert_eq!(contracts(&*store, &spy(AsOf::instant(close))).await?.len(), 1);
    Ok(())
}

/// A contract does not appear after its last trade, which is early on half days; its instant still counts.
async fn no_contract_appears_after_it_expired(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (symbol, last) in [
        ("SPY250718C00650000", "2025-07-18T20:15:00Z"),
        ("SPY251128C00650000", "2025-11-28T18:15:00Z"),
        ("SPY251219C00650000", "2025-12-19T21:15:00Z"),
    ] {
        let last = instant(last);
        store.upsert_quotes(&[quote(symbol, last.saturating_sub(TimeDelta::hours(1)), 1.0)?]).await?;
        let expiration = symbol.parse::<OptionContract>()?.expiration();
        let at = |at| spy(AsOf::instant(at)).with_expiration(expiration);
        assert_eq!(contracts(&*store, &at(last)).await?, [symbol]);
        assert_eq!(contracts(&*store, &at(just_after(last))).await?, [""; 0]);
    }
    // A quote after the last trade does not bring the contract back.
    let after = instant("2025-12-19T21:16:00Z");
    store.upsert_quotes(&[quote("SPY251219C00650000", after, 2.0)?]).await?;
    assert_eq!(contracts(&*store, &spy(AsOf::instant(after))).await?, [""; 0]);
    Ok(())
}

/// Adjusted contracts are left out unless the query includes them.
async fn adjusted_contracts_must_be_asked_for(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    for symbol in ["SPY251219C00650000", "SPY1251219C00650000", "SPY2251219C00650000"] {
        store.upsert_quotes(&[quote(symbol, close, 1.0)?]).await?;
    }
    let query = spy(AsOf::instant(close));
    assert_eq!(contracts(&*store, &query).await?, ["SPY251219C00650000"]);
    assert_eq!(
        contracts(&*store, &query.with_adjusted()).await?,
        ["SPY251219C00650000", "SPY1251219C00650000", "SPY2251219C00650000"]
    );
    Ok(())
}

/// Each filter restricts the chain, bounds included, and all filters apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let symbols = [
        "SPY251017C00650000",
        "SPY251017P00650000",
        "SPY251121C00649500",
        "SPY251121P00650000",
        "SPY251121C00660000",
        "SPY251219P00670000",
    ];
    for symbol in symbols {
        store.upsert_quotes(&[quote(symbol, close, 1.0)?]).await?;
    }
    let all = || spy(AsOf::instant(close));
    let strike = |value: f64| Strike::try_from(value);
    for (query, kept) in [
        (all(), &[0, 1, 2, 3, 4, 5][..]),
        (all().with_expiration(day("2025-11-21")), &[2, 3, 4]),
        (all().with_expirations(day("2025-10-18"), day("2025-12-19")), &[2, 3, 4, 5]),
        (all().with_expirations(day("2025-10-17"), day("2025-12-18")), &[0, 1, 2, 3, 4]),
        (all().with_expirations(day("2025-12-19"), day("2025-10-17")), &[]),
        (ChainQuery { expiring_from: Some(day("2025-11-22")), ..all() }, &[5]),
        (ChainQuery { expiring_until: Some(day("2025-11-20")), ..all() }, &[0, 1]),
        (all().with_option_type(OptionType::Call), &[0, 2, 4]),
        (all().with_option_type(OptionType::Put), &[1, 3, 5]),
        (all().with_strikes(strike(650.0)?, strike(660.0)?), &[0, 1, 3, 4]),
        (all().with_strikes(strike(649.5)?, strike(649.5)?), &[2]),
        (all().with_strikes(strike(649.501)?, strike(649.999)?), &[]),
        (ChainQuery { min_strike: Some(strike(660.0)?), ..all() }, &[4, 5]),
        (ChainQuery { max_strike: Some(strike(649.5)?), ..all() }, &[2]),
        (
            all()
                .with_expiration(day("2025-11-21"))
                .with_option_type(OptionType::Call)
                .with_strikes(strike(650.0)?, strike(700.0)?)
                .with_max_quote_age(TimeDelta::zero()),
            &[4],
        ),
    ] {
        let expected: Vec<_> = kept.iter().map(|&index: &usize| symbols[index]).collect();
        assert_eq!(contracts(&*store, &query).await?, expected, "{query:?}");
    }
    Ok(())
}

/// Rows are ordered by expiration, strike, call before put, root; a chain contains every root of its underlying.
async fn rows_are_ordered_over_all_roots(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let ordered = [
        "SPXW251219P09999000",
        "SPX251219C10000000",
        "SPX260116C06500000",
        "SPXQ260116C06500000",
        "SPXW260116C06500000",
        "SPX260116P06500000",
        "SPXW260116P06500000",
        "SPX260116C06500500",
    ];
    for index in [4, 0, 2, 6, 1, 3, 5, 7] {
        store.upsert_quotes(&[quote(ordered[index], close, 1.0)?]).await?;
    }
    let chain = store.chain_as_of(&ChainQuery::new(Symbol::new("SPX")?, AsOf::instant(close))).await?;
    let found: Vec<_> = chain.rows().iter().map(|row| row.quote.contract.to_compact()).collect();
    assert_eq!(found, ordered);
    assert_eq!(contracts(&*store, &ChainQuery::new(Symbol::new("SPXW")?, AsOf::instant(close))).await?, [""; 0]);
    Ok(())
}

/// A chain has its underlying and limits. The chain of an unknown underlying is empty.
async fn an_unknown_underlying_gives_an_empty_chain(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    store.upsert_quotes(&[quote("GOOGL251219C00250000", close, 1.0)?]).await?;
    for underlying in ["GOOG", "GOOGLE", "^GSPC"] {
        let query = ChainQuery::new(Symbol::new(underlying)?, AsOf::instant(close));
        let chain = store.chain_as_of(&query).await?;
        assert!(chain.is_empty());
        assert_eq!((chain.underlying, chain.as_of), (query.underlying, query.as_of));
    }
    Ok(())
}

/// The details of a contract decide to which chain it belongs, whatever its root.
async fn details_tell_the_underlying(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let quote = quote("BRKB251219C00500000", close, 1.0)?;
    let by_root = ChainQuery::new(Symbol::new("BRK.B")?, AsOf::instant(close));
    let by_details = ChainQuery::new(Symbol::new("BERKSHIRE")?, AsOf::instant(close));
    store.upsert_quotes(std::slice::from_ref(&quote)).await?;
    assert_eq!(store.chain_as_of(&by_root).await?.len(), 1);
    let assumed = ContractDetails::standard(quote.contract, source("test"), close)?;
    store.upsert_contracts(&[ContractDetails { underlying: Symbol::new("BERKSHIRE")?, ..assumed }]).await?;
    assert_eq!(store.chain_as_of(&by_root).await?.len(), 0);
    assert_eq!(store.chain_as_of(&by_details).await?.len(), 1);
    Ok(())
}

/// An invalid quote is named by its contract too.
async fn an_invalid_quote_is_named_by_its_contract(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let batch = [quote("SPY251219C00650000", close, 1.0)?, quote("SPY251219P00650000", close, -0.01)?];
    let error = store.upsert_quotes(&batch).await.expect_err("a negative bid");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    for (key, value) in [("row", "1"), ("contract", "SPY   251219P00650000"), ("field", "bid"), ("value", "-0.01")] {
        assert_eq!(error.context(key), Some(value), "{error}");
    }
    assert_eq!(store.get_contract(&batch[0].contract).await?, None, "no contract became known");
    Ok(())
}

/// A wide chain with many quotes of each contract comes back whole and right.
async fn a_wide_chain_is_whole(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let close = instant(CLOSE);
    let mut quotes = Vec::new();
    for index in 0..600_usize {
        for minutes in 0..5_u32 {
            let at = close.saturating_sub(TimeDelta::minutes(i64::from(minutes)));
            let quote = OptionQuote::new(contract(index), at, source("test"));
            quotes.push(quote.with_market(Some(index as f64), Some(f64::from(minutes))));
        }
    }
    store.upsert_quotes(&quotes).await?;
    let as_of = AsOf::with_hindsight(close.saturating_sub(TimeDelta::minutes(2)));
    let chain = store.chain_as_of(&spy(as_of)).await?;
    assert_eq!(chain.len(), 600);
    for (index, row) in chain.rows().iter().enumerate() {
        assert_eq!(row.quote.contract, contract(index));
        assert_eq!((row.quote.bid, row.quote.ask, row.age), (Some(index as f64), Some(2.0), TimeDelta::zero()));
    }
    Ok(())
}

/// Every row of a very large batch counts once: as new, corrected, unchanged, late, or repeated by a later row.
async fn every_row_of_a_huge_batch_counts(bench: &Bench) -> Result<()> {
    const ROWS: usize = 150_000;
    const CONTRACTS: usize = 100;
    let (store, close) = (bench.open().await?, instant(CLOSE));
    let recorded = |minutes| close.saturating_add(TimeDelta::minutes(minutes));
    let quote = |index: usize, bid: f64, minutes| {
        let ago = TimeDelta::minutes(i64::try_from(index / CONTRACTS).unwrap_or_default());
        OptionQuote::new(contract(index % CONTRACTS), close.saturating_sub(ago), source("test"))
            .with_market(Some(bid), None)
            .with_recorded_at(recorded(minutes))
    };
    let first = |index: usize| if index.is_multiple_of(1_000) { 2.0 } else { 1.0 };
    // Multiplying by a number without a common divisor mixes the order.
    let mut batch: Vec<_> = (0..ROWS).map(|index| quote(index * 7_919 % ROWS, 1.0, 60)).collect();
    batch.extend((0..ROWS).step_by(1_000).map(|index| quote(index, 2.0, 60)));
    let expected = Upserted { inserted: 150_000, repeated: 150, ..Upserted::default() };
    assert_eq!(store.upsert_quotes(&batch).await?, expected);

    let again = |index: usize| match index % 3 {
        0 => quote(index, 3.0, 90),
        1 => quote(index, first(index), 90),
        _ => quote(index, 4.0, 30),
    };
    let batch: Vec<_> = (0..ROWS).map(again).collect();
    let expected = Upserted { corrected: 50_000, unchanged: 50_000, backfilled: 50_000, ..Upserted::default() };
    assert_eq!(store.upsert_quotes(&batch).await?, expected);

    for of in [0, 47, CONTRACTS - 1] {
        let all: Vec<_> = (of..ROWS).step_by(CONTRACTS).rev().collect();
        for (minutes, expected) in [
            (30, all.iter().filter(|index| *index % 3 == 2).map(|index| quote(*index, 4.0, 30)).collect::<Vec<_>>()),
            (60, all.iter().map(|index| quote(*index, first(*index), 60)).collect()),
            (
                90,
                all.iter()
                    .map(|index| if index % 3 == 0 { quote(*index, 3.0, 90) } else { quote(*index, first(*index), 60) })
                    .collect(),
            ),
        ] {
            let as_of = AsOf::with_hindsight(close).known_by(recorded(minutes));
            let stored = store.list_quotes(&SeriesQuery::new(contract(of), as_of)).await?.items;
            assert!(stored == expected, "contract {of}, known after {minutes} minutes: {} rows", stored.len());
        }
    }
    Ok(())
}

/// A very large batch is compared with the stored rows of its first and last instant too, and rows before and after
/// are not touched.
async fn stored_rows_at_the_ends_of_a_huge_batch_are_compared(bench: &Bench) -> Result<()> {
    const ROWS: usize = 25_000;
    let (store, close) = (bench.open().await?, instant(CLOSE));
    let quote = |index: usize, bid: f64, recorded: i64| {
        let ago = TimeDelta::seconds(i64::try_from(index).unwrap_or_default());
        OptionQuote::new(contract(0), close.saturating_sub(ago), source("test"))
            .with_market(Some(bid), None)
            .with_recorded_at(close.saturating_add(TimeDelta::minutes(recorded)))
    };
    let batch: Vec<_> = (1..=ROWS).map(|index| quote(index, 2.0, 90)).collect();
    let new = |inserted| Upserted { inserted, ..Upserted::default() };
    for (around, corrected) in [([0, 1], 1), ([ROWS, ROWS + 1], 1), ([0, ROWS + 1], 0)] {
        store.purge(Dataset::OptionQuotes, Timestamp::MAX).await?;
        let stored = around.map(|index| quote(index, 1.0, 60));
        assert_eq!(store.upsert_quotes(&stored).await?, new(2), "{around:?}");
        let expected = Upserted { corrected, ..new(ROWS as u64 - corrected) };
        assert_eq!(store.upsert_quotes(&batch).await?, expected, "{around:?}");
        let all = SeriesQuery::new(contract(0), AsOf::with_hindsight(close));
        let mut expected = [&batch[..], &stored].concat();
        expected.sort_by_key(|quote| (quote.at, Reverse(quote.recorded_at)));
        expected.dedup_by_key(|quote| quote.at);
        assert!(store.list_quotes(&all).await?.items == expected, "{around:?}");
    }
    Ok(())
}
