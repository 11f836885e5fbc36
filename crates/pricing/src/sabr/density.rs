//! The strikes between which a smile is free of arbitrage: the implied density of the forward is positive there.

use super::{Formula, Parameters, Point};
use crate::error::PricingError;

/// The strikes around the forward between which a smile's density is positive.
///
/// Beyond them a butterfly of options at the smile's volatilities has a negative price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DensityRange {
    /// The highest strike below the forward at which the density turns negative; `None` if it does not down to the
    /// lowest strike that was examined.
    pub negative_below: Option<f64>,
    /// The lowest strike above the forward at which the density turns negative; `None` if it does not up to the highest
    /// one.
    pub negative_above: Option<f64>,
}

impl DensityRange {
    /// Returns true if the density is positive at all strikes that were examined.
    pub fn is_free_of_arbitrage(&self) -> bool {
        self.negative_below.is_none() && self.negative_above.is_none()
    }
}

/// Finds where the density of the forward that the smile implies turns negative, from the forward to the `lowest` and
/// to the `highest` strike.
///
/// Each side is examined at 256 strikes with equal ratios, and the change of sign is then found to 1e-9 of the strike.
/// The sign is that of `g(y) = (1 − y·w'/2w)² − w'²/4·(1/w + ¼) + w''/2` of the total variance `w` in `y = ln(K/F)`
/// (Gatheral and Jacquier, 2014, "Arbitrage-free SVI volatility surfaces", equation 2.1), with derivatives by
/// differences of fourth order. Where the expansion has no positive volatility the density counts as negative.
///
/// # Errors
/// [`PricingError::InvalidInput`] for parameters that are out of their ranges, for a forward or years that are not
/// positive, and if the strikes are not on both sides of the forward.
pub fn density_range(
    parameters: &Parameters,
    formula: Formula,
    forward: f64,
    years: f64,
    lowest: f64,
    highest: f64,
) -> Result<DensityRange, PricingError> {
    PricingError::check_positive("years", years)?;
    PricingError::check_positive("lowest", lowest)?;
    PricingError::check_positive("highest", highest)?;
    if let Err(error @ PricingError::InvalidInput { .. }) =
        formula.volatility(parameters, &Point { forward, strike: forward, years })
    {
        return Err(error);
    }
    if lowest > forward {
        return Err(PricingError::InvalidInput { field: "lowest", value: lowest, expected: "at most the forward" });
    }
    if highest < forward {
        return Err(PricingError::InvalidInput { field: "highest", value: highest, expected: "at least the forward" });
    }
    let smile = Smile { parameters, formula, forward, years };
    Ok(DensityRange {
        negative_below: smile.turn(lowest).map(|y| forward * y.exp()),
        negative_above: smile.turn(highest).map(|y| forward * y.exp()),
    })
}

struct Smile<'a> {
    parameters: &'a Parameters,
    formula: Formula,
    forward: f64,
    years: f64,
}

impl Smile<'_> {
    /// Returns the logarithm of strike over forward at which the density turns negative on the way to a strike.
    fn turn(&self, strike: f64) -> Option<f64> {
        const STRIKES: u32 = 256;
        const RESOLUTION: f64 = 1e-9;
        let end = (strike / self.forward).ln();
        let at = |index: u32| end * f64::from(index) / f64::from(STRIKES);
        let first = (0..=STRIKES).find(|index| !self.is_positive(at(*index)))?;
        if first == 0 {
            return Some(0.0);
        }
        let (mut inside, mut outside) = (at(first - 1), at(first));
        while (outside - inside).abs() > RESOLUTION {
            let middle = 0.5 * (inside + outside);
            if self.is_positive(middle) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        Some(outside)
    }

    /// Returns true if the density is positive at a logarithm of strike over forward.
    fn is_positive(&self, y: f64) -> bool {
        self.sign_of_density(y).is_some_and(|sign| sign > 0.0)
    }

    /// Returns `g(y)`; `None` if there is no volatility.
    fn sign_of_density(&self, y: f64) -> Option<f64> {
        const STEP: f64 = 1e-3;
        let [far_below, below, here, above, far_above] =
            [-2.0, -1.0, 0.0, 1.0, 2.0].map(|steps| self.variance(y + steps * STEP));
        let (far_below, below, w, above, far_above) = (far_below?, below?, here?, above?, far_above?);
        let slope = (8.0 * (above - below) - (far_above - far_below)) / (12.0 * STEP);
        let curvature = (16.0 * (above + below) - (far_above + far_below) - 30.0 * w) / (12.0 * STEP * STEP);
        let drift = 1.0 - 0.5 * y * slope / w;
        Some(drift * drift - 0.25 * slope * slope * (1.0 / w + 0.25) + 0.5 * curvature)
    }

    /// Returns the total variance, if a volatility exists.
    fn variance(&self, y: f64) -> Option<f64> {
        let point = Point { forward: self.forward, strike: self.forward * y.exp(), years: self.years };
        let volatility = self.formula.volatility(self.parameters, &point).ok()?;
        Some(volatility * volatility * self.years)
    }
}
