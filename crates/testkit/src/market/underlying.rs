//! Quotes of underlyings.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Symbol, UnderlyingQuote},
};

use crate::{
    Bench,
    series::{Draft, Series, all, inserted, instant, just_after, source},
};

/// Quotes of underlyings, as the shared cases see them.
#[derive(Debug)]
pub struct UnderlyingQuotes;

/// A symbol that no other number gives.
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

/// Every field comes back as it was written, and what is missing is not zero.
pub async fn every_field_comes_back(bench: &Bench) -> Result<()> {
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

/// Symbols that are close to each other, or hold punctuation, name different series.
pub async fn symbols_are_told_apart(bench: &Bench) -> Result<()> {
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
