//! Option pricing behind strikebook's pricing port: pure, synchronous mathematics.
//!
//! | module | contents |
//! |---|---|
//! | [`black_scholes`], [`black76`], [`bachelier`] | price, Greeks and implied volatility of one European option |
//! | [`columns`], [`batch`] | the same for many options |
//! | [`american`] | options with early exercise |
//! | [`dividends`] | options on a share with cash dividends |
//! | [`curve`] | forwards and discount factors that a chain implies |
//! | [`svi`], [`sabr`], [`heston`] | smiles, surfaces and volatility models, fitted to [`VolatilityQuote`]s |
//! | [`ou`] | fits, tests and trading levels of mean-reverting series |
//!
//! [`BlackScholes`] and [`American`] are the models behind strikebook's pricing port.
//!
//! # Names
//! A module is a model, and its items are used with the module's name: `heston::Parameters` and `sabr::Parameters`,
//! `svi::fit` and `ou::fit`, `american::Greeks` and `heston::Greeks`, `american::price` and `heston::price`. Import the
//! module, not the item. Only items that belong to all models are at the root: [`Greeks`] of European options, the
//! errors, and quotes.
//!
//! # Errors
//! Prices fail with a [`PricingError`], fits with a [`FitError`]. Both become a [`strikebook_core::Error`] with `?`.
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
//! its condition number: the sum of the factors by which relative errors of the inputs are magnified. The bound holds
//! in the tails too: a price of 1e-300 is as accurate as one of 10. The error of an implied volatility is at most twice
//! the unavoidable one from the rounding of the price, `2⁻⁵²·(1 + V/(σ·vega))` of it with the time value `V`. Results
//! are finite, or a [`PricingError`] gives the reason.
//!
//! # Speed
//! The formulas are branch-free and run in the widest vector instructions of the machine (AVX-512, AVX2 with FMA, NEON,
//! or those that the program was compiled for), detected at run time; one option has the same bits as a column of
//! options. [`Instructions`] limits the detected ones. The feature `rayon` adds [`columns::Threads`]`::All`.

#![expect(clippy::inline_always, reason = "what is not inlined into a block's loop is not in vector instructions")]

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
