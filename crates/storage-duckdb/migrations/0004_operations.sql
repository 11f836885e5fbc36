-- The operations family: users, settings, the audit, pipelines and the cache.

-- Strategies by name, with their parameters and risk limits (JSON objects) and their symbols (a JSON array).
CREATE TABLE strategies (
    name        VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    status      VARCHAR NOT NULL,
    parameters  VARCHAR NOT NULL,
    risk_limits VARCHAR NOT NULL,
    symbols     VARCHAR NOT NULL,
    created_by  VARCHAR,
    created_at  TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Users by name. password is an Argon2 hash as a PHC string. No two have one address: without an index, the one
-- transaction that writes looks for it.
CREATE TABLE users (
    name        VARCHAR NOT NULL,
    email       VARCHAR,
    password    VARCHAR NOT NULL,
    role        VARCHAR NOT NULL,
    is_active   BOOLEAN NOT NULL,
    created_at  TIMESTAMP NOT NULL,
    last_login  TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL
);

-- Permissions of roles; '*' stands for every resource or action.
CREATE TABLE permissions (
    role        VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    action      VARCHAR NOT NULL,
    granted_by  VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

INSERT INTO permissions (role, resource, action, recorded_at) VALUES
    ('admin', '*', '*', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'strategies', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'strategies', 'update', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'signals', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'orders', '*', TIMESTAMP '1970-01-01 00:00:00'),
    ('trader', 'portfolio', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('viewer', 'strategies', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('viewer', 'signals', 'read', TIMESTAMP '1970-01-01 00:00:00'),
    ('viewer', 'portfolio', 'read', TIMESTAMP '1970-01-01 00:00:00');

-- Settings by name. The audit holds their past.
CREATE TABLE settings (
    name        VARCHAR NOT NULL,
    value       VARCHAR NOT NULL,
    description VARCHAR,
    updated_by  VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- The audit: which user did what to which resource. Rows are only ever added. DuckDB has neither triggers nor rights,
-- so nothing in the database refuses changes made with SQL.
CREATE TABLE audit_log (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    "user"      VARCHAR,
    action      VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    resource_id VARCHAR,
    old_value   VARCHAR,
    new_value   VARCHAR,
    address     VARCHAR,
    agent       VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Events of a system, by severity.
CREATE TABLE system_events (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    severity    VARCHAR NOT NULL,
    component   VARCHAR NOT NULL,
    message     VARCHAR NOT NULL,
    details     VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- States of a system at instants.
CREATE TABLE system_states (
    id              VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    regime          VARCHAR,
    active_strategy VARCHAR,
    risk_limits     VARCHAR NOT NULL,
    risk_state      VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Reports of checks on stored data.
CREATE TABLE quality_reports (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    check_name  VARCHAR NOT NULL,
    dataset     VARCHAR NOT NULL,
    severity    VARCHAR NOT NULL,
    score       DOUBLE,
    details     VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Runs of pipelines. The rows read are the rows written, unchanged and rejected.
CREATE TABLE pipeline_runs (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    pipeline    VARCHAR NOT NULL,
    status      VARCHAR NOT NULL,
    ended_at    TIMESTAMP,
    steps       BIGINT NOT NULL,
    read        BIGINT NOT NULL,
    written     BIGINT NOT NULL,
    unchanged   BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    error       VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Rows that runs rejected, with their place in the input and the reason.
CREATE TABLE run_rejects (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    run         VARCHAR NOT NULL,
    place       VARCHAR NOT NULL,
    reason      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Watermarks: the instant up to which each pipeline has read each of its sources.
CREATE TABLE watermarks (
    pipeline    VARCHAR NOT NULL,
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    reached     TIMESTAMP NOT NULL,
    run         VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Outcomes of the last fetches, by dataset and subject.
CREATE TABLE cache_entries (
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    provider    VARCHAR NOT NULL,
    outcome     VARCHAR NOT NULL,
    asked_at    TIMESTAMP NOT NULL,
    fetched_at  TIMESTAMP,
    newest_at   TIMESTAMP,
    retry_after TIMESTAMP,
    expires_at  TIMESTAMP NOT NULL,
    last_access TIMESTAMP NOT NULL,
    hits        BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    cost        DECIMAL(20,8) NOT NULL,
    error       VARCHAR,
    error_kind  VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Leases of fetches in progress. A lease past its expires_at binds nobody.
CREATE TABLE cache_leases (
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    owner       VARCHAR NOT NULL,
    expires_at  TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Days that were fetched, with their outcomes.
CREATE TABLE cache_coverage (
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    date        DATE NOT NULL,
    outcome     VARCHAR NOT NULL,
    retry_after TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL
);

-- Costs of fetches. Rows are only ever added.
CREATE TABLE fetch_costs (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    provider    VARCHAR NOT NULL,
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    cost        DECIMAL(20,8) NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
