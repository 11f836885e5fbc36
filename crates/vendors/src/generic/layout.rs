//! The layout of a CSV, as the caller describes it.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use strikebook_core::{Error, Result, market::Timeframe};

use super::time::{self, BarLabel, TimeFormat};

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CsvField {
    /// The subject of the row: an option's OCC symbol, padded or not; a stock's, fund's or index's symbol; or the id of
    /// a series.
    Symbol,
    /// The root of an option's symbol, where there is no [`Symbol`](Self::Symbol).
    Root,
    /// An option's expiration, in the layout's [date format](CsvLayout::with_date_format).
    Expiration,
    /// The option type: `call`, `put`, `C` or `P`, in any case.
    OptionType,
    /// An option's strike.
    Strike,
    /// The instant, in the layout's [time format](CsvLayout::with_time); of an observation the date, in its date
    /// format.
    Time,
    /// The time of day, where [`Time`](Self::Time) holds only the date.
    TimeOfDay,
    /// The best bid.
    Bid,
    /// The best ask.
    Ask,
    /// The last trade's price.
    Last,
    /// The contracts or shares at the bid.
    BidSize,
    /// The contracts or shares at the ask.
    AskSize,
    /// The contracts or shares traded: so far that day, or in the bar.
    Volume,
    /// The open contracts.
    OpenInterest,
    /// The implied volatility, per 1.00 a year.
    ImpliedVolatility,
    /// The delta, dV/dS.
    Delta,
    /// The gamma, d²V/dS².
    Gamma,
    /// The theta, dV/dt, per year: negative for a loss of value.
    Theta,
    /// The vega, dV/dσ, per 1.00 of volatility.
    Vega,
    /// The rho, dV/dr, per 1.00 of interest.
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
    /// The value of a series.
    Value,
    /// The kind of a corporate action, as [`ActionKind`](strikebook_core::market::ActionKind) names it, such as
    /// `split`.
    Kind,
    /// The status of a corporate action: `estimated`, `confirmed`, the default, or `cancelled`.
    Status,
    /// The instant of a corporate action's announcement, in the layout's time format.
    Announced,
    /// The new shares of a corporate action.
    NewShares,
    /// The old shares of a corporate action.
    OldShares,
    /// The cash for each share.
    Amount,
    /// The currency of the amount.
    Currency,
    /// The record date of a dividend, in the layout's date format.
    RecordDate,
    /// The pay date of a dividend, in the layout's date format.
    PayDate,
    /// The other symbol of a corporate action.
    Counterpart,
    /// The time of an earnings report: `before_open`, `during_session` or `after_close`.
    ReportTime,
    /// The market capitalisation of an underlying.
    MarketCap,
    /// The shares outstanding of an underlying.
    SharesOutstanding,
}

impl CsvField {
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
            Self::Kind => "kind",
            Self::Status => "status",
            Self::Announced => "announced",
            Self::NewShares => "new_shares",
            Self::OldShares => "old_shares",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::RecordDate => "record_date",
            Self::PayDate => "pay_date",
            Self::Counterpart => "counterpart",
            Self::ReportTime => "report_time",
            Self::MarketCap => "market_cap",
            Self::SharesOutstanding => "shares_outstanding",
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

/// The origin of a field's text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Origin {
    /// The column with this name.
    Column(String),
    /// The column at this position, from 0.
    Position(usize),
    /// The same text in every row.
    Constant(String),
}

/// The kind of record in each row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    OptionQuotes,
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
            Self::UnderlyingQuotes | Self::Fundamentals => &[CsvField::Symbol, CsvField::Time],
            Self::CorporateActions => &[CsvField::Symbol, CsvField::Time, CsvField::Kind],
            Self::Observations => &[CsvField::Symbol, CsvField::Time, CsvField::Value],
        }
    }
}

/// The layout of a CSV: the meaning of its columns.
///
/// A field without a column is missing. Columns without a field are ignored.
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
    pub(super) origins: BTreeMap<CsvField, Origin>,
    pub(super) delimiter: u8,
    pub(super) header: bool,
    pub(super) time: TimeFormat,
    pub(super) zone: Tz,
    pub(super) dates: String,
    pub(super) missing: Vec<String>,
    /// The factor and the divisor of a field's numbers.
    scales: BTreeMap<CsvField, (f64, f64)>,
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
            delimiter: b',',
            header: true,
            time: TimeFormat::Rfc3339,
            zone: Tz::UTC,
            dates: "%Y-%m-%d".into(),
            missing: Vec::new(),
            scales: BTreeMap::new(),
        }
    }

    /// Sets the column of a field by name. Case does not matter.
    #[must_use]
    pub fn with_column(self, field: CsvField, name: &str) -> Self {
        self.with_origin(field, Origin::Column(name.trim().into()))
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

    fn with_origin(mut self, field: CsvField, origin: Origin) -> Self {
        self.origins.insert(field, origin);
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
    pub(super) fn scale(&self, field: CsvField, number: f64) -> f64 {
        self.scales.get(&field).map_or(number, |(factor, divisor)| number * factor / divisor)
    }

    /// Checks the layout.
    pub(crate) fn validate(&self) -> Result<()> {
        let refuse = |message: &'static str| Err(Error::invalid_config(message));
        if !self.delimiter.is_ascii() || b"\"\n\r".contains(&self.delimiter) {
            return refuse("the delimiter must be an ASCII character other than a quote or a line end");
        }
        for field in self.content.needs() {
            if !self.origins.contains_key(field) {
                let error = Error::invalid_config("the layout lacks the column of a required field");
                return Err(error.with("field", field.name()));
            }
        }
        let parts = [CsvField::Root, CsvField::Expiration, CsvField::OptionType, CsvField::Strike];
        let has_parts = parts.iter().all(|part| self.origins.contains_key(part));
        if !self.origins.contains_key(&CsvField::Symbol) && !has_parts {
            return refuse("the layout lacks the column of the symbol, or of root, expiration, option type and strike");
        }
        let named = self.origins.values().any(|origin| matches!(origin, Origin::Column(_)));
        if !self.header && named {
            return refuse("the layout names columns of a file without a header: give their positions instead");
        }
        let usable = |scale: f64| scale.is_finite() && scale != 0.0;
        if !self.scales.values().all(|(factor, divisor)| usable(*factor) && usable(*divisor)) {
            return refuse("factors and divisors must be finite and not zero");
        }
        if matches!(self.content, Content::Bars(Timeframe::Week1 | Timeframe::Month1, _)) {
            return refuse("bars of weeks and months are not supported");
        }
        time::validate_pattern(&self.dates)?;
        self.time.validate()
    }
}
