//! Rows from one store into another, with every version and a watermark behind each batch.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;
use strikebook_core::{
    AsOf, Clock, Error, ErrorKind, Name, Page, Result, SeriesQuery, Store, Timestamp, Upserted, Version,
    analytics::Features,
    batch::Recorded,
    maintenance::Dataset,
    market::{
        Bar, BarKey, ContractDetails, ContractQuery, Observation, OptionContract, OptionQuote, SeriesId, Symbol,
        Timeframe, UnderlyingQuote,
    },
    operations::{Run, RunReject, RunStep, Watermark, WatermarkFilter, WatermarkKey},
};

use super::{Plan, Progress, just_before, named};

/// Rows that a store takes.
#[async_trait]
pub(super) trait Written: Recorded + Send + Sync + 'static {
    const DATASET: Dataset;

    /// Which row it is, as rejects name it.
    fn place(&self) -> String;

    async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted>;
}

/// Rows in series that are copied.
#[async_trait]
pub(super) trait Copied: Written + Recorded<Key = (Self::Of, Timestamp)> + Serialize {
    /// What names a series.
    type Of: Copy + Send + Sync;

    /// The series as watermarks name it.
    fn named_by(of: Self::Of) -> String;

    async fn list(store: &dyn Store, query: &SeriesQuery<Self::Of>) -> Result<Page<Self>>;

    async fn versions(store: &dyn Store, row: &Self) -> Result<Vec<Version<Self>>>;
}

macro_rules! copied {
    ($($row:ty, $of:ty, $dataset:ident: $upsert:ident, $list:ident, |$it:ident| $subject:expr, |$store:ident, $one:ident| $versions:expr;)+) => {
        $(
            #[async_trait]
            impl Written for $row {
                const DATASET: Dataset = Dataset::$dataset;

                fn place(&self) -> String {
                    let (of, at) = self.key();
                    format!("{} {} {at}", Self::DATASET, Self::named_by(of))
                }

                async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted> {
                    store.$upsert(rows).await
                }
            }

            #[async_trait]
            impl Copied for $row {
                type Of = $of;

                fn named_by($it: $of) -> String {
                    $subject
                }

                async fn list(store: &dyn Store, query: &SeriesQuery<$of>) -> Result<Page<Self>> {
                    store.$list(query).await
                }

                async fn versions($store: &dyn Store, $one: &Self) -> Result<Vec<Version<Self>>> {
                    $versions.await
                }
            }
        )+
    };
}

copied! {
    Bar, BarKey, Bars: upsert_bars, list_bars,
        |it| format!("{}/{}", it.instrument, it.timeframe), |store, row| store.list_bar_versions(&row.key, row.at);
    Observation, SeriesId, Observations: upsert_observations, list_observations,
        |it| it.to_string(), |store, row| store.list_observation_versions(row.series, row.date);
    UnderlyingQuote, Symbol, UnderlyingQuotes: upsert_underlying_quotes, list_underlying_quotes,
        |it| it.to_string(), |store, row| store.list_underlying_versions(row.symbol, row.at);
    OptionQuote, OptionContract, OptionQuotes: upsert_quotes, list_quotes,
        |it| it.to_string(), |store, row| store.list_quote_versions(&row.contract, row.at);
}

#[async_trait]
impl Written for ContractDetails {
    const DATASET: Dataset = Dataset::Contracts;

    fn place(&self) -> String {
        format!("{} {}", Self::DATASET, self.contract)
    }

    async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted> {
        store.upsert_contracts(rows).await
    }
}

#[async_trait]
impl Written for Features {
    const DATASET: Dataset = Dataset::Features;

    fn place(&self) -> String {
        format!("{} {} {}", Self::DATASET, self.symbol, self.at)
    }

    async fn upsert(store: &dyn Store, rows: &[Self]) -> Result<Upserted> {
        store.upsert_features(rows).await
    }
}

/// Whether a store has superseded versions of a dataset.
pub(super) async fn has_versions(store: &dyn Store, dataset: Dataset) -> Result<bool> {
    let all = store.statistics().await?;
    Ok(all.iter().any(|counted| counted.dataset == dataset && counted.superseded > 0))
}

/// Every version of some rows that was known by an instant, row by row.
pub(super) async fn all_versions<T: Copied>(
    store: &dyn Store,
    rows: Vec<T>,
    known_by: Timestamp,
    has_versions: bool,
) -> Result<Vec<Vec<T>>> {
    if !has_versions {
        return Ok(rows.into_iter().map(|row| vec![row]).collect());
    }
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let versions = T::versions(store, row).await?.into_iter().map(|version| version.row);
        all.push(versions.filter(|row| row.recorded_at() <= known_by).collect());
    }
    Ok(all)
}

/// Rows that were read and are not yet written: every version of each, and how far their series are read with them.
struct Batch<T> {
    rows: Vec<Vec<T>>,
    marks: Vec<Watermark>,
}

/// A run in the making.
pub(super) struct Copying<'a> {
    plan: &'a Plan,
    from: &'a dyn Store,
    to: &'a dyn Store,
    run: Run,
    clock: &'a dyn Clock,
    progress: &'a mut (dyn FnMut(&Progress) + Send),
    /// Nothing that is later on either clock is read.
    now: Timestamp,
}

impl<'a> Copying<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        (from, to): (&'a dyn Store, &'a dyn Store),
        run: Run,
        clock: &'a dyn Clock,
        progress: &'a mut (dyn FnMut(&Progress) + Send),
    ) -> Self {
        let now = run.at;
        Self { plan, from, to, run, clock, progress, now }
    }

    pub(super) const fn plan(&self) -> &'a Plan {
        self.plan
    }

    pub(super) const fn target(&self) -> &'a dyn Store {
        self.to
    }

    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn into_run(self) -> Run {
        self.run
    }

    /// How far each part of a dataset has been read.
    pub(super) async fn watermarks(&self, dataset: Dataset) -> Result<BTreeMap<Name, Timestamp>> {
        let filter = WatermarkFilter { pipeline: Some(self.plan.pipeline), dataset: Some(named(dataset.as_str())?) };
        let marks = self.to.list_watermarks(&filter).await?;
        Ok(marks.into_iter().map(|mark| (mark.subject, mark.reached)).collect())
    }

    pub(super) fn mark(&self, dataset: Dataset, subject: &str, reached: Timestamp) -> Result<Watermark> {
        let (dataset, subject) = (named(dataset.as_str())?, named(subject)?);
        let key = WatermarkKey { pipeline: self.plan.pipeline, dataset, subject };
        Ok(Watermark::new(key, reached, self.clock.now()))
    }

    pub(super) fn tell(&mut self, dataset: Dataset, done: usize, of: usize) {
        let progress = Progress { dataset, done, of, rows: self.run.read };
        (self.progress)(&progress);
    }

    /// Copies series, each from its watermark on.
    pub(super) async fn series<T: Copied>(&mut self, all: &[T::Of]) -> Result<()> {
        if all.is_empty() {
            return Ok(());
        }
        let has_versions = has_versions(self.from, T::DATASET).await?;
        let marks = self.watermarks(T::DATASET).await?;
        let mut batch = Batch { rows: Vec::new(), marks: Vec::new() };
        for (done, of) in all.iter().enumerate() {
            let subject = T::named_by(*of);
            let reached = marks.get(&named(&subject)?);
            let start = reached.map_or(Timestamp::MIN, |reached| reached.saturating_sub(self.plan.overlap));
            let limits = AsOf::instant(self.now);
            let mut query = SeriesQuery::new(*of, limits).with_from(start).with_limit(self.plan.batch);
            loop {
                let page: Page<T> = T::list(self.from, &query).await?;
                if let Some(last) = page.items.last() {
                    batch.marks.push(self.mark(T::DATASET, &subject, last.key().1)?);
                }
                batch.rows.extend(all_versions(self.from, page.items, self.now, has_versions).await?);
                if batch.rows.len() >= self.plan.batch.get() {
                    self.flush(&mut batch).await?;
                }
                let Some(next) = page.next else { break };
                query = query.after(next);
            }
            self.tell(T::DATASET, done + 1, all.len());
        }
        self.flush(&mut batch).await
    }

    /// Copies what is known of the contracts on some underlyings, and tells which those are.
    pub(super) async fn contracts(&mut self, underlyings: &[Symbol]) -> Result<Vec<OptionContract>> {
        let mut contracts = Vec::new();
        for (done, underlying) in underlyings.iter().enumerate() {
            let mut query = ContractQuery { limit: Some(self.plan.batch), ..ContractQuery::new(*underlying) };
            loop {
                let page = self.from.list_contracts(&query).await?;
                contracts.extend(page.items.iter().map(|details| details.contract));
                self.write(page.items.into_iter().map(|details| vec![details]).collect(), Vec::new()).await?;
                let Some(next) = page.next else { break };
                query = ContractQuery { after: Some(next), ..query };
            }
            self.tell(Dataset::Contracts, done + 1, underlyings.len());
        }
        Ok(contracts)
    }

    async fn flush<T: Copied>(&mut self, batch: &mut Batch<T>) -> Result<()> {
        let (rows, marks) = (std::mem::take(&mut batch.rows), std::mem::take(&mut batch.marks));
        self.recompute_features(&rows).await?;
        self.write(rows, marks).await
    }

    /// Sets the watermarks of features back behind which rows are about to change: when the run is stopped between the two,
    /// they are computed again.
    async fn recompute_features<T: Copied>(&self, rows: &[Vec<T>]) -> Result<()> {
        if !matches!(T::DATASET, Dataset::Bars | Dataset::Observations) {
            return Ok(());
        }
        let plan = &self.plan.features;
        let mut first = BTreeMap::<String, Timestamp>::new();
        for row in rows.iter().filter_map(|versions| versions.first()) {
            let (of, at) = row.key();
            let earliest = first.entry(T::named_by(of)).or_insert(at);
            *earliest = at.min(*earliest);
        }
        let inputs: Vec<_> = [plan.risk_free_rate, plan.vix].into_iter().flatten().map(|it| it.to_string()).collect();
        let mut back = Vec::new();
        for (subject, reached) in self.watermarks(Dataset::Features).await? {
            let daily = format!("{subject}/{}", Timeframe::Day1);
            let changes = first.iter().filter(|(changed, _)| match T::DATASET {
                Dataset::Bars => **changed == daily,
                Dataset::Observations => inputs.contains(changed),
                _ => false,
            });
            if let Some(at) = changes.map(|(_, at)| *at).min().filter(|at| *at <= reached) {
                back.push(self.mark(Dataset::Features, subject.as_str(), just_before(at))?);
            }
        }
        self.to.reset_watermarks(&back).await.map(drop)
    }

    /// Writes rows, every version of each, and then counts them and moves the watermarks.
    pub(super) async fn write<T: Written>(&mut self, rows: Vec<Vec<T>>, marks: Vec<Watermark>) -> Result<()> {
        if rows.is_empty() && marks.is_empty() {
            return Ok(());
        }
        let mut step = RunStep::next(&self.run, self.clock.now());
        // Of several rows with one key a batch takes the last: versions of one row are written one after the other.
        let mut rounds: Vec<Vec<T>> = Vec::new();
        for versions in rows {
            for (round, row) in versions.into_iter().enumerate() {
                match rounds.get_mut(round) {
                    Some(rows) => rows.push(row),
                    None => rounds.push(vec![row]),
                }
            }
        }
        for rows in rounds {
            step.read += rows.len() as u64;
            let done = self.upsert(rows, &mut step.rejects).await?;
            step.written += done.inserted + done.corrected + done.backfilled;
            step.unchanged += done.unchanged + done.repeated;
        }
        step.watermarks = marks;
        self.run = self.to.record_step(self.run.id, &step).await?;
        Ok(())
    }

    /// Writes rows without those that the target refuses.
    async fn upsert<T: Written>(&self, mut rows: Vec<T>, rejects: &mut Vec<RunReject>) -> Result<Upserted> {
        loop {
            let error = match T::upsert(self.to, &rows).await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let refused = refused_row(&error).filter(|row| *row < rows.len()).map(|row| rows.remove(row));
            let Some(row) = refused else { return Err(error) };
            let place = format!("{} learned {}", row.place(), row.recorded_at());
            rejects.push(RunReject::new(self.run.id, self.clock.now(), place, error.to_string()));
        }
    }
}

/// The row of a batch that a store does not take, whatever else is in it.
fn refused_row(error: &Error) -> Option<usize> {
    let is_of_row = matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::SimulatedData);
    error.context("row").filter(|_| is_of_row)?.parse().ok()
}
