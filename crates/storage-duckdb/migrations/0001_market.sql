-- The market family. Instants are UTC, prices and strikes are dollars. A table x_history holds the superseded versions
-- of table x: each was valid from its recorded_at until the recorded_at of the next version. No table has a primary
-- key: its index would triple the size of the file and halve the speed of ingest, and only one transaction writes at a
-- time.

-- Option contracts. Quotes and Greeks refer to them by contract_id. The payoff is struck at settles_at, and trading ends
-- at last_trade_at. A contract is overridden when its underlying or its terms, from multiplier to hours, are not those of
-- the library's product table.
CREATE TABLE option_contracts (
    contract_id    BIGINT NOT NULL,
    root           VARCHAR NOT NULL,
    expiration     DATE NOT NULL,
    option_type    VARCHAR NOT NULL,
    strike         DOUBLE NOT NULL,
    underlying     VARCHAR NOT NULL,
    multiplier     BIGINT NOT NULL,
    exercise_style VARCHAR NOT NULL,
    settlement     VARCHAR NOT NULL,
    delivery       VARCHAR NOT NULL,
    last_trading   VARCHAR NOT NULL,
    hours          VARCHAR NOT NULL,
    adjusted       BOOLEAN NOT NULL,
    overridden     BOOLEAN NOT NULL,
    settles_at     TIMESTAMP NOT NULL,
    last_trade_at  TIMESTAMP NOT NULL,
    listed_on      DATE,
    source         VARCHAR NOT NULL,
    recorded_at    TIMESTAMP NOT NULL
);

-- The revision of the product table from which terms and instants of option_contracts were computed: one row.
CREATE TABLE product_revision (
    revision BIGINT NOT NULL
);

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

-- Superseded versions of option_quotes.
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

-- Headers of chain fetches, one row per underlying and fetch.
CREATE TABLE chain_snapshots (
    underlying       VARCHAR NOT NULL,
    "at"             TIMESTAMP NOT NULL,
    underlying_price DOUBLE,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           VARCHAR NOT NULL,
    recorded_at      TIMESTAMP NOT NULL
);

-- Superseded versions of chain_snapshots.
CREATE TABLE chain_snapshots_history (
    underlying       VARCHAR NOT NULL,
    "at"             TIMESTAMP NOT NULL,
    underlying_price DOUBLE,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           VARCHAR NOT NULL,
    recorded_at      TIMESTAMP NOT NULL
);

-- Quotes of underlyings.
CREATE TABLE underlying_quotes (
    symbol      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    bid         DOUBLE,
    ask         DOUBLE,
    last        DOUBLE,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of underlying_quotes.
CREATE TABLE underlying_quotes_history (
    symbol      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    bid         DOUBLE,
    ask         DOUBLE,
    last        DOUBLE,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Bars. The event time (at) of a bar is its end.
CREATE TABLE bars (
    instrument  VARCHAR NOT NULL,
    timeframe   VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    opened_at   TIMESTAMP NOT NULL,
    open        DOUBLE NOT NULL,
    high        DOUBLE NOT NULL,
    low         DOUBLE NOT NULL,
    close       DOUBLE NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of bars.
CREATE TABLE bars_history (
    instrument  VARCHAR NOT NULL,
    timeframe   VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    opened_at   TIMESTAMP NOT NULL,
    open        DOUBLE NOT NULL,
    high        DOUBLE NOT NULL,
    low         DOUBLE NOT NULL,
    close       DOUBLE NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Corporate actions. The event time (at) of an action is the start of its date in New York: of the ex-date of splits
-- and dividends. A split gives new_shares for old_shares, a stock dividend new_shares beside them; amounts are per
-- share.
CREATE TABLE corporate_actions (
    symbol      VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    date        DATE NOT NULL,
    status      VARCHAR NOT NULL,
    source      VARCHAR NOT NULL,
    new_shares  DECIMAL(20,8),
    old_shares  DECIMAL(20,8),
    amount      DECIMAL(20,8),
    currency    VARCHAR,
    record_date DATE,
    pay_date    DATE,
    counterpart VARCHAR,
    contract    VARCHAR,
    report_time VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of corporate_actions.
CREATE TABLE corporate_actions_history (
    symbol      VARCHAR NOT NULL,
    kind        VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    date        DATE NOT NULL,
    status      VARCHAR NOT NULL,
    source      VARCHAR NOT NULL,
    new_shares  DECIMAL(20,8),
    old_shares  DECIMAL(20,8),
    amount      DECIMAL(20,8),
    currency    VARCHAR,
    record_date DATE,
    pay_date    DATE,
    counterpart VARCHAR,
    contract    VARCHAR,
    report_time VARCHAR,
    recorded_at TIMESTAMP NOT NULL
);

-- Fundamentals of underlyings.
CREATE TABLE fundamentals (
    symbol             VARCHAR NOT NULL,
    "at"               TIMESTAMP NOT NULL,
    market_cap         BIGINT,
    shares_outstanding BIGINT,
    source             VARCHAR NOT NULL,
    recorded_at        TIMESTAMP NOT NULL
);

-- Superseded versions of fundamentals.
CREATE TABLE fundamentals_history (
    symbol             VARCHAR NOT NULL,
    "at"               TIMESTAMP NOT NULL,
    market_cap         BIGINT,
    shares_outstanding BIGINT,
    source             VARCHAR NOT NULL,
    recorded_at        TIMESTAMP NOT NULL
);

-- Observations of economic series. The event time (at) of an observation is the end of its day in New York.
CREATE TABLE economic_observations (
    series      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE NOT NULL,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- Superseded versions of economic_observations.
CREATE TABLE economic_observations_history (
    series      VARCHAR NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE NOT NULL,
    source      VARCHAR NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);

-- The days on which rows of a dataset lie, by part (the revision of a model, empty for quotes), root and expiration:
-- what the store holds, without a look at the rows. at and recorded_at are those of a version that no other one of that
-- day in New York precedes on both clocks.
CREATE TABLE stored_days (
    dataset     VARCHAR NOT NULL,
    part        VARCHAR NOT NULL,
    root        VARCHAR NOT NULL,
    expiration  DATE NOT NULL,
    day         DATE NOT NULL,
    "at"        TIMESTAMP NOT NULL,
    recorded_at TIMESTAMP NOT NULL
);
