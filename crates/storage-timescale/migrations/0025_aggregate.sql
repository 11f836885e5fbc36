-- How far the aggregates that TimescaleDB keeps of a dataset can be believed: whatever lies before `until` is in them as it
-- is in the rows. A writer lowers both instants to the first row that it changes. `pending` is what a refresh that is under
-- way will have brought up to date.
CREATE TABLE kept_aggregates (
    dataset TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    until   TIMESTAMPTZ NOT NULL,
    pending TIMESTAMPTZ NOT NULL
);

-- The bytes of the aggregates that are kept.
CREATE FUNCTION kept_bytes() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    timescale text := timescale_of('option_quotes');
    bytes bigint := 0;
BEGIN
    IF timescale IS NOT NULL THEN
        EXECUTE format('SELECT coalesce(sum(%s.hypertable_size(format(''%%I.%%I'', materialization_hypertable_schema,
                                                                      materialization_hypertable_name)::regclass)), 0)
                        FROM timescaledb_information.continuous_aggregates WHERE view_schema = current_schema()', timescale)
        INTO bytes;
    END IF;
    RETURN bytes;
END $$;
