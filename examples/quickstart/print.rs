//! The output of the example.

use chrono::NaiveDate;
use strikebook::{
    Result, Store,
    maintenance::{Dataset, DatasetStatistics},
    market::{OptionChain, OptionContract},
};
use strikebook_services::wheel::WheelAdvice;

use crate::{fill::Filled, price::Priced, table::table};

/// Formats a number; a dash stands for none.
fn number(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

pub(crate) fn filled(filled: &Filled) {
    if let Some(report) = &filled.report {
        println!("Read {} rows: {} accepted, {} rejected", report.read, report.accepted, report.rejected);
        for (reason, count) in report.reasons.iter().take(5) {
            println!("  {count} x {reason}");
        }
    }
    let stored = &filled.stored;
    println!(
        "Stored: {} new, {} unchanged, {} corrected, {} repeated in the file",
        stored.inserted, stored.unchanged, stored.corrected, stored.repeated
    );
}

/// Prints the expiration nearest to a month away, five strikes to either side of the money.
pub(crate) fn around_the_money(priced: &[Priced], spot: f64) {
    let Some(expiration) = a_month_away(priced) else { return };
    let mut strikes: Vec<_> = priced
        .iter()
        .map(|priced| &priced.row.quote.contract)
        .filter(|contract| contract.expiration() == expiration)
        .map(OptionContract::strike)
        .collect();
    strikes.dedup();
    strikes.sort_by(|a, b| (a.to_f64() - spot).abs().total_cmp(&(b.to_f64() - spot).abs()));
    strikes.truncate(11);
    let near = priced.iter().filter(|priced| {
        let contract = priced.row.quote.contract;
        contract.expiration() == expiration && strikes.contains(&contract.strike())
    });
    let rows = near.map(|Priced { row, greeks }| {
        let (quote, contract) = (&row.quote, row.quote.contract);
        let value = greeks.as_ref().map(|greeks| greeks.valuation);
        [
            contract.option_type().to_string(),
            contract.strike().to_string(),
            number(quote.bid, 2),
            number(quote.ask, 2),
            number(greeks.as_ref().map(|greeks| greeks.implied_volatility * 100.0), 2),
            number(value.map(|value| value.delta), 3),
            number(value.map(|value| value.gamma), 4),
            number(value.map(|value| value.theta / 365.0), 3),
            number(value.map(|value| value.vega / 100.0), 3),
        ]
    });
    println!("\nAround the money, {expiration} (theta per day, vega per volatility point):");
    println!("{}", table(["type", "strike", "bid", "ask", "IV %", "delta", "gamma", "theta", "vega"], rows));
}

fn a_month_away(priced: &[Priced]) -> Option<NaiveDate> {
    let distance = |priced: &&Priced| (priced.row.days_to_expiration() - 30).abs();
    priced.iter().min_by_key(distance).map(|priced| priced.row.quote.contract.expiration())
}

pub(crate) fn put_call_ratio(chain: &OptionChain) {
    match chain.put_call_volume_ratio() {
        Some(ratio) => println!("Put/call ratio by volume: {ratio:.2}"),
        None => println!("Put/call ratio by volume: none, no call was traded"),
    }
}

/// Prints the puts with the highest annualised return on the cash that secures them.
pub(crate) fn cash_secured_puts(advice: &WheelAdvice) {
    let rows = advice.puts.iter().take(5).map(|put| {
        let percent = |part: f64| format!("{:.1}", part * 100.0);
        [
            put.contract.to_string(),
            format!("{:.2}", put.bid),
            format!("{:.3}", put.delta),
            percent(put.assignment),
            percent(put.annualised_return),
        ]
    });
    println!("\nCash-secured puts by annualised return (7 to 60 days, delta -0.35 to -0.05, sold at the bid):");
    println!("{}", table(["contract", "bid", "delta", "assigned %", "% a year"], rows));
}

pub(crate) async fn stored(store: &dyn Store, url: &str) -> Result<()> {
    let capabilities = store.capabilities();
    println!("\nStored in {url} ({} {}):", capabilities.engine, capabilities.version);
    let statistics = store.statistics().await?;
    // A new store has permissions already; the rows of this program are those of the market.
    let written = |statistics: &&DatasetStatistics| statistics.rows > 0 && statistics.dataset != Dataset::Permissions;
    let rows = statistics.iter().filter(written).map(|statistics| {
        let time = |at: Option<strikebook::Timestamp>| at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        [
            statistics.dataset.to_string(),
            statistics.rows.to_string(),
            time(statistics.oldest),
            time(statistics.newest),
            statistics.bytes.map_or_else(|| "-".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1024.0)),
        ]
    });
    println!("{}", table(["dataset", "rows", "oldest", "newest", "KiB"], rows));
    Ok(())
}
