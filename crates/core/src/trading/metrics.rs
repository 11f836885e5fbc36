//! Performance metrics of closed trades: profit factor, expected R, win rate, drawdown, costs, returns.
//!
//! Every metric is a [`Measure`]: a value or the reason why it is undefined, with the number of trades and the
//! convention of the computation. Infinity and placeholders never occur: a history without a loss has no profit
//! factor, and a window without trades has no win rate.
//!
//! The unit is a trade as its owner decided on it: a spread or a cycle, not a leg ([`TradeUnit`]). Sums of money are
//! exact decimals; ratios are `f64`.

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
pub use summary::{Conventions, Metrics, TradeUnit};
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

/// The properties of a closed trade that the metrics need.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClosedTrade {
    /// The strategy of the trade.
    pub strategy: Option<Name>,
    /// The market regime at the opening.
    pub regime: Option<Name>,
    /// The instant of the opening.
    pub opened: Timestamp,
    /// The instant of the closing.
    pub closed: Timestamp,
    /// The profit before costs, negative for a loss.
    pub gross: Decimal,
    /// Commissions, fees and the cost of slippage; negative when rebates exceed them.
    pub costs: Decimal,
    /// The option premium received; `None` when unknown.
    pub premium_received: Option<Decimal>,
    /// The planned loss at entry including costs, above zero; `None` when none was planned.
    pub initial_risk: Option<Decimal>,
    /// The collateral held for the trade, above zero; `None` when unknown.
    pub collateral: Option<Decimal>,
    /// The maximum adverse excursion: the lowest profit while the trade was open; not above zero.
    pub mae: Option<Decimal>,
    /// The maximum favourable excursion: the highest profit while the trade was open; not below zero.
    pub mfe: Option<Decimal>,
}

impl ClosedTrade {
    /// Creates a trade with its dates, profit before costs and costs only.
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

    /// Returns the profit after costs, exact for a [valid](Self::validate) trade.
    pub fn net(&self) -> Decimal {
        self.gross.saturating_sub(self.costs)
    }

    /// Returns the calendar days from opening to closing in New York, at least 1.
    pub fn days_held(&self) -> i64 {
        (self.closed.new_york_date() - self.opened.new_york_date()).num_days().max(1)
    }

    /// Returns the net profit as a multiple of the initial risk; `None` without an initial risk above zero.
    pub fn r_multiple(&self) -> Option<f64> {
        let risk = self.initial_risk.filter(|risk| *risk > Decimal::ZERO)?;
        measure::ratio(self.net(), risk).ok()
    }

    /// Checks amounts and their signs, and that the trade does not close before it opens.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) with the offending `field` and its `value`.
    pub fn validate(&self) -> Result<()> {
        amount("gross", self.gross)?;
        amount("costs", self.costs)?;
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
