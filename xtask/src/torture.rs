//! `cargo xtask torture`: writers that are killed, and the check of what they leave.

use crate::{
    Result,
    postgres::{Postgres, Purpose},
    process,
};

/// The engines that keep a file.
const EMBEDDED: [&str; 2] = ["sqlite", "duckdb"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let [engine, ..] = arguments else { return Err("usage: cargo xtask torture ENGINE [MINUTES] [SEED]".into()) };
    let mut cargo = process::cargo();
    cargo.args(["test", "-p", "strikebook-tests", "--all-features", "--test", "torture", "--", "torture"]);
    cargo.args(arguments);
    eprintln!("{}", process::display(&cargo));
    if EMBEDDED.contains(&engine.as_str()) {
        return process::run(&mut cargo);
    }
    // Commits must reach the disk before they are acknowledged, as a customer's do.
    let postgres = Postgres::bring_up(Purpose::Benchmarks)?;
    process::run(cargo.envs(postgres.environment()))
}
