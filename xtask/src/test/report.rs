//! The closing table of `cargo xtask test`, made from what the test binaries print.

use std::{collections::BTreeMap, fmt};

/// The engines that the contract suite must have run on.
const ENGINES: [&str; 5] = ["memory", "sqlite", "duckdb", "timescale", "postgres"];

/// The test binary of the contract suite, of which each engine has a row of its own.
const CONTRACT: &str = "contract";

/// Numbers of tests by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Counts {
    fn total(self) -> usize {
        self.passed + self.failed + self.ignored
    }
}

/// A line of the table: a test binary, or an engine in the contract suite.
#[derive(Debug)]
struct Row {
    name: String,
    counts: Counts,
}

/// The output of all test binaries so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
    /// The place in `rows` from which on they are the running binary's.
    running: usize,
    /// True while the contract suite runs.
    in_contract: bool,
    /// The numbers of ignored tests by row and reason.
    ignored: BTreeMap<(String, String), usize>,
    /// The lines that say what failed and why.
    failures: Vec<String>,
    in_failures: bool,
    /// A test whose outcome is not on the line of its name, since something else was printed between them.
    pending: Option<String>,
    /// Binaries whose summary counts other numbers than their lines.
    unread: Vec<String>,
}

impl Report {
    /// Takes in a line of output.
    pub(super) fn read(&mut self, line: &str) {
        self.read_failure(line);
        if let Some(binary) = started(line) {
            self.running = self.rows.len();
            self.in_contract = binary == CONTRACT;
            self.pending = None;
            if !self.in_contract {
                self.rows.push(Row { name: binary, counts: Counts::default() });
            }
        } else if let Some(result) = line.strip_prefix("test result: ") {
            self.finish(Counts {
                passed: number_before(result, " passed"),
                failed: number_before(result, " failed"),
                ignored: number_before(result, " ignored"),
            });
        } else {
            self.read_test(line);
        }
    }

    /// Returns true if at least one test ran or was ignored.
    pub(super) fn has_tests(&self) -> bool {
        self.total() != Counts::default()
    }

    /// Returns what is wrong with a run of everything although no test failed.
    pub(super) fn complaints(&self) -> Vec<String> {
        let ran = |engine: &str| {
            let of_engine = |row: &&Row| row.name == contract_row(engine);
            self.rows.iter().find(of_engine).is_some_and(|row| row.counts.passed + row.counts.failed > 0)
        };
        let without = ENGINES.iter().filter(|engine| !ran(engine));
        let without = without.map(|engine| format!("no case of the contract suite ran on {engine}"));
        let unread =
            self.unread.iter().map(|name| format!("{name}: the lines of its tests do not add up to its summary"));
        without.chain(unread).collect()
    }

    fn total(&self) -> Counts {
        self.rows.iter().fold(Counts::default(), |sum, Row { counts, .. }| Counts {
            passed: sum.passed + counts.passed,
            failed: sum.failed + counts.failed,
            ignored: sum.ignored + counts.ignored,
        })
    }

    /// Reads the lines between `failures:` and the summary: what each failed test printed, and then the names.
    fn read_failure(&mut self, line: &str) {
        self.in_failures = (self.in_failures || line == "failures:") && !line.starts_with("test result: ");
        if self.in_failures && line != "failures:" && !line.is_empty() {
            self.failures.push(line.to_owned());
        }
    }

    /// Reads `test duckdb::chain::as_of_ignores_later_knowledge ... ok`, or an outcome on a line of its own.
    fn read_test(&mut self, line: &str) {
        let (name, outcome) = match line.strip_prefix("test ").and_then(|test| test.split_once(" ... ")) {
            Some((name, outcome)) => (name.trim_end().to_owned(), outcome),
            None if self.pending.is_some() && read_outcome(line).is_some() => {
                (self.pending.take().unwrap_or_default(), line)
            }
            None => return,
        };
        let Some(outcome) = read_outcome(outcome) else {
            self.pending = Some(name);
            return;
        };
        let row = self.row(&name);
        match outcome {
            Outcome::Passed => row.counts.passed += 1,
            Outcome::Failed => row.counts.failed += 1,
            Outcome::Ignored(reason) => {
                row.counts.ignored += 1;
                let reason = if reason.is_empty() { "no reason given" } else { reason };
                let key = (row.name.clone(), reason.to_owned());
                *self.ignored.entry(key).or_default() += 1;
            }
        }
    }

    /// Returns the row in which a test of the running binary counts.
    fn row(&mut self, test: &str) -> &mut Row {
        if !self.in_contract {
            // A test whose binary was not announced counts all the same.
            if self.rows.is_empty() {
                self.rows.push(Row { name: "tests".to_owned(), counts: Counts::default() });
            }
            let last = self.rows.len() - 1;
            return &mut self.rows[last];
        }
        let name = contract_row(test.split("::").next().unwrap_or_default());
        let found = self.rows[self.running..].iter().position(|row| row.name == name);
        let index = found.map_or(self.rows.len(), |found| self.running + found);
        if index == self.rows.len() {
            self.rows.push(Row { name, counts: Counts::default() });
        }
        &mut self.rows[index]
    }

    /// Compares the lines of a binary with its summary, which is right where they differ.
    fn finish(&mut self, summary: Counts) {
        let lines = self.rows[self.running..].iter().fold(Counts::default(), |sum, Row { counts, .. }| Counts {
            passed: sum.passed + counts.passed,
            failed: sum.failed + counts.failed,
            ignored: sum.ignored + counts.ignored,
        });
        if lines == summary {
            return;
        }
        match &mut self.rows[self.running..] {
            [only] if !self.in_contract => only.counts = summary,
            _ => self.unread.push(CONTRACT.to_owned()),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.failures.is_empty() {
            writeln!(f, "Failures, once more:\n{}\n", self.failures.join("\n"))?;
        }
        let rows: Vec<_> = self.rows.iter().filter(|row| row.counts.total() > 0).collect();
        let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max("all tests".len());
        writeln!(f, "{:<width$} {:>7} {:>7} {:>8}", "", "passed", "failed", "ignored")?;
        let mut line = |name: &str, Counts { passed, failed, ignored }: Counts| {
            writeln!(f, "{name:<width$} {passed:>7} {failed:>7} {ignored:>8}")
        };
        for row in rows {
            line(&row.name, row.counts)?;
        }
        line("all tests", self.total())?;
        if !self.ignored.is_empty() {
            writeln!(f, "\nIgnored:")?;
            for ((row, reason), tests) in &self.ignored {
                writeln!(f, "{tests:>7}  {row}: {reason}")?;
            }
        }
        Ok(())
    }
}

enum Outcome<'a> {
    Passed,
    Failed,
    /// Not run, for the reason.
    Ignored(&'a str),
}

/// Reads an outcome: `ok`, `FAILED`, `ignored`, `ignored, REASON` of the built-in runner, `ignored (REASON)` of
/// testkit's.
fn read_outcome(text: &str) -> Option<Outcome<'_>> {
    if text == "ok" || text.starts_with("ok ") {
        Some(Outcome::Passed)
    } else if text.starts_with("FAILED") {
        Some(Outcome::Failed)
    } else {
        let reason = text.strip_prefix("ignored")?;
        Some(Outcome::Ignored(match reason.strip_prefix(" (") {
            Some(reason) => reason.strip_suffix(')').unwrap_or(reason),
            None => reason.trim_start_matches(", "),
        }))
    }
}

/// Returns the name of the binary that cargo says it starts: `Running unittests src/lib.rs (target/debug/deps/core-1f)`
/// or `Doc-tests strikebook`. Colours may stand between the words.
fn started(line: &str) -> Option<String> {
    if line.contains("Running") && line.ends_with(')') {
        let file = line.rsplit(['/', '(']).next()?.trim_end_matches(')');
        Some(file.rsplit_once('-').map_or(file, |(name, _)| name).to_owned())
    } else if line.contains("Doc-tests") {
        line.rsplit(' ').next().map(|package| format!("{package}, documentation"))
    } else {
        None
    }
}

fn contract_row(engine: &str) -> String {
    format!("{CONTRACT} {engine}")
}

/// Returns the number before a word: 12 for " passed" in `ok. 12 passed; 0 failed`.
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
test slow ... ignored, takes an hour
test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
\u{1b}[1m\u{1b}[32m     Running\u{1b}[0m contract.rs (target/debug/deps/contract-1)
test memory::chain::last_row_of_a_key_wins       ... ok
test memory::store::a_reopened_store             ... ignored (the store is not `durable`)
test sqlite::chain::last_row_of_a_key_wins       ... ok
test sqlite::chain::as_of_ignores_later_knowledge ... FAILED
test timescale::chain::last_row_of_a_key_wins    ... a notice of the server
ok
test community::chain::last_row_of_a_key_wins    ... ignored (URL is not set)
test community::chain::every_field_comes_back    ... ignored (URL is not set)

failures:

---- sqlite::chain::as_of_ignores_later_knowledge ----
assertion failed: 1 of 2

failures:
    sqlite::chain::as_of_ignores_later_knowledge

test result: FAILED. 3 passed; 1 failed; 3 ignored; 0 measured; 0 filtered out; finished in 0.10s
   Doc-tests strikebook
test duckdb::documented (line 3) ... ok
test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s";

    fn report(output: &str) -> Report {
        let mut report = Report::default();
        output.lines().for_each(|line| report.read(line));
        report
    }

    #[test]
    fn each_binary_and_each_engine_of_the_contract_has_a_row() {
        let report = report(OUTPUT);
        let rows: Vec<_> = report
            .rows
            .iter()
            .map(|Row { name, counts }| (name.as_str(), counts.passed, counts.failed, counts.ignored))
            .collect();
        let expected = [
            ("strikebook_core", 1, 0, 1),
            ("contract memory", 1, 0, 1),
            ("contract sqlite", 1, 1, 0),
            ("contract timescale", 1, 0, 0),
            ("contract community", 0, 0, 2),
            ("strikebook, documentation", 1, 0, 0),
        ];
        assert_eq!(rows, expected);
        assert_eq!(report.total(), Counts { passed: 5, failed: 1, ignored: 4 });
    }

    #[test]
    fn the_table_lists_failures_and_reasons() {
        let shown = report(OUTPUT).to_string();
        for line in [
            "---- sqlite::chain::as_of_ignores_later_knowledge ----",
            "assertion failed: 1 of 2",
            "contract sqlite                 1       1        0",
            "all tests                       5       1        4",
            "      1  contract memory: the store is not `durable`",
            "      2  contract community: URL is not set",
            "      1  strikebook_core: takes an hour",
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
        }
    }

    #[test]
    fn an_engine_without_a_case_is_a_complaint() {
        let complaints = report(OUTPUT).complaints();
        assert_eq!(complaints.len(), 2, "{complaints:?}");
        assert!(complaints[0].contains("no case") && complaints[0].contains("duckdb"));
        assert!(complaints[1].contains("postgres"));
        assert_eq!(report("").complaints().len(), ENGINES.len());
        let ignored = OUTPUT.replace("test timescale::chain", "test timescale::other");
        assert_eq!(report(&ignored.replace("\nok\n", "\nignored (no server)\n")).complaints().len(), 4);
    }

    #[test]
    fn lines_that_do_not_add_up_are_a_complaint() {
        let lost = OUTPUT.replace("test sqlite::chain::last_row_of_a_key_wins       ... ok\n", "");
        assert!(report(&lost).complaints().iter().any(|complaint| complaint.starts_with("contract: the lines")));
    }
}
