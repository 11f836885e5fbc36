-- What was known of a symbol at the close of a day. Returns and losses per 1.00, volatilities and rates per 1.00 a year.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE backtest_features_history (
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
    PRIMARY KEY (symbol, at, recorded_at)
);
