//! Cases of account snapshots.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    AsOf, ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    trading::{AccountFilter, AccountQuery, AccountSnapshot, Balances, HeldPosition},
};

use super::{amount, parsed};
use crate::{
    Bench, Options,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    series::{EVERYTHING, inserted, just_after, just_before, source, unchanged},
};

/// Snapshots of accounts, as the shared cases see them.
#[derive(Debug)]
pub struct Accounts;

#[async_trait]
impl Entries for Accounts {
    type Entry = AccountSnapshot;

    const DATASET: Dataset = Dataset::Accounts;

    fn entry(number: usize, at: Timestamp) -> AccountSnapshot {
        let snapshot = AccountSnapshot::new(parsed("U1"), at, source("broker"));
        let balances = Balances { cash: Some(amount("1000.50")), ..Balances::default() };
        let positions = vec![HeldPosition::new(parsed("SPY"), amount("100"))];
        AccountSnapshot { id: identity(number), balances, positions, ..snapshot }
    }

    fn altered(entry: AccountSnapshot) -> AccountSnapshot {
        AccountSnapshot { positions: Vec::new(), ..entry }
    }

    fn invalid(entry: AccountSnapshot) -> AccountSnapshot {
        let balances = Balances { cash: Some(amount("1000000000000")), ..Balances::default() };
        AccountSnapshot { balances, ..entry }
    }

    fn recorded(entry: AccountSnapshot, recorded_at: Timestamp) -> AccountSnapshot {
        AccountSnapshot { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[AccountSnapshot]) -> Result<Upserted> {
        store.insert_account_snapshots(entries).await
    }

    async fn get(store: &dyn Store, id: Id<AccountSnapshot>) -> Result<Option<AccountSnapshot>> {
        store.get_account_snapshot(id).await
    }

    async fn list(store: &dyn Store, query: &AccountQuery) -> Result<Page<AccountSnapshot>> {
        store.list_account_snapshots(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Accounts>(),
        cases![
            every_field_comes_back,
            snapshots_that_make_no_sense_are_refused,
            a_fetch_written_again_is_the_same_snapshot,
            filters_keep_what_they_name,
            the_latest_keeps_to_both_limits,
            the_maximal_age_is_inclusive,
            simulated_snapshots_need_permission
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, to the last digit, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = AccountSnapshot::new(parsed("U1"), day(0), source("broker"));
    let full = AccountSnapshot {
        balances: Balances {
            cash: Some(amount("-999999999999.99999999")),
            settled_cash: Some(amount("0")),
            net_liquidation: Some(amount("123456789012.12345678")),
            positions_value: Some(amount("-0.00000001")),
            buying_power: Some(amount("250000.10")),
            initial_requirement: Some(amount("1.5")),
            maintenance_requirement: Some(amount("1.25")),
            excess_liquidity: Some(amount("-1")),
            realized_pnl: Some(amount("-12.34")),
            unrealized_pnl: Some(amount("56.78")),
        },
        positions: vec![
            HeldPosition {
                strategy: Some(parsed("wheel 'x'")),
                average_cost: Some(amount("2.05")),
                price: Some(amount("1.95000001")),
                market_value: Some(amount("-195.000001")),
                unrealized_pnl: Some(amount("9.999999")),
                ..HeldPosition::new(parsed("SPY   251219P00600000"), amount("-1"))
            },
            HeldPosition::new(parsed("SPY   251219P00600000"), amount("2")),
            HeldPosition::new(parsed("BRK.B"), amount("999999999999.99999999")),
        ],
        recorded_at: just_after(day(2)),
        ..AccountSnapshot::new(parsed("U2"), day(1), source("broker"))
    };
    store.insert_account_snapshots(&[missing.clone(), full.clone()]).await?;
    for snapshot in [missing, full] {
        assert_eq!(store.get_account_snapshot(snapshot.id).await?, Some(snapshot));
    }
    Ok(())
}

/// Amounts are in range, no held quantity is zero, and each instrument of a strategy occurs once.
async fn snapshots_that_make_no_sense_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let good = Accounts::entry(0, day(0));
    let balances = |change: fn(&mut Balances)| {
        let mut snapshot = good.clone();
        change(&mut snapshot.balances);
        snapshot
    };
    let held = |quantity: &str| HeldPosition::new(parsed("SPY"), amount(quantity));
    let holding = |positions: &[HeldPosition]| AccountSnapshot { positions: positions.to_vec(), ..good.clone() };
    let fine = "0.123456789";
    for (field, snapshot) in [
        ("cash", balances(|it| it.cash = Some(amount("0.123456789")))),
        ("settled_cash", balances(|it| it.settled_cash = Some(amount("0.123456789")))),
        ("net_liquidation", balances(|it| it.net_liquidation = Some(amount("1000000000000")))),
        ("positions_value", balances(|it| it.positions_value = Some(amount("-1000000000000")))),
        ("buying_power", balances(|it| it.buying_power = Some(amount("1000000000000")))),
        ("initial_requirement", balances(|it| it.initial_requirement = Some(amount("1000000000000")))),
        ("maintenance_requirement", balances(|it| it.maintenance_requirement = Some(amount("1000000000000")))),
        ("excess_liquidity", balances(|it| it.excess_liquidity = Some(amount("1000000000000")))),
        ("realized_pnl", balances(|it| it.realized_pnl = Some(amount("1000000000000")))),
        ("unrealized_pnl", balances(|it| it.unrealized_pnl = Some(amount("1000000000000")))),
        ("quantity", holding(&[held("0")])),
        ("quantity", holding(&[held(fine)])),
        ("average_cost", holding(&[HeldPosition { average_cost: Some(amount(fine)), ..held("1") }])),
        ("price", holding(&[HeldPosition { price: Some(amount(fine)), ..held("1") }])),
        ("market_value", holding(&[HeldPosition { market_value: Some(amount(fine)), ..held("1") }])),
        ("unrealized_pnl", holding(&[HeldPosition { unrealized_pnl: Some(amount(fine)), ..held("1") }])),
        ("positions", holding(&[held("1"), held("2")])),
    ] {
        let error = store.insert_account_snapshots(&[snapshot]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<Accounts>(&*store).await?, []);
    Ok(())
}

/// The same fetch written again, also later, is the same snapshot; a different one of that instant is refused.
async fn a_fetch_written_again_is_the_same_snapshot(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = AccountSnapshot::new(parsed("U1"), day(0), source("broker"));
    let later = AccountSnapshot { recorded_at: day(1), ..AccountSnapshot::new(parsed("U1"), day(0), source("broker")) };
    assert_eq!(store.insert_account_snapshots(std::slice::from_ref(&first)).await?, inserted(1));
    assert_eq!(store.insert_account_snapshots(std::slice::from_ref(&later)).await?, unchanged(1));
    let other = Accounts::altered(AccountSnapshot { id: first.id, ..Accounts::entry(0, day(0)) });
    let error = store.insert_account_snapshots(&[other]).await.expect_err("it never changes");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let others = [
        AccountSnapshot::new(parsed("U2"), day(0), source("broker")),
        AccountSnapshot::new(parsed("U1"), just_after(day(0)), source("broker")),
        AccountSnapshot::new(parsed("U1"), day(0), source("other")),
    ];
    assert_eq!(store.insert_account_snapshots(&others).await?, inserted(3));
    assert_eq!(store.get_account_snapshot(first.id).await?, Some(first));
    Ok(())
}

/// A filter restricts the list to the snapshots of an account.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut snapshots = some::<Accounts>(3);
    snapshots[1].account = parsed("U2");
    store.insert_account_snapshots(&snapshots).await?;
    for (account, kept) in [("U1", &[0, 2][..]), ("U2", &[1]), ("U3", &[])] {
        let query = Listing::new(AccountFilter { account: Some(parsed(account)) });
        let expected: Vec<_> = kept.iter().map(|index: &usize| snapshots[*index].clone()).collect();
        assert_eq!(store.list_account_snapshots(&query).await?.items, expected);
    }
    Ok(())
}

/// The latest snapshot is the youngest of its account within both limits; of one instant that with the greatest
/// identity.
async fn the_latest_keeps_to_both_limits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut snapshots = some::<Accounts>(5);
    snapshots[2].recorded_at = day(9);
    snapshots[3].account = parsed("U2");
    snapshots[4].at = day(1);
    store.insert_account_snapshots(&snapshots).await?;
    let latest = async |as_of| store.latest_account_snapshot(parsed("U1"), as_of, None).await;
    let of_the_instant = snapshots[1..5].iter().filter(|one| one.at == day(1)).max_by_key(|one| one.id).cloned();
    assert_eq!(latest(EVERYTHING).await?, Some(snapshots[2].clone()));
    assert_eq!(latest(AsOf::instant(day(9))).await?, Some(snapshots[2].clone()));
    let known = AsOf { at: day(2), known_by: Some(just_before(day(9))) };
    let known_by_then: Vec<_> =
        snapshots.iter().filter(|one| one.account == parsed("U1") && known.admits(one.at, one.recorded_at)).collect();
    let expected = known_by_then.into_iter().max_by_key(|one| (one.at, one.id)).cloned();
    assert_eq!(latest(known).await?, expected, "the last one is not known yet");
    assert_eq!(latest(AsOf::with_hindsight(just_before(day(2)))).await?, of_the_instant);
    assert_eq!(latest(AsOf::instant(day(0))).await?, Some(snapshots[0].clone()));
    assert_eq!(latest(AsOf::instant(just_before(day(0)))).await?, None);
    assert_eq!(store.latest_account_snapshot(parsed("U3"), EVERYTHING, None).await?, None);
    Ok(())
}

/// A snapshot that is exactly as old as allowed is taken, one that is older is not, and no age is negative.
async fn the_maximal_age_is_inclusive(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let snapshot = Accounts::entry(0, day(0));
    store.insert_account_snapshots(std::slice::from_ref(&snapshot)).await?;
    let half_an_hour = TimeDelta::minutes(30);
    let limit = day(0).saturating_add(half_an_hour);
    let latest = async |at, age| store.latest_account_snapshot(parsed("U1"), AsOf::instant(at), Some(age)).await;
    assert_eq!(latest(limit, half_an_hour).await?, Some(snapshot.clone()));
    assert_eq!(latest(just_after(limit), half_an_hour).await?, None);
    assert_eq!(latest(day(0), TimeDelta::zero()).await?, Some(snapshot.clone()));
    assert_eq!(latest(Timestamp::MAX, TimeDelta::MAX).await?, Some(snapshot));
    let error = latest(limit, TimeDelta::microseconds(-1)).await.expect_err("a negative age");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("max_age")), "{error}");
    Ok(())
}

/// Simulated snapshots are refused unless the store was opened for them.
async fn simulated_snapshots_need_permission(bench: &Bench) -> Result<()> {
    let simulated = AccountSnapshot { source: source("simulated:demo"), ..Accounts::entry(0, day(0)) };
    let store = bench.open().await?;
    let error = store.insert_account_snapshots(std::slice::from_ref(&simulated)).await.expect_err("simulated");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::SimulatedData, Some("0")), "{error}");
    store.close().await?;
    let store = bench.open_with(Options { allow_simulated: true }).await?;
    assert_eq!(store.insert_account_snapshots(&[simulated]).await?, inserted(1));
    Ok(())
}
