//! What a trade is within a wheel.

use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Result, Timestamp,
    money::{amount, not_negative},
    trading::journal::RollType,
    validate::check,
};

/// What a trade is within a wheel. A [projection](crate::trading::journal::Projection) fills it in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WheelLeg {
    /// How many of its contracts were assigned.
    pub assigned_contracts: Option<Decimal>,
    /// When the last of them was assigned.
    pub assigned_at: Option<Timestamp>,
    /// Whether that was before the day of expiration.
    pub early_assignment: Option<bool>,
    /// The shares that came with it, or went when below zero.
    pub shares_delta: Option<Decimal>,
    /// What a share cost for the tax office after it: the strike less the premium of the assigned put only.
    pub basis_tax_per_share: Option<Decimal>,
    /// What a share cost in the strategy's eyes after it: less all net option credits and dividends of the cycle.
    pub basis_adjusted_per_share: Option<Decimal>,
    /// The how-manieth roll of its chain brought it; 0 for the first contract.
    pub roll_sequence: Option<u32>,
    /// The credit per share of the roll that brought it; below zero when it was a debit.
    pub roll_net_credit: Option<Decimal>,
    /// Where that roll went.
    pub roll_type: Option<RollType>,
    /// Dividends that the cycle had received when it ended.
    pub dividends_received: Option<Decimal>,
    /// What the cycle had realized when it ended.
    pub cycle_realized_pnl: Option<Decimal>,
    /// Days on which the share closed below the adjusted basis.
    pub days_underwater: Option<u32>,
}

impl WheelLeg {
    pub(super) fn validate(&self) -> Result<()> {
        check!(not_negative, self.assigned_contracts => "assigned_contracts");
        check!(
            amount,
            self.shares_delta => "shares_delta",
            self.basis_tax_per_share => "basis_tax_per_share",
            self.basis_adjusted_per_share => "basis_adjusted_per_share",
            self.roll_net_credit => "roll_net_credit",
            self.dividends_received => "dividends_received",
            self.cycle_realized_pnl => "cycle_realized_pnl",
        );
        Ok(())
    }
}
