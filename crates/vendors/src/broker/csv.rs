//! The common part of the readers of brokers' CSV files.

use std::{cmp::Reverse, sync::Arc};

use chrono::TimeDelta;
use strikebook_core::{Error, Result, Timestamp};

use super::{BrokerHistory, BrokerRow, Counts, RawRow, RowIdentity, fields::Fields};
use crate::{
    input::Document,
    text::{Header, Row, Table},
};

/// The result of reading a row: accepted, or left out as one of a kind.
pub(super) enum Reading {
    Row(Box<BrokerRow>),
    LeftOut(String),
}

impl Reading {
    #[expect(clippy::unnecessary_wraps, reason = "readers return it as the result of a row")]
    pub(super) fn left_out(kind: impl Into<String>) -> Result<Self> {
        Ok(Self::LeftOut(kind.into()))
    }
}

impl From<BrokerRow> for Reading {
    fn from(row: BrokerRow) -> Self {
        Self::Row(Box::new(row))
    }
}

/// The properties of a broker's CSV.
pub(super) struct CsvFormat {
    /// Returns true for the line of column names. Lines before are left out.
    pub(super) is_header: fn(&Header) -> bool,
    /// The words for the missing header: the broker and the columns.
    pub(super) wanted: &'static str,
    /// The column whose text tells a row from a line of notes, which has no date there; empty where no line is one.
    pub(super) date: &'static str,
    /// True if the rows have a date alone.
    pub(super) is_daily: bool,
}

/// Reads all rows of a CSV.
pub(super) fn read(
    document: Document,
    history: &mut BrokerHistory,
    format: &CsvFormat,
    mut row: impl FnMut(&Fields<'_>, u64) -> Result<Reading>,
) -> Result<()> {
    // The last field of a row shows by itself that it is whole: quoted, or a date or a word.
    let mut table = Table::new(Document { sealed: true, ..document }, b',').with_quoted_lines();
    let Some(header) = header(&mut table, history, format)? else { return Ok(()) };
    let header = Arc::new(header);
    while table.advance()? {
        let (line, bytes) = (table.number(), table.bytes());
        let raw = RawRow::line(table.text(), &header);
        let read = table.row().and_then(|it| {
            if !format.date.is_empty() && is_note(&header, it, format.date) {
                return Reading::left_out("line of notes");
            }
            expect(it, &header)?;
            row(&Fields::of_line(&header, it), line)
        });
        history.take(line, raw, read, bytes)?;
    }
    finish(history, format.is_daily);
    Ok(())
}

fn header(table: &mut Table, history: &mut BrokerHistory, format: &CsvFormat) -> Result<Option<Header>> {
    while table.advance()? {
        let found = table.row().map(Header::of).ok().filter(|header| (format.is_header)(header));
        if found.is_some() {
            return Ok(found);
        }
        history.leave_out("line before the header");
    }
    Err(Error::invalid_input("the file lacks the line of column names")
        .with("file", &history.file)
        .with("expected", format.wanted))
}

/// Returns true for a line below the rows, such as a total or a disclaimer: it begins with no digit where rows have a
/// date.
fn is_note(header: &Header, row: Row<'_>, date: &str) -> bool {
    let dated = header.find(date).and_then(|column| row.get(column));
    dated.is_none_or(|text| !text.starts_with(|first: char| first.is_ascii_digit()))
}

/// Checks that the row has a field for each column. Empty ones may follow, which a spreadsheet adds.
fn expect(row: Row<'_>, header: &Header) -> Result<()> {
    let extra = row.iter().skip(header.len()).any(|field| !field.is_empty());
    if row.len() >= header.len() && !extra { Ok(()) } else { row.expect(header.len()) }
}

/// Puts the rows in order, oldest first, and counts those of the same meaning.
pub(super) fn finish(history: &mut BrokerHistory, is_daily: bool) {
    let first = history.rows.iter().min_by_key(|row| row.line).map(|row| row.at);
    let last = history.rows.iter().max_by_key(|row| row.line).map(|row| row.at);
    // Brokers write the newest row first, unless the file shows the other order.
    if first.zip(last).is_some_and(|(first, last)| first < last) {
        history.rows.sort_unstable_by_key(|row| (row.at, row.line));
    } else {
        history.rows.sort_unstable_by_key(|row| (row.at, Reverse(row.line)));
    }
    if is_daily {
        // Rows of a day have its close as their time: a microsecond each keeps their order.
        for rows in history.rows.chunk_by_mut(|one, next| one.at == next.at) {
            for (position, row) in (0..).zip(rows) {
                row.at = later(row.at, position);
            }
        }
    }
    count(&mut history.rows);
}

fn later(at: Timestamp, micros: i64) -> Timestamp {
    at.saturating_add(TimeDelta::microseconds(micros))
}

/// Counts the rows of the same meaning, which are of the same minute.
pub(super) fn count(rows: &mut [BrokerRow]) {
    let minute = |row: &BrokerRow| row.at.as_micros().div_euclid(60_000_000);
    for rows in rows.chunk_by_mut(|one, next| minute(one) == minute(next)) {
        let mut seen = Counts::default();
        for row in rows {
            if matches!(row.identity, RowIdentity::Count(_)) {
                row.identity = RowIdentity::Count(seen.next(&row.meaning()));
            }
        }
    }
}
