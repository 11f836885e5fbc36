//! Pipeline runs: counts, rejected rows and watermarks.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Error, ErrorKind, Id, Listing, Name, Page, Result, Timestamp, Upserted,
    port::{Entry, Keyed, check_entries, check_keyed},
    validate::{check, count, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// The status of a run. A running one takes one of the other statuses, which are final.
    RunStatus, "run status" {
        /// The run is in progress.
        Running = "running",
        /// The run completed without an error.
        Finished = "finished",
        /// The run ended with an error.
        Failed = "failed",
    }
}

/// One run of a pipeline, such as a copy from one store into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The identity of the run.
    pub id: Id<Self>,
    /// The event time: when the run started.
    pub at: Timestamp,
    /// The pipeline of the run.
    pub pipeline: Name,
    /// The present status of the run.
    pub status: RunStatus,
    /// The end of the run; `None` while it is in progress.
    pub ended_at: Option<Timestamp>,
    /// The number of recorded steps.
    pub steps: u32,
    /// The rows read: `written + unchanged + rejected`.
    pub read: u64,
    /// The rows that changed the store.
    pub written: u64,
    /// The rows that were stored already.
    pub unchanged: u64,
    /// The rows that could not be stored, each of them a [`RunReject`].
    pub rejected: u64,
    /// The error of a failed run; otherwise `None`.
    pub error: Option<String>,
    /// The knowledge time of the present values.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Run);

impl Run {
    /// Creates a run that starts, without steps.
    pub fn new(id: Id<Self>, at: Timestamp, pipeline: Name) -> Self {
        Self {
            id,
            at,
            pipeline,
            status: RunStatus::Running,
            ended_at: None,
            steps: 0,
            read: 0,
            written: 0,
            unchanged: 0,
            rejected: 0,
            error: None,
            recorded_at: at,
        }
    }

    /// Adds a step to the counts, and returns true if it is new: a step that was counted already changes nothing. A
    /// refused step leaves the run unchanged.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when the run has ended, when an earlier step is missing, or when a watermark
    /// belongs to another pipeline; [`InvalidInput`](ErrorKind::InvalidInput) when a sum exceeds 63 bits.
    pub fn apply(&mut self, step: &RunStep) -> Result<bool> {
        if step.number <= self.steps {
            return Ok(false);
        }
        let refuse = |why: &'static str| {
            Error::new(ErrorKind::Conflict, why)
                .with("run", self.id)
                .with("status", self.status)
                .with("steps", self.steps)
                .with("step", step.number)
        };
        if self.status != RunStatus::Running {
            return Err(refuse("the run has ended"));
        }
        if step.number - 1 > self.steps {
            return Err(refuse("an earlier step is missing"));
        }
        if let Some(foreign) = step.watermarks.iter().find(|mark| mark.pipeline != self.pipeline) {
            return Err(refuse("the watermark belongs to another pipeline").with("watermark", foreign.key()));
        }
        let mut next = self.clone();
        next.steps = step.number;
        next.read = next.read.saturating_add(step.read);
        next.written = next.written.saturating_add(step.written);
        next.unchanged = next.unchanged.saturating_add(step.unchanged);
        next.rejected = next.rejected.saturating_add(step.rejects.len() as u64);
        next.recorded_at = next.recorded_at.max(step.at);
        if let Some(end) = &step.end {
            next.ended_at = Some(step.at);
            (next.status, next.error) = match end {
                RunEnd::Finished => (RunStatus::Finished, None),
                RunEnd::Failed(error) => (RunStatus::Failed, Some(error.clone())),
            };
        }
        next.validate()?;
        *self = next;
        Ok(true)
    }
}

/// The conditions of a list of runs. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// The pipeline of the runs.
    pub pipeline: Option<Name>,
    /// The status of the runs.
    pub status: Option<RunStatus>,
}

/// A query for runs, by their start.
pub type RunQuery = Listing<RunFilter>;

impl Entry for Run {
    const NAME: &'static str = "run";

    type Filter = RunFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        count("read", self.read)?;
        adds_up(self.read, self.written, self.unchanged, self.rejected)?;
        check!(text, self.error.as_deref() => "error");
        for (field, is_there, is_needed) in [
            ("ended_at", self.ended_at.is_some(), self.status != RunStatus::Running),
            ("error", self.error.is_some(), self.status == RunStatus::Failed),
        ] {
            if is_there != is_needed {
                let verb = if is_needed { "needs" } else { "has no" };
                return Err(Error::invalid_input(format!("a {} run {verb} {field}", self.status))
                    .with("field", field)
                    .with("value", if is_there { "some" } else { "none" }));
            }
        }
        Ok(())
    }

    fn is_admitted_by(&self, filter: &RunFilter) -> bool {
        filter.pipeline.is_none_or(|pipeline| self.pipeline == pipeline)
            && filter.status.is_none_or(|status| self.status == status)
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        (self.at, self.pipeline) == (stored.at, stored.pipeline)
    }
}

/// Checks that every row read was written, unchanged or rejected.
fn adds_up(read: u64, written: u64, unchanged: u64, rejected: u64) -> Result<()> {
    let sum = written.checked_add(unchanged).and_then(|sum| sum.checked_add(rejected));
    if sum == Some(read) {
        return Ok(());
    }
    Err(Error::invalid_input("read must equal the sum of written, unchanged and rejected")
        .with("field", "read")
        .with("value", read)
        .with("written", written)
        .with("unchanged", unchanged)
        .with("rejected", rejected))
}

/// The progress of a run since the step before, with the new watermarks.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStep {
    /// The number of the step, from 1 without gaps, which identifies a repeated step.
    pub number: u32,
    /// The instant of the step.
    pub at: Timestamp,
    /// The rows read: `written + unchanged + rejects`.
    pub read: u64,
    /// The rows that changed the store.
    pub written: u64,
    /// The rows that were stored already.
    pub unchanged: u64,
    /// The rows that could not be stored.
    pub rejects: Vec<RunReject>,
    /// The new watermarks. A stored watermark that is further ahead stays.
    pub watermarks: Vec<Watermark>,
    /// The end of the run, if this step is the last; otherwise `None`.
    pub end: Option<RunEnd>,
}

/// The end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// The run completed without an error.
    Finished,
    /// The run failed, with this error.
    Failed(String),
}

impl RunStep {
    /// Creates an empty step that follows the present state of a run.
    pub const fn next(run: &Run, at: Timestamp) -> Self {
        Self {
            number: run.steps.saturating_add(1),
            at,
            read: 0,
            written: 0,
            unchanged: 0,
            rejects: Vec::new(),
            watermarks: Vec::new(),
            end: None,
        }
    }
}

/// Checks the counts of a step of a run, and every reject and watermark.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) with the first offending `field` and its `value`.
pub fn check_step(step: &RunStep, run: Id<Run>) -> Result<()> {
    count("read", step.read)?;
    adds_up(step.read, step.written, step.unchanged, step.rejects.len() as u64)?;
    if step.number == 0 {
        return Err(Error::invalid_input("the number of a step must be at least 1")
            .with("field", "number")
            .with("value", 0));
    }
    if let Some(foreign) = step.rejects.iter().find(|reject| reject.run != run) {
        return Err(Error::invalid_input("the rejects of a step must belong to its own run")
            .with("field", "rejects")
            .with("value", foreign.run)
            .with("run", run));
    }
    check_entries(&step.rejects, true)?;
    check_keyed(&step.watermarks)
}

/// Returns the watermarks that a step of a run moves, given the stored ones.
pub fn moved_watermarks(step: &RunStep, run: Id<Run>, stored: &[Watermark]) -> Vec<Watermark> {
    let mut marks: BTreeMap<_, _> = stored.iter().map(|mark| (mark.key(), mark.reached)).collect();
    let mut moved = BTreeMap::new();
    for mark in &step.watermarks {
        let known = marks.get(&mark.key()).copied();
        if known.is_none_or(|known| known < mark.reached) {
            marks.insert(mark.key(), mark.reached);
            moved.insert(mark.key(), Watermark { run: Some(run), recorded_at: step.at, ..mark.clone() });
        }
    }
    moved.into_values().collect()
}

/// A row that a run could not store, with the reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReject {
    /// The identity of the reject.
    pub id: Id<Self>,
    /// The event time: when the row was rejected.
    pub at: Timestamp,
    /// The run that rejected the row.
    pub run: Id<Run>,
    /// The location of the row: a file and a line, or a dataset, a key and an instant.
    pub place: String,
    /// The reason for the rejection.
    pub reason: String,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(RunReject);

impl RunReject {
    /// Creates a reject of a run. The identity derives from run, place and reason, so that repeating a rejection
    /// yields the same reject.
    pub fn new(run: Id<Run>, at: Timestamp, place: impl Into<String>, reason: impl Into<String>) -> Self {
        let (place, reason) = (place.into(), reason.into());
        Self { id: Id::named(&format!("{run}/{place}/{reason}")), at, run, place, reason, recorded_at: at }
    }
}

/// The conditions of a list of rejects. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// The run of the rejects.
    pub run: Option<Id<Run>>,
}

/// A query for rejects.
pub type RejectQuery = Listing<RejectFilter>;

impl Entry for RunReject {
    const NAME: &'static str = "reject";

    type Filter = RejectFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        text("place", &self.place)?;
        text("reason", &self.reason)
    }

    fn is_admitted_by(&self, filter: &RejectFilter) -> bool {
        filter.run.is_none_or(|run| self.run == run)
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        (self.run, &self.place, &self.reason) == (stored.run, &stored.place, &stored.reason)
    }
}

/// The key of a watermark: pipeline, dataset and subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WatermarkKey {
    /// The pipeline that reads.
    pub pipeline: Name,
    /// The dataset that is read, such as `bars`.
    pub dataset: Name,
    /// The part of the dataset, such as a symbol.
    pub subject: Name,
}

impl fmt::Display for WatermarkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.pipeline, self.dataset, self.subject)
    }
}

/// The position up to which a pipeline has read a source: everything up to and including an instant is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The pipeline that reads.
    pub pipeline: Name,
    /// The dataset that is read, such as `bars`.
    pub dataset: Name,
    /// The part of the dataset, such as a symbol.
    pub subject: Name,
    /// The position up to which the source has been read, inclusive.
    pub reached: Timestamp,
    /// The run that set the position; `None` when it was set by hand.
    pub run: Option<Id<Run>>,
    /// The knowledge time: when the position was set.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Watermark);

impl Watermark {
    /// Creates a watermark that is set by hand.
    pub const fn new(key: WatermarkKey, reached: Timestamp, recorded_at: Timestamp) -> Self {
        let WatermarkKey { pipeline, dataset, subject } = key;
        Self { pipeline, dataset, subject, reached, run: None, recorded_at }
    }
}

/// The conditions of a list of watermarks. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatermarkFilter {
    /// The pipeline of the watermarks.
    pub pipeline: Option<Name>,
    /// The dataset of the watermarks.
    pub dataset: Option<Name>,
}

impl Keyed for Watermark {
    const NAME: &'static str = "watermark";

    type Key = WatermarkKey;
    type Filter = WatermarkFilter;

    fn key(&self) -> WatermarkKey {
        WatermarkKey { pipeline: self.pipeline, dataset: self.dataset, subject: self.subject }
    }

    fn validate(&self) -> Result<()> {
        Ok(())
    }

    fn is_admitted_by(&self, filter: &WatermarkFilter) -> bool {
        filter.pipeline.is_none_or(|pipeline| self.pipeline == pipeline)
            && filter.dataset.is_none_or(|dataset| self.dataset == dataset)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Pipeline runs, with their rejects and watermarks.
///
/// A pipeline first writes the rows that it has read, and then records a step. When it is stopped in between, it
/// reads and writes the same rows again, which changes nothing.
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     memory::MemoryStore,
///     operations::{Run, RunEnd, RunRepository, RunStatus, RunStep},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let run = Run::new(Id::named("run 1"), "2025-09-25T21:00:00Z".parse()?, Name::new("daily copy")?);
/// store.insert_runs(&[run.clone()]).await?;
/// let mut step = RunStep::next(&run, "2025-09-25T21:01:00Z".parse()?);
/// (step.read, step.written, step.end) = (1_000, 1_000, Some(RunEnd::Finished));
/// let run = store.record_step(run.id, &step).await?;
/// assert_eq!((run.status, run.written), (RunStatus::Finished, 1_000));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait RunRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores new runs by the [rules of every insert](Entry#rules-of-every-insert). A stored run with the same
    /// identity, start and pipeline counts as unchanged whatever its state is by now.
    async fn insert_runs(&self, runs: &[Run]) -> Result<Upserted>;

    /// Returns the run with an identity; `None` when there is no such run.
    async fn get_run(&self, id: Id<Run>) -> Result<Option<Run>>;

    /// Returns the runs that the query's filter admits, in its order.
    async fn list_runs(&self, query: &RunQuery) -> Result<Page<Run>>;

    /// Records a [step](Run::apply) of a run with its rejects and moves the watermarks, all in one transaction, and
    /// returns the run. A step that was counted already changes nothing. A watermark never moves back: one that is
    /// further ahead stays.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the step is not [valid](crate::port::check_step);
    /// [`NotFound`](ErrorKind::NotFound) when there is no such run; [`Conflict`](ErrorKind::Conflict) when the run
    /// has ended, when an earlier step is missing, when a watermark belongs to another pipeline, or when the identity
    /// of a reject belongs to a different one.
    async fn record_step(&self, id: Id<Run>, step: &RunStep) -> Result<Run>;

    /// Returns the rejects that the query's filter admits, in its order.
    async fn list_rejects(&self, query: &RejectQuery) -> Result<Page<RunReject>>;

    /// Returns the watermark with a key; `None` when there is no such watermark.
    async fn get_watermark(&self, key: &WatermarkKey) -> Result<Option<Watermark>>;

    /// Returns the watermarks that a filter admits, in the order of their keys.
    async fn list_watermarks(&self, filter: &WatermarkFilter) -> Result<Vec<Watermark>>;

    /// Sets watermarks by hand, forward or back, by the [rules of every upsert](Upserted#rules-of-every-upsert). The
    /// next run reads everything after them again. A watermark that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn reset_watermarks(&self, watermarks: &[Watermark]) -> Result<Upserted>;

    /// Deletes the watermark with a key, and returns true if there was one. The next run reads its source from the
    /// start.
    async fn delete_watermark(&self, key: &WatermarkKey) -> Result<bool>;
}
