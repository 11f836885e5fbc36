//! How the system itself is doing: events and states.

pub mod event;

pub use event::{
    EventFilter, EventQuery, EventRepository, Severity, StateFilter, StateQuery, SystemEvent, SystemState,
};
