//! Economic series: interest rates, the VIX, inflation.

use arrayvec::ArrayString;
use async_trait::async_trait;
use chrono::{Days, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use super::{calendar, instrument::text_conversions};
use crate::{
    AsOf, ChangeQuery, Error, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version, validate::number,
};

/// The name of an economic series, such as `DGS3MO`, `SOFR` or `VIX`.
///
/// One to 32 characters out of `A-Z 0-9 . _ -`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SeriesId(ArrayString<32>);

impl SeriesId {
    /// A series by its name.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when it is empty, too long, or holds another character.
    pub fn new(text: &str) -> Result<Self> {
        let allowed = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || b"._-".contains(&c);
        match ArrayString::from(text) {
            Ok(id) if !text.is_empty() && text.bytes().all(allowed) => Ok(Self(id)),
            _ => Err(Error::invalid_input("a series must be named by 1 to 32 characters out of A-Z 0-9 . _ -")
                .with("series", format_args!("{text:?}"))),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(SeriesId);

/// The value of a series for one day, in the units of its publisher: H.15 yields are percent, so 4.25 is 4.25 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The series.
    pub series: SeriesId,
    /// The day that the value is for.
    pub date: NaiveDate,
    /// The value. A day without one has no observation.
    pub value: f64,
    /// Where it comes from.
    pub source: Source,
    /// When we learned it. Series are published after the day they are for, some by weeks: this is the time that keeps
    /// them out of the past.
    pub recorded_at: Timestamp,
}

impl Observation {
    /// The earliest instant at which the value can have been said: the end of its day in New York.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the day is outside of [`Timestamp`]'s range.
    pub fn at(&self) -> Result<Timestamp> {
        Self::at_end_of(self.date)
    }

    /// The `at` of an observation for a day.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn at_end_of(date: NaiveDate) -> Result<Timestamp> {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
        calendar::instant(next, NaiveTime::MIN)
    }

    /// Checks the value, finite and not absurdly large, and the day.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        number("value", self.value)?;
        self.at().map(drop).map_err(|error| error.with("field", "date"))
    }
}

/// Which observations of one series to list.
pub type EconomicQuery = SeriesQuery<SeriesId>;

/// Observations of economic series. An observation's key is its series and day; its `at` is the end of that day; every
/// version that was believed is kept ([`Upserted`]).
#[async_trait]
pub trait EconomicRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores observations.
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was learned earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](Observation::validate), with its
    /// index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does
    /// not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_observations(&self, observations: &[Observation]) -> Result<Upserted>;

    /// The last observation of a series within both limits, as it was believed at the knowledge limit; `None` when
    /// there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn observation_as_of(&self, series: SeriesId, as_of: AsOf) -> Result<Option<Observation>>;

    /// The observations of one series within the query's limits, as they were believed at its knowledge limit, oldest
    /// first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_observations(&self, query: &EconomicQuery) -> Result<Page<Observation>>;

    /// Every version of the observation of a series for a day, in the order in which they were believed. Empty when
    /// there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_observation_versions(&self, series: SeriesId, date: NaiveDate) -> Result<Vec<Version<Observation>>>;

    /// Every version of the observations of some series that came within the query's instants, by series, then by `at`,
    /// the end of the day, and by `recorded_at`. Without keys there are none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_observation_changes(&self, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>>;
}
