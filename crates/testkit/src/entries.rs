//! Cases of all entries: they run for every subject whose rows have identities and no versions.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    CLOCK_TOLERANCE, Cursor, ErrorKind, Id, Limit, Listing, Page, Paging, Result, Store, Timestamp, Upserted,
    maintenance::Dataset, memory::MemoryStore, port::Entry,
};

use crate::{
    Bench,
    case::{Case, cases},
    series::{MANY_PAGES, NOTHING, inserted, instant, just_after, just_before, statistics, unchanged},
};

type Filter<S> = <<S as Entries>::Entry as Entry>::Filter;

/// A subject whose rows are entries, as the shared cases see it.
#[async_trait]
pub trait Entries: Send + Sync + 'static {
    /// The type of the entries.
    type Entry: Entry;

    /// The dataset of the entries.
    const DATASET: Dataset;

    /// Returns a valid entry of an instant, with the [identity](identity) of its number. Equal arguments return equal
    /// entries.
    fn entry(number: usize, at: Timestamp) -> Self::Entry;

    /// Returns a different entry with the same identity.
    fn altered(entry: Self::Entry) -> Self::Entry;

    /// Returns the entry with an invalid value.
    fn invalid(entry: Self::Entry) -> Self::Entry;

    /// Returns the entry with another knowledge time.
    fn recorded(entry: Self::Entry, recorded_at: Timestamp) -> Self::Entry;

    /// Writes entries with the method of the port.
    async fn insert(store: &dyn Store, entries: &[Self::Entry]) -> Result<Upserted>;

    /// Reads the entry with an identity.
    async fn get(store: &dyn Store, id: Id<Self::Entry>) -> Result<Option<Self::Entry>>;

    /// Reads a page of a list.
    async fn list(store: &dyn Store, query: &Listing<Filter<Self>>) -> Result<Page<Self::Entry>>;
}

/// Returns the identity of a number. Identities are not in the order of their numbers.
pub fn identity<T>(number: usize) -> Id<T> {
    Id::named(&format!("entry {number}"))
}

/// Returns an identity that no other call returns: the millisecond of an instant, and the number of the call.
pub fn new_id<T>(at: Timestamp) -> Id<T> {
    static CALLS: AtomicU64 = AtomicU64::new(0);
    let mut number = [0; 10];
    number[2..].copy_from_slice(&CALLS.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    Id::new(at, number)
}

/// Returns the close of a day in September 2025.
pub(crate) fn day(number: usize) -> Timestamp {
    let days = i64::try_from(number).unwrap_or(i64::MAX);
    instant("2025-09-02T20:00:00Z").saturating_add(TimeDelta::try_days(days).unwrap_or_default())
}

/// Returns some entries on consecutive days.
pub(crate) fn some<S: Entries>(count: usize) -> Vec<S::Entry> {
    (0..count).map(|number| S::entry(number, day(number))).collect()
}

/// Returns all entries, oldest first.
pub(crate) async fn all<S: Entries>(store: &dyn Store) -> Result<Vec<S::Entry>> {
    Ok(S::list(store, &Listing::default()).await?.items)
}

/// Returns the cases that every subject of this shape shares.
pub(crate) fn cases<S: Entries>() -> Vec<Case> {
    cases![
        entries_come_back_as_written::<S>,
        writing_a_row_again_changes_nothing::<S>,
        an_identity_belongs_to_one_entry::<S>,
        an_empty_batch_does_nothing::<S>,
        an_invalid_entry_stores_nothing::<S>,
        an_entry_recorded_before_its_event_time_is_refused::<S>,
        an_unknown_identity_has_no_entry::<S>,
        a_list_is_in_the_order_of_time::<S>,
        both_ends_of_a_list_are_included::<S>,
        pages_are_the_list_cut::<S>,
        a_foreign_cursor_is_refused::<S>,
        a_cursor_of_another_engine_leads_on::<S>,
        a_purge_keeps_the_entry_at_its_instant::<S>,
        statistics_count_entries::<S>
    ]
}

/// Entries come back as they were written, alone and in a list.
async fn entries_come_back_as_written<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<S>(3);
    assert_eq!(S::insert(&*store, &entries).await?, inserted(3));
    for entry in &entries {
        assert_eq!(S::get(&*store, entry.id()).await?.as_ref(), Some(entry));
    }
    assert_eq!(all::<S>(&*store).await?, entries);
    Ok(())
}

/// An entry written again is unchanged; within a batch it is repeated.
async fn writing_a_row_again_changes_nothing<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<S>(3);
    let twice = [&entries[..], &entries[..1]].concat();
    assert_eq!(S::insert(&*store, &twice).await?, Upserted { repeated: 1, ..inserted(3) });
    assert_eq!(S::insert(&*store, &entries).await?, unchanged(3));
    let more = some::<S>(4);
    assert_eq!(S::insert(&*store, &more).await?, Upserted { unchanged: 3, ..inserted(1) });
    assert_eq!(all::<S>(&*store).await?, more);
    Ok(())
}

/// Another entry with the identity of one that is stored, or of one in the same batch, is refused with the whole batch.
async fn an_identity_belongs_to_one_entry<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<S>(3);
    S::insert(&*store, &entries[..1]).await?;
    let other = S::altered(entries[0].clone());
    for batch in [[entries[1].clone(), other], [entries[1].clone(), S::altered(entries[1].clone())]] {
        let error = S::insert(&*store, &batch).await.expect_err("an identity of another");
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::Conflict, Some("1")), "{error}");
    }
    assert_eq!(all::<S>(&*store).await?, entries[..1]);
    Ok(())
}

/// An empty batch does nothing.
async fn an_empty_batch_does_nothing<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(S::insert(&*store, &[]).await?, NOTHING);
    assert_eq!(statistics(&*store, S::DATASET).await?.rows, 0);
    Ok(())
}

/// When one entry of a batch is invalid, nothing is stored, and the error names it.
async fn an_invalid_entry_stores_nothing<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut batch = some::<S>(9);
    batch[7] = S::invalid(batch[7].clone());
    let error = S::insert(&*store, &batch).await.expect_err("an invalid entry");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::InvalidInput, Some("7")), "{error}");
    assert_eq!(error.context(S::Entry::NAME), Some(&*batch[7].id().to_string()), "{error}");
    assert!(error.context("field").is_some(), "{error}");
    assert_eq!(all::<S>(&*store).await?, []);
    Ok(())
}

/// An entry that was recorded before its event time is refused with its batch, unless by a minute at most, since clocks
/// differ.
async fn an_entry_recorded_before_its_event_time_is_refused<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut batch = some::<S>(3);
    let first = day(2).saturating_sub(CLOCK_TOLERANCE);
    batch[2] = S::recorded(batch[2].clone(), just_before(first));
    let error = S::insert(&*store, &batch).await.expect_err("it was recorded too early");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("recorded_at")), "{error}");
    assert_eq!(error.context("row"), Some("2"), "{error}");
    assert_eq!(all::<S>(&*store).await?, []);
    batch[2] = S::recorded(batch[2].clone(), first);
    assert_eq!(S::insert(&*store, &batch).await?, inserted(3));
    assert_eq!(all::<S>(&*store).await?, batch);
    Ok(())
}

/// An identity that was never written has no entry.
async fn an_unknown_identity_has_no_entry<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    S::insert(&*store, &some::<S>(1)).await?;
    assert_eq!(S::get(&*store, identity(1)).await?, None);
    Ok(())
}

/// A list is in the order of time and, within an instant, of identities; or in the reverse of it.
async fn a_list_is_in_the_order_of_time<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut entries: Vec<_> = (0..12).map(|number| S::entry(number, day(number % 4))).collect();
    S::insert(&*store, &entries).await?;
    entries.sort_by_key(|entry| (entry.at(), entry.id()));
    assert_eq!(all::<S>(&*store).await?, entries);
    entries.reverse();
    assert_eq!(S::list(&*store, &Listing::default().newest_first()).await?.items, entries);
    Ok(())
}

/// Both ends of a list's time are included.
async fn both_ends_of_a_list_are_included<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<S>(5);
    S::insert(&*store, &entries).await?;
    let list = async |from, until| {
        let query = Listing::default().with_from(from).with_until(until);
        S::list(&*store, &query).await.map(|page| page.items)
    };
    assert_eq!(list(day(1), day(3)).await?, entries[1..4]);
    assert_eq!(list(just_after(day(1)), just_before(day(3))).await?, entries[2..3]);
    assert_eq!(list(day(3), day(1)).await?, []);
    Ok(())
}

/// The pages of a list are the list, cut: in both directions, for pages of any size, and past entries written
/// meanwhile.
async fn pages_are_the_list_cut<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries: Vec<_> = (0..10).map(|number| S::entry(number, day(number / 2))).collect();
    S::insert(&*store, &entries).await?;
    for query in [Listing::default(), Listing::default().newest_first()] {
        let whole = S::list(&*store, &query).await?;
        assert_eq!((whole.items.len(), whole.next), (10, None));
        for size in [1, 3, 5, 10, 11, usize::MAX] {
            let query = query.clone().with_limit(Limit::new(size).unwrap_or(Limit::MIN));
            let pages = pages::<S>(&*store, query).await?;
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == size), "pages of {size}");
            assert!(pages.iter().all(|page| !page.is_empty()));
            assert_eq!(pages.concat(), whole.items, "pages of {size}");
        }
    }
    let query = Listing::default().with_limit(Limit::new(5).unwrap_or(Limit::MIN));
    let first = S::list(&*store, &query).await?;
    S::insert(&*store, &[S::entry(20, day(0)), S::entry(21, day(9))]).await?;
    let next = first.next.unwrap_or_else(|| panic!("no further page"));
    let rest = S::list(&*store, &Listing { paging: Paging { limit: None, after: Some(next) }, ..query }).await?.items;
    let place = |entry: &S::Entry| (entry.at(), entry.id());
    let seen = first.items.last().map(place);
    let unseen = all::<S>(&*store).await?.into_iter().filter(|entry| Some(place(entry)) > seen);
    assert_eq!(rest, unseen.collect::<Vec<_>>());
    Ok(())
}

async fn pages<S: Entries>(store: &dyn Store, mut query: Listing<Filter<S>>) -> Result<Vec<Vec<S::Entry>>> {
    let mut pages = Vec::new();
    loop {
        let page = S::list(store, &query).await?;
        pages.push(page.items);
        let Some(next) = page.next else { return Ok(pages) };
        assert!(pages.len() < MANY_PAGES, "the pages do not end");
        query = query.after(next);
    }
}

/// A cursor of another kind of list is refused.
async fn a_foreign_cursor_is_refused<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for text in ["", "1", "x/y", "1/2", "9223372036854775807/00000000-0000-0000-0000-000000000000"] {
        let query = Listing::default().after(Cursor::from(text));
        let error = S::list(&*store, &query).await.expect_err(text);
        assert_eq!((error.kind(), error.context("cursor")), (ErrorKind::InvalidInput, Some(text)), "{error}");
    }
    Ok(())
}

/// A cursor continues the list of the same entries on another engine.
async fn a_cursor_of_another_engine_leads_on<S: Entries>(bench: &Bench) -> Result<()> {
    let (store, memory) = (bench.open().await?, MemoryStore::new());
    let entries = some::<S>(5);
    S::insert(&*store, &entries).await?;
    S::insert(&memory, &entries).await?;
    let query = Listing::default().with_limit(Limit::new(2).unwrap_or(Limit::MIN));
    let next = S::list(&memory, &query).await?.next.unwrap_or_else(|| panic!("no further page"));
    assert_eq!(S::list(&*store, &query.after(next)).await?.items, entries[2..4]);
    Ok(())
}

/// A purge deletes the entries before its instant; for a permanent dataset it is refused.
async fn a_purge_keeps_the_entry_at_its_instant<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let entries = some::<S>(5);
    S::insert(&*store, &entries).await?;
    match store.purge(S::DATASET, day(2)).await {
        Ok(purged) => {
            assert_eq!((purged.rows, purged.superseded), (2, 0));
            assert_eq!(all::<S>(&*store).await?, entries[2..]);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            assert!(S::DATASET.permanent().is_some());
            assert_eq!(all::<S>(&*store).await?, entries);
        }
    }
    Ok(())
}

/// The statistics count entries, and report the oldest and the newest.
async fn statistics_count_entries<S: Entries>(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    S::insert(&*store, &some::<S>(5)).await?;
    let counted = statistics(&*store, S::DATASET).await?;
    assert_eq!((counted.rows, counted.superseded), (5, 0));
    assert_eq!((counted.oldest, counted.newest), (Some(day(0)), Some(day(4))));
    Ok(())
}
