//! Units of work: several writes in one transaction.
//!
//! A [`UnitOfWork`] is a value: an ordered list of writes, each with a [`Precondition`] if it needs one.
//! [`Store::apply`](crate::Store::apply) stores all of them or none. A caller reads first, builds the unit from what
//! was read, and states by preconditions what must still hold when the unit is applied. No transaction stays open
//! between the two, so no other writer waits for the caller.
//!
//! A position is kept by rules of one's own here, beside the execution that changed it, with a note. The usual rules
//! are those of `record_fills`, one write for an execution with its order, position and journal.
//!
//! ```
//! use strikebook_core::{
//!     ErrorKind, Id, Result, Store,
//!     trading::{Execution, Position, PositionKey, journal::{Note, NoteKind}},
//!     unit::{Guarded, UnitOfWork},
//! };
//!
//! /// Records an execution. `after` returns the position that follows from the one before.
//! async fn record_with_note(
//!     store: &dyn Store,
//!     execution: &Execution,
//!     key: PositionKey,
//!     after: impl Fn(Option<&Position>) -> Position,
//! ) -> Result<()> {
//!     loop {
//!         let before = store.get_position(&key).await?;
//!         let position = Guarded::from(after(before.as_ref())).must_match(before);
//!         let id = Id::named(&format!("note on {}", execution.id));
//!         let note = Note::new(id, execution.at, key.account, NoteKind::Observation, "filled at the limit");
//!         let unit = UnitOfWork::new()
//!             .record_executions(Guarded::from(execution.clone()).must_not_exist())
//!             .upsert_positions(position)
//!             .add_notes(note);
//!         match store.apply(&unit).await {
//!             Ok(_) => return Ok(()),
//!             // Another writer changed the position (the second write) meanwhile: read it again.
//!             Err(error) if error.kind() == ErrorKind::Conflict && error.context("write") == Some("1") => {}
//!             Err(error) => return Err(error),
//!         }
//!     }
//! }
//! ```

pub(crate) mod apply;
mod guard;
mod write;

use std::sync::Arc;

use serde::Serialize;

pub use guard::{Guarded, GuardedAmendments, GuardedKey, Precondition, Row};
pub use write::Write;

use crate::Upserted;

/// An ordered list of writes with their preconditions, stored by [`Store::apply`](crate::Store::apply) as one: all or
/// nothing.
///
/// Each write is named and works as the method of the same name of a repository. Writes that delete or replace many
/// rows by a condition (purges, evictions, expired signals) and writes whose answer decides what is done next (leases,
/// charges) have no place in a unit. The header of a chain with its quotes is two writes, `upsert_snapshots` and
/// `upsert_quotes`.
///
/// A clone shares the rows.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a unit of work does nothing until it is applied"]
pub struct UnitOfWork {
    writes: Arc<Vec<Write>>,
}

/// The rows that one write of a unit changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The rows written, counted as by a single call. A row that changed by a step, such as a moved order, counts as
    /// `corrected`, and as `unchanged` if the step was taken before.
    pub upserted: Upserted,
    /// The number of rows deleted.
    pub deleted: u64,
}

impl Applied {
    /// Counts one row that a step, such as an order's move, changed or left as it was.
    pub fn stepped(changed: bool) -> Self {
        let (corrected, unchanged) = if changed { (1, 0) } else { (0, 1) };
        Self { upserted: Upserted { corrected, unchanged, ..Upserted::default() }, deleted: 0 }
    }

    /// Counts a deletion by key, which found a row or did not.
    pub fn deleted(found: bool) -> Self {
        Self { upserted: Upserted::default(), deleted: u64::from(found) }
    }
}

impl From<Upserted> for Applied {
    fn from(upserted: Upserted) -> Self {
        Self { upserted, deleted: 0 }
    }
}

impl UnitOfWork {
    /// Creates a unit without writes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a write after the others.
    pub fn with(mut self, write: Write) -> Self {
        Arc::make_mut(&mut self.writes).push(write);
        self
    }

    /// Returns the writes in their order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Returns the number of writes.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// Returns true if there are no writes.
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

impl Extend<Write> for UnitOfWork {
    fn extend<I: IntoIterator<Item = Write>>(&mut self, writes: I) {
        Arc::make_mut(&mut self.writes).extend(writes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorKind, Name, Timestamp,
        maintenance::Dataset,
        market::{OptionQuote, Symbol, UnderlyingQuote},
        port::{changed_datasets, check_unit},
    };

    fn at() -> Timestamp {
        "2025-09-25T20:00:00Z".parse().expect("an instant")
    }

    fn quote(last: f64) -> UnderlyingQuote {
        let source = crate::Source::new("test").expect("a source");
        UnderlyingQuote {
            last: Some(last),
            ..UnderlyingQuote::new(Symbol::new("SPY").expect("a symbol"), at(), source)
        }
    }

    #[test]
    fn a_clone_shares_the_rows_until_one_of_the_two_grows() {
        let unit = UnitOfWork::new().upsert_underlying_quotes(quote(1.0));
        let longer = unit.clone().upsert_underlying_quotes(quote(2.0));
        assert_eq!((unit.len(), longer.len()), (1, 2));
        assert_eq!(unit.writes()[0], longer.writes()[0]);
        assert!(!unit.is_empty() && UnitOfWork::new().is_empty());
    }

    #[test]
    fn an_invalid_row_is_named_with_its_write() {
        let quotes = vec![quote(1.0), quote(f64::NAN)];
        let unit = UnitOfWork::new().upsert_quotes(Vec::<OptionQuote>::new()).upsert_underlying_quotes(quotes);
        let error = check_unit(&unit, false, None).expect_err("NaN");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let context = ["write", "dataset", "row", "field"].map(|key| error.context(key));
        assert_eq!(context, [Some("1"), Some("underlying_quotes"), Some("1"), Some("last")]);
    }

    #[test]
    fn a_write_names_all_datasets_that_it_changes() {
        let name = Name::new("limit").expect("a name");
        let unit = UnitOfWork::new().delete_setting(name).upsert_quotes(Vec::new());
        let datasets: Vec<_> = unit.writes().iter().map(changed_datasets).collect();
        assert_eq!(datasets, [vec![Dataset::Settings], vec![Dataset::Contracts, Dataset::OptionQuotes]]);
    }
}
