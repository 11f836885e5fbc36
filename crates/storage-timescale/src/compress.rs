//! Compression of partitions, where the server can: TimescaleDB's columnstore.

use strikebook_core::{Result, Timestamp, maintenance::Dataset};
use tokio_postgres::{Client, Error};

use crate::{error::classify, pool::BlockingCall};

/// Makes the table `$1` compressible in the way that suits its rows.
pub(crate) const ENABLE: &str = "SELECT make_compressible($1)";

/// Writes the statements that compress the partitions of the table `$1` that end by `$2`, each with true if the
/// partition is not compressed yet. Those that are may have got rows afterwards.
const COMPRESS: &str = "\
    SELECT format('SELECT %s.compress_chunk(%L, if_not_compressed => true)', timescale_of(hypertable_name), \
                  format('%I.%I', chunk_schema, chunk_name)), NOT is_compressed \
    FROM timescaledb_information.chunks \
    WHERE hypertable_schema = current_schema() AND hypertable_name = $1 AND range_end <= $2::text::timestamptz \
    ORDER BY range_end";

/// Compresses the partitions of a dataset that end by an instant, each in a transaction of its own: writers of one
/// partition wait for that one only. Returns the number of those that were not compressed.
pub(crate) fn compress(worker: &BlockingCall, dataset: Dataset, before: Timestamp) -> Result<u64> {
    let client = worker.connect_tested()?;
    let compressed = worker.handle.block_on(compress_each(&client, dataset.as_str(), &before.to_string()));
    worker.release(client, false);
    compressed.map_err(classify)
}

async fn compress_each(client: &Client, table: &str, before: &str) -> Result<u64, Error> {
    client.batch_execute("SET statement_timeout = 0").await?;
    client.execute(ENABLE, &[&table]).await?;
    let mut compressed = 0;
    for row in client.query(COMPRESS, &[&table, &before]).await? {
        client.batch_execute(row.try_get(0)?).await?;
        compressed += u64::from(row.try_get::<_, bool>(1)?);
    }
    Ok(compressed)
}
