//! Values a CSV of options: prices or implied volatilities, and Greeks.
//!
//! ```text
//! cargo run --release --example price_file -- IN.csv OUT.csv [--american fast|accurate|precise]
//! ```
//!
//! The columns are `model,type,spot,strike,years,rate,yield,vol,price`. The model is `bsm`, `black76`, `bachelier` or
//! `american`, the type `C` or `P`. For `black76` and `bachelier` the spot is the forward, and the yield may be empty.
//! One of `vol` and `price` is empty: the unknown of the row. Rates, yields and volatilities are per 1.00 a year
//! (`bachelier`'s volatility is absolute), rates are continuously compounded.
//!
//! The output has the same rows in the same order, with the empty column filled in, and the further columns
//! `delta,gamma,vega,theta,rho,error`: vega per 1.00 of volatility, theta per year, rho per 1.00. Computed numbers have
//! 17 significant digits, so that they read back as the same floats. A row without a value keeps its text and has the
//! reason in `error`; the first such rows are also printed. Rows are read and written in batches, so that a file may be
//! larger than memory, and the output gets its name once it is complete. American options of a batch that differ only
//! in spot and strike share their exercise boundary, which is most of their work.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    process::ExitCode,
};

use indicatif::{ProgressBar, ProgressStyle};
use strikebook::models::american::Preset;

use crate::row::{COLUMNS, Row};

mod group;
mod output;
mod row;

/// The rows that are valued together.
const BATCH: usize = 8192;
/// The most rows without a value to print.
const SHOWN: u64 = 20;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("price_file: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The arguments of the command line.
struct Arguments {
    input: String,
    output: String,
    preset: Preset,
}

impl Arguments {
    fn read() -> Result<Self> {
        let mut files = Vec::new();
        let mut preset = Preset::Accurate;
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            if word == "--american" {
                preset = preset_of(&words.next().unwrap_or_default())?;
            } else {
                files.push(word);
            }
        }
        match <[String; 2]>::try_from(files) {
            Ok([input, output]) => Ok(Self { input, output, preset }),
            Err(_) => Err("usage: price_file IN.csv OUT.csv [--american fast|accurate|precise]".into()),
        }
    }
}

/// Returns the preset of a name.
fn preset_of(word: &str) -> Result<Preset> {
    match word {
        "fast" => Ok(Preset::Fast),
        "accurate" => Ok(Preset::Accurate),
        "precise" => Ok(Preset::Precise),
        other => Err(format!("--american takes fast, accurate or precise, not `{other}`").into()),
    }
}

fn run() -> Result<()> {
    let Arguments { input, output, preset } = Arguments::read()?;
    let named = |path: &str, error: &dyn std::error::Error| format!("{path}: {error}");
    let file = File::open(&input).map_err(|error| named(&input, &error))?;
    let progress = ProgressBar::new(file.metadata().map_err(|error| named(&input, &error))?.len());
    progress.set_style(ProgressStyle::with_template("{bar:40} {percent} % {msg} [{elapsed_precise}, {eta} left]")?);

    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(progress.wrap_read(file));
    row::check_header(reader.headers().map_err(|error| named(&input, &error))?)
        .map_err(|error| format!("{input}: line 1: {error}"))?;
    let partial = format!("{output}.partial");
    let mut writer = BufWriter::new(File::create(&partial).map_err(|error| named(&partial, &error))?);
    writeln!(writer, "{},delta,gamma,vega,theta,rho,error", COLUMNS.join(","))?;

    let (mut rows, mut without_value) = (0_u64, 0_u64);
    let mut batch = Vec::with_capacity(BATCH);
    let mut records = reader.byte_records();
    loop {
        batch.clear();
        for record in records.by_ref().take(BATCH) {
            batch.push(Row::new(record.map_err(|error| named(&input, &error))?));
        }
        if batch.is_empty() {
            break;
        }
        for (row, outcome) in batch.iter().zip(group::value(&batch, preset)) {
            if let Err(problem) = &outcome {
                without_value += 1;
                if without_value <= SHOWN {
                    progress.suspend(|| eprintln!("{input}: line {}: {problem}", row.line));
                }
            }
            output::write(&mut writer, row, &outcome)?;
        }
        rows += batch.len() as u64;
        progress.set_message(format!("{rows} rows, {without_value} without a value"));
    }
    writer.into_inner()?.sync_all()?;
    fs::rename(&partial, Path::new(&output)).map_err(|error| named(&output, &error))?;
    progress.finish_and_clear();
    println!("{rows} rows valued, {without_value} of them without a value, into {output}");
    Ok(())
}
