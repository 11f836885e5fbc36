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

-- Whoever asks with SQL cannot change or delete an entry either. A REPLACE deletes without the trigger of a deletion, so an
-- entry with a known identity is refused before it gets so far.
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
