//! The time of prices, Greeks, implied volatilities and fits, beside other implementations or beside a target.
//!
//! `cargo xtask bench pricing [avx2] [quick]`, on one thread. All implementations value the same options in turn, and
//! the fastest repetition counts. Columns are chains of 4,096 options, and each chain's results overwrite the last
//! chain's: with many more results in memory, five further columns would wait for memory rather than for arithmetic.
//! `plain` is the textbook's formula with one call of `erfc` for each distribution function; `implied-vol` is the crate
//! of this name, a pure-Rust *Let's Be Rational*, in its `Hybrid` mode or its `Experimental` one. With `avx2`
//! everything is compiled for x86-64-v3, and our code uses no wider instructions, as on a machine without AVX-512.
//! `the aim`, where no Rust crate does the same well, is the time that the requirements name.

use std::process::ExitCode;

use strikebook_pricing::Instructions;

use crate::{grid::Grid, report::Report};

mod grid;
mod models;
mod peers;
mod report;
mod ways;

const OPTIONS: usize = 131_072;

fn main() -> ExitCode {
    // Cargo tells every benchmark that it is one.
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let (options, repetitions) = match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => (OPTIONS, 15),
        ["quick"] => (OPTIONS / 8, 5),
        _ => {
            eprintln!("error: the only word known is `quick`, not {words:?}");
            return ExitCode::FAILURE;
        }
    };
    // A program compiled for a machine without AVX-512 is measured without it.
    let instructions = if cfg!(target_feature = "avx512f") { Instructions::Widest } else { Instructions::Avx2 };
    match instructions.limit(|| run(options, repetitions)) {
        Ok(report) => {
            println!("{}", report.table());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: usize, repetitions: usize) -> Result<Report, Box<dyn std::error::Error>> {
    let grid = Grid::new(options)?;
    println!("{options} options: spot 100, strikes 50 to 200, a day to three years, volatilities 5 % to 150 %");
    let mut report = Report::default();
    ways::prices(&grid, repetitions, &mut report)?;
    for (name, least) in [("all", 1e-290), ("market", 1e-6)] {
        ways::implied_volatilities(name, &grid.out_of_the_money(least)?, repetitions, &mut report)?;
    }
    models::american_options(&grid, repetitions, &mut report)?;
    models::volatilities(repetitions, &mut report)?;
    models::spreads(repetitions, &mut report)?;
    Ok(report)
}
