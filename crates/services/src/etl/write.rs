//! Rows on their way into the target: a batch is made ready while the one before it is written, and counted when it is.

use std::pin::pin;

use async_trait::async_trait;
use futures_util::{StreamExt, future::join, stream};
use strikebook_core::{
    Clock, Error, Result, Store,
    operations::{Run, RunReject, RunStep, Watermark},
    port::check,
};
use tokio::sync::mpsc::{Receiver, Sender, channel, unbounded_channel};

use super::{Progress, rows::Written};

/// Batches that the target is given at once. It writes them one after the other.
const AT_ONCE: usize = 3;

/// A batch on its way.
pub(super) struct Batch {
    rows: Box<dyn Rows>,
    /// How far sources have been read with it.
    marks: Vec<Watermark>,
    /// How far the run comes by it, but for the rows.
    progress: Progress,
}

/// Where those who read put their batches.
#[derive(Clone)]
pub(super) struct Out(Sender<Batch>);

/// Where the target takes them.
pub(super) struct In(Receiver<Batch>);

/// Both ends of the way into the target.
pub(super) fn way() -> (Out, In) {
    let (out, batches) = channel(1);
    (Out(out), In(batches))
}

impl Out {
    /// Gives rows, versions of one row behind each other, with the watermarks that are reached when they are written,
    /// and how many series of how many are then done.
    pub(super) async fn give<T: Written>(
        &self,
        rows: Vec<T>,
        marks: Vec<Watermark>,
        (done, of): (usize, usize),
    ) -> Result<()> {
        let progress = Progress { dataset: T::DATASET, done, of, rows: 0 };
        // Nobody takes it once a batch before it has failed, which is then told by the one who wrote that.
        self.0.send(Batch { rows: Box::new(rows), marks, progress }).await.map_err(|_| Error::closed())
    }
}

/// The rows of a batch.
#[async_trait]
trait Rows: Send + Sync {
    /// Writes them but for those that the target refuses.
    async fn write(self: Box<Self>, to: &dyn Store) -> Result<Counts>;
}

/// What became of the rows of a batch.
#[derive(Default)]
struct Counts {
    read: u64,
    written: u64,
    unchanged: u64,
    /// Which rows were refused, each with its reason.
    refused: Vec<(String, String)>,
}

#[async_trait]
impl<T: Written> Rows for Vec<T> {
    async fn write(mut self: Box<Self>, to: &dyn Store) -> Result<Counts> {
        let mut counts = Counts { read: self.len() as u64, ..Counts::default() };
        let allow_simulated = to.capabilities().simulated;
        self.retain(|row| {
            let checked = check(row, allow_simulated);
            if let Err(error) = &checked {
                counts.refused.push((format!("{} learned {}", row.place(), row.recorded_at()), format!("{error:#}")));
            }
            checked.is_ok()
        });
        for rows in rounds(*self) {
            let done = T::upsert(to, &rows).await?;
            counts.written += done.inserted + done.corrected + done.backfilled;
            counts.unchanged += done.unchanged + done.repeated;
        }
        Ok(counts)
    }
}

/// Of several rows with one key a batch takes the last, so versions of one row are written one after the other: first
/// the first of each, then the second of those that have one, and so on.
fn rounds<T: Written>(rows: Vec<T>) -> Vec<Vec<T>> {
    // Rows mostly have one version, and then they need not be moved.
    let repeated = |(row, next): (&T, &T)| row.key() == next.key();
    if !rows.iter().zip(rows.iter().skip(1)).any(repeated) {
        return vec![rows];
    }
    let mut rounds: Vec<Vec<T>> = Vec::new();
    let (mut last, mut round) = (None, 0);
    for row in rows {
        let key = Some(row.key());
        round = if last == key { round + 1 } else { 0 };
        last = key;
        match rounds.get_mut(round) {
            Some(rows) => rows.push(row),
            None => rounds.push(vec![row]),
        }
    }
    rounds
}

/// A run in the making.
pub(super) struct Recording<'a> {
    to: &'a dyn Store,
    run: Run,
    clock: &'a dyn Clock,
    progress: &'a mut (dyn FnMut(&Progress) + Send),
}

impl<'a> Recording<'a> {
    pub(super) fn new(
        to: &'a dyn Store,
        run: Run,
        clock: &'a dyn Clock,
        progress: &'a mut (dyn FnMut(&Progress) + Send),
    ) -> Self {
        Self { to, run, clock, progress }
    }

    /// Writes all batches, each in its turn, until nobody gives any more.
    pub(super) async fn write(&mut self, In(batches): In) -> Result<()> {
        let to = self.to;
        // Without a bound: whoever waits here for a batch to be counted keeps those from being written that stand
        // before that.
        let (written, mut counted) = unbounded_channel();
        let batches = stream::unfold(batches, async |mut batches| Some((batches.recv().await?, batches)));
        let writing = async move {
            let write = async |Batch { rows, marks, progress }: Batch| {
                rows.write(to).await.map(|counts| (counts, marks, progress))
            };
            let mut writing = pin!(batches.map(write).buffered(AT_ONCE));
            while let Some(batch) = writing.next().await {
                written.send(batch?).map_err(|_| Error::closed())?;
            }
            Ok::<_, Error>(())
        };
        let recording = self;
        let counting = async move {
            while let Some((counts, marks, progress)) = counted.recv().await {
                recording.count(counts, marks).await?;
                (recording.progress)(&Progress { rows: recording.run.read, ..progress });
            }
            Ok(())
        };
        let (written, counted) = join(writing, counting).await;
        // The one who writes is told nothing of the other but that he is gone.
        counted.and(written)
    }

    /// Counts the rows of a batch and moves the watermarks.
    async fn count(&mut self, counts: Counts, marks: Vec<Watermark>) -> Result<()> {
        let mut step = RunStep::next(&self.run, self.clock.now());
        let reject = |(place, reason)| RunReject::new(self.run.id, step.at, place, reason);
        step.rejects = counts.refused.into_iter().map(reject).collect();
        (step.read, step.written, step.unchanged) = (counts.read, counts.written, counts.unchanged);
        step.watermarks = marks;
        self.run = self.to.record_step(self.run.id, &step).await?;
        Ok(())
    }

    /// The run with its counts.
    pub(super) fn into_run(self) -> Run {
        self.run
    }
}
