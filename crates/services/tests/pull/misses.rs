//! The events that tell a subscriber of misses.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::TimeDelta;
use strikebook_core::Result;
use strikebook_services::pull::FetchPolicy::{CacheFirst, NetworkOnly, StaleIfError};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::bench::{Bench, Step};

/// The fields of an event, by name.
type Fields = BTreeMap<&'static str, String>;

/// A subscriber that keeps the events of pullers.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<Fields>>>);

impl Recorder {
    /// Returns the only event since the last call of this function.
    fn take_one(&self) -> Fields {
        let mut events = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let event = events.pop().expect("an event");
        assert_eq!(events, [], "one event for each miss");
        event
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "strikebook::pull"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut shown = Shown::default();
        event.record(&mut shown);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(shown.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Shown(Fields);

impl Visit for Shown {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

/// Returns the fields of a miss of the prices of SPY.
fn miss(policy: &str, reason: &str, age_ms: Option<&str>) -> Fields {
    let fields = [
        ("message", "a miss"),
        ("dataset", "prices"),
        ("subject", "SPY"),
        ("policy", policy),
        ("reason", reason),
        ("max_age_ms", "600000"),
    ];
    let age = age_ms.map(|age| ("age_ms", age));
    fields.into_iter().chain(age).map(|(name, value)| (name, value.to_owned())).collect()
}

/// Every miss is one event with what was asked for, the reason, the age of the answer if there is one, and the limit. A
/// hit is none.
#[tokio::test]
async fn a_miss_is_an_event_with_its_age_and_limit() -> Result<()> {
    let (recorder, bench) = (Recorder::default(), Bench::new());
    let _guard = tracing::subscriber::set_default(recorder.clone());
    bench.get(CacheFirst).await?;
    assert_eq!(recorder.take_one(), miss("CacheFirst", "never_fetched", None));
    bench.clock.advance(TimeDelta::minutes(10));
    bench.get(CacheFirst).await?;
    assert_eq!(*recorder.0.lock().expect("no panic"), [], "a hit is no miss");

    bench.clock.advance(TimeDelta::milliseconds(1));
    bench.get(CacheFirst).await?;
    assert_eq!(recorder.take_one(), miss("CacheFirst", "too_old", Some("600001")));
    bench.get(NetworkOnly).await?;
    assert_eq!(recorder.take_one(), miss("NetworkOnly", "forced", None));

    bench.clock.advance(TimeDelta::hours(1));
    bench.provider.then([Step::Fail(strikebook_core::ErrorKind::Corrupt)]);
    bench.get(StaleIfError).await?;
    assert_eq!(recorder.take_one(), miss("StaleIfError", "too_old", Some("3600000")));
    Ok(())
}
