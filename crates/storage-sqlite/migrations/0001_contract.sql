-- Option contracts. Other tables refer to them by contract_id. Times are microseconds since 1970 in UTC, days are
-- YYYY-MM-DD, strikes are dollars.
CREATE TABLE option_contracts (
    contract_id    INTEGER NOT NULL PRIMARY KEY,
    root           TEXT NOT NULL,
    expiration     TEXT NOT NULL,
    option_type    TEXT NOT NULL,
    strike         REAL NOT NULL,
    underlying     TEXT NOT NULL,
    multiplier     INTEGER NOT NULL,
    exercise_style TEXT NOT NULL,
    adjusted       INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    listed_on      TEXT,
    source         TEXT NOT NULL,
    recorded_at    INTEGER NOT NULL,
    UNIQUE (root, expiration, option_type, strike)
) STRICT;

CREATE INDEX option_contracts_by_underlying ON option_contracts (underlying, expires_at);
