//! How far a trade went against its owner and in his favour.

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

/// The lowest and the highest profit of a trade while it was open, before costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excursions {
    /// The lowest; not above zero.
    pub mae: Decimal,
    /// The highest; not below zero.
    pub mfe: Decimal,
    /// How closely it was watched: `quote`, or the timeframe of the bars such as `1m`.
    pub resolution: Name,
    /// Whose prices they were.
    pub source: Name,
}

/// A price, and whose it was.
type Priced = (f64, Source);

/// The excursions of a trade that is over, from the prices stored for the time from its entry to its exit, with all
/// that is known of them today: U(t) = quantity × multiplier × (mark − entry price), with the sign of its side, of the
/// whole quantity until the last of it was closed.
///
/// An option is marked at the [mark](strikebook_core::market::OptionQuote::mark) of its quotes. A stock is marked at
/// its quotes, or where there are none at the highs and lows of the bars of a minute, an hour or a day, the shortest
/// there are, that lie wholly within that time. The price at which it was closed by a trade counts too. `None` while it
/// is open, and without a stored price.
///
/// # Errors
/// Those of the engine.
///
/// # Cancel safety
/// Safe.
pub async fn excursions(
    market: &(impl ChainRepository + UnderlyingRepository + BarRepository + ?Sized),
    trade: &Trade,
) -> Result<Option<Excursions>> {
    let Some(exited) = trade.execution.exited_at else { return Ok(None) };
    let span = (trade.at, exited);
    let (resolution, prices) = match trade.subject.instrument {
        Instrument::Option(contract) => ("quote", of_option(market, contract, span).await?),
        Instrument::Symbol(symbol) => of_stock(market, symbol, span).await?,
    };
    let Some((_, source)) = prices.first() else { return Ok(None) };
    let source = Name::new(source.as_str())?;
    let traded = matches!(
        trade.execution.close_action,
        Some(CloseAction::BuyToClose | CloseAction::SellToClose | CloseAction::Expire)
    );
    let mut profits = vec![Decimal::ZERO];
    for (price, _) in &prices {
        profits.push(profit(trade, money(*price)?));
    }
    profits.extend(trade.execution.exit_price.filter(|_| traded).map(|price| profit(trade, price)));
    let mae = profits.iter().copied().min().unwrap_or_default();
    let mfe = profits.iter().copied().max().unwrap_or_default();
    Ok(Some(Excursions { mae, mfe, resolution: Name::new(resolution)?, source }))
}

/// What the trade would earn at a price.
fn profit(trade: &Trade, price: Decimal) -> Decimal {
    let units = trade.execution.quantity.saturating_mul(trade.subject.multiplier.into());
    let moved = price.saturating_sub(trade.execution.entry_price).saturating_mul(units).round_dp(SCALE);
    if trade.execution.side == Side::Short { -moved } else { moved }
}

async fn of_option(
    market: &(impl ChainRepository + ?Sized),
    contract: OptionContract,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Priced>> {
    let query = QuoteQuery::new(contract, AsOf::with_hindsight(until)).with_from(from);
    let quotes = market.list_quotes(&query).await?.items;
    Ok(quotes.into_iter().filter_map(|quote| Some((quote.mark()?, quote.source))).collect())
}

async fn of_stock(
    market: &(impl UnderlyingRepository + BarRepository + ?Sized),
    symbol: Symbol,
    (from, until): (Timestamp, Timestamp),
) -> Result<(&'static str, Vec<Priced>)> {
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
