//! Profits and losses by day, and the state of risk.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Json, Name, Result, Timestamp, Upserted,
    trading::journal::{DailyPnl, DailyPnlFilter, DailyPnlKey, DailyRepository, RiskState, RiskStateFilter},
};

use crate::{
    codec::Value,
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::keyed::{self, KeyedRow},
    sql::Sql,
};

record! {
    DailyPnl in DailyPnl {
        key { date: NaiveDate, account: Name }
        value {
            realized: Decimal,
            unrealized: Option<Decimal>,
        }
    }
}

impl KeyedRow for DailyPnl {
    type Row = Self;

    fn key_values(key: &DailyPnlKey) -> Vec<Value> {
        vec![key.date.into(), key.account.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &DailyPnlFilter) -> Sql {
        sql.bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND date >= ", filter.from)
            .bind_some(" AND date <= ", filter.until)
    }
}

record! {
    RiskState in RiskStates {
        key { key: Name }
        value {
            value: Json,
            updated_at: Timestamp,
        }
    }
}

impl KeyedRow for RiskState {
    type Row = Self;

    fn key_values(key: &Name) -> Vec<Value> {
        vec![key.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &RiskStateFilter) -> Sql {
        // A comparison by length keeps `%` and `_` what they are.
        match &filter.prefix {
            None => sql,
            Some(prefix) => {
                let length = prefix.chars().count();
                sql.push(&format!(" AND substr(key, 1, {length}) = ")).bind(prefix.as_str())
            }
        }
    }
}

#[async_trait]
impl<E: Engine> DailyRepository for SqlStore<E> {
    async fn upsert_daily_pnl(&self, days: &[DailyPnl]) -> Result<Upserted> {
        self.replace::<DailyPnl>("upsert_daily_pnl", days).await
    }

    async fn delete_daily_pnl(&self, key: &DailyPnlKey) -> Result<bool> {
        let key = *key;
        self.write("delete_daily_pnl", move |session| keyed::delete::<DailyPnl>(session, &key)).await
    }

    async fn list_daily_pnl(&self, filter: &DailyPnlFilter) -> Result<Vec<DailyPnl>> {
        let filter = filter.clone();
        self.read("list_daily_pnl", move |session| keyed::list::<DailyPnl>(session, &filter)).await
    }

    async fn upsert_risk_states(&self, states: &[RiskState]) -> Result<Upserted> {
        self.replace::<RiskState>("upsert_risk_states", states).await
    }

    async fn delete_risk_state(&self, key: Name) -> Result<bool> {
        self.write("delete_risk_state", move |session| keyed::delete::<RiskState>(session, &key)).await
    }

    async fn list_risk_states(&self, filter: &RiskStateFilter) -> Result<Vec<RiskState>> {
        let filter = filter.clone();
        self.read("list_risk_states", move |session| keyed::list::<RiskState>(session, &filter)).await
    }
}
