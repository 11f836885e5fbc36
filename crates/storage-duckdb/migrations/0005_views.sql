-- Views for people who query by hand. Each shows the current versions; only the library reads as of the past.

-- Option quotes with the natural columns of their contracts.
CREATE VIEW option_quotes_readable AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q."at",
       q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price, q.source, q.recorded_at
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- Option quotes with their contracts, the underlying's price at the quote, underlying over strike (moneyness), and
-- calendar days to the expiration. Days are counted at UTC-5, which differs from New York's days for one hour at
-- midnight in summer.
CREATE VIEW options_history AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q."at",
       CAST(q."at" - INTERVAL 5 HOUR AS DATE) AS date,
       q.bid, q.ask, q.last, (q.bid + q.ask) / 2 AS mid, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price AS spot,
       c.expiration - CAST(q."at" - INTERVAL 5 HOUR AS DATE) AS days_to_expiration,
       q.underlying_price / c.strike AS moneyness, q.source
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- Contracts traded in the last five days of all option quotes: the largest volume of a day, and the instant of the
-- newest quote with a volume.
CREATE VIEW liquid_option_strikes AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, t.volume, t.traded_at
FROM (SELECT contract_id, max(volume) AS volume, max("at") AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND "at" >= (SELECT max("at") FROM option_quotes) - INTERVAL 5 DAY
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;

-- The adjustments of daily returns for corporate actions: the close before a daily bar is multiplied by the factor when
-- the bar's return is computed. Of each action between the two bars, a split of n for o shares counts o / n, a stock
-- dividend of n for o shares o / (o + n), and a cash dividend 1 - amount / close. NULL when a dividend is not below the
-- close.
CREATE VIEW daily_adjustments AS
WITH daily AS (SELECT instrument, "at", close FROM bars WHERE timeframe = '1d')
SELECT symbol, "at", CASE WHEN count(*) = count(step) THEN product(step) END AS factor
FROM (SELECT a.symbol, n."at",
             CASE a.kind
                 WHEN 'split' THEN CAST(a.old_shares AS DOUBLE) / CAST(a.new_shares AS DOUBLE)
                 WHEN 'stock_dividend' THEN CAST(a.old_shares AS DOUBLE) / CAST(a.old_shares + a.new_shares AS DOUBLE)
                 ELSE CASE WHEN CAST(a.amount AS DOUBLE) < p.close THEN 1 - CAST(a.amount AS DOUBLE) / p.close END
             END AS step
      FROM corporate_actions AS a
      ASOF JOIN daily AS p ON p.instrument = a.symbol AND a."at" >= p."at"
      ASOF JOIN daily AS n ON n.instrument = a.symbol AND a."at" < n."at"
      WHERE a.status = 'confirmed'
        AND a.kind IN ('split', 'stock_dividend', 'cash_dividend', 'special_dividend')) AS steps
GROUP BY symbol, "at";

-- Daily bars of stocks, funds and indices with simple returns per 1.00, their means, and volatilities per 1.00 a year
-- of 252 days. Prices are raw, returns are adjusted for splits and dividends. Columns over 20 or 250 returns are NULL
-- until there are as many returns. A bar belongs to the day of its start.
CREATE VIEW stock_price_history AS
SELECT symbol, date, open, high, low, close, volume, daily_return,
       CASE WHEN returns_20d = 20 THEN mean_20d END AS average_return_20d,
       CASE WHEN returns_250d = 250 THEN mean_250d END AS average_return_250d,
       CASE WHEN returns_20d = 20 THEN sqrt(252) * spread_20d END AS volatility_20d,
       CASE WHEN returns_250d = 250 THEN sqrt(252) * spread_250d END AS volatility_250d
FROM (SELECT *,
             count(daily_return) OVER last_20 AS returns_20d, avg(daily_return) OVER last_20 AS mean_20d,
             stddev_samp(daily_return) OVER last_20 AS spread_20d,
             count(daily_return) OVER last_250 AS returns_250d, avg(daily_return) OVER last_250 AS mean_250d,
             stddev_samp(daily_return) OVER last_250 AS spread_250d
      FROM (SELECT b.instrument AS symbol, CAST(opened_at AS DATE) AS date, open, high, low, close, volume,
                   close / nullif(lag(close) OVER (PARTITION BY b.instrument ORDER BY b."at")
                                  * CASE WHEN a.symbol IS NULL THEN 1 ELSE a.factor END, 0) - 1 AS daily_return
            FROM bars AS b LEFT JOIN daily_adjustments AS a ON a.symbol = b.instrument AND a."at" = b."at"
            WHERE timeframe = '1d' AND length(b.instrument) <= 16) AS daily
      WINDOW last_20 AS (PARTITION BY symbol ORDER BY date ROWS 19 PRECEDING),
             last_250 AS (PARTITION BY symbol ORDER BY date ROWS 249 PRECEDING)) AS windows;

-- The last price of every symbol, of its quotes (last trade, otherwise mid) and daily bars, with its volatilities and
-- the VIX.
CREATE VIEW latest_market_snapshot AS
SELECT p.symbol, p."at", p.price, h.volatility_20d, h.volatility_250d,
       (SELECT value FROM economic_observations WHERE series IN ('VIX', 'VIXCLS')
        ORDER BY "at" DESC, series LIMIT 1) AS vix
FROM (SELECT symbol, "at", price, row_number() OVER (PARTITION BY symbol ORDER BY "at" DESC) AS place
      FROM (SELECT symbol, "at", coalesce(last, (bid + ask) / 2) AS price FROM underlying_quotes
            UNION ALL
            SELECT instrument, "at", close FROM bars WHERE timeframe = '1d' AND length(instrument) <= 16) AS prices
      WHERE price IS NOT NULL) AS p
LEFT JOIN (SELECT symbol, volatility_20d, volatility_250d,
                  row_number() OVER (PARTITION BY symbol ORDER BY date DESC) AS place
           FROM stock_price_history) AS h ON h.symbol = p.symbol AND h.place = 1
WHERE p.place = 1;

-- Points of the equity curves of backtests, one row each.
CREATE VIEW backtest_equity AS
SELECT b.backtest_id, b.strategy, CAST(b.p."at" AS TIMESTAMP) AS "at", b.p.equity AS equity
FROM (SELECT id AS backtest_id, strategy, unnest(from_json(equity, '[{"at": "VARCHAR", "equity": "DOUBLE"}]')) AS p
      FROM backtests) AS b;

-- Trades of backtests, one row each, numbered from zero in the order of the run.
CREATE VIEW backtest_trades AS
SELECT b.backtest_id, b.strategy, b.number, b.t.instrument AS instrument, b.t.quantity AS quantity,
       CAST(b.t.opened_at AS TIMESTAMP) AS opened_at, b.t.open_price AS open_price,
       CAST(b.t.closed_at AS TIMESTAMP) AS closed_at, b.t.close_price AS close_price, b.t.pnl AS pnl,
       b.t.costs AS costs, b.t.exit_reason AS exit_reason
FROM (SELECT id AS backtest_id, strategy,
             unnest(range(CAST(json_array_length(trades) AS BIGINT))) AS number,
             unnest(from_json(trades, '[{"instrument": "VARCHAR", "quantity": "DOUBLE", "opened_at": "VARCHAR",
                 "open_price": "DOUBLE", "closed_at": "VARCHAR", "close_price": "DOUBLE", "pnl": "DOUBLE",
                 "costs": "DOUBLE", "exit_reason": "VARCHAR"}]')) AS t
      FROM backtests) AS b;
