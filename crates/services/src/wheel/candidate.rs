//! Candidates for a sale, and the reasons against a contract.

use std::fmt;

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Result,
    analytics::Model,
    market::{ChainRow, OptionContract, OptionType},
    pricing::{OptionInputs, Pricer},
};

use crate::pricing::check_count;

/// A model, with its assumptions beside the chain.
#[derive(Clone, Copy, Debug)]
pub struct ValuationModel<'a> {
    /// The model that values the options.
    pub pricer: &'a dyn Pricer,
    /// The interest rate per 1.00 a year, continuously compounded.
    pub rate: f64,
    /// The dividend yield per 1.00 a year, continuously compounded.
    pub dividend_yield: f64,
}

/// The origin of delta and the probability of assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentBasis {
    /// A model, at the volatility implied by the mid price.
    Model {
        /// The model of the underlying's prices.
        model: Model,
        /// The revision of the model.
        revision: u32,
    },
    /// The vendor's delta, whose size is taken as the probability.
    QuotedDelta,
}

/// Delta and the probability of assignment, with their origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) delta: f64,
    pub(super) assignment: f64,
    pub(super) basis: AssignmentBasis,
}

/// A contract that may be sold.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The contract that could be sold.
    pub contract: OptionContract,
    /// The bid at which the contract would be sold, per share.
    pub bid: f64,
    /// The ask, per share.
    pub ask: f64,
    /// The number of contracts that holdings and limits allow.
    pub contracts: u32,
    /// The collateral of one contract: for a put strike × 100 in cash, for a call 100 shares at their present price.
    pub collateral: Decimal,
    /// The proceeds of one contract at the bid, after the fee.
    pub premium: Decimal,
    /// The premium over the collateral, times 365 over the days to expiration: 0.10 is 10 % a year, not compounded.
    pub annualised_return: f64,
    /// The price of the underlying at which the sale breaks even at expiration: for a put its strike less, for a call
    /// the present price less the premium per share.
    pub break_even: f64,
    /// The delta per share.
    pub delta: f64,
    /// The probability of assignment, from 0 to 1: see [`AssignmentBasis`].
    pub assignment: f64,
    /// The origin of delta and probability.
    pub basis: AssignmentBasis,
    /// The calendar days to the last trading day.
    pub days: i64,
    /// The spread per 1.00 of the mid.
    pub spread: f64,
    /// The contracts traded that day.
    pub volume: Option<u64>,
    /// The open interest in contracts; `None` when unknown.
    pub open_interest: Option<u64>,
    /// The first earnings report before expiration.
    pub earnings: Option<NaiveDate>,
    /// The first ex-dividend date before expiration.
    pub ex_dividend: Option<NaiveDate>,
}

/// Defines the reasons with their texts.
macro_rules! reasons {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// A reason not to sell a contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RejectReason {
            $($(#[$meta])* $name),+
        }

        impl RejectReason {
            /// All reasons, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the reason in words.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

reasons! {
    /// The contract was adjusted, or its details state another multiplier: it delivers something other than 100 shares.
    Adjusted = "adjusted contract",
    /// The call is settled in cash, so that no shares cover it.
    CashSettled = "settled in cash",
    /// The payoff of the contract was struck already.
    Settled = "already settled",
    /// The contract has fewer days to expiration than the limit.
    TooSoon = "expires too soon",
    /// The contract has more days to expiration than the limit.
    TooLate = "expires too late",
    /// The strike is on the wrong side of the underlying's price, or at it.
    InTheMoney = "not out of the money",
    /// The quote has no bid.
    NoBid = "no bid",
    /// The quote has no ask, so that the spread is unknown.
    NoAsk = "no ask",
    /// The bid is above the ask.
    Crossed = "crossed quote",
    /// The quote is older than the limit.
    Stale = "stale quote",
    /// The bid is below the limit.
    LowBid = "bid too low",
    /// The spread is wider than the limit.
    WideSpread = "spread too wide",
    /// Fewer contracts were traded than the limit, or their number is unknown.
    LowVolume = "too little volume",
    /// Fewer contracts are open than the limit, or their number is unknown.
    LowOpenInterest = "too little open interest",
    /// Neither the model nor the vendor has a delta.
    NoDelta = "no delta",
    /// The delta is smaller than the limit.
    SmallDelta = "delta too small",
    /// The delta is larger than the limit.
    LargeDelta = "delta too large",
    /// The probability of assignment is higher than the limit.
    LikelyAssigned = "assignment too likely",
    /// The return is below the limit, or nothing is left after the fee.
    LowReturn = "return too low",
    /// The company reports its earnings before expiration.
    Earnings = "earnings inside the term",
    /// The stock has an ex-dividend date before the expiration of a call.
    ExDividend = "ex-dividend inside the term",
    /// The free cash, or the part of it that one sale may tie, does not secure one put.
    NoCash = "not enough cash",
    /// Fewer than 100 shares are free to cover a call.
    NoShares = "no shares to cover",
    /// The strike of a call is below the cost basis of its shares.
    BelowBasis = "strike below cost",
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A contract not to sell, with all reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedContract {
    /// The contract that was turned down.
    pub contract: OptionContract,
    /// The reasons, at least one, in the order of [`RejectReason::ALL`].
    pub reasons: Vec<RejectReason>,
}

/// Returns the estimate for each row of a chain: by the model where there is one and the mid implies a volatility,
/// otherwise by the quoted delta.
///
/// A price of degree one in spot and strike obeys V = S × Δ + K × ∂V∕∂K (Euler), and −∂V∕∂K of a call, ∂V∕∂K of a put,
/// is the discounted risk-neutral probability of exercise (Breeden and Litzenberger 1978). So the probability is e^(rT)
/// × (S × Δ − V) ∕ K for a call and e^(rT) × (V − S × Δ) ∕ K for a put: N(±d₂) in the model of Black and Scholes. An
/// American model counts early exercise too.
pub(super) fn estimates(
    rows: &[ChainRow],
    spot: f64,
    model: Option<&ValuationModel<'_>>,
) -> Result<Vec<Option<Estimate>>> {
    let mut estimates: Vec<_> = rows.iter().map(quoted).collect();
    let Some(ValuationModel { pricer, rate, dividend_yield }) = model else { return Ok(estimates) };
    let inputs = |row: &ChainRow| OptionInputs {
        option_type: row.quote.contract.option_type(),
        spot,
        strike: row.quote.contract.strike().to_f64(),
        years: row.years_to_expiration(),
        rate: *rate,
        dividend_yield: *dividend_yield,
    };
    let usable = |row: &ChainRow| row.quote.mid().filter(|mid| *mid > 0.0 && !row.quote.is_crossed());
    let priced: Vec<_> =
        rows.iter().enumerate().filter_map(|(index, row)| Some((index, (inputs(row), usable(row)?)))).collect();
    let marks: Vec<_> = priced.iter().map(|(_, mark)| *mark).collect();
    let volatilities = pricer.implied_volatility(&marks);
    check_count(*pricer, marks.len(), volatilities.len())?;
    let solved: Vec<_> = priced
        .iter()
        .zip(volatilities)
        .filter_map(|((index, (inputs, _)), volatility)| Some((*index, (*inputs, volatility.ok()?))))
        .collect();
    let options: Vec<_> = solved.iter().map(|(_, option)| *option).collect();
    let values = pricer.value(&options);
    check_count(*pricer, options.len(), values.len())?;
    let basis = AssignmentBasis::Model { model: pricer.model(), revision: pricer.revision() };
    for ((index, (inputs, _)), value) in solved.iter().zip(values) {
        let Ok(value) = value else { continue };
        let signed = (value.price - inputs.spot * value.delta) / inputs.strike * (inputs.rate * inputs.years).exp();
        let assignment = if inputs.option_type == OptionType::Put { signed } else { -signed };
        if let Some(estimate) = estimates.get_mut(*index)
            && assignment.is_finite()
            && value.delta.is_finite()
        {
            *estimate = Some(Estimate { delta: value.delta, assignment: assignment.clamp(0.0, 1.0), basis });
        }
    }
    Ok(estimates)
}

fn quoted(row: &ChainRow) -> Option<Estimate> {
    let delta = row.quote.greeks.delta.filter(|delta| delta.abs() <= 1.0)?;
    Some(Estimate { delta, assignment: delta.abs(), basis: AssignmentBasis::QuotedDelta })
}
