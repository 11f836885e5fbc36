//! The risk of a trade, and the market around it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Name, Result, Timestamp,
    money::{amount, not_negative, positive},
    trading::journal::RiskBasis,
    validate::{check, count, fraction, number, price, volatility},
};

/// The planned and the realised risk of a whole trade, in money.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// The planned loss at entry including costs; above zero, and fixed from then on. Added by `fill_risks` by a
    /// formula; without a limited loss, a stop or a rule of the owner there is none.
    pub initial_risk: Option<Decimal>,
    /// The basis of `initial_risk`; `None` when unknown. Added with `initial_risk`.
    pub risk_basis: Option<RiskBasis>,
    /// The largest possible loss; `None` when unlimited or unknown. Added by `fill_risks` where the
    /// contracts limit the loss.
    pub max_risk: Option<Decimal>,
    /// The collateral, such as strike × multiplier × contracts of a cash-secured put.
    pub collateral: Option<Decimal>,
    /// The buying power used. Set by a program that asks the broker: it depends on the broker's rules and the rest
    /// of the account.
    pub buying_power_used: Option<Decimal>,
    /// The price at which to stop out. Set by the owner as a part of the plan.
    pub stop_loss: Option<Decimal>,
    /// The price at which to take profit. Set by the owner as a part of the plan.
    pub target_price: Option<Decimal>,
    /// The percentage of the premium at which to take profit. Set by the owner as a part of the plan.
    pub profit_target_percent: Option<f64>,
    /// The percentage of the premium at which to stop out. Set by the owner as a part of the plan.
    pub loss_limit_percent: Option<f64>,
    /// The maximum adverse excursion: the lowest profit while the trade was open; not above zero. Added by
    /// `fill_contexts` to a closed trade, from prices stored between entry and exit.
    pub mae: Option<Decimal>,
    /// The maximum favourable excursion: the highest profit while the trade was open; not below zero. Added by
    /// `fill_contexts` to a closed trade, from prices stored between entry and exit.
    pub mfe: Option<Decimal>,
    /// The resolution of the prices behind the excursions, such as `1m`. Added with them.
    pub excursion_resolution: Option<Name>,
    /// The source of the prices behind the excursions. Added with them.
    pub excursion_source: Option<Name>,
    /// The highest profit that the trade would have reached after its exit. Set by the owner, who decides how long
    /// after the exit counts.
    pub post_exit_mfe: Option<Decimal>,
    /// The probability of profit at the entry, from 0 to 1. Added by `fill_contexts` to a single option, from price
    /// and implied volatility in the entry's context.
    pub probability_of_profit: Option<f64>,
    /// The account's equity at the entry. Set by a program that keeps account snapshots: brokers' histories have no
    /// equity.
    pub account_equity: Option<Decimal>,
}

crate::port::canonical!(
    Risk:
        initial_risk max_risk collateral buying_power_used stop_loss target_price mae mfe post_exit_mfe account_equity
);

impl Risk {
    pub(super) fn validate(&self) -> Result<()> {
        check!(positive, self.initial_risk => "initial_risk");
        check!(
            not_negative,
            self.max_risk => "max_risk",
            self.collateral => "collateral",
            self.mae.map(|mae| -mae) => "mae",
            self.mfe => "mfe",
        );
        check!(
            amount,
            self.buying_power_used => "buying_power_used",
            self.stop_loss => "stop_loss",
            self.target_price => "target_price",
            self.post_exit_mfe => "post_exit_mfe",
            self.account_equity => "account_equity",
        );
        check!(
            number,
            self.profit_target_percent => "profit_target_percent",
            self.loss_limit_percent => "loss_limit_percent",
        );
        check!(fraction, self.probability_of_profit => "probability_of_profit");
        Ok(())
    }
}

/// The market at one instant of a trade.
///
/// No broker's file has any of these. The service `fill_contexts` adds them from stored market data, with the ages and
/// numbers of days that its rules give; those below are its defaults. A value that the store lacks stays `None`.
///
/// Greeks are per share, in the units of [`Valuation`](crate::pricing::Valuation).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarketContext {
    /// The price of the underlying. Of quotes within a day, or else the last daily close within five days.
    pub underlying_price: Option<Decimal>,
    /// The implied volatility, per 1.00 a year. Of the model's stored Greeks, or else of the quote; `None` for a
    /// stock, and without either.
    pub iv: Option<f64>,
    /// The position of the implied volatility between the lowest and the highest of a year, from 0 to 1. Needs
    /// stored chains of at least 20 trading days before.
    pub iv_rank: Option<f64>,
    /// The fraction of a year's days with a lower implied volatility, from 0 to 1. Needs stored chains of at least
    /// 20 trading days before.
    pub iv_percentile: Option<f64>,
    /// The historical volatility of the last 20 days, per 1.00 a year. Of the stored features of the last five
    /// days.
    pub hv20: Option<f64>,
    /// dV/dS, per 1.00 of the underlying's price. Of the model's stored Greeks, or else of the quote; `None` for a
    /// stock, and without either.
    pub delta: Option<f64>,
    /// d²V/dS², per 1.00 of the underlying's price. Of the model's stored Greeks, or else of the quote; `None` for
    /// a stock, and without either.
    pub gamma: Option<f64>,
    /// dV/dt, per year of calendar time. Of the model's stored Greeks, or else of the quote; `None` for a stock,
    /// and without either.
    pub theta: Option<f64>,
    /// dV/dσ, per 1.00 of volatility. Of the model's stored Greeks, or else of the quote; `None` for a stock, and
    /// without either.
    pub vega: Option<f64>,
    /// dV/dr, per 1.00 of interest rate. Of the model's stored Greeks, or else of the quote; `None` for a stock,
    /// and without either.
    pub rho: Option<f64>,
    /// The revision of the pricing model of the Greeks. `None` for a vendor's Greeks.
    pub greeks_revision: Option<u32>,
    /// Calendar days to expiration. `None` for a stock, and after the expiration.
    pub dte: Option<u32>,
    /// The price of the underlying over the strike. `None` for a stock, and without the price.
    pub moneyness: Option<f64>,
    /// The market regime at that instant. Of stored daily bars; `None` with fewer than the indicator needs.
    pub regime: Option<Name>,
    /// The VIX in index points. Of the stored features of the last five days.
    pub vix: Option<f64>,
    /// The risk-free rate, per 1.00 a year. Of the stored features of the last five days.
    pub risk_free_rate: Option<f64>,
    /// The volume-weighted average price of the underlying. Of the day's stored minute bars so far, or else of the
    /// last daily bar.
    pub vwap: Option<f64>,
    /// The average directional index, from 0 to 100. Of stored daily bars; `None` with fewer than the indicator
    /// needs.
    pub adx: Option<f64>,
    /// The average true range, in the underlying's price. Of stored daily bars; `None` with fewer than the
    /// indicator needs.
    pub atr: Option<f64>,
    /// The bid–ask spread as a percentage of the mid. Of the contract's last quote within a day; `None` for a
    /// stock, and without a stored quote.
    pub spread_percent: Option<f64>,
    /// The number of open contracts. Of the contract's last quote within a day; `None` for a stock, and without a
    /// stored quote.
    pub open_interest: Option<u64>,
    /// The number of contracts traded so far that day. Of the contract's last quote within a day; `None` for a
    /// stock, and without a stored quote.
    pub volume: Option<u64>,
    /// The day of the next earnings report. Of the calendar that the reader is given, as known then.
    pub next_earnings: Option<NaiveDate>,
    /// The next ex-dividend date. Of the calendar that the reader is given, as known then.
    pub next_ex_dividend: Option<NaiveDate>,
    /// The instant of the chain snapshot behind these values. `None` without a stored snapshot within a day.
    pub chain_snapshot_at: Option<Timestamp>,
}

crate::port::canonical!(MarketContext: underlying_price);

impl MarketContext {
    pub(super) fn validate(&self) -> Result<()> {
        check!(amount, self.underlying_price => "underlying_price");
        check!(volatility, self.iv => "iv", self.hv20 => "hv20");
        check!(fraction, self.iv_rank => "iv_rank", self.iv_percentile => "iv_percentile");
        check!(
            number,
            self.delta => "delta",
            self.gamma => "gamma",
            self.theta => "theta",
            self.vega => "vega",
            self.rho => "rho",
            self.moneyness => "moneyness",
            self.vwap => "vwap",
            self.risk_free_rate => "risk_free_rate",
        );
        check!(
            price,
            self.vix => "vix",
            self.adx => "adx",
            self.atr => "atr",
            self.spread_percent => "spread_percent",
        );
        check!(count, self.open_interest => "open_interest", self.volume => "volume");
        Ok(())
    }
}
