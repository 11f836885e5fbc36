-- Signals: what a strategy would do. status_at tells when one stopped being active.
CREATE TABLE signals (
    id            TEXT NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    strategy      TEXT NOT NULL,
    symbol        TEXT NOT NULL,
    action        TEXT NOT NULL,
    strength      REAL NOT NULL,
    confidence    REAL NOT NULL,
    target_price  REAL,
    stop_price    REAL,
    valid_until   INTEGER,
    model_version TEXT,
    reasoning     TEXT,
    features      TEXT NOT NULL,
    status        TEXT NOT NULL,
    status_at     INTEGER,
    recorded_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX signals_by_time ON signals (at, id);
CREATE INDEX signals_by_symbol ON signals (symbol, at);
CREATE INDEX signals_by_strategy ON signals (strategy, at);
CREATE INDEX signals_active ON signals (valid_until) WHERE status = 'active';
