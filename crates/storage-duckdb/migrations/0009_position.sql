-- Positions held now, one row for each account, instrument and strategy.
CREATE TABLE positions (
    account      VARCHAR NOT NULL,
    instrument   VARCHAR NOT NULL,
    strategy     VARCHAR NOT NULL,
    quantity     DECIMAL(20,8) NOT NULL,
    average_cost DECIMAL(20,8),
    realized_pnl DECIMAL(20,8) NOT NULL,
    opened_at    TIMESTAMP NOT NULL,
    updated_at   TIMESTAMP NOT NULL,
    recorded_at  TIMESTAMP NOT NULL
);
