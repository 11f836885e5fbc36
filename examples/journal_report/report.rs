//! The page.

use std::error::Error;

use plotters::style::RGBColor;
use strikebook::trading::{
    journal::Cycle,
    metrics::{EquityPoint, Metrics},
};

use crate::{chart, page, table};

/// Writes the page.
pub(crate) fn write(
    path: &str,
    title: &str,
    (by_lot, by_decision): (&Metrics, &Metrics),
    curve: &[EquityPoint],
    cycles: &[Cycle],
) -> Result<(), Box<dyn Error>> {
    let (equity, drawdown) = (chart::equity(curve), chart::drawdown(curve));
    let start = equity.first().map_or(0.0, |(_, value)| *value);
    let years = crate::realized_by_year(cycles);
    let years = years.into_iter().map(|(year, realized)| [year, format!("{:.2}", realized.round_dp(2))]);
    let metrics = page::rows(["metric", "by lots", "by decisions", "convention"], table::lines(by_lot, by_decision));
    let sections = [
        (
            "Equity after each closed decision",
            chart::draw(&equity, ("equity", "USD"), start, RGBColor(30, 90, 170), &[])?,
        ),
        ("Drawdown", chart::draw(&drawdown, ("drawdown", "%"), 0.0, RGBColor(190, 50, 40), &[])?),
        ("Metrics", metrics),
        ("Realized by year, after costs", page::rows(["year", "realized"], years)),
    ];
    page::write(path, title, &sections, "What open positions were worth in between is not in these curves.")
}
