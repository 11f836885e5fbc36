//! From an operational store into an analytical one: copies of bars, rates and quotes, features of days, and a
//! comparison of both sides.
//!
//! ```text
//! cargo run --example etl                             # simulated days, between two stores in memory
//! STRIKEBOOK_OPERATIONAL__URL=sqlite:desk.db STRIKEBOOK_ANALYTICAL__URL=sqlite:warehouse.db cargo run --example etl -- SPY QQQ
//! ```
//!
//! The arguments are symbols whose daily bars, own quotes and option quotes are copied, with the series `DGS3MO` and
//! `VIXCLS`. A second run resumes from the watermarks of the first.

use std::env;

use indicatif::{ProgressBar, ProgressStyle};
use strikebook::{
    AsOf, CacheConfig, Config, Listing, Name, Result, Source, Store, StoreConfig, SystemClock, Timestamp,
    market::{Bar, BarKey, Observation, SeriesId, Symbol, Timeframe},
    operations::RejectFilter,
    services::etl::{self, EtlPlan, EtlProgress, FeaturePlan},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let symbols = env::args().skip(1).map(|text| Symbol::new(&text)).collect::<Result<Vec<_>>>()?;
    let stores = if symbols.is_empty() { simulated() } else { Config::from_variables(env::vars())? }.open().await?;
    let (from, to) = (stores.operational, stores.analytical);
    let symbols = if symbols.is_empty() { simulate(&*from).await? } else { symbols };

    let plan = plan(symbols)?;
    let bar = ProgressBar::no_length().with_style(
        ProgressStyle::with_template("{msg:>24} {wide_bar} {pos}/{len}")
            .unwrap_or_else(|_| ProgressStyle::default_bar()),
    );
    let mut draw = |progress: &EtlProgress| {
        bar.set_length(progress.of as u64);
        bar.set_position(progress.done as u64);
        bar.set_message(progress.dataset.as_str());
    };
    let run = etl::run(&plan, &*from, &*to, &SystemClock, &mut draw).await?;
    bar.finish_and_clear();
    println!(
        "read {} = written {} + unchanged {} + rejected {}, in {} steps",
        run.read, run.written, run.unchanged, run.rejected, run.steps
    );
    for reject in to.list_rejects(&Listing::new(RejectFilter { run: Some(run.id) })).await?.items.iter().take(10) {
        println!("rejected: {}: {}", reject.place, reject.reason);
    }

    let parts = etl::reconcile(&plan, &*from, &*to, run.at).await?;
    let (equal, rows): (Vec<_>, u64) =
        (parts.iter().filter(|part| part.is_equal()).collect(), parts.iter().map(|part| part.source.rows).sum());
    println!("{} of {} parts are equal on both sides, {rows} rows", equal.len(), parts.len());
    for part in parts.iter().filter(|part| !part.is_equal()) {
        println!("{} {}: {:?} is not {:?}", part.dataset, part.subject, part.source, part.target);
    }

    for symbol in &plan.features.symbols {
        if let Some(last) = to.features_as_of(*symbol, AsOf::instant(run.at)).await? {
            let percent =
                |value: Option<f64>| value.map_or("none".to_owned(), |value| format!("{:.2} %", value * 100.0));
            println!(
                "{symbol} on {}: close {:.2}, volatility {} (20 days) and {} (250 days), value at risk {} (95 %), VIX {:?}",
                last.date(),
                last.close,
                percent(last.volatility_20d),
                percent(last.volatility_250d),
                percent(last.var_95),
                last.vix
            );
        }
    }
    to.close().await?;
    from.close().await
}

fn plan(symbols: Vec<Symbol>) -> Result<EtlPlan> {
    let (rate, vix) = (SeriesId::new("DGS3MO")?, SeriesId::new("VIXCLS")?);
    Ok(EtlPlan {
        bars: symbols.iter().map(|symbol| BarKey::new(*symbol, Timeframe::Day1)).collect(),
        series: vec![rate, vix],
        underlyings: symbols.clone(),
        options: symbols.clone(),
        features: FeaturePlan { symbols, risk_free_rate: Some(rate), vix: Some(vix) },
        ..EtlPlan::new(Name::new("warehouse")?)
    })
}

/// Returns two stores in memory that admit simulated rows.
fn simulated() -> Config {
    let store = || StoreConfig::new("memory:?allow_simulated=true");
    Config { operational: store(), analytical: store(), cache: CacheConfig::default() }
}

/// Returns two years of days, varied like a market's and equal in every run.
async fn simulate(store: &dyn Store) -> Result<Vec<Symbol>> {
    println!("no symbols given: these days are simulated");
    let (symbol, source) = (Symbol::new("SIM")?, Source::simulated("etl")?);
    let first: chrono::NaiveDate = chrono::NaiveDate::from_ymd_opt(2023, 1, 2).unwrap_or_default();
    let (mut bars, mut observations, mut close, mut noise) = (Vec::new(), Vec::new(), 100.0_f64, 7_u32);
    for day in 0..504 {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        close *= 1.0 + (f64::from(noise >> 8) / f64::from(1 << 24) - 0.499) * 0.04;
        let date = first + chrono::Days::new(day);
        let at: Timestamp = format!("{date}T21:00:00Z").parse()?;
        bars.push(Bar {
            key: BarKey::new(symbol, Timeframe::Day1),
            opened_at: format!("{date}T14:30:00Z").parse()?,
            at,
            open: close,
            high: close,
            low: close,
            close,
            volume: None,
            vwap: None,
            source: source.clone(),
            recorded_at: at,
        });
        for (series, value) in [("DGS3MO", 5.25), ("VIXCLS", 16.5)] {
            let series = SeriesId::new(series)?;
            let observation = Observation { series, date, value, source: source.clone(), recorded_at: at };
            let recorded_at = observation.at()?;
            observations.push(Observation { recorded_at, ..observation });
        }
    }
    store.upsert_bars(&bars).await?;
    store.upsert_observations(&observations).await?;
    Ok(vec![symbol])
}
