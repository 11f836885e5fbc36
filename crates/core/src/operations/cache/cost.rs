//! What fetches cost, and the cap on it.

use async_trait::async_trait;
use chrono::{Datelike, Months, TimeDelta};
use serde::{Deserialize, Serialize};

use super::CacheKey;
use crate::{Decimal, Entry, Error, Id, Listing, Name, Page, Result, Timestamp, Upserted, money::not_negative};

/// What one fetch cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchCost {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was asked for.
    pub at: Timestamp,
    /// Who was asked, and is paid.
    pub provider: Name,
    /// The dataset.
    pub dataset: Name,
    /// What of it.
    pub subject: Name,
    /// The money.
    pub cost: Decimal,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl FetchCost {
    /// What a fetch at an instant costs, learned then.
    pub fn new(at: Timestamp, provider: Name, key: CacheKey, cost: Decimal) -> Self {
        let CacheKey { dataset, subject } = key;
        Self { id: Id::new(at), at, provider, dataset, subject, cost, recorded_at: at }
    }
}

/// What a list of costs is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchCostFilter {
    /// Costs of this provider.
    pub provider: Option<Name>,
    /// Costs of this dataset.
    pub dataset: Option<Name>,
}

/// Which costs to list.
pub type FetchCostQuery = Listing<FetchCostFilter>;

impl Entry for FetchCost {
    const NAME: &'static str = "fetch cost";

    type Filter = FetchCostFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn validate(&self) -> Result<()> {
        not_negative("cost", self.cost)
    }

    fn is_admitted_by(&self, filter: &FetchCostFilter) -> bool {
        filter.provider.is_none_or(|provider| self.provider == provider)
            && filter.dataset.is_none_or(|dataset| self.dataset == dataset)
    }
}

/// What one provider was paid in some span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The provider.
    pub provider: Name,
    /// How many fetches.
    pub fetches: u64,
    /// The money.
    pub cost: Decimal,
}

impl Spending {
    /// What all of them were paid.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more money than can be counted.
    pub fn total(spending: &[Self]) -> Result<Decimal> {
        spending.iter().try_fold(Decimal::ZERO, |sum, of_one| sum.checked_add(of_one.cost)).ok_or_else(too_much)
    }

    /// Sums up costs, each with how often it was paid to whom, by provider and in the order of these. For implementors
    /// of the port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more money than can be counted.
    pub fn of(paid: impl IntoIterator<Item = (Name, Decimal, u64)>) -> Result<Vec<Self>> {
        let mut spending = std::collections::BTreeMap::<Name, Self>::new();
        for (provider, cost, times) in paid {
            let sum = spending.entry(provider).or_insert(Self { provider, fetches: 0, cost: Decimal::ZERO });
            sum.fetches = sum.fetches.checked_add(times).ok_or_else(too_much)?;
            let cost = cost.checked_mul(Decimal::from(times)).and_then(|cost| sum.cost.checked_add(cost));
            sum.cost = cost.ok_or_else(too_much)?.normalize();
        }
        Ok(spending.into_values().collect())
    }
}

fn too_much() -> Error {
    Error::invalid_input("the costs of these fetches are more than can be counted").with("field", "cost")
}

/// What became of a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Whether it is within the cap and was noted.
    pub is_within: bool,
    /// What the fetches of the month cost, all providers together, this one included when it was noted.
    pub spent: Decimal,
}

impl Charge {
    /// Decides on a charge: it may reach the cap but not pass it. For implementors of the port.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more money than can be counted.
    pub fn decide(spent: Decimal, cost: Decimal, cap: Decimal) -> Result<Self> {
        let with_this = spent.checked_add(cost).ok_or_else(too_much)?;
        let is_within = with_this <= cap;
        Ok(Self { is_within, spent: if is_within { with_this } else { spent } })
    }
}

/// The first and the last instant of the month, in UTC, in which an instant lies.
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
    // The months of the first and the last valid instant begin and end with them.
    let next = first.checked_add_months(Months::new(1)).map(instant);
    let last = match next {
        Some(Ok(next)) => next.saturating_sub(TimeDelta::microseconds(1)),
        _ => Timestamp::MAX,
    };
    (instant(first).unwrap_or(Timestamp::MIN), last)
}

/// What fetches cost: a ledger that is appended to.
#[async_trait]
pub trait FetchCostRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new costs.
    ///
    /// A cost told again counts as unchanged. An empty batch is fine and does nothing. Either all costs are stored or
    /// none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is negative, has more than eight digits behind the
    /// point or is 10¹² or more, and [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another,
    /// both with its index as `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all costs or none.
    async fn insert_fetch_costs(&self, costs: &[FetchCost]) -> Result<Upserted>;

    /// The cost with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_fetch_cost(&self, id: Id<FetchCost>) -> Result<Option<FetchCost>>;

    /// The costs that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_fetch_costs(&self, query: &FetchCostQuery) -> Result<Page<FetchCost>>;

    /// Stores a new cost unless with it the fetches of its [month](month_of), of all providers, would cost more than a
    /// cap. Several who charge at once, in any process, never pass the cap together. A cost that is stored already is
    /// within, and is not counted twice.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) and [`Conflict`](crate::ErrorKind::Conflict) as
    /// [`insert_fetch_costs`](Self::insert_fetch_costs), and for more money than can be counted.
    ///
    /// # Cancel safety
    /// A dropped call stores the cost or not. To charge it again does no harm.
    async fn charge_fetch(&self, cost: &FetchCost, cap: Decimal) -> Result<Charge>;

    /// What each provider was paid for fetches from one instant to another, both included, in the order of providers.
    /// One without a fetch in that time is left out.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for more money than can be counted.
    ///
    /// # Cancel safety
    /// Safe.
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
        assert!(Spending::of([(name, Decimal::MAX, 2)]).is_err());
        assert!(Charge::decide(Decimal::MAX, Decimal::ONE, Decimal::MAX).is_err());
        let all = [1, 2].map(|_| Spending { provider: name, fetches: 1, cost: Decimal::MAX });
        assert!(Spending::total(&all).is_err());
    }
}
