//! `cargo xtask bench`: the benchmarks, without compiling the dependencies a second time.

use crate::postgres::{Postgres, Purpose};
use crate::{Result, process};

/// Makes the dev profile as fast as release for our own crates. Dependencies are optimised in it already, and because the
/// profile's name and its settings for dependencies stay what they are, those are shared with the tests.
const OPTIMISED: [(&str, &str); 5] = [
    ("CARGO_PROFILE_DEV_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_DEV_DEBUG", "0"),
    ("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false"),
    ("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false"),
    ("CARGO_PROFILE_DEV_INCREMENTAL", "false"),
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["bench", "--profile", "dev", "--all-features", "--package", "strikebook"]).envs(OPTIMISED);
    match arguments {
        [] => cargo.arg("--benches"),
        [name, rest @ ..] => cargo.args(["--bench", name, "--"]).args(rest),
    };
    let postgres = Postgres::bring_up(Purpose::Benchmarks)?;
    process::run(cargo.envs(postgres.environment()))
}
