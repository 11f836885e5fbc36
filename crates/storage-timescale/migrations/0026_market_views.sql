-- Views under the names that analysts know. They tell what is believed today; a question as of the past is the library's.

-- Daily bars of stocks, funds and indices with returns (simple, per 1.00), their means, and volatilities per 1.00 a year of
-- 252 days. What needs 20 or 250 returns is missing until there are so many. A day is that of a bar's start.
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
      FROM (SELECT instrument AS symbol, (opened_at AT TIME ZONE 'UTC')::date AS date, open, high, low, close, volume,
                   close / nullif(lag(close) OVER (PARTITION BY instrument ORDER BY at), 0) - 1 AS daily_return
            FROM bars
            WHERE timeframe = '1d' AND length(instrument) <= 16) AS daily
      WINDOW last_20 AS (PARTITION BY symbol ORDER BY date ROWS 19 PRECEDING),
             last_250 AS (PARTITION BY symbol ORDER BY date ROWS 249 PRECEDING)) AS windows;

-- Option quotes with their contracts: the underlying's price at the quote, underlying over strike, and calendar days to the
-- expiration. Days are New York's.
CREATE VIEW options_history AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q.at, (q.at AT TIME ZONE 'America/New_York')::date AS date,
       q.bid, q.ask, q.last, (q.bid + q.ask) / 2 AS mid, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price AS spot,
       c.expiration - (q.at AT TIME ZONE 'America/New_York')::date AS days_to_expiration,
       q.underlying_price / c.strike AS moneyness, q.source
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- The last price of every symbol, of its quotes (last trade, otherwise mid) and daily bars, with its volatilities and the VIX.
CREATE VIEW latest_market_snapshot AS
SELECT p.symbol, p.at, p.price, h.volatility_20d, h.volatility_250d,
       (SELECT value FROM economic_observations WHERE series IN ('VIX', 'VIXCLS') ORDER BY at DESC, series LIMIT 1) AS vix
FROM (SELECT symbol, at, price, row_number() OVER (PARTITION BY symbol ORDER BY at DESC) AS place
      FROM (SELECT symbol, at, coalesce(last, (bid + ask) / 2) AS price FROM underlying_quotes
            UNION ALL
            SELECT instrument, at, close FROM bars WHERE timeframe = '1d' AND length(instrument) <= 16) AS prices
      WHERE price IS NOT NULL) AS p
LEFT JOIN (SELECT symbol, volatility_20d, volatility_250d,
                  row_number() OVER (PARTITION BY symbol ORDER BY date DESC) AS place
           FROM stock_price_history) AS h ON h.symbol = p.symbol AND h.place = 1
WHERE p.place = 1;

-- Contracts that were traded in the last five days of all option quotes: the largest volume that a day told, and when the
-- youngest quote with a volume was said.
CREATE VIEW liquid_option_strikes AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, t.volume, t.traded_at
FROM (SELECT contract_id, max(volume) AS volume, max(at) AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND at >= (SELECT max(at) FROM option_quotes) - INTERVAL '5 days'
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;
