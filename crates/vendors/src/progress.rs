//! The progress of a read.

use std::{fmt, sync::Arc};

use crate::ReadReport;

/// The rows between two reports.
const ROWS: u64 = 10_000;
/// The bytes between two reports.
const BYTES: u64 = 16 << 20;

/// The progress of a read so far. `{}` writes a line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The name of the document; within an archive `archive/entry`.
    pub file: Arc<str>,
    /// The bytes of text read, of all documents.
    pub bytes: u64,
    /// The bytes of the file; `None` for a packed one, whose text is longer.
    pub size: Option<u64>,
    /// The accepted records, of all documents.
    pub accepted: u64,
    /// The rejected records, of all documents.
    pub rejected: u64,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, bytes, size, accepted, rejected } = self;
        write!(f, "{file}: {} MiB", bytes >> 20)?;
        if let Some(size) = size {
            write!(f, " of {}", size >> 20)?;
        }
        write!(f, ", {accepted} accepted, {rejected} rejected")
    }
}

/// A function that receives the progress.
#[derive(Clone)]
pub struct OnProgress(Arc<dyn Fn(&Progress) + Send + Sync>);

impl OnProgress {
    pub(crate) fn new(report: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(report))
    }
}

impl fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnProgress")
    }
}

/// The reports of one read.
#[derive(Debug)]
pub(crate) struct Reporter {
    on_progress: Option<OnProgress>,
    size: Option<u64>,
    /// The bytes of the documents before the present one.
    before: u64,
    /// The rows and the bytes at which the next report is due.
    next: (u64, u64),
}

impl Reporter {
    pub(crate) const fn new(on_progress: Option<OnProgress>, size: Option<u64>) -> Self {
        Self { on_progress, size, before: 0, next: (ROWS, BYTES) }
    }

    /// Reports the progress if it is due, and at the end of a document.
    pub(crate) fn report(&mut self, file: &Arc<str>, bytes: u64, report: &ReadReport, is_end: bool) {
        let Some(OnProgress(on_progress)) = &self.on_progress else { return };
        let bytes = self.before.saturating_add(bytes);
        if is_end {
            self.before = bytes;
        } else if report.read < self.next.0 && bytes < self.next.1 {
            return;
        }
        self.next = (report.read.saturating_add(ROWS), bytes.saturating_add(BYTES));
        let (accepted, rejected) = (report.accepted, report.rejected);
        on_progress(&Progress { file: Arc::clone(file), bytes, size: self.size, accepted, rejected });
    }
}
