//! Corporate actions on positions and on the journal.

use strikebook_core::{
    Decimal, Id, Name, Result, Source, Timestamp,
    market::{
        ActionKind, ActionStatus, AdjustedContract, CorporateAction, CorporateActionRepository, Instrument, Symbol,
    },
    memory::MemoryStore,
    trading::{
        Position, PositionFilter, PositionKey, PositionRepository,
        journal::{Cycle, EventKind, JournalEvent, JournalRepository, Lot},
    },
};
use strikebook_services::positions::{AppliedActions, OpenReason, after_action, apply_actions};

fn money(text: &str) -> Decimal {
    text.parse().expect("an amount")
}

fn held(instrument: &str, quantity: &str, cost: &str) -> Position {
    let name = |text| Name::new(text).expect("a name");
    let instrument = instrument.parse().expect("an instrument");
    let key = PositionKey { account: name("U1"), instrument, strategy: name("wheel") };
    Position::new(key, money(quantity), money(cost), "2014-05-01T14:30:00Z".parse().expect("an instant"))
}

fn action(symbol: &str, kind: ActionKind) -> CorporateAction {
    let (symbol, source) = (Symbol::new(symbol).expect("a symbol"), Source::new("test").expect("a source"));
    CorporateAction::new(symbol, kind, "2014-06-09".parse().expect("a day"), source).expect("an action")
}

fn after(position: &Position, action: &CorporateAction) -> Vec<String> {
    let text = |position: Position| {
        let cost = position.average_cost.map_or("-".to_owned(), |cost| cost.normalize().to_string());
        format!("{} {} at {cost}", position.instrument, position.quantity.normalize())
    };
    after_action(position, action).expect("positions").into_iter().map(text).collect()
}

#[test]
fn splits_multiply_shares_and_whole_ones_contracts() {
    let seven = action("AAPL", ActionKind::Split).with_ratio(7, 1);
    assert_eq!(after(&held("AAPL", "100", "630"), &seven), ["AAPL 700 at 90"]);
    // 645 ∕ 7 is 92.142857….
    assert_eq!(after(&held("AAPL  140719C00645000", "-2", "7"), &seven), ["AAPL  140719C00092140 -14 at 1"]);
    let reverse = action("AAPL", ActionKind::Split).with_ratio(1, 8);
    assert_eq!(after(&held("AAPL", "-100", "13"), &reverse), ["AAPL -12.5 at 104"]);
    let uneven = action("AAPL", ActionKind::Split).with_ratio(3, 2);
    for (split, unchanged) in
        [(&reverse, "AAPL  140719C00645000"), (&uneven, "AAPL  140719C00645000"), (&seven, "MSFT")]
    {
        assert_eq!(after(&held(unchanged, "2", "7"), split), [format!("{unchanged} 2 at 7")]);
    }
    let shares = action("AAPL", ActionKind::StockDividend).with_ratio(money("0.05"), 1);
    assert_eq!(after(&held("AAPL", "100", "105"), &shares), ["AAPL 105 at 100"]);
    // Contracts that were adjusted before deliver something else.
    assert_eq!(after(&held("AAPL1 140719C00645000", "2", "7"), &seven), ["AAPL1 140719C00645000 2 at 7"]);
}

#[test]
fn a_rename_keeps_everything_but_the_symbol() -> Result<()> {
    let rename = action("FB", ActionKind::SymbolChange).with_counterpart(Symbol::new("META")?);
    assert_eq!(after(&held("FB", "100", "200"), &rename), ["META 100 at 200"]);
    assert_eq!(after(&held("FB    220617P00190000", "-1", "3"), &rename), ["META  220617P00190000 -1 at 3"]);
    let renamed = &after_action(&held("FB", "100", "200"), &rename)?[0];
    assert_eq!((renamed.opened_at, renamed.updated_at), (held("FB", "1", "1").opened_at, rename.at));
    Ok(())
}

#[test]
fn a_merger_pays_in_shares_in_cash_or_in_both() -> Result<()> {
    let (usd, t) = (Name::new("USD")?, Symbol::new("T")?);
    let both = action("TWX", ActionKind::Merger).with_ratio(money("1.437"), 1).with_amount(money("53.75"), usd);
    let both = both.with_counterpart(t);
    assert_eq!(after(&held("TWX", "1000", "82.49"), &both), ["T 1437 at 20"]);
    let cash = action("TWTR", ActionKind::Merger).with_amount(money("54.20"), usd);
    let closed = &after_action(&held("TWTR", "100", "40"), &cash)?[0];
    assert_eq!((closed.quantity, closed.realized_pnl), (Decimal::ZERO, money("1420")));
    let short = &after_action(&held("TWTR", "-100", "40"), &cash)?[0];
    assert_eq!(short.realized_pnl, money("-1420"));
    Ok(())
}

#[test]
fn a_spin_off_adds_a_position_of_unknown_cost() -> Result<()> {
    let spin_off = action("EBAY", ActionKind::SpinOff).with_ratio(1, 2).with_counterpart(Symbol::new("PYPL")?);
    assert_eq!(after(&held("EBAY", "100", "60"), &spin_off), ["EBAY 100 at 60", "PYPL 50 at -"]);
    assert_eq!(after(&held("PYPL", "100", "60"), &spin_off), ["PYPL 100 at 60"]);
    Ok(())
}

#[test]
fn a_contract_adjustment_is_of_its_root_alone() -> Result<()> {
    let mut adjustment = action("EBAY", ActionKind::ContractAdjustment).with_ratio(3, 2);
    adjustment.terms.counterpart = Some(Symbol::new("EBAY1")?);
    adjustment.terms.contract = Some(AdjustedContract { contracts: 1.into(), deliverable: Vec::new() });
    assert_eq!(after(&held("EBAY  160115C00060000", "2", "3"), &adjustment), ["EBAY1 160115C00040000 2 at 3"]);
    assert_eq!(after(&held("EBAY2 160115C00060000", "2", "3"), &adjustment), ["EBAY2 160115C00060000 2 at 3"]);
    assert_eq!(after(&held("EBAY", "2", "3"), &adjustment), ["EBAY 2 at 3"]);
    Ok(())
}

#[test]
fn an_action_that_is_not_confirmed_does_nothing() {
    for status in [ActionStatus::Estimated, ActionStatus::Cancelled] {
        let split = CorporateAction { status, ..action("AAPL", ActionKind::Split).with_ratio(7, 1) };
        assert_eq!(after(&held("AAPL", "100", "630"), &split), ["AAPL 100 at 630"]);
    }
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

/// An opening in a cycle of the symbol, in May 2014.
fn opening(symbol: &str, instrument: &str, quantity: &str, price: &str) -> JournalEvent {
    let name = |text| Name::new(text).expect("a name");
    JournalEvent::new(
        Id::named(&format!("opening of {instrument}")),
        (name("U1"), name("wheel"), Id::named(symbol)),
        (instant("2014-05-01T14:30:00Z"), Source::new("broker").expect("a source")),
        EventKind::Open,
        (Symbol::new(symbol).expect("a symbol"), instrument.parse().expect("an instrument")),
        (money(quantity), money(price)),
    )
}

fn now() -> Timestamp {
    instant("2014-07-01T12:00:00Z")
}

async fn apply(store: &MemoryStore) -> AppliedActions {
    apply_actions(store, Name::new("U1").expect("a name"), now()).await.expect("applied")
}

/// A store with a journal and actions.
async fn journal(events: &[JournalEvent], actions: &[CorporateAction]) -> MemoryStore {
    let store = MemoryStore::new();
    store.append_journal_events(events).await.expect("events");
    store.upsert_corporate_actions(actions).await.expect("actions");
    store
}

/// The open lots of a cycle as instrument, quantity and price, in the order of these texts.
async fn lots(store: &MemoryStore, symbol: &str) -> Vec<String> {
    let cycle: Cycle = store.get_cycle(Id::named(symbol)).await.expect("read").expect("a cycle");
    let lots = cycle.lots.iter().filter(|lot| !lot.open.is_zero());
    let text = |lot: &Lot| format!("{} {} at {}", lot.instrument, lot.open.normalize(), lot.price.normalize());
    let mut lots: Vec<_> = lots.map(text).collect();
    lots.sort();
    lots
}

#[tokio::test]
async fn a_stored_split_reaches_shares_and_contracts_of_the_journal_once() -> Result<()> {
    let split = action("AAPL", ActionKind::Split).with_ratio(7, 1).with_recorded_at(instant("2014-04-23T20:30:00Z"));
    let held = [opening("AAPL", "AAPL", "100", "630"), opening("AAPL", "AAPL  140719C00645000", "-1", "14")];
    let store = journal(&held, std::slice::from_ref(&split)).await;
    let early = apply_actions(&store, Name::new("U1")?, instant("2014-06-08T12:00:00Z")).await?;
    assert_eq!(early, AppliedActions::default(), "the split is known, and not in force");

    let applied = apply(&store).await;
    assert_eq!((applied.events.len(), applied.open.len()), (2, 0));
    for event in &applied.events {
        assert_eq!(
            (event.kind, event.at, event.quantity, event.recorded_at),
            (EventKind::Split, split.at, 7.into(), now())
        );
        assert_eq!(event.source, split.source);
    }
    assert_eq!(lots(&store, "AAPL").await, ["AAPL  140719C00092140 -7 at 2", "AAPL 700 at 90"]);
    let cycle = store.get_cycle(Id::named("AAPL")).await?.expect("a cycle");
    assert_eq!(cycle.basis_tax, money("63000"), "a split costs nothing");
    assert_eq!(apply(&store).await, AppliedActions::default(), "the second time changes nothing");

    // What the owner does after the split is in the new terms, and what is restated is reported.
    let restated = split.with_ratio(2, 1).with_recorded_at(instant("2014-06-20T12:00:00Z"));
    store.upsert_corporate_actions(&[restated]).await?;
    let reasons: Vec<_> = apply(&store).await.open.into_iter().map(|open| open.reason).collect();
    assert_eq!(reasons, [OpenReason::Restated, OpenReason::Restated]);
    Ok(())
}

#[tokio::test]
async fn a_split_that_the_broker_booked_is_not_applied_again() {
    let split = action("AAPL", ActionKind::Split).with_ratio(7, 1);
    let bought = opening("AAPL", "AAPL", "100", "630");
    let booked = JournalEvent {
        id: Id::named("by the broker"),
        kind: EventKind::Split,
        at: instant("2014-06-09T13:00:00Z"),
        recorded_at: now(),
        quantity: 7.into(),
        price: Decimal::ZERO,
        ..bought.clone()
    };
    let store = journal(&[bought, booked], &[split]).await;
    assert_eq!(apply(&store).await, AppliedActions::default());
    assert_eq!(lots(&store, "AAPL").await, ["AAPL 700 at 90"]);
}

#[tokio::test]
async fn a_company_is_followed_over_its_symbols() -> Result<()> {
    let meta = Symbol::new("META")?;
    let rename = action("FB", ActionKind::SymbolChange).with_counterpart(meta);
    let later =
        CorporateAction::new(meta, ActionKind::Split, "2014-06-20".parse().expect("a day"), rename.source.clone())?;
    let held = [opening("FB", "FB", "100", "200"), opening("FB", "FB    140719P00190000", "-1", "3")];
    let store = journal(&held, &[rename, later.with_ratio(2, 1)]).await;
    assert_eq!(apply(&store).await.events.len(), 4);
    assert_eq!(lots(&store, "FB").await, ["META  140719P00095000 -2 at 1.5", "META 200 at 100"]);
    let cycle = store.get_cycle(Id::named("FB")).await?.expect("a cycle");
    assert_eq!((cycle.symbol, cycle.basis_tax), (meta, money("20000")));
    assert_eq!(apply(&store).await, AppliedActions::default());
    Ok(())
}

#[tokio::test]
async fn a_merger_pays_the_journal_in_shares_and_cash() -> Result<()> {
    let usd = Name::new("USD")?;
    let both = action("TWX", ActionKind::Merger).with_ratio(money("1.437"), 1).with_amount(money("53.75"), usd);
    let cash = action("TWTR", ActionKind::Merger).with_amount(money("54.20"), usd);
    let held = [opening("TWX", "TWX", "1000", "82.49"), opening("TWTR", "TWTR", "100", "40")];
    let store = journal(&held, &[both.with_counterpart(Symbol::new("T")?), cash]).await;
    assert_eq!(apply(&store).await.open, []);
    assert_eq!(lots(&store, "TWX").await, [format!("T 1437 at {}", money("57.40431454"))]);
    let cycle = store.get_cycle(Id::named("TWX")).await?.expect("a cycle");
    assert_eq!(
        (cycle.symbol.as_str(), cycle.basis_adjusted, cycle.basis_adjusted_per_share),
        ("T", money("28740"), Some(money("20")))
    );
    let closed = store.get_cycle(Id::named("TWTR")).await?.expect("a cycle");
    assert_eq!((closed.closed_at.is_some(), closed.realized_pnl), (true, money("1420")));
    assert_eq!(apply(&store).await, AppliedActions::default());
    Ok(())
}

/// The cost of spun-off shares is missing until the owner enters it: it is never zero.
#[tokio::test]
async fn the_basis_of_spun_off_shares_is_reported_as_missing() -> Result<()> {
    let spin_off = action("EBAY", ActionKind::SpinOff).with_ratio(1, 2).with_counterpart(Symbol::new("PYPL")?);
    let store = journal(&[opening("EBAY", "EBAY", "100", "60")], std::slice::from_ref(&spin_off)).await;
    let applied = apply(&store).await;
    let received: Instrument = "PYPL".parse()?;
    let reasons: Vec<_> = applied.open.iter().map(|open| open.reason).collect();
    assert_eq!(reasons, [OpenReason::BasisMissing { received, quantity: 50.into() }]);
    assert_eq!((applied.events.len(), lots(&store, "EBAY").await), (0, vec!["EBAY 100 at 60".to_owned()]));

    let entered = JournalEvent { at: spin_off.at, recorded_at: now(), ..opening("PYPL", "PYPL", "50", "36.10") };
    store.append_journal_events(&[entered]).await?;
    assert_eq!(apply(&store).await, AppliedActions::default());
    Ok(())
}

#[tokio::test]
async fn what_no_event_can_say_is_left_to_the_owner() {
    let third = action("AAPL", ActionKind::Split).with_ratio(1, 3);
    let cash = action("TWTR", ActionKind::Merger).with_amount(money("54.20"), "USD".parse().expect("a name"));
    let bought = opening("TWTR", "TWTR", "100", "40");
    let sold_later = JournalEvent {
        id: Id::named("sold later"),
        kind: EventKind::Close,
        at: instant("2014-06-20T14:00:00Z"),
        recorded_at: now(),
        quantity: (-100).into(),
        ..bought.clone()
    };
    let store = journal(&[opening("AAPL", "AAPL", "300", "10"), bought, sold_later], &[third, cash]).await;
    let applied = apply(&store).await;
    let mut reasons: Vec<_> = applied.open.iter().map(|open| (open.instrument.to_string(), open.reason)).collect();
    reasons.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [("AAPL".to_owned(), OpenReason::InexactRatio), ("TWTR".to_owned(), OpenReason::Contradicted)];
    assert_eq!((reasons, applied.events), (expected.to_vec(), Vec::new()));
}

/// Positions take the actions after their last change, and join a position that is there.
#[tokio::test]
async fn stored_positions_take_the_actions_after_their_last_change() -> Result<()> {
    let account = Name::new("U1")?;
    let (meta, pypl) = (Symbol::new("META")?, Symbol::new("PYPL")?);
    let actions = [
        action("AAPL", ActionKind::Split).with_ratio(7, 1),
        action("FB", ActionKind::SymbolChange).with_counterpart(meta),
        action("EBAY", ActionKind::SpinOff).with_ratio(1, 2).with_counterpart(pypl),
    ];
    let fetched = Position { updated_at: now(), recorded_at: now(), ..held("META", "50", "300") };
    let store = journal(&[], &actions).await;
    let positions = [
        held("AAPL", "100", "630"),
        held("FB", "100", "210"),
        fetched,
        held("EBAY", "100", "60"),
        held("SPY", "1", "2"),
    ];
    store.upsert_positions(&positions).await?;
    let of = async || {
        let held = store.list_positions(&PositionFilter { account: Some(account), ..PositionFilter::default() }).await;
        let text = |position: &Position| {
            let cost = position.average_cost.map_or("-".to_owned(), |cost| cost.normalize().to_string());
            format!("{} {} at {cost}", position.instrument, position.quantity.normalize())
        };
        held.expect("positions").iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(apply(&store).await.positions.len(), 4);
    let expected = ["AAPL 700 at 90", "EBAY 100 at 60", "META 150 at 240", "PYPL 50 at -", "SPY 1 at 2"];
    assert_eq!(of().await, expected);
    assert_eq!(apply(&store).await, AppliedActions::default());
    assert_eq!(of().await, expected);
    Ok(())
}
