-- The analytics family: numbers computed from the market family.

-- Computed Greeks by model and revision. Theta, charm and veta are per year; vega, vanna and vomma per 1.00 of
-- volatility.
CREATE TABLE greeks (
    contract_id        INTEGER NOT NULL,
    model              TEXT NOT NULL,
    revision           INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    spot               REAL NOT NULL,
    rate               REAL NOT NULL,
    dividend_yield     REAL NOT NULL,
    implied_volatility REAL NOT NULL,
    price              REAL NOT NULL,
    delta              REAL NOT NULL,
    gamma              REAL NOT NULL,
    theta              REAL NOT NULL,
    vega               REAL NOT NULL,
    rho                REAL NOT NULL,
    epsilon            REAL NOT NULL,
    vanna              REAL NOT NULL,
    vomma              REAL NOT NULL,
    charm              REAL NOT NULL,
    veta               REAL NOT NULL,
    source             TEXT NOT NULL,
    recorded_at        INTEGER NOT NULL,
    PRIMARY KEY (contract_id, model, revision, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of greeks.
CREATE TABLE greeks_history (
    contract_id        INTEGER NOT NULL,
    model              TEXT NOT NULL,
    revision           INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    recorded_at        INTEGER NOT NULL,
    spot               REAL NOT NULL,
    rate               REAL NOT NULL,
    dividend_yield     REAL NOT NULL,
    implied_volatility REAL NOT NULL,
    price              REAL NOT NULL,
    delta              REAL NOT NULL,
    gamma              REAL NOT NULL,
    theta              REAL NOT NULL,
    vega               REAL NOT NULL,
    rho                REAL NOT NULL,
    epsilon            REAL NOT NULL,
    vanna              REAL NOT NULL,
    vomma              REAL NOT NULL,
    charm              REAL NOT NULL,
    veta               REAL NOT NULL,
    source             TEXT NOT NULL,
    PRIMARY KEY (contract_id, model, revision, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Calibrated Heston parameters. Times are in years; inputs is the SHA-256 of the data that the model was fitted to.
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

-- Superseded versions of heston_parameters.
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

-- Calibrated SABR parameters, one row for each maturity of a calibration.
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

-- Superseded versions of sabr_parameters.
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

-- Calibrated parameters of raw SVI, one row for each maturity of a calibration.
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

-- Superseded versions of svi_parameters.
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

-- Fitted Ornstein-Uhlenbeck parameters of the spread first - hedge_ratio * second.
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

-- Superseded versions of ou_parameters.
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

-- Features of a symbol as known at the close of a day. Returns and losses are per 1.00, volatilities and rates per 1.00
-- a year.
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

-- Superseded versions of backtest_features.
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

-- Technical indicators of bars, by the end of the bar. adx is from 0 to 100; atr and vwap are prices.
CREATE TABLE bar_indicators (
    instrument  TEXT NOT NULL,
    timeframe   TEXT NOT NULL,
    at          INTEGER NOT NULL,
    adx         REAL,
    atr         REAL,
    vwap        REAL,
    regime      TEXT,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (instrument, timeframe, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of bar_indicators.
CREATE TABLE bar_indicators_history (
    instrument  TEXT NOT NULL,
    timeframe   TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    adx         REAL,
    atr         REAL,
    vwap        REAL,
    regime      TEXT,
    source      TEXT NOT NULL,
    PRIMARY KEY (instrument, timeframe, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Backtests with their equity curves and trades (JSON arrays). Returns, drawdown and win rate are per 1.00, ratios
-- annualised.
CREATE TABLE backtests (
    id                TEXT NOT NULL PRIMARY KEY,
    at                INTEGER NOT NULL,
    strategy          TEXT NOT NULL,
    model_version     TEXT,
    first_day         TEXT NOT NULL,
    last_day          TEXT NOT NULL,
    parameters        TEXT NOT NULL,
    equity            TEXT NOT NULL,
    trades            TEXT NOT NULL,
    total_return      REAL,
    annualised_return REAL,
    volatility        REAL,
    sharpe            REAL,
    sortino           REAL,
    max_drawdown      REAL,
    win_rate          REAL,
    profit_factor     REAL,
    recorded_at       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX backtests_by_time ON backtests (at, id);
CREATE INDEX backtests_by_strategy ON backtests (strategy, at);

-- Predictions of models with their inputs and outputs (JSON objects).
CREATE TABLE predictions (
    id            TEXT NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    model         TEXT NOT NULL,
    model_version TEXT NOT NULL,
    symbol        TEXT,
    inputs        TEXT NOT NULL,
    outputs       TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX predictions_by_time ON predictions (at, id);
CREATE INDEX predictions_by_model ON predictions (model, at, id);
CREATE INDEX predictions_by_symbol ON predictions (symbol, at);
