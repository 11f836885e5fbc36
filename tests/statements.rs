//! The trace of each engine, as a subscriber sees it: the statements, as text files in the folder `statements` (SQL to
//! read and to paste, in which a changed statement is a visible difference; `STRIKEBOOK_TEST_WRITE_STATEMENTS=1` writes
//! them), the spans of calls with their fields, and the lines about slow calls.

use std::{
    collections::BTreeMap,
    env,
    fmt::Write as _,
    fs, mem,
    path::Path,
    process::ExitCode,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
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

/// The targets of the spans of calls, and of the lines about slow ones.
const CALL: &str = "strikebook::call";
const SLOW: &str = "strikebook::slow";

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

/// The fields of each span of a call, by the span's number.
static CALLS: LazyLock<Mutex<BTreeMap<u64, Fields>>> = LazyLock::new(Mutex::default);

/// The fields of the lines about slow calls.
static SLOW_CALLS: LazyLock<Mutex<Vec<Fields>>> = LazyLock::new(Mutex::default);

/// Fields by name, as text.
type Fields = BTreeMap<&'static str, String>;

/// Held by the engine whose statements are recorded.
static TURN: Mutex<()> = Mutex::new(());

fn recorded() -> Statements {
    mem::take(&mut RECORDED.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A subscriber that records the calls and statements of every store in this process.
#[derive(Default)]
struct Recorder {
    spans: AtomicU64,
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        [TARGET, CALL, SLOW].contains(&metadata.target())
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        let number = self.spans.fetch_add(1, Ordering::Relaxed) + 1;
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        attributes.record(&mut AsText(calls.entry(number).or_default()));
        span::Id::from_u64(number)
    }

    fn record(&self, span: &span::Id, record: &span::Record<'_>) {
        let mut calls = CALLS.lock().unwrap_or_else(PoisonError::into_inner);
        record.record(&mut AsText(calls.entry(span.into_u64()).or_default()));
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == SLOW {
            let mut fields = Fields::new();
            event.record(&mut AsText(&mut fields));
            return SLOW_CALLS.lock().unwrap_or_else(PoisonError::into_inner).push(fields);
        }
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

/// The fields of a span or an event, written into a map.
struct AsText<'a>(&'a mut Fields);

impl Visit for AsText<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name(), value.to_string());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// Runs cases of the contract on an engine.
fn run(harness: Arc<dyn Harness>, cases: &[&str]) {
    let cases: Vec<_> = cases.iter().map(|case| format!("{}::{case}", harness.engine())).collect();
    let trials: Vec<_> =
        contract(harness).into_iter().filter(|trial| cases.iter().any(|case| case == trial.name())).collect();
    assert_eq!(trials.len(), cases.len(), "the contract has all of {cases:?}");
    trials.iter().for_each(Trial::run);
}

/// Returns true if fields are of a call.
fn is_of(fields: &Fields, operation: &str) -> bool {
    fields.get("operation").is_some_and(|name| name == operation)
}

/// Every call is a span with engine, operation, dataset, rows and duration; a call that failed has the kind of its
/// error.
fn check_calls(harness: Arc<dyn Harness>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let engine = harness.engine();
    let take = || mem::take(&mut *CALLS.lock().unwrap_or_else(PoisonError::into_inner));
    take();
    run(Arc::clone(&harness), &["store::pointers_forward_every_call"]);
    let calls: Vec<Fields> = take().into_values().collect();
    assert!(calls.len() > 150, "{engine}: {} calls", calls.len());
    for call in &calls {
        assert_eq!(call.get("engine").map(String::as_str), Some(engine), "{call:?}");
        assert!(call.get("duration_us").is_some_and(|took| took.parse::<u64>().is_ok()), "{call:?}");
        assert!(call.contains_key("rows") != call.contains_key("error"), "{call:?}");
    }
    let of = |operation| calls.iter().filter(move |call| is_of(call, operation));
    for (operation, dataset) in [
        ("chain_as_of", Some("option_quotes")),
        ("upsert_snapshot", Some("option_quotes")),
        ("list_bars", Some("bars")),
        ("get_order", Some("orders")),
        ("list_spending", Some("fetch_costs")),
        ("schema_status", None),
        ("compact", None),
    ] {
        assert!(of(operation).next().is_some(), "{engine}: no call of {operation}");
        assert!(of(operation).all(|call| call.get("dataset").map(String::as_str) == dataset), "{operation}");
    }
    assert!(of("move_order").any(|call| call.get("error").is_some_and(|kind| kind == "not_found")), "{engine}");
    // Rows that were read, and rows that were written.
    run(harness, &["chain::a_wide_chain_is_whole"]);
    let calls: Vec<Fields> = take().into_values().collect();
    for operation in ["upsert_quotes", "chain_as_of"] {
        let rows = calls.iter().filter(|call| is_of(call, operation));
        let most = rows.filter_map(|call| call.get("rows")?.parse::<u64>().ok()).max();
        assert!(most.is_some_and(|rows| rows >= 600), "{engine}: {operation} with {most:?} rows");
    }
}

/// Calls that take as long as the store's option says are logged, with their fields, and others are not.
fn slow_calls_are_logged() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let logged = |options: &str| {
        mem::take(&mut *SLOW_CALLS.lock().unwrap_or_else(PoisonError::into_inner));
        let url = format!("sqlite::memory:?{options}");
        let answer = runtime.block_on(async {
            let store = strikebook::open(&url).await?;
            store.ping().await?;
            store.get_user("alice".parse()?).await?;
            store.close().await
        });
        answer.unwrap_or_else(|error: strikebook::Error| panic!("{error}"));
        mem::take(&mut *SLOW_CALLS.lock().unwrap_or_else(PoisonError::into_inner))
    };
    let lines = logged("slow=1ns");
    let user = lines.iter().find(|line| is_of(line, "get_user"));
    let user = user.unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(user.get("engine").map(String::as_str), Some("sqlite"));
    assert_eq!(user.get("dataset").map(String::as_str), Some("users"));
    assert_eq!(user.get("rows").map(String::as_str), Some("0"));
    assert!(user.get("duration_us").is_some_and(|took| took.parse::<u64>().is_ok()), "{user:?}");
    assert!(lines.iter().any(|line| is_of(line, "ping")), "{lines:?}");
    for options in ["slow=1h", "slow=0s"] {
        assert_eq!(logged(options), [], "{options}");
    }
}

/// Runs the cases on an engine, and compares the statements with the engine's file.
fn check(harness: Arc<dyn Harness>) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    recorded();
    let engine = harness.engine();
    run(harness, &CASES);

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
    if let Err(error) = tracing::subscriber::set_global_default(Recorder::default()) {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    let test = |engine: Arc<dyn Harness>| {
        Trial::new(format!("statements::{}", engine.engine()), move || check(Arc::clone(&engine)))
    };
    let calls = |engine: Arc<dyn Harness>| {
        Trial::new(format!("calls::{}", engine.engine()), move || check_calls(Arc::clone(&engine)))
    };
    let engines = || strikebook_tests::engines_on_disk().into_iter();
    let slow = Trial::new("slow_calls_are_logged".to_owned(), slow_calls_are_logged);
    strikebook_testkit::main(engines().map(test).chain(engines().map(calls)).chain([slow]))
}
