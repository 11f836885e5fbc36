//! Heston's (1993) model, `dS = (r − q)·S·dt + √v·S·dW`, `dv = κ·(θ − v)·dt + σ·√v·dZ`, `dW·dZ = ρ·dt`.
//!
//! Prices are Lewis's (2000) integral of the characteristic function along the line where its integrand is real and
//! smooth, less the same integral of a Black–Scholes model with the same expected variance, whose price is known: the
//! difference is small and has no pole beside the line. The characteristic function is in the form of Albrecher, Mayer, Schoutens and
//! Tistaert (2007), "The little Heston trap", whose logarithm stays on one branch, and is arranged so that a small volatility of
//! variance cancels nothing. The integral is a trapezoidal sum, which converges exponentially; its terms are shared by all strikes.

use num_complex::Complex64;
use strikebook_core::{market::OptionType, pricing::OptionInputs};

use crate::black_scholes;
use crate::error::PricingError;

/// Parameters of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameters {
    /// Variance `v₀` per year today, not negative.
    pub variance: f64,
    /// Speed of reversion `κ` per year, positive.
    pub reversion: f64,
    /// Variance `θ` per year to which it reverts, not negative.
    pub long_variance: f64,
    /// Volatility `σ` of the variance, not negative.
    pub volatility: f64,
    /// Correlation `ρ` of spot and variance, from −1 to 1.
    pub correlation: f64,
}

impl Parameters {
    /// Feller's ratio `2κθ/σ²`: from one upwards the variance stays positive. Infinite without volatility of variance.
    pub fn feller_ratio(&self) -> f64 {
        2.0 * self.reversion * self.long_variance / (self.volatility * self.volatility)
    }

    /// Expected variance over so many years, in total.
    pub fn expected_variance(&self, years: f64) -> f64 {
        let weight = -(-self.reversion * years).exp_m1() / self.reversion;
        self.long_variance * years + (self.variance - self.long_variance) * weight
    }

    fn check(&self) -> Result<(), PricingError> {
        PricingError::check_not_negative("variance", self.variance)?;
        PricingError::check_positive("reversion", self.reversion)?;
        PricingError::check_not_negative("long_variance", self.long_variance)?;
        PricingError::check_not_negative("volatility", self.volatility)?;
        if (-1.0..=1.0).contains(&self.correlation) {
            return Ok(());
        }
        Err(PricingError::InvalidInput { field: "correlation", value: self.correlation, expected: "from −1 to 1" })
    }

    /// The characteristic function of `ln(S_T/F)` at `u − i/2`, for a real `u`.
    fn characteristic(&self, years: f64, u: f64) -> Complex64 {
        let Self { variance, reversion, long_variance, volatility, correlation } = *self;
        let skew = correlation * volatility;
        let beta = Complex64::new(reversion - 0.5 * skew, -skew * u);
        let quadratic = u * u + 0.25;
        let d = (beta * beta + volatility * volatility * quadratic).sqrt();
        let sum = beta + d;
        // `(β − d)/σ²` and `g = (β − d)/(β + d)`, without the differences.
        let ratio = -quadratic / sum;
        let g = ratio * (volatility * volatility) / sum;
        let decay = (-d * years).exp();
        let grown = (1.0 - decay) / (1.0 - g);
        let y = g * grown;
        let logarithm = if volatility * volatility > 1e-290 && y.norm_sqr() > 0.0 {
            ln_1p(y) / (volatility * volatility)
        } else {
            ratio / sum * grown
        };
        let level = reversion * long_variance * (ratio * years - 2.0 * logarithm);
        (level + variance * ratio * (1.0 - decay) / (1.0 - g * decay)).exp()
    }
}

/// `ln(1 + z)`, accurate for a small `z` too.
fn ln_1p(z: Complex64) -> Complex64 {
    Complex64::new(0.5 * (z.re * (2.0 + z.re) + z.im * z.im).ln_1p(), z.im.atan2(1.0 + z.re))
}

/// How accurate prices are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Within 1e-10 of the spot.
    Accurate,
    /// Within 1e-12 of the spot.
    Precise,
}

impl Preset {
    /// What may be left out of the integral, and by how much its last refinement may have changed it: the error is of the
    /// order of the square of that change.
    fn tolerances(self) -> (f64, f64) {
        match self {
            Self::Accurate => (1e-11, 1e-5),
            Self::Precise => (1e-15, 1e-8),
        }
    }
}

/// Value of one European option, in the currency of the spot.
///
/// # Errors
///
/// Those of [`prices`].
pub fn price(option: &OptionInputs, parameters: &Parameters, preset: Preset) -> Result<f64, PricingError> {
    let values = prices(option, &[(option.option_type, option.strike)], parameters, preset)?;
    values.first().copied().ok_or(PricingError::NotRepresentable { quantity: "the price" })
}

/// Values of European options of several types and strikes that share the spot, the expiry and the rates of `option`, whose
/// own type and strike do not matter but have to be valid.
///
/// # Errors
///
/// [`PricingError::InvalidInput`] names an input or a parameter that is out of its range, and
/// [`PricingError::NotConverged`] if the integral does not converge: with a correlation of ±1, or next to no
/// variance.
pub fn prices(
    option: &OptionInputs,
    strikes: &[(OptionType, f64)],
    parameters: &Parameters,
    preset: Preset,
) -> Result<Vec<f64>, PricingError> {
    parameters.check()?;
    let total = parameters.expected_variance(option.years).max(0.0);
    let volatility = if option.years > 0.0 { (total / option.years).sqrt() } else { 0.0 };
    black_scholes::price(option, volatility)?;
    let with = |option_type: OptionType, strike: f64| OptionInputs { option_type, strike, ..*option };
    let mut values = strikes
        .iter()
        .map(|(option_type, strike)| black_scholes::price(&with(*option_type, *strike), volatility))
        .collect::<Result<Vec<f64>, _>>()?;
    let variance_is_known = parameters.volatility == 0.0 || total == 0.0;
    if variance_is_known || strikes.is_empty() {
        return Ok(values);
    }

    let OptionInputs { spot, years, rate, dividend_yield, .. } = *option;
    let ln_forward = spot.ln() + (rate - dividend_yield) * years;
    let moneyness: Vec<f64> = strikes.iter().map(|(_, strike)| ln_forward - strike.ln()).collect();
    let corrections = corrections(parameters, years, total, &moneyness, preset)?;
    for ((value, (option_type, strike)), correction) in values.iter_mut().zip(strikes).zip(corrections) {
        let unit = (spot * (-dividend_yield * years).exp()).sqrt() * (strike * (-rate * years).exp()).sqrt();
        let (bound, inside) = match option_type {
            OptionType::Call => (spot * (-dividend_yield * years).exp(), strike * (-rate * years).exp()),
            OptionType::Put => (strike * (-rate * years).exp(), spot * (-dividend_yield * years).exp()),
        };
        *value = (*value - unit * correction).max(bound - inside).max(0.0).min(bound);
    }
    Ok(values)
}

/// `1/π·∫ Re[e^(iuk)·(φ(u − i/2) − e^(−w·(u² + ¼)/2))]/(u² + ¼) du` over `u > 0` for each logarithm `k` of forward over
/// strike, `w` being the expected variance.
fn corrections(
    parameters: &Parameters,
    years: f64,
    total: f64,
    moneyness: &[f64],
    preset: Preset,
) -> Result<Vec<f64>, PricingError> {
    /// More terms than any parameters of a market need by far.
    const MOST_TERMS: usize = 1 << 17;
    let (rest, change) = preset.tolerances();
    let missing = PricingError::NotConverged { quantity: "the integral of the characteristic function" };
    let term = |u: f64| {
        let quadratic = u * u + 0.25;
        (parameters.characteristic(years, u) - (-0.5 * total * quadratic).exp()) / quadratic
    };
    let mut end = 4.0 / total.sqrt().max(1e-8);
    while parameters.characteristic(years, end).norm() > rest * end || (-0.5 * total * end * end).exp() > rest * end {
        end *= 1.3;
        if end.is_nan() || end > 1e9 {
            return Err(missing);
        }
    }

    let mut count = 32;
    let mut step = end / 32.0;
    let first = term(0.0);
    let mut sums: Vec<f64> = moneyness.iter().map(|_| 0.5 * first.re).collect();
    add_terms(&mut sums, moneyness, (1..count).map(|index| index as f64 * step), term);
    let mut before: Vec<f64> = sums.iter().map(|sum| sum * step).collect();
    while count < MOST_TERMS {
        let nodes = (0..count).map(|index| (index as f64 + 0.5) * step);
        add_terms(&mut sums, moneyness, nodes, term);
        count *= 2;
        step *= 0.5;
        let after: Vec<f64> = sums.iter().map(|sum| sum * step).collect();
        let largest = after.iter().zip(&before).map(|(after, before)| (after - before).abs()).fold(0.0, f64::max);
        if largest <= change {
            return Ok(after.into_iter().map(|integral| integral / std::f64::consts::PI).collect());
        }
        before = after;
    }
    Err(missing)
}

fn add_terms(sums: &mut [f64], moneyness: &[f64], nodes: impl Iterator<Item = f64>, term: impl Fn(f64) -> Complex64) {
    for u in nodes {
        let value = term(u);
        for (sum, k) in sums.iter_mut().zip(moneyness) {
            let (sin, cos) = (u * k).sin_cos();
            *sum += value.re * cos - value.im * sin;
        }
    }
}
