-- What happened in a system, by its severity.
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

-- What a system was set to at an instant.
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
