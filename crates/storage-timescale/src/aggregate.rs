//! Materialised aggregates, where the server has them: TimescaleDB's continuous aggregates.

use tokio_postgres::{Client, Error};

use crate::dialect::LOCK;

/// An aggregate of a dataset. Only what [`keep`] has refreshed is in it, so that no other has to be known.
struct Aggregate {
    dataset: &'static str,
    view: &'static str,
    /// The query, with `%` for the schema of the extension's functions.
    select: &'static str,
}

const AGGREGATES: [Aggregate; 2] = [
    Aggregate {
        dataset: "underlying_quotes",
        view: "underlying_quotes_1m",
        select: "SELECT symbol, %.time_bucket(INTERVAL '1 minute', at) AS bucket, \
                 %.first(coalesce(last, (bid + ask) / 2), at) FILTER (WHERE coalesce(last, bid + ask) IS NOT NULL) \
                 AS open, \
                 max(coalesce(last, (bid + ask) / 2)) AS high, min(coalesce(last, (bid + ask) / 2)) AS low, \
                 %.last(coalesce(last, (bid + ask) / 2), at) FILTER (WHERE coalesce(last, bid + ask) IS NOT NULL) \
                 AS close, \
                 %.last(volume, at) FILTER (WHERE volume IS NOT NULL) AS told, max(volume) AS most, \
                 %.last(source, at) AS source, max(recorded_at) AS recorded_at \
                 FROM underlying_quotes GROUP BY symbol, bucket",
    },
    Aggregate {
        dataset: "option_quotes",
        view: "option_quotes_1h",
        // An hour holds its end and not its start.
        select: "SELECT contract_id, \
                 %.time_bucket(INTERVAL '1 hour', at, origin => TIMESTAMPTZ '2000-01-01 00:00:00.000001Z') AS bucket, \
                 max(at) AS at, %.last(implied_volatility, at) AS implied_volatility, \
                 %.last(volume, at) FILTER (WHERE volume IS NOT NULL) AS told, max(recorded_at) AS recorded_at \
                 FROM option_quotes GROUP BY contract_id, bucket",
    },
];

/// Returns the option that makes a server refresh all buckets at once, where the server would refresh a few at a time:
/// minutes of ten days of quotes took 0.1 s instead of ten.
const REFRESH_OPTION: &str = "\
    SELECT CASE WHEN EXISTS (SELECT FROM pg_proc WHERE proname = 'refresh_continuous_aggregate' \
                             AND 'options' = ANY (proargnames)) \
           THEN ', options => ''{\"buckets_per_batch\": 0}''' ELSE '' END";

/// Brings the aggregates of the schema up to date with all rows up to the last full hour, and makes them when there are
/// none. The client's connection is not to be used again: it holds a lock, so that there is one refresh at a time.
pub(crate) async fn keep(client: &Client) -> Result<(), Error> {
    client
        .batch_execute("SELECT pg_advisory_lock(hashtextextended(current_schema() || '.kept_aggregates', 0))")
        .await?;
    let option: String = client.query_one(REFRESH_OPTION, &[]).await?.try_get(0)?;
    for Aggregate { dataset, view, select } in AGGREGATES {
        let extension: String = client.query_one("SELECT timescale_of($1)", &[&dataset]).await?.try_get(0)?;
        if client.query_one("SELECT to_regclass($1) IS NULL", &[&view]).await?.try_get(0)? {
            let select = select.replace('%', &extension);
            let create = format!(
                "CREATE MATERIALIZED VIEW {view} WITH (timescaledb.continuous, \
                 timescaledb.materialized_only = true) AS \
                 {select} WITH NO DATA"
            );
            client.batch_execute(&create).await?;
        }
        // Once this is committed, no writer is under way who does not know of it.
        let lock = LOCK.replace("$1", &format!("'{dataset}'"));
        let begin = format!(
            "BEGIN; {lock}; INSERT INTO kept_aggregates VALUES ('{dataset}', '1800-01-01 00:00:00Z', \
             date_trunc('hour', now(), 'UTC')) \
             ON CONFLICT (dataset) DO UPDATE SET pending = excluded.pending; COMMIT"
        );
        client.batch_execute(&begin).await?;
        let refresh = format!(
            "CALL {extension}.refresh_continuous_aggregate('{view}', NULL, date_trunc('hour', now(), 'UTC'){option})"
        );
        client.batch_execute(&refresh).await?;
        let end = format!(
            "UPDATE kept_aggregates SET until = greatest(until, pending), pending = '1800-01-01 00:00:00Z' WHERE \
             dataset = '{dataset}'"
        );
        client.batch_execute(&end).await?;
    }
    Ok(())
}
