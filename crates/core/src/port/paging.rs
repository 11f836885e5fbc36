//! Pages of a list: where one starts, and the cursor of the next.

use std::{fmt::Display, str::FromStr};

use chrono::TimeDelta;
use uuid::Uuid;

use super::Recorded;
use crate::{
    ChangeQuery, Cursor, Error, Limit, Listing, Page, Paging, Result, SeriesQuery, Timestamp,
    analytics::{GreeksKey, GreeksPlace, OutdatedGreeksQuery},
    directory::DirectoryQuery,
    market::{ContractQuery, OptionContract},
    port::Entry,
};

/// A query that is answered in pages.
pub trait Paged {
    /// The position of a row in the list.
    type Place;

    /// Returns the part of the list that the query requests.
    fn paging(&self) -> &Paging;

    /// Returns the part of the list that the query requests, to be changed.
    fn paging_mut(&mut self) -> &mut Paging;

    /// Returns the cursor of the page that follows a position.
    fn cursor(place: &Self::Place) -> Cursor;

    /// Reads the text of a cursor; `None` when [`cursor`](Self::cursor) did not make it.
    fn place(&self, text: &str) -> Option<Self::Place>;

    /// Returns the position of the last row of the page before; `None` for the first page.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this kind of list.
    fn last_seen(&self) -> Result<Option<Self::Place>> {
        let Some(Cursor(text)) = &self.paging().after else { return Ok(None) };
        self.place(text).map(Some).ok_or_else(|| foreign(text))
    }
}

fn foreign(text: &str) -> Error {
    Error::invalid_input("the cursor is not one of a list of this kind").with("cursor", text)
}

fn instant(text: &str) -> Option<Timestamp> {
    Timestamp::from_micros(text.parse().ok()?).ok()
}

impl<K> Paged for SeriesQuery<K> {
    type Place = Timestamp;

    fn paging(&self) -> &Paging {
        &self.paging
    }

    fn paging_mut(&mut self) -> &mut Paging {
        &mut self.paging
    }

    fn cursor(at: &Timestamp) -> Cursor {
        Cursor(at.as_micros().to_string())
    }

    fn place(&self, text: &str) -> Option<Timestamp> {
        // No row comes after the last instant, and so no page does.
        instant(text).filter(|at| *at < Timestamp::MAX)
    }
}

/// Returns the instant at which a page of a series starts: the query's `from`, or one microsecond after the last row of
/// the page before.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of a series.
pub fn start<K>(query: &SeriesQuery<K>) -> Result<Timestamp> {
    let after = query.last_seen()?.map(|last| last.saturating_add(TimeDelta::microseconds(1)));
    Ok(query.from.max(after.unwrap_or(query.from)))
}

impl<F> Paged for Listing<F> {
    type Place = (Timestamp, Uuid);

    fn paging(&self) -> &Paging {
        &self.paging
    }

    fn paging_mut(&mut self) -> &mut Paging {
        &mut self.paging
    }

    fn cursor((at, id): &(Timestamp, Uuid)) -> Cursor {
        Cursor(format!("{}/{id}", at.as_micros()))
    }

    fn place(&self, text: &str) -> Option<(Timestamp, Uuid)> {
        let (at, id) = text.split_once('/')?;
        Some((instant(at)?, id.parse().ok()?))
    }
}

/// Returns the cursor of the page that follows an entry.
pub fn cursor_of<E: Entry>(entry: &E) -> Cursor {
    Listing::<E::Filter>::cursor(&(entry.at(), entry.id().as_uuid()))
}

/// The position of a version in a list of changes: the index of its series in [`series_of`], its `at` and its
/// `recorded_at`.
pub type ChangePlace = (usize, Timestamp, Timestamp);

impl<K> Paged for ChangeQuery<K> {
    type Place = ChangePlace;

    fn paging(&self) -> &Paging {
        &self.paging
    }

    fn paging_mut(&mut self) -> &mut Paging {
        &mut self.paging
    }

    fn cursor((series, at, recorded_at): &ChangePlace) -> Cursor {
        Cursor(format!("{series}:{}:{}", at.as_micros(), recorded_at.as_micros()))
    }

    fn place(&self, text: &str) -> Option<ChangePlace> {
        match text.split(':').collect::<Vec<_>>()[..] {
            [series, at, recorded_at] => Some((series.parse().ok()?, instant(at)?, instant(recorded_at)?)),
            _ => None,
        }
    }
}

/// Returns the keys of a query for changes in ascending order, each once.
pub fn series_of<K: Copy + Ord>(query: &ChangeQuery<K>) -> Vec<K> {
    let mut series = query.keys.clone();
    series.sort_unstable();
    series.dedup();
    series
}

/// Builds a page of changes from up to `limit + 1` versions, each with the index of its series.
pub fn page_of_changes<K, R>(query: &ChangeQuery<K>, rows: Vec<(usize, R)>) -> Page<R>
where
    R: Recorded<Key = (K, Timestamp)>,
{
    let place = |(series, row): &(usize, R)| ChangeQuery::<K>::cursor(&(*series, row.key().1, row.recorded_at()));
    page(rows, query.paging.limit, place).map(|(_, row)| row)
}

impl Paged for ContractQuery {
    type Place = OptionContract;

    fn paging(&self) -> &Paging {
        &self.paging
    }

    fn paging_mut(&mut self) -> &mut Paging {
        &mut self.paging
    }

    fn cursor(contract: &OptionContract) -> Cursor {
        Cursor(contract.to_string())
    }

    fn place(&self, text: &str) -> Option<OptionContract> {
        text.parse().ok()
    }
}

impl Paged for OutdatedGreeksQuery {
    type Place = GreeksPlace;

    fn paging(&self) -> &Paging {
        &self.paging
    }

    fn paging_mut(&mut self) -> &mut Paging {
        &mut self.paging
    }

    fn cursor(place: &GreeksPlace) -> Cursor {
        let GreeksKey { contract, revision, .. } = place.key;
        Cursor(format!("{contract}/{revision}/{}", place.at.as_micros()))
    }

    fn place(&self, text: &str) -> Option<GreeksPlace> {
        let mut parts = text.splitn(3, '/');
        let (contract, revision, at) = (parts.next()?, parts.next()?, parts.next()?);
        let (contract, revision) = (contract.parse().ok()?, revision.parse().ok()?);
        Some(GreeksPlace { key: GreeksKey { contract, model: self.model, revision }, at: instant(at)? })
    }
}

impl Paged for DirectoryQuery {
    /// The name of the list, and the item's text.
    type Place = (String, String);

    fn paging(&self) -> &Paging {
        &self.paging
    }

    fn paging_mut(&mut self) -> &mut Paging {
        &mut self.paging
    }

    fn cursor((list, item): &(String, String)) -> Cursor {
        Cursor(format!("{list}:{item}"))
    }

    fn place(&self, text: &str) -> Option<(String, String)> {
        let (list, item) = text.split_once(':')?;
        Some((list.to_owned(), item.to_owned()))
    }
}

/// Returns the last item of the page before in a list of the directory; `None` for the first page.
///
/// # Errors
/// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this list.
pub fn last_item<T: FromStr>(list: &str, query: &DirectoryQuery) -> Result<Option<T>> {
    let Some((list_of_item, item)) = query.last_seen()? else { return Ok(None) };
    let previous = item.parse().ok().filter(|_| list_of_item == list);
    previous.map(Some).ok_or_else(|| foreign(&format!("{list_of_item}:{item}")))
}

/// Builds a page of a list of the directory from up to `limit + 1` items.
pub fn page_of_items<T: Display>(list: &str, items: Vec<T>, limit: Option<Limit>) -> Page<T> {
    page(items, limit, |last| DirectoryQuery::cursor(&(list.to_owned(), last.to_string())))
}

/// Builds a page from up to `limit + 1` rows: one row beyond the limit shows that another page follows. `cursor`
/// returns the cursor of the page's last row.
pub fn page<T>(mut rows: Vec<T>, limit: Option<Limit>, cursor: impl FnOnce(&T) -> Cursor) -> Page<T> {
    let mut next = None;
    if let Some(limit) = limit.map(Limit::get)
        && rows.len() > limit
    {
        rows.truncate(limit);
        next = rows.last().map(cursor);
    }
    Page { items: rows, next }
}

/// Returns the number of rows to read for a page: one more than it holds, to know if another page follows.
pub fn rows_to_read(limit: Option<Limit>) -> usize {
    limit.map_or(usize::MAX, |limit| limit.get().saturating_add(1))
}
