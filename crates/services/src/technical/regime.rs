//! The regime of a market: volatile, trending or ranging.

use std::fmt;

use strikebook_core::{Error, Name, Result, market::Bar};

use super::{
    Directional,
    average::{mean, windows},
    average_true_range, check_period, directional,
};

/// A regime of the market. Its text is the `regime` of trades and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Regime {
    /// Ranges are far wider than usual.
    Volatile,
    /// The market trends upwards.
    BullTrend,
    /// The market trends downwards.
    BearTrend,
    /// The market does not trend.
    Range,
}

impl Regime {
    /// Returns the regime in lower snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volatile => "volatile",
            Self::BullTrend => "bull_trend",
            Self::BearTrend => "bear_trend",
            Self::Range => "range",
        }
    }

    /// Returns the regime as a name.
    ///
    /// # Errors
    /// None in practice: every text is a valid name.
    pub fn name(self) -> Result<Name> {
        Name::new(self.as_str())
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The thresholds of the regimes. At each bar, the first that holds:
///
/// 1. [`Volatile`](Regime::Volatile): the average true range over the close is at least `volatile_at` times the mean of
///    that quotient over the last `usual` bars, this one included;
/// 2. [`BullTrend`](Regime::BullTrend): the ADX is at least `trend_at`, and +DI above −DI;
/// 3. [`BearTrend`](Regime::BearTrend): the ADX is at least `trend_at`;
/// 4. [`Range`](Regime::Range).
///
/// The regime is undefined until both the ADX and that mean are defined, and where a close is zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegimeRule {
    /// The period of the average true range and of directional movement.
    pub period: usize,
    /// The least ADX of a trend.
    pub trend_at: f64,
    /// The least multiple of the usual range that is volatile.
    pub volatile_at: f64,
    /// The number of bars whose mean range is the usual one.
    pub usual: usize,
}

impl Default for RegimeRule {
    /// Returns Wilder's period of 14 and his trend at an ADX of 25; volatile at 1.5 times the mean range of 100 bars.
    fn default() -> Self {
        Self { period: 14, trend_at: 25.0, volatile_at: 1.5, usual: 100 }
    }
}

/// Returns the regime at each bar.
///
/// # Errors
/// As [`directional`], and when a number of the rule is not finite or negative, or `usual` is zero.
pub fn regime(bars: &[Bar], rule: &RegimeRule) -> Result<Vec<Option<Regime>>> {
    check_period(rule.usual)?;
    for (field, value) in [("trend_at", rule.trend_at), ("volatile_at", rule.volatile_at)] {
        if !(0.0..1e12).contains(&value) {
            let error = Error::invalid_input(format!("{field} must be finite, not negative and below 1e12"));
            return Err(error.with("field", field).with("value", value));
        }
    }
    let movement = directional(bars, rule.period)?;
    let ranges = average_true_range(bars, rule.period)?;
    let of_close =
        |(range, bar): (&Option<f64>, &Bar)| range.filter(|_| bar.close > 0.0).map(|range| range / bar.close);
    let relative: Vec<_> = ranges.iter().zip(bars).map(of_close).collect();
    let usual = windows(&relative, rule.usual).map(|window| {
        let known: Option<Vec<f64>> = window?.iter().copied().collect();
        known.map(|known| mean(&known))
    });
    let regime = |((movement, relative), usual): ((Option<Directional>, Option<f64>), Option<f64>)| {
        let (movement, relative, usual) = (movement?, relative?, usual?);
        let adx = movement.adx?;
        Some(if usual > 0.0 && relative >= rule.volatile_at * usual {
            Regime::Volatile
        } else if adx < rule.trend_at {
            Regime::Range
        } else if movement.plus > movement.minus {
            Regime::BullTrend
        } else {
            Regime::BearTrend
        })
    };
    Ok(movement.into_iter().zip(relative.iter().copied()).zip(usual).map(regime).collect())
}
