//! Cases of costs of fetches.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{Charge, FetchCost, FetchCostFilter, FetchCostQuery, Spending},
};

use crate::{
    Bench, amount,
    cache::key,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    parsed,
    series::{instant, just_before},
};

/// Costs of fetches, as the shared cases see them.
#[derive(Debug)]
pub struct FetchCosts;

#[async_trait]
impl Entries for FetchCosts {
    type Entry = FetchCost;

    const DATASET: Dataset = Dataset::FetchCosts;

    fn entry(number: usize, at: Timestamp) -> FetchCost {
        let provider = parsed(if number.is_multiple_of(2) { "vendor" } else { "broker" });
        FetchCost::new(identity(number), at, provider, key("chains", "SPY"), amount("0.1"))
    }

    fn altered(entry: FetchCost) -> FetchCost {
        FetchCost { cost: amount("0.2"), ..entry }
    }

    fn invalid(entry: FetchCost) -> FetchCost {
        FetchCost { cost: amount("-0.1"), ..entry }
    }

    fn recorded(entry: FetchCost, recorded_at: Timestamp) -> FetchCost {
        FetchCost { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[FetchCost]) -> Result<Upserted> {
        store.insert_fetch_costs(entries).await
    }

    async fn get(store: &dyn Store, id: Id<FetchCost>) -> Result<Option<FetchCost>> {
        store.get_fetch_cost(id).await
    }

    async fn list(store: &dyn Store, query: &FetchCostQuery) -> Result<Page<FetchCost>> {
        store.list_fetch_costs(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<FetchCosts>(),
        cases![
            every_field_comes_back,
            filters_keep_what_they_name,
            spending_is_grouped_by_provider,
            a_charge_keeps_to_the_cap,
            a_repeated_charge_is_not_counted_twice,
            a_cap_is_of_one_month
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, whatever was paid.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (number, cost) in ["0", "0.00000001", "999999999999.99999999"].into_iter().enumerate() {
        let cost = FetchCost { cost: amount(cost), recorded_at: day(9), ..FetchCosts::entry(number, day(0)) };
        store.insert_fetch_costs(std::slice::from_ref(&cost)).await?;
        assert_eq!(store.get_fetch_cost(cost.id).await?, Some(cost));
    }
    Ok(())
}

/// Each field of a filter restricts the list.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut costs = some::<FetchCosts>(4);
    costs[3].dataset = parsed("prices");
    store.insert_fetch_costs(&costs).await?;
    let none = FetchCostFilter::default;
    for (filter, expected) in [
        (none(), &costs[..]),
        (FetchCostFilter { provider: Some(parsed("broker")), ..none() }, &[costs[1].clone(), costs[3].clone()]),
        (FetchCostFilter { dataset: Some(parsed("prices")), ..none() }, &costs[3..]),
        (FetchCostFilter { provider: Some(parsed("vendor")), dataset: Some(parsed("prices")) }, &[]),
    ] {
        assert_eq!(store.list_fetch_costs(&Listing::new(filter.clone())).await?.items, expected, "{filter:?}");
    }
    Ok(())
}

/// Spending is exact by provider, in the order of providers, and both ends are included.
async fn spending_is_grouped_by_provider(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut costs = some::<FetchCosts>(6);
    costs[2].cost = amount("0.20000001");
    costs[4].cost = amount("999999999999.99999999");
    costs[5].cost = amount("0");
    store.insert_fetch_costs(&costs).await?;
    let of = |provider: &str, fetches, cost| Spending { provider: parsed(provider), fetches, cost: amount(cost) };
    let reported = [of("broker", 3, "0.2"), of("vendor", 3, "1000000000000.3")];
    assert_eq!(store.list_spending(day(0), day(5)).await?, reported);
    assert_eq!(Spending::total(&reported)?, amount("1000000000000.5"));
    assert_eq!(
        store.list_spending(day(0), just_before(day(2))).await?,
        [of("broker", 1, "0.1"), of("vendor", 1, "0.1")]
    );
    assert_eq!(store.list_spending(day(2), day(2)).await?, [of("vendor", 1, "0.20000001")]);
    assert_eq!(store.list_spending(day(6), day(9)).await?, []);
    Ok(())
}

/// A charge may reach the cap, over all providers, but not pass it; what would is not stored.
async fn a_charge_keeps_to_the_cap(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let costs = some::<FetchCosts>(4);
    let (cap, within) = (amount("0.3"), |spent| Charge { is_within: true, spent: amount(spent) });
    for (cost, spent) in costs.iter().zip(["0.1", "0.2", "0.3"]) {
        assert_eq!(store.charge_fetch(cost, cap).await?, within(spent));
    }
    let refused = Charge { is_within: false, ..within("0.3") };
    assert_eq!(store.charge_fetch(&costs[3], cap).await?, refused);
    assert_eq!(store.charge_fetch(&costs[3], amount("0.39999999")).await?, refused);
    assert_eq!(all::<FetchCosts>(&*store).await?, costs[..3]);
    let free = FetchCost { cost: amount("0"), ..costs[3].clone() };
    assert_eq!(store.charge_fetch(&free, cap).await?, within("0.3"), "what is free is within");
    Ok(())
}

/// A repeated charge is not counted twice, also when the cap is reached; a different one with its identity is refused.
async fn a_repeated_charge_is_not_counted_twice(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let cost = FetchCosts::entry(0, day(0));
    for cap in ["0.1", "0.1", "0"] {
        let charge = store.charge_fetch(&cost, amount(cap)).await?;
        assert_eq!(charge, Charge { is_within: true, spent: amount("0.1") }, "{cap}");
    }
    let other = FetchCosts::altered(cost.clone());
    let error = store.charge_fetch(&other, amount("1")).await.expect_err("an identity of another");
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
    let error = store.charge_fetch(&FetchCosts::invalid(cost.clone()), amount("1")).await.expect_err("a negative cost");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("cost")), "{error}");
    assert_eq!(all::<FetchCosts>(&*store).await?, [cost]);
    Ok(())
}

/// A cap is of the month, in UTC, in which the fetch is.
async fn a_cap_is_of_one_month(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let instants = ["2025-12-01T00:00:00Z", "2025-12-31T23:59:59.999999Z", "2026-01-01T00:00:00Z"];
    let spent = async |number: usize, at: &str| {
        let charge = store.charge_fetch(&FetchCosts::entry(number, instant(at)), amount("0.2")).await?;
        Ok::<_, strikebook_core::Error>((charge.is_within, charge.spent))
    };
    for (number, (at, sum)) in instants.into_iter().zip(["0.1", "0.2", "0.1"]).enumerate() {
        assert_eq!(spent(number, at).await?, (true, amount(sum)), "{at}");
    }
    assert_eq!(spent(3, instants[0]).await?, (false, amount("0.2")), "December is spent");
    assert_eq!(spent(4, instants[2]).await?, (true, amount("0.2")), "January is not");
    Ok(())
}
