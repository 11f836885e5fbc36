//! Requests for bars of an instrument.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use strikebook_core::{
    AsOf, Error, Name, Result, SeriesQuery, Store, Timestamp,
    market::{Bar, BarKey, calendar},
    operations::CacheKey,
};
use strikebook_vendors::Batch;

use super::Request;
use crate::quality::Gate;

/// Requests the bars of a range of days. A [`BarPuller`](super::super::BarPuller) fetches only the days that are not
/// stored.
///
/// A bar whose end is ahead of our clock is refused with [`ClockSkew`](strikebook_core::ErrorKind::ClockSkew): once
/// stored, it would pass for the whole bar when its end has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BarsRequest {
    /// The instrument and the timeframe.
    pub key: BarKey,
    /// The first day, in New York.
    pub from: NaiveDate,
    /// The last day, in New York.
    pub until: NaiveDate,
}

impl BarsRequest {
    /// Creates a request for the bars from one day to another, both included.
    pub const fn new(key: BarKey, from: NaiveDate, until: NaiveDate) -> Self {
        Self { key, from, until }
    }

    /// Returns the key of the coverage of these bars.
    pub(crate) fn coverage_key(&self) -> Result<CacheKey> {
        Self::coverage_key_of(&self.key)
    }

    pub(crate) fn coverage_key_of(key: &BarKey) -> Result<CacheKey> {
        let subject = Name::new(&format!("{}/{}", key.instrument, key.timeframe))?;
        Ok(CacheKey { dataset: Name::new(Self::DATASET)?, subject })
    }

    /// Returns the days, in New York, on which bars began.
    pub(crate) fn days(bars: &[Bar]) -> BTreeSet<NaiveDate> {
        bars.iter().map(|bar| bar.opened_at.new_york_date()).collect()
    }

    /// Returns the latest instant, `at` or `recorded_at`, of bars.
    pub(crate) fn newest_of(bars: &[Bar]) -> Option<Timestamp> {
        bars.iter().map(|bar| bar.at.max(bar.recorded_at)).max()
    }

    /// Returns the stored bars of the range as of an instant.
    pub(crate) async fn stored(&self, store: &dyn Store, now: Timestamp) -> Result<Vec<Bar>> {
        let start = calendar::instant(self.from, NaiveTime::MIN)?;
        let end = calendar::instant(self.until, NaiveTime::MIN)?.saturating_add(TimeDelta::days(1));
        let query = SeriesQuery::new(self.key, AsOf::instant(now.min(end)).known_by(now)).with_from(start);
        let mut bars = store.list_bars(&query).await?.items;
        bars.retain(|bar| (self.from..=self.until).contains(&bar.opened_at.new_york_date()));
        Ok(bars)
    }
}

#[async_trait]
impl Request for BarsRequest {
    /// Bars. Other records of the batch are not stored.
    type Batch = Batch;
    type Data = Vec<Bar>;

    const DATASET: &'static str = "bars";
    const MAX_AGE: TimeDelta = TimeDelta::days(7);

    fn subject(&self) -> Result<Name> {
        Name::new(&format!("{}/{}/{}/{}", self.key.instrument, self.key.timeframe, self.from, self.until))
    }

    fn sift(&self, batch: &mut Batch, gate: &mut Gate) -> Result<()> {
        gate.sift(&mut batch.bars)
    }

    fn newest(&self, batch: &Batch) -> Option<Timestamp> {
        Self::newest_of(&batch.bars)
    }

    /// Refuses a batch without bars: a provider that has none answers [`Empty`](crate::pull::ProviderResponse::Empty).
    async fn write(&self, store: &dyn Store, batch: &Batch) -> Result<()> {
        if batch.bars.is_empty() {
            return Err(Error::invalid_input("the provider sent no bars; a provider without bars must answer `Empty`")
                .with("instrument", self.key.instrument)
                .with("timeframe", self.key.timeframe));
        }
        if let Some(other) = batch.bars.iter().find(|bar| bar.key != self.key) {
            return Err(Error::invalid_input("the provider sent a bar of another instrument or timeframe")
                .with("instrument", other.key.instrument)
                .with("timeframe", other.key.timeframe)
                .with("expected", format_args!("{}/{}", self.key.instrument, self.key.timeframe)));
        }
        store.upsert_bars(&batch.bars).await.map(drop)
    }

    async fn read(&self, store: &dyn Store, at: Timestamp) -> Result<Option<Vec<Bar>>> {
        let bars = self.stored(store, at).await?;
        Ok((!bars.is_empty()).then_some(bars))
    }
}
