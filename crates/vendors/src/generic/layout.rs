//! The layout of a CSV, as the caller describes it.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use strikebook_core::{Error, Result, market::Timeframe};

use super::{
    field::CsvField,
    time::{self, BarLabel, TimeFormat},
};

/// The origin of a field's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The column with this name.
    Column(String),
    /// The first column that the file has of these; none of them is missing.
    AnyColumn(Vec<String>),
    /// The column at this position, from 0.
    Position(usize),
    /// The same text in every row.
    Constant(String),
    /// The text in a line below the column names, from 1, at a position, from 0.
    BelowHeader(usize, usize),
    /// The part of the file's name before a separator, in upper case.
    FileName(String),
}

impl Origin {
    /// Returns true for an origin that needs the names of the columns.
    pub(super) const fn is_named(&self) -> bool {
        matches!(self, Self::Column(_) | Self::AnyColumn(_) | Self::BelowHeader(..))
    }
}

/// The origins of fields.
pub(super) type Origins = BTreeMap<CsvField, Origin>;

/// One of several records on a line, such as the call of a line with a call and a put: the columns and constants that
/// are this record's own. All others are those of the [layout](CsvLayout::with_part).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CsvPart {
    pub(super) origins: Origins,
    pub(super) time: Option<TimeFormat>,
}

impl CsvPart {
    /// Sets the column of a field by name. Case does not matter.
    #[must_use]
    pub fn with_column(mut self, field: CsvField, name: &str) -> Self {
        self.origins.insert(field, Origin::Column(name.trim().into()));
        self
    }

    /// Sets the column of a field by position, from 0.
    #[must_use]
    pub fn with_position(mut self, field: CsvField, position: usize) -> Self {
        self.origins.insert(field, Origin::Position(position));
        self
    }

    /// Sets the column of a field to the first of these names that the file has.
    #[must_use]
    pub fn with_any_column(mut self, field: CsvField, names: &[&str]) -> Self {
        self.origins.insert(field, Origin::AnyColumn(names.iter().map(|name| name.trim().to_owned()).collect()));
        self
    }

    /// Sets the format of this record's time, where that of the layout is another.
    #[must_use]
    pub fn with_time(mut self, format: TimeFormat) -> Self {
        self.time = Some(format);
        self
    }

    /// Sets the text of a field of this record in every row, such as the option type.
    #[must_use]
    pub fn with_constant(mut self, field: CsvField, text: &str) -> Self {
        self.origins.insert(field, Origin::Constant(text.trim().into()));
        self
    }
}

/// The kind of record in each row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    OptionQuotes,
    Quotes,
    Bars(Timeframe, BarLabel),
    UnderlyingQuotes,
    CorporateActions,
    Fundamentals,
    Observations,
}

impl Content {
    /// Returns the required fields. An option without a symbol needs its parts too.
    const fn needs(self) -> &'static [CsvField] {
        match self {
            Self::OptionQuotes => &[CsvField::Time],
            Self::Bars(..) => &[CsvField::Time, CsvField::Open, CsvField::High, CsvField::Low, CsvField::Close],
            Self::Quotes | Self::UnderlyingQuotes | Self::Fundamentals => &[CsvField::Symbol, CsvField::Time],
            Self::CorporateActions => &[CsvField::Symbol, CsvField::Time, CsvField::Kind],
            Self::Observations => &[CsvField::Symbol, CsvField::Time, CsvField::Value],
        }
    }
}

/// The layout of a CSV: the meaning of its columns.
///
/// A field without a column is missing. Columns without a field are ignored. The column names stand on the first line
/// that has all that the layout names, among the first 20: what stands above is skipped.
///
/// # Numbers
/// A number may have a sign before or after its currency (`-$1.50`), a currency's sign (`$ € £ ¥`), groups of three
/// digits (by `,`, an apostrophe or a blank; with a [decimal comma](Self::with_decimal_comma) by `.` in place of `,`),
/// an exponent, or parentheses for a negative amount. A percent sign divides by 100; factors and divisors of the layout
/// do not apply to such a number, whose text states its unit. Other commas are refused, since `1,5` is no 15.
///
/// A fractional volume, size or open interest is rounded to the nearest whole number, which is a
/// [warning](crate::ReadReport::warnings) of the report. A last line without a line end is read, with a warning that it
/// may be truncated. Option quotes and quotes of underlyings whose time is more than seven days from the only day in
/// the file's name, such as `20240105`, are read with a warning.
///
/// ```
/// use std::io::Cursor;
/// use strikebook_core::Source;
/// use strikebook_vendors::{CsvField, CsvLayout, Format, ReadOptions, Record, TimeFormat, Tz, read_from};
///
/// let layout = CsvLayout::option_quotes()
///     .with_delimiter(b';')
///     .with_column(CsvField::Symbol, "contract")
///     .with_column(CsvField::Time, "when")
///     .with_time(TimeFormat::Local("%d.%m.%Y %H:%M".into()), Tz::America__Chicago)
///     .with_column(CsvField::Bid, "bid_cents")
///     .with_column(CsvField::Ask, "ask_cents")
///     .with_price_divisor(100.0)
///     .with_column(CsvField::Theta, "theta_per_day")
///     .with_factor(CsvField::Theta, 365.0)
///     .with_missing("n/a");
/// let options = ReadOptions::default().with_format(Format::Csv(Box::new(layout)));
/// let options = options.with_source(Source::new("my-broker")?);
///
/// let file = "contract;when;bid_cents;ask_cents;theta_per_day\nSPY251219C00650000;25.09.2025 15:00;n/a;1205;-0.2\n";
/// let mut reader = read_from("chain.csv", Cursor::new(file), &options)?;
/// let Some(Record::Quote(quote)) = reader.next().transpose()? else { panic!("a quote") };
/// assert_eq!((quote.bid, quote.ask, quote.greeks.theta), (None, Some(12.05), Some(-73.0)));
/// assert_eq!(quote.at.to_string(), "2025-09-25T20:00:00Z");
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CsvLayout {
    pub(super) content: Content,
    pub(super) origins: Origins,
    pub(super) parts: Vec<CsvPart>,
    pub(super) delimiter: u8,
    pub(super) header: bool,
    /// The number of lines between the column names and the first row.
    pub(super) below_header: usize,
    pub(super) time: TimeFormat,
    pub(super) zone: Tz,
    pub(super) dates: String,
    pub(super) missing: Vec<String>,
    /// The columns that must have a text, with that text.
    pub(super) required: Vec<(String, String)>,
    pub(super) decimal_comma: bool,
    /// The largest number of a field, in the library's units, that stands for a missing value.
    missing_up_to: BTreeMap<CsvField, f64>,
    prefixes: BTreeMap<CsvField, Vec<String>>,
    /// The divisor of prices and strikes that are written without a decimal point.
    integer_divisor: Option<f64>,
    /// The factor and the divisor of a field's numbers.
    scales: BTreeMap<CsvField, (f64, f64)>,
    /// The name of a named layout.
    pub(crate) name: Option<&'static str>,
    /// The source of the rows, where the options name none.
    pub(crate) source: Option<String>,
}

impl CsvLayout {
    /// Creates a layout whose rows are quotes of option contracts. Required are [`CsvField::Time`], and
    /// [`CsvField::Symbol`] or all of [`Root`](CsvField::Root), [`Expiration`](CsvField::Expiration),
    /// [`OptionType`](CsvField::OptionType) and [`Strike`](CsvField::Strike); where there are both they must agree.
    pub fn option_quotes() -> Self {
        Self::new(Content::OptionQuotes)
    }

    /// Creates a layout whose rows are bars of the option contract or the [`CsvField::Symbol`]. Required are
    /// [`CsvField::Time`] and the four prices. Bars of weeks and months are not supported.
    pub fn bars(timeframe: Timeframe, label: BarLabel) -> Self {
        Self::new(Content::Bars(timeframe, label))
    }

    /// Creates a layout whose rows are quotes of a stock, fund or index. Required are [`CsvField::Symbol`] and
    /// [`CsvField::Time`].
    pub fn underlying_quotes() -> Self {
        Self::new(Content::UnderlyingQuotes)
    }

    /// Creates a layout whose rows are quotes of what each [`CsvField::Symbol`] names: an option contract by its OCC
    /// symbol, or else a stock, fund or index. Required are [`CsvField::Symbol`] and [`CsvField::Time`].
    pub fn quotes() -> Self {
        Self::new(Content::Quotes)
    }

    /// Creates a layout whose rows are corporate actions. Required are [`CsvField::Symbol`], [`CsvField::Time`] with
    /// the date in the date format, and [`CsvField::Kind`], besides the terms of the kind. An action is known from its
    /// [announcement](CsvField::Announced), or without one from the opening of its date's session in New York.
    ///
    /// ```
    /// use std::io::Cursor;
    /// use strikebook_core::Source;
    /// use strikebook_vendors::{CsvField, CsvLayout, Format, ReadOptions, Record, read_from};
    ///
    /// let layout = CsvLayout::corporate_actions()
    ///     .with_column(CsvField::Symbol, "symbol")
    ///     .with_column(CsvField::Time, "ex_date")
    ///     .with_column(CsvField::Announced, "announced")
    ///     .with_constant(CsvField::Kind, "cash_dividend")
    ///     .with_column(CsvField::Amount, "dividend")
    ///     .with_constant(CsvField::Currency, "USD");
    /// let options = ReadOptions::default().with_format(Format::Csv(Box::new(layout)));
    /// let options = options.with_source(Source::new("mine")?);
    /// let file = "symbol,ex_date,announced,dividend\nAAPL,2014-08-07,2014-07-22T20:30:00Z,0.47\n";
    /// let mut reader = read_from("dividends.csv", Cursor::new(file), &options)?;
    /// let Some(Record::Action(dividend)) = reader.next().transpose()? else { panic!("an action") };
    /// assert_eq!(dividend.cash_per_share().map(|amount| amount.to_string()).as_deref(), Some("0.47"));
    /// assert_eq!(dividend.recorded_at.to_string(), "2014-07-22T20:30:00Z");
    /// # Ok::<(), strikebook_core::Error>(())
    /// ```
    pub fn corporate_actions() -> Self {
        Self::new(Content::CorporateActions)
    }

    /// Creates a layout whose rows are fundamentals of underlyings. Required are [`CsvField::Symbol`] and
    /// [`CsvField::Time`].
    pub fn fundamentals() -> Self {
        Self::new(Content::Fundamentals)
    }

    /// Creates a layout whose rows are daily values of a series. Required are [`CsvField::Symbol`], [`CsvField::Time`]
    /// and [`CsvField::Value`]. A row without a value is [blank](crate::ReadReport::blank).
    pub fn observations() -> Self {
        Self::new(Content::Observations)
    }

    /// Creates a layout with commas, a header, RFC 3339 times and ISO dates.
    fn new(content: Content) -> Self {
        Self {
            content,
            origins: BTreeMap::new(),
            parts: Vec::new(),
            delimiter: b',',
            header: true,
            below_header: 0,
            time: TimeFormat::Rfc3339,
            zone: Tz::UTC,
            dates: "%Y-%m-%d".into(),
            missing: Vec::new(),
            required: Vec::new(),
            decimal_comma: false,
            missing_up_to: BTreeMap::new(),
            prefixes: BTreeMap::new(),
            integer_divisor: None,
            scales: BTreeMap::new(),
            name: None,
            source: None,
        }
    }

    /// Sets the column of a field by name. Case does not matter.
    #[must_use]
    pub fn with_column(self, field: CsvField, name: &str) -> Self {
        self.with_origin(field, Origin::Column(name.trim().into()))
    }

    /// Sets the column of a field to the first of these names that the file has. In a file with none of them the field
    /// is missing.
    #[must_use]
    pub fn with_any_column(self, field: CsvField, names: &[&str]) -> Self {
        self.with_origin(field, Origin::AnyColumn(names.iter().map(|name| name.trim().to_owned()).collect()))
    }

    /// Sets the column of a field by position, from 0.
    #[must_use]
    pub fn with_position(self, field: CsvField, position: usize) -> Self {
        self.with_origin(field, Origin::Position(position))
    }

    /// Sets the text of a field in every row, such as the symbol of a file with one symbol's bars.
    #[must_use]
    pub fn with_constant(self, field: CsvField, text: &str) -> Self {
        self.with_origin(field, Origin::Constant(text.trim().into()))
    }

    /// Sets the text of a field in every row to the part of the file's name before a separator, in upper case: `SPY` of
    /// `spy_eod_202401.txt` before `_`.
    #[must_use]
    pub fn with_file_name(self, field: CsvField, separator: &str) -> Self {
        self.with_origin(field, Origin::FileName(separator.into()))
    }

    /// Sets the text of a field in every row to that in a line below the column names, from 1, at a position, from 0.
    /// The line must be one of those [below the header](Self::with_lines_below_header).
    #[must_use]
    pub fn with_text_below_header(self, field: CsvField, line: usize, position: usize) -> Self {
        self.with_origin(field, Origin::BelowHeader(line, position))
    }

    /// Sets the number of lines between the column names and the first row, by default none.
    #[must_use]
    pub fn with_lines_below_header(mut self, lines: usize) -> Self {
        self.below_header = lines;
        self
    }

    /// Adds a record to each line. With parts a line has one record for each of them; a part all of whose own columns
    /// are missing in a row has none there, and is counted as [blank](crate::ReadReport::blank).
    ///
    /// ```
    /// use std::io::Cursor;
    /// use strikebook_core::Source;
    /// use strikebook_vendors::{CsvField, CsvLayout, CsvPart, Format, ReadOptions, read_from};
    ///
    /// let part = |kind: &str, ask: &str| {
    ///     CsvPart::default().with_constant(CsvField::OptionType, kind).with_column(CsvField::Ask, ask)
    /// };
    /// let layout = CsvLayout::option_quotes()
    ///     .with_constant(CsvField::Root, "SPY")
    ///     .with_constant(CsvField::Expiration, "2024-01-19")
    ///     .with_column(CsvField::Strike, "Strike")
    ///     .with_part(part("call", "Call_Ask"))
    ///     .with_part(part("put", "Put_Ask"));
    /// let options = ReadOptions::default()
    ///     .with_format(Format::Csv(Box::new(layout)))
    ///     .with_source(Source::new("mine")?)
    ///     .with_at("2024-01-05T21:00:00Z".parse()?);
    /// let file = "Call_Ask,Strike,Put_Ask\n\"1,477.50\",270.00,0.03\n";
    /// let mut reader = read_from("chain.csv", Cursor::new(file), &options)?;
    /// assert_eq!(reader.by_ref().collect::<Result<Vec<_>, _>>()?.len(), 2);
    /// # Ok::<(), strikebook_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_part(mut self, part: CsvPart) -> Self {
        self.parts.push(part);
        self
    }

    fn with_origin(mut self, field: CsvField, origin: Origin) -> Self {
        self.origins.insert(field, origin);
        self
    }

    /// Sets the source of the rows, where the [options](crate::ReadOptions::source) name none.
    #[must_use]
    pub fn with_source(mut self, source: &str) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Sets the separator of fields, by default a comma.
    #[must_use]
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// Sets that the first line is a row. Columns are then named by their position.
    #[must_use]
    pub fn without_header(mut self) -> Self {
        self.header = false;
        self
    }

    /// Sets the format of times and their zone. The zone also determines the day of a daily bar.
    #[must_use]
    pub fn with_time(mut self, format: TimeFormat, zone: Tz) -> Self {
        self.time = format;
        self.zone = zone;
        self
    }

    /// Sets the format of expirations and of observations' dates as a [pattern](chrono::format::strftime) of `chrono`,
    /// by default `%Y-%m-%d`.
    #[must_use]
    pub fn with_date_format(mut self, pattern: &str) -> Self {
        self.dates = pattern.into();
        self
    }

    /// Adds a text that stands for a missing value. An empty field always does.
    #[must_use]
    pub fn with_missing(mut self, text: &str) -> Self {
        self.missing.push(text.trim().into());
        self
    }

    /// Sets the text that a column must have. Rows with another are rejected: Databento's bars of a day among its bars
    /// of minutes.
    #[must_use]
    pub fn with_required_text(mut self, column: &str, text: &str) -> Self {
        self.required.push((column.trim().into(), text.trim().into()));
        self
    }

    /// Sets the name of a named layout.
    pub(crate) fn with_name(mut self, name: &'static str) -> Self {
        self.name = Some(name);
        self
    }

    /// Adds a part, if there is one.
    pub(super) fn with_some_part(self, part: Option<CsvPart>) -> Self {
        match part {
            Some(part) => self.with_part(part),
            None => self,
        }
    }

    /// Sets the symbol of all rows: of options the root, where the file has no symbols.
    pub(crate) fn with_symbol_of_all(self, symbol: &str) -> Self {
        let parts = matches!(self.content, Content::OptionQuotes) && !self.origins.contains_key(&CsvField::Symbol);
        self.with_constant(if parts { CsvField::Root } else { CsvField::Symbol }, symbol)
    }

    /// Sets the largest number of a field that stands for a missing value, in the library's units: 0.00001 for the
    /// implied volatility that Yahoo writes where it has none. Numbers from 0 to the limit are missing.
    #[must_use]
    pub fn with_missing_up_to(mut self, field: CsvField, limit: f64) -> Self {
        self.missing_up_to.insert(field, limit);
        self
    }

    /// Adds a prefix that a field's text may have, and that is left out: `O:` of `O:SPY240119C00480000`.
    #[must_use]
    pub fn with_prefix(mut self, field: CsvField, prefix: &str) -> Self {
        self.prefixes.entry(field).or_default().push(prefix.into());
        self
    }

    /// Sets that numbers have a decimal comma: `1.477,50`.
    #[must_use]
    pub fn with_decimal_comma(mut self) -> Self {
        self.decimal_comma = true;
        self
    }

    /// Sets the divisor of prices that are written without a decimal point, such as 10⁹ for Databento's fixed-point
    /// prices. Prices with a point are taken as they are.
    #[must_use]
    pub fn with_integer_price_divisor(mut self, divisor: f64) -> Self {
        self.integer_divisor = Some(divisor);
        self
    }

    /// Sets the factor of a field's numbers: 365 for a theta per calendar day, 100 for a vega per volatility point.
    #[must_use]
    pub fn with_factor(mut self, field: CsvField, factor: f64) -> Self {
        self.scales.entry(field).or_insert((1.0, 1.0)).0 = factor;
        self
    }

    /// Sets the divisor of a field's numbers: 100 for a volatility in percent, 1,000 for a strike in thousandths.
    #[must_use]
    pub fn with_divisor(mut self, field: CsvField, divisor: f64) -> Self {
        self.scales.entry(field).or_insert((1.0, 1.0)).1 = divisor;
        self
    }

    /// Sets the divisor of all prices: 100 for cents. The strike has its own [divisor](Self::with_divisor).
    #[must_use]
    pub fn with_price_divisor(self, divisor: f64) -> Self {
        CsvField::PRICES.into_iter().fold(self, |layout, field| layout.with_divisor(field, divisor))
    }

    /// Returns true for a text that stands for a missing value.
    pub(super) fn is_missing(&self, text: &str) -> bool {
        text.is_empty() || self.missing.iter().any(|missing| missing == text)
    }

    /// Converts a number to the library's units.
    pub(super) fn scale(&self, field: CsvField, number: f64, is_integer: bool) -> f64 {
        let scaled = self.scales.get(&field).map_or(number, |(factor, divisor)| number * factor / divisor);
        match self.integer_divisor {
            Some(divisor) if is_integer && CsvField::PRICES.contains(&field) => scaled / divisor,
            _ => scaled,
        }
    }

    /// Returns true for a number that stands for a missing value.
    pub(super) fn is_missing_number(&self, field: CsvField, number: f64) -> bool {
        self.missing_up_to.get(&field).is_some_and(|limit| (0.0..=*limit).contains(&number))
    }

    /// Returns a field's text without its prefix.
    pub(super) fn without_prefix<'a>(&self, field: CsvField, text: &'a str) -> &'a str {
        let mut prefixes = self.prefixes.get(&field).into_iter().flatten();
        prefixes.find_map(|prefix| text.strip_prefix(prefix.as_str())).map_or(text, str::trim_start)
    }

    /// Returns true if each record of a line has an origin for a field.
    fn has(&self, field: CsvField) -> bool {
        let in_parts = !self.parts.is_empty() && self.parts.iter().all(|part| part.origins.contains_key(&field));
        self.origins.contains_key(&field) || in_parts
    }

    /// Returns true for rows that are of one instant, so that the caller may give it for the whole file.
    pub(super) const fn is_of_an_instant(&self) -> bool {
        matches!(
            self.content,
            Content::OptionQuotes | Content::Quotes | Content::UnderlyingQuotes | Content::Fundamentals
        )
    }

    /// Checks the layout, for a file whose caller gives its instant or does not.
    pub(crate) fn validate(&self, has_instant: bool) -> Result<()> {
        let refuse = |message: &'static str| Err(Error::invalid_config(message));
        if !self.delimiter.is_ascii() || b"\"\n\r".contains(&self.delimiter) {
            return refuse("the delimiter must be an ASCII character other than a quote or a line end");
        }
        if has_instant && !self.is_of_an_instant() {
            return refuse("an instant for a whole file is for option quotes, quotes of underlyings and fundamentals");
        }
        for field in self.content.needs() {
            let is_given = has_instant && *field == CsvField::Time;
            if !is_given && !self.has(*field) {
                let message = match field {
                    CsvField::Time if self.is_of_an_instant() => "the rows have no time: give the instant of the file",
                    CsvField::Symbol => "the rows have no symbol: give the symbol of the file",
                    _ => "the layout lacks the column of a required field",
                };
                return Err(Error::invalid_config(message).with("field", field));
            }
        }
        let parts = [CsvField::Root, CsvField::Expiration, CsvField::OptionType, CsvField::Strike];
        if !self.has(CsvField::Symbol) && !parts.into_iter().all(|part| self.has(part)) {
            return refuse(
                "the rows have no symbol and not all of root, expiration, option type and strike: give them",
            );
        }
        let mut origins = self.origins.values().chain(self.parts.iter().flat_map(|part| part.origins.values()));
        if !self.header && (origins.any(Origin::is_named) || !self.required.is_empty()) {
            return refuse("the layout names columns of a file without a header: give their positions instead");
        }
        let beyond =
            |origin: &Origin| matches!(origin, Origin::BelowHeader(line, _) if !(1..=self.below_header).contains(line));
        if self.origins.values().any(beyond) {
            return refuse("a text below the header must be in one of the lines below the header");
        }
        let usable = |scale: f64| scale.is_finite() && scale != 0.0;
        if !self.scales.values().all(|(factor, divisor)| usable(*factor) && usable(*divisor))
            || !self.integer_divisor.is_none_or(usable)
        {
            return refuse("factors and divisors must be finite and not zero");
        }
        if !self.missing_up_to.values().all(|limit| limit.is_finite()) {
            return refuse("the limit of numbers that stand for a missing value must be finite");
        }
        if matches!(self.content, Content::Bars(Timeframe::Week1 | Timeframe::Month1, _)) {
            return refuse("bars of weeks and months are not supported");
        }
        time::validate_pattern(&self.dates)?;
        self.parts.iter().filter_map(|part| part.time.as_ref()).try_for_each(TimeFormat::validate)?;
        self.time.validate()
    }
}
