-- The audit: who did what to which thing. Rows are only ever added.
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
