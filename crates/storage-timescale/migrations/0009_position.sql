-- Positions held now, one row for each account, instrument and strategy.
CREATE TABLE positions (
    account      TEXT COLLATE "C" NOT NULL,
    instrument   TEXT COLLATE "C" NOT NULL,
    strategy     TEXT COLLATE "C" NOT NULL,
    quantity     NUMERIC(20,8) NOT NULL,
    average_cost NUMERIC(20,8),
    realized_pnl NUMERIC(20,8) NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, instrument, strategy)
);

CREATE INDEX positions_by_instrument ON positions (instrument);
CREATE INDEX positions_by_strategy ON positions (strategy);
