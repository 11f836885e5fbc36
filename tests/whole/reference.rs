//! The views and functions for people who query by hand: each column against what the library answers, and in the
//! folder `reference` the queries of other systems' documentation.

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    AsOf, Name, Result, Source, Store, Timestamp,
    market::{
        ActionKind, AggregateRepository, Bar, BarKey, BarQuery, BarRepository, ChainRepository, CorporateAction,
        FundamentalRepository, Fundamentals, Observation, OptionContract, OptionQuote, QuoteQuery, Symbol, Timeframe,
        calendar,
    },
    memory::MemoryStore,
    new_id,
    services::{
        statistics::{mean, simple_returns, volatility},
        technical::{Closes, Point, calculate_bollinger_bands, calculate_moving_average, calculate_rsi},
    },
    trading::{Signal, SignalAction, SignalRepository},
};
use strikebook_testkit::{async_trials, trial::Trial};

use crate::queries;

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
    has_functions: bool,
}

impl Asked<'_> {
    fn assert(&self, sql: &str, expected: &[Vec<Cell>]) {
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

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn symbol(text: &str) -> Symbol {
    text.parse().expect("a symbol")
}

/// The instant of a time in New York's winter.
fn at(day: &str, time: &str) -> Timestamp {
    format!("{day}T{time}-05:00").parse().expect("an instant")
}

fn bar(symbol: Symbol, timeframe: Timeframe, opened_at: Timestamp, at: Timestamp, number: u32) -> Bar {
    let price = 100.0 + f64::from(number * 37 % 101) / 8.0;
    Bar {
        key: BarKey::new(symbol, timeframe),
        opened_at,
        at,
        open: price,
        high: price + 0.5,
        low: price - 0.25,
        close: price + 0.125,
        volume: Some(u64::from(number % 13)),
        vwap: Some(price + 0.0625),
        source: Source::new("test").expect("a source"),
        recorded_at: at,
    }
}

/// Minutes of a symbol that end from one instant to another.
fn minutes(of: &str, from: Timestamp, count: u32) -> Vec<Bar> {
    let one = |number: u32| {
        let at = from.saturating_add(TimeDelta::minutes(number.into()));
        bar(symbol(of), Timeframe::Minute1, at.saturating_sub(TimeDelta::minutes(1)), at, number)
    };
    (0..count).map(one).collect()
}

/// Minutes around sessions in winter and summer, of half a day and of a weekend; five minutes of another symbol; days
/// of a third; options, signals and the VIX.
async fn fill(store: &dyn Store) -> Result<()> {
    let mut bars = minutes("AAPL", at("2025-11-26", "09:01:00"), 480);
    bars.extend(minutes("AAPL", at("2025-11-28", "09:31:00"), 225));
    bars.extend(minutes("AAPL", at("2025-11-29", "10:00:00"), 5));
    bars.extend(minutes("AAPL", "2025-07-01T13:26:00Z".parse()?, 70));
    for bar in bars.iter_mut().step_by(97) {
        bar.vwap = None;
    }
    for bar in bars.iter_mut().skip(200).step_by(301) {
        bar.volume = None;
    }
    bars.extend(minutes("MSFT", at("2025-11-26", "09:31:00"), 30));
    let open = at("2025-11-26", "10:00:00");
    bars.push(bar(symbol("MSFT"), Timeframe::Minute5, open, open.saturating_add(TimeDelta::minutes(5)), 77));
    for (number, date) in (0..).zip(calendar::trading_days(day("2024-11-01"), day("2025-11-28"))) {
        let (open, close) = (calendar::open_on(date)?, calendar::close_on(date)?);
        bars.push(bar(symbol("SPY"), Timeframe::Day1, open, close, number));
    }
    store.upsert_bars(&bars).await?;
    fill_companies(store).await?;
    let source = Source::new("test")?;
    let mut quotes = Vec::new();
    for (contract, time, market, last, volume, price) in [
        ("SPY251219P00105000", "10:00:00", (Some(3.0), Some(3.5)), Some(9.0), Some(10), Some(103.5)),
        ("SPY251219P00105000", "11:00:00", (Some(3.25), Some(3.5)), None, Some(25), None),
        ("SPY251219P00105000", "11:00:00.001", (Some(4.0), Some(3.5)), Some(3.75), Some(26), Some(104.0)),
        ("SPY251219C00105000", "10:30:00", (None, Some(0.5)), Some(0.25), Some(7), Some(106.0)),
        ("SPY251219C00105000", "12:30:00", (None, None), None, None, Some(110.5)),
        ("SPY251219C00102500", "10:45:00", (Some(1.0), Some(1.5)), None, Some(3), None),
    ] {
        let quote = OptionQuote::new(contract.parse()?, at("2025-11-26", time), source.clone());
        let quote = quote.with_market(market.0, market.1);
        let implied_volatility = volume.map(|volume: u64| 0.2 + volume as f64 / 1000.0);
        quotes.push(OptionQuote { last, volume, implied_volatility, underlying_price: price, ..quote });
    }
    store.upsert_quotes(&quotes).await?;
    let vix = Observation {
        series: "VIX".parse()?,
        date: day("2025-11-26"),
        value: 17.25,
        source: source.clone(),
        recorded_at: at("2025-11-27", "09:00:00"),
    };
    store.upsert_observations(&[vix]).await?;
    let stated = [(at("2025-11-26", "12:00:00"), Some(4_100_000_000_000)), (at("2025-11-28", "10:00:00"), None)];
    let fundamentals = stated.map(|(at, market_cap)| Fundamentals {
        symbol: symbol("AAPL"),
        at,
        market_cap,
        shares_outstanding: Some(14_800_000_000),
        source: source.clone(),
        recorded_at: at,
    });
    store.upsert_fundamentals(&fundamentals).await?;
    let mut signals = Vec::new();
    for (number, action) in (0_u8..).zip(SignalAction::ALL.iter().chain(SignalAction::ALL).take(7)) {
        let time = at(if number < 5 { "2025-11-26" } else { "2025-11-28" }, "10:00:00");
        let time = time.saturating_add(TimeDelta::minutes(number.into()));
        let confidence = 0.5 + f64::from(number) / 16.0;
        signals.push(Signal::new(new_id(time), time, Name::new("wheel")?, symbol("SPY"), *action, confidence));
    }
    store.insert_signals(&signals).await?;
    Ok(())
}

/// The day on which symbols pass from one company to another.
const PASSED_ON: &str = "2025-10-31";

/// Thirty days of symbols that pass to another company, each in its own way, on the 24th day.
async fn fill_companies(store: &dyn Store) -> Result<()> {
    let mut bars = Vec::new();
    for (of, (number, date)) in ["TWTR", "SQ", "FB", "META"].into_iter().flat_map(|of| {
        let days = calendar::trading_days(day("2025-09-30"), day("2025-11-10"));
        (0..).zip(days).map(move |day| (of, day))
    }) {
        let (open, close) = (calendar::open_on(date)?, calendar::close_on(date)?);
        bars.push(bar(symbol(of), Timeframe::Day1, open, close, number));
    }
    store.upsert_bars(&bars).await?;
    let action = |of, kind| CorporateAction::new(symbol(of), kind, day(PASSED_ON), Source::new("test")?);
    let renamed = action("FB", ActionKind::SymbolChange)?.with_counterpart(symbol("META"));
    let actions = [action("TWTR", ActionKind::Delisting)?, action("SQ", ActionKind::Listing)?, renamed];
    store.upsert_corporate_actions(&actions).await.map(drop)
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
    compare_companies(asked);
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

    let half_days = day("1990-01-01").iter_days().take_while(|day| *day < self::day("2050-01-01"));
    let half_days = half_days.filter(|day| calendar::is_half_day(*day)).map(|day| vec![Cell::text(&day)]);
    asked.assert("SELECT date FROM half_days ORDER BY 1", &half_days.collect::<Vec<_>>());
    Ok(())
}

async fn compare_options(asked: &Asked<'_>, model: &MemoryStore) -> Result<()> {
    let date = day("2025-11-26");
    let key = BarKey::new(symbol("SPY"), Timeframe::Day1);
    let close = model.bar_as_of(&key, AsOf::with_hindsight(calendar::close_on(date)?)).await?.map(|bar| bar.close);
    let (mut options, mut history) = (Vec::new(), Vec::new());
    for contract in ["SPY251219C00102500", "SPY251219C00105000", "SPY251219P00105000"] {
        let contract: OptionContract = contract.parse()?;
        for quote in model.list_quotes(&QuoteQuery::new(contract, EVERYTHING)).await?.items {
            // The day's close stands for a price that is missing.
            let quote = OptionQuote { underlying_price: quote.underlying_price.or(close), ..quote };
            let strike = contract.strike().to_f64();
            options.push(vec![
                Cell::text(&contract),
                Cell::Instant(quote.at),
                Cell::text(&contract.expiration()),
                Cell::Number(strike),
                Cell::text(&contract.option_type().as_str().to_uppercase()),
                Cell::maybe(quote.bid),
                Cell::maybe(quote.ask),
                Cell::maybe(quote.last),
                Cell::count(quote.volume),
                Cell::maybe(quote.implied_volatility),
                Cell::maybe(quote.intrinsic_value()),
                Cell::maybe(quote.time_value()),
            ]);
            history.push(vec![
                Cell::text(&contract.option_type()),
                Cell::Number(strike),
                Cell::Instant(quote.at),
                Cell::text(&date),
                Cell::maybe(quote.mid()),
                Cell::maybe(quote.underlying_price),
                Cell::Number(23.0),
                Cell::maybe(quote.moneyness()),
            ]);
        }
    }
    let timestamp = (asked.instant)("\"timestamp\"");
    let sql = format!(
        "SELECT option_symbol, {timestamp}, expiration_date, strike_price, option_type, bid_price, ask_price, \
         last_price, volume, implied_volatility, intrinsic_value, time_value FROM options_data \
         WHERE underlying_symbol = 'SPY' ORDER BY option_symbol, 2"
    );
    asked.assert(&sql, &options);
    let at = (asked.instant)("\"at\"");
    let sql = format!(
        "SELECT option_type, strike, {at}, date, mid, spot, days_to_expiration, moneyness FROM options_history \
         WHERE underlying = 'SPY' ORDER BY option_type, strike, 3"
    );
    asked.assert(&sql, &history);

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
    let days = days.iter().map(|day| {
        let signals = &day.signals;
        let of = |actions: &[SignalAction]| actions.iter().map(|action| signals.count(*action)).sum::<u64>();
        let counts = [
            of(&[SignalAction::Long, SignalAction::ExitShort]),
            of(&[SignalAction::Short, SignalAction::ExitLong]),
            of(&[SignalAction::Hold]),
        ];
        let counts = counts.map(|count| Cell::count(Some(count))).to_vec();
        let total = Cell::count(Some(signals.counts.iter().sum()));
        [vec![Cell::text(&day.day), total, Cell::Number(signals.mean_confidence)], counts].concat()
    });
    let sql = "SELECT bucket, total_signals, avg_confidence, buy_signals, sell_signals, hold_signals FROM \
               signal_performance_1d WHERE symbol = 'SPY' ORDER BY 1";
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
        let closes = Closes::new(symbol(of), timeframe, EVERYTHING);
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
    let rows = |sql: &str| queries::sqlite_rows(&connection, sql);
    compare(&Asked { rows: &rows, instant, has_functions: false }).await
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
    let rows = |sql: &str| queries::duckdb_rows(&connection, sql);
    compare(&Asked { rows: &rows, instant, has_functions: true }).await
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
            let rows = |sql: &str| queries::server_rows(&client, sql);
            compare(&Asked { rows: &rows, instant, has_functions: true }).await?;
            connection.abort();
            Ok(())
        });
    }
}
