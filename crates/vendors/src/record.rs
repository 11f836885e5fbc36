//! The records of a reader.

use strikebook_core::{
    Result, Timestamp,
    market::{Bar, CorporateAction, Fundamentals, Observation, OptionQuote, UnderlyingQuote},
};

#[cfg(feature = "files")]
use crate::RecordedAt;

/// A record of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A quote of an option contract.
    Quote(OptionQuote),
    /// A bar of an instrument.
    Bar(Bar),
    /// A quote of a stock, fund or index.
    Underlying(UnderlyingQuote),
    /// A corporate action, with its knowledge time.
    Action(CorporateAction),
    /// Fundamentals of an underlying at an instant.
    Fundamentals(Fundamentals),
    /// A daily value of an economic series.
    Observation(Observation),
}

macro_rules! records {
    ($($record:ident($inner:ty)),+) => {
        $(impl From<$inner> for Record {
            fn from(inner: $inner) -> Self {
                Self::$record(inner)
            }
        })+

        #[cfg(feature = "files")]
        impl Record {
            /// Checks every number, as the record's own `validate` does.
            pub(crate) fn validate(&self) -> Result<()> {
                match self {
                    $(Self::$record(inner) => inner.validate(),)+
                }
            }

            /// Sets `recorded_at`, of a corporate action relative to its announcement.
            pub(crate) fn set_recorded_at(&mut self, recorded_at: RecordedAt) -> Result<()> {
                let known_at = if let Self::Action(action) = self { action.recorded_at } else { self.at()? };
                let recorded_at = recorded_at.of(known_at);
                match self {
                    $(Self::$record(inner) => inner.recorded_at = recorded_at,)+
                }
                Ok(())
            }
        }
    };
}

records!(
    Quote(OptionQuote),
    Bar(Bar),
    Underlying(UnderlyingQuote),
    Action(CorporateAction),
    Fundamentals(Fundamentals),
    Observation(Observation)
);

impl Record {
    /// Returns the event time.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for an observation of a day outside of
    /// [`Timestamp`]'s range. Readers reject such observations.
    pub fn at(&self) -> Result<Timestamp> {
        match self {
            Self::Quote(quote) => Ok(quote.at),
            Self::Bar(bar) => Ok(bar.at),
            Self::Underlying(quote) => Ok(quote.at),
            Self::Action(action) => Ok(action.at),
            Self::Fundamentals(row) => Ok(row.at),
            Self::Observation(observation) => observation.at(),
        }
    }
}

/// Records by kind, each in the order of the file, as the repositories' `upsert_` methods take them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The quotes of option contracts.
    pub quotes: Vec<OptionQuote>,
    /// The bars of instruments.
    pub bars: Vec<Bar>,
    /// The quotes of stocks, funds and indices.
    pub underlying_quotes: Vec<UnderlyingQuote>,
    /// The corporate actions of companies.
    pub actions: Vec<CorporateAction>,
    /// The fundamentals of underlyings.
    pub fundamentals: Vec<Fundamentals>,
    /// The values of economic series.
    pub observations: Vec<Observation>,
}

impl Batch {
    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.quotes.len()
            + self.bars.len()
            + self.underlying_quotes.len()
            + self.actions.len()
            + self.fundamentals.len()
            + self.observations.len()
    }

    /// Returns true without records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a record to the list of its kind.
    pub fn push(&mut self, record: Record) {
        match record {
            Record::Quote(quote) => self.quotes.push(quote),
            Record::Bar(bar) => self.bars.push(bar),
            Record::Underlying(quote) => self.underlying_quotes.push(quote),
            Record::Action(action) => self.actions.push(action),
            Record::Fundamentals(row) => self.fundamentals.push(row),
            Record::Observation(observation) => self.observations.push(observation),
        }
    }
}
