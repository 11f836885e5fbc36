//! Backtests: runs of a strategy over past days, with all that came out of them.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Entry, Error, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    market::Instrument,
    validate::{check, fraction, number, object, price},
};

/// The worth of a simulated account at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestPoint {
    /// The simulated instant.
    pub at: Timestamp,
    /// What the account is worth, in its currency.
    pub equity: f64,
}

/// A trade that a backtest made. Its money is simulated and owed to nobody: a measurement, in the account's currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestTrade {
    /// What was traded.
    pub instrument: Instrument,
    /// Shares or contracts, negative for a short position.
    pub quantity: f64,
    /// The simulated instant of the entry.
    pub opened_at: Timestamp,
    /// The price at the entry, per share.
    pub open_price: f64,
    /// The simulated instant of the exit; `None` while the trade is open when the run ends.
    pub closed_at: Option<Timestamp>,
    /// The price at the exit, per share; `None` as `closed_at`.
    pub close_price: Option<f64>,
    /// The gain, costs deducted; `None` when the run did not tell.
    pub pnl: Option<f64>,
    /// Commissions, fees and slippage, not negative; `None` when the run did not tell.
    pub costs: Option<f64>,
    /// Why it was closed.
    pub exit_reason: Option<Name>,
}

impl BacktestTrade {
    fn validate(&self) -> Result<()> {
        number("quantity", self.quantity)?;
        price("open_price", self.open_price)?;
        check!(price, self.close_price => "close_price", self.costs => "costs");
        check!(number, self.pnl => "pnl");
        if self.closed_at.is_some() != self.close_price.is_some() {
            return Err(Error::invalid_input("a closed trade has an instant and a price, an open one has neither")
                .with("field", "close_price"));
        }
        if let Some(closed_at) = self.closed_at.filter(|closed_at| *closed_at < self.opened_at) {
            return Err(Error::invalid_input("a trade must not be closed before it is opened")
                .with("field", "closed_at")
                .with("value", closed_at));
        }
        Ok(())
    }
}

/// What a backtest is judged by. Each is missing where it is not defined, as a ratio of no trades is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestMetrics {
    /// The gain over the whole run, per 1.00 of the money at its start.
    pub total_return: Option<f64>,
    /// The same, as a rate per 1.00 a year.
    pub annualised_return: Option<f64>,
    /// The volatility of the returns, per 1.00 a year, not negative.
    pub volatility: Option<f64>,
    /// The Sharpe ratio, annualised.
    pub sharpe: Option<f64>,
    /// The Sortino ratio, annualised.
    pub sortino: Option<f64>,
    /// The deepest fall from a high, from 0 to 1 of that high where there is no debt.
    pub max_drawdown: Option<f64>,
    /// The part of the closed trades that gained, from 0 to 1.
    pub win_rate: Option<f64>,
    /// Gains over losses, not negative.
    pub profit_factor: Option<f64>,
}

impl BacktestMetrics {
    fn validate(&self) -> Result<()> {
        check!(
            number,
            self.total_return => "total_return",
            self.annualised_return => "annualised_return",
            self.sharpe => "sharpe",
            self.sortino => "sortino",
        );
        check!(
            price,
            self.volatility => "volatility",
            self.max_drawdown => "max_drawdown",
            self.profit_factor => "profit_factor",
        );
        check!(fraction, self.win_rate => "win_rate");
        Ok(())
    }
}

/// A run of a strategy over past days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was run.
    pub at: Timestamp,
    /// The strategy.
    pub strategy: Name,
    /// The version of the model behind it.
    pub model_version: Option<Name>,
    /// The first simulated day.
    pub first_day: NaiveDate,
    /// The last simulated day, not before the first.
    pub last_day: NaiveDate,
    /// What the strategy was set to: an object, or null.
    pub parameters: Json,
    /// What it is judged by.
    pub metrics: BacktestMetrics,
    /// The account's worth, in the order of time, each instant once.
    pub equity: Vec<BacktestPoint>,
    /// The trades, in the order of the run.
    pub trades: Vec<BacktestTrade>,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Backtest {
    /// A run without results, run and learned at one instant.
    pub fn new(at: Timestamp, strategy: Name, first_day: NaiveDate, last_day: NaiveDate) -> Self {
        Self {
            id: Id::new(at),
            at,
            strategy,
            model_version: None,
            first_day,
            last_day,
            parameters: Json::default(),
            metrics: BacktestMetrics::default(),
            equity: Vec::new(),
            trades: Vec::new(),
            recorded_at: at,
        }
    }
}

/// What a list of backtests is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BacktestFilter {
    /// Runs of this strategy.
    pub strategy: Option<Name>,
    /// Runs with this version of a model.
    pub model_version: Option<Name>,
}

/// Which backtests to list.
pub type BacktestQuery = Listing<BacktestFilter>;

impl Entry for Backtest {
    const NAME: &'static str = "backtest";

    type Filter = BacktestFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    /// Checks every value. Of a point or trade the error tells its `index` too.
    fn validate(&self) -> Result<()> {
        if self.last_day < self.first_day {
            return Err(Error::invalid_input("last_day must not be before first_day")
                .with("field", "last_day")
                .with("value", self.last_day));
        }
        object("parameters", &self.parameters)?;
        self.metrics.validate()?;
        let mut last = None;
        for (index, point) in self.equity.iter().enumerate() {
            number("equity", point.equity).map_err(|error| error.with("index", index))?;
            if last.is_some_and(|last| point.at <= last) {
                return Err(Error::invalid_input("equity must be in the order of time, each instant once")
                    .with("field", "equity")
                    .with("value", point.at)
                    .with("index", index));
            }
            last = Some(point.at);
        }
        let check = |(index, trade): (_, &BacktestTrade)| trade.validate().map_err(|error| error.with("index", index));
        self.trades.iter().enumerate().try_for_each(check)
    }

    fn is_admitted_by(&self, filter: &BacktestFilter) -> bool {
        filter.strategy.is_none_or(|strategy| self.strategy == strategy)
            && filter.model_version.is_none_or(|version| self.model_version == Some(version))
    }
}

/// Backtests.
#[async_trait]
pub trait BacktestRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new backtests, each with its curve and trades.
    ///
    /// A backtest told again counts as unchanged. An empty batch is fine and does nothing. Either all backtests are
    /// stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another backtest, both with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all backtests or none.
    async fn insert_backtests(&self, backtests: &[Backtest]) -> Result<Upserted>;

    /// The backtest with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_backtest(&self, id: Id<Backtest>) -> Result<Option<Backtest>>;

    /// The backtests that the query's filter admits, in its order, each whole.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_backtests(&self, query: &BacktestQuery) -> Result<Page<Backtest>>;
}
