//! What the caller decides about a read.

use chrono::TimeDelta;
use strikebook_core::{Error, Result, Source, Timestamp};

use crate::Format;

/// When the rows of a file count as learned: the `recorded_at` of every record.
///
/// A point-in-time read returns nothing that was learned after its knowledge limit, so this decides what a backtest
/// over the imported rows may see, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordedAt {
    /// At the record's own `at`, as if somebody had written it down when the market said it.
    ///
    /// The default, because the files are history: with the day of the import instead, a backtest of earlier days would
    /// see none of their rows. For an [`Observation`](strikebook_core::market::Observation) `at` is the end of its day,
    /// while most series are published later: **a backtest sees such a value before anybody could**. Give series a
    /// [publication lag](Self::After).
    #[default]
    SameAsEvent,
    /// So long after the record's own `at`: a publication lag. Treasury yields of a day come out on the next business
    /// day, consumer prices weeks later.
    After(TimeDelta),
    /// At this instant, such as that of the download. For files that were fetched as they appeared.
    At(Timestamp),
}

impl RecordedAt {
    /// When a record said at this instant counts as learned.
    pub fn of(self, at: Timestamp) -> Timestamp {
        match self {
            Self::SameAsEvent => at,
            Self::After(lag) => at.saturating_add(lag),
            Self::At(recorded_at) => recorded_at,
        }
    }
}

/// What the caller decides about a read. The default finds the format out, names the format's own source, and counts
/// rows as learned when they were said.
///
/// ```
/// use chrono::TimeDelta;
/// use strikebook_core::Source;
/// use strikebook_vendors::{ReadOptions, RecordedAt};
///
/// let options = ReadOptions::default()
///     .with_source(Source::new("fred/h15")?)
///     .with_recorded_at(RecordedAt::After(TimeDelta::hours(20)));
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ReadOptions {
    /// The format; `None` finds it out from the name and the content.
    pub format: Option<Format>,
    /// When the rows count as learned.
    pub recorded_at: RecordedAt,
    /// The source of every record; `None` takes the format's own. [`Format::Csv`] has none of its own.
    pub source: Option<Source>,
}

impl ReadOptions {
    /// Sets the format.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets when the rows count as learned.
    #[must_use]
    pub fn with_recorded_at(mut self, recorded_at: RecordedAt) -> Self {
        self.recorded_at = recorded_at;
        self
    }

    /// Sets the source of every record.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        match self.recorded_at {
            RecordedAt::After(lag) if lag < TimeDelta::zero() => {
                Err(Error::invalid_config("a publication lag must not be negative").with("lag", lag))
            }
            _ => Ok(()),
        }
    }
}
