//! What the columns of a CSV mean, as the caller says it.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use strikebook_core::{Error, Result, market::Timeframe};

use super::time::{self, Label, TimeFormat};

/// A field of a record that a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Field {
    /// Whose row: an option's OCC symbol, padded or not; a stock's, fund's or index's symbol; or the id of a series.
    Symbol,
    /// The root of an option's symbol, where there is no [`Symbol`](Self::Symbol).
    Root,
    /// An option's expiration, in the layout's [date format](CsvLayout::with_date_format).
    Expiration,
    /// `call`, `put`, `C` or `P`, in any case.
    OptionType,
    /// An option's strike.
    Strike,
    /// The instant, in the layout's [time format](CsvLayout::with_time); of an observation the day, in its date format.
    Time,
    /// The time of day, where [`Time`](Self::Time) is only the day.
    TimeOfDay,
    /// The best bid.
    Bid,
    /// The best ask.
    Ask,
    /// The last trade's price.
    Last,
    /// Contracts or shares at the bid.
    BidSize,
    /// Contracts or shares at the ask.
    AskSize,
    /// Contracts or shares traded: so far that day, or in the bar.
    Volume,
    /// Contracts open.
    OpenInterest,
    /// Implied volatility, per 1.00 a year.
    ImpliedVolatility,
    /// dV/dS.
    Delta,
    /// d²V/dS².
    Gamma,
    /// dV/dt, per year: negative for what loses value.
    Theta,
    /// dV/dσ, per 1.00 of volatility.
    Vega,
    /// dV/dr, per 1.00 of interest.
    Rho,
    /// The underlying's price.
    UnderlyingPrice,
    /// A bar's first price.
    Open,
    /// A bar's highest price.
    High,
    /// A bar's lowest price.
    Low,
    /// A bar's last price.
    Close,
    /// A bar's volume-weighted average price.
    Vwap,
    /// A series' value.
    Value,
}

impl Field {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Symbol => "symbol",
            Self::Root => "root",
            Self::Expiration => "expiration",
            Self::OptionType => "option_type",
            Self::Strike => "strike",
            Self::Time => "time",
            Self::TimeOfDay => "time_of_day",
            Self::Bid => "bid",
            Self::Ask => "ask",
            Self::Last => "last",
            Self::BidSize => "bid_size",
            Self::AskSize => "ask_size",
            Self::Volume => "volume",
            Self::OpenInterest => "open_interest",
            Self::ImpliedVolatility => "implied_volatility",
            Self::Delta => "delta",
            Self::Gamma => "gamma",
            Self::Theta => "theta",
            Self::Vega => "vega",
            Self::Rho => "rho",
            Self::UnderlyingPrice => "underlying_price",
            Self::Open => "open",
            Self::High => "high",
            Self::Low => "low",
            Self::Close => "close",
            Self::Vwap => "vwap",
            Self::Value => "value",
        }
    }

    const PRICES: [Self; 9] = [
        Self::Bid,
        Self::Ask,
        Self::Last,
        Self::UnderlyingPrice,
        Self::Open,
        Self::High,
        Self::Low,
        Self::Close,
        Self::Vwap,
    ];
}

/// Where the text of a field comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The column of a name.
    Column(String),
    /// The column of a number, from 0.
    Position(usize),
    /// The same text in every row.
    Constant(String),
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    OptionQuotes,
    Bars(Timeframe, Label),
    UnderlyingQuotes,
    Observations,
}

impl Content {
    /// The fields without which there is no record. An option without a symbol needs its parts.
    const fn needs(self) -> &'static [Field] {
        match self {
            Self::OptionQuotes => &[Field::Time],
            Self::Bars(..) => &[Field::Time, Field::Open, Field::High, Field::Low, Field::Close],
            Self::UnderlyingQuotes => &[Field::Symbol, Field::Time],
            Self::Observations => &[Field::Symbol, Field::Time, Field::Value],
        }
    }
}

/// What the columns of a CSV mean.
///
/// Fields that no column is named for stay missing. Columns that no field is named for are passed over.
///
/// ```
/// use std::io::Cursor;
/// use strikebook_core::Source;
/// use strikebook_vendors::{CsvLayout, Field, Format, ReadOptions, Record, TimeFormat, Tz, read_from};
///
/// let layout = CsvLayout::option_quotes()
///     .with_delimiter(b';')
///     .with_column(Field::Symbol, "contract")
///     .with_column(Field::Time, "when")
///     .with_time(TimeFormat::Local("%d.%m.%Y %H:%M".into()), Tz::America__Chicago)
///     .with_column(Field::Bid, "bid_cents")
///     .with_column(Field::Ask, "ask_cents")
///     .with_price_divisor(100.0)
///     .with_column(Field::Theta, "theta_per_day")
///     .with_factor(Field::Theta, 365.0)
///     .with_missing("n/a");
/// let options = ReadOptions::default().with_format(Format::Csv(Box::new(layout))).with_source(Source::new("my-broker")?);
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
    pub(super) origins: BTreeMap<Field, Origin>,
    pub(super) delimiter: u8,
    pub(super) header: bool,
    pub(super) time: TimeFormat,
    pub(super) zone: Tz,
    pub(super) dates: String,
    pub(super) missing: Vec<String>,
    /// What numbers are multiplied with, and what they are divided by.
    scales: BTreeMap<Field, (f64, f64)>,
}

impl CsvLayout {
    /// Each row is a quote of an option contract. Needs [`Field::Time`], and [`Field::Symbol`] or all of
    /// [`Root`](Field::Root), [`Expiration`](Field::Expiration), [`OptionType`](Field::OptionType) and
    /// [`Strike`](Field::Strike); where there are both they must agree.
    pub fn option_quotes() -> Self {
        Self::new(Content::OptionQuotes)
    }

    /// Each row is a bar, of an option contract or of what its [`Field::Symbol`] names. Needs [`Field::Time`] and the
    /// four prices. Bars of weeks and months are not read.
    pub fn bars(timeframe: Timeframe, label: Label) -> Self {
        Self::new(Content::Bars(timeframe, label))
    }

    /// Each row is a quote of a stock, fund or index. Needs [`Field::Symbol`] and [`Field::Time`].
    pub fn underlying_quotes() -> Self {
        Self::new(Content::UnderlyingQuotes)
    }

    /// Each row is a day's value of a series. Needs [`Field::Symbol`], [`Field::Time`] and [`Field::Value`]. A row
    /// without a value is [blank](crate::ReadReport::blank).
    pub fn observations() -> Self {
        Self::new(Content::Observations)
    }

    /// Commas, a line of column names, RFC 3339 times and ISO dates.
    fn new(content: Content) -> Self {
        Self {
            content,
            origins: BTreeMap::new(),
            delimiter: b',',
            header: true,
            time: TimeFormat::Rfc3339,
            zone: Tz::UTC,
            dates: "%Y-%m-%d".into(),
            missing: Vec::new(),
            scales: BTreeMap::new(),
        }
    }

    /// The column that holds a field, by its name. Case does not matter.
    #[must_use]
    pub fn with_column(self, field: Field, name: &str) -> Self {
        self.with_origin(field, Origin::Column(name.trim().into()))
    }

    /// The column that holds a field, by its number from 0.
    #[must_use]
    pub fn with_position(self, field: Field, position: usize) -> Self {
        self.with_origin(field, Origin::Position(position))
    }

    /// What a field is in every row, such as the symbol of a file that holds one symbol's bars.
    #[must_use]
    pub fn with_constant(self, field: Field, text: &str) -> Self {
        self.with_origin(field, Origin::Constant(text.trim().into()))
    }

    fn with_origin(mut self, field: Field, origin: Origin) -> Self {
        self.origins.insert(field, origin);
        self
    }

    /// What separates fields: a comma unless said otherwise.
    #[must_use]
    pub fn with_delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = delimiter;
        self
    }

    /// The first line is a row already; columns are told by their position.
    #[must_use]
    pub fn without_header(mut self) -> Self {
        self.header = false;
        self
    }

    /// How times are written, and on which clocks. The zone also says which day a daily bar is of.
    #[must_use]
    pub fn with_time(mut self, format: TimeFormat, zone: Tz) -> Self {
        self.time = format;
        self.zone = zone;
        self
    }

    /// How expirations and days of observations are written, in `chrono`'s [pattern](chrono::format::strftime):
    /// `%Y-%m-%d` unless said otherwise.
    #[must_use]
    pub fn with_date_format(mut self, pattern: &str) -> Self {
        self.dates = pattern.into();
        self
    }

    /// A text that stands for a missing value, as an empty field always does.
    #[must_use]
    pub fn with_missing(mut self, text: &str) -> Self {
        self.missing.push(text.trim().into());
        self
    }

    /// Multiplies the numbers of a field: 365 for a theta per calendar day, 100 for a vega per volatility point.
    #[must_use]
    pub fn with_factor(mut self, field: Field, factor: f64) -> Self {
        self.scales.entry(field).or_insert((1.0, 1.0)).0 = factor;
        self
    }

    /// Divides the numbers of a field: 100 for a volatility in percent, 1,000 for a strike in thousandths.
    #[must_use]
    pub fn with_divisor(mut self, field: Field, divisor: f64) -> Self {
        self.scales.entry(field).or_insert((1.0, 1.0)).1 = divisor;
        self
    }

    /// Divides all prices: 100 for cents. The strike has its own [divisor](Self::with_divisor).
    #[must_use]
    pub fn with_price_divisor(self, divisor: f64) -> Self {
        Field::PRICES.into_iter().fold(self, |layout, field| layout.with_divisor(field, divisor))
    }

    /// Whether a text stands for a missing value.
    pub(super) fn is_missing(&self, text: &str) -> bool {
        text.is_empty() || self.missing.iter().any(|missing| missing == text)
    }

    /// A number in the library's units.
    pub(super) fn scale(&self, field: Field, number: f64) -> f64 {
        self.scales.get(&field).map_or(number, |(factor, divisor)| number * factor / divisor)
    }

    /// Checks that the layout can be followed.
    pub(crate) fn validate(&self) -> Result<()> {
        let refuse = |message: &'static str| Err(Error::invalid_config(message));
        if !self.delimiter.is_ascii() || b"\"\n\r".contains(&self.delimiter) {
            return refuse("a delimiter must be an ASCII character other than a quote or a line end");
        }
        for field in self.content.needs() {
            if !self.origins.contains_key(field) {
                return Err(Error::invalid_config("a layout must say where a field is").with("field", field.name()));
            }
        }
        let parts = [Field::Root, Field::Expiration, Field::OptionType, Field::Strike];
        let has_parts = parts.iter().all(|part| self.origins.contains_key(part));
        if !self.origins.contains_key(&Field::Symbol) && !has_parts {
            return refuse("a layout must say where the symbol is, or all of root, expiration, option type and strike");
        }
        let named = self.origins.values().any(|origin| matches!(origin, Origin::Column(_)));
        if !self.header && named {
            return refuse("columns must be told by their position where there is no line of names");
        }
        let usable = |scale: f64| scale.is_finite() && scale != 0.0;
        if !self.scales.values().all(|(factor, divisor)| usable(*factor) && usable(*divisor)) {
            return refuse("factors and divisors must be finite and not zero");
        }
        if matches!(self.content, Content::Bars(Timeframe::Week1 | Timeframe::Month1, _)) {
            return refuse("bars of weeks and months are not read");
        }
        time::validate_pattern(&self.dates)?;
        self.time.validate()
    }
}
