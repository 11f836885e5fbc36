//! Operations: users and permissions, strategies, settings, system events and states, data quality, pipeline runs,
//! the audit, and the cache of fetched data.

pub(crate) mod access;
pub(crate) mod audit;
pub(crate) mod cache;
pub(crate) mod configuration;
pub(crate) mod event;
pub(crate) mod quality;
pub(crate) mod run;
pub(crate) mod strategy;

pub use access::{AccessRepository, PasswordHash, Permission, PermissionFilter, PermissionKey, User, UserFilter};
pub use audit::{Actor, AuditEntry, AuditFilter, AuditQuery, AuditRepository};
pub use cache::{
    CacheEntry, CacheFilter, CacheHits, CacheKey, CacheRepository, Charge, Coverage, CoverageFilter, CoverageKey,
    CoverageRepository, FetchCost, FetchCostFilter, FetchCostQuery, FetchCostRepository, FetchLease, FetchOutcome,
    Spending, month_of,
};
pub use configuration::{ConfigurationRepository, Setting, SettingFilter};
pub use event::{
    EventFilter, EventQuery, EventRepository, Severity, StateFilter, StateQuery, SystemEvent, SystemState,
};
pub use quality::{QualityFilter, QualityQuery, QualityReport, QualityRepository};
pub use run::{
    RejectFilter, RejectQuery, Run, RunEnd, RunFilter, RunQuery, RunReject, RunRepository, RunStatus, RunStep,
    Watermark, WatermarkFilter, WatermarkKey,
};
pub use strategy::{Strategy, StrategyFilter, StrategyRepository, StrategyStatus};
