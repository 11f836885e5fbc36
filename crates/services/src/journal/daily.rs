//! Profit and loss by day, from the journal's log and stored prices.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Decimal, Error, Id, Listing, Name, Result, Timestamp, Upserted,
    market::{
        BarKey, BarQuery, BarRepository, ChainRepository, Instrument, OptionContract, QuoteQuery, Symbol, Timeframe,
        UnderlyingQuery, UnderlyingRepository, calendar,
    },
    money::SCALE,
    trading::journal::{
        Cycle, DailyPnl, DailyRepository, JournalEvent, JournalEventFilter, JournalRepository, Lot, Projection,
    },
};

use super::ROWS_PER_PAGE;
use crate::amount::money;

/// The account and the last day of daily results.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyScope {
    /// The account of the results.
    pub account: Name,
    /// The last day in New York, inclusive. The first is that of the account's first event.
    pub until: NaiveDate,
    /// The greatest age of a price at a day's close.
    pub max_mark_age: TimeDelta,
    /// The instant of the computation.
    pub recorded_at: Timestamp,
}

impl DailyScope {
    /// Creates the scope of an account's days up to one of them, with marks of at most one day.
    pub const fn new(account: Name, until: NaiveDate, recorded_at: Timestamp) -> Self {
        Self { account, until, max_mark_age: TimeDelta::days(1), recorded_at }
    }
}

/// The prices of a store of market data.
pub trait MarkMarket: ChainRepository + UnderlyingRepository + BarRepository {}

impl<T: ChainRepository + UnderlyingRepository + BarRepository + ?Sized> MarkMarket for T {}

/// Returns the profit and loss of an account on each trading day, and on other days with a result, oldest first.
///
/// The realised profit of a day is the change of that of all cycles by the day's events. The unrealised profit at its
/// end is Σ units × multiplier × mark + cash of the opening, over the lots that are open then: with the fees of their
/// openings, and before those of closing them. A contract is marked at the
/// [mark](strikebook_core::market::OptionQuote::mark) of its last quote, a stock at its last quote or else at its last
/// daily close, in their current versions. Without a mark for one of the lots the day's unrealised profit is `None`.
///
/// # Errors
/// Those of the repositories' reads; [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when an amount exceeds
/// its range.
pub async fn daily_pnl(
    journal: &(impl JournalRepository + ?Sized),
    market: &(impl MarkMarket + ?Sized),
    scope: &DailyScope,
) -> Result<Vec<DailyPnl>> {
    let events = events_until(journal, scope).await?;
    let Some(first) = events.iter().map(|event| event.at.new_york_date()).min() else { return Ok(Vec::new()) };
    let mut by_day = BTreeMap::<NaiveDate, Vec<JournalEvent>>::new();
    for event in events {
        by_day.entry(event.at.new_york_date()).or_default().push(event);
    }
    for day in calendar::trading_days(first, scope.until) {
        by_day.entry(day).or_default();
    }
    let mut cycles = Cycles::default();
    let mut days = Vec::new();
    for (date, events) in by_day {
        let has_events = !events.is_empty();
        let realized = cycles.apply(events)?;
        if calendar::is_trading_day(date) || (has_events && !realized.is_zero()) {
            let unrealized = cycles.unrealized(market, calendar::close_on(date)?, scope.max_mark_age).await?;
            let (account, recorded_at) = (scope.account, scope.recorded_at);
            days.push(DailyPnl { date, account, realized, unrealized, recorded_at });
        }
    }
    Ok(days)
}

/// Computes the [daily results](daily_pnl) of an account and stores them.
///
/// # Errors
/// Those of [`daily_pnl`] and of [`upsert_daily_pnl`](DailyRepository::upsert_daily_pnl).
///
/// # Cancel safety
/// A dropped call stores all days or none.
pub async fn store_daily_pnl(
    journal: &(impl JournalRepository + DailyRepository + ?Sized),
    market: &(impl MarkMarket + ?Sized),
    scope: &DailyScope,
) -> Result<Upserted> {
    journal.upsert_daily_pnl(&daily_pnl(journal, market, scope).await?).await
}

/// Returns the events of the account that count, up to the last day.
async fn events_until(journal: &(impl JournalRepository + ?Sized), scope: &DailyScope) -> Result<Vec<JournalEvent>> {
    let filter = JournalEventFilter { account: Some(scope.account), ..JournalEventFilter::default() };
    let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
    let mut events = Vec::new();
    loop {
        let page = journal.list_journal_events(&query).await?;
        let counting = |event: &JournalEvent| event.voided_at.is_none() && event.at.new_york_date() <= scope.until;
        events.extend(page.items.into_iter().filter(counting));
        let Some(next) = page.next else { return Ok(events) };
        query = query.after(next);
    }
}

/// The cycles of an account up to the end of a day.
#[derive(Default)]
struct Cycles {
    events: BTreeMap<Id<Cycle>, Vec<JournalEvent>>,
    states: BTreeMap<Id<Cycle>, Cycle>,
}

impl Cycles {
    /// Adds the events of a day, and returns the profit that they realised.
    fn apply(&mut self, events: Vec<JournalEvent>) -> Result<Decimal> {
        let mut changed = Vec::new();
        for event in events {
            changed.push(event.cycle);
            self.events.entry(event.cycle).or_default().push(event);
        }
        changed.sort_unstable();
        changed.dedup();
        let mut realized = Decimal::ZERO;
        for id in changed {
            let Some(events) = self.events.get(&id) else { continue };
            let cycle = Projection::of(events)?.cycle;
            let before = self.states.get(&id).map_or(Decimal::ZERO, |before| before.realized_pnl);
            let change = cycle.realized_pnl.checked_sub(before).and_then(|change| realized.checked_add(change));
            realized = change.ok_or_else(too_large)?;
            self.states.insert(id, cycle);
        }
        Ok(realized)
    }

    /// Returns the unrealised profit of all open lots; `None` without a mark for one of them.
    async fn unrealized(
        &self,
        market: &(impl MarkMarket + ?Sized),
        at: Timestamp,
        max_age: TimeDelta,
    ) -> Result<Option<Decimal>> {
        let mut marks = BTreeMap::new();
        let mut sum = Decimal::ZERO;
        for lot in self.states.values().flat_map(|cycle| &cycle.lots).filter(|lot| !lot.open.is_zero()) {
            let mark = match marks.get(&lot.instrument) {
                Some(mark) => *mark,
                None => mark(market, lot.instrument, at, max_age).await?,
            };
            marks.insert(lot.instrument, mark);
            let Some(mark) = mark else { return Ok(None) };
            sum = profit(lot, mark).and_then(|profit| sum.checked_add(profit)).ok_or_else(too_large)?;
        }
        Ok(Some(sum))
    }
}

fn too_large() -> Error {
    Error::invalid_input("the profit of a day exceeds the range of a decimal")
}

/// Returns the profit of the open units of a lot at a price.
fn profit(lot: &Lot, mark: Decimal) -> Option<Decimal> {
    let worth = lot.open.checked_mul(lot.multiplier.into())?.checked_mul(mark)?;
    worth.round_dp(SCALE).checked_add(lot.open_cash)
}

async fn mark(
    market: &(impl MarkMarket + ?Sized),
    instrument: Instrument,
    at: Timestamp,
    max_age: TimeDelta,
) -> Result<Option<Decimal>> {
    let price = match instrument {
        Instrument::Option(contract) => option_mark(market, contract, at, max_age).await?,
        Instrument::Symbol(symbol) => stock_mark(market, symbol, at, max_age).await?,
    };
    price.map(money).transpose()
}

async fn option_mark(
    market: &(impl MarkMarket + ?Sized),
    contract: OptionContract,
    at: Timestamp,
    max_age: TimeDelta,
) -> Result<Option<f64>> {
    let query = QuoteQuery::new(contract, AsOf::with_hindsight(at)).with_from(at.saturating_sub(max_age));
    let quotes = market.list_quotes(&query).await?.items;
    Ok(quotes.iter().rev().find_map(strikebook_core::market::OptionQuote::mark))
}

async fn stock_mark(
    market: &(impl MarkMarket + ?Sized),
    symbol: Symbol,
    at: Timestamp,
    max_age: TimeDelta,
) -> Result<Option<f64>> {
    let (as_of, from) = (AsOf::with_hindsight(at), at.saturating_sub(max_age));
    let quotes = market.list_underlying_quotes(&UnderlyingQuery::new(symbol, as_of).with_from(from)).await?.items;
    if let Some(price) = quotes.iter().rev().find_map(strikebook_core::market::UnderlyingQuote::price) {
        return Ok(Some(price));
    }
    let query = BarQuery::new(BarKey::new(symbol, Timeframe::Day1), as_of).with_from(from);
    Ok(market.list_bars(&query).await?.items.last().map(|bar| bar.close))
}
