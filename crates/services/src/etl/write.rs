//! The writing side of a run: batches are written while later ones are prepared, and counted once they are written.

use std::pin::pin;

use async_trait::async_trait;
use futures_util::{StreamExt, future::join, stream};
use strikebook_core::{
    Clock, Error, Result, Store,
    operations::{Run, RunReject, RunStep, Watermark},
    port::check,
};
use tokio::sync::mpsc::{Receiver, Sender, channel, unbounded_channel};

use super::{EtlProgress, rows::TargetRow};

/// The batches that are handed to the target at a time, which writes them one after the other.
const BATCHES_IN_FLIGHT: usize = 3;

/// A batch on its way into the target.
pub(super) struct Batch {
    rows: Box<dyn BatchRows>,
    /// The watermarks that are reached once the rows are written.
    watermarks: Vec<Watermark>,
    /// The progress with this batch, without the count of rows.
    progress: EtlProgress,
}

/// The sending half of a channel of batches.
#[derive(Clone)]
pub(super) struct BatchSender(Sender<Batch>);

/// The receiving half of a channel of batches.
pub(super) struct BatchReceiver(Receiver<Batch>);

/// Creates a channel of batches into the target.
pub(super) fn batch_channel() -> (BatchSender, BatchReceiver) {
    let (sender, receiver) = channel(1);
    (BatchSender(sender), BatchReceiver(receiver))
}

impl BatchSender {
    /// Sends rows, the versions of each one after the other, with the watermarks that they reach, and the number of
    /// series done among all series.
    pub(super) async fn send<T: TargetRow>(
        &self,
        rows: Vec<T>,
        watermarks: Vec<Watermark>,
        (done, of): (usize, usize),
    ) -> Result<()> {
        let progress = EtlProgress { dataset: T::DATASET, done, of, rows: 0 };
        // The channel is closed after a failed write, whose error the writing side returns.
        self.0.send(Batch { rows: Box::new(rows), watermarks, progress }).await.map_err(|_| Error::closed())
    }
}

/// The rows of a batch, of any kind.
#[async_trait]
trait BatchRows: Send + Sync {
    /// Writes the rows, except those that the target refuses.
    async fn write(self: Box<Self>, to: &dyn Store) -> Result<BatchCounts>;
}

/// The counts of a batch.
#[derive(Default)]
struct BatchCounts {
    read: u64,
    written: u64,
    unchanged: u64,
    /// The refused rows, each with its reason.
    refused: Vec<(String, String)>,
}

#[async_trait]
impl<T: TargetRow> BatchRows for Vec<T> {
    async fn write(mut self: Box<Self>, to: &dyn Store) -> Result<BatchCounts> {
        let mut counts = BatchCounts { read: self.len() as u64, ..BatchCounts::default() };
        let allow_simulated = to.capabilities().simulated;
        self.retain(|row| {
            let checked = check(row, allow_simulated);
            if let Err(error) = &checked {
                let row = format!("{} recorded {}", row.describe(), row.recorded_at());
                counts.refused.push((row, format!("{error:#}")));
            }
            checked.is_ok()
        });
        for rows in version_rounds(*self) {
            let done = T::upsert(to, &rows).await?;
            counts.written += done.inserted + done.corrected + done.backfilled;
            counts.unchanged += done.unchanged + done.repeated;
        }
        Ok(counts)
    }
}

/// Splits rows into batches with one version of each: a store takes only the last row of a key in a batch. The first
/// batch has the first version of each row, the second the second version of those that have one, and so on.
fn version_rounds<T: TargetRow>(rows: Vec<T>) -> Vec<Vec<T>> {
    // Most batches have one version of each row, and need not be moved.
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

/// Writes the batches of a run and records their counts.
pub(super) struct RunRecorder<'a> {
    to: &'a dyn Store,
    run: Run,
    clock: &'a dyn Clock,
    progress: &'a mut (dyn FnMut(&EtlProgress) + Send),
}

impl<'a> RunRecorder<'a> {
    pub(super) fn new(
        to: &'a dyn Store,
        run: Run,
        clock: &'a dyn Clock,
        progress: &'a mut (dyn FnMut(&EtlProgress) + Send),
    ) -> Self {
        Self { to, run, clock, progress }
    }

    /// Writes all batches in order, until every sender is dropped.
    pub(super) async fn write(&mut self, BatchReceiver(batches): BatchReceiver) -> Result<()> {
        let to = self.to;
        // Unbounded: with a bounded channel a slow `record_step` would stall batches that are already being written.
        let (written, mut to_count) = unbounded_channel();
        let batches = stream::unfold(batches, async |mut batches| Some((batches.recv().await?, batches)));
        let writing = async move {
            let write = async |Batch { rows, watermarks, progress }: Batch| {
                rows.write(to).await.map(|counts| (counts, watermarks, progress))
            };
            let mut writing = pin!(batches.map(write).buffered(BATCHES_IN_FLIGHT));
            while let Some(batch) = writing.next().await {
                written.send(batch?).map_err(|_| Error::closed())?;
            }
            Ok::<_, Error>(())
        };
        let recorder = self;
        let counting = async move {
            while let Some((counts, watermarks, progress)) = to_count.recv().await {
                recorder.record(counts, watermarks).await?;
                (recorder.progress)(&EtlProgress { rows: recorder.run.read, ..progress });
            }
            Ok(())
        };
        let (written, counted) = join(writing, counting).await;
        // After a failed count the writing side sees only a closed channel, so that error comes first.
        counted.and(written)
    }

    /// Records the counts of a batch and moves the watermarks.
    async fn record(&mut self, counts: BatchCounts, watermarks: Vec<Watermark>) -> Result<()> {
        let mut step = RunStep::next(&self.run, self.clock.now());
        let reject = |(place, reason)| RunReject::new(self.run.id, step.at, place, reason);
        step.rejects = counts.refused.into_iter().map(reject).collect();
        (step.read, step.written, step.unchanged) = (counts.read, counts.written, counts.unchanged);
        step.watermarks = watermarks;
        self.run = self.to.record_step(self.run.id, &step).await?;
        Ok(())
    }

    /// Returns the run with its counts.
    pub(super) fn into_run(self) -> Run {
        self.run
    }
}
