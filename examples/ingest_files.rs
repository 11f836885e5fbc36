//! Reads files of any supported format into a store, and lists every rejected row.
//!
//! ```text
//! cargo run --example ingest_files -- sqlite:book.db FILE...
//! cargo run --example ingest_files -- --list
//! cargo run --example ingest_files -- --format yfinance_options --at 2024-01-05T21:00:00Z sqlite:book.db calls.csv
//! cargo run --example ingest_files -- --layout my.layout sqlite:book.db FILE...
//! ```

#[path = "shared/arguments.rs"]
mod arguments;

use std::{env, process::ExitCode, time::Instant};

use strikebook::{Error, Result, Store, Upserted, open};
use strikebook_vendors::{Detection, ReadOptions, detect_file, read_file};

use crate::arguments::Arguments;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}\n\ningest_files [OPTIONS] URL FILE...\n{}", arguments::OPTIONS);
            ExitCode::FAILURE
        }
    }
}

/// Returns true if rows of each file were stored.
async fn run() -> Result<bool> {
    let Arguments { options, others, lists } = Arguments::parse(env::args().skip(1))?;
    if lists {
        arguments::list();
        return Ok(true);
    }
    let options = options.with_progress(|progress| eprint!("\r{progress}"));
    let Some((url, files)) = others.split_first().filter(|(_, files)| !files.is_empty()) else {
        return Err(Error::invalid_config("a store's URL and at least one file are needed"));
    };
    let store = open(url).await?;
    let mut succeeded = true;
    for file in files {
        if let Err(error) = ingest(&*store, file, &options).await {
            eprintln!("{file}: {error:#}");
            succeeded = false;
        }
    }
    store.close().await?;
    Ok(succeeded)
}

async fn ingest(store: &dyn Store, file: &str, options: &ReadOptions) -> Result<()> {
    let start = Instant::now();
    if options.format.is_none() {
        let Detection { description, confidence, .. } = detect_file(file)?;
        println!("{file} looks like this ({confidence:?}): {description}");
    }
    let mut reader = read_file(file, options)?;
    let mut stored = Upserted::default();
    while let Some(batch) = reader.next_batch(100_000)? {
        stored += store.upsert_quotes(&batch.quotes).await?;
        stored += store.upsert_bars(&batch.bars).await?;
        stored += store.upsert_underlying_quotes(&batch.underlying_quotes).await?;
        stored += store.upsert_corporate_actions(&batch.actions).await?;
        stored += store.upsert_fundamentals(&batch.fundamentals).await?;
        stored += store.upsert_observations(&batch.observations).await?;
    }
    let report = reader.report();
    eprintln!();
    println!(
        "{file}, as {}: read {} = accepted {} + rejected {}",
        reader.format(),
        report.read,
        report.accepted,
        report.rejected
    );
    println!("  {stored:?} in {:.2?}", start.elapsed());
    for rejection in report.rejections.iter().take(10) {
        println!("  {rejection}");
    }
    if report.rejected > 10 {
        println!("  and {} more", report.rejected - 10);
    }
    for (warning, count) in &report.warnings {
        println!("  {count} × warning: {warning}");
    }
    if report.accepted == 0 && report.blank == 0 {
        return Err(Error::invalid_input("no row of the file was accepted"));
    }
    Ok(())
}
