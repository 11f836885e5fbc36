//! Lists as streams of pages: a list of any length is read without being in memory at once.
//!
//! Every list of a port takes a query with a part to return and answers with a page and the cursor of the next. The
//! functions of this module ask for one page after another, each when it is needed. Rows that are written between two
//! pages neither shift nor repeat rows.
//!
//! ```
//! use futures_util::TryStreamExt;
//! use strikebook_core::{
//!     AsOf, Result, Store,
//!     market::{Bar, BarKey, BarQuery, Symbol, Timeframe},
//!     memory::MemoryStore,
//! };
//! use strikebook_services::pages::{items, pages};
//!
//! async fn highest_close(store: &dyn Store, key: BarKey, as_of: AsOf) -> Result<Option<f64>> {
//!     let bars = items(BarQuery::new(key, as_of), async |query| store.list_bars(&query).await);
//!     let higher = |high: f64, bar: &Bar| high.max(bar.high);
//!     bars.try_fold(None, async |high, bar| Ok(Some(high.map_or(bar.high, |high| higher(high, &bar))))).await
//! }
//!
//! # async fn example() -> Result<()> {
//! let store = MemoryStore::new();
//! let key = BarKey::new(Symbol::new("SPY")?, Timeframe::Day1);
//! let as_of = AsOf::with_hindsight("2026-01-05T21:00:00Z".parse()?);
//! assert_eq!(highest_close(&store, key, as_of).await?, None);
//!
//! // Whole pages, of a size of one's own.
//! let query = BarQuery::new(key, as_of).with_limit(500.try_into().expect("above zero"));
//! let mut bars = std::pin::pin!(pages(query, async |query| {
//!     use strikebook_core::market::BarRepository;
//!     store.list_bars(&query).await
//! }));
//! while let Some(page) = bars.try_next().await? {
//!     println!("{} bars", page.len());
//! }
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```

use futures_util::{
    Stream, TryStreamExt,
    stream::{iter, try_unfold},
};
use strikebook_core::{
    Limit, Page, Result,
    market::{ChainQuery, ChainRepository, OptionChain},
    port::Paged,
};

/// The rows of a page when the query sets no limit: 10,000.
pub const ROWS_PER_PAGE: Limit = Limit::new(10_000).expect("above zero");

/// The chains that [`chains`] asks for at once: 16.
const CHAINS_AT_ONCE: usize = 16;

/// Returns the pages of a list as a stream, from the query's cursor on. `list` is called with the query of each page. A
/// query without a limit gets pages of [`ROWS_PER_PAGE`].
///
/// The stream ends after the last page, and after an error.
pub fn pages<Q, T>(mut query: Q, list: impl AsyncFn(Q) -> Result<Page<T>>) -> impl Stream<Item = Result<Vec<T>>>
where
    Q: Paged + Clone,
{
    query.paging_mut().limit.get_or_insert(ROWS_PER_PAGE);
    try_unfold((Some(query), list), async |(query, list)| {
        let Some(query) = query else { return Ok(None) };
        let page = list(query.clone()).await?;
        let next = page.next.map(|cursor| {
            let mut next = query;
            next.paging_mut().after = Some(cursor);
            next
        });
        Ok(Some((page.items, (next, list))))
    })
}

/// Returns the rows of a list as a stream, read page by page as [`pages`] does.
pub fn items<Q: Paged + Clone, T>(query: Q, list: impl AsyncFn(Q) -> Result<Page<T>>) -> impl Stream<Item = Result<T>> {
    pages(query, list).map_ok(|page| iter(page.into_iter().map(Ok))).try_flatten()
}

/// Returns the chain of each query as a stream, in their order. A few are in memory at once.
pub fn chains<'a>(
    store: &'a (impl ChainRepository + ?Sized),
    queries: &'a [ChainQuery],
) -> impl Stream<Item = Result<OptionChain>> + 'a {
    let batches = iter(queries.chunks(CHAINS_AT_ONCE).map(Ok));
    batches
        .and_then(async move |batch| store.chains_as_of(batch).await)
        .map_ok(|found| iter(found.into_iter().map(Ok)))
        .try_flatten()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use chrono::TimeDelta;
    use futures_util::StreamExt;
    use strikebook_core::{
        AsOf, Error, ErrorKind, Source, Timestamp,
        market::{OptionQuote, Symbol, UnderlyingQuery, UnderlyingQuote, UnderlyingRepository},
        memory::MemoryStore,
    };

    use super::*;

    fn spy() -> Symbol {
        Symbol::new("SPY").expect("a symbol")
    }

    fn quotes(count: i64) -> Vec<UnderlyingQuote> {
        let first: Timestamp = "2026-01-05T15:00:00Z".parse().expect("an instant");
        let source = Source::new("test").expect("a source");
        (0..count)
            .map(|second| UnderlyingQuote::new(spy(), first.saturating_add(TimeDelta::seconds(second)), source.clone()))
            .collect()
    }

    fn everything() -> UnderlyingQuery {
        UnderlyingQuery::new(spy(), AsOf::with_hindsight(Timestamp::MAX))
    }

    #[tokio::test]
    async fn a_stream_has_every_row_once_and_asks_for_a_page_when_it_is_needed() {
        let store = MemoryStore::new();
        let rows = quotes(10);
        store.upsert_underlying_quotes(&rows).await.expect("quotes");
        let asked = RefCell::new(Vec::new());
        let query = everything().with_limit(Limit::new(4).expect("above zero"));
        let list = async |query: UnderlyingQuery| {
            asked.borrow_mut().push(query.paging.after.is_some());
            store.list_underlying_quotes(&query).await
        };
        let pages: Vec<_> = pages(query.clone(), list).try_collect().await.expect("pages");
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
        assert_eq!(pages.concat(), rows);
        assert_eq!(asked.take(), [false, true, true]);
        let first: Vec<_> = items(query, list).take(4).try_collect().await.expect("rows");
        assert_eq!((first, asked.take()), (rows[..4].to_vec(), vec![false]));
    }

    #[tokio::test]
    async fn a_query_without_a_limit_gets_one_and_an_error_ends_the_stream() {
        let limits = RefCell::new(Vec::new());
        let list = async |query: UnderlyingQuery| {
            limits.borrow_mut().push(query.paging.limit);
            Err::<Page<UnderlyingQuote>, _>(Error::closed())
        };
        let found: Vec<_> = items(everything(), list).collect().await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].as_ref().map_err(Error::kind), Err(ErrorKind::Closed));
        assert_eq!(limits.take(), [Some(ROWS_PER_PAGE)]);
    }

    #[tokio::test]
    async fn chains_of_many_underlyings_come_in_the_order_of_the_queries() {
        let store = MemoryStore::new();
        let at: Timestamp = "2026-01-05T17:00:00Z".parse().expect("an instant");
        let symbols: Vec<_> = ('A'..='Z').map(|letter| Symbol::new(&format!("X{letter}")).expect("a symbol")).collect();
        for symbol in symbols.iter().rev() {
            let contract = format!("{symbol}260116C00010000").parse().expect("a contract");
            let quote = OptionQuote::new(contract, at, Source::new("test").expect("a source"));
            store.upsert_quotes(&[quote]).await.expect("a quote");
        }
        let queries: Vec<_> = symbols.iter().map(|symbol| ChainQuery::new(*symbol, AsOf::instant(at))).collect();
        let found: Vec<_> = chains(&store, &queries).try_collect().await.expect("chains");
        assert!(found.iter().all(|chain| chain.len() == 1));
        assert_eq!(found.iter().map(|chain| chain.underlying).collect::<Vec<_>>(), symbols);
    }
}
