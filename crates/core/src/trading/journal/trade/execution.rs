//! The instrument, the entry and exit, and the result of a trade.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Error, Json, Name, Result, Timestamp,
    market::{ExerciseStyle, Instrument, OptionType, Strike, Symbol},
    money::{amount, not_negative, positive},
    trading::journal::{CloseAction, ExitReason, OpenAction, Side, WinLoss},
    validate::{check, price},
};

/// The traded instrument, with its terms.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeSubject {
    /// The stock, or the underlying of the option.
    pub symbol: Symbol,
    /// The stock or the option contract itself.
    pub instrument: Instrument,
    /// The exercise style, by the product's terms unless the owner set another; `None` for a stock.
    pub exercise_style: Option<ExerciseStyle>,
    /// The number of shares per unit: 1 for a stock, 100 for most options.
    pub multiplier: u32,
    /// The deliverable of an adjusted contract; `None` when that is `multiplier` shares of the underlying. Set by a
    /// caller who knows the adjustment: brokers' files lack it.
    pub deliverable: Option<Json>,
}

impl TradeSubject {
    /// Creates a subject with the usual multiplier: 1 for a stock, 100 for an option.
    pub const fn new(symbol: Symbol, instrument: Instrument) -> Self {
        let multiplier = match instrument {
            Instrument::Symbol(_) => 1,
            Instrument::Option(_) => 100,
        };
        Self { symbol, instrument, exercise_style: None, multiplier, deliverable: None }
    }

    /// Returns the option type; `None` for a stock.
    pub fn option_type(&self) -> Option<OptionType> {
        match self.instrument {
            Instrument::Symbol(_) => None,
            Instrument::Option(contract) => Some(contract.option_type()),
        }
    }

    /// Returns the strike; `None` for a stock.
    pub fn strike(&self) -> Option<Strike> {
        match self.instrument {
            Instrument::Symbol(_) => None,
            Instrument::Option(contract) => Some(contract.strike()),
        }
    }

    /// Returns the expiration; `None` for a stock.
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

/// The entry and the exit of a trade. Prices are per share, amounts of money for the whole trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeExecution {
    /// The side: long or short.
    pub side: Side,
    /// The action that opened the trade.
    pub open_action: OpenAction,
    /// The action that closed the trade.
    pub close_action: Option<CloseAction>,
    /// The number of shares or contracts, above zero.
    pub quantity: Decimal,
    /// The number of closed shares or contracts.
    pub quantity_closed: Decimal,
    /// The instant of the last closing; `None` while the trade is open.
    pub exited_at: Option<Timestamp>,
    /// The mean entry price over the fills.
    pub entry_price: Decimal,
    /// The mean exit price over the fills.
    pub exit_price: Option<Decimal>,
    /// The bid at the entry. Added by `fill_contexts` from a stored quote at the entry; brokers' files have no
    /// quotes.
    pub entry_bid: Option<Decimal>,
    /// The ask at the entry. Added by `fill_contexts` from a stored quote at the entry; brokers' files have no
    /// quotes.
    pub entry_ask: Option<Decimal>,
    /// The cost of entering at another price than intended; negative for a better price. Set by the program that
    /// knows the intended price: neither orders nor brokers' files state it.
    pub slippage_entry: Option<Decimal>,
    /// The cost of exiting at another price than intended; negative for a better price. Set by the program that
    /// knows the intended price: neither orders nor brokers' files state it.
    pub slippage_exit: Option<Decimal>,
    /// The broker's commission; negative for a rebate. `None` where a fill or file gives costs in one sum.
    pub commission: Option<Decimal>,
    /// The fees of regulators. `None` where a fill or file gives costs in one sum.
    pub regulatory_fees: Option<Decimal>,
    /// The fees of exchanges and clearing houses. `None` where a fill or file gives costs in one sum.
    pub exchange_fees: Option<Decimal>,
    /// The fee of an assignment or exercise. `None` without such an event.
    pub assignment_fee: Option<Decimal>,
    /// The reason for the exit. Follows from the event for an expiration, assignment, exercise or roll; of another
    /// exit added by `fill_contexts` where the [plan](super::Trade::planned_exit) was reached, and otherwise the
    /// owner's to say.
    pub exit_reason: Option<ExitReason>,
}

crate::port::canonical!(
    TradeExecution:
        quantity quantity_closed entry_price exit_price entry_bid entry_ask slippage_entry slippage_exit commission
        regulatory_fees exchange_fees assignment_fee
);

impl TradeExecution {
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
            return refused("quantity_closed must not exceed quantity", "quantity_closed")
                .map_err(|error| error.with("value", self.quantity_closed).with("quantity", self.quantity));
        }
        match self.exited_at {
            Some(exited) if exited < entered_at => refused("exited_at must not be before the entry", "exited_at")
                .map_err(|error| error.with("value", exited).with("entered", entered_at)),
            Some(_) if self.quantity_closed != self.quantity => {
                refused("quantity_closed of an exited trade must equal its quantity", "quantity_closed")
            }
            None if self.quantity_closed == self.quantity => {
                refused("exited_at must be present when quantity_closed equals quantity", "exited_at")
            }
            _ => Ok(()),
        }
    }
}

/// The result of a trade, in money, positive for credits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TradeOutcome {
    /// The option premium received.
    pub premium_received: Option<Decimal>,
    /// The option premium paid.
    pub premium_paid: Option<Decimal>,
    /// The profit before costs, negative for a loss; `None` for an open trade.
    pub gross_pnl: Option<Decimal>,
    /// Commissions, fees and the cost of slippage; `None` for an open trade.
    pub total_costs: Option<Decimal>,
    /// The profit after costs, `gross_pnl` − `total_costs`; `None` for an open trade.
    pub net_pnl: Option<Decimal>,
    /// The outcome; `None` for an open trade.
    pub win_loss: Option<WinLoss>,
    /// True if the trade won when its consequences count too, such as the loss of shares from an assigned put. Set
    /// by the owner: it depends on what the consequences are compared with.
    pub is_win_economic: Option<bool>,
    /// The currency of all amounts: a code such as `USD`. Set by a caller who keeps several currencies in one
    /// account; an import keeps an account for each.
    pub currency: Option<Name>,
    /// The value of one unit of that currency in the account's currency. Set with `currency`.
    pub fx_rate: Option<f64>,
}

crate::port::canonical!(TradeOutcome: premium_received premium_paid gross_pnl total_costs net_pnl);

impl Default for TradeOutcome {
    /// Returns an outcome without values.
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

impl TradeOutcome {
    /// Sets profit before and after costs, and the outcome. A net profit or loss of at most `tolerance` is breakeven.
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

    /// Returns the net profit as a percentage of the received premium, or else of the paid one.
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
            (Some(_), Some(_), Some(_), Some(_)) if open => {
                refused("net_pnl must be absent for an open trade", "net_pnl")
            }
            (Some(gross), Some(costs), Some(net), Some(_)) if gross.checked_sub(costs) == Some(net) => Ok(()),
            (Some(_), Some(_), Some(_), Some(_)) => {
                refused("net_pnl must equal gross_pnl minus total_costs", "net_pnl")
            }
            _ => refused("gross_pnl, total_costs, net_pnl and win_loss must be all present or all absent", "net_pnl"),
        }
    }
}

/// Returns the quotient of two amounts; `None` when it is not finite.
pub(super) fn ratio(amount: Decimal, by: Decimal) -> Option<f64> {
    amount.checked_div(by)?.try_into().ok()
}
