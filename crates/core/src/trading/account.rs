//! Accounts: what a broker said of one at an instant.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Decimal, Entry, Error, Id, Listing, Name, Page, Result, Source, Timestamp, Upserted, market::Instrument,
    money::amount, validate::check,
};

/// An account's money, as its broker tells it, in the account's currency. What a broker does not tell is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balances {
    /// Cash; below zero when it is borrowed.
    pub cash: Option<Decimal>,
    /// The part of the cash that is settled.
    pub settled_cash: Option<Decimal>,
    /// What would be left if everything were closed.
    pub net_liquidation: Option<Decimal>,
    /// What the positions are worth; below zero when more is sold than bought.
    pub positions_value: Option<Decimal>,
    /// How much may be spent on new positions.
    pub buying_power: Option<Decimal>,
    /// The collateral that opening these positions takes.
    pub initial_requirement: Option<Decimal>,
    /// The collateral that keeping them takes.
    pub maintenance_requirement: Option<Decimal>,
    /// What is left above the maintenance requirement; below zero in a margin call.
    pub excess_liquidity: Option<Decimal>,
    /// The profit of the day's closed positions.
    pub realized_pnl: Option<Decimal>,
    /// The profit of the open positions.
    pub unrealized_pnl: Option<Decimal>,
}

/// A position that an account held at an instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldPosition {
    /// What was held.
    pub instrument: Instrument,
    /// The strategy that held it; `None` when the broker knows of none.
    pub strategy: Option<Name>,
    /// How many shares or contracts; negative when short, and never zero.
    pub quantity: Decimal,
    /// What one unit cost or, when short, brought in, as it is quoted: for an option per share of its underlying.
    pub average_cost: Option<Decimal>,
    /// The price that the broker values one unit at, as it is quoted.
    pub price: Option<Decimal>,
    /// What all of it is worth, with the contract's multiplier in it; below zero when short.
    pub market_value: Option<Decimal>,
    /// The profit, or loss when negative, if it were closed.
    pub unrealized_pnl: Option<Decimal>,
}

impl HeldPosition {
    /// A position of which nothing else is known.
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
            return Err(Error::invalid_input("what is held is not zero").with("field", "quantity").with("value", 0));
        }
        Ok(())
    }
}

/// An account at an instant: its balances and all positions that it held. It never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountSnapshot {
    /// Its identity.
    pub id: Id<Self>,
    /// When the broker said it.
    pub at: Timestamp,
    /// The account.
    pub account: Name,
    /// Its money.
    pub balances: Balances,
    /// Everything that it held, in the broker's order; empty when it held nothing. Each instrument of a strategy once.
    pub positions: Vec<HeldPosition>,
    /// Where it comes from.
    pub source: Source,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl AccountSnapshot {
    /// An account that holds nothing and tells no balances, learned when it was said. Its identity follows from
    /// account, source and instant: the same fetch told again is the same snapshot.
    pub fn new(account: Name, at: Timestamp, source: Source) -> Self {
        let id = Id::named(&format!("account snapshot/{source}/{account}/{at}"));
        Self { id, at, account, balances: Balances::default(), positions: Vec::new(), source, recorded_at: at }
    }
}

/// What a list of snapshots is narrowed to. `None` narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Snapshots of this account.
    pub account: Option<Name>,
}

/// Which snapshots of accounts to list.
pub type AccountQuery = Listing<AccountFilter>;

impl Entry for AccountSnapshot {
    const NAME: &'static str = "account snapshot";

    type Filter = AccountFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
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
                return Err(Error::invalid_input("a snapshot tells each instrument of a strategy once")
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

/// Accounts as they were told.
#[async_trait]
pub trait AccountRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new snapshots.
    ///
    /// A snapshot told again counts as unchanged, whenever it was learned. An empty batch is fine and does nothing.
    /// Either all snapshots are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another snapshot, both with its index as
    /// `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store does not
    /// allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all snapshots or none.
    async fn insert_account_snapshots(&self, snapshots: &[AccountSnapshot]) -> Result<Upserted>;

    /// The snapshot with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_account_snapshot(&self, id: Id<AccountSnapshot>) -> Result<Option<AccountSnapshot>>;

    /// The snapshots that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_account_snapshots(&self, query: &AccountQuery) -> Result<Page<AccountSnapshot>>;

    /// An account's last snapshot within both limits, if it is at most `max_age` old at the event limit; of one instant
    /// that with the greatest identity. `None` takes any age. `None` when there is no such snapshot, which is not an
    /// account that holds nothing.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a negative `max_age`.
    ///
    /// # Cancel safety
    /// Safe.
    async fn latest_account_snapshot(
        &self,
        account: Name,
        as_of: AsOf,
        max_age: Option<TimeDelta>,
    ) -> Result<Option<AccountSnapshot>>;
}
