//! From a broker's rows to the journal's events.
//!
//! Rows of one instant and one underlying are looked at together, since an assignment and its shares, the two legs of a
//! roll, or what a split takes and gives, are rows of their own:
//!
//! - a closing and an opening trade of one order, of the same type, size and side, in another contract, are a roll;
//! - contracts that were assigned or exercised are one event with the shares that came or went at the strike. When
//!   those are fewer or more than the contracts' multiplier says, since an adjusted contract delivered something else,
//!   a split follows that makes them as many;
//! - what a split, a change of symbol or a merger replaced is one event with what was put in its place.
//!
//! A cycle is all that happens to an underlying from the first position in it until nothing is held: a wheel's puts,
//! shares and calls. It goes on under a new symbol. Dividends and fees that come after its end belong to it too.

mod book;
mod group;

use std::collections::BTreeMap;

use strikebook_core::{
    Decimal, Error, Id, Name, Result, Source, Timestamp,
    trading::journal::{EventKind, JournalEvent, Projection},
};
use strikebook_vendors::broker::{BrokerHistory, BrokerRow};

use self::book::Book;

/// Whose history it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The account.
    pub account: Name,
    /// The strategy that its trades get. What a person trades has one of its own, such as `manual`.
    pub strategy: Name,
    /// Where the history comes from.
    pub source: Source,
    /// When it was learned.
    pub recorded_at: Timestamp,
}

impl Account {
    /// An account whose history was read from a broker's file, with that format as its source.
    ///
    /// # Errors
    /// None for the formats that there are.
    pub fn new(account: Name, strategy: Name, history: &BrokerHistory, recorded_at: Timestamp) -> Result<Self> {
        Ok(Self { account, strategy, source: Source::new(history.format.source())?, recorded_at })
    }
}

/// A row that gave no event, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Unmapped {
    /// The row.
    pub row: BrokerRow,
    /// Why it gave none.
    pub reason: &'static str,
}

/// What a history is to the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// The events, oldest first. Their identities follow from source, account and row: the same row gives the same
    /// event, whichever file it stands in.
    pub events: Vec<JournalEvent>,
    /// How many rows are in the events.
    pub mapped: u64,
    /// The events that came of each row, by the row's line.
    pub lines: BTreeMap<u64, Vec<Id<JournalEvent>>>,
    /// Rows of money that belongs to no position, such as interest and deposits.
    pub cash: Vec<BrokerRow>,
    /// Rows that fit nothing, such as one that closes what was not opened in this history.
    pub unmapped: Vec<Unmapped>,
}

impl Mapping {
    /// How many events there are of a kind.
    pub fn count(&self, kind: EventKind) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    /// What the events of each cycle come to, in the order of the cycles' identities.
    ///
    /// # Errors
    /// Those of [`Projection::of`]; events of a history's rows fit together.
    pub fn projections(&self) -> Result<Vec<Projection>> {
        projections(&self.events)
    }

    /// The money that all events brought and took.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when a sum is too large.
    pub fn cash_flow(&self) -> Result<Decimal> {
        self.events.iter().try_fold(Decimal::ZERO, |sum, event| {
            sum.checked_add(event.cash()?).ok_or_else(|| Error::invalid_input("the sum of all events is too large"))
        })
    }
}

/// The events of a whole history: it must go back to where nothing was held.
///
/// Every row ends in one of the mapping's lists: its events, its cash, or its unmapped rows.
pub fn map_history(history: &BrokerHistory, account: &Account) -> Mapping {
    let mut book = Book::new(account);
    for rows in history.rows.chunk_by(|one, next| one.at == next.at) {
        book.take(rows);
    }
    book.mapping
}

/// What events of several cycles come to, in the order of the cycles' identities.
///
/// # Errors
/// Those of [`Projection::of`].
pub fn projections(events: &[JournalEvent]) -> Result<Vec<Projection>> {
    let mut cycles = BTreeMap::<_, Vec<JournalEvent>>::new();
    for event in events {
        cycles.entry(event.cycle).or_default().push(event.clone());
    }
    cycles.values().map(|events| Projection::of(events)).collect()
}
