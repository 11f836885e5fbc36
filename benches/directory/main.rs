//! The cost of the directory on ten million quotes: the time of each list, whole and one page, beside one look at all
//! quotes.
//!
//! `cargo xtask bench directory [ENGINE…]`. Engines are `sqlite` and `duckdb`; without one, both. The quotes are made
//! up: a hundred underlyings with a thousand contracts each on ten expirations, quoted once a day on a hundred days,
//! and daily bars of each contract. `STRIKEBOOK_BENCH_DAYS` sets another number of days.

use std::{
    env,
    process::ExitCode,
    time::{Duration, Instant},
};

use chrono::{NaiveDate, TimeDelta};
use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use strikebook::{
    AsOf, Limit, Source, Store, Timestamp,
    directory::DirectoryQuery,
    maintenance::Dataset,
    market::{Bar, BarKey, OptionContract, OptionQuote, OptionRoot, OptionType, Strike, Symbol, Timeframe},
};
use tokio::runtime::{Builder, Runtime};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const ENGINES: [&str; 2] = ["sqlite", "duckdb"];
const UNDERLYINGS: u32 = 100;
const EXPIRATIONS: u32 = 10;
const STRIKES: u32 = 50;
/// The measurements of a list, of which the shortest counts.
const REPETITIONS: usize = 5;
/// The items of a page.
const PAGE: Limit = Limit::new(50).expect("above zero");

fn main() -> ExitCode {
    strikebook_benches::run(run)
}

fn run() -> Result<()> {
    let words = strikebook_benches::words(&ENGINES)?;
    let days = env::var("STRIKEBOOK_BENCH_DAYS").ok().map_or(Ok(100), |days| days.parse::<i64>())?;
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "engine",
        "quotes",
        "quotes/s written",
        "list",
        "items",
        "whole",
        "a page",
    ]);
    for engine in ENGINES.into_iter().filter(|name| words.is_empty() || words.iter().any(|word| word == name)) {
        measure(engine, days, &runtime, &mut table)?;
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    Ok(())
}

/// Returns the name of an underlying, in letters: a digit at the end marks an adjusted root.
fn name(number: u32) -> String {
    const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let letter = |number: u32| char::from(LETTERS[number as usize % LETTERS.len()]);
    format!("X{}{}", letter(number / 26), letter(number))
}

/// Returns the contracts of an underlying.
fn contracts(root: OptionRoot, first: NaiveDate) -> Result<Vec<OptionContract>> {
    let mut contracts = Vec::new();
    for month in 0..EXPIRATIONS {
        let expiration = first + TimeDelta::days(120 + 30 * i64::from(month));
        for strike in 0..STRIKES {
            let strike = Strike::from_thousandths(100_000 + 1_000 * strike)?;
            for option_type in [OptionType::Call, OptionType::Put] {
                contracts.push(OptionContract::new(root, expiration, option_type, strike)?);
            }
        }
    }
    Ok(contracts)
}

fn measure(engine: &str, days: i64, runtime: &Runtime, table: &mut Table) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("{engine}:{}", folder.path().join("store").display());
    let store = runtime.block_on(strikebook::open(&url))?;
    let (source, first) = (Source::new("bench")?, NaiveDate::from_ymd_opt(2025, 1, 6).ok_or("a day")?);
    let close: Timestamp = "2025-01-06T21:00:00Z".parse()?;
    let (mut written, mut took) = (0_usize, Duration::ZERO);
    for number in 0..UNDERLYINGS {
        let contracts = contracts(OptionRoot::new(&name(number))?, first)?;
        let mut quotes = Vec::with_capacity(contracts.len());
        for contract in &contracts {
            for day in 0..days {
                let at = close.saturating_add(TimeDelta::days(day));
                quotes.push(OptionQuote::new(*contract, at, source.clone()).with_market(Some(1.0), Some(1.1)));
            }
        }
        let started = Instant::now();
        runtime.block_on(store.upsert_quotes(&quotes))?;
        took += started.elapsed();
        written += quotes.len();
        let bars = contracts.iter().map(|contract| bar(*contract, close, &source)).collect::<Vec<_>>();
        runtime.block_on(store.upsert_bars(&bars))?;
    }
    let rate = written as f64 / took.as_secs_f64();
    let everything = DirectoryQuery::new(AsOf::instant(close.saturating_add(TimeDelta::days(days))));
    let page = everything.clone().with_limit(PAGE);
    let symbol = Symbol::new(&name(1))?;
    let mut row = |list: &str, (items, whole): (usize, Duration), part: Option<Duration>| {
        let millis = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1e3);
        table.add_row([
            engine.to_owned(),
            written.to_string(),
            format!("{rate:.0}"),
            list.to_owned(),
            items.to_string(),
            millis(whole),
            part.map_or_else(String::new, millis),
        ]);
    };
    macro_rules! list {
        ($method:ident($($symbol:expr),*)) => {
            let of = |query: &DirectoryQuery| shortest(|| {
                Ok(runtime.block_on(store.$method($($symbol,)* query))?.items.len())
            });
            let (whole, part) = (of(&everything)?, of(&page)?);
            row(stringify!($method), whole, Some(part.1));
        };
    }
    list!(list_underlyings());
    list!(list_expirations(symbol));
    list!(list_quote_days(symbol));
    list!(list_bar_keys());
    let counted = shortest(|| {
        let statistics = runtime.block_on(store.statistics())?;
        Ok(statistics.iter().filter(|of| of.dataset == Dataset::OptionQuotes).count())
    })?;
    row("(a count of all rows)", counted, None);
    runtime.block_on(store.close())?;
    Ok(())
}

fn bar(contract: OptionContract, at: Timestamp, source: &Source) -> Bar {
    Bar {
        key: BarKey::new(contract, Timeframe::Day1),
        opened_at: at.saturating_sub(TimeDelta::hours(6)),
        at,
        open: 1.0,
        high: 1.0,
        low: 1.0,
        close: 1.0,
        volume: None,
        vwap: None,
        source: source.clone(),
        recorded_at: at,
    }
}

/// Returns the answer of the last run, and the time of the shortest.
fn shortest(mut run: impl FnMut() -> Result<usize>) -> Result<(usize, Duration)> {
    let (mut items, mut best) = (0, Duration::MAX);
    for _ in 0..REPETITIONS {
        let started = Instant::now();
        items = run()?;
        best = best.min(started.elapsed());
    }
    Ok((items, best))
}
