//! The rows of the operational store: walks of forty symbols, the same each time.

use std::path::Path;

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use strikebook::{
    Name, Source, Timestamp,
    market::{
        Bar, BarKey, Observation, OptionContract, OptionQuote, OptionRoot, OptionType, SeriesId, Strike, Symbol,
        Timeframe,
    },
    services::etl::{EtlPlan, FeaturePlan},
};

use crate::Result;

const SYMBOLS: usize = 40;
/// The number of contracts on each symbol.
const CONTRACTS: u32 = 225;

/// `SA` to `SZ`, and then `TA` and so on. With a digit at its end the root of an option is that of an adjusted one.
fn symbols() -> Result<Vec<Symbol>> {
    let letters = |first: char| ('A'..='Z').map(move |second| format!("{first}{second}"));
    ('S'..='T').flat_map(letters).take(SYMBOLS).map(|symbol| Ok(Symbol::new(&symbol)?)).collect()
}

fn series() -> Result<[SeriesId; 2]> {
    Ok([SeriesId::new("DGS3MO")?, SeriesId::new("VIXCLS")?])
}

/// Returns a plan that copies everything.
pub(crate) fn plan() -> Result<EtlPlan> {
    let [rate, vix] = series()?;
    Ok(EtlPlan {
        bars: symbols()?.into_iter().map(|symbol| BarKey::new(symbol, Timeframe::Day1)).collect(),
        series: vec![rate, vix],
        options: symbols()?,
        features: FeaturePlan { symbols: symbols()?, risk_free_rate: Some(rate), vix: Some(vix) },
        ..EtlPlan::new(Name::new("warehouse")?)
    })
}

/// Returns the weekdays from one in 2008 on.
fn days(count: usize) -> impl Iterator<Item = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2008, 1, 2).unwrap_or_default();
    first.iter_days().filter(|day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)).take(count)
}

fn close(day: NaiveDate) -> Result<Timestamp> {
    Ok(format!("{day}T21:00:00Z").parse()?)
}

/// Returns an instant after all days.
pub(crate) fn end(count: usize) -> Result<Timestamp> {
    close(days(count).last().unwrap_or_default() + Days::new(7))
}

/// Fills a file with the days.
pub(crate) async fn fill(file: &Path, count: usize) -> Result<()> {
    let store = strikebook::open(&format!("sqlite:{}", file.display())).await?;
    let (source, mut random) = (Source::new("bench")?, fastrand::Rng::with_seed(7));
    for key in plan()?.bars {
        let (mut bars, mut price) = (Vec::new(), 100.0);
        for day in days(count) {
            // Twelve uniform numbers less six are nearly normal.
            price *= 1.0 + 0.0003 + 0.012 * ((0..12).map(|_| random.f64()).sum::<f64>() - 6.0);
            let at = close(day)?;
            bars.push(Bar {
                key,
                opened_at: at.saturating_sub(TimeDelta::minutes(390)),
                at,
                open: price,
                high: price * 1.01,
                low: price * 0.99,
                close: price,
                volume: Some(1_000),
                vwap: None,
                source: source.clone(),
                recorded_at: at,
            });
        }
        store.upsert_bars(&bars).await?;
    }
    let mut observations = Vec::new();
    for series in series()? {
        for date in days(count) {
            let value = 5.0 + random.f64();
            let observation = Observation { series, date, value, source: source.clone(), recorded_at: close(date)? };
            let recorded_at = observation.at()?;
            observations.push(Observation { recorded_at, ..observation });
        }
    }
    store.upsert_observations(&observations).await?;
    let expiration = NaiveDate::from_ymd_opt(2027, 12, 17).unwrap_or_default();
    let last = close(days(count).last().unwrap_or_default())?;
    let mut quotes = Vec::new();
    for symbol in symbols()? {
        for dollars in 50..50 + CONTRACTS {
            let (root, strike) = (OptionRoot::new(symbol.as_str())?, Strike::from_thousandths(1_000 * dollars)?);
            let contract = OptionContract::new(root, expiration, OptionType::Call, strike)?;
            quotes.push(OptionQuote::new(contract, last, source.clone()).with_market(Some(1.0), Some(1.1)));
        }
    }
    store.upsert_quotes(&quotes).await?;
    println!("{} bars, {} observations, {} quotes", count * SYMBOLS, observations.len(), quotes.len());
    store.close().await?;
    Ok(())
}
