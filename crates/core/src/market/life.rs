//! The life of a contract: when it trades last, and when its payoff is struck.

use chrono::NaiveDate;

use super::{
    OptionContract,
    calendar::{self, close_on, is_trading_day, previous_trading_day},
    product::{LastTrading, Product, SettlementTime, TradingHours},
};
use crate::Timestamp;

/// The two instants that end a contract's life. The [guide](crate::contract_lives) shows them by product.
///
/// ```
/// use strikebook_core::market::OptionContract;
///
/// // On Thursday at 16:14 the option has a minute of trading left, and 17.27 hours until its payoff is struck.
/// let contract: OptionContract = "SPX251219C06500000".parse()?;
/// let (life, at) = (contract.standard_life(), "2025-12-18T16:14:00-05:00".parse()?);
/// assert!(life.is_alive(at) && life.days_to_expiration(at) == 0);
/// assert!((life.years_to_expiration(at) * 365.0 * 24.0 - 17.27).abs() < 0.01);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContractLife {
    /// The instant whose prices strike the payoff. Years to expiration, volatilities and Greeks run to it.
    pub settles_at: Timestamp,
    /// The last instant of trading. Days to expiration run to its day, and the contract is alive up to it.
    pub last_trade_at: Timestamp,
}

impl ContractLife {
    /// Returns the time from `at` to [`settles_at`](Self::settles_at) in years of 365 days; negative after it.
    pub fn years_to_expiration(&self, at: Timestamp) -> f64 {
        const YEAR: f64 = 365.0 * 86_400e6;
        (self.settles_at.as_micros() - at.as_micros()) as f64 / YEAR
    }

    /// Returns the calendar days from the day of `at` in New York to the last trading day: 0 on that day, negative
    /// after it.
    pub fn days_to_expiration(&self, at: Timestamp) -> i64 {
        (self.last_trading_day() - at.new_york_date()).num_days()
    }

    /// Returns the day of [`last_trade_at`](Self::last_trade_at) in New York.
    pub fn last_trading_day(&self) -> NaiveDate {
        self.last_trade_at.new_york_date()
    }

    /// Returns true if the contract still trades at an instant: up to and including the last one.
    pub fn is_alive(&self, at: Timestamp) -> bool {
        at <= self.last_trade_at
    }

    /// Returns true if the payoff has been struck at an instant, from [`settles_at`](Self::settles_at) on.
    pub fn is_settled(&self, at: Timestamp) -> bool {
        at >= self.settles_at
    }
}

impl OptionContract {
    /// Returns the life of the contract under the terms of a product.
    ///
    /// The settlement day is the date in the symbol or, when the exchanges do not trade on it (a Saturday, a holiday),
    /// the last session before.
    pub fn life(&self, product: &Product) -> ContractLife {
        let date = self.expiration();
        let day = if is_trading_day(date) { date } else { previous_trading_day(date) };
        let last_day = match product.last_trading {
            LastTrading::DayBefore => previous_trading_day(day),
            LastTrading::AtClose | LastTrading::FullDay => day,
        };
        let settles_at = match product.settlement {
            SettlementTime::Am => calendar::open_on(day),
            SettlementTime::Pm => close_on(day),
        };
        let last_trade_at = match (product.last_trading, product.hours) {
            (LastTrading::AtClose, _) | (_, TradingHours::Regular) => close_on(last_day),
            (_, TradingHours::Late) => calendar::late_close_on(last_day),
        };
        // In range, since an expiration lies in the years 1973 to 2072.
        let [settles_at, last_trade_at] = [settles_at, last_trade_at].map(|instant| instant.unwrap_or(Timestamp::MAX));
        ContractLife { settles_at, last_trade_at }
    }

    /// Returns the life of the contract under the terms of [its root](super::OptionRoot::product).
    pub fn standard_life(&self) -> ContractLife {
        self.life(&self.root().product())
    }
}
