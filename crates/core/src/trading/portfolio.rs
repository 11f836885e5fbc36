//! Portfolio snapshots: value, profit and exposure over time.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{AccountSnapshot, HeldPosition};
use crate::{
    AsOf, Decimal, Error, Name, Page, Result, SeriesQuery, Source, Timestamp, Upserted, Version,
    money::{amount, not_negative},
    validate::{check, number},
};

/// The value, profit and exposure of a portfolio at an instant, in its currency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortfolioSnapshot {
    /// The portfolio: an account, or several accounts under one name.
    pub portfolio: Name,
    /// The event time: the instant of the valuation.
    pub at: Timestamp,
    /// The value of cash and positions.
    pub total_value: Decimal,
    /// The cash balance; negative when cash is borrowed.
    pub cash: Decimal,
    /// The value of the positions; negative when short positions outweigh.
    pub positions_value: Decimal,
    /// The realised and unrealised profit.
    pub total_pnl: Option<Decimal>,
    /// The profit of the open positions.
    pub unrealized_pnl: Option<Decimal>,
    /// The profit of the closed positions.
    pub realized_pnl: Option<Decimal>,
    /// The value of long and short positions, both counted as positive.
    pub total_exposure: Decimal,
    /// The value of long positions minus the value of short positions.
    pub net_exposure: Decimal,
    /// The number of open positions.
    pub positions: u32,
    /// The sum of the positions' deltas, in shares of their underlyings.
    pub net_delta: Option<f64>,
    /// The source of the snapshot.
    pub source: Source,
    /// The knowledge time: when the snapshot was computed.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(
    PortfolioSnapshot:
        total_value cash positions_value total_pnl unrealized_pnl realized_pnl total_exposure net_exposure
);
crate::port::recorded!(PortfolioSnapshot, (Name, Timestamp), "portfolio": |it| (it.portfolio, it.at), it.portfolio);

impl PortfolioSnapshot {
    /// Computes the snapshot of an account, with the account's knowledge time. Returns `None` when the cash or the
    /// value of a position is unknown, or a sum exceeds the range of a decimal.
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

    /// Checks every number, and that `net_exposure` does not exceed `total_exposure` in size.
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
        Err(Error::invalid_input("net_exposure must not exceed total_exposure in size")
            .with("field", "net_exposure")
            .with("value", self.net_exposure)
            .with("total_exposure", self.total_exposure))
    }
}

/// A query for snapshots of one portfolio.
pub type PortfolioQuery = SeriesQuery<Name>;

/// Portfolio snapshots. The key of a row is its portfolio and `at`; snapshots are stored in
/// [versions](Upserted#versions).
///
/// ```
/// use strikebook_core::{
///     AsOf, Name, Source,
///     memory::MemoryStore,
///     trading::{AccountSnapshot, PortfolioRepository, PortfolioSnapshot},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (account, at) = (Name::new("U1")?, "2025-09-25T20:00:00Z".parse()?);
/// let mut snapshot = AccountSnapshot::new(account, at, Source::new("broker")?);
/// snapshot.balances.cash = Some(25_000.into());
/// let portfolio = PortfolioSnapshot::of_account(&snapshot).expect("all values are known");
/// let store = MemoryStore::new();
/// store.upsert_portfolio_snapshots(&[portfolio]).await?;
/// let last = store.portfolio_as_of(account, AsOf::instant(at)).await?;
/// assert_eq!(last.map(|portfolio| portfolio.total_value), Some(25_000.into()));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`, and a row of a simulated source with [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store
/// allows such rows. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait PortfolioRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores snapshots by the [rules of every upsert](Upserted#rules-of-every-upsert).
    async fn upsert_portfolio_snapshots(&self, snapshots: &[PortfolioSnapshot]) -> Result<Upserted>;

    /// Returns the last snapshot of a portfolio within both limits, in the version valid at the knowledge limit;
    /// `None` when there is no such snapshot.
    async fn portfolio_as_of(&self, portfolio: Name, as_of: AsOf) -> Result<Option<PortfolioSnapshot>>;

    /// Returns the snapshots of one portfolio within the query's limits, in the versions valid at its knowledge
    /// limit, oldest first.
    async fn list_portfolio_snapshots(&self, query: &PortfolioQuery) -> Result<Page<PortfolioSnapshot>>;

    /// Returns every version of a portfolio's snapshot at an instant, in the order of `recorded_at`. Empty when there
    /// is no such snapshot.
    async fn list_portfolio_versions(&self, portfolio: Name, at: Timestamp) -> Result<Vec<Version<PortfolioSnapshot>>>;
}
