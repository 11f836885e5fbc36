//! System events and states.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    port::Entry,
    validate::{object, text},
    vocabulary::vocabulary,
};

vocabulary! {
    /// The severity of an event or finding, in ascending order.
    Severity, "severity" {
        /// Of use to developers only.
        Debug = "debug",
        /// An event of normal operation.
        Info = "info",
        /// Should be looked at eventually.
        Warning = "warning",
        /// An operation of the system failed.
        Error = "error",
        /// Trading is in danger.
        Critical = "critical",
    }
}

/// An event of the running system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemEvent {
    /// The identity of the event.
    pub id: Id<Self>,
    /// The event time: when the event happened.
    pub at: Timestamp,
    /// The severity of the event.
    pub severity: Severity,
    /// The component of the system that reported the event.
    pub component: Name,
    /// The message in plain text, up to 64 KiB.
    pub message: String,
    /// Further details, in any shape.
    pub details: Json,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(SystemEvent);

impl SystemEvent {
    /// Creates an event without details, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp, severity: Severity, component: Name, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { id, at, severity, component, message, details: Json::default(), recorded_at: at }
    }
}

/// The conditions of a list of events. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFilter {
    /// The lowest severity, inclusive.
    pub least_severity: Option<Severity>,
    /// The component of the events.
    pub component: Option<Name>,
}

/// A query for system events.
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

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        text("message", &self.message)
    }

    fn is_admitted_by(&self, filter: &EventFilter) -> bool {
        filter.least_severity.is_none_or(|least| self.severity >= least)
            && filter.component.is_none_or(|component| self.component == component)
    }
}

/// The state of the system from an instant on: market regime, active strategy, and risk limits with their use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SystemState {
    /// The identity of the state.
    pub id: Id<Self>,
    /// The event time: when the state began.
    pub at: Timestamp,
    /// The market regime that the system assumed.
    pub regime: Option<Name>,
    /// The strategy that was active; `None` for none.
    pub active_strategy: Option<Name>,
    /// The risk limits: an object, or null.
    pub risk_limits: Json,
    /// The use of the risk limits: an object, or null.
    pub risk_state: Json,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(SystemState);

impl SystemState {
    /// Creates an empty state, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp) -> Self {
        Self {
            id,
            at,
            regime: None,
            active_strategy: None,
            risk_limits: Json::default(),
            risk_state: Json::default(),
            recorded_at: at,
        }
    }
}

/// The conditions of a list of states. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateFilter {
    /// The market regime of the states.
    pub regime: Option<Name>,
    /// The active strategy of the states.
    pub active_strategy: Option<Name>,
}

/// A query for system states.
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

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
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
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     memory::MemoryStore,
///     operations::{EventFilter, EventQuery, EventRepository, Severity, SystemEvent},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (id, at) = (Id::named("event 1"), "2025-09-25T14:31:00Z".parse()?);
/// let event = SystemEvent::new(id, at, Severity::Error, Name::new("feed")?, "no quotes for 60 s");
/// store.insert_events(&[event]).await?;
/// let alerts = EventQuery::new(EventFilter { least_severity: Some(Severity::Warning), ..EventFilter::default() });
/// assert_eq!(store.list_events(&alerts).await?.items.len(), 1);
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
pub trait EventRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new events by the [rules of every insert](Entry#rules-of-every-insert).
    async fn insert_events(&self, events: &[SystemEvent]) -> Result<Upserted>;

    /// Returns the event with an identity; `None` when there is no such event.
    async fn get_event(&self, id: Id<SystemEvent>) -> Result<Option<SystemEvent>>;

    /// Returns the events that the query's filter admits, in its order.
    async fn list_events(&self, query: &EventQuery) -> Result<Page<SystemEvent>>;

    /// Deletes the events before an instant with less than a severity, all or none, and returns their number, so that
    /// severe events can be kept longer. [`purge`](crate::maintenance::Maintenance::purge) deletes events of any
    /// severity.
    async fn purge_events_below(&self, severity: Severity, before: Timestamp) -> Result<u64>;

    /// Stores new states by the [rules of every insert](Entry#rules-of-every-insert).
    async fn insert_states(&self, states: &[SystemState]) -> Result<Upserted>;

    /// Returns the state with an identity; `None` when there is no such state.
    async fn get_state(&self, id: Id<SystemState>) -> Result<Option<SystemState>>;

    /// Returns the states that the query's filter admits, in its order.
    async fn list_states(&self, query: &StateQuery) -> Result<Page<SystemState>>;

    /// Returns the last state that began by an instant; of several at one instant the one with the greatest identity.
    /// `None` when there is none.
    async fn state_at(&self, at: Timestamp) -> Result<Option<SystemState>>;
}
