//! Code that the benchmarks share; see the folders beside this one.

use std::{error::Error, process::ExitCode};

#[cfg(any(feature = "engines", feature = "pricing"))]
pub mod report;

/// Runs a benchmark, and prints its error if it fails.
pub fn run(benchmark: impl FnOnce() -> Result<(), Box<dyn Error>>) -> ExitCode {
    match benchmark() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the words of the command line.
///
/// # Errors
/// An unknown word is an error that lists the known ones.
pub fn words(known: &[&str]) -> Result<Vec<String>, String> {
    // Cargo tells every benchmark that it is one.
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(unknown) => Err(format!("unknown word `{unknown}`: known are {}", known.join(", "))),
        None => Ok(words),
    }
}
