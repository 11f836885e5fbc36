-- Accounts as their brokers told them. positions is a JSON array of what the account held then, amounts in it as texts.
CREATE TABLE account_snapshots (
    id                      TEXT NOT NULL PRIMARY KEY,
    at                      INTEGER NOT NULL,
    account                 TEXT NOT NULL,
    positions               TEXT NOT NULL,
    source                  TEXT NOT NULL,
    cash                    TEXT,
    settled_cash            TEXT,
    net_liquidation         TEXT,
    positions_value         TEXT,
    buying_power            TEXT,
    initial_requirement     TEXT,
    maintenance_requirement TEXT,
    excess_liquidity        TEXT,
    realized_pnl            TEXT,
    unrealized_pnl          TEXT,
    recorded_at             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX account_snapshots_by_time ON account_snapshots (at, id);
CREATE INDEX account_snapshots_by_account ON account_snapshots (account, at, id);

-- What portfolios were worth.
CREATE TABLE portfolio_snapshots (
    portfolio       TEXT NOT NULL,
    at              INTEGER NOT NULL,
    total_value     TEXT NOT NULL,
    cash            TEXT NOT NULL,
    positions_value TEXT NOT NULL,
    total_pnl       TEXT,
    unrealized_pnl  TEXT,
    realized_pnl    TEXT,
    total_exposure  TEXT NOT NULL,
    net_exposure    TEXT NOT NULL,
    positions       INTEGER NOT NULL,
    net_delta       REAL,
    source          TEXT NOT NULL,
    recorded_at     INTEGER NOT NULL,
    PRIMARY KEY (portfolio, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE portfolio_snapshots_history (
    portfolio       TEXT NOT NULL,
    at              INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    total_value     TEXT NOT NULL,
    cash            TEXT NOT NULL,
    positions_value TEXT NOT NULL,
    total_pnl       TEXT,
    unrealized_pnl  TEXT,
    realized_pnl    TEXT,
    total_exposure  TEXT NOT NULL,
    net_exposure    TEXT NOT NULL,
    positions       INTEGER NOT NULL,
    net_delta       REAL,
    source          TEXT NOT NULL,
    PRIMARY KEY (portfolio, at, recorded_at)
) STRICT, WITHOUT ROWID;
