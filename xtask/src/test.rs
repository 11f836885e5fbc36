//! `cargo xtask test`: every test of the workspace on every engine.

use std::{
    io::{BufRead, BufReader, IsTerminal, PipeReader, Write},
    process::{Command, Stdio},
};

use report::Report;

use crate::{
    Result,
    postgres::{Postgres, Purpose},
    process,
};

mod report;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let postgres = Postgres::bring_up(Purpose::Tests)?;
    let mut cargo = command(arguments);
    cargo.envs(postgres.environment()).env("STRIKEBOOK_TEST_REQUIRE_ALL", "1");
    // Colours would be lost, since cargo writes into a pipe of ours.
    if std::io::stdout().is_terminal() {
        cargo.env("CARGO_TERM_COLOR", "always");
    }
    eprintln!("{}", process::display(&cargo));

    // One pipe for both streams keeps cargo's "Running contract/main.rs" before the lines of that binary.
    let (reader, writer) = std::io::pipe()?;
    let mut child = cargo.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn()?;
    // The command holds the pipe's writing end; only without it can the reading end see the end.
    drop(cargo);
    let report = read(reader)?;
    let status = child.wait()?;
    // The server is stopped before the verdict, so that the verdict is the last line.
    drop(postgres);

    // A selection may leave engines out, and a run that did not compile has shown its errors.
    let complete = arguments.is_empty() && report.has_tests();
    let complaints = if complete { report.complaints() } else { Vec::new() };
    print!("\n{report}");
    for complaint in &complaints {
        println!("error: {complaint}");
    }
    if !status.success() {
        return Err(format!("the tests failed ({status})").into());
    }
    if !report.has_tests() {
        return Err("no test ran".into());
    }
    if !complaints.is_empty() {
        return Err("not every engine was tested".into());
    }
    Ok(())
}

/// `cargo test` for everything, or for what the arguments select. Arguments after `--` are the test binaries'.
fn command(arguments: &[String]) -> Command {
    let for_cargo = arguments.split(|argument| argument == "--").next().unwrap_or_default();
    let selects = |options: &[&str]| {
        for_cargo.iter().any(|given| options.iter().any(|option| given.split('=').next() == Some(option)))
    };
    let mut cargo = process::cargo();
    cargo.args(["test", "--no-fail-fast"]);
    if !selects(&["-p", "--package", "--manifest-path"]) {
        cargo.arg("--workspace");
    }
    if !selects(&["-F", "--features", "--no-default-features"]) {
        cargo.arg("--all-features");
    }
    cargo.args(arguments);
    cargo
}

/// Passes every line on and counts what it says.
fn read(pipe: PipeReader) -> Result<Report> {
    let mut report = Report::default();
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&line)?;
        stdout.flush()?;
        report.read(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_narrow_the_selection() {
        let shown = |arguments: &[&str]| {
            let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
            let words =
                command(&arguments).get_args().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>();
            words.join(" ")
        };
        assert_eq!(shown(&[]), "test --no-fail-fast --workspace --all-features");
        assert_eq!(shown(&["-p", "xtask"]), "test --no-fail-fast --all-features -p xtask");
        assert_eq!(
            shown(&["--no-default-features", "--features=sqlite"]),
            "test --no-fail-fast --workspace --no-default-features --features=sqlite"
        );
        assert_eq!(shown(&["--", "-p"]), "test --no-fail-fast --workspace --all-features -- -p");
    }
}
