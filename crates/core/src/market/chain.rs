//! Option chains: quotes, chains as of a point in time, snapshots, and their port.

mod quote;
mod selection;

use async_trait::async_trait;
use chrono::{Days, NaiveDate, TimeDelta};

pub use quote::{ChainRow, ChainSnapshot, OptionQuote, QuoteGreeks};
pub use selection::OptionChain;

use super::{ContractLife, OptionContract, OptionType, Strike, Symbol, calendar};
use crate::{AsOf, ChangeQuery, Error, Page, Result, SeriesQuery, Timestamp, Upserted, Version};

/// A query for the chain of one underlying as of a point in time.
///
/// ```
/// use chrono::TimeDelta;
/// use strikebook_core::{AsOf, market::{ChainQuery, OptionType, Symbol}};
///
/// let noon = "2015-12-24T12:00:00-05:00".parse()?;
/// let query = ChainQuery::new(Symbol::new("GOOG")?, AsOf::instant(noon))
///     .with_max_quote_age(TimeDelta::minutes(30))
///     .with_option_type(OptionType::Put);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainQuery {
    /// The underlying of the chain.
    pub underlying: Symbol,
    /// The limits of the read.
    pub as_of: AsOf,
    /// The largest age of a quote at the event limit; `None` accepts any age and searches the whole history.
    pub max_quote_age: Option<TimeDelta>,
    /// The first expiration to return, inclusive; `None` sets no bound.
    pub expiring_from: Option<NaiveDate>,
    /// The last expiration to return, inclusive; `None` sets no bound.
    pub expiring_until: Option<NaiveDate>,
    /// The fewest days to expiration to return, inclusive: calendar days from the event limit to the [last trading
    /// day](super::ContractLife::last_trading_day); `None` sets no bound.
    pub min_days: Option<u32>,
    /// The most days to expiration to return, inclusive; `None` sets no bound.
    pub max_days: Option<u32>,
    /// The option type to return; `None` returns calls and puts.
    pub option_type: Option<OptionType>,
    /// The lowest strike to return, inclusive; `None` sets no bound.
    pub min_strike: Option<Strike>,
    /// The highest strike to return, inclusive; `None` sets no bound.
    pub max_strike: Option<Strike>,
    /// True to include contracts with an [adjusted root](super::OptionRoot::is_adjusted). They share strikes with the
    /// standard contracts but deliver something else. The default is false.
    pub adjusted: bool,
}

impl ChainQuery {
    /// Creates a query for the whole standard chain, with quotes of any age.
    pub const fn new(underlying: Symbol, as_of: AsOf) -> Self {
        Self {
            underlying,
            as_of,
            max_quote_age: None,
            expiring_from: None,
            expiring_until: None,
            min_days: None,
            max_days: None,
            option_type: None,
            min_strike: None,
            max_strike: None,
            adjusted: false,
        }
    }

    /// Asks for the chain of another underlying under the same conditions.
    #[must_use]
    pub const fn with_underlying(mut self, underlying: Symbol) -> Self {
        self.underlying = underlying;
        self
    }

    /// Excludes quotes older than this at the event limit. Zero requires quotes of exactly that instant.
    #[must_use]
    pub const fn with_max_quote_age(mut self, age: TimeDelta) -> Self {
        self.max_quote_age = Some(age);
        self
    }

    /// Restricts the query to one expiration.
    #[must_use]
    pub const fn with_expiration(self, expiration: NaiveDate) -> Self {
        self.with_expirations(expiration, expiration)
    }

    /// Restricts the query to expirations from the first to the last day, both included.
    #[must_use]
    pub const fn with_expirations(mut self, first: NaiveDate, last: NaiveDate) -> Self {
        self.expiring_from = Some(first);
        self.expiring_until = Some(last);
        self
    }

    /// Restricts the query to contracts that trade last from so many to so many calendar days after the event
    /// limit, both included. 0 to 0 are the contracts on their last trading day.
    ///
    /// The [expiration](Self::with_expirations) is a date in a symbol, which for contracts that settle at the opening,
    /// or that are dated on a Saturday, is not the last trading day.
    #[must_use]
    pub const fn with_days_to_expiration(mut self, fewest: u32, most: u32) -> Self {
        self.min_days = Some(fewest);
        self.max_days = Some(most);
        self
    }

    /// Restricts the query to calls or to puts.
    #[must_use]
    pub const fn with_option_type(mut self, option_type: OptionType) -> Self {
        self.option_type = Some(option_type);
        self
    }

    /// Restricts the query to strikes from the lowest to the highest, both included.
    #[must_use]
    pub const fn with_strikes(mut self, lowest: Strike, highest: Strike) -> Self {
        self.min_strike = Some(lowest);
        self.max_strike = Some(highest);
        self
    }

    /// Includes contracts with an adjusted root.
    #[must_use]
    pub const fn with_adjusted(mut self) -> Self {
        self.adjusted = true;
        self
    }

    /// Checks that `max_quote_age` is not negative.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative age.
    pub fn validate(&self) -> Result<()> {
        match self.max_quote_age {
            Some(age) if age < TimeDelta::zero() => Err(Error::invalid_input("max_quote_age must not be negative")
                .with("field", "max_quote_age")
                .with("value", age)),
            _ => Ok(()),
        }
    }

    /// Returns the earliest `at` of a quote within `max_quote_age`.
    pub fn oldest_quote(&self) -> Timestamp {
        self.max_quote_age.map_or(Timestamp::MIN, |age| self.as_of.at.saturating_sub(age))
    }

    /// Returns the instants from and up to which contracts must trade last, both included. `None` sets no bound.
    pub fn last_trade_limits(&self) -> (Timestamp, Option<Timestamp>) {
        let today = self.as_of.at.new_york_date();
        // No contract lives beyond the last day that is an instant.
        let start_of = |days: u64| {
            let day = today.checked_add_days(Days::new(days));
            day.and_then(|day| calendar::midnight(day).ok()).unwrap_or(Timestamp::MAX)
        };
        let first = self.min_days.map_or(self.as_of.at, |fewest| start_of(fewest.into()).max(self.as_of.at));
        let end = self.max_days.map(|most| start_of(u64::from(most) + 1));
        (first, end.map(|end| end.saturating_sub(TimeDelta::microseconds(1))))
    }

    /// Returns true if the chain may contain a contract: its terms match and it still trades, where the last instant of
    /// trading still counts.
    pub fn admits(&self, contract: &OptionContract, life: &ContractLife) -> bool {
        let days = life.days_to_expiration(self.as_of.at);
        self.expiring_from.is_none_or(|first| contract.expiration() >= first)
            && self.expiring_until.is_none_or(|last| contract.expiration() <= last)
            && self.option_type.is_none_or(|option_type| contract.option_type() == option_type)
            && self.min_strike.is_none_or(|lowest| contract.strike() >= lowest)
            && self.max_strike.is_none_or(|highest| contract.strike() <= highest)
            && (self.adjusted || !contract.root().is_adjusted())
            && self.min_days.is_none_or(|fewest| days >= fewest.into())
            && self.max_days.is_none_or(|most| days <= most.into())
            && life.is_alive(self.as_of.at)
    }
}

/// The traded volume of an underlying's options over a period, in contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionVolume {
    /// The number of calls traded.
    pub calls: u64,
    /// The number of puts traded.
    pub puts: u64,
}

impl OptionVolume {
    /// Returns the puts traded per call; `None` when no call was traded.
    pub fn put_call_ratio(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.puts as f64 / self.calls as f64)
    }

    /// Adds traded contracts of one type.
    pub const fn add(&mut self, option_type: OptionType, volume: u64) {
        let sum = match option_type {
            OptionType::Call => &mut self.calls,
            OptionType::Put => &mut self.puts,
        };
        *sum = sum.saturating_add(volume);
    }
}

/// A query for quotes of one contract.
pub type QuoteQuery = SeriesQuery<OptionContract>;

/// A query for the chain snapshots of one underlying.
pub type SnapshotQuery = SeriesQuery<Symbol>;

/// Quotes of option contracts, chains as of a point in time, and chain snapshots.
///
/// The key of a quote is its contract and `at`, that of a snapshot its underlying and `at`. Both are stored in
/// [versions](Upserted#versions). An example is at [`MemoryStore`](crate::memory::MemoryStore).
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait ChainRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores quotes by the [rules of every upsert](Upserted#rules-of-every-upsert). A contract that the store does
    /// not know yet is stored with its [standard details](super::ContractDetails::standard).
    async fn upsert_quotes(&self, quotes: &[OptionQuote]) -> Result<Upserted>;

    /// Stores the snapshot of a fetch together with its quotes, all or nothing, and returns the counts of the quotes.
    /// Both follow the [rules of every upsert](Upserted#rules-of-every-upsert). The snapshot is checked before the
    /// quotes.
    async fn upsert_snapshot(&self, snapshot: &ChainSnapshot, quotes: &[OptionQuote]) -> Result<Upserted>;

    /// Stores snapshots without quotes, for a copy from another store, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert).
    async fn upsert_snapshots(&self, snapshots: &[ChainSnapshot]) -> Result<Upserted>;

    /// Returns the chain as of a point: for each contract that the query admits the last quote within both limits, in
    /// the version valid at the knowledge limit.
    ///
    /// A contract does not appear without such a quote, which includes any time before its listing, when its last quote
    /// is older than `max_quote_age`, and after its [last trade](ContractLife::last_trade_at), whose instant still
    /// counts. Each row states its age, and the terms and life of its contract by the stored
    /// [details](super::ContractDetails). An underlying without quotes yields an empty chain. Rows are ordered by
    /// expiration, strike, call before put, then root.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_quote_age`.
    async fn chain_as_of(&self, query: &ChainQuery) -> Result<OptionChain>;

    /// Returns the chain of each query, in their order. Queries under the same conditions are answered together: the
    /// chains of hundreds of underlyings at one instant are one call.
    ///
    /// All chains are in memory at once, 280 bytes a contract. Ask for a few dozen at a time where that is too much.
    ///
    /// ```
    /// use strikebook_core::{AsOf, Result, market::{ChainQuery, ChainRepository, Symbol}};
    ///
    /// /// Returns the number of contracts quoted at an instant.
    /// async fn quoted(store: &dyn ChainRepository, symbols: &[Symbol], as_of: AsOf) -> Result<usize> {
    ///     let queries: Vec<_> = symbols.iter().map(|symbol| ChainQuery::new(*symbol, as_of)).collect();
    ///     Ok(store.chains_as_of(&queries).await?.iter().map(|chain| chain.len()).sum())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_quote_age`.
    async fn chains_as_of(&self, queries: &[ChainQuery]) -> Result<Vec<OptionChain>>;

    /// Returns the volume of an underlying's options on the days from an instant to the event limit, by the versions
    /// valid at the knowledge limit.
    ///
    /// A quote states the volume of its contract so far that day. For each contract and day in New York the last
    /// quote with a volume counts, among those with `at` from that instant on, so a window should start and end
    /// between sessions. Contracts with adjusted roots are included. An underlying without quotes has no volume.
    async fn option_volume(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume>;

    /// Returns the quotes of one contract within the query's limits, in the versions valid at its knowledge limit,
    /// oldest first.
    async fn list_quotes(&self, query: &QuoteQuery) -> Result<Page<OptionQuote>>;

    /// Returns every version of a contract's quote at an instant, in the order of `recorded_at`. Empty when there is
    /// no such quote.
    async fn list_quote_versions(&self, contract: &OptionContract, at: Timestamp) -> Result<Vec<Version<OptionQuote>>>;

    /// Returns the changes of the quotes of some contracts, ordered by contract, `at` and `recorded_at`. Empty
    /// without keys.
    async fn list_quote_changes(&self, query: &ChangeQuery<OptionContract>) -> Result<Page<OptionQuote>>;

    /// Returns the snapshots of one underlying within the query's limits, in the versions valid at its knowledge
    /// limit, oldest first.
    async fn list_snapshots(&self, query: &SnapshotQuery) -> Result<Page<ChainSnapshot>>;

    /// Returns the changes of the snapshots of some underlyings, ordered by underlying, `at` and `recorded_at`. Empty
    /// without keys.
    async fn list_snapshot_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<ChainSnapshot>>;
}
