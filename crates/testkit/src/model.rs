//! Model-based tests: random operations give the same answers here as on the store in memory, and general rules hold
//! for random rows.

use std::fmt::Debug;

use chrono::NaiveDate;
use proptest::{collection::vec, prelude::*, sample::select};
use strikebook_core::{
    AsOf, CLOCK_TOLERANCE, ChangeQuery, Error, Paging, Result, SeriesQuery, Store, Timestamp, Upserted,
    analytics::{ComputedGreeks, GreeksKey, ModelRevision},
    directory::DirectoryQuery,
    maintenance::{Dataset, Eviction, Fetched},
    market::{
        ChainQuery, ContractDetails, ContractQuery, HourlyOptions, OptionContract, OptionQuote, QuoteQuery, Symbol,
        Timeframe,
    },
    memory::MemoryStore,
    port::Recorded,
};

use crate::{
    Bench,
    bar::Bars,
    case::{Case, cases},
    chain::Quotes,
    contract,
    corporate_action::CorporateActions,
    directory::{List, directory_queries, lists},
    economic::Observations,
    generate::{
        batches, chain_queries, change_queries, check_random, contract_queries, contracts, days, details, drafts,
        instants, limits, quotes, series_queries, sources, underlyings,
    },
    greeks::Greeks,
    policy::tidy,
    series::{self, Changes, Draft, MANY_PAGES, Series, at, key},
    snapshot::Snapshots,
    underlying::{UnderlyingQuotes, symbol},
};

/// A subject by name, so that an operation can be printed.
#[derive(Clone, Copy, Debug)]
enum Subject {
    Snapshots,
    UnderlyingQuotes,
    Bars,
    CorporateActions,
    Observations,
    Greeks,
}

const SUBJECTS: [Subject; 6] = [
    Subject::Snapshots,
    Subject::UnderlyingQuotes,
    Subject::Bars,
    Subject::CorporateActions,
    Subject::Observations,
    Subject::Greeks,
];

/// The subjects whose ports list changes.
const WITH_CHANGES: [Subject; 5] =
    [Subject::Snapshots, Subject::UnderlyingQuotes, Subject::Bars, Subject::CorporateActions, Subject::Observations];

/// Calls a generic function for a subject's series.
macro_rules! for_subject {
    ($subject:expr, $function:ident($($argument:expr),*)) => {
        match $subject {
            Subject::Snapshots => $function::<Snapshots>($($argument),*).await,
            Subject::UnderlyingQuotes => $function::<UnderlyingQuotes>($($argument),*).await,
            Subject::Bars => $function::<Bars>($($argument),*).await,
            Subject::CorporateActions => $function::<CorporateActions>($($argument),*).await,
            Subject::Observations => $function::<Observations>($($argument),*).await,
            Subject::Greeks => $function::<Greeks>($($argument),*).await,
        }
    };
}

/// One call of a port.
#[derive(Clone, Debug)]
enum Operation {
    UpsertContracts(Vec<ContractDetails>),
    UpsertQuotes(Vec<OptionQuote>),
    UpsertGreeks(Vec<OptionQuote>),
    UpsertSnapshot(Draft, Vec<OptionQuote>),
    Upsert(Subject, Vec<Draft>),
    Purge(Dataset, Timestamp),
    Evict(Eviction),
    Tidy,
    ListContracts(ContractQuery),
    Chain(ChainQuery),
    ListQuotes(QuoteQuery),
    QuoteVersions(OptionContract, Timestamp),
    List(Subject, SeriesQuery<usize>),
    AsOf(Subject, usize, AsOf),
    Versions(Subject, Draft),
    Changes(Subject, ChangeQuery<usize>),
    QuoteChanges(ChangeQuery<OptionContract>),
    LiveBars(usize, Timeframe, Timestamp, AsOf),
    HourlyOptions(Symbol, NaiveDate, AsOf),
    DailyOptions(Symbol, (NaiveDate, NaiveDate), AsOf),
    Directory(List, DirectoryQuery),
    Chains(Vec<ChainQuery>),
    ChainWithGreeks(ChainQuery),
}

fn evictions() -> impl Strategy<Value = Eviction> {
    let series = |series| Draft::on(0).of(series);
    let of = prop_oneof![
        2 => underlyings().prop_map(Fetched::Market),
        1 => (0..3_usize).prop_map(move |i| Fetched::Market(series(i).row::<UnderlyingQuotes>().symbol)),
        1 => (0..3_usize).prop_map(move |i| Fetched::Bars(series(i).row::<Bars>().key)),
        1 => (0..3_usize).prop_map(move |i| Fetched::Greeks(series(i).row::<Greeks>().key)),
    ];
    (of, proptest::option::of(sources()), instants()).prop_map(|(of, source, recorded_until)| {
        let eviction = Eviction::new(of, recorded_until);
        Eviction { source, ..eviction }
    })
}

fn writes() -> impl Strategy<Value = Operation> {
    prop_oneof![
        2 => batches(details()).prop_map(Operation::UpsertContracts),
        8 => batches(quotes()).prop_map(Operation::UpsertQuotes),
        3 => batches(quotes()).prop_map(Operation::UpsertGreeks),
        2 => (drafts(), batches(quotes())).prop_map(|(header, quotes)| Operation::UpsertSnapshot(header, quotes)),
        16 => (select(&SUBJECTS), batches(drafts())).prop_map(|(subject, rows)| Operation::Upsert(subject, rows)),
        2 => (select(Dataset::ALL), instants()).prop_map(|(dataset, before)| Operation::Purge(dataset, before)),
        2 => evictions().prop_map(Operation::Evict),
        1 => Just(Operation::Tidy),
    ]
}

fn reads() -> impl Strategy<Value = Operation> {
    prop_oneof![
        contract_queries().prop_map(Operation::ListContracts),
        chain_queries().prop_map(Operation::Chain),
        series_queries(contracts()).prop_map(Operation::ListQuotes),
        (contracts(), instants()).prop_map(|(contract, at)| Operation::QuoteVersions(contract, at)),
        (select(&SUBJECTS), series_queries(0..3_usize)).prop_map(|(subject, query)| Operation::List(subject, query)),
        (select(&SUBJECTS), 0..3_usize, limits())
            .prop_map(|(subject, series, limits)| Operation::AsOf(subject, series, limits)),
        (select(&SUBJECTS), drafts()).prop_map(|(subject, draft)| Operation::Versions(subject, draft)),
        (select(&WITH_CHANGES), change_queries(0..3_usize))
            .prop_map(|(subject, query)| Operation::Changes(subject, query)),
        change_queries(contracts()).prop_map(Operation::QuoteChanges),
        prop_oneof![aggregates(), directories()],
    ]
}

fn directories() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (lists(), directory_queries()).prop_map(|(list, query)| Operation::Directory(list, query)),
        vec(chain_queries(), 1..5).prop_map(Operation::Chains),
        chain_queries().prop_map(Operation::ChainWithGreeks),
    ]
}

/// Returns Greeks of the contracts and instants of quotes, with the same sources and knowledge times.
fn greeks_of(quotes: &[OptionQuote]) -> Vec<ComputedGreeks> {
    let base = Draft::on(0).row::<Greeks>();
    let of = |quote: &OptionQuote| ComputedGreeks {
        key: GreeksKey { contract: quote.contract, ..base.key },
        at: quote.at,
        spot: quote.bid.map_or(1.0, f64::abs),
        source: quote.source.clone(),
        recorded_at: quote.recorded_at,
        ..base.clone()
    };
    quotes.iter().map(of).collect()
}

fn aggregates() -> impl Strategy<Value = Operation> {
    prop_oneof![
        (0..3_usize, select(&Timeframe::ALL), instants(), limits())
            .prop_map(|(series, timeframe, from, limits)| Operation::LiveBars(series, timeframe, from, limits)),
        (underlyings(), days(), limits())
            .prop_map(|(symbol, day, limits)| Operation::HourlyOptions(symbol, day, limits)),
        (underlyings(), (days(), days()), limits())
            .prop_map(|(symbol, days, limits)| Operation::DailyOptions(symbol, days, limits)),
    ]
}

impl Operation {
    /// Returns a store's answer as text: two stores agree when their texts are equal. Of an error the text contains
    /// what callers act on.
    async fn answer(&self, store: &dyn Store) -> String {
        self.call(store).await.unwrap_or_else(|error: Error| {
            let context = ["row", "field", "contract"].map(|name| error.context(name));
            format!("{} {context:?}", error.kind())
        })
    }

    async fn call(&self, store: &dyn Store) -> Result<String> {
        Ok(match self {
            Self::UpsertContracts(rows) => text(store.upsert_contracts(rows).await?),
            Self::UpsertQuotes(rows) => text(store.upsert_quotes(rows).await?),
            Self::UpsertGreeks(rows) => text(store.upsert_greeks(&greeks_of(rows)).await?),
            Self::UpsertSnapshot(header, rows) => text(store.upsert_snapshot(&header.row::<Snapshots>(), rows).await?),
            Self::Upsert(subject, drafts) => text(for_subject!(subject, upsert(store, drafts))?),
            Self::Purge(dataset, before) => text(store.purge(*dataset, *before).await?),
            Self::Evict(eviction) => {
                let counted = store.count_evictable(eviction).await?;
                text((counted, store.evict(eviction).await?))
            }
            Self::Tidy => tidy(store).await.map(|()| String::new())?,
            Self::ListContracts(query) => text(contract::pages(store, query).await?),
            Self::Chain(query) => text(store.chain_as_of(query).await?),
            Self::ListQuotes(query) => text(pages::<Quotes>(store, query).await?),
            Self::QuoteVersions(contract, at) => text(store.list_quote_versions(contract, *at).await?),
            Self::List(subject, query) => for_subject!(subject, list(store, query))?,
            Self::AsOf(subject, series, limits) => for_subject!(subject, as_of(store, *series, *limits))?,
            Self::Versions(subject, draft) => for_subject!(subject, versions(store, draft))?,
            Self::Changes(subject, query) => match subject {
                Subject::Snapshots => changes::<Snapshots>(store, query).await?,
                Subject::UnderlyingQuotes => changes::<UnderlyingQuotes>(store, query).await?,
                Subject::Bars => changes::<Bars>(store, query).await?,
                Subject::CorporateActions => changes::<CorporateActions>(store, query).await?,
                Subject::Observations => changes::<Observations>(store, query).await?,
                Subject::Greeks => unreachable!("Greeks are not among {WITH_CHANGES:?}"),
            },
            Self::QuoteChanges(query) => text(change_pages::<Quotes>(store, query.clone()).await?),
            Self::LiveBars(series, timeframe, from, limits) => {
                let bars = store.live_bars(symbol(*series), *timeframe, *from, *limits).await?;
                assert!(bars.iter().all(|bar| bar.opened_at >= *from && bar.at <= limits.at), "{bars:?}");
                text(bars)
            }
            Self::HourlyOptions(symbol, day, limits) => {
                let hours = store.hourly_options(*symbol, *day, *limits).await?;
                // Engines sum volatilities in different orders.
                let rounded = |hour: &HourlyOptions| hour.implied_volatility.map(|mean| format!("{mean:.6}"));
                let means: Vec<_> = hours.iter().map(rounded).collect();
                let others = hours.into_iter().map(|hour| HourlyOptions { implied_volatility: None, ..hour });
                text((means, others.collect::<Vec<_>>()))
            }
            Self::DailyOptions(symbol, (from, until), limits) => {
                text(store.daily_options(*symbol, *from, *until, *limits).await?)
            }
            Self::Directory(list, query) => text(list.pages(store, query).await?),
            Self::Chains(queries) => text(store.chains_as_of(queries).await?),
            Self::ChainWithGreeks(query) => {
                let model = Draft::on(0).row::<Greeks>().key.model;
                text(store.chain_with_greeks(query, ModelRevision { model, revision: 1 }).await?)
            }
        })
    }
}

fn text(answer: impl Debug) -> String {
    format!("{answer:#?}")
}

async fn upsert<S: Series>(store: &dyn Store, drafts: &[Draft]) -> Result<Upserted> {
    S::upsert(store, &drafts.iter().map(Draft::row::<S>).collect::<Vec<_>>()).await
}

async fn list<S: Series>(store: &dyn Store, query: &SeriesQuery<usize>) -> Result<String> {
    let key = key::<S>(&Draft::on(0).of(query.key).row::<S>());
    let query = SeriesQuery {
        key,
        from: query.from,
        as_of: query.as_of,
        paging: Paging { limit: query.paging.limit, after: None },
    };
    pages::<S>(store, &query).await.map(text)
}

async fn as_of<S: Series>(store: &dyn Store, series: usize, limits: AsOf) -> Result<String> {
    let row = S::as_of(store, key::<S>(&Draft::on(0).of(series).row::<S>()), limits).await?;
    if let Some(row) = &row {
        assert_within::<S>(limits, row);
    }
    Ok(text(row))
}

async fn versions<S: Series>(store: &dyn Store, draft: &Draft) -> Result<String> {
    S::versions(store, &draft.row::<S>()).await.map(text)
}

async fn changes<S: Changes>(store: &dyn Store, query: &ChangeQuery<usize>) -> Result<String> {
    let keys = query.keys.iter().map(|series| key::<S>(&Draft::on(0).of(*series).row::<S>()));
    let ChangeQuery { from, until, paging: Paging { limit, .. }, .. } = *query;
    let query = ChangeQuery { keys: keys.collect(), from, until, paging: Paging { limit, after: None } };
    change_pages::<S>(store, query).await.map(text)
}

/// Returns the pages of the changes of some series, and checks that each row lies within the query's instants.
async fn change_pages<S: Changes>(store: &dyn Store, mut query: ChangeQuery<S::Key>) -> Result<Vec<Vec<S::Row>>> {
    let mut pages = Vec::new();
    loop {
        let page = S::changes(store, &query).await?;
        for row in &page.items {
            assert!(query.admits(at::<S>(row), row.recorded_at()), "{row:?} is not of {query:?}");
        }
        pages.push(page.items);
        let Some(next) = page.next else { return Ok(pages) };
        assert!(pages.len() < MANY_PAGES, "the pages do not end");
        query = query.after(next);
    }
}

/// Returns the pages of a list, and checks that each row lies within the query's limits.
async fn pages<S: Series>(store: &dyn Store, query: &SeriesQuery<S::Key>) -> Result<Vec<Vec<S::Row>>> {
    let pages = series::pages::<S>(store, query).await?;
    for row in pages.iter().flatten() {
        assert_within::<S>(query.as_of, row);
    }
    Ok(pages)
}

fn assert_within<S: Series>(limits: AsOf, row: &S::Row) {
    assert!(limits.admits(at::<S>(row), row.recorded_at()), "{row:?} lies behind {limits:?}");
}

/// Returns the statistics of a store without bytes, as text.
async fn counted(store: &dyn Store) -> Result<String> {
    let counted = store.statistics().await?;
    Ok(text(
        counted
            .into_iter()
            .map(|mut counted| {
                (counted.bytes, counted.row_bytes) = (None, None);
                counted
            })
            .collect::<Vec<_>>(),
    ))
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        answers_are_those_of_the_specification,
        no_answer_passes_its_limits,
        later_knowledge_changes_no_earlier_answer,
        a_chain_holds_the_last_row_of_each_list
    ]
}

/// Every answer equals that of the store in memory, for random sequences of writes and reads.
async fn answers_are_those_of_the_specification(bench: &Bench) -> Result<()> {
    let steps = vec((writes(), reads(), reads()), 1..20);
    check_random(bench, steps, async |bench, steps| {
        let (model, store) = (MemoryStore::new(), bench.open().await?);
        for (step, (write, first, second)) in steps.iter().enumerate() {
            for operation in [write, first, second] {
                let (expected, found) = (operation.answer(&model).await, operation.answer(&*store).await);
                assert!(found == expected, "step {step}: {operation:#?}\nanswered {found}\nand not {expected}");
            }
            assert_eq!(counted(&*store).await?, counted(&model).await?, "step {step}");
        }
        store.close().await
    })
    .await
}

/// No row of any answer has an `at` or `recorded_at` after the limits of its read.
async fn no_answer_passes_its_limits(bench: &Bench) -> Result<()> {
    let values = (vec(quotes(), 20..60), vec(drafts(), 20..60), vec((limits(), chain_queries()), 8));
    check_random(bench, values, async |bench, (quotes, drafts, limits)| {
        let store = bench.open().await?;
        write_all(&*store, &quotes, &drafts, |_| true).await?;
        for (limits, query) in limits {
            for subject in SUBJECTS {
                for series in 0..3 {
                    for_subject!(subject, as_of(&*store, series, limits))?;
                    for_subject!(subject, list(&*store, &SeriesQuery::new(series, limits)))?;
                }
            }
            let query = ChainQuery { as_of: limits, max_quote_age: None, ..query };
            for row in store.chain_as_of(&query).await?.rows() {
                assert_within::<Quotes>(limits, &row.quote);
                assert!(row.life.is_alive(limits.at), "{row:?} no longer trades");
                pages::<Quotes>(&*store, &SeriesQuery::new(row.quote.contract, limits)).await?;
            }
        }
        store.close().await
    })
    .await
}

/// An answer as of a point does not change when more rows are recorded later.
async fn later_knowledge_changes_no_earlier_answer(bench: &Bench) -> Result<()> {
    let values = (vec(quotes(), 20..60), vec(drafts(), 20..60), instants(), vec(chain_queries(), 4));
    check_random(bench, values, async |bench, (quotes, drafts, known_by, queries)| {
        let store = bench.open().await?;
        let answers = async || -> Result<Vec<String>> {
            let mut answers = Vec::new();
            for at in [known_by, Timestamp::MAX] {
                let limits = AsOf::with_hindsight(at).known_by(known_by);
                for subject in SUBJECTS {
                    for series in 0..3 {
                        answers.push(for_subject!(subject, list(&*store, &SeriesQuery::new(series, limits)))?);
                    }
                }
                for series in 0..3 {
                    for timeframe in [Timeframe::Minute1, Timeframe::Hour1, Timeframe::Day1] {
                        let bars = Operation::LiveBars(series, timeframe, Timestamp::MIN, limits);
                        answers.push(bars.answer(&*store).await);
                    }
                }
                for query in &queries {
                    let query = ChainQuery { as_of: AsOf { known_by: Some(known_by), ..query.as_of }, ..query.clone() };
                    answers.push(Operation::Chain(query).answer(&*store).await);
                }
            }
            Ok(answers)
        };
        write_all(&*store, &quotes, &drafts, |recorded_at| recorded_at <= known_by).await?;
        let before = answers().await?;
        write_all(&*store, &quotes, &drafts, |recorded_at| recorded_at > known_by).await?;
        for (after, before) in answers().await?.iter().zip(&before) {
            assert!(after == before, "{after}\nwas before {before}");
        }
        store.close().await
    })
    .await
}

/// A chain agrees with the lists of its contracts: the last quote of each contract that matches, has not expired and
/// is fresh enough.
async fn a_chain_holds_the_last_row_of_each_list(bench: &Bench) -> Result<()> {
    let values = (vec(quotes(), 20..80), vec(chain_queries(), 8));
    check_random(bench, values, async |bench, (quotes, queries)| {
        let store = bench.open().await?;
        write_all(&*store, &quotes, &[], |_| true).await?;
        for query in queries.iter().filter(|query| query.validate().is_ok()) {
            let mut expected = Vec::new();
            let contracts = store.list_contracts(&ContractQuery::new(query.underlying)).await?.items;
            for ContractDetails { contract, .. } in
                contracts.iter().filter(|details| query.admits(&details.contract, &details.life()))
            {
                let mut quotes = store.list_quotes(&SeriesQuery::new(*contract, query.as_of)).await?.items;
                expected.extend(quotes.pop().filter(|quote| quote.at >= query.oldest_quote()));
            }
            let chain = store.chain_as_of(query).await?;
            let found: Vec<_> = chain.rows().iter().map(|row| row.quote.clone()).collect();
            assert_eq!(found, expected, "{query:?}");
        }
        store.close().await
    })
    .await
}

/// Writes the valid rows with a wanted `recorded_at`, in several batches.
async fn write_all(
    store: &dyn Store,
    quotes: &[OptionQuote],
    drafts: &[Draft],
    wanted: impl Fn(Timestamp) -> bool,
) -> Result<()> {
    let valid = |row: &OptionQuote| {
        let is_known = row.at.since(row.recorded_at) <= CLOCK_TOLERANCE;
        row.validate().is_ok() && is_known && !row.source.is_simulated() && wanted(row.recorded_at)
    };
    let quotes: Vec<_> = quotes.iter().filter(|row| valid(row)).cloned().collect();
    for batch in quotes.chunks(7) {
        store.upsert_quotes(batch).await?;
    }
    let valid = |draft: &Draft| {
        let is_known = draft.at.since(draft.recorded_at) <= CLOCK_TOLERANCE;
        (0.0..1e12).contains(&draft.value) && is_known && !draft.source.is_simulated() && wanted(draft.recorded_at)
    };
    let drafts: Vec<_> = drafts.iter().filter(|draft| valid(draft)).cloned().collect();
    for batch in drafts.chunks(7) {
        for subject in SUBJECTS {
            for_subject!(subject, upsert(store, batch))?;
        }
    }
    Ok(())
}
