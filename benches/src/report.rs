//! The table of comparisons that a benchmark prints at its end.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// Returns a table with a header, in which some columns, counted from 0, are aligned to the right.
pub fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
    right_aligned: impl IntoIterator<Item = usize>,
) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header);
    table.add_rows(rows);
    for index in right_aligned {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Returns the cells of a comparison's target and its verdict; empty for a comparison without a target.
///
/// A target is the largest ratio that is good.
pub fn verdict(ratio: f64, target: Option<f64>) -> [String; 2] {
    match target {
        Some(target) => [format!("≤ {target:.2}"), if ratio <= target { "met" } else { "MISSED" }.to_owned()],
        None => [String::new(), String::new()],
    }
}
