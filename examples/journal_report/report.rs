//! The page.

use std::error::Error;

use plotters::style::RGBColor;
use strikebook::{
    Decimal,
    services::journal::Deposit,
    trading::{
        journal::Cycle,
        metrics::{EquityPoint, Metrics},
    },
};

use crate::{chart, page, table};

/// Writes the page.
pub(crate) fn write(
    path: &str,
    title: &str,
    (by_lot, by_decision): (&Metrics, &Metrics),
    (curve, deposits): (&[EquityPoint], &[Deposit]),
    cycles: &[Cycle],
) -> Result<(), Box<dyn Error>> {
    let (equity, drawdown) = (chart::equity(curve), chart::drawdown(curve));
    let start = equity.first().map_or(0.0, |(_, value)| *value);
    let years = crate::realized_by_year(cycles);
    let years = years.into_iter().map(|(year, realized)| [year, format!("{:.2}", realized.round_dp(2))]);
    let metrics = page::rows(["metric", "by lots", "by decisions", "convention"], table::lines(by_lot, by_decision));
    let of_curve = |deposit: &&Deposit| curve.first().is_some_and(|first| deposit.at > first.at);
    let (paid_in, paid_out): (Vec<_>, Vec<_>) =
        deposits.iter().filter(of_curve).partition(|deposit| deposit.amount > Decimal::ZERO);
    let instants = |of: &[&Deposit]| of.iter().map(|deposit| deposit.at.to_datetime()).collect::<Vec<_>>();
    let (paid_in, paid_out) = (instants(&paid_in), instants(&paid_out));
    let marks = [(&paid_in[..], RGBColor(40, 140, 70)), (&paid_out[..], RGBColor(200, 120, 20))];
    let lines = deposits.iter().map(|deposit| {
        [
            deposit.at.new_york_date().to_string(),
            format!("{:.2}", deposit.amount.round_dp(2)),
            deposit.description.clone(),
        ]
    });
    let sections = [
        (
            "Equity after each closed decision",
            chart::draw(&equity, ("equity", "USD"), start, RGBColor(30, 90, 170), &marks)?,
        ),
        ("Drawdown", chart::draw(&drawdown, ("drawdown", "%"), 0.0, RGBColor(190, 50, 40), &[])?),
        ("Metrics", metrics),
        ("Realized by year, after costs", page::rows(["year", "realized"], years)),
        ("Deposits and withdrawals", page::rows(["day", "amount", "in the broker's words"], lines)),
    ];
    let note = "What open positions were worth in between is not in these curves. Green dots are later deposits, \
                orange ones withdrawals: they do not move the curves.";
    page::write(path, title, &sections, note)
}
