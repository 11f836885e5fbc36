//! American options with a continuous dividend yield.
//!
//! The method is that of Andersen, Lake and Offengenden (2016), "High performance American option pricing", for one
//! boundary, and of Andersen and Lake (2021), "Fast American option pricing: the double-boundary case", for the two
//! that a put has when `q < r < 0`; calls are puts with spot and strike, and rate and yield, exchanged (`McDonald` and
//! Schroder, 1998). The boundary's equation is solved by Newton's method, and its singular integrals are taken in an
//! angle in which they are smooth, so that few points suffice.
//!
//! ```
//! use strikebook_core::{market::OptionType, pricing::OptionInputs};
//! use strikebook_pricing::american::{self, Preset};
//!
//! let put = OptionInputs {
//!     option_type: OptionType::Put,
//!     spot: 100.0,
//!     strike: 100.0,
//!     years: 1.0,
//!     rate: 0.05,
//!     dividend_yield: 0.05,
//! };
//! let price = american::price(&put, 0.25, Preset::Accurate)?;
//! let european = strikebook_pricing::black_scholes::price(&put, 0.25)?;
//! assert!((price - european - 0.106_952_7).abs() < 1e-6);
//! # Ok::<(), strikebook_pricing::PricingError>(())
//! ```

mod between;
mod boundary;
mod columns;
mod contract;
mod cross;
mod equation;
mod exercise;
mod implied;
mod lanes;
mod nearby;
mod premium;
mod quadrature;
mod region;
mod rule;
mod tree;

use std::sync::LazyLock;

use strikebook_core::pricing::OptionInputs;

use self::{
    contract::Contract,
    exercise::Solver,
    rule::{Ladder, Panels},
};
use crate::error::PricingError;

pub(crate) use self::nearby::Nearby;
pub use self::{
    columns::AmericanColumns,
    implied::implied_volatility,
    region::{ExerciseBoundary, ExerciseRegion},
    tree::leisen_reimer,
};

/// The trade-off between accuracy and time.
///
/// The errors are the largest of prices for a spot of 100, strikes of 50 to 200, volatilities of 5 to 150 %, rates of
/// −1 to 8 %, yields of 0 to 6 % and times from a day to three years. They are largest for high volatilities and long
/// times, and grow with both beyond.
///
/// With two boundaries, rates and yields down to −10 %, ten years and volatilities of 1 to 300 % the bounds are the
/// same. `Fast` is about as accurate as `Accurate` then; these two take about a tenth of a millisecond, and `Precise`
/// half of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preset {
    /// Errors below 2e-5, in about 5 microseconds.
    Fast,
    /// Errors below 2e-6, in about 12 microseconds.
    Accurate,
    /// Errors below 1e-8, in about 150 microseconds.
    Precise,
}

impl Preset {
    fn ladder(self) -> &'static Ladder {
        // Two boundaries take several solutions, of which the last needs more nodes: on fewer, prices for decades of
        // high rates are wrong by whole units.
        static PAIRS: LazyLock<Ladder> =
            LazyLock::new(|| Ladder::new(&[(16, 16), (24, 32)], 2e-4, 22.0, Panels::new(32, 0.25)));
        static FAST: LazyLock<Ladder> = LazyLock::new(|| Ladder {
            for_pairs: Some(&PAIRS),
            ..Ladder::new(&[(10, 8)], 1.5e-3, 12.0, Panels::new(16, 1.0))
        });
        static ACCURATE: LazyLock<Ladder> = LazyLock::new(|| Ladder {
            for_pairs: Some(&PAIRS),
            ..Ladder::new(&[(16, 16)], 3e-4, 18.0, Panels::new(32, 0.25))
        });
        static PRECISE: LazyLock<Ladder> =
            LazyLock::new(|| Ladder::new(&[(16, 16), (48, 64)], 1e-4, 30.0, Panels::new(32, 0.25)));
        match self {
            Self::Fast => &FAST,
            Self::Accurate => &ACCURATE,
            Self::Precise => &PRECISE,
        }
    }
}

/// Sensitivities of one American option on one unit of the underlying, in the units of
/// [`black_scholes::Greeks`](crate::black_scholes::Greeks): time in years, volatility and rates per 1.00.
///
/// They are the derivatives of the computed price, through the exercise boundary too, not differences of prices. Where
/// the option is to be exercised now, delta is ±1 and the others are zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Greeks {
    /// `∂V/∂S`.
    pub delta: f64,
    /// `∂²V/∂S²`. It jumps to zero at the exercise boundary.
    pub gamma: f64,
    /// `∂V/∂σ`, per 1.00 of volatility.
    pub vega: f64,
    /// `∂V/∂t = −∂V/∂T`, per year.
    pub theta: f64,
    /// `∂V/∂r`, per 1.00 of the rate.
    pub rho: f64,
    /// `∂V/∂q`, per 1.00 of the dividend yield; also called psi.
    pub epsilon: f64,
}

/// A price and its sensitivities.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AmericanValuation {
    /// The price, as [`price`] returns it.
    pub price: f64,
    /// The derivatives of the price.
    pub greeks: Greeks,
}

/// Returns the value of an American option at a `volatility` per year (0.20 for 20 %), in the currency of the spot, per
/// unit of the underlying.
///
/// With no time left this is the intrinsic value. With no volatility it is the largest discounted payoff of exercise
/// at any time up to expiry.
///
/// # Errors
/// The errors of [`black_scholes::price`](crate::black_scholes::price), and [`PricingError::NotConverged`] if the
/// exercise boundary is not found.
pub fn price(option: &OptionInputs, volatility: f64, preset: Preset) -> Result<f64, PricingError> {
    Contract::new(option, volatility)?.price(&mut Solver::new(preset.ladder()))
}

/// Returns the [`price`] and its sensitivities.
///
/// # Errors
/// The errors of [`price`] and of [`black_scholes::greeks`](crate::black_scholes::greeks).
pub fn valuation(option: &OptionInputs, volatility: f64, preset: Preset) -> Result<AmericanValuation, PricingError> {
    Contract::new(option, volatility)?.valuation(&mut Solver::new(preset.ladder()))
}
