-- Backtests, each with its curve and trades. Returns, drawdown and win rate are per 1.00, ratios annualised.
CREATE TABLE backtests (
    id                VARCHAR NOT NULL,
    "at"              TIMESTAMP NOT NULL,
    strategy          VARCHAR NOT NULL,
    model_version     VARCHAR,
    first_day         DATE NOT NULL,
    last_day          DATE NOT NULL,
    parameters        VARCHAR NOT NULL,
    total_return      DOUBLE,
    annualised_return DOUBLE,
    volatility        DOUBLE,
    sharpe            DOUBLE,
    sortino           DOUBLE,
    max_drawdown      DOUBLE,
    win_rate          DOUBLE,
    profit_factor     DOUBLE,
    equity            VARCHAR NOT NULL,
    trades            VARCHAR NOT NULL,
    recorded_at       TIMESTAMP NOT NULL
);

-- The points of the curves, one row each.
CREATE VIEW backtest_equity AS
SELECT b.backtest_id, b.strategy, CAST(b.p."at" AS TIMESTAMP) AS "at", b.p.equity AS equity
FROM (SELECT id AS backtest_id, strategy, unnest(from_json(equity, '[{"at": "VARCHAR", "equity": "DOUBLE"}]')) AS p
      FROM backtests) AS b;

-- The trades, one row each, counted from zero in the order of the run.
CREATE VIEW backtest_trades AS
SELECT b.backtest_id, b.strategy, b.number, b.t.instrument AS instrument, b.t.quantity AS quantity,
       CAST(b.t.opened_at AS TIMESTAMP) AS opened_at, b.t.open_price AS open_price,
       CAST(b.t.closed_at AS TIMESTAMP) AS closed_at, b.t.close_price AS close_price, b.t.pnl AS pnl, b.t.costs AS costs,
       b.t.exit_reason AS exit_reason
FROM (SELECT id AS backtest_id, strategy,
             unnest(range(CAST(json_array_length(trades) AS BIGINT))) AS number,
             unnest(from_json(trades, '[{"instrument": "VARCHAR", "quantity": "DOUBLE", "opened_at": "VARCHAR",
                 "open_price": "DOUBLE", "closed_at": "VARCHAR", "close_price": "DOUBLE", "pnl": "DOUBLE",
                 "costs": "DOUBLE", "exit_reason": "VARCHAR"}]')) AS t
      FROM backtests) AS b;
