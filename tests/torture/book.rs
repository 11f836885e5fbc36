//! Everything that a store holds of a workload, to be compared.

use std::{
    collections::BTreeMap,
    fmt::{Debug, Write as _},
};

use strikebook::{
    Listing, Result, Store,
    trading::{PositionFilter, journal::CycleFilter},
};

/// The rows that a difference shows of each dataset, and the characters of each.
const SHOWN_ROWS: usize = 3;
const SHOWN_CHARS: usize = 600;

/// The rows of each dataset as text, sorted. Times and identities of audit entries are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Book(BTreeMap<&'static str, Vec<String>>);

impl Book {
    /// Reads what the writes of fills, units and imports make.
    pub(crate) async fn of(store: &dyn Store) -> Result<Self> {
        let mut book = Self::default();
        book.add("orders", &store.list_orders(&Listing::default()).await?.items);
        book.add("executions", &store.list_executions(&Listing::default()).await?.items);
        book.add("positions", &store.list_positions(&PositionFilter::default()).await?);
        book.add("journal_events", &store.list_journal_events(&Listing::default()).await?.items);
        book.add("journal_cycles", &store.list_cycles(&CycleFilter::default()).await?);
        book.add("trades", &store.list_trades(&Listing::default()).await?.items);
        book.add("journal_notes", &store.list_notes(&Listing::default()).await?.items);
        book.add("imported_rows", &store.list_imported_rows(&Listing::default()).await?.items);
        let audit = store.list_audit(&Listing::default()).await?.items.into_iter();
        let audit =
            audit.map(|entry| (entry.action, entry.resource, entry.resource_id, entry.old_value, entry.new_value));
        book.add("audit_log", &audit.collect::<Vec<_>>());
        Ok(book)
    }

    fn add<T: Debug>(&mut self, dataset: &'static str, rows: &[T]) {
        let mut rows: Vec<_> = rows.iter().map(|row| format!("{row:?}")).collect();
        rows.sort_unstable();
        self.0.insert(dataset, rows);
    }

    /// Returns the rows of a dataset.
    pub(crate) fn rows(&self, dataset: &str) -> &[String] {
        self.0.get(dataset).map_or(&[], Vec::as_slice)
    }

    /// Returns true if some datasets are as in `after`, the audit has part of the entries of `after`, and all other
    /// datasets are as in `before`.
    pub(crate) fn is_between(&self, before: &Self, after: &Self, written_first: &[&str]) -> bool {
        let holds = |all: &[String], part: &[String]| part.iter().all(|row| all.binary_search(row).is_ok());
        self.0.iter().all(|(dataset, rows)| match *dataset {
            "audit_log" => holds(after.rows(dataset), rows) && holds(rows, before.rows(dataset)),
            dataset if written_first.contains(&dataset) => rows == after.rows(dataset),
            dataset => rows == before.rows(dataset),
        })
    }

    /// Describes the rows by which two books differ, a few of each dataset.
    pub(crate) fn differences(&self, expected: &Self) -> String {
        let mut text = String::new();
        for (dataset, rows) in &self.0 {
            let expected = expected.rows(dataset);
            if rows.len() != expected.len() {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n    {dataset}: {} rows instead of {}", rows.len(), expected.len());
            }
            for (word, rows, others) in [("unexpected", &rows[..], expected), ("missing", expected, &rows[..])] {
                let only = rows.iter().filter(|row| others.binary_search(row).is_err());
                for row in only.take(SHOWN_ROWS) {
                    let _ = write!(text, "\n    {dataset}, {word}: {row:.SHOWN_CHARS$}");
                }
            }
        }
        if text.is_empty() { " nothing".to_owned() } else { text }
    }
}
