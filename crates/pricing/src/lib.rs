//! Option pricing behind strikebook's pricing port: pure, synchronous mathematics.
//!
//! [`black_scholes`], [`black76`] and [`bachelier`] have the price, the Greeks and the implied volatility of one
//! European option, [`columns`] and [`batch`] of many, and [`BlackScholes`] is the model as the rest of strikebook
//! knows it. [`american`] has options that may be exercised early, [`dividends`] those on a share that pays cash
//! dividends, [`curve`] the forwards and discount factors that a chain implies, [`svi`] smiles and surfaces, [`heston`]
//! and [`sabr`] models of the volatility; these three are fitted to [`VolatilityQuote`]s, [`ou`] fits and tests of
//! series that revert to a mean.
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
//! Prices and strikes share one currency and are per unit of the underlying, not per contract. Time is in years,
//! volatility and rates are per year and per 1.00 (0.25 is 25 %), rates are continuously compounded. Greeks keep these
//! units: vega per 1.00 of volatility, theta per year. The methods of
//! [`Greeks`] named `per_day`, `per_point` and the like convert.
//!
//! # Accuracy
//! The relative error of a price or a Greek is at most `4·2⁻⁵²·(1 + c)` and mostly below `2⁻⁵²·(1 + c)`, where `c` is
//! its condition number: by how much relative errors of the inputs are magnified, added up over them. That holds in the
//! tails too: a price of 1e-300 is as good as one of 10. An implied volatility is wrong by at most twice what the
//! rounding of the price makes unavoidable, `2⁻⁵²·(1 + V/(σ·vega))` of it with the time value `V`. Results are finite,
//! or a [`PricingError`] says what is wrong.
//!
//! # Speed
//! The formulas are branch-free and run in the widest vector instructions of the machine (AVX-512, AVX2 with FMA, NEON,
//! or those that the program was compiled for), found as the program runs; one option gives the same bits as columns of
//! them. [`Instructions`] limits what is found. The feature `rayon` adds [`columns::Threads`]`::All`.

#![allow(clippy::inline_always, reason = "what is not inlined into a block's loop is not in vector instructions")]

pub mod american;
pub mod batch;
pub mod columns;
pub mod curve;
mod dense;
pub mod dividends;
mod error;
mod european;
mod fit;
pub mod heston;
mod instructions;
mod kernel;
mod lanes;
mod least_squares;
pub mod ou;
mod pricer;
mod quotes;
pub mod sabr;
pub mod svi;

pub use error::PricingError;
pub use european::{Greeks, bachelier, black_scholes, black76};
pub use fit::FitError;
pub use instructions::Instructions;
pub use pricer::{American, BlackScholes};
pub use quotes::{Quality, VolatilityQuote, inputs_hash};
