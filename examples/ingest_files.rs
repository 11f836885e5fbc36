//! Reads files of any supported format into a store, and lists every rejected row.
//!
//! ```text
//! cargo run --example ingest_files -- sqlite:book.db FILE...
//! ```

use std::{env, process::ExitCode, time::Instant};

use strikebook::{Result, Store, Upserted, open};
use strikebook_vendors::{ReadOptions, read_file};

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(url), files) = (arguments.next(), arguments.collect::<Vec<_>>()) else {
        eprintln!("usage: ingest_files URL FILE...");
        return ExitCode::FAILURE;
    };
    let mut failed = false;
    match open(&url).await {
        Ok(store) => {
            for file in files {
                if let Err(error) = ingest(&*store, &file).await {
                    eprintln!("{file}: {error:#}");
                    failed = true;
                }
            }
        }
        Err(error) => {
            eprintln!("{error:#}");
            failed = true;
        }
    }
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

async fn ingest(store: &dyn Store, file: &str) -> Result<()> {
    let start = Instant::now();
    let mut reader = read_file(file, &ReadOptions::default())?;
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
    println!("{file}: read {} = accepted {} + rejected {}", report.read, report.accepted, report.rejected);
    println!("  {stored:?} in {:.2?}", start.elapsed());
    for rejection in report.rejections.iter().take(10) {
        println!("  {rejection}");
    }
    if report.rejected > 10 {
        println!("  and {} more", report.rejected - 10);
    }
    Ok(())
}
