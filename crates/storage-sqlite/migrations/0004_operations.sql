-- The operations family: users, settings, the audit, pipelines and the cache.

-- Strategies by name, with their parameters and risk limits (JSON objects) and their symbols (a JSON array).
CREATE TABLE strategies (
    name        TEXT NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    status      TEXT NOT NULL,
    parameters  TEXT NOT NULL,
    risk_limits TEXT NOT NULL,
    symbols     TEXT NOT NULL,
    created_by  TEXT,
    created_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX strategies_by_kind ON strategies (kind);
CREATE INDEX strategies_by_status ON strategies (status);

-- Users by name. password is an Argon2 hash as a PHC string.
CREATE TABLE users (
    name        TEXT NOT NULL PRIMARY KEY,
    email       TEXT,
    password    TEXT NOT NULL,
    role        TEXT NOT NULL,
    is_active   INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    last_login  INTEGER,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX users_by_role ON users (role);
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;

-- Permissions of roles; '*' stands for every resource or action.
CREATE TABLE permissions (
    role        TEXT NOT NULL,
    resource    TEXT NOT NULL,
    action      TEXT NOT NULL,
    granted_by  TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (role, resource, action)
) STRICT, WITHOUT ROWID;

INSERT INTO permissions (role, resource, action, recorded_at) VALUES
    ('admin', '*', '*', 0),
    ('trader', 'strategies', 'read', 0),
    ('trader', 'strategies', 'update', 0),
    ('trader', 'signals', 'read', 0),
    ('trader', 'orders', '*', 0),
    ('trader', 'portfolio', 'read', 0),
    ('viewer', 'strategies', 'read', 0),
    ('viewer', 'signals', 'read', 0),
    ('viewer', 'portfolio', 'read', 0);

-- Settings by name. The audit holds their past.
CREATE TABLE settings (
    name        TEXT NOT NULL PRIMARY KEY,
    value       TEXT NOT NULL,
    description TEXT,
    updated_by  TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The audit: which user did what to which resource. Rows are only ever added.
CREATE TABLE audit_log (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    "user"      TEXT,
    action      TEXT NOT NULL,
    resource    TEXT NOT NULL,
    resource_id TEXT,
    old_value   TEXT,
    new_value   TEXT,
    address     TEXT,
    agent       TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_log_by_time ON audit_log (at, id);
CREATE INDEX audit_log_by_user ON audit_log ("user", at);
CREATE INDEX audit_log_by_resource ON audit_log (resource, resource_id, at);

-- Triggers refuse to change or delete an entry with SQL. REPLACE deletes without firing the trigger on deletions, so a
-- trigger on insertions refuses an id that is there already.
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

CREATE TRIGGER audit_log_is_not_deleted BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows');
END;

CREATE TRIGGER audit_log_is_not_replaced BEFORE INSERT ON audit_log
WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit only grows: the entry is there already');
END;

-- Events of a system, by severity.
CREATE TABLE system_events (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    severity    TEXT NOT NULL,
    component   TEXT NOT NULL,
    message     TEXT NOT NULL,
    details     TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX system_events_by_time ON system_events (at, id);
CREATE INDEX system_events_by_component ON system_events (component, at);

-- States of a system at instants.
CREATE TABLE system_states (
    id              TEXT NOT NULL PRIMARY KEY,
    at              INTEGER NOT NULL,
    regime          TEXT,
    active_strategy TEXT,
    risk_limits     TEXT NOT NULL,
    risk_state      TEXT NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX system_states_by_time ON system_states (at, id);

-- Reports of checks on stored data.
CREATE TABLE quality_reports (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    check_name  TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    severity    TEXT NOT NULL,
    score       REAL,
    details     TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX quality_reports_by_time ON quality_reports (at, id);
CREATE INDEX quality_reports_by_dataset ON quality_reports (dataset, at);

-- Runs of pipelines. The rows read are the rows written, unchanged and rejected.
CREATE TABLE pipeline_runs (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    pipeline    TEXT NOT NULL,
    status      TEXT NOT NULL,
    ended_at    INTEGER,
    steps       INTEGER NOT NULL,
    read        INTEGER NOT NULL,
    written     INTEGER NOT NULL,
    unchanged   INTEGER NOT NULL,
    rejected    INTEGER NOT NULL,
    error       TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX pipeline_runs_by_time ON pipeline_runs (at, id);
CREATE INDEX pipeline_runs_by_pipeline ON pipeline_runs (pipeline, at);

-- Rows that runs rejected, with their place in the input and the reason.
CREATE TABLE run_rejects (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    run         TEXT NOT NULL,
    place       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX run_rejects_by_time ON run_rejects (at, id);
CREATE INDEX run_rejects_by_run ON run_rejects (run, at);

-- Watermarks: the instant up to which each pipeline has read each of its sources.
CREATE TABLE watermarks (
    pipeline    TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    reached     INTEGER NOT NULL,
    run         TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (pipeline, dataset, subject)
) STRICT, WITHOUT ROWID;

-- Outcomes of the last fetches, by dataset and subject.
CREATE TABLE cache_entries (
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    provider    TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    fetched_at  INTEGER,
    newest_at   INTEGER,
    retry_after INTEGER,
    expires_at  INTEGER NOT NULL,
    last_access INTEGER NOT NULL,
    hits        INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    cost        TEXT NOT NULL,
    error       TEXT,
    error_kind  TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX cache_entries_by_last_access ON cache_entries (last_access, dataset, subject);
CREATE INDEX cache_entries_by_expiry ON cache_entries (expires_at);

-- Leases of fetches in progress. A lease past its expires_at binds nobody.
CREATE TABLE cache_leases (
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    owner       TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject)
) STRICT, WITHOUT ROWID;

-- Days that were fetched, with their outcomes.
CREATE TABLE cache_coverage (
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    date        TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    retry_after INTEGER,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject, date)
) STRICT, WITHOUT ROWID;

-- Costs of fetches. Rows are only ever added.
CREATE TABLE fetch_costs (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    provider    TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    cost        TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX fetch_costs_by_time ON fetch_costs (at, id);
