//! Contexts of stored trades.

use strikebook_core::{
    AsOf, Listing, Result,
    market::{BarKey, BarQuery, BarRepository, Instrument, Timeframe},
    trading::journal::{JournalRepository, MarketContext, Trade, TradeFilter, TradeRepository},
};

use super::{ContextMarket, ContextReader, Excursions, excursions, probability_of_profit};
use crate::{amount::money, journal::ROWS_PER_PAGE};

/// The counts of filled trades.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilledContexts {
    /// The trades that were read.
    pub trades: u64,
    /// The trades to which a value was added.
    pub filled: u64,
    /// The finalised trades, which are not changed.
    pub finalised: u64,
}

/// Copies, field by field, the values that are missing in a context.
macro_rules! fill_fields {
    ($into:expr, $from:expr; $($field:ident),+ $(,)?) => {
        $($into.$field = $into.$field.or($from.$field);)+
    };
}

fn fill_missing(into: &mut MarketContext, from: &MarketContext) {
    fill_fields!(
        into, from;
        underlying_price, iv, iv_rank, iv_percentile, hv20, delta, gamma, theta, vega, rho, greeks_revision, dte,
        moneyness, regime, vix, risk_free_rate, vwap, adx, atr, spread_percent, open_interest, volume, next_earnings,
        next_ex_dividend, chain_snapshot_at,
    );
}

/// Returns a trade with the market at its entry and, once it is closed, at its exit, the bid and ask at its entry, its
/// [probability of profit](probability_of_profit), its excursions, and the [reason](Trade::planned_exit) of an exit
/// that was planned. Only missing values are added.
///
/// # Errors
/// Those of [`ContextReader::around`] and [`excursions`].
pub async fn with_context<M: ContextMarket + ?Sized>(
    reader: &mut ContextReader<'_, M>,
    trade: &Trade,
) -> Result<Trade> {
    let mut trade = trade.clone();
    let (symbol, instrument) = (trade.subject.symbol, trade.subject.instrument);
    let entry = reader.around(symbol, instrument, trade.at).await?;
    fill_missing(&mut trade.entry, &entry.context);
    let execution = &mut trade.execution;
    execution.entry_bid = execution.entry_bid.or(entry.bid.map(money).transpose()?);
    execution.entry_ask = execution.entry_ask.or(entry.ask.map(money).transpose()?);
    if let Some(exited) = execution.exited_at {
        fill_missing(&mut trade.exit, &reader.around(symbol, instrument, exited).await?.context);
    }
    trade.risk.probability_of_profit = match trade.risk.probability_of_profit {
        None => probability_of_profit(&trade)?,
        known => known,
    };
    trade.execution.exit_reason = trade.execution.exit_reason.or(trade.planned_exit());
    let risk = &trade.risk;
    if risk.mae.is_none()
        && risk.mfe.is_none()
        && let Some(Excursions { mae, mfe, resolution, source }) = excursions(reader.market, &trade).await?
    {
        let risk = &mut trade.risk;
        (risk.mae, risk.mfe) = (Some(mae), Some(mfe));
        (risk.excursion_resolution, risk.excursion_source) = (Some(resolution), Some(source));
    }
    Ok(trade)
}

/// Returns the number of trading days of a closed trade in shares whose close lay below the adjusted basis of its
/// cycle; `None` for any other trade, and without a stored daily close.
async fn days_underwater(
    market: &(impl BarRepository + ?Sized),
    journal: &(impl JournalRepository + ?Sized),
    trade: &Trade,
) -> Result<Option<u32>> {
    let (Instrument::Symbol(symbol), Some(exited), Some(cycle)) =
        (trade.subject.instrument, trade.execution.exited_at, trade.origin.cycle)
    else {
        return Ok(None);
    };
    let Some(cycle) = journal.get_cycle(cycle).await? else { return Ok(None) };
    let query = BarQuery::new(BarKey::new(symbol, Timeframe::Day1), AsOf::with_hindsight(exited)).with_from(trade.at);
    let bars = market.list_bars(&query).await?.items;
    let closes = bars.iter().map(|bar| Ok((bar.at.new_york_date(), money(bar.close)?))).collect::<Result<Vec<_>>>()?;
    Ok(cycle.days_underwater(closes))
}

/// Fills the trades of a journal that a filter admits, from a store of market data, which may be the same one: each
/// [with its context](with_context), and shares with the days on which they closed below their adjusted basis.
///
/// # Errors
/// Those of [`with_context`], [`list_trades`](TradeRepository::list_trades) and
/// [`replace_trade`](TradeRepository::replace_trade), and of [`get_cycle`](JournalRepository::get_cycle).
///
/// # Cancel safety
/// Trades are replaced one after the other. After a dropped call, another call completes the rest.
pub async fn fill_contexts<M: ContextMarket + ?Sized>(
    reader: &mut ContextReader<'_, M>,
    journal: &(impl TradeRepository + JournalRepository + ?Sized),
    filter: TradeFilter,
) -> Result<FilledContexts> {
    let mut done = FilledContexts::default();
    let mut query = Listing::new(filter).with_limit(ROWS_PER_PAGE);
    loop {
        let page = journal.list_trades(&query).await?;
        for trade in &page.items {
            done.trades += 1;
            if trade.finalised {
                done.finalised += 1;
                continue;
            }
            let mut filled = with_context(reader, trade).await?;
            if filled.wheel.days_underwater.is_none() {
                filled.wheel.days_underwater = days_underwater(reader.market, journal, trade).await?;
            }
            if filled != *trade {
                journal.replace_trade(&filled).await?;
                done.filled += 1;
            }
        }
        let Some(next) = page.next else { return Ok(done) };
        query = query.after(next);
    }
}
