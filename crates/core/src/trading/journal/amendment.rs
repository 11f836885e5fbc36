//! Amendments of the journal: corrections, voidings and deletions, each with its reason.

use crate::{Error, ErrorKind, Id, Name, Result, Timestamp, port::Entry, validate::text};

/// The change that an amendment makes.
#[derive(Clone, Debug, PartialEq)]
pub enum Amended<E> {
    /// The entry has these values instead. One that was voided counts again, unless its new values are voided too.
    Corrected(Box<E>),
    /// The entry stays on record and does not count any more.
    Voided,
    /// The entry is removed. Of an audited store the audit keeps it, and no import of a broker's file brings it back.
    Deleted,
}

/// A change of a stored entry of the journal, with its reason.
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     memory::MemoryStore,
///     trading::journal::{Amendment, Note, NoteKind, NoteRepository},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (at, account) = ("2025-09-25T20:30:00Z".parse()?, Name::new("U1")?);
/// let note = Note::new(Id::named("note 1"), at, account, NoteKind::Observation, "skew steepend");
/// store.add_notes(&[note.clone()]).await?;
/// let mended = Note { text: "skew steepened".to_owned(), ..note.clone() };
/// store.amend_notes(&[Amendment::correct(mended, at, "a slip of the pen")]).await?;
/// store.amend_notes(&[Amendment::void(note.id, at, "it was the other account")]).await?;
/// assert_eq!(store.get_note(note.id).await?.expect("a voided note stays").voided_at, Some(at));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Amendment<E> {
    /// The identity of the entry.
    pub id: Id<E>,
    /// The instant of the amendment.
    pub at: Timestamp,
    /// The reason, not empty.
    pub reason: String,
    /// The change of the entry.
    pub change: Amended<E>,
}

impl<E: Entry> Amendment<E> {
    /// Corrects the entry with the same identity as the given one.
    pub fn correct(entry: E, at: Timestamp, reason: impl Into<String>) -> Self {
        Self { id: entry.id(), at, reason: reason.into(), change: Amended::Corrected(Box::new(entry)) }
    }

    /// Voids an entry at an instant.
    pub fn void(id: Id<E>, at: Timestamp, reason: impl Into<String>) -> Self {
        Self { id, at, reason: reason.into(), change: Amended::Voided }
    }

    /// Deletes an entry at an instant.
    pub fn delete(id: Id<E>, at: Timestamp, reason: impl Into<String>) -> Self {
        Self { id, at, reason: reason.into(), change: Amended::Deleted }
    }

    /// Returns true if the amendment removes the entry.
    pub const fn deletes(&self) -> bool {
        matches!(self.change, Amended::Deleted)
    }
}

/// An entry of the journal that can be amended.
pub trait Amendable: Entry {
    /// Returns the account, which an amendment never changes.
    fn account(&self) -> Name;

    /// Returns where the entry keeps the instant of its voiding and the reason of its last amendment.
    fn marks(&mut self) -> (&mut Option<Timestamp>, &mut Option<String>);

    /// Sets what follows from the difference between a corrected entry and the stored one.
    fn correct(&mut self, _stored: &Self) {}
}

impl<E: Amendable> Amendment<E> {
    /// Returns the amended entry. That of a deletion is voided, as the audit records it before the entry goes.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for an empty reason and an invalid entry;
    /// [`Conflict`](ErrorKind::Conflict) for a correction to another identity or account.
    pub fn of(&self, stored: &E) -> Result<E> {
        let named = |error: Error| error.with(E::NAME, self.id);
        if self.reason.trim().is_empty() {
            let refused = Error::invalid_input("the reason of an amendment must not be empty");
            return Err(named(refused.with("field", "reason").with("value", "\"\"")));
        }
        text("reason", &self.reason).map_err(named)?;
        let mut amended = match &self.change {
            Amended::Corrected(entry) => (**entry).clone(),
            Amended::Voided | Amended::Deleted => stored.clone(),
        };
        if (amended.id(), amended.account()) != (stored.id(), stored.account()) {
            let message = "an amendment must keep the identity and the account";
            return Err(named(Error::new(ErrorKind::Conflict, message).with("account", amended.account())));
        }
        let (voided_at, reason) = amended.marks();
        if !matches!(self.change, Amended::Corrected(_)) {
            *voided_at = voided_at.or(Some(self.at));
        }
        *reason = Some(self.reason.clone());
        amended.correct(stored);
        amended.validate().map_err(named)?;
        Ok(amended)
    }
}
