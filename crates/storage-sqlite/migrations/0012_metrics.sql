-- Metrics of closed trades. Accounts, strategies and regimes are empty where the metrics are of all of them; at is the end
-- of the window. What is asked for most has a column, and metrics holds every number with its sample and convention.
CREATE TABLE performance_metrics (
    strategy      TEXT NOT NULL,
    account       TEXT NOT NULL,
    regime        TEXT NOT NULL,
    window_kind   TEXT NOT NULL,
    at            INTEGER NOT NULL,
    window_start  INTEGER,
    trades        INTEGER NOT NULL,
    net           TEXT,
    profit_factor REAL,
    expected_r    REAL,
    win_rate      REAL,
    wilson_lower  REAL,
    wilson_upper  REAL,
    max_drawdown  TEXT,
    costs_percent REAL,
    conventions   TEXT NOT NULL,
    metrics       TEXT NOT NULL,
    source        TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE performance_metrics_history (
    strategy      TEXT NOT NULL,
    account       TEXT NOT NULL,
    regime        TEXT NOT NULL,
    window_kind   TEXT NOT NULL,
    at            INTEGER NOT NULL,
    recorded_at   INTEGER NOT NULL,
    window_start  INTEGER,
    trades        INTEGER NOT NULL,
    net           TEXT,
    profit_factor REAL,
    expected_r    REAL,
    win_rate      REAL,
    wilson_lower  REAL,
    wilson_upper  REAL,
    max_drawdown  TEXT,
    costs_percent REAL,
    conventions   TEXT NOT NULL,
    metrics       TEXT NOT NULL,
    source        TEXT NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, at, recorded_at)
) STRICT, WITHOUT ROWID;
