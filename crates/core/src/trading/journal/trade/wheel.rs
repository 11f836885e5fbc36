//! The state of a wheel after a trade.

use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Result, Timestamp,
    money::{amount, not_negative},
    trading::journal::RollType,
    validate::check,
};

/// The state of a wheel after a trade, filled in by the [projection](crate::trading::journal::Projection).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WheelLeg {
    /// The number of assigned contracts.
    pub assigned_contracts: Option<Decimal>,
    /// The instant of the last assignment.
    pub assigned_at: Option<Timestamp>,
    /// True if the assignment came before the day of expiration.
    pub early_assignment: Option<bool>,
    /// The number of received shares; negative for delivered ones.
    pub shares_delta: Option<Decimal>,
    /// The tax basis per share: the strike minus the premium of the assigned put only.
    pub basis_tax_per_share: Option<Decimal>,
    /// The adjusted basis per share: the strike and fees minus all net option credits and dividends of the cycle.
    pub basis_adjusted_per_share: Option<Decimal>,
    /// The position in the roll chain, from 1; 0 for the chain's first contract.
    pub roll_sequence: Option<u32>,
    /// The net credit per share of the roll that opened the contract; negative for a debit.
    pub roll_net_credit: Option<Decimal>,
    /// The direction of that roll.
    pub roll_type: Option<RollType>,
    /// The cycle's dividends so far.
    pub dividends_received: Option<Decimal>,
    /// The cycle's realised profit so far.
    pub cycle_realized_pnl: Option<Decimal>,
    /// The number of days on which the share closed below the adjusted basis. Added by `fill_contexts` to closed
    /// trades in shares, from stored daily bars between entry and exit.
    pub days_underwater: Option<u32>,
}

crate::port::canonical!(
    WheelLeg:
        assigned_contracts shares_delta basis_tax_per_share basis_adjusted_per_share roll_net_credit dividends_received
        cycle_realized_pnl
);

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
