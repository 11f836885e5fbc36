//! Corporate actions on positions.

use strikebook_core::{
    Decimal, Name, Result, Source,
    market::{ActionKind, ActionStatus, AdjustedContract, CorporateAction, Symbol},
    trading::{Position, PositionKey},
};
use strikebook_services::positions::after_action;

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
