-- The market family. Prices and strikes are dollars; text sorts by its bytes. A table x_history holds the superseded
-- versions of table x: each was valid from its recorded_at until the recorded_at of the next version.

-- Partitions a table by its column at where TimescaleDB is installed, and changes nothing elsewhere. The session may ask
-- for another width, in days, by the setting strikebook.partition_days_TABLE.
CREATE FUNCTION partition_by_time(partitioned regclass, width interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    timescale text := (SELECT quote_ident(nspname)
                       FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                       WHERE extname = 'timescaledb');
    days text := current_setting('strikebook.partition_days_' || partitioned, true);
BEGIN
    IF days <> '' THEN
        width := make_interval(days => days::integer);
    END IF;
    IF timescale IS NOT NULL THEN
        -- The primary key is all the index that is needed.
        EXECUTE format(
            'SELECT %s.create_hypertable($1, ''at'', chunk_time_interval => $2, create_default_indexes => false)',
            timescale)
        USING partitioned, width;
    END IF;
END $$;

-- Returns the schema of TimescaleDB's functions for a table that it partitions, NULL for any other table.
CREATE FUNCTION timescale_of(partitioned text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    timescale text := (SELECT quote_ident(nspname)
                       FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                       WHERE extname = 'timescaledb');
    has_partitions boolean := false;
BEGIN
    IF timescale IS NOT NULL THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM timescaledb_information.hypertables
                                WHERE hypertable_schema = current_schema() AND hypertable_name = $1)'
        INTO has_partitions USING partitioned;
    END IF;
    RETURN CASE WHEN has_partitions THEN timescale END;
END $$;

-- Drops the partitions of a table that end before an instant, if the table has any. Older rows in other partitions
-- stay.
CREATE FUNCTION drop_partitions(partitioned text, before timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    timescale text := timescale_of(partitioned);
BEGIN
    IF timescale IS NOT NULL THEN
        EXECUTE format('SELECT %s.drop_chunks($1, older_than => $2)', timescale) USING partitioned::regclass, before;
    END IF;
END $$;

-- Makes a table in partitions compressible, in a way that suits its rows of the last partition's width. A series is what
-- the primary key names besides at. Of series with 100 rows or more, each is compressed by itself and found at once.
-- Shorter ones share blocks in their order: quotes of the end of the day, compressed series by series, took three times
-- their room.
CREATE FUNCTION make_compressible(partitioned text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    series text := (SELECT string_agg(quote_ident(attname), ', ' ORDER BY ordinality)
                    FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part (attnum, ordinality)
                    JOIN pg_attribute USING (attnum)
                    WHERE indisprimary AND indrelid = to_regclass(quote_ident(partitioned)) AND attrelid = indrelid
                      AND attname <> 'at');
    width interval;
    is_segmented boolean;
    is_long boolean;
BEGIN
    IF timescale_of(partitioned) IS NULL THEN
        RETURN;
    END IF;
    SELECT time_interval INTO width FROM timescaledb_information.dimensions
    WHERE hypertable_schema = current_schema() AND hypertable_name = partitioned;
    EXECUTE format('SELECT coalesce(count(*) >= 100 * count(DISTINCT (%s)) AND count(*) > 0, false) FROM %I
                    WHERE at > (SELECT max(at) FROM %2$I) - $1', series, partitioned)
    INTO is_long USING width;
    SELECT bool_or(segmentby_column_index IS NOT NULL) INTO is_segmented FROM timescaledb_information.compression_settings
    WHERE hypertable_schema = current_schema() AND hypertable_name = partitioned;
    IF is_segmented IS DISTINCT FROM is_long THEN
        EXECUTE format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = %L,
                                            timescaledb.compress_orderby = %L)', partitioned,
                       CASE WHEN is_long THEN series ELSE '' END,
                       CASE WHEN is_long THEN 'at DESC' ELSE series || ', at DESC' END);
    END IF;
END $$;

-- Returns the bytes of a table on disk, with its partitions (compressed ones too) and all indexes.
CREATE FUNCTION table_bytes(measured text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    measured_table regclass := to_regclass(quote_ident(measured));
    timescale text := timescale_of(measured);
    bytes bigint;
BEGIN
    IF timescale IS NULL THEN
        RETURN pg_total_relation_size(measured_table);
    END IF;
    EXECUTE format('SELECT %s.hypertable_size($1)', timescale) INTO bytes USING measured_table;
    RETURN bytes;
END $$;

-- Returns about how many bytes a row of a table takes: the mean of a sample with line pointers, and 40 bytes in each
-- index. Unlike the bytes of the table, the result does not count the room of deleted rows. NULL without rows.
CREATE FUNCTION row_bytes(measured text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    width float8;
BEGIN
    EXECUTE format('SELECT avg(pg_column_size(sample.*)) FROM (SELECT * FROM %I LIMIT 1000) AS sample', measured)
    INTO width;
    RETURN width + 4 + 40 * (SELECT count(*) FROM pg_index WHERE indrelid = to_regclass(quote_ident(measured)));
END $$;

-- Option contracts. Quotes and Greeks refer to them by contract_id. The payoff is struck at settles_at, and trading ends
-- at last_trade_at. A contract is overridden when its underlying or its terms, from multiplier to hours, are not those of
-- the library's product table.
CREATE TABLE option_contracts (
    contract_id    BIGINT NOT NULL PRIMARY KEY,
    root           TEXT COLLATE "C" NOT NULL,
    expiration     DATE NOT NULL,
    option_type    TEXT COLLATE "C" NOT NULL,
    strike         DOUBLE PRECISION NOT NULL,
    underlying     TEXT COLLATE "C" NOT NULL,
    multiplier     BIGINT NOT NULL,
    exercise_style TEXT COLLATE "C" NOT NULL,
    settlement     TEXT COLLATE "C" NOT NULL,
    delivery       TEXT COLLATE "C" NOT NULL,
    last_trading   TEXT COLLATE "C" NOT NULL,
    hours          TEXT COLLATE "C" NOT NULL,
    adjusted       BOOLEAN NOT NULL,
    overridden     BOOLEAN NOT NULL,
    settles_at     TIMESTAMPTZ NOT NULL,
    last_trade_at  TIMESTAMPTZ NOT NULL,
    listed_on      DATE,
    source         TEXT COLLATE "C" NOT NULL,
    recorded_at    TIMESTAMPTZ NOT NULL,
    UNIQUE (root, expiration, option_type, strike)
);

CREATE INDEX option_contracts_by_underlying ON option_contracts (underlying, last_trade_at);
CREATE INDEX option_contracts_by_root ON option_contracts (underlying, root, expiration);

-- The revision of the product table from which terms and instants of option_contracts were computed: one row.
CREATE TABLE product_revision (
    revision BIGINT NOT NULL
);

-- Quotes of option contracts. Theta is per year, vega per 1.00 of volatility, rho per 1.00 of interest rate.
CREATE TABLE option_quotes (
    contract_id        BIGINT NOT NULL,
    at                 TIMESTAMPTZ NOT NULL,
    bid                DOUBLE PRECISION,
    ask                DOUBLE PRECISION,
    last               DOUBLE PRECISION,
    bid_size           BIGINT,
    ask_size           BIGINT,
    volume             BIGINT,
    open_interest      BIGINT,
    implied_volatility DOUBLE PRECISION,
    delta              DOUBLE PRECISION,
    gamma              DOUBLE PRECISION,
    theta              DOUBLE PRECISION,
    vega               DOUBLE PRECISION,
    rho                DOUBLE PRECISION,
    underlying_price   DOUBLE PRECISION,
    source             TEXT COLLATE "C" NOT NULL,
    recorded_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (contract_id, at)
);

-- A week: short enough for fine drops, and long enough that a search for the newest quote of any age, which looks into
-- every partition, stays quick.
SELECT partition_by_time('option_quotes', INTERVAL '7 days');

-- Superseded versions of option_quotes.
CREATE TABLE option_quotes_history (LIKE option_quotes, PRIMARY KEY (contract_id, at, recorded_at));

-- Headers of chain fetches, one row per underlying and fetch.
CREATE TABLE chain_snapshots (
    underlying       TEXT COLLATE "C" NOT NULL,
    at               TIMESTAMPTZ NOT NULL,
    underlying_price DOUBLE PRECISION,
    contracts        BIGINT NOT NULL,
    expirations      BIGINT NOT NULL,
    source           TEXT COLLATE "C" NOT NULL,
    recorded_at      TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (underlying, at)
);

-- A quarter: a row is one fetch.
SELECT partition_by_time('chain_snapshots', INTERVAL '90 days');

-- Superseded versions of chain_snapshots.
CREATE TABLE chain_snapshots_history (LIKE chain_snapshots, PRIMARY KEY (underlying, at, recorded_at));

-- Quotes of underlyings.
CREATE TABLE underlying_quotes (
    symbol      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    bid         DOUBLE PRECISION,
    ask         DOUBLE PRECISION,
    last        DOUBLE PRECISION,
    bid_size    BIGINT,
    ask_size    BIGINT,
    volume      BIGINT,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, at)
);

SELECT partition_by_time('underlying_quotes', INTERVAL '30 days');

-- Superseded versions of underlying_quotes.
CREATE TABLE underlying_quotes_history (LIKE underlying_quotes, PRIMARY KEY (symbol, at, recorded_at));

-- Bars. The event time (at) of a bar is its end.
CREATE TABLE bars (
    instrument  TEXT COLLATE "C" NOT NULL,
    timeframe   TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    open        DOUBLE PRECISION NOT NULL,
    high        DOUBLE PRECISION NOT NULL,
    low         DOUBLE PRECISION NOT NULL,
    close       DOUBLE PRECISION NOT NULL,
    volume      BIGINT,
    vwap        DOUBLE PRECISION,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (instrument, timeframe, at)
);

-- A quarter: daily bars reach back for decades.
SELECT partition_by_time('bars', INTERVAL '90 days');

-- Superseded versions of bars.
CREATE TABLE bars_history (LIKE bars, PRIMARY KEY (instrument, timeframe, at, recorded_at));

-- Corporate actions. The event time (at) of an action is the start of its date in New York: of the ex-date of splits
-- and dividends. A split gives new_shares for old_shares, a stock dividend new_shares beside them; amounts are per
-- share. They are too few for partitions.
CREATE TABLE corporate_actions (
    symbol      TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    date        DATE NOT NULL,
    status      TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    new_shares  NUMERIC(20,8),
    old_shares  NUMERIC(20,8),
    amount      NUMERIC(20,8),
    currency    TEXT COLLATE "C",
    record_date DATE,
    pay_date    DATE,
    counterpart TEXT COLLATE "C",
    contract    JSONB,
    report_time TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, kind, at)
);

-- Superseded versions of corporate_actions.
CREATE TABLE corporate_actions_history (LIKE corporate_actions, PRIMARY KEY (symbol, kind, at, recorded_at));

-- Fundamentals of underlyings. They are too few for partitions.
CREATE TABLE fundamentals (
    symbol             TEXT COLLATE "C" NOT NULL,
    at                 TIMESTAMPTZ NOT NULL,
    market_cap         BIGINT,
    shares_outstanding BIGINT,
    source             TEXT COLLATE "C" NOT NULL,
    recorded_at        TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (symbol, at)
);

-- Superseded versions of fundamentals.
CREATE TABLE fundamentals_history (LIKE fundamentals, PRIMARY KEY (symbol, at, recorded_at));

-- Observations of economic series. The event time (at) of an observation is the end of its day in New York. They are
-- too few for partitions.
CREATE TABLE economic_observations (
    series      TEXT COLLATE "C" NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    date        DATE NOT NULL,
    value       DOUBLE PRECISION NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (series, at)
);

-- Superseded versions of economic_observations.
CREATE TABLE economic_observations_history (LIKE economic_observations, PRIMARY KEY (series, at, recorded_at));

-- The instants up to which the materialised aggregates of a dataset are fresh: before `until` they say what its rows
-- say. A refresh in progress will have made them fresh up to `pending`. A writer lowers both instants to the first row
-- that it changes.
CREATE TABLE kept_aggregates (
    dataset TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    until   TIMESTAMPTZ NOT NULL,
    pending TIMESTAMPTZ NOT NULL
);

-- Returns the bytes of the materialised aggregates.
CREATE FUNCTION kept_bytes() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    timescale text := timescale_of('option_quotes');
    bytes bigint := 0;
BEGIN
    IF timescale IS NOT NULL THEN
        EXECUTE format('SELECT coalesce(sum(%s.hypertable_size(format(''%%I.%%I'', materialization_hypertable_schema,
                                                                      materialization_hypertable_name)::regclass)), 0)
                        FROM timescaledb_information.continuous_aggregates
                        WHERE view_schema = current_schema()', timescale)
        INTO bytes;
    END IF;
    RETURN bytes;
END $$;

-- The days on which rows of a dataset lie, by part (the revision of a model, empty for quotes), root and expiration:
-- what the store holds, without a look at the rows. at and recorded_at are those of a version that no other one of that
-- day in New York precedes on both clocks.
CREATE TABLE stored_days (
    dataset     TEXT COLLATE "C" NOT NULL,
    part        TEXT COLLATE "C" NOT NULL,
    root        TEXT COLLATE "C" NOT NULL,
    expiration  DATE NOT NULL,
    day         DATE NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (dataset, part, root, expiration, day, at, recorded_at)
);
