-- What was known of a symbol at the close of a day. Returns and losses per 1.00, volatilities and rates per 1.00 a year.
CREATE TABLE backtest_features (
    symbol          TEXT NOT NULL,
    at              INTEGER NOT NULL,
    date            TEXT NOT NULL,
    close           REAL NOT NULL,
    daily_return    REAL,
    volatility_20d  REAL,
    volatility_250d REAL,
    var_95          REAL,
    var_99          REAL,
    cvar_95         REAL,
    cvar_99         REAL,
    normal_var_95   REAL,
    normal_var_99   REAL,
    normal_cvar_95  REAL,
    normal_cvar_99  REAL,
    risk_free_rate  REAL,
    vix             REAL,
    source          TEXT NOT NULL,
    recorded_at     INTEGER NOT NULL,
    PRIMARY KEY (symbol, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE backtest_features_history (
    symbol          TEXT NOT NULL,
    at              INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    date            TEXT NOT NULL,
    close           REAL NOT NULL,
    daily_return    REAL,
    volatility_20d  REAL,
    volatility_250d REAL,
    var_95          REAL,
    var_99          REAL,
    cvar_95         REAL,
    cvar_99         REAL,
    normal_var_95   REAL,
    normal_var_99   REAL,
    normal_cvar_95  REAL,
    normal_cvar_99  REAL,
    risk_free_rate  REAL,
    vix             REAL,
    source          TEXT NOT NULL,
    PRIMARY KEY (symbol, at, recorded_at)
) STRICT, WITHOUT ROWID;
