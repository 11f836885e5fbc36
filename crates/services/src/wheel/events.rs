//! The calendar of earnings reports and ex-dividend dates.

use chrono::NaiveDate;
use serde::Serialize;
use strikebook_core::{Decimal, Timestamp, market::Symbol};

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MarketEventKind {
    /// The company reports its earnings, before, during or after the session.
    Earnings,
    /// The first day on which the stock trades without the dividend.
    ExDividend {
        /// The dividend per share; `None` when it is not known.
        amount: Option<Decimal>,
    },
}

/// An event of a stock that matters to sellers of its options.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MarketEvent {
    /// The stock that the event concerns.
    pub symbol: Symbol,
    /// The date in New York.
    pub date: NaiveDate,
    /// The kind of the event.
    pub kind: MarketEventKind,
    /// The instant from which the event is known. No earlier read sees it.
    pub known_at: Timestamp,
}

/// The known events of stocks. The default knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EventCalendar {
    events: Vec<MarketEvent>,
}

impl EventCalendar {
    /// Creates a calendar from events in any order.
    pub fn new(mut events: Vec<MarketEvent>) -> Self {
        events.sort_by_key(|event| (event.date, event.known_at, event.symbol));
        Self { events }
    }

    /// Returns the date of a stock's first earnings report between two days, both included, as known at an instant.
    pub fn earnings(&self, symbol: Symbol, days: (NaiveDate, NaiveDate), known_by: Timestamp) -> Option<NaiveDate> {
        self.within(symbol, days, known_by)
            .find(|event| event.kind == MarketEventKind::Earnings)
            .map(|event| event.date)
    }

    /// Returns a stock's first ex-dividend date between two days, both included, and the dividend per share, as known
    /// at an instant. Of two amounts for one date the one known later counts.
    pub fn ex_dividend(
        &self,
        symbol: Symbol,
        days: (NaiveDate, NaiveDate),
        known_by: Timestamp,
    ) -> Option<(NaiveDate, Option<Decimal>)> {
        let dividend = |event: &MarketEvent| match event.kind {
            MarketEventKind::ExDividend { amount } => Some((event.date, amount)),
            MarketEventKind::Earnings => None,
        };
        let mut dividends = self.within(symbol, days, known_by).filter_map(dividend);
        let first = dividends.next()?;
        Some(dividends.take_while(|other| other.0 == first.0).last().unwrap_or(first))
    }

    fn within(
        &self,
        symbol: Symbol,
        (from, until): (NaiveDate, NaiveDate),
        known_by: Timestamp,
    ) -> impl Iterator<Item = &MarketEvent> {
        self.events.iter().filter(move |event| {
            event.symbol == symbol && (from..=until).contains(&event.date) && event.known_at <= known_by
        })
    }
}
