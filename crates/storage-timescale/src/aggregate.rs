//! Materialised aggregates, where the server has them: TimescaleDB's continuous aggregates.

use strikebook_core::{Result, Timestamp, maintenance::Dataset};
use tokio_postgres::{Client, Error};

use crate::{dialect::LOCK, error::classify, pool::BlockingCall};

/// An aggregate of a dataset. Reads use the buckets that [`refresh`] has promised.
pub(crate) struct Aggregate {
    dataset: Dataset,
    pub(crate) view: &'static str,
    /// The query, with `%` for the schema of the extension's functions.
    select: &'static str,
}

const AGGREGATES: [Aggregate; 2] = [
    Aggregate {
        dataset: Dataset::UnderlyingQuotes,
        view: "underlying_quotes_1m",
        select: "SELECT symbol, %.time_bucket(INTERVAL '1 minute', at) AS bucket, \
                 %.first(coalesce(last, (bid + ask) / 2), at) FILTER (WHERE coalesce(last, bid + ask) IS NOT NULL) \
                 AS open, \
                 max(coalesce(last, (bid + ask) / 2)) AS high, min(coalesce(last, (bid + ask) / 2)) AS low, \
                 %.last(coalesce(last, (bid + ask) / 2), at) FILTER (WHERE coalesce(last, bid + ask) IS NOT NULL) \
                 AS close, \
                 %.last(volume, at) FILTER (WHERE volume IS NOT NULL) AS total, max(volume) AS most, \
                 %.last(source, at) AS source, max(recorded_at) AS recorded_at \
                 FROM underlying_quotes GROUP BY symbol, bucket",
    },
    Aggregate {
        dataset: Dataset::OptionQuotes,
        view: "option_quotes_1h",
        // An hour holds its end and not its start.
        select: "SELECT contract_id, \
                 %.time_bucket(INTERVAL '1 hour', at, origin => TIMESTAMPTZ '2000-01-01 00:00:00.000001Z') AS bucket, \
                 max(at) AS at, %.last(implied_volatility, at) AS implied_volatility, \
                 %.last(volume, at) FILTER (WHERE volume IS NOT NULL) AS total, max(recorded_at) AS recorded_at \
                 FROM option_quotes GROUP BY contract_id, bucket",
    },
];

/// Returns the option that makes a server refresh all buckets at once, where the server would refresh a few at a time:
/// minutes of ten days of quotes took 0.1 s instead of ten.
const REFRESH_OPTION: &str = "\
    SELECT CASE WHEN EXISTS (SELECT FROM pg_proc WHERE proname = 'refresh_continuous_aggregate' \
                             AND 'options' = ANY (proargnames)) \
           THEN ', options => ''{\"buckets_per_batch\": 0}''' ELSE '' END";

/// Returns the aggregates of a dataset.
pub(crate) fn of(dataset: Dataset) -> impl Iterator<Item = &'static Aggregate> {
    AGGREGATES.iter().filter(move |aggregate| aggregate.dataset == dataset)
}

impl Aggregate {
    /// Returns the statement that makes the view, empty, with the schema of the extension's functions.
    pub(crate) fn create(&self, extension: &str) -> String {
        format!(
            "CREATE MATERIALIZED VIEW {} WITH (timescaledb.continuous, timescaledb.materialized_only = true) AS {} \
             WITH NO DATA",
            self.view,
            self.select.replace('%', extension)
        )
    }
}

/// Brings the aggregates of a dataset up to date with all rows before an instant, up to the last full hour, and makes
/// them when there are none.
pub(crate) fn refresh(worker: &BlockingCall, dataset: Dataset, until: Timestamp) -> Result<()> {
    // A refresh runs in no transaction, where a pooler's change of process would be noticed.
    let client = worker.connect_tested()?;
    let refreshed = worker.handle.block_on(async {
        client.batch_execute("SET statement_timeout = 0").await?;
        for aggregate in of(dataset) {
            refresh_one(&client, aggregate, until).await?;
        }
        Ok(())
    });
    // The connection holds a lock and a setting.
    worker.release(client, false);
    refreshed.map_err(classify)
}

/// Refreshes an aggregate. The session's lock makes others wait, so that there is one refresh at a time.
async fn refresh_one(client: &Client, aggregate: &Aggregate, until: Timestamp) -> Result<(), Error> {
    let Aggregate { dataset, view, .. } = aggregate;
    client
        .batch_execute("SELECT pg_advisory_lock(hashtextextended(current_schema() || '.kept_aggregates', 0))")
        .await?;
    let option: String = client.query_one(REFRESH_OPTION, &[]).await?.try_get(0)?;
    let extension: String = client.query_one("SELECT timescale_of($1)", &[&dataset.as_str()]).await?.try_get(0)?;
    if client.query_one("SELECT to_regclass($1) IS NULL", &[view]).await?.try_get(0)? {
        client.batch_execute(&aggregate.create(&extension)).await?;
    }
    let until = format!("date_trunc('hour', least(now(), TIMESTAMPTZ '{until}'), 'UTC')");
    // Once this is committed, no writer is under way who does not know of it.
    let lock = LOCK.replace("$1", &format!("'{dataset}'"));
    let begin = format!(
        "BEGIN; {lock}; INSERT INTO kept_aggregates VALUES ('{dataset}', '1800-01-01 00:00:00Z', {until}) \
         ON CONFLICT (dataset) DO UPDATE SET pending = excluded.pending; COMMIT"
    );
    client.batch_execute(&begin).await?;
    client
        .batch_execute(&format!("CALL {extension}.refresh_continuous_aggregate('{view}', NULL, {until}{option})"))
        .await?;
    let end = format!(
        "UPDATE kept_aggregates SET until = greatest(until, pending), pending = '1800-01-01 00:00:00Z' \
         WHERE dataset = '{dataset}'"
    );
    client.batch_execute(&end).await
}
