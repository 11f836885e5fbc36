//! What each day earned, and the state of an account's risk.

use std::fmt;

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Json, Keyed, Name, Result, Timestamp, Upserted,
    money::amount,
    validate::{check, text},
};

/// What tells days' results apart: the day in New York, and whose it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DailyPnlKey {
    /// The day in New York.
    pub date: NaiveDate,
    /// The account.
    pub account: Name,
}

impl fmt::Display for DailyPnlKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.date, self.account)
    }
}

/// What an account earned on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyPnl {
    /// The day in New York.
    pub date: NaiveDate,
    /// The account.
    pub account: Name,
    /// The profit that was realized that day, after costs.
    pub realized: Decimal,
    /// The profit at the end of the day of what was still open; `None` when it is not known.
    pub unrealized: Option<Decimal>,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

/// What a list of days' results is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DailyPnlFilter {
    /// Days of this account.
    pub account: Option<Name>,
    /// Days from this one on.
    pub from: Option<NaiveDate>,
    /// Days up to and including this one.
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

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// A part of the state that a control of risk keeps: a loss so far, a halt, a count of losses in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RiskState {
    /// What it is.
    pub key: Name,
    /// What it is now.
    pub value: Json,
    /// Since when it is so.
    pub updated_at: Timestamp,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

/// What a list of risk states is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RiskStateFilter {
    /// Keys that start with this text; `None` for all.
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

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// What each day earned, and the state of risk.
#[async_trait]
pub trait DailyRepository: fmt::Debug + Send + Sync + 'static {
    /// Stores days' results, each in the place of the one with its key. One equal in everything but `recorded_at` is
    /// unchanged. Of several with one key the last counts. An empty batch is fine and does nothing.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all of them or none.
    async fn upsert_daily_pnl(&self, days: &[DailyPnl]) -> Result<Upserted>;

    /// Deletes the result with a key, and tells whether there was one.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_daily_pnl(&self, key: &DailyPnlKey) -> Result<bool>;

    /// The days' results that a filter admits, in the order of days and, within one, of accounts.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_daily_pnl(&self, filter: &DailyPnlFilter) -> Result<Vec<DailyPnl>>;

    /// Stores parts of the state of risk, each in the place of the one with its key. One equal in everything but
    /// `recorded_at` is unchanged. Of several with one key the last counts. An empty batch is fine and does nothing.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call stores all of them or none.
    async fn upsert_risk_states(&self, states: &[RiskState]) -> Result<Upserted>;

    /// Deletes the part of the state of risk with a key, and tells whether there was one.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_risk_state(&self, key: Name) -> Result<bool>;

    /// The parts of the state of risk that a filter admits, in the order of their keys.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the prefix holds the character NUL.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_risk_states(&self, filter: &RiskStateFilter) -> Result<Vec<RiskState>>;
}
