//! Notes, and the rules that an owner sets.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Cycle, RuleSeverity, Trade};
use crate::{
    Entry, Error, Id, Keyed, Listing, Name, Page, Result, Timestamp, Upserted,
    validate::{check, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// What a note is.
    NoteKind, "kind of note" {
        /// Why something should come out as is meant.
        Thesis = "thesis",
        /// What was decided, and why.
        Decision = "decision",
        /// What was learned when it was over.
        Retrospective = "retrospective",
        /// What was seen.
        Observation = "observation",
    }
}

/// What somebody wrote down about a trade, a cycle, or an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was written.
    pub at: Timestamp,
    /// The account that it is about.
    pub account: Name,
    /// The trade that it is about.
    pub trade: Option<Id<Trade>>,
    /// The cycle that it is about.
    pub cycle: Option<Id<Cycle>>,
    /// What it is.
    pub kind: NoteKind,
    /// What was written.
    pub text: String,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl Note {
    /// A note about an account, written and learned at one instant.
    pub fn new(at: Timestamp, account: Name, kind: NoteKind, text: impl Into<String>) -> Self {
        Self { id: Id::new(at), at, account, trade: None, cycle: None, kind, text: text.into(), recorded_at: at }
    }
}

/// What a list of notes is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoteFilter {
    /// Notes about this account.
    pub account: Option<Name>,
    /// Notes about this trade.
    pub trade: Option<Id<Trade>>,
    /// Notes about this cycle.
    pub cycle: Option<Id<Cycle>>,
    /// Notes of this kind.
    pub kind: Option<NoteKind>,
}

/// Which notes to list.
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

    fn validate(&self) -> Result<()> {
        if self.text.trim().is_empty() {
            return Err(Error::invalid_input("a note says something").with("field", "text").with("value", "\"\""));
        }
        text("text", &self.text)
    }

    fn is_admitted_by(&self, filter: &NoteFilter) -> bool {
        filter.account.is_none_or(|account| self.account == account)
            && filter.trade.is_none_or(|trade| self.trade == Some(trade))
            && filter.cycle.is_none_or(|cycle| self.cycle == Some(cycle))
            && filter.kind.is_none_or(|kind| self.kind == kind)
    }
}

/// A rule that an owner sets, by whose name a [`RuleBreak`](super::RuleBreak) calls it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDefinition {
    /// Its name, such as `max 5% per trade`.
    pub rule: Name,
    /// What it asks for.
    pub text: String,
    /// How grave its break is, unless a break says otherwise.
    pub severity: RuleSeverity,
    /// Whether it is in force.
    pub active: bool,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

/// What a list of rules is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFilter {
    /// Rules that are in force, or those that are not; `None` for both.
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

/// Notes and rules.
#[async_trait]
pub trait NoteRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Adds notes.
    ///
    /// A note told again counts as unchanged. An empty batch is fine and does nothing. Either all notes are stored or
    /// none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another note, both with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all notes or none.
    async fn add_notes(&self, notes: &[Note]) -> Result<Upserted>;

    /// The note with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_note(&self, id: Id<Note>) -> Result<Option<Note>>;

    /// The notes that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_notes(&self, query: &NoteQuery) -> Result<Page<Note>>;

    /// Stores rules, each in the place of the one with its name. A rule equal in everything but `recorded_at` is
    /// unchanged. Of several with one name the last counts. An empty batch is fine and does nothing.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all rules or none.
    async fn upsert_rules(&self, rules: &[RuleDefinition]) -> Result<Upserted>;

    /// Deletes the rule with a name, and tells whether there was one. Breaks of it go on calling it by its name.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_rule(&self, rule: Name) -> Result<bool>;

    /// The rules that a filter admits, in the order of their names.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_rules(&self, filter: &RuleFilter) -> Result<Vec<RuleDefinition>>;
}
