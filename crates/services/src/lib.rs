//! Use cases over strikebook's ports. They hold no state and know no engine: each takes the narrowest repository it needs.
//!
//! | module | what it does |
//! |---|---|
//! | [`journal`] | a broker's history into the journal's events, metrics of its trades, and both into CSV files |

pub mod journal;
