//! Checks of a quote by itself.

use strikebook_core::{
    Error,
    market::{ChainRow, OptionQuote},
    pricing::ForwardCurve,
};

use super::{Check, Expectations, Finding, bounds::Terms};

/// Returns the findings in a row.
pub(super) fn findings(row: &ChainRow, expected: &Expectations<'_>) -> Vec<Finding> {
    if let Some(fault) = fault(row, expected) {
        return vec![fault];
    }
    let ChainRow { quote, age, .. } = row;
    let mut findings = Vec::new();
    let mut add = |check, reason: String| findings.push(Finding::new(check, [quote.contract], reason));
    if *age > expected.max_age {
        add(Check::Stale, format!("quoted at {}, {} minutes before the event limit", quote.at, age.num_minutes()));
    }
    match (quote.bid, quote.ask) {
        (None, None) => add(Check::NoMarket, "neither bid nor ask".to_owned()),
        (Some(bid), Some(ask)) if bid > 0.0 && quote.is_locked() => {
            add(Check::Locked, format!("bid and ask are {ask}"));
        }
        (Some(0.0), ask) => {
            let reason = ask.map_or_else(|| "there is no ask".to_owned(), |ask| format!("the ask is {ask}"));
            add(Check::NoBid, reason);
        }
        _ => {}
    }
    findings
}

/// Returns the reason to keep a row out of the quotes; `None` for a row without fault.
pub(super) fn fault(row: &ChainRow, expected: &Expectations<'_>) -> Option<Finding> {
    let out_of_bounds = || {
        let reason = out_of_bounds(row, expected.curve?, expected.tolerance)?;
        Some(Finding::new(Check::Bounds, [row.quote.contract], reason))
    };
    fault_of_numbers(&row.quote).or_else(out_of_bounds)
}

/// Returns the fault of a quote's numbers by themselves, whatever the terms of the contract.
pub(super) fn fault_of_numbers(quote: &OptionQuote) -> Option<Finding> {
    let finding = |check, reason: String| Some(Finding::new(check, [quote.contract], reason));
    if let Err(error) = quote.validate() {
        return finding(Check::InvalidRow, described(&error));
    }
    let (Some(bid), Some(ask), true) = (quote.bid, quote.ask, quote.is_crossed()) else { return None };
    finding(Check::Crossed, format!("bid {bid}, ask {ask}"))
}

/// Describes an error in one line with its value.
pub(super) fn described(error: &Error) -> String {
    match error.context("value") {
        Some(value) => format!("{}, and is {value}", error.message()),
        None => error.message().to_owned(),
    }
}

fn out_of_bounds(row: &ChainRow, curve: &ForwardCurve, tolerance: f64) -> Option<String> {
    let quote = &row.quote;
    if quote.contract.root().is_adjusted() {
        return None;
    }
    let terms = Terms::new(&quote.contract, &row.product, row.years_to_expiration(), curve)?;
    let (least, most) = terms.price(quote.contract.option_type());
    let slack = tolerance * curve.spot();
    // An ask of zero stands for a market without an ask, and is no price.
    let ask = quote.ask.filter(|ask| *ask > 0.0 && *ask < least - slack);
    let low = ask.map(|ask| format!("the ask of {ask} is below {least:.4}, the least that the option is worth"));
    let bid = quote.bid.filter(|bid| *bid > most + slack);
    low.or_else(|| bid.map(|bid| format!("the bid of {bid} is above {most:.4}, the most that the option is worth")))
}
