//! The options of a read.

use chrono::TimeDelta;
use strikebook_core::{Error, Result, Source, Timestamp, market::Symbol};

use crate::{Format, OnProgress, Progress};

/// The rule for the `recorded_at` of a file's records.
///
/// A point-in-time read returns no row recorded after its knowledge limit, so this rule decides what a backtest over
/// the imported rows sees, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RecordedAt {
    /// The record's own `at`, as if it had been recorded at its event; of a corporate action the announcement, or
    /// without one the opening of its ex-date.
    ///
    /// The default, because the files are history: with the day of the import instead, a backtest of earlier days would
    /// see none of their rows. For an [`Observation`](strikebook_core::market::Observation) `at` is the end of its day,
    /// while most series are published later: **a backtest then has look-ahead bias**. Give series a
    /// [publication lag](Self::After).
    #[default]
    SameAsEvent,
    /// The same instant plus a publication lag. Treasury yields of a day come out on the next business day,
    /// consumer prices weeks later.
    After(TimeDelta),
    /// This instant, such as that of the download, for files that were fetched as they appeared.
    At(Timestamp),
}

impl RecordedAt {
    /// Returns the `recorded_at` of a record with an event time.
    pub fn of(self, at: Timestamp) -> Timestamp {
        match self {
            Self::SameAsEvent => at,
            Self::After(lag) => at.saturating_add(lag),
            Self::At(recorded_at) => recorded_at,
        }
    }
}

/// The options of a read. The default detects the format, takes the format's own source, and sets `recorded_at` to the
/// event time.
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
    /// The format; `None` detects it from the name and the content.
    pub format: Option<Format>,
    /// The rule for `recorded_at`.
    pub recorded_at: RecordedAt,
    /// The source of all records; `None` takes the format's own. [`Format::Csv`] takes the
    /// layout's, which a named one has.
    pub source: Option<Source>,
    /// The event time of all quotes of the file, in place of the file's own; `None`, the default, takes that. It is for
    /// chains and quotes of one instant: [`Format::Cboe`], [`Format::CboeJson`], [`Format::OptionsDesk`] and
    /// [`Format::Csv`] of option quotes, quotes of underlyings and fundamentals, and [`Format::Tradier`].
    pub at: Option<Timestamp>,
    /// The symbol of all rows of a [`Format::Csv`], for files that do not state theirs: that of bars and quotes, or the
    /// root of options without symbols; `None`, the default, takes the file's.
    pub symbol: Option<Symbol>,
    /// The most rejected rows of a file. Reading ends with an error at the next one; `None`, the default, sets no limit
    /// besides those of the [reader](crate::Reader#limits).
    pub max_rejected: Option<u64>,
    /// The function that receives the progress.
    pub progress: Option<OnProgress>,
}

impl ReadOptions {
    /// Sets the format, which is detected otherwise.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the rule for `recorded_at`.
    #[must_use]
    pub fn with_recorded_at(mut self, recorded_at: RecordedAt) -> Self {
        self.recorded_at = recorded_at;
        self
    }

    /// Sets the source of all records.
    #[must_use]
    pub fn with_source(mut self, source: Source) -> Self {
        self.source = Some(source);
        self
    }

    /// Sets the most rejected rows of a file.
    #[must_use]
    pub fn with_max_rejected(mut self, rows: u64) -> Self {
        self.max_rejected = Some(rows);
        self
    }

    /// Sets a function that receives the progress each 10,000 rows or 16 MiB, whether rows are accepted or not, and at
    /// the end of each document. It is called on the thread that reads. A JSON document is parsed before its first row.
    ///
    /// ```
    /// use strikebook_vendors::ReadOptions;
    ///
    /// let options = ReadOptions::default().with_progress(|progress| println!("{progress}"));
    /// ```
    #[must_use]
    pub fn with_progress(mut self, report: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.progress = Some(OnProgress::new(report));
        self
    }

    /// Sets the symbol of all rows.
    #[must_use]
    pub fn with_symbol(mut self, symbol: Symbol) -> Self {
        self.symbol = Some(symbol);
        self
    }

    /// Sets the event time of all quotes of the file.
    #[must_use]
    pub fn with_at(mut self, at: Timestamp) -> Self {
        self.at = Some(at);
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
