//! Features of days, out of the target's daily bars and series.

use std::collections::BTreeMap;

use futures_util::future::try_join;
use strikebook_core::{
    Name, Result, Source, Timestamp,
    analytics::Features,
    maintenance::Dataset,
    market::{Bar, BarKey, Instrument, Observation, SeriesId, Symbol, Timeframe},
    port::Recorded,
};

use super::{
    copy::Copying,
    named,
    reading::Part,
    window::{Returns, YEAR},
    write::Out,
};

/// What the market said at an instant: its first version and those that followed, each with when it was learned.
struct Said<T> {
    at: Timestamp,
    first: (Timestamp, T),
    later: Vec<(Timestamp, T)>,
}

impl<T> Said<T> {
    fn versions(&self) -> impl DoubleEndedIterator<Item = &(Timestamp, T)> {
        std::iter::once(&self.first).chain(&self.later)
    }

    /// What is believed today.
    fn latest(&self) -> &T {
        &self.later.last().unwrap_or(&self.first).1
    }

    /// What was believed at an instant.
    fn believed(&self, known_by: Timestamp) -> Option<&T> {
        self.versions().rev().find(|(learned, _)| *learned <= known_by).map(|(_, value)| value)
    }
}

/// Adds a version to what a series said.
fn say<T>(series: &mut Vec<Said<T>>, at: Timestamp, learned: Timestamp, value: T) {
    match series.last_mut().filter(|said| said.at == at) {
        Some(said) => said.later.push((learned, value)),
        None => series.push(Said { at, first: (learned, value), later: Vec::new() }),
    }
}

/// A closing price, and who told it.
struct Close {
    price: f64,
    source: Source,
}

/// What features are made of besides prices.
struct Inputs {
    risk_free_rate: Vec<Said<f64>>,
    vix: Vec<Said<f64>>,
}

/// All that a series of the target says.
async fn observations(copy: Copying<'_>, id: Option<SeriesId>) -> Result<Vec<Said<f64>>> {
    let part = |id: SeriesId| Part { name: id.to_string(), series: vec![id], from: Timestamp::MIN };
    let mut reading = copy.copied::<Observation>(id.map(part).into_iter().collect());
    let mut said = Vec::new();
    while let Some(batch) = reading.batch().await? {
        for row in batch.rows {
            say(&mut said, row.key().1, row.recorded_at, row.value);
        }
    }
    Ok(said)
}

/// Gives the features of each symbol of a plan that lie behind its watermark.
pub(super) async fn compute(copy: Copying<'_>, watermarks: BTreeMap<Name, Timestamp>, out: Out) -> Result<()> {
    let plan = &copy.plan.features;
    let symbols: BTreeMap<_, _> = plan.symbols.iter().map(|symbol| (symbol.to_string(), *symbol)).collect();
    if symbols.is_empty() {
        return Ok(());
    }
    let (risk_free_rate, vix) = try_join(observations(copy, plan.risk_free_rate), observations(copy, plan.vix)).await?;
    let inputs = Inputs { risk_free_rate, vix };
    let part = |(name, symbol): (&String, &Symbol)| {
        let series = vec![BarKey::new(*symbol, Timeframe::Day1)];
        Part { name: name.clone(), series, from: Timestamp::MIN }
    };
    let mut reading = copy.copied::<Bar>(symbols.iter().map(part).collect());
    // The bars of symbols that are not yet read whole.
    let mut bars = BTreeMap::<Instrument, Vec<Said<Close>>>::new();
    while let Some(batch) = reading.batch().await? {
        let (mut rows, mut marks) = (Vec::with_capacity(batch.rows.len()), Vec::new());
        for bar in batch.rows {
            let series = bars.entry(bar.key.instrument).or_default();
            say(series, bar.at, bar.recorded_at, Close { price: bar.close, source: bar.source });
        }
        for symbol in batch.parts.iter().filter_map(|name| symbols.get(name)) {
            let series = bars.remove(&Instrument::from(*symbol)).unwrap_or_default();
            let reached = watermarks.get(&named(symbol.as_str())?).copied();
            Days::new(*symbol, &series, &inputs).after(reached, &mut rows);
            if let Some(last) = series.last().filter(|last| reached.is_none_or(|reached| last.at > reached)) {
                marks.push(copy.mark(Dataset::Features, symbol.as_str(), last.at)?);
            }
        }
        out.give(rows, marks, (batch.done, symbols.len())).await?;
    }
    Ok(())
}

/// The days of a symbol, one after the other.
struct Days<'a> {
    symbol: Symbol,
    bars: &'a [Said<Close>],
    /// The returns of what is believed today.
    returns: Returns,
    risk_free_rate: Input<'a>,
    vix: Input<'a>,
    /// When something was learned of what was said up to the day, in order: only then can its features change.
    learned: Vec<Timestamp>,
}

impl<'a> Days<'a> {
    fn new(symbol: Symbol, bars: &'a [Said<Close>], inputs: &'a Inputs) -> Self {
        let returns = Returns::new(bars.iter().map(|said| said.latest().price));
        let (risk_free_rate, vix) = (Input::new(&inputs.risk_free_rate), Input::new(&inputs.vix));
        Self { symbol, bars, returns, risk_free_rate, vix, learned: Vec::new() }
    }

    /// Every version of the features of each day behind an instant.
    fn after(mut self, reached: Option<Timestamp>, rows: &mut Vec<Features>) {
        for (day, bar) in self.bars.iter().enumerate() {
            for (learned, _) in bar.versions() {
                learn(&mut self.learned, *learned);
            }
            self.risk_free_rate.go_on(bar.at, &mut self.learned);
            self.vix.go_on(bar.at, &mut self.learned);
            if reached.is_none_or(|reached| bar.at > reached) {
                self.tell(day, bar, rows);
            }
        }
    }

    /// The features of a day as they were believed since its bar was learned, each time that something else was. Those
    /// that did not change by it are told too: what is stored of that instant may be what was computed before a row
    /// came late.
    fn tell(&mut self, day: usize, bar: &Said<Close>, rows: &mut Vec<Features>) {
        let first = bar.first.0;
        let later = self.learned.partition_point(|learned| *learned <= first);
        if later == self.learned.len() {
            // All that was said so far was known by then, and is believed to this day.
            let mut features = self.features(bar, first, bar.latest());
            self.returns.tell(day, &mut features);
            rows.push(features);
            return;
        }
        for known_by in [first].iter().chain(self.learned.get(later..).unwrap_or_default()) {
            let Some(close) = bar.believed(*known_by) else { continue };
            let mut features = self.features(bar, *known_by, close);
            let mut returns = Returns::new(self.believed_closes(day, *known_by));
            returns.tell_last(&mut features);
            rows.push(features);
        }
    }

    /// A year of closes up to a day as they were believed at an instant, and the one before them.
    fn believed_closes(&self, day: usize, known_by: Timestamp) -> Vec<f64> {
        let bars = self.bars.get(..=day).unwrap_or_default().iter().rev();
        let believed = bars.filter_map(|said| said.believed(known_by)).map(|close| close.price);
        let mut closes: Vec<_> = believed.take(YEAR + 1).collect();
        closes.reverse();
        closes
    }

    /// The features of a day as they were believed at an instant, but for what its returns tell.
    fn features(&self, bar: &Said<Close>, known_by: Timestamp, close: &Close) -> Features {
        let mut features = Features::new(self.symbol, bar.at, close.price, close.source.clone());
        features.recorded_at = known_by;
        // Interest rates are published in percent.
        features.risk_free_rate = self.risk_free_rate.last(known_by).map(|percent| percent / 100.0);
        features.vix = self.vix.last(known_by);
        features
    }
}

/// A series, and how far it is looked at.
struct Input<'a> {
    series: &'a [Said<f64>],
    said: usize,
}

impl<'a> Input<'a> {
    const fn new(series: &'a [Said<f64>]) -> Self {
        Self { series, said: 0 }
    }

    /// Goes on to what was said up to an instant, and takes in when that was learned.
    fn go_on(&mut self, at: Timestamp, learned: &mut Vec<Timestamp>) {
        while let Some(said) = self.series.get(self.said).filter(|said| said.at <= at) {
            for (when, _) in said.versions() {
                learn(learned, *when);
            }
            self.said += 1;
        }
    }

    /// The last value that was said so far and known by an instant.
    fn last(&self, known_by: Timestamp) -> Option<f64> {
        self.series.get(..self.said)?.iter().rev().find_map(|said| said.believed(known_by)).copied()
    }
}

/// Takes an instant in. Most come in their order.
fn learn(learned: &mut Vec<Timestamp>, when: Timestamp) {
    if learned.last().is_none_or(|last| *last < when) {
        learned.push(when);
    } else if let Err(place) = learned.binary_search(&when) {
        learned.insert(place, when);
    }
}
