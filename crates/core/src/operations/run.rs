//! Runs of pipelines: what each read, wrote and rejected, and how far its sources were read.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Entry, Error, ErrorKind, Id, Keyed, Listing, Name, Page, Result, Timestamp, Upserted,
    batch::{check_entries, check_keyed},
    validate::{check, count, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// Where a run is in its life. A running one becomes one of the others, and those stay what they are.
    RunStatus, "run status" {
        /// It works.
        Running = "running",
        /// It came to its end.
        Finished = "finished",
        /// It was ended by a fault.
        Failed = "failed",
    }
}

/// One run of a pipeline, such as a copy from one store into another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its identity.
    pub id: Id<Self>,
    /// When it started.
    pub at: Timestamp,
    /// The pipeline.
    pub pipeline: Name,
    /// Where it is in its life.
    pub status: RunStatus,
    /// When it ended; `None` while it is running.
    pub ended_at: Option<Timestamp>,
    /// How many steps it has recorded.
    pub steps: u32,
    /// Rows read: `written + unchanged + rejected`.
    pub read: u64,
    /// Rows that changed what is stored.
    pub written: u64,
    /// Rows that were stored already.
    pub unchanged: u64,
    /// Rows that could not be stored. Each of them is a [`RunReject`].
    pub rejected: u64,
    /// Why it failed; `None` unless it has.
    pub error: Option<String>,
    /// When we learned what it is now.
    pub recorded_at: Timestamp,
}

impl Run {
    /// A run that starts, with nothing read.
    pub fn new(at: Timestamp, pipeline: Name) -> Self {
        Self {
            id: Id::new(at),
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

    /// Takes a step, and tells whether it is new: one that the run has counted already changes nothing. The run is left
    /// as it was when the step is refused.
    ///
    /// # Errors
    /// [`Conflict`](ErrorKind::Conflict) when the run has ended, when a step before this one is missing, or when a
    /// watermark is another pipeline's; [`InvalidInput`](ErrorKind::InvalidInput) when a sum does not fit 63 bits.
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
            return Err(refuse("a step before this one is missing"));
        }
        if let Some(foreign) = step.watermarks.iter().find(|mark| mark.pipeline != self.pipeline) {
            return Err(refuse("the watermark is another pipeline's").with("watermark", foreign.key()));
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

/// What a list of runs is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Runs of this pipeline.
    pub pipeline: Option<Name>,
    /// Runs in this state.
    pub status: Option<RunStatus>,
}

/// Which runs to list, by when they started.
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

/// Every row that was read went somewhere.
fn adds_up(read: u64, written: u64, unchanged: u64, rejected: u64) -> Result<()> {
    let sum = written.checked_add(unchanged).and_then(|sum| sum.checked_add(rejected));
    if sum == Some(read) {
        return Ok(());
    }
    Err(Error::invalid_input("rows read must be rows written, unchanged and rejected")
        .with("field", "read")
        .with("value", read)
        .with("written", written)
        .with("unchanged", unchanged)
        .with("rejected", rejected))
}

/// What a run has done since its step before, and how far it has come by it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunStep {
    /// Its number in the run, from 1 on without a gap: a step told again is known by it.
    pub number: u32,
    /// When it was done.
    pub at: Timestamp,
    /// Rows read: `written + unchanged + rejects`.
    pub read: u64,
    /// Rows that changed what is stored.
    pub written: u64,
    /// Rows that were stored already.
    pub unchanged: u64,
    /// Rows that could not be stored.
    pub rejects: Vec<RunReject>,
    /// How far sources have been read. Where one was read further already, it stays there.
    pub watermarks: Vec<Watermark>,
    /// How the run ends with this step; `None` when it goes on.
    pub end: Option<RunEnd>,
}

/// How a run ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// It did what it was to do.
    Finished,
    /// It did not, for this reason.
    Failed(String),
}

impl RunStep {
    /// A step of a run as it is now, in which nothing was done.
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

    /// Checks that every row that was read went somewhere, and every reject and watermark. For implementors of the
    /// port.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self, run: Id<Run>) -> Result<()> {
        count("read", self.read)?;
        adds_up(self.read, self.written, self.unchanged, self.rejects.len() as u64)?;
        if self.number == 0 {
            return Err(Error::invalid_input("steps are counted from 1").with("field", "number").with("value", 0));
        }
        if let Some(foreign) = self.rejects.iter().find(|reject| reject.run != run) {
            return Err(Error::invalid_input("a step rejects rows of its own run")
                .with("field", "rejects")
                .with("value", foreign.run)
                .with("run", run));
        }
        check_entries(&self.rejects, true)?;
        check_keyed(&self.watermarks)
    }

    /// The watermarks that move with this step of a run, where these are stored. For implementors of the port.
    pub fn advanced(&self, run: Id<Run>, stored: &[Watermark]) -> Vec<Watermark> {
        let mut marks: BTreeMap<_, _> = stored.iter().map(|mark| (mark.key(), mark.reached)).collect();
        let mut moved = BTreeMap::new();
        for mark in &self.watermarks {
            let known = marks.get(&mark.key()).copied();
            if known.is_none_or(|known| known < mark.reached) {
                marks.insert(mark.key(), mark.reached);
                moved.insert(mark.key(), Watermark { run: Some(run), recorded_at: self.at, ..mark.clone() });
            }
        }
        moved.into_values().collect()
    }
}

/// A row that a run could not store: where it stands, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunReject {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was rejected.
    pub at: Timestamp,
    /// The run.
    pub run: Id<Run>,
    /// Where the row stands: a file and a line, or a dataset, a key and an instant.
    pub place: String,
    /// What is wrong with it.
    pub reason: String,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl RunReject {
    /// A row that a run rejects. What it rejects again for the same reason at the same place is the same.
    pub fn new(run: Id<Run>, at: Timestamp, place: impl Into<String>, reason: impl Into<String>) -> Self {
        let (place, reason) = (place.into(), reason.into());
        Self { id: Id::named(&format!("{run}/{place}/{reason}")), at, run, place, reason, recorded_at: at }
    }
}

/// What a list of rejects is narrowed to. `None` narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RejectFilter {
    /// Rejects of this run.
    pub run: Option<Id<Run>>,
}

/// Which rejects to list.
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

/// What tells watermarks apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WatermarkKey {
    /// The pipeline.
    pub pipeline: Name,
    /// What it reads, such as `bars`.
    pub dataset: Name,
    /// Which part of that, such as a symbol.
    pub subject: Name,
}

impl fmt::Display for WatermarkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.pipeline, self.dataset, self.subject)
    }
}

/// How far a pipeline has read a source: all of it up to and including an instant is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The pipeline.
    pub pipeline: Name,
    /// What it reads, such as `bars`.
    pub dataset: Name,
    /// Which part of that, such as a symbol.
    pub subject: Name,
    /// How far it has come.
    pub reached: Timestamp,
    /// The run that brought it there; `None` when it was set by hand.
    pub run: Option<Id<Run>>,
    /// When it got there.
    pub recorded_at: Timestamp,
}

impl Watermark {
    /// A watermark that was set by hand.
    pub const fn new(key: WatermarkKey, reached: Timestamp, recorded_at: Timestamp) -> Self {
        let WatermarkKey { pipeline, dataset, subject } = key;
        Self { pipeline, dataset, subject, reached, run: None, recorded_at }
    }
}

/// What a list of watermarks is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatermarkFilter {
    /// Watermarks of this pipeline.
    pub pipeline: Option<Name>,
    /// Watermarks of what it reads.
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

/// Runs of pipelines, their rejects and watermarks.
///
/// A pipeline writes what it has read, and then records a step. When it is stopped between the two, it reads the same
/// rows again, and writing them again changes nothing.
#[async_trait]
pub trait RunRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores new runs.
    ///
    /// A run told again counts as unchanged, whatever became of it: one with the same identity, start and pipeline. An
    /// empty batch is fine and does nothing. Either all runs are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](ErrorKind::Conflict) when its identity is that of another run, both with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all runs or none.
    async fn insert_runs(&self, runs: &[Run]) -> Result<Upserted>;

    /// The run with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_run(&self, id: Id<Run>) -> Result<Option<Run>>;

    /// The runs that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_runs(&self, query: &RunQuery) -> Result<Page<Run>>;

    /// Records a [step](Run::apply) of a run with its rejects and moves its watermarks, all in one transaction, and
    /// returns the run. A step whose number the run has counted already changes nothing. A watermark never moves back:
    /// where it is further already, it stays.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the step is not [valid](RunStep::validate);
    /// [`NotFound`](ErrorKind::NotFound) when there is no such run; [`Conflict`](ErrorKind::Conflict) when the run has
    /// ended, when a step before this one is missing, when a watermark is another pipeline's, or when a reject's
    /// identity is that of another.
    ///
    /// # Cancel safety
    /// A dropped call records the whole step or nothing of it.
    async fn record_step(&self, id: Id<Run>, step: &RunStep) -> Result<Run>;

    /// The rejects that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_rejects(&self, query: &RejectQuery) -> Result<Page<RunReject>>;

    /// The watermark with a key; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_watermark(&self, key: &WatermarkKey) -> Result<Option<Watermark>>;

    /// The watermarks that a filter admits, in the order of their keys.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_watermarks(&self, filter: &WatermarkFilter) -> Result<Vec<Watermark>>;

    /// Sets watermarks by hand, forward or back, each in the place of the one with its key: what lies behind them is
    /// read again.
    ///
    /// A watermark equal in everything but `recorded_at` is unchanged. Of several with one key the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all watermarks are set or none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call sets all watermarks or none.
    async fn reset_watermarks(&self, watermarks: &[Watermark]) -> Result<Upserted>;

    /// Deletes the watermark with a key, and tells whether there was one: its source is read again from the start.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_watermark(&self, key: &WatermarkKey) -> Result<bool>;
}
