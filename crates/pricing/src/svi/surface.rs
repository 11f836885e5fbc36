//! A surface of total variance through slices.

use strikebook_core::market::OptionType;

use super::{Breach, LARGEST_LOG_MONEYNESS, Slice, density_factor};
use crate::{
    black76::{self, ForwardInputs},
    error::PricingError,
    fit::FitError,
};

/// A slice with its time to expiration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DatedSlice {
    /// The years to the expiration, above zero.
    pub years: f64,
    /// The slice of total variance at that time.
    pub slice: Slice,
}

/// Total variance by log-moneyness `k = ln(K/F)` and time.
///
/// - **Between** two slices the prices of options of one log-moneyness, over their forwards, are averaged so that the
///   total variance at the money is linear in time. Where neither slice has a butterfly and the two no calendar
///   arbitrage, nothing in between has any (Gatheral and Jacquier 2014, Lemma 5.1). Where prices are below 1e-290 the
///   total variance itself is averaged.
/// - **Before** the first slice the same average is taken of that slice and the payoff, the slice of no time. The
///   average has no arbitrage, and its wings are steeper the less time is left.
/// - **After** the last slice total variance moves up in parallel, by the slope at the money between the last two
///   slices, or by the level over the time of a single slice. Calendar spreads stay free of arbitrage;
///   [`butterfly`](Self::butterfly) says if butterflies do.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    maturities: Vec<DatedSlice>,
}

impl Surface {
    /// Creates a surface through slices in any order. Slices with arbitrage are accepted;
    /// [`butterflies`](Self::butterflies) and [`calendars`](Self::calendars) find it.
    ///
    /// # Errors
    /// [`FitError::TooFew`] without a slice, [`FitError::InvalidParameter`] for years that are not above zero or occur
    /// twice.
    pub fn new(mut maturities: Vec<DatedSlice>) -> Result<Self, FitError> {
        if maturities.is_empty() {
            return Err(FitError::TooFew { have: 0, need: 1 });
        }
        maturities.iter().try_for_each(|maturity| FitError::check_positive("years", maturity.years))?;
        maturities.sort_by(|a, b| a.years.total_cmp(&b.years));
        let repeated = maturities.windows(2).find(|pair| matches!(pair, [a, b] if a.years >= b.years));
        match repeated.and_then(|pair| pair.first()) {
            None => Ok(Self { maturities }),
            Some(DatedSlice { years, .. }) => {
                Err(FitError::InvalidParameter { field: "years", value: *years, expected: "different for each slice" })
            }
        }
    }

    /// Returns the slices in the order of time.
    pub fn maturities(&self) -> &[DatedSlice] {
        &self.maturities
    }

    /// Returns the slices with a butterfly arbitrage, by their years.
    pub fn butterflies(&self) -> Vec<(f64, Vec<Breach>)> {
        let found = self.maturities.iter().map(|maturity| (maturity.years, maturity.slice.butterfly()));
        found.filter(|(_, breaches)| !breaches.is_empty()).collect()
    }

    /// Returns the slices that are somewhere below the one before them, by their years.
    pub fn calendars(&self) -> Vec<(f64, Vec<Breach>)> {
        let found = self.maturities.windows(2).filter_map(|pair| match pair {
            [before, after] => Some((after.years, before.slice.calendar(&after.slice))),
            _ => None,
        });
        found.filter(|(_, breaches)| !breaches.is_empty()).collect()
    }

    /// Returns total variance at a log-moneyness and a time.
    ///
    /// # Errors
    /// [`PricingError::InvalidInput`] for a log-moneyness beyond ±700, or years that are not above zero;
    /// [`PricingError::NotRepresentable`] if the variance is too large for a float; and the errors of
    /// [`black76::implied_volatility`] where slices are so high that their prices are equal.
    pub fn total_variance(&self, log_moneyness: f64, years: f64) -> Result<f64, PricingError> {
        if !(-LARGEST_LOG_MONEYNESS..=LARGEST_LOG_MONEYNESS).contains(&log_moneyness) {
            let (field, expected) = ("log_moneyness", "between −700 and 700");
            return Err(PricingError::InvalidInput { field, value: log_moneyness, expected });
        }
        PricingError::check_positive("years", years)?;
        let next = self.maturities.partition_point(|maturity| maturity.years < years);
        let before = next.checked_sub(1).and_then(|index| self.maturities.get(index));
        match (before, self.maturities.get(next)) {
            (before, Some(after)) => between(before, after, log_moneyness, years),
            (Some(last), None) => {
                finite(last.slice.total_variance(log_moneyness) + self.slope() * (years - last.years))
            }
            (None, None) => Err(PricingError::NotRepresentable { quantity: "the total variance of the surface" }),
        }
    }

    /// Returns Black's implied volatility per year at a log-moneyness and a time.
    ///
    /// # Errors
    /// The errors of [`total_variance`](Self::total_variance).
    pub fn volatility(&self, log_moneyness: f64, years: f64) -> Result<f64, PricingError> {
        finite((self.total_variance(log_moneyness, years)? / years).sqrt())
    }

    /// Returns [`g`](Slice::density_factor) at any time, by differences of the total variance: negative where a
    /// butterfly spread has a negative price.
    ///
    /// # Errors
    /// The errors of [`total_variance`](Self::total_variance).
    pub fn butterfly(&self, log_moneyness: f64, years: f64) -> Result<f64, PricingError> {
        const STEP: f64 = 1e-4;
        let at = |k: f64| self.total_variance(k, years);
        let (left, middle, right) = (at(log_moneyness - STEP)?, at(log_moneyness)?, at(log_moneyness + STEP)?);
        let (slope, curvature) = ((right - left) / (2.0 * STEP), (right - 2.0 * middle + left) / (STEP * STEP));
        finite(density_factor(log_moneyness, [middle, slope, curvature]))
    }

    /// Returns the growth of total variance at the money in a year after the last slice, zero or more.
    fn slope(&self) -> f64 {
        let level = |maturity: &DatedSlice| maturity.slice.total_variance(0.0);
        match self.maturities.as_slice() {
            [.., before, last] => ((level(last) - level(before)) / (last.years - before.years)).max(0.0),
            [last] => level(last) / last.years,
            [] => 0.0,
        }
    }
}

/// Refuses NaN and infinity.
fn finite(value: f64) -> Result<f64, PricingError> {
    if value.is_finite() {
        Ok(value)
    } else {
        Err(PricingError::NotRepresentable { quantity: "the total variance of the surface" })
    }
}

/// Returns the total variance between two slices, or between no time and a slice.
fn between(before: Option<&DatedSlice>, after: &DatedSlice, k: f64, years: f64) -> Result<f64, PricingError> {
    let variance =
        |k: f64| (before.map_or(0.0, |before| before.slice.total_variance(k)), after.slice.total_variance(k));
    let start = before.map_or(0.0, |before| before.years);
    let part = (years - start) / (after.years - start);
    let linear = |(low, high): (f64, f64)| low + part * (high - low);
    let at_the_money = variance(0.0);
    let (low, high) = (price(0.0, at_the_money.0)?, price(0.0, at_the_money.1)?);
    let wanted = price(0.0, linear(at_the_money))?;
    let weight = (wanted - low) / (high - low);
    let weight = if weight.is_finite() { weight.clamp(0.0, 1.0) } else { part };
    let here = variance(k);
    let mixed = (1.0 - weight) * price(k, here.0)? + weight * price(k, here.1)?;
    if mixed < 1e-290 {
        return finite(linear(here));
    }
    let volatility = black76::implied_volatility(&option(k), mixed)?;
    finite(volatility * volatility)
}

/// Returns an option out of the money on a forward of 1 with one year to expiry.
fn option(k: f64) -> ForwardInputs {
    let option_type = if k >= 0.0 { OptionType::Call } else { OptionType::Put };
    ForwardInputs { option_type, forward: 1.0, strike: k.exp(), years: 1.0, rate: 0.0 }
}

fn price(k: f64, total_variance: f64) -> Result<f64, PricingError> {
    black76::price(&option(k), total_variance.sqrt())
}
