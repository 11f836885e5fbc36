-- The analytics family: numbers computed from the market family.

-- Computed Greeks by model and revision. Theta, charm and veta are per year; vega, vanna and vomma per 1.00 of
-- volatility.
CREATE TABLE greeks (
    contract_id        BIGINT NOT NULL,
    model              VARCHAR NOT NULL,
    revision           BIGINT NOT NULL,
    "at"               TIMESTAMP NOT NULL,
    spot               DOUBLE NOT NULL,
    rate               DOUBLE NOT NULL,
    dividend_yield     DOUBLE NOT NULL,
    implied_volatility DOUBLE NOT NULL,
    price              DOUBLE NOT NULL,
    delta              DOUBLE NOT NULL,
    gamma              DOUBLE NOT NULL,
    theta              DOUBLE NOT NULL,
    vega               DOUBLE NOT NULL,
    rho                DOUBLE NOT NULL,
    epsilon            DOUBLE NOT NULL,
    vanna              DOUBLE NOT NULL,
    vomma              DOUBLE NOT NULL,
    charm              DOUBLE NOT NULL,
    veta               DOUBLE NOT NULL,
    source             VARCHAR NOT NULL,
    recorded_at        TIMESTAMP NOT NULL
);

-- Superseded versions of greeks.
CREATE TABLE greeks_history (
    contract_id        BIGINT NOT NULL,
    model              VARCHAR NOT NULL,
    revision           BIGINT NOT NULL,
    "at"               TIMESTAMP NOT NULL,
    spot               DOUBLE NOT NULL,
    rate               DOUBLE NOT NULL,
    dividend_yield     DOUBLE NOT NULL,
    implied_volatility DOUBLE NOT NULL,
    price              DOUBLE NOT NULL,
    delta              DOUBLE NOT NULL,
    gamma              DOUBLE NOT NULL,
    theta              DOUBLE NOT NULL,
    vega               DOUBLE NOT NULL,
    rho                DOUBLE NOT NULL,
    epsilon            DOUBLE NOT NULL,
    vanna              DOUBLE NOT NULL,
    vomma              DOUBLE NOT NULL,
    charm              DOUBLE NOT NULL,
    veta               DOUBLE NOT NULL,
    source             VARCHAR NOT NULL,
    recorded_at        TIMESTAMP NOT NULL
);

-- Calibrated Heston parameters. Times are in years; inputs is the SHA-256 of the data that the model was fitted to.
CREATE TABLE heston_parameters (
    symbol              VARCHAR NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    kappa               DOUBLE NOT NULL,
    theta               DOUBLE NOT NULL,
    sigma               DOUBLE NOT NULL,
    rho                 DOUBLE NOT NULL,
    v0                  DOUBLE NOT NULL,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Superseded versions of heston_parameters.
CREATE TABLE heston_parameters_history (
    symbol              VARCHAR NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    kappa               DOUBLE NOT NULL,
    theta               DOUBLE NOT NULL,
    sigma               DOUBLE NOT NULL,
    rho                 DOUBLE NOT NULL,
    v0                  DOUBLE NOT NULL,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Calibrated SABR parameters, one row for each maturity of a calibration.
CREATE TABLE sabr_parameters (
    symbol              VARCHAR NOT NULL,
    maturity            DOUBLE NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    alpha               DOUBLE NOT NULL,
    beta                DOUBLE NOT NULL,
    rho                 DOUBLE NOT NULL,
    nu                  DOUBLE NOT NULL,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Superseded versions of sabr_parameters.
CREATE TABLE sabr_parameters_history (
    symbol              VARCHAR NOT NULL,
    maturity            DOUBLE NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    alpha               DOUBLE NOT NULL,
    beta                DOUBLE NOT NULL,
    rho                 DOUBLE NOT NULL,
    nu                  DOUBLE NOT NULL,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Calibrated parameters of raw SVI, one row for each maturity of a calibration.
CREATE TABLE svi_parameters (
    symbol              VARCHAR NOT NULL,
    maturity            DOUBLE NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    a                   DOUBLE NOT NULL,
    b                   DOUBLE NOT NULL,
    rho                 DOUBLE NOT NULL,
    m                   DOUBLE NOT NULL,
    sigma               DOUBLE NOT NULL,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Superseded versions of svi_parameters.
CREATE TABLE svi_parameters_history (
    symbol              VARCHAR NOT NULL,
    maturity            DOUBLE NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    a                   DOUBLE NOT NULL,
    b                   DOUBLE NOT NULL,
    rho                 DOUBLE NOT NULL,
    m                   DOUBLE NOT NULL,
    sigma               DOUBLE NOT NULL,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Fitted Ornstein-Uhlenbeck parameters of the spread first - hedge_ratio * second.
CREATE TABLE ou_parameters (
    pair                VARCHAR NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    first               VARCHAR NOT NULL,
    second              VARCHAR NOT NULL,
    hedge_ratio         DOUBLE NOT NULL,
    theta               DOUBLE NOT NULL,
    mu                  DOUBLE NOT NULL,
    sigma               DOUBLE NOT NULL,
    adf_statistic       DOUBLE,
    adf_p_value         DOUBLE,
    entry_lower         DOUBLE,
    entry_upper         DOUBLE,
    exit_target         DOUBLE,
    stop_loss           DOUBLE,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Superseded versions of ou_parameters.
CREATE TABLE ou_parameters_history (
    pair                VARCHAR NOT NULL,
    "at"                TIMESTAMP NOT NULL,
    first               VARCHAR NOT NULL,
    second              VARCHAR NOT NULL,
    hedge_ratio         DOUBLE NOT NULL,
    theta               DOUBLE NOT NULL,
    mu                  DOUBLE NOT NULL,
    sigma               DOUBLE NOT NULL,
    adf_statistic       DOUBLE,
    adf_p_value         DOUBLE,
    entry_lower         DOUBLE,
    entry_upper         DOUBLE,
    exit_target         DOUBLE,
    stop_loss           DOUBLE,
    source              VARCHAR NOT NULL,
    rmse                DOUBLE,
    r_squared           DOUBLE,
    n_options           BIGINT,
    calibration_time_ms BIGINT,
    inputs              VARCHAR,
    recorded_at         TIMESTAMP NOT NULL
);

-- Features of a symbol as known at the close of a day. Returns and losses are per 1.00, volatilities and rates per 1.00
-- a year.
CREATE TABLE backtest_features (
    symbol          VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    date            DATE NOT NULL,
    close           DOUBLE NOT NULL,
    daily_return    DOUBLE,
    volatility_20d  DOUBLE,
    volatility_250d DOUBLE,
    var_95          DOUBLE,
    var_99          DOUBLE,
    cvar_95         DOUBLE,
    cvar_99         DOUBLE,
    normal_var_95   DOUBLE,
    normal_var_99   DOUBLE,
    normal_cvar_95  DOUBLE,
    normal_cvar_99  DOUBLE,
    risk_free_rate  DOUBLE,
    vix             DOUBLE,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Superseded versions of backtest_features.
CREATE TABLE backtest_features_history (
    symbol          VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    date            DATE NOT NULL,
    close           DOUBLE NOT NULL,
    daily_return    DOUBLE,
    volatility_20d  DOUBLE,
    volatility_250d DOUBLE,
    var_95          DOUBLE,
    var_99          DOUBLE,
    cvar_95         DOUBLE,
    cvar_99         DOUBLE,
    normal_var_95   DOUBLE,
    normal_var_99   DOUBLE,
    normal_cvar_95  DOUBLE,
    normal_cvar_99  DOUBLE,
    risk_free_rate  DOUBLE,
    vix             DOUBLE,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Technical indicators of bars, by the end of the bar. adx is from 0 to 100; atr and vwap are prices.
CREATE TABLE bar_indicators (
    instrument  VARCHAR NOT NULL,
    timeframe   VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    adx         DOUBLE,
    atr         DOUBLE,
    vwap        DOUBLE,
    regime      VARCHAR,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of bar_indicators.
CREATE TABLE bar_indicators_history (
    instrument  VARCHAR NOT NULL,
    timeframe   VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    adx         DOUBLE,
    atr         DOUBLE,
    vwap        DOUBLE,
    regime      VARCHAR,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Backtests with their equity curves and trades (JSON arrays). Returns, drawdown and win rate are per 1.00, ratios
-- annualised.
CREATE TABLE backtests (
    id                VARCHAR NOT NULL,
    "at"              TIMESTAMP NOT NULL,
    strategy          VARCHAR NOT NULL,
    model_version     VARCHAR,
    first_day         DATE NOT NULL,
    last_day          DATE NOT NULL,
    parameters        VARCHAR NOT NULL,
    equity            VARCHAR NOT NULL,
    trades            VARCHAR NOT NULL,
    total_return      DOUBLE,
    annualised_return DOUBLE,
    volatility        DOUBLE,
    sharpe            DOUBLE,
    sortino           DOUBLE,
    max_drawdown      DOUBLE,
    win_rate          DOUBLE,
    profit_factor     DOUBLE,
    recorded_at       TIMESTAMP NOT NULL
);

-- Predictions of models with their inputs and outputs (JSON objects).
CREATE TABLE predictions (
    id            VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    model         VARCHAR NOT NULL,
    model_version VARCHAR NOT NULL,
    symbol        VARCHAR,
    inputs        VARCHAR NOT NULL,
    outputs       VARCHAR NOT NULL,
    recorded_at   TIMESTAMP NOT NULL
);
