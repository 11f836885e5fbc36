//! Measures: a value with its sample and convention, or the reason why it is undefined.

use std::borrow::Cow;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The reason why a metric is undefined.
    Undefined, "reason" {
        /// The sample has no trade.
        NoTrades = "no_trades",
        /// No trade lost, so that the divisor is zero.
        NoLosses = "no_losses",
        /// A standard deviation needs at least two observations.
        TooFew = "too_few",
        /// All observations are the same, or none is below the least acceptable return.
        NoDeviation = "no_deviation",
        /// No trade has an initial risk above zero.
        NoRisk = "no_risk",
        /// No trade has excursions that differ from each other.
        NoExcursion = "no_excursion",
        /// No trade has collateral.
        NoCollateral = "no_collateral",
        /// The basis of the costs is zero.
        NoTurnover = "no_turnover",
        /// The account's equity is not above zero at a peak.
        NoEquity = "no_equity",
        /// A number exceeds the range of its type.
        OutOfRange = "out_of_range",
    }
}

/// A measured value of a sample of trades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure<T = f64> {
    /// The value, or the reason why it is undefined.
    pub value: Result<T, Undefined>,
    /// The number of trades or observations in the measure.
    pub trades: u64,
    /// The number of trades left out because they lack the required fields.
    pub excluded: u64,
    /// The convention of the computation, where several are in use.
    pub convention: Cow<'static, str>,
}

impl<T> Measure<T> {
    pub(super) fn of(
        trades: usize,
        convention: impl Into<Cow<'static, str>>,
        value: impl FnOnce() -> Result<T, Undefined>,
    ) -> Self {
        let value = if trades == 0 { Err(Undefined::NoTrades) } else { value() };
        Self { value, trades: trades as u64, excluded: 0, convention: convention.into() }
    }

    /// Sets the number of excluded trades from the size of the whole sample; with no trade left, the value is
    /// `reason`.
    pub(super) fn out_of(mut self, sample: usize, reason: Undefined) -> Self {
        self.excluded = (sample as u64).saturating_sub(self.trades);
        if self.trades == 0 && sample > 0 {
            self.value = Err(reason);
        }
        self
    }

    /// Returns the value; `None` if it is undefined.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }

    /// Converts the value, and keeps sample and convention.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Measure<U> {
        let Self { value, trades, excluded, convention } = self;
        Measure { value: value.map(change), trades, excluded, convention }
    }
}

/// Returns the exact sum of amounts.
pub(super) fn total(amounts: impl IntoIterator<Item = Decimal>) -> Result<Decimal, Undefined> {
    amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add).ok_or(Undefined::OutOfRange)
}

/// Returns the ratio of two amounts.
pub(super) fn ratio(part: Decimal, whole: Decimal) -> Result<f64, Undefined> {
    let ratio = part.checked_div(whole).and_then(|ratio| ratio.to_f64());
    finite(ratio.ok_or(Undefined::OutOfRange)?)
}

/// Returns the value if it is finite.
pub(super) fn finite(value: f64) -> Result<f64, Undefined> {
    Some(value).filter(|value| value.is_finite()).ok_or(Undefined::OutOfRange)
}

/// Returns the mean; 0 for no values.
pub(super) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// Returns the standard deviation of a sample, with n − 1 in the denominator.
pub(super) fn deviation(values: &[f64]) -> Result<f64, Undefined> {
    if values.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = finite((squares / (values.len() - 1) as f64).sqrt())?;
    // Equal values whose mean was rounded deviate by the rounding error only.
    let noise = values.iter().fold(0.0_f64, |most, value| most.max(value.abs())) * 1e-14;
    Some(deviation).filter(|deviation| *deviation > noise).ok_or(Undefined::NoDeviation)
}
