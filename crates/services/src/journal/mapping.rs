//! The mapping of a broker's rows to the journal's events.
//!
//! Rows of one instant and one underlying are mapped together, since an assignment and its shares, the two legs of a
//! roll, and both sides of a split are rows of their own:
//!
//! - a closing and an opening trade of one order, of the same type, size and side, in another contract, are a roll;
//! - assigned or exercised contracts are one event with the shares bought or sold at the strike. When these are fewer
//!   or more than the contracts' multiplier says, since an adjusted contract delivered something else, a split follows
//!   that corrects their number;
//! - a split, a change of symbol or a merger is one event of the replaced position and its replacement.
//!
//! A cycle holds all events of an underlying from the first position until nothing is held: a wheel's puts, shares and
//! calls. A cycle goes on under a new symbol. Dividends and fees after its end belong to it too.

mod book;
mod group;

use std::collections::BTreeMap;

use strikebook_core::{
    Decimal, Error, Id, Name, Result, Source, Timestamp,
    trading::journal::{EventKind, JournalEvent, Projection},
};
use strikebook_vendors::broker::{BrokerHistory, BrokerRow};

use self::book::Book;
use super::projections;

/// The account of an imported history.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportAccount {
    /// The name of the account.
    pub account: Name,
    /// The strategy of its trades. Discretionary trades have one of their own, such as `manual`.
    pub strategy: Name,
    /// The source of the history.
    pub source: Source,
    /// The `recorded_at` of the imported rows and events.
    pub recorded_at: Timestamp,
}

impl ImportAccount {
    /// Creates an account for a history from a broker's file, with the format as its source.
    ///
    /// # Errors
    /// None in practice: the source of every format is valid.
    pub fn new(account: Name, strategy: Name, history: &BrokerHistory, recorded_at: Timestamp) -> Result<Self> {
        Ok(Self { account, strategy, source: Source::new(history.format.source())?, recorded_at })
    }
}

/// A row without an event, with the reason.
#[derive(Clone, Debug, PartialEq)]
pub struct UnmappedRow {
    /// The row of the history.
    pub row: BrokerRow,
    /// The reason why the row has no event.
    pub reason: &'static str,
}
/// The events of a history, and its other rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MappedHistory {
    /// The events, oldest first. Their identities follow from source, account and row: the same row gives the same
    /// event, whichever file holds it.
    pub events: Vec<JournalEvent>,
    /// The number of rows in the events.
    pub mapped: u64,
    /// The identities of the events of each row, by the row's line.
    pub lines: BTreeMap<u64, Vec<Id<JournalEvent>>>,
    /// The rows of money that belongs to no position, such as interest and deposits.
    pub cash: Vec<BrokerRow>,
    /// The rows that could not be mapped, such as one that closes a position that this history did not open.
    pub unmapped: Vec<UnmappedRow>,
}

impl MappedHistory {
    /// Returns the number of events of a kind.
    pub fn count(&self, kind: EventKind) -> usize {
        self.events.iter().filter(|event| event.kind == kind).count()
    }

    /// Returns the projection of each cycle's events, in the order of the cycles' identities.
    ///
    /// # Errors
    /// Those of [`Projection::of`], though the events of one history fit together.
    pub fn projections(&self) -> Result<Vec<Projection>> {
        projections(&self.events)
    }

    /// Returns the net cash of all events.
    ///
    /// # Errors
    /// [`InvalidInput`](strikebook_core::ErrorKind::InvalidInput) when the sum is too large.
    pub fn cash_flow(&self) -> Result<Decimal> {
        self.events.iter().try_fold(Decimal::ZERO, |sum, event| {
            let message = "the cash of all events exceeds the range of a decimal";
            sum.checked_add(event.cash()?).ok_or_else(|| Error::invalid_input(message))
        })
    }
}

/// Maps a whole history, which must start from an account without positions.
///
/// Every row is in one of the result's lists: its events, its cash, or its unmapped rows.
pub fn map_history(history: &BrokerHistory, account: &ImportAccount) -> MappedHistory {
    let mut book = Book::new(account);
    for rows in history.rows.chunk_by(|one, next| one.at == next.at) {
        book.map_instant(rows);
    }
    book.mapping
}
