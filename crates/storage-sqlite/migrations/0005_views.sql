-- Views for people who query by hand. Each shows the current versions; only the library reads as of the past.

-- Option quotes with the natural columns of their contracts, and instants as texts.
CREATE VIEW option_quotes_readable AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.at / 1e6, 'unixepoch') AS at_utc,
       q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price, q.source,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.recorded_at / 1e6, 'unixepoch') AS recorded_at_utc
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- Option quotes with their contracts, the underlying's price at the quote, underlying over strike (moneyness), and
-- calendar days to the expiration. Days are counted at UTC-5, which differs from New York's days for one hour at
-- midnight in summer.
CREATE VIEW options_history AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', q.at / 1e6, 'unixepoch') AS at_utc,
       date(q.at / 1e6 - 18000, 'unixepoch') AS date,
       q.bid, q.ask, q.last, (q.bid + q.ask) / 2 AS mid, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price AS spot,
       CAST(julianday(c.expiration) - julianday(date(q.at / 1e6 - 18000, 'unixepoch')) AS INTEGER)
           AS days_to_expiration,
       q.underlying_price / c.strike AS moneyness, q.source
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- Contracts traded in the last five days of all option quotes: the largest volume of a day, and the instant of the
-- newest quote with a volume.
CREATE VIEW liquid_option_strikes AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, t.volume,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.traded_at / 1e6, 'unixepoch') AS traded_at_utc
FROM (SELECT contract_id, max(volume) AS volume, max(at) AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND at >= (SELECT max(at) FROM option_quotes) - 5 * 86400000000
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;

-- Daily bars of stocks, funds and indices with simple returns per 1.00, their means, and volatilities per 1.00 a year
-- of 252 days. Columns over 20 or 250 returns are NULL until there are as many returns. A bar belongs to the day of its
-- start. Newton's method stands for the square root, which SQLite lacks in some builds.
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

-- The last price of every symbol, of its quotes (last trade, otherwise mid) and daily bars, with its volatilities and
-- the VIX.
CREATE VIEW latest_market_snapshot AS
SELECT p.symbol, strftime('%Y-%m-%dT%H:%M:%fZ', p.at / 1e6, 'unixepoch') AS at_utc, p.price,
       h.volatility_20d, h.volatility_250d,
       (SELECT value FROM economic_observations WHERE series IN ('VIX', 'VIXCLS')
        ORDER BY at DESC, series LIMIT 1) AS vix
FROM (SELECT symbol, at, price, row_number() OVER (PARTITION BY symbol ORDER BY at DESC) AS place
      FROM (SELECT symbol, at, coalesce(last, (bid + ask) / 2) AS price FROM underlying_quotes
            UNION ALL
            SELECT instrument, at, close FROM bars WHERE timeframe = '1d' AND length(instrument) <= 16) AS prices
      WHERE price IS NOT NULL) AS p
LEFT JOIN (SELECT symbol, volatility_20d, volatility_250d,
                  row_number() OVER (PARTITION BY symbol ORDER BY date DESC) AS place
           FROM stock_price_history) AS h ON h.symbol = p.symbol AND h.place = 1
WHERE p.place = 1;

-- Points of the equity curves of backtests, one row each. Instants are UTC.
CREATE VIEW backtest_equity AS
SELECT b.id AS backtest_id, b.strategy, p.value ->> 'at' AS at_utc, p.value ->> 'equity' AS equity
FROM backtests AS b, json_each(b.equity) AS p;

-- Trades of backtests, one row each, numbered from zero in the order of the run.
CREATE VIEW backtest_trades AS
SELECT b.id AS backtest_id, b.strategy, t.key AS number, t.value ->> 'instrument' AS instrument,
       t.value ->> 'quantity' AS quantity, t.value ->> 'opened_at' AS opened_at_utc,
       t.value ->> 'open_price' AS open_price, t.value ->> 'closed_at' AS closed_at_utc,
       t.value ->> 'close_price' AS close_price, t.value ->> 'pnl' AS pnl, t.value ->> 'costs' AS costs,
       t.value ->> 'exit_reason' AS exit_reason
FROM backtests AS b, json_each(b.trades) AS t;
