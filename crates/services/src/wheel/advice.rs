//! Advice: the contracts of a chain to sell, and the reasons against the others.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rust_decimal::prelude::ToPrimitive;
use strikebook_core::{
    AsOf, Decimal, Error, ErrorKind, Result,
    market::{
        ChainQuery, ChainRepository, ChainRow, CorporateActionRepository, Delivery, OptionChain, OptionQuote,
        OptionType, Symbol, UnderlyingRepository,
    },
    trading::metrics::{ClosedTrade, CollateralMode, annualised_return},
};

use super::{
    Candidate, EventCalendar, RejectReason, RejectedContract, SHARES, ValuationModel, WheelHoldings, WheelLimits,
    candidate::{Estimate, estimates},
};
use crate::amount::{decimal, float, money};

/// The inputs of advice beside the chain.
#[derive(Clone, Copy, Debug)]
pub struct AdviceInputs<'a> {
    /// The free cash and shares.
    pub holdings: &'a WheelHoldings,
    /// The earnings and ex-dividend dates, each with the instant from which it is known.
    pub calendar: &'a EventCalendar,
    /// The limits of a sale.
    pub limits: &'a WheelLimits,
    /// The model of delta and the probability of assignment. Without one, the vendor's deltas are taken.
    pub model: Option<ValuationModel<'a>>,
}

/// The contracts to sell, best first, and the reasons against the others.
#[derive(Clone, Debug, PartialEq)]
pub struct WheelAdvice {
    /// The underlying of the advice.
    pub underlying: Symbol,
    /// The limits of the read of the chain.
    pub as_of: AsOf,
    /// The price of the underlying.
    pub spot: f64,
    /// Cash-secured puts, by annualised return on collateral; of equal ones the less likely assigned first.
    pub puts: Vec<Candidate>,
    /// Covered calls, in the same order.
    pub calls: Vec<Candidate>,
    /// All other contracts, in the order of the chain.
    pub rejected: Vec<RejectedContract>,
}

impl WheelAdvice {
    /// Returns the number of rejected contracts for each reason. A contract counts for each of its reasons.
    pub fn counts(&self) -> BTreeMap<RejectReason, usize> {
        let mut counts = BTreeMap::new();
        for reason in self.rejected.iter().flat_map(|rejected| &rejected.reasons) {
            *counts.entry(*reason).or_default() += 1;
        }
        counts
    }
}

/// Ranks the puts and calls of a chain. The same input gives the same advice, and every contract of the chain is in one
/// of its lists.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) when a limit is out of its range, or the price of the underlying is not
/// above zero.
pub fn advise(chain: &OptionChain, spot: f64, inputs: &AdviceInputs<'_>) -> Result<WheelAdvice> {
    inputs.limits.validate()?;
    if !(f64::MIN_POSITIVE..1e12).contains(&spot) {
        return Err(Error::invalid_input("the price of the underlying must be above zero and below 1e12")
            .with("field", "spot")
            .with("value", spot));
    }
    let (mut puts, mut calls, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    let rows = chain.rows();
    for (row, estimate) in rows.iter().zip(estimates(rows, spot, inputs.model.as_ref())?) {
        let contract = row.quote.contract;
        let review = Review { row, estimate, spot, as_of: chain.as_of, underlying: chain.underlying, inputs };
        match review.verdict()? {
            Ok(candidate) if contract.option_type() == OptionType::Put => puts.push(candidate),
            Ok(candidate) => calls.push(candidate),
            Err(reasons) => rejected.push(RejectedContract { contract, reasons }),
        }
    }
    for candidates in [&mut puts, &mut calls] {
        candidates.sort_by(|one, other| {
            let by_return = other.annualised_return.total_cmp(&one.annualised_return);
            by_return.then(one.assignment.total_cmp(&other.assignment)).then(one.contract.cmp(&other.contract))
        });
    }
    Ok(WheelAdvice { underlying: chain.underlying, as_of: chain.as_of, spot, puts, calls, rejected })
}

/// Reads a chain as of a point in time and [advises](advise) on it. The price of the underlying is the one quoted with
/// the options, or else its own last quote, if that is fresh. The stored [earnings reports and ex-dividend
/// dates](EventCalendar::read), as known at the knowledge limit, are added to the inputs' calendar. Quotes older than
/// the limits allow are read up to a day, so that the advice lists them as stale.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) as for [`advise`]; [`NotFound`](ErrorKind::NotFound) when the store has no
/// price of the underlying; and those of the store.
pub async fn advise_as_of(
    store: &(impl ChainRepository + UnderlyingRepository + CorporateActionRepository + ?Sized),
    underlying: Symbol,
    as_of: AsOf,
    inputs: &AdviceInputs<'_>,
) -> Result<WheelAdvice> {
    inputs.limits.validate()?;
    let age = inputs.limits.max_quote_age.max(chrono::TimeDelta::days(1));
    let chain = store.chain_as_of(&ChainQuery::new(underlying, as_of).with_max_quote_age(age)).await?;
    let mut spot = chain.underlying_price();
    if spot.is_none() {
        let quote = store.underlying_as_of(underlying, as_of).await?;
        spot = quote.filter(|quote| as_of.at.since(quote.at) <= age).and_then(|quote| quote.price());
    }
    let unknown = || {
        Error::new(ErrorKind::NotFound, "the store has no price of the underlying of the last day")
            .with("underlying", underlying)
            .with("at", as_of.at)
    };
    let today = as_of.at.new_york_date();
    let days = (today, today + Days::new(inputs.limits.max_days.unsigned_abs()));
    let stored = EventCalendar::read(store, underlying, days, as_of.known_by).await?;
    let calendar = inputs.calendar.merged(stored);
    let inputs = AdviceInputs { calendar: &calendar, ..*inputs };
    advise(&chain, spot.filter(|price| *price > 0.0).ok_or_else(unknown)?, &inputs)
}

/// A candidate, or all reasons against it.
type Verdict = std::result::Result<Candidate, Vec<RejectReason>>;

/// The review of one contract.
struct Review<'a> {
    row: &'a ChainRow,
    estimate: Option<Estimate>,
    spot: f64,
    as_of: AsOf,
    underlying: Symbol,
    inputs: &'a AdviceInputs<'a>,
}

impl Review<'_> {
    fn quote(&self) -> &OptionQuote {
        &self.row.quote
    }

    fn is_put(&self) -> bool {
        self.quote().contract.option_type() == OptionType::Put
    }

    fn verdict(&self) -> Result<Verdict> {
        let AdviceInputs { holdings, limits, .. } = self.inputs;
        let mut reasons = self.faults_of_contract();
        reasons.extend(self.faults_of_quote());
        reasons.extend(self.faults_of_estimate());
        let (collateral, premium, annualised_return) = self.returns()?;
        if premium <= Decimal::ZERO || annualised_return < limits.min_return {
            reasons.push(RejectReason::LowReturn);
        }
        let (earnings, ex_dividend) = self.events();
        reasons.extend(earnings.filter(|_| limits.avoid_earnings).map(|_| RejectReason::Earnings));
        let avoid = limits.avoid_ex_dividend && !self.is_put();
        reasons.extend(ex_dividend.filter(|_| avoid).map(|_| RejectReason::ExDividend));
        let contracts = self.size(collateral)?;
        if contracts == 0 {
            reasons.push(if self.is_put() { RejectReason::NoCash } else { RejectReason::NoShares });
        }
        let strike = self.quote().contract.strike().to_decimal();
        let is_below_basis = holdings.basis.is_some_and(|basis| strike < basis);
        if !self.is_put() && limits.protect_basis && is_below_basis {
            reasons.push(RejectReason::BelowBasis);
        }
        reasons.sort_unstable();
        reasons.dedup();
        let quote = self.quote();
        let (Some(bid), Some(ask), Some(mid), Some(Estimate { delta, assignment, basis }), []) =
            (quote.bid, quote.ask, quote.mid(), self.estimate, &reasons[..])
        else {
            return Ok(Err(reasons));
        };
        let each = float(premium)? / f64::from(SHARES);
        Ok(Ok(Candidate {
            contract: quote.contract,
            bid,
            ask,
            contracts,
            collateral,
            premium,
            annualised_return,
            break_even: if self.is_put() { quote.contract.strike().to_f64() } else { self.spot } - each,
            delta,
            assignment,
            basis,
            days: self.days(),
            spread: (ask - bid) / mid,
            volume: quote.volume,
            open_interest: quote.open_interest,
            earnings,
            ex_dividend,
        }))
    }

    fn days(&self) -> i64 {
        self.row.life.days_to_expiration(self.as_of.at)
    }

    fn faults_of_contract(&self) -> Vec<RejectReason> {
        let (limits, contract) = (self.inputs.limits, &self.quote().contract);
        let ChainRow { product, life, .. } = self.row;
        let strike = contract.strike().to_f64();
        let in_the_money = if self.is_put() { strike >= self.spot } else { strike <= self.spot };
        found([
            (contract.root().is_adjusted() || product.multiplier != SHARES, RejectReason::Adjusted),
            (!self.is_put() && product.delivery == Delivery::Cash, RejectReason::CashSettled),
            (life.is_settled(self.as_of.at), RejectReason::Settled),
            (self.days() < limits.min_days, RejectReason::TooSoon),
            (self.days() > limits.max_days, RejectReason::TooLate),
            (in_the_money, RejectReason::InTheMoney),
        ])
    }

    fn faults_of_quote(&self) -> Vec<RejectReason> {
        let (limits, quote) = (self.inputs.limits, self.quote());
        let bid = quote.bid.filter(|bid| *bid > 0.0);
        let spread = quote.spread().zip(quote.mid());
        let is_wide = spread.is_some_and(|(spread, mid)| spread > limits.max_spread * mid);
        found([
            (bid.is_none(), RejectReason::NoBid),
            (quote.ask.is_none(), RejectReason::NoAsk),
            (quote.is_crossed(), RejectReason::Crossed),
            (self.row.age > limits.max_quote_age, RejectReason::Stale),
            (bid.is_some_and(|bid| bid < limits.min_bid), RejectReason::LowBid),
            (is_wide, RejectReason::WideSpread),
            // An unknown number does not reach a minimum above zero.
            (quote.volume.unwrap_or(0) < limits.min_volume, RejectReason::LowVolume),
            (quote.open_interest.unwrap_or(0) < limits.min_open_interest, RejectReason::LowOpenInterest),
        ])
    }

    fn faults_of_estimate(&self) -> Vec<RejectReason> {
        let limits = self.inputs.limits;
        let Some(Estimate { delta, assignment, .. }) = self.estimate else { return vec![RejectReason::NoDelta] };
        found([
            (delta.abs() < limits.min_delta, RejectReason::SmallDelta),
            (delta.abs() > limits.max_delta, RejectReason::LargeDelta),
            (assignment > limits.max_assignment, RejectReason::LikelyAssigned),
        ])
    }

    /// Returns the collateral and the premium of one contract, and the annualised return.
    fn returns(&self) -> Result<(Decimal, Decimal, f64)> {
        let (contract, at) = (self.quote().contract, self.as_of.at);
        let secured = if self.is_put() { contract.strike().to_decimal() } else { money(self.spot)? };
        let shares = Decimal::from(SHARES);
        // Without a bid there is nothing to earn.
        let gross = money(self.quote().bid.unwrap_or(0.0))?.saturating_mul(shares);
        let fee = self.inputs.limits.fee;
        let mut sale = ClosedTrade::new(at, self.row.life.settles_at.max(at), gross, fee);
        sale.collateral = Some(secured.saturating_mul(shares));
        // An undefined return, of a sale without time left, counts as none.
        let earned = annualised_return(&sale, CollateralMode::Full).value.map_or(0.0, |earned| earned.simple);
        Ok((secured.saturating_mul(shares), sale.net(), earned))
    }

    /// Returns the first earnings report from today on, and the first ex-dividend date from tomorrow on: today's price
    /// is without the dividend already.
    fn events(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let (today, last) = (self.as_of.at.new_york_date(), self.row.life.settles_at.new_york_date());
        let calendar = self.inputs.calendar;
        let known_by = self.as_of.knowledge_limit();
        let ex_dividend = calendar.ex_dividend(self.underlying, (today + Days::new(1), last), known_by);
        (calendar.earnings(self.underlying, (today, last), known_by), ex_dividend.map(|(date, _)| date))
    }

    /// Returns the number of contracts that cash or shares allow.
    fn size(&self, collateral: Decimal) -> Result<u32> {
        let AdviceInputs { holdings, limits, .. } = self.inputs;
        let allowed = if self.is_put() {
            let available = holdings.free_cash.saturating_mul(decimal(limits.max_cash_part)?);
            available.checked_div(collateral)
        } else {
            holdings.free_shares.checked_div(SHARES.into())
        };
        // A put without collateral has a strike of zero and is not sold. More contracts than fit are cut to the limit.
        let allowed = allowed.map_or(0, |allowed| allowed.max(Decimal::ZERO).floor().to_u32().unwrap_or(u32::MAX));
        Ok(allowed.min(limits.max_contracts))
    }
}

fn found<const N: usize>(faults: [(bool, RejectReason); N]) -> Vec<RejectReason> {
    faults.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}
