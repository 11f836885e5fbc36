//! Cases of fundamentals of underlyings.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ChangeQuery, ErrorKind, Page, Result, SeriesQuery, Store, Timestamp, Upserted, Version,
    maintenance::Dataset,
    market::{Fundamentals, Symbol},
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    parsed,
    series::{self, Changes, Draft, EVERYTHING, Series, all, inserted, instant, just_before, source},
    underlying::symbol,
};

/// Fundamentals, as the shared cases see them.
#[derive(Debug)]
pub struct FundamentalRows;

#[async_trait]
impl Series for FundamentalRows {
    type Key = Symbol;
    type Row = Fundamentals;

    const DATASET: Dataset = Dataset::Fundamentals;

    fn row(draft: &Draft) -> Fundamentals {
        Fundamentals {
            symbol: symbol(draft.series),
            at: draft.at,
            // The bits of a number are as different as the number. Those of no price are refused.
            market_cap: Some(if (0.0..1e12).contains(&draft.value) { draft.value.abs().to_bits() } else { u64::MAX }),
            shares_outstanding: None,
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[Fundamentals]) -> Result<Upserted> {
        store.upsert_fundamentals(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<Fundamentals>> {
        store.list_fundamentals(query).await
    }

    async fn as_of(store: &dyn Store, key: Symbol, as_of: AsOf) -> Result<Option<Fundamentals>> {
        store.fundamentals_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Fundamentals) -> Result<Option<Vec<Version<Fundamentals>>>> {
        store.list_fundamental_versions(row.symbol, row.at).await.map(Some)
    }
}

#[async_trait]
impl Changes for FundamentalRows {
    async fn changes(store: &dyn Store, query: &ChangeQuery<Symbol>) -> Result<Page<Fundamentals>> {
        store.list_fundamental_changes(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![every_number_comes_back, a_filing_is_not_seen_before_it_was_published];
    let writes = cases![counts_fit_the_engines];
    let shared = [series::cases::<FundamentalRows>(), series::change_cases::<FundamentalRows>()].concat();
    [shared, reading(answers), writes].concat()
}

fn apple(at: Timestamp) -> Fundamentals {
    Fundamentals {
        symbol: parsed("AAPL"),
        at,
        market_cap: Some(3_785_304_000_000),
        shares_outstanding: Some(14_840_390_000),
        source: source("edgar"),
        recorded_at: at,
    }
}

/// Every number comes back as it was written, and a missing one is not zero.
async fn every_number_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [
        apple(instant("2025-06-30T20:00:00Z")),
        Fundamentals { market_cap: None, ..apple(instant("2025-07-31T20:00:00Z")) },
        Fundamentals { shares_outstanding: None, ..apple(instant("2025-08-29T20:00:00Z")) },
        Fundamentals { market_cap: Some(0), shares_outstanding: Some(0), ..apple(instant("2025-09-30T20:00:00Z")) },
    ];
    assert_eq!(store.upsert_fundamentals(&rows).await?, inserted(4));
    assert_eq!(all::<FundamentalRows>(&*store, rows[0].symbol).await?, rows);
    Ok(())
}

/// Numbers of a day that were published weeks later are not returned before their `recorded_at`.
async fn a_filing_is_not_seen_before_it_was_published(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let filed = instant("2025-08-01T10:00:00Z");
    let june = Fundamentals { recorded_at: filed, ..apple(instant("2025-06-28T20:00:00Z")) };
    store.upsert_fundamentals(std::slice::from_ref(&june)).await?;
    assert_eq!(store.fundamentals_as_of(june.symbol, AsOf::instant(just_before(filed))).await?, None);
    assert_eq!(store.fundamentals_as_of(june.symbol, AsOf::instant(filed)).await?, Some(june));
    Ok(())
}

/// A number that does not fit 63 bits is refused; the largest one that does is stored.
async fn counts_fit_the_engines(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = apple(instant("2025-06-30T20:00:00Z"));
    let (most, more) = (i64::MAX.unsigned_abs(), i64::MAX.unsigned_abs() + 1);
    for (field, wrong) in [
        ("market_cap", Fundamentals { market_cap: Some(more), ..row.clone() }),
        ("shares_outstanding", Fundamentals { shares_outstanding: Some(more), ..row.clone() }),
    ] {
        let error = store.upsert_fundamentals(&[wrong]).await.expect_err("more than 63 bits");
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(store.fundamentals_as_of(row.symbol, EVERYTHING).await?, None);
    let largest = Fundamentals { market_cap: Some(most), shares_outstanding: Some(most), ..row };
    assert_eq!(store.upsert_fundamentals(std::slice::from_ref(&largest)).await?, inserted(1));
    assert_eq!(store.fundamentals_as_of(largest.symbol, EVERYTHING).await?, Some(largest));
    Ok(())
}
