//! Account snapshots as brokers reported them.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Decimal, Error, Id, Listing, Name, Page, Result, Source, Timestamp, Upserted, market::Instrument,
    money::amount, port::Entry, validate::check,
};

/// The balances of an account as its broker reported them, in the account's currency. A balance that was not reported
/// is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// The cash balance; negative when cash is borrowed.
    pub cash: Option<Decimal>,
    /// The settled part of the cash.
    pub settled_cash: Option<Decimal>,
    /// The net liquidation value: cash and positions at their present prices.
    pub net_liquidation: Option<Decimal>,
    /// The value of the positions; negative when short positions outweigh.
    pub positions_value: Option<Decimal>,
    /// The buying power for new positions.
    pub buying_power: Option<Decimal>,
    /// The initial margin requirement of the positions.
    pub initial_requirement: Option<Decimal>,
    /// The maintenance margin requirement of the positions.
    pub maintenance_requirement: Option<Decimal>,
    /// The net liquidation value in excess of the maintenance requirement; negative in a margin call.
    pub excess_liquidity: Option<Decimal>,
    /// The realised profit of the day.
    pub realized_pnl: Option<Decimal>,
    /// The unrealised profit of the open positions.
    pub unrealized_pnl: Option<Decimal>,
}

crate::port::canonical!(
    Balances:
        cash settled_cash net_liquidation positions_value buying_power initial_requirement maintenance_requirement
        excess_liquidity realized_pnl unrealized_pnl
);

/// A position in an account snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPosition {
    /// The instrument that is held.
    pub instrument: Instrument,
    /// The strategy of the position; `None` when the broker does not report one.
    pub strategy: Option<Name>,
    /// The number of shares or contracts: negative when short, never zero.
    pub quantity: Decimal,
    /// The quoted average cost of one unit or, when short, the average proceeds: for an option per share of its
    /// underlying.
    pub average_cost: Option<Decimal>,
    /// The quoted price at which the broker values one unit.
    pub price: Option<Decimal>,
    /// The value of the position with the contract's multiplier; negative when short.
    pub market_value: Option<Decimal>,
    /// The unrealised profit, negative for a loss.
    pub unrealized_pnl: Option<Decimal>,
}

crate::port::canonical!(HeldPosition: quantity average_cost price market_value unrealized_pnl);

impl HeldPosition {
    /// Creates a position with instrument and quantity only.
    pub const fn new(instrument: Instrument, quantity: Decimal) -> Self {
        Self {
            instrument,
            strategy: None,
            quantity,
            average_cost: None,
            price: None,
            market_value: None,
            unrealized_pnl: None,
        }
    }

    fn validate(&self) -> Result<()> {
        amount("quantity", self.quantity)?;
        check!(
            amount,
            self.average_cost => "average_cost",
            self.price => "price",
            self.market_value => "market_value",
            self.unrealized_pnl => "unrealized_pnl",
        );
        if self.quantity.is_zero() {
            return Err(Error::invalid_input("the quantity of a held position must not be zero")
                .with("field", "quantity")
                .with("value", 0));
        }
        Ok(())
    }
}

/// An account at an instant: its balances and all positions. Snapshots never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// The identity of the snapshot.
    pub id: Id<Self>,
    /// The event time: when the broker made the report.
    pub at: Timestamp,
    /// The name of the account.
    pub account: Name,
    /// The balances as the broker reported them.
    pub balances: Balances,
    /// All positions, in the broker's order, each instrument of a strategy at most once.
    pub positions: Vec<HeldPosition>,
    /// The source of the snapshot.
    pub source: Source,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(AccountSnapshot: balances positions);

impl AccountSnapshot {
    /// Creates a snapshot without positions and balances, with `at` as its knowledge time. The identity derives from
    /// source, account and instant, so that the same fetch always yields the same snapshot.
    pub fn new(account: Name, at: Timestamp, source: Source) -> Self {
        let id = Id::named(&format!("account snapshot/{source}/{account}/{at}"));
        Self { id, at, account, balances: Balances::default(), positions: Vec::new(), source, recorded_at: at }
    }
}

/// The conditions of a list of account snapshots. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// The account of the snapshots.
    pub account: Option<Name>,
}

/// A query for account snapshots.
pub type AccountQuery = Listing<AccountFilter>;

impl Entry for AccountSnapshot {
    const NAME: &'static str = "account_snapshot";

    type Filter = AccountFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        let Balances { cash, settled_cash, net_liquidation, positions_value, buying_power, .. } = self.balances;
        let Balances { initial_requirement, maintenance_requirement, excess_liquidity, .. } = self.balances;
        check!(
            amount,
            cash => "cash",
            settled_cash => "settled_cash",
            net_liquidation => "net_liquidation",
            positions_value => "positions_value",
            buying_power => "buying_power",
            initial_requirement => "initial_requirement",
            maintenance_requirement => "maintenance_requirement",
            excess_liquidity => "excess_liquidity",
            self.balances.realized_pnl => "realized_pnl",
            self.balances.unrealized_pnl => "unrealized_pnl",
        );
        let mut seen = BTreeSet::new();
        for (place, position) in self.positions.iter().enumerate() {
            position.validate().map_err(|error| error.with("position", place))?;
            if !seen.insert((position.instrument, position.strategy)) {
                return Err(Error::invalid_input("positions must contain each instrument of a strategy at most once")
                    .with("field", "positions")
                    .with("value", position.instrument)
                    .with("position", place));
            }
        }
        Ok(())
    }

    fn is_admitted_by(&self, filter: &AccountFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
    }

    fn is_repeat_of(&self, stored: &Self) -> bool {
        Self { recorded_at: stored.recorded_at, ..self.clone() } == *stored
    }
}

/// Account snapshots as brokers reported them.
///
/// ```
/// use strikebook_core::{
///     AsOf, Name, Source,
///     memory::MemoryStore,
///     trading::{AccountRepository, AccountSnapshot},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (account, at) = (Name::new("U1")?, "2025-09-25T20:00:00Z".parse()?);
/// let mut snapshot = AccountSnapshot::new(account, at, Source::new("broker")?);
/// snapshot.balances.cash = Some(25_000.into());
/// let store = MemoryStore::new();
/// store.insert_account_snapshots(&[snapshot.clone()]).await?;
/// assert_eq!(store.latest_account_snapshot(account, AsOf::instant(at), None).await?, Some(snapshot));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. An entry of a simulated source is refused with
/// [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store allows such entries. A list refuses the cursor
/// of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait AccountRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new snapshots by the [rules of every insert](Entry#rules-of-every-insert). A stored snapshot counts as
    /// unchanged also with another `recorded_at`.
    async fn insert_account_snapshots(&self, snapshots: &[AccountSnapshot]) -> Result<Upserted>;

    /// Returns the snapshot with an identity; `None` when there is no such snapshot.
    async fn get_account_snapshot(&self, id: Id<AccountSnapshot>) -> Result<Option<AccountSnapshot>>;

    /// Returns the snapshots that the query's filter admits, in its order.
    async fn list_account_snapshots(&self, query: &AccountQuery) -> Result<Page<AccountSnapshot>>;

    /// Returns an account's last snapshot within both limits, of at most `max_age` at the event limit; of several at
    /// one instant the one with the greatest identity. A `max_age` of `None` accepts any age. The answer is `None`
    /// when there is no such snapshot, which does not mean that the account holds nothing.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_age`.
    async fn latest_account_snapshot(
        &self,
        account: Name,
        as_of: AsOf,
        max_age: Option<TimeDelta>,
    ) -> Result<Option<AccountSnapshot>>;
}
