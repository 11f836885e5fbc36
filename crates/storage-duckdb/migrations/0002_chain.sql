-- Quotes of option contracts. Theta is per year, vega per 1.00 of volatility, rho per 1.00 of interest rate.
CREATE TABLE option_quotes (
    contract_id        BIGINT NOT NULL,
    "at"               TIMESTAMP NOT NULL,
    bid                DOUBLE,
    ask                DOUBLE,
    last               DOUBLE,
    bid_size           BIGINT,
    ask_size           BIGINT,
    volume             BIGINT,
    open_interest      BIGINT,
    implied_volatility DOUBLE,
    delta              DOUBLE,
    gamma              DOUBLE,
    theta              DOUBLE,
    vega               DOUBLE,
    rho                DOUBLE,
    underlying_price   DOUBLE,
    source             VARCHAR NOT NULL,
    recorded_at        TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE option_quotes_history (
    contract_id        BIGINT NOT NULL,
    "at"               TIMESTAMP NOT NULL,
    bid                DOUBLE,
    ask                DOUBLE,
    last               DOUBLE,
    bid_size           BIGINT,
    ask_size           BIGINT,
    volume             BIGINT,
    open_interest      BIGINT,
    implied_volatility DOUBLE,
    delta              DOUBLE,
    gamma              DOUBLE,
    theta              DOUBLE,
    vega               DOUBLE,
    rho                DOUBLE,
    underlying_price   DOUBLE,
    source             VARCHAR NOT NULL,
    recorded_at        TIMESTAMP NOT NULL
);

-- The header of each fetch of a chain.
CREATE TABLE chain_snapshots (
    underlying       VARCHAR NOT NULL,
    "at"             TIMESTAMP NOT NULL,
    underlying_price DOUBLE,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           VARCHAR NOT NULL,
    recorded_at      TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE chain_snapshots_history (
    underlying       VARCHAR NOT NULL,
    "at"             TIMESTAMP NOT NULL,
    underlying_price DOUBLE,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           VARCHAR NOT NULL,
    recorded_at      TIMESTAMP NOT NULL
);
