-- The analytics family: numbers computed from the market family.

-- Computed Greeks by model and revision. Theta, charm and veta are per year; vega, vanna and vomma per 1.00 of
-- volatility.
CREATE TABLE greeks (
    contract_id        BIGINT NOT NULL,
    model              TEXT COLLATE "C" NOT NULL,
    revision           BIGINT NOT NULL,
    at                 TIMESTAMPTZ NOT NULL,
    spot               DOUBLE PRECISION NOT NULL,
    rate               DOUBLE PRECISION NOT NULL,
    dividend_yield     DOUBLE PRECISION NOT NULL,
    implied_volatility DOUBLE PRECISION NOT NULL,
    price              DOUBLE PRECISION NOT NULL,
    delta              DOUBLE PRECISION NOT NULL,
    gamma              DOUBLE PRECISION NOT NULL,
    theta              DOUBLE PRECISION NOT NULL,
    vega               DOUBLE PRECISION NOT NULL,
    rho                DOUBLE PRECISION NOT NULL,
    epsilon            DOUBLE PRECISION NOT NULL,
    vanna              DOUBLE PRECISION NOT NULL,
    vomma              DOUBLE PRECISION NOT NULL,
    charm              DOUBLE PRECISION NOT NULL,
    veta               DOUBLE PRECISION NOT NULL,
    source             TEXT COLLATE "C" NOT NULL,
    recorded_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (contract_id, model, revision, at)
);

SELECT partition_by_time('greeks', INTERVAL '7 days');

-- Superseded versions of greeks.
CREATE TABLE greeks_history (LIKE greeks, PRIMARY KEY (contract_id, model, revision, at, recorded_at));

-- Calibrated Heston parameters. Times are in years; inputs is the SHA-256 of the data that the model was fitted to.
CREATE TABLE heston_parameters (
    symbol              TEXT COLLATE "C" NOT NULL,
    at                  TIMESTAMPTZ NOT NULL,
    kappa               DOUBLE PRECISION NOT NULL,
    theta               DOUBLE PRECISION NOT NULL,
    sigma               DOUBLE PRECISION NOT NULL,
    rho                 DOUBLE PRECISION NOT NULL,
    v0                  DOUBLE PRECISION NOT NULL,
    source              TEXT COLLATE "C" NOT NULL,
    rmse                DOUBLE PRECISION,
    r_squared           DOUBLE PRECISION,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              TEXT COLLATE "C",
    recorded_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, at)
);

SELECT partition_by_time('heston_parameters', INTERVAL '365 days');

-- Superseded versions of heston_parameters.
CREATE TABLE heston_parameters_history (LIKE heston_parameters, PRIMARY KEY (symbol, at, recorded_at));

-- Calibrated SABR parameters, one row for each maturity of a calibration.
CREATE TABLE sabr_parameters (
    symbol              TEXT COLLATE "C" NOT NULL,
    maturity            DOUBLE PRECISION NOT NULL,
    at                  TIMESTAMPTZ NOT NULL,
    alpha               DOUBLE PRECISION NOT NULL,
    beta                DOUBLE PRECISION NOT NULL,
    rho                 DOUBLE PRECISION NOT NULL,
    nu                  DOUBLE PRECISION NOT NULL,
    source              TEXT COLLATE "C" NOT NULL,
    rmse                DOUBLE PRECISION,
    r_squared           DOUBLE PRECISION,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              TEXT COLLATE "C",
    recorded_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, maturity, at)
);

SELECT partition_by_time('sabr_parameters', INTERVAL '365 days');
CREATE INDEX sabr_parameters_by_symbol ON sabr_parameters (symbol, at DESC);

-- Superseded versions of sabr_parameters.
CREATE TABLE sabr_parameters_history (LIKE sabr_parameters, PRIMARY KEY (symbol, maturity, at, recorded_at));

-- Calibrated parameters of raw SVI, one row for each maturity of a calibration.
CREATE TABLE svi_parameters (
    symbol              TEXT COLLATE "C" NOT NULL,
    maturity            DOUBLE PRECISION NOT NULL,
    at                  TIMESTAMPTZ NOT NULL,
    a                   DOUBLE PRECISION NOT NULL,
    b                   DOUBLE PRECISION NOT NULL,
    rho                 DOUBLE PRECISION NOT NULL,
    m                   DOUBLE PRECISION NOT NULL,
    sigma               DOUBLE PRECISION NOT NULL,
    source              TEXT COLLATE "C" NOT NULL,
    rmse                DOUBLE PRECISION,
    r_squared           DOUBLE PRECISION,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              TEXT COLLATE "C",
    recorded_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, maturity, at)
);

SELECT partition_by_time('svi_parameters', INTERVAL '365 days');
CREATE INDEX svi_parameters_by_symbol ON svi_parameters (symbol, at DESC);

-- Superseded versions of svi_parameters.
CREATE TABLE svi_parameters_history (LIKE svi_parameters, PRIMARY KEY (symbol, maturity, at, recorded_at));

-- Fitted Ornstein-Uhlenbeck parameters of the spread first - hedge_ratio * second.
CREATE TABLE ou_parameters (
    pair                TEXT COLLATE "C" NOT NULL,
    at                  TIMESTAMPTZ NOT NULL,
    first               TEXT COLLATE "C" NOT NULL,
    second              TEXT COLLATE "C" NOT NULL,
    hedge_ratio         DOUBLE PRECISION NOT NULL,
    theta               DOUBLE PRECISION NOT NULL,
    mu                  DOUBLE PRECISION NOT NULL,
    sigma               DOUBLE PRECISION NOT NULL,
    adf_statistic       DOUBLE PRECISION,
    adf_p_value         DOUBLE PRECISION,
    entry_lower         DOUBLE PRECISION,
    entry_upper         DOUBLE PRECISION,
    exit_target         DOUBLE PRECISION,
    stop_loss           DOUBLE PRECISION,
    source              TEXT COLLATE "C" NOT NULL,
    rmse                DOUBLE PRECISION,
    r_squared           DOUBLE PRECISION,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              TEXT COLLATE "C",
    recorded_at         TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (pair, at)
);

SELECT partition_by_time('ou_parameters', INTERVAL '365 days');

-- Superseded versions of ou_parameters.
CREATE TABLE ou_parameters_history (LIKE ou_parameters, PRIMARY KEY (pair, at, recorded_at));

-- Features of a symbol as known at the close of a day. Returns and losses are per 1.00, volatilities and rates per 1.00
-- a year.
CREATE TABLE backtest_features (
    symbol          TEXT COLLATE "C" NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    date            DATE NOT NULL,
    close           DOUBLE PRECISION NOT NULL,
    daily_return    DOUBLE PRECISION,
    volatility_20d  DOUBLE PRECISION,
    volatility_250d DOUBLE PRECISION,
    var_95          DOUBLE PRECISION,
    var_99          DOUBLE PRECISION,
    cvar_95         DOUBLE PRECISION,
    cvar_99         DOUBLE PRECISION,
    normal_var_95   DOUBLE PRECISION,
    normal_var_99   DOUBLE PRECISION,
    normal_cvar_95  DOUBLE PRECISION,
    normal_cvar_99  DOUBLE PRECISION,
    risk_free_rate  DOUBLE PRECISION,
    vix             DOUBLE PRECISION,
    source          TEXT COLLATE "C" NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, at)
);

SELECT partition_by_time('backtest_features', INTERVAL '365 days');
CREATE INDEX backtest_features_by_date ON backtest_features (date, symbol);

-- Superseded versions of backtest_features.
CREATE TABLE backtest_features_history (LIKE backtest_features, PRIMARY KEY (symbol, at, recorded_at));

-- Technical indicators of bars, by the end of the bar. adx is from 0 to 100; atr and vwap are prices.
CREATE TABLE bar_indicators (
    instrument  TEXT COLLATE "C" NOT NULL,
    timeframe   TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    adx         DOUBLE PRECISION,
    atr         DOUBLE PRECISION,
    vwap        DOUBLE PRECISION,
    regime      TEXT COLLATE "C",
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instrument, timeframe, at)
);

SELECT partition_by_time('bar_indicators', INTERVAL '90 days');

-- Superseded versions of bar_indicators.
CREATE TABLE bar_indicators_history (LIKE bar_indicators, PRIMARY KEY (instrument, timeframe, at, recorded_at));

-- Backtests with their equity curves and trades (JSON arrays). Returns, drawdown and win rate are per 1.00, ratios
-- annualised.
CREATE TABLE backtests (
    id                UUID NOT NULL PRIMARY KEY,
    at                TIMESTAMPTZ NOT NULL,
    strategy          TEXT COLLATE "C" NOT NULL,
    model_version     TEXT COLLATE "C",
    first_day         DATE NOT NULL,
    last_day          DATE NOT NULL,
    parameters        JSONB NOT NULL,
    equity            JSONB NOT NULL,
    trades            JSONB NOT NULL,
    total_return      DOUBLE PRECISION,
    annualised_return DOUBLE PRECISION,
    volatility        DOUBLE PRECISION,
    sharpe            DOUBLE PRECISION,
    sortino           DOUBLE PRECISION,
    max_drawdown      DOUBLE PRECISION,
    win_rate          DOUBLE PRECISION,
    profit_factor     DOUBLE PRECISION,
    recorded_at       TIMESTAMPTZ NOT NULL
);

CREATE INDEX backtests_by_time ON backtests (at, id);
CREATE INDEX backtests_by_strategy ON backtests (strategy, at DESC);

-- Predictions of models with their inputs and outputs (JSON objects).
CREATE TABLE predictions (
    id            UUID NOT NULL PRIMARY KEY,
    at            TIMESTAMPTZ NOT NULL,
    model         TEXT COLLATE "C" NOT NULL,
    model_version TEXT COLLATE "C" NOT NULL,
    symbol        TEXT COLLATE "C",
    inputs        JSONB NOT NULL,
    outputs       JSONB NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL
);

CREATE INDEX predictions_by_time ON predictions (at, id);
CREATE INDEX predictions_by_model ON predictions (model, at, id);
CREATE INDEX predictions_by_symbol ON predictions (symbol, at DESC);
CREATE INDEX predictions_by_input ON predictions USING gin (inputs jsonb_path_ops);
CREATE INDEX predictions_by_output ON predictions USING gin (outputs jsonb_path_ops);
