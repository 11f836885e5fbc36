//! A backtest of the wheel over real files: its trades, its results, and a page with the equity curve.
//!
//! ```text
//! cargo run --example wheel_backtest -- SYMBOL CASH PAGE.html FILE...
//! ```
//!
//! The files have the chains of many days, in any supported format; daily bars of the stock among them give its price
//! where the options have none. Deltas are those of Black and Scholes at each contract's mid, so the files need none.

#[path = "../shared/chart.rs"]
mod chart;
#[path = "../shared/fill.rs"]
mod fill;
#[path = "../shared/page.rs"]
mod page;
mod report;
#[path = "../shared/table.rs"]
mod table;

use std::{env, time::Instant};

use chrono::TimeDelta;
use strikebook::{
    Decimal, Error, Listing, Name, Result, Timestamp,
    market::Symbol,
    models::BlackScholes,
    services::{
        journal::{ContextReader, ContextRules, fill_contexts},
        wheel::{
            ValuationModel, WheelLimits,
            backtest::{RollRule, WheelPlan, run_wheel, store_run},
        },
    },
    trading::journal::TradeFilter,
};
use strikebook_vendors::ReadOptions;

/// The interest rate of this example, of cash and of options alike. An application takes it from the day's curve.
const RATE: f64 = 0.04;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (Some(symbol), Some(cash), Some(page)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err(Error::invalid_input("usage: wheel_backtest SYMBOL CASH PAGE.html FILE..."));
    };
    let symbol: Symbol = symbol.parse()?;
    let cash: Decimal = cash
        .parse()
        .map_err(|_| Error::invalid_input("the cash must be a number").with("text", format!("{cash:?}")))?;

    let market = strikebook::open("memory:").await?;
    let mut filled = fill::Filled::default();
    for file in arguments {
        fill::add_file(&*market, &file, &ReadOptions::default(), &mut filled).await?;
        if let Some(report) = &filled.report {
            println!("{file}: read {} rows, {} accepted, {} rejected", report.read, report.accepted, report.rejected);
        }
    }
    let (_, oldest, newest) = filled.underlyings.get(&symbol).copied().ok_or_else(|| {
        Error::invalid_input("the files have no options of the underlying").with("underlying", symbol)
    })?;

    let names = (Name::new("backtest")?, Name::new("wheel")?);
    let days = (oldest.new_york_date(), newest.new_york_date());
    let mut plan = WheelPlan::new(names, symbol, days, cash, Timestamp::try_from(chrono::Utc::now())?)?;
    plan.limits = WheelLimits::default()
        .with_delta(0.10, 0.40)
        .with_open_interest(0)
        .with_spread(0.50)
        .with_quote_age(TimeDelta::hours(1))
        .with_fee(Decimal::new(65, 2));
    plan.assignment_fee = Decimal::from(5);
    plan.interest = RATE;
    plan.take_profit = Some(0.75);
    plan.roll = Some(RollRule { days_left: 1, min_credit: Decimal::ZERO });

    let start = Instant::now();
    let model = Some(ValuationModel { pricer: &BlackScholes, rate: RATE, dividend_yield: 0.0 });
    let run = run_wheel(&*market, &plan, model).await?;
    println!("{} to {}: {} days played in {:.1?}", days.0, days.1, run.equity.len() - 1, start.elapsed());
    report::print(&run);

    // Simulated rows are stored apart from the market's.
    let journal = strikebook::open("memory:?allow_simulated=true").await?;
    let stored = store_run(&*journal, &plan, &run).await?;
    println!("Stored: {} events, {} trades, 1 run", stored.events.inserted, stored.trades);
    let mut reader = ContextReader::new(&*market, ContextRules::default());
    fill_contexts(&mut reader, &*journal, TradeFilter::default()).await?;
    report::trades(&journal.list_trades(&Listing::default()).await?.items);
    let written = report::write(&page, &format!("The wheel on {symbol}, {} to {}", days.0, days.1), &run);
    written.map_err(|error| {
        Error::invalid_input("cannot write the page").with("file", &page).caused_by(format!("{error:#}"))
    })?;
    println!("{page}: the equity curve, its drawdown and the assignments");
    journal.close().await?;
    market.close().await
}
