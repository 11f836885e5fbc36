//! Copies from an operational store into an analytical one: bars, corporate actions, fundamentals, series, quotes and
//! contracts with all their versions, and features of days computed from them.
//!
//! An [`EtlPlan`] names the data to copy. Each part of a plan has a [watermark](strikebook_core::operations::Watermark)
//! in the target: the instant of the run that read the whole part. The next run resumes there and reads the
//! [changes since](strikebook_core::ChangeQuery) on either clock, corrections of old rows included, and a little
//! [earlier](EtlPlan::overlap) for rows that were stored late. One query reads many series, and while one batch is
//! written the next ones are read and computed. Rows are written before the step that counts them, so a run that is
//! stopped at any moment loses nothing: the next one writes the same rows again, which changes nothing. Rows that the
//! target refuses are counted as rejected, with the reason, and the others are written. [`reconcile`] then proves that
//! both sides hold the same.
//!
//! Features keep to both clocks. A day's features are computed from the data up to its close, and each version of
//! them from the versions recorded by its `recorded_at`: a rate that is published later, or a bar that is corrected
//! later, gives a later version.

mod copy;
mod features;
mod reading;
mod reconcile;
mod rows;
mod window;
mod write;

use chrono::TimeDelta;
use futures_util::future::{join, try_join};
use strikebook_core::{
    AsOf, Clock, Error, ErrorKind, Limit, Listing, Name, Result, Store, Timestamp,
    directory::{DirectoryQuery, DirectoryRepository},
    maintenance::Dataset,
    market::{BarKey, SeriesId, Symbol},
    operations::{Run, RunEnd, RunFilter, RunStatus, RunStep},
};
use strikebook_system::new_id;

use self::{
    copy::CopyJob,
    write::{RunRecorder, batch_channel},
};

pub use self::reconcile::{Reconciliation, RowDigest, reconcile};

/// The rows of a batch by default.
const DEFAULT_BATCH_ROWS: Limit = Limit::new(50_000).expect("above zero");

/// The data that a pipeline copies and computes.
#[derive(Clone, Debug, PartialEq)]
pub struct EtlPlan {
    /// The name of the pipeline, which its runs and watermarks carry.
    pub pipeline: Name,
    /// The bars to copy.
    pub bars: Vec<BarKey>,
    /// The economic series to copy.
    pub series: Vec<SeriesId>,
    /// The symbols whose corporate actions are copied, once each is in force.
    pub actions: Vec<Symbol>,
    /// The symbols whose fundamentals are copied.
    pub fundamentals: Vec<Symbol>,
    /// The symbols whose own quotes are copied.
    pub underlyings: Vec<Symbol>,
    /// The symbols whose option contracts are copied, with their quotes and the headers of their chains.
    pub options: Vec<Symbol>,
    /// The features to compute once the rest is copied.
    pub features: FeaturePlan,
    /// The time before its watermark from which a part is read again, for rows that were stored after a run although
    /// both their clocks are before it. [`reconcile`] finds rows that are older still.
    pub overlap: TimeDelta,
    /// The number of rows to read and write at once.
    pub batch: Limit,
}

/// The features to compute, from daily bars in the target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeaturePlan {
    /// The symbols to compute features of.
    pub symbols: Vec<Symbol>,
    /// The risk-free interest rate, a series in percent a year such as `DGS3MO`.
    pub risk_free_rate: Option<SeriesId>,
    /// The VIX, a series in index points such as `VIXCLS`.
    pub vix: Option<SeriesId>,
}

impl EtlPlan {
    /// Creates a plan that copies nothing, with an overlap of a week and batches of 50,000 rows.
    pub fn new(pipeline: Name) -> Self {
        Self {
            pipeline,
            bars: Vec::new(),
            series: Vec::new(),
            actions: Vec::new(),
            fundamentals: Vec::new(),
            underlyings: Vec::new(),
            options: Vec::new(),
            features: FeaturePlan::default(),
            overlap: TimeDelta::days(7),
            batch: DEFAULT_BATCH_ROWS,
        }
    }

    /// Creates a plan that copies every bar, series, quote, header of a chain and contract that a store holds up to an
    /// instant, by its [directory](strikebook_core::directory). The plan computes no features. Contracts of an
    /// underlying without quotes and headers are not copied.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn everything(
        pipeline: Name,
        from: &(impl DirectoryRepository + ?Sized),
        until: Timestamp,
    ) -> Result<Self> {
        let query = DirectoryQuery::new(AsOf::instant(until));
        Ok(Self {
            bars: from.list_bar_keys(&query).await?.items,
            series: from.list_series(&query).await?.items,
            underlyings: from.list_quoted_symbols(&query).await?.items,
            options: from.list_underlyings(&query).await?.items,
            ..Self::new(pipeline)
        })
    }
}

/// The progress of a run. Copies and feature batches interleave, so `dataset` may alternate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EtlProgress {
    /// The dataset being read.
    pub dataset: Dataset,
    /// The number of its series that were read whole, such as symbols or contracts.
    pub done: usize,
    /// The number of all its series.
    pub of: usize,
    /// The number of rows read so far, of all datasets.
    pub rows: u64,
}

/// Runs a plan from one store into another, and returns the run with its counts. `progress` is called after each batch.
///
/// Earlier runs of the pipeline without an end are marked as failed first, so a pipeline must not run twice at a time.
///
/// # Errors
/// Those of either store. The run is then marked as failed, if the target can still be reached.
///
/// # Cancel safety
/// A dropped call leaves whole batches. The next run resumes there, and ends with the same rows.
pub async fn run(
    plan: &EtlPlan,
    from: &dyn Store,
    to: &dyn Store,
    clock: &dyn Clock,
    progress: &mut (dyn FnMut(&EtlProgress) + Send),
) -> Result<Run> {
    end_abandoned(plan.pipeline, to, clock).await?;
    let now = clock.now();
    let run = Run::new(new_id(now), now, plan.pipeline);
    to.insert_runs(std::slice::from_ref(&run)).await?;
    let job = CopyJob { plan, from, to, clock, now: run.at };
    let mut recorder = RunRecorder::new(to, run, clock, progress);
    let copied = copy_all(job, &mut recorder).await;
    let how = match &copied {
        Ok(()) => RunEnd::Finished,
        Err(error) => RunEnd::Failed(format!("{error:#}")),
    };
    let ended = end(&recorder.into_run(), how, to, clock).await;
    copied.and(ended)
}

async fn copy_all(job: CopyJob<'_>, recorder: &mut RunRecorder<'_>) -> Result<()> {
    let mut features = job.watermarks(Dataset::Features).await?;
    let (sender, batches) = batch_channel();
    let contracts = both(job.copy_feature_inputs(&mut features, sender), recorder.write(batches)).await?;
    let (sender, batches) = batch_channel();
    let rest = try_join(job.copy_rest(contracts, sender.clone()), features::compute(job, features, sender));
    both(rest, recorder.write(batches)).await?;
    Ok(())
}

/// Waits for the reading and the writing side. When either fails, the other finishes its present step: a step dropped
/// half way may have been counted or not.
async fn both<T>(read: impl Future<Output = Result<T>>, written: impl Future<Output = Result<()>>) -> Result<T> {
    let (read, written) = join(read, written).await;
    // After a failed write the reading side sees only a closed channel, so the writer's error comes first.
    written.and(read)
}

/// Marks runs as failed that were stopped without an end.
async fn end_abandoned(pipeline: Name, to: &dyn Store, clock: &dyn Clock) -> Result<()> {
    let filter = RunFilter { pipeline: Some(pipeline), status: Some(RunStatus::Running) };
    for run in to.list_runs(&Listing::new(filter)).await?.items {
        end(&run, RunEnd::Failed("the run was stopped before its end".to_owned()), to, clock).await?;
    }
    Ok(())
}

/// Records the end of a run, and returns the run.
async fn end(run: &Run, end: RunEnd, to: &dyn Store, clock: &dyn Clock) -> Result<Run> {
    to.record_step(run.id, &RunStep { end: Some(end), ..RunStep::next(run, clock.now()) }).await
}

/// Returns the name of a part of a plan in watermarks.
fn watermark_name(text: &str) -> Result<Name> {
    Name::new(text).map_err(|error| {
        Error::new(ErrorKind::Internal, "a part of the plan has no valid name for its watermark")
            .with("part", text)
            .caused_by(error)
    })
}

/// Returns the instant one microsecond earlier.
fn just_before(at: Timestamp) -> Timestamp {
    at.saturating_sub(TimeDelta::microseconds(1))
}
