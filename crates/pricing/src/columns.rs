//! Many options at once, as columns: slices in, slices out, in vector instructions.
//!
//! An option with a value allocates nothing, and each row equals the result of the functions of one option, to the bit
//! where formulas and no limits apply. A row without a value is NaN in every output column and is returned as a
//! [`Failure`] with its reason; other rows are not affected.
//!
//! ```
//! use strikebook_core::market::OptionType::{Call, Put};
//! use strikebook_pricing::columns::{BlackScholesColumns, Threads};
//!
//! let options = BlackScholesColumns {
//!     option_type: &[Call, Put, Put],
//!     spot: &[100.0, 100.0, -1.0],
//!     strike: &[110.0, 95.0, 95.0],
//!     years: &[0.5, 0.5, 0.5],
//!     rate: &[0.04, 0.04, 0.04],
//!     dividend_yield: &[0.01, 0.01, 0.01],
//!     threads: Threads::One,
//! };
//! let mut prices = [0.0; 3];
//! let failures = options.prices(&[0.2, 0.25, 0.25], &mut prices)?;
//! assert_eq!(failures[0].row, 2);
//! assert_eq!(failures[0].error.to_string(), "spot is -1, expected finite and positive");
//!
//! let mut volatilities = [0.0; 3];
//! options.implied_volatilities(&prices, &mut volatilities)?;
//! assert!((volatilities[1] - 0.25).abs() < 1e-14);
//! # Ok::<(), strikebook_pricing::PricingError>(())
//! ```

use strikebook_core::market::OptionType;

use crate::{
    error::PricingError,
    european::{bachelier::Bachelier, black_scholes::BlackScholes, black76::Black76, implied},
    kernel::Values,
};

mod drive;

/// A row without a value, and the reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// The index of the row in the columns.
    pub row: usize,
    /// The reason why the row has no value.
    pub error: PricingError,
}

/// The threads on which columns are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threads {
    /// The caller's thread alone.
    #[default]
    One,
    /// All threads of rayon's pool: the global one, or the pool in which the caller runs.
    #[cfg(feature = "rayon")]
    All,
}

/// European options on a spot with a dividend yield, a column for each field of
/// [`OptionInputs`](strikebook_core::pricing::OptionInputs). Their model is [`black_scholes`](crate::black_scholes).
#[derive(Clone, Copy, Debug, Default)]
pub struct BlackScholesColumns<'a> {
    /// Call or put, one a row.
    pub option_type: &'a [OptionType],
    /// The price of the underlying.
    pub spot: &'a [f64],
    /// The strike of each option.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// The dividend yield per 1.00 a year.
    pub dividend_yield: &'a [f64],
    /// The threads to compute on.
    pub threads: Threads,
}

/// European options on a forward, a column for each field of [`ForwardInputs`](crate::black76::ForwardInputs). Their
/// model is [`black76`](crate::black76).
#[derive(Clone, Copy, Debug, Default)]
pub struct Black76Columns<'a> {
    /// Call or put, one a row.
    pub option_type: &'a [OptionType],
    /// The price of the forward.
    pub forward: &'a [f64],
    /// The strike of each option.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// The threads to compute on.
    pub threads: Threads,
}

/// European options on a normal forward, a column for each field of
/// [`ForwardInputs`](crate::black76::ForwardInputs). Their model is [`bachelier`](crate::bachelier); volatilities are
/// absolute.
#[derive(Clone, Copy, Debug, Default)]
pub struct BachelierColumns<'a> {
    /// Call or put, one a row.
    pub option_type: &'a [OptionType],
    /// The price of the forward.
    pub forward: &'a [f64],
    /// The strike of each option.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// The threads to compute on.
    pub threads: Threads,
}

/// Output columns for prices and the Greeks in daily use.
#[derive(Debug)]
pub struct GreekColumns<'a> {
    /// The price of each option.
    pub price: &'a mut [f64],
    /// The [`delta`](crate::Greeks::delta) of each option.
    pub delta: &'a mut [f64],
    /// The [`gamma`](crate::Greeks::gamma) of each option.
    pub gamma: &'a mut [f64],
    /// The [`vega`](crate::Greeks::vega) of each option.
    pub vega: &'a mut [f64],
    /// The [`theta`](crate::Greeks::theta) of each option.
    pub theta: &'a mut [f64],
    /// The [`rho`](crate::Greeks::rho) of each option.
    pub rho: &'a mut [f64],
}

/// Output columns for prices and all Greeks. [`lambda`](crate::Greeks::lambda) has no column: it is delta times the
/// underlying's price by the option's.
#[derive(Debug)]
pub struct AllGreekColumns<'a> {
    /// The price of each option.
    pub price: &'a mut [f64],
    /// The [`delta`](crate::Greeks::delta) of each option.
    pub delta: &'a mut [f64],
    /// The [`gamma`](crate::Greeks::gamma) of each option.
    pub gamma: &'a mut [f64],
    /// The [`vega`](crate::Greeks::vega) of each option.
    pub vega: &'a mut [f64],
    /// The [`theta`](crate::Greeks::theta) of each option.
    pub theta: &'a mut [f64],
    /// The [`rho`](crate::Greeks::rho) of each option.
    pub rho: &'a mut [f64],
    /// The [`epsilon`](crate::Greeks::epsilon) of each option.
    pub epsilon: &'a mut [f64],
    /// The [`vanna`](crate::Greeks::vanna) of each option.
    pub vanna: &'a mut [f64],
    /// The [`volga`](crate::Greeks::volga) of each option.
    pub volga: &'a mut [f64],
    /// The [`charm`](crate::Greeks::charm) of each option.
    pub charm: &'a mut [f64],
    /// The [`veta`](crate::Greeks::veta) of each option.
    pub veta: &'a mut [f64],
    /// The [`speed`](crate::Greeks::speed) of each option.
    pub speed: &'a mut [f64],
    /// The [`color`](crate::Greeks::color) of each option.
    pub color: &'a mut [f64],
    /// The [`zomma`](crate::Greeks::zomma) of each option.
    pub zomma: &'a mut [f64],
    /// The [`ultima`](crate::Greeks::ultima) of each option.
    pub ultima: &'a mut [f64],
    /// The [`dual_delta`](crate::Greeks::dual_delta) of each option.
    pub dual_delta: &'a mut [f64],
    /// The [`dual_gamma`](crate::Greeks::dual_gamma) of each option.
    pub dual_gamma: &'a mut [f64],
    /// The [`probability_in_the_money`](crate::Greeks::probability_in_the_money) of each option.
    pub probability_in_the_money: &'a mut [f64],
}

/// Defines the functions of a model's columns; `$numbers` are its columns but the last one.
macro_rules! column_functions {
    ($columns:ident, $model:ty, $implied:ty, $module:literal, [$($number:ident),+]) => {
        impl $columns<'_> {
            #[doc = concat!("[`price`](crate::", $module, "::price) of each option at its volatility.")]
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types. Nothing is written
            /// then.
            pub fn prices(&self, volatility: &[f64], price: &mut [f64]) -> Result<Vec<Failure>, PricingError> {
                let inputs = [$((stringify!($number), self.$number)),+, ("volatility", volatility)];
                drive::run::<Values<$model>, _, _>(self.threads, self.option_type, inputs, [("price", price)])
            }

            #[doc = concat!("Computes price and the first five Greeks of [`greeks`](crate::", $module, "::greeks)")]
            /// in hardly more time than the price.
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types. Nothing is written
            /// then.
            pub fn greeks(
                &self,
                volatility: &[f64],
                outputs: GreekColumns<'_>,
            ) -> Result<Vec<Failure>, PricingError> {
                let inputs = [$((stringify!($number), self.$number)),+, ("volatility", volatility)];
                drive::run::<Values<$model>, _, _>(self.threads, self.option_type, inputs, outputs.named())
            }

            #[doc = concat!("Price and every Greek of [`greeks`](crate::", $module, "::greeks) but lambda.")]
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types. Nothing is written
            /// then.
            pub fn all_greeks(
                &self,
                volatility: &[f64],
                outputs: AllGreekColumns<'_>,
            ) -> Result<Vec<Failure>, PricingError> {
                let inputs = [$((stringify!($number), self.$number)),+, ("volatility", volatility)];
                drive::run::<Values<$model>, _, _>(self.threads, self.option_type, inputs, outputs.named())
            }

            #[doc = concat!("Computes [`implied_volatility`](crate::", $module, "::implied_volatility) of each option")]
            /// at its price.
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types. Nothing is written
            /// then.
            pub fn implied_volatilities(
                &self,
                price: &[f64],
                volatility: &mut [f64],
            ) -> Result<Vec<Failure>, PricingError> {
                let inputs = [$((stringify!($number), self.$number)),+, ("price", price)];
                drive::run::<$implied, _, _>(self.threads, self.option_type, inputs, [("volatility", volatility)])
            }
        }
    };
}

column_functions!(
    BlackScholesColumns,
    BlackScholes,
    implied::Lognormal,
    "black_scholes",
    [spot, strike, years, rate, dividend_yield]
);
column_functions!(Black76Columns, Black76, implied::LognormalForward, "black76", [forward, strike, years, rate]);
column_functions!(BachelierColumns, Bachelier, implied::Normal, "bachelier", [forward, strike, years, rate]);

/// Defines the conversions of a structure of columns from an array of them, and to an array with their names, in the
/// order of the kernels.
macro_rules! named {
    ($columns:ident, $count:literal, [$($name:ident),+]) => {
        impl<'a> $columns<'a> {
            #[doc = concat!("The columns in the order ", $("`", stringify!($name), "` ",)+ "of the fields.")]
            pub fn from_columns(columns: [&'a mut [f64]; $count]) -> Self {
                let [$($name),+] = columns;
                Self { $($name),+ }
            }

            pub(crate) fn named(self) -> [(&'static str, &'a mut [f64]); $count] {
                [$((stringify!($name), self.$name)),+]
            }
        }
    };
}

named!(GreekColumns, 6, [price, delta, gamma, vega, theta, rho]);
named!(
    AllGreekColumns,
    18,
    [
        price,
        delta,
        gamma,
        vega,
        theta,
        rho,
        epsilon,
        vanna,
        volga,
        charm,
        veta,
        speed,
        color,
        zomma,
        ultima,
        dual_delta,
        dual_gamma,
        probability_in_the_money
    ]
);
