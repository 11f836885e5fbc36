-- Accounts as their brokers told them. positions is a JSON array of what the account held then, amounts in it as texts.
CREATE TABLE account_snapshots (
    id                      VARCHAR NOT NULL,
    "at"                    TIMESTAMP NOT NULL,
    account                 VARCHAR NOT NULL,
    positions               VARCHAR NOT NULL,
    source                  VARCHAR NOT NULL,
    cash                    DECIMAL(20,8),
    settled_cash            DECIMAL(20,8),
    net_liquidation         DECIMAL(20,8),
    positions_value         DECIMAL(20,8),
    buying_power            DECIMAL(20,8),
    initial_requirement     DECIMAL(20,8),
    maintenance_requirement DECIMAL(20,8),
    excess_liquidity        DECIMAL(20,8),
    realized_pnl            DECIMAL(20,8),
    unrealized_pnl          DECIMAL(20,8),
    recorded_at             TIMESTAMP NOT NULL
);

-- What portfolios were worth.
CREATE TABLE portfolio_snapshots (
    portfolio       VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    total_value     DECIMAL(20,8) NOT NULL,
    cash            DECIMAL(20,8) NOT NULL,
    positions_value DECIMAL(20,8) NOT NULL,
    total_pnl       DECIMAL(20,8),
    unrealized_pnl  DECIMAL(20,8),
    realized_pnl    DECIMAL(20,8),
    total_exposure  DECIMAL(20,8) NOT NULL,
    net_exposure    DECIMAL(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);

-- Superseded versions of the same rows. A version was believed from its recorded_at until the next one's.
CREATE TABLE portfolio_snapshots_history (
    portfolio       VARCHAR NOT NULL,
    "at"            TIMESTAMP NOT NULL,
    total_value     DECIMAL(20,8) NOT NULL,
    cash            DECIMAL(20,8) NOT NULL,
    positions_value DECIMAL(20,8) NOT NULL,
    total_pnl       DECIMAL(20,8),
    unrealized_pnl  DECIMAL(20,8),
    realized_pnl    DECIMAL(20,8),
    total_exposure  DECIMAL(20,8) NOT NULL,
    net_exposure    DECIMAL(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE,
    source          VARCHAR NOT NULL,
    recorded_at     TIMESTAMP NOT NULL
);
