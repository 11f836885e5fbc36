//! The contracts of a real chain to sell today, and the reasons against the others.
//!
//! ```text
//! cargo run --example wheel_advice -- FILE                      # the underlying with the most quotes
//! cargo run --example wheel_advice -- FILE SPY 150000 200       # with this cash and these shares
//! ```
//!
//! The file has any supported format. Volatility, delta and the probability of assignment are those of Black and
//! Scholes at each contract's mid.

#[path = "../shared/fill.rs"]
mod fill;
#[path = "../shared/table.rs"]
mod table;

use std::env;

use strikebook::{
    AsOf, Decimal, Error, Result, Store,
    market::Symbol,
    models::BlackScholes,
    services::wheel::{
        AdviceInputs, Candidate, EventCalendar, ValuationModel, WheelAdvice, WheelHoldings, WheelLimits, advise_as_of,
    },
};
use strikebook_vendors::ReadOptions;

use crate::table::table;

/// The interest rate of this example. An application takes it from the day's curve.
const RATE: f64 = 0.04;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let usage = || Error::invalid_input("usage: wheel_advice FILE [SYMBOL [CASH [SHARES]]]");
    let file = arguments.next().ok_or_else(usage)?;
    let symbol = arguments.next().map(|text| text.parse::<Symbol>()).transpose()?;
    let cash = amount(arguments.next().as_deref().unwrap_or("100000"))?;
    let shares = amount(arguments.next().as_deref().unwrap_or("100"))?;

    let store = strikebook::open("memory:").await?;
    let filled = fill::from_file(&*store, &file, &ReadOptions::default()).await?;
    if let Some(report) = &filled.report {
        println!("{file}: read {} rows, {} accepted, {} rejected", report.read, report.accepted, report.rejected);
    }
    let underlying = symbol.or_else(|| filled.largest().map(|(symbol, _)| symbol));
    let underlying = underlying.ok_or_else(|| Error::invalid_input("the file has no option quotes"))?;
    let (.., newest) = filled.underlyings.get(&underlying).copied().ok_or_else(|| {
        Error::invalid_input("the file has no options of the underlying").with("underlying", underlying)
    })?;
    let holdings = WheelHoldings { free_cash: cash, free_shares: shares, basis: None };
    let (calendar, limits) = (EventCalendar::default(), WheelLimits::default());
    let model = Some(ValuationModel { pricer: &BlackScholes, rate: RATE, dividend_yield: 0.0 });
    let question = AdviceInputs { holdings: &holdings, calendar: &calendar, limits: &limits, model };
    let advice = advise_as_of(&*store, underlying, AsOf::instant(newest), &question).await?;
    print(&advice, cash, shares);
    store.close().await
}

fn amount(text: &str) -> Result<Decimal> {
    text.parse().map_err(|_| Error::invalid_input("cash and shares must be numbers").with("text", format!("{text:?}")))
}

fn print(advice: &WheelAdvice, cash: Decimal, shares: Decimal) {
    let WheelAdvice { underlying, as_of, spot, puts, calls, rejected } = advice;
    println!("{underlying} at {spot:.2}, as it was known at {}; {cash} in cash, {shares} shares", as_of.at);
    println!("\nCash-secured puts: {} may be sold. The best by annualised return on collateral:", puts.len());
    println!("{}", candidates(puts));
    println!("\nCovered calls: {} may be sold. The best:", calls.len());
    println!("{}", candidates(calls));
    println!("\n{} contracts are rejected. Each counts for every reason against it:", rejected.len());
    let mut counts: Vec<_> = advice.counts().into_iter().collect();
    counts.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    println!(
        "{}",
        table(["reason", "contracts"], counts.iter().map(|(why, count)| [why.to_string(), count.to_string()]))
    );
}

fn candidates(candidates: &[Candidate]) -> impl std::fmt::Display + use<> {
    let percent = |part: f64| format!("{:.1}", part * 100.0);
    let count = |count: Option<u64>| count.map_or_else(|| "-".to_owned(), |count| count.to_string());
    let rows = candidates.iter().take(10).map(|one| {
        [
            one.contract.to_string(),
            one.days.to_string(),
            format!("{:.2}", one.bid),
            one.contracts.to_string(),
            format!("{:.3}", one.delta),
            percent(one.assignment),
            percent(one.annualised_return),
            format!("{:.2}", one.break_even),
            percent(one.spread),
            count(one.volume),
            count(one.open_interest),
        ]
    });
    let header = [
        "contract",
        "days",
        "bid",
        "contracts",
        "delta",
        "assigned %",
        "% a year",
        "break-even",
        "spread %",
        "volume",
        "open",
    ];
    table(header, rows)
}
