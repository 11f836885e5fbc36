//! A puller of prices with everything around it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    Decimal, Error, ErrorKind, Name, Result, Source, Timestamp, market::UnderlyingQuote, memory::MemoryStore,
    operations::CacheKey,
};
use strikebook_services::pull::{
    FetchOptions, FetchPolicy, MissReason, PriceRequest, Provider, ProviderResponse, PullOptions, PullOutcome, Pulled,
    Puller,
};
use strikebook_testkit::fixtures::ManualClock;
use strikebook_vendors::Batch;
use tokio::sync::Notify;

pub(crate) fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

pub(crate) fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

pub(crate) fn spy() -> PriceRequest {
    PriceRequest::new("SPY".parse().expect("a symbol"))
}

/// The provider's answer to the next request.
#[derive(Debug)]
pub(crate) enum Step {
    Empty(Option<TimeDelta>),
    Fail(ErrorKind),
    /// A failure that says how long to wait.
    FailFor(ErrorKind, TimeDelta),
    Wrong,
    Panic,
    Hang,
}

/// A provider of prices that counts how often it is asked: the price is that count. It gives data unless set
/// otherwise.
#[derive(Debug, Default)]
pub(crate) struct Scripted {
    pub(crate) asked: AtomicU32,
    pub(crate) script: Mutex<VecDeque<Step>>,
    pub(crate) price: Decimal,
    /// When there is one, answers wait for it.
    pub(crate) gate: Option<Notify>,
    /// By how much its clock is ahead of ours.
    pub(crate) ahead: Mutex<TimeDelta>,
}

impl Scripted {
    pub(crate) fn then(&self, steps: impl IntoIterator<Item = Step>) {
        self.script.lock().expect("no panic").extend(steps);
    }

    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Provider<PriceRequest> for Scripted {
    fn name(&self) -> Name {
        name("scripted")
    }

    fn price(&self, _request: &PriceRequest) -> Decimal {
        self.price
    }

    async fn fetch(&self, request: &PriceRequest, now: Timestamp) -> Result<ProviderResponse<Batch>> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        let step = self.script.lock().expect("no panic").pop_front();
        let symbol = match step {
            None => request.symbol,
            Some(Step::Wrong) => "QQQ".parse()?,
            Some(Step::Empty(retry_after)) => return Ok(ProviderResponse::Empty { retry_after }),
            Some(Step::Fail(kind)) => return Err(Error::new(kind, "it failed on purpose")),
            Some(Step::FailFor(kind, pause)) => {
                let error = Error::new(kind, "it failed on purpose").with("status", 429);
                return Err(error.with_retry_after(pause.to_std().expect("a wait")));
            }
            Some(Step::Panic) => panic!("on purpose"),
            Some(Step::Hang) => std::future::pending().await,
        };
        let at = now.saturating_add(*self.ahead.lock().expect("no panic"));
        let quote = UnderlyingQuote::new(symbol, at, Source::new("scripted")?);
        let underlying_quotes = vec![UnderlyingQuote { last: Some(f64::from(count)), ..quote }];
        Ok(ProviderResponse::Data { batch: Batch { underlying_quotes, ..Batch::default() }, bytes: 1_000 })
    }
}

/// A puller of prices with everything around it.
pub(crate) struct Bench {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) provider: Arc<Scripted>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) prices: Puller<PriceRequest>,
}

/// Options whose waits are too short to notice, and with which prices are kept for 30 days.
pub(crate) fn options() -> PullOptions {
    PullOptions {
        first_backoff: Duration::from_millis(2),
        longest_backoff: Duration::from_millis(20),
        timeout: Duration::from_millis(200),
        poll: Duration::from_millis(2),
        expiry: Some(TimeDelta::days(30)),
        ..PullOptions::default()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(Scripted::default(), options())
    }

    pub(crate) fn with(provider: Scripted, options: PullOptions) -> Self {
        let start = "2025-09-25T20:00:00Z".parse().expect("an instant");
        let (store, provider) = (Arc::new(MemoryStore::new()), Arc::new(provider));
        let clock = Arc::new(ManualClock::at(start));
        let prices = Puller::new(store.clone(), provider.clone(), clock.clone(), options);
        Self { store, provider, clock, prices }
    }

    /// Another puller over the same store, as another process has it.
    pub(crate) fn another(&self, options: PullOptions) -> Puller<PriceRequest> {
        Puller::new(self.store.clone(), self.provider.clone(), self.clock.clone(), options)
    }

    pub(crate) async fn get(&self, policy: FetchPolicy) -> Result<Pulled<UnderlyingQuote>> {
        self.prices.get(&spy(), ask(policy)).await
    }

    pub(crate) async fn kind(&self, policy: FetchPolicy) -> ErrorKind {
        self.get(policy).await.expect_err("no answer").kind()
    }
}

/// Asks for what is not older than ten minutes.
pub(crate) fn ask(policy: FetchPolicy) -> FetchOptions {
    FetchOptions::new(policy).with_max_age(TimeDelta::minutes(10))
}

pub(crate) fn price(pulled: &Pulled<UnderlyingQuote>) -> Option<f64> {
    pulled.data.as_ref().and_then(|quote| quote.last)
}

pub(crate) fn reason(pulled: &Pulled<UnderlyingQuote>) -> MissReason {
    match pulled.outcome {
        PullOutcome::Miss { reason } => reason,
        ref other => panic!("{other:?}"),
    }
}

pub(crate) fn key() -> CacheKey {
    CacheKey { dataset: name("prices"), subject: name("SPY") }
}
