//! SABR parameters fitted to one maturity's quoted volatilities.

use strikebook_core::{
    Source, Timestamp,
    analytics::{FitQuality, SabrParameters, SmileKey},
};

use super::{Expansion, Formula, Leading, Parameters, Point};
use crate::{
    error::PricingError,
    fit::FitError,
    least_squares::{Effort, Equations, Interval, Minimum, minimise},
    quotes::{Quality, VolatilityQuote},
};

/// Parameters fitted to one maturity's quotes, with the quality of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// The parameters of the least squares.
    pub parameters: Parameters,
    /// The quality of the fit to the volatilities.
    pub quality: Quality,
    /// The number of times that the model's volatilities were computed.
    pub evaluations: usize,
}

impl Calibration {
    /// Returns core's record, with the quality of the fit (see [`Quality::record`]).
    pub fn record(
        &self,
        key: SmileKey,
        at: Timestamp,
        fit: FitQuality,
        source: Source,
        recorded_at: Timestamp,
    ) -> SabrParameters {
        let Parameters { alpha, beta, rho, nu } = self.parameters;
        SabrParameters { key, at, alpha, beta, rho, nu, fit, source, recorded_at }
    }
}

/// Fits the parameters of one maturity to volatilities: the sum of the squared differences of the formula's
/// volatilities and the quotes' middle ones is least, every quote counting alike.
///
/// `Some(beta)` is fixed; `None` fits `β` too, which takes many good quotes, since `β` and `ρ` change a smile nearly
/// alike. The method is Levenberg's and Marquardt's with the analytic gradient, from several correlations. `α` stays
/// between 1e-4 and 20 in units of `F^(1−β)`, `ν` between 1e-4 and 50 and `ρ` within ±0.9999: a parameter at one of
/// these limits was not determined by the quotes, as `ν` and `ρ` are not by a flat smile.
///
/// # Errors
/// [`FitError::TooFew`] if there are fewer different strikes than parameters, which are three or four;
/// [`FitError::InvalidQuote`] for a number that is not finite and positive, and for years or a forward that are not
/// those of the first quote; [`FitError::Crossed`] for a bid above its ask, [`FitError::InvalidParameter`] for a `beta`
/// outside of 0 to 1, and [`FitError::NotConverged`] if no minimum is found.
pub fn calibrate(quotes: &[VolatilityQuote], beta: Option<f64>, formula: Formula) -> Result<Calibration, FitError> {
    let fewest = if beta.is_some() { 3 } else { 4 };
    VolatilityQuote::check_all(quotes, fewest)?;
    if let Some(value) = beta.filter(|beta| !(0.0..=1.0).contains(beta)) {
        return Err(FitError::InvalidParameter { field: "beta", value, expected: "from 0 to 1" });
    }
    let smile = Smile::new(quotes, beta, formula)?;
    let have = smile.strikes();
    if have < fewest {
        return Err(FitError::TooFew { have, need: fewest });
    }
    let missing = FitError::NotConverged { quantity: "the least squares of the SABR parameters" };
    let mut evaluations = 0;
    let mut best: Option<Minimum<4>> = None;
    for start in smile.starts() {
        let found = minimise(smile.free(&start), Effort::ROUGH, |point| smile.equations(point));
        evaluations += found.map_or(0, |found| found.evaluations);
        if let Some(found) = found
            && best.is_none_or(|best| found.squares < best.squares)
        {
            best = Some(found);
        }
    }
    let rough = best.ok_or(missing)?;
    let found = minimise(rough.parameters, Effort::FULL, |point| smile.equations(point)).ok_or(missing)?;
    Ok(Calibration {
        parameters: smile.bounded(&found.parameters).0,
        quality: Quality::new(quotes, found.squares),
        evaluations: evaluations + found.evaluations,
    })
}

/// Quotes of one maturity.
struct Smile<'a> {
    quotes: &'a [VolatilityQuote],
    forward: f64,
    beta: Option<f64>,
    formula: Formula,
}

impl<'a> Smile<'a> {
    fn new(quotes: &'a [VolatilityQuote], beta: Option<f64>, formula: Formula) -> Result<Self, FitError> {
        let Some(first) = quotes.first() else { return Err(FitError::TooFew { have: 0, need: 3 }) };
        for (index, quote) in quotes.iter().enumerate() {
            for (field, value, expected) in
                [("years", quote.years, first.years), ("forward", quote.forward, first.forward)]
            {
                if value.to_bits() != expected.to_bits() {
                    return Err(FitError::InvalidQuote { index, field, value });
                }
            }
        }
        Ok(Self { quotes, forward: first.forward, beta, formula })
    }

    /// Returns the number of different strikes.
    fn strikes(&self) -> usize {
        let mut strikes: Vec<u64> = self.quotes.iter().map(|quote| quote.strike.to_bits()).collect();
        strikes.sort_unstable();
        strikes.dedup();
        strikes.len()
    }

    /// Returns the starting points: the level at the money with several correlations.
    fn starts(&self) -> [Parameters; 3] {
        let distance = |quote: &VolatilityQuote| (quote.strike / self.forward).ln().abs();
        let nearest = self.quotes.iter().min_by(|left, right| distance(left).total_cmp(&distance(right)));
        let level = nearest.map_or(0.2, VolatilityQuote::mid);
        let beta = self.beta.unwrap_or(0.5);
        let alpha = level * self.forward.powf(1.0 - beta);
        [-0.5, 0.0, 0.5].map(|rho| Parameters { alpha, beta, rho, nu: 0.7 })
    }

    /// Returns errors and their derivatives; `None` where the expansion has no volatility.
    fn equations(&self, point: &[f64; 4]) -> Option<Equations<4>> {
        /// Half the distance over which the derivative by `β` is taken.
        const STEP: f64 = 1e-5;
        let (parameters, slopes) = self.bounded(point);
        let mut equations = Equations::new();
        for quote in self.quotes {
            let at = Point { forward: self.forward, strike: quote.strike, years: quote.years };
            let (volatility, mut derivatives) = volatility_and_slopes(self.formula, &parameters, &at).ok()?;
            if self.beta.is_none() {
                // Inside of the interval, with `α` in units of `F^(1−β)`.
                let beta = parameters.beta.clamp(STEP, 1.0 - STEP);
                let level = parameters.alpha * self.forward.powf(parameters.beta - 1.0);
                let moved = |beta: f64| {
                    let alpha = level * self.forward.powf(1.0 - beta);
                    self.formula.volatility(&Parameters { alpha, beta, ..parameters }, &at)
                };
                derivatives[1] = (moved(beta + STEP).ok()? - moved(beta - STEP).ok()?) / (2.0 * STEP);
            }
            derivatives.iter_mut().zip(slopes).for_each(|(derivative, slope)| *derivative *= slope);
            equations.add(volatility - quote.mid(), &derivatives);
        }
        Some(equations)
    }

    /// Returns the parameters at a point, and the derivatives of `α`, `β`, `ρ` and `ν` by their coordinates. A fixed
    /// `β` does not move.
    fn bounded(&self, point: &[f64; 4]) -> (Parameters, [f64; 4]) {
        let [level, beta, rho, nu] = intervals();
        let [l, b, r, n] = *point;
        let (ln_level, by_level) = level.at(l);
        let (beta, by_beta) = self.beta.map_or_else(|| beta.at(b), |beta| (beta, 0.0));
        let alpha = ln_level.exp() * self.forward.powf(1.0 - beta);
        let (rho, by_rho) = rho.at(r);
        let (ln_nu, by_nu) = nu.at(n);
        let nu = ln_nu.exp();
        (Parameters { alpha, beta, rho, nu }, [alpha * by_level, by_beta, by_rho, nu * by_nu])
    }

    /// Returns the point of some parameters.
    fn free(&self, parameters: &Parameters) -> [f64; 4] {
        let [level, beta, rho, nu] = intervals();
        let ln_level = (parameters.alpha * self.forward.powf(parameters.beta - 1.0)).ln();
        [level.free(ln_level), beta.free(parameters.beta), rho.free(parameters.rho), nu.free(parameters.nu.ln())]
    }
}

/// Returns the limits of the logarithm of `α` in units of `F^(1−β)`, of `β`, of `ρ` and of the logarithm of `ν`.
fn intervals() -> [Interval; 4] {
    [
        Interval::new(1e-4_f64.ln(), 20.0_f64.ln()),
        Interval::new(0.0, 1.0),
        Interval::new(-0.9999, 0.9999),
        Interval::new(1e-4_f64.ln(), 50.0_f64.ln()),
    ]
}

/// Returns the volatility with its derivatives by `α`, `ρ` and `ν`, in the first, third and fourth place.
fn volatility_and_slopes(
    formula: Formula,
    parameters: &Parameters,
    point: &Point,
) -> Result<(f64, [f64; 4]), PricingError> {
    let Parameters { alpha, beta, rho, nu } = *parameters;
    let expansion = Expansion::new(parameters, point)?;
    let Leading { level, z } = expansion.leading(formula);
    let (smile, by_z, by_rho) = smile(z, rho);
    let first = expansion.complement * expansion.complement;
    let volatility = expansion.finish(level * smile, first)?;
    let factor = volatility / (level * smile);
    let years = expansion.years;
    let local = expansion.local;
    let cross = 0.25 * rho * beta * nu * local;
    let slopes = [
        (volatility - level * by_z * z * factor + level * smile * years * (first * local * local / 12.0 + cross))
            / alpha,
        0.0,
        level * (by_rho * factor + 0.25 * smile * years * nu * (beta * local - rho * nu)),
        level * by_z * z / nu * factor
            + level * smile * years * (0.25 * rho * beta * local + (2.0 - 3.0 * rho * rho) / 12.0 * nu),
    ];
    Ok((volatility, slopes))
}

/// Returns `z/x(z)` and its derivatives by `z` and `ρ`.
fn smile(z: f64, rho: f64) -> (f64, f64, f64) {
    if z.abs() < 1e-4 {
        let curvature = (2.0 - 3.0 * rho * rho) / 6.0;
        return (1.0 - 0.5 * rho * z + 0.5 * curvature * z * z, -0.5 * rho + curvature * z, -0.5 * z * (1.0 + rho * z));
    }
    // The same with both signs turned, where no terms cancel.
    let turn = z.signum();
    let (size, rho) = (z.abs(), turn * rho);
    let square = size * (size - 2.0 * rho);
    let root = (1.0 + square).sqrt();
    let beyond = size + square / (root + 1.0);
    let x = (beyond / (1.0 - rho)).ln_1p();
    let smile = size / x;
    let x_by_rho = 1.0 / (1.0 - rho) - (1.0 + size / root) / (beyond + 1.0 - rho);
    (smile, turn * (1.0 - smile / root) / x, -turn * smile * x_by_rho / x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_the_formulas() {
        let base = Parameters { alpha: 1.3, beta: 0.6, rho: -0.35, nu: 0.8 };
        for formula in [Formula::Hagan, Formula::Obloj] {
            for strike in [60.0, 99.0, 100.0, 100.000_1, 150.0] {
                let point = Point { forward: 100.0, strike, years: 0.7 };
                let (value, slopes) = volatility_and_slopes(formula, &base, &point).unwrap();
                assert!((value / formula.volatility(&base, &point).unwrap() - 1.0).abs() < 1e-11);
                let difference = |moved: fn(&mut Parameters) -> &mut f64| {
                    let at = |step: f64| {
                        let mut parameters = base;
                        *moved(&mut parameters) += step;
                        formula.volatility(&parameters, &point).unwrap()
                    };
                    (8.0 * (at(1e-3) - at(-1e-3)) - (at(2e-3) - at(-2e-3))) / 12e-3
                };
                let expected =
                    [difference(|p| &mut p.alpha), 0.0, difference(|p| &mut p.rho), difference(|p| &mut p.nu)];
                for (slope, expected) in slopes.iter().zip(expected) {
                    assert!((slope - expected).abs() < 1e-9, "{formula:?} {strike}: {slopes:?}, not {expected}");
                }
            }
        }
    }
}
