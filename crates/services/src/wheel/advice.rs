//! What to sell now, and why nothing else.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rust_decimal::prelude::ToPrimitive;
use strikebook_core::{
    AsOf, Decimal, Error, ErrorKind, Result, Timestamp,
    market::{
        ChainQuery, ChainRepository, ChainRow, OptionChain, OptionQuote, OptionType, Symbol, UnderlyingRepository,
    },
    trading::metrics::{ClosedTrade, CollateralMode, annualised_return},
};

use super::{
    Candidate, EventCalendar, Holdings, Limits, Rejected, Rejection, SHARES, Valuing,
    candidate::{Estimate, estimates},
};
use crate::amount::money;

/// What advice depends on besides the chain.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What is free to secure puts and to cover calls.
    pub holdings: &'a Holdings,
    /// Earnings and ex-dividend days, each with the instant since which it is known.
    pub calendar: &'a EventCalendar,
    /// What may be sold.
    pub limits: &'a Limits,
    /// The model that gives delta and the probability of assignment; without one, the vendor's deltas do.
    pub valuing: Option<Valuing<'a>>,
}

/// What may be sold, best first, and what not.
#[derive(Clone, Debug, PartialEq)]
pub struct Advice {
    /// The underlying.
    pub underlying: Symbol,
    /// What was known.
    pub as_of: AsOf,
    /// The price of the underlying.
    pub spot: f64,
    /// Cash-secured puts, by annualised return on collateral; of equal ones the less likely assigned first.
    pub puts: Vec<Candidate>,
    /// Covered calls, in the same order.
    pub calls: Vec<Candidate>,
    /// Every other contract of the chain, in its order.
    pub rejected: Vec<Rejected>,
}

impl Advice {
    /// How many contracts each reason holds for. A contract counts for each of its reasons.
    pub fn counts(&self) -> BTreeMap<Rejection, usize> {
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
/// [`InvalidInput`](ErrorKind::InvalidInput) when a limit is out of its range, or the price of the underlying not above
/// zero.
pub fn advise(chain: &OptionChain, spot: f64, question: &Question<'_>) -> Result<Advice> {
    question.limits.validate()?;
    if !(f64::MIN_POSITIVE..1e12).contains(&spot) {
        return Err(Error::invalid_input("the price of the underlying must be above zero and below 1e12")
            .with("field", "spot")
            .with("value", spot));
    }
    let (mut puts, mut calls, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
    let rows = chain.rows();
    for (row, estimate) in rows.iter().zip(estimates(rows, spot, question.valuing.as_ref())) {
        let contract = row.quote.contract;
        let one = One { row, estimate, spot, as_of: chain.as_of, underlying: chain.underlying, question };
        match one.judge()? {
            Ok(candidate) if contract.option_type() == OptionType::Put => puts.push(candidate),
            Ok(candidate) => calls.push(candidate),
            Err(reasons) => rejected.push(Rejected { contract, reasons }),
        }
    }
    for candidates in [&mut puts, &mut calls] {
        candidates.sort_by(|one, other| {
            let by_return = other.annualised_return.total_cmp(&one.annualised_return);
            by_return.then(one.assignment.total_cmp(&other.assignment)).then(one.contract.cmp(&other.contract))
        });
    }
    Ok(Advice { underlying: chain.underlying, as_of: chain.as_of, spot, puts, calls, rejected })
}

/// Reads a chain as it was known at a point and [advises](advise) on it. The price of the underlying is that quoted
/// with the options, or else its own last quote, if that is young enough. Quotes older than the limits allow are read
/// up to a day, so that the advice tells of them.
///
/// # Errors
/// [`InvalidInput`](ErrorKind::InvalidInput) as for [`advise`]; [`NotFound`](ErrorKind::NotFound) when no price of the
/// underlying is known; and those of the engine.
///
/// # Cancel safety
/// Safe.
pub async fn advise_as_of(
    store: &(impl ChainRepository + UnderlyingRepository + ?Sized),
    underlying: Symbol,
    as_of: AsOf,
    question: &Question<'_>,
) -> Result<Advice> {
    question.limits.validate()?;
    let age = question.limits.max_quote_age.max(chrono::TimeDelta::days(1));
    let chain = store.chain_as_of(&ChainQuery::new(underlying, as_of).with_max_quote_age(age)).await?;
    let mut spot = chain.underlying_price();
    if spot.is_none() {
        let quote = store.underlying_as_of(underlying, as_of).await?;
        spot = quote.filter(|quote| as_of.at.since(quote.at) <= age).and_then(|quote| quote.price());
    }
    let unknown = || {
        Error::new(ErrorKind::NotFound, "the price of the underlying is not known")
            .with("underlying", underlying)
            .with("at", as_of.at)
    };
    advise(&chain, spot.filter(|price| *price > 0.0).ok_or_else(unknown)?, question)
}

/// A candidate, or every reason against it.
type Verdict = std::result::Result<Candidate, Vec<Rejection>>;

/// One contract under judgement.
struct One<'a> {
    row: &'a ChainRow,
    estimate: Option<Estimate>,
    spot: f64,
    as_of: AsOf,
    underlying: Symbol,
    question: &'a Question<'a>,
}

impl One<'_> {
    fn quote(&self) -> &OptionQuote {
        &self.row.quote
    }

    fn is_put(&self) -> bool {
        self.quote().contract.option_type() == OptionType::Put
    }

    fn judge(&self) -> Result<Verdict> {
        let mut reasons = self.faults_of_contract();
        reasons.extend(self.faults_of_quote());
        reasons.extend(self.faults_of_estimate());
        let (collateral, premium, annualised_return) = self.returns()?;
        if premium <= Decimal::ZERO || annualised_return < self.question.limits.min_return {
            reasons.push(Rejection::LowReturn);
        }
        let (earnings, ex_dividend) = self.events();
        reasons.extend(earnings.filter(|_| self.question.limits.avoid_earnings).map(|_| Rejection::Earnings));
        let avoid = self.question.limits.avoid_ex_dividend && !self.is_put();
        reasons.extend(ex_dividend.filter(|_| avoid).map(|_| Rejection::ExDividend));
        let contracts = self.size(collateral);
        if contracts == 0 {
            reasons.push(if self.is_put() { Rejection::NoCash } else { Rejection::NoShares });
        }
        let strike = self.quote().contract.strike().to_decimal();
        let below = self.question.holdings.basis.is_some_and(|basis| strike < basis);
        if !self.is_put() && self.question.limits.protect_basis && below {
            reasons.push(Rejection::BelowBasis);
        }
        reasons.sort_unstable();
        reasons.dedup();
        let quote = self.quote();
        let (Some(bid), Some(ask), Some(mid), Some(Estimate { delta, assignment, basis }), []) =
            (quote.bid, quote.ask, quote.mid(), self.estimate, &reasons[..])
        else {
            return Ok(Err(reasons));
        };
        let each = premium.to_f64().unwrap_or_default() / f64::from(SHARES);
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
        self.quote().contract.days_to_expiration(self.as_of.at)
    }

    fn faults_of_contract(&self) -> Vec<Rejection> {
        let (limits, contract) = (self.question.limits, &self.quote().contract);
        let strike = contract.strike().to_f64();
        let in_the_money = if self.is_put() { strike >= self.spot } else { strike <= self.spot };
        found([
            (contract.root().is_adjusted(), Rejection::Adjusted),
            (self.days() < limits.min_days, Rejection::TooSoon),
            (self.days() > limits.max_days, Rejection::TooLate),
            (in_the_money, Rejection::InTheMoney),
        ])
    }

    fn faults_of_quote(&self) -> Vec<Rejection> {
        let (limits, quote) = (self.question.limits, self.quote());
        let bid = quote.bid.filter(|bid| *bid > 0.0);
        let spread = quote.spread().zip(quote.mid());
        let wide = spread.is_some_and(|(spread, mid)| spread > limits.max_spread * mid);
        found([
            (bid.is_none(), Rejection::NoBid),
            (quote.ask.is_none(), Rejection::NoAsk),
            (quote.is_crossed(), Rejection::Crossed),
            (self.row.age > limits.max_quote_age, Rejection::Stale),
            (bid.is_some_and(|bid| bid < limits.min_bid), Rejection::LowBid),
            (wide, Rejection::WideSpread),
            (quote.volume.unwrap_or(0) < limits.min_volume, Rejection::LowVolume),
            (quote.open_interest.unwrap_or(0) < limits.min_open_interest, Rejection::LowOpenInterest),
        ])
    }

    fn faults_of_estimate(&self) -> Vec<Rejection> {
        let limits = self.question.limits;
        let Some(Estimate { delta, assignment, .. }) = self.estimate else { return vec![Rejection::NoDelta] };
        found([
            (delta.abs() < limits.min_delta, Rejection::SmallDelta),
            (delta.abs() > limits.max_delta, Rejection::LargeDelta),
            (assignment > limits.max_assignment, Rejection::LikelyAssigned),
        ])
    }

    /// Collateral and premium of one contract, and what the one earns on the other in a year.
    fn returns(&self) -> Result<(Decimal, Decimal, f64)> {
        let (contract, at) = (self.quote().contract, self.as_of.at);
        let secured = if self.is_put() { contract.strike().to_decimal() } else { money(self.spot)? };
        let shares = Decimal::from(SHARES);
        let gross = money(self.quote().bid.unwrap_or(0.0))?.saturating_mul(shares);
        let fee = self.question.limits.fee;
        let mut sale = ClosedTrade::new(at, contract.expires_at().max(at), gross, fee);
        sale.collateral = Some(secured.saturating_mul(shares));
        let earned = annualised_return(&sale, CollateralMode::Full).value.map_or(0.0, |earned| earned.simple);
        Ok((secured.saturating_mul(shares), sale.net(), earned))
    }

    /// The first earnings report and ex-dividend day from today on, or from tomorrow on for the latter: today's price
    /// is without it already.
    fn events(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let (today, last) = (self.as_of.at.new_york_date(), self.quote().contract.expiration());
        let tomorrow = today.checked_add_days(Days::new(1)).unwrap_or(today);
        let calendar = self.question.calendar;
        let known_by = self.as_of.known_by.unwrap_or(Timestamp::MAX);
        let ex_dividend = calendar.ex_dividend(self.underlying, (tomorrow, last), known_by);
        (calendar.earnings(self.underlying, (today, last), known_by), ex_dividend.map(|(date, _)| date))
    }

    /// How many contracts cash or shares allow.
    fn size(&self, collateral: Decimal) -> u32 {
        let Question { holdings, limits, .. } = self.question;
        let whole = if self.is_put() {
            let part = Decimal::try_from(limits.max_cash_part).unwrap_or_default();
            holdings.free_cash.saturating_mul(part).checked_div(collateral)
        } else {
            holdings.free_shares.checked_div(SHARES.into())
        };
        whole.and_then(|whole| whole.floor().to_u32()).unwrap_or(0).min(limits.max_contracts)
    }
}

fn found<const N: usize>(faults: [(bool, Rejection); N]) -> Vec<Rejection> {
    faults.into_iter().filter(|(holds, _)| *holds).map(|(_, reason)| reason).collect()
}
