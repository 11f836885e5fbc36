//! The page: one file, without a script and without a reference to another.

use std::{error::Error, fmt::Write, fs};

use plotters::style::RGBColor;
use strikebook::trading::{
    journal::Projection,
    metrics::{EquityPoint, Metrics},
};

use crate::{chart, table};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;color:#222}\
                     table{border-collapse:collapse;margin:1em 0}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;text-align:left}\
                     td+td{font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}.note{color:#666}";

/// Text as it stands in HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A row of a table, in cells of a kind.
fn row<const N: usize>(tag: &str, cells: &[String; N]) -> String {
    let cells = cells.each_ref().map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell)));
    format!("<tr>{}</tr>\n", cells.concat())
}

fn rows<const N: usize>(header: [&str; N], lines: impl IntoIterator<Item = [String; N]>) -> String {
    let body: Vec<_> = lines.into_iter().map(|line| row("td", &line)).collect();
    format!("<table>\n{}{}</table>\n", row("th", &header.map(str::to_owned)), body.concat())
}

/// Writes the page.
pub(crate) fn write(
    path: &str,
    title: &str,
    (by_trade, by_cycle): (&Metrics, &Metrics),
    curve: &[EquityPoint],
    projections: &[Projection],
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let failed = |error: Box<dyn Error>| error.to_string();
    let (equity, drawdown) = (chart::equity(curve), chart::drawdown(curve));
    let start = equity.first().map_or(0.0, |(_, value)| *value);
    let equity = chart::draw(&equity, ("equity", "USD"), start, RGBColor(30, 90, 170)).map_err(failed)?;
    let drawdown = chart::draw(&drawdown, ("drawdown", "%"), 0.0, RGBColor(190, 50, 40)).map_err(failed)?;
    let years = crate::realized_by_year(projections);
    let years = years.into_iter().map(|(year, realized)| [year, format!("{:.2}", realized.round_dp(2))]);
    let mut page = String::new();
    let title = escaped(title);
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>{title}</title>\n<style>{STYLE}</style>\n"
    )?;
    write!(
        page,
        "<h1>{title}</h1>\n<h2>Equity after each closed trade</h2>\n{equity}\n<h2>Drawdown</h2>\n{drawdown}\n"
    )?;
    let metrics = rows(["metric", "by trades (lots)", "by cycles", "convention"], table::lines(by_trade, by_cycle));
    write!(page, "<h2>Metrics</h2>\n{metrics}")?;
    write!(page, "<h2>Realized by year, after costs</h2>\n{}", rows(["year", "realized"], years))?;
    page += "<p class=\"note\">What open positions were worth in between is not in these curves.</p>\n</html>\n";
    fs::write(path, page)?;
    Ok(())
}
