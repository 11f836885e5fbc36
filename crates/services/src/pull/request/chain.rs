//! Requests for option chains.

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use strikebook_core::{
    AsOf, Error, Name, Result, Store, Timestamp,
    market::{ChainQuery, ChainSnapshot, OptionChain, OptionQuote, Symbol, calendar},
};
use strikebook_vendors::Batch;

use super::{Request, newest_of};
use crate::quality::Gate;

/// Requests the chain of an underlying, whole or of one expiration. A chain is fresh for 15 minutes.
///
/// By default the chain has the quotes since the open of the last session, 9:30 in New York: a market maker's quote
/// stands until it is changed, at the latest until the close, and is void on the next day. A request on a weekend or
/// before Monday's open therefore returns Friday's chain. A session counts as the last one from half an hour after its
/// open on, when delayed feeds have its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChainRequest {
    /// The underlying of the chain.
    pub underlying: Symbol,
    /// The only expiration to return; `None` for all.
    pub expiration: Option<NaiveDate>,
    /// The oldest quote age to accept, at the instant of the read; `None` accepts the quotes since the open of the last
    /// session. Requests that differ only in this age share one answer.
    pub max_quote_age: Option<TimeDelta>,
}

impl ChainRequest {
    /// Creates a request for the whole chain, with the quotes of the last session.
    pub const fn new(underlying: Symbol) -> Self {
        Self { underlying, expiration: None, max_quote_age: None }
    }

    /// Requests only one expiration.
    #[must_use]
    pub const fn with_expiration(mut self, expiration: NaiveDate) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// Sets the oldest quote age to accept.
    #[must_use]
    pub const fn with_max_quote_age(mut self, age: TimeDelta) -> Self {
        self.max_quote_age = Some(age);
        self
    }

    /// Returns the query that reads the answer as of an instant.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for an instant at the ends of [`Timestamp`]'s range.
    pub fn query(&self, at: Timestamp) -> Result<ChainQuery> {
        let age = match self.max_quote_age {
            Some(age) => age,
            None => at.since(last_open(at)?),
        };
        let query = ChainQuery::new(self.underlying, AsOf::instant(at)).with_max_quote_age(age);
        Ok(match self.expiration {
            None => query,
            Some(expiration) => query.with_expiration(expiration),
        })
    }
}

/// The open of the exchanges in New York.
const OPEN: NaiveTime = match NaiveTime::from_hms_opt(9, 30, 0) {
    Some(time) => time,
    None => NaiveTime::MIN,
};
/// The time from the open after which a session counts as the last one: delayed feeds are 15 to 20 minutes late.
const SETTLED_AFTER: TimeDelta = TimeDelta::minutes(30);
/// The number of days among which one has a session. The longest closing since 1990 took six, in September 2001.
const LONGEST_CLOSING: usize = 14;

/// Returns the open of the last session at an instant.
fn last_open(at: Timestamp) -> Result<Timestamp> {
    let days = std::iter::successors(Some(at.new_york_date()), NaiveDate::pred_opt).take(LONGEST_CLOSING);
    for day in days.filter(|day| calendar::is_trading_day(*day)) {
        let opened = calendar::instant(day, OPEN)?;
        if opened.saturating_add(SETTLED_AFTER) <= at {
            return Ok(opened);
        }
    }
    Err(Error::invalid_input("no session within 14 days before the instant").with("at", at))
}

#[async_trait]
impl Request for ChainRequest {
    /// Quotes of the chain, with quotes of the underlying if the provider sends any.
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

    fn sift(&self, batch: &mut Batch, gate: &mut Gate) -> Result<()> {
        gate.sift(&mut batch.quotes)?;
        gate.sift(&mut batch.underlying_quotes)
    }

    fn newest(&self, batch: &Batch) -> Option<Timestamp> {
        newest_of(&batch.quotes, &batch.underlying_quotes)
    }

    /// Refuses a chain without a requested quote: a provider that has none answers
    /// [`Empty`](crate::pull::ProviderResponse::Empty).
    async fn write(&self, store: &dyn Store, batch: &Batch) -> Result<()> {
        let is_requested = |quote: &&OptionQuote| self.expiration.is_none_or(|day| quote.contract.expiration() == day);
        if !batch.quotes.iter().any(|quote| is_requested(&quote)) {
            return Err(Error::invalid_input(
                "the provider sent no quote of the requested chain; a provider without quotes must answer `Empty`",
            )
            .with("underlying", self.underlying)
            .with("quotes", batch.quotes.len()));
        }
        store.upsert_underlying_quotes(&batch.underlying_quotes).await?;
        let snapshot = ChainSnapshot::of(self.underlying, &batch.quotes)?;
        store.upsert_snapshot(&snapshot, &batch.quotes).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<OptionChain>> {
        let chain = store.chain_as_of(&self.query(at)?).await?;
        Ok((!chain.is_empty()).then_some(chain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_session_follows_the_calendar() -> Result<()> {
        let spy = ChainRequest::new(Symbol::new("SPY")?);
        for (at, oldest) in [
            // A Thursday, before the open, at the open, half an hour later, and in the evening.
            ("2025-09-25T08:00:00-04:00", "2025-09-24T09:30:00-04:00"),
            ("2025-09-25T09:59:59-04:00", "2025-09-24T09:30:00-04:00"),
            ("2025-09-25T10:00:00-04:00", "2025-09-25T09:30:00-04:00"),
            ("2025-09-25T23:00:00-04:00", "2025-09-25T09:30:00-04:00"),
            // A Sunday, and the Monday that follows.
            ("2025-09-28T12:00:00-04:00", "2025-09-26T09:30:00-04:00"),
            ("2025-09-29T09:45:00-04:00", "2025-09-26T09:30:00-04:00"),
            // Labor Day, a holiday on a Monday.
            ("2025-09-01T15:00:00-04:00", "2025-08-29T09:30:00-04:00"),
            // After the half day of Thanksgiving's week.
            ("2025-11-28T18:00:00-05:00", "2025-11-28T09:30:00-05:00"),
            // The exchanges were closed from the 11th to the 16th.
            ("2001-09-17T09:00:00-04:00", "2001-09-10T09:30:00-04:00"),
        ] {
            assert_eq!(spy.query(at.parse()?)?.oldest_quote(), oldest.parse()?, "{at}");
        }
        let hour = spy.with_max_quote_age(TimeDelta::hours(1)).query("2025-09-25T20:00:00Z".parse()?)?;
        assert_eq!(hour.oldest_quote(), "2025-09-25T19:00:00Z".parse()?);
        Ok(())
    }
}
