//! The extremes of a trade's profit while it was open.

use strikebook_core::{
    AsOf, Decimal, Name, Result, Source, Timestamp,
    market::{
        BarKey, BarQuery, BarRepository, ChainRepository, Instrument, OptionContract, QuoteQuery, Symbol, Timeframe,
        UnderlyingQuery, UnderlyingRepository,
    },
    money::SCALE,
    trading::journal::{CloseAction, Side, Trade},
};

use crate::amount::money;

/// The lowest and the highest profit of a trade while it was open, before costs (MAE and MFE).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excursions {
    /// The lowest profit, at most zero.
    pub mae: Decimal,
    /// The highest profit, at least zero.
    pub mfe: Decimal,
    /// The resolution of the prices: `quote`, or the timeframe of the bars such as `1m`.
    pub resolution: Name,
    /// The source of the prices.
    pub source: Name,
}

/// A price with its source.
type SourcedPrice = (f64, Source);

/// Returns the excursions of a closed trade, from the stored prices between its entry and its exit, in their current
/// versions: U(t) = quantity × multiplier × (mark − entry price), with the sign of the trade's side, of the whole
/// quantity until the last of it was closed.
///
/// An option is marked at the [mark](strikebook_core::market::OptionQuote::mark) of its quotes. A stock is marked at
/// its quotes, or without quotes at the highs and lows of the bars of the shortest stored timeframe (one or five
/// minutes, an hour, a day) that lie wholly within the time. The price of a closing trade counts too. `None` for an
/// open trade, and without a stored price.
///
/// # Errors
/// Those of the store.
pub async fn excursions(
    market: &(impl ChainRepository + UnderlyingRepository + BarRepository + ?Sized),
    trade: &Trade,
) -> Result<Option<Excursions>> {
    let Some(exited) = trade.execution.exited_at else { return Ok(None) };
    let span = (trade.at, exited);
    let (resolution, prices) = match trade.subject.instrument {
        Instrument::Option(contract) => ("quote", option_prices(market, contract, span).await?),
        Instrument::Symbol(symbol) => stock_prices(market, symbol, span).await?,
    };
    let Some((_, source)) = prices.first() else { return Ok(None) };
    let source = Name::new(source.as_str())?;
    let traded = matches!(
        trade.execution.close_action,
        Some(CloseAction::BuyToClose | CloseAction::SellToClose | CloseAction::Expire)
    );
    // An open trade has no profit at its entry.
    let (mut mae, mut mfe) = (Decimal::ZERO, Decimal::ZERO);
    let exit = trade.execution.exit_price.filter(|_| traded).map(|price| profit(trade, price));
    let mut marks = prices.iter().map(|(price, _)| Ok(profit(trade, money(*price)?))).collect::<Result<Vec<_>>>()?;
    marks.extend(exit);
    for profit in marks {
        (mae, mfe) = (mae.min(profit), mfe.max(profit));
    }
    Ok(Some(Excursions { mae, mfe, resolution: Name::new(resolution)?, source }))
}

/// Returns the profit of a trade at a price.
fn profit(trade: &Trade, price: Decimal) -> Decimal {
    let units = trade.execution.quantity.saturating_mul(trade.subject.multiplier.into());
    let moved = price.saturating_sub(trade.execution.entry_price).saturating_mul(units).round_dp(SCALE);
    if trade.execution.side == Side::Short { -moved } else { moved }
}

async fn option_prices(
    market: &(impl ChainRepository + ?Sized),
    contract: OptionContract,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<SourcedPrice>> {
    let query = QuoteQuery::new(contract, AsOf::with_hindsight(until)).with_from(from);
    let quotes = market.list_quotes(&query).await?.items;
    Ok(quotes.into_iter().filter_map(|quote| Some((quote.mark()?, quote.source))).collect())
}

async fn stock_prices(
    market: &(impl UnderlyingRepository + BarRepository + ?Sized),
    symbol: Symbol,
    (from, until): (Timestamp, Timestamp),
) -> Result<(&'static str, Vec<SourcedPrice>)> {
    let as_of = AsOf::with_hindsight(until);
    let quotes = market.list_underlying_quotes(&UnderlyingQuery::new(symbol, as_of).with_from(from)).await?.items;
    let prices: Vec<_> = quotes.into_iter().filter_map(|quote| Some((quote.price()?, quote.source))).collect();
    if !prices.is_empty() {
        return Ok(("quote", prices));
    }
    for timeframe in [Timeframe::Minute1, Timeframe::Minute5, Timeframe::Hour1, Timeframe::Day1] {
        let query = BarQuery::new(BarKey::new(symbol, timeframe), as_of).with_from(from);
        let bars = market.list_bars(&query).await?.items;
        let within = bars.into_iter().filter(|bar| bar.opened_at >= from);
        let prices: Vec<_> = within.flat_map(|bar| [(bar.low, bar.source.clone()), (bar.high, bar.source)]).collect();
        if !prices.is_empty() {
            return Ok((timeframe.as_str(), prices));
        }
    }
    Ok(("quote", Vec::new()))
}
