//! Size, and compaction: what PostgreSQL calls a full vacuum.

use strikebook_core::{
    Result,
    maintenance::{Compacted, DiskSize},
};
use strikebook_storage_sql::Session;
use tokio_postgres::{Client, Error};

use crate::{error::classify, pool::BlockingCall};

/// Writes every table of the schema anew and analyses it, its partitions included, without a limit of time. A plain
/// vacuum keeps the space for the table's own rows to come, and a store that has to get smaller would not.
pub(crate) fn compact(worker: &BlockingCall) -> Result<Compacted> {
    // A vacuum runs in no transaction, where a pooler's change of process would be noticed.
    let client = worker.connect_tested()?;
    let compacted = worker.handle.block_on(async {
        client.batch_execute("SET statement_timeout = 0").await?;
        let bytes_before = bytes(&client).await?;
        if let Some(tables) = tables(&client).await? {
            client.batch_execute(&format!("VACUUM (FULL, ANALYZE) {tables}")).await?;
        }
        Ok(Compacted { bytes_before, bytes_after: bytes(&client).await? })
    });
    worker.release(client, false);
    compacted.map_err(classify)
}

/// Bytes of the tables and of the aggregates that are kept, and of the tables' what dead rows take by the server's
/// statistics.
const BYTES: &str = "\
    SELECT (SELECT sum(table_bytes(relname))::bigint FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace \
            WHERE nspname = current_schema() AND relkind = 'r') + kept_bytes(), \
           sum(pg_total_relation_size(part.oid) * n_dead_tup::float8 / nullif(n_live_tup + n_dead_tup, 0))::bigint \
    FROM pg_class AS part LEFT JOIN pg_stat_all_tables ON relid = part.oid LEFT JOIN pg_inherits \
    ON inhrelid = part.oid \
    JOIN pg_class AS whole ON whole.oid = coalesce(inhparent, part.oid) \
    JOIN pg_namespace AS n ON n.oid = whole.relnamespace \
    WHERE nspname = current_schema() AND part.relkind = 'r'";

async fn tables(client: &Client) -> Result<Option<String>, Error> {
    let sql = "SELECT string_agg(quote_ident(relname), ', ') FROM pg_class JOIN pg_namespace AS n \
               ON n.oid = relnamespace \
               WHERE nspname = current_schema() AND relkind = 'r'";
    client.query_one(sql, &[]).await?.try_get(0)
}

/// Bytes of the tables, their partitions and the indexes of both.
async fn bytes(client: &Client) -> Result<Option<u64>, Error> {
    let bytes: Option<i64> = client.query_one(BYTES, &[]).await?.try_get(0)?;
    Ok(bytes.map(i64::unsigned_abs))
}

/// The same as a job, with what dead rows take of it by the server's statistics, which are a little late.
pub(crate) fn disk_size(session: &mut dyn Session) -> Result<Option<DiskSize>> {
    let mut size = None;
    session.query(BYTES, &[], &mut |row| {
        let free = row.integer(1)?.unwrap_or(0).unsigned_abs();
        size = row.integer(0)?.map(|bytes| DiskSize { bytes: bytes.unsigned_abs(), free });
        Ok(())
    })?;
    Ok(size)
}
