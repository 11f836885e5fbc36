//! The calendar of earnings reports and ex-dividend dates.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use strikebook_core::{
    AsOf, Decimal, Result, Timestamp,
    market::{ActionKind, ActionStatus, CorporateActionRepository, Symbol, calendar},
};

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

    /// Reads the earnings reports and ex-dividend dates of a stock from its corporate actions: those between two days,
    /// both included, in the versions valid at a knowledge limit, where `None` sets no limit. Estimated dates count,
    /// cancelled ones do not. Dividends of one date are added up; the sum is unknown when one of them is.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn read(
        actions: &(impl CorporateActionRepository + ?Sized),
        symbol: Symbol,
        (from, until): (NaiveDate, NaiveDate),
        known_by: Option<Timestamp>,
    ) -> Result<Self> {
        let as_of = AsOf { at: calendar::midnight(until)?, known_by };
        let mut events = Vec::new();
        let mut dividends = BTreeMap::<NaiveDate, (Option<Decimal>, Timestamp)>::new();
        for action in actions.corporate_actions_of(symbol, calendar::midnight(from)?, as_of).await? {
            if action.status == ActionStatus::Cancelled {
                continue;
            }
            let (date, known_at) = (action.date(), action.recorded_at);
            match action.key.kind {
                ActionKind::Earnings => {
                    events.push(MarketEvent { symbol, date, kind: MarketEventKind::Earnings, known_at });
                }
                ActionKind::CashDividend | ActionKind::SpecialDividend => {
                    let (sum, known) = dividends.entry(date).or_insert((Some(Decimal::ZERO), known_at));
                    *sum = sum.zip(action.terms.amount).and_then(|(sum, amount)| sum.checked_add(amount));
                    *known = known_at.max(*known);
                }
                _ => {}
            }
        }
        events.extend(dividends.into_iter().map(|(date, (amount, known_at))| {
            let kind = MarketEventKind::ExDividend { amount };
            MarketEvent { symbol, date, kind, known_at }
        }));
        Ok(Self::new(events))
    }

    /// Returns the events of both calendars.
    #[must_use]
    pub fn merged(&self, other: Self) -> Self {
        Self::new(self.events.iter().copied().chain(other.events).collect())
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
