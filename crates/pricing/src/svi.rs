//! SVI: total variance of one expiration by log-moneyness, and a surface out of such slices.
//!
//! Raw SVI is `w(k) = a + b·(ρ·(k − m) + √((k − m)² + σ²))` (Gatheral 2004), with the total variance `w = σ_BS²·T` and
//! the log-moneyness `k = ln(K/F)`. The conditions for a slice or a surface without arbitrage are those of Gatheral and
//! Jacquier (2014), "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14.
//!
//! ```
//! use strikebook_pricing::{VolatilityQuote, svi::fit_above};
//!
//! // A smile of a quarter of a year: 30 % at the money, 38 % at a strike a fifth below it.
//! let smile =
//!     [(82.0, 0.38), (90.0, 0.335), (95.0, 0.316), (100.0, 0.30), (105.0, 0.289), (111.0, 0.283), (122.0, 0.284)];
//! let quotes = smile.map(|(strike, volatility)| VolatilityQuote::of_mid(100.0, strike, 0.25, volatility));
//! let fit = fit_above(&quotes, None)?;
//! assert!(fit.quality.rmse < 1e-3);
//! assert!(fit.slice.butterfly().iter().all(|breach| breach.worst >= -1e-6));
//! # Ok::<(), strikebook_pricing::FitError>(())
//! ```

mod breach;
mod fitting;
mod smile;
mod sound;
mod start;
mod surface;

use strikebook_core::analytics::SviParameters;

use crate::fit::FitError;

pub use self::{
    breach::Breach,
    fitting::{FittedSlice, fit},
    smile::{Smile, smiles},
    sound::fit_above,
    surface::{DatedSlice, Surface},
};

/// The largest log-moneyness: `e^±700` are about the ends of the range of a float.
const LARGEST_LOG_MONEYNESS: f64 = 700.0;

/// Raw SVI parameters of one expiration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Raw {
    /// The level `a` of total variance.
    pub a: f64,
    /// Half the sum of the wings' slopes, `b`, not negative.
    pub b: f64,
    /// The asymmetry of the wings, `ρ`, strictly between −1 and 1.
    pub rho: f64,
    /// The log-moneyness `m` around which the slice turns.
    pub m: f64,
    /// The smoothness of the turn, `σ`, above zero.
    pub sigma: f64,
}

impl From<&SviParameters> for Raw {
    fn from(parameters: &SviParameters) -> Self {
        let SviParameters { a, b, rho, m, sigma, .. } = *parameters;
        Self { a, b, rho, m, sigma }
    }
}

/// A slice of total variance that is above zero everywhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slice(Raw);

impl Slice {
    /// Creates a slice from its parameters.
    ///
    /// # Errors
    /// [`FitError::InvalidParameter`] names a parameter that is out of its range, which ends at 1e50 for all but `ρ`
    /// and begins at 1e-50 for `σ`: within it every result is finite. It names `a` when the least total variance
    /// `a + b·σ·√(1 − ρ²)` is below 1e-50, or no more than the rounding of its terms.
    pub fn new(raw: Raw) -> Result<Self, FitError> {
        const LARGEST_PARAMETER: f64 = 1e50;
        let Raw { a, b, rho, m, sigma } = raw;
        let check = |valid: bool, field, value, expected| {
            if valid { Ok(()) } else { Err(FitError::InvalidParameter { field, value, expected }) }
        };
        check(a.abs() <= LARGEST_PARAMETER, "a", a, "between −1e50 and 1e50")?;
        check((0.0..=LARGEST_PARAMETER).contains(&b), "b", b, "between 0 and 1e50")?;
        check(rho > -1.0 && rho < 1.0, "rho", rho, "strictly between −1 and 1")?;
        check(m.abs() <= LARGEST_PARAMETER, "m", m, "between −1e50 and 1e50")?;
        check(
            (1.0 / LARGEST_PARAMETER..=LARGEST_PARAMETER).contains(&sigma),
            "sigma",
            sigma,
            "between 1e-50 and 1e50",
        )?;
        let (turn, rounding) =
            (b * sigma * ((1.0 - rho) * (1.0 + rho)).sqrt(), 4.0 * f64::EPSILON * (a.abs() + b * sigma));
        let is_positive = a + turn >= 1.0 / LARGEST_PARAMETER && (a >= 0.0 || a + turn > rounding);
        check(is_positive, "a", a, "so large that no total variance is zero")?;
        Ok(Self(raw))
    }

    /// Returns the parameters of the slice.
    pub const fn raw(&self) -> Raw {
        self.0
    }

    /// Returns total variance at a log-moneyness. Beyond ±700, farther than two prices can be apart, value and
    /// derivatives are those at ±700.
    pub fn total_variance(&self, log_moneyness: f64) -> f64 {
        self.derivatives(log_moneyness)[0]
    }

    /// Returns total variance with its first and second derivative by log-moneyness.
    pub fn derivatives(&self, log_moneyness: f64) -> [f64; 3] {
        let Raw { a, b, rho, m, sigma } = self.0;
        let x = log_moneyness.clamp(-LARGEST_LOG_MONEYNESS, LARGEST_LOG_MONEYNESS) - m;
        let root = x.hypot(sigma);
        let tilt = rho * x;
        // Where the two terms would cancel, their difference as a quotient, which is positive.
        let turn =
            if tilt < 0.0 { (sigma * sigma + (1.0 - rho) * (1.0 + rho) * x * x) / (root - tilt) } else { tilt + root };
        [a + b * turn, b * (rho + x / root), b * (sigma / root) * (sigma / root) / root]
    }

    /// Returns the slopes of total variance far to the left (in `−k`) and far to the right. By Lee's formula (2004) a
    /// slope above 2 is an arbitrage.
    pub fn wings(&self) -> (f64, f64) {
        let Raw { b, rho, .. } = self.0;
        (b * (1.0 - rho), b * (1.0 + rho))
    }

    /// Returns Gatheral and Jacquier's `g(k)` (their equation 2.1): the risk-neutral density up to a positive factor.
    /// Negative where a butterfly spread has a negative price.
    pub fn density_factor(&self, log_moneyness: f64) -> f64 {
        density_factor(
            log_moneyness.clamp(-LARGEST_LOG_MONEYNESS, LARGEST_LOG_MONEYNESS),
            self.derivatives(log_moneyness),
        )
    }

    /// Returns the intervals of log-moneyness in which butterfly spreads have negative prices, in order; empty without
    /// such an arbitrage.
    ///
    /// `g` is followed from −5 to 5, finely near the money and near the turn of the slice; beyond, the slopes of the
    /// wings decide.
    pub fn butterfly(&self) -> Vec<Breach> {
        breach::find(&breach::nodes(&[*self]), |k| self.density_factor(k), self.wings().0 <= 2.0, self.wings().1 <= 2.0)
    }

    /// Returns the intervals of log-moneyness in which a later slice is below this one, in order: `w_later − w` is
    /// negative there, and so is the price of a calendar spread.
    pub fn calendar(&self, later: &Self) -> Vec<Breach> {
        let (here, there) = (self.wings(), later.wings());
        let gap = |k| later.total_variance(k) - self.total_variance(k);
        breach::find(&breach::nodes(&[*self, *later]), gap, here.0 <= there.0, here.1 <= there.1)
    }
}

/// Returns `g` from total variance and its derivatives.
fn density_factor(log_moneyness: f64, [w, slope, curvature]: [f64; 3]) -> f64 {
    let tilt = 1.0 - 0.5 * log_moneyness * slope / w;
    tilt * tilt - 0.25 * slope * slope * (1.0 / w + 0.25) + 0.5 * curvature
}
