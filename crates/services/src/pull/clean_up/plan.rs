//! The plan of a clean-up, from the store's counts and sizes.

use std::collections::HashMap;

use strikebook_core::{
    Error, ErrorKind, Result, Store, Timestamp,
    maintenance::{Dataset, DatasetStatistics, DiskSize, Eviction},
    operations::{CacheFilter, CacheKey, Coverage, CoverageFilter, FetchOutcome},
    port::Keyed,
};

use super::{RemovalReason, RemovedSubject, in_use, subjects::SubjectEntries};

/// The deletions of one subject.
pub(super) struct Step {
    pub(super) removed: RemovedSubject,
    pub(super) evictions: Vec<Eviction>,
    pub(super) coverage: Vec<CoverageFilter>,
}

pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    /// The estimated bytes of fetched data after the steps; `None` where they were not counted.
    pub(super) fetched_after: Option<u64>,
}

impl Plan {
    /// Returns the estimated bytes of a store after the steps.
    pub(super) fn expected(&self, bytes_before: Option<u64>) -> Option<u64> {
        bytes_before.map(|bytes| bytes.saturating_sub(bytes_of(&self.steps)))
    }
}

/// Plans to delete the data that had expired at an instant, and the least recently used subjects while fetched data
/// takes more than `max_bytes`.
pub(super) async fn plan(
    store: &dyn Store,
    disk: Option<DiskSize>,
    max_bytes: u64,
    now: Timestamp,
    expired_at: Timestamp,
) -> Result<Plan> {
    let mut entries = store.list_cache_entries(&CacheFilter::default()).await?;
    // An entry fetched during the clean-up stays, or it would be deleted each time that it comes.
    entries.retain(|entry| entry.asked_at <= now);
    let subjects = SubjectEntries::group(entries);
    let mut planner = Planner { store, in_use: disk.map(in_use), row_bytes: None };
    let mut expired = Vec::new();
    for subject in &subjects {
        expired.extend(planner.expired(subject, expired_at).await?);
    }
    // A store that takes no more as a whole need not be counted.
    if disk.is_none_or(|disk| in_use(disk) <= max_bytes) {
        return Ok(Plan { steps: expired, fetched_after: None });
    }
    let all = planner.least_recently_used_first(subjects, now).await?;
    Ok(evict_beyond(max_bytes, expired, all))
}

/// Adds subjects to the expired ones, in the order given, until fetched data is down to nine tenths of `max_bytes`.
/// Adds none when fetched data takes no more than `max_bytes` without the expired rows.
fn evict_beyond(max_bytes: u64, mut expired: Vec<Step>, all: Vec<Step>) -> Plan {
    // The expired rows of a subject are among all its rows.
    let mut fetched = bytes_of(&all).saturating_sub(bytes_of(&expired));
    if fetched <= max_bytes {
        return Plan { steps: expired, fetched_after: Some(fetched) };
    }
    let target = max_bytes - max_bytes / 10;
    let mut evicted = Vec::new();
    for step in all {
        if fetched <= target {
            break;
        }
        let of_subject = expired.iter().filter(|expired| expired.removed.subject == step.removed.subject);
        let counted = of_subject.map(|expired| expired.removed.bytes).sum();
        fetched = fetched.saturating_sub(step.removed.bytes.saturating_sub(counted));
        evicted.push(step);
    }
    expired.retain(|step| evicted.iter().all(|evicted| evicted.removed.subject != step.removed.subject));
    expired.append(&mut evicted);
    Plan { steps: expired, fetched_after: Some(fetched) }
}

fn bytes_of(steps: &[Step]) -> u64 {
    steps.iter().map(|step| step.removed.bytes).sum()
}

struct Planner<'a> {
    store: &'a dyn Store,
    /// The bytes on disk that hold rows.
    in_use: Option<u64>,
    /// The estimated bytes of a row by dataset, once they are needed.
    row_bytes: Option<HashMap<Dataset, u64>>,
}

impl Planner<'_> {
    /// Plans to delete the rows of a subject that had expired at an instant.
    async fn expired(&mut self, subject: &SubjectEntries, expired_at: Timestamp) -> Result<Option<Step>> {
        let expired = subject.entries.iter().filter(|entry| entry.expires_at <= expired_at);
        let keys: Vec<_> = expired.map(Keyed::key).collect();
        let recorded_until = subject.expired_until(expired_at);
        let is_whole = keys.len() == subject.entries.len();
        self.step(subject, RemovalReason::Expired, keys, recorded_until, is_whole).await
    }

    /// Plans to delete each subject that has rows as a whole, the least recently used first.
    async fn least_recently_used_first(
        &mut self,
        mut subjects: Vec<SubjectEntries>,
        now: Timestamp,
    ) -> Result<Vec<Step>> {
        subjects.sort_by_key(SubjectEntries::last_access);
        let mut steps = Vec::new();
        for subject in &subjects {
            let keys = subject.entries.iter().map(Keyed::key).collect();
            let step = self.step(subject, RemovalReason::LeastRecentlyUsed, keys, now, true).await?;
            steps.extend(step.filter(|step| step.removed.rows > 0));
        }
        Ok(steps)
    }

    /// Plans to delete the rows of a subject that were recorded up to an instant; `None` when there is nothing to
    /// delete.
    async fn step(
        &mut self,
        subject: &SubjectEntries,
        reason: RemovalReason,
        entries: Vec<CacheKey>,
        recorded_until: Timestamp,
        is_whole: bool,
    ) -> Result<Option<Step>> {
        let evictions = subject.evictions(recorded_until);
        let (mut rows, mut bytes) = (0, 0);
        for eviction in &evictions {
            for counted in self.store.count_evictable(eviction).await? {
                let count = counted.purged.rows + counted.purged.superseded;
                if count > 0 {
                    rows += count;
                    bytes += count.saturating_mul(self.bytes_of_a_row(counted.dataset).await?);
                }
            }
        }
        let coverage = self.coverage(subject, recorded_until, is_whole).await?;
        if entries.is_empty() && rows == 0 && coverage.is_empty() {
            return Ok(None);
        }
        let (last_access, subject) = (subject.last_access(), subject.subject);
        let removed = RemovedSubject { subject, reason, last_access, entries, rows, bytes };
        Ok(Some(Step { removed, evictions, coverage }))
    }

    /// Returns the days whose coverage goes with the rows that were recorded up to an instant.
    async fn coverage(
        &self,
        subject: &SubjectEntries,
        recorded_until: Timestamp,
        is_whole: bool,
    ) -> Result<Vec<CoverageFilter>> {
        let Some(key) = subject.subject.coverage_key()? else { return Ok(Vec::new()) };
        let all = CoverageFilter::of(&key);
        if is_whole {
            return Ok(vec![all]);
        }
        let goes = |day: &Coverage| day.outcome == FetchOutcome::Data && day.recorded_at <= recorded_until;
        let days = self.store.list_coverage(&all).await?;
        let runs = days.chunk_by(|one, next| goes(one) == goes(next)).filter(|run| run.first().is_some_and(goes));
        let bounds = |run: &[Coverage]| {
            let (from, until) = (run.first().map(|day| day.date), run.last().map(|day| day.date));
            CoverageFilter { from, until, ..all.clone() }
        };
        Ok(runs.map(bounds).collect())
    }

    /// Returns the estimated bytes of a row of a dataset. Where the engine cannot measure a dataset, these are the
    /// bytes of an average row of the store.
    async fn bytes_of_a_row(&mut self, dataset: Dataset) -> Result<u64> {
        let row_bytes = match self.row_bytes.take() {
            Some(row_bytes) => row_bytes,
            None => row_bytes(&self.store.statistics().await?, self.in_use),
        };
        let bytes = row_bytes.get(&dataset).copied();
        self.row_bytes = Some(row_bytes);
        bytes.ok_or_else(|| {
            Error::new(ErrorKind::Internal, "the store's statistics lack a dataset").with("dataset", dataset.as_str())
        })
    }
}

fn row_bytes(statistics: &[DatasetStatistics], in_use: Option<u64>) -> HashMap<Dataset, u64> {
    let rows: u64 = statistics.iter().map(|dataset| dataset.rows + dataset.superseded).sum();
    // Rows of a store that is not on disk take no bytes of it.
    let average = in_use.map_or(0, |bytes| bytes / rows.max(1));
    statistics.iter().map(|dataset| (dataset.dataset, dataset.row_bytes.unwrap_or(average))).collect()
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

    /// Returns a store of two underlyings with 20 fetched quotes each, and as many that were not fetched.
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

    /// Returns the subjects that a plan deletes from a store with 100 bytes a row, and the fetched bytes after.
    async fn planned(free: u64, max_bytes: u64) -> Result<(Vec<String>, Option<u64>)> {
        let (store, now) = desk().await?;
        let rows: u64 = store.statistics().await?.iter().map(|counted| counted.rows).sum();
        let disk = DiskSize { bytes: rows * 100 + free, free };
        let plan = plan(&store, Some(disk), max_bytes, now, now).await?;
        let subjects = plan.steps.iter().map(|step| step.removed.subject.to_string()).collect();
        Ok((subjects, plan.fetched_after))
    }

    #[tokio::test]
    async fn only_fetched_rows_count() -> Result<()> {
        // Half of the 80 quotes were fetched.
        for free in [0, 1_000_000] {
            assert_eq!(planned(free, 4_000).await?, (Vec::new(), Some(4_000)));
            assert_eq!(planned(free, 3_999).await?, (vec!["market of AAA".to_owned()], Some(2_000)));
            assert_eq!(planned(free, 20_000).await?, (Vec::new(), None), "the whole store is small enough");
        }
        Ok(())
    }
}
