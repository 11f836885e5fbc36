//! Arbitrage between the quotes of a chain.

use std::collections::BTreeMap;

use strikebook_core::market::{ChainRow, ExerciseStyle, OptionChain, OptionContract, OptionQuote, OptionType};

use super::{Check, Expectations, Finding, bounds::Terms};

/// Checks parity, and spreads across strikes and across expirations.
pub(super) fn findings(chain: &OptionChain, expected: &Expectations<'_>) -> Vec<Finding> {
    let mut ladders: BTreeMap<_, Vec<Sides>> = BTreeMap::new();
    let mut terms: BTreeMap<_, Vec<Sides>> = BTreeMap::new();
    for row in chain.rows() {
        let (sides, contract) = (Sides::of(&row.quote), row.quote.contract);
        let (root, option_type) = (contract.root(), contract.option_type());
        ladders.entry((contract.expiration(), root, option_type)).or_default().push(sides);
        if row.product.exercise_style == ExerciseStyle::American {
            terms.entry((contract.strike(), root, option_type)).or_default().push(sides);
        }
    }
    let least = expected.least_profit;
    let mut findings = parity(chain, expected);
    for ((_, _, option_type), ladder) in &mut ladders {
        // Put prices fall from the highest strike down, as call prices fall from the lowest up.
        if *option_type == OptionType::Put {
            ladder.reverse();
        }
        findings.extend(vertical(ladder, least));
        findings.extend(butterfly(ladder, least));
    }
    findings.extend(terms.values().flat_map(|term| calendar(term, least)));
    findings
}

/// The prices at which a contract can be sold and bought; `None` on a side without a market.
#[derive(Clone, Copy, Debug)]
struct Sides {
    contract: OptionContract,
    strike: f64,
    bid: Option<f64>,
    ask: Option<f64>,
}

impl Sides {
    fn of(quote: &OptionQuote) -> Self {
        let traded = |price: Option<f64>| price.filter(|price| *price > 0.0);
        let contract = quote.contract;
        Self { contract, strike: contract.strike().to_f64(), bid: traded(quote.bid), ask: traded(quote.ask) }
    }
}

/// Checks calls and puts of one strike against the underlying.
fn parity(chain: &OptionChain, expected: &Expectations<'_>) -> Vec<Finding> {
    let Some(curve) = expected.curve else { return Vec::new() };
    let slack = expected.tolerance * curve.spot();
    let pair = |row: &ChainRow| {
        let call = &row.quote;
        let (root, expiration, strike) = (call.contract.root(), call.contract.expiration(), call.contract.strike());
        let put = OptionContract::new(root, expiration, OptionType::Put, strike).ok()?;
        let terms = Terms::new(&call.contract, &row.product, row.years_to_expiration(), curve)?;
        let (least, most) = terms.difference();
        let (call, put) = (Sides::of(call), Sides::of(&chain.get(&put)?.quote));
        let sold = call.bid.zip(put.ask).map(|(bid, ask)| bid - ask).filter(|sold| *sold > most + slack);
        let bought = call.ask.zip(put.bid).map(|(ask, bid)| ask - bid).filter(|bought| *bought < least - slack);
        let reason = match (sold, bought) {
            (Some(sold), _) => format!("call less put can be sold at {sold:.4} and is worth at most {most:.4}"),
            (_, Some(bought)) => format!("call less put can be bought at {bought:.4} and is worth at least {least:.4}"),
            _ => return None,
        };
        Some(Finding::new(Check::Parity, [call.contract, put.contract], reason))
    };
    chain.calls().filter_map(pair).collect()
}

/// Checks a ladder of strikes along which prices should fall, by no more than the strikes differ: each quote against
/// the best one before it.
fn vertical(ladder: &[Sides], least: f64) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The lowest ask so far, and the highest bid with the distance that it may fall.
    let mut cheapest: Option<(f64, Sides)> = None;
    let mut dearest: Option<(f64, Sides)> = None;
    let start = ladder.first().map_or(0.0, |sides| sides.strike);
    for sides in ladder {
        let distance = (sides.strike - start).abs();
        if let (Some(bid), Some((ask, before))) = (sides.bid, cheapest)
            && bid - ask > least
        {
            let reason = format!("the bid of {bid} is above the ask of {ask}");
            findings.push(Finding::new(Check::Vertical, [before.contract, sides.contract], reason));
        }
        if let (Some(ask), Some((reach, before))) = (sides.ask, dearest)
            && reach - (ask + distance) > least
        {
            let reason = "the prices differ by more than the strikes";
            findings.push(Finding::new(Check::Vertical, [before.contract, sides.contract], reason));
        }
        if let Some(ask) = sides.ask.filter(|ask| cheapest.is_none_or(|(least, _)| *ask < least)) {
            cheapest = Some((ask, *sides));
        }
        if let Some(bid) = sides.bid.filter(|bid| dearest.is_none_or(|(most, _)| bid + distance > most)) {
            dearest = Some((bid + distance, *sides));
        }
    }
    findings
}

/// Checks that prices are convex in the strike: a bid above the lower hull of the asks can be sold against the hull's
/// two ends.
fn butterfly(ladder: &[Sides], least: f64) -> Vec<Finding> {
    let distance = |sides: &Sides| (sides.strike - ladder.first().map_or(0.0, |first| first.strike)).abs();
    let mut hull: Vec<(f64, f64, OptionContract)> = Vec::new();
    for sides in ladder {
        let Some(ask) = sides.ask else { continue };
        let at = distance(sides);
        while let [.., (x, y, _), (between, price, _)] = hull.as_slice() {
            // A point stays only below the line from the one before it to this one.
            if (price - y) * (at - x) < (ask - y) * (between - x) {
                break;
            }
            hull.pop();
        }
        hull.push((at, ask, sides.contract));
    }
    let dear = |sides: &Sides| {
        let (bid, at) = (sides.bid?, distance(sides));
        let next = hull.partition_point(|(x, _, _)| *x < at);
        let (left, right) = (hull.get(next.checked_sub(1)?)?, hull.get(next)?);
        let cost = left.1 + (right.1 - left.1) * (at - left.0) / (right.0 - left.0);
        if right.2 == sides.contract || bid - cost <= least {
            return None;
        }
        let reason =
            format!("the bid of {bid} is above {cost:.4}, the cost of two other strikes that pay at least as much");
        Some(Finding::new(Check::Butterfly, [left.2, sides.contract, right.2], reason))
    };
    ladder.iter().filter_map(dear).collect()
}

/// Checks by expiration that an American option is worth no less than one with a shorter life.
fn calendar(term: &[Sides], least: f64) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut dearest: Option<(f64, OptionContract)> = None;
    for sides in term {
        if let (Some(ask), Some((bid, before))) = (sides.ask, dearest)
            && bid - ask > least
        {
            let reason = format!("the bid of {bid} is above the later ask of {ask}");
            findings.push(Finding::new(Check::Calendar, [before, sides.contract], reason));
        }
        if let Some(bid) = sides.bid.filter(|bid| dearest.is_none_or(|(most, _)| *bid > most)) {
            dearest = Some((bid, sides.contract));
        }
    }
    findings
}
