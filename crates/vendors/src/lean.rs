//! The LEAN engine's data: zips with an entry for each contract and day, or for each symbol.
//!
//! A row is a bar that is labelled with its start, and is *said* when it ends: [`time`] tells both. What an entry holds
//! is told by its name, which [`entry`] reads once.

mod entry;
mod layout;
mod time;

use strikebook_core::{
    Error, Result, Source,
    market::{Bar, BarKey, Instrument, OptionQuote, UnderlyingQuote},
};

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
pub(crate) struct Rows {
    table: Table,
    /// What the rows are, or why the entry's name does not tell: then none of them can be read.
    subject: Result<Subject>,
    /// Whether the entry is no data at all, such as a licence.
    foreign: bool,
}

impl Rows {
    pub(crate) fn open(document: Document, layout: LeanLayout, source: Source) -> Self {
        let foreign = !entry::is_data(&document.entry);
        let subject = Entry::of_name(&document.entry, layout).map(|entry| Subject {
            instrument: entry.instrument,
            kind: entry.kind,
            labels: Labels::new(layout, entry.date),
            layout,
            source,
        });
        Self { table: Table::new(document, b','), subject, foreign }
    }
}

impl reader::Rows for Rows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if self.foreign {
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

/// Whose rows they are, and how to read them.
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

    /// Time, open, high, low, close, volume.
    fn bar(&self, row: Row<'_>) -> Result<Bar> {
        row.expect(6)?;
        let (opened_at, at) = self.labels.span(row.text(0)?)?;
        let price = |field: &'static str, column| {
            self.price(row, field, column)?
                .ok_or_else(|| Error::invalid_input("a bar must have four prices").with("missing", field))
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

    /// Time, the bid's open, high, low, close and size, the ask's open, high, low, close and size. A side without
    /// prices has a size of 0, which is none either.
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

    /// Time, open interest.
    fn open_interest(&self, row: Row<'_>) -> Result<OptionQuote> {
        row.expect(2)?;
        let Instrument::Option(contract) = self.instrument else {
            return Err(Error::invalid_input("open interest must be that of an option"));
        };
        let at = self.labels.open_interest(row.text(0)?)?;
        let open_interest = row.count("open_interest", 1)?;
        Ok(OptionQuote { open_interest, ..OptionQuote::new(contract, at, self.source.clone()) })
    }

    fn price(&self, row: Row<'_>, field: &str, column: usize) -> Result<Option<f64>> {
        Ok(row.number(field, column)?.map(|price| price / self.layout.asset.price_scale()))
    }
}
