//! Use cases over strikebook's ports. They know no engine: each takes the narrowest repository it needs.
//!
//! | module | what it does |
//! |---|---|
//! | [`journal`] | a broker's history into the journal's events, metrics of its trades and the market around them, and CSV files |
//! | [`pull`] | what the store has if it is young enough, otherwise one fetch for all who wait |
//! | [`etl`] | an operational store into an analytical one: copies from watermarks, features, reconciliation |
//! | [`retention`] | how long rows are kept |
//! | [`statistics`] | returns, volatilities and values at risk |
//! | [`pricing`] | a chain's volatilities and Greeks by a model behind the pricing port, and how far the vendor's are from them |
//! | [`quality`] | what is missing, wrong or impossible in a chain, told before it is stored |
//! | [`technical`] | averages, oscillators, bands, ranges, trends and regimes of bars |
//! | [`wheel`] | what to sell out of a chain, and backtests of that over stored chains |

mod amount;
mod clock;
pub mod etl;
pub mod journal;
pub mod pricing;
pub mod pull;
pub mod quality;
pub mod retention;
pub mod statistics;
pub mod technical;
pub mod wheel;

pub use clock::SystemClock;
