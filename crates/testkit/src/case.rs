//! Cases: the named behaviours of which the suite is made.

use std::{fmt, future::Future, pin::Pin};

use strikebook_core::{Capabilities, Result};

use crate::Bench;

/// The function that runs a case.
pub(crate) type Body = for<'a> fn(&'a Bench) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// A behaviour that the ports promise, with the function that checks it.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) body: Body,
    /// The capability without which the case has no meaning.
    pub(crate) need: Option<Need>,
    /// True if the case checks answers only, false if it checks what a write does.
    pub(crate) reads: bool,
    /// True if the case needs a runtime of several threads.
    pub(crate) on_threads: bool,
}

impl Case {
    pub(crate) fn new(name: &'static str, body: Body) -> Self {
        Self { name, body, need: None, reads: false, on_threads: false }
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A capability that some cases need.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need {
    pub(crate) name: &'static str,
    pub(crate) is_met: fn(&Capabilities) -> bool,
}

/// Rows outlive the store that wrote them.
pub(crate) const DURABLE: Need = Need { name: "durable", is_met: |capabilities| capabilities.durable };
/// Several stores can be open in one place.
pub(crate) const MULTI_PROCESS: Need =
    Need { name: "multi_process", is_met: |capabilities| capabilities.multi_process };
/// Aggregates are materialised and not computed for each read.
pub(crate) const CONTINUOUS_AGGREGATES: Need =
    Need { name: "continuous_aggregates", is_met: |capabilities| capabilities.continuous_aggregates };

/// Lists functions as cases of their names. A function that no list names is unused, which the compiler reports.
macro_rules! cases {
    ($($case:ident $(::<$shape:ty>)?),+ $(,)?) => {
        vec![$($crate::case::Case::new(stringify!($case), |bench| Box::pin($case $(::<$shape>)?(bench)))),+]
    };
}

pub(crate) use cases;

/// Marks cases as checks of answers, which run on read-only engines too.
pub(crate) fn reading(cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { reads: true, ..case }).collect()
}

/// Marks cases as ones that need a capability. Where the store lacks it, they are ignored.
pub(crate) fn needing(need: Need, cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { need: Some(need), ..case }).collect()
}

/// Marks cases as ones that need a runtime of several threads.
pub(crate) fn on_threads(cases: Vec<Case>) -> Vec<Case> {
    cases.into_iter().map(|case| Case { on_threads: true, ..case }).collect()
}
