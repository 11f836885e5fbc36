//! Portfolios: what one was worth at each instant.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{AccountSnapshot, HeldPosition};
use crate::{
    AsOf, Decimal, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    money::{amount, not_negative},
    validate::{check, number},
};

/// What a portfolio was worth at an instant, in its currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortfolioSnapshot {
    /// The portfolio: an account, or several under a name of their own.
    pub portfolio: Name,
    /// The instant.
    pub at: Timestamp,
    /// What everything is worth.
    pub total_value: Decimal,
    /// Cash; below zero when it is borrowed.
    pub cash: Decimal,
    /// What the positions are worth; below zero when more is sold than bought.
    pub positions_value: Decimal,
    /// The profit of all positions, closed and open.
    pub total_pnl: Option<Decimal>,
    /// The profit of the open ones.
    pub unrealized_pnl: Option<Decimal>,
    /// The profit of the closed ones.
    pub realized_pnl: Option<Decimal>,
    /// What long and short positions are worth, both counted as positive.
    pub total_exposure: Decimal,
    /// What long positions are worth less what short ones are.
    pub net_exposure: Decimal,
    /// How many positions are open.
    pub positions: u32,
    /// The sum of the positions' deltas, in shares of their underlyings.
    pub net_delta: Option<f64>,
    /// Where the numbers come from.
    pub source: Source,
    /// When they were computed.
    pub recorded_at: Timestamp,
}

impl PortfolioSnapshot {
    /// What an account was worth, learned when the account was; `None` when its cash, or the value of a position, is
    /// not known, or a sum is too large.
    pub fn of_account(snapshot: &AccountSnapshot) -> Option<Self> {
        let sum = |value: fn(&HeldPosition) -> Option<Decimal>| {
            snapshot.positions.iter().try_fold(Decimal::ZERO, |sum, held| sum.checked_add(value(held)?))
        };
        let cash = snapshot.balances.cash?;
        let positions_value = sum(|held| held.market_value)?;
        let total_exposure = sum(|held| held.market_value.map(|value| value.abs()))?;
        let unrealized_pnl = sum(|held| held.unrealized_pnl);
        let realized_pnl = snapshot.balances.realized_pnl;
        Some(Self {
            portfolio: snapshot.account,
            at: snapshot.at,
            total_value: cash.checked_add(positions_value)?,
            cash,
            positions_value,
            total_pnl: unrealized_pnl.zip(realized_pnl).and_then(|(open, closed)| open.checked_add(closed)),
            unrealized_pnl,
            realized_pnl,
            total_exposure,
            net_exposure: positions_value,
            positions: u32::try_from(snapshot.positions.len()).ok()?,
            net_delta: None,
            source: snapshot.source.clone(),
            recorded_at: snapshot.recorded_at,
        })
    }

    /// Checks every number, and that the net exposure is no larger than the total one.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the first offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        amount("total_value", self.total_value)?;
        amount("cash", self.cash)?;
        amount("positions_value", self.positions_value)?;
        check!(
            amount,
            self.total_pnl => "total_pnl",
            self.unrealized_pnl => "unrealized_pnl",
            self.realized_pnl => "realized_pnl",
        );
        not_negative("total_exposure", self.total_exposure)?;
        amount("net_exposure", self.net_exposure)?;
        check!(number, self.net_delta => "net_delta");
        if self.net_exposure.abs() <= self.total_exposure {
            return Ok(());
        }
        Err(Error::invalid_input("the net exposure must not be larger than the total one")
            .with("field", "net_exposure")
            .with("value", self.net_exposure)
            .with("total_exposure", self.total_exposure))
    }
}

/// Which snapshots of one portfolio to list.
pub type PortfolioQuery = SeriesQuery<Name>;

/// Portfolios. A row's key is its portfolio and `at`; every version that was believed is kept ([`Upserted`]).
#[async_trait]
pub trait PortfolioRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores snapshots.
    ///
    /// Writing the same rows again changes nothing. A row that differs from what is stored becomes the current version,
    /// or, if it was computed earlier, a past one; the other version is kept. Of several rows with one key the last
    /// wins. An empty batch is fine and does nothing. Either all rows are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when a row is not [valid](PortfolioSnapshot::validate), with
    /// its index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store
    /// does not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn upsert_portfolio_snapshots(&self, snapshots: &[PortfolioSnapshot]) -> Result<Upserted>;

    /// The last snapshot of a portfolio within both limits; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn portfolio_as_of(&self, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>>;

    /// The snapshots of one portfolio within the query's limits, as they were believed at its knowledge limit, oldest
    /// first.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_portfolio_snapshots(&self, query: &PortfolioQuery) -> Result<Page<PortfolioSnapshot>>;

    /// Every version of the snapshot of a portfolio at an instant, in the order in which they were believed. Empty when
    /// there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_portfolio_versions(&self, portfolio: Name, at: Timestamp) -> Result<Vec<Version<PortfolioSnapshot>>>;
}
