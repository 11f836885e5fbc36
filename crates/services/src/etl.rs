//! From an operational store into an analytical one: bars, series, quotes and contracts are copied with every version
//! that was believed, and features of days are computed from them.
//!
//! A [`Plan`] names what is copied. Each part of it has a [watermark](strikebook_core::operations::Watermark) in the
//! target, the instant of the run that read it whole: what was said and learned before is done, and a run goes on from
//! there with what [came since](strikebook_core::ChangeQuery) on either clock, corrections of old rows included, and a
//! little [earlier](Plan::overlap) for rows that were stored late. Many series are read with one question, and while
//! one batch is written the next ones are made ready, read and computed. Rows are written first and the step that
//! counts them after, so a run that is stopped at any moment loses nothing: the next one writes the same rows again,
//! which changes nothing. What the target refuses is counted as rejected, with its reason, and does not hold up the
//! rest. [`reconcile`] proves afterwards that both sides hold the same.
//!
//! Features keep to both clocks. Those of a day are made of what the market had said at its close, and each version of
//! them of what was known at its `recorded_at`: a rate that is published, or a bar that is corrected, later gives a
//! later version.

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
    Clock, Error, ErrorKind, Limit, Listing, Name, Result, Store, Timestamp,
    maintenance::Dataset,
    market::{BarKey, SeriesId, Symbol},
    operations::{Run, RunEnd, RunFilter, RunStatus, RunStep},
};

use self::{
    copy::Copying,
    write::{Recording, way},
};

pub use self::reconcile::{Digest, Reconciled, reconcile};

/// What a pipeline copies and computes.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The pipeline's name, by which its runs and watermarks are kept.
    pub pipeline: Name,
    /// Bars.
    pub bars: Vec<BarKey>,
    /// Economic series.
    pub series: Vec<SeriesId>,
    /// Symbols whose own quotes are copied.
    pub underlyings: Vec<Symbol>,
    /// Symbols whose option contracts are copied with their quotes and the headers of fetches.
    pub options: Vec<Symbol>,
    /// Which features are computed, once the rest is copied.
    pub features: FeaturePlan,
    /// How far behind its watermark a part is read again: for rows that were stored after a run although they had been
    /// said and learned before it. What is older than that [`reconcile`] finds.
    pub overlap: TimeDelta,
    /// Rows that are read and written at once.
    pub batch: Limit,
}

/// Which features are computed. They are those of daily bars in the target.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeaturePlan {
    /// Symbols that get features.
    pub symbols: Vec<Symbol>,
    /// The interest rate without risk, a series in percent a year such as `DGS3MO`.
    pub risk_free_rate: Option<SeriesId>,
    /// The VIX, a series in its own points such as `VIXCLS`.
    pub vix: Option<SeriesId>,
}

impl Plan {
    /// A plan that copies nothing, reads again what is a week old, and takes fifty thousand rows at once.
    pub fn new(pipeline: Name) -> Self {
        Self {
            pipeline,
            bars: Vec::new(),
            series: Vec::new(),
            underlyings: Vec::new(),
            options: Vec::new(),
            features: FeaturePlan::default(),
            overlap: TimeDelta::days(7),
            batch: Limit::new(50_000).unwrap_or(Limit::MIN),
        }
    }
}

/// How far a run has come. Features and what they are not made of take turns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being read.
    pub dataset: Dataset,
    /// Its series that are done, such as symbols or contracts.
    pub done: usize,
    /// All of its series.
    pub of: usize,
    /// Rows read so far, of all datasets.
    pub rows: u64,
}

/// Runs a plan from one store into another, and returns the run with its counts. `progress` is told after each batch.
///
/// Runs of the pipeline that were not ended are marked as failed first, so a pipeline must not run twice at a time.
///
/// # Errors
/// Those of either store. The run is then marked as failed, as far as the target can still be reached.
///
/// # Cancel safety
/// A dropped call leaves whole batches. The next run goes on from there, and ends with the same rows.
pub async fn run(
    plan: &Plan,
    from: &dyn Store,
    to: &dyn Store,
    clock: &dyn Clock,
    progress: &mut (dyn FnMut(&Progress) + Send),
) -> Result<Run> {
    end_abandoned(plan.pipeline, to, clock).await?;
    let run = Run::new(clock.now(), plan.pipeline);
    to.insert_runs(std::slice::from_ref(&run)).await?;
    let copy = Copying { plan, from, to, clock, now: run.at };
    let mut recording = Recording::new(to, run, clock, progress);
    let copied = everything(copy, &mut recording).await;
    let how = match &copied {
        Ok(()) => RunEnd::Finished,
        Err(error) => RunEnd::Failed(format!("{error:#}")),
    };
    let ended = end(&recording.into_run(), how, to, clock).await;
    copied.and(ended)
}

async fn everything(copy: Copying<'_>, recording: &mut Recording<'_>) -> Result<()> {
    let mut features = copy.watermarks(Dataset::Features).await?;
    let (out, batches) = way();
    let contracts = both(copy.first(&mut features, out), recording.write(batches)).await?;
    let (out, batches) = way();
    let rest = try_join(copy.rest(contracts, out.clone()), features::compute(copy, features, out));
    both(rest, recording.write(batches)).await?;
    Ok(())
}

/// Waits for those who read and for the one who writes. When either fails the other ends what it has begun, since a
/// step that is left half way may have been counted or not.
async fn both<T>(read: impl Future<Output = Result<T>>, written: impl Future<Output = Result<()>>) -> Result<T> {
    let (read, written) = join(read, written).await;
    // Readers are told nothing of the writer but that it is gone.
    written.and(read)
}

/// Ends runs that were stopped before they could say so.
async fn end_abandoned(pipeline: Name, to: &dyn Store, clock: &dyn Clock) -> Result<()> {
    let filter = RunFilter { pipeline: Some(pipeline), status: Some(RunStatus::Running) };
    for run in to.list_runs(&Listing::new(filter)).await?.items {
        end(&run, RunEnd::Failed("it was stopped before its end".to_owned()), to, clock).await?;
    }
    Ok(())
}

/// Ends a run, and returns it as it is then.
async fn end(run: &Run, end: RunEnd, to: &dyn Store, clock: &dyn Clock) -> Result<Run> {
    to.record_step(run.id, &RunStep { end: Some(end), ..RunStep::next(run, clock.now()) }).await
}

/// A part of a plan, as watermarks name it.
fn named(text: &str) -> Result<Name> {
    Name::new(text).map_err(|error| {
        Error::new(ErrorKind::Internal, "a source has no name for a watermark").with("source", text).caused_by(error)
    })
}

/// One microsecond before.
fn just_before(at: Timestamp) -> Timestamp {
    at.saturating_sub(TimeDelta::microseconds(1))
}
