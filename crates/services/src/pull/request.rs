//! The kinds of requests.

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
pub use position::{AccountReport, PositionsRequest};
pub use prediction::PredictionRequest;
pub use price::PriceRequest;

use crate::quality::Gate;

/// A kind of request: the key of its answer in the cache, and the storing and reading of its rows.
#[async_trait]
pub trait Request: Clone + Debug + Send + Sync + 'static {
    /// The records that a provider sends.
    type Batch: Debug + Send + Sync + 'static;

    /// The data that the caller gets.
    type Data: Debug + Send + Sync + 'static;

    /// The dataset of the kind in the cache.
    const DATASET: &'static str;

    /// The greatest age of a fresh answer when the caller sets none.
    const MAX_AGE: TimeDelta;

    /// The time to keep fetched data when the [options](super::PullOptions::expiry) do not say.
    const EXPIRY: TimeDelta = TimeDelta::days(30);

    /// Returns the [subject](strikebook_core::operations::CacheKey) of the request in the cache. Requests with equal
    /// subjects share an answer.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when the request has no valid name.
    fn subject(&self) -> Result<Name>;

    /// Passes the rows of a batch through the gate, which removes wrong ones. By default nothing is checked.
    ///
    /// # Errors
    /// Those of [`Gate::sift`].
    fn sift(&self, batch: &mut Self::Batch, gate: &mut Gate) -> Result<()> {
        let _ = (batch, gate);
        Ok(())
    }

    /// Returns the latest instant, `at` or `recorded_at`, of the records to store; `None` when they have none. The
    /// puller compares it with its clock, and reads as of no earlier instant.
    fn newest(&self, batch: &Self::Batch) -> Option<Timestamp>;

    /// Stores the records that a provider sent. Storing them again must change nothing.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for records that are invalid or were not requested,
    /// and those of the store.
    async fn write(&self, store: &dyn Store, batch: &Self::Batch) -> Result<()>;

    /// Reads the answer as of an instant; `None` when there is none.
    ///
    /// # Errors
    /// Those of the store.
    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<Self::Data>>;
}

/// Returns the latest instant, `at` or `recorded_at`, of quotes.
fn newest_of(quotes: &[OptionQuote], underlying_quotes: &[UnderlyingQuote]) -> Option<Timestamp> {
    let options = quotes.iter().map(|quote| quote.at.max(quote.recorded_at)).max();
    options.max(underlying_quotes.iter().map(|quote| quote.at.max(quote.recorded_at)).max())
}
