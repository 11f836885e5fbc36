//! The queries that the documentation of a TimescaleDB schema for trading prints. Those of the catalog that name
//! columns which no server has are corrected, and say so. Definitions of tables, policies and users are no queries: the
//! migrations and `READMEs` of the adapters have ours.

use chrono::TimeDelta;
use strikebook::{
    Name, Result, Source, Store, Timestamp,
    maintenance::Dataset,
    market::OptionQuote,
    new_id,
    trading::{Signal, SignalAction},
};
use strikebook_testkit::{trial::Trial, trials};
use strikebook_tests::server::Server;

use super::{Rows, minutes, printed, symbol};
use crate::queries;

/// Lists the tests of this file.
pub(super) fn trials() -> Vec<Trial> {
    trials![
        printed_queries_of_the_trading_schema_run_on_servers,
        printed_queries_of_the_trading_schema_run_on_the_community_edition
    ]
}

fn printed_queries_of_the_trading_schema_run_on_servers() {
    for server in [Server::PLAIN, Server::TIMESCALE] {
        strikebook_testkit::run_on_threads(server, async |_| run(server).await);
    }
}

fn printed_queries_of_the_trading_schema_run_on_the_community_edition() {
    strikebook_testkit::run_on_threads(Server::COMMUNITY, async |_| run(Server::COMMUNITY).await);
}

/// Runs the queries on a server. They name the schema `trading`, the default of the adapter.
async fn run(server: Server) -> Result<()> {
    let url = server.schema()?.server().to_owned();
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("connected");
    let connection = tokio::spawn(connection);
    client.batch_execute("DROP SCHEMA IF EXISTS trading CASCADE").await.expect("dropped");
    let store = strikebook::open(&url).await?;
    let now = client.query_one("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:00\"Z\"')", &[]).await;
    let now: Timestamp = now.expect("now").get::<_, String>(0).parse()?;
    fill(&*store, now).await?;
    let rows = |sql: &str| queries::server_rows(&client, sql);
    let found: Vec<_> =
        printed(include_str!("trading.sql")).into_iter().map(|(title, sql)| (title, rows(sql))).collect();
    check(&found);
    for (title, sql) in printed(include_str!("catalogue.sql")) {
        assert!(!rows(sql).is_empty(), "{title}");
    }
    if store.capabilities().partitions {
        let catalogue = printed(include_str!("timescale_catalogue.sql"));
        let mut are_empty: Vec<_> = catalogue.into_iter().map(|(_, sql)| rows(sql).is_empty()).collect();
        if store.capabilities().compression {
            // The server's other schemas may have both.
            are_empty[1] = true;
            are_empty[3] = true;
        }
        assert_eq!(are_empty, [false, true, false, true], "nothing is materialised or compressed yet");
    }
    if store.capabilities().compression {
        store.compress(Dataset::OptionQuotes, now).await?;
        store.refresh_aggregates(Dataset::OptionQuotes, now).await?;
        let catalogue = printed(include_str!("community_catalogue.sql"));
        let found: Vec<_> = catalogue.into_iter().map(|(_, sql)| rows(sql)).collect();
        let cell = |query: usize, column: usize| found[query][0][column].as_deref();
        assert_eq!((found[0].len(), cell(0, 0)), (1, Some("option_quotes_1h")));
        assert_eq!((found[1].len(), cell(1, 2)), (1, Some("Compressed")));
        assert!(found[1][0].iter().all(Option::is_some), "sizes before and after: {found:?}");
        assert_eq!((cell(2, 0), cell(2, 1)), (Some("2"), Some("1")));
    }
    store.close().await?;
    client.batch_execute("DROP SCHEMA trading CASCADE").await.expect("dropped");
    connection.abort();
    Ok(())
}

/// Five hours of minutes up to now, quotes of options that expire in two days, and signals.
async fn fill(store: &dyn Store, now: Timestamp) -> Result<()> {
    store.upsert_bars(&minutes("AAPL", now.saturating_sub(TimeDelta::minutes(299)), 300)).await?;
    let source = Source::new("test")?;
    let expiration = (now.saturating_add(TimeDelta::days(2))).new_york_date().format("%y%m%d");
    let mut quotes = Vec::new();
    for (end, volume) in [("C00100000", 40), ("P00095000", 10), ("P00100000", 20)] {
        let contract = format!("AAPL{expiration}{end}").parse()?;
        let quote = OptionQuote::new(contract, now.saturating_sub(TimeDelta::minutes(5)), source.clone());
        quotes.push(OptionQuote { last: Some(2.5), volume: Some(volume), open_interest: Some(100), ..quote });
    }
    let long_ago = OptionQuote { at: now.saturating_sub(TimeDelta::days(30)), ..quotes[0].clone() };
    store.upsert_quotes(&[long_ago]).await?;
    store.upsert_quotes(&quotes).await?;
    let signal = |action, minutes, confidence| {
        let at = now.saturating_sub(TimeDelta::minutes(minutes));
        Ok::<_, strikebook::Error>(Signal::new(new_id(at), at, Name::new("wheel")?, symbol("AAPL"), action, confidence))
    };
    let signals = [
        signal(SignalAction::Long, 60, 0.9)?,
        signal(SignalAction::ExitLong, 50, 0.85)?,
        signal(SignalAction::Hold, 40, 0.5)?,
        signal(SignalAction::ExitShort, 3_000, 0.75)?,
    ];
    store.insert_signals(&signals).await?;
    Ok(())
}

fn check(found: &[(&str, Rows)]) {
    let of = |title: &str| &found.iter().find(|(found, _)| found.starts_with(title)).expect(title).1;
    let text = |row: &[Option<String>]| {
        row.iter().map(|value| value.clone().unwrap_or_default()).collect::<Vec<_>>().join("|")
    };
    let latest = of("Get latest prices");
    assert_eq!((latest.len(), latest[0][0].as_deref()), (1, Some("AAPL")));
    assert_eq!(latest[0][2].as_deref(), Some("106.875"), "100 + (299 × 37 mod 101) / 8 + 1/8");
    let five = of("Get 5-minute");
    assert!(
        (60..=63).contains(&five.len()),
        "five hours, cut at most at the opening, the close and midnight: {}",
        five.len()
    );
    let options = of("Get options chain");
    let shown: Vec<_> = options.iter().map(|row| text(&row[1..6])).collect();
    assert_eq!(shown, ["100|CALL|2.5|40|100", "95|PUT|2.5|10|100", "100|PUT|2.5|20|100"]);
    assert!(options.iter().all(|row| row[0].as_ref().is_some_and(|symbol| symbol.len() == 21)), "{options:?}");
    assert_eq!(
        of("Calculate put/call ratio").iter().map(|row| text(row)).collect::<Vec<_>>(),
        ["AAPL|30|40|0.75000000000000000000"]
    );
    let counts = ["Calculate RSI", "Get Bollinger", "Moving averages"].map(|title| of(title).len());
    assert_eq!(counts, [five.len(); 3]);
    let defined = ["Calculate RSI", "Get Bollinger", "Moving averages"]
        .map(|title| of(title).iter().filter(|row| row.last().is_some_and(Option::is_some)).count());
    assert_eq!(defined, [five.len() - 14, five.len() - 19, five.len() - 49]);
    let confident: Vec<_> = of("Get recent high-confidence").iter().map(|row| text(&row[..3])).collect();
    assert_eq!(confident, ["AAPL|SELL|0.85", "AAPL|BUY|0.9"]);
    assert_eq!(of("Signal performance").iter().map(|row| text(row)).collect::<Vec<_>>(), ["AAPL|4|0.75|2|1|1"]);
    assert!(of("Check table sizes").iter().any(|row| row[1].as_deref() == Some("signals")));
    assert_eq!(of("Check active connections"), &[vec![Some("0".to_owned())]]);
}
