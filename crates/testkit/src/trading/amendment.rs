//! Cases of amendments: corrections, voidings and deletions of the journal's entries.

use std::{slice::from_ref, sync::Arc};

use strikebook_core::{
    Decimal, ErrorKind, FixedClock, Id, Result, Store, Upserted,
    operations::{Actor, AuditFilter, AuditQuery},
    trading::{
        Execution, Fill, Order, OrderSide, PositionFilter,
        journal::{Amendment, CycleFilter, ImportedRow, JournalEvent, Note, Trade},
    },
};

use super::{amount, parsed};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{Entries, all, day, identity, new_id},
    import::ImportedRows,
    journal::{JournalEvents, wheel},
    note::Notes,
    series::{corrected, source, unchanged},
    trade::Trades,
};

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        a_corrected_event_changes_what_follows,
        a_voided_event_does_not_count,
        a_deleted_event_leaves_no_trace_but_the_audits,
        rows_of_a_deleted_event_keep_the_reason,
        a_corrected_event_may_change_its_cycle,
        amendments_that_contradict_store_nothing,
        an_amendment_needs_a_reason_and_an_entry,
        positions_follow_amended_fills,
        finalised_trades_follow_amendments,
        an_amended_event_written_again_is_unchanged,
        notes_are_amended,
        trades_of_no_events_are_amended
    ]
}

const WHY: &str = "the broker's statement says otherwise";

/// The price of a corrected event is that of its trade and cycle, and the log keeps the reason.
async fn a_corrected_event_changes_what_follows(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    let mended = JournalEvent { price: amount("2.50"), ..events[0].clone() };
    let amendment = Amendment::correct(mended.clone(), day(9), WHY);
    assert_eq!(store.amend_journal_events(from_ref(&amendment)).await?, corrected(1));
    assert_eq!(store.amend_journal_events(&[amendment]).await?, unchanged(1));
    let mended = JournalEvent { amendment: Some(WHY.to_owned()), ..mended };
    assert_eq!(store.get_journal_event(mended.id).await?, Some(mended));
    let cycle = store.get_cycle(events[0].cycle).await?.expect("a cycle");
    // 250 for the put, 150 for the call, 100 from the shares.
    assert_eq!((cycle.premium, cycle.realized_pnl), (amount("400"), amount("500")));
    let put = store.get_trade(identity(0)).await?.expect("the put's trade");
    assert_eq!(put.outcome.net_pnl, Some(amount("250")));
    assert!(store.rebuild_cycle(cycle.id).await?);
    Ok(())
}

/// A voided event stays in the log; a cycle whose events are all voided is no more, nor are its trades.
async fn a_voided_event_does_not_count(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    let last = Amendment::void(events[3].id, day(9), WHY);
    assert_eq!(store.amend_journal_events(&[last]).await?, corrected(1));
    let cycle = store.get_cycle(events[0].cycle).await?.expect("a cycle");
    assert_eq!((cycle.events, cycle.is_closed(), cycle.shares), (3, false, amount("100")));
    let voided = store.get_journal_event(events[3].id).await?.expect("a voided event");
    assert_eq!((voided.voided_at, voided.amendment.as_deref()), (Some(day(9)), Some(WHY)));
    let rest: Vec<_> = events[..3].iter().map(|event| Amendment::void(event.id, day(9), WHY)).collect();
    assert_eq!(store.amend_journal_events(&rest).await?, corrected(3));
    assert_eq!(store.list_cycles(&CycleFilter::default()).await?, []);
    assert_eq!((all::<Trades>(store).await?.len(), all::<JournalEvents>(store).await?.len()), (0, 4));
    // A correction counts again.
    let again = Amendment::correct(events[0].clone(), day(10), "it happened after all");
    store.amend_journal_events(&[again]).await?;
    assert_eq!(store.list_cycles(&CycleFilter::default()).await?.len(), 1);
    Ok(())
}

/// The audit records a deleted event with the reason, and the event is gone with its trade.
async fn a_deleted_event_leaves_no_trace_but_the_audits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events[..1]).await?;
    let alice = store.audited(Actor::new(parsed("alice"), Arc::new(FixedClock(day(9))), new_id));
    let deleted = Amendment::delete(events[0].id, day(9), WHY);
    assert_eq!(alice.amend_journal_events(&[deleted]).await?, corrected(1));
    assert_eq!(store.get_journal_event(events[0].id).await?, None);
    assert_eq!(all::<Trades>(&*store).await?, []);
    assert_eq!(store.list_cycles(&CycleFilter::default()).await?, []);
    let query = AuditQuery::new(AuditFilter { resource: Some(parsed("journal_events")), ..AuditFilter::default() });
    let entries = store.list_audit(&query).await?.items;
    let deletion = entries.iter().find(|entry| entry.new_value.is_none()).expect("a deletion");
    assert!(deletion.old_value.as_ref().is_some_and(|old| old.to_string().contains(WHY)), "{deletion:?}");
    assert_eq!(deletion.action, parsed("amend_journal_events"));
    assert!(entries.iter().any(|entry| entry.new_value.is_some()), "and the voiding before it");
    Ok(())
}

/// The row that led to a deleted event tells the reason, and an import changes nothing of it any more.
async fn rows_of_a_deleted_event_keep_the_reason(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    store.append_journal_events(&wheel()[..1]).await?;
    let rows = [0, 1].map(|number| ImportedRows::entry(number, day(number)));
    let both = ImportedRow { events: vec![identity(0), identity(7)], ..ImportedRows::entry(2, day(2)) };
    let rows = [rows[0].clone(), rows[1].clone(), both];
    store.record_imported_rows(&rows).await?;
    store.amend_journal_events(&[Amendment::delete(identity(0), day(9), WHY)]).await?;
    let without = |row: &ImportedRow, events: Vec<Id<JournalEvent>>| ImportedRow {
        events,
        deletion: Some(WHY.to_owned()),
        recorded_at: day(9),
        ..row.clone()
    };
    let expected = [without(&rows[0], Vec::new()), rows[1].clone(), without(&rows[2], vec![identity(7)])];
    assert_eq!(all::<ImportedRows>(store).await?, expected);
    let rejected = ImportedRow { events: Vec::new(), rejection: Some("no".to_owned()), ..rows[2].clone() };
    assert_eq!(store.record_imported_rows(&[rows[0].clone(), rejected]).await?, unchanged(2));
    assert_eq!(all::<ImportedRows>(store).await?, expected);
    Ok(())
}

/// An event that is corrected into another cycle leaves the one it was in.
async fn a_corrected_event_may_change_its_cycle(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let (one, other) = (JournalEvents::entry(0, day(0)), JournalEvents::entry(1, day(1)));
    store.append_journal_events(&[one.clone(), other.clone()]).await?;
    let moved = JournalEvent { cycle: one.cycle, ..other.clone() };
    store.amend_journal_events(&[Amendment::correct(moved, day(9), WHY)]).await?;
    assert_eq!(store.get_cycle(other.cycle).await?, None);
    assert_eq!(store.get_cycle(one.cycle).await?.map(|cycle| cycle.events), Some(2));
    let cycles: Vec<_> = all::<Trades>(store).await?.iter().map(|trade| trade.origin.cycle).collect();
    assert_eq!(cycles, [Some(one.cycle), Some(one.cycle)]);
    Ok(())
}

/// A batch after which a cycle contradicts itself changes nothing.
async fn amendments_that_contradict_store_nothing(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    let before = (all::<JournalEvents>(store).await?, all::<Trades>(store).await?);
    let dearer = JournalEvent { price: amount("9"), ..events[2].clone() };
    let batch = [Amendment::correct(dearer, day(9), WHY), Amendment::void(events[1].id, day(9), WHY)];
    let error = store.amend_journal_events(&batch).await.expect_err("shares without an assignment");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    assert_eq!((all::<JournalEvents>(store).await?, all::<Trades>(store).await?), before);
    assert!(store.rebuild_cycle(events[0].cycle).await?);
    Ok(())
}

/// Empty reasons, unknown entries, invalid values and other accounts are refused.
async fn an_amendment_needs_a_reason_and_an_entry(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let event = JournalEvents::entry(0, day(0));
    store.append_journal_events(from_ref(&event)).await?;
    let elsewhere = JournalEvent { account: parsed("U2"), ..event.clone() };
    for (amendment, kind) in [
        (Amendment::void(event.id, day(9), " "), ErrorKind::InvalidInput),
        (Amendment::void(identity(9), day(9), WHY), ErrorKind::NotFound),
        (Amendment::correct(JournalEvents::invalid(event.clone()), day(9), WHY), ErrorKind::InvalidInput),
        (Amendment::correct(elsewhere, day(9), WHY), ErrorKind::Conflict),
    ] {
        let error = store.amend_journal_events(from_ref(&amendment)).await.expect_err("refused");
        assert_eq!(error.kind(), kind, "{error}");
    }
    assert_eq!(all::<JournalEvents>(store).await?, [event]);
    Ok(())
}

/// The position of amended fills is that of the log; one that its owner set stays.
async fn positions_follow_amended_fills(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let order = |number, instrument| {
        let (strategy, account) = (parsed("wheel"), parsed("U1"));
        Order::new(identity(number), day(0), strategy, account, parsed(instrument), OrderSide::Buy, amount("10"))
    };
    let orders = [order(0, "SPY"), order(1, "IWM")];
    store.insert_orders(&orders).await?;
    let fill = |order: &Order, number, quantity, price| {
        let execution = Execution::new(identity(number), order, day(number), amount(quantity), amount(price));
        Fill::new(execution, source("broker"))
    };
    let fills = [fill(&orders[0], 1, "4", "600"), fill(&orders[0], 2, "6", "610"), fill(&orders[1], 3, "10", "200")];
    store.record_fills(&fills).await?;
    let mut owned = store.list_positions(&PositionFilter::default()).await?;
    owned.retain(|position| position.instrument == orders[1].instrument);
    owned[0].quantity = amount("11");
    store.upsert_positions(&owned).await?;
    let mended = store.get_journal_event(identity(2)).await?.expect("an event");
    let amendments = [
        Amendment::correct(JournalEvent { quantity: amount("5"), ..mended }, day(9), WHY),
        Amendment::void(identity(3), day(9), WHY),
    ];
    assert_eq!(store.amend_journal_events(&amendments).await?, corrected(2));
    let held = store.list_positions(&PositionFilter::default()).await?;
    let held: Vec<_> =
        held.into_iter().map(|one| (one.instrument.to_string(), one.quantity, one.average_cost)).collect();
    let spy = ("SPY".to_owned(), amount("9"), Some(amount("605.55555556")));
    assert_eq!(held, [("IWM".to_owned(), amount("11"), Some(amount("200"))), spy]);
    store.amend_journal_events(&[1, 2].map(|number| Amendment::delete(identity(number), day(9), WHY))).await?;
    assert_eq!(store.list_positions(&PositionFilter::default()).await?.len(), 1, "nothing was bought");
    Ok(())
}

/// A finalised trade, which a late event leaves as it is, follows the amendment of its events.
async fn finalised_trades_follow_amendments(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let events = wheel();
    store.append_journal_events(&events).await?;
    let put = store.get_trade(identity(0)).await?.expect("the put's trade");
    store.replace_trade(&Trade { finalised: true, ..put }).await?;
    let mended = JournalEvent { price: amount("2.50"), ..events[0].clone() };
    store.amend_journal_events(&[Amendment::correct(mended, day(9), WHY)]).await?;
    let put = store.get_trade(identity(0)).await?.expect("the put's trade");
    assert_eq!((put.execution.entry_price, put.finalised), (amount("2.50"), true));
    Ok(())
}

/// A file that is imported again after an amendment brings the old values back to no effect.
async fn an_amended_event_written_again_is_unchanged(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let event = JournalEvents::entry(0, day(0));
    store.append_journal_events(from_ref(&event)).await?;
    let mended = JournalEvent { price: amount("2.50"), ..event.clone() };
    store.amend_journal_events(&[Amendment::correct(mended, day(9), WHY)]).await?;
    assert_eq!(store.append_journal_events(from_ref(&event)).await?, unchanged(1));
    let price = store.get_journal_event(event.id).await?.map(|event| event.price);
    assert_eq!(price, Some(amount("2.50")));
    Ok(())
}

/// Notes are corrected, voided and deleted.
async fn notes_are_amended(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    let notes = [0, 1, 2].map(|number| Notes::entry(number, day(number)));
    store.add_notes(&notes).await?;
    let mended = Note { text: "on second thought".to_owned(), ..notes[0].clone() };
    let batch = [
        Amendment::correct(mended.clone(), day(9), "a slip of the pen"),
        Amendment::void(notes[1].id, day(9), WHY),
        Amendment::delete(notes[2].id, day(9), WHY),
    ];
    assert_eq!(store.amend_notes(&batch).await?, corrected(3));
    let amendment = Some("a slip of the pen".to_owned());
    let voided = Note { voided_at: Some(day(9)), amendment: Some(WHY.to_owned()), ..notes[1].clone() };
    assert_eq!(all::<Notes>(store).await?, [Note { amendment, ..mended }, voided]);
    let again = store.amend_notes(&batch).await.expect_err("one is gone");
    assert_eq!(again.kind(), ErrorKind::NotFound, "{again}");
    Ok(())
}

/// Trades entered by hand are amended; those of events are not.
async fn trades_of_no_events_are_amended(bench: &Bench) -> Result<()> {
    let store = &*bench.open().await?;
    store.append_journal_events(&wheel()).await?;
    let refused = Amendment::void(identity(0), day(9), WHY);
    let error = store.amend_trades(&[refused]).await.expect_err("a trade of events");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let trades = [10, 11, 12].map(|number| Trades::entry(number, day(number)));
    store.insert_trades(&trades).await?;
    let mut mended = trades[0].clone();
    mended.execution.entry_price = Decimal::ONE_HUNDRED;
    let batch = [
        Amendment::correct(mended, day(20), WHY),
        Amendment::void(trades[1].id, day(20), WHY),
        Amendment::delete(trades[2].id, day(20), WHY),
    ];
    assert_eq!(store.amend_trades(&batch).await?, Upserted { corrected: 3, ..Upserted::default() });
    let first = store.get_trade(trades[0].id).await?.expect("a trade");
    assert_eq!((first.execution.entry_price, first.amendment.as_deref()), (Decimal::ONE_HUNDRED, Some(WHY)));
    let second = store.get_trade(trades[1].id).await?.expect("a voided trade");
    assert_eq!((second.voided_at, second.closed()), (Some(day(20)), None));
    assert_eq!(store.get_trade(trades[2].id).await?, None);
    Ok(())
}
