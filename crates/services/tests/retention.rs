//! The presets of how long rows are kept.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use strikebook_core::{
    Listing, Name, Source, Timestamp,
    maintenance::Dataset,
    market::{Symbol, UnderlyingQuote, UnderlyingRepository},
    memory::MemoryStore,
    operations::{EventRepository, Severity, SystemEvent},
};
use strikebook_services::retention::{Retention, apply};
use strikebook_system::new_id;

fn days_ago(days: i64) -> Timestamp {
    "2026-01-01T00:00:00Z".parse::<Timestamp>().expect("an instant").saturating_sub(TimeDelta::days(days))
}

#[test]
fn a_preset_names_datasets_that_can_be_purged_once() {
    for retention in [Retention::Lean, Retention::Research] {
        let days = retention.days();
        assert!(days.iter().all(|(dataset, days)| dataset.permanent().is_none() && *days > 0), "{retention:?}");
        assert_eq!(days.iter().map(|(dataset, _)| dataset).collect::<BTreeSet<_>>().len(), days.len());
    }
    let of = |retention: Retention, wanted| {
        let found = retention.days().iter().find(|(dataset, _)| *dataset == wanted);
        found.map(|(_, days)| *days)
    };
    assert_eq!(of(Retention::Lean, Dataset::OptionQuotes), Some(60));
    assert_eq!(of(Retention::Lean, Dataset::Signals), Some(366), "a leap year");
    assert_eq!(of(Retention::Research, Dataset::Bars), Some(1_827), "five years with two leap days");
    assert_eq!(of(Retention::Research, Dataset::Portfolios), Some(3_653));
    assert_eq!(of(Retention::Lean, Dataset::Bars), None, "features need them");
}

#[tokio::test]
async fn what_is_older_goes_and_the_rest_stays() {
    let store = MemoryStore::new();
    let (spy, source) = (Symbol::new("SPY").expect("a symbol"), Source::new("test").expect("a source"));
    let quotes = [10, 90, 91, 400].map(|days| UnderlyingQuote::new(spy, days_ago(days), source.clone()));
    store.upsert_underlying_quotes(&quotes).await.expect("quotes");
    let component = Name::new("feed").expect("a name");
    let event = |days, severity| SystemEvent::new(new_id(days_ago(days)), days_ago(days), severity, component, "down");
    let events = [
        event(80, Severity::Info),
        event(100, Severity::Error),
        event(100, Severity::Critical),
        event(800, Severity::Critical),
    ];
    store.insert_events(&events).await.expect("events");

    let purged = apply(Retention::Research, &store, days_ago(0)).await.expect("purged");
    assert!(purged.iter().all(|(_, purged)| purged.rows == 0), "{purged:?}");
    let purged = apply(Retention::Lean, &store, days_ago(0)).await.expect("purged");
    let of = |wanted| purged.iter().find(|(dataset, _)| *dataset == wanted).map(|(_, purged)| purged.rows);
    assert_eq!((of(Dataset::UnderlyingQuotes), of(Dataset::Events)), (Some(2), Some(2)));
    let kept = store.list_events(&Listing::default()).await.expect("events").items;
    assert_eq!(kept.len(), 2);
    assert!(kept.iter().any(|event| event.severity == Severity::Critical), "critical ones are kept for longer");
}
