//! Backtests: simulated runs of a strategy over past days, with their results.

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    market::Instrument,
    port::Entry,
    validate::{check, fraction, number, object, price},
};

/// The equity of a simulated account at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestPoint {
    /// The simulated instant of the point.
    pub at: Timestamp,
    /// The value of the account in its currency.
    pub equity: f64,
}

crate::port::canonical!(BacktestPoint);

/// A trade of a backtest. Its money is simulated, and so a measured `f64` in the account's currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BacktestTrade {
    /// The instrument of the simulated trade.
    pub instrument: Instrument,
    /// The number of shares or contracts, negative for a short position.
    pub quantity: f64,
    /// The simulated instant of the entry.
    pub opened_at: Timestamp,
    /// The price at the entry, per share.
    pub open_price: f64,
    /// The simulated instant of the exit; `None` for a trade that is open at the end of the run.
    pub closed_at: Option<Timestamp>,
    /// The price at the exit, per share; `None` exactly when `closed_at` is.
    pub close_price: Option<f64>,
    /// The profit after costs; `None` when the run does not state it.
    pub pnl: Option<f64>,
    /// Commissions, fees and slippage, not negative; `None` when the run does not state them.
    pub costs: Option<f64>,
    /// The reason for the exit.
    pub exit_reason: Option<Name>,
}

crate::port::canonical!(BacktestTrade);

impl BacktestTrade {
    fn validate(&self) -> Result<()> {
        number("quantity", self.quantity)?;
        price("open_price", self.open_price)?;
        check!(price, self.close_price => "close_price", self.costs => "costs");
        check!(number, self.pnl => "pnl");
        if self.closed_at.is_some() != self.close_price.is_some() {
            return Err(Error::invalid_input("closed_at and close_price must be both present or both absent")
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

/// The performance figures of a backtest. A figure that is undefined, such as a ratio of no trades, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BacktestMetrics {
    /// The return over the whole run, per 1.00 of the initial money.
    pub total_return: Option<f64>,
    /// The return as a rate per 1.00 a year.
    pub annualised_return: Option<f64>,
    /// The volatility of the returns, per 1.00 a year, not negative.
    pub volatility: Option<f64>,
    /// The annualised Sharpe ratio.
    pub sharpe: Option<f64>,
    /// The annualised Sortino ratio.
    pub sortino: Option<f64>,
    /// The largest fall from a high, as a fraction of that high: from 0 to 1 unless the account is in debt.
    pub max_drawdown: Option<f64>,
    /// The fraction of closed trades with a profit, from 0 to 1.
    pub win_rate: Option<f64>,
    /// Gross profits over gross losses, not negative.
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

/// A simulated run of a strategy over past days.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Backtest {
    /// The identity of the backtest.
    pub id: Id<Self>,
    /// The event time: when the backtest was run.
    pub at: Timestamp,
    /// The strategy that was tested.
    pub strategy: Name,
    /// The version of the model that the strategy used.
    pub model_version: Option<Name>,
    /// The first simulated day.
    pub first_day: NaiveDate,
    /// The last simulated day, not before the first.
    pub last_day: NaiveDate,
    /// The parameters of the strategy: an object, or null.
    pub parameters: Json,
    /// The performance figures of the run.
    pub metrics: BacktestMetrics,
    /// The equity curve, in strictly ascending order of time.
    pub equity: Vec<BacktestPoint>,
    /// The simulated trades, in the order of the run.
    pub trades: Vec<BacktestTrade>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Backtest);

impl Backtest {
    /// Creates a backtest without results, run and recorded at one instant.
    pub fn new(id: Id<Self>, at: Timestamp, strategy: Name, first_day: NaiveDate, last_day: NaiveDate) -> Self {
        Self {
            id,
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

/// The conditions of a list of backtests. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BacktestFilter {
    /// The strategy of the backtests.
    pub strategy: Option<Name>,
    /// The version of the model that the backtests used.
    pub model_version: Option<Name>,
}

/// A query for backtests.
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

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    /// Checks every value. For a point or a trade the error names its `index`.
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
                return Err(Error::invalid_input("equity must be in strictly ascending order of time")
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

/// Backtests, each with its equity curve and trades.
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     analytics::{Backtest, BacktestFilter, BacktestQuery, BacktestRepository},
///     memory::MemoryStore,
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (first, last) = ("2024-01-02".parse().expect("a date"), "2024-12-31".parse().expect("a date"));
/// let wheel = Name::new("wheel")?;
/// let (id, at) = (Id::named("backtest 1"), "2025-01-01T09:00:00Z".parse()?);
/// store.insert_backtests(&[Backtest::new(id, at, wheel, first, last)]).await?;
///
/// let query = BacktestQuery::new(BacktestFilter { strategy: Some(wheel), ..BacktestFilter::default() });
/// assert_eq!(store.list_backtests(&query.newest_first()).await?.items.len(), 1);
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
pub trait BacktestRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new backtests by the [rules of every insert](Entry#rules-of-every-insert), each with its equity curve
    /// and trades.
    async fn insert_backtests(&self, backtests: &[Backtest]) -> Result<Upserted>;

    /// Returns the backtest with an identity; `None` when there is no such backtest.
    async fn get_backtest(&self, id: Id<Backtest>) -> Result<Option<Backtest>>;

    /// Returns the backtests that the query's filter admits, in its order, each with its equity curve and trades.
    async fn list_backtests(&self, query: &BacktestQuery) -> Result<Page<Backtest>>;
}
