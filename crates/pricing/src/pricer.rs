//! The models behind the pricing port.

use strikebook_core::analytics::Model;
use strikebook_core::pricing::{OptionInputs, Pricer, Unpriced, Valuation};

use crate::american::{self, Preset};
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
        model("black_scholes")
    }

    fn revision(&self) -> u32 {
        1
    }

    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> {
        options.iter().map(|(option, volatility)| Ok(european(option, *volatility)?)).collect()
    }

    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> {
        batch::implied_volatilities(options).into_iter().map(|volatility| Ok(volatility?)).collect()
    }
}

/// [`Pricer`] of American options on an underlying with a continuous dividend yield: [`american`](crate::american) behind the port.
///
/// Vanna, vomma, charm and veta are central differences of the smooth analytic delta and vega over a thousandth of the volatility
/// or of the time, so they hold about four digits. The other values are those of [`american::valuation`]. With the feature
/// `rayon` a batch takes all cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct American {
    /// How much accuracy to buy with how much time. It is part of the model's name.
    pub preset: Preset,
}

impl Default for American {
    /// Accurate.
    fn default() -> Self {
        Self { preset: Preset::Accurate }
    }
}

impl Pricer for American {
    fn model(&self) -> Model {
        model(match self.preset {
            Preset::Fast => "american_fast",
            Preset::Accurate => "american_accurate",
            Preset::Precise => "american_precise",
        })
    }

    fn revision(&self) -> u32 {
        1
    }

    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> {
        each(options, |option, volatility| self.valuation(option, volatility))
    }

    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> {
        each(options, |option, price| american::implied_volatility(option, price, self.preset))
    }
}

impl American {
    fn valuation(self, option: &OptionInputs, volatility: f64) -> Result<Valuation, PricingError> {
        /// Half the width of the differences, relative.
        const STEP: f64 = 1e-3;
        let at = |years: f64, volatility: f64| {
            Ok(american::valuation(&OptionInputs { years, ..*option }, volatility, self.preset)?.greeks)
        };
        let american::Valuation { price, greeks } = american::valuation(option, volatility, self.preset)?;
        let american::Greeks { delta, gamma, vega, theta, rho, epsilon } = greeks;
        let first = Valuation { price, delta, gamma, theta, vega, rho, epsilon, ..Valuation::default() };
        // To be exercised now, or expired: nothing changes with time or volatility.
        if (gamma == 0.0 && vega == 0.0) || option.years == 0.0 || volatility == 0.0 {
            return Ok(first);
        }
        let (more, less) = ((1.0 + STEP) * volatility, (1.0 - STEP) * volatility);
        let (later, sooner) = ((1.0 + STEP) * option.years, (1.0 - STEP) * option.years);
        let by_volatility = difference(&at(option.years, less)?, &at(option.years, more)?, more - less);
        // Calendar time runs towards the expiration.
        let by_time = difference(&at(later, volatility)?, &at(sooner, volatility)?, later - sooner);
        let (vanna, vomma) = by_volatility;
        let (charm, veta) = by_time;
        Ok(Valuation { vanna, vomma, charm, veta, ..first })
    }
}

/// By how much delta and vega change over a distance.
fn difference(from: &american::Greeks, to: &american::Greeks, distance: f64) -> (f64, f64) {
    ((to.delta - from.delta) / distance, (to.vega - from.vega) / distance)
}

/// The results of a function of each option and its number, in order.
fn each<T: Send>(
    options: &[(OptionInputs, f64)],
    of: impl Fn(&OptionInputs, f64) -> Result<T, PricingError> + Sync,
) -> Vec<Result<T, Unpriced>> {
    let result = |(option, number): &(OptionInputs, f64)| of(option, *number).map_err(Unpriced::from);
    #[cfg(feature = "rayon")]
    return rayon::iter::ParallelIterator::collect(rayon::iter::ParallelIterator::map(
        rayon::iter::IntoParallelRefIterator::par_iter(options),
        result,
    ));
    #[cfg(not(feature = "rayon"))]
    options.iter().map(result).collect()
}

fn model(name: &str) -> Model {
    match Model::new(name) {
        Ok(model) => model,
        Err(error) => unreachable!("{error}"),
    }
}

fn european(option: &OptionInputs, volatility: f64) -> Result<Valuation, PricingError> {
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
