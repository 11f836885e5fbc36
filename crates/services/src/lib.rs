//! Use cases over strikebook's ports. They know no engine: each takes the narrowest repository it needs.
//!
//! | module | what it does |
//! |---|---|
//! | [`aggregate`] | bars out of live quotes, options by the hour and the day, signals by the day |
//! | [`journal`] | a broker's history into the journal's events, metrics of its trades and the market around them, and CSV files |
//! | [`pull`] | what the store has if it is young enough, otherwise one fetch for all who wait |
//! | [`etl`] | an operational store into an analytical one: copies from watermarks, features, reconciliation |
//! | [`retention`] | how long rows are kept |
//! | [`statistics`] | returns, volatilities and values at risk |
//! | [`technical`] | averages, oscillators, bands, ranges, trends and regimes of bars |
//! | [`wheel`] | what to sell out of a chain, and backtests of that over stored chains |

pub mod aggregate;
mod amount;
mod clock;
pub mod etl;
pub mod journal;
pub mod pull;
pub mod retention;
pub mod statistics;
pub mod technical;
pub mod wheel;

pub use clock::SystemClock;
