//! Option pricing behind strikebook's pricing port: pure, synchronous mathematics.
//!
//! [`black_scholes`] has the price, the Greeks and the implied volatility of one option, [`batch`] of many, and
//! [`BlackScholes`] is the model as the rest of strikebook knows it.
//!
//! ```
//! use strikebook_core::market::OptionType;
//! use strikebook_core::pricing::OptionInputs;
//! use strikebook_pricing::black_scholes;
//!
//! let put = OptionInputs {
//!     option_type: OptionType::Put,
//!     spot: 100.0,
//!     strike: 95.0,
//!     years: 30.0 / 365.0,
//!     rate: 0.04,
//!     dividend_yield: 0.012,
//! };
//! let price = black_scholes::price(&put, 0.25)?;
//! let greeks = black_scholes::greeks(&put, 0.25)?;
//! assert!(greeks.delta < 0.0 && greeks.theta_per_day() < 0.0);
//! println!("{price:.2}, {:.2} per volatility point", greeks.vega_per_point());
//!
//! let volatility = black_scholes::implied_volatility(&put, price)?;
//! assert!((volatility - 0.25).abs() < 1e-12);
//! # Ok::<(), strikebook_pricing::PricingError>(())
//! ```
//!
//! # Units
//!
//! Prices and strikes share one currency and are per unit of the underlying, not per contract. Time is in years,
//! volatility and rates are per year and per 1.00 (0.25 is 25 %), rates are continuously compounded. Greeks keep these
//! units: vega per 1.00 of volatility, theta per year. The methods of
//! [`Greeks`](black_scholes::Greeks) named `per_day` and `per_point` convert.
//!
//! # Accuracy
//!
//! Prices and Greeks are accurate to a few units in the last place of what the rounding of the inputs permits, tails
//! included: a price of 1e-300 is as good as one of 10. Results are finite, or a [`PricingError`] says what is wrong.

pub mod batch;
pub mod black_scholes;
mod error;
mod greeks;
mod implied;
mod math;
mod pricer;

pub use error::PricingError;
pub use pricer::BlackScholes;
