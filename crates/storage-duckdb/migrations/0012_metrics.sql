-- Metrics of closed trades. Accounts, strategies and regimes are empty where the metrics are of all of them; at is the end
-- of the window. What is asked for most has a column, and metrics holds every number with its sample and convention.
CREATE TABLE performance_metrics (
    account       VARCHAR NOT NULL,
    strategy      VARCHAR NOT NULL,
    regime        VARCHAR NOT NULL,
    window_kind   VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    window_start  TIMESTAMP,
    trades        BIGINT NOT NULL,
    net           DECIMAL(20,8),
    profit_factor DOUBLE,
    expected_r    DOUBLE,
    win_rate      DOUBLE,
    wilson_lower  DOUBLE,
    wilson_upper  DOUBLE,
    max_drawdown  DECIMAL(20,8),
    costs_percent DOUBLE,
    conventions   VARCHAR NOT NULL,
    metrics       VARCHAR NOT NULL,
    source        VARCHAR NOT NULL,
    recorded_at   TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE performance_metrics_history (
    account       VARCHAR NOT NULL,
    strategy      VARCHAR NOT NULL,
    regime        VARCHAR NOT NULL,
    window_kind   VARCHAR NOT NULL,
    "at"          TIMESTAMP NOT NULL,
    window_start  TIMESTAMP,
    trades        BIGINT NOT NULL,
    net           DECIMAL(20,8),
    profit_factor DOUBLE,
    expected_r    DOUBLE,
    win_rate      DOUBLE,
    wilson_lower  DOUBLE,
    wilson_upper  DOUBLE,
    max_drawdown  DECIMAL(20,8),
    costs_percent DOUBLE,
    conventions   VARCHAR NOT NULL,
    metrics       VARCHAR NOT NULL,
    source        VARCHAR NOT NULL,
    recorded_at   TIMESTAMP NOT NULL
);
