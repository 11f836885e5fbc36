-- Backtests, each with its curve and trades. Returns, drawdown and win rate are per 1.00, ratios annualised.
CREATE TABLE backtests (
    id                TEXT NOT NULL,
    at                INTEGER NOT NULL,
    strategy          TEXT NOT NULL,
    model_version     TEXT,
    first_day         TEXT NOT NULL,
    last_day          TEXT NOT NULL,
    parameters        TEXT NOT NULL,
    total_return      REAL,
    annualised_return REAL,
    volatility        REAL,
    sharpe            REAL,
    sortino           REAL,
    max_drawdown      REAL,
    win_rate          REAL,
    profit_factor     REAL,
    equity            TEXT NOT NULL,
    trades            TEXT NOT NULL,
    recorded_at       INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX backtests_by_time ON backtests (at, id);
CREATE INDEX backtests_by_strategy ON backtests (strategy, at);

-- The points of the curves, one row each. An instant is told in UTC.
CREATE VIEW backtest_equity AS
SELECT b.id AS backtest_id, b.strategy, p.value ->> 'at' AS at_utc, p.value ->> 'equity' AS equity
FROM backtests AS b, json_each(b.equity) AS p;

-- The trades, one row each, counted from zero in the order of the run.
CREATE VIEW backtest_trades AS
SELECT b.id AS backtest_id, b.strategy, t.key AS number, t.value ->> 'instrument' AS instrument,
       t.value ->> 'quantity' AS quantity, t.value ->> 'opened_at' AS opened_at_utc,
       t.value ->> 'open_price' AS open_price, t.value ->> 'closed_at' AS closed_at_utc,
       t.value ->> 'close_price' AS close_price, t.value ->> 'pnl' AS pnl, t.value ->> 'costs' AS costs,
       t.value ->> 'exit_reason' AS exit_reason
FROM backtests AS b, json_each(b.trades) AS t;
