//! What happens when an engine is not to be had, or fails.

use std::{
    env,
    panic::{AssertUnwindSafe, catch_unwind},
};

use async_trait::async_trait;
use strikebook_core::{Error, ErrorKind, Result};
use strikebook_testkit::{Harness, Place, REQUIRE_ALL, run};

/// A harness that has no place, for some reason.
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

/// Whether a run without a place fails. Its case must never start.
fn fails(kind: ErrorKind) -> bool {
    catch_unwind(AssertUnwindSafe(|| run(Without(kind), async |_| unreachable!("no place, no case")))).is_err()
}

#[test]
fn an_engine_that_is_not_there_is_skipped_unless_all_are_required() {
    assert_eq!(fails(ErrorKind::Unavailable), env::var_os(REQUIRE_ALL).is_some_and(|value| value == "1"));
}

#[test]
fn an_engine_that_fails_is_not_skipped() {
    assert!(fails(ErrorKind::InvalidConfig));
}
