//! The table at the end.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// One comparison, in nanoseconds an option.
pub(crate) struct Line {
    what: String,
    own: f64,
    peer: &'static str,
    theirs: f64,
    /// The greatest ratio that is good; `None` when the comparison is for information.
    target: Option<f64>,
}

impl Line {
    pub(crate) fn new(what: &str, own: f64, peer: &'static str, theirs: f64, target: Option<f64>) -> Self {
        Self { what: what.to_owned(), own, peer, theirs, target }
    }

    fn cells(&self) -> [String; 7] {
        let ratio = self.own / self.theirs;
        let (target, verdict) = match self.target {
            Some(target) => (format!("≤ {target:.2}"), if ratio <= target { "met" } else { "MISSED" }),
            None => (String::new(), ""),
        };
        [
            self.what.clone(),
            format!("{:.1}", self.own),
            self.peer.to_owned(),
            format!("{:.1}", self.theirs),
            format!("{ratio:.2}"),
            target,
            verdict.to_owned(),
        ]
    }
}

/// All comparisons.
#[derive(Default)]
pub(crate) struct Report(Vec<Line>);

impl Report {
    pub(crate) fn add(&mut self, line: Line) {
        self.0.push(line);
    }

    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).set_header([
            "what",
            "ours, ns",
            "compared with",
            "theirs, ns",
            "ratio",
            "target",
            "",
        ]);
        table.add_rows(self.0.iter().map(Line::cells));
        for index in [1, 3, 4] {
            if let Some(column) = table.column_mut(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}
