//! The plan of a backtest.

use chrono::NaiveDate;
use serde::Serialize;
use strikebook_core::{Decimal, Name, Result, Source, Timestamp, market::Symbol};

use crate::wheel::{EventCalendar, WheelLimits, check};

/// The rule for rolling a short option into a later one.
///
/// An option that is in the money at the close with at most `days_left` days to expiration is rolled. The new contract
/// has the same type, expires later, is within the limits' days and liquidity, has the same strike or one further out
/// of the money, and brings at least `min_credit`. The strike furthest out is taken, then the nearest expiration.
/// Without such a contract the option is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RollRule {
    /// The most calendar days to expiration of an option to roll.
    pub days_left: i64,
    /// The least net credit per share; below zero allows a debit.
    pub min_credit: Decimal,
}

/// A wheel on one stock over past days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WheelPlan {
    /// The account whose events the run makes.
    pub account: Name,
    /// The name of the strategy in events and the backtest.
    pub strategy: Name,
    /// The stock that the wheel sells options on.
    pub underlying: Symbol,
    /// The first day of the run, inclusive.
    pub first_day: NaiveDate,
    /// The last day of the run, inclusive.
    pub last_day: NaiveDate,
    /// The cash at the start.
    pub cash: Decimal,
    /// The limits of a sale. The fee is that of each contract traded.
    pub limits: WheelLimits,
    /// The distance of a fill from the mid, in halves of the spread: 1 sells at the bid and buys at the ask, 0 does
    /// both at the mid; from 0 to 2. Prices other than bid and ask are rounded to cents, to the account's disadvantage.
    pub slippage: f64,
    /// The fee of an assignment, for each contract.
    pub assignment_fee: Decimal,
    /// The interest on cash, collateral of puts included, per 1.00 a year of 365 days; paid each day, not compounded
    /// within it.
    pub interest: f64,
    /// The share of the premium at which an option is bought back: 0.5 once half of it is earned. `None` never does.
    pub take_profit: Option<f64>,
    /// The rule for rolls; `None` never rolls.
    pub roll: Option<RollRule>,
    /// The earnings and ex-dividend dates.
    pub calendar: EventCalendar,
    /// The instant of the run.
    pub run_at: Timestamp,
    /// The source of the events and metrics, a simulated one.
    pub source: Source,
}

impl WheelPlan {
    /// Creates a plan with the [default limits](WheelLimits::default), fills at bid and ask, no fees and no interest,
    /// without profit target, rolls and events. Its source is `simulated:wheel`.
    ///
    /// # Errors
    /// None in practice: the source is valid.
    pub fn new(
        (account, strategy): (Name, Name),
        underlying: Symbol,
        (first_day, last_day): (NaiveDate, NaiveDate),
        cash: Decimal,
        run_at: Timestamp,
    ) -> Result<Self> {
        Ok(Self {
            account,
            strategy,
            underlying,
            first_day,
            last_day,
            cash,
            limits: WheelLimits::default(),
            slippage: 1.0,
            assignment_fee: Decimal::ZERO,
            interest: 0.0,
            take_profit: None,
            roll: None,
            calendar: EventCalendar::default(),
            run_at,
            source: Source::simulated("wheel")?,
        })
    }

    /// Checks all numbers.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        let money = Decimal::ZERO..Decimal::from(1_000_000_000);
        self.limits.validate()?;
        check("last_day", self.last_day, self.last_day >= self.first_day, "not before first_day")?;
        check("cash", self.cash, self.cash > Decimal::ZERO && money.contains(&self.cash), "above 0 and below 1e9")?;
        check("slippage", self.slippage, (0.0..=2.0).contains(&self.slippage), "from 0 to 2")?;
        check("assignment_fee", self.assignment_fee, money.contains(&self.assignment_fee), "from 0 to 1e9")?;
        check("interest", self.interest, (-1.0..=1.0).contains(&self.interest), "from -1 to 1")?;
        if let Some(target) = self.take_profit {
            check("take_profit", target, target > 0.0 && target <= 1.0, "above 0 and at most 1")?;
        }
        if let Some(RollRule { days_left, .. }) = self.roll {
            check("roll.days_left", days_left, (0..=36_500).contains(&days_left), "from 0 to 36500")?;
        }
        Ok(())
    }
}
