//! The report of a run, for the terminal and as a page.

use std::error::Error;

use plotters::style::RGBColor;
use strikebook::{
    Decimal,
    services::wheel::backtest::WheelRun,
    trading::journal::{EventKind, JournalEvent, Trade},
};

use crate::{chart, page, table::table};

const EVENTS: [&str; 7] = ["day", "what", "instrument", "quantity", "price", "into", "cash"];
const METRICS: [&str; 2] = ["metric", "value"];
const ASSIGNED: RGBColor = RGBColor(200, 60, 40);
const CALLED_AWAY: RGBColor = RGBColor(40, 140, 60);

pub(crate) fn print(run: &WheelRun) {
    println!("{}", table(EVENTS, events(run)));
    println!("{}", table(METRICS, metrics(run)));
    println!("{} notes on missing data", run.issues.len());
    for issue in run.issues.iter().take(5) {
        println!("  {issue}");
    }
}

/// Returns a table of the trades with the market at their entry, and their excursions.
pub(crate) fn trades(trades: &[Trade]) {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |number| format!("{number:.2}"));
    let money =
        |amount: Option<Decimal>| amount.map_or_else(|| "-".to_owned(), |amount| amount.round_dp(2).to_string());
    let rows = trades.iter().map(|trade| {
        [
            trade.at.new_york_date().to_string(),
            trade.subject.instrument.to_string(),
            money(trade.entry.underlying_price),
            number(trade.entry.delta),
            number(trade.entry.iv),
            number(trade.entry.iv_rank),
            money(trade.risk.mae),
            money(trade.risk.mfe),
            money(trade.outcome.net_pnl),
        ]
    });
    println!("{}", table(["entered", "instrument", "stock at", "delta", "IV", "IV rank", "MAE", "MFE", "net"], rows));
}

/// Writes the page.
pub(crate) fn write(path: &str, title: &str, run: &WheelRun) -> Result<(), Box<dyn Error>> {
    let (equity, drawdown) = (chart::equity(&run.equity), chart::drawdown(&run.equity));
    let start = equity.first().map_or(0.0, |(_, value)| *value);
    let of = |kind| -> Vec<_> {
        run.events.iter().filter(|event| event.kind == kind).map(|event| event.at.to_datetime()).collect()
    };
    let (assigned, called) = (of(EventKind::Assign), of(EventKind::CalledAway));
    let marks = [(&assigned[..], ASSIGNED), (&called[..], CALLED_AWAY)];
    let issues = run.issues.iter().map(|issue| [issue.to_string()]);
    let missing =
        if run.issues.is_empty() { "<p>Nothing.</p>".to_owned() } else { page::rows(["day and what"], issues) };
    let sections = [
        (
            "Equity at each close: puts assigned are red, calls assigned green",
            chart::draw(&equity, ("equity", "USD"), start, RGBColor(30, 90, 170), &marks)?,
        ),
        ("Drawdown", chart::draw(&drawdown, ("drawdown", "%"), 0.0, RGBColor(190, 50, 40), &marks)?),
        ("Metrics", page::rows(METRICS, metrics(run))),
        ("Events", page::rows(EVENTS, events(run))),
        ("What was missing", missing),
    ];
    page::write(path, title, &sections, "Simulated: sold at the bid and bought at the ask of each day's close.")
}

fn events(run: &WheelRun) -> impl Iterator<Item = [String; 7]> {
    run.events.iter().map(|event: &JournalEvent| {
        [
            event.at.new_york_date().to_string(),
            event.kind.to_string(),
            event.instrument.to_string(),
            event.quantity.to_string(),
            event.price.normalize().to_string(),
            event.successor.map_or_else(String::new, |into| into.to_string()),
            event.cash().map_or_else(|error| format!("{error:#}"), |cash| format!("{:.2}", cash.round_dp(2))),
        ]
    })
}

fn metrics(run: &WheelRun) -> Vec<[String; 2]> {
    let metrics = &run.backtest.metrics;
    let percent = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |part| format!("{:.2} %", part * 100.0));
    let number = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), |number| format!("{number:.2}"));
    let line = |name: &str, value: String| [name.to_owned(), value];
    vec![
        line("return", percent(metrics.total_return)),
        line("a year", percent(metrics.annualised_return)),
        line("volatility", percent(metrics.volatility)),
        line("Sharpe", number(metrics.sharpe)),
        line("Sortino", number(metrics.sortino)),
        line("maximum drawdown", percent(metrics.max_drawdown)),
        line("trades won", percent(metrics.win_rate)),
        line("profit factor", number(metrics.profit_factor)),
        line("interest", format!("{:.2}", run.interest.round_dp(2))),
    ]
}
