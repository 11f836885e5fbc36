//! Layouts from text: lines of a key and a value.

use std::str::FromStr;

use chrono_tz::Tz;
use strikebook_core::{Error, Result, market::Timeframe};

use super::{BarLabel, CsvField, CsvLayout, CsvPart, TimeFormat};
use crate::preset::Preset;

impl FromStr for CsvLayout {
    type Err = Error;

    /// Parses lines such as `column.bid = Bid Price`. Blank lines and those that begin with `#` are passed over.
    ///
    /// The first line is `rows = …`, with `option_quotes`, `underlying_quotes`, `quotes` of both, `corporate_actions`,
    /// `fundamentals`, `observations` or `bars 5m start` (a timeframe, and `start` or `end` for what the time stands
    /// for); or `preset = …` with the name of a named layout, which further lines change.
    ///
    /// | line | as |
    /// |---|---|
    /// | `source = my-broker` | [`with_source`](CsvLayout::with_source) |
    /// | `column.bid = Bid` | [`with_column`](CsvLayout::with_column) |
    /// | `columns.bid = Bid \| Best Bid` | [`with_any_column`](CsvLayout::with_any_column) |
    /// | `position.bid = 3` | [`with_position`](CsvLayout::with_position) |
    /// | `constant.root = SPY` | [`with_constant`](CsvLayout::with_constant) |
    /// | `file_name.symbol = _` | [`with_file_name`](CsvLayout::with_file_name) |
    /// | `below_header.symbol = 1 1` | [`with_text_below_header`](CsvLayout::with_text_below_header) |
    /// | `prefix.symbol = O:` | [`with_prefix`](CsvLayout::with_prefix) |
    /// | `factor.theta = 365`, `divisor.strike = 1000` | [`with_factor`](CsvLayout::with_factor), `with_divisor` |
    /// | `missing_up_to.implied_volatility = 0.00001` | [`with_missing_up_to`](CsvLayout::with_missing_up_to) |
    /// | `required.rtype = 33` | [`with_required_text`](CsvLayout::with_required_text) |
    /// | `time = local %Y-%m-%d %H:%M`, `zone = America/Chicago` | [`with_time`](CsvLayout::with_time) |
    /// | `dates = %Y%m%d` | [`with_date_format`](CsvLayout::with_date_format) |
    /// | `delimiter = ;` or `tab` | [`with_delimiter`](CsvLayout::with_delimiter) |
    /// | `header = none`, `lines_below_header = 2` | [`without_header`](CsvLayout::without_header), … |
    /// | `decimal = comma` | [`with_decimal_comma`](CsvLayout::with_decimal_comma) |
    /// | `price_divisor = 100`, `integer_price_divisor = 1e9` | [`with_price_divisor`](CsvLayout::with_price_divisor) |
    /// | `missing = n/a` | [`with_missing`](CsvLayout::with_missing) |
    /// | `part` | [`with_part`](CsvLayout::with_part): the lines below are the part's, to the next `part` |
    ///
    /// A time is `rfc3339`, `instant`, `unix_seconds`, `unix_milliseconds`, `unix_microseconds`, `unix_nanoseconds`, or
    /// `local`, `close_of` or `milliseconds_of_day` with a pattern: see [`TimeFormat`].
    ///
    /// ```
    /// use strikebook_vendors::CsvLayout;
    ///
    /// let layout: CsvLayout = "rows = option_quotes\ncolumn.symbol = contract\ncolumn.time = when".parse()?;
    /// let changed: CsvLayout = "preset = optionsdx\nconstant.root = SPY".parse()?;
    /// assert!("rows = option_quotes\ncolumn.bit = Bid".parse::<CsvLayout>().is_err());
    /// # Ok::<(), strikebook_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) with the `line` that cannot be read.
    fn from_str(text: &str) -> Result<Self> {
        let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
        let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let (number, first) = lines.next().ok_or_else(|| Error::invalid_config("a layout must have lines"))?;
        let mut layout = start(first).map_err(|error| in_line(number, first, error))?;
        let mut part: Option<CsvPart> = None;
        for (number, line) in lines {
            if line == "part" {
                layout = layout.with_some_part(part.replace(CsvPart::default()));
                continue;
            }
            let pair = line.split_once('=').map(|(key, value)| (key.trim(), value.trim()));
            let pair = pair.ok_or_else(|| in_line(number, line, unknown("a key, = and a value, or part")))?;
            match part.take() {
                Some(before) => part = Some(change_part(before, pair).map_err(|error| in_line(number, line, error))?),
                None => layout = change(layout, pair).map_err(|error| in_line(number, line, error))?,
            }
        }
        Ok(layout.with_some_part(part))
    }
}

/// Returns the error of a line, with its number.
fn in_line(number: usize, line: &str, error: Error) -> Error {
    let message = "a line of a layout cannot be read";
    Error::invalid_config(message).with("line", number).with("text", line).caused_by(error)
}

fn unknown(expected: &str) -> Error {
    Error::invalid_config("the line must be of a known form").with("expected", expected)
}

/// Reads the first line.
fn start(line: &str) -> Result<CsvLayout> {
    const EXPECTED: &str = "rows = option_quotes, underlying_quotes, quotes, corporate_actions, fundamentals, \
                            observations or bars TIMEFRAME start|end; or preset = NAME";
    let refused = || unknown(EXPECTED);
    let (key, value) = line.split_once('=').ok_or_else(refused)?;
    let words: Vec<&str> = value.split_whitespace().collect();
    match (key.trim(), words.as_slice()) {
        ("preset", [name]) => Preset::find(name).map(Preset::layout).ok_or_else(refused),
        ("rows", ["option_quotes"]) => Ok(CsvLayout::option_quotes()),
        ("rows", ["quotes"]) => Ok(CsvLayout::quotes()),
        ("rows", ["underlying_quotes"]) => Ok(CsvLayout::underlying_quotes()),
        ("rows", ["corporate_actions"]) => Ok(CsvLayout::corporate_actions()),
        ("rows", ["fundamentals"]) => Ok(CsvLayout::fundamentals()),
        ("rows", ["observations"]) => Ok(CsvLayout::observations()),
        ("rows", ["bars", timeframe, label]) => {
            let timeframe: Timeframe = timeframe.parse()?;
            let label = match *label {
                "start" => BarLabel::Start,
                "end" => BarLabel::End,
                _ => return Err(refused()),
            };
            Ok(CsvLayout::bars(timeframe, label))
        }
        _ => Err(refused()),
    }
}

/// Applies a line to the layout.
fn change(layout: CsvLayout, (key, value): (&str, &str)) -> Result<CsvLayout> {
    if let Some((key, name)) = key.split_once('.') {
        if key == "required" {
            return Ok(layout.with_required_text(name, value));
        }
        let field: CsvField = name.parse()?;
        return Ok(match key {
            "column" => layout.with_column(field, value),
            "columns" => layout.with_any_column(field, &names(value)),
            "position" => layout.with_position(field, number(value)?),
            "constant" => layout.with_constant(field, value),
            "file_name" => layout.with_file_name(field, value),
            "below_header" => {
                let (line, position) = value.split_once(' ').ok_or_else(|| unknown("a line and a position"))?;
                layout.with_text_below_header(field, number(line)?, number(position)?)
            }
            "prefix" => layout.with_prefix(field, value),
            "factor" => layout.with_factor(field, number(value)?),
            "divisor" => layout.with_divisor(field, number(value)?),
            "missing_up_to" => layout.with_missing_up_to(field, number(value)?),
            _ => return Err(unknown("column, columns, position, constant, file_name, below_header, prefix, …")),
        });
    }
    Ok(match key {
        "source" => layout.with_source(value),
        "time" => {
            let zone = layout.zone;
            layout.with_time(time(value)?, zone)
        }
        "zone" => {
            let zone: Tz = value.parse().map_err(|_| unknown("a zone such as America/New_York"))?;
            let format = layout.time.clone();
            layout.with_time(format, zone)
        }
        "dates" => layout.with_date_format(value),
        "delimiter" => match value.as_bytes() {
            b"tab" => layout.with_delimiter(b'\t'),
            [delimiter] => layout.with_delimiter(*delimiter),
            _ => return Err(unknown("one character, or tab")),
        },
        "header" if value == "none" => layout.without_header(),
        "lines_below_header" => layout.with_lines_below_header(number(value)?),
        "decimal" if value == "comma" => layout.with_decimal_comma(),
        "price_divisor" => layout.with_price_divisor(number(value)?),
        "integer_price_divisor" => layout.with_integer_price_divisor(number(value)?),
        "missing" => layout.with_missing(value),
        _ => return Err(unknown("source, time, zone, dates, delimiter, header, decimal, missing, column.FIELD, …")),
    })
}

/// Applies a line to a part.
fn change_part(part: CsvPart, (key, value): (&str, &str)) -> Result<CsvPart> {
    let expected = "time, column.FIELD, columns.FIELD, position.FIELD or constant.FIELD in a part";
    let Some((key, name)) = key.split_once('.') else {
        return if key == "time" { Ok(part.with_time(time(value)?)) } else { Err(unknown(expected)) };
    };
    let field: CsvField = name.parse()?;
    Ok(match key {
        "column" => part.with_column(field, value),
        "columns" => part.with_any_column(field, &names(value)),
        "position" => part.with_position(field, number(value)?),
        "constant" => part.with_constant(field, value),
        _ => return Err(unknown(expected)),
    })
}

fn names(value: &str) -> Vec<&str> {
    value.split('|').map(str::trim).collect()
}

fn number<T: FromStr>(value: &str) -> Result<T> {
    value.trim().parse().map_err(|_| unknown("a number"))
}

fn time(value: &str) -> Result<TimeFormat> {
    let (name, pattern) = match value.split_once(' ') {
        Some((name, pattern)) => (name, Some(pattern.trim().to_owned())),
        None => (value, None),
    };
    Ok(match (name, pattern) {
        ("rfc3339", None) => TimeFormat::Rfc3339,
        ("instant", None) => TimeFormat::Instant,
        ("unix_seconds", None) => TimeFormat::UnixSeconds,
        ("unix_milliseconds", None) => TimeFormat::UnixMilliseconds,
        ("unix_microseconds", None) => TimeFormat::UnixMicroseconds,
        ("unix_nanoseconds", None) => TimeFormat::UnixNanoseconds,
        ("local", Some(pattern)) => TimeFormat::Local(pattern),
        ("close_of", Some(pattern)) => TimeFormat::CloseOf(pattern),
        ("milliseconds_of_day", Some(pattern)) => TimeFormat::MillisecondsOfDay(pattern),
        _ => {
            return Err(unknown("rfc3339, instant, unix_…, or local, close_of or milliseconds_of_day with a pattern"));
        }
    })
}
