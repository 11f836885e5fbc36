-- What came of the last time that something was asked for, by dataset and subject.
CREATE TABLE cache_entries (
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    provider    VARCHAR NOT NULL,
    outcome     VARCHAR NOT NULL,
    asked_at    TIMESTAMP NOT NULL,
    fetched_at  TIMESTAMP,
    newest_at   TIMESTAMP,
    retry_after TIMESTAMP,
    expires_at  TIMESTAMP NOT NULL,
    last_access TIMESTAMP NOT NULL,
    hits        BIGINT NOT NULL,
    bytes       BIGINT NOT NULL,
    cost        DECIMAL(20,8) NOT NULL,
    error       VARCHAR,
    error_kind  VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Which days were asked for, and what came of it.
CREATE TABLE cache_coverage (
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    date        DATE NOT NULL,
    outcome     VARCHAR NOT NULL,
    retry_after TIMESTAMP,
    recorded_at TIMESTAMP NOT NULL
);

-- Who is asking now. A row whose expires_at is over binds nobody.
CREATE TABLE cache_leases (
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    owner       VARCHAR NOT NULL,
    expires_at  TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- What fetches cost, appended to.
CREATE TABLE fetch_costs (
    id          VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    provider    VARCHAR NOT NULL,
    dataset     VARCHAR NOT NULL,
    subject     VARCHAR NOT NULL,
    cost        DECIMAL(20,8) NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
