//! Cases of chain snapshots.

use async_trait::async_trait;
use strikebook_core::{
    AsOf, ChangeQuery, ErrorKind, Page, Result, SeriesQuery, Store, Upserted,
    maintenance::{Dataset, Purged},
    market::{ChainQuery, ChainSnapshot, OptionQuote, Symbol},
};

use super::underlying::symbol;
use crate::{
    Bench,
    case::{Case, cases, reading},
    series::{
        self, Changes, Draft, NOTHING, Series, all, assert_history, inserted, instant, just_after, source, statistics,
        unchanged,
    },
};

/// Headers of chain fetches, as the shared cases see them.
#[derive(Debug)]
pub struct Snapshots;

#[async_trait]
impl Series for Snapshots {
    type Key = Symbol;
    type Row = ChainSnapshot;

    const DATASET: Dataset = Dataset::ChainSnapshots;

    fn row(draft: &Draft) -> ChainSnapshot {
        ChainSnapshot {
            underlying: symbol(draft.series),
            at: draft.at,
            underlying_price: Some(draft.value),
            contracts: 0,
            expirations: 0,
            source: draft.source.clone(),
            recorded_at: draft.recorded_at,
        }
    }

    async fn upsert(store: &dyn Store, rows: &[ChainSnapshot]) -> Result<Upserted> {
        store.upsert_snapshots(rows).await
    }

    async fn list(store: &dyn Store, query: &SeriesQuery<Symbol>) -> Result<Page<ChainSnapshot>> {
        store.list_snapshots(query).await
    }
}

#[async_trait]
impl Changes for Snapshots {
    async fn changes(store: &dyn Store, query: &ChangeQuery<Symbol>) -> Result<Page<ChainSnapshot>> {
        store.list_snapshot_changes(query).await
    }
}

const CLOSE: &str = "2025-09-25T20:00:00Z";

/// Creates two quotes of SYM's contracts and the header of their fetch.
fn fetch() -> Result<(ChainSnapshot, Vec<OptionQuote>)> {
    let at = instant(CLOSE);
    let symbols = ["SYM251219C00650000", "SYM251219P00650000"];
    let quotes: Vec<_> = symbols
        .into_iter()
        .map(|text| Ok(OptionQuote::new(text.parse()?, at, source("test")).with_market(Some(1.0), Some(1.1))))
        .collect::<Result<_>>()?;
    let snapshot = ChainSnapshot { underlying_price: Some(650.25), ..ChainSnapshot::of(Symbol::new("SYM")?, &quotes)? };
    Ok((snapshot, quotes))
}

async fn headers(store: &dyn Store) -> Result<Vec<ChainSnapshot>> {
    all::<Snapshots>(store, Symbol::new("SYM")?).await
}

/// Returns the number of contracts in the chain of the fetch's instant.
async fn quoted(store: &dyn Store) -> Result<usize> {
    let query = ChainQuery::new(Symbol::new("SYM")?, AsOf::with_hindsight(instant(CLOSE)));
    Ok(store.chain_as_of(&query).await?.len())
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![every_field_comes_back];
    let writes = cases![
        a_header_is_stored_with_its_quotes,
        a_wrong_quote_stores_nothing,
        a_wrong_header_stores_nothing,
        a_header_with_quotes_is_versioned,
        quotes_are_treated_as_by_themselves,
        a_purge_of_headers_leaves_their_quotes
    ];
    [series::cases::<Snapshots>(), series::change_cases::<Snapshots>(), reading(answers), writes].concat()
}

/// A header is stored together with its quotes, and the counts are those of the quotes.
async fn a_header_is_stored_with_its_quotes(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (snapshot, quotes) = fetch()?;
    assert_eq!(store.upsert_snapshot(&snapshot, &quotes).await?, inserted(2));
    assert_eq!(headers(&*store).await?, std::slice::from_ref(&snapshot));
    assert_eq!(quoted(&*store).await?, 2);
    assert_eq!((snapshot.contracts, snapshot.expirations), (2, 1));
    assert_eq!(store.upsert_snapshot(&snapshot, &quotes).await?, unchanged(2));
    assert_eq!(headers(&*store).await?, [snapshot]);
    assert_eq!(statistics(&*store, Dataset::ChainSnapshots).await?.superseded, 0);
    Ok(())
}

/// Every field of a header comes back as it was written; a price that is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (snapshot, _) = fetch()?;
    let without = ChainSnapshot {
        underlying_price: None,
        contracts: 0,
        expirations: i64::MAX.unsigned_abs(),
        ..snapshot.clone()
    };
    let with = ChainSnapshot {
        at: just_after(snapshot.at),
        underlying_price: Some(0.0),
        contracts: i64::MAX.unsigned_abs(),
        expirations: 1,
        source: source("other"),
        recorded_at: instant("2025-09-26T00:00:00.000001Z"),
        ..snapshot
    };
    for row in [&without, &with] {
        assert_eq!(store.upsert_snapshot(row, &[]).await?, NOTHING);
    }
    assert_eq!(headers(&*store).await?, [without, with]);
    Ok(())
}

/// A header with a wrong quote is not stored, and neither are the other quotes.
async fn a_wrong_quote_stores_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (snapshot, mut quotes) = fetch()?;
    quotes[1].ask = Some(f64::NAN);
    let error = store.upsert_snapshot(&snapshot, &quotes).await.expect_err("a quote with NaN");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::InvalidInput, Some("1")), "{error}");
    quotes[1] = OptionQuote { ask: None, source: source("simulated:demo"), ..quotes[1].clone() };
    let error = store.upsert_snapshot(&snapshot, &quotes).await.expect_err("a simulated quote");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::SimulatedData, Some("1")), "{error}");
    assert_eq!((headers(&*store).await?.len(), quoted(&*store).await?), (0, 0));
    Ok(())
}

/// Quotes with a wrong header are not stored, and it is the header that the error names, whatever the quotes are.
async fn a_wrong_header_stores_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (snapshot, quotes) = fetch()?;
    let wrong_too = vec![OptionQuote { ask: Some(f64::NAN), ..quotes[0].clone() }];
    let too_many = i64::MAX.unsigned_abs() + 1;
    for (field, wrong) in [
        ("underlying_price", ChainSnapshot { underlying_price: Some(f64::NAN), ..snapshot.clone() }),
        ("underlying_price", ChainSnapshot { underlying_price: Some(f64::INFINITY), ..snapshot.clone() }),
        ("contracts", ChainSnapshot { contracts: too_many, ..snapshot.clone() }),
        ("expirations", ChainSnapshot { expirations: too_many, ..snapshot.clone() }),
    ] {
        for quotes in [&quotes, &wrong_too] {
            let error = store.upsert_snapshot(&wrong, quotes).await.expect_err("a wrong header");
            let named = (error.kind(), error.context("field"), error.context("row"));
            assert_eq!(named, (ErrorKind::InvalidInput, Some(field), None), "{error}");
        }
    }
    let simulated = ChainSnapshot { source: source("simulated:demo"), ..snapshot };
    let error = store.upsert_snapshot(&simulated, &quotes).await.expect_err("a simulated header");
    assert_eq!(error.kind(), ErrorKind::SimulatedData);
    assert_eq!((headers(&*store).await?.len(), quoted(&*store).await?), (0, 0));
    Ok(())
}

/// A header that comes with quotes is versioned like any row: corrections keep the version before, and late ones go
/// into the past.
async fn a_header_with_quotes_is_versioned(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let version = |hours, value| Draft::on(0).value(value).recorded_after(hours).row::<Snapshots>();
    // The fifth equals the version valid at its time, and the last replaces the first.
    for (hours, value) in [(20, 2.0), (40, 4.0), (30, 3.0), (10, 1.0), (25, 2.0), (20, 5.0)] {
        store.upsert_snapshot(&version(hours, value), &[]).await?;
    }
    assert_history::<Snapshots>(&*store, &[version(10, 1.0), version(20, 5.0), version(30, 3.0), version(40, 4.0)])
        .await
}

/// The quotes of a fetch are corrected and versioned as quotes without a header.
async fn quotes_are_treated_as_by_themselves(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (snapshot, quotes) = fetch()?;
    store.upsert_quotes(&quotes).await?;
    let recorded_at = just_after(instant(CLOSE));
    let again = [
        OptionQuote { bid: Some(2.0), recorded_at, ..quotes[0].clone() },
        OptionQuote { recorded_at, ..quotes[1].clone() },
        OptionQuote { recorded_at, ..quotes[1].clone() },
    ];
    let done = store.upsert_snapshot(&snapshot, &again).await?;
    assert_eq!(done, Upserted { corrected: 1, unchanged: 1, repeated: 1, ..NOTHING });
    assert_eq!(store.list_quote_versions(&quotes[0].contract, quotes[0].at).await?.len(), 2);
    Ok(())
}

/// A purge deletes headers before an instant with their versions, and no quotes.
async fn a_purge_of_headers_leaves_their_quotes(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (snapshot, quotes) = fetch()?;
    store.upsert_snapshot(&snapshot, &quotes).await?;
    store
        .upsert_snapshot(&ChainSnapshot { contracts: 3, recorded_at: just_after(snapshot.at), ..snapshot.clone() }, &[])
        .await?;
    let later = ChainSnapshot { at: just_after(snapshot.at), ..snapshot.clone() };
    store.upsert_snapshot(&later, &[]).await?;
    let counted = statistics(&*store, Dataset::ChainSnapshots).await?;
    assert_eq!((counted.rows, counted.superseded), (2, 1));
    assert_eq!((counted.oldest, counted.newest), (Some(snapshot.at), Some(later.at)));
    assert_eq!(store.purge(Dataset::ChainSnapshots, snapshot.at).await?, Purged::default());
    assert_eq!(store.purge(Dataset::ChainSnapshots, later.at).await?, Purged { rows: 1, superseded: 1 });
    assert_eq!(headers(&*store).await?, [later]);
    assert_eq!(quoted(&*store).await?, 2);
    Ok(())
}
