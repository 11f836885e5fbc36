-- Positions held now, one row for each account, instrument and strategy.
CREATE TABLE positions (
    account      TEXT NOT NULL,
    instrument   TEXT NOT NULL,
    strategy     TEXT NOT NULL,
    quantity     TEXT NOT NULL,
    average_cost TEXT,
    realized_pnl TEXT NOT NULL,
    opened_at    INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    PRIMARY KEY (account, instrument, strategy)
) STRICT, WITHOUT ROWID;

CREATE INDEX positions_by_instrument ON positions (instrument);
CREATE INDEX positions_by_strategy ON positions (strategy);
