//! The free cash and shares of an account.

use strikebook_core::{
    Decimal, Error, Result,
    market::{Instrument, OptionType, Symbol},
    trading::Position,
};

use super::SHARES;

/// The free cash and shares of an account, to secure puts and to cover calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WheelHoldings {
    /// The cash that secures nothing yet.
    pub free_cash: Decimal,
    /// The shares of the underlying that cover nothing yet.
    pub free_shares: Decimal,
    /// The cost basis of a share; `None` when it is unknown.
    pub basis: Option<Decimal>,
}

impl WheelHoldings {
    /// Returns the holdings that some cash and positions leave free: short puts on any underlying tie their strikes in
    /// cash, short calls on the underlying tie its shares. A contract counts as 100 shares.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when a sum is too large, or a contract's root names
    /// no underlying.
    pub fn of(underlying: Symbol, cash: Decimal, positions: &[Position]) -> Result<Self> {
        let too_large = || Error::invalid_input("the sum of the holdings exceeds the range of a decimal");
        let (mut held, mut free_cash, mut cost) = (Decimal::ZERO, cash, Some(Decimal::ZERO));
        let mut covered = Decimal::ZERO;
        for position in positions.iter().filter(|position| position.is_open()) {
            match position.instrument {
                Instrument::Symbol(symbol) if symbol == underlying => {
                    held = held.checked_add(position.quantity).ok_or_else(too_large)?;
                    let paid = position.average_cost.and_then(|each| each.checked_mul(position.quantity));
                    cost = cost.zip(paid).and_then(|(cost, paid)| cost.checked_add(paid));
                }
                Instrument::Option(contract) if position.quantity.is_sign_negative() => {
                    let shares = (-position.quantity).checked_mul(SHARES.into()).ok_or_else(too_large)?;
                    if contract.option_type() == OptionType::Put {
                        let tied = shares.checked_mul(contract.strike().to_decimal());
                        free_cash = tied.and_then(|tied| free_cash.checked_sub(tied)).ok_or_else(too_large)?;
                    } else if contract.root().underlying()? == underlying {
                        covered = covered.checked_add(shares).ok_or_else(too_large)?;
                    }
                }
                Instrument::Symbol(_) | Instrument::Option(_) => {}
            }
        }
        let free_shares = held.checked_sub(covered).ok_or_else(too_large)?;
        let basis = cost.filter(|_| held > Decimal::ZERO).and_then(|cost| cost.checked_div(held));
        Ok(Self {
            free_cash: free_cash.max(Decimal::ZERO),
            free_shares: free_shares.max(Decimal::ZERO),
            basis: basis.map(|basis| basis.round_dp(strikebook_core::money::SCALE)),
        })
    }
}
