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
    /// The planned loss at entry including costs; above zero, and fixed from then on.
    pub initial_risk: Option<Decimal>,
    /// The basis of `initial_risk`; `None` when unknown.
    pub risk_basis: Option<RiskBasis>,
    /// The largest possible loss; `None` when unlimited or unknown.
    pub max_risk: Option<Decimal>,
    /// The collateral, such as strike × multiplier × contracts of a cash-secured put.
    pub collateral: Option<Decimal>,
    /// The buying power used.
    pub buying_power_used: Option<Decimal>,
    /// The price at which to stop out.
    pub stop_loss: Option<Decimal>,
    /// The price at which to take profit.
    pub target_price: Option<Decimal>,
    /// The percentage of the premium at which to take profit.
    pub profit_target_percent: Option<f64>,
    /// The percentage of the premium at which to stop out.
    pub loss_limit_percent: Option<f64>,
    /// The maximum adverse excursion: the lowest profit while the trade was open; not above zero.
    pub mae: Option<Decimal>,
    /// The maximum favourable excursion: the highest profit while the trade was open; not below zero.
    pub mfe: Option<Decimal>,
    /// The resolution of the prices behind the excursions, such as `1m`.
    pub excursion_resolution: Option<Name>,
    /// The source of the prices behind the excursions.
    pub excursion_source: Option<Name>,
    /// The highest profit that the trade would have reached after its exit.
    pub post_exit_mfe: Option<Decimal>,
    /// The probability of profit at the entry, from 0 to 1.
    pub probability_of_profit: Option<f64>,
    /// The account's equity at the entry.
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
/// Greeks are per share, in the units of [`Valuation`](crate::pricing::Valuation).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarketContext {
    /// The price of the underlying.
    pub underlying_price: Option<Decimal>,
    /// The implied volatility, per 1.00 a year.
    pub iv: Option<f64>,
    /// The position of the implied volatility between the lowest and the highest of a year, from 0 to 1.
    pub iv_rank: Option<f64>,
    /// The fraction of a year's days with a lower implied volatility, from 0 to 1.
    pub iv_percentile: Option<f64>,
    /// The historical volatility of the last 20 days, per 1.00 a year.
    pub hv20: Option<f64>,
    /// dV/dS, per 1.00 of the underlying's price.
    pub delta: Option<f64>,
    /// d²V/dS², per 1.00 of the underlying's price.
    pub gamma: Option<f64>,
    /// dV/dt, per year of calendar time.
    pub theta: Option<f64>,
    /// dV/dσ, per 1.00 of volatility.
    pub vega: Option<f64>,
    /// dV/dr, per 1.00 of interest rate.
    pub rho: Option<f64>,
    /// The revision of the pricing model of the Greeks.
    pub greeks_revision: Option<u32>,
    /// Calendar days to expiration.
    pub dte: Option<u32>,
    /// The price of the underlying over the strike.
    pub moneyness: Option<f64>,
    /// The market regime at that instant.
    pub regime: Option<Name>,
    /// The VIX in index points.
    pub vix: Option<f64>,
    /// The risk-free rate, per 1.00 a year.
    pub risk_free_rate: Option<f64>,
    /// The volume-weighted average price of the underlying.
    pub vwap: Option<f64>,
    /// The average directional index, from 0 to 100.
    pub adx: Option<f64>,
    /// The average true range, in the underlying's price.
    pub atr: Option<f64>,
    /// The bid–ask spread as a percentage of the mid.
    pub spread_percent: Option<f64>,
    /// The number of open contracts.
    pub open_interest: Option<u64>,
    /// The number of contracts traded so far that day.
    pub volume: Option<u64>,
    /// The day of the next earnings report.
    pub next_earnings: Option<NaiveDate>,
    /// The next ex-dividend date.
    pub next_ex_dividend: Option<NaiveDate>,
    /// The instant of the chain snapshot behind these values.
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
