//! Smiles from the quotes of a chain.

use strikebook_core::{
    market::{ChainRow, ExerciseStyle, OptionChain, OptionType},
    pricing::{ForwardCurve, OptionInputs},
};

use crate::{
    american::{self, Preset},
    black_scholes,
    error::PricingError,
    quotes::VolatilityQuote,
};

/// The volatilities of one expiration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Smile {
    /// The volatilities by strike, lowest first.
    pub quotes: Vec<VolatilityQuote>,
    /// The number of quotes out of the money without a volatility: without a bid above zero and an ask not below it, or
    /// at prices that no volatility has.
    pub left_out: usize,
}

/// Returns the smiles of each of the chain's [settlements](OptionChain::settlements), in their order. A smile is that
/// of the options out of the money, whose prices are all time value: puts below the forward and calls from it on.
///
/// Volatilities of American options are those of the American model, so that a European option at the same volatility
/// has the price without early exercise. The volatilities of bid and ask are that of the mid price, less and plus half
/// the spread over vega. Adjusted contracts are left out.
pub fn smiles(chain: &OptionChain, curve: &ForwardCurve, preset: Preset) -> Vec<Smile> {
    let smile = |settles_at| {
        let rows = chain.rows().iter().filter(|row| row.life.settles_at == settles_at);
        let mut smile = Smile::default();
        for row in rows.filter(|row| !row.quote.contract.root().is_adjusted()) {
            smile.add(row, row.life.years_to_expiration(chain.as_of.at), curve, preset);
        }
        smile
    };
    chain.settlements().into_iter().map(smile).collect()
}

impl Smile {
    fn add(&mut self, ChainRow { quote, product, .. }: &ChainRow, years: f64, curve: &ForwardCurve, preset: Preset) {
        let (strike, option_type) = (quote.contract.strike().to_f64(), quote.contract.option_type());
        let forward = curve.forward(years);
        if (strike >= forward) != (option_type == OptionType::Call) {
            return;
        }
        let (rate, dividend_yield) = (curve.rate(years), curve.dividend_yield(years));
        let option = OptionInputs { option_type, spot: curve.spot(), strike, years, rate, dividend_yield };
        let market = quote.bid.zip(quote.ask).filter(|(bid, ask)| *bid > 0.0 && ask >= bid);
        let volatility = market.and_then(|(bid, ask)| {
            let (mid, vega) = volatility(&option, f64::midpoint(bid, ask), product.exercise_style, preset).ok()?;
            // A volatility is above zero, also that of a bid.
            let half = (0.5 * (ask - bid) / vega).min(0.99 * mid);
            half.is_finite().then_some(VolatilityQuote { forward, strike, years, bid: mid - half, ask: mid + half })
        });
        match volatility {
            Some(volatility) => self.quotes.push(volatility),
            None => self.left_out += 1,
        }
    }
}

/// Returns the volatility that a price implies, and vega there.
fn volatility(
    option: &OptionInputs,
    price: f64,
    style: ExerciseStyle,
    preset: Preset,
) -> Result<(f64, f64), PricingError> {
    match style {
        ExerciseStyle::American => {
            let volatility = american::implied_volatility(option, price, preset)?;
            Ok((volatility, american::valuation(option, volatility, preset)?.greeks.vega))
        }
        ExerciseStyle::European => {
            let volatility = black_scholes::implied_volatility(option, price)?;
            Ok((volatility, black_scholes::greeks(option, volatility)?.vega))
        }
    }
}
