-- What happened in a system, by its severity.
CREATE TABLE system_events (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    severity    VARCHAR NOT NULL,
    component   VARCHAR NOT NULL,
    message     VARCHAR NOT NULL,
    details     VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- What a system was set to at an instant.
CREATE TABLE system_states (
    id              VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    regime          VARCHAR,
    active_strategy VARCHAR,
    risk_limits     VARCHAR NOT NULL,
    risk_state      VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);
