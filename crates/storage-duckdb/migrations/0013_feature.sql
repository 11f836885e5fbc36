-- What was known of a symbol at the close of a day. Returns and losses per 1.00, volatilities and rates per 1.00 a year.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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
