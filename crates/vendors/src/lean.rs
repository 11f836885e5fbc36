//! Data of the LEAN engine: zips with an entry for each contract and day, or for each symbol.
//!
//! A row is a bar labelled with its start, whose event time is its end: see [`time`]. The name of an entry determines
//! the instrument and kind of its rows: see [`entry`].

mod actions;
mod entry;
mod layout;
mod time;

use strikebook_core::{
    Error, Result, Source,
    market::{Bar, BarKey, Instrument, OptionQuote, UnderlyingQuote},
};

pub(crate) use actions::{FactorRows, MapRows};

pub use actions::LeanSymbols;
pub use layout::{LeanAsset, LeanLayout, LeanResolution};

use self::{
    entry::{Entry, Kind},
    time::Labels,
};
use crate::{
    Record,
    input::Document,
    reader::{self, Sink},
    text::{Row, Table},
    value,
};

/// The rows of an entry.
#[derive(Debug)]
pub(crate) struct LeanRows {
    table: Table,
    /// The instrument and kind of the rows, or the error of the entry's name, for which all rows are rejected.
    subject: Result<Subject>,
    /// True for an entry that is no data, such as a licence.
    is_foreign: bool,
}

impl LeanRows {
    pub(crate) fn open(document: Document, layout: LeanLayout, source: Source) -> Self {
        let is_foreign = !entry::is_data(&document.entry);
        let subject = Entry::of_name(&document.entry, layout).map(|entry| Subject {
            instrument: entry.instrument,
            kind: entry.kind,
            labels: Labels::new(layout, entry.date),
            layout,
            source,
        });
        Self { table: Table::new(document, b','), subject, is_foreign }
    }
}

impl reader::DocumentRows for LeanRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if self.is_foreign {
            sink.ignore();
            return Ok(false);
        }
        if !self.table.advance()? {
            return Ok(false);
        }
        let line = self.table.number();
        match &self.subject {
            Ok(subject) => sink.take(line, self.table.row().and_then(|row| subject.read(row))),
            Err(error) => sink.reject(line, error),
        }
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}

/// The instrument and kind of an entry's rows, with the layout to read them by.
#[derive(Debug)]
struct Subject {
    instrument: Instrument,
    kind: Kind,
    labels: Labels,
    layout: LeanLayout,
    source: Source,
}

impl Subject {
    fn read(&self, row: Row<'_>) -> Result<Record> {
        match self.kind {
            Kind::Trade => self.bar(row).map(Record::Bar),
            Kind::Quote => self.quote(row),
            Kind::OpenInterest => self.open_interest(row).map(Record::Quote),
        }
    }

    /// Reads a bar: time, open, high, low, close, volume.
    fn bar(&self, row: Row<'_>) -> Result<Bar> {
        row.expect(6)?;
        let (opened_at, at) = self.labels.span(row.text(0)?)?;
        let price = |field: &'static str, column| {
            self.price(row, field, column)?
                .ok_or_else(|| Error::invalid_input("a bar must have open, high, low and close").with("missing", field))
        };
        Ok(Bar {
            key: BarKey::new(self.instrument, self.layout.resolution.timeframe()),
            opened_at,
            at,
            open: price("open", 1)?,
            high: price("high", 2)?,
            low: price("low", 3)?,
            close: price("close", 4)?,
            volume: row.count("volume", 5)?,
            vwap: None,
            source: self.source.clone(),
            recorded_at: at,
        })
    }

    /// Reads a quote: time, the bid's open, high, low, close and size, the ask's open, high, low, close and size. A
    /// side without prices has a size of 0, which stands for none too.
    fn quote(&self, row: Row<'_>) -> Result<Record> {
        row.expect(11)?;
        let (_, at) = self.labels.span(row.text(0)?)?;
        let (bid, ask) = value::market(self.price(row, "bid", 4)?, self.price(row, "ask", 9)?);
        let bid_size = row.count("bid_size", 5)?.filter(|_| bid.is_some());
        let ask_size = row.count("ask_size", 10)?.filter(|_| ask.is_some());
        let source = self.source.clone();
        Ok(match self.instrument {
            Instrument::Option(contract) => {
                let quote = OptionQuote::new(contract, at, source);
                Record::Quote(OptionQuote { bid, ask, bid_size, ask_size, ..quote })
            }
            Instrument::Symbol(symbol) => {
                let quote = UnderlyingQuote::new(symbol, at, source);
                Record::Underlying(UnderlyingQuote { bid, ask, bid_size, ask_size, ..quote })
            }
        })
    }

    /// Reads an open interest: time, open interest.
    fn open_interest(&self, row: Row<'_>) -> Result<OptionQuote> {
        row.expect(2)?;
        let Instrument::Option(contract) = self.instrument else {
            return Err(Error::invalid_input("an open interest must be that of an option"));
        };
        let at = self.labels.open_interest(row.text(0)?)?;
        let open_interest = row.count("open_interest", 1)?;
        Ok(OptionQuote { open_interest, ..OptionQuote::new(contract, at, self.source.clone()) })
    }

    fn price(&self, row: Row<'_>, field: &str, column: usize) -> Result<Option<f64>> {
        Ok(row.number(field, column)?.map(|price| price / self.layout.asset.price_scale()))
    }
}
