//! Rows out of the source, with every version and the watermarks that they reach.

use std::{collections::BTreeMap, mem};

use chrono::NaiveDate;
use strikebook_core::{
    Clock, Name, Result, Store, Timestamp,
    maintenance::Dataset,
    market::{Bar, ChainSnapshot, Observation, OptionContract, OptionQuote, Symbol, Timeframe, UnderlyingQuote},
    operations::{Watermark, WatermarkFilter, WatermarkKey},
};

use super::{
    Plan, just_before, named,
    reading::{ContractPages, Part, Reading},
    rows::Copied,
    write::Out,
};

/// Contracts in named parts: those on one underlying that expire together.
pub(super) type Contracts = Vec<(String, Vec<OptionContract>)>;

/// Both stores, as a run sees them.
#[derive(Clone, Copy)]
pub(super) struct Copying<'a> {
    pub(super) plan: &'a Plan,
    pub(super) from: &'a dyn Store,
    pub(super) to: &'a dyn Store,
    pub(super) clock: &'a dyn Clock,
    /// Nothing that is later on either clock is read.
    pub(super) now: Timestamp,
}

impl<'a> Copying<'a> {
    /// Gives what must be written before the rest is: what features are made of, whose watermarks are set back where
    /// they will change, and the contracts, which are returned. A quote of a contract that is not known yet would store
    /// it as a standard one.
    pub(super) async fn first(self, features: &mut BTreeMap<Name, Timestamp>, out: Out) -> Result<Contracts> {
        self.series::<Observation>(&self.plan.series, features, &out).await?;
        self.series::<Bar>(&self.plan.bars, features, &out).await?;
        self.contracts(&out).await
    }

    /// Gives the rest.
    pub(super) async fn rest(self, contracts: Contracts, out: Out) -> Result<()> {
        let none = &mut BTreeMap::new();
        self.series::<UnderlyingQuote>(&self.plan.underlyings, none, &out).await?;
        self.parts::<OptionQuote>(contracts, none, &out).await?;
        self.series::<ChainSnapshot>(&self.plan.options, none, &out).await
    }

    /// Reads parts of what was copied.
    pub(super) fn copied<T: Copied>(self, parts: Vec<Part<T::Of>>) -> Reading<'a, T> {
        Reading::new(self.to, parts, self.now, self.plan.batch)
    }

    /// How far each part of a dataset has been read.
    pub(super) async fn watermarks(self, dataset: Dataset) -> Result<BTreeMap<Name, Timestamp>> {
        let filter = WatermarkFilter { pipeline: Some(self.plan.pipeline), dataset: Some(named(dataset.as_str())?) };
        let marks = self.to.list_watermarks(&filter).await?;
        Ok(marks.into_iter().map(|mark| (mark.subject, mark.reached)).collect())
    }

    pub(super) fn mark(self, dataset: Dataset, subject: &str, reached: Timestamp) -> Result<Watermark> {
        let (dataset, subject) = (named(dataset.as_str())?, named(subject)?);
        let key = WatermarkKey { pipeline: self.plan.pipeline, dataset, subject };
        Ok(Watermark::new(key, reached, self.clock.now()))
    }

    /// Gives series, each a part of its own.
    async fn series<T: Copied>(self, all: &[T::Of], features: &mut BTreeMap<Name, Timestamp>, out: &Out) -> Result<()> {
        self.parts::<T>(all.iter().map(|of| (T::named_by(*of), vec![*of])).collect(), features, out).await
    }

    /// Gives named parts, each from its watermark on.
    async fn parts<T: Copied>(
        self,
        parts: Vec<(String, Vec<T::Of>)>,
        features: &mut BTreeMap<Name, Timestamp>,
        out: &Out,
    ) -> Result<()> {
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
        while let Some(batch) = reading.batch().await? {
            let marks = batch.parts.iter().map(|name| self.mark(T::DATASET, name, self.now));
            let marks = marks.collect::<Result<_>>()?;
            self.recompute(features, &batch.rows).await?;
            out.give(batch.rows, marks, (batch.done, of)).await?;
        }
        Ok(())
    }

    /// Gives what is known of contracts, and tells which there are.
    async fn contracts(self, out: &Out) -> Result<Contracts> {
        let underlyings = &self.plan.options;
        let mut parts = BTreeMap::<(Symbol, NaiveDate), Vec<OptionContract>>::new();
        let mut rows = Vec::new();
        for (done, underlying) in underlyings.iter().enumerate() {
            let mut contracts = ContractPages::new(self.from, *underlying, self.plan.batch);
            while let Some(page) = contracts.page().await? {
                for contract in page.iter().map(|details| details.contract) {
                    parts.entry((*underlying, contract.expiration())).or_default().push(contract);
                }
                rows.extend(page);
                if rows.len() >= self.plan.batch.get() {
                    out.give(mem::take(&mut rows), Vec::new(), (done, underlyings.len())).await?;
                }
            }
        }
        if !rows.is_empty() {
            out.give(rows, Vec::new(), (underlyings.len(), underlyings.len())).await?;
        }
        Ok(parts.into_iter().map(|((underlying, day), of)| (format!("{underlying}/{day}"), of)).collect())
    }

    /// Sets the watermarks of features back behind which rows are about to change: when the run is stopped between the
    /// two, they are computed again.
    async fn recompute<T: Copied>(self, features: &mut BTreeMap<Name, Timestamp>, rows: &[T]) -> Result<()> {
        if features.is_empty() {
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
        for (subject, reached) in &*features {
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
        features.extend(back);
        Ok(())
    }
}
