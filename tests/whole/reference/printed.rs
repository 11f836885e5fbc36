//! Queries as the documentation of other systems prints them. Those of the server's catalog that name columns which no
//! server has are corrected, and say so. Definitions of tables, policies and users are no queries: the migrations and
//! `READMEs` of the adapters have ours.

#[cfg(feature = "timescale")]
use chrono::TimeDelta;
#[cfg(feature = "timescale")]
use strikebook::{
    Name, Store, Timestamp, new_id,
    trading::{Signal, SignalAction},
};
use strikebook::{Result, Source, market::OptionQuote};
#[cfg(feature = "duckdb")]
use strikebook_testkit::async_trials;
use strikebook_testkit::trial::Trial;

#[cfg(feature = "duckdb")]
use super::at;
#[cfg(feature = "timescale")]
use super::minutes;
use super::{Rows, symbol};
use crate::queries;

/// Lists the tests of this file.
pub(super) fn trials() -> Vec<Trial> {
    [
        #[cfg(feature = "duckdb")]
        async_trials![printed_queries_of_the_two_databases_run_on_duckdb],
        #[cfg(feature = "timescale")]
        strikebook_testkit::trials![printed_queries_of_the_trading_schema_run_on_servers],
    ]
    .concat()
}

/// Returns the queries of a file, each behind the first words of its comment.
fn printed(file: &'static str) -> Vec<(&'static str, &'static str)> {
    let query = |text: &'static str| Some((text.trim().strip_prefix("-- ")?.split(['.', '\n']).next()?, text.trim()));
    let queries: Vec<_> = file.split("\n\n").filter_map(query).collect();
    assert!(!queries.is_empty(), "a file has queries");
    queries
}

#[cfg(feature = "duckdb")]
async fn printed_queries_of_the_two_databases_run_on_duckdb() -> Result<()> {
    use strikebook::analytics::Features;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book.duckdb");
    let store = strikebook::open(&format!("duckdb:{}", path.display())).await?;
    let source = Source::new("test")?;
    let features = ["2022-12-30", "2023-06-01", "2023-12-29", "2024-06-03"].map(|date| Features {
        volatility_20d: Some(0.5),
        var_95: Some(0.03),
        ..Features::new(symbol("U"), at(date, "16:00:00"), 30.0, source.clone())
    });
    store.upsert_features(&features).await?;
    let mut quotes = Vec::new();
    for (contract, volume) in [("U240216P00030000", 12), ("U240216C00030000", 5), ("U240315P00030000", 7)] {
        let quote = OptionQuote::new(contract.parse()?, at("2024-02-09", "15:00:00"), source.clone());
        quotes.push(OptionQuote { volume: Some(volume), ..quote });
    }
    store.upsert_quotes(&quotes).await?;
    store.close().await?;
    let connection = duckdb::Connection::open(path).expect("opened");
    let mut found = Vec::new();
    for (title, sql) in printed(include_str!("two_databases.sql")) {
        // As printed, and once more for its rows as texts.
        connection.execute_batch(sql).expect(title);
        found.push(queries::duckdb_rows(&connection, sql.trim_start_matches(|letter| letter != '\n')));
    }
    let dates =
        |rows: &Rows, column: usize| rows.iter().map(|row| row[column].clone().unwrap_or_default()).collect::<Vec<_>>();
    assert_eq!(dates(&found[0], 2), ["2023-06-01", "2023-12-29"]);
    assert_eq!((found[1].len(), found[1][0][5].as_deref()), (1, Some("12")), "{:?}", found[1]);
    assert_eq!(dates(&found[2], 0), ["2022-12-30", "2023-06-01", "2023-12-29", "2024-06-03"]);
    assert_eq!(found[2][0][1..], [Some("30.0"), Some("0.5"), Some("0.03")].map(|text| text.map(str::to_owned)));
    Ok(())
}

/// The queries name the schema `trading`, the default of the adapter.
#[cfg(feature = "timescale")]
fn printed_queries_of_the_trading_schema_run_on_servers() {
    use strikebook_tests::server::Server;
    for server in [Server::PLAIN, Server::TIMESCALE] {
        strikebook_testkit::run_on_threads(server, async |_| {
            let url = server.schema()?.server().to_owned();
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.expect("connected");
            let connection = tokio::spawn(connection);
            client.batch_execute("DROP SCHEMA IF EXISTS trading CASCADE").await.expect("dropped");
            let store = strikebook::open(&url).await?;
            let now = client
                .query_one("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:00\"Z\"')", &[])
                .await;
            let now: Timestamp = now.expect("now").get::<_, String>(0).parse()?;
            fill_trading(&*store, now).await?;
            let rows = |sql: &str| queries::server_rows(&client, sql);
            let found: Vec<_> =
                printed(include_str!("trading.sql")).into_iter().map(|(title, sql)| (title, rows(sql))).collect();
            check_trading(&found);
            for (title, sql) in printed(include_str!("catalogue.sql")) {
                assert!(!rows(sql).is_empty(), "{title}");
            }
            if store.capabilities().engine == "timescale" {
                let catalogue = printed(include_str!("timescale_catalogue.sql"));
                let are_empty: Vec<_> = catalogue.into_iter().map(|(_, sql)| rows(sql).is_empty()).collect();
                assert_eq!(are_empty, [false, true, false, true], "nothing is materialised or compressed yet");
            }
            store.close().await?;
            client.batch_execute("DROP SCHEMA trading CASCADE").await.expect("dropped");
            connection.abort();
            Ok(())
        });
    }
}

/// Five hours of minutes up to now, quotes of options that expire in two days, and signals.
#[cfg(feature = "timescale")]
async fn fill_trading(store: &dyn Store, now: Timestamp) -> Result<()> {
    store.upsert_bars(&minutes("AAPL", now.saturating_sub(TimeDelta::minutes(299)), 300)).await?;
    let source = Source::new("test")?;
    let expiration = (now.saturating_add(TimeDelta::days(2))).new_york_date().format("%y%m%d");
    let mut quotes = Vec::new();
    for (end, volume) in [("C00100000", 40), ("P00095000", 10), ("P00100000", 20)] {
        let contract = format!("AAPL{expiration}{end}").parse()?;
        let quote = OptionQuote::new(contract, now.saturating_sub(TimeDelta::minutes(5)), source.clone());
        quotes.push(OptionQuote { last: Some(2.5), volume: Some(volume), open_interest: Some(100), ..quote });
    }
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

#[cfg(feature = "timescale")]
fn check_trading(found: &[(&str, Rows)]) {
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
