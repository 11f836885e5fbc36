-- Option contracts. Other tables refer to them by contract_id. Strikes are dollars. Text sorts by its bytes everywhere.
CREATE TABLE option_contracts (
    contract_id    BIGINT NOT NULL PRIMARY KEY,
    root           TEXT COLLATE "C" NOT NULL,
    expiration     DATE NOT NULL,
    option_type    TEXT COLLATE "C" NOT NULL,
    strike         DOUBLE PRECISION NOT NULL,
    underlying     TEXT COLLATE "C" NOT NULL,
    multiplier     BIGINT NOT NULL,
    exercise_style TEXT COLLATE "C" NOT NULL,
    adjusted       BOOLEAN NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL,
    listed_on      DATE,
    source         TEXT COLLATE "C" NOT NULL,
    recorded_at    TIMESTAMPTZ NOT NULL,
    UNIQUE (root, expiration, option_type, strike)
);

CREATE INDEX option_contracts_by_underlying ON option_contracts (underlying, expires_at);

-- Partitions a table by its column at where TimescaleDB is installed, and leaves it as it is elsewhere.
CREATE FUNCTION partition_by_time(partitioned regclass, width interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    timescale text := (SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                       WHERE extname = 'timescaledb');
BEGIN
    IF timescale IS NOT NULL THEN
        -- The primary key is all the index that is needed.
        EXECUTE format('SELECT %s.create_hypertable($1, ''at'', chunk_time_interval => $2, create_default_indexes => false)',
                       timescale)
        USING partitioned, width;
    END IF;
END $$;

-- The schema of TimescaleDB's functions for a table that it partitions, NULL for any other.
CREATE FUNCTION timescale_of(partitioned text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    timescale text := (SELECT quote_ident(nspname) FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
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

-- Drops the partitions of a table that end before an instant, where it has any. Rows before it in other partitions stay.
CREATE FUNCTION drop_partitions(partitioned text, before timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    timescale text := timescale_of(partitioned);
BEGIN
    IF timescale IS NOT NULL THEN
        EXECUTE format('SELECT %s.drop_chunks($1, older_than => $2)', timescale) USING partitioned::regclass, before;
    END IF;
END $$;

-- The bytes of a table on disk: with its partitions, what is compressed of them, and all indexes.
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

-- About how many bytes a row of a table takes: the mean of some rows with their line pointers, and 40 in each index. Other than
-- the bytes of the table it does not grow with the room that deleted rows leave; NULL without rows.
CREATE FUNCTION row_bytes(measured text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    width float8;
BEGIN
    EXECUTE format('SELECT avg(pg_column_size(sample.*)) FROM (SELECT * FROM %I LIMIT 1000) AS sample', measured) INTO width;
    RETURN width + 4 + 40 * (SELECT count(*) FROM pg_index WHERE indrelid = to_regclass(quote_ident(measured)));
END $$;
