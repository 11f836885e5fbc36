//! Rows from one store into another, with every version and a watermark behind each batch.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use futures_util::future::try_join;
use strikebook_core::{
    Clock, Name, Result, Store, Timestamp, Upserted,
    batch::check,
    maintenance::Dataset,
    market::{ContractDetails, ContractQuery, OptionContract, OptionQuote, Symbol, Timeframe},
    operations::{Run, RunReject, RunStep, Watermark, WatermarkFilter, WatermarkKey},
};

use super::{
    Plan, Progress, just_before, named,
    reading::{Part, Reading},
    rows::{Copied, Written},
};

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
    /// Up to which day the features of each symbol are computed.
    features: BTreeMap<Name, Timestamp>,
}

impl<'a> Copying<'a> {
    pub(super) async fn new(
        plan: &'a Plan,
        (from, to): (&'a dyn Store, &'a dyn Store),
        run: Run,
        clock: &'a dyn Clock,
        progress: &'a mut (dyn FnMut(&Progress) + Send),
    ) -> Result<Self> {
        let now = run.at;
        let mut copy = Self { plan, from, to, run, clock, progress, now, features: BTreeMap::new() };
        copy.features = copy.watermarks(Dataset::Features).await?;
        Ok(copy)
    }

    pub(super) const fn plan(&self) -> &'a Plan {
        self.plan
    }

    /// Reads parts of what was copied.
    pub(super) fn copied<T: Copied>(&self, parts: Vec<Part<T::Of>>) -> Reading<'a, T> {
        Reading::new(self.to, parts, self.now, self.plan.batch)
    }

    /// Up to which day the features of each symbol are computed.
    pub(super) const fn features(&self) -> &BTreeMap<Name, Timestamp> {
        &self.features
    }

    pub(super) fn into_run(self) -> Run {
        self.run
    }

    /// How far each part of a dataset has been read.
    async fn watermarks(&self, dataset: Dataset) -> Result<BTreeMap<Name, Timestamp>> {
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

    /// Copies series, each a part of its own.
    pub(super) async fn series<T: Copied>(&mut self, all: &[T::Of]) -> Result<()> {
        self.parts::<T>(all.iter().map(|of| (T::named_by(*of), vec![*of])).collect()).await
    }

    /// Copies the quotes of contracts. Those on one underlying that expire together are one part.
    pub(super) async fn quotes(&mut self, contracts: &[(Symbol, OptionContract)]) -> Result<()> {
        let mut parts = BTreeMap::<(Symbol, NaiveDate), Vec<OptionContract>>::new();
        for (underlying, contract) in contracts {
            parts.entry((*underlying, contract.expiration())).or_default().push(*contract);
        }
        let parts = parts.into_iter().map(|((underlying, day), contracts)| (format!("{underlying}/{day}"), contracts));
        self.parts::<OptionQuote>(parts.collect()).await
    }

    /// Copies named parts, each from its watermark on. While one batch is written the next is read.
    async fn parts<T: Copied>(&mut self, parts: Vec<(String, Vec<T::Of>)>) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let reached = self.watermarks(T::DATASET).await?;
        let of = parts.iter().map(|(_, series)| series.len()).sum();
        let part = |(name, series): (String, Vec<_>)| {
            let reached = reached.get(&named(&name)?);
            let from = reached.map_or(Timestamp::MIN, |reached| reached.saturating_sub(self.plan.overlap));
            Ok(Part { name, series, from })
        };
        let parts = parts.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        let mut reading = Reading::<T>::new(self.from, parts, self.now, self.plan.batch);
        let mut next = reading.batch().await?;
        while let Some(batch) = next {
            let marks = batch.parts.iter().map(|name| self.mark(T::DATASET, name, self.now));
            let marks = marks.collect::<Result<_>>()?;
            self.recompute_features(&batch.rows).await?;
            // Asked first, the reader is at work while the rows to write are made ready.
            (next, ()) = try_join(reading.batch(), self.write(batch.rows, marks)).await?;
            self.tell(T::DATASET, batch.done, of);
        }
        Ok(())
    }

    /// Copies what is known of the contracts on some underlyings, and tells which those are.
    pub(super) async fn contracts(&mut self, underlyings: &[Symbol]) -> Result<Vec<(Symbol, OptionContract)>> {
        let (mut contracts, mut rows) = (Vec::new(), Vec::<ContractDetails>::new());
        for (done, underlying) in underlyings.iter().enumerate() {
            let mut query = ContractQuery { limit: Some(self.plan.batch), ..ContractQuery::new(*underlying) };
            loop {
                let page = self.from.list_contracts(&query).await?;
                contracts.extend(page.items.iter().map(|details| (*underlying, details.contract)));
                rows.extend(page.items);
                if rows.len() >= self.plan.batch.get() {
                    self.write(std::mem::take(&mut rows), Vec::new()).await?;
                }
                let Some(next) = page.next else { break };
                query = ContractQuery { after: Some(next), ..query };
            }
            self.tell(Dataset::Contracts, done + 1, underlyings.len());
        }
        self.write(rows, Vec::new()).await?;
        Ok(contracts)
    }

    /// Sets the watermarks of features back behind which rows are about to change: when the run is stopped between the two,
    /// they are computed again.
    async fn recompute_features<T: Copied>(&mut self, rows: &[T]) -> Result<()> {
        if self.features.is_empty() || !matches!(T::DATASET, Dataset::Bars | Dataset::Observations) {
            return Ok(());
        }
        let plan = &self.plan.features;
        let mut first = BTreeMap::<T::Of, Timestamp>::new();
        for (of, at) in rows.iter().map(T::key) {
            let earliest = first.entry(of).or_insert(at);
            *earliest = at.min(*earliest);
        }
        let first: BTreeMap<_, _> = first.into_iter().map(|(of, at)| (T::named_by(of), at)).collect();
        let inputs = [plan.risk_free_rate, plan.vix].into_iter().flatten();
        let input = inputs.filter_map(|series| first.get(series.as_str())).min();
        let mut back = BTreeMap::new();
        for (subject, reached) in &self.features {
            let change = match T::DATASET {
                Dataset::Bars => first.get(&format!("{subject}/{}", Timeframe::Day1)),
                _ => input,
            };
            if let Some(at) = change.filter(|at| *at <= reached) {
                back.insert(*subject, just_before(*at));
            }
        }
        let marks = back.iter().map(|(subject, reached)| self.mark(Dataset::Features, subject.as_str(), *reached));
        self.to.reset_watermarks(&marks.collect::<Result<Vec<_>>>()?).await?;
        self.features.extend(back);
        Ok(())
    }

    /// Writes rows, versions of one row behind each other, and then counts them and moves the watermarks.
    pub(super) async fn write<T: Written>(&mut self, rows: Vec<T>, marks: Vec<Watermark>) -> Result<()> {
        if rows.is_empty() && marks.is_empty() {
            return Ok(());
        }
        let mut step = RunStep::next(&self.run, self.clock.now());
        step.read = rows.len() as u64;
        step.watermarks = marks;
        for rows in rounds(self.without_rejects(rows, &mut step)) {
            let done: Upserted = T::upsert(self.to, &rows).await?;
            step.written += done.inserted + done.corrected + done.backfilled;
            step.unchanged += done.unchanged + done.repeated;
        }
        self.run = self.to.record_step(self.run.id, &step).await?;
        Ok(())
    }

    /// The rows that the target does not refuse.
    fn without_rejects<T: Written>(&self, mut rows: Vec<T>, step: &mut RunStep) -> Vec<T> {
        let allow_simulated = self.to.capabilities().simulated;
        rows.retain(|row| {
            let checked = check(row, allow_simulated);
            if let Err(error) = &checked {
                let place = format!("{} learned {}", row.place(), row.recorded_at());
                step.rejects.push(RunReject::new(self.run.id, step.at, place, error.to_string()));
            }
            checked.is_ok()
        });
        rows
    }
}

/// Of several rows with one key a batch takes the last, so versions of one row are written one after the other: first the
/// first of each, then the second of those that have one, and so on.
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
