//! What the wheel earns on its collateral, and what its shares have really cost.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use super::{
    ClosedTrade, Measure, Undefined,
    measure::{finite, ratio, total},
};
use crate::{Error, Result, money::positive, vocabulary::vocabulary};

/// Days in a year, as yields on collateral count them.
const YEAR: f64 = 365.0;

vocabulary! {
    /// What counts as the money behind a short option.
    CollateralMode, "collateral mode" {
        /// All of it: strike × multiplier × contracts.
        Full = "full",
        /// Less the premium taken in, which the owner did not have to bring.
        NetOfPremium = "net_of_premium",
    }
}

/// What a trade earned on its collateral.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnualisedReturn {
    /// Net profit over collateral: 0.04 is 4 %.
    pub of_collateral: f64,
    /// Calendar days held, at least one.
    pub days: i64,
    /// A year of it, simply: × 365 / days.
    pub simple: f64,
    /// A year of it, compounded: (1 + return) to the power of 365 / days, less 1. It is out of range when more than the
    /// collateral was lost.
    pub compound: std::result::Result<f64, Undefined>,
}

/// What one trade earned on its collateral, and what that is in a year.
pub fn annualised_return(trade: &ClosedTrade, mode: CollateralMode) -> Measure<AnnualisedReturn> {
    let collateral = match mode {
        CollateralMode::Full => trade.collateral,
        CollateralMode::NetOfPremium => {
            trade.collateral.and_then(|whole| whole.checked_sub(trade.premium_received.unwrap_or_default()))
        }
    };
    let collateral = collateral.filter(|collateral| *collateral > Decimal::ZERO);
    let measure = Measure::of(collateral.iter().len(), format!("collateral {mode}, 365 days"), || {
        let of_collateral = ratio(trade.net(), collateral.ok_or(Undefined::NoCollateral)?)?;
        let days = trade.days_held();
        let periods = YEAR / days as f64;
        let simple = finite(of_collateral * periods)?;
        let compound = finite((1.0 + of_collateral).powf(periods) - 1.0);
        let compound = if of_collateral < -1.0 { Err(Undefined::OutOfRange) } else { compound };
        Ok(AnnualisedReturn { of_collateral, days, simple, compound })
    });
    measure.out_of(1, Undefined::NoCollateral)
}

/// What several trades, a cycle or a portfolio, earned in a year on the collateral they held: 365 × Σ net over Σ
/// (collateral × days held). It is the mean of the trades' simple rates, weighted by collateral and days.
pub fn capital_days_return(trades: &[ClosedTrade]) -> Measure {
    let has_collateral = |trade: &&ClosedTrade| trade.collateral.is_some_and(|held| held > Decimal::ZERO);
    let held: Vec<_> = trades.iter().filter(has_collateral).collect();
    let measure = Measure::of(held.len(), "365 × Σ net / Σ collateral × days", || {
        let net = total(held.iter().map(|trade| trade.net()))?;
        let capital_days = held.iter().map(|trade| {
            let collateral = trade.collateral.unwrap_or_default().to_f64().unwrap_or(f64::INFINITY);
            collateral * trade.days_held() as f64
        });
        finite(YEAR * net.to_f64().ok_or(Undefined::OutOfRange)? / capital_days.sum::<f64>())
    });
    measure.out_of(trades.len(), Undefined::NoCollateral)
}

/// Shares that a put put to its seller, and what the cycle around them brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The strike of the contract that was assigned: after rolls, the last one's.
    pub strike: Decimal,
    /// Shares received, above zero.
    pub shares: Decimal,
    /// Fees of the cycle.
    pub fees: Decimal,
    /// Credits less debits of all options of the cycle. Of a put that was assigned in part, the credits of the
    /// contracts that were. Calls on fewer shares than are held count for all of them.
    pub option_credits: Decimal,
    /// Dividends that shall lower the basis.
    pub dividends: Decimal,
}

impl Assignment {
    /// What a share has cost after all that the cycle brought; also the price at which the cycle breaks even.
    ///
    /// ```
    /// use strikebook_core::{Decimal, trading::metrics::Assignment};
    ///
    /// let wheel = Assignment {
    ///     strike: 50.into(),
    ///     shares: 100.into(),
    ///     fees: Decimal::ZERO,
    ///     option_credits: 450.into(),
    ///     dividends: Decimal::ZERO,
    /// };
    /// assert_eq!(wheel.adjusted_basis()?, Decimal::new(45_50, 2));
    /// assert_eq!(wheel.called_away(51.into())?, 550.into());
    /// # Ok::<(), strikebook_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there are no shares or an amount is out of range.
    pub fn adjusted_basis(&self) -> Result<Decimal> {
        let paid = self.paid()?;
        paid.checked_div(self.shares).ok_or_else(out_of_range)
    }

    /// What the cycle made when calls took all shares at a strike: (strike − adjusted basis) × shares, which is the sum
    /// of all its cash flows. The premiums are in the basis already.
    ///
    /// # Errors
    /// As [`adjusted_basis`](Self::adjusted_basis).
    pub fn called_away(&self, strike: Decimal) -> Result<Decimal> {
        let paid = self.paid()?;
        strike.checked_mul(self.shares).and_then(|received| received.checked_sub(paid)).ok_or_else(out_of_range)
    }

    /// What a share has cost to the tax office of the United States: the strike less the premium a share of the
    /// assigned put alone. Premiums of calls do not lower it.
    pub fn tax_basis(&self, put_premium: Decimal) -> Decimal {
        self.strike.saturating_sub(put_premium)
    }

    fn paid(&self) -> Result<Decimal> {
        positive("shares", self.shares)?;
        let price = self.strike.checked_mul(self.shares);
        let paid = price.and_then(|paid| paid.checked_add(self.fees));
        let paid = paid.and_then(|paid| paid.checked_sub(self.option_credits));
        paid.and_then(|paid| paid.checked_sub(self.dividends)).ok_or_else(out_of_range)
    }
}

fn out_of_range() -> Error {
    Error::invalid_input("the amounts are too large to be added up")
}

/// The basis a share that a put would give, after the put was rolled to another strike for a net credit a share.
pub fn basis_after_put_roll(basis: Decimal, old_strike: Decimal, new_strike: Decimal, net_credit: Decimal) -> Decimal {
    basis.saturating_add(new_strike).saturating_sub(old_strike).saturating_sub(net_credit)
}

/// The basis of a share after a call on it was rolled for a net credit a share, negative when it cost.
pub fn basis_after_call_roll(basis: Decimal, net_credit: Decimal) -> Decimal {
    basis.saturating_sub(net_credit)
}
