//! A value with its sample and convention, or the reason why there is none.

use std::borrow::Cow;

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Why a metric has no value.
    Undefined, "reason" {
        /// No trade is in the sample.
        NoTrades = "no_trades",
        /// No trade lost, so there is nothing to divide by.
        NoLosses = "no_losses",
        /// There are too few observations for a deviation: fewer than two.
        TooFew = "too_few",
        /// All observations are the same, or none is below the least acceptable return.
        NoDeviation = "no_deviation",
        /// No trade has an initial risk.
        NoRisk = "no_risk",
        /// No trade has excursions that tell its exit from them.
        NoExcursion = "no_excursion",
        /// No trade has collateral.
        NoCollateral = "no_collateral",
        /// What costs are to be measured by is zero.
        NoTurnover = "no_turnover",
        /// The account's equity is not above zero at a peak.
        NoEquity = "no_equity",
        /// A number became too large or too small to be told.
        OutOfRange = "out_of_range",
    }
}

/// What was measured of a sample of trades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure<T = f64> {
    /// The value, or why there is none.
    pub value: Result<T, Undefined>,
    /// How many trades, or observations, it is made of.
    pub trades: u64,
    /// How many were left out because they lack what it is made of.
    pub excluded: u64,
    /// How it was computed, where people do it differently.
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

    /// Says how many trades of the whole sample are missing from this measure; with none left, `reason` is why.
    pub(super) fn out_of(mut self, sample: usize, reason: Undefined) -> Self {
        self.excluded = (sample as u64).saturating_sub(self.trades);
        if self.trades == 0 && sample > 0 {
            self.value = Err(reason);
        }
        self
    }

    /// The value, if there is one.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }

    /// The same sample and convention with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Measure<U> {
        let Self { value, trades, excluded, convention } = self;
        Measure { value: value.map(change), trades, excluded, convention }
    }
}

/// A sum of money, exact.
pub(super) fn total(amounts: impl IntoIterator<Item = Decimal>) -> Result<Decimal, Undefined> {
    amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add).ok_or(Undefined::OutOfRange)
}

/// One amount in another.
pub(super) fn ratio(part: Decimal, whole: Decimal) -> Result<f64, Undefined> {
    let ratio = part.checked_div(whole).and_then(|ratio| ratio.to_f64());
    finite(ratio.ok_or(Undefined::OutOfRange)?)
}

/// A number that can be told.
pub(super) fn finite(value: f64) -> Result<f64, Undefined> {
    Some(value).filter(|value| value.is_finite()).ok_or(Undefined::OutOfRange)
}

/// The mean; zero of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// The deviation of a sample, with n − 1 in the denominator.
pub(super) fn deviation(values: &[f64]) -> Result<f64, Undefined> {
    if values.len() < 2 {
        return Err(Undefined::TooFew);
    }
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = finite((squares / (values.len() - 1) as f64).sqrt())?;
    // Equal values whose mean was rounded deviate by that rounding and nothing else.
    let noise = values.iter().fold(0.0_f64, |most, value| most.max(value.abs())) * 1e-14;
    Some(deviation).filter(|deviation| *deviation > noise).ok_or(Undefined::NoDeviation)
}
