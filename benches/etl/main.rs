//! The time of a copy from an operational store into an analytical one, beside the same transformation with pandas.
//!
//! `cargo xtask bench etl [sqlite] [duckdb] [quick]`. Both start from one SQLite file: daily bars of forty symbols, two
//! series, and contracts with a quote each. Both end with a file that holds the copied tables and the features of each
//! day, and the sums of the features are compared. The time covers everything: opening the files, reading, computing,
//! writing, closing.
//!
//! Either side makes tables with a key where the engine wants one, joins rates and the VIX as of each day, and
//! merges its rows with the stored ones, so that it can be run again. On our side that also includes every other
//! table of a store, the past of each row, watermarks, counts, and after each batch a commit that survives a loss of
//! power; pandas overwrites rows, and cannot resume after a stop.
//!
//! Python is `STRIKEBOOK_BENCH_PYTHON`, or `python3`; without pandas and DuckDB in it, that side is skipped with a
//! message.

mod days;
mod python;

use std::{path::Path, process::ExitCode, time::Instant};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use strikebook::{
    AsOf, FixedClock, SeriesQuery, Store,
    operations::RunStatus,
    services::etl::{self, EtlPlan},
};

use crate::python::{Python, Sums, Way};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The suffixes of the written files' names.
const TARGETS: [&str; 2] = ["sqlite", "duckdb"];
/// The target: the copy's speed in multiples of pandas'.
const TARGET: f64 = 5.0;

fn main() -> ExitCode {
    strikebook_benches::run(run)
}

fn run() -> Result<()> {
    let known: Vec<_> = TARGETS.into_iter().chain(["quick"]).collect();
    let words = strikebook_benches::words(&known)?;
    let given = |word: &str| words.iter().any(|given| given == word);
    let wanted: Vec<_> =
        TARGETS.into_iter().filter(|target| given(target) || !TARGETS.iter().any(|it| given(it))).collect();
    let (days, repetitions) = if given("quick") { (450, 1) } else { (4_500, 5) };

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let source = folder.path().join("operational.sqlite");
    runtime.block_on(days::fill(&source, days))?;
    let python = Python::find(folder.path())?;

    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_header(["into", "rows", "seconds", "rows/s", "beside", "seconds", "times", "target"]);
    for engine in wanted {
        let mut ours = Vec::new();
        let mut theirs: Vec<(Way, Vec<f64>)> = Way::ALL.map(|way| (way, Vec::new())).into();
        let mut rows = 0;
        for repetition in 0..repetitions {
            let target = folder.path().join(format!("{repetition}.{engine}"));
            let done = runtime.block_on(copy(&source, &target, engine, days))?;
            rows = done.rows;
            ours.push(done.seconds);
            if repetition == 0 {
                println!("into {engine}: both sides compared in {:.2} s and equal", done.reconciled);
            }
            for (way, seconds) in &mut theirs {
                let Some(python) = &python else { continue };
                let target = folder.path().join(format!("{repetition}.{way}.{engine}"));
                let (took, sums) = python.run(*way, &source, &target)?;
                done.sums.compare(&sums)?;
                seconds.push(took);
            }
        }
        for (way, seconds) in theirs {
            let (beside, took, times, verdict) = match median(&seconds) {
                None => ("skipped: no pandas".to_owned(), String::new(), String::new(), String::new()),
                Some(took) => {
                    let times = took / median(&ours).unwrap_or(f64::NAN);
                    let verdict = if times >= TARGET { "met" } else { "MISSED" };
                    (way.to_string(), shown(&seconds), format!("{times:.1}"), format!("≥ {TARGET}: {verdict}"))
                }
            };
            let per_second = median(&ours).map_or(f64::NAN, |took| rows as f64 / took);
            table.add_row([
                engine,
                &rows.to_string(),
                &shown(&ours),
                &format!("{per_second:.0}"),
                &beside,
                &took,
                &times,
                &verdict,
            ]);
        }
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    Ok(())
}

/// The time and the results of one run of ours.
struct Done {
    seconds: f64,
    /// The numbers of rows read and of features computed.
    rows: u64,
    sums: Sums,
    reconciled: f64,
}

async fn copy(source: &Path, target: &Path, engine: &str, days: usize) -> Result<Done> {
    let plan = days::plan()?;
    let clock = FixedClock(days::end(days)?);
    let started = Instant::now();
    let from = strikebook::open(&url("sqlite", source)).await?;
    let to = strikebook::open(&url(engine, target)).await?;
    let opened = started.elapsed().as_secs_f64();
    let run = etl::run(&plan, &*from, &*to, &clock, &mut |_| ()).await?;
    let copied = started.elapsed().as_secs_f64();
    to.close().await?;
    from.close().await?;
    let seconds = started.elapsed().as_secs_f64();
    println!("into {engine}: opened in {opened:.3} s, copied by {copied:.3} s, closed by {seconds:.3} s");
    if run.status != RunStatus::Finished || run.read != run.written {
        return Err(format!("the run left something: {run:?}").into());
    }

    let (from, to) = (strikebook::open(&url("sqlite", source)).await?, strikebook::open(&url(engine, target)).await?);
    let started = Instant::now();
    let parts = etl::reconcile(&plan, &*from, &*to, clock.0).await?;
    let reconciled = started.elapsed().as_secs_f64();
    if let Some(part) = parts.iter().find(|part| !part.is_equal()) {
        return Err(format!("both sides differ: {part:?}").into());
    }
    let sums = sums(&*to, &plan, clock).await?;
    to.close().await?;
    from.close().await?;
    Ok(Done { seconds, rows: run.read, sums, reconciled })
}

/// The sum of each feature.
async fn sums(store: &dyn Store, plan: &EtlPlan, clock: FixedClock) -> Result<Sums> {
    let mut sums = Sums::default();
    for symbol in &plan.features.symbols {
        for row in store.list_features(&SeriesQuery::new(*symbol, AsOf::instant(clock.0))).await?.items {
            sums.add(&row);
        }
    }
    Ok(sums)
}

fn url(engine: &str, file: &Path) -> String {
    format!("{engine}:{}", file.display())
}

fn median(seconds: &[f64]) -> Option<f64> {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

/// Returns the median, and the least and the greatest.
fn shown(seconds: &[f64]) -> String {
    let least = seconds.iter().copied().fold(f64::INFINITY, f64::min);
    let greatest = seconds.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2}–{greatest:.2})", median(seconds).unwrap_or(f64::NAN))
}
