//! Writers that are killed while they write, and the check of what they leave behind.
//!
//! ```text
//! cargo xtask torture ENGINE [MINUTES] [SEED]
//! ```
//!
//! A *writer* is a process of its own: it opens a store, takes the steps of a [workload](workload::Workload), and
//! acknowledges each on standard output after its call returned. The *supervisor* starts it and kills it with SIGKILL
//! at a random instant: while it opens, migrates, writes or closes, or, in a share of rounds, with all processes of the
//! database server. The *checker* then opens the store and compares every row with a store in memory that took the
//! same steps. The store must hold each acknowledged step; it may hold the step that was under way, but not in part.
//! The next writer repeats the last acknowledged steps, which must change nothing.
//!
//! Without arguments this binary is a test like any other: a short round, and the proof that the checker finds damage.

use std::{env, process::ExitCode};

mod book;
mod draw;
mod home;
mod supervisor;
mod trials;
mod workload;
mod writer;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["writer", workload, url, seed, from] => writer::run(workload, url, seed, from),
        ["torture", ref rest @ ..] => supervisor::command(rest),
        _ => return strikebook_testkit::main(trials::trials()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
