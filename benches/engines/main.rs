//! The cost of an engine through its adapter, beyond a hand-written program on the same tables.
//!
//! `cargo xtask bench engines [ENGINE…] [ingest] [chains] [bars] [quick]`. Engines are `sqlite`, `duckdb`, `timescale`
//! and `postgres`; without one, or without a kind of measurement, all of them. `quick` is a tenth of the rows, three
//! times. `STRIKEBOOK_BENCH_ROWS` is the number of rows of one day, and so scales everything.
//!
//! Both sides write the same rows into tables that the migrations made and run the same queries on them, in turn. The
//! hand-written side starts from plain tuples, sorted and with the contracts' numbers known; the adapter from the rows
//! of a file reader, which it checks, numbers, sorts and compares with the stored rows.

use std::process::ExitCode;

use tokio::runtime;

use crate::{
    bench::{Bench, Size},
    data::Day,
    duckdb::Duckdb,
    postgres::Postgres,
    report::Report,
    side::Engine,
    sqlite::Sqlite,
};

mod bars;
mod bench;
mod chain;
mod data;
mod duckdb;
mod ingest;
mod postgres;
mod report;
mod side;
mod sqlite;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const ENGINES: [&str; 4] = ["sqlite", "duckdb", "timescale", "postgres"];
const KINDS: [&str; 3] = ["ingest", "chains", "bars"];
/// The number of rows of a real day.
const DAY_ROWS: usize = 275_552;

fn main() -> ExitCode {
    strikebook_benches::run(run)
}

fn run() -> Result<()> {
    let known: Vec<_> = ENGINES.into_iter().chain(KINDS).chain(["quick"]).collect();
    let words = strikebook_benches::words(&known)?;
    let given = |word: &str| words.iter().any(|given| given == word);
    // Without a name, all of a kind run.
    let wanted = |word: &str, all: &[&str]| given(word) || !all.iter().any(|word| given(word));
    let size = size(given("quick"))?;

    let day = Day::load(size.day_rows)?;
    let kind =
        if day.real { "real quotes of GOOG" } else { "made-up quotes, for want of the real ones beside the project," };
    println!("{} {kind} of 2015-12-24, moved back in time for more days", day.quotes.len());

    let runtime = runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut report = Report::default();
    for name in ENGINES.into_iter().filter(|name| wanted(name, &ENGINES)) {
        match engine(name, runtime.handle()) {
            Some(engine) => {
                let bench = Bench { engine: &*engine, runtime: &runtime, day: &day, size };
                if wanted("ingest", &KINDS) {
                    bench.ingest(1, false, &mut report)?;
                    bench.ingest(size.ingest_days, true, &mut report)?;
                }
                if wanted("chains", &KINDS) {
                    bench.chains(&mut report)?;
                }
                if wanted("bars", &KINDS) {
                    bench.bars(&mut report)?;
                }
            }
            None => println!("skipped: {name}: the environment names no database; `cargo xtask bench` brings one up"),
        }
    }
    println!("{}", report.table());
    Ok(())
}

fn size(quick: bool) -> Result<Size> {
    let day_rows = match std::env::var("STRIKEBOOK_BENCH_ROWS") {
        Ok(rows) => rows.parse().map_err(|error| format!("STRIKEBOOK_BENCH_ROWS must be a number: {error}"))?,
        Err(_) if quick => DAY_ROWS / 10,
        Err(_) => DAY_ROWS,
    };
    let (repetitions, instants) = if quick { (3, 10) } else { (5, 50) };
    Ok(Size { day_rows, ingest_days: 8, asked_days: [4, 37], repetitions, instants })
}

fn engine(name: &str, runtime: &runtime::Handle) -> Option<Box<dyn Engine>> {
    let server = |name, variable| {
        let server = Postgres::from_environment(name, variable, runtime)?;
        Some(Box::new(server) as Box<dyn Engine>)
    };
    match name {
        "sqlite" => Some(Box::new(Sqlite)),
        "duckdb" => Some(Box::new(Duckdb)),
        "timescale" => server("timescale", "STRIKEBOOK_TEST_TIMESCALE_URL"),
        _ => server("postgres", "STRIKEBOOK_TEST_POSTGRES_URL"),
    }
}
