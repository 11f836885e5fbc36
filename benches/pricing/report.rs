//! The comparisons of prices and fits.

use comfy_table::Table;
use strikebook_benches::report;

/// One comparison, in nanoseconds an option.
pub(crate) struct Line {
    subject: String,
    own: f64,
    peer: &'static str,
    theirs: f64,
    /// The largest ratio that is good; `None` if the comparison is for information.
    target: Option<f64>,
}

impl Line {
    pub(crate) fn new(subject: &str, own: f64, peer: &'static str, theirs: f64, target: Option<f64>) -> Self {
        Self { subject: subject.to_owned(), own, peer, theirs, target }
    }

    fn cells(&self) -> [String; 7] {
        let ratio = self.own / self.theirs;
        let [target, verdict] = report::verdict(ratio, self.target);
        [
            self.subject.clone(),
            format!("{:.1}", self.own),
            self.peer.to_owned(),
            format!("{:.1}", self.theirs),
            format!("{ratio:.2}"),
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

    pub(crate) fn table(&self) -> Table {
        let header = ["subject", "ours, ns", "compared with", "theirs, ns", "ratio", "target", ""];
        report::table(header, self.0.iter().map(Line::cells), [1, 3, 4])
    }
}
