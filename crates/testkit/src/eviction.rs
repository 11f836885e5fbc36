//! Evictions of fetched rows, one subject at a time.

use strikebook_core::{
    Result, Source, Store, Timestamp,
    maintenance::{Dataset, Evicted, Eviction, Fetched, Purged},
    market::{ContractDetails, OptionQuote, Symbol},
};

use crate::{
    Bench,
    bar::Bars,
    case::{Case, cases},
    chain::Quotes,
    greeks::Greeks,
    maintenance::{counts, fill},
    parsed,
    series::{Draft, Series, all, inserted, instant, just_before, key, source},
    snapshot::Snapshots,
    underlying::UnderlyingQuotes,
};

/// A subject of which rows are evicted.
trait Evictable: Series {
    /// Returns the subject of a row.
    fn fetched(row: &Self::Row) -> Fetched;
}

impl Evictable for Quotes {
    fn fetched(row: &OptionQuote) -> Fetched {
        let underlying = row.contract.root().underlying();
        Fetched::Market(underlying.unwrap_or_else(|error| panic!("{error}")))
    }
}

impl Evictable for Snapshots {
    fn fetched(row: &Self::Row) -> Fetched {
        Fetched::Market(row.underlying)
    }
}

impl Evictable for UnderlyingQuotes {
    fn fetched(row: &Self::Row) -> Fetched {
        Fetched::Market(row.symbol)
    }
}

impl Evictable for Bars {
    fn fetched(row: &Self::Row) -> Fetched {
        Fetched::Bars(row.key)
    }
}

impl Evictable for Greeks {
    fn fetched(row: &Self::Row) -> Fetched {
        Fetched::Greeks(row.key)
    }
}

/// Runs a check for each of them.
macro_rules! of_each {
    ($check:ident($bench:expr)) => {
        $check::<Quotes>($bench).await?;
        $check::<Snapshots>($bench).await?;
        $check::<UnderlyingQuotes>($bench).await?;
        $check::<Bars>($bench).await?;
        $check::<Greeks>($bench).await?;
    };
}

/// Returns the number of rows that an eviction deletes from one dataset, and checks that it deletes none from the
/// others.
fn taken<S: Series>(evicted: &[Evicted]) -> Purged {
    let (own, others): (Vec<&Evicted>, Vec<&Evicted>) = evicted.iter().partition(|of_one| of_one.dataset == S::DATASET);
    assert!(others.iter().all(|of_one| of_one.purged == Purged::default()), "{evicted:?}");
    assert_eq!(own.len(), 1, "{evicted:?}");
    own[0].purged
}

const fn purged(rows: u64, superseded: u64) -> Purged {
    Purged { rows, superseded }
}

/// Creates three rows of a series, the second of them corrected.
async fn three_rows<S: Series>(store: &dyn Store) -> Result<Vec<S::Row>> {
    let drafts = [Draft::on(0), Draft::on(1), Draft::on(2), Draft::on(1).value(2.0).recorded_after(20)];
    for draft in &drafts {
        S::upsert(store, &[draft.row::<S>()]).await?;
    }
    Ok([&drafts[0], &drafts[3], &drafts[2]].map(Draft::row::<S>).into())
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    cases![
        one_subject_goes_with_its_versions,
        rows_recorded_later_stay,
        other_sources_stay,
        what_goes_is_counted_before,
        everything_else_stays,
        contracts_follow_their_details
    ]
}

/// An eviction deletes the rows of its subject with their versions, and no other's. They can be written again.
async fn one_subject_goes_with_its_versions(bench: &Bench) -> Result<()> {
    async fn check<S: Evictable>(bench: &Bench) -> Result<()> {
        let store = bench.open().await?;
        let rows = three_rows::<S>(&*store).await?;
        let eviction = Eviction::new(S::fetched(&rows[0]), Timestamp::MAX);
        let other = Draft::on(1).of(1).row::<S>();
        // Options of one underlying are one subject.
        let is_other = S::DATASET != Dataset::OptionQuotes;
        if is_other {
            S::upsert(&*store, std::slice::from_ref(&other)).await?;
        }
        assert_eq!(taken::<S>(&store.evict(&eviction).await?), purged(3, 1));
        assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, []);
        assert!(S::versions(&*store, &rows[1]).await?.is_none_or(|versions| versions.is_empty()));
        assert_eq!(all::<S>(&*store, key::<S>(&other)).await?.len(), usize::from(is_other));
        assert_eq!(taken::<S>(&store.evict(&eviction).await?), Purged::default());
        assert_eq!(S::upsert(&*store, &rows).await?.inserted, 3);
        assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows);
        store.evict(&eviction).await?;
        store.close().await
    }
    of_each!(check(bench));
    Ok(())
}

/// The `recorded_at` of the current version decides about a row, and the limit is inclusive.
async fn rows_recorded_later_stay(bench: &Bench) -> Result<()> {
    async fn check<S: Evictable>(bench: &Bench) -> Result<()> {
        let store = bench.open().await?;
        let rows = three_rows::<S>(&*store).await?;
        let until = |recorded_until| Eviction::new(S::fetched(&rows[0]), recorded_until);
        let recorded = Draft::on(0).recorded_at;
        assert_eq!(taken::<S>(&store.evict(&until(just_before(recorded))).await?), Purged::default());
        assert_eq!(taken::<S>(&store.evict(&until(recorded)).await?), purged(1, 0));
        let first_version = Draft::on(1).recorded_at;
        assert_eq!(taken::<S>(&store.evict(&until(first_version)).await?), Purged::default(), "it was corrected since");
        assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows[1..]);
        assert_eq!(taken::<S>(&store.evict(&until(Draft::on(1).recorded_after(20).recorded_at)).await?), purged(1, 1));
        assert_eq!(all::<S>(&*store, key::<S>(&rows[0])).await?, rows[2..]);
        store.evict(&until(Timestamp::MAX)).await?;
        store.close().await
    }
    of_each!(check(bench));
    Ok(())
}

/// The source of the current version decides about a row.
async fn other_sources_stay(bench: &Bench) -> Result<()> {
    async fn check<S: Evictable>(bench: &Bench) -> Result<()> {
        let store = bench.open().await?;
        let drafts = [
            Draft::on(0).from_source("file"),
            Draft::on(1).from_source("broker"),
            Draft::on(2).from_source("broker"),
            Draft::on(2).from_source("file").recorded_after(20),
            Draft::on(3).from_source("file"),
            Draft::on(3).from_source("broker").recorded_after(20),
        ];
        for draft in &drafts {
            S::upsert(&*store, &[draft.row::<S>()]).await?;
        }
        let first = drafts[0].row::<S>();
        let eviction = Eviction::new(S::fetched(&first), Timestamp::MAX);
        let of = |name| eviction.clone().with_source(source(name));
        assert_eq!(taken::<S>(&store.evict(&of("broke")).await?), Purged::default());
        assert_eq!(taken::<S>(&store.evict(&of("broker")).await?), purged(2, 1));
        let kept = [&drafts[0], &drafts[3]].map(Draft::row::<S>);
        assert_eq!(all::<S>(&*store, key::<S>(&first)).await?, kept);
        assert_eq!(taken::<S>(&store.evict(&of("file")).await?), purged(2, 1));
        store.close().await
    }
    of_each!(check(bench));
    Ok(())
}

/// Counting returns the numbers of the eviction, and changes nothing.
async fn what_goes_is_counted_before(bench: &Bench) -> Result<()> {
    async fn check<S: Evictable>(bench: &Bench) -> Result<()> {
        let store = bench.open().await?;
        let rows = three_rows::<S>(&*store).await?;
        let before = counts(&*store).await?;
        for eviction in [
            Eviction::new(S::fetched(&rows[0]), Draft::on(0).recorded_at),
            Eviction::new(S::fetched(&rows[0]), Timestamp::MAX).with_source(Source::new("other")?),
            Eviction::new(S::fetched(&rows[0]), Timestamp::MAX),
        ] {
            let counted = store.count_evictable(&eviction).await?;
            let datasets: Vec<_> = counted.iter().map(|of_one| of_one.dataset).collect();
            assert_eq!(datasets, eviction.of.datasets());
            assert_eq!(store.count_evictable(&eviction).await?, counted);
            assert_eq!(store.evict(&eviction).await?, counted);
        }
        let after = counts(&*store).await?;
        for ((dataset, before, _), (_, after, superseded)) in before.into_iter().zip(after) {
            assert_eq!((after, superseded), if dataset == S::DATASET { (0, 0) } else { (before, 0) }, "{dataset}");
        }
        store.close().await
    }
    of_each!(check(bench));
    Ok(())
}

/// One call deletes all rows of an underlying, and nothing from other datasets.
async fn everything_else_stays(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    fill(&*store).await?;
    let spy: Symbol = parsed("SPY");
    let own = UnderlyingQuotes::row(&Draft::on(0));
    let quotes = [strikebook_core::market::UnderlyingQuote { symbol: spy, ..own }];
    store.upsert_underlying_quotes(&quotes).await?;
    let before = counts(&*store).await?;
    let evicted = store.evict(&Eviction::new(Fetched::Market(spy), Timestamp::MAX)).await?;
    let reported: Vec<_> = evicted.iter().map(|of_one| (of_one.dataset, of_one.purged)).collect();
    assert_eq!(
        reported,
        [
            (Dataset::OptionQuotes, purged(2, 1)),
            (Dataset::ChainSnapshots, purged(0, 0)),
            (Dataset::UnderlyingQuotes, purged(1, 0))
        ]
    );
    for ((dataset, rows, superseded), after) in before.into_iter().zip(counts(&*store).await?) {
        let gone = reported.iter().find(|(of, _)| *of == dataset).map_or(Purged::default(), |(_, purged)| *purged);
        assert_eq!(after, (dataset, rows - gone.rows, superseded - gone.superseded));
    }
    Ok(())
}

/// Contracts belong to the underlying that their current details name.
async fn contracts_follow_their_details(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let at = instant("2025-09-25T20:00:00Z");
    let quote = |symbol: &str| Ok::<_, strikebook_core::Error>(OptionQuote::new(symbol.parse()?, at, source("test")));
    let quotes = [quote("SPY251219C00650000")?, quote("SPY1251219C00650000")?, quote("QQQ251219C00650000")?];
    store.upsert_quotes(&quotes).await?;
    let details = ContractDetails::standard(quotes[1].contract, source("test"), at)?;
    store.upsert_contracts(&[ContractDetails { underlying: parsed("QQQ"), ..details }]).await?;
    for (symbol, gone) in [("IWM", 0), ("SPY", 1), ("QQQ", 2)] {
        let evicted = store.evict(&Eviction::new(Fetched::Market(parsed(symbol)), at)).await?;
        assert_eq!(taken::<Quotes>(&evicted), purged(gone, 0), "{symbol}");
    }
    assert_eq!(store.upsert_quotes(&quotes).await?, inserted(3), "their contracts are still known");
    Ok(())
}
