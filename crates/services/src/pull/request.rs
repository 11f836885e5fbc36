//! Kinds of requests.

mod bars;
mod chain;
mod greeks;
mod position;
mod prediction;
mod price;

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    Name, Result, Store, Timestamp,
    market::{OptionQuote, UnderlyingQuote},
};

pub use bars::BarsRequest;
pub use chain::ChainRequest;
pub use greeks::GreeksRequest;
pub use position::PositionsRequest;
pub use prediction::PredictionRequest;
pub use price::PriceRequest;

use crate::quality::Gate;

/// A request of some kind: what is asked for, and how what comes is stored and read back.
#[async_trait]
pub trait Request: Clone + Debug + Send + Sync + 'static {
    /// What a provider gives.
    type Batch: Debug + Send + Sync + 'static;

    /// What the caller gets.
    type Data: Debug + Send + Sync + 'static;

    /// The name of the kind in the cache.
    const DATASET: &'static str;

    /// How old an answer may be when the caller does not say.
    const MAX_AGE: TimeDelta;

    /// The time to keep fetched data when the [options](super::PullOptions::expiry) do not say.
    const EXPIRY: TimeDelta = TimeDelta::days(30);

    /// What is asked for, as the cache's [subject](strikebook_core::operations::CacheKey): equal ones share an answer.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when it makes no name.
    fn subject(&self) -> Result<Name>;

    /// Passes the rows of a batch through the gate, which takes out wrong ones. By default none are checked.
    ///
    /// # Errors
    /// Those of [`Gate::sift`].
    fn sift(&self, batch: &mut Self::Batch, gate: &mut Gate) -> Result<()> {
        let _ = (batch, gate);
        Ok(())
    }

    /// Returns the latest instant, `at` or `recorded_at`, of the records that are to be stored; `None` when they have
    /// none. The puller compares it with its clock, and reads as of no earlier instant.
    fn newest(&self, batch: &Self::Batch) -> Option<Timestamp>;

    /// Stores what a provider gave. Storing it again must change nothing.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for records that are not valid or not what was asked
    /// for, and those of the store.
    async fn write(&self, store: &dyn Store, batch: &Self::Batch) -> Result<()>;

    /// Reads the answer as it was known at an instant; `None` when there is none.
    ///
    /// # Errors
    /// Those of the store.
    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<Self::Data>>;
}

/// The latest instant of quotes.
fn newest_of(quotes: &[OptionQuote], underlying_quotes: &[UnderlyingQuote]) -> Option<Timestamp> {
    let options = quotes.iter().map(|quote| quote.at.max(quote.recorded_at)).max();
    options.max(underlying_quotes.iter().map(|quote| quote.at.max(quote.recorded_at)).max())
}
