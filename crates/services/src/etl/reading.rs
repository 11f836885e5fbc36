//! Reading many series at once, as many with each question as fill a batch; and contracts, page by page.

use std::{collections::VecDeque, mem};

use strikebook_core::{
    ChangeQuery, Limit, Result, Store, Timestamp,
    market::{ContractDetails, ContractQuery, Symbol},
};

use super::rows::Copied;

/// The series that the first question asks for: enough for small ones, and of large ones not too many to sort.
const FIRST: usize = 4;
/// The most that one question asks for.
const MOST: usize = 4096;

/// Series that are read together and share a watermark, from an instant on.
pub(super) struct Part<K> {
    pub(super) name: String,
    pub(super) series: Vec<K>,
    pub(super) from: Timestamp,
}

/// What was read, and which parts have been read whole with it.
pub(super) struct Batch<T> {
    pub(super) rows: Vec<T>,
    pub(super) parts: Vec<String>,
    /// Series that were read whole so far.
    pub(super) done: usize,
}

/// A question that is being answered: its series, each with its part.
struct Asked<K> {
    query: ChangeQuery<K>,
    parts: Vec<usize>,
}

/// Every version of the rows of some parts, in batches.
pub(super) struct Reading<'a, T: Copied> {
    store: &'a dyn Store,
    until: Timestamp,
    limit: Limit,
    /// Each part's name, and how many of its series are still to be read.
    parts: Vec<(String, usize)>,
    /// The series that were not asked for yet, by the instant from which they are read.
    left: VecDeque<(Timestamp, usize, T::Of)>,
    asked: Option<Asked<T::Of>>,
    /// Versions of one row that were read last, and belong with those that follow.
    kept: Vec<T>,
    at_once: usize,
    /// Rows that make a batch: fewer for the first one, so that there is soon something to write.
    enough: usize,
    done: usize,
}

impl<'a, T: Copied> Reading<'a, T> {
    pub(super) fn new(store: &'a dyn Store, parts: Vec<Part<T::Of>>, until: Timestamp, limit: Limit) -> Self {
        let mut left = Vec::new();
        for (number, part) in parts.iter().enumerate() {
            left.extend(part.series.iter().map(|of| (part.from, number, *of)));
        }
        // One question asks from one instant on.
        left.sort_by_key(|(from, number, _)| (*from, *number));
        let parts = parts.into_iter().map(|part| (part.name, part.series.len())).collect();
        let enough = limit.get().div_ceil(4);
        Self {
            store,
            until,
            limit,
            parts,
            left: left.into(),
            asked: None,
            kept: Vec::new(),
            at_once: FIRST,
            enough,
            done: 0,
        }
    }

    /// Rows of one batch or a little more, as a rule with all versions of each; `None` behind the last.
    pub(super) async fn batch(&mut self) -> Result<Option<Batch<T>>> {
        let mut batch = Batch { rows: mem::take(&mut self.kept), parts: Vec::new(), done: self.done };
        while batch.rows.len() < self.enough && self.page(&mut batch).await? {}
        self.enough = self.limit.get();
        batch.done = self.done;
        if self.asked.is_some() {
            // More versions of the last row may follow.
            let last = batch.rows.last().map(T::key);
            let other = batch.rows.iter().rposition(|row| Some(row.key()) != last);
            self.kept = other.map_or_else(Vec::new, |other| batch.rows.split_off(other + 1));
        }
        Ok(if batch.rows.is_empty() && batch.parts.is_empty() { None } else { Some(batch) })
    }

    /// Reads a page into a batch, and tells whether there was one.
    async fn page(&mut self, batch: &mut Batch<T>) -> Result<bool> {
        let Some(Asked { query, parts }) = self.asked.take().or_else(|| self.ask()) else { return Ok(false) };
        let page = T::changes(self.store, &query).await?;
        let rows = page.items.len();
        if batch.rows.is_empty() {
            batch.rows = page.items;
        } else {
            batch.rows.extend(page.items);
        }
        if let Some(next) = page.next {
            // A store sorts all that a question asks for before it cuts a page off.
            self.at_once = (self.at_once / 2).max(1);
            self.asked = Some(Asked { query: query.after(next), parts });
            return Ok(true);
        }
        if rows < self.limit.get() / 2 {
            self.at_once = (self.at_once * 2).min(MOST);
        }
        self.done += parts.len();
        for part in parts {
            if let Some((name, left)) = self.parts.get_mut(part) {
                *left -= 1;
                if *left == 0 {
                    batch.parts.push(mem::take(name));
                }
            }
        }
        Ok(true)
    }

    /// The next question; `None` when everything has been asked for.
    fn ask(&mut self) -> Option<Asked<T::Of>> {
        let from = self.left.front()?.0;
        let same = self.left.iter().take(self.at_once).take_while(|(other, ..)| *other == from).count();
        let (parts, series): (Vec<_>, Vec<_>) = self.left.drain(..same).map(|(_, part, of)| (part, of)).unzip();
        let query = ChangeQuery::new(series, self.until).with_from(from).with_limit(self.limit);
        Some(Asked { query, parts })
    }
}

/// What is known of the contracts on an underlying.
pub(super) struct ContractPages<'a> {
    store: &'a dyn Store,
    /// The question for the next page; `None` behind the last.
    query: Option<ContractQuery>,
}

impl<'a> ContractPages<'a> {
    pub(super) fn new(store: &'a dyn Store, underlying: Symbol, limit: Limit) -> Self {
        Self { store, query: Some(ContractQuery::new(underlying).with_limit(limit)) }
    }

    /// The next page; `None` behind the last.
    pub(super) async fn page(&mut self) -> Result<Option<Vec<ContractDetails>>> {
        let Some(query) = self.query.take() else { return Ok(None) };
        let page = self.store.list_contracts(&query).await?;
        self.query = page.next.map(|next| query.after(next));
        Ok(Some(page.items))
    }
}
