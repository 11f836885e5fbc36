//! Contexts into trades.

use strikebook_core::{
    Listing, Result,
    trading::journal::{MarketContext, Trade, TradeFilter, TradeRepository},
};

use super::{ContextReader, Market, excursions};
use crate::{amount::money, journal::AT_ONCE};

/// What became of the trades of a journal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FilledContexts {
    /// Trades that were looked at.
    pub trades: u64,
    /// Trades of which something was added.
    pub filled: u64,
    /// Finalised trades, which are left alone.
    pub finalised: u64,
}

/// Takes over, field by field, what is missing in a context.
macro_rules! take_over {
    ($into:expr, $from:expr; $($field:ident),+ $(,)?) => {
        $($into.$field = $into.$field.or($from.$field);)+
    };
}

fn take_over(into: &mut MarketContext, from: &MarketContext) {
    take_over!(
        into, from;
        underlying_price, iv, iv_rank, iv_percentile, hv20, delta, gamma, theta, vega, rho, greeks_revision, dte,
        moneyness, regime, vix, risk_free_rate, vwap, adx, atr, spread_percent, open_interest, volume, next_earnings,
        next_ex_dividend, chain_snapshot_at,
    );
}

/// A trade with the market at its entry and, when it is over, at its exit, the bid and ask at its entry, and how far it
/// went in between. What it has is kept; only what is missing is added.
///
/// # Errors
/// Those of [`ContextReader::around`] and [`excursions`].
///
/// # Cancel safety
/// Safe.
pub async fn with_context<M: Market + ?Sized>(reader: &mut ContextReader<'_, M>, trade: &Trade) -> Result<Trade> {
    let mut trade = trade.clone();
    let (symbol, instrument) = (trade.subject.symbol, trade.subject.instrument);
    let entry = reader.around(symbol, instrument, trade.at).await?;
    take_over(&mut trade.entry, &entry.context);
    let execution = &mut trade.execution;
    execution.entry_bid = execution.entry_bid.or(entry.bid.map(money).transpose()?);
    execution.entry_ask = execution.entry_ask.or(entry.ask.map(money).transpose()?);
    if let Some(exited) = execution.exited_at {
        take_over(&mut trade.exit, &reader.around(symbol, instrument, exited).await?.context);
    }
    let risk = &trade.risk;
    if risk.mae.is_none()
        && risk.mfe.is_none()
        && let Some(went) = excursions(reader.market, &trade).await?
    {
        let risk = &mut trade.risk;
        (risk.mae, risk.mfe) = (Some(went.mae), Some(went.mfe));
        (risk.excursion_resolution, risk.excursion_source) = (Some(went.resolution), Some(went.source));
    }
    Ok(trade)
}

/// Fills the trades of a journal that a filter admits, out of a store of market data, which may be the same.
///
/// # Errors
/// Those of [`with_context`], [`list_trades`](TradeRepository::list_trades) and
/// [`replace_trade`](TradeRepository::replace_trade).
///
/// # Cancel safety
/// Trades are replaced one after the other; a dropped call leaves later ones as they are, and calling again goes on.
pub async fn fill_contexts<M: Market + ?Sized>(
    reader: &mut ContextReader<'_, M>,
    journal: &(impl TradeRepository + ?Sized),
    filter: TradeFilter,
) -> Result<FilledContexts> {
    let mut done = FilledContexts::default();
    let mut query = Listing::new(filter).with_limit(AT_ONCE);
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
