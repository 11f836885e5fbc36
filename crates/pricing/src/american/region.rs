//! The region of early exercise.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{Preset, contract::Contract, exercise::Solution};
use crate::error::PricingError;

/// The spots at which an American option is to be exercised, at every time up to its expiry.
#[derive(Debug)]
pub struct ExerciseBoundary {
    solution: Solution,
    option: OptionInputs,
}

/// The spots at which an option is to be exercised, in the currency of the spot; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExerciseRegion {
    /// The lowest spot; `None` if the region reaches down to zero.
    pub lowest: Option<f64>,
    /// The highest spot; `None` if the region has no upper end.
    pub highest: Option<f64>,
}

impl ExerciseBoundary {
    /// Computes the boundary of an option at a `volatility` per year (0.20 for 20 %). The option's spot must be
    /// valid and is not used.
    ///
    /// # Errors
    /// The errors of [`price`](super::price).
    pub fn new(option: &OptionInputs, volatility: f64, preset: Preset) -> Result<Self, PricingError> {
        PricingError::check_positive("volatility", volatility)?;
        let contract = Contract::new(option, volatility)?;
        Ok(Self { solution: Solution::new(contract.put(), preset.ladder())?, option: *option })
    }

    /// Returns the spots at which to exercise with `years` left to expiry; `None` if there are none, or if the time is
    /// negative or beyond the option's.
    ///
    /// At the last moment before expiry, at zero years, this is the limit: below the strike for a put whose rate
    /// exceeds the yield, below `K·r/q` for one whose yield exceeds the rate.
    pub fn at(&self, years: f64) -> Option<ExerciseRegion> {
        if !(0.0..=self.option.years).contains(&years) {
            return None;
        }
        let (low, high) = self.solution.exercised(years)?;
        let strike = self.option.strike;
        let end = |logarithm: f64| logarithm.is_finite().then(|| strike * logarithm.exp());
        let region = match self.option.option_type {
            OptionType::Put => ExerciseRegion { lowest: end(low), highest: end(high) },
            OptionType::Call => ExerciseRegion { lowest: end(-high), highest: end(-low) },
        };
        // An end beyond the range of a float is above all spots.
        let ExerciseRegion { lowest, highest } = region;
        lowest
            .is_none_or(f64::is_finite)
            .then(|| ExerciseRegion { lowest, highest: highest.filter(|end| end.is_finite()) })
    }
}
