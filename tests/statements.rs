//! The statements that reach each engine, as text files in the folder `statements`: SQL to read and to paste, in which
//! a changed statement is a visible difference. With `STRIKEBOOK_TEST_WRITE_STATEMENTS=1` the files are written.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs, mem,
    path::Path,
    process::ExitCode,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use strikebook_testkit::{Harness, contract, trial::Trial};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// The variable that makes the test write the files instead of comparing them.
const WRITE: &str = "STRIKEBOOK_TEST_WRITE_STATEMENTS";

/// The target of the events that show statements.
const TARGET: &str = "strikebook::sql";

/// The contract's cases whose statements are recorded: every call, and rows that are corrected and late.
const CASES: [&str; 4] = [
    "store::pointers_forward_every_call",
    "chain::a_chain_has_the_versions_valid_then",
    "chain::a_late_version_takes_its_place_in_the_past",
    "chain::changes_are_every_version_in_order",
];

/// Operations whose statements stand in the migrations.
const MIGRATING: [&str; 2] = ["migrate", "migrate_down"];

/// Statements by operation, each once, in the order of their first use.
type Statements = BTreeMap<String, Vec<String>>;

static RECORDED: LazyLock<Mutex<Statements>> = LazyLock::new(Mutex::default);

/// Held by the engine whose statements are recorded.
static TURN: Mutex<()> = Mutex::new(());

fn recorded() -> Statements {
    mem::take(&mut RECORDED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A subscriber that records the statements of every store in this process.
struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut shown = Shown::default();
        event.record(&mut shown);
        let mut recorded = RECORDED.lock().unwrap_or_else(PoisonError::into_inner);
        let statements = recorded.entry(shown.operation).or_default();
        if !statements.contains(&shown.statement) {
            statements.push(shown.statement);
        }
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The fields of an event.
#[derive(Default)]
struct Shown {
    operation: String,
    statement: String,
}

impl Visit for Shown {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "operation" => value.clone_into(&mut self.operation),
            "statement" => value.clone_into(&mut self.statement),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Runs the cases on an engine, and compares the statements with the engine's file.
fn check(harness: Arc<dyn Harness>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    recorded();
    let engine = harness.engine();
    let cases = CASES.map(|case| format!("{engine}::{case}"));
    let trials: Vec<_> =
        contract(harness).into_iter().filter(|trial| cases.iter().any(|case| case == trial.name())).collect();
    assert_eq!(trials.len(), cases.len(), "the contract has all of {cases:?}");
    trials.iter().for_each(Trial::run);

    let mut statements = recorded();
    statements.retain(|operation, _| !MIGRATING.contains(&operation.as_str()));
    let found = text(engine, &statements);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("statements").join(format!("{engine}.sql"));
    if env::var_os(WRITE).is_some() {
        fs::write(&path, found).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let changed = expected.lines().zip(found.lines()).zip(1..).find(|((expected, found), _)| expected != found);
    if let Some(((expected, found), line)) = changed {
        panic!(
            "{}:{line}: a statement has changed; {WRITE}=1 writes the files\n  found {found}\nexpected {expected}",
            path.display()
        );
    }
    assert_eq!(expected.lines().count(), found.lines().count(), "{}: {WRITE}=1 writes the files", path.display());
}

/// Returns statements as the text of a file.
fn text(engine: &str, statements: &Statements) -> String {
    let mut text = format!(
        "-- The statements that reach {engine}, by operation: each once, in the order of first use.\n\
         -- Written by tests/statements.rs.\n"
    );
    for (operation, statements) in statements {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n-- {operation}\n");
        for statement in statements {
            text.push_str(&laid_out(statement));
        }
    }
    text
}

/// Returns a statement in lines, each of which starts with a word of SQL's grammar or is the rest of a long one. A
/// comment has lines of its own.
fn laid_out(statement: &str) -> String {
    let (mut text, mut sql) = (String::new(), String::new());
    for line in statement.lines() {
        let (code, comment) = line.split_at(line.find("--").unwrap_or(line.len()));
        sql.push_str(code);
        sql.push(' ');
        if !comment.is_empty() {
            text.push_str(&in_clauses(&mem::take(&mut sql)));
            text.push_str(&wrapped(comment, "--   "));
        }
    }
    let rest = in_clauses(&sql);
    if rest.is_empty() {
        return text;
    }
    text.push_str(rest.trim_end_matches([';', '\n']));
    text + ";\n"
}

/// Returns SQL in lines that end in front of its clauses.
fn in_clauses(sql: &str) -> String {
    /// The words in front of which a line ends.
    const CLAUSES: [&str; 9] =
        [" FROM ", " WHERE ", " UNION ALL ", " GROUP BY ", " ORDER BY ", " JOIN ", " VALUES ", " SET ", " QUALIFY "];
    let mut lines = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    for clause in CLAUSES {
        lines = lines.replace(clause, &format!("\n {clause}"));
    }
    lines.lines().map(|line| wrapped(line, "    ")).collect()
}

/// Returns a line in lines of bounded length, each but the first behind a start.
fn wrapped(line: &str, start: &str) -> String {
    /// The most characters of a line.
    const WIDTH: usize = 118;
    let indent = line.len() - line.trim_start().len();
    let (mut text, mut width) = (String::new(), 0);
    for (index, word) in line.split_whitespace().enumerate() {
        let first = index == 0;
        if !first && width + 1 + word.len() > WIDTH {
            text.push('\n');
            text.push_str(start);
            width = start.len();
        } else {
            let gap = if first { indent } else { 1 };
            text.push_str(&" ".repeat(gap));
            width += gap;
        }
        text.push_str(word);
        width += word.len();
    }
    text + "\n"
}

fn main() -> ExitCode {
    if let Err(error) = tracing::subscriber::set_global_default(Recorder) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let test = |engine: Arc<dyn Harness>| {
        Trial::new(format!("statements::{}", engine.engine()), move || check(Arc::clone(&engine)))
    };
    strikebook_testkit::main(strikebook_tests::engines_on_disk().into_iter().map(test))
}
