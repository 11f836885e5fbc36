-- Views for people who query by hand. Each shows the current versions; only the library reads as of the past.

-- Option quotes with the natural columns of their contracts.
CREATE VIEW option_quotes_readable AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q."at",
       q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price, q.source, q.recorded_at
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- Option quotes with their contracts, the underlying's price at the quote, underlying over strike (moneyness), and
-- calendar days to the last trading day. Days are counted at UTC-5, which differs from New York's days for one hour at
-- midnight in summer. Where a quote has no price of the underlying, the close of the day's bar stands for it, which is
-- later than the quote.
CREATE VIEW options_history AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q."at",
       CAST(q."at" - INTERVAL 5 HOUR AS DATE) AS date,
       q.bid, q.ask, q.last, (q.bid + q.ask) / 2 AS mid, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, coalesce(q.underlying_price, b.close) AS spot,
       CAST(c.last_trade_at - INTERVAL 5 HOUR AS DATE) - CAST(q."at" - INTERVAL 5 HOUR AS DATE) AS days_to_expiration,
       coalesce(q.underlying_price, b.close) / c.strike AS moneyness, q.source
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id
LEFT JOIN (SELECT instrument, CAST("at" - INTERVAL 5 HOUR AS DATE) AS date, arg_max(close, "at") AS close
           FROM bars WHERE timeframe = '1d'
           GROUP BY ALL) AS b ON b.instrument = c.underlying AND b.date = CAST(q."at" - INTERVAL 5 HOUR AS DATE);

-- Contracts traded in the last five days of all option quotes: the largest volume of a day, and the instant of the
-- newest quote with a volume. The type is C or P.
CREATE VIEW liquid_option_strikes AS
SELECT c.underlying, c.root, c.expiration, c.strike,
       CASE c.option_type WHEN 'call' THEN 'C' ELSE 'P' END AS option_type, t.volume, t.traded_at
FROM (SELECT contract_id, max(volume) AS volume, max("at") AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND "at" >= (SELECT max("at") FROM option_quotes) - INTERVAL 5 DAY
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;

-- The adjustments of daily returns for corporate actions: the close before a daily bar is multiplied by the factor when
-- the bar's return is computed. Of each action between the two bars, a split of n for o shares counts o / n, a stock
-- dividend of n for o shares o / (o + n), and a cash dividend 1 - amount / close. NULL when a dividend is not below the
-- close, and where the symbol passes from one company to another or the company to another symbol.
CREATE VIEW daily_adjustments AS
WITH daily AS (SELECT instrument, "at", close FROM bars WHERE timeframe = '1d')
SELECT symbol, "at", CASE WHEN count(*) = count(step) THEN product(step) END AS factor
FROM (SELECT a.symbol, n."at",
             CASE a.kind
                 WHEN 'split' THEN CAST(a.old_shares AS DOUBLE) / CAST(a.new_shares AS DOUBLE)
                 WHEN 'stock_dividend' THEN CAST(a.old_shares AS DOUBLE) / CAST(a.old_shares + a.new_shares AS DOUBLE)
                 ELSE CASE WHEN CAST(a.amount AS DOUBLE) < p.close THEN 1 - CAST(a.amount AS DOUBLE) / p.close END
             END AS step
      FROM (SELECT symbol, "at", kind, old_shares, new_shares, amount FROM corporate_actions
            WHERE status = 'confirmed' AND kind IN ('split', 'stock_dividend', 'cash_dividend', 'special_dividend',
                                                    'listing', 'delisting', 'symbol_change')
            UNION ALL
            SELECT counterpart, "at", kind, NULL, NULL, NULL FROM corporate_actions
            WHERE status = 'confirmed' AND kind = 'symbol_change') AS a
      ASOF JOIN daily AS p ON p.instrument = a.symbol AND a."at" >= p."at"
      ASOF JOIN daily AS n ON n.instrument = a.symbol AND a."at" < n."at") AS steps
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

-- Days on which the exchange closes at 13:00, until 1992 at 14:00: those of `calendar::is_half_day`, up to 2049.
CREATE VIEW half_days AS
SELECT CAST(days.date AS DATE) AS date, CASE WHEN days.date < '1993-01-01' THEN 14 ELSE 13 END AS closes
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
    ('2048-12-24'), ('2049-11-26')
) AS days (date);

-- The first Sunday of all days from a date on.
CREATE MACRO sunday_from(first) AS first + CAST((7 - dayofweek(first)) % 7 AS INTEGER);

-- Hours by which New York's clocks are behind UTC on a day, by the rules since 1987. The night of a change counts as
-- the day that it begins.
CREATE MACRO new_york_hours(day) AS CASE
    WHEN year(day) >= 2007 AND day >= sunday_from(make_date(year(day), 3, 8))
         AND day < sunday_from(make_date(year(day), 11, 1)) THEN 4
    WHEN year(day) < 2007 AND day >= sunday_from(make_date(year(day), 4, 1))
         AND day < sunday_from(make_date(year(day), 10, 25)) THEN 4
    ELSE 5 END;

-- The day in New York in which an instant lies.
CREATE MACRO new_york_day(instant) AS
    CAST(instant - to_hours(new_york_hours(CAST(instant - INTERVAL 5 HOUR AS DATE))) AS DATE);

-- Stock prices: bars of a minute, whose instant is their end, with the fundamentals stated last up to it.
CREATE VIEW stock_prices AS
SELECT b.instrument AS symbol, b."at" AS "timestamp", b.open AS open_price, b.high AS high_price, b.low AS low_price,
       b.close AS close_price, b.volume, b.vwap, f.market_cap, f.shares_outstanding, b.recorded_at AS created_at
FROM bars AS b ASOF LEFT JOIN fundamentals AS f ON f.symbol = b.instrument AND b."at" >= f."at"
WHERE b.timeframe = '1m' AND length(b.instrument) <= 16;

-- Minutes with the day in New York and the part of it in which they end: before the opening, in the session, or after
-- the close. Holidays have no minutes, so they need no list.
CREATE VIEW stock_minutes AS
SELECT symbol, "at", open, high, low, close, volume, vwap, day, opens,
       isodow(day) < 6 AND "at" > opens AND "at" <= closes AS is_session,
       CASE WHEN isodow(day) < 6 AND "at" > closes THEN closes
            WHEN isodow(day) < 6 AND "at" > opens THEN opens
            ELSE midnight END AS part
FROM (SELECT d.*, midnight + INTERVAL 570 MINUTE AS opens, midnight + to_hours(coalesce(h.closes, 16)) AS closes
      FROM (SELECT *, CAST(day AS TIMESTAMP) + to_hours(new_york_hours(day)) AS midnight
            FROM (SELECT instrument AS symbol, "at", open, high, low, close, volume, vwap,
                         new_york_day("at" - INTERVAL 1 MICROSECOND) AS day
                  FROM bars
                  WHERE timeframe = '1m' AND length(instrument) <= 16) AS m) AS d
      LEFT JOIN half_days AS h ON h.date = d.day) AS placed;

-- Bars by their start (bucket): as stored for symbols that have such bars, and otherwise made of minutes as the
-- library's resample_bars makes them, where the last bar may still grow.
CREATE VIEW stock_prices_1m AS
SELECT instrument AS symbol, opened_at AS bucket, open, high, low, close, volume, vwap
FROM bars
WHERE timeframe = '1m' AND length(instrument) <= 16;

CREATE VIEW stock_prices_5m AS
SELECT instrument AS symbol, opened_at AS bucket, open, high, low, close, volume, vwap
FROM bars
WHERE timeframe = '5m' AND length(instrument) <= 16
UNION ALL
SELECT symbol, bucket, arg_min(open, "at"), max(high), min(low), arg_max(close, "at"),
       CASE WHEN count(volume) = count(*) THEN CAST(sum(volume) AS BIGINT) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0) END
FROM (SELECT *, CASE WHEN volume = 0 THEN 0 ELSE volume * vwap END AS turnover,
             time_bucket(INTERVAL 5 MINUTE, "at" - INTERVAL 1 MICROSECOND, part) AS bucket
      FROM stock_minutes
      WHERE symbol NOT IN (SELECT instrument FROM bars WHERE timeframe = '5m')) AS m
GROUP BY symbol, bucket;

CREATE VIEW stock_prices_1h AS
SELECT instrument AS symbol, opened_at AS bucket, open, high, low, close, volume, vwap
FROM bars
WHERE timeframe = '1h' AND length(instrument) <= 16
UNION ALL
SELECT symbol, bucket, arg_min(open, "at"), max(high), min(low), arg_max(close, "at"),
       CASE WHEN count(volume) = count(*) THEN CAST(sum(volume) AS BIGINT) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0) END
FROM (SELECT *, CASE WHEN volume = 0 THEN 0 ELSE volume * vwap END AS turnover,
             time_bucket(INTERVAL 1 HOUR, "at" - INTERVAL 1 MICROSECOND, part) AS bucket
      FROM stock_minutes
      WHERE symbol NOT IN (SELECT instrument FROM bars WHERE timeframe = '1h')) AS m
GROUP BY symbol, bucket;

CREATE VIEW stock_prices_1d AS
SELECT instrument AS symbol, opened_at AS bucket, open, high, low, close, volume, vwap
FROM bars
WHERE timeframe = '1d' AND length(instrument) <= 16
UNION ALL
SELECT symbol, bucket, arg_min(open, "at"), max(high), min(low), arg_max(close, "at"),
       CASE WHEN count(volume) = count(*) THEN CAST(sum(volume) AS BIGINT) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0) END
FROM (SELECT *, CASE WHEN volume = 0 THEN 0 ELSE volume * vwap END AS turnover,
             opens AS bucket
      FROM stock_minutes
      WHERE is_session AND symbol NOT IN (SELECT instrument FROM bars WHERE timeframe = '1d')) AS m
GROUP BY symbol, bucket;

-- Days made of the minutes of their sessions, or as stored. avg_price is the mean of the minutes' closes, and NULL for
-- days without minutes.
CREATE VIEW market_data_daily AS
SELECT new_york_day(p.bucket) AS day, p.symbol, p.open, p.high, p.low, p.close, p.volume, m.avg_price
FROM stock_prices_1d AS p
LEFT JOIN (SELECT symbol, opens, avg(close) AS avg_price FROM stock_minutes WHERE is_session
           GROUP BY symbol, opens) AS m ON m.symbol = p.symbol AND m.opens = p.bucket;

-- Option quotes in the words of other systems. Intrinsic and time value are those of the quote's own underlying price,
-- otherwise of the close of the day's bar; the time value is that of the mid of an uncrossed market, otherwise of the
-- last trade.
CREATE VIEW options_data AS
SELECT underlying AS underlying_symbol,
       rpad(root, 6, ' ') || strftime(expiration, '%y%m%d') || CASE option_type WHEN 'call' THEN 'C' ELSE 'P' END
           || lpad(CAST(CAST(round(strike * 1000) AS BIGINT) AS VARCHAR), 8, '0') AS option_symbol,
       "at" AS "timestamp", expiration AS expiration_date, strike AS strike_price,
       CASE option_type WHEN 'call' THEN 'CALL' ELSE 'PUT' END AS option_type,
       bid AS bid_price, ask AS ask_price, last AS last_price, volume, open_interest, implied_volatility,
       delta, gamma, theta, vega, rho, intrinsic_value,
       CASE WHEN mid > 0 AND bid <= ask THEN mid ELSE last END - intrinsic_value AS time_value
FROM (SELECT *, CASE WHEN spot IS NOT NULL THEN
                greatest(CASE option_type WHEN 'call' THEN spot - strike ELSE strike - spot END, 0) END
                AS intrinsic_value
      FROM options_history) AS h;

-- Volume and mean implied volatility of an underlying's options by the hour, as the library's hourly_options tells
-- them: an hour is after its start (bucket), up to and including its end.
CREATE VIEW options_volume_1h AS
SELECT underlying_symbol, bucket, call_volume + put_volume AS volume, call_volume, put_volume, avg_implied_volatility,
       contracts
FROM (SELECT c.underlying AS underlying_symbol, h.bucket,
             CAST(greatest(sum(traded) FILTER (WHERE c.option_type = 'call'), 0) AS BIGINT) AS call_volume,
             CAST(greatest(sum(traded) FILTER (WHERE c.option_type = 'put'), 0) AS BIGINT) AS put_volume,
             avg(implied_volatility) AS avg_implied_volatility, count(*) AS contracts
      FROM (SELECT contract_id, bucket, implied_volatility,
                   total - coalesce(lag(total) OVER (PARTITION BY contract_id, new_york_day(bucket), total IS NULL
                                                   ORDER BY bucket), 0) AS traded
            FROM (SELECT contract_id, date_trunc('hour', "at" - INTERVAL 1 MICROSECOND) AS bucket,
                         max_by(struct_pack(v := implied_volatility), "at").v AS implied_volatility,
                         arg_max(volume, "at") AS total
                  FROM option_quotes
                  GROUP BY ALL) AS hours) AS h
      JOIN option_contracts AS c ON c.contract_id = h.contract_id
      GROUP BY c.underlying, h.bucket) AS summed;

-- Signals by the day in New York and symbol.
CREATE VIEW signal_performance_1d AS
SELECT new_york_day("at") AS bucket, symbol, count(*) AS total_signals, avg(confidence) AS avg_confidence,
       count(*) FILTER (WHERE action IN ('long', 'exit_short')) AS buy_signals,
       count(*) FILTER (WHERE action IN ('short', 'exit_long')) AS sell_signals,
       count(*) FILTER (WHERE action = 'hold') AS hold_signals,
       count(*) FILTER (WHERE status = 'executed') AS executed_signals
FROM signals
GROUP BY ALL;

-- Closes of a symbol by the start of their bar, which is 1 minute, 5 minutes, 1 hour or 1 day long.
CREATE MACRO stock_closes(of_symbol, every) AS TABLE
SELECT bucket AS "timestamp", close
FROM (SELECT INTERVAL 1 MINUTE AS width, symbol, bucket, close FROM stock_prices_1m
      UNION ALL SELECT INTERVAL 5 MINUTE, symbol, bucket, close FROM stock_prices_5m
      UNION ALL SELECT INTERVAL 1 HOUR, symbol, bucket, close FROM stock_prices_1h
      UNION ALL SELECT INTERVAL 1 DAY, symbol, bucket, close FROM stock_prices_1d) AS p
WHERE symbol = of_symbol AND width = CAST(every AS INTERVAL);

-- The mean of the last closes, NULL until there are as many as the period.
CREATE MACRO calculate_moving_average(of_symbol, period, every) AS TABLE
SELECT "timestamp", close, CASE WHEN count(*) OVER last_closes = period THEN avg(close) OVER last_closes END
       AS moving_average
FROM stock_closes(of_symbol, every)
WINDOW last_closes AS (ORDER BY "timestamp" ROWS period - 1 PRECEDING)
ORDER BY "timestamp";

-- Bands of so many standard deviations (of a population) around the mean of the last closes, NULL until there are as
-- many as the period.
CREATE MACRO calculate_bollinger_bands(of_symbol, period, deviations, every) AS TABLE
SELECT "timestamp", close, middle - deviations * deviation AS lower_band, middle AS middle_band,
       middle + deviations * deviation AS upper_band
FROM (SELECT "timestamp", close, CASE WHEN count(*) OVER last_closes = period THEN avg(close) OVER last_closes END
             AS middle, stddev_pop(close) OVER last_closes AS deviation
      FROM stock_closes(of_symbol, every)
      WINDOW last_closes AS (ORDER BY "timestamp" ROWS period - 1 PRECEDING)) AS b
ORDER BY "timestamp";

-- Wilder's relative strength index, from 0 to 100: NULL for the first closes, as many as the period, and as long as
-- none has changed. His averages are sums with weights that fall by (1 - 1 / period) a bar: after forty periods a
-- change weighs less than a float can tell.
CREATE MACRO calculate_rsi(of_symbol, period, every) AS TABLE
SELECT "timestamp", close, CASE WHEN number > period AND gain + loss > 0 THEN 100 * (gain / (gain + loss)) END AS rsi
FROM (SELECT "timestamp", close, number,
             list_sum(list_transform(changes, c -> greatest(c.change, 0)
                 * pow(1 - 1 / period, number - greatest(c.number, period + 1)))) AS gain,
             list_sum(list_transform(changes, c -> greatest(-c.change, 0)
                 * pow(1 - 1 / period, number - greatest(c.number, period + 1)))) AS loss
      FROM (SELECT "timestamp", close, number,
                   list(struct_pack(number := number, change := change))
                       OVER (ORDER BY number ROWS 40 * period PRECEDING) AS changes
            FROM (SELECT "timestamp", close, row_number() OVER (ORDER BY "timestamp") AS number,
                         close - lag(close) OVER (ORDER BY "timestamp") AS change
                  FROM stock_closes(of_symbol, every)) AS c) AS w) AS s
ORDER BY "timestamp";
