-- Calibrated models. Times are in years; inputs is the SHA-256 of what a model was fitted to.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE heston_parameters_history (
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
    PRIMARY KEY (symbol, at, recorded_at)
);

-- SABR's parameters, one row for each maturity of a calibration.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE sabr_parameters_history (
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
    PRIMARY KEY (symbol, maturity, at, recorded_at)
);

-- Raw SVI's parameters, one row for each maturity of a calibration.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE svi_parameters_history (
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
    PRIMARY KEY (symbol, maturity, at, recorded_at)
);

-- Ornstein-Uhlenbeck processes of the spread first - hedge_ratio * second.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE ou_parameters_history (
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
    PRIMARY KEY (pair, at, recorded_at)
);
