-- Views for people who query by hand. Each shows the current versions; only the library reads as of the past.

-- Option quotes with the natural columns of their contracts.
CREATE VIEW option_quotes_readable AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q.at,
       q.bid, q.ask, q.last, q.bid_size, q.ask_size, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, q.underlying_price, q.source, q.recorded_at
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id;

-- Option quotes with their contracts, the underlying's price at the quote, underlying over strike (moneyness), and
-- calendar days to the last trading day. Days are those of New York. Where a quote has no price of the underlying, the close
-- of the day's bar stands for it, which is later than the quote.
CREATE VIEW options_history AS
SELECT c.underlying, c.root, c.expiration, c.strike, c.option_type, q.at,
       (q.at AT TIME ZONE 'America/New_York')::date AS date,
       q.bid, q.ask, q.last, (q.bid + q.ask) / 2 AS mid, q.volume, q.open_interest, q.implied_volatility,
       q.delta, q.gamma, q.theta, q.vega, q.rho, coalesce(q.underlying_price, b.close) AS spot,
       (c.last_trade_at AT TIME ZONE 'America/New_York')::date - (q.at AT TIME ZONE 'America/New_York')::date
           AS days_to_expiration,
       coalesce(q.underlying_price, b.close) / c.strike AS moneyness, q.source
FROM option_quotes AS q JOIN option_contracts AS c ON c.contract_id = q.contract_id
LEFT JOIN LATERAL (
    SELECT close FROM bars
    WHERE q.underlying_price IS NULL AND instrument = c.underlying AND timeframe = '1d'
      AND at > (q.at AT TIME ZONE 'America/New_York')::date::timestamp AT TIME ZONE 'America/New_York'
      AND at <= ((q.at AT TIME ZONE 'America/New_York')::date + 1)::timestamp AT TIME ZONE 'America/New_York'
    ORDER BY at DESC LIMIT 1) AS b ON true;

-- Contracts traded in the last five days of all option quotes: the largest volume of a day, and the instant of the
-- newest quote with a volume. The type is C or P.
CREATE VIEW liquid_option_strikes AS
SELECT c.underlying, c.root, c.expiration, c.strike,
       CASE c.option_type WHEN 'call' THEN 'C' ELSE 'P' END AS option_type, t.volume, t.traded_at
FROM (SELECT contract_id, max(volume) AS volume, max(at) AS traded_at
      FROM option_quotes
      WHERE volume > 0 AND at >= (SELECT max(at) FROM option_quotes) - INTERVAL '5 days'
      GROUP BY contract_id) AS t JOIN option_contracts AS c ON c.contract_id = t.contract_id;

-- The adjustments of daily returns for corporate actions: the close before a daily bar is multiplied by the factor when
-- the bar's return is computed. Of each action between the two bars, a split of n for o shares counts o / n, a stock
-- dividend of n for o shares o / (o + n), and a cash dividend 1 - amount / close. NULL when a dividend is not below the
-- close, and where the symbol passes from one company to another or the company to another symbol.
CREATE VIEW daily_adjustments AS
SELECT symbol, at, CASE WHEN count(*) = count(step) THEN exp(sum(ln(step))) END AS factor
FROM (SELECT a.symbol, n.at,
             CASE a.kind
                 WHEN 'split' THEN a.old_shares::float8 / a.new_shares::float8
                 WHEN 'stock_dividend' THEN a.old_shares::float8 / (a.old_shares + a.new_shares)::float8
                 ELSE CASE WHEN a.amount < p.close THEN 1 - a.amount::float8 / p.close END END AS step
      FROM (SELECT symbol, at, kind, old_shares, new_shares, amount FROM corporate_actions
            WHERE status = 'confirmed' AND kind IN ('split', 'stock_dividend', 'cash_dividend', 'special_dividend',
                                                    'listing', 'delisting', 'symbol_change')
            UNION ALL
            SELECT counterpart, at, kind, NULL, NULL, NULL FROM corporate_actions
            WHERE status = 'confirmed' AND kind = 'symbol_change') AS a
      CROSS JOIN LATERAL (SELECT close FROM bars WHERE instrument = a.symbol AND timeframe = '1d' AND at <= a.at
                          ORDER BY at DESC LIMIT 1) AS p
      CROSS JOIN LATERAL (SELECT at FROM bars WHERE instrument = a.symbol AND timeframe = '1d' AND at > a.at
                          ORDER BY at LIMIT 1) AS n) AS steps
GROUP BY symbol, at;

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
      FROM (SELECT b.instrument AS symbol, (opened_at AT TIME ZONE 'UTC')::date AS date, open, high, low, close, volume,
                   close / nullif(lag(close) OVER (PARTITION BY b.instrument ORDER BY b.at)
                                  * CASE WHEN a.symbol IS NULL THEN 1 ELSE a.factor END, 0) - 1 AS daily_return
            FROM bars AS b LEFT JOIN daily_adjustments AS a ON a.symbol = b.instrument AND a.at = b.at
            WHERE timeframe = '1d' AND length(b.instrument) <= 16) AS daily
      WINDOW last_20 AS (PARTITION BY symbol ORDER BY date ROWS 19 PRECEDING),
             last_250 AS (PARTITION BY symbol ORDER BY date ROWS 249 PRECEDING)) AS windows;

-- The last price of every symbol, of its quotes (last trade, otherwise mid) and daily bars, with its volatilities as in
-- stock_price_history and the VIX. The newest bars of each symbol are looked up by themselves: windows over all of them
-- took ten times as long.
CREATE VIEW latest_market_snapshot AS
SELECT p.symbol, p.at, p.price, v.volatility_20d, v.volatility_250d,
       (SELECT value FROM economic_observations WHERE series IN ('VIX', 'VIXCLS')
        ORDER BY at DESC, series LIMIT 1) AS vix
FROM (SELECT symbol, at, price, row_number() OVER (PARTITION BY symbol ORDER BY at DESC) AS place
      FROM (SELECT symbol, at, coalesce(last, (bid + ask) / 2) AS price FROM underlying_quotes
            UNION ALL
            SELECT instrument, at, close FROM bars WHERE timeframe = '1d' AND length(instrument) <= 16) AS prices
      WHERE price IS NOT NULL) AS p
CROSS JOIN LATERAL (
    SELECT CASE WHEN count(change) FILTER (WHERE age <= 20) = 20
                THEN sqrt(252) * stddev_samp(change) FILTER (WHERE age <= 20) END AS volatility_20d,
           CASE WHEN count(change) = 250 THEN sqrt(252) * stddev_samp(change) END AS volatility_250d
    FROM (SELECT close / nullif(lag(close) OVER (ORDER BY newest.at)
                                * CASE WHEN a.symbol IS NULL THEN 1 ELSE a.factor END, 0) - 1 AS change,
                 row_number() OVER (ORDER BY newest.at DESC) AS age
          FROM (SELECT at, close FROM bars
                WHERE instrument = p.symbol AND timeframe = '1d' ORDER BY at DESC LIMIT 251) AS newest
          LEFT JOIN daily_adjustments AS a ON a.symbol = p.symbol AND a.at = newest.at) AS changes) AS v
WHERE p.place = 1;

-- Points of the equity curves of backtests, one row each.
CREATE VIEW backtest_equity AS
SELECT b.id AS backtest_id, b.strategy, p.at, p.equity
FROM backtests AS b CROSS JOIN LATERAL jsonb_to_recordset(b.equity) AS p (at TIMESTAMPTZ, equity DOUBLE PRECISION);

-- Trades of backtests, one row each, numbered from zero in the order of the run.
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

-- Days on which the exchange closes at 13:00, until 1992 at 14:00: those of `calendar::is_half_day`, up to 2049.
CREATE VIEW half_days AS
SELECT CAST(date AS date) AS date, CASE WHEN date < '1993-01-01' THEN TIME '14:00' ELSE TIME '13:00' END AS closes
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

-- Stock prices: bars of a minute, whose instant is their end, with the fundamentals stated last up to it.
CREATE VIEW stock_prices AS
SELECT instrument AS symbol, at AS "timestamp", open AS open_price, high AS high_price, low AS low_price,
       close AS close_price, volume, vwap,
       (SELECT f.market_cap FROM fundamentals AS f WHERE f.symbol = bars.instrument AND f.at <= bars.at
        ORDER BY f.at DESC LIMIT 1) AS market_cap,
       (SELECT f.shares_outstanding FROM fundamentals AS f WHERE f.symbol = bars.instrument AND f.at <= bars.at
        ORDER BY f.at DESC LIMIT 1) AS shares_outstanding,
       recorded_at AS created_at
FROM bars
WHERE timeframe = '1m' AND length(instrument) <= 16;

-- Minutes with the day in New York and the part of it in which they end: before the opening, in the session, or after
-- the close. Holidays have no minutes, so they need no list.
CREATE VIEW stock_minutes AS
SELECT instrument AS symbol, at, open, high, low, close, volume, vwap, day, opens,
       extract(isodow FROM day) < 6 AND at > opens AND at <= closes AS is_session,
       CASE WHEN extract(isodow FROM day) < 6 AND at > closes THEN closes
            WHEN extract(isodow FROM day) < 6 AND at > opens THEN opens
            ELSE day::timestamp AT TIME ZONE 'America/New_York' END AS part
FROM (SELECT d.*, (day + TIME '09:30') AT TIME ZONE 'America/New_York' AS opens,
             (day + coalesce(h.closes, TIME '16:00')) AT TIME ZONE 'America/New_York' AS closes
      FROM (SELECT *, ((at - INTERVAL '1 microsecond') AT TIME ZONE 'America/New_York')::date AS day
            FROM bars
            WHERE timeframe = '1m' AND length(instrument) <= 16) AS d
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
SELECT symbol, bucket, max(open) FILTER (WHERE at = first_at), max(high), min(low),
       max(close) FILTER (WHERE at = last_at),
       CASE WHEN count(volume) = count(*) THEN CAST(sum(volume) AS bigint) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0)::double precision END
FROM (SELECT *, min(at) OVER same_bucket AS first_at, max(at) OVER same_bucket AS last_at
      FROM (SELECT *, CASE WHEN volume = 0 THEN 0 ELSE volume * vwap END AS turnover,
                   date_bin(INTERVAL '5 minutes', at - INTERVAL '1 microsecond', part) AS bucket
            FROM stock_minutes AS m
            WHERE NOT EXISTS (SELECT FROM bars AS b WHERE b.instrument = m.symbol AND b.timeframe = '5m')) AS m
      WINDOW same_bucket AS (PARTITION BY symbol, bucket)) AS placed
GROUP BY symbol, bucket;

CREATE VIEW stock_prices_1h AS
SELECT instrument AS symbol, opened_at AS bucket, open, high, low, close, volume, vwap
FROM bars
WHERE timeframe = '1h' AND length(instrument) <= 16
UNION ALL
SELECT symbol, bucket, max(open) FILTER (WHERE at = first_at), max(high), min(low),
       max(close) FILTER (WHERE at = last_at),
       CASE WHEN count(volume) = count(*) THEN CAST(sum(volume) AS bigint) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0)::double precision END
FROM (SELECT *, min(at) OVER same_bucket AS first_at, max(at) OVER same_bucket AS last_at
      FROM (SELECT *, CASE WHEN volume = 0 THEN 0 ELSE volume * vwap END AS turnover,
                   date_bin(INTERVAL '1 hour', at - INTERVAL '1 microsecond', part) AS bucket
            FROM stock_minutes AS m
            WHERE NOT EXISTS (SELECT FROM bars AS b WHERE b.instrument = m.symbol AND b.timeframe = '1h')) AS m
      WINDOW same_bucket AS (PARTITION BY symbol, bucket)) AS placed
GROUP BY symbol, bucket;

CREATE VIEW stock_prices_1d AS
SELECT instrument AS symbol, opened_at AS bucket, open, high, low, close, volume, vwap
FROM bars
WHERE timeframe = '1d' AND length(instrument) <= 16
UNION ALL
SELECT symbol, bucket, max(open) FILTER (WHERE at = first_at), max(high), min(low),
       max(close) FILTER (WHERE at = last_at),
       CASE WHEN count(volume) = count(*) THEN CAST(sum(volume) AS bigint) END,
       CASE WHEN count(turnover) = count(*) THEN sum(turnover) / nullif(sum(volume), 0)::double precision END
FROM (SELECT *, min(at) OVER same_bucket AS first_at, max(at) OVER same_bucket AS last_at
      FROM (SELECT *, CASE WHEN volume = 0 THEN 0 ELSE volume * vwap END AS turnover,
                   opens AS bucket
            FROM stock_minutes AS m
            WHERE is_session
              AND NOT EXISTS (SELECT FROM bars AS b WHERE b.instrument = m.symbol AND b.timeframe = '1d')) AS m
      WINDOW same_bucket AS (PARTITION BY symbol, bucket)) AS placed
GROUP BY symbol, bucket;

-- Days made of the minutes of their sessions, or as stored. avg_price is the mean of the minutes' closes, and NULL for
-- days that are stored.
CREATE VIEW market_data_daily AS
SELECT (p.bucket AT TIME ZONE 'America/New_York')::date AS day, p.symbol, p.open, p.high, p.low, p.close, p.volume,
       m.avg_price
FROM stock_prices_1d AS p
LEFT JOIN (SELECT symbol, opens, avg(close) AS avg_price FROM stock_minutes WHERE is_session
           GROUP BY symbol, opens) AS m ON m.symbol = p.symbol AND m.opens = p.bucket;

-- Option quotes in the words of other systems. Intrinsic and time value are those of the quote's own underlying price,
-- otherwise of the close of the day's bar; the time value is that of the mid of an uncrossed market, otherwise of the
-- last trade.
CREATE VIEW options_data AS
SELECT underlying AS underlying_symbol,
       rpad(root, 6) || to_char(expiration, 'YYMMDD') || CASE option_type WHEN 'call' THEN 'C' ELSE 'P' END
           || lpad(round(strike * 1000)::bigint::text, 8, '0') AS option_symbol,
       at AS "timestamp", expiration AS expiration_date, strike AS strike_price,
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
SELECT c.underlying AS underlying_symbol, h.bucket,
       CAST(greatest(sum(traded) FILTER (WHERE c.option_type = 'call'), 0) AS bigint)
           + CAST(greatest(sum(traded) FILTER (WHERE c.option_type = 'put'), 0) AS bigint) AS volume,
       CAST(greatest(sum(traded) FILTER (WHERE c.option_type = 'call'), 0) AS bigint) AS call_volume,
       CAST(greatest(sum(traded) FILTER (WHERE c.option_type = 'put'), 0) AS bigint) AS put_volume,
       avg(implied_volatility) AS avg_implied_volatility, count(*) AS contracts
FROM (SELECT contract_id, bucket, implied_volatility,
             total - coalesce(lag(total) OVER (PARTITION BY contract_id, day, total IS NULL ORDER BY bucket), 0) AS traded
      FROM (SELECT contract_id, bucket, min(day) AS day,
                   max(implied_volatility) FILTER (WHERE at = last_at) AS implied_volatility,
                   max(volume) FILTER (WHERE at = total_at) AS total
            FROM (SELECT *, max(at) OVER same_bucket AS last_at,
                         max(at) FILTER (WHERE volume IS NOT NULL) OVER same_bucket AS total_at
                  FROM (SELECT contract_id, at, volume, implied_volatility,
                               date_trunc('hour', at - INTERVAL '1 microsecond', 'UTC') AS bucket,
                               ((at - INTERVAL '1 microsecond') AT TIME ZONE 'America/New_York')::date AS day
                        FROM option_quotes) AS q
                  WINDOW same_bucket AS (PARTITION BY contract_id, bucket)) AS placed
            GROUP BY contract_id, bucket) AS hours) AS h
JOIN option_contracts AS c ON c.contract_id = h.contract_id
GROUP BY c.underlying, h.bucket;

-- Signals by the day in New York and symbol.
CREATE VIEW signal_performance_1d AS
SELECT (at AT TIME ZONE 'America/New_York')::date AS bucket, symbol, count(*) AS total_signals,
       avg(confidence) AS avg_confidence,
       count(*) FILTER (WHERE action IN ('long', 'exit_short')) AS buy_signals,
       count(*) FILTER (WHERE action IN ('short', 'exit_long')) AS sell_signals,
       count(*) FILTER (WHERE action = 'hold') AS hold_signals,
       count(*) FILTER (WHERE status = 'executed') AS executed_signals
FROM signals
GROUP BY 1, 2;

-- Closes of a symbol by the start of their bar, which is 1 minute, 5 minutes, 1 hour or 1 day long.
CREATE FUNCTION stock_closes(of_symbol text, timeframe interval)
RETURNS TABLE ("timestamp" timestamptz, close double precision)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    CASE timeframe
        WHEN INTERVAL '1 minute' THEN
            RETURN QUERY SELECT p.bucket, p.close FROM stock_prices_1m AS p WHERE p.symbol = of_symbol ORDER BY 1;
        WHEN INTERVAL '5 minutes' THEN
            RETURN QUERY SELECT p.bucket, p.close FROM stock_prices_5m AS p WHERE p.symbol = of_symbol ORDER BY 1;
        WHEN INTERVAL '1 hour' THEN
            RETURN QUERY SELECT p.bucket, p.close FROM stock_prices_1h AS p WHERE p.symbol = of_symbol ORDER BY 1;
        WHEN INTERVAL '1 day' THEN
            RETURN QUERY SELECT p.bucket, p.close FROM stock_prices_1d AS p WHERE p.symbol = of_symbol ORDER BY 1;
        ELSE
            RAISE 'the timeframe % is not 1 minute, 5 minutes, 1 hour or 1 day', timeframe
                USING ERRCODE = 'invalid_parameter_value';
    END CASE;
END $$;

-- The mean of the last closes, NULL until there are as many as the period.
CREATE FUNCTION calculate_moving_average(of_symbol text, period integer, timeframe interval)
RETURNS TABLE ("timestamp" timestamptz, close double precision, moving_average double precision)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT c."timestamp", c.close, CASE WHEN count(*) OVER last_closes = period THEN avg(c.close) OVER last_closes END
    FROM stock_closes(of_symbol, timeframe) AS c
    WINDOW last_closes AS (ORDER BY c."timestamp" ROWS period - 1 PRECEDING)
    ORDER BY 1
$$;

-- Bands of so many standard deviations (of a population) around the mean of the last closes, NULL until there are as
-- many as the period.
CREATE FUNCTION calculate_bollinger_bands(of_symbol text, period integer, deviations double precision,
                                          timeframe interval)
RETURNS TABLE ("timestamp" timestamptz, close double precision, lower_band double precision,
               middle_band double precision, upper_band double precision)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT b."timestamp", b.close, b.middle - deviations * b.deviation, b.middle, b.middle + deviations * b.deviation
    FROM (SELECT c."timestamp", c.close,
                 CASE WHEN count(*) OVER last_closes = period THEN avg(c.close) OVER last_closes END AS middle,
                 stddev_pop(c.close) OVER last_closes AS deviation
          FROM stock_closes(of_symbol, timeframe) AS c
          WINDOW last_closes AS (ORDER BY c."timestamp" ROWS period - 1 PRECEDING)) AS b
    ORDER BY 1
$$;

-- Wilder's relative strength index, from 0 to 100: NULL for the first closes, as many as the period, and as long as
-- none has changed.
CREATE FUNCTION calculate_rsi(of_symbol text, period integer, timeframe interval)
RETURNS TABLE ("timestamp" timestamptz, close double precision, rsi double precision)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    before double precision;
    gain double precision := 0;
    loss double precision := 0;
    changes integer := 0;
    part double precision;
BEGIN
    IF period < 1 THEN
        RAISE 'a period must be at least 1, not %', period USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR "timestamp", close IN SELECT c."timestamp", c.close FROM stock_closes(of_symbol, timeframe) AS c LOOP
        rsi := NULL;
        IF before IS NOT NULL THEN
            changes := changes + 1;
            part := 1.0 / least(changes, period);
            gain := gain + part * (greatest(close - before, 0) - gain);
            loss := loss + part * (greatest(before - close, 0) - loss);
            IF changes >= period AND gain + loss > 0 THEN
                rsi := 100 * (gain / (gain + loss));
            END IF;
        END IF;
        before := close;
        RETURN NEXT;
    END LOOP;
END $$;
