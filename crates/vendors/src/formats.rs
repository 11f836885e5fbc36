//! The kinds of files that are read, in part or not.

use std::fmt;

/// The degree to which a kind of file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// All rows and all fields that the records have.
    Whole,
    /// Some rows or fields, with what is left out and why.
    Part(&'static str),
    /// Nothing, with the reason.
    Refused(&'static str),
}

impl fmt::Display for Reading {
    /// Writes `yes`, `partly: …` or `no: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("yes"),
            Self::Part(left_out) => write!(f, "partly: {left_out}"),
            Self::Refused(reason) => write!(f, "no: {reason}"),
        }
    }
}

/// A kind of file. `{}` writes a line of the table of files that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind {
    /// The name of the [`Format`](crate::Format) or broker's format, which parses into it; a word for a kind that is not
    /// read.
    pub name: &'static str,
    /// The vendor and the files.
    pub files: &'static str,
    /// The records of the files.
    pub records: &'static str,
    /// The degree to which they are read.
    pub reading: Reading,
    /// The vendor's page, or a public sample, from which the format is known.
    pub known_from: &'static str,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, files, records, reading, known_from } = self;
        write!(f, "| `{name}` | {files} | {records} | {reading} | {known_from} |")
    }
}

const QUOTES: &str = "option quotes";
const QUOTES_AND_SPOT: &str = "option quotes, the underlying's quote";
const QUOTES_OF_BOTH: &str = "option quotes, quotes of underlyings";
const BARS: &str = "bars";

const fn kind(
    name: &'static str,
    (files, records): (&'static str, &'static str),
    reading: Reading,
    known_from: &'static str,
) -> FileKind {
    FileKind { name, files, records, reading, known_from }
}

const NO_UNITS: Reading = Reading::Part("theta, vega and rho are left out, since their units are not stated");
const CRYPTO: Reading = Reading::Refused(crate::crypto::REASON);

/// All kinds of vendors' files that are known, those that are read first.
pub const FILE_KINDS: &[FileKind] = &[
    kind(
        "cboe",
        (
            "Cboe's delayed quotes, the CSV of the page: since 2011, the date in the words of many countries",
            QUOTES_AND_SPOT,
        ),
        Reading::Part("the heading's sizes are left out, since their unit is not stated"),
        "<https://www.cboe.com/delayed_quotes/>",
    ),
    kind(
        "cboe_json",
        ("Cboe's delayed quotes, the JSON of the page", QUOTES_AND_SPOT),
        Reading::Part("sizes, theta, vega and rho are left out, since their units are not stated"),
        "<https://cdn.cboe.com/api/global/delayed_quotes/options/_SPX.json>",
    ),
    kind(
        "cboe_datashop_eod",
        (
            "Cboe DataShop, end-of-day option quotes, with calculations or without",
            "option quotes of 15:45 and of the close",
        ),
        Reading::Part("bars of options, theta, vega and rho are left out; 15:45 is kept on half days too"),
        "<https://datashop.cboe.com/option-eod-summary>",
    ),
    kind(
        "cboe_datashop_quotes",
        ("Cboe DataShop, option quotes by interval", QUOTES),
        NO_UNITS,
        "<https://datashop.cboe.com/option-quote-intervals>",
    ),
    kind(
        "end_of_day",
        ("historicaloptiondata's end-of-day chains, L2 and L3, those before 2010 too", QUOTES),
        Reading::Whole,
        "<https://historicaloptiondata.com/sample-files/>",
    ),
    kind(
        "optionsdx",
        ("OptionsDX, a line with a call and a put", QUOTES),
        Reading::Part(
            "sizes and rho are left out; the symbol is that of the file's name, such as `spy_eod_202401.txt`",
        ),
        "<https://www.optionsdx.com/>",
    ),
    kind(
        "polygon_minute",
        ("Polygon's (Massive's) flat files of minute aggregates: options, stocks, indices", BARS),
        Reading::Whole,
        "<https://massive.com/docs/flat-files/options/minute-aggregates>",
    ),
    kind(
        "polygon_day",
        ("Polygon's (Massive's) flat files of day aggregates: options, stocks, indices", BARS),
        Reading::Whole,
        "<https://massive.com/docs/flat-files/options/day-aggregates>",
    ),
    kind(
        "polygon_quotes",
        ("Polygon's (Massive's) flat files of option quotes", QUOTES),
        Reading::Whole,
        "<https://massive.com/docs/flat-files/options/quotes>",
    ),
    kind(
        "polygon_stock_quotes",
        ("Polygon's (Massive's) flat files of stock quotes", "quotes of underlyings"),
        Reading::Part("sizes are left out, since they are in round lots or in shares, depending on the day"),
        "<https://massive.com/docs/flat-files/stocks/quotes>",
    ),
    kind(
        "databento_ohlcv_1s",
        ("Databento's CSV of `ohlcv-1s`, prices and times pretty or not", BARS),
        Reading::Whole,
        "<https://databento.com/docs/schemas-and-data-formats/ohlcv>",
    ),
    kind(
        "databento_ohlcv_1m",
        ("Databento's CSV of `ohlcv-1m`", BARS),
        Reading::Whole,
        "<https://databento.com/docs/schemas-and-data-formats/ohlcv>",
    ),
    kind(
        "databento_ohlcv_1h",
        ("Databento's CSV of `ohlcv-1h`", BARS),
        Reading::Whole,
        "<https://databento.com/docs/schemas-and-data-formats/ohlcv>",
    ),
    kind(
        "databento_ohlcv_1d",
        ("Databento's CSV of `ohlcv-1d`; a day ends at the exchange's close", BARS),
        Reading::Whole,
        "<https://databento.com/docs/schemas-and-data-formats/ohlcv>",
    ),
    kind(
        "databento_quotes",
        ("Databento's CSV of `mbp-1`, `tbbo`, `bbo-1s`, `cmbp-1`, `cbbo-1s` and alike, with symbols", QUOTES_OF_BOTH),
        Reading::Part("the best bid and ask alone"),
        "<https://databento.com/docs/schemas-and-data-formats/cbbo>",
    ),
    kind(
        "thetadata_v2",
        ("ThetaData's CSV of version 2: quotes, end of day, Greeks, with root and strike in each row", QUOTES),
        NO_UNITS,
        "<https://http-docs.thetadata.us/operations/get-bulk_hist-option-quote.html>",
    ),
    kind(
        "thetadata_v3",
        ("ThetaData's CSV of version 3: quotes and Greeks", QUOTES),
        NO_UNITS,
        "<https://docs.thetadata.us/operations/option_history_quote.html>",
    ),
    kind(
        "thetadata_v3_eod",
        ("ThetaData's CSV of version 3: end of day", QUOTES),
        Reading::Part("the quote of the report's instant; the bar of the day is left out"),
        "<https://docs.thetadata.us/operations/option_history_eod.html>",
    ),
    kind(
        "tradier",
        ("Tradier's JSON of option chains", QUOTES),
        NO_UNITS,
        "<https://docs.tradier.com/reference/brokerage-api-markets-get-options-chains>",
    ),
    kind(
        "yfinance_options",
        ("yfinance, `option_chain(…).calls.to_csv(…)`: the caller gives the instant", QUOTES),
        Reading::Whole,
        "<https://ranaroussi.github.io/yfinance/reference/api/yfinance.Ticker.option_chain.html>",
    ),
    kind(
        "yfinance_history",
        ("yfinance, `history(…).to_csv(…)` of days, and Yahoo's own CSV: the caller gives the symbol", BARS),
        Reading::Part("dividends and splits are left out; yfinance adjusts prices unless `auto_adjust=False` is given"),
        "<https://ranaroussi.github.io/yfinance/reference/api/yfinance.Ticker.history.html>",
    ),
    kind(
        "yfinance_download",
        ("yfinance, `download(…).to_csv(…)` of one symbol by days", BARS),
        Reading::Part("yfinance adjusts prices unless `auto_adjust=False` is given"),
        "<https://ranaroussi.github.io/yfinance/reference/api/yfinance.download.html>",
    ),
    kind(
        "alpha_vantage",
        ("Alpha Vantage's CSV of historical options", QUOTES),
        NO_UNITS,
        "<https://www.alphavantage.co/documentation/#historical-options>",
    ),
    kind(
        "dolthub",
        ("DoltHub's `post-no-preference/options`, the table `option_chain` as CSV", QUOTES),
        NO_UNITS,
        "<https://www.dolthub.com/repositories/post-no-preference/options>",
    ),
    kind(
        "options_desk",
        ("Chains as JSON documents with `symbol`, `updated`, `underlyingPrice` and `quotes`", QUOTES_AND_SPOT),
        Reading::Whole,
        "a public collection of chains",
    ),
    kind(
        "lean",
        ("The LEAN engine's zips, minute, hour and daily", "option quotes, bars, open interest, quotes of equities"),
        Reading::Part("futures are refused"),
        "<https://github.com/QuantConnect/Lean/tree/master/Data>",
    ),
    kind(
        "lean_factors",
        ("LEAN's factor files", "splits and dividends"),
        Reading::Whole,
        "<https://github.com/QuantConnect/Lean/tree/master/Data/equity/usa/factor_files>",
    ),
    kind(
        "lean_map",
        ("LEAN's map files", "changes of symbol, listings and delistings"),
        Reading::Whole,
        "<https://github.com/QuantConnect/Lean/tree/master/Data/equity/usa/map_files>",
    ),
    kind(
        "fred",
        ("Series by day as FRED exports them", "observations"),
        Reading::Whole,
        "<https://fred.stlouisfed.org/>",
    ),
    kind(
        "index_history",
        ("An index's daily history as Cboe publishes it", "observations of the close"),
        Reading::Part("for all four prices read bars by a layout"),
        "<https://cdn.cboe.com/api/global/us_indices/daily_prices/VIX_History.csv>",
    ),
    kind("csv", ("Any other CSV, by a layout of its columns", "those of the layout"), Reading::Whole, "the caller"),
    kind(
        "crypto",
        ("Options on crypto currencies: Deribit, Binance, OKX, Bybit, OptionsDX's files of them", "none"),
        CRYPTO,
        "<https://docs.deribit.com/>",
    ),
    kind(
        "trades",
        ("Trades one by one: Polygon, Databento, ThetaData", "none"),
        Reading::Refused("the library has no record of a single trade of the market; bars hold what they come to"),
        "<https://massive.com/docs/flat-files/options/trades>",
    ),
    kind(
        "binary",
        ("Databento's DBN, Parquet, Excel workbooks, databases", "none"),
        Reading::Refused("they are no text: export them as CSV"),
        "<https://databento.com/docs/standards-and-conventions/databento-binary-encoding>",
    ),
];
