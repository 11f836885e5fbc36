-- Strategies, by their names: how they are set up, and within which limits they trade. symbols is a JSON array.
CREATE TABLE strategies (
    name        TEXT NOT NULL PRIMARY KEY,
    kind        TEXT NOT NULL,
    status      TEXT NOT NULL,
    parameters  TEXT NOT NULL,
    risk_limits TEXT NOT NULL,
    symbols     TEXT NOT NULL,
    created_by  TEXT,
    created_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX strategies_by_kind ON strategies (kind);
CREATE INDEX strategies_by_status ON strategies (status);

-- Settings, by their names. Their past is in the audit.
CREATE TABLE settings (
    name        TEXT NOT NULL PRIMARY KEY,
    value       TEXT NOT NULL,
    description TEXT,
    updated_by  TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What checks of stored data found.
CREATE TABLE quality_reports (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    check_name  TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    severity    TEXT NOT NULL,
    score       REAL,
    details     TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX quality_reports_by_time ON quality_reports (at, id);
CREATE INDEX quality_reports_by_dataset ON quality_reports (dataset, at);
