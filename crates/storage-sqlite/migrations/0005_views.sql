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
-- calendar days to the last trading day. Days are counted at UTC-5, which differs from New York's days for one hour at
-- midnight in summer. Where a quote has no price of the underlying, the close of the day's bar stands for it, which is
-- later than the quote.
CREATE VIEW options_history AS
SELECT underlying, root, expiration, strike, option_type,
       strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at_utc,
       date, bid, ask, last, (bid + ask) / 2 AS mid, volume, open_interest, implied_volatility,
       delta, gamma, theta, vega, rho, spot,
       CAST(julianday(last_day) - julianday(date) AS INTEGER) AS days_to_expiration,
       spot / strike AS moneyness, source
FROM (SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q.*,
             date(c.last_trade_at / 1e6 - 18000, 'unixepoch') AS last_day,
             date(q.at / 1e6 - 18000, 'unixepoch') AS date,
             coalesce(q.underlying_price, (
                 SELECT close FROM bars
                 WHERE instrument = c.underlying AND timeframe = '1d'
                   AND at > (q.at - 18000000000) / 86400000000 * 86400000000 + 18000000000
                   AND at <= (q.at - 18000000000) / 86400000000 * 86400000000 + 104400000000
                 ORDER BY at DESC LIMIT 1)) AS spot
      FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id);

-- Contracts traded in the last five days of all option quotes: the largest volume of a day, and the instant of the
-- newest quote with a volume. The type is C or P.
CREATE VIEW liquid_option_strikes AS
SELECT c.underlying, c.root, c.expiration, c.strike,
       CASE c.option_type WHEN 'call' THEN 'C' ELSE 'P' END AS option_type, t.volume,
       strftime('%Y-%m-%dT%H:%M:%fZ', t.traded_at / 1e6, 'unixepoch') AS traded_at_utc
FROM (SELECT contract_id, max(volume) AS volume, max(at) AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND at >= (SELECT max(at) FROM option_quotes) - 5 * 86400000000
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;

-- The adjustments of daily returns for corporate actions: the close before a daily bar is multiplied by the factor when
-- the bar's return is computed. Of each action between the two bars, a split of n for o shares counts o / n, a stock
-- dividend of n for o shares o / (o + n), and a cash dividend 1 - amount / close. NULL when a dividend is not below the
-- close, and where the symbol passes from one company to another or the company to another symbol.
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
          FROM (SELECT symbol, at, kind, old_shares, new_shares, amount FROM corporate_actions
                WHERE status = 'confirmed' AND kind IN ('split', 'stock_dividend', 'cash_dividend', 'special_dividend',
                                                        'listing', 'delisting', 'symbol_change')
                UNION ALL
                SELECT counterpart, at, kind, NULL, NULL, NULL FROM corporate_actions
                WHERE status = 'confirmed' AND kind = 'symbol_change') AS a) AS actions
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
               SELECT step + 1, (guess + variance_20d / guess) / 2 FROM root
               WHERE step < 40 AND abs(guess * guess - variance_20d) > 1e-14 * variance_20d)
           SELECT guess FROM root ORDER BY step DESC LIMIT 1) END AS volatility_20d,
       CASE WHEN returns_250d = 250 THEN (
           WITH RECURSIVE root (step, guess) AS (
               SELECT 0, 0.2
               UNION ALL
               SELECT step + 1, (guess + variance_250d / guess) / 2 FROM root
               WHERE step < 40 AND abs(guess * guess - variance_250d) > 1e-14 * variance_250d)
           SELECT guess FROM root ORDER BY step DESC LIMIT 1) END AS volatility_250d
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

-- The last price of every symbol, of its quotes (last trade, otherwise mid) and daily bars, with its volatilities as in
-- stock_price_history and the VIX. The newest bars of each symbol are looked up by themselves: windows over all bars
-- took seconds for 179,600 of them.
CREATE VIEW latest_market_snapshot AS
SELECT symbol, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS at_utc, price,
       CASE WHEN variance_20d IS NOT NULL THEN (
           WITH RECURSIVE root (step, guess) AS (
               SELECT 0, 0.2
               UNION ALL
               SELECT step + 1, (guess + variance_20d / guess) / 2 FROM root
               WHERE step < 40 AND abs(guess * guess - variance_20d) > 1e-14 * variance_20d)
           SELECT guess FROM root ORDER BY step DESC LIMIT 1) END AS volatility_20d,
       CASE WHEN variance_250d IS NOT NULL THEN (
           WITH RECURSIVE root (step, guess) AS (
               SELECT 0, 0.2
               UNION ALL
               SELECT step + 1, (guess + variance_250d / guess) / 2 FROM root
               WHERE step < 40 AND abs(guess * guess - variance_250d) > 1e-14 * variance_250d)
           SELECT guess FROM root ORDER BY step DESC LIMIT 1) END AS volatility_250d,
       (SELECT value FROM economic_observations WHERE series IN ('VIX', 'VIXCLS')
        ORDER BY at DESC, series LIMIT 1) AS vix
FROM (SELECT symbol, at, price,
             (SELECT CASE WHEN count(r) = 20 THEN max(252.0 * 20 / 19 * (avg(r * r) - avg(r) * avg(r)), 0) END
              FROM (SELECT close / nullif(lag(close) OVER (ORDER BY b.at)
                                          * CASE WHEN a.symbol IS NULL THEN 1 ELSE a.factor END, 0) - 1 AS r
                    FROM (SELECT at, close FROM bars
                          WHERE instrument = s.symbol AND timeframe = '1d' ORDER BY at DESC LIMIT 21) AS b
                    LEFT JOIN daily_adjustments AS a ON a.symbol = s.symbol AND a.at = b.at)) AS variance_20d,
             (SELECT CASE WHEN count(r) = 250 THEN max(252.0 * 250 / 249 * (avg(r * r) - avg(r) * avg(r)), 0) END
              FROM (SELECT close / nullif(lag(close) OVER (ORDER BY b.at)
                                          * CASE WHEN a.symbol IS NULL THEN 1 ELSE a.factor END, 0) - 1 AS r
                    FROM (SELECT at, close FROM bars
                          WHERE instrument = s.symbol AND timeframe = '1d' ORDER BY at DESC LIMIT 251) AS b
                    LEFT JOIN daily_adjustments AS a ON a.symbol = s.symbol AND a.at = b.at))
                 AS variance_250d
      FROM (SELECT symbol, at, price, row_number() OVER (PARTITION BY symbol ORDER BY at DESC) AS place
            FROM (SELECT symbol, at, coalesce(last, (bid + ask) / 2) AS price FROM underlying_quotes
                  UNION ALL
                  SELECT instrument, at, close FROM bars
                  WHERE timeframe = '1d' AND length(instrument) <= 16) AS prices
            WHERE price IS NOT NULL) AS s
      WHERE place = 1);

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

-- Days on which the exchange closes at 13:00, until 1992 at 14:00: those of `calendar::is_half_day`, up to 2049.
CREATE VIEW half_days AS
SELECT column1 AS date, CASE WHEN column1 < '1993-01-01' THEN 14 ELSE 13 END AS closes
FROM (VALUES
    ('1990-12-24'), ('1991-12-24'), ('1992-11-27'), ('1992-12-24'), ('1993-11-26'), ('1994-11-25'), ('1995-07-03'),
    ('1995-11-24'), ('1996-07-05'), ('1996-11-29'), ('1996-12-24'), ('1997-07-03'), ('1997-11-28'), ('1997-12-24'),
    ('1997-12-26'), ('1998-11-27'), ('1998-12-24'), ('1999-11-26'), ('1999-12-31'), ('2000-07-03'), ('2000-11-24'),
    ('2001-07-03'), ('2001-11-23'), ('2001-12-24'), ('2002-07-05'), ('2002-11-29'), ('2002-12-24'), ('2003-07-03'),
    ('2003-11-28'), ('2003-12-24'), ('2003-12-26'), ('2004-11-26'), ('2005-11-25'), ('2006-07-03'), ('2006-11-24'),
    ('2007-07-03'), ('2007-11-23'), ('2007-12-24'), ('2008-07-03'), ('2008-11-28'), ('2008-12-24'), ('2009-11-27'),
    ('2009-12-24'), ('2010-11-26'), ('2011-11-25'), ('2012-07-03'), ('2012-11-23'), ('2012-12-24'), ('2013-07-03'),
    ('2013-11-29'), ('2013-12-24'), ('2014-07-03'), ('2014-11-28'), ('2014-12-24'), ('2015-11-27'), ('2015-12-24'),
    ('2016-11-25'), ('2017-07-03'), ('2017-11-24'), ('2018-07-03'), ('2018-11-23'), ('2018-12-24'), ('2019-07-03'),
    ('2019-11-29'), ('2019-12-24'), ('2020-11-27'), ('2020-12-24'), ('2021-11-26'), ('2022-11-25'), ('2023-07-03'),
    ('2023-11-24'), ('2024-07-03'), ('2024-11-29'), ('2024-12-24'), ('2025-07-03'), ('2025-11-28'), ('2025-12-24'),
    ('2026-11-27'), ('2026-12-24'), ('2027-11-26'), ('2028-07-03'), ('2028-11-24'), ('2029-07-03'), ('2029-11-23'),
    ('2029-12-24'), ('2030-07-03'), ('2030-11-29'), ('2030-12-24'), ('2031-07-03'), ('2031-11-28'), ('2031-12-24'),
    ('2032-11-26'), ('2033-11-25'), ('2034-07-03'), ('2034-11-24'), ('2035-07-03'), ('2035-11-23'), ('2035-12-24'),
    ('2036-07-03'), ('2036-11-28'), ('2036-12-24'), ('2037-11-27'), ('2037-12-24'), ('2038-11-26'), ('2039-11-25'),
    ('2040-07-03'), ('2040-11-23'), ('2040-12-24'), ('2041-07-03'), ('2041-11-29'), ('2041-12-24'), ('2042-07-03'),
    ('2042-11-28'), ('2042-12-24'), ('2043-11-27'), ('2043-12-24'), ('2044-11-25'), ('2045-07-03'), ('2045-11-24'),
    ('2046-07-03'), ('2046-11-23'), ('2046-12-24'), ('2047-07-03'), ('2047-11-29'), ('2047-12-24'), ('2048-11-27'),
    ('2048-12-24'), ('2049-11-26'));

-- Stock prices: bars of a minute, whose instant is their end, with the fundamentals stated last up to it.
CREATE VIEW stock_prices AS
SELECT instrument AS symbol, strftime('%Y-%m-%dT%H:%M:%fZ', at / 1e6, 'unixepoch') AS timestamp_utc, open AS open_price,
       high AS high_price, low AS low_price, close AS close_price, volume, vwap,
       (SELECT f.market_cap FROM fundamentals AS f WHERE f.symbol = bars.instrument AND f.at <= bars.at
        ORDER BY f.at DESC LIMIT 1) AS market_cap,
       (SELECT f.shares_outstanding FROM fundamentals AS f WHERE f.symbol = bars.instrument AND f.at <= bars.at
        ORDER BY f.at DESC LIMIT 1) AS shares_outstanding,
       strftime('%Y-%m-%dT%H:%M:%fZ', recorded_at / 1e6, 'unixepoch') AS created_at_utc
FROM bars
WHERE timeframe = '1m' AND length(instrument) <= 16;

-- Minutes with the day in New York and the part of it in which they end: before the opening, in the session, or after
-- the close. Instants are microseconds since 1970. Holidays have no minutes, so they need no list. The clocks follow
-- the rules since 1987; the night of a change counts as the day that it begins.
CREATE VIEW stock_minutes AS
SELECT symbol, at, open, high, low, close, volume, vwap, day, opens,
       is_weekday AND at > opens AND at <= closes AS is_session,
       CASE WHEN is_weekday AND at > closes THEN closes WHEN is_weekday AND at > opens THEN opens ELSE midnight END
           AS part
FROM (SELECT d.*, midnight + 34200000000 AS opens, midnight + coalesce(h.closes, 16) * 3600000000 AS closes
      FROM (SELECT *, (CAST(strftime('%s', day) AS INTEGER) + hours * 3600) * 1000000 AS midnight,
                   strftime('%w', day) NOT IN ('0', '6') AS is_weekday
            FROM (SELECT *, date((at - 1) / 1000000 - hours * 3600, 'unixepoch') AS day
                  FROM (SELECT *, CASE
                               WHEN year >= '2007' AND utc_day >= date(year || '-03-08', 'weekday 0')
                                    AND utc_day < date(year || '-11-01', 'weekday 0') THEN 4
                               WHEN year < '2007' AND utc_day >= date(year || '-04-01', 'weekday 0')
                                    AND utc_day < date(year || '-10-25', 'weekday 0') THEN 4
                               ELSE 5 END AS hours
                        FROM (SELECT instrument AS symbol, at, open, high, low, close, volume, vwap,
                                     date((at - 1) / 1000000 - 18000, 'unixepoch') AS utc_day,
                                     strftime('%Y', (at - 1) / 1000000 - 18000, 'unixepoch') AS year
                              FROM bars
                              WHERE timeframe = '1m' AND length(instrument) <= 16)))) AS d
      LEFT JOIN half_days AS h ON h.date = d.day);

-- Bars by their start (bucket): as stored for symbols that have such bars, and otherwise made of minutes as the
-- library's resample_bars makes them, where the last bar may still grow.
CREATE VIEW stock_prices_1m AS
SELECT instrument AS symbol, strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1e6, 'unixepoch') AS bucket_utc, open, high,
       low, close, volume, vwap
FROM bars
WHERE timeframe = '1m' AND length(instrument) <= 16;

CREATE VIEW stock_prices_5m AS
SELECT instrument AS symbol, strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1e6, 'unixepoch') AS bucket_utc, open, high,
       low, close, volume, vwap
FROM bars
WHERE timeframe = '5m' AND length(instrument) <= 16
UNION ALL
SELECT symbol, strftime('%Y-%m-%dT%H:%M:%fZ', bucket / 1e6, 'unixepoch'), max(open) FILTER (WHERE at = first_at),
       max(high), min(low), max(close) FILTER (WHERE at = last_at),
       CASE WHEN count(volume) = count(*) THEN sum(volume) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0) END
FROM (SELECT *, min(at) OVER same_bucket AS first_at, max(at) OVER same_bucket AS last_at
      FROM (SELECT *, CASE WHEN volume = 0 THEN 0.0 ELSE volume * vwap END AS turnover,
                   part + (at - 1 - part) / 300000000 * 300000000 AS bucket
            FROM stock_minutes AS m
            WHERE NOT EXISTS (SELECT 1 FROM bars AS b WHERE b.instrument = m.symbol AND b.timeframe = '5m'))
      WINDOW same_bucket AS (PARTITION BY symbol, bucket))
GROUP BY symbol, bucket;

CREATE VIEW stock_prices_1h AS
SELECT instrument AS symbol, strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1e6, 'unixepoch') AS bucket_utc, open, high,
       low, close, volume, vwap
FROM bars
WHERE timeframe = '1h' AND length(instrument) <= 16
UNION ALL
SELECT symbol, strftime('%Y-%m-%dT%H:%M:%fZ', bucket / 1e6, 'unixepoch'), max(open) FILTER (WHERE at = first_at),
       max(high), min(low), max(close) FILTER (WHERE at = last_at),
       CASE WHEN count(volume) = count(*) THEN sum(volume) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0) END
FROM (SELECT *, min(at) OVER same_bucket AS first_at, max(at) OVER same_bucket AS last_at
      FROM (SELECT *, CASE WHEN volume = 0 THEN 0.0 ELSE volume * vwap END AS turnover,
                   part + (at - 1 - part) / 3600000000 * 3600000000 AS bucket
            FROM stock_minutes AS m
            WHERE NOT EXISTS (SELECT 1 FROM bars AS b WHERE b.instrument = m.symbol AND b.timeframe = '1h'))
      WINDOW same_bucket AS (PARTITION BY symbol, bucket))
GROUP BY symbol, bucket;

CREATE VIEW stock_prices_1d AS
SELECT instrument AS symbol, strftime('%Y-%m-%dT%H:%M:%fZ', opened_at / 1e6, 'unixepoch') AS bucket_utc, open, high,
       low, close, volume, vwap
FROM bars
WHERE timeframe = '1d' AND length(instrument) <= 16
UNION ALL
SELECT symbol, strftime('%Y-%m-%dT%H:%M:%fZ', bucket / 1e6, 'unixepoch'), max(open) FILTER (WHERE at = first_at),
       max(high), min(low), max(close) FILTER (WHERE at = last_at),
       CASE WHEN count(volume) = count(*) THEN sum(volume) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0) END
FROM (SELECT *, min(at) OVER same_bucket AS first_at, max(at) OVER same_bucket AS last_at
      FROM (SELECT *, CASE WHEN volume = 0 THEN 0.0 ELSE volume * vwap END AS turnover,
                   opens AS bucket
            FROM stock_minutes AS m
            WHERE is_session
              AND NOT EXISTS (SELECT 1 FROM bars AS b WHERE b.instrument = m.symbol AND b.timeframe = '1d'))
      WINDOW same_bucket AS (PARTITION BY symbol, bucket))
GROUP BY symbol, bucket;

-- Days made of the minutes of their sessions, or as stored. avg_price is the mean of the minutes' closes, and NULL for
-- days without minutes.
CREATE VIEW market_data_daily AS
SELECT date(p.bucket_utc) AS day, p.symbol, p.open, p.high, p.low, p.close, p.volume, m.avg_price
FROM stock_prices_1d AS p
LEFT JOIN (SELECT symbol, strftime('%Y-%m-%dT%H:%M:%fZ', opens / 1e6, 'unixepoch') AS bucket_utc,
                  avg(close) AS avg_price
           FROM stock_minutes WHERE is_session
           GROUP BY symbol, opens) AS m ON m.symbol = p.symbol AND m.bucket_utc = p.bucket_utc;

-- Option quotes in the words of other systems. Intrinsic and time value are those of the quote's own underlying price,
-- otherwise of the close of the day's bar; the time value is that of the mid of an uncrossed market, otherwise of the
-- last trade.
CREATE VIEW options_data AS
SELECT underlying AS underlying_symbol,
       substr(root || '      ', 1, 6) || substr(replace(expiration, '-', ''), 3)
           || CASE option_type WHEN 'call' THEN 'C' ELSE 'P' END
           || printf('%08d', CAST(round(strike * 1000) AS INTEGER)) AS option_symbol,
       at_utc AS timestamp_utc, expiration AS expiration_date, strike AS strike_price,
       CASE option_type WHEN 'call' THEN 'CALL' ELSE 'PUT' END AS option_type,
       bid AS bid_price, ask AS ask_price, last AS last_price, volume, open_interest, implied_volatility,
       delta, gamma, theta, vega, rho, intrinsic_value,
       CASE WHEN mid > 0 AND bid <= ask THEN mid ELSE last END - intrinsic_value AS time_value
FROM (SELECT *, max(CASE option_type WHEN 'call' THEN spot - strike ELSE strike - spot END, 0.0) AS intrinsic_value
      FROM options_history);

-- Volume and mean implied volatility of an underlying's options by the hour, as the library's hourly_options tells
-- them: an hour is after its start (bucket), up to and including its end. Days are counted at UTC-5.
CREATE VIEW options_volume_1h AS
SELECT underlying_symbol, bucket_utc, call_volume + put_volume AS volume, call_volume, put_volume,
       avg_implied_volatility, contracts
FROM (SELECT c.underlying AS underlying_symbol,
             strftime('%Y-%m-%dT%H:%M:%fZ', h.bucket / 1e6, 'unixepoch') AS bucket_utc,
             max(coalesce(sum(traded) FILTER (WHERE c.option_type = 'call'), 0), 0) AS call_volume,
             max(coalesce(sum(traded) FILTER (WHERE c.option_type = 'put'), 0), 0) AS put_volume,
             avg(implied_volatility) AS avg_implied_volatility, count(*) AS contracts
      FROM (SELECT contract_id, bucket, implied_volatility,
                   total - coalesce(lag(total) OVER (PARTITION BY contract_id, (bucket - 18000000000) / 86400000000,
                                                                total IS NULL ORDER BY bucket), 0) AS traded
            FROM (SELECT contract_id, bucket, max(implied_volatility) FILTER (WHERE at = last_at) AS implied_volatility,
                         max(volume) FILTER (WHERE at = total_at) AS total
                  FROM (SELECT *, max(at) OVER same_bucket AS last_at,
                               max(at) FILTER (WHERE volume IS NOT NULL) OVER same_bucket AS total_at
                        FROM (SELECT contract_id, at, volume, implied_volatility,
                                     (at - 1) / 3600000000 * 3600000000 AS bucket
                              FROM option_quotes)
                        WINDOW same_bucket AS (PARTITION BY contract_id, bucket))
                  GROUP BY contract_id, bucket)) AS h
      JOIN option_contracts AS c ON c.contract_id = h.contract_id
      GROUP BY c.underlying, h.bucket);

-- Signals by the day and symbol. Days are counted at UTC-5, which differs from New York's days for one hour at midnight
-- in summer.
CREATE VIEW signal_performance_1d AS
SELECT date(at / 1e6 - 18000, 'unixepoch') AS bucket, symbol, count(*) AS total_signals,
       avg(confidence) AS avg_confidence,
       count(*) FILTER (WHERE action IN ('long', 'exit_short')) AS buy_signals,
       count(*) FILTER (WHERE action IN ('short', 'exit_long')) AS sell_signals,
       count(*) FILTER (WHERE action = 'hold') AS hold_signals,
       count(*) FILTER (WHERE status = 'executed') AS executed_signals
FROM signals
GROUP BY 1, 2;
