//! What goes, decided by what the store counts and measures.

use std::collections::HashMap;

use strikebook_core::{
    Keyed, Result, Store, Timestamp,
    maintenance::{Dataset, DatasetStatistics, DiskSize, Eviction},
    operations::{CacheFilter, CacheKey, Coverage, CoverageFilter, FetchOutcome},
};

use super::{Reason, Removed, in_use, subjects::Entries};

/// What goes of one subject, and how.
pub(super) struct Step {
    pub(super) removed: Removed,
    pub(super) evictions: Vec<Eviction>,
    pub(super) coverage: Vec<CoverageFilter>,
}

pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// About how many bytes what was fetched takes without the steps; `None` where it was not counted.
    pub(super) fetched_after: Option<u64>,
}

impl Plan {
    /// About how many bytes a store takes when the steps are done.
    pub(super) fn expected(&self, bytes_before: Option<u64>) -> Option<u64> {
        bytes_before.map(|bytes| bytes.saturating_sub(bytes_of(&self.steps)))
    }
}

/// Decides what goes: what had expired at an instant, and as much of the rest as it takes to bring down what was
/// fetched.
pub(super) async fn plan(
    store: &dyn Store,
    disk: Option<DiskSize>,
    max_bytes: u64,
    now: Timestamp,
    expired_at: Timestamp,
) -> Result<Plan> {
    let mut entries = store.list_cache_entries(&CacheFilter::default()).await?;
    // What is fetched meanwhile stays, or it would go each time that it comes.
    entries.retain(|entry| entry.asked_at <= now);
    let mut subjects = Entries::by_subject(entries);
    let mut planner = Planner { store, in_use: disk.map(in_use), sizes: None };
    let mut expired = Vec::new();
    for subject in &subjects {
        expired.extend(planner.expired(subject, expired_at).await?);
    }
    // A store that takes no more as a whole need not be counted.
    if disk.is_none_or(|disk| in_use(disk) <= max_bytes) {
        return Ok(Plan { steps: expired, fetched_after: None });
    }
    subjects.sort_by_key(Entries::last_access);
    let mut all = Vec::new();
    for subject in &subjects {
        all.extend(planner.least_recently_used(subject, now).await?.filter(|step| step.removed.rows > 0));
    }
    // What expired is part of its subject.
    let mut left = bytes_of(&all).saturating_sub(bytes_of(&expired));
    let mut evicted = Vec::new();
    if left > max_bytes {
        for step in all {
            if left <= max_bytes - max_bytes / 10 {
                break;
            }
            let of_subject = expired.iter().filter(|expired| expired.removed.subject == step.removed.subject);
            let counted = of_subject.map(|expired| expired.removed.bytes).sum();
            left = left.saturating_sub(step.removed.bytes.saturating_sub(counted));
            evicted.push(step);
        }
    }
    expired.retain(|step| evicted.iter().all(|evicted| evicted.removed.subject != step.removed.subject));
    expired.append(&mut evicted);
    Ok(Plan { steps: expired, fetched_after: Some(left) })
}

fn bytes_of(steps: &[Step]) -> u64 {
    steps.iter().map(|step| step.removed.bytes).sum()
}

struct Planner<'a> {
    store: &'a dyn Store,
    /// Bytes on disk that hold something.
    in_use: Option<u64>,
    /// About how many bytes a row takes, once somebody asks.
    sizes: Option<HashMap<Dataset, u64>>,
}

impl Planner<'_> {
    /// What of a subject had expired at an instant.
    async fn expired(&mut self, subject: &Entries, expired_at: Timestamp) -> Result<Option<Step>> {
        let expired =
            |key: &&_| subject.entries.iter().any(|entry| entry.key() == **key && entry.expires_at <= expired_at);
        let all: Vec<_> = subject.entries.iter().map(Keyed::key).collect();
        let keys: Vec<_> = all.iter().filter(expired).copied().collect();
        let learned_until = subject.expired_until(expired_at);
        let whole = keys.len() == all.len();
        self.step(subject, Reason::Expired, keys, learned_until, whole).await
    }

    /// All that there is of a subject.
    async fn least_recently_used(&mut self, subject: &Entries, now: Timestamp) -> Result<Option<Step>> {
        let keys = subject.entries.iter().map(Keyed::key).collect();
        self.step(subject, Reason::LeastRecentlyUsed, keys, now, true).await
    }

    async fn step(
        &mut self,
        subject: &Entries,
        reason: Reason,
        entries: Vec<CacheKey>,
        learned_until: Timestamp,
        whole: bool,
    ) -> Result<Option<Step>> {
        let evictions = subject.evictions(learned_until);
        let (mut rows, mut bytes) = (0, 0);
        for eviction in &evictions {
            for of_one in self.store.count_evictable(eviction).await? {
                let count = of_one.purged.rows + of_one.purged.superseded;
                if count > 0 {
                    rows += count;
                    bytes += count.saturating_mul(self.bytes_of_a_row(of_one.dataset).await?);
                }
            }
        }
        let coverage = self.coverage(subject, learned_until, whole).await?;
        if entries.is_empty() && rows == 0 && coverage.is_empty() {
            return Ok(None);
        }
        let removed =
            Removed { subject: subject.subject, reason, last_access: subject.last_access(), entries, rows, bytes };
        Ok(Some(Step { removed, evictions, coverage }))
    }

    /// The days that are no longer there with the rows that were learned up to an instant.
    async fn coverage(&self, subject: &Entries, learned_until: Timestamp, whole: bool) -> Result<Vec<CoverageFilter>> {
        let Some(key) = subject.subject.covered() else { return Ok(Vec::new()) };
        let all = CoverageFilter::of(&key);
        if whole {
            return Ok(vec![all]);
        }
        let goes = |day: &Coverage| day.outcome == FetchOutcome::Data && day.recorded_at <= learned_until;
        let days = self.store.list_coverage(&all).await?;
        let runs = days.chunk_by(|one, next| goes(one) == goes(next)).filter(|run| run.first().is_some_and(goes));
        let bounds = |run: &[Coverage]| {
            let (from, until) = (run.first().map(|day| day.date), run.last().map(|day| day.date));
            CoverageFilter { from, until, ..all.clone() }
        };
        Ok(runs.map(bounds).collect())
    }

    /// About how many bytes a row of a dataset takes, or where the engine cannot tell what a row of the whole store
    /// does.
    async fn bytes_of_a_row(&mut self, dataset: Dataset) -> Result<u64> {
        let sizes = match self.sizes.take() {
            Some(sizes) => sizes,
            None => sizes(&self.store.statistics().await?, self.in_use),
        };
        let size = sizes.get(&dataset).copied().unwrap_or(0);
        self.sizes = Some(sizes);
        Ok(size)
    }
}

fn sizes(statistics: &[DatasetStatistics], in_use: Option<u64>) -> HashMap<Dataset, u64> {
    let all: u64 = statistics.iter().map(|of_one| of_one.rows + of_one.superseded).sum();
    let of_any = in_use.unwrap_or(0) / all.max(1);
    statistics.iter().map(|of_one| (of_one.dataset, of_one.row_bytes.unwrap_or(of_any))).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use strikebook_core::{
        Name, Source,
        maintenance::Maintenance as _,
        market::{Symbol, UnderlyingQuote, UnderlyingRepository as _},
        memory::MemoryStore,
        operations::{CacheEntry, CacheRepository as _},
    };

    use super::*;

    /// Two underlyings with 20 quotes each that were fetched, and as many that were not.
    async fn desk() -> Result<(MemoryStore, Timestamp)> {
        let (store, at) = (MemoryStore::new(), "2025-09-25T20:00:00Z".parse::<Timestamp>()?);
        for (symbol, minutes) in [("AAA", 0), ("BBB", 1)] {
            let asked_at = at.saturating_add(TimeDelta::minutes(minutes));
            let key = CacheKey { dataset: Name::new("prices")?, subject: Name::new(symbol)? };
            let expires_at = asked_at.saturating_add(TimeDelta::days(30));
            store.upsert_cache_entries(&[CacheEntry::new(key, Name::new("broker")?, asked_at, expires_at)]).await?;
            let quote = |days| {
                let at = asked_at.saturating_sub(TimeDelta::days(days));
                let source = Source::new(if days < 20 { "broker" } else { "import" })?;
                Ok(UnderlyingQuote { last: Some(1.0), ..UnderlyingQuote::new(Symbol::new(symbol)?, at, source) })
            };
            store.upsert_underlying_quotes(&(0..40).map(quote).collect::<Result<Vec<_>>>()?).await?;
        }
        Ok((store, at.saturating_add(TimeDelta::hours(1))))
    }

    /// The subjects that go from a store of 100 bytes a row and so many free ones, and what was fetched takes then.
    async fn planned(free: u64, max_bytes: u64) -> Result<(Vec<String>, Option<u64>)> {
        let (store, now) = desk().await?;
        let rows: u64 = store.statistics().await?.iter().map(|counted| counted.rows).sum();
        let disk = DiskSize { bytes: rows * 100 + free, free };
        let plan = plan(&store, Some(disk), max_bytes, now, now).await?;
        let subjects = plan.steps.iter().map(|step| step.removed.subject.to_string()).collect();
        Ok((subjects, plan.fetched_after))
    }

    #[tokio::test]
    async fn only_what_was_fetched_counts() -> Result<()> {
        // Of 80 quotes half were fetched.
        for free in [0, 1_000_000] {
            assert_eq!(planned(free, 4_000).await?, (Vec::new(), Some(4_000)));
            assert_eq!(planned(free, 3_999).await?, (vec!["market of AAA".to_owned()], Some(2_000)));
            assert_eq!(planned(free, 20_000).await?, (Vec::new(), None), "the whole store is small enough");
        }
        Ok(())
    }
}
