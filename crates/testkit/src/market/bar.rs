//! Cases of bars, which every engine passes.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Store, Upserted, Version,
    maintenance::Dataset,
    market::{Bar, BarKey, Instrument, Symbol, Timeframe},
};

use super::underlying::symbol;
use crate::{
    Bench,
    case::{Case, cases, reading},
    series::{self, Changes, Draft, Series, all, inserted, instant, just_before, source},
};

/// Bars, as the shared cases see them.
#[derive(Debug)]
pub struct Bars;

#[async_trait]
impl Series for Bars {
    type Key = BarKey;
    type Row = Bar;

    const DATASET: Dataset = Dataset::Bars;

    fn row(draft: &Draft) -> Bar {
        let value = draft.value;
        Bar {
            key: BarKey::new(symbol(draft.series), Timeframe::Minute1),
            opened_at: draft.at.saturating_sub(TimeDelta::minutes(1)),
            at: draft.at,
            open: value,
            high: value,
            low: value,
            close: value,
            volume: Some(1),
            vwap: Some(value),
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[Bar]) -> Result<Upserted> {
        store.upsert_bars(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<BarKey>) -> Result<Page<Bar>> {
        store.list_bars(query).await
    }

    async fn as_of(store: &dyn Store, key: BarKey, as_of: AsOf) -> Result<Option<Bar>> {
        store.bar_as_of(&key, as_of).await
    }

    async fn versions(store: &dyn Store, row: &Bar) -> Result<Option<Vec<Version<Bar>>>> {
        store.list_bar_versions(&row.key, row.at).await.map(Some)
    }
}

#[async_trait]
impl Changes for Bars {
    async fn changes(store: &dyn Store, query: &ChangeQuery<BarKey>) -> Result<Page<Bar>> {
        store.list_bar_changes(query).await
    }
}

/// Returns the daily bar of SPY on 2025-09-25, known an hour after its close.
fn daily(key: BarKey) -> Bar {
    Bar {
        key,
        opened_at: instant("2025-09-25T13:30:00Z"),
        at: instant("2025-09-25T20:00:00Z"),
        open: 2.0,
        high: 4.0,
        low: 1.0,
        close: 3.0,
        volume: Some(5),
        vwap: Some(2.5),
        source: source("test"),
        recorded_at: instant("2025-09-25T21:00:00Z"),
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers =
        cases![every_field_comes_back, a_bar_is_not_seen_before_its_end, timeframes_do_not_mix, options_have_bars_too];
    [series::cases::<Bars>(), series::change_cases::<Bars>(), reading(answers)].concat()
}

/// Every field comes back as it was written, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Day1);
    let full = daily(key);
    let at = |at: &str| Bar { at: instant(at), recorded_at: instant(at), ..full.clone() };
    let missing = Bar { volume: None, vwap: None, ..at("2025-09-26T20:00:00Z") };
    let zero = Bar { volume: Some(0), vwap: Some(0.0), ..at("2025-09-27T20:00:00Z") };
    let rows = [full, missing, zero];
    assert_eq!(store.upsert_bars(&rows).await?, inserted(3));
    assert_eq!(all::<Bars>(&*store, key).await?, rows);
    Ok(())
}

/// A bar is not returned before it has ended, even with a slightly earlier `recorded_at`.
async fn a_bar_is_not_seen_before_its_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Day1);
    let bar = Bar { recorded_at: instant("2025-09-25T19:59:30Z"), ..daily(key) };
    store.upsert_bars(std::slice::from_ref(&bar)).await?;
    for at in [bar.opened_at, just_before(bar.at)] {
        assert_eq!(store.bar_as_of(&key, AsOf::with_hindsight(at)).await?, None, "at {at}");
        assert_eq!(store.list_bars(&SeriesQuery::new(key, AsOf::with_hindsight(at))).await?.items, [], "at {at}");
    }
    assert_eq!(store.bar_as_of(&key, AsOf::instant(bar.at)).await?, Some(bar));
    Ok(())
}

/// Every timeframe of an instrument is a series of its own.
async fn timeframes_do_not_mix(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let symbol = Symbol::new("SPY")?;
    let bars: Vec<_> = Timeframe::ALL
        .into_iter()
        .zip(1..)
        .map(|(timeframe, volume)| Bar { volume: Some(volume), ..daily(BarKey::new(symbol, timeframe)) })
        .collect();
    store.upsert_bars(&bars).await?;
    for bar in &bars {
        assert_eq!(all::<Bars>(&*store, bar.key).await?, std::slice::from_ref(bar));
    }
    Ok(())
}

/// Bars of option contracts are stored beside those of symbols.
async fn options_have_bars_too(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let instruments: [Instrument; 5] = [
        "SPY".parse()?,
        "SPY   251219C00650000".parse()?,
        "SPY   251219P00650000".parse()?,
        "SPYG  251219C00650000".parse()?,
        "SPY1  251219C00650000".parse()?,
    ];
    let keys = instruments.map(|instrument| BarKey::new(instrument, Timeframe::Day1));
    let bars: Vec<_> =
        keys.into_iter().zip(1..).map(|(key, volume)| Bar { volume: Some(volume), ..daily(key) }).collect();
    store.upsert_bars(&bars).await?;
    for bar in &bars {
        assert_eq!(all::<Bars>(&*store, bar.key).await?, std::slice::from_ref(bar));
    }
    Ok(())
}
