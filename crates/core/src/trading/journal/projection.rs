//! From the events of a cycle to its lots, its trades and its cost bases.

use serde::{Deserialize, Serialize};

use super::{Cycle, RollChain, RollType, Trade};
use crate::{Decimal, Id};

/// The roll that brought a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollLink {
    /// The chain of rolls.
    pub chain: Id<RollChain>,
    /// The how-manieth roll of the chain it was, from 1 on.
    pub sequence: u32,
    /// Its credit per share; below zero when it was a debit.
    pub net_credit: Decimal,
    /// Where it went; `None` when strike and expiration stayed what they were.
    pub roll_type: Option<RollType>,
}

/// What the events of a cycle come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// The cycle.
    pub cycle: Cycle,
    /// A trade for each of its lots, in their order.
    pub trades: Vec<Trade>,
}
