-- Views under the names that analysts know. They tell what is believed today; a question as of the past is the library's.

-- Daily bars of stocks, funds and indices with returns (simple, per 1.00), their means, and volatilities per 1.00 a year of
-- 252 days. What needs 20 or 250 returns is missing until there are so many. A day is that of a bar's start.
-- SQLite has no square root of its own everywhere, so Newton's method finds it.
CREATE VIEW stock_price_history AS
SELECT symbol, date, open, high, low, close, volume, daily_return,
       CASE WHEN returns_20d = 20 THEN mean_20d END AS average_return_20d,
       CASE WHEN returns_250d = 250 THEN mean_250d END AS average_return_250d,
       CASE WHEN returns_20d = 20 THEN (
           WITH RECURSIVE root (step, guess) AS (
               SELECT 0, 0.2
               UNION ALL
               SELECT step + 1, (guess + variance_20d / guess) / 2 FROM root WHERE step < 40)
           SELECT guess FROM root WHERE step = 40) END AS volatility_20d,
       CASE WHEN returns_250d = 250 THEN (
           WITH RECURSIVE root (step, guess) AS (
               SELECT 0, 0.2
               UNION ALL
               SELECT step + 1, (guess + variance_250d / guess) / 2 FROM root WHERE step < 40)
           SELECT guess FROM root WHERE step = 40) END AS volatility_250d
FROM (SELECT *, max(252.0 * 20 / 19 * (square_20d - mean_20d * mean_20d), 0) AS variance_20d,
             max(252.0 * 250 / 249 * (square_250d - mean_250d * mean_250d), 0) AS variance_250d
      FROM (SELECT *,
             count(daily_return) OVER last_20 AS returns_20d, avg(daily_return) OVER last_20 AS mean_20d,
             avg(daily_return * daily_return) OVER last_20 AS square_20d,
             count(daily_return) OVER last_250 AS returns_250d, avg(daily_return) OVER last_250 AS mean_250d,
             avg(daily_return * daily_return) OVER last_250 AS square_250d
      FROM (SELECT instrument AS symbol, date(opened_at / 1e6, 'unixepoch') AS date, open, high, low, close, volume,
                   close / nullif(lag(close) OVER (PARTITION BY instrument ORDER BY at), 0) - 1 AS daily_return
            FROM bars
            WHERE timeframe = '1d' AND length(instrument) <= 16) AS daily
      WINDOW last_20 AS (PARTITION BY symbol ORDER BY date ROWS 19 PRECEDING),
             last_250 AS (PARTITION BY symbol ORDER BY date ROWS 249 PRECEDING)) AS windows) AS variances;

-- Option quotes with their contracts: the underlying's price at the quote, underlying over strike, and calendar days to the
-- expiration.
-- Days are told five hours behind UTC, which is New York's day but for an hour at midnight in summer.
CREATE VIEW options_history AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.at / 1e6, 'unixepoch') AS at_utc,
       date(q.at / 1e6 - 18000, 'unixepoch') AS date,
       q.bid, q.ask, q.last, (q.bid + q.ask) / 2 AS mid, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price AS spot,
       CAST(julianday(c.expiration) - julianday(date(q.at / 1e6 - 18000, 'unixepoch')) AS INTEGER) AS days_to_expiration,
       q.underlying_price / c.strike AS moneyness, q.source
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- The last price of every symbol, of its quotes (last trade, otherwise mid) and daily bars, with its volatilities and the VIX.
CREATE VIEW latest_market_snapshot AS
SELECT p.symbol, strftime('%Y-%m-%dT%H:%M:%fZ', p.at / 1e6, 'unixepoch') AS at_utc, p.price, h.volatility_20d, h.volatility_250d,
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
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, t.volume, strftime('%Y-%m-%dT%H:%M:%fZ', t.traded_at / 1e6, 'unixepoch') AS traded_at_utc
FROM (SELECT contract_id, max(volume) AS volume, max(at) AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND at >= (SELECT max(at) FROM option_quotes) - 5 * 86400000000
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;
