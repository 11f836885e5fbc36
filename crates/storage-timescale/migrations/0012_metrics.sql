-- Metrics of closed trades. Accounts, strategies and regimes are empty where the metrics are of all of them; at is the end
-- of the window. What is asked for most has a column, and metrics holds every number with its sample and convention.
CREATE TABLE performance_metrics (
    account       TEXT COLLATE "C" NOT NULL,
    strategy      TEXT COLLATE "C" NOT NULL,
    regime        TEXT COLLATE "C" NOT NULL,
    window_kind   TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    window_start  TIMESTAMPTZ,
    trades        BIGINT NOT NULL,
    net           NUMERIC(20,8),
    profit_factor DOUBLE PRECISION,
    expected_r    DOUBLE PRECISION,
    win_rate      DOUBLE PRECISION,
    wilson_lower  DOUBLE PRECISION,
    wilson_upper  DOUBLE PRECISION,
    max_drawdown  NUMERIC(20,8),
    costs_percent DOUBLE PRECISION,
    conventions   JSONB NOT NULL,
    metrics       JSONB NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, at)
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE performance_metrics_history (
    account       TEXT COLLATE "C" NOT NULL,
    strategy      TEXT COLLATE "C" NOT NULL,
    regime        TEXT COLLATE "C" NOT NULL,
    window_kind   TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    window_start  TIMESTAMPTZ,
    trades        BIGINT NOT NULL,
    net           NUMERIC(20,8),
    profit_factor DOUBLE PRECISION,
    expected_r    DOUBLE PRECISION,
    win_rate      DOUBLE PRECISION,
    wilson_lower  DOUBLE PRECISION,
    wilson_upper  DOUBLE PRECISION,
    max_drawdown  NUMERIC(20,8),
    costs_percent DOUBLE PRECISION,
    conventions   JSONB NOT NULL,
    metrics       JSONB NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, at, recorded_at)
);
