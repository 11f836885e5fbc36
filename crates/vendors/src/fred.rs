//! Daily series: FRED's exports, and Cboe's histories of an index.

use chrono::NaiveDate;
use strikebook_core::{
    Error, Result, Source, Timestamp,
    market::{Observation, SeriesId},
};

use crate::{
    input::Document,
    reader::{self, Sink},
    text::{Header, Row, Table},
    value,
};

const DATES: [&str; 2] = ["%Y-%m-%d", "%m/%d/%Y"];
/// FRED's present and former name of the date column; the latter is also Cboe's.
const DATE_COLUMNS: [&str; 2] = ["observation_date", "DATE"];
const INDEX_COLUMNS: [&str; 5] = ["DATE", "OPEN", "HIGH", "LOW", "CLOSE"];

/// Returns true for the columns of FRED's export: a date, and series by their ids.
pub(crate) fn is_header(header: &Header) -> bool {
    let mut names = header.names();
    names.next().is_some_and(|name| DATE_COLUMNS.contains(&name))
        && header.len() > 1
        && names.all(|name| SeriesId::new(name).is_ok() && !INDEX_COLUMNS.contains(&name))
}

/// Returns the series of an index's history, named by the file: `VIX` of `VIX_History.csv`; `None` for other columns.
pub(crate) fn index_history(header: &Header, file: &str) -> Option<SeriesId> {
    let name: String = file.chars().take_while(char::is_ascii_alphanumeric).collect();
    if header.names().eq(INDEX_COLUMNS) { SeriesId::new(&name.to_ascii_uppercase()).ok() } else { None }
}

/// The rows of a daily series: a date, and a value for each series.
#[derive(Debug)]
pub(crate) struct SeriesRows {
    table: Table,
    source: Source,
    date: usize,
    series: Vec<(usize, SeriesId)>,
    columns: usize,
}

impl SeriesRows {
    pub(crate) fn open(document: Document, source: Source) -> Result<Self> {
        let mut table = Table::new(document, b',');
        let header = table.header()?;
        let series = header.names().enumerate().skip(1).map(|(column, name)| Ok((column, SeriesId::new(name)?)));
        let series = series.collect::<Result<Vec<_>>>();
        let known = header.names().next().is_some_and(|name| DATE_COLUMNS.contains(&name)) && header.len() > 1;
        if !known {
            let error = Error::invalid_input("the first columns must be observation_date (or DATE) and a series' id");
            return Err(table.error(error));
        }
        let series = series.map_err(|error| table.error(error))?;
        Ok(Self { table, source, date: 0, series, columns: header.len() })
    }

    pub(crate) fn open_index_history(document: Document, source: Source, series: SeriesId) -> Result<Self> {
        let mut table = Table::new(document, b',');
        let header = table.header()?;
        let columns = header.need("DATE").and_then(|date| Ok((date, header.need("CLOSE")?)));
        let (date, close) = columns.map_err(|error| table.error(error))?;
        Ok(Self { table, source, date, series: vec![(close, series)], columns: header.len() })
    }
}

impl reader::DocumentRows for SeriesRows {
    fn next(&mut self, sink: &mut Sink<'_>) -> Result<bool> {
        if !self.table.advance()? {
            return Ok(false);
        }
        let line = self.table.number();
        let row = self.table.row().and_then(|row| {
            row.expect(self.columns)?;
            Ok((value::date("the date", row.text(self.date)?, &DATES)?, row))
        });
        for (column, series) in &self.series {
            match &row {
                Ok((date, row)) => match observation(*row, *column, *series, *date, &self.source).transpose() {
                    Some(observation) => sink.take(line, observation),
                    None => sink.blank(),
                },
                // A malformed line counts as many rejections as it has columns of series.
                Err(error) => sink.reject(line, error),
            }
        }
        Ok(true)
    }

    fn bytes(&self) -> u64 {
        self.table.bytes()
    }
}

/// Returns the value in a column; `None` for a day without one.
fn observation(
    row: Row<'_>,
    column: usize,
    series: SeriesId,
    date: NaiveDate,
    source: &Source,
) -> Result<Option<Observation>> {
    let text = row.text(column)?;
    if text.is_empty() || text == "." {
        return Ok(None);
    }
    let value = value::number(series.as_str(), text)?;
    let source = source.clone();
    // The sink sets `recorded_at`.
    Ok(Some(Observation { series, date, value, source, recorded_at: Timestamp::MIN }))
}
