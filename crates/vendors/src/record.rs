//! What a reader gives.

use strikebook_core::{
    Result, Timestamp,
    market::{Bar, Observation, OptionQuote, UnderlyingQuote},
};

use crate::RecordedAt;

/// A record that a file held.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A quote of an option contract.
    Quote(OptionQuote),
    /// A bar.
    Bar(Bar),
    /// A quote of a stock, fund or index.
    Underlying(UnderlyingQuote),
    /// A day's value of an economic series.
    Observation(Observation),
}

macro_rules! records {
    ($($record:ident($inner:ty)),+) => {
        $(impl From<$inner> for Record {
            fn from(inner: $inner) -> Self {
                Self::$record(inner)
            }
        })+

        impl Record {
            /// Checks every number, as the record's own `validate` does.
            pub(crate) fn validate(&self) -> Result<()> {
                match self {
                    $(Self::$record(inner) => inner.validate(),)+
                }
            }

            /// Sets when we learned it.
            pub(crate) fn learned(&mut self, recorded_at: RecordedAt) -> Result<()> {
                let learned = recorded_at.of(self.at()?);
                match self {
                    $(Self::$record(inner) => inner.recorded_at = learned,)+
                }
                Ok(())
            }
        }
    };
}

records!(Quote(OptionQuote), Bar(Bar), Underlying(UnderlyingQuote), Observation(Observation));

impl Record {
    /// When the market said it.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) for an observation of a day outside of
    /// [`Timestamp`]'s range. No record that a reader gives is one.
    pub fn at(&self) -> Result<Timestamp> {
        match self {
            Self::Quote(quote) => Ok(quote.at),
            Self::Bar(bar) => Ok(bar.at),
            Self::Underlying(quote) => Ok(quote.at),
            Self::Observation(observation) => observation.at(),
        }
    }
}

/// Records by their kind, each in the order of the file: what the repositories' `upsert_` methods take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Quotes of option contracts.
    pub quotes: Vec<OptionQuote>,
    /// Bars.
    pub bars: Vec<Bar>,
    /// Quotes of stocks, funds and indices.
    pub underlying_quotes: Vec<UnderlyingQuote>,
    /// Values of economic series.
    pub observations: Vec<Observation>,
}

impl Batch {
    /// How many records it holds.
    pub fn len(&self) -> usize {
        self.quotes.len() + self.bars.len() + self.underlying_quotes.len() + self.observations.len()
    }

    /// Whether it holds none.
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
