-- The audit: who did what to which thing. Rows are only ever added.
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
