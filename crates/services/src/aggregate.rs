//! What many rows come to over minutes, hours and days: bars out of live quotes, options by the hour, signals and the
//! put/call ratio by the day.
//!
//! Each answer is computed from rows that a port gives as of a point, so it is the same on every engine, and one computed
//! again as of the same point is the same too.
//!
//! | function | answers with |
//! |---|---|
//! | [`live_bars`], [`bars_of`] | bars of one to five minutes, an hour or a day |
//! | [`hourly_options`] | contracts traded in each hour, and their mean implied volatility at its end |
//! | [`daily_put_call`] | what was traded each day, and the put/call ratio |
//! | [`daily_signals`] | how many signals of each action were given each day, and how sure they were |

mod bars;
mod options;
mod signals;

use strikebook_core::{Error, Result, Timestamp, market::calendar};

use chrono::{NaiveDate, NaiveTime};

pub use bars::{bars_of, live_bars};
pub use options::{DailyOptions, HourlyOptions, daily_put_call, hourly_options};
pub use signals::{DailySignals, daily_signals};

/// The most days that one question may be about.
const MOST_DAYS: i64 = 36_600;

/// Midnight in New York at the start of a day.
fn midnight(day: NaiveDate) -> Result<Timestamp> {
    calendar::instant(day, NaiveTime::MIN)
}

/// The days from one to another, both included.
fn days(from: NaiveDate, until: NaiveDate) -> Result<impl Iterator<Item = NaiveDate>> {
    let count = (until - from).num_days();
    if count > MOST_DAYS {
        return Err(Error::invalid_input("a question may be about at most a hundred years")
            .with("from", from)
            .with("until", until));
    }
    Ok(from.iter_days().take_while(move |day| *day <= until))
}
