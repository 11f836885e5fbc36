//! Compaction: what PostgreSQL calls vacuum.

use strikebook_core::{Result, maintenance::Compacted};
use tokio_postgres::{Client, Error};

use crate::{error::classify, pool::Worker};

/// Lets every table of the schema be vacuumed and analysed, its partitions included, without a limit of time.
pub(crate) fn compact(worker: &Worker) -> Result<Compacted> {
    let client = worker.connect()?;
    let compacted = worker.handle.block_on(async {
        client.batch_execute("SET statement_timeout = 0").await?;
        let bytes_before = bytes(&client).await?;
        if let Some(tables) = tables(&client).await? {
            client.batch_execute(&format!("VACUUM (ANALYZE) {tables}")).await?;
        }
        Ok(Compacted { bytes_before, bytes_after: bytes(&client).await? })
    });
    worker.release(client, false);
    compacted.map_err(classify)
}

async fn tables(client: &Client) -> Result<Option<String>, Error> {
    let sql = "SELECT string_agg(quote_ident(relname), ', ') FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace \
               WHERE nspname = current_schema() AND relkind = 'r'";
    client.query_one(sql, &[]).await?.try_get(0)
}

/// Bytes of the tables, their partitions and the indexes of both.
async fn bytes(client: &Client) -> Result<Option<u64>, Error> {
    let sql = "SELECT sum(pg_total_relation_size(part.oid))::bigint FROM pg_class AS part \
               LEFT JOIN pg_inherits ON inhrelid = part.oid \
               JOIN pg_class AS whole ON whole.oid = coalesce(inhparent, part.oid) \
               JOIN pg_namespace AS n ON n.oid = whole.relnamespace \
               WHERE nspname = current_schema() AND part.relkind = 'r'";
    let bytes: Option<i64> = client.query_one(sql, &[]).await?.try_get(0)?;
    Ok(bytes.map(i64::unsigned_abs))
}
