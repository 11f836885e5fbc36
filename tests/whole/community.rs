//! TimescaleDB's Community edition: policies as jobs of its scheduler, and what these jobs do.

use chrono::TimeDelta;
use strikebook::{
    AsOf, Clock as _, Source, SystemClock, Timestamp,
    directory::{DirectoryQuery, DirectoryRepository as _},
    maintenance::{Dataset, Maintenance as _, Policies, Policy, Retention, maintain},
    market::{
        AggregateRepository as _, ChainRepository as _, OptionQuote, Timeframe, UnderlyingQuote,
        UnderlyingRepository as _,
    },
    open,
};
use strikebook_testkit::{run_on_threads, trial::Trial, trials};
use strikebook_tests::server::{Schema, Server};
use tokio_postgres::{Client, NoTls};

use crate::queries::server_rows;

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    trials![
        policies_are_jobs_of_the_server,
        jobs_do_in_partitions_what_maintain_does_in_rows,
        many_compressed_rows_are_deleted_at_once
    ]
}

/// Lists the jobs of the schema: table, procedure, age or window, pause.
const JOBS: &str = "\
    SELECT hypertable_name, proc_name, \
           coalesce(config ->> 'drop_after', config ->> 'compress_after', \
                    (config ->> 'start_offset') || ' to ' || (config ->> 'end_offset')), schedule_interval::text \
    FROM timescaledb_information.jobs WHERE hypertable_schema = current_schema() ORDER BY 1, 2";

async fn connect(schema: &Schema) -> Client {
    let (client, connection) = tokio_postgres::connect(schema.server(), NoTls).await.expect("connected");
    tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path = {}", schema.name())).await.expect("set");
    client
}

/// Returns the rows of a query as lines, with bars between their values.
fn lines(client: &Client, sql: &str) -> Vec<String> {
    let line = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|");
    server_rows(client, sql).into_iter().map(line).collect()
}

fn policies_are_jobs_of_the_server() {
    run_on_threads(Server::COMMUNITY, async |_| {
        let schema = Server::COMMUNITY.schema()?;
        let (store, client) = (open(&schema.url()).await?, connect(&schema).await);
        assert!(lines(&client, JOBS).is_empty());
        // Twice: the second set takes the place of the first.
        for _ in 0..2 {
            store.set_policies(&Retention::Lean.policies(), SystemClock.now()).await?;
            let expected = [
                "bars|policy_compression|7 days|12:00:00",
                "chain_snapshots|policy_compression|7 days|12:00:00",
                "chain_snapshots|policy_retention|60 days|1 day",
                "greeks|policy_compression|7 days|12:00:00",
                "greeks|policy_retention|60 days|1 day",
                "option_quotes|policy_compression|7 days|12:00:00",
                "option_quotes|policy_retention|60 days|1 day",
                "option_quotes_1h|policy_refresh_continuous_aggregate|3 days to 01:00:00|01:00:00",
                "performance_metrics|policy_retention|731 days|1 day",
                "underlying_quotes|policy_compression|7 days|12:00:00",
                "underlying_quotes|policy_retention|90 days|1 day",
                "underlying_quotes_1m|policy_refresh_continuous_aggregate|3 days to 01:00:00|01:00:00",
            ];
            assert_eq!(lines(&client, JOBS), expected);
        }
        let one = Policies::new([Policy::Compress { dataset: Dataset::Bars, days: 30 }])?;
        store.set_policies(&one, SystemClock.now()).await?;
        assert_eq!(lines(&client, JOBS), ["bars|policy_compression|30 days|12:00:00"]);
        assert!(store.schema_status().await?.is_current(), "jobs are no drift");
        store.set_policies(&Policies::default(), SystemClock.now()).await?;
        assert!(lines(&client, JOBS).is_empty());
        store.close().await
    });
}

/// The jobs drop, compress and refresh partitions by themselves; `maintain` then does the rest.
fn jobs_do_in_partitions_what_maintain_does_in_rows() {
    run_on_threads(Server::COMMUNITY, async |_| {
        let schema = Server::COMMUNITY.schema()?;
        let (store, client) = (open(&schema.url()).await?, connect(&schema).await);
        let (now, source) = (SystemClock.now(), Source::new("test")?);
        let days_ago = |days| now.saturating_sub(TimeDelta::days(days));
        let contract = "SPY300118C00500000".parse()?;
        let quote = |days| OptionQuote::new(contract, days_ago(days), source.clone()).with_market(Some(1.0), Some(1.5));
        store.upsert_quotes(&[100, 30, 2].map(quote)).await?;
        let spy = "SPY".parse()?;
        let live =
            |days| UnderlyingQuote { last: Some(100.0), ..UnderlyingQuote::new(spy, days_ago(days), source.clone()) };
        store.upsert_underlying_quotes(&[200, 2].map(live)).await?;
        store.set_policies(&Retention::Lean.policies(), now).await?;
        for job in lines(
            &client,
            "SELECT job_id FROM timescaledb_information.jobs WHERE hypertable_schema = \
                                   current_schema() ORDER BY 1",
        ) {
            let run = format!("CALL {}.run_job({job})", lines(&client, "SELECT timescale_of('bars')").concat());
            client.batch_execute(&run).await.expect(&job);
        }
        let partitions = "SELECT hypertable_name, count(*), count(*) FILTER (WHERE is_compressed) FROM \
                          timescaledb_information.chunks WHERE hypertable_schema = current_schema() \
                          GROUP BY 1 ORDER BY 1";
        assert_eq!(lines(&client, partitions), ["option_quotes|2|1", "underlying_quotes|1|0"]);
        assert_eq!(lines(&client, "SELECT symbol, close FROM underlying_quotes_1m"), ["SPY|100"]);
        assert_eq!(lines(&client, "SELECT count(*) FROM option_quotes_1h"), ["1"]);
        // What the server dropped is in the directory until the store is maintained.
        let everything = AsOf::with_hindsight(Timestamp::MAX);
        let days = async || {
            Ok::<_, strikebook::Error>(store.list_quote_days(spy, &DirectoryQuery::new(everything)).await?.items.len())
        };
        assert_eq!(days().await?, 3);
        let applied = maintain(&*store, now).await?;
        assert!(applied.iter().all(|applied| applied.purged.rows == 0), "{applied:?}");
        assert_eq!(days().await?, 2);
        let bars = store.live_bars(spy, Timeframe::Minute1, days_ago(300), AsOf::instant(now)).await?;
        assert_eq!(bars.len(), 1, "{bars:?}");
        store.close().await
    });
}

/// The server's own limit is 100,000 rows a transaction.
fn many_compressed_rows_are_deleted_at_once() {
    run_on_threads(Server::COMMUNITY, async |_| {
        let schema = Server::COMMUNITY.schema()?;
        let store = open(&schema.url()).await?;
        let (first, source) = ("2025-09-02T00:00:00Z".parse::<Timestamp>()?, Source::new("test")?);
        let at = |second| first.saturating_add(TimeDelta::seconds(second));
        let spy = "SPY".parse()?;
        let quote =
            |second| UnderlyingQuote { last: Some(100.0), ..UnderlyingQuote::new(spy, at(second), source.clone()) };
        store.upsert_underlying_quotes(&(0..150_000).map(quote).collect::<Vec<_>>()).await?;
        assert_eq!(store.compress(Dataset::UnderlyingQuotes, SystemClock.now()).await?, 1);
        let purged = store.purge(Dataset::UnderlyingQuotes, at(120_000)).await?;
        assert_eq!(purged.rows, 120_000);
        store.close().await
    });
}
