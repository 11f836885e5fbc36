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
    /// Creates a series name from its text.
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

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

text_conversions!(SeriesId);

/// The value of a series for one day, in the units of its publisher: H.15 yields are in percent, so 4.25 is 4.25 %.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The series of the value.
    pub series: SeriesId,
    /// The day for which the value holds.
    pub date: NaiveDate,
    /// The published value. A day without a value has no observation.
    pub value: f64,
    /// The source of the observation.
    pub source: Source,
    /// The knowledge time. Series are published after the day for which they hold, some by weeks; the knowledge time
    /// keeps a value out of reads as of the days between.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Observation);
// A valid observation has an instant: `MAX` is for the error of an invalid one only.
crate::port::recorded!(
    Observation, (SeriesId, Timestamp), "series":
    |it| (it.series, it.at().unwrap_or(Timestamp::MAX)), it.series, it.knowable_from()
);

impl Observation {
    /// Returns the event time: the end of the day in New York.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the day is outside [`Timestamp`]'s range.
    pub fn at(&self) -> Result<Timestamp> {
        Self::at_end_of(self.date)
    }

    /// Returns the event time of an observation for a day.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn at_end_of(date: NaiveDate) -> Result<Timestamp> {
        let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
        calendar::instant(next, NaiveTime::MIN)
    }

    /// Returns the first instant at which the value can be known: the start of its day in New York, since some are
    /// published on the day itself. `None` when that is outside [`Timestamp`]'s range.
    pub fn knowable_from(&self) -> Option<Timestamp> {
        calendar::instant(self.date, NaiveTime::MIN).ok()
    }

    /// Checks the value, finite and below 10¹² in size, and the day.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        number("value", self.value)?;
        self.at().map(drop).map_err(|error| error.with("field", "date"))
    }
}

/// A query for observations of one series.
pub type EconomicQuery = SeriesQuery<SeriesId>;

/// Observations of economic series. The key of an observation is its series and day, and its `at` is the end of that
/// day; observations are stored in [versions](Upserted#versions).
///
/// ```
/// use strikebook_core::{
///     AsOf, Source,
///     market::{EconomicRepository, Observation, SeriesId},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let series = SeriesId::new("DGS3MO")?;
/// let observation = Observation {
///     series,
///     date: "2025-09-25".parse().expect("a date"),
///     value: 4.02,
///     source: Source::new("fred")?,
///     recorded_at: "2025-09-26T20:15:00Z".parse()?,
/// };
/// let store = MemoryStore::new();
/// store.upsert_observations(&[observation]).await?;
/// // On the next morning the value had not been published yet.
/// let morning = AsOf::instant("2025-09-26T13:30:00Z".parse()?);
/// assert_eq!(store.observation_as_of(series, morning).await?, None);
/// # Ok(())
/// # }
/// ```
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
pub trait EconomicRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores observations by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_observations(&self, observations: &[Observation]) -> Result<Upserted>;

    /// Returns the last observation of a series within both limits, in the version valid at the knowledge limit;
    /// `None` when there is no such observation.
    async fn observation_as_of(&self, series: SeriesId, as_of: AsOf) -> Result<Option<Observation>>;

    /// Returns the observations of one series within the query's limits, in the versions valid at its knowledge
    /// limit, oldest first.
    async fn list_observations(&self, query: &EconomicQuery) -> Result<Page<Observation>>;

    /// Returns every version of the observation of a series for a day, in the order of `recorded_at`. Empty when
    /// there is no such observation.
    async fn list_observation_versions(&self, series: SeriesId, date: NaiveDate) -> Result<Vec<Version<Observation>>>;

    /// Returns the changes of the observations of some series, ordered by series, `at` and `recorded_at`. Empty
    /// without keys.
    async fn list_observation_changes(&self, query: &ChangeQuery<SeriesId>) -> Result<Page<Observation>>;
}
