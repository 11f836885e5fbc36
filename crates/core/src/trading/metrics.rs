//! What a history of closed trades says of itself: profit factor, expected R, win rate, drawdown, costs, returns.
//!
//! Every answer is a [`Measure`]: a value, or the reason why there is none, with the number of trades behind it and the
//! convention by which it was computed. There is no infinity and no stand-in: a history without a loss has no profit
//! factor, and a window without trades has no win rate.
//!
//! The unit is a trade as its owner decided on it: a spread or a cycle, not its legs. Sums of money are exact; ratios
//! are `f64`.

mod equity;
mod measure;
mod outcome;
mod risk;
mod stored;
mod summary;
mod wheel;
mod window;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub use equity::{Drawdown, EquityPoint, closed_equity, daily, drawdown, returns, sharpe, sortino};
pub use measure::{Measure, Undefined};
pub use outcome::{
    CostsBasis, WILSON_ONE_SIDED_95, WILSON_TWO_SIDED_95, WinRate, costs_percent, profit_factor, wilson, win_rate,
};
pub use risk::{capture, exit_efficiency, expectancy, expected_r, expected_r_error, system_quality};
pub use stored::{MetricsKey, MetricsQuery, MetricsRepository, StoredMetrics};
pub use summary::{Conventions, Metrics};
pub use wheel::{
    AnnualisedReturn, Assignment, CollateralMode, annualised_return, basis_after_call_roll, basis_after_put_roll,
    capital_days_return,
};
pub use window::{Window, grouped, in_order};

use crate::{
    Error, Name, Result, Timestamp,
    money::{amount, not_negative, positive},
    validate::check,
};

/// What the metrics need to know of a trade that is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedTrade {
    /// The strategy that it belongs to.
    pub strategy: Option<Name>,
    /// The market's regime when it was opened.
    pub regime: Option<Name>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When it was closed.
    pub closed: Timestamp,
    /// Profit or loss before costs.
    pub gross: Decimal,
    /// Commissions, fees and the cost of slippage; not negative.
    pub costs: Decimal,
    /// Option premium taken in; `None` when it is not known.
    pub premium_received: Option<Decimal>,
    /// The loss that was planned for at entry, costs included, above zero; `None` when none was.
    pub initial_risk: Option<Decimal>,
    /// The money that was held for it, above zero; `None` when it is not known.
    pub collateral: Option<Decimal>,
    /// The lowest profit while it was open; not above zero.
    pub mae: Option<Decimal>,
    /// The highest profit while it was open; not below zero.
    pub mfe: Option<Decimal>,
}

impl ClosedTrade {
    /// A trade with its dates, profit before costs and costs, and nothing else known.
    pub const fn new(opened: Timestamp, closed: Timestamp, gross: Decimal, costs: Decimal) -> Self {
        Self {
            strategy: None,
            regime: None,
            opened,
            closed,
            gross,
            costs,
            premium_received: None,
            initial_risk: None,
            collateral: None,
            mae: None,
            mfe: None,
        }
    }

    /// Profit or loss after costs, exact for a [valid](Self::validate) trade.
    pub fn net(&self) -> Decimal {
        self.gross.saturating_sub(self.costs)
    }

    /// Calendar days from the opening to the closing in New York, at least one.
    pub fn days_held(&self) -> i64 {
        (self.closed.new_york_date() - self.opened.new_york_date()).num_days().max(1)
    }

    /// The multiple of its initial risk that it made; `None` without an initial risk above zero.
    pub fn r_multiple(&self) -> Option<f64> {
        let risk = self.initial_risk.filter(|risk| *risk > Decimal::ZERO)?;
        measure::ratio(self.net(), risk).ok()
    }

    /// Checks amounts, their signs, and that it was closed after it was opened.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        amount("gross", self.gross)?;
        not_negative("costs", self.costs)?;
        check!(not_negative, self.premium_received => "premium_received", self.mfe => "mfe");
        check!(positive, self.initial_risk => "initial_risk", self.collateral => "collateral");
        check!(not_negative, self.mae.map(|mae| -mae) => "mae");
        if self.closed < self.opened {
            return Err(Error::invalid_input("a trade must not be closed before it is opened")
                .with("field", "closed")
                .with("value", self.closed)
                .with("opened", self.opened));
        }
        Ok(())
    }
}

#[cfg(test)]
mod vectors;
