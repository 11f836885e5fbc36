-- The market family. Instants are microseconds since 1970 in UTC, days are texts YYYY-MM-DD, amounts are exact decimals
-- as texts, prices and strikes are dollars. A table x_history holds the superseded versions of table x: each was valid
-- from its recorded_at until the recorded_at of the next version.

-- Option contracts. Quotes and Greeks refer to them by contract_id. The payoff is struck at settles_at, and trading ends
-- at last_trade_at. A contract is overridden when its underlying or its terms, from multiplier to hours, are not those of
-- the library's product table.
CREATE TABLE option_contracts (
    contract_id    INTEGER NOT NULL PRIMARY KEY,
    root           TEXT NOT NULL,
    expiration     TEXT NOT NULL,
    option_type    TEXT NOT NULL,
    strike         REAL NOT NULL,
    underlying     TEXT NOT NULL,
    multiplier     INTEGER NOT NULL,
    exercise_style TEXT NOT NULL,
    settlement     TEXT NOT NULL,
    delivery       TEXT NOT NULL,
    last_trading   TEXT NOT NULL,
    hours          TEXT NOT NULL,
    adjusted       INTEGER NOT NULL,
    overridden     INTEGER NOT NULL,
    settles_at     INTEGER NOT NULL,
    last_trade_at  INTEGER NOT NULL,
    listed_on      TEXT,
    source         TEXT NOT NULL,
    recorded_at    INTEGER NOT NULL,
    UNIQUE (root, expiration, option_type, strike)
) STRICT;

CREATE INDEX option_contracts_by_underlying ON option_contracts (underlying, last_trade_at);
CREATE INDEX option_contracts_by_root ON option_contracts (underlying, root, expiration);

-- The revision of the product table from which terms and instants of option_contracts were computed: one row.
CREATE TABLE product_revision (
    revision INTEGER NOT NULL
) STRICT;

-- Quotes of option contracts. Theta is per year, vega per 1.00 of volatility, rho per 1.00 of interest rate.
CREATE TABLE option_quotes (
    contract_id        INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    bid                REAL,
    ask                REAL,
    last               REAL,
    bid_size           INTEGER,
    ask_size           INTEGER,
    volume             INTEGER,
    open_interest      INTEGER,
    implied_volatility REAL,
    delta              REAL,
    gamma              REAL,
    theta              REAL,
    vega               REAL,
    rho                REAL,
    underlying_price   REAL,
    source             TEXT NOT NULL,
    recorded_at        INTEGER NOT NULL,
    PRIMARY KEY (contract_id, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of option_quotes.
CREATE TABLE option_quotes_history (
    contract_id        INTEGER NOT NULL,
    at                 INTEGER NOT NULL,
    recorded_at        INTEGER NOT NULL,
    bid                REAL,
    ask                REAL,
    last               REAL,
    bid_size           INTEGER,
    ask_size           INTEGER,
    volume             INTEGER,
    open_interest      INTEGER,
    implied_volatility REAL,
    delta              REAL,
    gamma              REAL,
    theta              REAL,
    vega               REAL,
    rho                REAL,
    underlying_price   REAL,
    source             TEXT NOT NULL,
    PRIMARY KEY (contract_id, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Headers of chain fetches, one row per underlying and fetch.
CREATE TABLE chain_snapshots (
    underlying       TEXT NOT NULL,
    at               INTEGER NOT NULL,
    underlying_price REAL,
    contracts        INTEGER NOT NULL,
    expirations      INTEGER NOT NULL,
    source           TEXT NOT NULL,
    recorded_at      INTEGER NOT NULL,
    PRIMARY KEY (underlying, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of chain_snapshots.
CREATE TABLE chain_snapshots_history (
    underlying       TEXT NOT NULL,
    at               INTEGER NOT NULL,
    recorded_at      INTEGER NOT NULL,
    underlying_price REAL,
    contracts        INTEGER NOT NULL,
    expirations      INTEGER NOT NULL,
    source           TEXT NOT NULL,
    PRIMARY KEY (underlying, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Quotes of underlyings.
CREATE TABLE underlying_quotes (
    symbol      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    bid         REAL,
    ask         REAL,
    last        REAL,
    bid_size    INTEGER,
    ask_size    INTEGER,
    volume      INTEGER,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (symbol, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of underlying_quotes.
CREATE TABLE underlying_quotes_history (
    symbol      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    bid         REAL,
    ask         REAL,
    last        REAL,
    bid_size    INTEGER,
    ask_size    INTEGER,
    volume      INTEGER,
    source      TEXT NOT NULL,
    PRIMARY KEY (symbol, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Bars. The event time (at) of a bar is its end.
CREATE TABLE bars (
    instrument  TEXT NOT NULL,
    timeframe   TEXT NOT NULL,
    at          INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    open        REAL NOT NULL,
    high        REAL NOT NULL,
    low         REAL NOT NULL,
    close       REAL NOT NULL,
    volume      INTEGER,
    vwap        REAL,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (instrument, timeframe, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of bars.
CREATE TABLE bars_history (
    instrument  TEXT NOT NULL,
    timeframe   TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    open        REAL NOT NULL,
    high        REAL NOT NULL,
    low         REAL NOT NULL,
    close       REAL NOT NULL,
    volume      INTEGER,
    vwap        REAL,
    source      TEXT NOT NULL,
    PRIMARY KEY (instrument, timeframe, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Corporate actions. The event time (at) of an action is the start of its date in New York: of the ex-date of splits
-- and dividends. A split gives new_shares for old_shares, a stock dividend new_shares beside them; amounts are per
-- share.
CREATE TABLE corporate_actions (
    symbol      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    date        TEXT NOT NULL,
    status      TEXT NOT NULL,
    source      TEXT NOT NULL,
    new_shares  TEXT,
    old_shares  TEXT,
    amount      TEXT,
    currency    TEXT,
    record_date TEXT,
    pay_date    TEXT,
    counterpart TEXT,
    contract    TEXT,
    report_time TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (symbol, kind, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of corporate_actions.
CREATE TABLE corporate_actions_history (
    symbol      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    date        TEXT NOT NULL,
    status      TEXT NOT NULL,
    source      TEXT NOT NULL,
    new_shares  TEXT,
    old_shares  TEXT,
    amount      TEXT,
    currency    TEXT,
    record_date TEXT,
    pay_date    TEXT,
    counterpart TEXT,
    contract    TEXT,
    report_time TEXT,
    PRIMARY KEY (symbol, kind, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Fundamentals of underlyings.
CREATE TABLE fundamentals (
    symbol             TEXT NOT NULL,
    at                 INTEGER NOT NULL,
    market_cap         INTEGER,
    shares_outstanding INTEGER,
    source             TEXT NOT NULL,
    recorded_at        INTEGER NOT NULL,
    PRIMARY KEY (symbol, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of fundamentals.
CREATE TABLE fundamentals_history (
    symbol             TEXT NOT NULL,
    at                 INTEGER NOT NULL,
    recorded_at        INTEGER NOT NULL,
    market_cap         INTEGER,
    shares_outstanding INTEGER,
    source             TEXT NOT NULL,
    PRIMARY KEY (symbol, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Observations of economic series. The event time (at) of an observation is the end of its day in New York.
CREATE TABLE economic_observations (
    series      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    date        TEXT NOT NULL,
    value       REAL NOT NULL,
    source      TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (series, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of economic_observations.
CREATE TABLE economic_observations_history (
    series      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    date        TEXT NOT NULL,
    value       REAL NOT NULL,
    source      TEXT NOT NULL,
    PRIMARY KEY (series, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- The days on which rows of a dataset lie, by part (the revision of a model, empty for quotes), root and expiration:
-- what the store holds, without a look at the rows. at and recorded_at are those of a version that no other one of that
-- day in New York precedes on both clocks.
CREATE TABLE stored_days (
    dataset     TEXT NOT NULL,
    part        TEXT NOT NULL,
    root        TEXT NOT NULL,
    expiration  TEXT NOT NULL,
    day         TEXT NOT NULL,
    at          INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (dataset, part, root, expiration, day, at, recorded_at)
) STRICT, WITHOUT ROWID;
