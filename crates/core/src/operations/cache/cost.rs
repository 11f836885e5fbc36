//! Costs of fetches, and the monthly cap.

use async_trait::async_trait;
use chrono::{Datelike, Months, TimeDelta};
use serde::{Deserialize, Serialize};

use super::CacheKey;
use crate::{Decimal, Error, Id, Listing, Name, Page, Result, Timestamp, Upserted, money::not_negative, port::Entry};

/// The cost of one fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchCost {
    /// The identity of the cost.
    pub id: Id<Self>,
    /// The event time: when the fetch was made.
    pub at: Timestamp,
    /// The provider that charges.
    pub provider: Name,
    /// The dataset of the fetch.
    pub dataset: Name,
    /// The subject of the fetch.
    pub subject: Name,
    /// The cost in money, not negative.
    pub cost: Decimal,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(FetchCost: cost);

impl FetchCost {
    /// Creates the cost of a fetch, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp, provider: Name, key: CacheKey, cost: Decimal) -> Self {
        let CacheKey { dataset, subject } = key;
        Self { id, at, provider, dataset, subject, cost, recorded_at: at }
    }
}

/// The conditions of a list of costs. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchCostFilter {
    /// The provider of the fetches.
    pub provider: Option<Name>,
    /// The dataset of the fetches.
    pub dataset: Option<Name>,
}

/// A query for costs of fetches.
pub type FetchCostQuery = Listing<FetchCostFilter>;

impl Entry for FetchCost {
    const NAME: &'static str = "fetch_cost";

    type Filter = FetchCostFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        not_negative("cost", self.cost)
    }

    fn is_admitted_by(&self, filter: &FetchCostFilter) -> bool {
        filter.provider.is_none_or(|provider| self.provider == provider)
            && filter.dataset.is_none_or(|dataset| self.dataset == dataset)
    }
}

/// The spending on one provider over a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The provider that charged.
    pub provider: Name,
    /// The number of fetches.
    pub fetches: u64,
    /// The sum of the costs.
    pub cost: Decimal,
}

impl Spending {
    /// Returns the spending on all providers.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the sum exceeds the range of a decimal.
    pub fn total(spending: &[Self]) -> Result<Decimal> {
        spending.iter().try_fold(Decimal::ZERO, |sum, of_one| sum.checked_add(of_one.cost)).ok_or_else(too_much)
    }
}

/// Sums up costs by provider, each given with the number of fetches that had it.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a sum exceeds the range of a decimal.
pub fn sum_spending(paid: impl IntoIterator<Item = (Name, Decimal, u64)>) -> Result<Vec<Spending>> {
    let mut spending = std::collections::BTreeMap::<Name, Spending>::new();
    for (provider, cost, times) in paid {
        let sum = spending.entry(provider).or_insert(Spending { provider, fetches: 0, cost: Decimal::ZERO });
        sum.fetches = sum.fetches.checked_add(times).ok_or_else(too_much)?;
        let cost = cost.checked_mul(Decimal::from(times)).and_then(|cost| sum.cost.checked_add(cost));
        sum.cost = cost.ok_or_else(too_much)?.normalize();
    }
    Ok(spending.into_values().collect())
}

fn too_much() -> Error {
    Error::invalid_input("the sum of the fetch costs exceeds the range of a decimal").with("field", "cost")
}

/// The result of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// True if the charge is within the cap and was recorded.
    pub is_within: bool,
    /// The month's spending on all providers, including this charge if it was recorded.
    pub spent: Decimal,
}

/// Decides on a charge: the spending may reach the cap but not exceed it.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the sum exceeds the range of a decimal.
pub fn decide_charge(spent: Decimal, cost: Decimal, cap: Decimal) -> Result<Charge> {
    let with_this = spent.checked_add(cost).ok_or_else(too_much)?;
    let is_within = with_this <= cap;
    Ok(Charge { is_within, spent: if is_within { with_this } else { spent }.normalize() })
}

/// Returns the first and the last instant of the month, in UTC, of an instant.
///
/// ```
/// let (first, last) = strikebook_core::operations::month_of("2024-02-29T12:00:00Z".parse()?);
/// assert_eq!(first.to_string(), "2024-02-01T00:00:00Z");
/// assert_eq!(last.to_string(), "2024-02-29T23:59:59.999999Z");
/// # Ok::<(), strikebook_core::Error>(())
/// ```
pub fn month_of(at: Timestamp) -> (Timestamp, Timestamp) {
    let day = at.to_datetime().date_naive();
    let first = day.with_day(1).unwrap_or(day);
    let instant = |date: chrono::NaiveDate| Timestamp::try_from(date.and_time(chrono::NaiveTime::MIN).and_utc());
    // The months of the first and the last valid instant are clamped to the valid range.
    let next = first.checked_add_months(Months::new(1)).map(instant);
    let last = match next {
        Some(Ok(next)) => next.saturating_sub(TimeDelta::microseconds(1)),
        _ => Timestamp::MAX,
    };
    (instant(first).unwrap_or(Timestamp::MIN), last)
}

/// Costs of fetches: an append-only ledger with a monthly cap.
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     memory::MemoryStore,
///     operations::{CacheKey, FetchCost, FetchCostRepository},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let key = CacheKey { dataset: Name::new("chains")?, subject: Name::new("SPY")? };
/// let (at, vendor) = ("2025-09-25T14:30:00Z".parse()?, Name::new("vendor")?);
/// let cost = FetchCost::new(Id::named("fetch 1"), at, vendor, key, 4.into());
/// assert!(store.charge_fetch(&cost, 5.into()).await?.is_within);
/// let second = FetchCost::new(Id::named("fetch 2"), at, vendor, key, 4.into());
/// assert!(!store.charge_fetch(&second, 5.into()).await?.is_within);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait FetchCostRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new costs by the [rules of every insert](Entry#rules-of-every-insert).
    async fn insert_fetch_costs(&self, costs: &[FetchCost]) -> Result<Upserted>;

    /// Returns the cost with an identity; `None` when there is no such cost.
    async fn get_fetch_cost(&self, id: Id<FetchCost>) -> Result<Option<FetchCost>>;

    /// Returns the costs that the query's filter admits, in its order.
    async fn list_fetch_costs(&self, query: &FetchCostQuery) -> Result<Page<FetchCost>>;

    /// Stores a new cost unless the spending of its [month](month_of) on all providers would exceed a cap. Concurrent
    /// charges, from any process, never exceed the cap together. A stored cost is within the cap and is not counted
    /// twice, so repeating a charge is safe.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) also when the sum exceeds the range of a decimal.
    async fn charge_fetch(&self, cost: &FetchCost, cap: Decimal) -> Result<Charge>;

    /// Returns the spending on each provider from one instant to another, both included, in the order of providers.
    /// Providers without a fetch in that period are left out.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a sum exceeds the range of a decimal.
    async fn list_spending(&self, from: Timestamp, until: Timestamp) -> Result<Vec<Spending>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_end_where_the_next_begins() {
        for (at, first, last) in [
            ("2025-12-31T23:59:59.999999Z", "2025-12-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-01-31T23:59:59.999999Z"),
            ("1800-01-01T00:00:00Z", "1800-01-01T00:00:00Z", "1800-01-31T23:59:59.999999Z"),
            ("2199-12-31T23:59:59.999999Z", "2199-12-01T00:00:00Z", "2199-12-31T23:59:59.999999Z"),
        ] {
            let (from, until) = month_of(at.parse().expect("valid"));
            assert_eq!((from.to_string(), until.to_string()), (first.to_owned(), last.to_owned()), "{at}");
        }
    }

    #[test]
    fn money_that_cannot_be_counted_is_an_error() {
        let name = Name::new("a").expect("valid");
        assert!(sum_spending([(name, Decimal::MAX, 2)]).is_err());
        assert!(decide_charge(Decimal::MAX, Decimal::ONE, Decimal::MAX).is_err());
        let all = [1, 2].map(|_| Spending { provider: name, fetches: 1, cost: Decimal::MAX });
        assert!(Spending::total(&all).is_err());
    }
}
