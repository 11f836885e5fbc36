-- Bars. A bar is said when it ends: that is its at.
CREATE TABLE bars (
    instrument  TEXT NOT NULL,
    timeframe   TEXT NOT NULL,
    at          INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    open        REAL NOT NULL,
    high        REAL NOT NULL,
    low         REAL NOT NULL,
    close       REAL NOT NULL,
    volume      INTEGER,
    vwap        REAL,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (instrument, timeframe, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE bars_history (
    instrument  TEXT NOT NULL,
    timeframe   TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    open        REAL NOT NULL,
    high        REAL NOT NULL,
    low         REAL NOT NULL,
    close       REAL NOT NULL,
    volume      INTEGER,
    vwap        REAL,
    source      TEXT NOT NULL,
    PRIMARY KEY (instrument, timeframe, at, recorded_at)
) STRICT, WITHOUT ROWID;
