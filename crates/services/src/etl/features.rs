//! Features of days, computed from the target's daily bars, corporate actions and series.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use strikebook_core::{
    AsOf, Name, Result, Source, Timestamp,
    analytics::Features,
    maintenance::Dataset,
    market::{
        ActionKey, ActionKind, ActionStatus, Bar, BarKey, CorporateAction, Instrument, Observation, SeriesId, Symbol,
        Timeframe,
    },
    port::Recorded,
};

use super::{
    copy::CopyJob,
    reading::Part,
    watermark_name,
    window::{Returns, RiskLevels, YEAR},
    write::BatchSender,
};
use crate::adjusted::{Adjustment, Factor};

/// All versions of a value at one instant, each with its `recorded_at`.
struct Versions<T> {
    at: Timestamp,
    first: (Timestamp, T),
    later: Vec<(Timestamp, T)>,
}

impl<T> Versions<T> {
    fn iter(&self) -> impl DoubleEndedIterator<Item = &(Timestamp, T)> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// Returns the current version.
    fn current(&self) -> &T {
        &self.later.last().unwrap_or(&self.first).1
    }

    /// Returns the version that was valid by a knowledge limit.
    fn known_by(&self, limit: Timestamp) -> Option<&T> {
        self.iter().rev().find(|(recorded_at, _)| *recorded_at <= limit).map(|(_, value)| value)
    }
}

/// Adds a version to a series in order.
fn push_version<T>(series: &mut Vec<Versions<T>>, at: Timestamp, recorded_at: Timestamp, value: T) {
    match series.last_mut().filter(|versions| versions.at == at) {
        Some(versions) => versions.later.push((recorded_at, value)),
        None => series.push(Versions { at, first: (recorded_at, value), later: Vec::new() }),
    }
}

/// A closing price with its source.
struct Close {
    price: f64,
    source: Source,
}

/// The inputs of features beside prices.
struct Inputs {
    risk_free_rate: Vec<Versions<f64>>,
    vix: Vec<Versions<f64>>,
    levels: RiskLevels,
}

/// Reads all versions of a series of the target.
async fn observations(job: CopyJob<'_>, id: Option<SeriesId>) -> Result<Vec<Versions<f64>>> {
    let part = |id: SeriesId| Part { name: id.to_string(), series: vec![id], from: Timestamp::MIN };
    let mut reader = job.read_target::<Observation>(id.map(part).into_iter().collect());
    let mut series = Vec::new();
    while let Some(batch) = reader.next_batch().await? {
        for row in batch.rows {
            push_version(&mut series, row.key().1, row.recorded_at, row.value);
        }
    }
    Ok(series)
}

/// Reads all versions of the corporate actions of symbols in the target, and of the changes of other symbols into them,
/// in the order of time.
async fn corporate_actions(
    job: CopyJob<'_>,
    symbols: &BTreeMap<String, Symbol>,
) -> Result<BTreeMap<Symbol, Vec<Versions<CorporateAction>>>> {
    let part = |(name, symbol): (&String, &Symbol)| {
        let series = ActionKey::all_of(*symbol).collect();
        Part { name: name.clone(), series, from: Timestamp::MIN }
    };
    let mut reader = job.read_target::<CorporateAction>(symbols.iter().map(part).collect());
    let mut series = BTreeMap::<ActionKey, Vec<Versions<CorporateAction>>>::new();
    while let Some(batch) = reader.next_batch().await? {
        for row in batch.rows {
            push_version(series.entry(row.key).or_default(), row.at, row.recorded_at, row);
        }
    }
    let mut actions = BTreeMap::<Symbol, Vec<Versions<CorporateAction>>>::new();
    for (key, of_kind) in series {
        actions.entry(key.symbol).or_default().extend(of_kind);
    }
    for symbol in symbols.values() {
        actions.entry(*symbol).or_default().extend(changes_into(job, *symbol).await?);
    }
    let place = |versions: &Versions<CorporateAction>| (versions.at, versions.current().key.kind.as_str());
    for of_symbol in actions.values_mut() {
        of_symbol.sort_by_key(place);
    }
    Ok(actions)
}

/// Reads all versions of the changes of other symbols into one.
async fn changes_into(job: CopyJob<'_>, symbol: Symbol) -> Result<Vec<Versions<CorporateAction>>> {
    let as_of = AsOf { at: job.now, known_by: Some(job.now) };
    let mut changes = Vec::new();
    for into in job.to.corporate_actions_into(symbol, as_of).await? {
        if into.key.kind != ActionKind::SymbolChange {
            continue;
        }
        let versions = job.to.list_corporate_action_versions(into.key, into.date()).await?;
        for action in versions.into_iter().map(|version| version.row).filter(|row| row.recorded_at <= job.now) {
            push_version(&mut changes, action.at, action.recorded_at, action);
        }
    }
    Ok(changes)
}

/// Returns true for a confirmed action from whose date on the symbol is another company's, or the company has a new
/// symbol: what came before is no part of the symbol's series.
fn begins_another_series(action: &CorporateAction) -> bool {
    let begins = matches!(action.key.kind, ActionKind::Listing | ActionKind::Delisting | ActionKind::SymbolChange);
    begins && action.status == ActionStatus::Confirmed
}

/// Computes and sends the features of each symbol of a plan after its watermark.
pub(super) async fn compute(
    job: CopyJob<'_>,
    watermarks: BTreeMap<Name, Timestamp>,
    sender: BatchSender,
) -> Result<()> {
    let plan = &job.plan.features;
    let symbols: BTreeMap<_, _> = plan.symbols.iter().map(|symbol| (symbol.to_string(), *symbol)).collect();
    if symbols.is_empty() {
        return Ok(());
    }
    let actions = corporate_actions(job, &symbols).await?;
    let (risk_free_rate, vix) = try_join(observations(job, plan.risk_free_rate), observations(job, plan.vix)).await?;
    let inputs = Inputs { risk_free_rate, vix, levels: RiskLevels::new()? };
    let part = |(name, symbol): (&String, &Symbol)| {
        let series = vec![BarKey::new(*symbol, Timeframe::Day1)];
        Part { name: name.clone(), series, from: Timestamp::MIN }
    };
    let mut reader = job.read_target::<Bar>(symbols.iter().map(part).collect());
    // The bars of symbols that are not read whole yet.
    let mut bars = BTreeMap::<Instrument, Vec<Versions<Close>>>::new();
    while let Some(batch) = reader.next_batch().await? {
        let (mut rows, mut finished) = (Vec::with_capacity(batch.rows.len()), Vec::new());
        for bar in batch.rows {
            let series = bars.entry(bar.key.instrument).or_default();
            push_version(series, bar.at, bar.recorded_at, Close { price: bar.close, source: bar.source });
        }
        for symbol in batch.finished_parts.iter().filter_map(|name| symbols.get(name)) {
            // A symbol without bars has no features.
            let Some(series) = bars.remove(&Instrument::from(*symbol)) else { continue };
            let reached = watermarks.get(&watermark_name(symbol.as_str())?).copied();
            let actions = actions.get(symbol).map_or(&[][..], Vec::as_slice);
            Days::new(*symbol, &series, actions, &inputs).features_after(reached, &mut rows);
            if let Some(last) = series.last().filter(|last| reached.is_none_or(|reached| last.at > reached)) {
                finished.push(job.watermark(Dataset::Features, symbol.as_str(), last.at)?);
            }
        }
        sender.send(rows, finished, (batch.done, symbols.len())).await?;
    }
    Ok(())
}

/// The days of a symbol in order.
struct Days<'a> {
    symbol: Symbol,
    bars: &'a [Versions<Close>],
    actions: &'a [Versions<CorporateAction>],
    /// The returns of the current versions.
    returns: Returns<'a>,
    inputs: &'a Inputs,
    risk_free_rate: InputCursor<'a>,
    vix: InputCursor<'a>,
    /// The number of actions that are in force.
    in_force: usize,
    /// The sorted `recorded_at` of all inputs up to the day: features can change at these instants only.
    changes: Vec<Timestamp>,
}

impl<'a> Days<'a> {
    fn new(
        symbol: Symbol,
        bars: &'a [Versions<Close>],
        actions: &'a [Versions<CorporateAction>],
        inputs: &'a Inputs,
    ) -> Self {
        let closes = bars.iter().map(|versions| (versions.at, versions.current().price));
        Self {
            symbol,
            bars,
            actions,
            returns: Returns::new(&inputs.levels, with_factors(closes, actions, Timestamp::MAX)),
            inputs,
            risk_free_rate: InputCursor::new(&inputs.risk_free_rate),
            vix: InputCursor::new(&inputs.vix),
            in_force: 0,
            changes: Vec::new(),
        }
    }

    /// Adds all versions of the features of each day after an instant.
    fn features_after(mut self, reached: Option<Timestamp>, rows: &mut Vec<Features>) {
        for (day, bar) in self.bars.iter().enumerate() {
            for (recorded_at, _) in bar.iter() {
                insert_sorted(&mut self.changes, *recorded_at);
            }
            self.risk_free_rate.advance_to(bar.at, &mut self.changes);
            self.vix.advance_to(bar.at, &mut self.changes);
            while let Some(action) = self.actions.get(self.in_force).filter(|action| action.at <= bar.at) {
                action.iter().for_each(|(recorded_at, _)| insert_sorted(&mut self.changes, *recorded_at));
                self.in_force += 1;
            }
            if reached.is_none_or(|reached| bar.at > reached) {
                self.add_versions(day, bar, rows);
            }
        }
    }

    /// Adds the features of a day for the instant at which its bar was recorded, and for each later change of an input.
    /// Versions equal to the one before are added too: the stored version of that instant may have been computed before
    /// a row came late.
    fn add_versions(&mut self, day: usize, bar: &Versions<Close>, rows: &mut Vec<Features>) {
        let first = bar.first.0;
        let later = self.changes.partition_point(|recorded_at| *recorded_at <= first);
        if later == self.changes.len() {
            // All inputs were recorded by then, and their versions are the current ones.
            let mut features = self.without_returns(bar, first, bar.current());
            self.returns.fill_in(day, &mut features);
            rows.push(features);
            return;
        }
        for known_by in [first].iter().chain(self.changes.iter().skip(later)) {
            let Some(close) = bar.known_by(*known_by) else { continue };
            let mut features = self.without_returns(bar, *known_by, close);
            let mut returns = Returns::new(&self.inputs.levels, self.closes_known_by(day, *known_by));
            returns.fill_in_last(&mut features);
            rows.push(features);
        }
    }

    /// Returns the closes of a year up to a day, and the one before them, by a knowledge limit, each with the factor of
    /// the close before it.
    fn closes_known_by(&self, day: usize, limit: Timestamp) -> Vec<(f64, f64)> {
        let bars = self.bars.iter().take(day + 1).rev();
        let closes = bars.filter_map(|versions| Some((versions.at, versions.known_by(limit)?.price)));
        let mut closes: Vec<_> = closes.take(YEAR + 1).collect();
        closes.reverse();
        with_factors(closes, self.actions, limit)
    }

    /// Returns the features of a day by a knowledge limit, without those of its returns.
    fn without_returns(&self, bar: &Versions<Close>, known_by: Timestamp, close: &Close) -> Features {
        let mut features = Features::new(self.symbol, bar.at, close.price, close.source.clone());
        features.recorded_at = known_by;
        // Interest rates are published in percent.
        features.risk_free_rate = self.risk_free_rate.last(known_by).map(|percent| percent / 100.0);
        features.vix = self.vix.last(known_by);
        features
    }
}

/// Returns closes, in the order of time, each with the factor of the close before it: that of the actions between the
/// two by a knowledge limit. NaN where a dividend is not below the close before it, and where the close before it is
/// another company's or the company's under another symbol: no return spans the two.
fn with_factors(
    closes: impl IntoIterator<Item = (Timestamp, f64)>,
    actions: &[Versions<CorporateAction>],
    known_by: Timestamp,
) -> Vec<(f64, f64)> {
    let mut passed = 0;
    let mut last = None;
    let factor = |(at, close): (Timestamp, f64)| {
        let between = passed + actions.iter().skip(passed).take_while(|action| action.at <= at).count();
        let known = actions.iter().take(between).skip(passed).filter_map(|action| action.known_by(known_by));
        let factors = known.map(|action| match Factor::of(action, Adjustment::SplitsAndDividends, last) {
            Ok(factor) if !begins_another_series(action) => factor.price,
            _ => f64::NAN,
        });
        let factor = factors.product();
        (passed, last) = (between, Some(close));
        (close, factor)
    };
    closes.into_iter().map(factor).collect()
}

/// A series with the position up to which its observations count.
struct InputCursor<'a> {
    series: &'a [Versions<f64>],
    passed: usize,
}

impl<'a> InputCursor<'a> {
    const fn new(series: &'a [Versions<f64>]) -> Self {
        Self { series, passed: 0 }
    }

    /// Advances over the observations up to an instant, and adds their `recorded_at` to the changes.
    fn advance_to(&mut self, at: Timestamp, changes: &mut Vec<Timestamp>) {
        while let Some(versions) = self.series.get(self.passed).filter(|versions| versions.at <= at) {
            for (recorded_at, _) in versions.iter() {
                insert_sorted(changes, *recorded_at);
            }
            self.passed += 1;
        }
    }

    /// Returns the last passed value that was recorded by a limit.
    fn last(&self, known_by: Timestamp) -> Option<f64> {
        self.series.iter().take(self.passed).rev().find_map(|versions| versions.known_by(known_by)).copied()
    }
}

/// Inserts an instant into a sorted list without duplicates, usually at the end.
fn insert_sorted(sorted: &mut Vec<Timestamp>, instant: Timestamp) {
    if sorted.last().is_none_or(|last| *last < instant) {
        sorted.push(instant);
    } else if let Err(position) = sorted.binary_search(&instant) {
        sorted.insert(position, instant);
    }
}
