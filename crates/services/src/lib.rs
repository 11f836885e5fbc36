//! Use cases over strikebook's ports. They hold no state and know no engine: each takes the narrowest repository it needs.
//!
//! | module | what it does |
//! |---|---|
//! | [`journal`] | a broker's history into the journal's events, metrics of its trades, and both into CSV files |
//! | [`technical`] | averages, oscillators, bands, ranges, trends and regimes of bars |
//! | [`wheel`] | what to sell out of a chain, and backtests of that over stored chains |

pub mod journal;
pub mod technical;
pub mod wheel;
