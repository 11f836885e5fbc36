//! The queries that the documentation of two DuckDB databases prints.

use strikebook::{Result, Source, analytics::Features, market::OptionQuote};
use strikebook_testkit::{async_trials, trial::Trial};

use super::{Rows, at, printed, symbol};
use crate::queries;

/// Lists the tests of this file.
pub(super) fn trials() -> Vec<Trial> {
    async_trials![printed_queries_of_the_two_databases_run_on_duckdb]
}

async fn printed_queries_of_the_two_databases_run_on_duckdb() -> Result<()> {
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
