-- Accounts as their brokers told them. positions is a JSON array of what the account held then, amounts in it as texts.
CREATE TABLE account_snapshots (
    id                      UUID NOT NULL PRIMARY KEY,
    at                      TIMESTAMPTZ NOT NULL,
    account                 TEXT COLLATE "C" NOT NULL,
    positions               JSONB NOT NULL,
    source                  TEXT COLLATE "C" NOT NULL,
    cash                    NUMERIC(20,8),
    settled_cash            NUMERIC(20,8),
    net_liquidation         NUMERIC(20,8),
    positions_value         NUMERIC(20,8),
    buying_power            NUMERIC(20,8),
    initial_requirement     NUMERIC(20,8),
    maintenance_requirement NUMERIC(20,8),
    excess_liquidity        NUMERIC(20,8),
    realized_pnl            NUMERIC(20,8),
    unrealized_pnl          NUMERIC(20,8),
    recorded_at             TIMESTAMPTZ NOT NULL
);

CREATE INDEX account_snapshots_by_time ON account_snapshots (at, id);
CREATE INDEX account_snapshots_by_account ON account_snapshots (account, at, id);

-- What portfolios were worth.
CREATE TABLE portfolio_snapshots (
    portfolio       TEXT COLLATE "C" NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    total_value     NUMERIC(20,8) NOT NULL,
    cash            NUMERIC(20,8) NOT NULL,
    positions_value NUMERIC(20,8) NOT NULL,
    total_pnl       NUMERIC(20,8),
    unrealized_pnl  NUMERIC(20,8),
    realized_pnl    NUMERIC(20,8),
    total_exposure  NUMERIC(20,8) NOT NULL,
    net_exposure    NUMERIC(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE PRECISION,
    source          TEXT COLLATE "C" NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (portfolio, at)
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE portfolio_snapshots_history (
    portfolio       TEXT COLLATE "C" NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    total_value     NUMERIC(20,8) NOT NULL,
    cash            NUMERIC(20,8) NOT NULL,
    positions_value NUMERIC(20,8) NOT NULL,
    total_pnl       NUMERIC(20,8),
    unrealized_pnl  NUMERIC(20,8),
    realized_pnl    NUMERIC(20,8),
    total_exposure  NUMERIC(20,8) NOT NULL,
    net_exposure    NUMERIC(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE PRECISION,
    source          TEXT COLLATE "C" NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (portfolio, at, recorded_at)
);
