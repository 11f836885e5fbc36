-- Computed Greeks by model and revision. Theta, charm and veta are per year, vega, vanna and vomma per 1.00 of volatility.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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
