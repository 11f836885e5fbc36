//! American options, which are valued one by one.

use strikebook::models::{PricingError, american};
use strikebook::pricing::OptionInputs;

pub(crate) use strikebook::models::american::Preset;

use crate::group::{Solved, Unsolved};
use crate::row::{Asked, Request};

/// The preset of this name.
pub(crate) fn preset(word: &str) -> Result<Preset, String> {
    match word {
        "fast" => Ok(Preset::Fast),
        "accurate" => Ok(Preset::Accurate),
        "precise" => Ok(Preset::Precise),
        other => Err(format!("--american takes fast, accurate or precise, not `{other}`")),
    }
}

/// The value of one option.
pub(crate) fn value(request: &Request, preset: Preset) -> Result<Solved, Unsolved> {
    let Request { model: _, option_type, spot, strike, years, rate, dividend_yield, asked } = *request;
    let option = OptionInputs { option_type, spot, strike, years, rate, dividend_yield };
    let (volatility, implied) = match asked {
        Asked::Price(volatility) => (volatility, None),
        Asked::Volatility(price) => {
            let volatility = american::implied_volatility(&option, price, preset)?;
            (volatility, Some(volatility))
        }
    };
    let without_greeks = |error: PricingError| {
        let price = if implied.is_none() { american::price(&option, volatility, preset).ok() } else { None };
        Unsolved { price, ..Unsolved::from(error) }
    };
    let american::Valuation { price, greeks, .. } =
        american::valuation(&option, volatility, preset).map_err(without_greeks)?;
    let american::Greeks { delta, gamma, vega, theta, rho, .. } = greeks;
    Ok(Solved { asked: implied.unwrap_or(price), greeks: [delta, gamma, vega, theta, rho] })
}
