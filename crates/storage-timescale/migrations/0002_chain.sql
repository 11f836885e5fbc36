-- Quotes of option contracts. Theta is per year, vega per 1.00 of volatility, rho per 1.00 of interest rate.
CREATE TABLE option_quotes (
    contract_id        BIGINT NOT NULL,
    at                 TIMESTAMPTZ NOT NULL,
    bid                DOUBLE PRECISION,
    ask                DOUBLE PRECISION,
    last               DOUBLE PRECISION,
    bid_size           BIGINT,
    ask_size           BIGINT,
    volume             BIGINT,
    open_interest      BIGINT,
    implied_volatility DOUBLE PRECISION,
    delta              DOUBLE PRECISION,
    gamma              DOUBLE PRECISION,
    theta              DOUBLE PRECISION,
    vega               DOUBLE PRECISION,
    rho                DOUBLE PRECISION,
    underlying_price   DOUBLE PRECISION,
    source             TEXT COLLATE "C" NOT NULL,
    recorded_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (contract_id, at)
);

-- A week: small enough to drop, and so few that a search for the newest quote at whatever age, which looks into every
-- partition, stays quick.
SELECT partition_by_time('option_quotes', INTERVAL '7 days');

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE option_quotes_history (
    contract_id        BIGINT NOT NULL,
    at                 TIMESTAMPTZ NOT NULL,
    bid                DOUBLE PRECISION,
    ask                DOUBLE PRECISION,
    last               DOUBLE PRECISION,
    bid_size           BIGINT,
    ask_size           BIGINT,
    volume             BIGINT,
    open_interest      BIGINT,
    implied_volatility DOUBLE PRECISION,
    delta              DOUBLE PRECISION,
    gamma              DOUBLE PRECISION,
    theta              DOUBLE PRECISION,
    vega               DOUBLE PRECISION,
    rho                DOUBLE PRECISION,
    underlying_price   DOUBLE PRECISION,
    source             TEXT COLLATE "C" NOT NULL,
    recorded_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (contract_id, at, recorded_at)
);

-- The header of each fetch of a chain.
CREATE TABLE chain_snapshots (
    underlying       TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    underlying_price DOUBLE PRECISION,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           TEXT COLLATE "C" NOT NULL,
    recorded_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (underlying, at)
);

-- A quarter: a row is one fetch.
SELECT partition_by_time('chain_snapshots', INTERVAL '90 days');

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE chain_snapshots_history (
    underlying       TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    underlying_price DOUBLE PRECISION,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           TEXT COLLATE "C" NOT NULL,
    recorded_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (underlying, at, recorded_at)
);
