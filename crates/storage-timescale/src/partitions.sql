UNION ALL
SELECT hypertable_name::text, 'partitions',
       'by ' || column_name || ', ' || (extract(epoch FROM time_interval) / 86400)::float8 || ' days each', ''
FROM timescaledb_information.dimensions
WHERE hypertable_schema = current_schema()
