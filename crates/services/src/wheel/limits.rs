//! The limits of a sale.

use chrono::TimeDelta;
use serde::{Serialize, Serializer};
use strikebook_core::{Decimal, Result};

use super::check;

/// The limits of a contract to be sold, and of its share of the account.
///
/// ```
/// use strikebook_services::wheel::WheelLimits;
///
/// let limits = WheelLimits::default().with_days(20, 45).with_delta(0.15, 0.30).with_open_interest(500);
/// assert!(limits.validate().is_ok());
/// assert!(limits.with_delta(0.30, 0.15).validate().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WheelLimits {
    /// The fewest calendar days to expiration.
    pub min_days: i64,
    /// The most calendar days to expiration.
    pub max_days: i64,
    /// The smallest delta, without its sign.
    pub min_delta: f64,
    /// The largest delta, without its sign.
    pub max_delta: f64,
    /// The largest probability of assignment, from 0 to 1.
    pub max_assignment: f64,
    /// The lowest annualised return on collateral, after fees: 0.10 is 10 %.
    pub min_return: f64,
    /// The lowest bid, per share.
    pub min_bid: f64,
    /// The widest spread, per 1.00 of the mid.
    pub max_spread: f64,
    /// The fewest contracts traded that day. An unknown number does not reach a minimum above zero.
    pub min_volume: u64,
    /// The fewest open contracts. An unknown number does not reach a minimum above zero.
    pub min_open_interest: u64,
    /// The greatest age of a quote.
    #[serde(serialize_with = "seconds")]
    pub max_quote_age: TimeDelta,
    /// True to sell nothing over an earnings report.
    pub avoid_earnings: bool,
    /// True to sell no call over an ex-dividend date, before which it may be assigned early.
    pub avoid_ex_dividend: bool,
    /// True to sell no call below the cost basis of its shares.
    pub protect_basis: bool,
    /// The most contracts of one sale.
    pub max_contracts: u32,
    /// The largest part of the free cash that one sale of puts may tie, from 0 to 1.
    pub max_cash_part: f64,
    /// The fee of selling one contract, in money. Returns are net of it.
    pub fee: Decimal,
}

impl Default for WheelLimits {
    /// Returns 7 to 60 days; deltas from 0.05 to 0.35; any probability and return; a bid of at least 0.05; a spread of
    /// at most 20 % of the mid; 100 open contracts and any volume; quotes of the last 15 minutes; neither earnings nor,
    /// for calls, ex-dividend dates; no call below cost; 10 contracts; all free cash; no fee.
    fn default() -> Self {
        Self {
            min_days: 7,
            max_days: 60,
            min_delta: 0.05,
            max_delta: 0.35,
            max_assignment: 1.0,
            min_return: 0.0,
            min_bid: 0.05,
            max_spread: 0.20,
            min_volume: 0,
            min_open_interest: 100,
            max_quote_age: TimeDelta::minutes(15),
            avoid_earnings: true,
            avoid_ex_dividend: true,
            protect_basis: true,
            max_contracts: 10,
            max_cash_part: 1.0,
            fee: Decimal::ZERO,
        }
    }
}

fn seconds<S: Serializer>(age: &TimeDelta, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_i64(age.num_seconds())
}

impl WheelLimits {
    /// Sets the calendar days to expiration.
    #[must_use]
    pub const fn with_days(mut self, min: i64, max: i64) -> Self {
        (self.min_days, self.max_days) = (min, max);
        self
    }

    /// Sets the deltas, without their sign.
    #[must_use]
    pub const fn with_delta(mut self, min: f64, max: f64) -> Self {
        (self.min_delta, self.max_delta) = (min, max);
        self
    }

    /// Sets the largest probability of assignment.
    #[must_use]
    pub const fn with_assignment(mut self, max: f64) -> Self {
        self.max_assignment = max;
        self
    }

    /// Sets the lowest annualised return on collateral.
    #[must_use]
    pub const fn with_return(mut self, min: f64) -> Self {
        self.min_return = min;
        self
    }

    /// Sets the lowest bid.
    #[must_use]
    pub const fn with_bid(mut self, min: f64) -> Self {
        self.min_bid = min;
        self
    }

    /// Sets the widest spread, per 1.00 of the mid.
    #[must_use]
    pub const fn with_spread(mut self, max: f64) -> Self {
        self.max_spread = max;
        self
    }

    /// Sets the fewest contracts traded that day.
    #[must_use]
    pub const fn with_volume(mut self, min: u64) -> Self {
        self.min_volume = min;
        self
    }

    /// Sets the fewest open contracts.
    #[must_use]
    pub const fn with_open_interest(mut self, min: u64) -> Self {
        self.min_open_interest = min;
        self
    }

    /// Sets the greatest age of a quote.
    #[must_use]
    pub const fn with_quote_age(mut self, max: TimeDelta) -> Self {
        self.max_quote_age = max;
        self
    }

    /// Sets the avoidance of earnings reports, and of ex-dividend dates for calls.
    #[must_use]
    pub const fn with_events_avoided(mut self, earnings: bool, ex_dividend: bool) -> Self {
        (self.avoid_earnings, self.avoid_ex_dividend) = (earnings, ex_dividend);
        self
    }

    /// Sets the most contracts of a sale, and the largest part of the free cash that puts may tie.
    #[must_use]
    pub const fn with_size(mut self, max_contracts: u32, max_cash_part: f64) -> Self {
        (self.max_contracts, self.max_cash_part) = (max_contracts, max_cash_part);
        self
    }

    /// Sets the fee of selling a contract.
    #[must_use]
    pub const fn with_fee(mut self, fee: Decimal) -> Self {
        self.fee = fee;
        self
    }

    /// Checks all limits.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let part = |value: f64| (0.0..=1.0).contains(&value);
        let measure = |value: f64| (0.0..1e12).contains(&value);
        check("min_days", self.min_days, self.min_days >= 0, "not negative")?;
        check("max_days", self.max_days, (self.min_days..=36_500).contains(&self.max_days), "from min_days to 36500")?;
        check("min_delta", self.min_delta, part(self.min_delta), "from 0 to 1")?;
        let deltas = part(self.max_delta) && self.max_delta >= self.min_delta;
        check("max_delta", self.max_delta, deltas, "from min_delta to 1")?;
        check("max_assignment", self.max_assignment, part(self.max_assignment), "from 0 to 1")?;
        check("min_return", self.min_return, measure(self.min_return), "finite and not negative")?;
        check("min_bid", self.min_bid, measure(self.min_bid), "finite and not negative")?;
        check("max_spread", self.max_spread, measure(self.max_spread), "finite and not negative")?;
        let age = self.max_quote_age;
        check("max_quote_age", age, age >= TimeDelta::zero(), "not negative")?;
        check("max_contracts", self.max_contracts, self.max_contracts > 0, "at least 1")?;
        check("max_cash_part", self.max_cash_part, part(self.max_cash_part), "from 0 to 1")?;
        let fee = self.fee >= Decimal::ZERO && self.fee < Decimal::from(1_000_000);
        check("fee", self.fee, fee, "from 0 to 1000000")
    }
}
