//! The error of pricing functions.

use strikebook_core::{Error, pricing::Unpriced};

/// The reason why a price, a set of Greeks or an implied volatility does not exist.
///
/// Every function of this crate returns finite numbers or an error; none returns NaN or infinity, and none panics.
///
/// An application has one error with `?`: a `PricingError` becomes a [`strikebook_core::Error`] of kind
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput), whose context has the fields of the variant under their
/// names (`field`, `value`, `expected`, `price`, `intrinsic`, `bound`, `column`, `length`; the quantity is `result`).
///
/// ```
/// use strikebook_core::{ErrorKind, market::OptionType};
/// use strikebook_pricing::{black76, black76::ForwardInputs};
///
/// fn at_the_money(forward: f64) -> strikebook_core::Result<f64> {
///     let option_type = OptionType::Call;
///     let option = ForwardInputs { option_type, forward, strike: forward, years: 0.5, rate: 0.04 };
///     Ok(black76::price(&option, 0.2)?)
/// }
///
/// let error = at_the_money(-1.0).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidInput);
/// assert_eq!((error.context("field"), error.context("value")), (Some("forward"), Some("-1")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PricingError {
    /// An input is NaN, infinite or outside the range in which it has a meaning.
    #[error("{field} is {value}, expected {expected}")]
    InvalidInput {
        /// The input's name, as it is spelled in the API.
        field: &'static str,
        /// The value that was passed.
        value: f64,
        /// The accepted range, in words.
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
    #[error("no Greeks exist exactly at the money without time or volatility")]
    GreeksAtKink,
    /// The option has no time left, so that its price does not depend on volatility and implies none.
    #[error("an expired option has no implied volatility")]
    Expired,
    /// The price is not above the discounted intrinsic value. Below it there is an arbitrage; exactly at it there is no
    /// time value that could imply a volatility.
    #[error("the price {price} is not above the discounted intrinsic value {intrinsic}")]
    NoTimeValue {
        /// The price of the option for which no volatility exists.
        price: f64,
        /// The discounted intrinsic value, `max(0, ±(S·e^(−q·T) − K·e^(−r·T)))`.
        intrinsic: f64,
    },
    /// The price is not below the option's limit at infinite volatility.
    #[error("the price {price} is not below the upper bound {bound}")]
    AboveUpperBound {
        /// The price of the option for which no volatility exists.
        price: f64,
        /// The bound: `S·e^(−q·T)` for a call, `K·e^(−r·T)` for a put. A normal model has none.
        bound: f64,
    },
    /// A column and the column of option types differ in length.
    #[error("the column {column} has {length} rows, expected {expected} as the option types have")]
    ColumnLength {
        /// The column's name, as it is spelled in the API.
        column: &'static str,
        /// The number of rows of the column.
        length: usize,
        /// The number of option types.
        expected: usize,
    },
    /// An iteration did not reach its accuracy. Only inputs far from any market lead here.
    #[error("the search for {quantity} did not converge with these inputs")]
    NotConverged {
        /// The quantity that was searched for.
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

impl From<PricingError> for Error {
    fn from(error: PricingError) -> Self {
        match error {
            PricingError::InvalidInput { field, value, expected } => {
                let message = "an input of a pricing model is outside of its range";
                Self::invalid_input(message).with("field", field).with("value", value).with("expected", expected)
            }
            PricingError::NotRepresentable { quantity } => {
                let message = "a result of a pricing model leaves the range of a 64-bit float";
                Self::invalid_input(message).with("result", quantity)
            }
            PricingError::GreeksAtKink | PricingError::Expired => Self::invalid_input(error.to_string()),
            PricingError::NoTimeValue { price, intrinsic } => {
                let message = "the price is not above the discounted intrinsic value";
                Self::invalid_input(message).with("price", price).with("intrinsic", intrinsic)
            }
            PricingError::AboveUpperBound { price, bound } => {
                Self::invalid_input("the price is not below its upper bound").with("price", price).with("bound", bound)
            }
            PricingError::ColumnLength { column, length, expected } => {
                let message = "a column and the option types differ in length";
                Self::invalid_input(message).with("column", column).with("length", length).with("expected", expected)
            }
            PricingError::NotConverged { quantity } => {
                let message = "a pricing model did not converge with these inputs";
                Self::invalid_input(message).with("result", quantity)
            }
        }
    }
}
