//! Many options at once, as columns: slices in, slices out, in vector instructions.
//!
//! Nothing is allocated for an option that has a value, and each row is what the functions of one option give, to the
//! bit where formulas and no limits apply. A row that has none is NaN in every output column and is returned as a
//! [`Failure`] with its reason; it does not hinder the others.
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
//! assert_eq!(failures[0].error.to_string(), "spot must be finite and positive, got -1");
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

/// A row that has no value, and why.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Failure {
    /// Its index in the columns.
    pub row: usize,
    /// What is wrong with it.
    pub error: PricingError,
}

/// On how many threads columns are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Threads {
    /// The caller's.
    #[default]
    One,
    /// All of rayon's pool: the global one, or that in which the caller runs.
    #[cfg(feature = "rayon")]
    All,
}

/// European options on a spot with a dividend yield, a column for each field of
/// [`OptionInputs`](strikebook_core::pricing::OptionInputs). Their model is [`black_scholes`](crate::black_scholes).
#[derive(Clone, Copy, Debug, Default)]
pub struct BlackScholesColumns<'a> {
    /// Call or put.
    pub option_type: &'a [OptionType],
    /// The underlying's price.
    pub spot: &'a [f64],
    /// The strike.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// The dividend yield per 1.00 a year.
    pub dividend_yield: &'a [f64],
    /// On how many threads.
    pub threads: Threads,
}

/// European options on a forward, a column for each field of [`ForwardInputs`](crate::black76::ForwardInputs). Their
/// model is [`black76`](crate::black76).
#[derive(Clone, Copy, Debug, Default)]
pub struct Black76Columns<'a> {
    /// Call or put.
    pub option_type: &'a [OptionType],
    /// The forward's price.
    pub forward: &'a [f64],
    /// The strike.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// On how many threads.
    pub threads: Threads,
}

/// European options on a normal forward, a column for each field of
/// [`ForwardInputs`](crate::black76::ForwardInputs). Their model is [`bachelier`](crate::bachelier); volatilities are
/// absolute.
#[derive(Clone, Copy, Debug, Default)]
pub struct BachelierColumns<'a> {
    /// Call or put.
    pub option_type: &'a [OptionType],
    /// The forward's price.
    pub forward: &'a [f64],
    /// The strike.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// On how many threads.
    pub threads: Threads,
}

/// Where prices and the Greeks in daily use go.
#[derive(Debug)]
pub struct GreekColumns<'a> {
    /// The price.
    pub price: &'a mut [f64],
    /// [`delta`](crate::Greeks::delta).
    pub delta: &'a mut [f64],
    /// [`gamma`](crate::Greeks::gamma).
    pub gamma: &'a mut [f64],
    /// [`vega`](crate::Greeks::vega).
    pub vega: &'a mut [f64],
    /// [`theta`](crate::Greeks::theta).
    pub theta: &'a mut [f64],
    /// [`rho`](crate::Greeks::rho).
    pub rho: &'a mut [f64],
}

/// Where prices and all Greeks go. [`lambda`](crate::Greeks::lambda) has no column: it is delta times the underlying's
/// price by the option's.
#[derive(Debug)]
pub struct AllGreekColumns<'a> {
    /// The price.
    pub price: &'a mut [f64],
    /// [`delta`](crate::Greeks::delta).
    pub delta: &'a mut [f64],
    /// [`gamma`](crate::Greeks::gamma).
    pub gamma: &'a mut [f64],
    /// [`vega`](crate::Greeks::vega).
    pub vega: &'a mut [f64],
    /// [`theta`](crate::Greeks::theta).
    pub theta: &'a mut [f64],
    /// [`rho`](crate::Greeks::rho).
    pub rho: &'a mut [f64],
    /// [`epsilon`](crate::Greeks::epsilon).
    pub epsilon: &'a mut [f64],
    /// [`vanna`](crate::Greeks::vanna).
    pub vanna: &'a mut [f64],
    /// [`volga`](crate::Greeks::volga).
    pub volga: &'a mut [f64],
    /// [`charm`](crate::Greeks::charm).
    pub charm: &'a mut [f64],
    /// [`veta`](crate::Greeks::veta).
    pub veta: &'a mut [f64],
    /// [`speed`](crate::Greeks::speed).
    pub speed: &'a mut [f64],
    /// [`color`](crate::Greeks::color).
    pub color: &'a mut [f64],
    /// [`zomma`](crate::Greeks::zomma).
    pub zomma: &'a mut [f64],
    /// [`ultima`](crate::Greeks::ultima).
    pub ultima: &'a mut [f64],
    /// [`dual_delta`](crate::Greeks::dual_delta).
    pub dual_delta: &'a mut [f64],
    /// [`dual_gamma`](crate::Greeks::dual_gamma).
    pub dual_gamma: &'a mut [f64],
    /// [`probability_in_the_money`](crate::Greeks::probability_in_the_money).
    pub probability_in_the_money: &'a mut [f64],
}

/// The functions of a model's columns; `$numbers` are its columns but the last one.
macro_rules! column_functions {
    ($columns:ident, $model:ty, $implied:ty, $module:literal, [$($number:ident),+]) => {
        impl $columns<'_> {
            #[doc = concat!("[`price`](crate::", $module, "::price) of each option at its volatility.")]
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types; nothing is written
            /// then.
            pub fn prices(&self, volatility: &[f64], price: &mut [f64]) -> Result<Vec<Failure>, PricingError> {
                let inputs = [$((stringify!($number), self.$number)),+, ("volatility", volatility)];
                drive::run::<Values<$model>, _, _>(self.threads, self.option_type, inputs, [("price", price)])
            }

            #[doc = concat!("Price, delta, gamma, vega, theta and rho as in [`greeks`](crate::", $module, "::greeks), ")]
            /// at hardly more than the cost of the price.
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types; nothing is written
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
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types; nothing is written
            /// then.
            pub fn all_greeks(
                &self,
                volatility: &[f64],
                outputs: AllGreekColumns<'_>,
            ) -> Result<Vec<Failure>, PricingError> {
                let inputs = [$((stringify!($number), self.$number)),+, ("volatility", volatility)];
                drive::run::<Values<$model>, _, _>(self.threads, self.option_type, inputs, outputs.named())
            }

            #[doc = concat!("[`implied_volatility`](crate::", $module, "::implied_volatility) of each option at its price.")]
            ///
            /// # Errors
            /// [`PricingError::ColumnLength`] if a column is not as long as that of option types; nothing is written
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

/// A structure of columns out of an array of them, and as one with their names, in the kernels' order.
macro_rules! named {
    ($columns:ident, $count:literal, [$($name:ident),+]) => {
        impl<'a> $columns<'a> {
            #[doc = concat!("The columns in the order ", $("`", stringify!($name), "` ",)+ "of the fields.")]
            #[allow(clippy::similar_names, reason = "volga and vanna, zomma and gamma are what they are called")]
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
