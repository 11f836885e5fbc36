-- What happened in a system, by its severity.
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

-- What a system was set to at an instant.
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
