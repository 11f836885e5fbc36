-- Strategies, by their names: how they are set up, and within which limits they trade. symbols is a JSON array.
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

-- Settings, by their names. Their past is in the audit.
CREATE TABLE settings (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value       JSONB NOT NULL,
    description TEXT COLLATE "C",
    updated_by  TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

-- What checks of stored data found.
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
