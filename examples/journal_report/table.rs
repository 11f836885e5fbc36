//! The tables for the terminal and the page.

use comfy_table::{CellAlignment, Table, presets::UTF8_FULL_CONDENSED};
use strikebook::{
    Decimal,
    trading::{
        journal::Cycle,
        metrics::{Measure, Metrics},
    },
};

/// A row of the table of metrics: the name, the value by lots and by decisions, and the convention.
pub(crate) type Line = [String; 4];

/// Formats a value with its sample, or the reason why it is undefined.
fn shown<T>(measure: &Measure<T>, show: impl Fn(&T) -> String) -> String {
    let value = match &measure.value {
        Ok(value) => show(value),
        Err(reason) => format!("none: {reason}"),
    };
    let left_out = if measure.excluded == 0 { String::new() } else { format!(", {} left out", measure.excluded) };
    format!("{value}  (n = {}{left_out})", measure.trades)
}

/// Returns every metric, by lots and by decisions.
pub(crate) fn lines(trades: &Metrics, cycles: &Metrics) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut line = |name: &str, show: &dyn Fn(&Metrics) -> (String, String)| {
        let ((one, convention), (other, _)) = (show(trades), show(cycles));
        lines.push([name.to_owned(), one, other, convention]);
    };
    macro_rules! lines {
        ($($name:literal, $field:ident, $show:expr;)+) => {
            $(line($name, &|metrics| (shown(&metrics.$field, $show), metrics.$field.convention.to_string()));)+
        };
    }
    let money = |amount: &Decimal| format!("{:.2}", amount.round_dp(2));
    let number = |value: &f64| format!("{value:.4}");
    let percent = |value: &f64| format!("{:.2} %", value * 100.0);
    lines! {
        "profit after costs", net, money;
        "profit before costs", gross, money;
        "costs", costs, money;
        "costs in percent", costs_percent, |value| format!("{value:.2} %");
        "profit factor", profit_factor, number;
        "mean profit", expectancy, money;
        "win rate [Wilson, 95 %]", win_rate, |won| {
            format!("{:.1} % [{:.1}, {:.1}]", won.rate * 100.0, won.lower * 100.0, won.upper * 100.0)
        };
        "maximum drawdown", drawdown, |fell| {
            let fraction = fell.fraction.map_or_else(|reason| format!("none: {reason}"), |fraction| percent(&fraction));
            format!("{} / {fraction} / {} days", money(&fell.money), fell.longest().num_days())
        };
        "expected R", expected_r, number;
        "its standard error", expected_r_error, number;
        "system quality", system_quality, number;
        "Sharpe, a year", sharpe, number;
        "Sortino, a year", sortino, number;
        "return on collateral, a year", return_on_collateral, percent;
        "exit efficiency", exit_efficiency, percent;
    }
    lines
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header.iter().copied());
    table
}

/// Returns the metrics as a table.
pub(crate) fn metrics(trades: &Metrics, cycles: &Metrics) -> Table {
    let mut table = table(&["metric", "by lots", "by decisions", "convention"]);
    for line in lines(trades, cycles) {
        table.add_row(line);
    }
    table
}

/// Returns a table of the results of each year.
pub(crate) fn years(cycles: &[Cycle]) -> Table {
    let mut table = table(&["year", "realized after costs"]);
    for (year, realized) in super::realized_by_year(cycles) {
        table.add_row([year, format!("{:.2}", realized.round_dp(2))]);
    }
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
