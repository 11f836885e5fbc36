//! Who may do what, what runs the system, how it is doing, and who did what: strategies, settings, events, states, quality, audit.

pub mod access;
pub mod audit;
pub mod configuration;
pub mod event;
pub mod quality;
pub mod strategy;

pub use access::{AccessRepository, PasswordHash, Permission, PermissionFilter, PermissionKey, User, UserFilter};
pub use audit::{Actor, AuditEntry, AuditFilter, AuditQuery, AuditRepository, Change};
pub use configuration::{ConfigurationRepository, Setting, SettingFilter};
pub use event::{
    EventFilter, EventQuery, EventRepository, Severity, StateFilter, StateQuery, SystemEvent, SystemState,
};
pub use quality::{QualityFilter, QualityQuery, QualityReport, QualityRepository};
pub use strategy::{Strategy, StrategyFilter, StrategyRepository, StrategyStatus};
