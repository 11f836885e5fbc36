//! What can be wrong with data that a model is fitted to.

/// Why a model could not be fitted or evaluated.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// There are fewer values than the model needs.
    #[error("{have} values are too few, {need} are needed")]
    TooFew {
        /// How many there are.
        have: usize,
        /// How many there must be.
        need: usize,
    },
    /// Two columns of one table have different lengths.
    #[error("the columns have {left} and {right} rows")]
    Lengths {
        /// Rows of the first.
        left: usize,
        /// Rows of the second.
        right: usize,
    },
    /// A value is NaN or infinite.
    #[error("value {index} is {value}, not a finite number")]
    NotFinite {
        /// Its position, from 0.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A parameter is out of its range.
    #[error("{field} must be {expected}, got {value}")]
    InvalidParameter {
        /// The parameter's name, as it is spelled in the API.
        field: &'static str,
        /// The value that was given.
        value: f64,
        /// What is accepted instead.
        expected: &'static str,
    },
    /// The values are all the same, or one column is a combination of the others: there is nothing to fit.
    #[error("the values do not vary enough to tell the parameters")]
    NoVariation,
    /// The series does not return to a mean: its regression on itself has a coefficient outside of 0 to 1.
    #[error("the series does not revert to a mean: its autoregressive coefficient is {coefficient}")]
    NotMeanReverting {
        /// The coefficient `b` of `x_{i+1} = a + b·x_i`.
        coefficient: f64,
    },
    /// A number of a quote is not finite and positive, or its strike is so far from the forward that its price does not
    /// tell a volatility.
    #[error("quote {index}: its {field} cannot be {value}")]
    InvalidQuote {
        /// Its position, from 0.
        index: usize,
        /// The field's name, as it is spelled in the API.
        field: &'static str,
        /// The value that was given.
        value: f64,
    },
    /// A quote has a bid above its ask.
    #[error("quote {index} is crossed: its bid {bid} is above its ask {ask}")]
    Crossed {
        /// Its position, from 0.
        index: usize,
        /// The bid.
        bid: f64,
        /// The ask.
        ask: f64,
    },
    /// The values are finite one by one, but what is computed from them leaves the range of a 64-bit float.
    #[error("{quantity} leaves the range of a 64-bit float with these values")]
    NotRepresentable {
        /// The quantity that is too large or too small.
        quantity: &'static str,
    },
    /// No optimum was found.
    #[error("{quantity} was not found with these parameters")]
    NotConverged {
        /// What was sought.
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
