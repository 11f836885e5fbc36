//! Ranges: only the days that are not there yet are fetched.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    Clock, Error, Result, Store, Timestamp,
    market::{Bar, Timeframe, calendar},
    operations::{Coverage, CoverageFilter, FetchOutcome},
};

use super::{Ask, BarsRequest, FetchPolicy, Provider, PullOptions, Puller};

/// Within this time, what was fetched for a gap is not fetched again: callers who come at once see the same gaps.
const AT_ONCE: TimeDelta = TimeDelta::minutes(1);

/// The bars of a range, and how they came about.
#[derive(Debug)]
pub struct PulledBars {
    /// All bars of the range that are stored now, oldest first.
    pub bars: Vec<Bar>,
    /// The spans that the provider was asked for, from a first to a last trading day.
    pub fetched: Vec<(NaiveDate, NaiveDate)>,
    /// Trading days that are over and have no bar.
    pub missing: Vec<NaiveDate>,
    /// Why not all gaps could be filled, under a policy that knows a way out.
    pub error: Option<Arc<Error>>,
}

/// Answers requests for bars by days. It asks the provider for the trading days, by the exchange's
/// [calendar](strikebook_core::market::calendar), that are over and not there; consecutive ones in one request.
///
/// Which days were asked for is kept as [`Coverage`]. A day that came is not asked for again while a bar of it is
/// stored. One of which the provider had nothing is asked for again after as long as it was old then, and not before an
/// hour ([`PullOptions::empty_pause`]): yesterday's bar may come late, that of ten years ago will not. A daily bar that
/// came in another way, out of a file, is there too.
#[derive(Clone, Debug)]
pub struct BarPuller(Puller<BarsRequest>);

impl BarPuller {
    /// A puller of a provider into a store.
    pub fn new(
        store: Arc<dyn Store>,
        provider: Arc<dyn Provider<BarsRequest>>,
        clock: Arc<dyn Clock>,
        options: PullOptions,
    ) -> Self {
        Self(Puller::new(store, provider, clock, options))
    }

    /// The inner puller, which asks for the gaps, such as for its statistics.
    pub const fn puller(&self) -> &Puller<BarsRequest> {
        &self.0
    }

    /// The bars of a range. The policy says what is asked for and what becomes of a failure:
    ///
    /// | policy | asks for | when that fails |
    /// |---|---|---|
    /// | [`CacheOnly`](FetchPolicy::CacheOnly) | nothing | |
    /// | [`CacheFirst`](FetchPolicy::CacheFirst) | the gaps | an error; what came before it is stored |
    /// | [`StaleIfError`](FetchPolicy::StaleIfError), [`StaleWhileRevalidate`](FetchPolicy::StaleWhileRevalidate) | the gaps | gives what there is, and the error with it |
    /// | [`NetworkOnly`](FetchPolicy::NetworkOnly) | all days | an error |
    /// | [`NetworkFirst`](FetchPolicy::NetworkFirst) | all days | gives what there is, and the error with it |
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for days outside of [`Timestamp`]'s range, and those
    /// of [`Puller::get`].
    ///
    /// # Cancel safety
    /// A fetch that is under way goes on. Its days may be asked for again.
    pub async fn get(&self, request: &BarsRequest, policy: FetchPolicy) -> Result<PulledBars> {
        let (store, clock) = (&*self.0.inner().store, &self.0.inner().clock);
        let now = clock.now();
        let covered = self.covered(request).await?;
        let newest = covered.values().filter(|day| day.outcome == FetchOutcome::Data).map(|day| day.recorded_at).max();
        let mut bars = request.stored(store, self.0.inner().read_at(newest, now).unwrap_or(now)).await?;
        let is_over = |day: &NaiveDate| calendar::close_on(*day).is_ok_and(|close| close <= now);
        let days: Vec<_> = calendar::trading_days(request.from, request.until).take_while(is_over).collect();
        let gaps = match policy {
            FetchPolicy::CacheOnly => Vec::new(),
            FetchPolicy::NetworkFirst | FetchPolicy::NetworkOnly => runs(&days, |_| true),
            FetchPolicy::CacheFirst | FetchPolicy::StaleIfError | FetchPolicy::StaleWhileRevalidate => {
                gaps(request, &days, &BarsRequest::days(&bars), &covered, now)
            }
        };
        let (mut fetched, mut newest, mut error) = (Vec::new(), None, None);
        for gap in gaps {
            match self.fill(request, &gap, policy).await {
                Ok(newest_of_gap) => newest = newest.max(newest_of_gap),
                Err(failure) if matches!(policy, FetchPolicy::CacheFirst | FetchPolicy::NetworkOnly) => {
                    return Err(failure);
                }
                Err(failure) => {
                    error = Some(Arc::new(failure));
                    break;
                }
            }
            fetched.extend(gap.first().copied().zip(gap.last().copied()));
        }
        if !fetched.is_empty() {
            let now = clock.now();
            bars = request.stored(store, newest.map_or(now, |newest| newest.max(now))).await?;
        }
        let there = BarsRequest::days(&bars);
        let missing = days.into_iter().filter(|day| !there.contains(day)).collect();
        Ok(PulledBars { bars, fetched, missing, error })
    }

    /// The days of the range that were asked for before.
    async fn covered(&self, request: &BarsRequest) -> Result<BTreeMap<NaiveDate, Coverage>> {
        let (from, until) = (Some(request.from), Some(request.until));
        let filter = CoverageFilter { from, until, ..CoverageFilter::of(&request.covered()?) };
        let covered = self.0.inner().store.list_coverage(&filter).await?;
        Ok(covered.into_iter().map(|day| (day.date, day)).collect())
    }

    /// Fetches some consecutive trading days, notes what came, and returns the latest instant of it.
    async fn fill(&self, request: &BarsRequest, gap: &[NaiveDate], policy: FetchPolicy) -> Result<Option<Timestamp>> {
        let (Some(from), Some(until)) = (gap.first(), gap.last()) else { return Ok(None) };
        let ask =
            if policy.is_forced() { Ask::new(FetchPolicy::NetworkOnly) } else { Ask::default().with_max_age(AT_ONCE) };
        let pulled = self.0.get(&BarsRequest::new(request.key, *from, *until), ask).await?;
        let there = pulled.data.as_deref().map(|bars| BarsRequest::days(bars)).unwrap_or_default();
        let newest = pulled.data.as_deref().and_then(|bars| BarsRequest::newest_of(bars));
        let (key, asked_at) = (request.covered()?, pulled.fetched_at);
        let covered = |day: &NaiveDate| {
            if there.contains(day) {
                // Who reads these days soon sees bars that the vendor's clock put ahead of ours.
                let recorded_at = newest.map_or(asked_at, |newest| newest.max(asked_at));
                return Coverage::new(key, *day, FetchOutcome::Data, recorded_at);
            }
            let age = calendar::close_on(*day).map_or(TimeDelta::zero(), |close| asked_at.since(close));
            let retry_after = asked_at.saturating_add(age.max(self.0.inner().options.empty_pause));
            Coverage { retry_after: Some(retry_after), ..Coverage::new(key, *day, FetchOutcome::Empty, asked_at) }
        };
        let covered: Vec<_> = gap.iter().map(covered).collect();
        self.0.inner().store.upsert_coverage(&covered).await?;
        Ok(newest)
    }
}

/// The runs of days that are to be asked for.
fn gaps(
    request: &BarsRequest,
    days: &[NaiveDate],
    there: &BTreeSet<NaiveDate>,
    covered: &BTreeMap<NaiveDate, Coverage>,
    now: Timestamp,
) -> Vec<Vec<NaiveDate>> {
    let is_daily = request.key.timeframe == Timeframe::Day1;
    runs(days, |day| match covered.get(day) {
        // A bar within a day does not tell that the others are there; that of the day does.
        _ if is_daily && there.contains(day) => false,
        None => true,
        Some(coverage) if coverage.outcome == FetchOutcome::Data => !there.contains(day),
        Some(coverage) => !coverage.is_settled(now),
    })
}

/// The runs of neighbours that are wanted.
fn runs(days: &[NaiveDate], wanted: impl Fn(&NaiveDate) -> bool) -> Vec<Vec<NaiveDate>> {
    days.chunk_by(|one, next| wanted(one) == wanted(next))
        .filter(|run| run.first().is_some_and(&wanted))
        .map(<[NaiveDate]>::to_vec)
        .collect()
}
