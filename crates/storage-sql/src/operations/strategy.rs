//! Strategies: keyed rows by name.

use async_trait::async_trait;
use strikebook_core::{
    Json, Name, Result, Timestamp, Upserted,
    market::Symbol,
    operations::{Strategy, StrategyFilter, StrategyRepository, StrategyStatus},
};

use crate::{
    codec::{Value, json_field},
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::Session,
    shapes::keyed::{self, KeyedRow},
    sql::Sql,
};

json_field!(Vec<Symbol>);

record! {
    Strategy in Strategies {
        key { name: Name }
        value {
            kind: Name,
            status: StrategyStatus,
            parameters: Json,
            risk_limits: Json,
            symbols: Vec<Symbol>,
            created_by: Option<Name>,
            created_at: Timestamp,
        }
    }
}

impl KeyedRow for Strategy {
    type Row = Self;

    fn key_values(key: &Name) -> Vec<Value> {
        vec![key.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &StrategyFilter) -> Sql {
        sql.bind_some(" AND kind = ", filter.kind.as_ref().map(Name::as_str))
            .bind_some(" AND status = ", filter.status.map(StrategyStatus::as_str))
    }
}

/// Sets a strategy's status, and returns the strategy.
pub(crate) fn set_strategy_status(
    session: &mut dyn Session,
    name: Name,
    status: StrategyStatus,
    at: Timestamp,
) -> Result<Strategy> {
    keyed::update::<Strategy>(session, &name, at, |strategy| {
        strategy.status = status;
        Ok(())
    })
}

#[async_trait]
impl<E: Engine> StrategyRepository for SqlStore<E> {
    async fn upsert_strategies(&self, strategies: &[Strategy]) -> Result<Upserted> {
        self.replace::<Strategy>("upsert_strategies", strategies).await
    }

    async fn get_strategy(&self, name: Name) -> Result<Option<Strategy>> {
        self.read("get_strategy", move |session| keyed::get::<Strategy>(session, &name)).await
    }

    async fn list_strategies(&self, filter: &StrategyFilter) -> Result<Vec<Strategy>> {
        let filter = filter.clone();
        self.read("list_strategies", move |session| keyed::list::<Strategy>(session, &filter)).await
    }

    async fn set_strategy_status(&self, name: Name, status: StrategyStatus, at: Timestamp) -> Result<Strategy> {
        self.write("set_strategy_status", move |session| set_strategy_status(session, name, status, at)).await
    }

    async fn delete_strategy(&self, name: Name) -> Result<bool> {
        self.write("delete_strategy", move |session| keyed::delete::<Strategy>(session, &name)).await
    }
}
