//! Notes, and the owner's trading rules.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Amendment, Cycle, RuleSeverity, Trade};
use crate::{
    Error, Id, Listing, Name, Page, Result, Timestamp, Upserted, Words,
    port::{Amendable, Entry, Keyed},
    validate::{check, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// The kind of a note.
    NoteKind, "kind of note" {
        /// The expected outcome of a trade, with reasons.
        Thesis = "thesis",
        /// A decision, with reasons.
        Decision = "decision",
        /// A lesson from a finished trade.
        Retrospective = "retrospective",
        /// An observation of the market or of oneself.
        Observation = "observation",
    }
}

/// A note about a trade, a cycle or an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The identity of the note.
    pub id: Id<Self>,
    /// The event time: when the note was written.
    pub at: Timestamp,
    /// The account that the note concerns.
    pub account: Name,
    /// The trade that the note concerns.
    pub trade: Option<Id<Trade>>,
    /// The cycle that the note concerns.
    pub cycle: Option<Id<Cycle>>,
    /// The kind of the note.
    pub kind: NoteKind,
    /// The text, not empty.
    pub text: String,
    /// The instant from which the note does not count any more; `None` for a note that counts.
    pub voided_at: Option<Timestamp>,
    /// The reason of the last [amendment](Amendment); `None` for a note as it was first written.
    pub amendment: Option<String>,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Note);

impl Note {
    /// Creates a note about an account, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp, account: Name, kind: NoteKind, text: impl Into<String>) -> Self {
        Self {
            id,
            at,
            account,
            trade: None,
            cycle: None,
            kind,
            text: text.into(),
            voided_at: None,
            amendment: None,
            recorded_at: at,
        }
    }
}

/// The conditions of a list of notes. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// The account of the notes.
    pub account: Option<Name>,
    /// The trade of the notes.
    pub trade: Option<Id<Trade>>,
    /// The cycle of the notes.
    pub cycle: Option<Id<Cycle>>,
    /// The kind of the notes.
    pub kind: Option<NoteKind>,
    /// The words that all occur in the text.
    pub words: Option<Words>,
}

/// A query for notes.
pub type NoteQuery = Listing<NoteFilter>;

impl Entry for Note {
    const NAME: &'static str = "note";

    type Filter = NoteFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        if self.text.trim().is_empty() {
            return Err(Error::invalid_input("the text of a note must not be empty")
                .with("field", "text")
                .with("value", "\"\""));
        }
        check!(text, self.amendment.as_deref() => "amendment");
        text("text", &self.text)
    }

    fn is_admitted_by(&self, filter: &NoteFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.trade.is_none_or(|trade| self.trade == Some(trade))
            && filter.cycle.is_none_or(|cycle| self.cycle == Some(cycle))
            && filter.kind.is_none_or(|kind| self.kind == kind)
            && filter.words.as_ref().is_none_or(|words| words.are_in(&self.text))
    }

    fn searches(filter: &NoteFilter) -> bool {
        filter.words.is_some()
    }
}

impl Amendable for Note {
    fn account(&self) -> Name {
        self.account
    }

    fn marks(&mut self) -> (&mut Option<Timestamp>, &mut Option<String>) {
        (&mut self.voided_at, &mut self.amendment)
    }
}

/// A trading rule of the owner. A [`RuleBreak`](super::RuleBreak) refers to its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDefinition {
    /// The name of the rule, such as `max 5% per trade`.
    pub rule: Name,
    /// The text of the rule.
    pub text: String,
    /// The severity of a violation, unless the violation states its own.
    pub severity: RuleSeverity,
    /// True if the rule is in force.
    pub active: bool,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(RuleDefinition);

/// The conditions of a list of rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFilter {
    /// True for rules in force, false for others; `None` for both.
    pub active: Option<bool>,
}

impl Keyed for RuleDefinition {
    const NAME: &'static str = "rule";

    type Key = Name;
    type Filter = RuleFilter;

    fn key(&self) -> Name {
        self.rule
    }

    fn validate(&self) -> Result<()> {
        check!(text, Some(&*self.text) => "text");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &RuleFilter) -> bool {
        filter.active.is_none_or(|active| self.active == active)
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Notes and trading rules.
///
/// ```
/// use strikebook_core::{
///     Id, Name, Words,
///     memory::MemoryStore,
///     trading::journal::{Note, NoteFilter, NoteKind, NoteQuery, NoteRepository},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (at, account) = ("2025-09-25T20:30:00Z".parse()?, Name::new("U1")?);
/// let note = Note::new(Id::named("note 1"), at, account, NoteKind::Observation, "skew steepened into the close");
/// store.add_notes(&[note]).await?;
/// let filter = NoteFilter { words: Some(Words::new("skew close")?), ..NoteFilter::default() };
/// assert_eq!(store.list_notes(&NoteQuery::new(filter)).await?.items.len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait NoteRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new notes by the [rules of every insert](Entry#rules-of-every-insert).
    async fn add_notes(&self, notes: &[Note]) -> Result<Upserted>;

    /// Corrects, voids or deletes stored notes, each with its reason, all or nothing. An amendment without effect
    /// counts as unchanged.
    ///
    /// # Errors
    /// [`NotFound`](crate::ErrorKind::NotFound) when a note does not exist; [`Conflict`](crate::ErrorKind::Conflict)
    /// for a correction to another identity or account; [`InvalidInput`](crate::ErrorKind::InvalidInput) for an empty
    /// reason and an invalid note.
    async fn amend_notes(&self, amendments: &[Amendment<Note>]) -> Result<Upserted>;

    /// Returns the note with an identity; `None` when there is no such note.
    async fn get_note(&self, id: Id<Note>) -> Result<Option<Note>>;

    /// Returns the notes that the query's filter admits, in its order.
    async fn list_notes(&self, query: &NoteQuery) -> Result<Page<Note>>;

    /// Stores rules, which replace those with the same names, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A rule that differs in nothing but `recorded_at` counts as unchanged.
    async fn upsert_rules(&self, rules: &[RuleDefinition]) -> Result<Upserted>;

    /// Deletes the rule with a name, and returns true if there was one. Violations of the rule still refer to its
    /// name.
    async fn delete_rule(&self, rule: Name) -> Result<bool>;

    /// Returns the rules that a filter admits, in the order of their names.
    async fn list_rules(&self, filter: &RuleFilter) -> Result<Vec<RuleDefinition>>;
}
