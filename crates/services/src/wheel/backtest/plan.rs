//! What is played.

use chrono::NaiveDate;
use serde::Serialize;
use strikebook_core::{Decimal, Name, Result, Source, Timestamp, market::Symbol};

use crate::wheel::{EventCalendar, Limits, check};

/// When a short option is rolled into a later one.
///
/// It is when it is in the money at the close and at most so many days are left. It goes to a contract of the same type
/// that expires later, within the limits' days and liquidity, at the same strike or one further out of the money, for
/// at least the least net credit per share: to the strike furthest out, then the nearest expiration. Without one it
/// stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Roll {
    /// The most calendar days to expiration at which it is done.
    pub days_left: i64,
    /// The least net credit per share; below zero allows a debit.
    pub min_credit: Decimal,
}

/// A wheel on one stock over past days.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The simulated account.
    pub account: Name,
    /// The strategy's name.
    pub strategy: Name,
    /// The stock.
    pub underlying: Symbol,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// The cash at the start.
    pub cash: Decimal,
    /// What may be sold. Its fee is that of each contract traded.
    pub limits: Limits,
    /// How far from the mid a trade is filled, in halves of the spread: 1 sells at the bid and buys at the ask, 0 does
    /// both at the mid; from 0 to 2. Prices other than bid and ask are rounded to cents, to the account's disadvantage.
    pub slippage: f64,
    /// The fee of an assignment, for each contract.
    pub assignment_fee: Decimal,
    /// The interest on cash, that behind puts included, per 1.00 a year of 365 days; paid each day, not compounded
    /// within it.
    pub interest: f64,
    /// The part of the premium at which an option is bought back: 0.5 when half of it is earned. `None` never does.
    pub take_profit: Option<f64>,
    /// When an option is rolled; `None` never does.
    pub roll: Option<Roll>,
    /// Earnings and ex-dividend days.
    pub calendar: EventCalendar,
    /// When the run is made.
    pub run_at: Timestamp,
    /// The source of the events and metrics: a simulated one.
    pub source: Source,
}

impl Plan {
    /// A plan with the [default limits](Limits::default), which sells at the bid, without fees and interest, never buys
    /// back and never rolls, and knows no events. Its source is `simulated:wheel`.
    ///
    /// # Errors
    /// None.
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
            limits: Limits::default(),
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

    /// Checks every number.
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
        let target = self.take_profit.unwrap_or(0.5);
        check("take_profit", target, target > 0.0 && target <= 1.0, "above 0 and at most 1")?;
        let days = self.roll.map_or(0, |roll| roll.days_left);
        check("roll.days_left", days, (0..=36_500).contains(&days), "from 0 to 36500")
    }
}
