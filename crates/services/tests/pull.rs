//! Pull when asked, on the store in memory, with a clock that is set by hand.

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
    Clock, Decimal, Error, ErrorKind, Name, Result, Source, Timestamp,
    maintenance::{Dataset, Maintenance},
    market::{OptionQuote, Symbol, UnderlyingQuote},
    memory::MemoryStore,
    operations::{CacheEntry, CacheFilter, CacheKey, CacheRepository, FetchCostRepository, FetchLease, FetchOutcome},
    trading::{Position, PositionFilter, PositionKey, PositionRepository},
};
use strikebook_services::pull::{
    Answer, Ask, ChainRequest, FetchPolicy, FileProvider, FnProvider, MissReason, Outcome, OverBudget, Pace,
    PositionsRequest, PriceRequest, Provider, PullOptions, Pulled, Puller, Request, Tier,
};
use strikebook_vendors::Batch;
use tokio::sync::Notify;

/// A clock that stands still until it is set.
#[derive(Debug)]
struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    fn advance(&self, span: TimeDelta) {
        let mut now = self.0.lock().expect("no panic");
        *now = now.saturating_add(span);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no panic")
    }
}

fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn spy() -> PriceRequest {
    PriceRequest::new("SPY".parse().expect("a symbol"))
}

/// What the provider does when it is asked the next time.
#[derive(Debug)]
enum Step {
    Empty(Option<TimeDelta>),
    Busy(Option<TimeDelta>),
    Fail(ErrorKind),
    Wrong,
    Panic,
    Hang,
}

/// A provider of prices that counts how often it is asked: the price is that count. It gives data unless told otherwise.
#[derive(Debug, Default)]
struct Scripted {
    asked: AtomicU32,
    script: Mutex<VecDeque<Step>>,
    price: Decimal,
    /// When there is one, answers wait for it.
    gate: Option<Notify>,
}

impl Scripted {
    fn then(&self, steps: impl IntoIterator<Item = Step>) {
        self.script.lock().expect("no panic").extend(steps);
    }

    fn asked(&self) -> u32 {
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

    async fn fetch(&self, request: &PriceRequest, now: Timestamp) -> Result<Answer<Batch>> {
        let count = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        if let Some(gate) = &self.gate {
            gate.notified().await;
        }
        let step = self.script.lock().expect("no panic").pop_front();
        let symbol = match step {
            None => request.symbol,
            Some(Step::Wrong) => "QQQ".parse()?,
            Some(Step::Empty(retry_after)) => return Ok(Answer::Empty { retry_after }),
            Some(Step::Busy(retry_after)) => {
                let error = Error::new(ErrorKind::Unavailable, "too many requests");
                return Ok(Answer::Busy { retry_after, error });
            }
            Some(Step::Fail(kind)) => return Err(Error::new(kind, "it failed on purpose")),
            Some(Step::Panic) => panic!("on purpose"),
            Some(Step::Hang) => std::future::pending().await,
        };
        let quote = UnderlyingQuote::new(symbol, now, Source::new("scripted")?);
        let underlying_quotes = vec![UnderlyingQuote { last: Some(f64::from(count)), ..quote }];
        Ok(Answer::Data { batch: Batch { underlying_quotes, ..Batch::default() }, bytes: 1_000 })
    }
}

/// A puller of prices with everything around it.
struct Bench {
    store: Arc<MemoryStore>,
    provider: Arc<Scripted>,
    clock: Arc<ManualClock>,
    prices: Puller<PriceRequest>,
}

/// Options whose waits are too short to notice.
fn options() -> PullOptions {
    PullOptions {
        first_backoff: Duration::from_millis(2),
        longest_backoff: Duration::from_millis(20),
        timeout: Duration::from_millis(200),
        poll: Duration::from_millis(2),
        ..PullOptions::default()
    }
}

impl Bench {
    fn new() -> Self {
        Self::with(Scripted::default(), options())
    }

    fn with(provider: Scripted, options: PullOptions) -> Self {
        let start = "2025-09-25T20:00:00Z".parse().expect("an instant");
        let (store, provider) = (Arc::new(MemoryStore::new()), Arc::new(provider));
        let clock = Arc::new(ManualClock(Mutex::new(start)));
        let prices = Puller::new(store.clone(), provider.clone(), clock.clone(), options);
        Self { store, provider, clock, prices }
    }

    /// Another puller over the same store, as another process has it.
    fn another(&self, options: PullOptions) -> Puller<PriceRequest> {
        Puller::new(self.store.clone(), self.provider.clone(), self.clock.clone(), options)
    }

    async fn get(&self, policy: FetchPolicy) -> Result<Pulled<UnderlyingQuote>> {
        self.prices.get(&spy(), ask(policy)).await
    }

    async fn kind(&self, policy: FetchPolicy) -> ErrorKind {
        self.get(policy).await.expect_err("no answer").kind()
    }
}

/// Asks for what is not older than ten minutes.
fn ask(policy: FetchPolicy) -> Ask {
    Ask::new(policy).with_max_age(TimeDelta::minutes(10))
}

fn price(pulled: &Pulled<UnderlyingQuote>) -> Option<f64> {
    pulled.data.as_ref().and_then(|quote| quote.last)
}

fn reason(pulled: &Pulled<UnderlyingQuote>) -> MissReason {
    match pulled.outcome {
        Outcome::Miss { reason } => reason,
        ref other => panic!("{other:?}"),
    }
}

use FetchPolicy::{CacheFirst, CacheOnly, NetworkFirst, NetworkOnly, StaleIfError, StaleWhileRevalidate};

#[tokio::test]
async fn what_is_young_enough_is_a_hit_and_what_is_not_is_fetched() -> Result<()> {
    let bench = Bench::new();
    let first = bench.get(CacheFirst).await?;
    assert_eq!((reason(&first), price(&first)), (MissReason::NeverFetched, Some(1.0)));
    assert_eq!(first.fetched_at, bench.clock.now());
    let (age, more) = (TimeDelta::minutes(10), TimeDelta::microseconds(1));
    bench.clock.advance(age);
    let hit = bench.get(CacheFirst).await?;
    let Outcome::Hit { age: told, tier: Tier::Memory } = hit.outcome else { panic!("{:?}", hit.outcome) };
    assert_eq!((told, price(&hit), hit.fetched_at), (age, Some(1.0), first.fetched_at));
    let elsewhere = bench.another(options()).get(&spy(), ask(CacheFirst)).await?;
    let Outcome::Hit { age: told, tier: Tier::Store } = elsewhere.outcome else { panic!("{:?}", elsewhere.outcome) };
    assert_eq!((told, price(&elsewhere)), (age, Some(1.0)));
    bench.clock.advance(more);
    let old = bench.get(CacheFirst).await?;
    assert_eq!((reason(&old), price(&old)), (MissReason::TooOld { age: age + more, max_age: age }, Some(2.0)));
    assert_eq!(bench.provider.asked(), 2);
    Ok(())
}

#[tokio::test]
async fn kinds_have_ages_of_their_own() -> Result<()> {
    assert_eq!(ChainRequest::MAX_AGE, TimeDelta::minutes(15));
    assert_eq!(PositionsRequest::MAX_AGE, TimeDelta::minutes(30));
    assert_eq!(PriceRequest::MAX_AGE, TimeDelta::days(7));
    let bench = Bench::new();
    for (days, asked) in [(0, 1), (7, 1), (1, 2)] {
        bench.clock.advance(TimeDelta::days(days));
        bench.prices.get(&spy(), Ask::default()).await?;
        assert_eq!(bench.provider.asked(), asked);
    }
    Ok(())
}

#[tokio::test]
async fn the_cache_alone_gives_what_there_is() -> Result<()> {
    let bench = Bench::new();
    assert_eq!(bench.kind(CacheOnly).await, ErrorKind::NotFound);
    bench.get(CacheFirst).await?;
    assert!(matches!(bench.get(CacheOnly).await?.outcome, Outcome::Hit { .. }));
    bench.clock.advance(TimeDelta::days(1));
    let stale = bench.get(CacheOnly).await?;
    assert!(matches!(stale.outcome, Outcome::Stale { age, error: None } if age == TimeDelta::days(1)));
    bench.clock.advance(TimeDelta::days(29));
    assert_eq!(bench.kind(CacheOnly).await, ErrorKind::NotFound, "it is kept for 30 days");
    assert_eq!(bench.provider.asked(), 1);
    assert_eq!(reason(&bench.get(CacheFirst).await?), MissReason::Expired);
    Ok(())
}

#[tokio::test]
async fn a_forced_fetch_is_made_whatever_there_is() -> Result<()> {
    let bench = Bench::new();
    for (policy, count) in [(NetworkOnly, 1.0), (NetworkFirst, 2.0), (NetworkOnly, 3.0)] {
        bench.clock.advance(TimeDelta::seconds(1));
        let forced = bench.get(policy).await?;
        assert_eq!((reason(&forced), price(&forced)), (MissReason::Forced, Some(count)));
    }
    Ok(())
}

#[tokio::test]
async fn when_the_provider_fails_the_policy_decides() -> Result<()> {
    // Young and old data, and what each policy makes of it.
    for (minutes, policy, price_or_error) in [
        (5, NetworkFirst, Some(1.0)),
        (5, NetworkOnly, None),
        (60, CacheFirst, None),
        (60, NetworkFirst, None),
        (60, NetworkOnly, None),
        (60, StaleIfError, Some(1.0)),
    ] {
        let bench = Bench::new();
        bench.get(CacheFirst).await?;
        bench.clock.advance(TimeDelta::minutes(minutes));
        bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
        match (bench.get(policy).await, price_or_error) {
            (Ok(stale), Some(_)) => {
                let Outcome::Stale { age, error: Some(error) } = &stale.outcome else { panic!("{:?}", stale.outcome) };
                assert_eq!((*age, error.kind()), (TimeDelta::minutes(minutes), ErrorKind::Corrupt));
                assert_eq!(price(&stale), price_or_error);
            }
            (Err(error), None) => assert_eq!(error.kind(), ErrorKind::Corrupt, "{policy:?}"),
            (answer, _) => panic!("{policy:?} after {minutes} minutes: {answer:?}"),
        }
    }
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
    assert_eq!(bench.kind(StaleIfError).await, ErrorKind::Corrupt, "there is nothing stale");
    Ok(())
}

#[tokio::test]
async fn while_it_is_revalidated_what_is_stale_is_given() -> Result<()> {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, options());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    gate.notify_one();
    assert_eq!(price(&bench.get(StaleWhileRevalidate).await?), Some(1.0), "there is nothing stale");
    bench.clock.advance(TimeDelta::hours(1));
    for _ in 0..3 {
        let stale = bench.get(StaleWhileRevalidate).await?;
        assert!(matches!(stale.outcome, Outcome::Stale { error: None, .. }), "{:?}", stale.outcome);
        assert_eq!(price(&stale), Some(1.0));
    }
    gate.notify_one();
    let joined = bench.get(CacheFirst).await?;
    assert_eq!(price(&joined), Some(2.0));
    assert!(matches!(bench.get(StaleWhileRevalidate).await?.outcome, Outcome::Hit { .. }));
    assert_eq!(bench.provider.asked(), 2);
    Ok(())
}

/// Starts a thousand callers at once and lets the provider answer once they wait.
async fn a_thousand(bench: &Bench) -> Vec<Result<Pulled<UnderlyingQuote>>> {
    let callers: Vec<_> = (0..1_000)
        .map(|_| {
            let prices = bench.prices.clone();
            tokio::spawn(async move { prices.get(&spy(), ask(CacheFirst)).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    bench.provider.gate.as_ref().expect("a gate").notify_one();
    let mut answers = Vec::new();
    for caller in callers {
        answers.push(caller.await.expect("no panic"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_callers_make_one_fetch() {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, PullOptions::default());
    let answers: Vec<_> = a_thousand(&bench).await.into_iter().map(|answer| answer.expect("an answer")).collect();
    assert_eq!(bench.provider.asked(), 1);
    assert!(answers.iter().all(|answer| price(answer) == Some(1.0)));
    let missed = answers.iter().filter(|answer| matches!(answer.outcome, Outcome::Miss { .. })).count();
    assert_eq!(missed, 1, "the others joined it");
    let counted = bench.prices.statistics();
    assert_eq!((counted.answers(), counted.misses["never_fetched"], counted.attempts), (1_000, 1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_failure_reaches_all_who_wait() {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, PullOptions::default());
    bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
    for answer in a_thousand(&bench).await {
        let error = answer.expect_err("a failure");
        // Who came when it had failed is told that the provider is left alone.
        assert!(error.to_string().contains("it failed on purpose"), "{error}");
    }
    assert_eq!(bench.provider.asked(), 1);
    assert_eq!(bench.prices.statistics().errors, 1_000);
}

#[tokio::test]
async fn a_caller_that_goes_away_neither_ends_the_fetch_nor_orphans_it() -> Result<()> {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, PullOptions::default());
    let alone = tokio::spawn({
        let prices = bench.prices.clone();
        async move { prices.get(&spy(), ask(CacheFirst)).await }
    });
    while bench.provider.asked() == 0 {
        tokio::task::yield_now().await;
    }
    alone.abort();
    assert!(alone.await.expect_err("it was aborted").is_cancelled());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    gate.notify_one();
    // Nobody waits, and the fetch lands all the same.
    while bench.store.get_cache_entry(&key()).await?.is_none() {
        tokio::task::yield_now().await;
    }
    let later = bench.get(CacheFirst).await?;
    assert_eq!((price(&later), bench.provider.asked()), (Some(1.0), 1));
    bench.clock.advance(TimeDelta::hours(1));
    gate.notify_one();
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(2.0), "and nothing of it is in the way");
    Ok(())
}

fn key() -> CacheKey {
    CacheKey { dataset: name("prices"), subject: name("SPY") }
}

#[tokio::test]
async fn another_process_waits_and_uses_the_result() -> Result<()> {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, options());
    let other = bench.another(options());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    let spy = spy();
    let (ours, theirs, ()) = tokio::join!(bench.get(CacheFirst), other.get(&spy, ask(CacheFirst)), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        gate.notify_one();
    });
    let (ours, theirs) = (ours?, theirs?);
    assert_eq!((bench.provider.asked(), price(&ours), price(&theirs)), (1, Some(1.0), Some(1.0)));
    let outcomes = [&ours.outcome, &theirs.outcome];
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Joined { .. })).count(), 1, "{outcomes:?}");
    Ok(())
}

#[tokio::test]
async fn a_failure_reaches_another_process_too() {
    let bench = Bench::with(Scripted { gate: Some(Notify::new()), ..Scripted::default() }, options());
    bench.provider.then([Step::Fail(ErrorKind::Corrupt)]);
    let other = bench.another(options());
    let gate = bench.provider.gate.as_ref().expect("a gate");
    let spy = spy();
    let (ours, theirs, ()) = tokio::join!(bench.get(CacheFirst), other.get(&spy, ask(CacheFirst)), async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        gate.notify_one();
    });
    for answer in [ours, theirs] {
        assert!(answer.expect_err("a failure").to_string().contains("it failed on purpose"));
    }
    assert_eq!(bench.provider.asked(), 1);
}

#[tokio::test]
async fn the_lease_of_a_crashed_process_runs_out() -> Result<()> {
    let bench = Bench::new();
    let now = bench.clock.now();
    let crashed = FetchLease::new(key(), name("crashed"), now, now.saturating_add(TimeDelta::minutes(2)));
    bench.store.claim_lease(&crashed).await?;
    let waiting = tokio::spawn({
        let prices = bench.prices.clone();
        async move { prices.get(&spy(), ask(CacheFirst)).await }
    });
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(bench.provider.asked(), 0, "it waits");
    bench.clock.advance(TimeDelta::minutes(2));
    assert_eq!(price(&waiting.await.expect("no panic")?), Some(1.0));
    // The lease was given up: nobody needs to wait for it.
    let claim = FetchLease::new(key(), name("another"), bench.clock.now(), Timestamp::MAX);
    assert_eq!(bench.store.claim_lease(&claim).await?, claim);
    Ok(())
}

#[tokio::test]
async fn patience_with_another_process_has_an_end() -> Result<()> {
    let bench = Bench::with(Scripted::default(), PullOptions { patience: Duration::from_millis(20), ..options() });
    let held = FetchLease::new(key(), name("another"), bench.clock.now(), Timestamp::MAX);
    bench.store.claim_lease(&held).await?;
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Timeout);
    assert_eq!(bench.provider.asked(), 0);
    Ok(())
}

#[tokio::test]
async fn that_there_is_nothing_is_known_until_it_is_time_to_ask_again() -> Result<()> {
    for (told, pause) in [(None, TimeDelta::hours(1)), (Some(TimeDelta::hours(5)), TimeDelta::hours(5))] {
        let bench = Bench::new();
        bench.provider.then([Step::Empty(told)]);
        let empty = bench.get(CacheFirst).await?;
        assert_eq!((reason(&empty), price(&empty)), (MissReason::NeverFetched, None));
        bench.clock.advance(pause - TimeDelta::microseconds(1));
        for puller in [&bench.prices, &bench.another(options())] {
            let known = puller.get(&spy(), ask(CacheFirst)).await?;
            assert!(known.data.is_none() && matches!(known.outcome, Outcome::Hit { .. }), "{known:?}");
        }
        bench.clock.advance(TimeDelta::microseconds(1));
        let again = bench.get(CacheFirst).await?;
        assert_eq!((reason(&again), price(&again)), (MissReason::EmptyBefore, Some(2.0)));
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_failed_is_left_alone_for_a_while() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::Corrupt), Step::Fail(ErrorKind::Corrupt)]);
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Corrupt);
    bench.clock.advance(TimeDelta::seconds(29));
    let error = bench.get(CacheFirst).await.expect_err("it is left alone");
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.to_string().contains("it failed on purpose"), "{error}");
    assert_eq!(bench.provider.asked(), 1);
    assert_eq!(bench.kind(NetworkOnly).await, ErrorKind::Corrupt, "who forces it does not wait");
    bench.clock.advance(TimeDelta::seconds(30));
    let again = bench.get(CacheFirst).await?;
    assert_eq!((reason(&again), price(&again)), (MissReason::FailedBefore, Some(3.0)));
    let entry = bench.store.get_cache_entry(&key()).await?.expect("an entry");
    assert_eq!((entry.outcome, entry.error), (FetchOutcome::Data, None));
    Ok(())
}

#[tokio::test]
async fn what_may_pass_is_tried_again() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Fail(ErrorKind::Unavailable), Step::Busy(None)]);
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(3.0));
    let counted = bench.prices.statistics();
    assert_eq!((counted.attempts, counted.failed_attempts, counted.bytes), (3, 2, 1_000));
    bench.clock.advance(TimeDelta::hours(1));
    bench.provider.then([Step::Hang, Step::Hang, Step::Hang]);
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Timeout);
    assert_eq!(bench.provider.asked(), 6, "three times at most");
    bench.clock.advance(TimeDelta::hours(1));
    for step in [Step::Fail(ErrorKind::Corrupt), Step::Panic, Step::Wrong] {
        let before = bench.provider.asked();
        let text = format!("{step:?}");
        bench.provider.then([step]);
        bench.get(NetworkOnly).await.expect_err("it fails");
        assert_eq!(bench.provider.asked(), before + 1, "{text} does not pass");
    }
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_busy_for_long_is_given_up() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Busy(Some(TimeDelta::hours(2)))]);
    let error = bench.get(CacheFirst).await.expect_err("it is busy");
    assert!(error.to_string().contains("too many requests"), "{error}");
    bench.clock.advance(TimeDelta::hours(2) - TimeDelta::microseconds(1));
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::Unavailable);
    assert_eq!(bench.provider.asked(), 1, "it is left alone for as long as it said");
    bench.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(price(&bench.get(CacheFirst).await?), Some(2.0));
    Ok(())
}

#[tokio::test]
async fn a_batch_of_something_else_is_not_stored() -> Result<()> {
    let bench = Bench::new();
    bench.provider.then([Step::Wrong]);
    assert_eq!(bench.kind(CacheFirst).await, ErrorKind::InvalidInput);
    let counted = bench.store.statistics().await?;
    assert!(counted.iter().all(|counted| counted.dataset != Dataset::UnderlyingQuotes || counted.rows == 0));
    Ok(())
}

#[tokio::test]
async fn no_fetch_passes_the_cap() -> Result<()> {
    let priced = || Scripted { price: money("40"), ..Scripted::default() };
    for over_budget in [OverBudget::Stale, OverBudget::Refuse] {
        let bench = Bench::with(priced(), PullOptions { over_budget, ..options() });
        for _ in 0..2 {
            bench.get(CacheFirst).await?;
            bench.clock.advance(TimeDelta::hours(1));
        }
        let third = bench.get(CacheFirst).await;
        match over_budget {
            OverBudget::Stale => {
                let third = third?;
                let Outcome::Stale { error: Some(error), .. } = &third.outcome else { panic!("{:?}", third.outcome) };
                assert_eq!((error.context("spent"), error.context("cap")), (Some("80"), Some("100")), "{error}");
                assert_eq!(price(&third), Some(2.0));
            }
            OverBudget::Refuse => assert_eq!(third.expect_err("refused").kind(), ErrorKind::Unavailable),
        }
        assert_eq!(bench.kind(NetworkOnly).await, ErrorKind::Unavailable, "it takes nothing stale");
        assert_eq!((bench.provider.asked(), bench.prices.statistics().spent), (2, money("80")));
        let spending = bench.store.list_spending(Timestamp::MIN, Timestamp::MAX).await?;
        assert_eq!((spending.len(), spending[0].cost, spending[0].fetches), (1, money("80"), 2));
        bench.clock.advance(TimeDelta::days(6));
        assert_eq!(price(&bench.get(CacheFirst).await?), Some(3.0), "October has a budget of its own");
    }
    Ok(())
}

#[tokio::test]
async fn each_attempt_is_paid() -> Result<()> {
    let bench = Bench::with(Scripted { price: money("0.25"), ..Scripted::default() }, options());
    bench.provider.then([Step::Fail(ErrorKind::Unavailable)]);
    bench.get(CacheFirst).await?;
    assert_eq!(bench.prices.statistics().spent, money("0.5"));
    assert_eq!(bench.store.get_cache_entry(&key()).await?.expect("an entry").cost, money("0.5"));
    Ok(())
}

#[tokio::test]
async fn uses_are_told_to_the_store() -> Result<()> {
    let bench = Bench::new();
    for _ in 0..5 {
        bench.get(CacheFirst).await?;
        bench.clock.advance(TimeDelta::seconds(1));
    }
    let entry = || async { Ok::<_, Error>(bench.store.get_cache_entry(&key()).await?.expect("an entry")) };
    assert_eq!(entry().await?.hits, 0, "they are gathered");
    bench.prices.flush().await?;
    bench.prices.flush().await?;
    let told = entry().await?;
    assert_eq!((told.hits, told.last_access.since(told.asked_at)), (4, TimeDelta::seconds(4)));
    bench.clock.advance(TimeDelta::minutes(1));
    bench.get(CacheFirst).await?;
    bench.clock.advance(TimeDelta::minutes(1));
    bench.get(CacheFirst).await?;
    while entry().await?.hits < 6 {
        tokio::task::yield_now().await;
    }
    let counted = bench.prices.statistics();
    assert_eq!((counted.memory_hits, counted.hit_rate()), (6, Some(6.0 / 7.0)));
    let holdings = bench.prices.holdings().await?;
    assert_eq!((holdings.entries, holdings.bytes, holdings.oldest), (1, 1_000, Some(told.asked_at)));
    Ok(())
}

#[tokio::test]
async fn what_is_forgotten_or_gone_is_fetched_again() -> Result<()> {
    let bench = Bench::new();
    assert!(!bench.prices.forget(&spy()).await?);
    bench.get(CacheFirst).await?;
    assert!(bench.prices.forget(&spy()).await?);
    assert_eq!(reason(&bench.get(CacheFirst).await?), MissReason::NeverFetched);
    bench.store.purge(Dataset::UnderlyingQuotes, Timestamp::MAX).await?;
    let other = bench.another(options());
    let again = other.get(&spy(), ask(CacheFirst)).await?;
    assert_eq!((reason(&again), price(&again)), (MissReason::Gone, Some(3.0)));
    Ok(())
}

#[tokio::test]
async fn what_is_kept_no_longer_is_deleted_on_demand_and_every_day() -> Result<()> {
    let bench = Bench::new();
    let entries = || async {
        let entries = bench.store.list_cache_entries(&CacheFilter::default()).await?;
        Ok::<_, Error>(entries.into_iter().map(|entry| entry.subject.to_string()).collect::<Vec<_>>())
    };
    let of = |symbol: &str| PriceRequest::new(symbol.parse().expect("a symbol"));
    bench.prices.get(&of("SPY"), Ask::default()).await?;
    let of_another_kind = CacheKey { dataset: name("notes"), subject: name("SPY") };
    let now = bench.clock.now();
    bench.store.upsert_cache_entries(&[CacheEntry::new(of_another_kind, name("me"), now, now)]).await?;
    bench.clock.advance(TimeDelta::days(1));
    bench.prices.get(&of("QQQ"), Ask::default()).await?;
    bench.clock.advance(TimeDelta::days(29) - TimeDelta::microseconds(1));
    assert_eq!(bench.prices.clean_up().await?, 0, "it is kept for 30 days");
    bench.clock.advance(TimeDelta::microseconds(1));
    assert_eq!(bench.prices.clean_up().await?, 1);
    assert_eq!(entries().await?, ["SPY", "QQQ"], "another kind's stays, and what is young");
    // QQQ expires a day later, and is deleted by itself a day after that.
    for (days, deleted) in [(1, false), (1, true)] {
        bench.clock.advance(TimeDelta::days(days));
        bench.prices.get(&of("IWM"), ask(NetworkOnly)).await?;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(!entries().await?.contains(&"QQQ".to_owned()), deleted);
    }
    Ok(())
}

#[tokio::test]
async fn the_pace_of_a_provider_is_kept() -> Result<()> {
    let pace = Pace::every(Duration::from_millis(20));
    let bench = Bench::with(Scripted::default(), PullOptions { pace, ..options() });
    let start = std::time::Instant::now();
    for _ in 0..4 {
        bench.get(NetworkOnly).await?;
    }
    assert!(start.elapsed() >= Duration::from_millis(60), "{:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn a_chain_is_pulled_whole_or_by_expiration() -> Result<()> {
    let clock = Arc::new(ManualClock(Mutex::new("2025-09-25T20:00:00Z".parse()?)));
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let broker = FnProvider::new(name("broker"), move |_: ChainRequest, now: Timestamp| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            let quote = |symbol: &str| {
                Ok(OptionQuote::new(symbol.parse()?, now, Source::new("broker")?).with_market(Some(1.0), Some(1.1)))
            };
            let quotes = ["SPY251219C00650000", "SPY251219P00650000", "SPY260116C00650000"].into_iter().map(quote);
            Ok(Answer::Data { batch: Batch { quotes: quotes.collect::<Result<_>>()?, ..Batch::default() }, bytes: 1 })
        }
    });
    let store = Arc::new(MemoryStore::new());
    let chains = Puller::new(store, Arc::new(broker), clock, PullOptions::default());
    let whole = ChainRequest::new(Symbol::new("SPY")?);
    assert_eq!(chains.get(&whole, Ask::default()).await?.data.map(|chain| chain.len()), Some(3));
    let december = whole.with_expiration("2025-12-19".parse().expect("a day"));
    assert_eq!(chains.get(&december, Ask::default()).await?.data.map(|chain| chain.len()), Some(2));
    assert_eq!(asked.load(Ordering::SeqCst), 2, "an expiration is asked for by itself");
    let march = whole.with_expiration("2026-03-20".parse().expect("a day"));
    let error = chains.get(&march, Ask::default()).await.expect_err("nothing of it came");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

#[tokio::test]
async fn positions_are_those_that_the_account_holds() -> Result<()> {
    let clock = Arc::new(ManualClock(Mutex::new("2025-09-25T20:00:00Z".parse()?)));
    let at = clock.now();
    let of = move |account: &str, symbol: &str| -> Result<Position> {
        let (account, strategy) = (account.parse()?, "manual".parse()?);
        let key = PositionKey { account, instrument: symbol.parse()?, strategy };
        Ok(Position::new(key, Decimal::ONE, Decimal::TEN, at))
    };
    let held = Arc::new(Mutex::new(vec![of("U1", "SPY")?, of("U1", "QQQ")?]));
    let broker = FnProvider::new(name("broker"), {
        let held = Arc::clone(&held);
        move |_: PositionsRequest, _| {
            let batch = held.lock().expect("no panic").clone();
            async move { Ok(Answer::Data { batch, bytes: 1 }) }
        }
    });
    let store = Arc::new(MemoryStore::new());
    store.upsert_positions(&[of("U2", "IWM")?]).await?;
    let positions = Puller::new(store.clone(), Arc::new(broker), clock.clone(), PullOptions::default());
    let request = PositionsRequest::new(name("U1"));
    let count = |pulled: Pulled<Vec<Position>>| pulled.data.map(|held| held.len());
    assert_eq!(count(positions.get(&request, Ask::default()).await?), Some(2));
    held.lock().expect("no panic").pop();
    assert_eq!(count(positions.get(&request, Ask::new(NetworkOnly)).await?), Some(1));
    held.lock().expect("no panic").clear();
    let none = positions.get(&request, Ask::new(NetworkOnly)).await?;
    assert_eq!(count(none), Some(0), "to hold nothing is an answer");
    assert_eq!(store.list_positions(&PositionFilter::default()).await?, [of("U2", "IWM")?], "another account's stay");
    held.lock().expect("no panic").push(of("U2", "SPY")?);
    let error = positions.get(&request, Ask::new(NetworkOnly)).await.expect_err("a position of another");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    Ok(())
}

#[tokio::test]
async fn a_file_is_a_provider() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock(Mutex::new("2025-09-26T12:00:00Z".parse()?)));
    let files = FileProvider::new(name("files"), folder.path(), ".json");
    let store = Arc::new(MemoryStore::new());
    let chains = Puller::<ChainRequest>::new(store.clone(), Arc::new(files), clock.clone(), PullOptions::default());
    let spy = ChainRequest::new(Symbol::new("SPY")?);
    let missing = chains.get(&spy, Ask::default()).await?;
    assert!(missing.data.is_none(), "a file that is not there has nothing");
    std::fs::write(folder.path().join("SPY.json"), "{").expect("written");
    clock.advance(TimeDelta::hours(2));
    let error = chains.get(&spy, Ask::default()).await.expect_err("it cannot be read");
    assert!(!error.is_retryable(), "{error}");
    assert_eq!(store.list_cache_entries(&CacheFilter::default()).await?[0].outcome, FetchOutcome::Failed);
    Ok(())
}
