//! Policies: kept by the store, and applied to rows as they age.
//!
//! Rows that are deleted by age lie in 2040: a server's own scheduler, whose clock is today's, leaves them to the case.

use chrono::TimeDelta;
use strikebook_core::{
    ErrorKind, Listing, Result, Store, Timestamp,
    maintenance::{AppliedPolicy, Dataset, Policies, Policy, Purged, Retention, maintain},
    operations::{EventFilter, EventQuery, Setting, Severity, SystemEvent},
};

use crate::{
    Bench,
    audit::alice,
    case::{Case, cases},
    entries::{self, Entries, some},
    maintenance::{assert_filled, fill},
    parsed,
    prelude::*,
    series::{Draft, Series, all, instant, just_before},
};

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        policies_stay_until_others_come,
        a_setting_of_another_shape_is_corrupt,
        a_change_of_policies_is_recorded,
        rows_go_when_they_are_older_than_their_age,
        events_go_by_their_severity,
        a_preset_keeps_what_it_names,
        compression_changes_no_rows,
        a_refresh_changes_no_rows
    ]
}

/// The instant at which policies are applied.
fn now() -> Timestamp {
    instant("2040-03-01T06:00:00Z")
}

/// The age of rows that are kept, in days.
const AGE: u32 = 30;

/// The instant of rows of just that age.
fn limit() -> Timestamp {
    now().saturating_sub(TimeDelta::days(AGE.into()))
}

/// A store has no policies at first, then those that were stored last, and none again when none are stored. Another
/// store in the same place has them too.
async fn policies_stay_until_others_come(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert!(store.policies().await?.is_empty());
    for retention in [Retention::Lean, Retention::Research, Retention::Research] {
        store.set_policies(&retention.policies(), now()).await?;
        assert_eq!(store.policies().await?, retention.policies());
    }
    let is_durable = store.capabilities().durable;
    store.close().await?;
    drop(store);
    let store = bench.open().await?;
    let kept = if is_durable { Retention::Research.policies() } else { Policies::default() };
    assert_eq!(store.policies().await?, kept);
    store.set_policies(&Policies::default(), now()).await?;
    assert!(store.policies().await?.is_empty());
    assert_eq!(maintain(&*store, now()).await?, []);
    Ok(())
}

/// Policies whose setting was given another value by hand are corrupt, until others are stored.
async fn a_setting_of_another_shape_is_corrupt(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_settings(&[Setting::new(parsed("maintenance.policies"), parsed("[7]"), now())]).await?;
    let error = store.policies().await.expect_err("no policies");
    assert_eq!((error.kind(), error.context("name")), (ErrorKind::Corrupt, Some("maintenance.policies")), "{error}");
    assert_eq!(maintain(&*store, now()).await.expect_err("no policies").kind(), ErrorKind::Corrupt);
    store.set_policies(&Retention::Lean.policies(), now()).await?;
    assert_eq!(store.policies().await?, Retention::Lean.policies());
    Ok(())
}

/// An audited store records policies that it stores, those that differ from the ones before only.
async fn a_change_of_policies_is_recorded(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let audited = store.audited(alice());
    for _ in 0..2 {
        audited.set_policies(&Retention::Lean.policies(), now()).await?;
    }
    audited.set_policies(&Policies::default(), now()).await?;
    let mut recorded: Vec<_> = store.list_audit(&Listing::default()).await?.items;
    recorded.sort_by_key(|entry| entry.old_value.is_some());
    let shown: Vec<_> = recorded.iter().map(|entry| (entry.action.as_str(), entry.resource_id.as_deref())).collect();
    assert_eq!(shown, [("set_policies", Some("maintenance.policies")); 2]);
    assert_eq!((recorded[0].old_value.is_some(), recorded[1].new_value.is_some()), (false, false), "{recorded:?}");
    Ok(())
}

/// Rows that are older than the age of their policy go, with their superseded versions. A row of just that age and rows
/// of other datasets stay, and each policy says what it did.
async fn rows_go_when_they_are_older_than_their_age(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let draft = |at| Draft { at, ..Draft::on(0) }.recorded_after(12);
    let (old, kept) = (draft(just_before(limit())), draft(limit()));
    for draft in [
        old.clone(),
        old.clone().value(2.0).recorded_after(20),
        kept.clone(),
        kept.clone().value(2.0).recorded_after(20),
    ] {
        UnderlyingQuotes::upsert(&*store, &[draft.row::<UnderlyingQuotes>()]).await?;
        Bars::upsert(&*store, &[draft.row::<Bars>()]).await?;
    }
    let signals = [Signals::entry(0, just_before(limit())), Signals::entry(1, limit())];
    Signals::insert(&*store, &signals).await?;
    let delete = |dataset| Policy::Delete { dataset, days: AGE };
    let policies = Policies::new([Dataset::Signals, Dataset::UnderlyingQuotes].map(delete))?;
    store.set_policies(&policies, now()).await?;
    let applied = |dataset, superseded| AppliedPolicy {
        policy: delete(dataset),
        purged: Purged { rows: 1, superseded },
        compressed: 0,
    };
    let expected = [applied(Dataset::UnderlyingQuotes, 1), applied(Dataset::Signals, 0)];
    assert_eq!(maintain(&*store, now()).await?, expected);
    let current = kept.clone().value(2.0).recorded_after(20).row::<UnderlyingQuotes>();
    assert_eq!(all::<UnderlyingQuotes>(&*store, current.symbol).await?, std::slice::from_ref(&current));
    let versions = UnderlyingQuotes::versions(&*store, &current).await?;
    assert!(versions.is_some_and(|versions| versions.len() == 2), "the versions of a row that stays stay");
    let versions = UnderlyingQuotes::versions(&*store, &old.row::<UnderlyingQuotes>()).await?;
    assert_eq!(versions, Some(Vec::new()));
    assert_eq!(entries::all::<Signals>(&*store).await?, signals[1..]);
    assert_eq!(all::<Bars>(&*store, kept.row::<Bars>().key).await?.len(), 2);
    let again = maintain(&*store, now()).await?;
    assert!(again.iter().all(|applied| applied.purged == Purged::default()), "{again:?}");
    Ok(())
}

/// Events of less than a severity go at an age of their own, the others at the age of all events.
async fn events_go_by_their_severity(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let ages = [(80, Severity::Info), (91, Severity::Error), (91, Severity::Critical), (800, Severity::Critical)];
    let event = |(number, (days, severity)): (usize, (i64, Severity))| SystemEvent {
        severity,
        ..Events::entry(number, now().saturating_sub(TimeDelta::days(days)))
    };
    let events: Vec<_> = ages.into_iter().enumerate().map(event).collect();
    store.insert_events(&events).await?;
    store.set_policies(&Retention::Lean.policies(), now()).await?;
    let of_events = |applied: &AppliedPolicy| (applied.policy.dataset() == Dataset::Events).then_some(applied.purged);
    let gone: Vec<_> = maintain(&*store, now()).await?.iter().filter_map(of_events).collect();
    assert_eq!(gone, [Purged { rows: 1, superseded: 0 }; 2], "one of two years, one of three months");
    assert_eq!(entries::all::<Events>(&*store).await?, [events[2].clone(), events[0].clone()]);
    let critical = EventFilter { least_severity: Some(Severity::Critical), ..EventFilter::default() };
    assert_eq!(store.list_events(&EventQuery::new(critical)).await?.items, events[2..3]);
    Ok(())
}

/// A preset deletes rows of the datasets that it names, and no others.
async fn a_preset_keeps_what_it_names(bench: &Bench) -> Result<()> {
    for retention in Retention::ALL {
        let bench = bench.another().await?;
        let store = bench.open().await?;
        fill(&*store).await?;
        let before = store.statistics().await?;
        let applied = retention.policies().apply(&*store, now()).await?;
        assert_eq!(applied.len(), retention.policies().as_slice().len());
        assert!(store.policies().await?.is_empty(), "they were not stored");
        for (before, after) in before.iter().zip(store.statistics().await?) {
            let dataset = before.dataset;
            let goes = retention.policies().deleted_after(dataset).is_some();
            assert_eq!(after.rows, if goes { 0 } else { before.rows }, "{dataset} by {retention}");
        }
    }
    Ok(())
}

/// Compressed rows are read, corrected and deleted as before. Compressing again finds nothing new.
async fn compression_changes_no_rows(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    for dataset in Dataset::ALL {
        assert_eq!(store.compress(*dataset, Timestamp::MIN).await?, 0, "{dataset} of before all time");
    }
    let (mut first, mut second) = (0, 0);
    for dataset in Dataset::ALL {
        first += store.compress(*dataset, Timestamp::MAX).await?;
        second += store.compress(*dataset, Timestamp::MAX).await?;
    }
    let capabilities = store.capabilities();
    assert_eq!(first > 0, capabilities.partitions && capabilities.compression, "{first} partitions");
    assert_eq!(second, 0);
    assert_filled(&*store).await?;
    let corrected = Draft::on(1).value(3.0).recorded_after(30).row::<Bars>();
    Bars::upsert(&*store, std::slice::from_ref(&corrected)).await?;
    assert_eq!(all::<Bars>(&*store, corrected.key).await?.last(), Some(&corrected));
    assert_eq!(store.purge(Dataset::Bars, corrected.at).await?.rows, 1);
    assert_eq!(all::<Bars>(&*store, corrected.key).await?, [corrected]);
    Ok(())
}

/// A refresh changes no rows, of a dataset without aggregates and of an instant before all rows too.
async fn a_refresh_changes_no_rows(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    for dataset in Dataset::ALL {
        for until in [instant("1990-01-01T00:00:00Z"), Draft::on(1).at, now()] {
            store.refresh_aggregates(*dataset, until).await?;
        }
    }
    assert_filled(&*store).await?;
    Quotes::upsert(&*store, &[Draft::on(1).value(3.0).recorded_after(30).row::<Quotes>()]).await?;
    store.refresh_aggregates(Dataset::OptionQuotes, now()).await?;
    assert_eq!(entries::all::<Signals>(&*store).await?, some::<Signals>(2));
    Ok(())
}

/// Compresses, refreshes and compacts what there is: answers stay the same.
pub(crate) async fn tidy(store: &dyn Store) -> Result<()> {
    for dataset in Dataset::ALL {
        store.compress(*dataset, Timestamp::MAX).await?;
    }
    refresh(store).await?;
    store.compact().await.map(drop)
}

/// Refreshes every aggregate of the store.
pub(crate) async fn refresh(store: &dyn Store) -> Result<()> {
    for dataset in [Dataset::OptionQuotes, Dataset::UnderlyingQuotes] {
        store.refresh_aggregates(dataset, Timestamp::MAX).await?;
    }
    Ok(())
}
