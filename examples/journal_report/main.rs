//! What a broker's history was worth: a table of metrics, and a page with the equity curve and its drawdown.
//!
//! ```text
//! cargo run --example journal_report                                # a simulated history
//! cargo run --example journal_report -- history.csv 25000 report.html
//! cargo run --example journal_report -- flex.xml
//! ```
//!
//! The arguments are a history exported by tastytrade (CSV) or Interactive Brokers (Flex query, XML), the account's equity
//! before its first trade, which the history does not tell, and the page to be written. Nothing leaves the machine, and the
//! page needs no network.

#[path = "../shared/chart.rs"]
mod chart;
#[path = "../shared/page.rs"]
mod page;
mod report;
mod simulate;
mod table;

use std::env;

use strikebook::{
    Decimal, Error, Name, Result, Timestamp,
    services::journal::{Account, Mapping, closed_cycle, map_history},
    trading::{
        journal::{EventKind, Projection, Trade},
        metrics::{Conventions, Metrics, closed_equity, in_order},
    },
    vendors::broker::{BrokerFormat, BrokerHistory, read_file},
};

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let path = arguments.next();
    let equity = arguments.next().map_or(Ok(Decimal::from(10_000)), |text| amount(&text))?;
    let page = arguments.next().unwrap_or_else(|| "journal_report.html".to_owned());

    let (history, account) = match &path {
        Some(path) => from_file(path)?,
        None => simulate::history()?,
    };
    let mapping = map_history(&history, &account);
    tell(&history, &mapping);

    let projections = mapping.projections()?;
    let trades = projections.iter().flat_map(|one| &one.trades).filter_map(Trade::closed).collect();
    let (trades, cycles) = (in_order(trades), projections.iter().filter_map(|one| closed_cycle(&one.cycle)).collect());
    let cycles = in_order(cycles);
    let conventions = Conventions { starting_equity: equity, ..Conventions::default() };
    let (by_trade, by_cycle) = (Metrics::of(&trades, &conventions), Metrics::of(&cycles, &conventions));
    println!("{}", table::metrics(&by_trade, &by_cycle));
    println!("{}", table::years(&projections));

    let title = path.as_deref().unwrap_or("a simulated history");
    let curve = closed_equity(equity, &trades)
        .map_err(|reason| Error::invalid_input("the equity cannot be computed").with("reason", reason))?;
    let written = report::write(&page, title, (&by_trade, &by_cycle), &curve, &projections);
    written.map_err(|error| {
        Error::invalid_input("the page could not be written").with("file", &page).caused_by(error.to_string())
    })?;
    println!("{page}: the equity curve and its drawdown");
    Ok(())
}

fn amount(text: &str) -> Result<Decimal> {
    text.parse().map_err(|_| Error::invalid_input("the equity must be a number").with("text", format!("{text:?}")))
}

/// A history from a file, learned now.
fn from_file(path: &str) -> Result<(BrokerHistory, Account)> {
    let is_xml = path.to_ascii_lowercase().ends_with(".xml");
    let history = read_file(path, if is_xml { BrokerFormat::IbkrFlex } else { BrokerFormat::Tastytrade })?;
    let now = Timestamp::try_from(chrono::Utc::now())?;
    let account = Account::new(Name::new("account")?, Name::new("manual")?, &history, now)?;
    Ok((history, account))
}

/// What was read, and what became of it.
fn tell(history: &BrokerHistory, mapping: &Mapping) {
    println!("{}", history.report);
    let (cash, unmapped) = (mapping.cash.len(), mapping.unmapped.len());
    println!(
        "{} rows are in {} events, {cash} are money alone, {unmapped} fit nothing",
        mapping.mapped,
        mapping.events.len()
    );
    let counts = EventKind::ALL.iter().map(|kind| (kind, mapping.count(*kind))).filter(|(_, count)| *count > 0);
    println!("{}", counts.map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", "));
    for one in mapping.unmapped.iter().take(10) {
        println!("line {}: {}", one.row.line, one.reason);
    }
}

/// What the cycles realized in each year, after costs and with dividends.
fn realized_by_year(projections: &[Projection]) -> std::collections::BTreeMap<String, Decimal> {
    let mut years = std::collections::BTreeMap::new();
    for cycle in projections.iter().map(|one| &one.cycle) {
        let mut before = Decimal::ZERO;
        for step in &cycle.basis {
            let year = step.at.new_york_date().format("%Y").to_string();
            *years.entry(year).or_insert(Decimal::ZERO) += step.realized_pnl - before;
            before = step.realized_pnl;
        }
    }
    years
}
