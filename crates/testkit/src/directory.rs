//! Cases of the directory: what a store holds, as of a point.

use std::fmt::Display;

use chrono::NaiveDate;
use proptest::{option, prelude::*, sample::select};
use strikebook_core::{
    AsOf, Cursor, Error, ErrorKind, Limit, Page, Paging, Result, Store, Timestamp,
    analytics::{ComputedGreeks, GreeksKey},
    directory::{DirectoryQuery, DirectoryRepository},
    maintenance::{Dataset, Eviction, Fetched},
    market::{Bar, BarKey, ContractDetails, OptionQuote, Symbol, Timeframe},
    port::Recorded,
    trading::Order,
    unit::{UnitOfWork, Write},
};

use crate::{
    Bench,
    backtest::Backtests,
    bar::Bars,
    case::{Case, cases},
    chain::Quotes,
    economic::Observations,
    entries::{Entries, identity},
    generate::{limits, underlyings},
    greeks::Greeks,
    maintenance::fill,
    order::Orders,
    parsed,
    series::{Draft, EVERYTHING, MANY_PAGES, Series, at, instant, just_after, just_before, source},
    signal::Signals,
    snapshot::Snapshots,
    trade::Trades,
    underlying::UnderlyingQuotes,
};

/// A list of the directory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    Underlyings,
    Expirations(Symbol),
    QuoteDays(Symbol),
    QuotedSymbols,
    BarKeys,
    Series,
    Models,
    Accounts,
    StrategyNames,
}

/// Generates lists, those of an underlying of one of [`underlyings`].
pub(crate) fn lists() -> impl Strategy<Value = List> {
    let whole = [List::Underlyings, List::QuotedSymbols, List::BarKeys, List::Series, List::Models, List::Accounts];
    prop_oneof![
        2 => select(whole.to_vec()),
        1 => underlyings().prop_map(List::Expirations),
        1 => underlyings().prop_map(List::QuoteDays),
    ]
}

/// Generates queries, with pages of a few items and without.
pub(crate) fn directory_queries() -> impl Strategy<Value = DirectoryQuery> {
    (limits(), option::of(1..3_usize)).prop_map(|(as_of, limit)| DirectoryQuery {
        as_of,
        paging: Paging { limit: limit.and_then(Limit::new), after: None },
    })
}

/// Returns the lists of everything.
fn every_list() -> [List; 9] {
    [
        List::Underlyings,
        List::Expirations(spy()),
        List::QuoteDays(spy()),
        List::QuotedSymbols,
        List::BarKeys,
        List::Series,
        List::Models,
        List::Accounts,
        List::StrategyNames,
    ]
}

fn texts<T: Display>(page: Page<T>) -> Page<String> {
    page.map(|item| item.to_string())
}

impl List {
    async fn page(self, store: &dyn Store, query: &DirectoryQuery) -> Result<Page<String>> {
        Ok(match self {
            Self::Underlyings => texts(store.list_underlyings(query).await?),
            Self::Expirations(underlying) => texts(store.list_expirations(underlying, query).await?),
            Self::QuoteDays(underlying) => texts(store.list_quote_days(underlying, query).await?),
            Self::QuotedSymbols => texts(store.list_quoted_symbols(query).await?),
            Self::BarKeys => texts(store.list_bar_keys(query).await?),
            Self::Series => texts(store.list_series(query).await?),
            Self::Models => texts(store.list_models(query).await?),
            Self::Accounts => texts(store.list_accounts(query).await?),
            Self::StrategyNames => texts(store.list_strategy_names(query).await?),
        })
    }

    /// Returns the texts of the items on each page.
    pub(crate) async fn pages(self, store: &dyn Store, query: &DirectoryQuery) -> Result<Vec<Vec<String>>> {
        let (mut pages, mut query) = (Vec::new(), query.clone());
        loop {
            let page = self.page(store, &query).await?;
            pages.push(page.items);
            let Some(next) = page.next else { return Ok(pages) };
            assert!(pages.len() < MANY_PAGES, "the pages do not end");
            query = query.after(next);
        }
    }

    async fn as_of(self, store: &dyn Store, as_of: AsOf) -> Result<Vec<String>> {
        Ok(self.page(store, &DirectoryQuery::new(as_of)).await?.items)
    }
}

fn spy() -> Symbol {
    parsed("SPY")
}

/// Creates a quote recorded when it was made.
fn quoted(contract: &str, at: &str) -> OptionQuote {
    OptionQuote::new(parsed(contract), instant(at), source("test"))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        a_store_tells_what_it_holds,
        an_item_is_listed_within_both_limits,
        a_superseded_version_counts,
        a_version_replaced_in_its_batch_does_not_count,
        days_are_new_yorks,
        a_day_counts_from_the_first_quote_known,
        bars_are_listed_by_instrument_and_timeframe,
        revisions_are_in_the_order_of_their_numbers,
        contracts_follow_their_details,
        a_unit_of_work_counts,
        purged_rows_do_not_count,
        evicted_rows_do_not_count,
        pages_are_complete_and_in_order,
        the_cursor_of_another_list_is_refused
    ]
}

/// Each list has what the store holds, each item once; an empty store holds nothing.
async fn a_store_tells_what_it_holds(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for list in every_list() {
        assert_eq!(list.as_of(&*store, EVERYTHING).await?, [""; 0], "{list:?}");
    }
    fill(&*store).await?;
    Trades::insert(&*store, &[Trades::entry(5, Draft::on(0).at)]).await?;
    Orders::insert(&*store, &[Orders::entry(6, Draft::on(0).at)]).await?;
    store.upsert_quotes(&[quoted("QQQ251219C00640000", "2025-09-25T14:00:00Z")]).await?;
    let snapshot = Draft::on(0).row::<Snapshots>();
    let held = async |list: List| list.as_of(&*store, EVERYTHING).await;
    let mut underlyings = vec!["QQQ".to_owned(), "SPY".to_owned(), snapshot.underlying.to_string()];
    underlyings.sort();
    underlyings.dedup();
    assert_eq!(held(List::Underlyings).await?, underlyings);
    assert_eq!(held(List::Expirations(spy())).await?, ["2029-12-21"]);
    assert_eq!(held(List::QuoteDays(spy())).await?, ["2025-09-02", "2025-09-03"]);
    assert_eq!(held(List::QuoteDays(parsed("QQQ"))).await?, ["2025-09-25"]);
    assert_eq!(held(List::QuoteDays(parsed("IWM"))).await?, [""; 0]);
    assert_eq!(held(List::QuotedSymbols).await?, [Draft::on(0).row::<UnderlyingQuotes>().symbol.to_string()]);
    assert_eq!(held(List::BarKeys).await?, [Draft::on(0).row::<Bars>().key.to_string()]);
    assert_eq!(held(List::Series).await?, [Draft::on(0).row::<Observations>().series.to_string()]);
    assert_eq!(held(List::Models).await?, ["black_scholes_merton/0000000001"]);
    assert!(held(List::Accounts).await?.contains(&Orders::entry(6, Draft::on(0).at).account.to_string()));
    let strategies = held(List::StrategyNames).await?;
    let signal = Signals::entry(0, Draft::on(0).at).strategy;
    let backtest = Backtests::entry(0, Draft::on(0).at).strategy;
    let trade = Trades::entry(5, Draft::on(0).at).origin.strategy;
    for strategy in [signal, backtest, trade] {
        assert!(strategies.contains(&strategy.to_string()), "{strategy} is not in {strategies:?}");
    }
    for list in every_list() {
        assert!(held(list).await?.is_sorted_by(|a, b| a < b), "{list:?}");
    }
    Ok(())
}

/// An item is listed when the `at` of one of its rows is not after the event limit and its `recorded_at` not after the
/// knowledge limit; both limits are inclusive.
async fn an_item_is_listed_within_both_limits(bench: &Bench) -> Result<()> {
    async fn check<S: Series>(store: &dyn Store, list: List) -> Result<()> {
        let row = Draft::on(3).row::<S>();
        S::upsert(store, std::slice::from_ref(&row)).await?;
        let (at, recorded_at) = (at::<S>(&row), Recorded::recorded_at(&row));
        let held = async |at, known_by| Ok::<_, Error>(!list.as_of(store, AsOf { at, known_by }).await?.is_empty());
        assert!(held(at, None).await?, "{list:?}");
        assert!(!held(just_before(at), None).await?, "{list:?}: the event limit");
        assert!(held(at, Some(recorded_at)).await?, "{list:?}");
        assert!(!held(Timestamp::MAX, Some(just_before(recorded_at))).await?, "{list:?}: the knowledge limit");
        Ok(())
    }
    let store = bench.open().await?;
    check::<UnderlyingQuotes>(&*store, List::QuotedSymbols).await?;
    check::<Snapshots>(&*store, List::Underlyings).await?;
    check::<Bars>(&*store, List::BarKeys).await?;
    check::<Observations>(&*store, List::Series).await?;
    check::<Greeks>(&*store, List::Models).await?;
    for list in [List::Underlyings, List::Expirations(spy()), List::QuoteDays(spy())] {
        let another = bench.another().await?;
        check::<Quotes>(&*another.open().await?, list).await?;
    }
    let order = Orders::entry(1, Draft::on(5).at);
    let order = Order { recorded_at: just_after(order.at), ..order };
    store.insert_orders(std::slice::from_ref(&order)).await?;
    for list in [List::Accounts, List::StrategyNames] {
        let held = async |at, known_by| list.as_of(&*store, AsOf { at, known_by }).await;
        assert_eq!(held(order.at, Some(order.recorded_at)).await?.len(), 1, "{list:?}");
        assert_eq!(held(just_before(order.at), None).await?, [""; 0], "{list:?}");
        assert_eq!(held(Timestamp::MAX, Some(order.at)).await?, [""; 0], "{list:?}");
    }
    Ok(())
}

/// A row counts from its first version on, also when it was corrected later.
async fn a_superseded_version_counts(bench: &Bench) -> Result<()> {
    async fn check<S: Series>(store: &dyn Store, list: List) -> Result<()> {
        let first = Draft::on(3).row::<S>();
        S::upsert(store, std::slice::from_ref(&first)).await?;
        S::upsert(store, &[Draft::on(3).value(2.0).recorded_after(90).row::<S>()]).await?;
        let known_by = Some(Recorded::recorded_at(&first));
        assert_eq!(list.as_of(store, AsOf { at: Timestamp::MAX, known_by }).await?.len(), 1, "{list:?}");
        Ok(())
    }
    let store = bench.open().await?;
    check::<UnderlyingQuotes>(&*store, List::QuotedSymbols).await?;
    check::<Bars>(&*store, List::BarKeys).await?;
    check::<Observations>(&*store, List::Series).await?;
    check::<Greeks>(&*store, List::Models).await?;
    check::<Quotes>(&*store, List::QuoteDays(spy())).await
}

/// Of rows with one key in a batch the last one is stored, and the others count for nothing.
async fn a_version_replaced_in_its_batch_does_not_count(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let early = quoted("SPY251219C00640000", "2025-09-25T14:00:00Z");
    let late = OptionQuote { bid: Some(1.0), ..early.clone() }.with_recorded_at(instant("2025-09-26T14:00:00Z"));
    store.upsert_quotes(&[early.clone(), late.clone()]).await?;
    let held = async |known_by| {
        List::QuoteDays(spy()).as_of(&*store, AsOf { at: Timestamp::MAX, known_by: Some(known_by) }).await
    };
    assert_eq!(held(early.recorded_at).await?, [""; 0]);
    assert_eq!(held(late.recorded_at).await?, ["2025-09-25"]);
    Ok(())
}

/// A day of quotes is a day in New York.
async fn days_are_new_yorks(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let contract = "SPY251219C00640000";
    let instants =
        ["2025-09-25T03:59:59.999999Z", "2025-09-26T04:00:00Z", "2025-12-01T04:59:59Z", "2025-12-02T05:00:00Z"];
    store.upsert_quotes(&instants.map(|at| quoted(contract, at))).await?;
    let days = List::QuoteDays(spy()).as_of(&*store, EVERYTHING).await?;
    assert_eq!(days, ["2025-09-24", "2025-09-26", "2025-11-30", "2025-12-02"]);
    Ok(())
}

/// A day is held from its first quote on, whichever clock is later, and whatever order quotes are written in.
async fn a_day_counts_from_the_first_quote_known(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = |time: &str| instant(&format!("2025-09-25T{time}:00Z"));
    let quote = |time: &str, recorded: &str| {
        OptionQuote { at: at(time), ..quoted("SPY251219C00640000", "2025-09-25T14:00:00Z") }
            .with_recorded_at(at(recorded))
    };
    for quote in [quote("17:00", "17:00"), quote("14:00", "19:00"), quote("16:00", "18:00"), quote("15:00", "20:00")] {
        store.upsert_quotes(&[quote]).await?;
    }
    let held = async |event: &str, known: &str| {
        let as_of = AsOf { at: at(event), known_by: Some(at(known)) };
        Ok::<_, Error>(List::QuoteDays(spy()).as_of(&*store, as_of).await?.len())
    };
    for (event, known, expected) in [
        ("17:00", "17:00", 1),
        ("17:00", "16:59", 0),
        ("16:59", "17:59", 0),
        ("16:59", "18:00", 1),
        ("15:59", "18:59", 0),
        ("15:59", "19:00", 1),
        ("13:59", "20:00", 0),
    ] {
        assert_eq!(held(event, known).await?, expected, "at {event}, known by {known}");
    }
    Ok(())
}

/// Keys of bars are in the order of the instruments' texts, then of the timeframes' texts.
async fn bars_are_listed_by_instrument_and_timeframe(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let base = Draft::on(0).row::<Bars>();
    let bar = |instrument: &str, timeframe| {
        let key = BarKey { instrument: parsed(instrument), timeframe };
        Bar { key, ..base.clone() }
    };
    let bars = [
        bar("SPY", Timeframe::Week1),
        bar("SPY", Timeframe::Minute15),
        bar("SPY", Timeframe::Day1),
        bar("BRK/B", Timeframe::Day1),
        bar("SPY   251219C00640000", Timeframe::Minute1),
        bar("^VIX", Timeframe::Month1),
    ];
    store.upsert_bars(&bars).await?;
    let keys = ["BRK/B/1d", "SPY/15m", "SPY/1d", "SPY/1w", "SPY   251219C00640000/1m", "^VIX/1mo"];
    for limit in [None, Limit::new(1), Limit::new(2), Limit::new(3)] {
        let query = DirectoryQuery { paging: Paging { limit, after: None }, ..DirectoryQuery::new(EVERYTHING) };
        assert_eq!(List::BarKeys.pages(&*store, &query).await?.concat(), keys);
    }
    Ok(())
}

/// Revisions of a model are in the order of their numbers.
async fn revisions_are_in_the_order_of_their_numbers(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let base = Draft::on(0).row::<Greeks>();
    let made = |model: &str, revision| {
        let key = GreeksKey { model: parsed(model), revision, ..base.key };
        ComputedGreeks { key, ..base.clone() }
    };
    store.upsert_greeks(&[made("heston", 10), made("heston", 9), made("heston_2", 1), made("heston", 0)]).await?;
    let models = store.list_models(&DirectoryQuery::new(EVERYTHING)).await?.items;
    let found: Vec<_> = models.iter().map(|held| (held.model.as_str(), held.revision)).collect();
    assert_eq!(found, [("heston", 0), ("heston", 9), ("heston", 10), ("heston_2", 1)]);
    Ok(())
}

/// Contracts of one root and expiration are of an underlying if the current details of one of them name it.
async fn contracts_follow_their_details(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let contracts = ["SPY251219C00640000", "SPY251219C00650000"];
    store.upsert_quotes(&contracts.map(|contract| quoted(contract, "2025-09-25T14:00:00Z"))).await?;
    let days = async |symbol: &str| List::QuoteDays(parsed(symbol)).as_of(&*store, EVERYTHING).await;
    let details = |contract: &str| {
        let standard = ContractDetails::standard(parsed(contract), source("test"), instant("2025-09-25T14:00:00Z"));
        standard.map(|standard| ContractDetails { underlying: parsed("QQQ"), ..standard })
    };
    store.upsert_contracts(&[details(contracts[0])?]).await?;
    assert_eq!((days("SPY").await?.len(), days("QQQ").await?.len()), (1, 1));
    store.upsert_contracts(&[details(contracts[1])?]).await?;
    assert_eq!((days("SPY").await?.len(), days("QQQ").await?.len()), (0, 1));
    assert_eq!(List::Underlyings.as_of(&*store, EVERYTHING).await?, ["QQQ"]);
    assert_eq!(List::Expirations(parsed("QQQ")).as_of(&*store, EVERYTHING).await?, ["2025-12-19"]);
    Ok(())
}

/// Rows of a unit of work count as those of single calls do.
async fn a_unit_of_work_counts(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let quote = quoted("SPY251219C00640000", "2025-09-25T14:00:00Z");
    let unit = UnitOfWork::new()
        .with(Write::UpsertQuotes(vec![quote].into()))
        .with(Write::UpsertGreeks(vec![Draft::on(0).row::<Greeks>()].into()));
    store.apply(&unit).await?;
    assert_eq!(List::QuoteDays(spy()).as_of(&*store, EVERYTHING).await?, ["2025-09-25"]);
    assert_eq!(List::Models.as_of(&*store, EVERYTHING).await?.len(), 1);
    Ok(())
}

/// Purged rows do not count, and those of the same day that are left do.
async fn purged_rows_do_not_count(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let days = ["2025-09-24", "2025-09-25", "2025-09-26"];
    let times = ["14:00:00Z", "18:00:00Z"];
    for contract in ["SPY251219C00640000", "QQQ251219C00640000"] {
        let quotes = days.iter().flat_map(|day| times.map(|time| quoted(contract, &format!("{day}T{time}"))));
        store.upsert_quotes(&quotes.collect::<Vec<_>>()).await?;
    }
    let noon = instant("2025-09-25T16:00:00Z");
    store.purge(Dataset::OptionQuotes, noon).await?;
    let held = async |at: &str| List::QuoteDays(spy()).as_of(&*store, AsOf::instant(instant(at))).await;
    assert_eq!(held("2025-09-26T23:00:00Z").await?, days[1..]);
    assert_eq!(held("2025-09-25T17:59:59Z").await?, [""; 0], "the quote of the morning is gone");
    assert_eq!(held("2025-09-25T18:00:00Z").await?, [days[1]]);
    store.purge(Dataset::OptionQuotes, Timestamp::MAX).await?;
    assert_eq!(List::Underlyings.as_of(&*store, EVERYTHING).await?, [""; 0]);
    assert_eq!(List::Expirations(spy()).as_of(&*store, EVERYTHING).await?, [""; 0]);
    Ok(())
}

/// Evicted rows do not count, and others of their contracts do.
async fn evicted_rows_do_not_count(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let contract = "SPY251219C00640000";
    let quotes = ["2025-09-24T14:00:00Z", "2025-09-25T14:00:00Z"].map(|at| quoted(contract, at));
    store.upsert_quotes(&quotes).await?;
    store.upsert_quotes(&[quoted("QQQ251219C00640000", "2025-09-24T14:00:00Z")]).await?;
    let greeks = [Draft::on(0).row::<Greeks>(), Draft::on(0).of(1).row::<Greeks>()];
    store.upsert_greeks(&greeks).await?;
    store.evict(&Eviction::new(Fetched::Market(spy()), quotes[0].recorded_at)).await?;
    assert_eq!(List::QuoteDays(spy()).as_of(&*store, EVERYTHING).await?, ["2025-09-25"]);
    assert_eq!(List::QuoteDays(parsed("QQQ")).as_of(&*store, EVERYTHING).await?, ["2025-09-24"]);
    for (left, row) in [1, 0].iter().zip(&greeks) {
        store.evict(&Eviction::new(Fetched::Greeks(row.key), Timestamp::MAX)).await?;
        assert_eq!(List::Models.as_of(&*store, EVERYTHING).await?.len(), *left);
    }
    Ok(())
}

/// Pages of any size hold the whole list in ascending order, each item once, also while items are added.
async fn pages_are_complete_and_in_order(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let symbols = ["QQQ", "IWM", "GOOG", "AAPL", "TSLA"];
    store.upsert_quotes(&symbols.map(|root| quoted(&format!("{root}251219C00640000"), "2025-09-25T14:00:00Z"))).await?;
    let days: Vec<NaiveDate> = (1..=9).filter_map(|day| NaiveDate::from_ymd_opt(2025, 10, day)).collect();
    let quotes = days.iter().map(|day| quoted("SPY251219C00640000", &format!("{day}T14:00:00Z")));
    store.upsert_quotes(&quotes.collect::<Vec<_>>()).await?;
    for number in 10..14 {
        let order = Orders::entry(number, Draft::on(0).at);
        let account = parsed(&format!("account {number}"));
        store.insert_orders(&[Order { id: identity(number), account, ..order }]).await?;
    }
    for list in every_list() {
        let whole = list.as_of(&*store, EVERYTHING).await?;
        assert!(!whole.is_empty(), "{list:?}");
        for limit in 1..=4 {
            let query = DirectoryQuery {
                paging: Paging { limit: Limit::new(limit), after: None },
                ..DirectoryQuery::new(EVERYTHING)
            };
            let pages = list.pages(&*store, &query).await?;
            assert_eq!(pages.concat(), whole, "{list:?} in pages of {limit}");
            assert!(pages.iter().rev().skip(1).all(|page| page.len() == limit), "{list:?} in pages of {limit}");
        }
    }
    Ok(())
}

/// A list refuses the cursor of another list.
async fn the_cursor_of_another_list_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let foreign = [Cursor::from("SPY"), Cursor::from("list_other:SPY"), Cursor::from("")];
    for list in every_list() {
        for cursor in &foreign {
            let query = DirectoryQuery::new(EVERYTHING).after(cursor.clone());
            let error = list.page(&*store, &query).await.expect_err("another list's cursor");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{list:?}: {error}");
        }
    }
    Ok(())
}
