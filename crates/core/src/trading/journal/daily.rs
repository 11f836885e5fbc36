//! Daily profit and loss, and the state of an account's risk limits.

use std::fmt;

use async_trait::async_trait;
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Json, Name, Result, Timestamp, Upserted,
    market::calendar,
    money::amount,
    port::Keyed,
    validate::{check, text},
};

/// The key of daily results: day and account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DailyPnlKey {
    /// The day in New York.
    pub date: NaiveDate,
    /// The account of the result.
    pub account: Name,
}

impl fmt::Display for DailyPnlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.date, self.account)
    }
}

/// The profit and loss of an account on one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyPnl {
    /// The day in New York.
    pub date: NaiveDate,
    /// The account of the result.
    pub account: Name,
    /// The profit realised on the day after costs, negative for a loss.
    pub realized: Decimal,
    /// The unrealised profit at the end of the day; `None` when unknown.
    pub unrealized: Option<Decimal>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(DailyPnl: realized unrealized);

/// The conditions of a list of daily results. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyPnlFilter {
    /// The account of the results.
    pub account: Option<Name>,
    /// The first day, inclusive.
    pub from: Option<NaiveDate>,
    /// The last day, inclusive.
    pub until: Option<NaiveDate>,
}

impl Keyed for DailyPnl {
    const NAME: &'static str = "daily_pnl";

    type Key = DailyPnlKey;
    type Filter = DailyPnlFilter;

    fn key(&self) -> DailyPnlKey {
        DailyPnlKey { date: self.date, account: self.account }
    }

    fn validate(&self) -> Result<()> {
        amount("realized", self.realized)?;
        check!(amount, self.unrealized => "unrealized");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &DailyPnlFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.from.is_none_or(|from| self.date >= from)
            && filter.until.is_none_or(|until| self.date <= until)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn knowable_from(&self) -> Option<Timestamp> {
        calendar::instant(self.date, NaiveTime::MIN).ok()
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// One value in the state of risk limits, such as the loss so far, a halt, or the number of losses in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskState {
    /// The name of the value.
    pub key: Name,
    /// The present value, in any shape.
    pub value: Json,
    /// The instant of the last change.
    pub updated_at: Timestamp,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(RiskState);

/// The conditions of a list of risk states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskStateFilter {
    /// The text with which the names start; `None` for all names.
    pub prefix: Option<String>,
}

impl Keyed for RiskState {
    const NAME: &'static str = "risk_state";

    type Key = Name;
    type Filter = RiskStateFilter;

    fn key(&self) -> Name {
        self.key
    }

    fn validate(&self) -> Result<()> {
        Ok(())
    }

    fn validate_filter(filter: &RiskStateFilter) -> Result<()> {
        check!(text, &filter.prefix => "prefix");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &RiskStateFilter) -> bool {
        filter.prefix.as_ref().is_none_or(|prefix| self.key.as_str().starts_with(prefix.as_str()))
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn knowable_from(&self) -> Option<Timestamp> {
        Some(self.updated_at)
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Daily profit and loss, and the state of risk limits.
///
/// ```
/// use strikebook_core::{
///     Name,
///     memory::MemoryStore,
///     trading::journal::{DailyPnl, DailyPnlFilter, DailyRepository},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let day = DailyPnl {
///     date: "2025-09-25".parse().expect("a date"),
///     account: Name::new("U1")?,
///     realized: 247.into(),
///     unrealized: None,
///     recorded_at: "2025-09-25T21:00:00Z".parse()?,
/// };
/// store.upsert_daily_pnl(&[day.clone()]).await?;
/// assert_eq!(store.list_daily_pnl(&DailyPnlFilter::default()).await?, [day]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait DailyRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores daily results, which replace those with the same keys, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A result that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn upsert_daily_pnl(&self, days: &[DailyPnl]) -> Result<Upserted>;

    /// Deletes the result with a key, and returns true if there was one.
    async fn delete_daily_pnl(&self, key: &DailyPnlKey) -> Result<bool>;

    /// Returns the daily results that a filter admits, ordered by day and account.
    async fn list_daily_pnl(&self, filter: &DailyPnlFilter) -> Result<Vec<DailyPnl>>;

    /// Stores risk states, which replace those with the same names, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A state that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn upsert_risk_states(&self, states: &[RiskState]) -> Result<Upserted>;

    /// Deletes the risk state with a name, and returns true if there was one.
    async fn delete_risk_state(&self, key: Name) -> Result<bool>;

    /// Returns the risk states that a filter admits, in the order of their names.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the prefix contains the character NUL or is longer than
    /// 64 KiB.
    async fn list_risk_states(&self, filter: &RiskStateFilter) -> Result<Vec<RiskState>>;
}
