//! Fetched rows that are wrong by themselves.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use strikebook_core::{
    Clock, ErrorKind, Result, Source, Timestamp,
    maintenance::{Dataset, Maintenance},
    market::{Bar, BarKey, OptionQuote, Symbol, Timeframe, UnderlyingQuote, calendar},
    memory::MemoryStore,
    operations::{QualityQuery, QualityReport, QualityRepository, Severity},
};
use strikebook_services::{
    pull::{
        BarsRequest, ChainRequest, FetchOptions,
        FetchPolicy::{NetworkOnly, StaleIfError},
        FnProvider, PriceRequest, ProviderResponse, PullOptions, PullOutcome, Puller, Request,
    },
    quality::{Check, GatePolicy},
};
use strikebook_testkit::fixtures::ManualClock;
use strikebook_vendors::Batch;

use crate::bench::{name, options};

/// A store, and a provider that gives what a test set, by its own clock.
struct Desk {
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    batch: Arc<Mutex<Batch>>,
}

impl Desk {
    fn new(batch: Batch) -> Self {
        let clock = Arc::new(ManualClock::at("2025-09-25T19:00:00Z".parse().expect("an instant")));
        Self { store: Arc::new(MemoryStore::new()), clock, batch: Arc::new(Mutex::new(batch)) }
    }

    fn puller<R: Request<Batch = Batch>>(&self, gate: GatePolicy) -> Puller<R> {
        let batch = Arc::clone(&self.batch);
        let broker = FnProvider::new(name("broker"), move |_: R, now: Timestamp| {
            let mut batch = batch.lock().expect("no panic").clone();
            for quote in &mut batch.quotes {
                (quote.at, quote.recorded_at) = (now, now);
            }
            for quote in &mut batch.underlying_quotes {
                (quote.at, quote.recorded_at) = (now, now);
            }
            async move { Ok(ProviderResponse::Data { batch, bytes: 1 }) }
        });
        Puller::new(self.store.clone(), Arc::new(broker), self.clock.clone(), PullOptions { gate, ..options() })
    }

    fn set(&self, batch: Batch) {
        *self.batch.lock().expect("no panic") = batch;
    }

    async fn reports(&self) -> Result<Vec<QualityReport>> {
        Ok(self.store.list_quality(&QualityQuery::default()).await?.items)
    }

    async fn rows(&self, dataset: Dataset) -> Result<u64> {
        let counted = self.store.statistics().await?;
        Ok(counted.iter().filter(|counted| counted.dataset == dataset).map(|counted| counted.rows).sum())
    }
}

/// Calls of SPY with these bids and asks, from a strike of 600 on.
fn chain(markets: &[(f64, f64)]) -> Result<Batch> {
    let quote = |(index, (bid, ask)): (usize, &(f64, f64))| {
        let contract = format!("SPY251219C{:08}", (600 + index) * 1_000).parse()?;
        let quote = OptionQuote::new(contract, Timestamp::MIN, Source::new("broker")?);
        Ok(quote.with_market(Some(*bid), Some(*ask)))
    };
    Ok(Batch { quotes: markets.iter().enumerate().map(quote).collect::<Result<_>>()?, ..Batch::default() })
}

fn request() -> ChainRequest {
    ChainRequest::new(Symbol::new("SPY").expect("a symbol"))
}

const CROSSED: [(f64, f64); 3] = [(3.0, 3.1), (2.5, 2.4), (1.0, 1.1)];

#[tokio::test]
async fn a_crossed_quote_is_rejected_and_reported() -> Result<()> {
    let desk = Desk::new(chain(&CROSSED)?);
    let chains = desk.puller(PullOptions::default().gate);
    let pulled = chains.get(&request(), FetchOptions::default()).await?;
    assert_eq!(pulled.data.map(|chain| chain.len()), Some(2));
    let findings: Vec<_> = pulled.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, ["crossed markets: bid 2.5, ask 2.4 [SPY251219C00601000]"]);
    assert_eq!((chains.statistics().wrong_rows, desk.rows(Dataset::OptionQuotes).await?), (1, 2));
    let [report] = desk.reports().await?.try_into().expect("one report");
    assert_eq!((report.check_name.as_str(), report.dataset.as_str()), ("crossed markets", "option_quotes"));
    assert_eq!((report.severity, report.at), (Severity::Error, desk.clock.now()));
    assert!(report.score.is_some_and(|score| (score - 2.0 / 3.0).abs() < 1e-12), "{:?}", report.score);
    let details = report.details.as_value();
    assert_eq!((&details["cache_entry"], &details["provider"]), (&"chains/SPY".into(), &"broker".into()));
    assert_eq!((&details["rows"], &details["count"]), (&3.into(), &1.into()));
    let row: OptionQuote = strikebook_core::Json::new(details["quarantined"][0]["row"].clone())?.read()?;
    assert_eq!((row.bid, row.ask, row.at), (Some(2.5), Some(2.4), desk.clock.now()), "the whole row is there");
    // A hit tells it too.
    let hit = chains.get(&request(), FetchOptions::default()).await?;
    assert!(matches!(hit.outcome, PullOutcome::Hit { .. }) && hit.findings.len() == 1);
    Ok(())
}

#[tokio::test]
async fn a_policy_stores_or_refuses_a_crossed_quote() -> Result<()> {
    let desk = Desk::new(chain(&CROSSED)?);
    let pulled = desk.puller(GatePolicy::Report).get(&request(), FetchOptions::new(NetworkOnly)).await?;
    assert_eq!((pulled.data.map(|chain| chain.len()), pulled.findings.len()), (Some(3), 1));
    let [report] = desk.reports().await?.try_into().expect("one report");
    assert_eq!(report.details.as_value()["stored"][0]["reason"], "bid 2.5, ask 2.4");

    let desk = Desk::new(chain(&CROSSED)?);
    let refused = desk.puller(GatePolicy::Refuse).get(&request(), FetchOptions::default()).await;
    let error = refused.expect_err("a crossed quote");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let first = "crossed markets: bid 2.5, ask 2.4 [SPY251219C00601000]";
    assert_eq!((error.context("first"), error.context("wrong_rows")), (Some(first), Some("1")));
    assert_eq!((desk.rows(Dataset::OptionQuotes).await?, desk.reports().await?.len()), (0, 0), "nothing is stored");
    desk.set(chain(&[(3.0, 3.1)])?);
    let sound = desk.puller(GatePolicy::Refuse).get(&request(), FetchOptions::new(NetworkOnly)).await?;
    assert_eq!((sound.data.map(|chain| chain.len()), desk.reports().await?.len()), (Some(1), 0));
    Ok(())
}

#[tokio::test]
async fn a_quote_that_stays_crossed_is_one_report_a_day() -> Result<()> {
    let desk = Desk::new(chain(&CROSSED)?);
    let chains = desk.puller(GatePolicy::Quarantine);
    for polls in 1..=20 {
        desk.clock.advance(TimeDelta::seconds(10));
        chains.get(&request(), FetchOptions::new(NetworkOnly)).await?;
        assert_eq!(desk.reports().await?.len(), 1, "after {polls} polls");
    }
    desk.set(chain(&[(3.0, 3.1), (2.6, 2.4), (1.0, 1.1)])?);
    chains.get(&request(), FetchOptions::new(NetworkOnly)).await?;
    assert_eq!(desk.reports().await?.len(), 2, "another bid is news");
    desk.clock.advance(TimeDelta::days(1));
    chains.get(&request(), FetchOptions::new(NetworkOnly)).await?;
    assert_eq!(desk.reports().await?.len(), 3);
    desk.set(chain(&[(3.0, 3.1)])?);
    chains.get(&request(), FetchOptions::new(NetworkOnly)).await?;
    assert_eq!(desk.reports().await?.len(), 3, "a sound chain needs no report");
    Ok(())
}

#[tokio::test]
async fn a_chain_of_wrong_rows_is_an_error() -> Result<()> {
    let desk = Desk::new(chain(&[(3.0, 2.9), (f64::NAN, 2.4)])?);
    let chains = desk.puller(GatePolicy::Quarantine);
    let error = chains.get(&request(), FetchOptions::default()).await.expect_err("no row is sound");
    assert_eq!((error.kind(), error.context("wrong_rows")), (ErrorKind::InvalidInput, Some("2")), "{error}");
    assert_eq!((desk.rows(Dataset::OptionQuotes).await?, desk.reports().await?.len()), (0, 2), "and reported");
    // A sound quote of the underlying does not make it a chain.
    let underlying = UnderlyingQuote::new(Symbol::new("SPY")?, Timestamp::MIN, Source::new("broker")?);
    let underlying_quotes = vec![UnderlyingQuote { last: Some(600.0), ..underlying }];
    desk.set(Batch { underlying_quotes, ..chain(&[(3.0, 2.9)])? });
    let error = chains.get(&request(), FetchOptions::new(NetworkOnly)).await.expect_err("no row is sound");
    assert_eq!((error.kind(), error.context("wrong_rows")), (ErrorKind::InvalidInput, Some("1")), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_row_that_no_store_takes_does_not_cost_the_others() -> Result<()> {
    for gate in [GatePolicy::Report, GatePolicy::Quarantine] {
        let desk = Desk::new(chain(&[(3.0, 3.1), (f64::INFINITY, 2.4), (1.0, 1.1)])?);
        let pulled = desk.puller(gate).get(&request(), FetchOptions::default()).await?;
        assert_eq!(pulled.data.map(|chain| chain.len()), Some(2));
        let [report] = desk.reports().await?.try_into().expect("one report");
        assert_eq!(report.check_name.as_str(), Check::InvalidRow.as_str());
        let reason = report.details.as_value()["quarantined"][0]["reason"].to_string();
        assert!(reason.contains("bid") && reason.contains("inf"), "{reason}");
    }
    Ok(())
}

#[tokio::test]
async fn prices_and_bars_pass_the_gate_too() -> Result<()> {
    let symbol = Symbol::new("SPY")?;
    let price = |bid: f64, ask: f64| -> Result<Batch> {
        let quote = UnderlyingQuote::new(symbol, Timestamp::MIN, Source::new("broker")?);
        let underlying_quotes = vec![UnderlyingQuote { bid: Some(bid), ask: Some(ask), ..quote }];
        Ok(Batch { underlying_quotes, ..Batch::default() })
    };
    let desk = Desk::new(price(600.0, 600.1)?);
    let prices = desk.puller::<PriceRequest>(GatePolicy::Quarantine);
    prices.get(&PriceRequest::new(symbol), FetchOptions::default()).await?;
    desk.set(price(600.2, 600.1)?);
    desk.clock.advance(TimeDelta::hours(1));
    let error = prices.get(&PriceRequest::new(symbol), FetchOptions::default()).await.expect_err("it is crossed");
    let first = Some("crossed markets: SPY: bid 600.2, ask 600.1");
    assert_eq!((error.kind(), error.context("first")), (ErrorKind::InvalidInput, first), "{error}");
    let stale = prices.get(&PriceRequest::new(symbol), FetchOptions::new(StaleIfError)).await?;
    assert_eq!(stale.data.and_then(|quote| quote.bid), Some(600.0), "the policy gives what there is");
    assert_eq!(desk.reports().await?[0].dataset.as_str(), "underlying_quotes");

    let (first, second) = ("2025-09-23".parse().expect("a day"), "2025-09-24".parse().expect("a day"));
    let bar = |day, high: f64| -> Result<Bar> {
        let (at, key) = (calendar::close_on(day)?, BarKey::new(symbol, Timeframe::Day1));
        let (open, low, close, source) = (2.0, 1.0, 2.0, Source::new("broker")?);
        let opened_at = at.saturating_sub(TimeDelta::minutes(390));
        Ok(Bar { key, opened_at, at, open, high, low, close, volume: None, vwap: None, source, recorded_at: at })
    };
    let desk = Desk::new(Batch { bars: vec![bar(first, 3.0)?, bar(second, 0.5)?], ..Batch::default() });
    let bars = desk.puller::<BarsRequest>(GatePolicy::Quarantine);
    let request = BarsRequest::new(BarKey::new(symbol, Timeframe::Day1), first, second);
    let pulled = bars.get(&request, FetchOptions::default()).await?;
    assert_eq!((pulled.data.map(|bars| bars.len()), pulled.findings.len()), (Some(1), 1));
    assert_eq!(desk.reports().await?[0].dataset.as_str(), "bars");
    desk.set(Batch { bars: vec![bar(second, 0.5)?], ..Batch::default() });
    let error = bars.get(&request, FetchOptions::new(NetworkOnly)).await.expect_err("no bar is sound");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert!(error.context("first").is_some_and(|first| first.contains("high must be at or above")), "{error}");
    Ok(())
}
