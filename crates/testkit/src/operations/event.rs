//! Cases of system events.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{EventFilter, EventQuery, Severity, SystemEvent},
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    parsed,
};

/// System events, as the shared cases see them.
#[derive(Debug)]
pub struct Events;

#[async_trait]
impl Entries for Events {
    type Entry = SystemEvent;

    const DATASET: Dataset = Dataset::Events;

    fn entry(number: usize, at: Timestamp) -> SystemEvent {
        SystemEvent::new(identity(number), at, Severity::Info, parsed("feed"), "connected")
    }

    fn altered(entry: SystemEvent) -> SystemEvent {
        SystemEvent { message: "disconnected".to_owned(), ..entry }
    }

    fn invalid(entry: SystemEvent) -> SystemEvent {
        SystemEvent { message: "a\0b".to_owned(), ..entry }
    }

    fn recorded(entry: SystemEvent, recorded_at: Timestamp) -> SystemEvent {
        SystemEvent { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[SystemEvent]) -> Result<Upserted> {
        store.insert_events(entries).await
    }

    async fn get(store: &dyn Store, id: Id<SystemEvent>) -> Result<Option<SystemEvent>> {
        store.get_event(id).await
    }

    async fn list(store: &dyn Store, query: &EventQuery) -> Result<Page<SystemEvent>> {
        store.list_events(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Events>(),
        cases![
            every_field_comes_back,
            a_message_has_an_end,
            filters_keep_what_they_name,
            a_purge_below_a_severity_keeps_what_matters
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, for each severity.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events: Vec<_> = (0..)
        .zip(Severity::ALL)
        .map(|(number, severity)| SystemEvent {
            severity: *severity,
            message: "bid > ask; \"QQQ\" 🐂\n-- DROP TABLE system_events".to_owned(),
            details: r#"{"attempts": [1, 2.5, null, true], "n": 1e300}"#.parse().unwrap_or_default(),
            recorded_at: day(9),
            ..Events::entry(number, day(number))
        })
        .collect();
    store.insert_events(&events).await?;
    for event in &events {
        assert_eq!(store.get_event(event.id).await?.as_ref(), Some(event));
    }
    Ok(())
}

/// A message of more than 64 KiB is refused.
async fn a_message_has_an_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let of = |length| [SystemEvent { message: "x".repeat(length), ..Events::entry(0, day(0)) }];
    let error = store.insert_events(&of((1 << 16) + 1)).await.expect_err("a long message");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("message")), "{error}");
    store.insert_events(&of(1 << 16)).await?;
    assert_eq!(all::<Events>(&*store).await?, of(1 << 16));
    Ok(())
}

/// A filter restricts the list to events of a least severity, of a component, or both.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = some::<Events>(6);
    for (event, severity) in events.iter_mut().zip(Severity::ALL) {
        event.severity = *severity;
    }
    events[3].component = parsed("broker");
    store.insert_events(&events).await?;
    let kept = async |least_severity, component| {
        let filter = EventFilter { least_severity, component };
        let items = store.list_events(&Listing::new(filter)).await?.items;
        let place = |item| events.iter().position(|event| event == item);
        Ok::<_, strikebook_core::Error>(items.iter().filter_map(place).collect::<Vec<_>>())
    };
    assert_eq!(kept(None, None).await?, [0, 1, 2, 3, 4, 5]);
    assert_eq!(kept(Some(Severity::Debug), None).await?, [0, 1, 2, 3, 4, 5]);
    assert_eq!(kept(Some(Severity::Warning), None).await?, [2, 3, 4]);
    assert_eq!(kept(Some(Severity::Critical), None).await?, [4]);
    assert_eq!(kept(None, Some(parsed("broker"))).await?, [3]);
    assert_eq!(kept(Some(Severity::Warning), Some(parsed("feed"))).await?, [2, 4]);
    Ok(())
}

/// A purge below a severity leaves events of that severity and above, and events at its instant or later.
async fn a_purge_below_a_severity_keeps_what_matters(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = some::<Events>(6);
    for (event, severity) in events.iter_mut().zip(Severity::ALL.iter().rev()) {
        event.severity = *severity;
    }
    store.insert_events(&events).await?;
    assert_eq!(store.purge_events_below(Severity::Debug, Timestamp::MAX).await?, 0);
    // Critical, error, warning, info, debug and info again, on six days.
    assert_eq!(store.purge_events_below(Severity::Error, day(3)).await?, 1);
    assert_eq!(all::<Events>(&*store).await?, [&events[..2], &events[3..]].concat());
    assert_eq!(store.purge_events_below(Severity::Critical, Timestamp::MAX).await?, 4);
    assert_eq!(store.purge_events_below(Severity::Critical, Timestamp::MAX).await?, 0);
    assert_eq!(all::<Events>(&*store).await?, events[..1]);
    Ok(())
}
