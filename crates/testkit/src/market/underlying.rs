//! Cases of quotes of underlyings.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ChangeQuery, ErrorKind, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Symbol, UnderlyingQuote},
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    series::{self, Changes, Draft, EVERYTHING, Series, all, inserted, instant, just_after, just_before, source},
};

/// Quotes of underlyings, as the shared cases see them.
#[derive(Debug)]
pub struct UnderlyingQuotes;

/// Returns the symbol of a number; no two numbers share one.
pub(crate) fn symbol(index: usize) -> Symbol {
    Symbol::new(&format!("SYM.{index}")).unwrap_or_else(|error| panic!("{error}"))
}

#[async_trait]
impl Series for UnderlyingQuotes {
    type Key = Symbol;
    type Row = UnderlyingQuote;

    const DATASET: Dataset = Dataset::UnderlyingQuotes;

    fn row(draft: &Draft) -> UnderlyingQuote {
        let quote = UnderlyingQuote::new(symbol(draft.series), draft.at, draft.source.clone());
        UnderlyingQuote { last: Some(draft.value), recorded_at: draft.recorded_at, ..quote }
    }

    async fn upsert(store: &dyn Store, rows: &[UnderlyingQuote]) -> Result<Upserted> {
        store.upsert_underlying_quotes(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<UnderlyingQuote>> {
        store.list_underlying_quotes(query).await
    }

    async fn as_of(store: &dyn Store, key: Symbol, as_of: AsOf) -> Result<Option<UnderlyingQuote>> {
        store.underlying_as_of(key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &UnderlyingQuote) -> Result<Option<Vec<Version<UnderlyingQuote>>>> {
        store.list_underlying_versions(row.symbol, row.at).await.map(Some)
    }
}

#[async_trait]
impl Changes for UnderlyingQuotes {
    async fn changes(store: &dyn Store, query: &ChangeQuery<Symbol>) -> Result<Page<UnderlyingQuote>> {
        store.list_underlying_changes(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        every_field_comes_back,
        similar_symbols_are_separate_series,
        the_last_quote_of_every_symbol_is_found,
        the_last_quotes_keep_to_both_limits,
        old_last_quotes_are_left_out
    ];
    [series::cases::<UnderlyingQuotes>(), series::change_cases::<UnderlyingQuotes>(), reading(answers)].concat()
}

/// Every field comes back as it was written, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = UnderlyingQuote::new(Symbol::new("^VIX")?, instant("2025-09-25T20:00:00Z"), source("cboe"));
    let zero = UnderlyingQuote {
        at: just_after(missing.at),
        bid: Some(0.0),
        ask: Some(0.0),
        last: Some(0.0),
        bid_size: Some(0),
        ask_size: Some(0),
        volume: Some(0),
        ..missing.clone()
    };
    let full = UnderlyingQuote {
        at: just_after(zero.at),
        bid: Some(1.0),
        ask: Some(2.0),
        last: Some(3.0),
        bid_size: Some(4),
        ask_size: Some(5),
        volume: Some(6),
        recorded_at: instant("2025-09-26T00:00:00.000001Z"),
        ..missing.clone()
    };
    let rows = [missing, zero, full];
    assert_eq!(store.upsert_underlying_quotes(&rows).await?, inserted(3));
    assert_eq!(all::<UnderlyingQuotes>(&*store, rows[0].symbol).await?, rows);
    Ok(())
}

/// Symbols that are similar to each other, or contain punctuation, name different series.
async fn similar_symbols_are_separate_series(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let symbols =
        ["BRK.B", "BRK-B", "BRK/B", "BRKB", "BRK_B", "BRK.", "^BRKB", "BRK=B", "ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNO"];
    let at = instant("2025-09-25T20:00:00Z");
    let mut rows = Vec::new();
    for (symbol, last) in symbols.into_iter().zip(1..) {
        let quote = UnderlyingQuote::new(Symbol::new(symbol)?, at, source("test"));
        rows.push(UnderlyingQuote { last: Some(f64::from(last)), ..quote });
    }
    store.upsert_underlying_quotes(&rows).await?;
    for row in &rows {
        assert_eq!(all::<UnderlyingQuotes>(&*store, row.symbol).await?, std::slice::from_ref(row));
    }
    Ok(())
}

/// The last quote of every symbol is found, in the order of the symbols, corrections included.
async fn the_last_quote_of_every_symbol_is_found(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(store.underlyings_as_of(EVERYTHING, None).await?, []);
    let of = |series: usize, day: i64| Draft::on(day).of(series).value(day as f64).row::<UnderlyingQuotes>();
    let corrected = Draft::on(3).of(2).value(99.0).recorded_after(20).row::<UnderlyingQuotes>();
    store.upsert_underlying_quotes(&[of(2, 3), of(0, 1), of(1, 5), of(0, 2), of(2, 1), of(1, 0)]).await?;
    store.upsert_underlying_quotes(std::slice::from_ref(&corrected)).await?;
    assert_eq!(store.underlyings_as_of(EVERYTHING, None).await?, [of(0, 2), of(1, 5), corrected]);
    Ok(())
}

/// The last quotes as of any limits equal the answers to the query of each symbol.
async fn the_last_quotes_keep_to_both_limits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [
        Draft::on(0).value(1.0).row::<UnderlyingQuotes>(),
        Draft::on(2).value(2.0).row::<UnderlyingQuotes>(),
        Draft::on(2).value(3.0).recorded_after(30).row::<UnderlyingQuotes>(),
        Draft::on(1).of(1).value(4.0).recorded_after(100).row::<UnderlyingQuotes>(),
        Draft::on(1).of(1).value(5.0).recorded_after(50).row::<UnderlyingQuotes>(),
        Draft::on(3).of(2).value(6.0).early::<UnderlyingQuotes>().row::<UnderlyingQuotes>(),
    ];
    for row in &rows {
        store.upsert_underlying_quotes(std::slice::from_ref(row)).await?;
    }
    let instants = rows.iter().flat_map(|row| [row.at, row.recorded_at]);
    let instants: Vec<_> = instants.flat_map(|at| [just_before(at), at]).collect();
    for at in instants.iter().copied() {
        for known_by in instants.iter().copied().map(Some).chain([None]) {
            let as_of = AsOf { at, known_by };
            let mut expected = Vec::new();
            for series in 0..3 {
                expected.extend(store.underlying_as_of(symbol(series), as_of).await?);
            }
            assert_eq!(store.underlyings_as_of(as_of, None).await?, expected, "{as_of:?}");
        }
    }
    Ok(())
}

/// A last quote of exactly the greatest age is found, an older one is not, and no age is negative.
async fn old_last_quotes_are_left_out(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [Draft::on(0).row::<UnderlyingQuotes>(), Draft::on(2).of(1).row::<UnderlyingQuotes>()];
    store.upsert_underlying_quotes(&rows).await?;
    let as_of = AsOf::with_hindsight(rows[1].at);
    let age = rows[1].at.since(rows[0].at);
    assert_eq!(store.underlyings_as_of(as_of, Some(age)).await?, rows);
    assert_eq!(store.underlyings_as_of(as_of, Some(age - TimeDelta::microseconds(1))).await?, rows[1..]);
    assert_eq!(store.underlyings_as_of(as_of, Some(TimeDelta::zero())).await?, rows[1..]);
    let error = store.underlyings_as_of(as_of, Some(TimeDelta::microseconds(-1))).await.expect_err("a negative age");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("max_age")), "{error}");
    Ok(())
}
