-- Check hypertable health
SELECT * FROM timescaledb_information.hypertables;

-- Check continuous aggregate status
SELECT * FROM timescaledb_information.continuous_aggregates;

-- Check compression status. Corrected: the view of hypertables calls the schema hypertable_schema and counts no
-- compressed chunks; the view of chunks tells them.
SELECT 
    h.hypertable_name,
    h.compression_enabled,
    count(*) FILTER (WHERE c.is_compressed) AS compressed_chunks,
    count(*) FILTER (WHERE NOT c.is_compressed) AS uncompressed_chunks
FROM timescaledb_information.hypertables AS h
LEFT JOIN timescaledb_information.chunks AS c USING (hypertable_schema, hypertable_name)
WHERE h.hypertable_schema = 'trading'
GROUP BY h.hypertable_name, h.compression_enabled;

-- Monitor chunk compression. Corrected: the view of chunks has is_compressed, and no sizes, which
-- chunk_compression_stats tells on the Community edition.
SELECT chunk_schema, chunk_name, is_compressed
FROM timescaledb_information.chunks
WHERE is_compressed;
