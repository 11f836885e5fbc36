//! The Black–Scholes–Merton model behind the pricing port.

use strikebook_core::analytics::Model;
use strikebook_core::pricing::{OptionInputs, Pricer, Unpriced, Valuation};

use crate::error::PricingError;
use crate::{batch, black_scholes};

/// [`Pricer`] of European options by Black–Scholes–Merton.
///
/// An option without time or volatility that is exactly at the money has a price, but no Greeks and so no
/// [`Valuation`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BlackScholes;

impl Pricer for BlackScholes {
    fn model(&self) -> Model {
        match Model::new("black_scholes") {
            Ok(model) => model,
            Err(error) => unreachable!("{error}"),
        }
    }

    fn revision(&self) -> u32 {
        1
    }

    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> {
        options.iter().map(|(option, volatility)| Ok(value(option, *volatility)?)).collect()
    }

    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> {
        batch::implied_volatilities(options).into_iter().map(|volatility| Ok(volatility?)).collect()
    }
}

fn value(option: &OptionInputs, volatility: f64) -> Result<Valuation, PricingError> {
    let (price, greeks) = black_scholes::price_and_greeks(option, volatility)?;
    Ok(Valuation {
        price,
        delta: greeks.delta,
        gamma: greeks.gamma,
        theta: greeks.theta,
        vega: greeks.vega,
        rho: greeks.rho,
        epsilon: greeks.epsilon,
        vanna: greeks.vanna,
        vomma: greeks.volga,
        charm: greeks.charm,
        veta: greeks.veta,
    })
}
