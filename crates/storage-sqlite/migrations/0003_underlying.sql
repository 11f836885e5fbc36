-- Quotes of underlyings.
CREATE TABLE underlying_quotes (
    symbol      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    bid         REAL,
    ask         REAL,
    last        REAL,
    bid_size    INTEGER,
    ask_size    INTEGER,
    volume      INTEGER,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (symbol, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE underlying_quotes_history (
    symbol      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    bid         REAL,
    ask         REAL,
    last        REAL,
    bid_size    INTEGER,
    ask_size    INTEGER,
    volume      INTEGER,
    source      TEXT NOT NULL,
    PRIMARY KEY (symbol, at, recorded_at)
) STRICT, WITHOUT ROWID;
