//! Readers of a store: changes of many series with one query, and contracts page by page.

use std::{collections::VecDeque, mem};

use strikebook_core::{
    ChangeQuery, Error, ErrorKind, Limit, Result, Store, Timestamp,
    market::{ContractDetails, ContractQuery, Symbol},
};

use super::rows::SeriesRow;

/// The series of the first query: enough for small series, and of large ones not too many to sort.
const INITIAL_SERIES_PER_QUERY: usize = 4;
/// The most series of one query.
const MAX_SERIES_PER_QUERY: usize = 4096;

/// Series that are read together from an instant on and share a watermark.
pub(super) struct Part<K> {
    pub(super) name: String,
    pub(super) series: Vec<K>,
    pub(super) from: Timestamp,
}

/// The next rows, and the parts that end with them.
pub(super) struct ChangeBatch<T> {
    pub(super) rows: Vec<T>,
    /// The names of the parts that are read whole with this batch.
    pub(super) finished_parts: Vec<String>,
    /// The number of series that are read whole so far.
    pub(super) done: usize,
}

/// A query with further pages: its series, each with the index of its part.
struct OpenQuery<K> {
    query: ChangeQuery<K>,
    parts: Vec<usize>,
}

/// Reads all versions of the rows of some parts, in batches.
pub(super) struct ChangeReader<'a, T: SeriesRow> {
    store: &'a dyn Store,
    until: Timestamp,
    limit: Limit,
    /// The name of each part, and the number of its series that are not read whole.
    parts: Vec<(String, usize)>,
    /// The series that are not queried yet, with the index of their part, by the instant from which they are read.
    pending: VecDeque<(Timestamp, usize, T::Series)>,
    open: Option<OpenQuery<T::Series>>,
    /// The versions of the last row read, which belong with those that follow.
    carried_over: Vec<T>,
    series_per_query: usize,
    /// The rows of a batch: fewer for the first one, so that writing starts soon.
    rows_per_batch: usize,
    done: usize,
}

impl<'a, T: SeriesRow> ChangeReader<'a, T> {
    pub(super) fn new(store: &'a dyn Store, parts: Vec<Part<T::Series>>, until: Timestamp, limit: Limit) -> Self {
        let mut pending = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            pending.extend(part.series.iter().map(|series| (part.from, index, *series)));
        }
        // The series of one query share their first instant.
        pending.sort_by_key(|(from, index, _)| (*from, *index));
        Self {
            store,
            until,
            limit,
            parts: parts.into_iter().map(|part| (part.name, part.series.len())).collect(),
            pending: pending.into(),
            open: None,
            carried_over: Vec::new(),
            series_per_query: INITIAL_SERIES_PER_QUERY,
            rows_per_batch: limit.get().div_ceil(4),
            done: 0,
        }
    }

    /// Returns the rows of one batch or a few more, normally with all versions of each; `None` after the last.
    pub(super) async fn next_batch(&mut self) -> Result<Option<ChangeBatch<T>>> {
        let rows = mem::take(&mut self.carried_over);
        let mut batch = ChangeBatch { rows, finished_parts: Vec::new(), done: self.done };
        while batch.rows.len() < self.rows_per_batch && self.read_page(&mut batch).await? {}
        self.rows_per_batch = self.limit.get();
        batch.done = self.done;
        if self.open.is_some() {
            // More versions of the last row may follow. A batch of one row's versions is sent as it is.
            let last = batch.rows.last().map(T::key);
            let other = batch.rows.iter().rposition(|row| Some(row.key()) != last);
            self.carried_over = other.map_or_else(Vec::new, |other| batch.rows.split_off(other + 1));
        }
        Ok(if batch.rows.is_empty() && batch.finished_parts.is_empty() { None } else { Some(batch) })
    }

    /// Adds a page to a batch, and returns false after the last page.
    async fn read_page(&mut self, batch: &mut ChangeBatch<T>) -> Result<bool> {
        let Some(OpenQuery { query, parts }) = self.open.take().or_else(|| self.next_query()) else { return Ok(false) };
        let page = T::list_changes(self.store, &query).await?;
        let rows = page.items.len();
        if batch.rows.is_empty() {
            batch.rows = page.items;
        } else {
            batch.rows.extend(page.items);
        }
        if let Some(next) = page.next {
            // A store sorts all rows of a query before it cuts a page off.
            self.series_per_query = (self.series_per_query / 2).max(1);
            self.open = Some(OpenQuery { query: query.after(next), parts });
            return Ok(true);
        }
        if rows < self.limit.get() / 2 {
            self.series_per_query = (self.series_per_query * 2).min(MAX_SERIES_PER_QUERY);
        }
        self.done += parts.len();
        for part in parts {
            let Some((name, unread)) = self.parts.get_mut(part) else {
                return Err(Error::new(ErrorKind::Internal, "a series belongs to no part").with("part", part));
            };
            *unread -= 1;
            if *unread == 0 {
                batch.finished_parts.push(mem::take(name));
            }
        }
        Ok(true)
    }

    /// Returns the next query; `None` when all series are queried.
    fn next_query(&mut self) -> Option<OpenQuery<T::Series>> {
        let from = self.pending.front()?.0;
        let same = self.pending.iter().take(self.series_per_query).take_while(|(other, ..)| *other == from).count();
        let (parts, series): (Vec<_>, Vec<_>) =
            self.pending.drain(..same).map(|(_, part, series)| (part, series)).unzip();
        let query = ChangeQuery::new(series, self.until).with_from(from).with_limit(self.limit);
        Some(OpenQuery { query, parts })
    }
}

/// Reads the details of the contracts on an underlying, page by page.
pub(super) struct ContractPages<'a> {
    store: &'a dyn Store,
    /// The query for the next page; `None` after the last.
    query: Option<ContractQuery>,
}

impl<'a> ContractPages<'a> {
    pub(super) fn new(store: &'a dyn Store, underlying: Symbol, limit: Limit) -> Self {
        Self { store, query: Some(ContractQuery::new(underlying).with_limit(limit)) }
    }

    /// Returns the next page; `None` after the last.
    pub(super) async fn next_page(&mut self) -> Result<Option<Vec<ContractDetails>>> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let page = self.store.list_contracts(&query).await?;
        self.query = page.next.map(|next| query.after(next));
        Ok(Some(page.items))
    }
}
