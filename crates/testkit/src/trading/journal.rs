//! The journal's log, and what follows from it.

use std::sync::Arc;

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, FixedClock, Id, Json, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    market::Instrument,
    operations::Actor,
    port::Entry,
    trading::journal::{
        Cycle, CycleFilter, EventKind, JournalEvent, JournalEventFilter, JournalEventQuery, Projection, Provenance,
        Trade, WheelPhase,
    },
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, new_id, some},
    series::{inserted, statistics, unchanged},
    trade::Trades,
};

/// Events, as the shared cases see them: each opens a put in a cycle of its own.
#[derive(Debug)]
pub struct JournalEvents;

fn cycle(number: usize) -> Id<Cycle> {
    Id::named(&format!("cycle {number}"))
}

/// Creates an event of the first cycle with an identity of its number.
fn event(number: usize, kind: EventKind, instrument: &str, quantity: &str, price: &str) -> JournalEvent {
    JournalEvent::new(
        identity(number),
        (parsed("U1"), parsed("wheel"), cycle(0)),
        (day(number), parsed("broker")),
        kind,
        (parsed("SPY"), parsed::<Instrument>(instrument)),
        (amount(quantity), amount(price)),
    )
}

const PUT: &str = "SPY   251219P00050000";
const CALL: &str = "SPY   260116C00051000";

/// Creates a put that is assigned, a call, and shares that are called away.
pub(crate) fn wheel() -> Vec<JournalEvent> {
    vec![
        event(0, EventKind::Open, PUT, "-1", "2.00"),
        event(1, EventKind::Assign, PUT, "1", "0"),
        event(2, EventKind::Open, CALL, "-1", "1.50"),
        event(3, EventKind::CalledAway, CALL, "1", "0"),
    ]
}

/// Returns the trades of the events' cycle, in the order of a list.
fn trades_of(events: &[JournalEvent]) -> Result<Vec<Trade>> {
    let mut trades = Projection::of(events)?.trades;
    trades.sort_by_key(|trade| (trade.at(), trade.id()));
    Ok(trades)
}

async fn assert_settled(store: &dyn Store, events: &[JournalEvent]) -> Result<()> {
    assert_eq!(store.get_cycle(cycle(0)).await?, Some(Projection::of(events)?.cycle));
    assert_eq!(all::<Trades>(store).await?, trades_of(events)?);
    Ok(())
}

#[async_trait]
impl Entries for JournalEvents {
    type Entry = JournalEvent;

    const DATASET: Dataset = Dataset::JournalEvents;

    fn entry(number: usize, at: Timestamp) -> JournalEvent {
        let entry = event(number, EventKind::Open, PUT, "-1", "2.00");
        JournalEvent { cycle: cycle(number), at, recorded_at: at, ..entry }
    }

    fn altered(entry: JournalEvent) -> JournalEvent {
        JournalEvent { price: amount("2.05"), ..entry }
    }

    fn invalid(entry: JournalEvent) -> JournalEvent {
        JournalEvent { quantity: amount("0"), ..entry }
    }

    fn recorded(entry: JournalEvent, recorded_at: Timestamp) -> JournalEvent {
        JournalEvent { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[JournalEvent]) -> Result<Upserted> {
        store.append_journal_events(entries).await
    }

    async fn get(store: &dyn Store, id: Id<JournalEvent>) -> Result<Option<JournalEvent>> {
        store.get_journal_event(id).await
    }

    async fn list(store: &dyn Store, query: &JournalEventQuery) -> Result<Page<JournalEvent>> {
        store.list_journal_events(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<JournalEvents>(),
        cases![
            every_field_comes_back,
            an_event_written_again_changes_nothing,
            events_make_their_cycle_and_trades,
            a_late_event_takes_its_place,
            a_lot_that_is_no_more_takes_its_trade_along,
            events_of_a_cycle_are_in_their_order,
            events_that_do_not_fit_store_nothing,
            what_is_rebuilt_equals_what_is_stored,
            a_rebuild_mends_what_was_changed,
            an_unknown_cycle_cannot_be_rebuilt,
            what_an_owner_wrote_stays,
            filters_of_events_keep_what_they_name,
            filters_of_cycles_keep_what_they_name,
            a_long_cycle_is_whole
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let opened = event(0, EventKind::Open, PUT, "-2", "2.00");
    let full = JournalEvent {
        sequence: u32::MAX,
        kind: EventKind::Roll,
        quantity: amount("1.5"),
        fees: amount("-0.00000001"),
        successor: Some(parsed("SPY   260116P00047500")),
        successor_price: Some(amount("2.12345678")),
        lot: Some(Id::from_uuid(opened.id.as_uuid())),
        broker_order_id: Some(parsed("4711 'a'")),
        commission: Some(amount("-0.00000002")),
        regulatory_fees: Some(amount("0.00000001")),
        exchange_fees: Some(amount("123456789012.12345678")),
        execution: Some(identity(3)),
        signal: Some(identity(4)),
        provenance: Provenance::Manual,
        amendment: Some("Ich war's: \"Δ\"".to_owned()),
        recorded_at: day(9),
        ..event(1, EventKind::Open, PUT, "1", "0.00000001")
    };
    store.append_journal_events(&[opened.clone(), full.clone()]).await?;
    for event in [opened, full] {
        assert_eq!(store.get_journal_event(event.id).await?, Some(event));
    }
    Ok(())
}

/// An event written again is unchanged, whatever its `recorded_at`.
async fn an_event_written_again_changes_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    let again: Vec<_> = events.iter().map(|event| JournalEvent { recorded_at: day(20), ..event.clone() }).collect();
    assert_eq!(store.append_journal_events(&again).await?, unchanged(4));
    assert_settled(&*store, &events).await
}

/// The results of a cycle's events are stored with them: the cycle, and a trade for each lot.
async fn events_make_their_cycle_and_trades(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    for known in 1..=events.len() {
        assert_eq!(store.append_journal_events(&events[known - 1..known]).await?, inserted(1));
        assert_settled(&*store, &events[..known]).await?;
    }
    let closed = store.get_cycle(cycle(0)).await?.unwrap_or_else(|| panic!("no cycle"));
    assert_eq!((closed.phase, closed.closed_at), (WheelPhase::Flat, Some(day(3))));
    assert_eq!((closed.realized_pnl, closed.cash_flow), (amount("450"), amount("450")));
    assert_eq!(store.get_cycle(cycle(1)).await?, None);
    Ok(())
}

/// An event may arrive late: its cycle is computed again from all of its events.
async fn a_late_event_takes_its_place(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = wheel();
    events.insert(2, JournalEvent { at: day(1), sequence: 1, ..event(9, EventKind::Fee, "SPY", "0", "0") });
    events[2].fees = amount("1.25");
    let (late, first) = (events[2].clone(), [&events[..2], &events[3..]].concat());
    store.append_journal_events(&first).await?;
    store.append_journal_events(&[late]).await?;
    assert_eq!(store.list_cycle_events(cycle(0)).await?, events);
    assert_settled(&*store, &events).await
}

/// When a late event removes a lot by changing the order of closings, the lot's trade is deleted, and the audit names
/// the trade.
async fn a_lot_that_is_no_more_takes_its_trade_along(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = vec![event(1, EventKind::Open, CALL, "-1", "1.50"), event(2, EventKind::Assign, CALL, "1", "0")];
    store.append_journal_events(&events).await?;
    assert_eq!(all::<Trades>(&*store).await?.len(), 2, "without shares the assignment sold some short");
    let shares = event(0, EventKind::Open, "SPY", "100", "50.00");
    let before = all::<Trades>(&*store).await?;
    let audited = store.audited(Actor::new(parsed("alice"), Arc::new(FixedClock(day(9))), new_id));
    audited.append_journal_events(std::slice::from_ref(&shares)).await?;
    let after = all::<Trades>(&*store).await?;
    let gone: Vec<_> = before.iter().map(Entry::id).filter(|id| after.iter().all(|trade| trade.id != *id)).collect();
    let reported: Vec<_> = store.list_audit(&Listing::default()).await?.items;
    let reported = reported.iter().filter(|entry| entry.resource.as_str() == "trades" && entry.resource_id.is_none());
    let reported: Vec<_> = reported.filter_map(|entry| entry.old_value.clone()).collect();
    let trades = Json::of(&gone)?;
    assert_eq!(reported, [format!(r#"{{"asked": {{"trades": {trades}}}, "rows": 1, "superseded": 0}}"#).parse()?]);
    events.push(shares);
    assert_eq!(all::<Trades>(&*store).await?.len(), 2);
    assert_settled(&*store, &events).await
}

/// The events of a cycle are in the order of their instants and, within one, of their sequence numbers.
async fn events_of_a_cycle_are_in_their_order(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = Vec::new();
    for sequence in 0..6 {
        let number = sequence as usize;
        let fee = event(number, EventKind::Fee, "SPY", "0", "0");
        events.push(JournalEvent { at: day(number / 4), sequence, ..fee });
    }
    let mut reported = events.clone();
    reported.reverse();
    reported.push(JournalEvents::entry(7, day(0)));
    store.append_journal_events(&reported).await?;
    assert_eq!(store.list_cycle_events(cycle(0)).await?, events);
    assert_eq!(store.list_cycle_events(cycle(1)).await?, []);
    Ok(())
}

/// When the events of one cycle do not fit together, nothing of the batch is stored.
async fn events_that_do_not_fit_store_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events[..1]).await?;
    let too_many = event(5, EventKind::Close, PUT, "2", "1.00");
    let batch = [JournalEvents::entry(7, day(0)), too_many.clone()];
    let error = store.append_journal_events(&batch).await.expect_err("more is closed than open");
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Conflict, Some("append_journal_events")), "{error}");
    assert_eq!(error.context("event"), Some(&*too_many.id.to_string()), "{error}");
    assert_eq!(all::<JournalEvents>(&*store).await?, events[..1]);
    assert_eq!(store.list_cycles(&CycleFilter::default()).await?.len(), 1);
    assert_settled(&*store, &events[..1]).await
}

/// A rebuild from events equals the stored state.
async fn what_is_rebuilt_equals_what_is_stored(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    assert!(store.rebuild_cycle(cycle(0)).await?, "equal");
    assert_settled(&*store, &events).await
}

/// A rebuild repairs what was changed by hand, and reports the difference.
async fn a_rebuild_mends_what_was_changed(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    let mut trade = all::<Trades>(&*store).await?.remove(0);
    trade.execution.entry_price = amount("9.99");
    store.replace_trade(&trade).await?;
    assert!(!store.rebuild_cycle(cycle(0)).await?, "not equal");
    assert!(store.rebuild_cycle(cycle(0)).await?, "equal again");
    assert_settled(&*store, &events).await
}

/// A cycle without events cannot be rebuilt.
async fn an_unknown_cycle_cannot_be_rebuilt(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.append_journal_events(&wheel()).await?;
    let error = store.rebuild_cycle(cycle(1)).await.expect_err("no such cycle");
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotFound, Some("rebuild_cycle")), "{error}");
    Ok(())
}

/// The owner's fields of a trade stay when later events arrive, and a finalised trade stays unchanged.
async fn what_an_owner_wrote_stays(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events[..2]).await?;
    let mut trades = all::<Trades>(&*store).await?;
    for trade in &mut trades {
        trade.review.thesis = Some("it will not fall".to_owned());
        trade.entry.regime = Some(parsed("calm"));
        trade.finalised = trade.is_open();
        store.replace_trade(trade).await?;
    }
    store.append_journal_events(&events[2..]).await?;
    for trade in &trades {
        let stored = store.get_trade(trade.id).await?.unwrap_or_else(|| panic!("no trade"));
        assert_eq!((&stored.review, stored.entry.regime), (&trade.review, trade.entry.regime));
        assert_eq!(stored.is_open(), trade.is_open(), "the shares are finalised as open");
    }
    Ok(())
}

/// Each field of an events' filter restricts the list.
async fn filters_of_events_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events = some::<JournalEvents>(4);
    events[1].account = parsed("U2");
    events[2].strategy = parsed("manual");
    events[3].symbol = parsed("QQQ");
    events[0].broker_order_id = Some(parsed("4711"));
    events[1].broker_order_id = Some(parsed("4711"));
    events[2].broker_order_id = Some(parsed("4711"));
    events[3].broker_order_id = Some(parsed("4712"));
    events.push(event(5, EventKind::Fee, "SPY", "0", "0"));
    store.append_journal_events(&events).await?;
    let none = JournalEventFilter::default;
    let order = JournalEventFilter { broker_order_id: Some(parsed("4711")), ..none() };
    for (filter, count) in [
        (none(), 5),
        (order.clone(), 3),
        (JournalEventFilter { account: Some(parsed("U1")), ..order }, 2),
        (JournalEventFilter { account: Some(parsed("U1")), ..none() }, 4),
        (JournalEventFilter { strategy: Some(parsed("manual")), ..none() }, 1),
        (JournalEventFilter { symbol: Some(parsed("QQQ")), ..none() }, 1),
        (JournalEventFilter { cycle: Some(cycle(0)), ..none() }, 2),
        (JournalEventFilter { kind: Some(EventKind::Fee), ..none() }, 1),
        (JournalEventFilter { kind: Some(EventKind::Fee), symbol: Some(parsed("QQQ")), ..none() }, 0),
    ] {
        let found = store.list_journal_events(&Listing::new(filter.clone())).await?.items;
        let expected: Vec<_> = events.iter().filter(|event| event.is_admitted_by(&filter)).cloned().collect();
        assert_eq!((&found, found.len()), (&expected, count), "{filter:?}");
    }
    Ok(())
}

/// Each field of a cycles' filter restricts the list; cycles are in the order of their identities.
async fn filters_of_cycles_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut events: Vec<_> = (1..4).map(|number| JournalEvents::entry(10 + number, day(number))).collect();
    events[0].account = parsed("U2");
    events[1].strategy = parsed("manual");
    events[2].symbol = parsed("QQQ");
    store.append_journal_events(&[events, wheel()].concat()).await?;
    assert_eq!(statistics(&*store, Dataset::JournalCycles).await?.rows, 4);
    let none = CycleFilter::default;
    for (filter, count) in [
        (none(), 4),
        (CycleFilter { account: Some(parsed("U2")), ..none() }, 1),
        (CycleFilter { strategy: Some(parsed("manual")), ..none() }, 1),
        (CycleFilter { symbol: Some(parsed("QQQ")), ..none() }, 1),
        (CycleFilter { open: Some(true), ..none() }, 3),
        (CycleFilter { open: Some(false), ..none() }, 1),
        (CycleFilter { open: Some(false), symbol: Some(parsed("QQQ")), ..none() }, 0),
    ] {
        let found = store.list_cycles(&filter).await?;
        assert_eq!(found.len(), count, "{filter:?}");
        assert!(found.windows(2).all(|pair| pair[0].id < pair[1].id), "{filter:?}");
    }
    Ok(())
}

/// Long cycles come back whole.
async fn a_long_cycle_is_whole(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events: Vec<_> = (0_u32..300)
        .map(|number| {
            let kind = if number % 2 == 0 { EventKind::Open } else { EventKind::Expire };
            let quantity = if number % 2 == 0 { "-1" } else { "1" };
            let price = if number % 2 == 0 { "1.23456789" } else { "0" };
            let event = event(number as usize, kind, PUT, quantity, price);
            JournalEvent { at: day(0), sequence: number, ..event }
        })
        .collect();
    let events: Vec<_> = events.into_iter().map(|event| JournalEvent { recorded_at: day(0), ..event }).collect();
    store.append_journal_events(&events).await?;
    assert!(store.rebuild_cycle(cycle(0)).await?);
    assert_settled(&*store, &events).await
}
