//! Requests for prices of underlyings.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    market::{Symbol, UnderlyingQuote},
};
use strikebook_vendors::Batch;

use super::{Request, newest_of};
use crate::quality::Gate;

/// Requests the last quote of a stock, fund or index. A quote is fresh for five minutes after its fetch, and kept for
/// seven days. The quote's `at` is the market's time, days back on a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriceRequest {
    /// The stock, fund or index.
    pub symbol: Symbol,
}

impl PriceRequest {
    /// Creates a request for the last quote of a symbol.
    pub const fn new(symbol: Symbol) -> Self {
        Self { symbol }
    }
}

#[async_trait]
impl Request for PriceRequest {
    /// Quotes of underlyings. Option quotes of the batch are stored too.
    type Batch = Batch;
    type Data = UnderlyingQuote;

    const DATASET: &'static str = "prices";
    const MAX_AGE: TimeDelta = TimeDelta::minutes(5);
    const EXPIRY: TimeDelta = TimeDelta::days(7);

    fn subject(&self) -> Result<Name> {
        Name::new(self.symbol.as_str())
    }

    fn sift(&self, batch: &mut Batch, gate: &mut Gate) -> Result<()> {
        gate.sift(&mut batch.underlying_quotes)?;
        gate.sift(&mut batch.quotes)
    }

    fn newest(&self, batch: &Batch) -> Option<Timestamp> {
        newest_of(&batch.quotes, &batch.underlying_quotes)
    }

    async fn write(&self, store: &dyn Store, batch: &Batch) -> Result<()> {
        if !batch.underlying_quotes.iter().any(|quote| quote.symbol == self.symbol) {
            return Err(Error::invalid_input(
                "the provider sent no quote of the requested symbol; a provider without a quote must answer `Empty`",
            )
            .with("symbol", self.symbol)
            .with("quotes", batch.underlying_quotes.len()));
        }
        store.upsert_quotes(&batch.quotes).await?;
        store.upsert_underlying_quotes(&batch.underlying_quotes).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<UnderlyingQuote>> {
        store.underlying_as_of(self.symbol, AsOf::instant(at)).await
    }
}
