//! The directory of a store: which underlyings, days, series, accounts, models and strategies it holds, as of a point.

use std::fmt;

use async_trait::async_trait;
use chrono::NaiveDate;

use crate::{
    AsOf, Name, Page, Paging, Result,
    analytics::ModelRevision,
    market::{BarKey, SeriesId, Symbol},
    page::paging_builders,
};

/// A query for a list of the directory: what a store holds within the limits, in pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryQuery {
    /// The limits of the read. An item is listed if one of its rows, in any version, lies within both.
    pub as_of: AsOf,
    /// The part of the list to return.
    pub paging: Paging,
}

impl DirectoryQuery {
    /// Creates a query for everything within the limits.
    pub const fn new(as_of: AsOf) -> Self {
        Self { as_of, paging: Paging::ALL }
    }

    paging_builders!();
}

/// The directory of a store: what it holds, as of a point.
///
/// Each list has every item of which some row, in any version, lies within both limits of the query: the row's `at` is
/// not after the event limit, and its `recorded_at` not after the knowledge limit. Items are listed once, in ascending
/// order of their texts. Purged and evicted rows do not count.
///
/// A page costs what its items cost, not what the store holds: engines with indexes go from item to item, and the days
/// of quotes and of Greeks are kept in a small table beside the rows. A knowledge limit before most of a series' rows
/// is the exception, since the engine then looks for the first row within it.
///
/// ```
/// use strikebook_core::{
///     AsOf,
///     directory::{DirectoryQuery, DirectoryRepository},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let query = DirectoryQuery::new(AsOf::with_hindsight("2026-01-05T21:00:00Z".parse()?));
/// for underlying in store.list_underlyings(&query).await?.items {
///     println!("{underlying}: {} days", store.list_quote_days(underlying, &query).await?.items.len());
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine), and refuses the cursor of
/// another list with [`InvalidInput`](crate::ErrorKind::InvalidInput).
///
/// # Cancel safety
/// A dropped call has no effect.
#[async_trait]
pub trait DirectoryRepository: fmt::Debug + Send + Sync + 'static {
    /// Returns the underlyings of which the store holds option quotes or headers of chains.
    async fn list_underlyings(&self, query: &DirectoryQuery) -> Result<Page<Symbol>>;

    /// Returns the expirations of an underlying's contracts of which the store holds quotes.
    ///
    /// Contracts of one root and expiration belong together: they are of an underlying if the current details of one
    /// of them name it.
    async fn list_expirations(&self, underlying: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>>;

    /// Returns the days in New York of which the store holds quotes of an underlying's options. Contracts belong to an
    /// underlying as in [`list_expirations`](Self::list_expirations).
    async fn list_quote_days(&self, underlying: Symbol, query: &DirectoryQuery) -> Result<Page<NaiveDate>>;

    /// Returns the symbols of which the store holds live quotes of their own.
    async fn list_quoted_symbols(&self, query: &DirectoryQuery) -> Result<Page<Symbol>>;

    /// Returns the keys of the bars that the store holds, by the text of the instrument, then by that of the timeframe.
    async fn list_bar_keys(&self, query: &DirectoryQuery) -> Result<Page<BarKey>>;

    /// Returns the economic series of which the store holds observations.
    async fn list_series(&self, query: &DirectoryQuery) -> Result<Page<SeriesId>>;

    /// Returns the models and revisions of which the store holds computed Greeks, by model, then by revision.
    async fn list_models(&self, query: &DirectoryQuery) -> Result<Page<ModelRevision>>;

    /// Returns the accounts that orders, executions, account snapshots or events of the journal name.
    async fn list_accounts(&self, query: &DirectoryQuery) -> Result<Page<Name>>;

    /// Returns the strategies that signals, orders, backtests or trades name. Those that the application has
    /// registered are listed by [`list_strategies`](crate::operations::StrategyRepository::list_strategies).
    async fn list_strategy_names(&self, query: &DirectoryQuery) -> Result<Page<Name>>;
}
