-- Strategies, by their names: how they are set up, and within which limits they trade. symbols is a JSON array.
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

-- Settings, by their names. Their past is in the audit.
CREATE TABLE settings (
    name        VARCHAR NOT NULL,
    value       VARCHAR NOT NULL,
    description VARCHAR,
    updated_by  VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- What checks of stored data found.
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
