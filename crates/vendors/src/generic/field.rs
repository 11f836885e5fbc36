//! The fields of a record.

use std::{fmt, str::FromStr};

use strikebook_core::{Error, Result};

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $field:ident = $name:literal,)+) => {
        /// A field of a record. `{}` and parsing use the names of the variants in `snake_case`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum CsvField {
            $($(#[doc = $doc])+ $field,)+
        }

        impl CsvField {
            /// All fields of all records.
            pub const ALL: &[Self] = &[$(Self::$field),+];

            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)+
                }
            }
        }
    };
}

fields! {
    /// The subject of the row: an option's OCC symbol, padded or not; a stock's, fund's or index's symbol; or the id of
    /// a series.
    Symbol = "symbol",
    /// The root of an option's symbol, where there is no [`Symbol`](Self::Symbol).
    Root = "root",
    /// An option's expiration, in the layout's [date format](crate::CsvLayout::with_date_format).
    Expiration = "expiration",
    /// The option type: `call`, `put`, `C` or `P`, in any case.
    OptionType = "option_type",
    /// An option's strike price.
    Strike = "strike",
    /// The instant, in the layout's [time format](crate::CsvLayout::with_time); of an observation the date, in its date
    /// format.
    Time = "time",
    /// The time of day, where [`Time`](Self::Time) holds only the date. The layout's
    /// [time format](crate::CsvLayout::with_time) says how it is written.
    TimeOfDay = "time_of_day",
    /// The best bid price.
    Bid = "bid",
    /// The best ask price.
    Ask = "ask",
    /// The last trade's price.
    Last = "last",
    /// The contracts or shares at the bid.
    BidSize = "bid_size",
    /// The contracts or shares at the ask.
    AskSize = "ask_size",
    /// The contracts or shares traded: so far that day, or in the bar.
    Volume = "volume",
    /// The number of open contracts.
    OpenInterest = "open_interest",
    /// The implied volatility, per 1.00 a year.
    ImpliedVolatility = "implied_volatility",
    /// The delta, dV/dS.
    Delta = "delta",
    /// The gamma, d²V/dS².
    Gamma = "gamma",
    /// The theta, dV/dt, per year: negative for a loss of value.
    Theta = "theta",
    /// The vega, dV/dσ, per 1.00 of volatility.
    Vega = "vega",
    /// The rho, dV/dr, per 1.00 of interest.
    Rho = "rho",
    /// The price of the underlying.
    UnderlyingPrice = "underlying_price",
    /// A bar's first price.
    Open = "open",
    /// A bar's highest price.
    High = "high",
    /// A bar's lowest price.
    Low = "low",
    /// A bar's last price.
    Close = "close",
    /// A bar's volume-weighted average price.
    Vwap = "vwap",
    /// The value of a series.
    Value = "value",
    /// The kind of a corporate action, as [`ActionKind`](strikebook_core::market::ActionKind) names it, such as
    /// `split`.
    Kind = "kind",
    /// The status of a corporate action: `estimated`, `confirmed`, the default, or `cancelled`.
    Status = "status",
    /// The instant of a corporate action's announcement, in the layout's time format.
    Announced = "announced",
    /// The new shares of a corporate action.
    NewShares = "new_shares",
    /// The old shares of a corporate action.
    OldShares = "old_shares",
    /// The cash for each share.
    Amount = "amount",
    /// The currency of the amount.
    Currency = "currency",
    /// The record date of a dividend, in the layout's date format.
    RecordDate = "record_date",
    /// The pay date of a dividend, in the layout's date format.
    PayDate = "pay_date",
    /// The other symbol of a corporate action.
    Counterpart = "counterpart",
    /// The time of an earnings report: `before_open`, `during_session` or `after_close`.
    ReportTime = "report_time",
    /// The market capitalisation of an underlying.
    MarketCap = "market_cap",
    /// The shares outstanding of an underlying.
    SharesOutstanding = "shares_outstanding",
}

impl CsvField {
    pub(super) const PRICES: [Self; 9] = [
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

impl fmt::Display for CsvField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CsvField {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.iter().find(|field| field.name() == text).copied();
        known.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|field| field.name()).collect();
            Error::invalid_input("a field of a layout must have one of the known names")
                .with("field", text)
                .with("known", names.join(", "))
        })
    }
}
