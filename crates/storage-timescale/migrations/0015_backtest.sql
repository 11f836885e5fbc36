-- Backtests, each with its curve and trades. Returns, drawdown and win rate are per 1.00, ratios annualised.
CREATE TABLE backtests (
    id                UUID NOT NULL,
    at                TIMESTAMPTZ NOT NULL,
    strategy          TEXT COLLATE "C" NOT NULL,
    model_version     TEXT COLLATE "C",
    first_day         DATE NOT NULL,
    last_day          DATE NOT NULL,
    parameters        JSONB NOT NULL,
    total_return      DOUBLE PRECISION,
    annualised_return DOUBLE PRECISION,
    volatility        DOUBLE PRECISION,
    sharpe            DOUBLE PRECISION,
    sortino           DOUBLE PRECISION,
    max_drawdown      DOUBLE PRECISION,
    win_rate          DOUBLE PRECISION,
    profit_factor     DOUBLE PRECISION,
    equity            JSONB NOT NULL,
    trades            JSONB NOT NULL,
    recorded_at       TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX backtests_by_time ON backtests (at, id);
CREATE INDEX backtests_by_strategy ON backtests (strategy, at DESC);

-- The points of the curves, one row each.
CREATE VIEW backtest_equity AS
SELECT b.id AS backtest_id, b.strategy, p.at, p.equity
FROM backtests AS b CROSS JOIN LATERAL jsonb_to_recordset(b.equity) AS p (at TIMESTAMPTZ, equity DOUBLE PRECISION);

-- The trades, one row each, counted from zero in the order of the run.
CREATE VIEW backtest_trades AS
SELECT b.id AS backtest_id, b.strategy, t.number - 1 AS number, t.instrument, t.quantity, t.opened_at, t.open_price,
       t.closed_at, t.close_price, t.pnl, t.costs, t.exit_reason
FROM backtests AS b CROSS JOIN LATERAL ROWS FROM (
    jsonb_to_recordset(b.trades) AS (
        instrument TEXT, quantity DOUBLE PRECISION, opened_at TIMESTAMPTZ, open_price DOUBLE PRECISION,
        closed_at TIMESTAMPTZ, close_price DOUBLE PRECISION, pnl DOUBLE PRECISION, costs DOUBLE PRECISION,
        exit_reason TEXT)
) WITH ORDINALITY AS t (
    instrument, quantity, opened_at, open_price, closed_at, close_price, pnl, costs, exit_reason, number);
