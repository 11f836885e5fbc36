-- What came of the last time that something was asked for, by dataset and subject.
CREATE TABLE cache_entries (
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    fetched_at  TIMESTAMPTZ,
    newest_at   TIMESTAMPTZ,
    retry_after TIMESTAMPTZ,
    expires_at  TIMESTAMPTZ NOT NULL,
    last_access TIMESTAMPTZ NOT NULL,
    hits        BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    cost        NUMERIC(20,8) NOT NULL,
    error       TEXT COLLATE "C",
    error_kind  TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, subject)
);

CREATE INDEX cache_entries_by_last_access ON cache_entries (last_access, dataset, subject);
CREATE INDEX cache_entries_by_expiry ON cache_entries (expires_at);

-- Which days were asked for, and what came of it.
CREATE TABLE cache_coverage (
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    date        DATE NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    retry_after TIMESTAMPTZ,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, subject, date)
);

-- Who is asking now. A row whose expires_at is over binds nobody.
CREATE TABLE cache_leases (
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    owner       TEXT COLLATE "C" NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, subject)
);

-- What fetches cost, appended to.
CREATE TABLE fetch_costs (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    provider    TEXT COLLATE "C" NOT NULL,
    dataset     TEXT COLLATE "C" NOT NULL,
    subject     TEXT COLLATE "C" NOT NULL,
    cost        NUMERIC(20,8) NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX fetch_costs_by_time ON fetch_costs (at, id);
