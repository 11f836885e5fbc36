-- Check continuous aggregate status. Corrected: of this schema.
SELECT view_name, materialized_only FROM timescaledb_information.continuous_aggregates
WHERE view_schema = 'trading'
ORDER BY view_name;

-- Monitor chunk compression. Corrected: the view of chunks has is_compressed and no sizes, which
-- chunk_compression_stats tells.
SELECT 
    chunk_schema, chunk_name, compression_status,
    before_compression_total_bytes, after_compression_total_bytes
FROM chunk_compression_stats('trading.option_quotes')
WHERE compression_status = 'Compressed';

-- Check compression status. Corrected: of each table, hypertable_compression_stats tells the chunks.
SELECT total_chunks, number_compressed_chunks
FROM hypertable_compression_stats('trading.option_quotes');
