//! Days on which a stock reports its earnings or goes without dividend.

use chrono::NaiveDate;
use serde::Serialize;
use strikebook_core::{Decimal, Timestamp, market::Symbol};

/// What happens on a day.
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

/// A day that matters to who is short options on a stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct MarketEvent {
    /// The stock.
    pub symbol: Symbol,
    /// The day.
    pub date: NaiveDate,
    /// What happens.
    pub kind: MarketEventKind,
    /// Since when this is known. Nobody is told of it earlier.
    pub known_at: Timestamp,
}

/// The days that are known. The default knows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EventCalendar {
    events: Vec<MarketEvent>,
}

impl EventCalendar {
    /// A calendar of events in any order.
    pub fn new(mut events: Vec<MarketEvent>) -> Self {
        events.sort_by_key(|event| (event.date, event.known_at, event.symbol));
        Self { events }
    }

    /// The first day from one to another, both included, on which a stock reports its earnings, as known at an instant.
    pub fn earnings(&self, symbol: Symbol, days: (NaiveDate, NaiveDate), known_by: Timestamp) -> Option<NaiveDate> {
        self.within(symbol, days, known_by)
            .find(|event| event.kind == MarketEventKind::Earnings)
            .map(|event| event.date)
    }

    /// The first ex-dividend day from one to another, both included, and its dividend per share, as known at an
    /// instant. Of two amounts that are told for a day the later counts.
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
        let mut told = self.within(symbol, days, known_by).filter_map(dividend);
        let first = told.next()?;
        Some(told.take_while(|other| other.0 == first.0).last().unwrap_or(first))
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
