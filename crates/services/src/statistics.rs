//! Statistics of returns, for backtest features and risk reports. All functions are pure.
//!
//! Returns are simple, per 1.00: −0.02 is a loss of two percent. Losses are positive: a value at risk of 0.02 is a loss
//! of two percent that is not exceeded with the given confidence, and a negative one is a gain. A result that the
//! numbers do not determine is `None`, never zero.
//!
//! ```
//! use strikebook_services::statistics::{Confidence, historical_risk, simple_returns, volatility};
//!
//! let returns: Vec<_> = simple_returns(&[100.0, 102.0, 101.0, 103.0]).into_iter().flatten().collect();
//! assert!((returns[0] - 0.02).abs() < 1e-12);
//! assert!(volatility(&returns, 252.0).is_some_and(|volatility| (0.2..0.3).contains(&volatility)));
//! let risk = historical_risk(&returns, Confidence::new(0.95)?).expect("there are returns");
//! assert!((risk.value_at_risk - 1.0 / 102.0).abs() < 1e-12, "the worst of three");
//! # Ok::<(), strikebook_core::Error>(())
//! ```

use statrs::distribution::{Continuous as _, ContinuousCDF as _, Normal};
use strikebook_core::{Error, Result};

/// The trading days of a year, which annualise volatilities.
pub const TRADING_DAYS: f64 = 252.0;

/// Returns the return of each price since the one before: price ∕ price before − 1. The list is one shorter than the
/// prices; an element is `None` where the price before is zero, or a number is not finite.
pub fn simple_returns(prices: &[f64]) -> Vec<Option<f64>> {
    prices.windows(2).map(|pair| simple_return(*pair.first()?, *pair.last()?)).collect()
}

/// Returns the return from one price to the next: next ∕ price − 1; `None` when the price is not above zero, as that of
/// a future may be, or a number is not finite.
pub fn simple_return(price: f64, next: f64) -> Option<f64> {
    Some(price).filter(|price| *price > 0.0).and_then(|price| finite(next / price - 1.0))
}

/// Returns a sum in eight lanes, which processors add at once and whose rounding errors are smaller than those of one
/// long chain. The same numbers in the same order give the same sum to the last bit.
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

/// Returns a value if it is finite: an input may be NaN, and large inputs may overflow together.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// Returns the arithmetic mean; `None` without numbers.
pub fn mean(numbers: &[f64]) -> Option<f64> {
    if numbers.is_empty() { None } else { finite(sum(numbers, |number| number) / numbers.len() as f64) }
}

/// Returns the standard deviation of a sample, with n − 1 in the denominator; `None` for fewer than two numbers. The
/// squares are summed around the mean, so that large prices do not cost digits.
pub fn standard_deviation(numbers: &[f64]) -> Option<f64> {
    mean(numbers).and_then(|mean| deviation_around(mean, numbers))
}

/// Returns the standard deviation of a sample with a known mean.
pub(crate) fn deviation_around(mean: f64, numbers: &[f64]) -> Option<f64> {
    let degrees = numbers.len().checked_sub(1).filter(|degrees| *degrees > 0)?;
    finite((sum(numbers, |number| (number - mean) * (number - mean)) / degrees as f64).sqrt())
}

/// Returns the volatility of returns, per 1.00 a year: their standard deviation times the square root of the periods in
/// a year, [`TRADING_DAYS`] for daily returns. `None` for periods below zero.
pub fn volatility(returns: &[f64], periods: f64) -> Option<f64> {
    standard_deviation(returns).and_then(|deviation| finite(deviation * periods.sqrt()))
}

/// A confidence: the probability with which a loss is not exceeded, or an interval holds the true value.
///
/// The quantiles of the normal distribution come with it, computed once: 2.326 for a one-sided confidence of 99 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confidence {
    /// The probability of the tail, in millionths: in whole numbers, so that no rounding moves an empirical quantile.
    tail_millionths: u32,
    quantile: f64,
    two_sided_z: f64,
    normal_shortfall: f64,
}

/// The steps of a confidence in 1.00.
const MILLION: u32 = 1_000_000;

impl Confidence {
    /// Creates a confidence from a probability per 1.00, rounded to a millionth: `Confidence::new(0.975)?`.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for a probability that does not lie between 0 and 1.
    pub fn new(probability: f64) -> Result<Self> {
        let millionths = (probability * f64::from(MILLION)).round();
        if !(millionths >= 1.0 && millionths < f64::from(MILLION)) {
            let error = Error::invalid_input("a confidence must lie between 0 and 1, both excluded, such as 0.95");
            return Err(error.with("field", "probability").with("value", probability));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 999,999")]
        let tail_millionths = MILLION - millionths as u32;
        let tail = f64::from(tail_millionths) / f64::from(MILLION);
        let normal = Normal::standard();
        // The upper quantiles as negated lower ones: a small tail has all its digits, the rest of 1.00 has not.
        let quantile = -normal.inverse_cdf(tail);
        Ok(Self {
            tail_millionths,
            quantile,
            two_sided_z: -normal.inverse_cdf(tail / 2.0),
            normal_shortfall: normal.pdf(quantile) / tail,
        })
    }

    /// Returns the probability of the tail, 1 less the confidence.
    pub fn tail(self) -> f64 {
        f64::from(self.tail_millionths) / f64::from(MILLION)
    }

    /// Returns the one-sided quantile of the standard normal distribution, such as 1.645 for 95 %.
    pub const fn quantile(self) -> f64 {
        self.quantile
    }

    /// Returns the two-sided quantile of the standard normal distribution, such as 1.960 for 95 %: the `z` of Wilson's
    /// bounds of a win rate in [`Conventions`](strikebook_core::trading::metrics::Conventions).
    pub const fn two_sided_z(self) -> f64 {
        self.two_sided_z
    }
}

/// The risk of loss over a period, per 1.00 of value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailRisk {
    /// The value at risk: the loss that is not exceeded with the given confidence.
    pub value_at_risk: f64,
    /// The conditional value at risk, or expected shortfall: the mean loss over the days of the tail. Never less than
    /// the value at risk.
    pub conditional: f64,
}

/// Returns the risk that past returns show; `None` without returns.
///
/// The value at risk is the empirical quantile without interpolation: of 250 returns at 95 % the thirteenth worst,
/// since 12.5 days are beyond it. The conditional value at risk is the mean over exactly these 12.5 days: twelve losses
/// and half of the thirteenth (Acerbi and Tasche, *On the coherence of expected shortfall*, 2002, definition 2.6).
pub fn historical_risk(returns: &[f64], confidence: Confidence) -> Option<TailRisk> {
    let mut worst_first = returns.to_vec();
    worst_first.sort_unstable_by(f64::total_cmp);
    sorted_risk(&worst_first, confidence)
}

/// Returns the [historical risk](historical_risk) of sorted returns, the worst first.
pub fn sorted_risk(worst_first: &[f64], confidence: Confidence) -> Option<TailRisk> {
    let unit = u64::from(MILLION);
    let beyond = (worst_first.len() as u64).checked_mul(confidence.tail_millionths.into())?;
    let (whole, part) = (usize::try_from(beyond / unit).ok()?, (beyond % unit) as f64 / unit as f64);
    let value_at_risk = -*worst_first.get(whole)?;
    let lost = -worst_first.get(..whole)?.iter().sum::<f64>() + part * value_at_risk;
    // Rounding must not put the mean below the smallest of the losses.
    let conditional = (lost * unit as f64 / beyond as f64).max(value_at_risk);
    finite(value_at_risk).zip(finite(conditional))?;
    Some(TailRisk { value_at_risk, conditional })
}

/// Returns the risk of normally distributed returns with a mean μ and a standard deviation σ. The value at risk is
/// σ·z − μ and the conditional one σ·φ(z) ∕ (1 − c) − μ, with the quantile z of the confidence c and the normal density
/// φ: examples 2.14 and 2.18 of Embrechts, Frey and `McNeil`, *Quantitative Risk Management*, 2005.
pub fn normal_risk(mean: f64, standard_deviation: f64, confidence: Confidence) -> TailRisk {
    TailRisk {
        value_at_risk: standard_deviation * confidence.quantile - mean,
        conditional: standard_deviation * confidence.normal_shortfall - mean,
    }
}

/// Returns the [normal risk](normal_risk) of returns with their own mean and standard deviation; `None` for fewer than
/// two.
pub fn parametric_risk(returns: &[f64], confidence: Confidence) -> Option<TailRisk> {
    let risk = normal_risk(mean(returns)?, standard_deviation(returns)?, confidence);
    finite(risk.value_at_risk).zip(finite(risk.conditional)).map(|_| risk)
}
