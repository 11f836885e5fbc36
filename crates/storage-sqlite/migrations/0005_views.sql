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

-- The adjustments of daily returns for corporate actions: the close before a daily bar is multiplied by the factor when
-- the bar's return is computed. Of each action between the two bars, a split of n for o shares counts o / n, a stock
-- dividend of n for o shares o / (o + n), and a cash dividend 1 - amount / close. NULL when a dividend is not below the
-- close.
CREATE VIEW daily_adjustments AS
WITH RECURSIVE steps AS MATERIALIZED (
    SELECT symbol, next_at, row_number() OVER (PARTITION BY symbol, next_at ORDER BY at, kind) AS place,
           count(*) OVER (PARTITION BY symbol, next_at) AS places,
           CASE kind
               WHEN 'split' THEN CAST(old_shares AS REAL) / CAST(new_shares AS REAL)
               WHEN 'stock_dividend'
                   THEN CAST(old_shares AS REAL) / (CAST(old_shares AS REAL) + CAST(new_shares AS REAL))
               ELSE CASE WHEN CAST(amount AS REAL) < last_close THEN 1 - CAST(amount AS REAL) / last_close END
           END AS step
    FROM (SELECT *, (SELECT close FROM bars WHERE instrument = a.symbol AND timeframe = '1d' AND at <= a.at
                     ORDER BY at DESC LIMIT 1) AS last_close,
                 (SELECT at FROM bars WHERE instrument = a.symbol AND timeframe = '1d' AND at > a.at
                  ORDER BY at LIMIT 1) AS next_at
          FROM corporate_actions AS a
          WHERE status = 'confirmed'
            AND kind IN ('split', 'stock_dividend', 'cash_dividend', 'special_dividend')) AS actions
    WHERE last_close IS NOT NULL AND next_at IS NOT NULL),
factors AS (
    SELECT symbol, next_at AS at, place, places, step AS factor FROM steps WHERE place = 1
    UNION ALL
    SELECT f.symbol, f.at, s.place, s.places, f.factor * s.step
    FROM factors AS f JOIN steps AS s ON s.symbol = f.symbol AND s.next_at = f.at AND s.place = f.place + 1)
SELECT symbol, at, factor FROM factors WHERE place = places;

-- Daily bars of stocks, funds and indices with simple returns per 1.00, their means, and volatilities per 1.00 a year
-- of 252 days. Prices are raw, returns are adjusted for splits and dividends. Columns over 20 or 250 returns are NULL
-- until there are as many returns. A bar belongs to the day of its start. Newton's method stands for the
-- square root, which SQLite lacks in some builds.
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
      FROM (SELECT b.instrument AS symbol, date(opened_at / 1e6, 'unixepoch') AS date, open, high, low, close, volume,
                   close / nullif(lag(close) OVER (PARTITION BY b.instrument ORDER BY b.at)
                                  * CASE WHEN a.symbol IS NULL THEN 1 ELSE a.factor END, 0) - 1 AS daily_return
            FROM bars AS b LEFT JOIN daily_adjustments AS a ON a.symbol = b.instrument AND a.at = b.at
            WHERE timeframe = '1d' AND length(b.instrument) <= 16) AS daily
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
