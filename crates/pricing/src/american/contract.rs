//! An American option as the put it is equivalent to, and its value as the European one plus a premium.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{
    AmericanValuation, Greeks,
    exercise::{Solution, Solver},
    premium::{Parameters, Put, Quantity},
};
use crate::{
    black_scholes,
    error::PricingError,
    lanes::{Plain, ln},
};

/// An option with its European value.
#[derive(Debug)]
pub(crate) struct Contract {
    pub(super) option: OptionInputs,
    pub(super) volatility: f64,
    european: f64,
    /// The equivalent put on a strike of 1: a call is a put with spot and strike, and rate and yield,
    /// exchanged.
    pub(super) put: Put,
    /// The unit of the put's price.
    pub(super) unit: f64,
}

impl Contract {
    /// Creates the contract, or returns the first invalid input.
    pub(crate) fn new(option: &OptionInputs, volatility: f64) -> Result<Self, PricingError> {
        let european = black_scholes::price(option, volatility)?;
        let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = *option;
        let (moneyness, ln_moneyness, unit, rate, dividend_yield) = match option_type {
            OptionType::Put => (spot / strike, ln::ln_ratio::<Plain>(spot, strike), strike, rate, dividend_yield),
            OptionType::Call => (strike / spot, ln::ln_ratio::<Plain>(strike, spot), spot, dividend_yield, rate),
        };
        if ![spot, strike, moneyness].iter().all(|value| value.is_normal()) {
            return Err(PricingError::NotRepresentable { quantity: "the moneyness" });
        }
        let put = Put { moneyness, ln_moneyness, years, rate, dividend_yield, volatility };
        Ok(Self { option: *option, volatility, european, put, unit })
    }

    pub(crate) fn put(&self) -> &Put {
        &self.put
    }

    /// Returns the payoff of exercise now.
    fn immediate(&self) -> f64 {
        let OptionInputs { option_type, spot, strike, .. } = self.option;
        if option_type == OptionType::Put { (strike - spot).max(0.0) } else { (spot - strike).max(0.0) }
    }

    /// Returns the value of exercise at the best time if the spot moves along its forwards: the price without
    /// volatility.
    pub(crate) fn certain(&self) -> f64 {
        let Put { moneyness, years, rate, dividend_yield, .. } = self.put;
        let exercised = |time: f64| (-rate * time).exp() - moneyness * (-dividend_yield * time).exp();
        // The time at which the derivative of the value is zero; outside of the option's life it does not matter.
        let turning = (rate / (dividend_yield * moneyness)).ln() / (rate - dividend_yield);
        let turning = if turning > 0.0 && turning < years { turning } else { 0.0 };
        self.immediate().max(self.european).max(self.unit * exercised(years).max(exercised(turning)))
    }

    /// Returns the option's value without volatility, and its limit at infinite volatility: the undiscounted payoff's
    /// bound, or that at expiry if waiting costs no interest.
    pub(crate) fn bounds(&self) -> (f64, f64) {
        (self.certain(), self.unit * (-self.put.rate * self.put.years).exp().max(1.0))
    }

    /// Returns `ln(S/K)`.
    pub(crate) fn ln_moneyness(&self) -> f64 {
        if self.option.option_type == OptionType::Put { self.put.ln_moneyness } else { -self.put.ln_moneyness }
    }

    /// Returns true if the diffusion is smaller than the rounding of the spot.
    fn is_certain(&self) -> bool {
        self.volatility * self.put.years.sqrt() < 1e-15
    }

    /// Returns true if the European option is worth as much as an American one can be.
    fn is_european(&self) -> bool {
        let (_, bound) = self.bounds();
        bound - self.european <= 1e-12 * bound
    }

    /// Returns true if the option has no exercise boundary.
    pub(super) fn is_simple(&self) -> bool {
        self.is_certain() || self.is_european()
    }

    pub(crate) fn price(&self, solver: &mut Solver) -> Result<f64, PricingError> {
        if self.is_certain() {
            return Ok(self.certain());
        }
        if self.is_european() {
            return Ok(self.european.max(self.immediate()));
        }
        let panels = &solver.ladder.panels;
        let solution = solver.solve(&self.put)?;
        let immediate = self.immediate();
        if solution.is_exercised(&self.put) {
            return Ok(immediate);
        }
        let premium = self.unit * solution.premium(&self.put, panels).value;
        self.total(premium, immediate)
    }

    fn total(&self, premium: f64, immediate: f64) -> Result<f64, PricingError> {
        let price = (self.european + premium).max(self.european).max(immediate);
        if premium.is_finite() && price.is_finite() {
            Ok(price)
        } else {
            Err(PricingError::NotRepresentable { quantity: "the price" })
        }
    }

    pub(crate) fn valuation(&self, solver: &mut Solver) -> Result<AmericanValuation, PricingError> {
        let european = black_scholes::greeks(&self.option, self.volatility)?;
        let panels = &solver.ladder.panels;
        let solution = if self.is_simple() { &Solution::Never } else { solver.solve(&self.put)? };
        let immediate = self.immediate();
        let exercised = if self.is_certain() { immediate >= self.certain() } else { solution.is_exercised(&self.put) };
        if exercised && immediate > 0.0 {
            let delta = if self.option.option_type == OptionType::Call { 1.0 } else { -1.0 };
            let greeks = Greeks { delta, gamma: 0.0, vega: 0.0, theta: 0.0, rho: 0.0, epsilon: 0.0 };
            return Ok(AmericanValuation { price: immediate, greeks });
        }
        if self.is_certain() && self.certain() > self.european {
            return Err(PricingError::NotRepresentable { quantity: "the sensitivities without volatility" });
        }

        let premium = solution.premium(&self.put, panels);
        let parameters = solution.parameters(&self.put, panels)?;
        let Quantity { value, slope, curvature } = premium;
        let Parameters { volatility, rate, dividend_yield } = parameters;
        let Put { moneyness, .. } = self.put;
        let price = self.total(self.unit * value, immediate)?;
        let premium = match self.option.option_type {
            OptionType::Put => {
                Premium { delta: slope, gamma: curvature / self.unit, rho: rate, epsilon: dividend_yield }
            }
            OptionType::Call => Premium {
                delta: value - moneyness * slope,
                gamma: moneyness * moneyness * curvature / self.unit,
                rho: dividend_yield,
                epsilon: rate,
            },
        };
        let (delta, gamma) = (european.delta + premium.delta, european.gamma + premium.gamma);
        let OptionInputs { spot, rate, dividend_yield, .. } = self.option;
        let variance = self.volatility * self.volatility;
        let greeks = Greeks {
            delta,
            gamma,
            vega: european.vega + self.unit * volatility,
            // The Black–Scholes equation, which the price satisfies where the option is held.
            theta: rate * price - (rate - dividend_yield) * spot * delta - 0.5 * variance * spot * spot * gamma,
            rho: european.rho + self.unit * premium.rho,
            epsilon: european.epsilon + self.unit * premium.epsilon,
        };
        let Greeks { delta, gamma, vega, theta, rho, epsilon } = greeks;
        if [delta, gamma, vega, theta, rho, epsilon].iter().all(|greek| greek.is_finite()) {
            Ok(AmericanValuation { price, greeks })
        } else {
            Err(PricingError::NotRepresentable { quantity: "a sensitivity" })
        }
    }
}

/// The premium's derivatives: delta and gamma in the option's units, the others in those of the put.
struct Premium {
    delta: f64,
    gamma: f64,
    rho: f64,
    epsilon: f64,
}
