//! Bars by ranges of days, of which only the gaps are fetched.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Clock, Error, ErrorKind, Name, Result, Store, Timestamp,
    market::{Bar, Timeframe, calendar},
    operations::{Coverage, CoverageFilter, FetchOutcome},
};

use super::{BarsRequest, FetchOptions, FetchPolicy, Provider, PullOptions, Puller, Request, fetch::Fetcher};

/// The age up to which the fetch of a gap serves other callers too: those who come together see the same gaps.
const SHARED_FETCH_MAX_AGE: TimeDelta = TimeDelta::minutes(1);

/// The bars of a range, and the fetches that brought them.
#[derive(Debug)]
pub struct PulledBars {
    /// All stored bars of the range, oldest first.
    pub bars: Vec<Bar>,
    /// The fetched spans, each from its first to its last trading day.
    pub fetched: Vec<(NaiveDate, NaiveDate)>,
    /// The past trading days without a bar.
    pub missing: Vec<NaiveDate>,
    /// The failure that left gaps unfilled, under a policy with a fall-back.
    pub error: Option<Arc<Error>>,
}

/// Answers requests for bars by days. A bar puller fetches the past trading days of the exchange's
/// [calendar](strikebook_core::market::calendar) that are not stored; consecutive ones in one request.
///
/// The fetched days are recorded as [`Coverage`]. A day with data is not fetched again while a bar of it is stored. A
/// day without data is fetched again after as long as it was old at its fetch, and no earlier than after
/// [`PullOptions::empty_pause`]: yesterday's bar may come late, that of ten years ago will not. A daily bar from
/// another source, such as a file, fills its day too.
#[derive(Clone, Debug)]
pub struct BarPuller(Puller<BarsRequest>);

impl BarPuller {
    /// Creates a puller from a provider into a store.
    pub fn new(
        store: Arc<dyn Store>,
        provider: Arc<dyn Provider<BarsRequest>>,
        clock: Arc<dyn Clock>,
        options: PullOptions,
    ) -> Self {
        Self(Puller::new(store, provider, clock, options))
    }

    /// Returns the puller that fetches the gaps, for example for its statistics.
    pub const fn puller(&self) -> &Puller<BarsRequest> {
        &self.0
    }

    /// Forgets which days were fetched, of all bars, so that the next call fetches every day without a stored bar.
    /// Stored bars stay. Returns the number of days.
    ///
    /// # Errors
    /// Those of the store.
    ///
    /// # Cancel safety
    /// A dropped call may leave some of them.
    pub async fn forget_all(&self) -> Result<u64> {
        self.0.forget_all().await?;
        let store = &self.0.fetcher().cache.store;
        let filter = CoverageFilter { dataset: Some(Name::new(BarsRequest::DATASET)?), ..CoverageFilter::default() };
        store.delete_coverage(&filter).await
    }

    /// Returns the bars of a range. The policy selects the days to fetch and the answer after a failure:
    ///
    /// | policy | fetches | after a failure |
    /// |---|---|---|
    /// | [`CacheOnly`](FetchPolicy::CacheOnly) | nothing | |
    /// | [`CacheFirst`](FetchPolicy::CacheFirst) | the gaps | an error; gaps filled before it stay filled |
    /// | [`StaleIfError`](FetchPolicy::StaleIfError), [`StaleWhileRevalidate`](FetchPolicy::StaleWhileRevalidate) | the gaps | the stored bars, and the error with them |
    /// | [`NetworkOnly`](FetchPolicy::NetworkOnly) | all days | an error |
    /// | [`NetworkFirst`](FetchPolicy::NetworkFirst) | all days | the stored bars, and the error with them |
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for days outside of [`Timestamp`]'s range, and those of
    /// [`Puller::get`].
    ///
    /// # Cancel safety
    /// A started fetch runs on. Its days may be fetched again.
    pub async fn get(&self, request: &BarsRequest, policy: FetchPolicy) -> Result<PulledBars> {
        let Fetcher { cache, clock, .. } = self.0.fetcher();
        let (store, now) = (&*cache.store, clock.now());
        let coverage = self.coverage(request).await?;
        let newest = coverage.values().filter(|day| day.outcome == FetchOutcome::Data).map(|day| day.recorded_at).max();
        let mut bars = request.stored(store, cache.read_at(newest, now).unwrap_or(now)).await?;
        let days = past_trading_days(request, now)?;
        let gaps = match policy {
            FetchPolicy::CacheOnly => Vec::new(),
            FetchPolicy::NetworkFirst | FetchPolicy::NetworkOnly => runs(&days, |_| true),
            FetchPolicy::CacheFirst | FetchPolicy::StaleIfError | FetchPolicy::StaleWhileRevalidate => {
                gaps(request, &days, &BarsRequest::days(&bars), &coverage, now)
            }
        };
        let filled = self.fill(request, &gaps, policy).await?;
        if !filled.spans.is_empty() {
            let now = clock.now();
            bars = request.stored(store, filled.newest.map_or(now, |newest| newest.max(now))).await?;
        }
        let stored = BarsRequest::days(&bars);
        let missing = days.into_iter().filter(|day| !stored.contains(day)).collect();
        Ok(PulledBars { bars, fetched: filled.spans, missing, error: filled.error })
    }

    /// Returns the coverage of the range by day.
    async fn coverage(&self, request: &BarsRequest) -> Result<BTreeMap<NaiveDate, Coverage>> {
        let (from, until) = (Some(request.from), Some(request.until));
        let filter = CoverageFilter { from, until, ..CoverageFilter::of(&request.coverage_key()?) };
        let coverage = self.0.fetcher().cache.store.list_coverage(&filter).await?;
        Ok(coverage.into_iter().map(|day| (day.date, day)).collect())
    }

    /// Fetches the gaps in their order, up to the first failure.
    async fn fill(&self, request: &BarsRequest, gaps: &[Vec<NaiveDate>], policy: FetchPolicy) -> Result<Filled> {
        let mut filled = Filled::default();
        for gap in gaps {
            let (Some(from), Some(until)) = (gap.first(), gap.last()) else {
                return Err(Error::new(ErrorKind::Internal, "a gap has no days"));
            };
            match self.fill_gap(request, gap, (*from, *until), policy).await {
                Ok(newest) => {
                    filled.newest = filled.newest.max(newest);
                    filled.spans.push((*from, *until));
                }
                Err(error) if matches!(policy, FetchPolicy::CacheFirst | FetchPolicy::NetworkOnly) => {
                    return Err(error);
                }
                Err(error) => {
                    filled.error = Some(Arc::new(error));
                    break;
                }
            }
        }
        Ok(filled)
    }

    /// Fetches consecutive trading days, records their coverage, and returns the latest instant of the fetched bars.
    async fn fill_gap(
        &self,
        request: &BarsRequest,
        gap: &[NaiveDate],
        (from, until): (NaiveDate, NaiveDate),
        policy: FetchPolicy,
    ) -> Result<Option<Timestamp>> {
        let options = if policy.is_forced() {
            FetchOptions::new(FetchPolicy::NetworkOnly)
        } else {
            FetchOptions::default().with_max_age(SHARED_FETCH_MAX_AGE)
        };
        let pulled = self.0.get(&BarsRequest::new(request.key, from, until), options).await?;
        // The provider may have nothing: an empty answer has no bars.
        let bars = pulled.data.as_deref().map_or(&[][..], Vec::as_slice);
        let (days, newest) = (BarsRequest::days(bars), BarsRequest::newest_of(bars));
        let (key, fetched_at) = (request.coverage_key()?, pulled.fetched_at);
        let Fetcher { cache, options, .. } = self.0.fetcher();
        let coverage = |day: &NaiveDate| {
            if days.contains(day) {
                // A read of these days soon after sees bars that the vendor's clock put ahead of ours.
                let recorded_at = newest.map_or(fetched_at, |newest| newest.max(fetched_at));
                return Ok(Coverage::new(key, *day, FetchOutcome::Data, recorded_at));
            }
            let age = fetched_at.since(calendar::close_on(*day)?);
            let retry_after = fetched_at.saturating_add(age.max(options.empty_pause));
            let empty = Coverage::new(key, *day, FetchOutcome::Empty, fetched_at);
            Ok(Coverage { retry_after: Some(retry_after), ..empty })
        };
        let coverage = gap.iter().map(coverage).collect::<Result<Vec<_>>>()?;
        cache.store.upsert_coverage(&coverage).await?;
        Ok(newest)
    }
}

/// The result of filling gaps.
#[derive(Default)]
struct Filled {
    spans: Vec<(NaiveDate, NaiveDate)>,
    /// The latest instant of the fetched bars.
    newest: Option<Timestamp>,
    error: Option<Arc<Error>>,
}

/// Returns the trading days of the range that had closed at an instant.
fn past_trading_days(request: &BarsRequest, now: Timestamp) -> Result<Vec<NaiveDate>> {
    let mut days = Vec::new();
    for day in calendar::trading_days(request.from, request.until) {
        if calendar::close_on(day)? > now {
            break;
        }
        days.push(day);
    }
    Ok(days)
}

/// Returns the runs of consecutive days that must be fetched.
fn gaps(
    request: &BarsRequest,
    days: &[NaiveDate],
    stored: &BTreeSet<NaiveDate>,
    coverage: &BTreeMap<NaiveDate, Coverage>,
    now: Timestamp,
) -> Vec<Vec<NaiveDate>> {
    let is_daily = request.key.timeframe == Timeframe::Day1;
    runs(days, |day| match coverage.get(day) {
        // One bar within a day is no sign of the others; a daily bar is all of its day.
        _ if is_daily && stored.contains(day) => false,
        None => true,
        Some(coverage) if coverage.outcome == FetchOutcome::Data => !stored.contains(day),
        Some(coverage) => !coverage.is_settled(now),
    })
}

/// Returns the runs of consecutive wanted days.
fn runs(days: &[NaiveDate], is_wanted: impl Fn(&NaiveDate) -> bool) -> Vec<Vec<NaiveDate>> {
    days.chunk_by(|one, next| is_wanted(one) == is_wanted(next))
        .filter(|run| run.first().is_some_and(&is_wanted))
        .map(<[NaiveDate]>::to_vec)
        .collect()
}
