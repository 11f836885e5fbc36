//! Implied volatilities of the SABR model, `dF = α_t·F^β·dW`, `dα_t = ν·α_t·dZ`, `dW·dZ = ρ·dt`.
//!
//! The expansion is that of Hagan, Kumar, Lesniewski and Woodward (2002), "Managing smile risk", equation 2.17a; Obłój
//! (2008), "Fine-tune your smile", replaces its leading term by one that is right in the wings; for normal volatilities
//! it is their equation A.59. The corrections of first order in time are the same. They are expansions in the time to
//! expiry: for a large `ν²·T` the first-order factor may become negative, which is an error here.

mod calibration;
mod density;

use crate::{
    error::PricingError,
    lanes::{Plain, ln::ln_1p_near},
};

pub use self::{
    calibration::{Calibration, calibrate},
    density::{DensityRange, density_range},
};

/// Parameters of one maturity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// The initial volatility `α`, positive, in units of `F^(1−β)` per square root of a year.
    pub alpha: f64,
    /// The exponent `β` of the forward, from 0 (normal) to 1 (lognormal).
    pub beta: f64,
    /// The correlation `ρ` of forward and volatility, strictly between −1 and 1.
    pub rho: f64,
    /// The volatility `ν` of the volatility per year, not negative.
    pub nu: f64,
}

/// A point of the volatility surface: forward, strike and years to expiry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// The price of the forward, positive.
    pub forward: f64,
    /// The strike of the option, positive.
    pub strike: f64,
    /// The years to expiry, not negative.
    pub years: f64,
}

/// The expansion for Black's volatility.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Formula {
    /// [`volatility`]: the one in general use.
    #[default]
    Hagan,
    /// [`volatility_obloj`]: better in the wings.
    Obloj,
}

impl Formula {
    /// Returns Black's implied volatility per year by this formula.
    ///
    /// # Errors
    /// The errors of [`volatility`].
    #[inline]
    pub fn volatility(self, parameters: &Parameters, point: &Point) -> Result<f64, PricingError> {
        let expansion = Expansion::new(parameters, point)?;
        let Leading { level, z } = expansion.leading(self);
        expansion.finish(level * expansion.smile(z), expansion.complement * expansion.complement)
    }
}

/// Returns Black's implied volatility per year by Hagan's formula, 2.17a.
///
/// # Errors
/// [`PricingError::InvalidInput`] names an input that is out of its range; [`PricingError::NotRepresentable`] if the
/// expansion overflows, and [`PricingError::NotConverged`] if it is not positive.
pub fn volatility(parameters: &Parameters, point: &Point) -> Result<f64, PricingError> {
    Formula::Hagan.volatility(parameters, point)
}

/// Returns Black's implied volatility per year with Obłój's leading term.
///
/// # Errors
/// The errors of [`volatility`].
pub fn volatility_obloj(parameters: &Parameters, point: &Point) -> Result<f64, PricingError> {
    Formula::Obloj.volatility(parameters, point)
}

/// Returns Bachelier's (normal) implied volatility, in the currency of the forward per square root of a year.
///
/// # Errors
/// The errors of [`volatility`].
pub fn normal_volatility(parameters: &Parameters, point: &Point) -> Result<f64, PricingError> {
    let expansion = Expansion::new(parameters, point)?;
    let Expansion { log, complement, root, local, .. } = expansion;
    let ratio = series(log * log) / series(complement * complement * log * log);
    let level = local * (point.forward * point.strike).sqrt() * ratio;
    let first = -parameters.beta * (2.0 - parameters.beta);
    expansion.finish(level * expansion.smile(parameters.nu / parameters.alpha * log * root), first)
}

/// The terms that the formulas share.
struct Expansion<'a> {
    parameters: &'a Parameters,
    strike: f64,
    years: f64,
    /// `ln(F/K)`, `1 − β`, `(F·K)^((1−β)/2)` and `α` divided by that.
    log: f64,
    complement: f64,
    root: f64,
    local: f64,
}

/// The leading term is `level·z/x(z)`.
struct Leading {
    level: f64,
    z: f64,
}

impl<'a> Expansion<'a> {
    #[inline(always)]
    fn new(parameters: &'a Parameters, point: &Point) -> Result<Self, PricingError> {
        let Parameters { alpha, beta, rho, nu } = *parameters;
        PricingError::check_positive("alpha", alpha)?;
        PricingError::check_not_negative("nu", nu)?;
        if !(0.0..=1.0).contains(&beta) {
            return Err(PricingError::InvalidInput { field: "beta", value: beta, expected: "from 0 to 1" });
        }
        if !(rho > -1.0 && rho < 1.0) {
            return Err(PricingError::InvalidInput {
                field: "rho", value: rho, expected: "strictly between −1 and 1"
            });
        }
        PricingError::check_positive("forward", point.forward)?;
        PricingError::check_positive("strike", point.strike)?;
        PricingError::check_not_negative("years", point.years)?;
        let complement = 1.0 - beta;
        let product = point.forward * point.strike;
        let root = if complement == 0.0 { 1.0 } else { (0.5 * complement * product.ln()).exp() };
        let local = alpha / root;
        if !(product.is_normal() && root.is_normal() && local.is_normal()) {
            return Err(PricingError::NotRepresentable { quantity: "the product of forward and strike" });
        }
        let log = ln_ratio(point.forward, point.strike, point.forward - point.strike);
        Ok(Self { parameters, strike: point.strike, years: point.years, log, complement, root, local })
    }

    /// Returns the leading term without the smile, and the position on the smile.
    #[inline(always)]
    fn leading(&self, formula: Formula) -> Leading {
        let Self { parameters: Parameters { alpha, nu, .. }, strike, log, complement, root, local, .. } = *self;
        match formula {
            Formula::Hagan => {
                Leading { level: local / series(complement * complement * log * log), z: nu / alpha * log * root }
            }
            // `(F^(1−β) − K^(1−β))/(1−β)`, and this divided by `ln(F/K)`, without their cancellation.
            Formula::Obloj if complement == 0.0 => Leading { level: *alpha, z: nu / alpha * log },
            Formula::Obloj => {
                let power = strike.powf(complement);
                let distance = power * (complement * log).exp_m1() / complement;
                let slope = if log == 0.0 { power } else { distance / log };
                Leading { level: alpha / slope, z: nu / alpha * distance }
            }
        }
    }

    /// Returns `z/x(z)`, with `x(z) = ln((√(1 − 2ρz + z²) + z − ρ)/(1 − ρ))`, which is one at zero.
    #[inline(always)]
    fn smile(&self, z: f64) -> f64 {
        if z == 0.0 {
            return 1.0;
        }
        // The same with both signs turned, where no terms cancel: `x(z, ρ) = −x(−z, −ρ)`.
        let (size, rho) = if z > 0.0 { (z, self.parameters.rho) } else { (-z, -self.parameters.rho) };
        let square = size * (size - 2.0 * rho);
        let root = (1.0 + square).sqrt();
        let (one, beyond) = ((root + 1.0) * (1.0 - rho), size * (root + 1.0) + square);
        size / ln_ratio(one + beyond, one, beyond)
    }

    /// Returns the leading term times the correction of first order in time, whose first part has this factor.
    #[inline(always)]
    fn finish(&self, leading: f64, first: f64) -> Result<f64, PricingError> {
        let Parameters { beta, rho, nu, .. } = *self.parameters;
        let local = self.local;
        let squares = first * local * local + (2.0 - 3.0 * rho * rho) * nu * nu;
        let rate = squares * (1.0 / 24.0) + 0.25 * rho * beta * nu * local;
        let volatility = leading * (1.0 + rate * self.years);
        if !volatility.is_finite() {
            Err(PricingError::NotRepresentable { quantity: "the volatility" })
        } else if volatility > 0.0 {
            Ok(volatility)
        } else {
            Err(PricingError::NotConverged { quantity: "a positive volatility by the expansion in time" })
        }
    }
}

/// Returns `sinh(x/2)/(x/2)` of a square `x²`, to the second order.
#[inline(always)]
fn series(square: f64) -> f64 {
    1.0 + square * (1.0 / 24.0 + square * (1.0 / 1920.0))
}

/// Returns `ln(a/b)` of positive numbers, accurate relative to its value, given their difference.
#[inline(always)]
fn ln_ratio(a: f64, b: f64, difference: f64) -> f64 {
    if difference.abs() < 0.25 * b { ln_1p_near::<Plain>(difference, b) } else { (a / b).ln() }
}
