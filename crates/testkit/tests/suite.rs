//! The suite itself: the cases of an engine, and the reports of cases that cannot run.

use std::{
    collections::BTreeSet,
    env,
    process::{Command, ExitCode},
    sync::Arc,
};

use async_trait::async_trait;
use strikebook_core::{Error, ErrorKind, Result, Store, memory::MemoryStore};
use strikebook_testkit::{
    Family, Harness, Options, Place, Scope, contract, run,
    trial::{self, Trial},
    trials,
};

/// An engine of some families, in memory.
struct Memory(Scope);

#[async_trait]
impl Harness for Memory {
    fn engine(&self) -> &'static str {
        "memory"
    }

    fn scope(&self) -> Scope {
        self.0
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        Ok(Box::new(Memory(self.0)))
    }
}

#[async_trait]
impl Place for Memory {
    async fn open(&self, options: Options) -> Result<Arc<dyn Store>> {
        let store = MemoryStore::new();
        Ok(Arc::new(if options.allow_simulated { store.with_simulated() } else { store }))
    }
}

fn names(scope: Scope) -> BTreeSet<String> {
    let trials = contract(Memory(scope));
    let names: BTreeSet<_> = trials.iter().map(|trial| trial.name().to_owned()).collect();
    assert_eq!(names.len(), trials.len(), "two cases have one name");
    names
}

fn of_subject(names: &BTreeSet<String>, subject: &str) -> usize {
    names.iter().filter(|name| name.starts_with(&format!("memory::{subject}::"))).count()
}

fn a_whole_store_gets_every_case() {
    let all = names(Scope::WHOLE);
    assert!(all.len() > 1_000, "{}", all.len());
    for subject in ["chain", "greeks", "order", "audit", "store", "concurrency"] {
        assert!(of_subject(&all, subject) > 5, "{subject}");
    }
    assert!(all.contains("memory::bar::changes_are_every_version_in_order"));
    assert!(!all.contains("memory::greeks::changes_are_every_version_in_order"), "no method lists changes of Greeks");
}

fn a_store_of_one_family_gets_the_cases_of_that_family() {
    let market = names(Scope { families: &[Family::Market], writes: true });
    assert!(market.is_subset(&names(Scope::WHOLE)));
    assert_eq!(of_subject(&market, "chain"), of_subject(&names(Scope::WHOLE), "chain"));
    for other in ["greeks", "order", "audit", "store", "maintenance"] {
        assert_eq!(of_subject(&market, other), 0, "{other}");
    }
}

fn a_read_only_store_gets_the_cases_that_check_answers() {
    let read_only = names(Scope { families: &[Family::Market], writes: false });
    let market = names(Scope { families: &[Family::Market], writes: true });
    assert!(read_only.is_subset(&market) && read_only.len() > 100, "{}", read_only.len());
    for (case, is_reading) in [
        ("chain::as_of_ignores_later_knowledge", true),
        ("chain::pages_are_complete_and_in_order", true),
        ("bar::changes_are_every_version_in_order", true),
        ("contract::a_contract_appears_when_it_was_quoted", true),
        ("chain::every_row_of_a_huge_batch_counts", false),
        ("chain::a_purge_keeps_the_row_at_its_instant", false),
        ("contract::an_invalid_row_stores_nothing", false),
    ] {
        assert!(market.contains(&format!("memory::{case}")), "{case}");
        assert_eq!(read_only.contains(&format!("memory::{case}")), is_reading, "{case}");
    }
}

/// An engine that has no place, for some reason.
struct Without(ErrorKind);

#[async_trait]
impl Harness for Without {
    fn engine(&self) -> &'static str {
        "nowhere"
    }

    async fn place(&self) -> Result<Box<dyn Place>> {
        Err(Error::new(self.0, "there is no server"))
    }
}

/// The environment variable that makes this binary run [`sample`] instead.
const SAMPLE: &str = "STRIKEBOOK_TESTKIT_SAMPLE";

fn sample() -> Vec<Trial> {
    let case = |name: &str| {
        let mut trials = contract(Memory(Scope::WHOLE)).into_iter();
        trials.find(|trial| trial.name() == name).unwrap_or_else(|| panic!("no {name}"))
    };
    vec![
        Trial::new("passes", || ()),
        Trial::new("fails", || panic!("for a reason")),
        Trial::new("is_given_up", || trial::ignore("it rains")),
        Trial::new("has_no_data", || drop(trial::data("rows.csv"))),
        Trial::new("has_no_server", || run(Without(ErrorKind::Unavailable), async |_| unreachable!("no place"))),
        Trial::new("has_a_bad_server", || run(Without(ErrorKind::InvalidConfig), async |_| unreachable!("no place"))),
        case("memory::store::a_reopened_store_holds_everything"),
        case("memory::store::a_dropped_read_does_no_harm"),
        case("memory::store::an_opened_store_answers"),
    ]
}

/// Runs the sample in a process of its own and returns its exit and its lines, each with one space between words.
fn sampled(required: &str) -> (bool, Vec<String>) {
    let mut sample = Command::new(env::current_exe().expect("this binary"));
    sample.env(SAMPLE, "1").env(trial::REQUIRE_ALL, required).env_remove(trial::DATA);
    let output = sample.output().expect("a second process");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success(), text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect())
}

fn what_cannot_run_is_ignored_with_its_reason() {
    let (succeeded, lines) = sampled("0");
    assert!(!succeeded, "{lines:?}");
    for line in [
        "test passes ... ok",
        "test fails ... FAILED",
        "test is_given_up ... ignored (it rains)",
        "test has_no_data ... ignored (STRIKEBOOK_TEST_DATA is not set)",
        "test has_a_bad_server ... FAILED",
        "test memory::store::a_reopened_store_holds_everything ... ignored (the store lacks the capability `durable`)",
        "test memory::store::a_dropped_read_does_no_harm ... ignored (every call was done at once, none could be dropped)",
        "test memory::store::an_opened_store_answers ... ok",
        "for a reason",
    ] {
        assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
    }
    let without = lines.iter().find(|line| line.starts_with("test has_no_server ... ignored")).expect("ignored");
    assert!(without.contains("nowhere: ") && without.contains("there is no server"), "{without}");
}

fn an_engine_that_is_required_must_be_there() {
    let (_, lines) = sampled("1");
    for line in ["test has_no_server ... FAILED", "test is_given_up ... ignored (it rains)"] {
        assert!(lines.iter().any(|found| found == line), "{line} is not in {lines:#?}");
    }
}

fn main() -> ExitCode {
    if env::var_os(SAMPLE).is_some() {
        return strikebook_testkit::main(sample());
    }
    strikebook_testkit::main(trials![
        a_whole_store_gets_every_case,
        a_store_of_one_family_gets_the_cases_of_that_family,
        a_read_only_store_gets_the_cases_that_check_answers,
        what_cannot_run_is_ignored_with_its_reason,
        an_engine_that_is_required_must_be_there
    ])
}
