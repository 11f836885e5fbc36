//! Chains.

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    market::{ChainQuery, ChainSnapshot, OptionChain, OptionQuote, Symbol},
};
use strikebook_vendors::Batch;

use super::Request;

/// Asks for the chain of an underlying, whole or of one expiration. It is young for 15 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainRequest {
    /// The underlying.
    pub underlying: Symbol,
    /// The only expiration wanted; `None` for all.
    pub expiration: Option<NaiveDate>,
    /// Quotes that were older than this when the chain is read are left out of it: what a market says of a contract may be
    /// days old where nothing happens. It does not tell requests apart.
    pub max_quote_age: TimeDelta,
}

impl ChainRequest {
    /// The whole chain, with quotes of up to seven days.
    pub const fn new(underlying: Symbol) -> Self {
        Self { underlying, expiration: None, max_quote_age: TimeDelta::days(7) }
    }

    /// Only one expiration.
    #[must_use]
    pub const fn with_expiration(mut self, expiration: NaiveDate) -> Self {
        self.expiration = Some(expiration);
        self
    }
}

#[async_trait]
impl Request for ChainRequest {
    /// Quotes, and quotes of the underlying if there are any.
    type Batch = Batch;
    type Data = OptionChain;

    const DATASET: &'static str = "chains";
    const MAX_AGE: TimeDelta = TimeDelta::minutes(15);

    fn subject(&self) -> Result<Name> {
        match self.expiration {
            None => Name::new(self.underlying.as_str()),
            Some(expiration) => Name::new(&format!("{}/{expiration}", self.underlying)),
        }
    }

    /// A chain that holds nothing of what was asked for is refused: a provider that has nothing says so.
    async fn write(&self, store: &dyn Store, batch: &Batch) -> Result<()> {
        let asked_for = |quote: &&OptionQuote| self.expiration.is_none_or(|day| quote.contract.expiration() == day);
        if !batch.quotes.iter().any(|quote| asked_for(&quote)) {
            return Err(Error::invalid_input("the provider gave a chain without a quote of what was asked for")
                .with("underlying", self.underlying)
                .with("quotes", batch.quotes.len()));
        }
        store.upsert_underlying_quotes(&batch.underlying_quotes).await?;
        let snapshot = ChainSnapshot::of(self.underlying, &batch.quotes)?;
        store.upsert_snapshot(&snapshot, &batch.quotes).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<OptionChain>> {
        let query = ChainQuery::new(self.underlying, AsOf::instant(at)).with_max_quote_age(self.max_quote_age);
        let query = match self.expiration {
            None => query,
            Some(expiration) => query.with_expiration(expiration),
        };
        let chain = store.chain_as_of(&query).await?;
        Ok((!chain.is_empty()).then_some(chain))
    }
}
