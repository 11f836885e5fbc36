//! Many options at once. One that cannot be valued does not hinder the others.

use strikebook_core::pricing::OptionInputs;

use crate::error::PricingError;
use crate::{Greeks, black_scholes};

/// [`black_scholes::price`] of each `(option, volatility)`, in their order.
pub fn prices(options: &[(OptionInputs, f64)]) -> Vec<Result<f64, PricingError>> {
    options.iter().map(|(option, volatility)| black_scholes::price(option, *volatility)).collect()
}

/// [`black_scholes::greeks`] of each `(option, volatility)`, in their order.
pub fn greeks(options: &[(OptionInputs, f64)]) -> Vec<Result<Greeks, PricingError>> {
    options.iter().map(|(option, volatility)| black_scholes::greeks(option, *volatility)).collect()
}

/// [`black_scholes::implied_volatility`] of each `(option, price)`, in their order.
pub fn implied_volatilities(options: &[(OptionInputs, f64)]) -> Vec<Result<f64, PricingError>> {
    options.iter().map(|(option, price)| black_scholes::implied_volatility(option, *price)).collect()
}
