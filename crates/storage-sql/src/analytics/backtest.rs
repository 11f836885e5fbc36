//! Backtests. A run's curve and trades are kept in its row, so that it is written, read and deleted whole; the views
//! `backtest_equity` and `backtest_trades` tell them row by row.

use async_trait::async_trait;
use chrono::NaiveDate;
use strikebook_core::{
    Id, Json, Name, Page, Result, Timestamp, Upserted,
    analytics::{
        Backtest, BacktestFilter, BacktestMetrics, BacktestPoint, BacktestQuery, BacktestRepository, BacktestTrade,
    },
};

use crate::{
    codec::json_field,
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

json_field!(Vec<BacktestPoint>, Vec<BacktestTrade>);

record! {
    Backtest in Backtests {
        key { id: Id<Backtest> }
        value {
            at: Timestamp,
            strategy: Name,
            model_version: Option<Name>,
            first_day: NaiveDate,
            last_day: NaiveDate,
            parameters: Json,
            equity: Vec<BacktestPoint>,
            trades: Vec<BacktestTrade>,
        }
        metrics: BacktestMetrics "" {
            total_return: Option<f64>,
            annualised_return: Option<f64>,
            volatility: Option<f64>,
            sharpe: Option<f64>,
            sortino: Option<f64>,
            max_drawdown: Option<f64>,
            win_rate: Option<f64>,
            profit_factor: Option<f64>,
        }
    }
}

impl EntryRow for Backtest {
    type Entry = Backtest;

    fn admitted(sql: Sql, filter: &BacktestFilter) -> Sql {
        sql.bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND model_version = ", filter.model_version.as_ref().map(Name::as_str))
    }
}

#[async_trait]
impl<E: Engine> BacktestRepository for SqlStore<E> {
    async fn insert_backtests(&self, backtests: &[Backtest]) -> Result<Upserted> {
        self.insert::<Backtest>("insert_backtests", backtests).await
    }

    async fn get_backtest(&self, id: Id<Backtest>) -> Result<Option<Backtest>> {
        self.read("get_backtest", move |session| entries::get::<Backtest>(session, id)).await
    }

    async fn list_backtests(&self, query: &BacktestQuery) -> Result<Page<Backtest>> {
        self.entries::<Backtest>("list_backtests", query).await
    }
}
