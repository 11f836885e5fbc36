//! Prices of underlyings.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    market::{Symbol, UnderlyingQuote},
};
use strikebook_vendors::Batch;

use super::{Request, newest_of};
use crate::quality::Gate;

/// Asks for the last quote of a stock, fund or index. It is fresh for five minutes, and kept for seven days. The
/// quote's own `at` tells how old the market's word is, as on a weekend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriceRequest {
    /// The stock, fund or index.
    pub symbol: Symbol,
}

impl PriceRequest {
    /// The last quote of a symbol.
    pub const fn new(symbol: Symbol) -> Self {
        Self { symbol }
    }
}

#[async_trait]
impl Request for PriceRequest {
    /// Quotes of underlyings; what else comes with them is stored too.
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
            return Err(Error::invalid_input("the provider gave no quote of what was asked for")
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
