//! The records of a reader.

use strikebook_core::{
    Result, Timestamp,
    market::{Bar, Observation, OptionQuote, UnderlyingQuote},
};

#[cfg(feature = "files")]
use crate::RecordedAt;

/// A record of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A quote of an option contract.
    Quote(OptionQuote),
    /// A bar.
    Bar(Bar),
    /// A quote of a stock, fund or index.
    Underlying(UnderlyingQuote),
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

            /// Sets `recorded_at`.
            pub(crate) fn set_recorded_at(&mut self, recorded_at: RecordedAt) -> Result<()> {
                let recorded_at = recorded_at.of(self.at()?);
                match self {
                    $(Self::$record(inner) => inner.recorded_at = recorded_at,)+
                }
                Ok(())
            }
        }
    };
}

records!(Quote(OptionQuote), Bar(Bar), Underlying(UnderlyingQuote), Observation(Observation));

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
            Self::Observation(observation) => observation.at(),
        }
    }
}

/// Records by kind, each in the order of the file, as the repositories' `upsert_` methods take them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The quotes of option contracts.
    pub quotes: Vec<OptionQuote>,
    /// The bars.
    pub bars: Vec<Bar>,
    /// The quotes of stocks, funds and indices.
    pub underlying_quotes: Vec<UnderlyingQuote>,
    /// The values of economic series.
    pub observations: Vec<Observation>,
}

impl Batch {
    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.quotes.len() + self.bars.len() + self.underlying_quotes.len() + self.observations.len()
    }

    /// Returns true without records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a record.
    pub fn push(&mut self, record: Record) {
        match record {
            Record::Quote(quote) => self.quotes.push(quote),
            Record::Bar(bar) => self.bars.push(bar),
            Record::Underlying(quote) => self.underlying_quotes.push(quote),
            Record::Observation(observation) => self.observations.push(observation),
        }
    }
}
