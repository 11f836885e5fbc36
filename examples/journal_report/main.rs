//! The results of a broker's history: a table of metrics, and a page with the equity curve and its drawdown.
//!
//! ```text
//! cargo run --example journal_report                                # a simulated history
//! cargo run --example journal_report -- history.csv 25000 report.html
//! cargo run --example journal_report -- --store sqlite:journal.db flex.xml
//! ```
//!
//! The arguments are a history exported by a broker whose format is read (`docs/brokers.md` lists them),
//! the account's equity before its first trade, and the page to write. Without an equity, or with `deposits` in its
//! place, the curve starts from what was paid in by then. Later deposits and withdrawals are marked on the curve and do
//! not move it. The history is stored,
//! and everything shown is read from the store; with `--store` the store is kept, and a second import adds only new
//! rows. Nothing leaves the machine, and the page needs no network.

#[path = "../shared/chart.rs"]
mod chart;
#[path = "../shared/page.rs"]
mod page;
mod report;
mod simulate;
mod table;

use std::{collections::BTreeMap, env};

use strikebook::{
    AsOf, Decimal, Error, Limit, Listing, Name, Paging, Result, Store, Timestamp, open,
    services::journal::{Deposit, ImportAccount, MetricsScope, decisions, deposits, import_history, store_metrics},
    trading::{
        MetricsKey,
        journal::{Cycle, CycleFilter, Trade, TradeFilter},
        metrics::{ClosedTrade, Conventions, Metrics, TradeUnit, Window, closed_equity},
    },
    vendors::broker::{BrokerHistory, read_file},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (url, arguments) = arguments()?;
    let mut arguments = arguments.into_iter();
    let path = arguments.next();
    let stated = arguments.next().filter(|text| text != "deposits").map(|text| amount(&text)).transpose()?;
    let page = arguments.next().unwrap_or_else(|| "journal_report.html".to_owned());

    let (history, account) = match &path {
        Some(path) => from_file(path)?,
        None => simulate::history()?,
    };
    let store = open(&url).await?;
    println!("{}", import_history(&*store, &history, &account).await?);

    let cycles = store.list_cycles(&CycleFilter { account: Some(account.account), ..CycleFilter::default() }).await?;
    let decided = decisions(&cycles, &trades(&*store, account.account).await?);
    let deposits = deposits(&*store, &history, &account).await?;
    let equity = match (stated, &path) {
        (Some(stated), _) => stated,
        (None, Some(_)) => deposited(&deposits, &decided),
        (None, None) => simulate::EQUITY,
    };
    let conventions = Conventions { starting_equity: equity, ..Conventions::default() };
    let by_lot = measured(&*store, &account, conventions, TradeUnit::Lot).await?;
    let by_decision = measured(&*store, &account, conventions, TradeUnit::Decision).await?;
    println!("{}", table::metrics(&by_lot, &by_decision));
    println!("{}", table::years(&cycles));

    let title = path.as_deref().unwrap_or("a simulated history");
    let curve = closed_equity(equity, &decided)
        .map_err(|reason| Error::invalid_input("the equity cannot be computed").with("reason", reason))?;
    let written = report::write(&page, title, (&by_lot, &by_decision), (&curve, &deposits), &cycles);
    written.map_err(|error| {
        Error::invalid_input("the page could not be written").with("file", &page).caused_by(format!("{error:#}"))
    })?;
    println!("{page}: the equity curve and its drawdown");
    store.close().await
}

/// Returns the store's URL, and the other arguments.
fn arguments() -> Result<(String, Vec<String>)> {
    let (mut url, mut others) = ("memory:?allow_simulated=true".to_owned(), Vec::new());
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--store" {
            url = arguments.next().ok_or_else(|| {
                Error::invalid_input("--store needs a URL").with("expected", "such as sqlite:journal.db")
            })?;
        } else {
            others.push(argument);
        }
    }
    Ok((url, others))
}

/// Returns the sum of what was paid in and out before the first decision.
fn deposited(deposits: &[Deposit], decided: &[ClosedTrade]) -> Decimal {
    let first = decided.iter().map(|trade| trade.opened).min();
    let before = deposits.iter().filter(|deposit| first.is_none_or(|first| deposit.at <= first));
    before.fold(Decimal::ZERO, |sum, deposit| sum.saturating_add(deposit.amount))
}

fn amount(text: &str) -> Result<Decimal> {
    text.parse().map_err(|_| Error::invalid_input("the equity must be a number").with("text", format!("{text:?}")))
}

/// Reads a history from a file, recorded now.
fn from_file(path: &str) -> Result<(BrokerHistory, ImportAccount)> {
    let history = read_file(path, None)?;
    let now = Timestamp::try_from(chrono::Utc::now())?;
    let account = ImportAccount::new(Name::new("account")?, Name::new("manual")?, &history, now)?;
    Ok((history, account))
}

/// Measures the account's trades, and reads the stored metrics back.
async fn measured(
    store: &dyn Store,
    account: &ImportAccount,
    conventions: Conventions,
    unit: TradeUnit,
) -> Result<Metrics> {
    let at = account.recorded_at;
    let measuring = MetricsScope {
        account: Some(account.account),
        at,
        windows: vec![Window::All],
        unit,
        conventions,
        source: account.source.clone(),
        recorded_at: at,
    };
    store_metrics(store, &measuring).await?;
    let key = MetricsKey { account: Some(account.account), unit, ..MetricsKey::new(Window::All) };
    let stored = store.metrics_as_of(&key, AsOf::instant(at)).await?;
    stored.map(|stored| stored.metrics).ok_or_else(|| Error::corrupt("the metrics that were stored are not there"))
}

/// Reads the account's trades, page by page.
async fn trades(store: &dyn Store, account: Name) -> Result<Vec<Trade>> {
    let filter = TradeFilter { account: Some(account), ..TradeFilter::default() };
    let mut query = Listing { paging: Paging { limit: Limit::new(1_000), after: None }, ..Listing::new(filter) };
    let mut trades = Vec::new();
    loop {
        let page = store.list_trades(&query).await?;
        trades.extend(page.items);
        let Some(next) = page.next else { return Ok(trades) };
        query = query.after(next);
    }
}

/// Sums up the realized results of the cycles by year, after costs and with dividends.
fn realized_by_year(cycles: &[Cycle]) -> BTreeMap<String, Decimal> {
    let mut years = BTreeMap::new();
    for cycle in cycles {
        let mut before = Decimal::ZERO;
        for step in &cycle.basis {
            let year = step.at.new_york_date().format("%Y").to_string();
            *years.entry(year).or_insert(Decimal::ZERO) += step.realized_pnl - before;
            before = step.realized_pnl;
        }
    }
    years
}
