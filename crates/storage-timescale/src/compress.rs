//! Compression of old partitions, where the server can: TimescaleDB's columnstore.

use tokio_postgres::{Client, Error};

/// Makes a table compressible. A series is what its primary key names besides `at`: rows of one series lie together,
/// newest first, which is how they are read. `orderby` must not be given the columns of `segmentby`.
const ENABLE: &str = "\
    SELECT format('ALTER TABLE %I SET (timescaledb.compress, timescaledb.compress_segmentby = %L, \
                   timescaledb.compress_orderby = ''at DESC'')', hypertable_name, \
                  (SELECT string_agg(quote_ident(attname), ', ' ORDER BY ordinality) \
                   FROM pg_index, unnest(indkey::int2[]) WITH ORDINALITY AS part (attnum, ordinality) \
                   JOIN pg_attribute USING (attnum) \
                   WHERE indisprimary AND indrelid = quote_ident(hypertable_name)::regclass AND attrelid = indrelid \
                   AND attname <> 'at')) \
    FROM timescaledb_information.hypertables WHERE hypertable_schema = current_schema() AND NOT compression_enabled";

/// Compresses the partitions whose youngest possible row is older than so many days. Those that were compressed before
/// are among them, since rows may have been written to them afterwards.
const COMPRESS: &str = "\
    SELECT format('SELECT %s.compress_chunk(%L, if_not_compressed => true)', timescale_of(hypertable_name), \
                  format('%I.%I', chunk_schema, chunk_name)) \
    FROM timescaledb_information.chunks \
    WHERE hypertable_schema = current_schema() AND range_end < now() - make_interval(days => $1) ORDER BY range_end";

/// Compresses the partitions of the schema whose rows are all older than so many days, each in a transaction of its
/// own: writers of one partition wait for that one only.
pub(crate) async fn compress(client: &Client, days: i32) -> Result<(), Error> {
    for row in client.query(ENABLE, &[]).await? {
        client.batch_execute(row.try_get(0)?).await?;
    }
    for row in client.query(COMPRESS, &[&days]).await? {
        client.batch_execute(row.try_get(0)?).await?;
    }
    Ok(())
}
