//! Market data: contracts, chains, quotes of underlyings, bars, corporate actions, fundamentals, economic series, and
//! aggregates of live quotes.

pub(crate) mod aggregate;
pub(crate) mod bar;
pub mod calendar;
pub(crate) mod chain;
pub(crate) mod contract;
pub(crate) mod corporate_action;
pub(crate) mod economic;
pub(crate) mod fundamental;
pub(crate) mod instrument;
pub(crate) mod life;
pub(crate) mod product;
pub(crate) mod underlying;

pub use aggregate::{AggregateRepository, DailyOptions, HourlyOptions};
pub use bar::{Bar, BarKey, BarQuery, BarRepository, Timeframe};
pub use chain::{
    ChainQuery, ChainRepository, ChainRow, ChainSnapshot, OptionChain, OptionQuote, OptionVolume, QuoteGreeks,
    QuoteQuery, SnapshotQuery,
};
pub use contract::{
    ContractDetails, ContractQuery, ContractRepository, OptionContract, OptionRoot, OptionType, Strike,
};
pub use corporate_action::{
    ActionKey, ActionKind, ActionStatus, ActionTerms, AdjustedContract, CorporateAction, CorporateActionRepository,
    Deliverable, EarningsTime,
};
pub use economic::{EconomicQuery, EconomicRepository, Observation, SeriesId};
pub use fundamental::{FundamentalRepository, Fundamentals};
pub use instrument::{Instrument, Symbol};
pub use life::ContractLife;
pub use product::{Delivery, ExerciseStyle, LastTrading, Product, SettlementTime, TradingHours};
pub use underlying::{UnderlyingQuery, UnderlyingQuote, UnderlyingRepository};
