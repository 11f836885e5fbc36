//! Bars out of bars: grouped where the rows are, beside the rows listed for the program to group.

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    AsOf, Source, Timestamp,
    market::{Bar, BarKey, BarQuery, Symbol, Timeframe, calendar},
};

use crate::{
    Result,
    bench::{Bench, ensure, timed},
    report::{Line, Report, Times},
};

/// The number of minutes of the shortest session.
const MINUTES: i64 = 210;

impl Bench<'_> {
    /// Groups minutes of many sessions.
    pub(crate) fn bars(&self, report: &mut Report) -> Result<()> {
        let place = self.engine.place()?;
        let store = self.open(&*place)?;
        let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Minute1);
        let bars = minutes(key, self.size.day_rows * 4)?;
        self.runtime.block_on(store.upsert_bars(&bars))?;
        place.raw()?.settle()?;
        self.say(&format!("{} minutes to group", bars.len()));
        let as_of = AsOf::with_hindsight(Timestamp::MAX);
        let mut listed = Times::default();
        for _ in 0..self.size.repetitions {
            let query = BarQuery::new(key, as_of);
            let (seconds, page) = timed(|| Ok(self.runtime.block_on(store.list_bars(&query))?))?;
            ensure(page.items.len() == bars.len(), "not all minutes were listed")?;
            listed.push(seconds);
        }
        for timeframe in [Timeframe::Minute5, Timeframe::Hour1, Timeframe::Day1, Timeframe::Month1] {
            let mut grouped = Times::default();
            for _ in 0..self.size.repetitions {
                let made = store.resample_bars(&key, timeframe, Timestamp::MIN, as_of);
                let (seconds, made) = timed(|| Ok(self.runtime.block_on(made)?))?;
                let volume: u64 = made.iter().filter_map(|bar| bar.volume).sum();
                ensure(volume == bars.len() as u64, "not all minutes were grouped")?;
                grouped.push(seconds);
            }
            self.say(&format!("{timeframe}: {:.1} M bars a second", bars.len() as f64 / grouped.last() / 1e6));
            report.add(Line {
                engine: self.engine.name(),
                comparison: format!("minutes grouped by {timeframe} ÷ listed"),
                rows: bars.len(),
                per_second: true,
                baseline: listed.clone(),
                measured: grouped,
                target: None,
            });
        }
        self.close(&*store)
    }
}

/// Returns at least as many minutes, each of volume 1: those of a half day's session on each trading day.
fn minutes(key: BarKey, count: usize) -> Result<Vec<Bar>> {
    let source = Source::new("made-up")?;
    let mut bars = Vec::with_capacity(count);
    let first = NaiveDate::from_ymd_opt(2000, 1, 3).ok_or("there is no such day")?;
    for day in first.iter_days().filter(|day| calendar::is_trading_day(*day)) {
        let open = calendar::open_on(day)?;
        for minute in 0..MINUTES {
            let opened_at = open.saturating_add(TimeDelta::minutes(minute));
            let at = opened_at.saturating_add(TimeDelta::minutes(1));
            let price = 400.0 + (minute % 37) as f64 / 8.0;
            bars.push(Bar {
                key,
                opened_at,
                at,
                open: price,
                high: price + 0.5,
                low: price - 0.5,
                close: price + 0.25,
                volume: Some(1),
                vwap: Some(price),
                source: source.clone(),
                recorded_at: at,
            });
        }
        if bars.len() >= count {
            break;
        }
    }
    Ok(bars)
}
