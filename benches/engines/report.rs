//! The table at the end.

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

/// What the repetitions of one measurement took, in seconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn push(&mut self, seconds: f64) {
        self.0.push(seconds);
    }

    /// The last repetition's.
    pub(crate) fn last(&self) -> f64 {
        self.0.last().copied().unwrap_or(f64::NAN)
    }

    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    fn greatest(&self) -> f64 {
        self.0.iter().copied().fold(f64::NEG_INFINITY, f64::max)
    }

    /// The median, and the least and the greatest.
    fn shown(&self) -> String {
        let milliseconds = |seconds: f64| match seconds * 1e3 {
            short if short < 100.0 => format!("{short:.2}"),
            long => format!("{long:.0}"),
        };
        format!("{} ({}–{})", milliseconds(self.median()), milliseconds(self.least()), milliseconds(self.greatest()))
    }

    fn per_second(&self, rows: usize) -> String {
        format!("{:.0} k/s", rows as f64 / self.median() / 1e3)
    }
}

/// One comparison.
pub(crate) struct Line {
    pub(crate) engine: &'static str,
    pub(crate) question: String,
    pub(crate) rows: usize,
    /// Whether rows per second tell something.
    pub(crate) per_second: bool,
    pub(crate) baseline: Times,
    pub(crate) measured: Times,
    /// The greatest ratio that is good; `None` when the comparison is for information.
    pub(crate) target: Option<f64>,
}

impl Line {
    fn ratio(&self) -> f64 {
        self.measured.median() / self.baseline.median()
    }

    fn cells(&self) -> Vec<String> {
        let pairs =
            Times(self.measured.0.iter().zip(&self.baseline.0).map(|(measured, base)| measured / base).collect());
        let per_second = |times: &Times| if self.per_second { times.per_second(self.rows) } else { String::new() };
        let (target, verdict) = match self.target {
            Some(target) => (format!("≤ {target:.2}"), if self.ratio() <= target { "met" } else { "MISSED" }),
            None => (String::new(), ""),
        };
        vec![
            self.engine.to_owned(),
            self.question.clone(),
            self.rows.to_string(),
            self.baseline.shown(),
            per_second(&self.baseline),
            self.measured.shown(),
            per_second(&self.measured),
            format!("{:.2} ({:.2}–{:.2})", self.ratio(), pairs.least(), pairs.greatest()),
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

    /// Times are milliseconds: the median, and in parentheses the least and the greatest. A ratio is that of the
    /// medians, and in parentheses the least and the greatest of the repetitions.
    pub(crate) fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).set_header([
            "engine",
            "measured ÷ baseline",
            "rows",
            "baseline, ms",
            "",
            "measured, ms",
            "",
            "ratio",
            "target",
            "",
        ]);
        table.add_rows(self.0.iter().map(Line::cells));
        for column in table.column_iter_mut().skip(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}
