//! `cargo xtask test`: every test of the workspace on every engine.

use std::{
    io::{BufRead, BufReader, IsTerminal, PipeReader, Write},
    process::{Command, Stdio},
};

use crate::{
    Result,
    postgres::{Postgres, Purpose},
    process,
};

/// The engines that the contract suite must have run on.
const ENGINES: [&str; 5] = ["memory", "sqlite", "duckdb", "timescale", "postgres"];

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

    // A selection may leave engines out, and a run that did not compile has said enough.
    let complete = arguments.is_empty() && report.total != Counts::default();
    let complaints = if complete { report.complaints() } else { Vec::new() };
    if !report.failures.is_empty() {
        println!("\nWhat failed, once more:\n{}", report.failures.join("\n"));
    }
    println!("\n{}", report.table());
    for complaint in &complaints {
        println!("error: {complaint}");
    }
    println!("{} passed, {} failed", report.total.passed, report.total.failed);
    if !status.success() {
        return Err(format!("the tests failed ({status})").into());
    }
    if report.total == Counts::default() {
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    skipped: usize,
}

/// What libtest's output said so far.
#[derive(Debug, Default)]
struct Report {
    total: Counts,
    engines: [Counts; ENGINES.len()],
    in_contract: bool,
    /// The lines that say what failed and why.
    failures: Vec<String>,
    in_failures: bool,
}

impl Report {
    fn read(&mut self, line: &str) {
        self.read_failure(line);
        // Colours may stand between the words.
        if (line.contains("Running") && line.ends_with(')')) || line.contains("Doc-tests") {
            self.in_contract = line.contains("contract/main.rs (");
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.total.passed += number_before(result, " passed");
            self.total.failed += number_before(result, " failed");
            self.total.skipped += number_before(result, " ignored");
        } else if let Some(engine) = line.strip_prefix("skipped: ").and_then(|rest| self.engine(first_word(rest))) {
            engine.skipped += 1;
        } else if self.in_contract {
            self.read_case(line);
        }
    }

    /// What failed stands between `failures:` and the result of its binary: what each test printed, and then their
    /// names.
    fn read_failure(&mut self, line: &str) {
        self.in_failures = (self.in_failures || line == "failures:") && !line.starts_with("test result: ");
        if self.in_failures && line != "failures:" && !line.is_empty() {
            self.failures.push(line.to_owned());
        }
    }

    /// `test duckdb::chain::as_of_ignores_later_knowledge ... ok`
    fn read_case(&mut self, line: &str) {
        let Some((name, outcome)) = line.strip_prefix("test ").and_then(|case| case.rsplit_once(" ... ")) else {
            return;
        };
        let Some(engine) = name.split_once("::").and_then(|(engine, _)| self.engine(engine)) else { return };
        match first_word(outcome) {
            "ok" => engine.passed += 1,
            "FAILED" => engine.failed += 1,
            _ => engine.skipped += 1,
        }
    }

    fn engine(&mut self, name: &str) -> Option<&mut Counts> {
        let index = ENGINES.iter().position(|engine| *engine == name)?;
        self.engines.get_mut(index)
    }

    /// The engines that did not run their whole contract.
    fn complaints(&self) -> Vec<String> {
        let engines = ENGINES.iter().zip(&self.engines);
        let complaint = |(engine, counts): (&&str, &Counts)| match counts {
            Counts { passed: 0, failed: 0, .. } => Some(format!("no case of the contract suite ran on {engine}")),
            Counts { skipped: 0, .. } => None,
            Counts { skipped, .. } => Some(format!("{skipped} cases of the contract suite were skipped on {engine}")),
        };
        engines.filter_map(complaint).collect()
    }

    fn table(&self) -> String {
        let row = |name: &str, counts: &Counts| {
            let Counts { passed, failed, skipped } = counts;
            format!("{name:<10} {passed:>7} {failed:>7} {skipped:>8}")
        };
        let heading = format!("{:<10} {:>7} {:>7} {:>8}", "contract", "passed", "failed", "skipped");
        let engines = ENGINES.iter().zip(&self.engines).map(|(engine, counts)| row(engine, counts));
        std::iter::once(heading)
            .chain(engines)
            .chain(std::iter::once(row("all tests", &self.total)))
            .collect::<Vec<_>>()
            .join("\n")
    }
}

fn first_word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default()
}

/// The number that stands before a word: 12 for " passed" in `ok. 12 passed; 0 failed`.
fn number_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().filter(|before| before.len() < text.len()).unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
     Running unittests src/lib.rs (target/debug/deps/strikebook_core-1)
test memory::market::chain::tests::not_a_contract_case ... ok
test result: ok. 1 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s
\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m contract/main.rs (target/debug/deps/contract-1)
test memory::chain::last_row_of_a_key_wins ... ok
test sqlite::chain::last_row_of_a_key_wins ... ok
test sqlite::chain::as_of_ignores_later_knowledge ... FAILED
test duckdb::chain::last_row_of_a_key_wins ... ignored, needs time
test timescale::chain::last_row_of_a_key_wins - should panic ... ok

failures:

---- sqlite::chain::as_of_ignores_later_knowledge stdout ----
assertion failed: 1 of 2

failures:
    sqlite::chain::as_of_ignores_later_knowledge

test result: FAILED. 3 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s
   Doc-tests strikebook
test duckdb::documented (line 3) ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s
skipped: postgres: no server";

    fn report(output: &str) -> Report {
        let mut report = Report::default();
        output.lines().for_each(|line| report.read(line));
        report
    }

    #[test]
    fn counts_the_contract_by_engine_and_everything_in_total() {
        let report = report(OUTPUT);
        let counts = |passed, failed, skipped| Counts { passed, failed, skipped };
        assert_eq!(report.total, counts(5, 1, 3));
        assert_eq!(
            report.engines,
            [counts(1, 0, 0), counts(1, 1, 0), counts(0, 0, 1), counts(1, 0, 0), counts(0, 0, 1)]
        );
    }

    #[test]
    fn what_failed_is_said_once_more() {
        let said = [
            "---- sqlite::chain::as_of_ignores_later_knowledge stdout ----",
            "assertion failed: 1 of 2",
            "    sqlite::chain::as_of_ignores_later_knowledge",
        ];
        assert_eq!(report(OUTPUT).failures, said);
    }

    #[test]
    fn an_engine_without_a_case_or_with_a_skipped_one_is_a_complaint() {
        let complaints = report(OUTPUT).complaints();
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("no case") && complaints[0].contains("duckdb"));
        assert!(complaints[1].contains("postgres"));
        assert_eq!(report("").complaints().len(), ENGINES.len());
    }

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
