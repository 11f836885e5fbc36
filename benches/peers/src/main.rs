//! The time of sqlx for a real half-day of quotes with its bulk builder: one table with the columns of ours, the
//! contract's own columns instead of a number, and a primary key over contract and time; one transaction; the settings
//! of our adapters. `cargo xtask bench peers` runs it.

use std::{error::Error, path::Path, time::Instant};

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::{
    Connection, PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use strikebook_core::{Timestamp, market::OptionQuote};
use strikebook_vendors::{ReadOptions, Record, read_file};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const FILE: &str = "../../../shared/data/lean/Data/option/usa/minute/goog/20151224_quote_american.zip";
const COLUMNS: usize = 21;
const REPETITIONS: usize = 5;
const INSERT: &str = "INSERT INTO quotes (root, expiration, option_type, strike, at, bid, ask, last, bid_size, \
    ask_size, volume, open_interest, implied_volatility, delta, gamma, theta, vega, rho, underlying_price, source, \
    recorded_at) ";

/// The table, with the engine's words for text, day, instant, float and count.
fn create(text: &str, day: &str, instant: &str, float: &str, count: &str, options: &str) -> String {
    let floats = |names: &[&str]| names.iter().map(|name| format!("{name} {float}, ")).collect::<String>();
    let counts = ["bid_size", "ask_size", "volume", "open_interest"].map(|name| format!("{name} {count}, ")).concat();
    format!(
        "CREATE TABLE quotes (root {text} NOT NULL, expiration {day} NOT NULL, option_type {text} NOT NULL, \
         strike {float} NOT NULL, at {instant} NOT NULL, {}{counts}{}source {text} NOT NULL, \
         recorded_at {instant} NOT NULL, PRIMARY KEY (root, expiration, option_type, strike, at)){options}",
        floats(&["bid", "ask", "last"]),
        floats(&["implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price"]),
    )
}

/// Writes quotes in one transaction, as many at once as the engine takes parameters.
macro_rules! write_bulk {
    ($database:ty, $connection:expr, $quotes:expr, $parameters:expr, $day:expr, $instant:expr) => {{
        let mut transaction = $connection.begin().await?;
        for quotes in $quotes.chunks($parameters / COLUMNS) {
            let mut insert = QueryBuilder::<$database>::new(INSERT);
            insert.push_values(quotes, |mut row, quote| {
                let contract = quote.contract;
                row.push_bind(contract.root().as_str().to_owned()).push_bind($day(contract.expiration()));
                row.push_bind(contract.option_type().as_str()).push_bind(contract.strike().to_f64());
                row.push_bind($instant(quote.at)).push_bind(quote.bid).push_bind(quote.ask).push_bind(quote.last);
                for count in [quote.bid_size, quote.ask_size, quote.volume, quote.open_interest] {
                    row.push_bind(count.and_then(|count| i64::try_from(count).ok()));
                }
                let greeks = quote.greeks;
                row.push_bind(quote.implied_volatility).push_bind(greeks.delta).push_bind(greeks.gamma);
                row.push_bind(greeks.theta).push_bind(greeks.vega).push_bind(greeks.rho);
                row.push_bind(quote.underlying_price).push_bind(quote.source.as_str().to_owned());
                row.push_bind($instant(quote.recorded_at));
            });
            insert.build().execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
    }};
}

async fn sqlite(quotes: &[OptionQuote]) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let options = SqliteConnectOptions::new()
        .filename(folder.path().join("peer.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-65536")
        .pragma("temp_store", "MEMORY");
    let mut connection = SqliteConnection::connect_with(&options).await?;
    let create = create("TEXT", "TEXT", "INTEGER", "REAL", "INTEGER", " STRICT, WITHOUT ROWID");
    sqlx::query(sqlx::AssertSqlSafe(create)).execute(&mut connection).await?;
    let start = Instant::now();
    let day = |day: NaiveDate| day.to_string();
    write_bulk!(Sqlite, connection, quotes, 32_766, day, Timestamp::as_micros);
    Ok(start.elapsed().as_secs_f64())
}

async fn postgres(url: &str, quotes: &[OptionQuote]) -> Result<f64> {
    let mut connection = PgConnection::connect(url).await?;
    let run = |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
    let schema = format!("peers_{}", std::process::id());
    let create = create("TEXT", "DATE", "TIMESTAMPTZ", "DOUBLE PRECISION", "BIGINT", "");
    run(format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {create}")).execute(&mut connection).await?;
    let start = Instant::now();
    let (day, instant) = (|day: NaiveDate| day, |at: Timestamp| DateTime::<Utc>::from(at));
    write_bulk!(Postgres, connection, quotes, 65_535, day, instant);
    let seconds = start.elapsed().as_secs_f64();
    run(format!("DROP SCHEMA {schema} CASCADE")).execute(&mut connection).await?;
    Ok(seconds)
}

fn tell(name: &str, rows: usize, mut seconds: Vec<f64>) {
    seconds.sort_by(f64::total_cmp);
    let per_second = |seconds: f64| rows as f64 / seconds / 1e3;
    if let (Some(least), Some(median), Some(most)) = (seconds.first(), seconds.get(seconds.len() / 2), seconds.last()) {
        println!("{name}: {:.0} k rows/s ({:.0}–{:.0})", per_second(*median), per_second(*most), per_second(*least));
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if !path.exists() {
        println!("skipped: no real data at ../shared/data");
        return Ok(());
    }
    let mut quotes = Vec::new();
    for record in read_file(path, &ReadOptions::default())? {
        if let Record::Quote(quote) = record? {
            quotes.push(quote);
        }
    }
    println!("{} real quotes of GOOG of 2015-12-24, in {COLUMNS} columns", quotes.len());

    let mut seconds = Vec::new();
    for _ in 0..REPETITIONS {
        seconds.push(sqlite(&quotes).await?);
    }
    tell("sqlx, SQLite, bulk builder", quotes.len(), seconds);

    match std::env::var("STRIKEBOOK_TEST_POSTGRES_URL") {
        Ok(url) if !url.is_empty() => {
            let mut seconds = Vec::new();
            for _ in 0..REPETITIONS {
                seconds.push(postgres(&url, &quotes).await?);
            }
            tell("sqlx, PostgreSQL, bulk builder", quotes.len(), seconds);
        }
        _ => println!("skipped: PostgreSQL: the environment names no database; `cargo xtask bench` brings one up"),
    }
    Ok(())
}
