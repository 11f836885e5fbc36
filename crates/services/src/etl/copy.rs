//! The copies: rows of the source with all versions, and the watermarks that they reach.

use std::{collections::BTreeMap, mem};

use chrono::NaiveDate;
use strikebook_core::{
    Clock, Name, Result, Store, Timestamp,
    maintenance::Dataset,
    market::{
        ActionKey, ActionKind, Bar, ChainSnapshot, CorporateAction, Fundamentals, Observation, OptionContract,
        OptionQuote, Symbol, Timeframe, UnderlyingQuote,
    },
    operations::{Watermark, WatermarkFilter, WatermarkKey},
};

use super::{
    EtlPlan, just_before,
    reading::{ChangeReader, ContractPages, Part},
    rows::SeriesRow,
    watermark_name,
    write::BatchSender,
};

/// Contracts by the names of their parts: one underlying and expiration each.
pub(super) type Contracts = Vec<(String, Vec<OptionContract>)>;

/// Both stores of a run, with its plan.
#[derive(Clone, Copy)]
pub(super) struct CopyJob<'a> {
    pub(super) plan: &'a EtlPlan,
    pub(super) from: &'a dyn Store,
    pub(super) to: &'a dyn Store,
    pub(super) clock: &'a dyn Clock,
    /// The instant of the run. No row that is later on either clock is read.
    pub(super) now: Timestamp,
}

impl<'a> CopyJob<'a> {
    /// Sends the rows that must be written before the rest, and returns the contracts. First come the inputs of
    /// features, with the watermarks of features rewound where the inputs change; then the contracts, since a quote of
    /// an unknown contract would store that contract as a standard one.
    pub(super) async fn copy_feature_inputs(
        self,
        features: &mut BTreeMap<Name, Timestamp>,
        sender: BatchSender,
    ) -> Result<Contracts> {
        self.copy_series::<Observation>(&self.plan.series, features, &sender).await?;
        let of_symbol = |symbol: &Symbol| (symbol.to_string(), ActionKey::all_of(*symbol).collect());
        let actions = self.plan.actions.iter().map(of_symbol).collect();
        self.copy_parts::<CorporateAction>(actions, features, &sender).await?;
        self.copy_series::<Bar>(&self.plan.bars, features, &sender).await?;
        self.copy_contracts(&sender).await
    }

    /// Sends the other rows.
    pub(super) async fn copy_rest(self, contracts: Contracts, sender: BatchSender) -> Result<()> {
        let no_features = &mut BTreeMap::new();
        self.copy_series::<Fundamentals>(&self.plan.fundamentals, no_features, &sender).await?;
        self.copy_series::<UnderlyingQuote>(&self.plan.underlyings, no_features, &sender).await?;
        self.copy_parts::<OptionQuote>(contracts, no_features, &sender).await?;
        self.copy_series::<ChainSnapshot>(&self.plan.options, no_features, &sender).await
    }

    /// Returns a reader of copied rows in the target.
    pub(super) fn read_target<T: SeriesRow>(self, parts: Vec<Part<T::Series>>) -> ChangeReader<'a, T> {
        ChangeReader::new(self.to, parts, self.now, self.plan.batch)
    }

    /// Returns the watermarks of a dataset by part.
    pub(super) async fn watermarks(self, dataset: Dataset) -> Result<BTreeMap<Name, Timestamp>> {
        let dataset = watermark_name(dataset.as_str())?;
        let filter = WatermarkFilter { pipeline: Some(self.plan.pipeline), dataset: Some(dataset) };
        let watermarks = self.to.list_watermarks(&filter).await?;
        Ok(watermarks.into_iter().map(|watermark| (watermark.subject, watermark.reached)).collect())
    }

    pub(super) fn watermark(self, dataset: Dataset, subject: &str, reached: Timestamp) -> Result<Watermark> {
        let (dataset, subject) = (watermark_name(dataset.as_str())?, watermark_name(subject)?);
        let key = WatermarkKey { pipeline: self.plan.pipeline, dataset, subject };
        Ok(Watermark::new(key, reached, self.clock.now()))
    }
    /// Sends series, each a part of its own.
    async fn copy_series<T: SeriesRow>(
        self,
        all: &[T::Series],
        features: &mut BTreeMap<Name, Timestamp>,
        sender: &BatchSender,
    ) -> Result<()> {
        let parts = all.iter().map(|series| (T::series_name(*series), vec![*series])).collect();
        self.copy_parts::<T>(parts, features, sender).await
    }

    /// Sends named parts, each from its watermark on.
    async fn copy_parts<T: SeriesRow>(
        self,
        parts: Vec<(String, Vec<T::Series>)>,
        features: &mut BTreeMap<Name, Timestamp>,
        sender: &BatchSender,
    ) -> Result<()> {
        if parts.is_empty() {
            return Ok(());
        }
        let reached = self.watermarks(T::DATASET).await?;
        let all_series = parts.iter().map(|(_, series)| series.len()).sum();
        let part = |(name, series): (String, Vec<_>)| {
            let reached = reached.get(&watermark_name(&name)?);
            let from = reached.map_or(Timestamp::MIN, |reached| reached.saturating_sub(self.plan.overlap));
            Ok(Part { name, series, from })
        };
        let parts = parts.into_iter().map(part).collect::<Result<Vec<_>>>()?;
        let mut reader = ChangeReader::<T>::new(self.from, parts, self.now, self.plan.batch);
        while let Some(batch) = reader.next_batch().await? {
            let watermarks = batch.finished_parts.iter().map(|name| self.watermark(T::DATASET, name, self.now));
            let watermarks = watermarks.collect::<Result<_>>()?;
            self.rewind_features(features, &batch.rows).await?;
            sender.send(batch.rows, watermarks, (batch.done, all_series)).await?;
        }
        Ok(())
    }

    /// Sends the details of contracts, and returns the contracts.
    async fn copy_contracts(self, sender: &BatchSender) -> Result<Contracts> {
        let underlyings = &self.plan.options;
        let mut parts = BTreeMap::<(Symbol, NaiveDate), Vec<OptionContract>>::new();
        let mut rows = Vec::new();
        for (done, underlying) in underlyings.iter().enumerate() {
            let mut pages = ContractPages::new(self.from, *underlying, self.plan.batch);
            while let Some(page) = pages.next_page().await? {
                for contract in page.iter().map(|details| details.contract) {
                    parts.entry((*underlying, contract.expiration())).or_default().push(contract);
                }
                rows.extend(page);
                if rows.len() >= self.plan.batch.get() {
                    sender.send(mem::take(&mut rows), Vec::new(), (done, underlyings.len())).await?;
                }
            }
        }
        if !rows.is_empty() {
            sender.send(rows, Vec::new(), (underlyings.len(), underlyings.len())).await?;
        }
        let named = |((underlying, day), contracts)| (format!("{underlying}/{day}"), contracts);
        Ok(parts.into_iter().map(named).collect())
    }

    /// Rewinds feature watermarks to before the earliest row about to change, so that an interrupted run recomputes
    /// these features.
    async fn rewind_features<T: SeriesRow>(self, features: &mut BTreeMap<Name, Timestamp>, rows: &[T]) -> Result<()> {
        if features.is_empty() {
            return Ok(());
        }
        let plan = &self.plan.features;
        let mut of_series = BTreeMap::<T::Series, Timestamp>::new();
        for (series, at) in rows.iter().map(T::key) {
            let first = of_series.entry(series).or_insert(at);
            *first = at.min(*first);
        }
        let mut earliest: BTreeMap<_, _> =
            of_series.into_iter().map(|(series, at)| (T::series_name(series), at)).collect();
        for (series, at) in rows.iter().filter_map(|row| Some((row.other_series()?, row.key().1))) {
            let first = earliest.entry(series).or_insert(at);
            *first = at.min(*first);
        }
        let inputs = [plan.risk_free_rate, plan.vix].into_iter().flatten();
        let first_input = inputs.filter_map(|series| earliest.get(series.as_str())).min();
        let mut rewound = BTreeMap::new();
        for (subject, reached) in &*features {
            let change = match T::DATASET {
                Dataset::Bars => earliest.get(&format!("{subject}/{}", Timeframe::Day1)),
                Dataset::CorporateActions => {
                    let kinds = ActionKind::ALL.iter();
                    kinds.filter_map(|kind| earliest.get(&format!("{subject}/{kind}"))).min()
                }
                _ => first_input,
            };
            if let Some(at) = change.filter(|at| *at <= reached) {
                rewound.insert(*subject, just_before(*at));
            }
        }
        let watermark =
            |(subject, reached): (&Name, &Timestamp)| self.watermark(Dataset::Features, subject.as_str(), *reached);
        self.to.reset_watermarks(&rewound.iter().map(watermark).collect::<Result<Vec<_>>>()?).await?;
        features.extend(rewound);
        Ok(())
    }
}
