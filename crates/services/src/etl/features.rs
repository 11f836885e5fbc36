//! Features of days, out of the target's daily bars and series.

use std::{collections::BTreeSet, ops::Bound};

use strikebook_core::{
    AsOf, Result, SeriesQuery, Source, Timestamp,
    analytics::Features,
    maintenance::Dataset,
    market::{Bar, BarKey, Observation, SeriesId, Symbol, Timeframe},
};

use super::{
    copy::{Copied, Copying, all_versions, has_versions},
    named,
};
use crate::statistics::{
    Level, TRADING_DAYS, mean, normal_risk, simple_returns, sorted_risk, standard_deviation, volatility,
};

/// Returns behind the longest features.
const YEAR: usize = 250;
/// Returns behind the shorter volatility.
const MONTH: usize = 20;

/// What the market said at an instant: its versions, by when they were learned. Never empty.
struct Said<T> {
    at: Timestamp,
    versions: Vec<(Timestamp, T)>,
}

impl<T> Said<T> {
    /// What was believed at an instant.
    fn believed(&self, known_by: Timestamp) -> Option<&T> {
        self.versions.iter().rev().find(|(learned, _)| *learned <= known_by).map(|(_, value)| value)
    }
}

/// A closing price, and who told it.
struct Close {
    price: f64,
    source: Source,
}

/// A whole series of a store, with every version that was known by an instant.
async fn read<R: Copied, T>(copy: &Copying<'_>, of: R::Of, value: impl Fn(&R) -> T) -> Result<Vec<Said<T>>> {
    let (store, now) = (copy.target(), copy.now());
    let has_versions = has_versions(store, R::DATASET).await?;
    let mut query = SeriesQuery::new(of, AsOf::instant(now)).with_limit(copy.plan().batch);
    let mut said = Vec::new();
    loop {
        let page = R::list(store, &query).await?;
        for versions in all_versions(store, page.items, now, has_versions).await? {
            let Some(at) = versions.first().map(|row| row.key().1) else { continue };
            let versions = versions.iter().map(|row| (row.recorded_at(), value(row))).collect();
            said.push(Said { at, versions });
        }
        let Some(next) = page.next else { return Ok(said) };
        query = query.after(next);
    }
}

/// What features are made of besides prices.
struct Inputs {
    risk_free_rate: Vec<Said<f64>>,
    vix: Vec<Said<f64>>,
}

/// The last value of a series that was said by one instant and known by another.
fn last(series: &[Said<f64>], at: Timestamp, known_by: Timestamp) -> Option<f64> {
    let said = series.partition_point(|said| said.at <= at);
    series.get(..said)?.iter().rev().find_map(|said| said.believed(known_by)).copied()
}

/// Computes the features of each symbol, from its watermark on.
pub(super) async fn compute(copy: &mut Copying<'_>) -> Result<()> {
    let plan = copy.plan();
    if plan.features.symbols.is_empty() {
        return Ok(());
    }
    let inputs = Inputs {
        risk_free_rate: series(copy, plan.features.risk_free_rate).await?,
        vix: series(copy, plan.features.vix).await?,
    };
    let marks = copy.watermarks(Dataset::Features).await?;
    for (done, symbol) in plan.features.symbols.iter().enumerate() {
        let close = |bar: &Bar| Close { price: bar.close, source: bar.source.clone() };
        let bars = read(copy, BarKey::new(*symbol, Timeframe::Day1), close).await?;
        let reached = marks.get(&named(symbol.as_str())?).copied();
        let mut days = Days::new(*symbol, &bars, &inputs);
        let mut rows = Vec::new();
        while let Some((at, versions)) = days.next_after(reached) {
            rows.push(versions);
            if rows.len() >= plan.batch.get() {
                let mark = copy.mark(Dataset::Features, symbol.as_str(), at)?;
                copy.write(std::mem::take(&mut rows), vec![mark]).await?;
            }
        }
        if let Some(at) = rows.last().and_then(|versions| versions.first()).map(|features| features.at) {
            let mark = copy.mark(Dataset::Features, symbol.as_str(), at)?;
            copy.write(rows, vec![mark]).await?;
        }
        copy.tell(Dataset::Features, done + 1, plan.features.symbols.len());
    }
    Ok(())
}

async fn series(copy: &Copying<'_>, id: Option<SeriesId>) -> Result<Vec<Said<f64>>> {
    match id {
        None => Ok(Vec::new()),
        Some(id) => read(copy, id, |observation: &Observation| observation.value).await,
    }
}

/// The days of a symbol, one after the other.
struct Days<'a> {
    symbol: Symbol,
    bars: &'a [Said<Close>],
    inputs: &'a Inputs,
    next: usize,
    /// When something was learned of what was said up to the day: only then can its features change.
    learned: BTreeSet<Timestamp>,
    rates: usize,
    vix: usize,
}

impl<'a> Days<'a> {
    const fn new(symbol: Symbol, bars: &'a [Said<Close>], inputs: &'a Inputs) -> Self {
        Self { symbol, bars, inputs, next: 0, learned: BTreeSet::new(), rates: 0, vix: 0 }
    }

    /// Every version of the features of the next day behind an instant.
    fn next_after(&mut self, reached: Option<Timestamp>) -> Option<(Timestamp, Vec<Features>)> {
        loop {
            let (day, bars) = (self.next, self.bars);
            let bar = bars.get(day)?;
            self.next += 1;
            self.learned.extend(bar.versions.iter().map(|(learned, _)| *learned));
            learn(&mut self.learned, &self.inputs.risk_free_rate, &mut self.rates, bar.at);
            learn(&mut self.learned, &self.inputs.vix, &mut self.vix, bar.at);
            if reached.is_none_or(|reached| bar.at > reached) {
                return Some((bar.at, self.versions(day, bar)));
            }
        }
    }

    /// The features of a day as they were believed since its bar was learned, each time that something else was. Those that
    /// did not change by it are told too: what is stored of that instant may be what was computed before a row came late.
    fn versions(&self, day: usize, bar: &Said<Close>) -> Vec<Features> {
        let Some(first) = bar.versions.first().map(|(learned, _)| *learned) else { return Vec::new() };
        let later = self.learned.range((Bound::Excluded(first), Bound::Unbounded));
        std::iter::once(&first).chain(later).filter_map(|known_by| self.features(day, *known_by)).collect()
    }

    /// The features of a day as they were believed at an instant.
    fn features(&self, day: usize, known_by: Timestamp) -> Option<Features> {
        let bars = self.bars.get(..=day)?;
        let bar = bars.last()?;
        let close = bar.believed(known_by)?;
        let believed = bars.iter().rev().filter_map(|said| said.believed(known_by)).map(|close| close.price);
        let mut closes: Vec<_> = believed.take(YEAR + 1).collect();
        closes.reverse();
        let returns = simple_returns(&closes);
        let month = last_of(&returns, MONTH);
        let mut features = Features::new(self.symbol, bar.at, close.price, close.source.clone());
        features.recorded_at = known_by;
        features.daily_return = returns.last().copied().flatten();
        features.volatility_20d = month.and_then(|returns| volatility(&returns, TRADING_DAYS));
        if let Some(mut year) = last_of(&returns, YEAR) {
            features.volatility_250d = volatility(&year, TRADING_DAYS);
            if let (Some(mean), Some(deviation)) = (mean(&year), standard_deviation(&year)) {
                let (low, high) = (normal_risk(mean, deviation, Level::P95), normal_risk(mean, deviation, Level::P99));
                (features.normal_var_95, features.normal_cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
                (features.normal_var_99, features.normal_cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
            }
            year.sort_unstable_by(f64::total_cmp);
            if let (Some(low), Some(high)) = (sorted_risk(&year, Level::P95), sorted_risk(&year, Level::P99)) {
                (features.var_95, features.cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
                (features.var_99, features.cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
            }
        }
        // Interest rates are published in percent.
        features.risk_free_rate = last(&self.inputs.risk_free_rate, bar.at, known_by).map(|percent| percent / 100.0);
        features.vix = last(&self.inputs.vix, bar.at, known_by);
        Some(features)
    }
}

/// Takes in when what was said up to an instant was learned.
fn learn(learned: &mut BTreeSet<Timestamp>, series: &[Said<f64>], next: &mut usize, at: Timestamp) {
    while let Some(said) = series.get(*next).filter(|said| said.at <= at) {
        learned.extend(said.versions.iter().map(|(learned, _)| *learned));
        *next += 1;
    }
}

/// The last returns, when there are so many and none of them is missing.
fn last_of(returns: &[Option<f64>], count: usize) -> Option<Vec<f64>> {
    let start = returns.len().checked_sub(count)?;
    returns.get(start..)?.iter().copied().collect()
}
