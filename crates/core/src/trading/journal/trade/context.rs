//! What was at stake, and the market around a trade.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::{
    Decimal, Name, Result, Timestamp,
    money::{amount, not_negative, positive},
    validate::{check, count, fraction, number, price, volatility},
};

/// What was at stake: money, for the whole trade.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Risk {
    /// The loss that was planned for at entry, costs included; above zero, and fixed from then on.
    pub initial_risk: Option<Decimal>,
    /// The largest loss possible; `None` when it is unlimited or not known.
    pub max_risk: Option<Decimal>,
    /// The money held for it, such as strike × multiplier × contracts of a cash-secured put.
    pub collateral: Option<Decimal>,
    /// The buying power that it took.
    pub buying_power_used: Option<Decimal>,
    /// The price to give up at.
    pub stop_loss: Option<Decimal>,
    /// The price to take profit at.
    pub target_price: Option<Decimal>,
    /// The percentage of the premium to take profit at.
    pub profit_target_percent: Option<f64>,
    /// The percentage of the premium to give up at.
    pub loss_limit_percent: Option<f64>,
    /// Maximum adverse excursion: the lowest profit while it was open, not above zero.
    pub mae: Option<Decimal>,
    /// Maximum favourable excursion: the highest profit while it was open, not below zero.
    pub mfe: Option<Decimal>,
    /// How closely the excursions were watched, such as `1m`.
    pub excursion_resolution: Option<Name>,
    /// Whose prices the excursions were computed from.
    pub excursion_source: Option<Name>,
    /// The highest profit that it would have had after it was left.
    pub post_exit_mfe: Option<Decimal>,
    /// The probability of profit when it was entered, from 0 to 1.
    pub probability_of_profit: Option<f64>,
    /// The equity of the account when it was entered.
    pub account_equity: Option<Decimal>,
}

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
/// Greeks are per share, in the units of [`Valuation`](crate::pricing::Valuation).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarketContext {
    /// The price of the underlying.
    pub underlying_price: Option<Decimal>,
    /// Implied volatility per 1.00.
    pub iv: Option<f64>,
    /// Where the implied volatility lies between the lowest and the highest of a year, from 0 to 1.
    pub iv_rank: Option<f64>,
    /// The part of a year's days on which it was lower, from 0 to 1.
    pub iv_percentile: Option<f64>,
    /// Volatility per 1.00 of the last twenty days, per year.
    pub hv20: Option<f64>,
    /// Delta.
    pub delta: Option<f64>,
    /// Gamma.
    pub gamma: Option<f64>,
    /// Theta.
    pub theta: Option<f64>,
    /// Vega.
    pub vega: Option<f64>,
    /// Rho.
    pub rho: Option<f64>,
    /// The revision of the model that the Greeks were computed with.
    pub greeks_revision: Option<u32>,
    /// Calendar days to expiration.
    pub dte: Option<u32>,
    /// Price of the underlying over strike.
    pub moneyness: Option<f64>,
    /// The regime of the market.
    pub regime: Option<Name>,
    /// The VIX, in points.
    pub vix: Option<f64>,
    /// The risk-free rate per 1.00.
    pub risk_free_rate: Option<f64>,
    /// The volume-weighted average price of the underlying.
    pub vwap: Option<f64>,
    /// The average directional index, from 0 to 100.
    pub adx: Option<f64>,
    /// The average true range.
    pub atr: Option<f64>,
    /// The spread of bid and ask as a percentage of their middle.
    pub spread_percent: Option<f64>,
    /// Open contracts.
    pub open_interest: Option<u64>,
    /// Contracts traded that day.
    pub volume: Option<u64>,
    /// The day of the next earnings report.
    pub next_earnings: Option<NaiveDate>,
    /// The next day without dividend.
    pub next_ex_dividend: Option<NaiveDate>,
    /// The instant of the chain snapshot that all this was taken from.
    pub chain_snapshot_at: Option<Timestamp>,
}

impl MarketContext {
    pub(super) fn validate(&self) -> Result<()> {
        check!(not_negative, self.underlying_price => "underlying_price");
        check!(volatility, self.iv => "iv", self.hv20 => "hv20");
        check!(fraction, self.iv_rank => "iv_rank", self.iv_percentile => "iv_percentile");
        check!(
            number,
            self.delta => "delta",
            self.gamma => "gamma",
            self.theta => "theta",
            self.vega => "vega",
            self.rho => "rho",
            self.risk_free_rate => "risk_free_rate",
        );
        check!(
            price,
            self.moneyness => "moneyness",
            self.vix => "vix",
            self.vwap => "vwap",
            self.adx => "adx",
            self.atr => "atr",
            self.spread_percent => "spread_percent",
        );
        check!(count, self.open_interest => "open_interest", self.volume => "volume");
        Ok(())
    }
}
