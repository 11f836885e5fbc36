//! Cases of imported rows.

use async_trait::async_trait;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    port::Entry,
    trading::journal::{ImportFilter, ImportQuery, ImportedRow},
};

use super::parsed;
use crate::{
    Bench, Options,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    series::{corrected, inserted, just_after, source, unchanged},
};

/// Imported rows, as the shared cases see them: each made an event of its own.
#[derive(Debug)]
pub struct ImportedRows;

#[async_trait]
impl Entries for ImportedRows {
    type Entry = ImportedRow;

    const DATASET: Dataset = Dataset::ImportedRows;

    fn entry(number: usize, at: Timestamp) -> ImportedRow {
        ImportedRow {
            id: identity(number),
            at,
            account: parsed("U1"),
            source: source("tastytrade"),
            row_id: format!("row {number}"),
            file: "history.csv".to_owned(),
            line: number as u64 + 2,
            content: parsed(r#"{"Action": "SELL_TO_OPEN", "Value": "1,105.00"}"#),
            rejection: None,
            events: vec![identity(number)],
            deletion: None,
            recorded_at: at,
        }
    }

    fn altered(entry: ImportedRow) -> ImportedRow {
        ImportedRow { content: parsed(r#"{"Action": "SELL_TO_OPEN", "Value": "1,106.00"}"#), ..entry }
    }

    fn invalid(entry: ImportedRow) -> ImportedRow {
        ImportedRow { content: parsed(r#"["SELL_TO_OPEN"]"#), ..entry }
    }

    fn recorded(entry: ImportedRow, recorded_at: Timestamp) -> ImportedRow {
        ImportedRow { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[ImportedRow]) -> Result<Upserted> {
        store.record_imported_rows(entries).await
    }

    async fn get(store: &dyn Store, id: Id<ImportedRow>) -> Result<Option<ImportedRow>> {
        store.get_imported_row(id).await
    }

    async fn list(store: &dyn Store, query: &ImportQuery) -> Result<Page<ImportedRow>> {
        store.list_imported_rows(query).await
    }
}

fn rejected(row: ImportedRow, reason: &str) -> ImportedRow {
    ImportedRow { rejection: Some(reason.to_owned()), events: Vec::new(), ..row }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<ImportedRows>(),
        cases![
            every_field_comes_back,
            rows_that_make_no_sense_are_refused,
            a_row_imported_again_from_another_file_is_unchanged,
            what_becomes_of_a_row_is_replaced,
            filters_keep_what_they_name,
            simulated_rows_need_permission
        ],
    ]
    .concat()
}

/// Every field comes back as it was written: the broker's row word for word, and an empty list of events as empty.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let long = "2024-03-08T15:57:13+0100|Trade|SELL_TO_OPEN|".repeat(20);
    let full = ImportedRow {
        row_id: format!("{long}#2"),
        file: "a/history 'x'.zip/history.csv".to_owned(),
        line: i64::MAX.unsigned_abs(),
        content: parsed(
            r#"{"": "", " Date ": " 2024 ", "Description": "Sold \"1\" 🐂\n", "n": "1,105.00", "0.10": "0.10"}"#,
        ),
        events: vec![identity(8), identity(9)],
        deletion: Some("the owner's 'reason'".to_owned()),
        recorded_at: just_after(day(3)),
        ..ImportedRows::entry(0, day(0))
    };
    let money = ImportedRow { events: Vec::new(), ..ImportedRows::entry(1, day(1)) };
    let refused = rejected(ImportedRows::entry(2, day(2)), "Value must be a number; 'n/a'");
    store.record_imported_rows(&[full.clone(), money.clone(), refused.clone()]).await?;
    for row in [full, money, refused] {
        assert_eq!(store.get_imported_row(row.id).await?, Some(row));
    }
    Ok(())
}

/// Content is an object, texts are in range, and a rejected row has no events.
async fn rows_that_make_no_sense_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let good = ImportedRows::entry(0, day(0));
    for (field, row) in [
        ("row_id", ImportedRow { row_id: "a\0b".to_owned(), ..good.clone() }),
        ("file", ImportedRow { file: "a\0b".to_owned(), ..good.clone() }),
        ("line", ImportedRow { line: u64::MAX, ..good.clone() }),
        ("content", ImportedRow { content: parsed("1"), ..good.clone() }),
        ("rejection", rejected(good.clone(), "a\0b")),
        ("events", ImportedRow { rejection: Some("bad".to_owned()), ..good.clone() }),
    ] {
        let error = store.record_imported_rows(&[row]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<ImportedRows>(&*store).await?, []);
    Ok(())
}

/// A row imported again changes nothing: in another file, at another line, with another `recorded_at`.
async fn a_row_imported_again_from_another_file_is_unchanged(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<ImportedRows>(3);
    assert_eq!(store.record_imported_rows(&rows).await?, inserted(3));
    let elsewhere = |row: &ImportedRow| ImportedRow {
        file: "longer.csv".to_owned(),
        line: row.line + 100,
        recorded_at: day(20),
        ..row.clone()
    };
    let again: Vec<_> = rows.iter().map(elsewhere).collect();
    assert_eq!(store.record_imported_rows(&again).await?, unchanged(3));
    assert_eq!(all::<ImportedRows>(&*store).await?, rows);
    Ok(())
}

/// A different result of a row replaces the stored one and keeps its `at`.
async fn what_becomes_of_a_row_is_replaced(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = some::<ImportedRows>(3);
    let at_first = rejected(rows[1].clone(), "it closes what is not open");
    store.record_imported_rows(&[rows[0].clone(), at_first, rows[2].clone()]).await?;
    let later = ImportedRow { at: day(9), file: "longer.csv".to_owned(), recorded_at: day(9), ..rows[1].clone() };
    assert_eq!(store.record_imported_rows(std::slice::from_ref(&later)).await?, corrected(1));
    let stored = ImportedRow { at: rows[1].at, ..later.clone() };
    assert_eq!(all::<ImportedRows>(&*store).await?, [rows[0].clone(), stored, rows[2].clone()]);
    let another = ImportedRow { events: vec![identity(7)], ..later };
    assert_eq!(
        store.record_imported_rows(&[rows[0].clone(), another]).await?,
        Upserted { unchanged: 1, ..corrected(1) }
    );
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut rows = some::<ImportedRows>(6);
    rows[1].account = parsed("U2");
    rows[2].source = source("ibkr");
    rows[3].events = vec![identity(0), identity(30)];
    rows[4] = rejected(rows[4].clone(), "bad");
    rows[5].events = Vec::new();
    store.record_imported_rows(&rows).await?;
    let none = ImportFilter::default;
    for (filter, kept) in [
        (none(), &[0, 1, 2, 3, 4, 5][..]),
        (ImportFilter { account: Some(parsed("U2")), ..none() }, &[1]),
        (ImportFilter { source: Some(source("ibkr")), ..none() }, &[2]),
        (ImportFilter { row_id: Some("row 3".to_owned()), ..none() }, &[3]),
        (ImportFilter { event: Some(identity(0)), ..none() }, &[0, 3]),
        (ImportFilter { event: Some(identity(30)), ..none() }, &[3]),
        (ImportFilter { event: Some(identity(31)), ..none() }, &[]),
        (ImportFilter { accepted: Some(true), ..none() }, &[0, 1, 2, 3, 5]),
        (ImportFilter { accepted: Some(false), ..none() }, &[4]),
        (
            ImportFilter { accepted: Some(true), account: Some(parsed("U1")), event: Some(identity(0)), ..none() },
            &[0, 3],
        ),
    ] {
        let expected: Vec<_> = kept.iter().map(|index: &usize| rows[*index].clone()).collect();
        assert_eq!(store.list_imported_rows(&Listing::new(filter.clone())).await?.items, expected, "{filter:?}");
        assert_eq!(rows.iter().filter(|row| row.is_admitted_by(&filter)).count(), kept.len(), "{filter:?}");
    }
    let nul = ImportFilter { row_id: Some("a\0b".to_owned()), ..none() };
    let error = store.list_imported_rows(&Listing::new(nul)).await.expect_err("NUL");
    assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some("row_id")), "{error}");
    Ok(())
}

/// Simulated rows are refused unless the store was opened for them.
async fn simulated_rows_need_permission(bench: &Bench) -> Result<()> {
    let simulated = ImportedRow { source: source("simulated:demo"), ..ImportedRows::entry(0, day(0)) };
    let store = bench.open().await?;
    let error = store.record_imported_rows(std::slice::from_ref(&simulated)).await.expect_err("simulated");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::SimulatedData, Some("0")), "{error}");
    store.close().await?;
    let store = bench.open_with(Options { allow_simulated: true }).await?;
    assert_eq!(store.record_imported_rows(&[simulated]).await?, inserted(1));
    Ok(())
}
