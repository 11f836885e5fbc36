//! The datasets of operations.

use std::net::IpAddr;

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, ErrorKind, Id, Json, Name, Timestamp,
    market::Symbol,
    operations::{
        AuditEntry, CacheEntry, Coverage, FetchCost, FetchLease, FetchOutcome, PasswordHash, Permission, QualityReport,
        Run, RunReject, RunStatus, Setting, Severity, Strategy, StrategyStatus, SystemEvent, SystemState, User,
        Watermark,
    },
};

use crate::rows::rows;

rows! {
    User in Users version 1 {
        key { name: Name }
        value {
            email: Option<String>, password: PasswordHash, role: Name, is_active: bool, created_at: Timestamp,
            last_login: Option<Timestamp>,
        }
    }

    Permission in Permissions version 1 {
        key { role: Name, resource: Name, action: Name }
        value { granted_by: Option<Name> }
    }

    AuditEntry in Audit version 1 {
        key { id: Id<AuditEntry> }
        value {
            at: Timestamp, user: Option<Name>, action: Name, resource: Name, resource_id: Option<String>,
            old_value: Option<Json>, new_value: Option<Json>, address: Option<IpAddr>, agent: Option<String>,
        }
    }

    CacheEntry in CacheEntries version 1 {
        key { dataset: Name, subject: Name }
        value {
            provider: Name, outcome: FetchOutcome, asked_at: Timestamp, fetched_at: Option<Timestamp>,
            newest_at: Option<Timestamp>, retry_after: Option<Timestamp>, expires_at: Timestamp,
            last_access: Timestamp, hits: u64, bytes: u64, cost: Decimal, error: Option<String>,
            error_kind: Option<ErrorKind>,
        }
    }

    Coverage in CacheCoverage version 1 {
        key { dataset: Name, subject: Name, date: NaiveDate }
        value { outcome: FetchOutcome, retry_after: Option<Timestamp> }
    }

    FetchLease in CacheLeases version 1 {
        key { dataset: Name, subject: Name }
        value { owner: Name, expires_at: Timestamp }
    }

    FetchCost in FetchCosts version 1 {
        key { id: Id<FetchCost> }
        value { at: Timestamp, provider: Name, dataset: Name, subject: Name, cost: Decimal }
    }

    Setting in Settings version 1 {
        key { name: Name }
        value { value: Json, description: Option<String>, updated_by: Option<Name> }
    }

    SystemEvent in Events version 1 {
        key { id: Id<SystemEvent> }
        value { at: Timestamp, severity: Severity, component: Name, message: String, details: Json }
    }

    SystemState in States version 1 {
        key { id: Id<SystemState> }
        value {
            at: Timestamp, regime: Option<Name>, active_strategy: Option<Name>, risk_limits: Json,
            risk_state: Json,
        }
    }

    QualityReport in Quality version 1 {
        key { id: Id<QualityReport> }
        value {
            at: Timestamp, check_name: Name, dataset: Name, severity: Severity, score: Option<f64>, details: Json,
        }
    }

    Run in Runs version 1 {
        key { id: Id<Run> }
        value {
            at: Timestamp, pipeline: Name, status: RunStatus, ended_at: Option<Timestamp>, steps: u32, read: u64,
            written: u64, unchanged: u64, rejected: u64, error: Option<String>,
        }
    }

    RunReject in Rejects version 1 {
        key { id: Id<RunReject> }
        value { at: Timestamp, run: Id<Run>, place: String, reason: String }
    }

    Watermark in Watermarks version 1 {
        key { pipeline: Name, dataset: Name, subject: Name }
        value { reached: Timestamp, run: Option<Id<Run>> }
    }

    Strategy in Strategies version 1 {
        key { name: Name }
        value {
            kind: Name, status: StrategyStatus, parameters: Json, risk_limits: Json, symbols: Vec<Symbol>,
            created_by: Option<Name>, created_at: Timestamp,
        }
    }
}
