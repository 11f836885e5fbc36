//! The views and functions for people who query by hand: each column against what the library answers, and in the
//! folder `reference` the queries of other systems' documentation.

use std::cell::RefCell;

use chrono::{Datelike, TimeDelta};
use strikebook::{
    AsOf, Result, Timestamp,
    market::{
        AggregateRepository, Bar, BarKey, BarQuery, BarRepository, ChainRepository, FundamentalRepository,
        OptionContract, OptionQuote, QuoteGreeks, QuoteQuery, Timeframe, calendar,
    },
    memory::MemoryStore,
    services::{
        statistics::{mean, simple_returns, volatility},
        technical::{Closes, Point, calculate_bollinger_bands, calculate_moving_average, calculate_rsi},
    },
    trading::{SignalAction, SignalRepository},
};
use strikebook_testkit::{async_trials, trial::Trial};

use self::rows::{PASSED_ON, at, backtest, day, fill, minutes, symbol};
use crate::queries;

mod rows;
#[cfg(feature = "timescale")]
mod trading_schema;
#[cfg(feature = "duckdb")]
mod two_databases;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        #[cfg(feature = "sqlite")]
        async_trials![sqlites_views_tell_what_the_library_tells],
        #[cfg(feature = "duckdb")]
        async_trials![duckdbs_views_and_macros_tell_what_the_library_tells],
        #[cfg(feature = "timescale")]
        strikebook_testkit::trials![servers_views_and_functions_tell_what_the_library_tells],
        #[cfg(feature = "duckdb")]
        two_databases::trials(),
        #[cfg(feature = "timescale")]
        trading_schema::trials(),
    ]
    .concat()
}

const EVERYTHING: AsOf = AsOf::with_hindsight(Timestamp::MAX);

/// A value of a row.
#[derive(Clone, Debug)]
enum Cell {
    Text(String),
    Number(f64),
    Instant(Timestamp),
    Missing,
}

impl Cell {
    fn text(value: &impl ToString) -> Self {
        Self::Text(value.to_string())
    }

    fn maybe(value: Option<f64>) -> Self {
        value.map_or(Self::Missing, Self::Number)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts are below 2⁵³")]
    fn count(value: Option<u64>) -> Self {
        Self::maybe(value.map(|value| value as f64))
    }

    fn equals(&self, found: Option<&str>) -> bool {
        match (self, found) {
            (Self::Missing, None) => true,
            (Self::Text(text), Some(found)) => text == found,
            (Self::Instant(at), Some(found)) => found.parse::<Timestamp>().is_ok_and(|found| found == *at),
            (Self::Number(number), Some(found)) => {
                found.parse::<f64>().is_ok_and(|found| (found - number).abs() <= 1e-9 * number.abs().max(1.0))
            }
            _ => false,
        }
    }
}

type Rows = Vec<Vec<Option<String>>>;

/// Returns the printed queries of a file, each behind the first words of its comment.
#[cfg(any(feature = "duckdb", feature = "timescale"))]
fn printed(file: &'static str) -> Vec<(&'static str, &'static str)> {
    let query = |text: &'static str| Some((text.trim().strip_prefix("-- ")?.split(['.', '\n']).next()?, text.trim()));
    let queries: Vec<_> = file.split("\n\n").filter_map(query).collect();
    assert!(!queries.is_empty(), "a file has queries");
    queries
}

/// A database whose queries return texts.
struct Asked<'a> {
    rows: &'a dyn Fn(&str) -> Rows,
    /// Returns an instant's column as RFC 3339.
    instant: fn(&str) -> String,
    /// The same of a column that holds the instant as tables do.
    stored_instant: fn(&str) -> String,
    /// Lists views with their columns.
    view_columns: &'static str,
    has_functions: bool,
    /// The queries so far.
    queries: RefCell<Vec<String>>,
}

impl Asked<'_> {
    /// Asserts that the queries so far named every column of every view.
    fn assert_complete(&self) {
        let queries = self.queries.borrow();
        let names = |sql: &str, name: &str| {
            sql.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
        };
        let columns = (self.rows)(self.view_columns);
        assert!(columns.len() > 150, "{columns:?}");
        for column in columns {
            let [Some(view), Some(column)] = column.as_slice() else { panic!("a view and its column: {column:?}") };
            let is_compared = queries.iter().any(|sql| names(sql, view) && names(sql, column));
            assert!(is_compared, "no query compares {column} of {view}");
        }
    }

    fn assert(&self, sql: &str, expected: &[Vec<Cell>]) {
        self.queries.borrow_mut().push(sql.to_owned());
        let found = (self.rows)(sql);
        assert!(!expected.is_empty(), "nothing is expected of {sql}");
        assert_eq!(found.len(), expected.len(), "{sql}: {found:?}, not {expected:?}");
        for (found, expected) in found.iter().zip(expected) {
            let same = found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| expected.equals(found.as_deref()));
            assert!(same, "{sql}\n   found {found:?}\nexpected {expected:?}");
        }
    }
}

fn just_before(at: Timestamp) -> Timestamp {
    at.saturating_sub(TimeDelta::microseconds(1))
}

/// Returns the cells of bars, by their start.
fn cells(bars: &[Bar]) -> Vec<Vec<Cell>> {
    let row = |bar: &Bar| {
        let prices = [bar.open, bar.high, bar.low, bar.close].map(Cell::Number);
        [vec![Cell::Instant(bar.opened_at)], prices.to_vec(), vec![Cell::count(bar.volume), Cell::maybe(bar.vwap)]]
            .concat()
    };
    bars.iter().map(row).collect()
}

/// Compares every column of the views, and the functions where there are any, with what a store in memory of the same
/// rows answers.
async fn compare(asked: &Asked<'_>) -> Result<()> {
    let model = MemoryStore::new();
    fill(&model).await?;
    compare_bars(asked, &model).await?;
    compare_options(asked, &model).await?;
    compare_days(asked, &model).await?;
    compare_actions(asked);
    compare_companies(asked);
    compare_backtest(asked)?;
    asked.assert_complete();
    if asked.has_functions {
        compare_functions(asked, &model).await?;
    }
    Ok(())
}

async fn compare_bars(asked: &Asked<'_>, model: &MemoryStore) -> Result<()> {
    let bucket = (asked.instant)("bucket");
    let stored = async |of, timeframe| {
        let bars = model.list_bars(&BarQuery::new(BarKey::new(symbol(of), timeframe), EVERYTHING)).await?.items;
        Ok::<_, strikebook::Error>(bars)
    };
    let minutes = stored("AAPL", Timeframe::Minute1).await?;
    let columns = "open, high, low, close, volume, vwap";
    let show =
        |view: &str, of: &str| format!("SELECT {bucket}, {columns} FROM {view} WHERE symbol = '{of}' ORDER BY 1");
    asked.assert(&show("stock_prices_1m", "AAPL"), &cells(&minutes));
    let series = BarKey::new(symbol("AAPL"), Timeframe::Minute1);
    for (view, timeframe) in [
        ("stock_prices_5m", Timeframe::Minute5),
        ("stock_prices_1h", Timeframe::Hour1),
        ("stock_prices_1d", Timeframe::Day1),
    ] {
        let made = model.resample_bars(&series, timeframe, Timestamp::MIN, EVERYTHING).await?;
        asked.assert(&show(view, "AAPL"), &cells(&made));
    }
    asked.assert(&show("stock_prices_5m", "MSFT"), &cells(&stored("MSFT", Timeframe::Minute5).await?));
    asked.assert(&show("stock_prices_1d", "SPY"), &cells(&stored("SPY", Timeframe::Day1).await?));

    let (timestamp, created_at) = ((asked.instant)("\"timestamp\""), (asked.instant)("created_at"));
    let mut prices = Vec::new();
    for bar in &minutes {
        let stated = model.fundamentals_as_of(symbol("AAPL"), AsOf::with_hindsight(bar.at)).await?;
        let (market_cap, shares) = stated.map_or((None, None), |stated| (stated.market_cap, stated.shares_outstanding));
        let row = cells(std::slice::from_ref(bar)).concat();
        let last = vec![Cell::count(market_cap), Cell::count(shares), Cell::Instant(bar.recorded_at)];
        prices.push([vec![Cell::Instant(bar.at)], row.get(1..).unwrap_or_default().to_vec(), last].concat());
    }
    let sql = format!(
        "SELECT {timestamp}, open_price, high_price, low_price, close_price, volume, vwap, market_cap, \
         shares_outstanding, {created_at} FROM stock_prices WHERE symbol = 'AAPL' ORDER BY 1"
    );
    asked.assert(&sql, &prices);

    let mut days = Vec::new();
    for bar in model.resample_bars(&series, Timeframe::Day1, Timestamp::MIN, EVERYTHING).await? {
        let session = minutes.iter().filter(|minute| bar.opened_at < minute.at && minute.at <= bar.at);
        let closes: Vec<_> = session.map(|minute| minute.close).collect();
        let prices = [bar.open, bar.high, bar.low, bar.close].map(Cell::Number).to_vec();
        let day = vec![Cell::text(&bar.at.new_york_date())];
        days.push([day, prices, vec![Cell::count(bar.volume), Cell::maybe(mean(&closes))]].concat());
    }
    let sql =
        "SELECT day, open, high, low, close, volume, avg_price FROM market_data_daily WHERE symbol = 'AAPL' ORDER BY 1";
    asked.assert(sql, &days);

    let mut shown = Vec::new();
    for minute in &minutes {
        let date = just_before(minute.at).new_york_date();
        let (open, close) = (calendar::open_on(date)?, calendar::close_on(date)?);
        let is_weekday = date.weekday().number_from_monday() < 6;
        let is_session = is_weekday && open < minute.at && minute.at <= close;
        let part = match minute.at {
            at if is_weekday && at > close => close,
            at if is_weekday && at > open => open,
            _ => open.saturating_sub(TimeDelta::minutes(570)),
        };
        let row = cells(std::slice::from_ref(minute)).concat();
        let first = vec![Cell::Instant(minute.at)];
        let last = vec![
            Cell::text(&date),
            Cell::Instant(open),
            Cell::Number(f64::from(u8::from(is_session))),
            Cell::Instant(part),
        ];
        shown.push([first, row.get(1..).unwrap_or_default().to_vec(), last].concat());
    }
    let [ends, opens, part] = ["\"at\"", "opens", "part"].map(asked.stored_instant);
    let sql = format!(
        "SELECT {ends}, {columns}, day, {opens}, CASE WHEN is_session THEN 1 ELSE 0 END, {part} FROM stock_minutes \
         WHERE symbol = 'AAPL' ORDER BY 1"
    );
    asked.assert(&sql, &shown);

    let half_days = day("1990-01-01").iter_days().take_while(|day| *day < self::day("2050-01-01"));
    let half_days = half_days.filter(|day| calendar::is_half_day(*day)).map(|day| {
        let hour = if day < self::day("1993-01-01") { 14.0 } else { 13.0 };
        vec![Cell::text(&day), Cell::Number(hour)]
    });
    let sql = "SELECT date, substr(CAST(closes AS TEXT), 1, 2) FROM half_days ORDER BY 1";
    asked.assert(sql, &half_days.collect::<Vec<_>>());
    Ok(())
}

async fn compare_options(asked: &Asked<'_>, model: &MemoryStore) -> Result<()> {
    let date = day("2025-11-26");
    let key = BarKey::new(symbol("SPY"), Timeframe::Day1);
    let close = model.bar_as_of(&key, AsOf::with_hindsight(calendar::close_on(date)?)).await?.map(|bar| bar.close);
    let (mut options, mut history, mut readable) = (Vec::new(), Vec::new(), Vec::new());
    for contract in ["SPY251219C00102500", "SPY251219C00105000", "SPY251219P00105000"] {
        let contract: OptionContract = contract.parse()?;
        for quote in model.list_quotes(&QuoteQuery::new(contract, EVERYTHING)).await?.items {
            let natural = |at| {
                let names = [Cell::text(&contract.root()), Cell::text(&contract.expiration())];
                let type_and_strike = [Cell::text(&contract.option_type()), Cell::Number(contract.strike().to_f64())];
                [names.to_vec(), type_and_strike.to_vec(), vec![Cell::Instant(at)]].concat()
            };
            let QuoteGreeks { delta, gamma, theta, vega, rho } = quote.greeks;
            let greeks = [delta, gamma, theta, vega, rho].map(Cell::maybe).to_vec();
            let market = [quote.bid, quote.ask, quote.last].map(Cell::maybe).to_vec();
            let traded = vec![
                Cell::count(quote.volume),
                Cell::count(quote.open_interest),
                Cell::maybe(quote.implied_volatility),
            ];
            let sizes = [quote.bid_size, quote.ask_size].map(Cell::count).to_vec();
            let last =
                vec![Cell::maybe(quote.underlying_price), Cell::text(&quote.source), Cell::Instant(quote.recorded_at)];
            let all = [&natural(quote.at), &market, &sizes, &traded, &greeks, &last];
            readable.push(all.map(Clone::clone).concat());
            // The day's close stands for a price that is missing.
            let quote = OptionQuote { underlying_price: quote.underlying_price.or(close), ..quote };
            let words = vec![
                Cell::text(&contract),
                Cell::Instant(quote.at),
                Cell::text(&contract.expiration()),
                Cell::Number(contract.strike().to_f64()),
                Cell::text(&contract.option_type().as_str().to_uppercase()),
            ];
            let values = [quote.intrinsic_value(), quote.time_value()].map(Cell::maybe).to_vec();
            options.push([&words, &market, &traded, &greeks, &values].map(Clone::clone).concat());
            let of_day = vec![
                Cell::text(&date),
                Cell::maybe(quote.mid()),
                Cell::maybe(quote.underlying_price),
                Cell::Number(23.0),
                Cell::maybe(quote.moneyness()),
                Cell::text(&quote.source),
            ];
            history.push([&natural(quote.at), &market, &traded, &greeks, &of_day].map(Clone::clone).concat());
        }
    }
    let [timestamp, at, recorded_at] = ["\"timestamp\"", "\"at\"", "recorded_at"].map(asked.instant);
    let greeks = "delta, gamma, theta, vega, rho";
    let sql = format!(
        "SELECT option_symbol, {timestamp}, expiration_date, strike_price, option_type, bid_price, ask_price, \
         last_price, volume, open_interest, implied_volatility, {greeks}, intrinsic_value, time_value \
         FROM options_data WHERE underlying_symbol = 'SPY' ORDER BY option_symbol, 2"
    );
    asked.assert(&sql, &options);
    let contract = "root, expiration, option_type, strike";
    let sql = format!(
        "SELECT {contract}, {at}, bid, ask, last, volume, open_interest, implied_volatility, {greeks}, date, mid, \
         spot, days_to_expiration, moneyness, source FROM options_history WHERE underlying = 'SPY' \
         ORDER BY option_type, strike, 5"
    );
    asked.assert(&sql, &history);
    let sql = format!(
        "SELECT {contract}, {at}, bid, ask, last, bid_size, ask_size, volume, open_interest, implied_volatility, \
         {greeks}, underlying_price, source, {recorded_at} FROM option_quotes_readable WHERE underlying = 'SPY' \
         ORDER BY option_type, strike, 5"
    );
    asked.assert(&sql, &readable);
    let liquid = [("C", 102.5, 3.0, "10:45:00"), ("C", 105.0, 7.0, "10:30:00"), ("P", 105.0, 26.0, "11:00:00.001")];
    let liquid = liquid.map(|(option_type, strike, volume, time)| {
        let names = vec![Cell::text(&"SPY"), Cell::text(&"2025-12-19"), Cell::text(&option_type)];
        let at = Cell::Instant(self::at("2025-11-26", time));
        [names, vec![Cell::Number(strike), Cell::Number(volume), at]].concat()
    });
    let sql = format!(
        "SELECT root, expiration, option_type, strike, volume, {} FROM liquid_option_strikes WHERE underlying = 'SPY' \
         ORDER BY option_type, strike",
        (asked.instant)("traded_at")
    );
    asked.assert(&sql, &liquid);

    let hours = model.hourly_options(symbol("SPY"), date, EVERYTHING).await?;
    let hours = hours.iter().map(|hour| {
        let (calls, puts) = (hour.volume.calls, hour.volume.puts);
        let counts = [calls + puts, calls, puts].map(|count| Cell::count(Some(count)));
        let rest = vec![Cell::maybe(hour.implied_volatility), Cell::count(Some(hour.quoted))];
        [vec![Cell::Instant(hour.from)], counts.to_vec(), rest].concat()
    });
    let sql = format!(
        "SELECT {}, volume, call_volume, put_volume, avg_implied_volatility, contracts FROM options_volume_1h \
         WHERE underlying_symbol = 'SPY' ORDER BY 1",
        (asked.instant)("bucket")
    );
    asked.assert(&sql, &hours.collect::<Vec<_>>());
    Ok(())
}

async fn compare_days(asked: &Asked<'_>, model: &MemoryStore) -> Result<()> {
    let days = model.daily_signals(day("2025-11-01"), day("2025-11-30")).await?;
    let date = day("2025-11-26");
    let days = days.iter().map(|day| {
        let signals = &day.signals;
        let of = |actions: &[SignalAction]| actions.iter().map(|action| signals.count(*action)).sum::<u64>();
        let counts = [
            of(&[SignalAction::Long, SignalAction::ExitShort]),
            of(&[SignalAction::Short, SignalAction::ExitLong]),
            of(&[SignalAction::Hold]),
        ];
        let executed = u64::from(day.day == date);
        let counts = [&counts[..], &[executed]].concat().into_iter().map(|count| Cell::count(Some(count))).collect();
        let total = Cell::count(Some(signals.counts.iter().sum()));
        [vec![Cell::text(&day.day), total, Cell::Number(signals.mean_confidence)], counts].concat()
    });
    let sql = "SELECT bucket, total_signals, avg_confidence, buy_signals, sell_signals, hold_signals, \
               executed_signals FROM signal_performance_1d WHERE symbol = 'SPY' ORDER BY 1";
    asked.assert(sql, &days.collect::<Vec<_>>());

    let key = BarKey::new(symbol("SPY"), Timeframe::Day1);
    let bars = model.list_bars(&BarQuery::new(key, EVERYTHING)).await?.items;
    let closes: Vec<_> = bars.iter().map(|bar| bar.close).collect();
    let returns: Vec<f64> = simple_returns(&closes).into_iter().flatten().collect();
    let last = |end: usize, count: usize| returns.get(end.checked_sub(count)?..end);
    let year = 252.0;
    let mut history = Vec::new();
    for (place, bar) in bars.iter().enumerate() {
        let over = |count, of: &dyn Fn(&[f64]) -> Option<f64>| Cell::maybe(last(place, count).and_then(of));
        let prices = [bar.open, bar.high, bar.low, bar.close].map(Cell::Number).to_vec();
        let rest = vec![
            Cell::count(bar.volume),
            over(1, &mean),
            over(20, &mean),
            over(250, &mean),
            over(20, &|returns| volatility(returns, year)),
            over(250, &|returns| volatility(returns, year)),
        ];
        history.push([vec![Cell::text(&bar.at.new_york_date())], prices, rest].concat());
    }
    let sql = "SELECT date, open, high, low, close, volume, daily_return, average_return_20d, average_return_250d, \
               volatility_20d, volatility_250d FROM stock_price_history WHERE symbol = 'SPY' ORDER BY 1";
    asked.assert(sql, &history);
    let newest = bars.last().expect("a bar");
    let of = |count| Cell::maybe(last(returns.len(), count).and_then(|returns| volatility(returns, year)));
    let sql = format!(
        "SELECT {}, price, volatility_20d, volatility_250d, vix FROM latest_market_snapshot WHERE symbol = 'SPY'",
        (asked.instant)("\"at\"")
    );
    let now = vec![Cell::Instant(newest.at), Cell::Number(newest.close), of(20), of(250), Cell::Number(17.25)];
    asked.assert(&sql, &[now]);
    Ok(())
}

/// The factors by hand: half for the split, and what is left of the close after the dividend.
fn compare_actions(asked: &Asked<'_>) {
    let close = 100.0 + 37.0 / 8.0 + 0.125;
    let row = |date: &str, factor| vec![Cell::Instant(at(date, "16:00:00")), Cell::Number(factor)];
    let sql = format!(
        "SELECT {}, factor FROM daily_adjustments WHERE symbol = 'XYZ' ORDER BY 1",
        (asked.stored_instant)("\"at\"")
    );
    asked.assert(&sql, &[row("2025-11-25", 0.5), row("2025-11-26", 1.0 - 2.0 / close)]);
}

fn compare_backtest(asked: &Asked<'_>) -> Result<()> {
    let backtest = backtest()?;
    let names = || vec![Cell::text(&backtest.id), Cell::text(&backtest.strategy)];
    let points = backtest
        .equity
        .iter()
        .map(|point| [names(), vec![Cell::Instant(point.at), Cell::Number(point.equity)]].concat());
    let [at, opened_at, closed_at] = ["\"at\"", "opened_at", "closed_at"].map(asked.instant);
    let sql = format!("SELECT backtest_id, strategy, {at}, equity FROM backtest_equity ORDER BY 3");
    asked.assert(&sql, &points.collect::<Vec<_>>());
    let trades = (0_u64..).zip(&backtest.trades).map(|(number, trade)| {
        let opened = vec![
            Cell::count(Some(number)),
            Cell::text(&trade.instrument),
            Cell::Number(trade.quantity),
            Cell::Instant(trade.opened_at),
            Cell::Number(trade.open_price),
            trade.closed_at.map_or(Cell::Missing, Cell::Instant),
        ];
        let results = [trade.close_price, trade.pnl, trade.costs].map(Cell::maybe).to_vec();
        let reason = trade.exit_reason.as_ref().map_or(Cell::Missing, Cell::text);
        [names(), opened, results, vec![reason]].concat()
    });
    let sql = format!(
        "SELECT backtest_id, strategy, number, instrument, quantity, {opened_at}, open_price, {closed_at}, \
         close_price, pnl, costs, exit_reason FROM backtest_trades ORDER BY number"
    );
    asked.assert(&sql, &trades.collect::<Vec<_>>());
    Ok(())
}

/// No return and no volatility of a symbol spans two companies: volatilities end with the first one's last day, since
/// the second has too few.
fn compare_companies(asked: &Asked<'_>) {
    for of in ["TWTR", "SQ", "FB", "META"] {
        let sql =
            format!("SELECT date FROM stock_price_history WHERE symbol = '{of}' AND daily_return IS NULL ORDER BY 1");
        let days = ["2025-09-30", PASSED_ON].map(|day| vec![Cell::text(&day)]);
        asked.assert(&sql, &days);
        let sql = format!(
            "SELECT count(*), max(date) FROM stock_price_history WHERE symbol = '{of}' AND volatility_20d IS NOT NULL"
        );
        asked.assert(&sql, &[vec![Cell::Number(3.0), Cell::text(&"2025-10-30")]]);
        let sql = format!("SELECT volatility_20d FROM latest_market_snapshot WHERE symbol = '{of}'");
        asked.assert(&sql, &[vec![Cell::Missing]]);
    }
}

async fn compare_functions(asked: &Asked<'_>, model: &MemoryStore) -> Result<()> {
    fn shown<T>(points: &[Point<T>], of: impl Fn(Option<&T>) -> Vec<Cell>) -> Vec<Vec<Cell>> {
        let row = |point: &Point<T>| {
            [vec![Cell::Instant(point.opened_at), Cell::Number(point.close)], of(point.value.as_ref())].concat()
        };
        points.iter().map(row).collect()
    }
    let timestamp = (asked.instant)("\"timestamp\"");
    for (of, words, timeframe) in [
        ("AAPL", "1 minute", Timeframe::Minute1),
        ("AAPL", "5 minutes", Timeframe::Minute5),
        ("AAPL", "1 hour", Timeframe::Hour1),
        ("SPY", "1 day", Timeframe::Day1),
    ] {
        let closes = Closes::new(symbol(of), timeframe, EVERYTHING).with_adjustment(None);
        let points = calculate_rsi(model, &closes, 14).await?;
        let sql = format!("SELECT {timestamp}, close, rsi FROM calculate_rsi('{of}', 14, '{words}') ORDER BY 1");
        asked.assert(&sql, &shown(&points, |value| vec![Cell::maybe(value.copied())]));
        let points = calculate_moving_average(model, &closes, 5).await?;
        let sql = format!(
            "SELECT {timestamp}, close, moving_average FROM calculate_moving_average('{of}', 5, '{words}') ORDER BY 1"
        );
        asked.assert(&sql, &shown(&points, |value| vec![Cell::maybe(value.copied())]));
        let points = calculate_bollinger_bands(model, &closes, 20, 2.0).await?;
        let sql = format!(
            "SELECT {timestamp}, close, lower_band, middle_band, upper_band FROM \
             calculate_bollinger_bands('{of}', 20, 2.0, '{words}') ORDER BY 1"
        );
        let bands = shown(&points, |bands| {
            let of = |pick: fn(&strikebook::services::technical::Bands) -> f64| Cell::maybe(bands.map(pick));
            vec![of(|bands| bands.lower), of(|bands| bands.middle), of(|bands| bands.upper)]
        });
        asked.assert(&sql, &bands);
    }
    Ok(())
}

#[cfg(feature = "sqlite")]
async fn sqlites_views_tell_what_the_library_tells() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book.db");
    let store = strikebook::open(&format!("sqlite:{}", path.display())).await?;
    fill(&*store).await?;
    store.close().await?;
    let connection = rusqlite::Connection::open(path).expect("opened");
    let instant = |column: &str| {
        let column = column.trim_matches('"');
        format!("{column}_utc")
    };
    let stored_instant = |column: &str| format!("strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1e6, 'unixepoch')");
    let view_columns = "SELECT v.name, c.name FROM sqlite_schema AS v, pragma_table_info(v.name) AS c \
                        WHERE v.type = 'view'";
    let rows = |sql: &str| queries::sqlite_rows(&connection, sql);
    let queries = RefCell::default();
    compare(&Asked { rows: &rows, instant, stored_instant, view_columns, has_functions: false, queries }).await
}

#[cfg(feature = "duckdb")]
async fn duckdbs_views_and_macros_tell_what_the_library_tells() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book.duckdb");
    let store = strikebook::open(&format!("duckdb:{}", path.display())).await?;
    fill(&*store).await?;
    store.close().await?;
    let connection = duckdb::Connection::open(path).expect("opened");
    let instant = |column: &str| format!("strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')");
    let view_columns = "SELECT v.view_name, c.column_name FROM duckdb_views() AS v \
                        JOIN duckdb_columns() AS c ON c.table_oid = v.view_oid WHERE NOT v.internal";
    let rows = |sql: &str| queries::duckdb_rows(&connection, sql);
    let queries = RefCell::default();
    let stored_instant = instant;
    compare(&Asked { rows: &rows, instant, stored_instant, view_columns, has_functions: true, queries }).await
}

#[cfg(feature = "timescale")]
fn servers_views_and_functions_tell_what_the_library_tells() {
    use strikebook_tests::server::Server;
    for server in [Server::PLAIN, Server::TIMESCALE] {
        strikebook_testkit::run_on_threads(server, async |_| {
            let schema = server.schema()?;
            let store = strikebook::open(&schema.url()).await?;
            fill(&*store).await?;
            store.close().await?;
            let connected = tokio_postgres::connect(schema.server(), tokio_postgres::NoTls).await;
            let (client, connection) = connected.expect("connected");
            let connection = tokio::spawn(connection);
            client.batch_execute(&format!("SET search_path = {}", schema.name())).await.expect("set");
            let instant =
                |column: &str| format!("to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
            let view_columns = "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid \
                                WHERE relnamespace = current_schema()::regnamespace AND relkind = 'v' AND attnum > 0";
            let rows = |sql: &str| queries::server_rows(&client, sql);
            let (stored_instant, queries) = (instant, RefCell::default());
            let asked = Asked { rows: &rows, instant, stored_instant, view_columns, has_functions: true, queries };
            compare(&asked).await?;
            connection.abort();
            Ok(())
        });
    }
}
