-- Calibrated models. Times are in years; inputs is the SHA-256 of what a model was fitted to.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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

-- SABR's parameters, one row for each maturity of a calibration.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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

-- Raw SVI's parameters, one row for each maturity of a calibration.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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

-- Ornstein-Uhlenbeck processes of the spread first - hedge_ratio * second.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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
