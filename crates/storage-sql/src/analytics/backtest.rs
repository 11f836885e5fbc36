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
    codec::{json_field, record},
    engine::Engine,
    repository::SqlStore,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

json_field!(Vec<BacktestPoint>, Vec<BacktestTrade>);

record! {
    /// A backtest as it is stored.
    struct BacktestRow in "backtests" {
        key { id: Id<Backtest> }
        value {
            at: Timestamp,
            strategy: Name,
            model_version: Option<Name>,
            first_day: NaiveDate,
            last_day: NaiveDate,
            parameters: Json,
            total_return: Option<f64>,
            annualised_return: Option<f64>,
            volatility: Option<f64>,
            sharpe: Option<f64>,
            sortino: Option<f64>,
            max_drawdown: Option<f64>,
            win_rate: Option<f64>,
            profit_factor: Option<f64>,
            equity: Vec<BacktestPoint>,
            trades: Vec<BacktestTrade>,
        }
    }
}

impl From<Backtest> for BacktestRow {
    fn from(backtest: Backtest) -> Self {
        let Backtest { id, at, strategy, model_version, first_day, last_day, parameters, metrics, .. } = backtest;
        let Backtest { equity, trades, recorded_at, .. } = backtest;
        let BacktestMetrics { total_return, annualised_return, volatility, sharpe, sortino, .. } = metrics;
        let BacktestMetrics { max_drawdown, win_rate, profit_factor, .. } = metrics;
        Self {
            id,
            at,
            strategy,
            model_version,
            first_day,
            last_day,
            parameters,
            total_return,
            annualised_return,
            volatility,
            sharpe,
            sortino,
            max_drawdown,
            win_rate,
            profit_factor,
            equity,
            trades,
            recorded_at,
        }
    }
}

impl From<BacktestRow> for Backtest {
    fn from(row: BacktestRow) -> Self {
        let BacktestRow { total_return, annualised_return, volatility, sharpe, sortino, .. } = row;
        let BacktestRow { max_drawdown, win_rate, profit_factor, .. } = row;
        let metrics = BacktestMetrics {
            total_return,
            annualised_return,
            volatility,
            sharpe,
            sortino,
            max_drawdown,
            win_rate,
            profit_factor,
        };
        let BacktestRow { id, at, strategy, model_version, first_day, last_day, parameters, .. } = row;
        let BacktestRow { equity, trades, recorded_at, .. } = row;
        Self { id, at, strategy, model_version, first_day, last_day, parameters, metrics, equity, trades, recorded_at }
    }
}

impl EntryRow for BacktestRow {
    type Entry = Backtest;

    fn admitted(sql: Sql, filter: &BacktestFilter) -> Sql {
        sql.bind_some(" AND strategy = ", filter.strategy.as_ref().map(Name::as_str))
            .bind_some(" AND model_version = ", filter.model_version.as_ref().map(Name::as_str))
    }
}

#[async_trait]
impl<E: Engine> BacktestRepository for SqlStore<E> {
    async fn insert_backtests(&self, backtests: &[Backtest]) -> Result<Upserted> {
        self.insert::<BacktestRow>("insert_backtests", backtests).await
    }

    async fn get_backtest(&self, id: Id<Backtest>) -> Result<Option<Backtest>> {
        self.read("get_backtest", move |session| entries::get::<BacktestRow>(session, id)).await
    }

    async fn list_backtests(&self, query: &BacktestQuery) -> Result<Page<Backtest>> {
        self.entries::<BacktestRow>("list_backtests", query).await
    }
}
