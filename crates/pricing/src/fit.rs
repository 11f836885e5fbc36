//! The error of fits.

use strikebook_core::Error;

/// The reason why a model could not be fitted or evaluated.
///
/// An application has one error with `?`: a `FitError` becomes a [`strikebook_core::Error`] of kind
/// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput), whose context has the fields of the variant under their
/// names (`have`, `need`, `left`, `right`, `index`, `field`, `value`, `expected`, `coefficient`, `bid`, `ask`;
/// the quantity is `result`).
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// There are fewer values than the model needs.
    #[error("there are {have} values, expected at least {need}")]
    TooFew {
        /// The number of values.
        have: usize,
        /// The smallest number that suffices.
        need: usize,
    },
    /// Two columns of one table have different lengths.
    #[error("the columns have {left} and {right} rows, expected equally many")]
    Lengths {
        /// The rows of the first column.
        left: usize,
        /// The rows of the second column.
        right: usize,
    },
    /// A value is NaN or infinite.
    #[error("value {index} is {value}, expected a finite number")]
    NotFinite {
        /// The position of the value, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A parameter is out of its range.
    #[error("{field} is {value}, expected {expected}")]
    InvalidParameter {
        /// The parameter's name, as it is spelled in the API.
        field: &'static str,
        /// The value that was passed.
        value: f64,
        /// The accepted range.
        expected: &'static str,
    },
    /// The values are all the same, or one column is a combination of the others: they determine no parameter.
    #[error("the values do not vary enough to determine the parameters")]
    NoVariation,
    /// The series does not return to a mean: its regression on itself has a coefficient outside of 0 to 1.
    #[error("the autoregressive coefficient is {coefficient}, expected between 0 and 1 for a series with a mean")]
    NotMeanReverting {
        /// The coefficient `b` of `x_{i+1} = a + b·x_i`.
        coefficient: f64,
    },
    /// A number of a quote is not finite and positive, or its strike is so far from the forward that its price
    /// determines no volatility.
    #[error("{field} of quote {index} is {value}, expected a positive number that determines a volatility")]
    InvalidQuote {
        /// The position of the quote, from 0.
        index: usize,
        /// The field's name, as it is spelled in the API.
        field: &'static str,
        /// The value that was passed.
        value: f64,
    },
    /// A quote has a bid above its ask.
    #[error("quote {index} is crossed: its bid {bid} is above its ask {ask}")]
    Crossed {
        /// The position of the quote, from 0.
        index: usize,
        /// The bid.
        bid: f64,
        /// The ask.
        ask: f64,
    },
    /// The values are finite one by one, but a result leaves the range of a 64-bit float.
    #[error("{quantity} leaves the range of a 64-bit float with these values")]
    NotRepresentable {
        /// The quantity that is too large or too small.
        quantity: &'static str,
    },
    /// The search for an optimum did not converge.
    #[error("the search for {quantity} did not converge with these values")]
    NotConverged {
        /// The quantity that was searched for.
        quantity: &'static str,
    },
}

impl FitError {
    /// Refuses a parameter that is not finite and positive.
    pub(crate) fn check_positive(field: &'static str, value: f64) -> Result<(), Self> {
        if value.is_finite() && value > 0.0 {
            Ok(())
        } else {
            Err(Self::InvalidParameter { field, value, expected: "finite and positive" })
        }
    }

    /// Refuses a parameter that is not finite.
    pub(crate) fn check_finite(field: &'static str, value: f64) -> Result<(), Self> {
        if value.is_finite() { Ok(()) } else { Err(Self::InvalidParameter { field, value, expected: "finite" }) }
    }

    /// Refuses NaN and infinity among computed numbers.
    pub(crate) fn check_computed(quantity: &'static str, values: &[f64]) -> Result<(), Self> {
        if values.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(Self::NotRepresentable { quantity }) }
    }

    /// Refuses fewer values than needed and values that are not finite.
    pub(crate) fn check_values(values: &[f64], need: usize) -> Result<(), Self> {
        if values.len() < need {
            return Err(Self::TooFew { have: values.len(), need });
        }
        match values.iter().enumerate().find(|(_, value)| !value.is_finite()) {
            Some((index, value)) => Err(Self::NotFinite { index, value: *value }),
            None => Ok(()),
        }
    }
}

impl From<FitError> for Error {
    fn from(error: FitError) -> Self {
        match error {
            FitError::TooFew { have, need } => {
                Self::invalid_input("too few values for a fit").with("have", have).with("need", need)
            }
            FitError::Lengths { left, right } => {
                Self::invalid_input("two columns differ in length").with("left", left).with("right", right)
            }
            FitError::NotFinite { index, value } => {
                Self::invalid_input("a value is not finite").with("index", index).with("value", value)
            }
            FitError::InvalidParameter { field, value, expected } => {
                let message = "a parameter is outside of its range";
                Self::invalid_input(message).with("field", field).with("value", value).with("expected", expected)
            }
            FitError::NoVariation => Self::invalid_input(error.to_string()),
            FitError::NotMeanReverting { coefficient } => {
                Self::invalid_input("the series does not revert to a mean").with("coefficient", coefficient)
            }
            FitError::InvalidQuote { index, field, value } => {
                let message = "a number of a quote is not positive or determines no volatility";
                Self::invalid_input(message).with("index", index).with("field", field).with("value", value)
            }
            FitError::Crossed { index, bid, ask } => {
                let message = "a quote is crossed: its bid is above its ask";
                Self::invalid_input(message).with("index", index).with("bid", bid).with("ask", ask)
            }
            FitError::NotRepresentable { quantity } => {
                let message = "a result of a fit leaves the range of a 64-bit float";
                Self::invalid_input(message).with("result", quantity)
            }
            FitError::NotConverged { quantity } => {
                Self::invalid_input("a fit did not converge with these values").with("result", quantity)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use strikebook_core::ErrorKind;

    use super::*;
    use crate::PricingError;

    /// The message and the context of each variant, as an application logs them.
    #[test]
    fn an_application_has_one_error() {
        let fit = FitError::InvalidQuote { index: 3, field: "strike", value: -1.0 };
        let crossed = FitError::Crossed { index: 2, bid: 0.3, ask: 0.2 };
        let bound = PricingError::AboveUpperBound { price: 12.0, bound: 10.0 };
        let length = PricingError::ColumnLength { column: "strike", length: 2, expected: 3 };
        for (error, text) in [
            (
                Error::from(fit),
                "invalid_input: a number of a quote is not positive or determines no volatility \
                 [index: 3, field: strike, value: -1]",
            ),
            (
                Error::from(crossed),
                "invalid_input: a quote is crossed: its bid is above its ask [index: 2, bid: 0.3, ask: 0.2]",
            ),
            (Error::from(bound), "invalid_input: the price is not below its upper bound [price: 12, bound: 10]"),
            (
                Error::from(length),
                "invalid_input: a column and the option types differ in length \
                 [column: strike, length: 2, expected: 3]",
            ),
            (Error::from(PricingError::Expired), "invalid_input: an expired option has no implied volatility"),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.to_string(), text);
        }
    }
}
