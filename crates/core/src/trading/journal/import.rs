//! Imported rows: what a broker told, word for word, and what became of it.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::JournalEvent;
use crate::{
    Entry, Id, Json, Listing, Name, Page, Result, Source, Timestamp, Upserted,
    batch::{conflict, each_once},
    validate::{check, count, object, text},
};

/// A row of a broker's history as it stood in its file, and the events that came of it.
///
/// What the broker told never changes. What became of it may: a row that closes what a history does not open is
/// rejected, and is accepted once a longer history tells the opening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedRow {
    /// Its identity.
    pub id: Id<Self>,
    /// When what it tells happened; of a row whose time cannot be read, when it was first learned.
    pub at: Timestamp,
    /// The account.
    pub account: Name,
    /// The format that it was told in, such as `tastytrade`.
    pub source: Source,
    /// What tells it from every other row of account and source, in whatever file it stands.
    pub row_id: String,
    /// The file in which it was first told as it was taken.
    pub file: String,
    /// Where in that file: a line, or the place of an element, from 1.
    pub line: u64,
    /// Its fields by their names, as texts: an object.
    pub content: Json,
    /// Why it was rejected; `None` when it was accepted.
    pub rejection: Option<String>,
    /// The journal's events that came of it; none of a rejected row, and of money that belongs to no position.
    pub events: Vec<Id<JournalEvent>>,
    /// When we learned what became of it.
    pub recorded_at: Timestamp,
}

impl ImportedRow {
    /// The identity of a row: equal for the same row of an account in every file.
    pub fn identity(source: &Source, account: Name, row_id: &str) -> Id<Self> {
        Id::named(&format!("imported row/{source}/{account}/{row_id}"))
    }

    /// Whether it was accepted.
    pub const fn is_accepted(&self) -> bool {
        self.rejection.is_none()
    }

    fn became_the_same(&self, stored: &Self) -> bool {
        (&self.rejection, &self.events) == (&stored.rejection, &stored.events)
    }
}

/// What a list of imported rows is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportFilter {
    /// Rows of this account.
    pub account: Option<Name>,
    /// Rows told in this format.
    pub source: Option<Source>,
    /// The row that account and source know by this.
    pub row_id: Option<String>,
    /// Rows that this event came of.
    pub event: Option<Id<JournalEvent>>,
    /// Rows that were accepted, or those that were rejected.
    pub accepted: Option<bool>,
}

/// Which imported rows to list.
pub type ImportQuery = Listing<ImportFilter>;

impl Entry for ImportedRow {
    const NAME: &'static str = "imported row";

    type Filter = ImportFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        text("row_id", &self.row_id)?;
        text("file", &self.file)?;
        count("line", self.line)?;
        object("content", &self.content)?;
        check!(text, self.rejection.as_deref() => "rejection");
        if self.is_accepted() || self.events.is_empty() {
            return Ok(());
        }
        Err(crate::Error::invalid_input("no event comes of a rejected row")
            .with("field", "events")
            .with("value", self.events.len()))
    }

    fn validate_filter(filter: &ImportFilter) -> Result<()> {
        check!(text, filter.row_id.as_deref() => "row_id");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &ImportFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.source.as_ref().is_none_or(|source| self.source == *source)
            && filter.row_id.as_ref().is_none_or(|row_id| self.row_id == *row_id)
            && filter.event.is_none_or(|event| self.events.contains(&event))
            && filter.accepted.is_none_or(|accepted| self.is_accepted() == accepted)
    }

    /// Whether both are one row: equal in what the broker told.
    fn is_repeat_of(&self, stored: &Self) -> bool {
        let told = |row: &Self| (row.account, row.source.clone(), row.row_id.clone(), row.content.clone());
        told(self) == told(stored)
    }
}

/// What a batch of imported rows does. For implementors of the port.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    /// Rows that are new.
    pub fresh: Vec<ImportedRow>,
    /// Rows of which something else became, as they are now.
    pub changed: Vec<ImportedRow>,
    /// What became of each row of the batch.
    pub done: Upserted,
}

impl Import {
    /// What a batch does where these rows are stored: at least those with an identity of the batch.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) as [`record_imported_rows`](ImportRepository::record_imported_rows)
    /// tells it.
    pub fn of(batch: &[ImportedRow], stored: impl IntoIterator<Item = ImportedRow>) -> Result<Self> {
        let stored: std::collections::HashMap<_, _> = stored.into_iter().map(|row| (row.id, row)).collect();
        let once = each_once(batch)?;
        let mut import = Self::default();
        import.done.repeated = (batch.len() - once.len()) as u64;
        for (index, row) in once {
            match stored.get(&row.id) {
                None => import.fresh.push(row.clone()),
                Some(stored) if !row.is_repeat_of(stored) => return Err(conflict(row).with("row", index)),
                Some(stored) if row.became_the_same(stored) => import.done.unchanged += 1,
                Some(stored) => import.changed.push(ImportedRow { at: stored.at, ..row.clone() }),
            }
        }
        import.done.inserted = import.fresh.len() as u64;
        import.done.corrected = import.changed.len() as u64;
        Ok(import)
    }
}

/// Rows of brokers' histories as they stood in their files.
#[async_trait]
pub trait ImportRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Keeps rows, and what became of them.
    ///
    /// A row told again, in whatever file, is unchanged when the same became of it: the same rejection, or the same
    /// events. When something else became of it, that takes the place of what was stored, and counts as corrected; its
    /// `at` stays. In the same batch a row is repeated. An empty batch is fine and does nothing. Either all rows are
    /// stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of a row that tells something else, both with
    /// its index as `row`; [`SimulatedData`](crate::ErrorKind::SimulatedData) when a source is simulated and the store
    /// does not allow it.
    ///
    /// # Cancel safety
    /// A dropped call stores all rows or none.
    async fn record_imported_rows(&self, rows: &[ImportedRow]) -> Result<Upserted>;

    /// The row with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_imported_row(&self, id: Id<ImportedRow>) -> Result<Option<ImportedRow>>;

    /// The rows that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's, or `row_id` is no
    /// text that a row can have.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_imported_rows(&self, query: &ImportQuery) -> Result<Page<ImportedRow>>;
}
