//! Option chains: quotes, the chain as of a point in time, snapshots, and the port that keeps them.

mod quote;
mod selection;

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};

pub use quote::{ChainRow, ChainSnapshot, OptionQuote, QuoteGreeks};
pub use selection::OptionChain;

use super::{OptionContract, OptionType, Strike, Symbol};
use crate::{AsOf, ChangeQuery, Error, Page, Result, SeriesQuery, Timestamp, Upserted, Version};

/// Which chain to read, and as of when.
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
    /// The underlying.
    pub underlying: Symbol,
    /// The limits of the read.
    pub as_of: AsOf,
    /// Quotes older than this at the event limit are left out; `None` takes any age, and searches all history for it.
    pub max_quote_age: Option<TimeDelta>,
    /// The first expiration wanted.
    pub expiring_from: Option<NaiveDate>,
    /// The last expiration wanted.
    pub expiring_until: Option<NaiveDate>,
    /// Calls or puts only.
    pub option_type: Option<OptionType>,
    /// The lowest strike wanted.
    pub min_strike: Option<Strike>,
    /// The highest strike wanted.
    pub max_strike: Option<Strike>,
    /// Whether contracts with an [adjusted root](super::OptionRoot::is_adjusted) are wanted. They share strikes with
    /// the standard ones and deliver something else, so by default they are not.
    pub adjusted: bool,
}

impl ChainQuery {
    /// The whole standard chain as of a point, with quotes of any age.
    pub const fn new(underlying: Symbol, as_of: AsOf) -> Self {
        Self {
            underlying,
            as_of,
            max_quote_age: None,
            expiring_from: None,
            expiring_until: None,
            option_type: None,
            min_strike: None,
            max_strike: None,
            adjusted: false,
        }
    }

    /// Leaves out quotes older than this at the event limit. Zero asks for quotes of exactly that instant.
    #[must_use]
    pub const fn with_max_quote_age(mut self, age: TimeDelta) -> Self {
        self.max_quote_age = Some(age);
        self
    }

    /// Only this expiration.
    #[must_use]
    pub const fn with_expiration(self, expiration: NaiveDate) -> Self {
        self.with_expirations(expiration, expiration)
    }

    /// Only expirations from the first to the last day, both included.
    #[must_use]
    pub const fn with_expirations(mut self, first: NaiveDate, last: NaiveDate) -> Self {
        self.expiring_from = Some(first);
        self.expiring_until = Some(last);
        self
    }

    /// Calls or puts only.
    #[must_use]
    pub const fn with_option_type(mut self, option_type: OptionType) -> Self {
        self.option_type = Some(option_type);
        self
    }

    /// Only strikes from the lowest to the highest, both included.
    #[must_use]
    pub const fn with_strikes(mut self, lowest: Strike, highest: Strike) -> Self {
        self.min_strike = Some(lowest);
        self.max_strike = Some(highest);
        self
    }

    /// Contracts with an adjusted root too.
    #[must_use]
    pub const fn with_adjusted(mut self) -> Self {
        self.adjusted = true;
        self
    }

    /// Checks the age.
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

    /// The earliest instant of a quote that is young enough.
    pub fn oldest_quote(&self) -> Timestamp {
        self.max_quote_age.map_or(Timestamp::MIN, |age| self.as_of.at.saturating_sub(age))
    }

    /// Whether a contract is one of those asked for, its life included: the close on its last day still counts.
    pub fn admits(&self, contract: &OptionContract) -> bool {
        self.expiring_from.is_none_or(|first| contract.expiration() >= first)
            && self.expiring_until.is_none_or(|last| contract.expiration() <= last)
            && self.option_type.is_none_or(|option_type| contract.option_type() == option_type)
            && self.min_strike.is_none_or(|lowest| contract.strike() >= lowest)
            && self.max_strike.is_none_or(|highest| contract.strike() <= highest)
            && (self.adjusted || !contract.root().is_adjusted())
            && contract.expires_at() >= self.as_of.at
    }
}

/// What was traded of an underlying's options over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OptionVolume {
    /// Calls traded.
    pub calls: u64,
    /// Puts traded.
    pub puts: u64,
}

impl OptionVolume {
    /// Puts traded for each call; `None` when no calls were.
    pub fn put_call_ratio(&self) -> Option<f64> {
        (self.calls > 0).then(|| self.puts as f64 / self.calls as f64)
    }

    /// Adds contracts traded of one type.
    pub const fn add(&mut self, option_type: OptionType, volume: u64) {
        let sum = match option_type {
            OptionType::Call => &mut self.calls,
            OptionType::Put => &mut self.puts,
        };
        *sum = sum.saturating_add(volume);
    }
}

/// Which quotes of one contract to list.
pub type QuoteQuery = SeriesQuery<OptionContract>;

/// Which snapshot headers of one underlying to list.
pub type SnapshotQuery = SeriesQuery<Symbol>;

/// Quotes of option contracts, chains as of a point in time, and the headers of chain fetches.
///
/// A quote's key is its contract and `at`; a snapshot's is its underlying and `at`. Both keep every version that was
/// believed ([`Upserted`]).
#[async_trait]
pub trait ChainRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores quotes. A contract not seen before becomes known with its
    /// [standard details](super::ContractDetails::standard).
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was learned earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. Order does not matter otherwise. An empty batch is fine and does nothing. Either all rows are stored or
    /// none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](OptionQuote::validate), with its
    /// index as `row`, its contract, and the field; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is
    /// simulated and the store does not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_quotes(&self, quotes: &[OptionQuote]) -> Result<Upserted>;

    /// Stores the header of a fetch together with its quotes, all or nothing. The quotes are treated as in
    /// [`upsert_quotes`](Self::upsert_quotes), whose counts are returned; the header is kept in versions in the same
    /// way.
    ///
    /// # Errors
    /// As [`upsert_quotes`](Self::upsert_quotes), and [`InvalidInput`](crate::ErrorKind::InvalidInput) when the header
    /// is not [valid](ChainSnapshot::validate). The header is looked at before the quotes.
    ///
    /// # Cancel safety
    /// A dropped call stores everything or nothing.
    async fn upsert_snapshot(&self, snapshot: &ChainSnapshot, quotes: &[OptionQuote]) -> Result<Upserted>;

    /// Stores headers of fetches without quotes, as a copy of another store has them. They are treated as
    /// [`upsert_quotes`](Self::upsert_quotes) treats quotes.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a header is not [valid](ChainSnapshot::validate), with its
    /// index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does
    /// not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all headers or none.
    async fn upsert_snapshots(&self, snapshots: &[ChainSnapshot]) -> Result<Upserted>;

    /// The chain as it was known at a point: for each contract that the query admits, the last quote with `at` up to
    /// the event limit, among those recorded up to the knowledge limit, as it was believed then.
    ///
    /// A contract without such a quote, or whose last one is older than `max_quote_age`, does not appear: so none
    /// appears before it was listed. An expired contract does not appear; the close on its last day still counts. Each
    /// row tells its age. An underlying never seen gives an empty chain. Rows are ordered by expiration, strike, call
    /// before put, root.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_quote_age`.
    ///
    /// # Cancel safety
    /// Safe.
    async fn chain_as_of(&self, query: &ChainQuery) -> Result<OptionChain>;

    /// What was traded of an underlying's options on the days from an instant to the event limit, as it was believed at
    /// the knowledge limit.
    ///
    /// A quote tells its contract's volume of the day so far, so of each contract and day in New York the last quote
    /// that tells one counts, among those with `at` from that instant on; a window should therefore start and end
    /// between sessions. Contracts with adjusted roots count too. An underlying never seen has no volume.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn option_volume(&self, underlying: Symbol, from: Timestamp, as_of: AsOf) -> Result<OptionVolume>;

    /// The quotes of one contract within the query's limits, as they were believed at its knowledge limit, oldest
    /// first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_quotes(&self, query: &QuoteQuery) -> Result<Page<OptionQuote>>;

    /// Every version of the quote of a contract at an instant, in the order in which they were believed. Empty when
    /// there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_quote_versions(&self, contract: &OptionContract, at: Timestamp) -> Result<Vec<Version<OptionQuote>>>;

    /// Every version of the quotes of some contracts that came within the query's instants, by contract, then by `at`
    /// and by `recorded_at`. Without keys there are none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_quote_changes(&self, query: &ChangeQuery<OptionContract>) -> Result<Page<OptionQuote>>;

    /// The snapshot headers of one underlying within the query's limits, as they were believed at its knowledge limit,
    /// oldest first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_snapshots(&self, query: &SnapshotQuery) -> Result<Page<ChainSnapshot>>;

    /// Every version of the snapshot headers of some underlyings that came within the query's instants, by underlying,
    /// then by `at` and by `recorded_at`. Without keys there are none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_snapshot_changes(&self, query: &ChangeQuery<Symbol>) -> Result<Page<ChainSnapshot>>;
}
