//! What the benchmarks share; see the folders beside this one.

use std::{error::Error, process::ExitCode};

/// Runs a benchmark, and says why when it fails.
pub fn run(benchmark: impl FnOnce() -> Result<(), Box<dyn Error>>) -> ExitCode {
    match benchmark() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The words of the command line.
///
/// # Errors
/// One that is not known, with those that are.
pub fn words(known: &[&str]) -> Result<Vec<String>, String> {
    // Cargo tells every benchmark that it is one.
    let words: Vec<_> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(unknown) => Err(format!("unknown word `{unknown}`: known are {}", known.join(", "))),
        None => Ok(words),
    }
}
