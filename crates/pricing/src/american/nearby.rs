//! The pricing port's valuation of an American option.

use strikebook_core::pricing::{OptionInputs, Valuation};

use super::{Greeks, Preset, contract::Contract, cross::Cross, exercise::Solver};
use crate::error::PricingError;

/// The solvers of an option and of its neighbours for differences; they keep their boundaries for the next option.
#[derive(Debug)]
pub(crate) struct Nearby {
    here: Solver,
    less: Solver,
    more: Solver,
}

impl Nearby {
    pub(crate) fn new(preset: Preset) -> Self {
        let solver = || Solver::new(preset.ladder());
        Self { here: solver(), less: solver(), more: solver() }
    }

    /// Returns the port's valuation.
    pub(crate) fn valuation(&mut self, option: &OptionInputs, volatility: f64) -> Result<Valuation, PricingError> {
        /// Half the width of the difference, as a part of the volatility.
        const STEP: f64 = 1e-3;
        let contract = Contract::new(option, volatility)?;
        let super::AmericanValuation { price, greeks } = contract.valuation(&mut self.here)?;
        let Greeks { delta, gamma, vega, theta, rho, epsilon } = greeks;
        let first = Valuation { price, delta, gamma, theta, vega, rho, epsilon, ..Valuation::default() };
        // An option to be exercised now, or expired, changes with neither time nor volatility.
        if (gamma == 0.0 && vega == 0.0) || option.years == 0.0 || volatility == 0.0 {
            return Ok(first);
        }
        let Cross { vanna, charm, veta } = contract.cross(&mut self.here)?;
        let (low, high) = ((1.0 - STEP) * volatility, (1.0 + STEP) * volatility);
        let vega_at = |solver: &mut Solver, volatility: f64| {
            Ok::<_, PricingError>(Contract::new(option, volatility)?.valuation(solver)?.greeks.vega)
        };
        let vomma = (vega_at(&mut self.more, high)? - vega_at(&mut self.less, low)?) / (high - low);
        Ok(Valuation { vanna, vomma, charm, veta, ..first })
    }
}
