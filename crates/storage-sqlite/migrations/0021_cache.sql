-- What came of the last time that something was asked for, by dataset and subject.
CREATE TABLE cache_entries (
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    provider    TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    fetched_at  INTEGER,
    newest_at   INTEGER,
    retry_after INTEGER,
    expires_at  INTEGER NOT NULL,
    last_access INTEGER NOT NULL,
    hits        INTEGER NOT NULL,
    bytes       INTEGER NOT NULL,
    cost        TEXT NOT NULL,
    error       TEXT,
    error_kind  TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject)
) STRICT, WITHOUT ROWID;

CREATE INDEX cache_entries_by_last_access ON cache_entries (last_access, dataset, subject);
CREATE INDEX cache_entries_by_expiry ON cache_entries (expires_at);

-- Which days were asked for, and what came of it.
CREATE TABLE cache_coverage (
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    date        TEXT NOT NULL,
    outcome     TEXT NOT NULL,
    retry_after INTEGER,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject, date)
) STRICT, WITHOUT ROWID;

-- Who is asking now. A row whose expires_at is over binds nobody.
CREATE TABLE cache_leases (
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    owner       TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, subject)
) STRICT, WITHOUT ROWID;

-- What fetches cost, appended to.
CREATE TABLE fetch_costs (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    provider    TEXT NOT NULL,
    dataset     TEXT NOT NULL,
    subject     TEXT NOT NULL,
    cost        TEXT NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX fetch_costs_by_time ON fetch_costs (at, id);
