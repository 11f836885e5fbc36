//! The queries that the adapters' READMEs show to people who ask the database itself: each returns what is printed
//! there.

use chrono::{Days, NaiveDate};
use strikebook::{
    Result, Source, Store, Timestamp,
    analytics::{Backtest, BacktestPoint, BacktestTrade},
    market::{
        ActionKind, ActionStatus, Bar, BarKey, CorporateAction, Observation, OptionQuote, Symbol, Timeframe,
        UnderlyingQuote,
    },
    new_id,
};
use strikebook_testkit::{async_trials, trial::Trial};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        #[cfg(feature = "sqlite")]
        async_trials![sqlite_returns_what_its_readme_shows],
        #[cfg(feature = "duckdb")]
        async_trials![duckdb_returns_what_its_readme_shows],
        #[cfg(feature = "timescale")]
        strikebook_testkit::trials![servers_return_what_their_readme_shows],
    ]
    .concat()
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The instant of a time in New York's summer.
fn at(date: NaiveDate, time: &str) -> Result<Timestamp> {
    format!("{date}T{time}-04:00").parse()
}

/// Thirty days of SPY, some options and what came of a backtest. All of it is simulated.
async fn fill(store: &dyn Store) -> Result<()> {
    let source = Source::simulated("readme")?;
    let (first, last) = (day("2025-08-27"), day("2025-09-25"));
    let mut bars = Vec::new();
    for (date, close) in first.iter_days().zip([650.0, 656.5].into_iter().cycle()).take(30) {
        bars.push(Bar {
            key: BarKey::new("SPY".parse::<Symbol>()?, Timeframe::Day1),
            opened_at: at(date, "09:30:00")?,
            at: at(date, "16:00:00")?,
            open: close,
            high: close,
            low: close,
            close,
            volume: Some(1_000_000),
            vwap: None,
            source: source.clone(),
            recorded_at: at(date, "17:00:00")?,
        });
    }
    store.upsert_bars(&bars).await?;
    fill_actions(store, &bars[0]).await?;
    let evening = at(last, "18:00:00")?;
    let spy = UnderlyingQuote::new("SPY".parse()?, at(last, "16:14:00")?, source.clone());
    store.upsert_underlying_quotes(&[UnderlyingQuote { bid: Some(657.0), ask: Some(657.5), ..spy }]).await?;
    let vix = Observation {
        series: "VIX".parse()?,
        date: last,
        value: 16.74,
        source: source.clone(),
        recorded_at: evening.saturating_add(chrono::TimeDelta::days(1)),
    };
    store.upsert_observations(&[vix]).await?;
    let long_ago = last.checked_sub_days(Days::new(6)).expect("a day");
    let mut quotes = Vec::new();
    for (contract, date, time, bid, volume) in [
        ("SPY251219P00640000", long_ago, "16:00:00", 9.5, Some(40)),
        ("SPY251219P00640000", last, "15:00:00", 8.5, Some(120)),
        ("SPY251219P00640000", last, "20:30:00", 8.25, Some(150)),
        ("SPY251219P00620000", long_ago, "16:00:00", 4.0, Some(900)),
        ("SPY251219P00650000", last, "16:00:00", 12.0, Some(60)),
        ("SPY251219C00660000", last, "16:00:00", 14.0, Some(300)),
        ("SPY251219C00700000", last, "16:00:00", 1.0, Some(0)),
    ] {
        let quote = OptionQuote::new(contract.parse()?, at(date, time)?, source.clone());
        let quote = quote.with_market(Some(bid), Some(bid + 0.5));
        quotes.push(OptionQuote { volume, underlying_price: Some(656.5), ..quote });
    }
    store.upsert_quotes(&quotes).await?;
    let trade = |number: u32, pnl, exit_reason: &str| {
        Ok::<_, strikebook::Error>(BacktestTrade {
            instrument: "SPY   251219P00640000".parse()?,
            quantity: -1.0,
            opened_at: at(first, "10:00:00")?,
            open_price: 8.0 + f64::from(number),
            closed_at: Some(at(last, "10:00:00")?),
            close_price: Some(4.0),
            pnl: Some(pnl),
            costs: Some(1.25),
            exit_reason: Some(exit_reason.parse()?),
        })
    };
    let backtest = Backtest {
        equity: vec![
            BacktestPoint { at: at(first, "16:00:00")?, equity: 100_000.0 },
            BacktestPoint { at: at(last, "16:00:00")?, equity: 100_946.25 },
        ],
        trades: vec![trade(0, 398.75, "target")?, trade(1, 498.75, "target")?, trade(2, -151.25, "stop")?],
        ..Backtest::new(new_id(evening), evening, "wheel".parse()?, first, last)
    };
    store.insert_backtests(&[backtest]).await?;
    Ok(())
}

/// A stock over a split of seven for one, and one over a dividend.
async fn fill_actions(store: &dyn Store, like: &Bar) -> Result<()> {
    for (symbol, closes) in [("AAPL", [645.57, 93.70]), ("XYZ", [100.0, 99.99])] {
        let key = BarKey::new(symbol.parse::<Symbol>()?, Timeframe::Day1);
        for (date, close) in ["2014-06-06", "2014-06-09"].map(day).into_iter().zip(closes) {
            let (opened_at, at) = (at(date, "09:30:00")?, at(date, "16:00:00")?);
            let (open, high, low, recorded_at) = (close, close, close, at);
            store
                .upsert_bars(&[Bar { key, opened_at, at, open, high, low, close, recorded_at, ..like.clone() }])
                .await?;
        }
    }
    let of = |symbol: &str, kind| CorporateAction::new(symbol.parse()?, kind, day("2014-06-09"), like.source.clone());
    let split = of("AAPL", ActionKind::Split)?.with_ratio(7, 1);
    let dividend = of("XYZ", ActionKind::CashDividend)?.with_amount(1.into(), "USD".parse()?);
    // A dividend that was called off changes no return.
    let cancelled = CorporateAction { status: ActionStatus::Cancelled, ..of("XYZ", ActionKind::SpecialDividend)? };
    let cancelled = cancelled.with_amount(5.into(), "USD".parse()?);
    store.upsert_corporate_actions(&[split, dividend, cancelled]).await?;
    Ok(())
}

/// The queries of a README, each with the rows that it shows.
fn shown(readme: &str) -> Vec<(&str, Vec<String>)> {
    let blocks = |text: &'static str| readme.split(text).skip(1).filter_map(|block| block.split("```").next());
    let rows = |block: &str| block.lines().map(|row| row.trim().to_owned()).filter(|row| !row.is_empty()).collect();
    blocks("```sql\n").zip(blocks("```text\n").map(rows)).collect()
}

fn compare(readme: &str, mut run: impl FnMut(&str) -> Vec<Vec<Option<String>>>) {
    let shown = shown(readme);
    assert!(shown.len() >= 3, "a README shows three queries");
    for (sql, expected) in shown {
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let rows: Vec<_> =
            run(sql).into_iter().map(|row| row.into_iter().map(text).collect::<Vec<_>>().join(" | ")).collect();
        assert_eq!(rows, expected, "{sql}");
    }
}

#[cfg(feature = "sqlite")]
async fn sqlite_returns_what_its_readme_shows() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book.db");
    let store = strikebook::open(&format!("sqlite:{}?allow_simulated=true", path.display())).await?;
    fill(&*store).await?;
    store.close().await?;
    let connection = rusqlite::Connection::open(path).expect("opened");
    compare(include_str!("../../crates/storage-sqlite/README.md"), |sql| sqlite_rows(&connection, sql));
    Ok(())
}

/// Returns the rows of a query, as texts.
#[cfg(feature = "sqlite")]
pub(crate) fn sqlite_rows(connection: &rusqlite::Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    use rusqlite::types::ValueRef;
    let mut statement = connection.prepare(sql).expect(sql);
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let text = |column| {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => None,
                ValueRef::Integer(value) => Some(value.to_string()),
                ValueRef::Real(value) => Some(format!("{value:?}")),
                ValueRef::Text(value) | ValueRef::Blob(value) => Some(String::from_utf8_lossy(value).into_owned()),
            })
        };
        (0..columns).map(text).collect()
    });
    rows.expect(sql).collect::<std::result::Result<_, _>>().expect(sql)
}

#[cfg(feature = "duckdb")]
async fn duckdb_returns_what_its_readme_shows() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book.duckdb");
    let store = strikebook::open(&format!("duckdb:{}?allow_simulated=true", path.display())).await?;
    fill(&*store).await?;
    store.close().await?;
    let connection = duckdb::Connection::open(path).expect("opened");
    compare(include_str!("../../crates/storage-duckdb/README.md"), |sql| duckdb_rows(&connection, sql));
    Ok(())
}

/// Returns the rows of a query, as texts.
#[cfg(feature = "duckdb")]
pub(crate) fn duckdb_rows(connection: &duckdb::Connection, sql: &str) -> Vec<Vec<Option<String>>> {
    let as_text = format!("SELECT COLUMNS(*)::VARCHAR FROM ({})", sql.trim().trim_end_matches(';'));
    let mut statement = connection.prepare(&as_text).expect(sql);
    let mut rows = statement.query([]).expect(sql);
    let columns = rows.as_ref().map_or(0, duckdb::Statement::column_count);
    let mut found = Vec::new();
    while let Some(row) = rows.next().expect(sql) {
        found.push((0..columns).map(|column| row.get(column).expect(sql)).collect());
    }
    found
}

#[cfg(feature = "timescale")]
fn servers_return_what_their_readme_shows() {
    use strikebook_tests::server::Server;
    use tokio_postgres::{NoTls, connect};
    for server in [Server::PLAIN, Server::TIMESCALE] {
        strikebook_testkit::run_on_threads(server, async |_| {
            let schema = server.schema()?;
            let store = strikebook::open(&format!("{}&allow_simulated=true", schema.url())).await?;
            fill(&*store).await?;
            store.close().await?;
            let (client, connection) = connect(schema.server(), NoTls).await.expect("connected");
            let connection = tokio::spawn(connection);
            client
                .batch_execute(&format!("SET search_path = {}; SET timezone = 'UTC'", schema.name()))
                .await
                .expect("set");
            compare(include_str!("../../crates/storage-timescale/README.md"), |sql| server_rows(&client, sql));
            connection.abort();
            Ok(())
        });
    }
}

/// Returns the rows of a query, as texts, from a thread that may wait.
#[cfg(feature = "timescale")]
pub(crate) fn server_rows(client: &tokio_postgres::Client, sql: &str) -> Vec<Vec<Option<String>>> {
    use tokio_postgres::SimpleQueryMessage;
    let query = client.simple_query(sql);
    let messages = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(query));
    let mut rows = Vec::new();
    for message in messages.expect(sql) {
        if let SimpleQueryMessage::Row(row) = message {
            rows.push((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect());
        }
    }
    rows
}
