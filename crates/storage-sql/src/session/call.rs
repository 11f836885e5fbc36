//! Calls of a port, shown to listeners: a span for each, and a line for one that was slow.

use std::time::{Duration, Instant};

use strikebook_core::{Result, maintenance::Dataset, operations::Actor};
use tracing::{Span, debug_span, field::Empty, warn};

use self::dataset::dataset_of;
use super::{Session, watched::watched};

mod dataset;

/// A call under way. Its span is of the target `strikebook::call` at level `DEBUG`.
pub(crate) struct Call {
    engine: &'static str,
    operation: &'static str,
    span: Span,
    started: Instant,
}

impl Call {
    pub(crate) fn begin(engine: &'static str, operation: &'static str) -> Self {
        let span = debug_span!(
            target: "strikebook::call",
            "call",
            engine,
            operation,
            dataset = Empty,
            rows = Empty,
            duration_us = Empty,
            error = Empty,
        );
        if !span.is_disabled()
            && let Some(dataset) = dataset_of(operation)
        {
            span.record("dataset", dataset.as_str());
        }
        Self { engine, operation, span, started: Instant::now() }
    }

    /// Returns a job that runs in the span and is [watched], and returns the number of rows of its statements too.
    pub(crate) fn job<T, J: FnOnce(&mut dyn Session) -> Result<T>>(
        &self,
        actor: Option<Actor>,
        job: J,
    ) -> impl FnOnce(&mut dyn Session) -> Result<(T, u64)> + use<T, J> {
        let (operation, span) = (self.operation, self.span.clone());
        move |session| {
            let _entered = span.enter();
            watched(session, operation, actor.as_ref(), job)
        }
    }

    /// Ends the call: fills the span's fields, and logs a call that took `slow` or longer.
    pub(crate) fn end<T>(self, answer: Result<(T, u64)>, slow: Option<Duration>) -> Result<T> {
        let is_slow = |took: Duration| slow.is_some_and(|slow| took >= slow);
        if self.span.is_disabled() && slow.is_none() {
            return answer.map(|(answer, _)| answer);
        }
        let took = self.started.elapsed();
        let micros = 1_000_000 * took.as_secs() + u64::from(took.subsec_micros());
        let rows = answer.as_ref().ok().map(|(_, rows)| *rows);
        if !self.span.is_disabled() {
            self.span.record("duration_us", micros);
            match (&answer, rows) {
                (Err(error), _) => self.span.record("error", error.kind().as_str()),
                (_, Some(rows)) => self.span.record("rows", rows),
                _ => &self.span,
            };
        }
        if is_slow(took) {
            let (engine, operation, dataset) = (self.engine, self.operation, dataset_of(self.operation));
            let dataset = dataset.map(Dataset::as_str);
            warn!(target: "strikebook::slow", engine, operation, dataset, rows, duration_us = micros, "a slow call");
        }
        answer.map(|(answer, _)| answer)
    }
}
