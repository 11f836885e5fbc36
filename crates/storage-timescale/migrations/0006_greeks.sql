-- Computed Greeks by model and revision. Theta, charm and veta are per year, vega, vanna and vomma per 1.00 of volatility.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE greeks_history (
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
    PRIMARY KEY (contract_id, model, revision, at, recorded_at)
);
