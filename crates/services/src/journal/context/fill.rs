//! Contexts of stored trades.

use strikebook_core::{
    Listing, Result,
    trading::journal::{MarketContext, Trade, TradeFilter, TradeRepository},
};

use super::{ContextMarket, ContextReader, Excursions, excursions};
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

/// Returns a trade with the market at its entry and, once it is closed, at its exit, the bid and ask at its entry, and
/// its excursions. Only missing values are added.
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

/// Fills the trades of a journal that a filter admits, from a store of market data, which may be the same one.
///
/// # Errors
/// Those of [`with_context`], [`list_trades`](TradeRepository::list_trades) and
/// [`replace_trade`](TradeRepository::replace_trade).
///
/// # Cancel safety
/// Trades are replaced one after the other. After a dropped call, another call completes the rest.
pub async fn fill_contexts<M: ContextMarket + ?Sized>(
    reader: &mut ContextReader<'_, M>,
    journal: &(impl TradeRepository + ?Sized),
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
            let filled = with_context(reader, trade).await?;
            if filled != *trade {
                journal.replace_trade(&filled).await?;
                done.filled += 1;
            }
        }
        let Some(next) = page.next else { return Ok(done) };
        query = query.after(next);
    }
}
