//! One contract, as something to sell.

use std::fmt;

use chrono::NaiveDate;
use strikebook_core::{
    Decimal,
    analytics::Model,
    market::{ChainRow, OptionContract, OptionType},
    pricing::{OptionInputs, Pricer},
};

/// A model, and what it assumes besides the chain.
#[derive(Clone, Copy, Debug)]
pub struct Valuing<'a> {
    /// The model.
    pub pricer: &'a dyn Pricer,
    /// The interest rate per 1.00 a year, continuously compounded.
    pub rate: f64,
    /// The dividend yield per 1.00 a year, continuously compounded.
    pub dividend_yield: f64,
}

/// What delta and the probability of assignment are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignmentBasis {
    /// A model at the volatility that its price of the mid implies.
    Model {
        /// The model.
        model: Model,
        /// Its revision.
        revision: u32,
    },
    /// The delta that the vendor quoted: its size is taken for the probability.
    QuotedDelta,
}

/// Delta and probability of assignment, and what they are from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Estimate {
    pub(super) delta: f64,
    pub(super) assignment: f64,
    pub(super) basis: AssignmentBasis,
}

/// A contract that may be sold.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The contract.
    pub contract: OptionContract,
    /// The bid that it would be sold at, per share.
    pub bid: f64,
    /// The ask.
    pub ask: f64,
    /// How many contracts the holdings and limits allow.
    pub contracts: u32,
    /// What one contract ties: for a put strike × 100 in cash, for a call 100 shares at their present price.
    pub collateral: Decimal,
    /// What one contract brings at the bid, after the fee.
    pub premium: Decimal,
    /// The premium over the collateral, times 365 over the days to expiration: 0.10 is 10 % a year, not compounded.
    pub annualised_return: f64,
    /// The price of the underlying at which the sale neither earns nor loses by expiration: for a put its strike less,
    /// for a call the present price less the premium per share.
    pub break_even: f64,
    /// Delta per share.
    pub delta: f64,
    /// The probability that it is assigned, from 0 to 1, and what it is from: see [`Valuing`] and [`AssignmentBasis`].
    pub assignment: f64,
    /// What delta and probability are from.
    pub basis: AssignmentBasis,
    /// Calendar days to expiration.
    pub days: i64,
    /// The spread in parts of the mid.
    pub spread: f64,
    /// Contracts traded that day.
    pub volume: Option<u64>,
    /// Contracts open.
    pub open_interest: Option<u64>,
    /// The first earnings report inside the term.
    pub earnings: Option<NaiveDate>,
    /// The first ex-dividend day inside the term.
    pub ex_dividend: Option<NaiveDate>,
}

/// Defines the reasons with their texts.
macro_rules! reasons {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// Why a contract is not sold.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rejection {
            $($(#[$meta])* $name),+
        }

        impl Rejection {
            /// Every reason, in the order in which they are told.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The reason in words.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text),+
                }
            }
        }
    };
}

reasons! {
    /// An adjusted contract, which delivers something else than 100 shares.
    Adjusted = "adjusted contract",
    /// Fewer days to expiration than wanted.
    TooSoon = "expires too soon",
    /// More days to expiration than wanted.
    TooLate = "expires too late",
    /// The strike is on the wrong side of the underlying's price, or at it.
    InTheMoney = "not out of the money",
    /// Nobody bids.
    NoBid = "no bid",
    /// Nobody offers, so that the spread is not known.
    NoAsk = "no ask",
    /// The bid is above the ask.
    Crossed = "crossed quote",
    /// The quote is older than wanted.
    Stale = "stale quote",
    /// The bid is below the lowest wanted.
    LowBid = "bid too low",
    /// The spread is wider than wanted.
    WideSpread = "spread too wide",
    /// Fewer contracts were traded than wanted, or it is not known how many.
    LowVolume = "too little volume",
    /// Fewer contracts are open than wanted, or it is not known how many.
    LowOpenInterest = "too little open interest",
    /// Neither model nor vendor tells a delta.
    NoDelta = "no delta",
    /// Delta is smaller than wanted.
    SmallDelta = "delta too small",
    /// Delta is larger than wanted.
    LargeDelta = "delta too large",
    /// Assignment is more probable than wanted.
    LikelyAssigned = "assignment too likely",
    /// It returns less than wanted, or nothing after the fee.
    LowReturn = "return too low",
    /// The company reports its earnings inside the term.
    Earnings = "earnings inside the term",
    /// The stock goes without dividend inside the term of a call.
    ExDividend = "ex-dividend inside the term",
    /// The free cash, or the part that may be tied, does not secure one put.
    NoCash = "not enough cash",
    /// Fewer than 100 shares are free to cover a call.
    NoShares = "no shares to cover",
    /// The strike of a call is below what its shares cost.
    BelowBasis = "strike below cost",
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A contract that is not sold, and every reason that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The contract.
    pub contract: OptionContract,
    /// The reasons, at least one, in the order of [`Rejection::ALL`].
    pub reasons: Vec<Rejection>,
}

/// The estimate for each row of a chain: by the model where there is one and the mid implies a volatility, otherwise by
/// the quoted delta.
///
/// A price of degree one in spot and strike obeys V = S × Δ + K × ∂V∕∂K (Euler), and −∂V∕∂K of a call, ∂V∕∂K of a put,
/// is the discounted risk-neutral probability of exercise (Breeden and Litzenberger 1978). So the probability is e^(rT)
/// × (S × Δ − V) ∕ K for a call and e^(rT) × (V − S × Δ) ∕ K for a put: N(±d₂) in the model of Black and Scholes. An
/// American model counts early exercise too.
pub(super) fn estimates(rows: &[ChainRow], spot: f64, valuing: Option<&Valuing<'_>>) -> Vec<Option<Estimate>> {
    let mut estimates: Vec<_> = rows.iter().map(quoted).collect();
    let Some(valuing) = valuing else { return estimates };
    let inputs = |row: &ChainRow| OptionInputs {
        option_type: row.quote.contract.option_type(),
        spot,
        strike: row.quote.contract.strike().to_f64(),
        years: row.quote.contract.years_to_expiration(row.quote.at),
        rate: valuing.rate,
        dividend_yield: valuing.dividend_yield,
    };
    let usable = |row: &ChainRow| row.quote.mid().filter(|mid| *mid > 0.0 && !row.quote.is_crossed());
    let priced: Vec<_> =
        rows.iter().enumerate().filter_map(|(place, row)| Some((place, (inputs(row), usable(row)?)))).collect();
    let marks: Vec<_> = priced.iter().map(|(_, mark)| *mark).collect();
    let volatilities = valuing.pricer.implied_volatility(&marks);
    let solved: Vec<_> = priced
        .iter()
        .zip(volatilities)
        .filter_map(|((place, (inputs, _)), volatility)| Some((*place, (*inputs, volatility.ok()?))))
        .collect();
    let options: Vec<_> = solved.iter().map(|(_, option)| *option).collect();
    let basis = AssignmentBasis::Model { model: valuing.pricer.model(), revision: valuing.pricer.revision() };
    for ((place, (inputs, _)), value) in solved.iter().zip(valuing.pricer.value(&options)) {
        let Ok(value) = value else { continue };
        let signed = (value.price - inputs.spot * value.delta) / inputs.strike * (inputs.rate * inputs.years).exp();
        let assignment = if inputs.option_type == OptionType::Put { signed } else { -signed };
        if let Some(place) = estimates.get_mut(*place)
            && assignment.is_finite()
            && value.delta.is_finite()
        {
            *place = Some(Estimate { delta: value.delta, assignment: assignment.clamp(0.0, 1.0), basis });
        }
    }
    estimates
}

fn quoted(row: &ChainRow) -> Option<Estimate> {
    let delta = row.quote.greeks.delta.filter(|delta| delta.abs() <= 1.0)?;
    Some(Estimate { delta, assignment: delta.abs(), basis: AssignmentBasis::QuotedDelta })
}
