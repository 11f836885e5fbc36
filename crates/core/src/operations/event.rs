//! System events and states: what happened in a system, and what it was set to.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Entry, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    validate::{object, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// How much something matters, the least first.
    Severity, "severity" {
        /// Of use to a developer only.
        Debug = "debug",
        /// All is well.
        Info = "info",
        /// Someone should look at it some day.
        Warning = "warning",
        /// Something did not work.
        Error = "error",
        /// Trading is in danger.
        Critical = "critical",
    }
}

/// Something that happened in a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemEvent {
    /// Its identity.
    pub id: Id<Self>,
    /// When it happened.
    pub at: Timestamp,
    /// How much it matters.
    pub severity: Severity,
    /// The part of the system in which it happened.
    pub component: Name,
    /// What happened, in words: up to 64 KiB.
    pub message: String,
    /// What else is known of it.
    pub details: Json,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl SystemEvent {
    /// An event without details, learned when it happened.
    pub fn new(at: Timestamp, severity: Severity, component: Name, message: impl Into<String>) -> Self {
        let (id, message) = (Id::new(at), message.into());
        Self { id, at, severity, component, message, details: Json::default(), recorded_at: at }
    }
}

/// What a list of events is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    /// Events that matter at least so much.
    pub least_severity: Option<Severity>,
    /// Events in this part of the system.
    pub component: Option<Name>,
}

/// Which events to list.
pub type EventQuery = Listing<EventFilter>;

impl Entry for SystemEvent {
    const NAME: &'static str = "event";

    type Filter = EventFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn validate(&self) -> Result<()> {
        text("message", &self.message)
    }

    fn is_admitted_by(&self, filter: &EventFilter) -> bool {
        filter.least_severity.is_none_or(|least| self.severity >= least)
            && filter.component.is_none_or(|component| self.component == component)
    }
}

/// What a system was set to from an instant on: which regime it saw, what it traded, how much it might lose and how
/// much of that was used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemState {
    /// Its identity.
    pub id: Id<Self>,
    /// When it came to be.
    pub at: Timestamp,
    /// The regime that the market was taken for.
    pub regime: Option<Name>,
    /// The strategy that was traded; `None` when there was none.
    pub active_strategy: Option<Name>,
    /// How much might be lost or held: an object, or null.
    pub risk_limits: Json,
    /// How much of that was used: an object, or null.
    pub risk_state: Json,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl SystemState {
    /// A state in which nothing is set, learned when it came to be.
    pub fn new(at: Timestamp) -> Self {
        Self {
            id: Id::new(at),
            at,
            regime: None,
            active_strategy: None,
            risk_limits: Json::default(),
            risk_state: Json::default(),
            recorded_at: at,
        }
    }
}

/// What a list of states is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateFilter {
    /// States in this regime.
    pub regime: Option<Name>,
    /// States in which this strategy was traded.
    pub active_strategy: Option<Name>,
}

/// Which states to list.
pub type StateQuery = Listing<StateFilter>;

impl Entry for SystemState {
    const NAME: &'static str = "state";

    type Filter = StateFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn validate(&self) -> Result<()> {
        object("risk_limits", &self.risk_limits)?;
        object("risk_state", &self.risk_state)
    }

    fn is_admitted_by(&self, filter: &StateFilter) -> bool {
        filter.regime.is_none_or(|regime| self.regime == Some(regime))
            && filter.active_strategy.is_none_or(|strategy| self.active_strategy == Some(strategy))
    }
}

/// System events and states.
#[async_trait]
pub trait EventRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new events.
    ///
    /// An event told again counts as unchanged. An empty batch is fine and does nothing. Either all events are stored
    /// or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another event, both with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all events or none.
    async fn insert_events(&self, events: &[SystemEvent]) -> Result<Upserted>;

    /// The event with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_event(&self, id: Id<SystemEvent>) -> Result<Option<SystemEvent>>;

    /// The events that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_events(&self, query: &EventQuery) -> Result<Page<SystemEvent>>;

    /// Deletes the events before an instant that matter less than a severity, and returns how many those were: what
    /// matters may be kept longer. [`purge`](crate::maintenance::Maintenance::purge) deletes whatever their severity.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes all of them or none.
    async fn purge_events_below(&self, severity: Severity, before: Timestamp) -> Result<u64>;

    /// Stores new states, as [`insert_events`](Self::insert_events) stores events.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when limits or state are neither an object nor null, and
    /// [`Conflict`](crate::ErrorKind::Conflict) when an identity is that of another state, both with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all states or none.
    async fn insert_states(&self, states: &[SystemState]) -> Result<Upserted>;

    /// The state with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_state(&self, id: Id<SystemState>) -> Result<Option<SystemState>>;

    /// The states that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_states(&self, query: &StateQuery) -> Result<Page<SystemState>>;

    /// The last state that came to be up to an instant; of several at one instant the one with the greatest identity.
    /// `None` when there was none yet.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn state_at(&self, at: Timestamp) -> Result<Option<SystemState>>;
}
