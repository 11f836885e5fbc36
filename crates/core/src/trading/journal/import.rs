//! Imported rows of brokers' histories, with the events that they led to.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Amendment, JournalEvent};
use crate::{
    Id, Json, Listing, Name, Page, Result, Source, Timestamp, Upserted,
    port::{Entry, conflict, each_once},
    validate::{check, count, object, text},
};

/// A row of a broker's history as it stood in its file, with the events that it led to.
///
/// The content of a row never changes, but its result may: a row that closes a position without a known opening is
/// rejected, and accepted once a longer history contains the opening.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportedRow {
    /// The identity, as [`identity`](Self::identity) derives it.
    pub id: Id<Self>,
    /// The event time of the row; for a row without a readable time the time of the first import.
    pub at: Timestamp,
    /// The account of the row.
    pub account: Name,
    /// The format of the file, such as `tastytrade`.
    pub source: Source,
    /// The identity of the row within account and source, equal in every file.
    pub row_id: String,
    /// The file in which the row was first imported with this result.
    pub file: String,
    /// The position in that file, from 1: a line, or the number of an element.
    pub line: u64,
    /// The fields of the row by name, as texts: an object.
    pub content: Json,
    /// The reason for the rejection; `None` for an accepted row.
    pub rejection: Option<String>,
    /// The journal events that the row led to; empty for a rejected row, and for money that belongs to no position.
    pub events: Vec<Id<JournalEvent>>,
    /// The reason for which the owner deleted an event of the row; `None` for every other row. The row's result stays
    /// as it is from then on.
    pub deletion: Option<String>,
    /// The knowledge time of the result.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(ImportedRow);

impl ImportedRow {
    /// Returns the identity of a row, which is equal for the same row of an account in every file.
    pub fn identity(source: &Source, account: Name, row_id: &str) -> Id<Self> {
        Id::named(&format!("imported row/{source}/{account}/{row_id}"))
    }

    /// Returns true if the row was accepted.
    pub const fn is_accepted(&self) -> bool {
        self.rejection.is_none()
    }

    fn has_same_result(&self, stored: &Self) -> bool {
        (&self.rejection, &self.events) == (&stored.rejection, &stored.events)
    }
}

/// The conditions of a list of imported rows. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportFilter {
    /// The account of the rows.
    pub account: Option<Name>,
    /// The format of the rows.
    pub source: Option<Source>,
    /// The identity of the row within account and source.
    pub row_id: Option<String>,
    /// The journal event that the rows led to.
    pub event: Option<Id<JournalEvent>>,
    /// True for accepted rows, false for rejected ones.
    pub accepted: Option<bool>,
}

/// A query for imported rows.
pub type ImportQuery = Listing<ImportFilter>;

impl Entry for ImportedRow {
    const NAME: &'static str = "imported_row";

    type Filter = ImportFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }

    fn validate(&self) -> Result<()> {
        text("row_id", &self.row_id)?;
        text("file", &self.file)?;
        count("line", self.line)?;
        object("content", &self.content)?;
        check!(text, self.rejection.as_deref() => "rejection", self.deletion.as_deref() => "deletion");
        if self.is_accepted() || self.events.is_empty() {
            return Ok(());
        }
        Err(crate::Error::invalid_input("events of a rejected row must be empty")
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

    /// Returns true if both are the same row with the same content.
    fn is_repeat_of(&self, stored: &Self) -> bool {
        let content = |row: &Self| (row.account, row.source.clone(), row.row_id.clone(), row.content.clone());
        content(self) == content(stored)
    }
}

/// The effect of a batch of imported rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Import {
    /// The rows of the batch that are not stored yet.
    pub fresh: Vec<ImportedRow>,
    /// The rows with a changed result, in their new state.
    pub changed: Vec<ImportedRow>,
    /// The counts of the batch's rows.
    pub done: Upserted,
}

impl Import {
    /// Computes the effect of a batch. `stored` must contain every stored row that shares an identity with the batch.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) as [`record_imported_rows`](ImportRepository::record_imported_rows).
    pub fn of(batch: &[ImportedRow], stored: impl IntoIterator<Item = ImportedRow>) -> Result<Self> {
        let stored: std::collections::HashMap<_, _> = stored.into_iter().map(|row| (row.id, row)).collect();
        let once = each_once(batch)?;
        let mut import = Self::default();
        import.done.repeated = (batch.len() - once.len()) as u64;
        for (index, row) in once {
            match stored.get(&row.id) {
                None => import.fresh.push(row.clone()),
                Some(stored) if !row.is_repeat_of(stored) => return Err(conflict(row).with("row", index)),
                Some(stored) if stored.deletion.is_some() || row.has_same_result(stored) => import.done.unchanged += 1,
                Some(stored) => import.changed.push(ImportedRow { at: stored.at, ..row.clone() }),
            }
        }
        import.done.inserted = import.fresh.len() as u64;
        import.done.corrected = import.changed.len() as u64;
        Ok(import)
    }
}

/// Returns rows that led to deleted events in their new state: without these events, and with the reason of the last
/// deletion. `deletions` are the amendments that delete the events.
pub fn without_deleted<'a>(
    rows: impl IntoIterator<Item = ImportedRow>,
    deletions: impl IntoIterator<Item = &'a Amendment<JournalEvent>>,
) -> Vec<ImportedRow> {
    let deletions: BTreeMap<_, _> = deletions.into_iter().map(|deletion| (deletion.id, deletion)).collect();
    let without = |mut row: ImportedRow| {
        let deletion = row.events.iter().rev().find_map(|event| deletions.get(event))?;
        row.deletion = Some(deletion.reason.clone());
        row.recorded_at = row.recorded_at.max(deletion.at);
        row.events.retain(|event| !deletions.contains_key(event));
        Some(row)
    };
    rows.into_iter().filter_map(without).collect()
}

/// Rows of brokers' histories as they stood in their files.
///
/// ```
/// use strikebook_core::{
///     Name, Source,
///     memory::MemoryStore,
///     trading::journal::{ImportRepository, ImportedRow},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let (source, account, at) = (Source::new("tastytrade")?, Name::new("U1")?, "2025-09-25T14:30:00Z".parse()?);
/// let row = ImportedRow {
///     id: ImportedRow::identity(&source, account, "4711"),
///     at,
///     account,
///     source,
///     row_id: "4711".to_owned(),
///     file: "history.csv".to_owned(),
///     line: 2,
///     content: r#"{"Action": "SELL_TO_OPEN"}"#.parse()?,
///     rejection: Some("the quantity is missing".to_owned()),
///     events: Vec::new(),
///     deletion: None,
///     recorded_at: at,
/// };
/// let store = MemoryStore::new();
/// store.record_imported_rows(&[row.clone()]).await?;
/// assert_eq!(store.get_imported_row(row.id).await?, Some(row));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. An entry of a simulated source is refused with
/// [`SimulatedData`](crate::ErrorKind::SimulatedData) unless the store allows such entries. A list refuses the cursor
/// of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait ImportRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores rows with their results, all or none.
    ///
    /// A stored row, from whatever file, counts as unchanged if its result is the same: the same rejection or the
    /// same events. A different result replaces the stored one and counts as corrected; the row keeps its `at`. The
    /// result of a row whose event was [deleted](super::JournalRepository::amend_journal_events) stays, and the row
    /// counts as unchanged. A row that occurs again in the batch counts as repeated.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict) when the identity belongs to a row with a different content.
    async fn record_imported_rows(&self, rows: &[ImportedRow]) -> Result<Upserted>;

    /// Returns the row with an identity; `None` when there is no such row.
    async fn get_imported_row(&self, id: Id<ImportedRow>) -> Result<Option<ImportedRow>>;

    /// Returns the rows that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when `row_id` contains the character NUL or is longer than 64
    /// KiB.
    async fn list_imported_rows(&self, query: &ImportQuery) -> Result<Page<ImportedRow>>;
}
