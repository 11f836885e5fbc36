//! `cargo xtask soak`: the tests that have a long form, at full length.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Instant,
};

use crate::{Result, process};

/// A test binary that makes the more draws the larger `STRIKEBOOK_SOAK` is. For each kind of draws it prints a line
/// that begins with their number and `calls`.
struct Soak {
    package: &'static str,
    test: &'static str,
    /// The factor of a full run.
    factor: u64,
}

const SOAKS: [Soak; 1] = [Soak { package: "strikebook-pricing", test: "fuzz", factor: 30 }];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (factor, rest) = match arguments {
        [first, rest @ ..] if first.parse::<u64>().is_ok() => (first.parse().ok(), rest),
        _ => (None, arguments),
    };
    let mut ran = Vec::new();
    for soak in &SOAKS {
        let factor = factor.unwrap_or(soak.factor);
        let started = Instant::now();
        let calls = calls(soak, factor, rest)?;
        let Soak { package, test, .. } = soak;
        ran.push(format!("{package} {test}: {calls} calls, factor {factor}, {:.0?}", started.elapsed()));
    }
    println!("\nWhat ran:\n{}", ran.join("\n"));
    Ok(())
}

/// Runs a test binary, shows what it prints, and adds up its calls.
fn calls(soak: &Soak, factor: u64, filters: &[String]) -> Result<u64> {
    let mut cargo = process::cargo();
    cargo.args(["test", "-p", soak.package, "--test", soak.test, "--", "--nocapture"]).args(filters);
    cargo.env("STRIKEBOOK_SOAK", factor.to_string());
    eprintln!("STRIKEBOOK_SOAK={factor} {}", process::display(&cargo));
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut calls = 0;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            let mut words = line.split_whitespace();
            if let (Some(Ok(count)), Some("calls")) = (words.next().map(str::parse::<u64>), words.next()) {
                calls += count;
            }
        }
    }
    let status = child.wait()?;
    if !status.success() {
        return Err(format!("{} {} failed ({status})", soak.package, soak.test).into());
    }
    if calls == 0 { Err("no test ran".into()) } else { Ok(calls) }
}
