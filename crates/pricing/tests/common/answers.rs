//! The share of calls with a result, in tests that allow errors too.
//!
//! A test that only looks at answers would pass if every call failed; a floor below the share that is seen
//! makes it fail.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{
    prelude::*,
    test_runner::{TestCaseResult, TestRunner},
};

/// The numbers of calls and answers, by kind of call.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    counts: RefCell<BTreeMap<&'static str, Count>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    answered: u32,
    asked: u32,
}

impl Answers {
    /// Counts a result, and returns the answer if there is one.
    pub(crate) fn count<T, E>(&self, kind: &'static str, result: Result<T, E>) -> Option<T> {
        let mut counts = self.counts.borrow_mut();
        let count = counts.entry(kind).or_default();
        count.asked += 1;
        count.answered += u32::from(result.is_ok());
        result.ok()
    }

    /// Prints the shares, and fails for a kind whose share is below its floor, and for a kind without calls or floor.
    pub(crate) fn require(self, floors: &[(&'static str, f64)]) {
        let counts = self.counts.into_inner();
        let share = |count: &Count| f64::from(count.answered) / f64::from(count.asked);
        for (kind, count) in &counts {
            println!("{kind:40} {:6} of {:6} answered: {:.3}", count.answered, count.asked, share(count));
        }
        let kinds: BTreeMap<_, _> = floors.iter().copied().collect();
        assert!(kinds.keys().eq(counts.keys()), "floors for {:?}, not {:?}", kinds.keys(), counts.keys());
        for (kind, count) in &counts {
            assert!(share(count) >= kinds[kind], "{kind}: {count:?} is below a share of {}", kinds[kind]);
        }
    }
}

/// Runs random cases of a test that counts its answers, and requires each kind's floor.
pub(crate) fn for_each_case<S: Strategy>(
    cases: u32,
    strategy: &S,
    floors: &[(&'static str, f64)],
    test: impl Fn(&Answers, S::Value) -> TestCaseResult,
) {
    let answers = Answers::default();
    let mut runner = TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    if let Err(error) = runner.run(strategy, |case| test(&answers, case)) {
        panic!("{error}\n{runner}");
    }
    answers.require(floors);
}
