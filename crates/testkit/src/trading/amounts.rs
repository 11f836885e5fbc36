//! Amounts: they come back in their canonical form, in text and in JSON, from every engine.

use serde::Serialize;
use strikebook_core::{
    Decimal, Json, Listing, Result,
    trading::{AccountSnapshot, Balances, Execution, HeldPosition, Order, PortfolioSnapshot, Position},
};

use super::{
    amount,
    journal::{JournalEvents, wheel},
    order::Orders,
    parsed,
    portfolio::Portfolios,
    position::Positions,
};
use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day},
    keyed::{self, KeyedRows},
    series::{Draft, Series},
};

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        an_entry_has_no_zeros_at_the_end_of_amounts,
        a_list_within_an_entry_has_none,
        a_keyed_row_has_none,
        a_version_has_none,
        sums_over_an_order_have_none,
        sums_over_a_cycle_have_none
    ]
}

/// Asserts that no amount in the JSON of a row ends with a zero behind its point.
fn assert_canonical(row: &impl Serialize) -> Result<()> {
    let json = Json::of(row)?.to_string();
    let amounts: Vec<_> = json.split('"').filter(|text| text.parse::<Decimal>().is_ok()).collect();
    assert!(!amounts.is_empty(), "{json} holds no amount");
    assert!(!amounts.iter().any(|amount| amount.contains('.') && amount.ends_with('0')), "{json}");
    Ok(())
}

/// 162.70 comes back as 162.7.
async fn an_entry_has_no_zeros_at_the_end_of_amounts(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Orders::entry(0, day(0)).with_limit(amount("162.70"));
    let order = Order { quantity: amount("10.00"), ..order };
    store.insert_orders(std::slice::from_ref(&order)).await?;
    let [stored] = &all::<Orders>(&*store).await?[..] else { panic!("one order") };
    assert_eq!(stored, &order);
    assert_eq!(stored.limit_price.map(|price| price.to_string()).as_deref(), Some("162.7"));
    assert_eq!(stored.quantity.to_string(), "10");
    assert_canonical(stored)
}

/// The amounts of an account's positions and balances do too.
async fn a_list_within_an_entry_has_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let held = HeldPosition::new(parsed("SPY"), amount("3.0"));
    let held = HeldPosition { market_value: Some(amount("1974.150")), ..held };
    let snapshot = AccountSnapshot {
        balances: Balances { cash: Some(amount("100.10")), ..Balances::default() },
        positions: vec![held],
        ..AccountSnapshot::new(parsed("U1"), day(0), parsed("broker"))
    };
    store.insert_account_snapshots(std::slice::from_ref(&snapshot)).await?;
    let stored = store.get_account_snapshot(snapshot.id).await?;
    assert_eq!(stored.as_ref(), Some(&snapshot));
    assert_canonical(&stored)
}

/// An amount of what is held comes back without zeros at its end, also after a change.
async fn a_keyed_row_has_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for quantity in ["-2.50", "-3.00"] {
        let row =
            Position { quantity: amount(quantity), average_cost: Some(amount("1.0500")), ..Positions::row(0, day(0)) };
        store.upsert_positions(std::slice::from_ref(&row)).await?;
        let rows = keyed::all::<Positions>(&*store).await?;
        assert_eq!(rows, [row]);
        assert_canonical(&rows)?;
    }
    Ok(())
}

/// Every version of a portfolio's worth comes back without zeros at the end of its amounts.
async fn a_version_has_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (hours, value) in [(0, "1005.50"), (1, "1006.00")] {
        let row = Portfolios::row(&Draft::on(0).recorded_after(hours));
        let row = PortfolioSnapshot { total_value: amount(value), cash: amount("0.10"), ..row };
        store.upsert_portfolio_snapshots(std::slice::from_ref(&row)).await?;
    }
    let portfolio = Portfolios::row(&Draft::on(0));
    let versions = store.list_portfolio_versions(portfolio.portfolio, portfolio.at).await?;
    assert_eq!(versions.len(), 2);
    versions.iter().try_for_each(|version| assert_canonical(&version.row))
}

/// The filled quantity of an order is an amount without zeros at its end.
async fn sums_over_an_order_have_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let order = Orders::entry(0, day(0));
    store.insert_orders(std::slice::from_ref(&order)).await?;
    let executions = [0, 1].map(|number| Execution {
        commission: amount("0.650"),
        ..Execution::new(entries::identity(number), &order, day(1), amount("1.50"), amount("1.060"))
    });
    store.record_executions(&executions).await?;
    let filled = store.get_order(order.id).await?.expect("the order");
    assert_eq!(
        (filled.filled_quantity.to_string(), filled.filled_value.get().to_string()),
        ("3".into(), "3.18".into())
    );
    assert_canonical(&filled)?;
    assert_canonical(&store.list_executions(&Listing::default()).await?.items)
}

/// The amounts of a cycle, of its lots and its trades have no zeros at their ends.
async fn sums_over_a_cycle_have_none(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let events = wheel();
    JournalEvents::insert(&*store, &events).await?;
    let cycle = events[0].cycle;
    assert_canonical(&store.list_cycle_events(cycle).await?)?;
    assert_canonical(&store.get_cycle(cycle).await?)?;
    assert_canonical(&store.list_trades(&Listing::default()).await?.items)
}
