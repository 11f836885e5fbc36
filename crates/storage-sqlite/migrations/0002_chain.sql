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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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

-- The header of each fetch of a chain.
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

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
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
