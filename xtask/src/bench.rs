//! `cargo xtask bench`: the benchmarks, in the release profile.

use std::path::PathBuf;

use crate::{
    Result,
    postgres::{Postgres, Purpose},
    process,
};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (names, rest) = match arguments {
        [] => (names()?, arguments),
        [name, rest @ ..] => (vec![name.clone()], rest),
    };
    if names.is_empty() {
        return Err("there is no benchmark in `benches/`".into());
    }
    if names == ["peers"] {
        return peers(rest);
    }
    if names == ["pricing"] {
        return pricing(rest);
    }
    let mut cargo = process::cargo();
    cargo.args(["bench", "--workspace", "--all-features"]);
    for name in &names {
        cargo.args(["--bench", name]);
    }
    cargo.arg("--").args(rest);
    if names == ["etl"] {
        // It works with files alone.
        return process::run(&mut cargo);
    }
    let postgres = Postgres::bring_up(Purpose::Benchmarks)?;
    process::run(cargo.envs(postgres.environment()))
}

/// Prices alone: no server, and nothing compiled that they do not need. Everything is compiled for this machine's
/// processor, as the peers recommend for themselves, or with the word `avx2` for one that has no wider instructions.
fn pricing(arguments: &[String]) -> Result<()> {
    let (processor, folder, rest) = match arguments {
        [word, rest @ ..] if word == "avx2" => ("x86-64-v3", "avx2", rest),
        _ => ("native", "native", arguments),
    };
    let mut cargo = process::cargo();
    cargo.args(["bench", "-p", "strikebook-benches", "--features", "pricing"]);
    cargo.args(["--bench", "pricing", "--"]).args(rest);
    // In a folder of their own, so that what other commands have compiled stays valid.
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| process::root().join("target"), PathBuf::from);
    let flags = format!("-C target-cpu={processor}");
    process::run(cargo.env("RUSTFLAGS", flags).env("CARGO_TARGET_DIR", target.join(folder)))
}

/// Measures other libraries with the same rows, in a package outside of the workspace, since it links another SQLite.
fn peers(arguments: &[String]) -> Result<()> {
    let mut cargo = process::cargo();
    cargo.args(["run", "--release", "--manifest-path", "benches/peers/Cargo.toml", "--"]).args(arguments);
    let postgres = Postgres::bring_up(Purpose::Benchmarks)?;
    process::run(cargo.envs(postgres.environment()))
}

/// The benchmarks in `benches/`, in order: each is a folder with a `main.rs`.
fn names() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(process::root().join("benches"))? {
        let path = entry?.path();
        if path.join("main.rs").exists() {
            names.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    names.sort_unstable();
    Ok(names)
}
