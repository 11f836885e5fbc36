//! Cases of option contracts and their details.

use chrono::NaiveDate;
use strikebook_core::{
    AsOf, Cursor, ErrorKind, Limit, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    market::{
        ContractDetails, ContractQuery, ContractRepository, Delivery, ExerciseStyle, LastTrading, OptionContract,
        OptionQuote, Product, SettlementTime, Symbol, TradingHours,
    },
    memory::MemoryStore,
};

use super::chain::contract;
use crate::{
    Bench, Options,
    case::{Case, cases, reading},
    series::{
        MANY_PAGES, NOTHING, corrected, inserted, instant, just_after, just_before, source, statistics, unchanged,
    },
};

const NOON: &str = "2025-09-25T16:00:00Z";

/// Creates standard details of a contract, recorded at noon.
fn details(symbol: &str) -> Result<ContractDetails> {
    ContractDetails::standard(symbol.parse()?, source("test"), instant(NOON))
}

/// Creates an empty quote of a contract, recorded at its own instant.
fn quote(symbol: &str, at: Timestamp) -> Result<OptionQuote> {
    Ok(OptionQuote::new(symbol.parse()?, at, source("test")))
}

fn spy() -> Result<ContractQuery> {
    Ok(ContractQuery::new(Symbol::new("SPY")?))
}

/// Returns the symbols of the contracts that a query lists.
async fn list(store: &dyn Store, query: &ContractQuery) -> Result<Vec<String>> {
    Ok(symbols(&store.list_contracts(query).await?))
}

/// Returns details with another multiplier.
pub(crate) fn with_multiplier(details: ContractDetails, multiplier: u32) -> ContractDetails {
    ContractDetails { product: Product { multiplier, ..details.product }, ..details }
}

fn symbols(page: &Page<ContractDetails>) -> Vec<String> {
    page.items.iter().map(|details| details.contract.to_compact()).collect()
}

/// Returns a list page by page.
pub(crate) async fn pages(store: &dyn Store, query: &ContractQuery) -> Result<Vec<Vec<ContractDetails>>> {
    let (mut pages, mut query) = (Vec::new(), query.clone());
    loop {
        let page = store.list_contracts(&query).await?;
        pages.push(page.items);
        let Some(next) = page.next else { return Ok(pages) };
        assert!(pages.len() < MANY_PAGES, "the pages do not end");
        query = query.after(next);
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        details_come_back_as_written,
        a_list_is_ordered,
        a_list_holds_what_was_asked_for,
        a_contract_appears_when_it_is_known_to_be_listed,
        a_contract_appears_when_it_was_quoted,
        an_expired_contract_does_not_appear,
        pages_are_complete_and_in_order,
        a_foreign_cursor_is_refused,
        a_cursor_of_another_engine_leads_on
    ];
    let writes = cases![
        an_empty_batch_does_nothing,
        details_are_replaced,
        equal_details_change_nothing,
        the_last_row_of_a_contract_wins,
        an_invalid_row_stores_nothing,
        simulated_details_need_permission,
        a_quote_makes_its_contract_known,
        a_quote_changes_no_details,
        pages_are_stable_while_contracts_are_written,
        statistics_count_contracts,
        contracts_cannot_be_purged
    ];
    [reading(answers), writes].concat()
}

/// Details come back as they were written; of a contract never seen nothing is known.
async fn details_come_back_as_written(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows = [
        details("SPY251219C00650000")?,
        ContractDetails {
            underlying: Symbol::new("BRK.B")?,
            product: Product {
                multiplier: 150,
                exercise_style: ExerciseStyle::European,
                settlement: SettlementTime::Am,
                delivery: Delivery::Cash,
                last_trading: LastTrading::DayBefore,
                hours: TradingHours::Late,
            },
            listed_on: NaiveDate::from_ymd_opt(2024, 2, 29),
            source: source("occ/2"),
            recorded_at: instant("2024-03-01T00:00:00.000001Z"),
            ..details("BRKB1251219P00000001")?
        },
        ContractDetails {
            listed_on: NaiveDate::from_ymd_opt(1999, 12, 31),
            ..with_multiplier(details("A.B991231P99999999")?, 1)
        },
        with_multiplier(details("3M000101C00002675")?, i32::MAX.unsigned_abs()),
    ];
    assert_eq!(store.upsert_contracts(&rows).await?, inserted(4));
    for row in &rows {
        assert_eq!(store.get_contract(&row.contract).await?.as_ref(), Some(row));
    }
    assert_eq!(store.get_contract(&"SPY251219P00650000".parse()?).await?, None);
    Ok(())
}

/// An empty batch does nothing.
async fn an_empty_batch_does_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    assert_eq!(store.upsert_contracts(&[]).await?, NOTHING);
    assert_eq!(statistics(&*store, Dataset::Contracts).await?.rows, 0);
    Ok(())
}

/// Stored details are replaced, whatever the knowledge times are, and have no versions.
async fn details_are_replaced(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = details("SPY251219C00650000")?;
    let later = ContractDetails { recorded_at: instant("2025-10-01T00:00:00Z"), ..with_multiplier(first.clone(), 10) };
    let earlier =
        ContractDetails { recorded_at: instant("2025-09-01T00:00:00Z"), ..with_multiplier(first.clone(), 20) };
    store.upsert_contracts(std::slice::from_ref(&first)).await?;
    for row in [later, earlier, first] {
        assert_eq!(store.upsert_contracts(std::slice::from_ref(&row)).await?, corrected(1));
        assert_eq!(store.get_contract(&row.contract).await?, Some(row));
    }
    let kept = statistics(&*store, Dataset::Contracts).await?;
    assert_eq!((kept.rows, kept.superseded), (1, 0));
    Ok(())
}

/// Details equal in everything but `recorded_at` change nothing; another source is a change.
async fn equal_details_change_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let first = details("SPY251219C00650000")?;
    store.upsert_contracts(std::slice::from_ref(&first)).await?;
    let again = ContractDetails { recorded_at: instant("2025-10-01T00:00:00Z"), ..first.clone() };
    assert_eq!(store.upsert_contracts(std::slice::from_ref(&again)).await?, unchanged(1));
    assert_eq!(store.get_contract(&first.contract).await?.as_ref(), Some(&first), "the first telling is kept");
    let other = ContractDetails { source: source("other"), ..again };
    assert_eq!(store.upsert_contracts(std::slice::from_ref(&other)).await?, corrected(1));
    assert_eq!(store.get_contract(&first.contract).await?, Some(other));
    Ok(())
}

/// Of several rows for one contract in a batch the last wins; the others count as repeated.
async fn the_last_row_of_a_contract_wins(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let row = |multiplier| Ok::<_, strikebook_core::Error>(with_multiplier(details("SPY251219C00650000")?, multiplier));
    let batch = [row(1)?, details("SPY251219P00650000")?, row(2)?, row(3)?];
    assert_eq!(store.upsert_contracts(&batch).await?, Upserted { inserted: 2, repeated: 2, ..NOTHING });
    assert_eq!(store.get_contract(&batch[0].contract).await?.map(|details| details.product.multiplier), Some(3));
    Ok(())
}

/// When one row is invalid nothing is stored, and the error names the row and the field.
async fn an_invalid_row_stores_nothing(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for multiplier in [0, i32::MAX.unsigned_abs() + 1, u32::MAX] {
        let batch = [
            details("SPY251219C00650000")?,
            with_multiplier(details("SPY251219P00650000")?, multiplier),
            details("SPY251219P00660000")?,
        ];
        let error = store.upsert_contracts(&batch).await.expect_err("an invalid row");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!((error.context("row"), error.context("field")), (Some("1"), Some("multiplier")), "{error}");
    }
    assert_eq!(list(&*store, &spy()?).await?, [""; 0]);
    Ok(())
}

/// Simulated details are refused unless the store was opened to accept them.
async fn simulated_details_need_permission(bench: &Bench) -> Result<()> {
    let batch = [ContractDetails { source: source("simulated:demo"), ..details("SPY251219C00650000")? }];
    let strict = bench.open().await?;
    let error = strict.upsert_contracts(&batch).await.expect_err("a simulated row");
    assert_eq!((error.kind(), error.context("row")), (ErrorKind::SimulatedData, Some("0")), "{error}");
    assert_eq!(strict.get_contract(&batch[0].contract).await?, None);
    strict.close().await?;
    let lenient = bench.open_with(Options { allow_simulated: true }).await?;
    assert_eq!(lenient.upsert_contracts(&batch).await?, inserted(1));
    Ok(())
}

/// A contract that first appears in a quote is stored with the standard details of its root, with source and time of
/// the first quote of the batch.
async fn a_quote_makes_its_contract_known(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (noon, later) = (instant(NOON), instant("2025-09-25T17:00:00Z"));
    let first = OptionQuote { source: source("first"), ..quote("SPXW251219P06500000", later)? };
    let second = OptionQuote { source: source("second"), ..quote("SPXW251219P06500000", noon)? };
    store.upsert_quotes(&[first.clone(), second]).await?;
    let known = store.get_contract(&first.contract).await?;
    assert_eq!(known, Some(ContractDetails::standard(first.contract, source("first"), later)?));
    assert_eq!(known.map(|details| details.product.exercise_style), Some(ExerciseStyle::European));
    Ok(())
}

/// Known details stay when a quote of the contract arrives, whichever was recorded first.
async fn a_quote_changes_no_details(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let known = with_multiplier(details("SPY251219C00650000")?, 10);
    store.upsert_contracts(std::slice::from_ref(&known)).await?;
    for at in ["2025-09-01T00:00:00Z", "2025-10-01T00:00:00Z"] {
        store.upsert_quotes(&[quote("SPY251219C00650000", instant(at))?]).await?;
        assert_eq!(store.get_contract(&known.contract).await?.as_ref(), Some(&known));
    }
    let assumed = quote("SPY251219P00650000", instant(NOON))?;
    store.upsert_quotes(std::slice::from_ref(&assumed)).await?;
    let reported = with_multiplier(details("SPY251219P00650000")?, 10);
    assert_eq!(
        store.upsert_contracts(std::slice::from_ref(&reported)).await?,
        corrected(1),
        "what was assumed is replaced"
    );
    assert_eq!(store.get_contract(&assumed.contract).await?, Some(reported));
    Ok(())
}

/// Contracts are listed by expiration, strike, call before put, root; roots by their bytes.
async fn a_list_is_ordered(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let ordered = [
        "SPX251219P09999000",
        "SPX251219P10000000",
        "SPX260116C06500000",
        "SPXQ260116C06500000",
        "SPXW260116C06500000",
        "SPX260116P06500000",
        "SPXW260116P06500000",
        "SPX260116C06500500",
        "SPX260117C00000001",
    ];
    for index in [4, 8, 0, 2, 6, 1, 3, 5, 7] {
        store.upsert_contracts(&[details(ordered[index])?]).await?;
    }
    assert_eq!(list(&*store, &ContractQuery::new(Symbol::new("SPX")?)).await?, ordered);

    let by_bytes = ["B2260116C00100000", "BA260116C00100000", "BA1260116C00100000", "BX260116C00100000"];
    let underlying = Symbol::new("B")?;
    for symbol in by_bytes.iter().rev() {
        store.upsert_contracts(&[ContractDetails { underlying, ..details(symbol)? }]).await?;
    }
    assert_eq!(list(&*store, &ContractQuery::new(underlying)).await?, by_bytes);
    Ok(())
}

/// A list contains the contracts whose details name the underlying, optionally of one expiration.
async fn a_list_holds_what_was_asked_for(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let brk_b = Symbol::new("BERKSHIRE")?;
    store
        .upsert_contracts(&[
            details("SPY251219C00650000")?,
            details("SPY1251219C00650000")?,
            details("SPY260116C00650000")?,
            details("SPYG251219C00050000")?,
            ContractDetails { underlying: brk_b, ..details("BRKB251219C00500000")? },
        ])
        .await?;
    let all = ["SPY251219C00650000", "SPY1251219C00650000", "SPY260116C00650000"];
    assert_eq!(list(&*store, &spy()?).await?, all, "adjusted ones included");
    let january = NaiveDate::from_ymd_opt(2026, 1, 16).unwrap_or_default();
    assert_eq!(list(&*store, &spy()?.with_expiration(january)).await?, all[2..]);
    assert_eq!(list(&*store, &ContractQuery::new(brk_b)).await?, ["BRKB251219C00500000"]);
    for unknown in ["BRKB", "QQQ"] {
        assert_eq!(list(&*store, &ContractQuery::new(Symbol::new(unknown)?)).await?, [""; 0]);
    }
    Ok(())
}

/// As of a point a contract appears when its details, recorded by then, state that it was listed by that day.
async fn a_contract_appears_when_it_is_known_to_be_listed(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let listed_on = NaiveDate::from_ymd_opt(2025, 9, 25);
    let row = ContractDetails { listed_on, ..details("SPY251219C00650000")? };
    let unlisted = details("SPY251219P00650000")?;
    store.upsert_contracts(&[row.clone(), unlisted]).await?;
    let midnight = instant("2025-09-25T04:00:00Z");
    for (as_of, appears) in [
        (AsOf::with_hindsight(midnight), true),
        (AsOf::with_hindsight(just_before(midnight)), false),
        (AsOf::instant(row.recorded_at), true),
        (AsOf::with_hindsight(midnight).known_by(row.recorded_at), true),
        (AsOf::with_hindsight(row.recorded_at).known_by(just_before(row.recorded_at)), false),
    ] {
        let found = list(&*store, &spy()?.with_as_of(as_of)).await?;
        assert_eq!(!found.is_empty(), appears, "{as_of:?}: {found:?}");
        assert!(found.len() <= 1, "the one without a listing day is never said to be listed");
    }
    Ok(())
}

/// As of a point a contract appears when it has a quote within both limits, whatever its details.
async fn a_contract_appears_when_it_was_quoted(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (at, recorded) = (instant(NOON), instant("2025-09-25T16:00:01Z"));
    store.upsert_quotes(&[quote("SPY251219C00650000", at)?.with_recorded_at(recorded)]).await?;
    for (as_of, appears) in [
        (AsOf::with_hindsight(at), true),
        (AsOf::with_hindsight(just_before(at)), false),
        (AsOf::with_hindsight(at).known_by(recorded), true),
        (AsOf::with_hindsight(at).known_by(just_before(recorded)), false),
        (AsOf::instant(at), false),
        (AsOf::instant(recorded), true),
    ] {
        let found = list(&*store, &spy()?.with_as_of(as_of)).await?;
        assert_eq!(!found.is_empty(), appears, "{as_of:?}");
    }
    Ok(())
}

/// As of a point an expired contract does not appear; the last instant of trading still counts, early on half days.
async fn an_expired_contract_does_not_appear(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for (symbol, last) in [
        ("SPY251219C00650000", "2025-12-19T21:15:00Z"),
        ("SPY250718C00650000", "2025-07-18T20:15:00Z"),
        ("SPY251128C00650000", "2025-11-28T18:15:00Z"),
    ] {
        let last = instant(last);
        store.upsert_quotes(&[quote(symbol, instant("2025-07-01T20:00:00Z"))?]).await?;
        let query = spy()?.with_expiration(symbol.parse::<OptionContract>()?.expiration());
        assert_eq!(list(&*store, &query.clone().with_as_of(AsOf::instant(last))).await?, [symbol]);
        assert_eq!(list(&*store, &query.clone().with_as_of(AsOf::instant(just_after(last)))).await?, [""; 0]);
        assert_eq!(list(&*store, &query).await?, [symbol], "without a point every contract is listed");
    }
    Ok(())
}

/// Pages of every size contain all contracts once and in order.
async fn pages_are_complete_and_in_order(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rows: Vec<_> = (0..7).map(|index| details(&contract(index).to_compact())).collect::<Result<_>>()?;
    store.upsert_contracts(&rows).await?;
    store.upsert_contracts(&[details("QQQ291221C00650500")?]).await?;
    for limit in [1, 2, 3, 6, 7, 8, 1_000].into_iter().filter_map(Limit::new) {
        let pages = pages(&*store, &spy()?.with_limit(limit)).await?;
        let expected: Vec<_> = rows.chunks(limit.get()).collect();
        assert_eq!(pages, expected, "{limit} a page");
    }
    Ok(())
}

/// Contracts that are written between two pages neither shift nor repeat one.
async fn pages_are_stable_while_contracts_are_written(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for index in [2, 4, 6, 8] {
        store.upsert_contracts(&[details(&contract(index).to_compact())?]).await?;
    }
    let query = spy()?.with_limit(Limit::MIN.saturating_add(1));
    let first = store.list_contracts(&query).await?;
    let Some(next) = first.next else { panic!("a second page follows") };
    for index in [1, 3, 5] {
        store.upsert_contracts(&[details(&contract(index).to_compact())?]).await?;
    }
    let second = list(&*store, &query.after(next)).await?;
    assert_eq!(second, [5, 6].map(|index| contract(index).to_compact()));
    Ok(())
}

/// A cursor of another kind of list is refused.
async fn a_foreign_cursor_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_contracts(&[details("SPY251219C00650000")?]).await?;
    for text in ["", "next", "1758830400000000", "🚀", "SPY   251219C0065000", "' OR 1=1 --", "\0"] {
        let refused = store.list_contracts(&spy()?.after(Cursor::from(text))).await.expect_err("not a cursor");
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{text:?}");
    }
    Ok(())
}

/// A cursor is valid for its query on any engine.
async fn a_cursor_of_another_engine_leads_on(bench: &Bench) -> Result<()> {
    let (store, other) = (bench.open().await?, MemoryStore::new());
    let rows: Vec<_> = (0..3).map(|index| details(&contract(index).to_compact())).collect::<Result<_>>()?;
    store.upsert_contracts(&rows).await?;
    other.upsert_contracts(&rows).await?;
    let query = spy()?.with_limit(Limit::MIN);
    let (here, there) = (store.list_contracts(&query).await?.next, other.list_contracts(&query).await?.next);
    let (Some(here), Some(there)) = (here, there) else { panic!("a second page follows") };
    assert_eq!(store.list_contracts(&query.clone().after(there)).await?.items, rows[1..2]);
    assert_eq!(other.list_contracts(&query.after(here)).await?.items, rows[1..2]);
    Ok(())
}

/// The statistics count contracts, and report the first and the last `recorded_at` of details.
async fn statistics_count_contracts(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (early, late) = (instant("2025-09-01T00:00:00Z"), instant("2025-10-01T00:00:00Z"));
    let first = details("SPY251219C00650000")?;
    store
        .upsert_contracts(&[
            ContractDetails { recorded_at: late, ..first.clone() },
            ContractDetails { recorded_at: early, ..details("SPY251219P00650000")? },
            details("SPY251219P00660000")?,
        ])
        .await?;
    let counted = statistics(&*store, Dataset::Contracts).await?;
    assert_eq!((counted.rows, counted.superseded), (3, 0));
    assert_eq!((counted.oldest, counted.newest), (Some(early), Some(late)));
    Ok(())
}

/// Contracts are not purged, since other rows refer to them.
async fn contracts_cannot_be_purged(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    store.upsert_contracts(&[details("SPY251219C00650000")?]).await?;
    let refused = store.purge(Dataset::Contracts, Timestamp::MAX).await.expect_err("contracts");
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert_eq!(statistics(&*store, Dataset::Contracts).await?.rows, 1);
    store.upsert_quotes(&[quote("SPY251219C00650000", instant(NOON))?]).await?;
    store.purge(Dataset::OptionQuotes, Timestamp::MAX).await?;
    assert_eq!(list(&*store, &spy()?).await?, ["SPY251219C00650000"], "a contract outlives its quotes");
    Ok(())
}
