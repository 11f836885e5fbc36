//! The comparisons of engines.

use comfy_table::Table;
use strikebook_benches::report;

/// The seconds of each repetition of a measurement.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn push(&mut self, seconds: f64) {
        self.0.push(seconds);
    }

    /// Returns the seconds of the last repetition.
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

    /// Returns the median, and the least and the greatest in parentheses.
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

/// One comparison of an engine through its adapter with a baseline.
pub(crate) struct Line {
    pub(crate) engine: &'static str,
    pub(crate) comparison: String,
    pub(crate) rows: usize,
    /// True if the table shows rows per second.
    pub(crate) per_second: bool,
    pub(crate) baseline: Times,
    pub(crate) measured: Times,
    /// The largest ratio that is good; `None` if the comparison is for information.
    pub(crate) target: Option<f64>,
}

impl Line {
    fn ratio(&self) -> f64 {
        self.measured.median() / self.baseline.median()
    }

    fn cells(&self) -> [String; 10] {
        let pairs =
            Times(self.measured.0.iter().zip(&self.baseline.0).map(|(measured, base)| measured / base).collect());
        let per_second = |times: &Times| if self.per_second { times.per_second(self.rows) } else { String::new() };
        let [target, verdict] = report::verdict(self.ratio(), self.target);
        [
            self.engine.to_owned(),
            self.comparison.clone(),
            self.rows.to_string(),
            self.baseline.shown(),
            per_second(&self.baseline),
            self.measured.shown(),
            per_second(&self.measured),
            format!("{:.2} ({:.2}–{:.2})", self.ratio(), pairs.least(), pairs.greatest()),
            target,
            verdict,
        ]
    }
}

/// The comparisons so far.
#[derive(Default)]
pub(crate) struct Report(Vec<Line>);

impl Report {
    pub(crate) fn add(&mut self, line: Line) {
        self.0.push(line);
    }

    /// Returns the table. Times are milliseconds: the median, and in parentheses the least and the greatest. A ratio is
    /// that of the medians, and in parentheses the least and the greatest of the repetitions.
    pub(crate) fn table(&self) -> Table {
        let header =
            ["engine", "measured ÷ baseline", "rows", "baseline, ms", "", "measured, ms", "", "ratio", "target", ""];
        report::table(header, self.0.iter().map(Line::cells), 2..header.len())
    }
}
