//! The pipeline between two stores of each engine, stopped at twenty moments: what is stored in the end is what an
//! undisturbed run stores.

use std::time::{Duration, Instant};

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    AsOf, FixedClock, Listing, Name, Result, SeriesQuery, Source, Store, Timestamp,
    analytics::Features,
    market::{Bar, BarKey, ChainSnapshot, Observation, OptionQuote, SeriesId, Symbol, Timeframe},
    memory::MemoryStore,
    operations::{RunFilter, RunStatus},
    services::etl::{self, EtlPlan, FeaturePlan},
};
use strikebook_testkit::{Harness, run, trial::Trial};
use strikebook_tests::on_every_engine;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    on_every_engine![a_run_that_was_stopped_ends_as_an_undisturbed_one]
}

const DAYS: i64 = 300;
const KILLS: u64 = 20;

fn close_of(day: i64) -> Result<Timestamp> {
    Ok("2024-01-02T21:00:00Z".parse::<Timestamp>()?.saturating_add(TimeDelta::days(day)))
}

fn symbols() -> Result<Vec<Symbol>> {
    ["SPY", "QQQ", "IWM"].into_iter().map(Symbol::new).collect()
}

fn plan() -> Result<EtlPlan> {
    let (rate, vix) = (SeriesId::new("DGS3MO")?, SeriesId::new("VIXCLS")?);
    Ok(EtlPlan {
        bars: symbols()?.into_iter().map(|symbol| BarKey::new(symbol, Timeframe::Day1)).collect(),
        series: vec![rate, vix],
        options: vec![Symbol::new("SPY")?],
        features: FeaturePlan { symbols: symbols()?, risk_free_rate: Some(rate), vix: Some(vix) },
        batch: 100.try_into().expect("above zero"),
        ..EtlPlan::new(Name::new("warehouse")?)
    })
}

/// Fills a store with bars, some of them corrected, series and quotes.
async fn fill(store: &dyn Store) -> Result<()> {
    let source = Source::new("test")?;
    let mut bars = Vec::new();
    for (number, key) in plan()?.bars.into_iter().enumerate() {
        for day in 0..DAYS {
            let at = close_of(day)?;
            let close = 100.0 + number as f64 + 10.0 * (day as f64 * 0.7).sin();
            let recorded_at = at.saturating_add(TimeDelta::minutes(5));
            let opened_at = at.saturating_sub(TimeDelta::hours(6));
            let prices = (close, close, close, close);
            let (open, high, low, close) = prices;
            let source = source.clone();
            bars.push(Bar {
                key,
                opened_at,
                at,
                open,
                high,
                low,
                close,
                volume: None,
                vwap: None,
                source,
                recorded_at,
            });
        }
    }
    store.upsert_bars(&bars).await?;
    let corrected: Vec<_> = bars
        .iter()
        .step_by(37)
        .map(|bar| Bar {
            close: bar.close + 0.5,
            high: bar.high + 1.0,
            recorded_at: bar.at.saturating_add(TimeDelta::days(2)),
            ..bar.clone()
        })
        .collect();
    store.upsert_bars(&corrected).await?;
    let first = NaiveDate::from_ymd_opt(2024, 1, 2).expect("a day");
    let mut observations = Vec::new();
    for series in plan()?.series {
        for day in 0..DAYS {
            let (date, value) = (first + TimeDelta::days(day), 5.0 + day as f64 / 100.0);
            observations.push(Observation {
                series,
                date,
                value,
                source: source.clone(),
                recorded_at: close_of(day + 1)?,
            });
        }
    }
    store.upsert_observations(&observations).await?;
    let mut quotes = Vec::new();
    for strike in 0..40 {
        let contract = format!("SPY   251219C{:08}", 100_000 + strike * 1_000).parse()?;
        for day in 0..5 {
            let quote = OptionQuote::new(contract, close_of(day)?, source.clone());
            quotes.push(quote.with_market(Some(1.0 + day as f64), Some(2.0 + day as f64)));
        }
    }
    store.upsert_quotes(&quotes).await?;
    let mut headers = Vec::new();
    for day in 0..5 {
        let at = close_of(day)?;
        let fetched: Vec<_> = quotes.iter().filter(|quote| quote.at == at).cloned().collect();
        headers.push(ChainSnapshot::of(Symbol::new("SPY")?, &fetched)?);
    }
    store.upsert_snapshots(&headers).await.map(drop)
}

/// Every version of every feature.
async fn features(store: &dyn Store) -> Result<Vec<Features>> {
    let mut all = Vec::new();
    for symbol in symbols()? {
        let query = SeriesQuery::new(symbol, AsOf::with_hindsight(Timestamp::MAX));
        for row in store.list_features(&query).await?.items {
            let versions = store.list_feature_versions(symbol, row.at).await?;
            all.extend(versions.into_iter().map(|version| version.row));
        }
    }
    Ok(all)
}

fn a_run_that_was_stopped_ends_as_an_undisturbed_one(harness: impl Harness) {
    run(harness, async |bench| {
        let (plan, clock) = (plan()?, FixedClock(close_of(DAYS + 1)?));
        let other = bench.another().await?;
        let (from, to) = (other.open().await?, bench.open().await?);
        fill(&*from).await?;
        let undisturbed = MemoryStore::new();
        etl::run(&plan, &*from, &undisturbed, &clock, &mut |_| ()).await?;

        let mut random = 7_u64;
        let mut whole = Duration::from_millis(50);
        for _ in 0..KILLS {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let moment = whole.mul_f64((random >> 40) as f64 / f64::from(1 << 24));
            let started = Instant::now();
            // Whether it was dropped in time or came to its end does not matter.
            let done = tokio::time::timeout(moment, etl::run(&plan, &*from, &*to, &clock, &mut |_| ())).await;
            match done {
                Ok(done) => drop(done?),
                // The longest that a run was seen to take is where the next one is stopped.
                Err(_) => whole = (whole * 3 / 2).max(started.elapsed()),
            }
        }
        let last = etl::run(&plan, &*from, &*to, &clock, &mut |_| ()).await?;
        assert_eq!((last.status, last.rejected), (RunStatus::Finished, 0));
        for part in etl::reconcile(&plan, &*from, &*to, clock.0).await? {
            assert!(part.is_equal() && part.source.rows > 0, "{part:?}");
        }
        let (stored, expected) = (features(&*to).await?, features(&undisturbed).await?);
        assert!(expected.len() > 3 * 300, "{}", expected.len());
        assert_eq!(stored, expected);
        let running = RunFilter { status: Some(RunStatus::Running), ..RunFilter::default() };
        assert_eq!(to.list_runs(&Listing::new(running)).await?.items, []);
        let runs = to.list_runs(&Listing::default()).await?.items;
        let stopped = runs.iter().filter(|run| run.status == RunStatus::Failed).count();
        // A store in memory never lets go before it is done.
        assert!(stopped > 0 || !to.capabilities().durable, "no run was stopped");
        strikebook_testkit::note!("{stopped} of {} runs were stopped", runs.len());
        from.close().await?;
        to.close().await
    });
}
