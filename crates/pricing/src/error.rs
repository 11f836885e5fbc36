//! What can be wrong with a pricing request.

use strikebook_core::pricing::Unpriced;

/// Why a price, a set of Greeks or an implied volatility could not be given.
///
/// Every function of this crate returns finite numbers or one of these; none returns NaN or infinity, and none panics.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PricingError {
    /// An input is NaN, infinite or outside the range in which it has a meaning.
    #[error("{field} must be {expected}, got {value}")]
    InvalidInput {
        /// The input's name, as it is spelled in the API.
        field: &'static str,
        /// The value that was given.
        value: f64,
        /// What is accepted instead.
        expected: &'static str,
    },
    /// The inputs are valid one by one, but together they lead beyond the range of a 64-bit float.
    #[error("{quantity} leaves the range of a 64-bit float with these inputs")]
    NotRepresentable {
        /// The quantity that is too large or too small.
        quantity: &'static str,
    },
    /// No time or no volatility is left and the forward is exactly the strike: the payoff has a kink there, delta jumps
    /// and gamma is unbounded. The price exists and is zero.
    #[error("the Greeks do not exist exactly at the money when no time or no volatility is left")]
    GreeksAtKink,
    /// An implied volatility was asked for an option with no time left; its price does not depend on volatility.
    #[error("an expired option has no implied volatility")]
    Expired,
    /// The price is not above the discounted intrinsic value. Below it there is an arbitrage; exactly at it there is no
    /// time value from which a volatility could be read.
    #[error("the price {price} is not above the discounted intrinsic value {intrinsic}")]
    NoTimeValue {
        /// The option's price.
        price: f64,
        /// The discounted intrinsic value, `max(0, ±(S·e^(−q·T) − K·e^(−r·T)))`.
        intrinsic: f64,
    },
    /// The price is not below what the option can be worth at an infinite volatility.
    #[error("the price {price} is not below the upper bound {bound}")]
    AboveUpperBound {
        /// The option's price.
        price: f64,
        /// The bound: `S·e^(−q·T)` for a call, `K·e^(−r·T)` for a put. A normal model has none.
        bound: f64,
    },
    /// A column is not as long as that of option types.
    #[error("the column {column} has {length} rows where the option types have {expected}")]
    ColumnLength {
        /// The column's name, as it is spelled in the API.
        column: &'static str,
        /// Its rows.
        length: usize,
        /// The rows it should have.
        expected: usize,
    },
    /// An iteration did not find its solution. Only inputs far from any market lead here.
    #[error("{quantity} was not found to the required accuracy with these inputs")]
    NotConverged {
        /// What was sought.
        quantity: &'static str,
    },
}

impl PricingError {
    /// Refuses a value that is not finite and positive.
    pub(crate) fn check_positive(field: &'static str, value: f64) -> Result<(), Self> {
        Self::check(value.is_finite() && value > 0.0, field, value, "finite and positive")
    }

    /// Refuses a value that is not finite, or negative.
    pub(crate) fn check_not_negative(field: &'static str, value: f64) -> Result<(), Self> {
        Self::check(value.is_finite() && value >= 0.0, field, value, "finite and not negative")
    }

    /// Refuses a value that is not finite.
    pub(crate) fn check_finite(field: &'static str, value: f64) -> Result<(), Self> {
        Self::check(value.is_finite(), field, value, "finite")
    }

    fn check(valid: bool, field: &'static str, value: f64, expected: &'static str) -> Result<(), Self> {
        if valid { Ok(()) } else { Err(Self::InvalidInput { field, value, expected }) }
    }
}

impl From<PricingError> for Unpriced {
    fn from(error: PricingError) -> Self {
        match error {
            PricingError::InvalidInput { field, .. } => Self::InvalidInput(field),
            PricingError::NotRepresentable { quantity } | PricingError::NotConverged { quantity } => {
                Self::InvalidInput(quantity)
            }
            PricingError::ColumnLength { column, .. } => Self::InvalidInput(column),
            PricingError::GreeksAtKink => Self::InvalidInput("gamma"),
            PricingError::Expired => Self::Expired,
            PricingError::NoTimeValue { .. } => Self::BelowIntrinsic,
            PricingError::AboveUpperBound { .. } => Self::AboveBound,
        }
    }
}
