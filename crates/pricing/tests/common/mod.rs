//! The reference tables, and the errors that values have against them.
//!
//! The tables lie in `tests/reference`; the comment at the head of each says what its columns are and how its values
//! were computed.

#![allow(dead_code, clippy::unwrap_used, reason = "every test uses some of this, and may unwrap")]

pub(crate) mod answers;
pub(crate) mod penalty;

use std::{collections::BTreeMap, path::Path};

use serde::de::DeserializeOwned;
use strikebook_core::market::OptionType;

/// Returns the rows of a reference table, and those of a larger table of the same name where there is one: in the
/// folder `pricing` of the folder that `STRIKEBOOK_TEST_DATA` names.
pub(crate) fn table<Row: DeserializeOwned>(name: &str) -> Vec<Row> {
    let mut rows = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(name));
    assert!(!rows.is_empty(), "{name} has no rows");
    let larger = std::env::var_os("STRIKEBOOK_TEST_DATA").map(|data| Path::new(&data).join("pricing").join(name));
    if let Some(larger) = larger.filter(|path| path.exists()) {
        rows.extend(read(&larger));
    }
    rows
}

fn read<Row: DeserializeOwned>(path: &Path) -> Vec<Row> {
    let reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(path);
    let reader = reader.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let rows = reader.into_deserialize().collect::<Result<Vec<Row>, _>>();
    rows.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the type that a table's letter stands for.
pub(crate) fn option_type(letter: char) -> OptionType {
    match letter {
        'C' => OptionType::Call,
        'P' => OptionType::Put,
        other => panic!("option type {other} in a reference table"),
    }
}

/// The errors of every quantity of a table.
pub(crate) struct Errors {
    table: &'static str,
    quantities: BTreeMap<String, Vec<Row>>,
}

/// The error of one row, absolute and as a share of the allowed one.
struct Row {
    error: f64,
    share: f64,
    what: String,
}

impl Errors {
    /// Creates an empty collection for a table.
    pub(crate) fn of(table: &'static str) -> Self {
        Self { table, quantities: BTreeMap::new() }
    }

    /// Notes the error of a value against its reference, and the allowed error.
    pub(crate) fn note(&mut self, quantity: &str, id: &str, value: f64, reference: f64, allowed: f64) {
        let error = (value - reference).abs();
        let what = format!("{id}: {value:e}, reference {reference:e}");
        self.quantities.entry(quantity.to_owned()).or_default().push(Row { error, share: error / allowed, what });
    }

    /// Notes the same with an allowed error relative to the reference.
    pub(crate) fn note_relative(&mut self, quantity: &str, id: &str, value: f64, reference: f64, allowed: f64) {
        self.note(quantity, id, value, reference, allowed * reference.abs());
    }

    /// Prints the largest errors and the 99.9th percentiles, and fails if one is above the allowed error.
    pub(crate) fn require(mut self, quantities: usize) {
        println!(
            "{:16} {:24} {:>5} {:>11} {:>9} {:>11} {:>9}",
            "table", "quantity", "rows", "max", "of limit", "99.9 %", "of limit"
        );
        for (quantity, rows) in &mut self.quantities {
            rows.sort_by(|left, right| left.share.total_cmp(&right.share));
            let behind = rows.len() / 1000;
            let (worst, most) = (&rows[rows.len() - 1], &rows[rows.len() - 1 - behind]);
            println!(
                "{:16} {quantity:24} {:5} {:11.2e} {:9.3} {:11.2e} {:9.3}",
                self.table,
                rows.len(),
                worst.error,
                worst.share,
                most.error,
                most.share
            );
        }
        assert_eq!(self.quantities.len(), quantities, "{}", self.table);
        for (quantity, rows) in &self.quantities {
            let worst = &rows[rows.len() - 1];
            assert!(
                worst.share <= 1.0,
                "{}: {quantity} has {:.3} times the allowed error in {}",
                self.table,
                worst.share,
                worst.what
            );
        }
    }
}
