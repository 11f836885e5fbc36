//! The prices of fills.

use rust_decimal::RoundingStrategy;
use strikebook_core::{Decimal, Result, market::OptionQuote};

use crate::amount::money;

/// Returns the price of a sale; `None` without a bid, or when the mid is needed and unknown.
pub(super) fn sale(quote: &OptionQuote, slippage: f64) -> Result<Option<Decimal>> {
    let Some(bid) = quote.bid.filter(|bid| *bid > 0.0) else { return Ok(None) };
    if is_full(slippage) {
        return money(bid).map(Some);
    }
    let price = from_mid(quote, -slippage)?.map(|price| price.round_dp_with_strategy(2, RoundingStrategy::ToZero));
    Ok(price.filter(|price| *price > Decimal::ZERO))
}

/// Returns the price of a purchase; `None` without an ask (an ask of zero is none), for a crossed quote, or when the
/// mid is needed and unknown.
pub(super) fn purchase(quote: &OptionQuote, slippage: f64) -> Result<Option<Decimal>> {
    let Some(ask) = quote.ask.filter(|ask| *ask > 0.0 && !quote.is_crossed()) else { return Ok(None) };
    if is_full(slippage) {
        return money(ask).map(Some);
    }
    let price = from_mid(quote, slippage)?;
    Ok(price.map(|price| price.round_dp_with_strategy(2, RoundingStrategy::AwayFromZero)))
}

/// Returns true when fills are at bid and ask.
fn is_full(slippage: f64) -> bool {
    (slippage - 1.0).abs() < f64::EPSILON
}

/// Returns the mid plus a number of halves of the spread.
fn from_mid(quote: &OptionQuote, halves: f64) -> Result<Option<Decimal>> {
    let known = quote.mid().zip(quote.spread()).filter(|(_, spread)| *spread >= 0.0);
    known.map(|(mid, spread)| money(mid + halves * spread / 2.0)).transpose()
}
