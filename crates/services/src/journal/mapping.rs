//! The mapping of a broker's rows to the journal's events.
//!
//! Rows of one instant and one underlying are mapped together, since the two legs of a roll and both sides of a split
//! are rows of their own:
//!
//! - a closing and an opening trade of one order, of the same type, size and side, in another contract, are a roll;
//! - a split, a change of symbol or a merger is one event of the replaced position and its replacement.
//!
//! Other rows belong together within some days:
//!
//! - assigned or exercised contracts are one event with the shares bought or sold at the strike, of which there may be
//!   one row for several contracts, or none: a contract on shares delivers them by the terms of its product. When the
//!   shares of the same money are fewer or more than the contracts' multiplier says, since an adjusted contract
//!   delivered something else, a split follows that corrects their number;
//! - a contract on an index is settled in cash, and its settlement is one event with the row that removes it;
//! - a cancelled trade and its cancellation leave their costs alone.
//!
//! A cycle holds all events of an underlying from the first position until nothing is held: a wheel's puts, shares and
//! calls. A cycle goes on under a new symbol. Dividends and fees after its end belong to it too.

mod account;
mod book;
mod corporate;
mod group;
mod pair;

use std::collections::{BTreeMap, HashMap, HashSet};

use strikebook_core::{
    Decimal, Error, Id, Result,
    trading::journal::{EventKind, JournalEvent, Projection},
};
use strikebook_vendors::broker::{BrokerHistory, BrokerRow};

pub(super) use self::account::AccountRows;
pub use self::account::ImportAccount;

use self::book::Book;
use super::projections;

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

    /// Adds the mapping of another account.
    pub(super) fn merge(&mut self, other: Self) {
        self.events.extend(other.events);
        self.events.sort_by_key(|event| event.at);
        self.mapped += other.mapped;
        self.lines.extend(other.lines);
        self.cash.extend(other.cash);
        self.unmapped.extend(other.unmapped);
    }
}

/// Maps a whole history, which must start from accounts without positions.
///
/// Every row is in one of the result's lists: its events, its cash, or its unmapped rows. Amounts of several currencies
/// are in events of several accounts (see [`ImportAccount`]).
pub fn map_history(history: &BrokerHistory, account: &ImportAccount) -> MappedHistory {
    let (parts, refused) = account.parts(history);
    let mut mapping = MappedHistory::default();
    for part in &parts {
        mapping.merge(map_rows(&part.rows, &part.account, Past::default()));
    }
    refuse_names(&mut mapping, &refused);
    mapping
}

/// Adds the rows whose account has too long a name.
pub(super) fn refuse_names(mapping: &mut MappedHistory, rows: &[&BrokerRow]) {
    const TOO_LONG: &str = "the name of the account and the row's currency together are longer than 64 bytes";
    mapping.unmapped.extend(rows.iter().map(|row| UnmappedRow { row: (*row).clone(), reason: TOO_LONG }));
}

/// The events that an account has already.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// The events, oldest first.
    pub(super) events: Vec<JournalEvent>,
    /// The number of rows of each event.
    pub(super) rows: HashMap<Id<JournalEvent>, usize>,
}

/// Maps the rows of one account, oldest first, beside the events that the account has already. No two rows may have the
/// same line.
pub(super) fn map_rows(rows: &[&BrokerRow], account: &ImportAccount, past: Past) -> MappedHistory {
    let mut book = Book::new(account, rows, past);
    for rows in rows.chunk_by(|one, next| one.at == next.at) {
        book.map_instant(rows);
    }
    let mut mapping = book.mapping;
    // A row of which one part is mapped has events.
    let mut seen = HashSet::new();
    let lines = &mapping.lines;
    mapping.unmapped.retain(|one| !lines.contains_key(&one.row.line) && seen.insert(one.row.line));
    mapping.mapped = (rows.len() - mapping.cash.len() - mapping.unmapped.len()) as u64;
    mapping
}
