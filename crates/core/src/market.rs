//! Market data: contracts, chains, quotes of underlyings, bars, economic series, and aggregates of live quotes.

pub(crate) mod aggregate;
pub(crate) mod bar;
pub mod calendar;
pub(crate) mod chain;
pub(crate) mod contract;
pub(crate) mod economic;
pub(crate) mod instrument;
pub(crate) mod underlying;

pub use aggregate::{AggregateRepository, DailyOptions, HourlyOptions};
pub use bar::{Bar, BarKey, BarQuery, BarRepository, Timeframe};
pub use chain::{
    ChainQuery, ChainRepository, ChainRow, ChainSnapshot, OptionChain, OptionQuote, OptionVolume, QuoteGreeks,
    QuoteQuery, SnapshotQuery,
};
pub use contract::{
    ContractDetails, ContractQuery, ContractRepository, ExerciseStyle, OptionContract, OptionRoot, OptionType, Strike,
};
pub use economic::{EconomicQuery, EconomicRepository, Observation, SeriesId};
pub use instrument::{Instrument, Symbol};
pub use underlying::{UnderlyingQuery, UnderlyingQuote, UnderlyingRepository};
