//! What was traded, how, and what it came to.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Error, Json, Name, Result, Timestamp,
    market::{ExerciseStyle, Instrument, OptionType, Strike, Symbol},
    money::{amount, not_negative, positive},
    trading::journal::{CloseAction, ExitReason, OpenAction, Side, WinLoss},
    validate::{check, price},
};

/// What was traded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The stock, or the underlying of the option.
    pub symbol: Symbol,
    /// The stock or the option contract itself.
    pub instrument: Instrument,
    /// When the option may be exercised; `None` for a stock, and when it is not known.
    pub exercise_style: Option<ExerciseStyle>,
    /// Shares per unit: 1 for a stock, 100 for most options.
    pub multiplier: u32,
    /// What an adjusted contract delivers; `None` when that is its multiplier of the underlying.
    pub deliverable: Option<Json>,
}

impl Subject {
    /// A subject with the usual multiplier: 1 for a stock, 100 for an option.
    pub const fn new(symbol: Symbol, instrument: Instrument) -> Self {
        let multiplier = match instrument {
            Instrument::Symbol(_) => 1,
            Instrument::Option(_) => 100,
        };
        Self { symbol, instrument, exercise_style: None, multiplier, deliverable: None }
    }

    /// Call or put; `None` for a stock.
    pub fn option_type(&self) -> Option<OptionType> {
        match self.instrument {
            Instrument::Symbol(_) => None,
            Instrument::Option(contract) => Some(contract.option_type()),
        }
    }

    /// The strike; `None` for a stock.
    pub fn strike(&self) -> Option<Strike> {
        match self.instrument {
            Instrument::Symbol(_) => None,
            Instrument::Option(contract) => Some(contract.strike()),
        }
    }

    /// The expiration; `None` for a stock.
    pub fn expiration(&self) -> Option<NaiveDate> {
        match self.instrument {
            Instrument::Symbol(_) => None,
            Instrument::Option(contract) => Some(contract.expiration()),
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        positive("multiplier", self.multiplier.into())
    }
}

/// How a trade was entered and left. Prices are per share, amounts of money for the whole trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Execution {
    /// Whether one gains when the price rises or when it falls.
    pub side: Side,
    /// How it was opened.
    pub open_action: OpenAction,
    /// How it ended.
    pub close_action: Option<CloseAction>,
    /// Shares or contracts, above zero.
    pub quantity: Decimal,
    /// How many of them are closed.
    pub quantity_closed: Decimal,
    /// When the last of them was closed; `None` while it is open.
    pub exited_at: Option<Timestamp>,
    /// The price at which it was entered, the mean over its fills.
    pub entry_price: Decimal,
    /// The price at which it was left, the mean over its fills.
    pub exit_price: Option<Decimal>,
    /// The bid when it was entered.
    pub entry_bid: Option<Decimal>,
    /// The ask when it was entered.
    pub entry_ask: Option<Decimal>,
    /// What it cost that the entry was not at the price that was meant; below zero when it was better.
    pub slippage_entry: Option<Decimal>,
    /// The same of the exit.
    pub slippage_exit: Option<Decimal>,
    /// The broker's commission; below zero when it is a rebate.
    pub commission: Option<Decimal>,
    /// Regulators' fees.
    pub regulatory_fees: Option<Decimal>,
    /// Exchanges' and clearing fees.
    pub exchange_fees: Option<Decimal>,
    /// The fee of an assignment or exercise.
    pub assignment_fee: Option<Decimal>,
    /// Why it ended.
    pub exit_reason: Option<ExitReason>,
}

impl Execution {
    pub(super) fn validate(&self, entered_at: Timestamp) -> Result<()> {
        positive("quantity", self.quantity)?;
        not_negative("quantity_closed", self.quantity_closed)?;
        amount("entry_price", self.entry_price)?;
        check!(
            amount,
            self.exit_price => "exit_price",
            self.slippage_entry => "slippage_entry",
            self.slippage_exit => "slippage_exit",
            self.commission => "commission",
            self.regulatory_fees => "regulatory_fees",
            self.exchange_fees => "exchange_fees",
            self.assignment_fee => "assignment_fee",
        );
        check!(not_negative, self.entry_bid => "entry_bid", self.entry_ask => "entry_ask");
        let refused = |message, field: &'static str| Err(Error::invalid_input(message).with("field", field));
        if self.quantity_closed > self.quantity {
            return refused("no more can be closed than was opened", "quantity_closed")
                .map_err(|error| error.with("value", self.quantity_closed).with("quantity", self.quantity));
        }
        match self.exited_at {
            Some(exited) if exited < entered_at => {
                refused("a trade must not be left before it is entered", "exited_at")
                    .map_err(|error| error.with("value", exited).with("entered", entered_at))
            }
            Some(_) if self.quantity_closed != self.quantity => {
                refused("a trade that was left has nothing open", "quantity_closed")
            }
            None if self.quantity_closed == self.quantity => {
                refused("a trade of which nothing is open was left at some time", "exited_at")
            }
            _ => Ok(()),
        }
    }
}

/// What a trade came to: money, and credit is above zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Option premium taken in.
    pub premium_received: Option<Decimal>,
    /// Option premium paid.
    pub premium_paid: Option<Decimal>,
    /// Profit or loss before costs; `None` while it is open.
    pub gross_pnl: Option<Decimal>,
    /// Commissions, fees and the cost of slippage; `None` while it is open.
    pub total_costs: Option<Decimal>,
    /// Profit or loss after costs: `gross_pnl` − `total_costs`; `None` while it is open.
    pub net_pnl: Option<Decimal>,
    /// How it ended; `None` while it is open.
    pub win_loss: Option<WinLoss>,
    /// Whether it was won when what followed is counted too, as for an assigned put whose shares lost.
    pub is_win_economic: Option<bool>,
    /// The currency of all its amounts: a code such as `USD`.
    pub currency: Option<Name>,
    /// What one unit of that currency is worth in the account's.
    pub fx_rate: Option<f64>,
}

impl Default for Outcome {
    /// Nothing known.
    fn default() -> Self {
        Self {
            premium_received: None,
            premium_paid: None,
            gross_pnl: None,
            total_costs: None,
            net_pnl: None,
            win_loss: None,
            is_win_economic: None,
            currency: None,
            fx_rate: None,
        }
    }
}

impl Outcome {
    /// Profit or loss before and after costs, and how it ended for an owner who calls a result of at most `tolerance`
    /// in size a draw.
    #[must_use]
    pub fn with_result(self, gross: Decimal, costs: Decimal, tolerance: Decimal) -> Self {
        let net = gross.saturating_sub(costs);
        let win_loss = match net {
            net if net.abs() <= tolerance => WinLoss::Breakeven,
            net if net.is_sign_positive() => WinLoss::Win,
            _ => WinLoss::Loss,
        };
        Self { gross_pnl: Some(gross), total_costs: Some(costs), net_pnl: Some(net), win_loss: Some(win_loss), ..self }
    }

    /// Profit or loss after costs as a percentage of the premium taken in, or of that paid where none was taken in.
    pub fn percent_of_premium(&self) -> Option<f64> {
        let some = |premium: Option<Decimal>| premium.filter(|premium| !premium.is_zero());
        let premium = some(self.premium_received).or_else(|| some(self.premium_paid))?;
        ratio(self.net_pnl?, premium).map(|part| part * 100.0)
    }

    pub(super) fn validate(&self, open: bool) -> Result<()> {
        check!(amount, self.gross_pnl => "gross_pnl", self.total_costs => "total_costs", self.net_pnl => "net_pnl");
        check!(not_negative, self.premium_received => "premium_received", self.premium_paid => "premium_paid");
        check!(price, self.fx_rate => "fx_rate");
        let refused = |message, field| Err(Error::invalid_input(message).with("field", field));
        match (self.gross_pnl, self.total_costs, self.net_pnl, self.win_loss) {
            (None, None, None, None) => Ok(()),
            (Some(_), Some(_), Some(_), Some(_)) if open => refused("an open trade has no result", "net_pnl"),
            (Some(gross), Some(costs), Some(net), Some(_)) if gross.checked_sub(costs) == Some(net) => Ok(()),
            (Some(_), Some(_), Some(_), Some(_)) => refused("net_pnl must be gross_pnl less total_costs", "net_pnl"),
            _ => refused("a result is gross_pnl, total_costs, net_pnl and win_loss together", "net_pnl"),
        }
    }
}

/// A quotient of two amounts; `None` when it is not a finite number.
pub(super) fn ratio(amount: Decimal, by: Decimal) -> Option<f64> {
    amount.checked_div(by)?.try_into().ok()
}
