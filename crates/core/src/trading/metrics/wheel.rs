//! Returns on collateral, and the cost basis of assigned shares.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Serialize};

use super::{
    ClosedTrade, Measure, Undefined,
    measure::{finite, ratio, total},
};
use crate::{Error, Result, money::positive, vocabulary::vocabulary};

/// Days in a year of a return on collateral.
const YEAR: f64 = 365.0;

vocabulary! {
    /// The collateral of a short option.
    CollateralMode, "collateral mode" {
        /// The whole amount: strike × multiplier × contracts.
        Full = "full",
        /// The whole amount minus the received premium; none when the premium is unknown.
        NetOfPremium = "net_of_premium",
    }
}

/// The return of a trade on its collateral.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnualisedReturn {
    /// The net profit over the collateral: 0.04 is 4 %.
    pub of_collateral: f64,
    /// The calendar days held, at least 1.
    pub days: i64,
    /// The simple annual rate: return × 365 / days.
    pub simple: f64,
    /// The compound annual rate: (1 + return)^(365 / days) − 1. Out of range when the loss exceeds the collateral.
    pub compound: std::result::Result<f64, Undefined>,
}

/// Computes the return of one trade on its collateral, and its annual rates.
pub fn annualised_return(trade: &ClosedTrade, mode: CollateralMode) -> Measure<AnnualisedReturn> {
    let collateral = match mode {
        CollateralMode::Full => trade.collateral,
        CollateralMode::NetOfPremium => {
            trade.collateral.zip(trade.premium_received).and_then(|(whole, premium)| whole.checked_sub(premium))
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

/// Computes the annual return of several trades, such as a cycle or a portfolio, on their collateral: 365 × Σ net / Σ
/// (collateral × days held). This is the mean of the trades' simple rates, weighted by collateral and days.
pub fn capital_days_return(trades: &[ClosedTrade]) -> Measure {
    let collateral = |trade: &ClosedTrade| trade.collateral.filter(|held| *held > Decimal::ZERO);
    let held: Vec<_> = trades.iter().filter_map(|trade| Some((trade, collateral(trade)?))).collect();
    let measure = Measure::of(held.len(), "365 × Σ net / Σ collateral × days", || {
        let net = total(held.iter().map(|(trade, _)| trade.net()))?;
        let capital_days = held.iter().map(|(trade, collateral)| Some(collateral.to_f64()? * trade.days_held() as f64));
        let (net, capital_days) = net.to_f64().zip(capital_days.sum::<Option<f64>>()).ok_or(Undefined::OutOfRange)?;
        finite(YEAR * net / capital_days)
    });
    measure.out_of(trades.len(), Undefined::NoCollateral)
}

/// Shares received by the assignment of a put, with the cash flows of their cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The strike of the assigned contract: after rolls, the last one's.
    pub strike: Decimal,
    /// The number of received shares, above zero.
    pub shares: Decimal,
    /// The fees of the cycle.
    pub fees: Decimal,
    /// The net credits of all options of the cycle. Of a put that was assigned in part, the credits of the assigned
    /// contracts only. Calls on fewer shares than are held count for all shares.
    pub option_credits: Decimal,
    /// The dividends that lower the basis.
    pub dividends: Decimal,
}

impl Assignment {
    /// Returns the cost of a share after all cash flows of the cycle, which is the breakeven price of the cycle.
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

    /// Returns the profit of the cycle when all shares are called away at a strike: (strike − adjusted basis) ×
    /// shares, the sum of all cash flows. The basis includes the premiums already.
    ///
    /// # Errors
    /// As [`adjusted_basis`](Self::adjusted_basis).
    pub fn called_away(&self, strike: Decimal) -> Result<Decimal> {
        let paid = self.paid()?;
        strike.checked_mul(self.shares).and_then(|received| received.checked_sub(paid)).ok_or_else(out_of_range)
    }

    /// Returns the cost basis of a share for United States tax: the strike minus the assigned put's premium per
    /// share. Premiums of calls do not lower it.
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
    Error::invalid_input("the sum of the amounts exceeds the range of a decimal")
}

/// Returns the basis per share that a put would yield, after a roll of the put to another strike for a net credit per
/// share.
pub fn basis_after_put_roll(basis: Decimal, old_strike: Decimal, new_strike: Decimal, net_credit: Decimal) -> Decimal {
    basis.saturating_add(new_strike).saturating_sub(old_strike).saturating_sub(net_credit)
}

/// Returns the basis of a share after a call on it was rolled for a net credit per share, negative for a debit.
pub fn basis_after_call_roll(basis: Decimal, net_credit: Decimal) -> Decimal {
    basis.saturating_sub(net_credit)
}
