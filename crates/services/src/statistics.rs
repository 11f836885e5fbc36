//! Statistics of returns: what a backtest's features and a risk report are made of. Pure functions of slices.
//!
//! Returns are simple, per 1.00: −0.02 is a loss of two percent. Losses are positive: a value at risk of 0.02 is a loss
//! of two percent that is not exceeded with some probability, and a negative one is a gain. What cannot be computed
//! from the numbers given is `None`, never zero.
//!
//! ```
//! use strikebook_services::statistics::{Level, historical_risk, simple_returns, volatility};
//!
//! let returns: Vec<_> = simple_returns(&[100.0, 102.0, 101.0, 103.0]).into_iter().flatten().collect();
//! assert!((returns[0] - 0.02).abs() < 1e-12);
//! assert!(volatility(&returns, 252.0).is_some_and(|volatility| (0.2..0.3).contains(&volatility)));
//! let risk = historical_risk(&returns, Level::P95).expect("there are returns");
//! assert!((risk.value_at_risk - 1.0 / 102.0).abs() < 1e-12, "the worst of three");
//! ```

use std::f64::consts::PI;

/// Trading days in a year, by which volatilities are annualised.
pub const TRADING_DAYS: f64 = 252.0;

/// The return of each price since the one before it: price ∕ price before − 1. One fewer than prices; `None` where the
/// price before is zero, or a number is not finite.
pub fn simple_returns(prices: &[f64]) -> Vec<Option<f64>> {
    prices.windows(2).map(|pair| simple_return(*pair.first()?, *pair.last()?)).collect()
}

/// The return from one price to the next: next ∕ price − 1; `None` when the price is zero or a number is not finite.
pub fn simple_return(price: f64, next: f64) -> Option<f64> {
    finite(next / price - 1.0)
}

/// A sum in eight lanes, which processors add at once and whose rounding errors are smaller than those of one long
/// chain. The same numbers in the same order give the same sum to the last bit.
fn sum(numbers: &[f64], term: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for chunk in chunks {
        for (lane, number) in lanes.iter_mut().zip(chunk) {
            *lane += term(*number);
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|number| term(*number)).sum::<f64>()
}

/// A result, if it is a number: one of the inputs may be none, and large ones may leave the range of a float together.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The arithmetic mean; `None` without numbers.
pub fn mean(numbers: &[f64]) -> Option<f64> {
    if numbers.is_empty() { None } else { finite(sum(numbers, |number| number) / numbers.len() as f64) }
}

/// The standard deviation of a sample, with n − 1 in the denominator; `None` for fewer than two numbers. It is computed
/// around the mean, so that prices' scale does not take its digits away.
pub fn standard_deviation(numbers: &[f64]) -> Option<f64> {
    mean(numbers).and_then(|mean| deviation_around(mean, numbers))
}

/// The standard deviation of a sample whose mean is known.
pub(crate) fn deviation_around(mean: f64, numbers: &[f64]) -> Option<f64> {
    let degrees = numbers.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
    finite((sum(numbers, |number| (number - mean) * (number - mean)) / degrees as f64).sqrt())
}

/// The volatility of returns, per 1.00 a year: their standard deviation times the square root of the periods in a year,
/// [`TRADING_DAYS`] for daily returns. `None` for periods below zero.
pub fn volatility(returns: &[f64], periods: f64) -> Option<f64> {
    standard_deviation(returns).and_then(|deviation| finite(deviation * periods.sqrt()))
}

/// With which probability a loss is not exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// On 95 of 100 days.
    P95,
    /// On 99 of 100 days.
    P99,
}

impl Level {
    /// How many of a hundred days are beyond it.
    const fn percent_beyond(self) -> usize {
        match self {
            Self::P95 => 5,
            Self::P99 => 1,
        }
    }

    /// The probability that the loss is exceeded.
    pub fn tail(self) -> f64 {
        self.percent_beyond() as f64 / 100.0
    }

    /// The quantile of the standard normal distribution.
    pub const fn quantile(self) -> f64 {
        match self {
            Self::P95 => 1.644_853_626_951_472_7,
            Self::P99 => 2.326_347_874_040_841,
        }
    }
}

/// How much may be lost over a period, per 1.00 of value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailRisk {
    /// The value at risk: the loss that is not exceeded with the level's probability.
    pub value_at_risk: f64,
    /// The conditional value at risk, or expected shortfall: the mean loss of the worst days, as many as the level
    /// leaves. Never less than the value at risk.
    pub conditional: f64,
}

/// The risk that past returns show; `None` without returns.
///
/// The value at risk is the empirical quantile without interpolation: of 250 returns at 95 % the thirteenth worst,
/// since 12.5 days are beyond it. The conditional value at risk is the mean over exactly these 12.5 days: twelve losses
/// and half of the thirteenth (Acerbi and Tasche, *On the coherence of expected shortfall*, 2002, definition 2.6).
pub fn historical_risk(returns: &[f64], level: Level) -> Option<TailRisk> {
    let mut worst_first = returns.to_vec();
    worst_first.sort_unstable_by(f64::total_cmp);
    sorted_risk(&worst_first, level)
}

/// The same of returns that are sorted already, the worst first.
pub fn sorted_risk(worst_first: &[f64], level: Level) -> Option<TailRisk> {
    // In hundredths of a day, so that no rounding moves the quantile.
    let beyond = worst_first.len() * level.percent_beyond();
    let (whole, part) = (beyond / 100, (beyond % 100) as f64 / 100.0);
    let value_at_risk = -*worst_first.get(whole)?;
    let lost = -worst_first.get(..whole)?.iter().sum::<f64>() + part * value_at_risk;
    // Rounding must not put the mean below the smallest of what it is the mean of.
    let conditional = (lost * 100.0 / beyond as f64).max(value_at_risk);
    finite(value_at_risk).zip(finite(conditional))?;
    Some(TailRisk { value_at_risk, conditional })
}

/// The risk of normally distributed returns with this mean μ and standard deviation σ. The value at risk is σ·z − μ and
/// the conditional one σ·φ(z) ∕ (1 − level) − μ, where z is the level's quantile and φ the normal density: examples
/// 2.14 and 2.18 of Embrechts, Frey and `McNeil`, *Quantitative Risk Management*, 2005.
pub fn normal_risk(mean: f64, standard_deviation: f64, level: Level) -> TailRisk {
    let quantile = level.quantile();
    let density = (-quantile * quantile / 2.0).exp() / (2.0 * PI).sqrt();
    TailRisk {
        value_at_risk: standard_deviation * quantile - mean,
        conditional: standard_deviation * density / level.tail() - mean,
    }
}

/// The [normal risk](normal_risk) of returns with their own mean and standard deviation; `None` for fewer than two.
pub fn parametric_risk(returns: &[f64], level: Level) -> Option<TailRisk> {
    let risk = normal_risk(mean(returns)?, standard_deviation(returns)?, level);
    finite(risk.value_at_risk).zip(finite(risk.conditional)).map(|_| risk)
}
