-- Calibrated models. Times are in years; inputs is the SHA-256 of what a model was fitted to.
CREATE TABLE heston_parameters (
    symbol              TEXT NOT NULL,
    at                  INTEGER NOT NULL,
    kappa               REAL NOT NULL,
    theta               REAL NOT NULL,
    sigma               REAL NOT NULL,
    rho                 REAL NOT NULL,
    v0                  REAL NOT NULL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    recorded_at         INTEGER NOT NULL,
    PRIMARY KEY (symbol, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE heston_parameters_history (
    symbol              TEXT NOT NULL,
    at                  INTEGER NOT NULL,
    recorded_at         INTEGER NOT NULL,
    kappa               REAL NOT NULL,
    theta               REAL NOT NULL,
    sigma               REAL NOT NULL,
    rho                 REAL NOT NULL,
    v0                  REAL NOT NULL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    PRIMARY KEY (symbol, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- SABR's parameters, one row for each maturity of a calibration.
CREATE TABLE sabr_parameters (
    symbol              TEXT NOT NULL,
    maturity            REAL NOT NULL,
    at                  INTEGER NOT NULL,
    alpha               REAL NOT NULL,
    beta                REAL NOT NULL,
    rho                 REAL NOT NULL,
    nu                  REAL NOT NULL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    recorded_at         INTEGER NOT NULL,
    PRIMARY KEY (symbol, maturity, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX sabr_parameters_by_symbol ON sabr_parameters (symbol, at);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE sabr_parameters_history (
    symbol              TEXT NOT NULL,
    maturity            REAL NOT NULL,
    at                  INTEGER NOT NULL,
    recorded_at         INTEGER NOT NULL,
    alpha               REAL NOT NULL,
    beta                REAL NOT NULL,
    rho                 REAL NOT NULL,
    nu                  REAL NOT NULL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    PRIMARY KEY (symbol, maturity, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Raw SVI's parameters, one row for each maturity of a calibration.
CREATE TABLE svi_parameters (
    symbol              TEXT NOT NULL,
    maturity            REAL NOT NULL,
    at                  INTEGER NOT NULL,
    a                   REAL NOT NULL,
    b                   REAL NOT NULL,
    rho                 REAL NOT NULL,
    m                   REAL NOT NULL,
    sigma               REAL NOT NULL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    recorded_at         INTEGER NOT NULL,
    PRIMARY KEY (symbol, maturity, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX svi_parameters_by_symbol ON svi_parameters (symbol, at);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE svi_parameters_history (
    symbol              TEXT NOT NULL,
    maturity            REAL NOT NULL,
    at                  INTEGER NOT NULL,
    recorded_at         INTEGER NOT NULL,
    a                   REAL NOT NULL,
    b                   REAL NOT NULL,
    rho                 REAL NOT NULL,
    m                   REAL NOT NULL,
    sigma               REAL NOT NULL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    PRIMARY KEY (symbol, maturity, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Ornstein-Uhlenbeck processes of the spread first - hedge_ratio * second.
CREATE TABLE ou_parameters (
    pair                TEXT NOT NULL,
    at                  INTEGER NOT NULL,
    first               TEXT NOT NULL,
    second              TEXT NOT NULL,
    hedge_ratio         REAL NOT NULL,
    theta               REAL NOT NULL,
    mu                  REAL NOT NULL,
    sigma               REAL NOT NULL,
    adf_statistic       REAL,
    adf_p_value         REAL,
    entry_lower         REAL,
    entry_upper         REAL,
    exit_target         REAL,
    stop_loss           REAL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    recorded_at         INTEGER NOT NULL,
    PRIMARY KEY (pair, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE ou_parameters_history (
    pair                TEXT NOT NULL,
    at                  INTEGER NOT NULL,
    recorded_at         INTEGER NOT NULL,
    first               TEXT NOT NULL,
    second              TEXT NOT NULL,
    hedge_ratio         REAL NOT NULL,
    theta               REAL NOT NULL,
    mu                  REAL NOT NULL,
    sigma               REAL NOT NULL,
    adf_statistic       REAL,
    adf_p_value         REAL,
    entry_lower         REAL,
    entry_upper         REAL,
    exit_target         REAL,
    stop_loss           REAL,
    source              TEXT NOT NULL,
    rmse                REAL,
    r_squared           REAL,
    n_options           INTEGER,
    calibration_time_ms INTEGER,
    inputs              TEXT,
    PRIMARY KEY (pair, at, recorded_at)
) STRICT, WITHOUT ROWID;
