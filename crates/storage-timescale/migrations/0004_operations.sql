-- The operations family: users, settings, the audit, pipelines and the cache.

-- Strategies by name, with their parameters and risk limits (JSON objects) and their symbols (a JSON array).
CREATE TABLE strategies (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind        TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    parameters  JSONB NOT NULL,
    risk_limits JSONB NOT NULL,
    symbols     JSONB NOT NULL,
    created_by  TEXT COLLATE "C",
    created_at  TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX strategies_by_kind ON strategies (kind);
CREATE INDEX strategies_by_status ON strategies (status);

-- Users by name. password is an Argon2 hash as a PHC string.
CREATE TABLE users (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    email       TEXT COLLATE "C",
    password    TEXT COLLATE "C" NOT NULL,
    role        TEXT COLLATE "C" NOT NULL,
    is_active   BOOLEAN NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    last_login  TIMESTAMPTZ,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX users_by_role ON users (role);
CREATE UNIQUE INDEX users_by_email ON users (email) WHERE email IS NOT NULL;

-- Permissions of roles; '*' stands for every resource or action.
CREATE TABLE permissions (
    role        TEXT COLLATE "C" NOT NULL,
    resource    TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    granted_by  TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (role, resource, action)
);

INSERT INTO permissions (role, resource, action, recorded_at) VALUES
    ('admin', '*', '*', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'strategies', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'strategies', 'update', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'signals', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'orders', '*', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('trader', 'portfolio', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('viewer', 'strategies', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('viewer', 'signals', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z'),
    ('viewer', 'portfolio', 'read', TIMESTAMPTZ '1970-01-01 00:00:00Z');

-- Settings by name. The audit holds their past.
CREATE TABLE settings (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value       JSONB NOT NULL,
    description TEXT COLLATE "C",
    updated_by  TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

-- The audit: which user did what to which resource. Rows are only ever added.
CREATE TABLE audit_log (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    "user"      TEXT COLLATE "C",
    action      TEXT COLLATE "C" NOT NULL,
    resource    TEXT COLLATE "C" NOT NULL,
    resource_id TEXT COLLATE "C",
    old_value   JSONB,
    new_value   JSONB,
    address     TEXT COLLATE "C",
    agent       TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX audit_log_by_time ON audit_log (at, id);
CREATE INDEX audit_log_by_user ON audit_log ("user", at);
CREATE INDEX audit_log_by_resource ON audit_log (resource, resource_id, at);

-- Triggers refuse to change or delete an entry with SQL. ENABLE ALWAYS keeps them on in sessions that replay
-- replicated changes.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit only grows' USING ERRCODE = 'insufficient_privilege', TABLE = TG_TABLE_NAME;
END $$;

CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE OR DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_log_is_not_emptied BEFORE TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_log ENABLE ALWAYS TRIGGER audit_log_is_not_changed, ENABLE ALWAYS TRIGGER audit_log_is_not_emptied;

-- Events of a system, by severity.
CREATE TABLE system_events (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    severity    TEXT COLLATE "C" NOT NULL,
    component   TEXT COLLATE "C" NOT NULL,
    message     TEXT COLLATE "C" NOT NULL,
    details     JSONB NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX system_events_by_time ON system_events (at, id);
CREATE INDEX system_events_by_component ON system_events (component, at);
CREATE INDEX system_events_by_detail ON system_events USING gin (details jsonb_path_ops);

-- States of a system at instants.
CREATE TABLE system_states (
    id              UUID NOT NULL PRIMARY KEY,
    at              TIMESTAMPTZ NOT NULL,
    regime          TEXT COLLATE "C",
    active_strategy TEXT COLLATE "C",
    risk_limits     JSONB NOT NULL,
    risk_state      JSONB NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL
);

CREATE INDEX system_states_by_time ON system_states (at, id);

-- Reports of checks on stored data.
CREATE TABLE quality_reports (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    check_name  TEXT COLLATE "C" NOT NULL,
    dataset     TEXT COLLATE "C" NOT NULL,
    severity    TEXT COLLATE "C" NOT NULL,
    score       DOUBLE PRECISION,
    details     JSONB NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX quality_reports_by_time ON quality_reports (at, id);
CREATE INDEX quality_reports_by_dataset ON quality_reports (dataset, at);
CREATE INDEX quality_reports_by_detail ON quality_reports USING gin (details jsonb_path_ops);

-- Runs of pipelines. The rows read are the rows written, unchanged and rejected.
CREATE TABLE pipeline_runs (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    pipeline    TEXT COLLATE "C" NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    ended_at    TIMESTAMPTZ,
    steps       BIGINT NOT NULL,
    read        BIGINT NOT NULL,
    written     BIGINT NOT NULL,
    unchanged   BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    error       TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX pipeline_runs_by_time ON pipeline_runs (at, id);
CREATE INDEX pipeline_runs_by_pipeline ON pipeline_runs (pipeline, at);

-- Rows that runs rejected, with their place in the input and the reason.
CREATE TABLE run_rejects (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    run         UUID NOT NULL,
    place       TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX run_rejects_by_time ON run_rejects (at, id);
CREATE INDEX run_rejects_by_run ON run_rejects (run, at);

-- Watermarks: the instant up to which each pipeline has read each of its sources.
CREATE TABLE watermarks (
    pipeline    TEXT COLLATE "C" NOT NULL,
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    reached     TIMESTAMPTZ NOT NULL,
    run         UUID,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (pipeline, dataset, subject)
);

-- Outcomes of the last fetches, by dataset and subject.
CREATE TABLE cache_entries (
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    fetched_at  TIMESTAMPTZ,
    newest_at   TIMESTAMPTZ,
    retry_after TIMESTAMPTZ,
    expires_at  TIMESTAMPTZ NOT NULL,
    last_access TIMESTAMPTZ NOT NULL,
    hits        BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    cost        NUMERIC(20,8) NOT NULL,
    error       TEXT COLLATE "C",
    error_kind  TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, subject)
);

CREATE INDEX cache_entries_by_last_access ON cache_entries (last_access, dataset, subject);
CREATE INDEX cache_entries_by_expiry ON cache_entries (expires_at);

-- Leases of fetches in progress. A lease past its expires_at binds nobody.
CREATE TABLE cache_leases (
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    owner       TEXT COLLATE "C" NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, subject)
);

-- Days that were fetched, with their outcomes.
CREATE TABLE cache_coverage (
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    date        DATE NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    retry_after TIMESTAMPTZ,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, subject, date)
);

-- Costs of fetches. Rows are only ever added.
CREATE TABLE fetch_costs (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    cost        NUMERIC(20,8) NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX fetch_costs_by_time ON fetch_costs (at, id);
