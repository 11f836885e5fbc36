//! What goes, decided by what the store counts and measures.

use std::collections::HashMap;

use strikebook_core::{
    Keyed, Result, Store, Timestamp,
    maintenance::{Dataset, DatasetStatistics, DiskSize, Eviction},
    operations::{CacheFilter, CacheKey, Coverage, CoverageFilter, FetchOutcome},
};

use super::{Budget, Reason, Removed, subjects::Entries};

/// What goes of one subject, and how.
pub(super) struct Step {
    pub(super) removed: Removed,
    pub(super) evictions: Vec<Eviction>,
    pub(super) coverage: Vec<CoverageFilter>,
}

pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) bytes_before: Option<u64>,
    pub(super) bytes_after: Option<u64>,
    pub(super) budget: Budget,
}

/// Decides what goes: what had expired at an instant, and as much of the rest as it takes to bring a store of a size down.
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
    let mut planner = Planner { store, disk: disk.map(|size| size.bytes), sizes: None };
    let mut steps = Vec::new();
    for subject in &subjects {
        steps.extend(planner.expired(subject, expired_at).await?);
    }
    let Some(disk) = disk else {
        return Ok(Plan { steps, bytes_before: None, bytes_after: None, budget: Budget::NotOnDisk });
    };
    if disk.bytes <= max_bytes {
        let bytes = Some(disk.bytes);
        return Ok(Plan { steps, bytes_before: bytes, bytes_after: bytes, budget: Budget::Met });
    }
    let without_expired = disk.bytes.saturating_sub(disk.free).saturating_sub(bytes_of(&steps));
    let (mut left, mut evicted) = (without_expired, Vec::new());
    subjects.sort_by_key(Entries::last_access);
    for subject in &subjects {
        if left <= max_bytes - max_bytes / 10 {
            break;
        }
        let step = planner.least_recently_used(subject, now).await?.filter(|step| step.removed.rows > 0);
        let Some(step) = step else { continue };
        // What of it expired is among it.
        let expired = steps.iter().filter(|expired| expired.removed.subject == subject.subject);
        let expired = expired.map(|expired| expired.removed.bytes).sum();
        left = left.saturating_sub(step.removed.bytes.saturating_sub(expired));
        evicted.push(step);
    }
    let budget = if left <= max_bytes { Budget::Met } else { Budget::Unmet { over: left - max_bytes } };
    // Bytes are estimated, and what is deleted in vain has to be fetched again: without hope nothing is.
    let hope = (without_expired - left) / 4;
    if left > max_bytes.saturating_add(hope) {
        (left, evicted) = (without_expired, Vec::new());
    }
    steps.retain(|step| evicted.iter().all(|evicted| evicted.removed.subject != step.removed.subject));
    steps.append(&mut evicted);
    Ok(Plan { steps, bytes_before: Some(disk.bytes), bytes_after: Some(left), budget })
}

fn bytes_of(steps: &[Step]) -> u64 {
    steps.iter().map(|step| step.removed.bytes).sum()
}

struct Planner<'a> {
    store: &'a dyn Store,
    /// Bytes on disk.
    disk: Option<u64>,
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

    /// About how many bytes a row of a dataset takes: what its table does, shared out, or where the engine cannot tell what
    /// the whole store does.
    async fn bytes_of_a_row(&mut self, dataset: Dataset) -> Result<u64> {
        let sizes = match self.sizes.take() {
            Some(sizes) => sizes,
            None => sizes(&self.store.statistics().await?, self.disk),
        };
        let size = sizes.get(&dataset).copied().unwrap_or(0);
        self.sizes = Some(sizes);
        Ok(size)
    }
}

fn sizes(statistics: &[DatasetStatistics], disk: Option<u64>) -> HashMap<Dataset, u64> {
    let rows = |of_one: &DatasetStatistics| of_one.rows + of_one.superseded;
    let all: u64 = statistics.iter().map(rows).sum();
    let size = |of_one: &DatasetStatistics| match (of_one.bytes, disk) {
        (Some(bytes), _) => bytes / rows(of_one).max(1),
        (None, disk) => disk.unwrap_or(0) / all.max(1),
    };
    statistics.iter().map(|of_one| (of_one.dataset, size(of_one))).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use strikebook_core::{
        Name, Source,
        market::{Symbol, UnderlyingQuote, UnderlyingRepository as _},
        memory::MemoryStore,
        operations::{CacheEntry, CacheRepository as _},
    };

    use super::*;

    #[tokio::test]
    async fn space_that_holds_nothing_is_given_back_before_anything_goes() -> Result<()> {
        let (store, at) = (MemoryStore::new(), "2025-09-25T20:00:00Z".parse::<Timestamp>()?);
        for (symbol, minutes) in [("AAA", 0), ("BBB", 1)] {
            let asked_at = at.saturating_add(TimeDelta::minutes(minutes));
            let key = CacheKey { dataset: Name::new("prices")?, subject: Name::new(symbol)? };
            let expires_at = asked_at.saturating_add(TimeDelta::days(30));
            store.upsert_cache_entries(&[CacheEntry::new(key, Name::new("broker")?, asked_at, expires_at)]).await?;
            let quote = |days| {
                let at = asked_at.saturating_sub(TimeDelta::days(days));
                let quote = UnderlyingQuote::new(Symbol::new(symbol)?, at, Source::new("broker")?);
                Ok(UnderlyingQuote { last: Some(1.0), ..quote })
            };
            store.upsert_underlying_quotes(&(0..20).map(quote).collect::<Result<Vec<_>>>()?).await?;
        }
        let now = at.saturating_add(TimeDelta::hours(1));
        let plan = async |free| plan(&store, Some(DiskSize { bytes: 1_000, free }), 800, now, now).await;
        let kept = plan(400).await?;
        assert_eq!((kept.steps.len(), kept.bytes_after, kept.budget), (0, Some(600), Budget::Met));
        let evicted = plan(0).await?;
        let subjects: Vec<_> = evicted.steps.iter().map(|step| step.removed.subject.to_string()).collect();
        assert_eq!((subjects, evicted.budget), (vec!["market of AAA".to_owned()], Budget::Met));
        Ok(())
    }
}
