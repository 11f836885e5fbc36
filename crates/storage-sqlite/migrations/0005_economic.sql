-- Observations of economic series. Their at is the end of their day in New York.
CREATE TABLE economic_observations (
    series      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    date        TEXT NOT NULL,
    value       REAL NOT NULL,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE economic_observations_history (
    series      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    date        TEXT NOT NULL,
    value       REAL NOT NULL,
    source      TEXT NOT NULL,
    PRIMARY KEY (series, at, recorded_at)
) STRICT, WITHOUT ROWID;
