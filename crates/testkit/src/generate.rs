//! Random rows and queries for model-based tests.
//!
//! All are drawn from small domains, so that rows meet: a handful of contracts, instants that touch expirations and
//! each other, and values that repeat. One row in about fifty is invalid or simulated. [`check_random`] runs a test on
//! them.

use std::{env, fmt::Debug, sync::Arc};

use chrono::{NaiveDate, TimeDelta};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::select,
    test_runner::{Config, TestError, TestRunner},
};
use strikebook_core::{
    AsOf, ChangeQuery, Limit, Paging, Result, SeriesQuery, Source, Timestamp,
    market::{
        ChainQuery, ContractDetails, ContractQuery, OptionContract, OptionQuote, OptionRoot, OptionType, Product,
        QuoteGreeks, Strike, Symbol,
    },
};
use tokio::runtime::Handle;

use crate::{
    Bench,
    series::{Draft, instant, source},
};

fn parsed<T: std::str::FromStr<Err = strikebook_core::Error>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Days around an expiration, with the last trades of its products and the microseconds after them.
pub fn instants() -> impl Strategy<Value = Timestamp> + Clone {
    select(&[
        "2025-09-24T20:00:00Z",
        "2025-09-25T20:00:00Z",
        "2025-09-25T20:15:00Z",
        "2025-09-25T20:15:00.000001Z",
        "2025-09-25T21:00:00Z",
        "2025-09-26T20:00:00Z",
        "2025-09-26T20:00:00.000001Z",
        "2025-09-26T20:15:00Z",
        "2025-09-26T20:15:00.000001Z",
        "2025-10-02T20:00:00Z",
    ])
    .prop_map(instant)
}

/// Returns when a row of an instant was recorded: mostly not before that, and now and then by as much as no store
/// takes.
fn recorded(at: Timestamp, recorded_at: Timestamp) -> Timestamp {
    // Two instants of those drawn are odd.
    if (recorded_at.as_micros() & at.as_micros()) % 2 == 1 { recorded_at } else { recorded_at.max(at) }
}

/// Limits of a read, with and without a knowledge limit.
pub fn limits() -> impl Strategy<Value = AsOf> {
    let known_by = prop_oneof![1 => Just(None), 3 => instants().prop_map(Some)];
    (instants(), known_by).prop_map(|(at, known_by)| AsOf { at, known_by })
}

/// Contracts of SPX under two roots and of SPY, adjusted ones too, on two expirations.
pub fn contracts() -> impl Strategy<Value = OptionContract> + Clone {
    let parts = (
        select(&["SPX", "SPXW", "SPY", "SPY1"]),
        select(&["250926", "251017"]),
        select(&['C', 'P']),
        select(&["00650000", "00650500"]),
    );
    parts.prop_map(|(root, day, letter, strike)| parsed(&format!("{root}{day}{letter}{strike}")))
}

/// Generates the underlyings of [`contracts`], and one that has none.
pub fn underlyings() -> impl Strategy<Value = Symbol> {
    select(&["SPX", "SPY", "QQQ"]).prop_map(parsed)
}

/// Generates sources, now and then a simulated one.
pub fn sources() -> impl Strategy<Value = Source> + Clone {
    prop_oneof![30 => Just("cboe"), 20 => Just("lean/minute"), 1 => Just("simulated:demo")].prop_map(source)
}

/// Generates prices that repeat, prices of any size, now and then none at all.
pub fn prices() -> impl Strategy<Value = f64> + Clone {
    prop_oneof![
        30 => select(&[0.0, 0.05, 1.05, 0.1 + 0.2]),
        10 => 0.0..1e12,
        5 => prop::num::f64::SUBNORMAL.prop_map(f64::abs),
        1 => select(&[f64::NAN, f64::INFINITY, -0.05, 1e12]),
    ]
}

/// Counts of every size.
pub fn counts() -> impl Strategy<Value = u64> + Clone {
    prop_oneof![9 => 0..1_000_u64, 3 => 0..=i64::MAX.unsigned_abs()]
}

/// Generates quotes, half of them with few fields that repeat and half with all fields random.
pub fn quotes() -> impl Strategy<Value = OptionQuote> {
    let plain = (contracts(), instants(), option::of(prices()), Just(source("cboe")), instants()).prop_map(
        |(contract, at, bid, source, recorded_at)| {
            OptionQuote::new(contract, at, source).with_market(bid, None).with_recorded_at(recorded(at, recorded_at))
        },
    );
    let number = || option::of(-1e6..1e6);
    let greeks = (number(), number(), number(), number(), number())
        .prop_map(|(delta, gamma, theta, vega, rho)| QuoteGreeks { delta, gamma, theta, vega, rho });
    let price = || option::of(0.0..1e6);
    let count = || option::of(counts());
    let full = (
        (contracts(), instants(), sources(), instants(), greeks),
        (price(), price(), price(), price(), option::of(0.0..=1_000.0)),
        // Sums of volumes are exact up to 2⁵³.
        (count(), count(), option::of(prop_oneof![9 => 0..1_000_u64, 3 => 0..1_u64 << 40]), count()),
    );
    let full = full.prop_map(|((contract, at, source, recorded_at, greeks), prices, counts)| {
        let (bid, ask, last, underlying_price, implied_volatility) = prices;
        let (bid_size, ask_size, volume, open_interest) = counts;
        OptionQuote {
            contract,
            at,
            bid,
            ask,
            last,
            bid_size,
            ask_size,
            volume,
            open_interest,
            implied_volatility,
            greeks,
            underlying_price,
            source,
            recorded_at: recorded(at, recorded_at),
        }
    });
    prop_oneof![plain, full]
}

/// Drafts of rows of any series.
pub fn drafts() -> impl Strategy<Value = Draft> + Clone {
    (0..3_usize, instants(), prices(), sources(), instants()).prop_map(|(series, at, value, source, recorded_at)| {
        Draft { series, at, value, source, recorded_at: recorded(at, recorded_at) }
    })
}

/// Days before, at and after those of [`instants`].
pub fn days() -> impl Strategy<Value = NaiveDate> {
    select(&["2025-09-20", "2025-09-24", "2025-09-25", "2025-09-26", "2025-10-17", "2026-01-01"])
        .prop_map(|text| text.parse().unwrap_or_default())
}

/// Details of contracts, standard or not.
pub fn details() -> impl Strategy<Value = ContractDetails> {
    let multiplier = prop_oneof![20 => select(&[1_u32, 10, 100]), 1 => Just(0)];
    // The products of shares, and of indices that settle at the opening and at the close.
    let product = select(&["SPY", "DEMO", "SPX", "SPXW"]).prop_map(|root| parsed::<OptionRoot>(root).product());
    let product = (product, multiplier).prop_map(|(product, multiplier)| Product { multiplier, ..product });
    let parts = (contracts(), underlyings(), product, option::of(days()), sources(), instants());
    parts.prop_map(|(contract, underlying, product, listed_on, source, recorded_at)| ContractDetails {
        contract,
        underlying,
        product,
        listed_on,
        source,
        recorded_at,
    })
}

/// Sizes of pages, or none.
fn page_sizes() -> impl Strategy<Value = Option<Limit>> {
    select(&[0_usize, 1, 2, 3, 100]).prop_map(Limit::new)
}

/// Generates queries of contracts.
pub fn contract_queries() -> impl Strategy<Value = ContractQuery> {
    (underlyings(), option::of(days()), option::of(limits()), page_sizes()).prop_map(
        |(underlying, expiration, as_of, limit)| ContractQuery {
            underlying,
            expiration,
            as_of,
            paging: Paging { limit, after: None },
        },
    )
}

/// Queries of chains with every filter there or not; now and then with a negative age.
pub fn chain_queries() -> impl Strategy<Value = ChainQuery> {
    let ages = prop_oneof![
        10 => Just(TimeDelta::zero()),
        10 => Just(TimeDelta::microseconds(1)),
        10 => Just(TimeDelta::hours(1)),
        10 => Just(TimeDelta::days(1)),
        1 => Just(TimeDelta::microseconds(-1)),
    ];
    let strikes = || {
        option::weighted(
            0.2,
            select(&["650", "650.25", "650.5"]).prop_map(|text| {
                text.parse()
                    .ok()
                    .and_then(|value: f64| Strike::try_from(value).ok())
                    .unwrap_or_else(|| panic!("{text} is no strike"))
            }),
        )
    };
    let days = || option::weighted(0.2, days());
    // Days to expiration around those of the contracts, and beyond all time.
    let term = || option::weighted(0.2, select(&[0_u32, 1, 2, 21, 22, u32::MAX]));
    let term = (term(), term());
    let option_types = option::weighted(0.2, select(&[OptionType::Call, OptionType::Put]));
    let parts = (
        underlyings(),
        limits(),
        option::of(ages),
        days(),
        days(),
        term,
        option_types,
        strikes(),
        strikes(),
        any::<bool>(),
    );
    parts.prop_map(
        |(
            underlying,
            as_of,
            max_quote_age,
            expiring_from,
            expiring_until,
            days,
            option_type,
            min_strike,
            max_strike,
            adjusted,
        )| {
            ChainQuery {
                underlying,
                as_of,
                max_quote_age,
                expiring_from,
                expiring_until,
                min_days: days.0,
                max_days: days.1,
                option_type,
                min_strike,
                max_strike,
                adjusted,
            }
        },
    )
}

/// Generates the limits of a query of one series.
pub fn series_queries<K: Copy + Debug>(key: impl Strategy<Value = K>) -> impl Strategy<Value = SeriesQuery<K>> {
    let from = prop_oneof![3 => Just(Timestamp::MIN), 2 => instants()];
    (key, from, limits(), page_sizes()).prop_map(|(key, from, as_of, limit)| SeriesQuery {
        key,
        from,
        as_of,
        paging: Paging { limit, after: None },
    })
}

/// Generates the limits of a query of changes.
pub fn change_queries<K: Copy + Debug>(key: impl Strategy<Value = K>) -> impl Strategy<Value = ChangeQuery<K>> {
    let from = prop_oneof![1 => Just(Timestamp::MIN), 3 => instants()];
    (vec(key, 0..5), from, instants(), page_sizes()).prop_map(|(keys, from, until, limit)| ChangeQuery {
        keys,
        from,
        until,
        paging: Paging { limit, after: None },
    })
}

/// Generates batches of rows.
pub fn batches<T: Debug>(row: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    vec(row, 0..8)
}

/// The number of random cases of each test here, unless `PROPTEST_CASES` is set.
const CASES: u32 = 24;

/// Runs a test on random values, each with a bench of its own, and shrinks what fails. There are 24 of them, unless
/// `PROPTEST_CASES` is set.
///
/// # Panics
/// When the test fails, with the smallest values for which it does.
pub async fn check_random<T: Debug + 'static>(
    bench: &Bench,
    values: impl Strategy<Value = T> + Send + 'static,
    test: impl AsyncFn(Bench, T) -> Result<()> + Send + 'static,
) -> Result<()> {
    let mut config = Config { failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    if env::var_os("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    let (runtime, harness) = (Handle::current(), bench.harness());
    // The runner is synchronous: it waits for each case on a thread of its own, while the runtime works on this one.
    let outcome = tokio::task::spawn_blocking(move || {
        let result = TestRunner::new(config).run(&values, |value| {
            let case = async { test(Bench::new(Arc::clone(&harness)).await?, value).await };
            runtime.block_on(case).map_err(|error| TestCaseError::fail(format!("{error:?}")))
        });
        result.map_err(|failure| match failure {
            TestError::Fail(reason, value) => format!("{reason}\nsmallest case: {value:#?}"),
            TestError::Abort(reason) => reason.to_string(),
        })
    });
    match outcome.await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(failure)) => panic!("{failure}"),
        Err(panicked) => panic!("{panicked}"),
    }
}
