//! How the system itself is doing, and who did what: events, states, audit.

pub mod audit;
pub mod event;

pub use audit::{Actor, AuditEntry, AuditFilter, AuditQuery, AuditRepository, Change};
pub use event::{
    EventFilter, EventQuery, EventRepository, Severity, StateFilter, StateQuery, SystemEvent, SystemState,
};
