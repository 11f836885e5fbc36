//! Volatilities and Greeks of quotes that have none.

use chrono::TimeDelta;
use strikebook::{
    Result, Store,
    analytics::{ComputedGreeks, GreeksKey},
    market::{ChainRow, OptionChain},
    models::BlackScholes,
    pricing::{OptionInputs, Pricer},
};
use strikebook_services::wheel::{
    AdviceInputs, EventCalendar, ValuationModel, WheelAdvice, WheelHoldings, WheelLimits, advise,
};

/// The rate and yield of this example. An application takes both from the day's curve.
pub(crate) const RATE: f64 = 0.04;
pub(crate) const DIVIDEND_YIELD: f64 = 0.0;

/// The underlying's price, with its origin.
pub(crate) struct Spot {
    pub(crate) price: f64,
    pub(crate) origin: &'static str,
}

/// Returns the underlying's price: quoted with the options, quoted by itself, or implied by put-call parity.
pub(crate) async fn spot(store: &dyn Store, chain: &OptionChain) -> Result<Option<Spot>> {
    if let Some(price) = chain.underlying_price() {
        return Ok(Some(Spot { price, origin: "quoted with the options" }));
    }
    let quote = store.underlying_as_of(chain.underlying, chain.as_of).await?;
    if let Some(price) = quote.and_then(|quote| quote.price()) {
        return Ok(Some(Spot { price, origin: "quoted" }));
    }
    Ok(parity(chain).map(|price| Spot { price, origin: "implied by put-call parity" }))
}

/// Returns the strike at which call and put of the nearest expiration have the same price, about the forward price.
fn parity(chain: &OptionChain) -> Option<f64> {
    let later = chain.within_days(5..=i64::MAX);
    let near = later.expiring_on(*later.expirations().first()?);
    let gap = |call: &ChainRow| {
        let same = |put: &&ChainRow| put.quote.contract.strike() == call.quote.contract.strike();
        Some((call.quote.mid()? - near.puts().find(same)?.quote.mid()?, call.quote.contract, call.life))
    };
    let (gap, contract, life) = near.calls().filter_map(gap).min_by(|a, b| a.0.abs().total_cmp(&b.0.abs()))?;
    let years = life.years_to_expiration(chain.as_of.at);
    Some((contract.strike().to_f64() * (-RATE * years).exp() + gap) * (DIVIDEND_YIELD * years).exp())
}

/// Advises an account with enough money. Contracts without an open interest are admitted, since some vendors have none.
pub(crate) fn advice(chain: &OptionChain, spot: f64) -> Result<WheelAdvice> {
    let limits = WheelLimits::default().with_open_interest(0).with_quote_age(TimeDelta::days(1));
    let holdings = WheelHoldings { free_cash: 100_000_000.into(), ..WheelHoldings::default() };
    let model = Some(ValuationModel { pricer: &BlackScholes, rate: RATE, dividend_yield: DIVIDEND_YIELD });
    let calendar = EventCalendar::default();
    advise(chain, spot, &AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model })
}

/// A row of the chain with its Greeks, where the quote has a price to compute them from.
pub(crate) struct Priced {
    pub(crate) row: ChainRow,
    pub(crate) greeks: Option<ComputedGreeks>,
}

/// Computes volatility and Greeks of each contract from its mid, and stores them.
pub(crate) async fn chain(store: &dyn Store, chain: &OptionChain, spot: f64) -> Result<Vec<Priced>> {
    let model = BlackScholes;
    let inputs = |row: &ChainRow| OptionInputs {
        option_type: row.quote.contract.option_type(),
        spot,
        strike: row.quote.contract.strike().to_f64(),
        years: row.years_to_expiration(),
        rate: RATE,
        dividend_yield: DIVIDEND_YIELD,
    };
    let quoted: Vec<_> = chain.rows().iter().filter_map(|row| Some((row, row.quote.mark()?))).collect();
    let prices: Vec<_> = quoted.iter().map(|(row, mark)| (inputs(row), *mark)).collect();
    let volatilities = model.implied_volatility(&prices);

    // A price at or below intrinsic value has no volatility; such a quote stays without Greeks.
    let solved: Vec<_> =
        quoted.iter().zip(volatilities).filter_map(|((row, _), volatility)| Some((*row, volatility.ok()?))).collect();
    let valued = model.value(&solved.iter().map(|(row, volatility)| (inputs(row), *volatility)).collect::<Vec<_>>());

    let key =
        |row: &ChainRow| GreeksKey { contract: row.quote.contract, model: model.model(), revision: model.revision() };
    let greeks: Vec<_> = solved
        .iter()
        .zip(valued)
        .filter_map(|((row, volatility), valuation)| {
            Some(ComputedGreeks {
                key: key(row),
                at: row.quote.at,
                spot,
                rate: RATE,
                dividend_yield: DIVIDEND_YIELD,
                implied_volatility: *volatility,
                valuation: valuation.ok()?,
                source: row.quote.source.clone(),
                recorded_at: row.quote.recorded_at,
            })
        })
        .filter(|greeks| greeks.validate().is_ok())
        .collect();
    store.upsert_greeks(&greeks).await?;

    let of = |row: &ChainRow| greeks.iter().find(|greeks| greeks.key.contract == row.quote.contract).cloned();
    Ok(chain.rows().iter().map(|row| Priced { greeks: of(row), row: row.clone() }).collect())
}
