//! What runs the system, how it is doing, and who did what: strategies, settings, events, states, quality, audit.

pub mod audit;
pub mod configuration;
pub mod event;
pub mod quality;
pub mod strategy;

pub use audit::{Actor, AuditEntry, AuditFilter, AuditQuery, AuditRepository, Change};
pub use configuration::{ConfigurationRepository, Setting, SettingFilter};
pub use event::{
    EventFilter, EventQuery, EventRepository, Severity, StateFilter, StateQuery, SystemEvent, SystemState,
};
pub use quality::{QualityFilter, QualityQuery, QualityReport, QualityRepository};
pub use strategy::{Strategy, StrategyFilter, StrategyRepository, StrategyStatus};
