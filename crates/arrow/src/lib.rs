//! Rows of strikebook as Arrow record batches, and with the feature `parquet` as Parquet files: one schema a dataset.
//!
//! [`Rows`] is implemented for the rows of every [`Dataset`]; [`schemas`] lists the columns of each. One declaration a
//! dataset names columns, types and fields, so that archives, lakes and other programs read the same.
//!
//! # Forms of values
//! | value | column | why |
//! |---|---|---|
//! | `at`, `recorded_at` | `event_time`, `known_time` | a column named `at` must be quoted in DuckDB |
//! | an instant | `Timestamp(µs)` without a zone, UTC | a zone would let a reader's session shift it |
//! | a day | `Date32` | |
//! | a measured number | `Float64`, bit by bit | NaN and infinities are refused in both directions |
//! | a count | `Int64` | Spark and others have no integers without a sign |
//! | an amount of money, a quantity | `Decimal128(20, 8)` | the bound of every store: twelve digits before the point |
//! | a traded value | `Decimal128(28, 16)` | a sum of products of two amounts |
//! | a strike | `Decimal128(8, 3)` | OCC symbols have thousandths |
//! | a word, name, symbol, source, identity | `Utf8`, as it prints | Parquet's pages have dictionaries of their own |
//! | an option contract that is a key | `root`, `expiration`, `option_type`, `strike` | readers filter by each |
//! | an instrument | `Utf8`: a symbol, or an OCC symbol of 21 characters | |
//! | lists, structures of varying shape, JSON | `Utf8` with JSON as the types serialise to | every reader has JSON |
//! | a missing value | null | |
//!
//! A structure in a field fills columns of its own; those of a trade's two market contexts start with `entry_` and
//! `exit_`. Decimals are exact: one that does not fit is an error with `row` and `column`, never rounded. Amounts come
//! back in their canonical form, without zeros at the end. Values are checked one by one; rules about whole rows are
//! checked by the store that takes them.
//!
//! # Versions
//! The metadata of a schema hold the dataset's name ([`DATASET_KEY`]) and the schema's version ([`VERSION_KEY`]).
//! Rows of another dataset are [`Corrupt`](strikebook_core::ErrorKind::Corrupt), those of another version
//! [`Unsupported`](strikebook_core::ErrorKind::Unsupported).
//!
//! # Copies
//! A row's fields are copied once into the columns and once out of them; a batch on its way to or from another library
//! shares its buffers.

mod columns;
mod kind;
#[cfg(feature = "parquet")]
mod parquet;
mod rows;
#[cfg(test)]
mod sample;
#[doc = include_str!("schemas.md")]
pub mod schemas {}
#[cfg(test)]
mod tests;
mod value;

use ::arrow::datatypes::SchemaRef;
use strikebook_core::{
    analytics::{
        Backtest, ComputedGreeks, Features, HestonParameters, Indicators, OuParameters, Prediction, SabrParameters,
        SviParameters,
    },
    maintenance::Dataset,
    market::{
        Bar, ChainSnapshot, ContractDetails, CorporateAction, Fundamentals, Observation, OptionQuote, UnderlyingQuote,
    },
    operations::{
        AuditEntry, CacheEntry, Coverage, FetchCost, FetchLease, Permission, QualityReport, Run, RunReject, Setting,
        Strategy, SystemEvent, SystemState, User, Watermark,
    },
    trading::{
        AccountSnapshot, Execution, Order, PortfolioSnapshot, Position, Signal, StoredMetrics,
        journal::{Cycle, DailyPnl, ImportedRow, JournalEvent, Note, RiskState, RuleDefinition, Trade},
    },
};

pub use ::arrow;

#[cfg(feature = "parquet")]
pub use self::parquet::{ParquetReader, ParquetWriter, ROWS_PER_GROUP};
pub use self::rows::{DATASET_KEY, Rows, VERSION_KEY};

/// Calls a macro with the types of the rows of all datasets.
macro_rules! for_all_rows {
    ($call:ident) => {
        $call! {
            ContractDetails, OptionQuote, ChainSnapshot, UnderlyingQuote, Bar, CorporateAction, Fundamentals,
            Observation, ComputedGreeks, HestonParameters, SabrParameters, SviParameters, OuParameters,
            Features, Indicators, Backtest, Prediction, Signal, Order, Execution, Position, AccountSnapshot,
            PortfolioSnapshot, StoredMetrics, JournalEvent, ImportedRow, Cycle, Trade, Note, RuleDefinition,
            DailyPnl, RiskState, SystemEvent, SystemState, User, Permission, Strategy, Setting, QualityReport,
            Run, RunReject, Watermark, AuditEntry, CacheEntry, Coverage, FetchLease, FetchCost
        }
    };
}
#[cfg(test)]
pub(crate) use for_all_rows;

/// Returns the schema of a dataset's rows; `None` for a dataset that this crate does not know.
pub fn schema_of(dataset: Dataset) -> Option<SchemaRef> {
    macro_rules! find {
        ($($row:ty),+) => {
            match dataset {
                $(<$row as Rows>::DATASET => Some(<$row as Rows>::schema()),)+
                _ => None,
            }
        };
    }
    for_all_rows!(find)
}
