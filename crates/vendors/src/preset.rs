//! Named layouts of vendors' CSV files. The page on files that are read names the source of each.

use chrono_tz::Tz;
use strikebook_core::market::Timeframe;

use crate::{BarLabel, CsvField, CsvLayout, CsvPart, TimeFormat, text::Header};

/// The implied volatility that Yahoo writes where it has none, up to the error of its last digits.
const NO_VOLATILITY: f64 = 1.000_001e-5;
/// Databento's prices without a decimal point are in this part of a dollar.
const FIXED_POINT: f64 = 1e9;
/// Databento's texts for a price and for a size that do not exist.
const UNDEFINED: [&str; 2] = ["9223372036854775807", "4294967295"];

/// The columns of Yahoo's daily prices.
const YAHOO_COLUMNS: [&str; 10] =
    ["Date", "Open", "High", "Low", "Close", "Adj Close", "Volume", "Dividends", "Stock Splits", "Capital Gains"];

/// A named layout of a vendor's files.
#[derive(Debug)]
pub(crate) struct Preset {
    pub(crate) name: &'static str,
    /// The source of its rows.
    pub(crate) source: &'static str,
    /// The columns by which a file of the layout is recognised.
    pub(crate) signature: &'static [&'static str],
    /// A text that must stand in a column of the first row, where the columns alone do not tell the layout.
    pub(crate) first_row: Option<(&'static str, &'static str)>,
    /// All columns that a file of the layout may have, where others use the same names; empty for any.
    only: &'static [&'static str],
    layout: fn() -> CsvLayout,
}

impl Preset {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.name == name)
    }

    pub(crate) fn layout(&self) -> CsvLayout {
        (self.layout)().with_name(self.name).with_source(self.source)
    }

    /// Returns true for a header with all columns of the signature and, above the first row, for the text of that row.
    pub(crate) fn fits(&self, header: &Header, first_row: Option<&Header>) -> bool {
        let has = |name: &&str| header.names().any(|column| column == *name);
        let may_have = |column: &str| self.only.is_empty() || self.only.contains(&column);
        let has_text = self.first_row.is_none_or(|(column, expected)| {
            let text = header.find(column).and_then(|column| first_row?.names().nth(column));
            text == Some(expected)
        });
        self.signature.iter().all(has) && header.names().all(may_have) && has_text
    }
}

/// All named layouts, by vendor.
pub(crate) const PRESETS: &[Preset] = &[
    Preset {
        name: "yfinance_options",
        source: "yfinance",
        signature: &["contractSymbol", "lastTradeDate", "strike", "lastPrice"],
        first_row: None,
        only: &[],
        layout: yfinance_options,
    },
    Preset {
        name: "yfinance_history",
        source: "yfinance",
        signature: &["Date", "Open", "High", "Low", "Close", "Volume"],
        first_row: None,
        only: &YAHOO_COLUMNS,
        layout: yfinance_history,
    },
    Preset {
        name: "yfinance_download",
        source: "yfinance",
        signature: &["Price", "Open", "High", "Low", "Close", "Volume"],
        first_row: Some(("Price", "Ticker")),
        only: &[],
        layout: yfinance_download,
    },
    Preset {
        name: "polygon_minute",
        source: "polygon",
        signature: &["ticker", "open", "close", "high", "low", "window_start"],
        first_row: None,
        only: &[],
        layout: polygon_minute,
    },
    Preset {
        name: "polygon_day",
        source: "polygon",
        signature: &["ticker", "open", "close", "high", "low", "window_start"],
        first_row: None,
        only: &[],
        layout: polygon_day,
    },
    Preset {
        name: "polygon_quotes",
        source: "polygon",
        signature: &["ticker", "ask_price", "ask_size", "bid_price", "bid_size", "sip_timestamp"],
        first_row: None,
        only: &[],
        layout: polygon_quotes,
    },
    Preset {
        name: "polygon_stock_quotes",
        source: "polygon",
        signature: &["ticker", "ask_price", "ask_size", "bid_price", "bid_size", "sip_timestamp", "tape"],
        first_row: None,
        only: &[],
        layout: polygon_stock_quotes,
    },
    databento_bars("databento_ohlcv_1s", "32", || databento_ohlcv(Timeframe::Second1, "32")),
    databento_bars("databento_ohlcv_1m", "33", || databento_ohlcv(Timeframe::Minute1, "33")),
    databento_bars("databento_ohlcv_1h", "34", || databento_ohlcv(Timeframe::Hour1, "34")),
    databento_bars("databento_ohlcv_1d", "35", || databento_ohlcv(Timeframe::Day1, "35")),
    Preset {
        name: "databento_quotes",
        source: "databento",
        signature: &["instrument_id", "bid_px_00", "ask_px_00", "bid_sz_00", "ask_sz_00", "symbol"],
        first_row: None,
        only: &[],
        layout: databento_quotes,
    },
    Preset {
        name: "thetadata_v2",
        source: "thetadata",
        signature: &["root", "expiration", "strike", "right", "ms_of_day", "bid", "ask", "date"],
        first_row: None,
        only: &[],
        layout: thetadata_v2,
    },
    Preset {
        name: "thetadata_v3",
        source: "thetadata",
        signature: &["symbol", "expiration", "strike", "right", "timestamp", "bid", "ask"],
        first_row: None,
        only: &[],
        layout: thetadata_v3,
    },
    Preset {
        name: "thetadata_v3_eod",
        source: "thetadata",
        signature: &["symbol", "expiration", "strike", "right", "created", "last_trade", "bid", "ask"],
        first_row: None,
        only: &[],
        layout: thetadata_v3_eod,
    },
    Preset {
        name: "cboe_datashop_eod",
        source: "cboe_datashop",
        signature: &["underlying_symbol", "quote_date", "root", "option_type", "bid_1545", "bid_eod", "ask_eod"],
        first_row: None,
        only: &[],
        layout: cboe_datashop_eod,
    },
    Preset {
        name: "cboe_datashop_quotes",
        source: "cboe_datashop",
        signature: &["underlying_symbol", "quote_datetime", "root", "option_type", "trade_volume", "bid", "ask"],
        first_row: None,
        only: &[],
        layout: cboe_datashop_quotes,
    },
    Preset {
        name: "optionsdx",
        source: "optionsdx",
        signature: &["[QUOTE_READTIME]", "[EXPIRE_DATE]", "[STRIKE]", "[C_BID]", "[P_BID]"],
        first_row: None,
        only: &[],
        layout: optionsdx,
    },
    Preset {
        name: "alpha_vantage",
        source: "alpha_vantage",
        signature: &["contractID", "symbol", "expiration", "type", "mark", "bid", "ask", "date"],
        first_row: None,
        only: &[],
        layout: alpha_vantage,
    },
    Preset {
        name: "dolthub",
        source: "dolthub",
        signature: &["date", "act_symbol", "expiration", "strike", "call_put", "bid", "ask", "vol"],
        first_row: None,
        only: &[],
        layout: dolthub,
    },
];

/// Sets columns that a file must have.
fn columns(layout: CsvLayout, columns: &[(CsvField, &str)]) -> CsvLayout {
    columns.iter().fold(layout, |layout, (field, name)| layout.with_column(*field, name))
}

/// Sets columns that a file may lack.
fn optional(layout: CsvLayout, columns: &[(CsvField, &str)]) -> CsvLayout {
    columns.iter().fold(layout, |layout, (field, name)| layout.with_any_column(*field, &[name]))
}

fn yfinance_options() -> CsvLayout {
    let layout = columns(
        CsvLayout::option_quotes(),
        &[(CsvField::Symbol, "contractSymbol"), (CsvField::Strike, "strike"), (CsvField::Last, "lastPrice")],
    );
    let layout = optional(
        layout,
        &[
            (CsvField::Bid, "bid"),
            (CsvField::Ask, "ask"),
            (CsvField::Volume, "volume"),
            (CsvField::OpenInterest, "openInterest"),
            (CsvField::ImpliedVolatility, "impliedVolatility"),
        ],
    );
    layout.with_missing_up_to(CsvField::ImpliedVolatility, NO_VOLATILITY).with_missing("nan").with_missing("NaN")
}

/// The prices of a day in Yahoo's words.
const YFINANCE_PRICES: [(CsvField, &str); 5] = [
    (CsvField::Open, "Open"),
    (CsvField::High, "High"),
    (CsvField::Low, "Low"),
    (CsvField::Close, "Close"),
    (CsvField::Volume, "Volume"),
];

fn yfinance_bars() -> CsvLayout {
    columns(CsvLayout::bars(Timeframe::Day1, BarLabel::Start), &YFINANCE_PRICES)
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
}

fn yfinance_history() -> CsvLayout {
    yfinance_bars().with_column(CsvField::Time, "Date")
}

fn yfinance_download() -> CsvLayout {
    yfinance_bars().with_column(CsvField::Time, "Price").with_lines_below_header(2).with_text_below_header(
        CsvField::Symbol,
        1,
        1,
    )
}

fn polygon_bars(timeframe: Timeframe) -> CsvLayout {
    let layout = columns(
        CsvLayout::bars(timeframe, BarLabel::Start),
        &[
            (CsvField::Symbol, "ticker"),
            (CsvField::Time, "window_start"),
            (CsvField::Open, "open"),
            (CsvField::High, "high"),
            (CsvField::Low, "low"),
            (CsvField::Close, "close"),
        ],
    );
    optional(layout, &[(CsvField::Volume, "volume")])
        .with_prefix(CsvField::Symbol, "O:")
        .with_prefix(CsvField::Symbol, "I:")
        .with_time(TimeFormat::UnixNanoseconds, Tz::America__New_York)
}

fn polygon_minute() -> CsvLayout {
    polygon_bars(Timeframe::Minute1)
}

fn polygon_day() -> CsvLayout {
    polygon_bars(Timeframe::Day1)
}

fn polygon_best(layout: CsvLayout) -> CsvLayout {
    let best = [
        (CsvField::Symbol, "ticker"),
        (CsvField::Time, "sip_timestamp"),
        (CsvField::Bid, "bid_price"),
        (CsvField::Ask, "ask_price"),
    ];
    columns(layout, &best).with_time(TimeFormat::UnixNanoseconds, Tz::UTC)
}

fn polygon_quotes() -> CsvLayout {
    let sizes = [(CsvField::BidSize, "bid_size"), (CsvField::AskSize, "ask_size")];
    columns(polygon_best(CsvLayout::option_quotes()), &sizes).with_prefix(CsvField::Symbol, "O:")
}

// Sizes are in round lots or in shares, depending on the day, and are left out.
fn polygon_stock_quotes() -> CsvLayout {
    polygon_best(CsvLayout::underlying_quotes())
}

const fn databento_bars(name: &'static str, rtype: &'static str, layout: fn() -> CsvLayout) -> Preset {
    Preset {
        name,
        source: "databento",
        signature: &["ts_event", "rtype", "instrument_id", "open", "high", "low", "close", "symbol"],
        first_row: Some(("rtype", rtype)),
        only: &[],
        layout,
    }
}

fn databento(layout: CsvLayout) -> CsvLayout {
    let layout = layout.with_time(TimeFormat::Instant, Tz::UTC).with_integer_price_divisor(FIXED_POINT);
    UNDEFINED.into_iter().fold(layout, CsvLayout::with_missing)
}

fn databento_ohlcv(timeframe: Timeframe, rtype: &str) -> CsvLayout {
    let prices = [
        (CsvField::Symbol, "symbol"),
        (CsvField::Time, "ts_event"),
        (CsvField::Open, "open"),
        (CsvField::High, "high"),
        (CsvField::Low, "low"),
        (CsvField::Close, "close"),
        (CsvField::Volume, "volume"),
    ];
    columns(databento(CsvLayout::bars(timeframe, BarLabel::Start)), &prices).with_required_text("rtype", rtype)
}

fn databento_quotes() -> CsvLayout {
    let best = [
        (CsvField::Symbol, "symbol"),
        (CsvField::Bid, "bid_px_00"),
        (CsvField::Ask, "ask_px_00"),
        (CsvField::BidSize, "bid_sz_00"),
        (CsvField::AskSize, "ask_sz_00"),
    ];
    // In quotes by interval `ts_event` is that of the last trade.
    columns(databento(CsvLayout::quotes()), &best).with_any_column(CsvField::Time, &["ts_recv", "ts_event"])
}

/// The columns of a best bid and ask, and those that some files of `ThetaData` and Cboe have besides. The units of
/// their other Greeks are not stated, and they are left out.
const BEST: [(CsvField, &str); 8] = [
    (CsvField::Bid, "bid"),
    (CsvField::Ask, "ask"),
    (CsvField::BidSize, "bid_size"),
    (CsvField::AskSize, "ask_size"),
    (CsvField::OpenInterest, "open_interest"),
    (CsvField::Delta, "delta"),
    (CsvField::Gamma, "gamma"),
    (CsvField::UnderlyingPrice, "underlying_price"),
];

fn thetadata(root: &str) -> CsvLayout {
    let parts = [
        (CsvField::Root, root),
        (CsvField::Expiration, "expiration"),
        (CsvField::OptionType, "right"),
        (CsvField::Strike, "strike"),
    ];
    optional(columns(CsvLayout::option_quotes(), &parts), &BEST)
        .with_any_column(CsvField::ImpliedVolatility, &["implied_vol"])
        .with_any_column(CsvField::Last, &["close"])
        .with_any_column(CsvField::Volume, &["volume"])
}

fn thetadata_v2() -> CsvLayout {
    thetadata("root")
        .with_divisor(CsvField::Strike, 1_000.0)
        .with_date_format("%Y%m%d")
        .with_column(CsvField::Time, "date")
        .with_column(CsvField::TimeOfDay, "ms_of_day")
        .with_time(TimeFormat::MillisecondsOfDay("%Y%m%d".into()), Tz::America__New_York)
}

fn thetadata_v3_at(column: &str) -> CsvLayout {
    thetadata("symbol")
        .with_column(CsvField::Time, column)
        .with_time(TimeFormat::Local("%Y-%m-%dT%H:%M:%S%.f".into()), Tz::America__New_York)
}

fn thetadata_v3() -> CsvLayout {
    thetadata_v3_at("timestamp")
}

fn thetadata_v3_eod() -> CsvLayout {
    thetadata_v3_at("created")
}

/// The contract's parts in the words of Cboe's `DataShop`.
const DATASHOP_CONTRACT: [(CsvField, &str); 4] = [
    (CsvField::Root, "root"),
    (CsvField::Expiration, "expiration"),
    (CsvField::OptionType, "option_type"),
    (CsvField::Strike, "strike"),
];

fn cboe_datashop_eod() -> CsvLayout {
    let afternoon = [
        (CsvField::Bid, "bid_1545"),
        (CsvField::Ask, "ask_1545"),
        (CsvField::BidSize, "bid_size_1545"),
        (CsvField::AskSize, "ask_size_1545"),
        (CsvField::UnderlyingPrice, "active_underlying_price_1545"),
        (CsvField::ImpliedVolatility, "implied_volatility_1545"),
        (CsvField::Delta, "delta_1545"),
        (CsvField::Gamma, "gamma_1545"),
    ];
    let close = [
        (CsvField::Bid, "bid_eod"),
        (CsvField::Ask, "ask_eod"),
        (CsvField::BidSize, "bid_size_eod"),
        (CsvField::AskSize, "ask_size_eod"),
        (CsvField::Last, "close"),
        (CsvField::Volume, "trade_volume"),
        (CsvField::OpenInterest, "open_interest"),
    ];
    let part = |columns: &[(CsvField, &str)]| {
        columns.iter().fold(CsvPart::default(), |part, (field, name)| part.with_any_column(*field, &[name]))
    };
    columns(CsvLayout::option_quotes(), &DATASHOP_CONTRACT)
        .with_column(CsvField::Time, "quote_date")
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
        .with_part(
            part(&afternoon)
                .with_constant(CsvField::TimeOfDay, "15:45")
                .with_time(TimeFormat::Local("%Y-%m-%d %H:%M".into())),
        )
        .with_part(part(&close))
}

fn cboe_datashop_quotes() -> CsvLayout {
    optional(columns(CsvLayout::option_quotes(), &DATASHOP_CONTRACT), &BEST)
        .with_column(CsvField::Time, "quote_datetime")
        .with_time(TimeFormat::Local("%Y-%m-%d %H:%M:%S".into()), Tz::America__New_York)
        .with_any_column(CsvField::Last, &["close"])
        .with_any_column(CsvField::Volume, &["trade_volume"])
        .with_any_column(CsvField::ImpliedVolatility, &["implied_volatility"])
        .with_any_column(CsvField::UnderlyingPrice, &["active_underlying_price"])
}

fn optionsdx() -> CsvLayout {
    let part = |kind: &str, letter: char| {
        [
            (CsvField::Bid, "BID"),
            (CsvField::Ask, "ASK"),
            (CsvField::Last, "LAST"),
            (CsvField::Volume, "VOLUME"),
            (CsvField::ImpliedVolatility, "IV"),
            (CsvField::Delta, "DELTA"),
            (CsvField::Gamma, "GAMMA"),
            (CsvField::Theta, "THETA"),
            (CsvField::Vega, "VEGA"),
        ]
        .into_iter()
        .fold(CsvPart::default().with_constant(CsvField::OptionType, kind), |part, (field, name)| {
            part.with_column(field, &format!("[{letter}_{name}]"))
        })
    };
    // Theta per day and vega per point: with a file's price, volatility and days, Black-Scholes gives the same sizes.
    columns(
        CsvLayout::option_quotes(),
        &[
            (CsvField::Time, "[QUOTE_READTIME]"),
            (CsvField::Expiration, "[EXPIRE_DATE]"),
            (CsvField::Strike, "[STRIKE]"),
            (CsvField::UnderlyingPrice, "[UNDERLYING_LAST]"),
        ],
    )
    .with_file_name(CsvField::Root, "_")
    .with_time(TimeFormat::Local("%Y-%m-%d %H:%M".into()), Tz::America__New_York)
    .with_factor(CsvField::Theta, 365.0)
    .with_factor(CsvField::Vega, 100.0)
    .with_part(part("call", 'C'))
    .with_part(part("put", 'P'))
}

fn alpha_vantage() -> CsvLayout {
    let contract = [
        (CsvField::Symbol, "contractID"),
        (CsvField::Expiration, "expiration"),
        (CsvField::OptionType, "type"),
        (CsvField::Strike, "strike"),
        (CsvField::Time, "date"),
    ];
    optional(columns(CsvLayout::option_quotes(), &contract), &BEST)
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
        .with_any_column(CsvField::Last, &["last"])
        .with_any_column(CsvField::Volume, &["volume"])
        .with_any_column(CsvField::ImpliedVolatility, &["implied_volatility"])
}

fn dolthub() -> CsvLayout {
    let contract = [
        (CsvField::Root, "act_symbol"),
        (CsvField::Expiration, "expiration"),
        (CsvField::OptionType, "call_put"),
        (CsvField::Strike, "strike"),
        (CsvField::Time, "date"),
        (CsvField::ImpliedVolatility, "vol"),
    ];
    optional(columns(CsvLayout::option_quotes(), &contract), &BEST)
        .with_time(TimeFormat::CloseOf("%Y-%m-%d".into()), Tz::America__New_York)
}
