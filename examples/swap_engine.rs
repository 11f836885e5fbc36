//! One function for any engine: only the URL differs.
//!
//! ```text
//! cargo run --example swap_engine
//! cargo run --example swap_engine --features duckdb-bundled -- memory: sqlite:a.db duckdb:a.duckdb
//! cargo run --example swap_engine --features timescale -- postgres://user:password@localhost/book
//! ```

use std::env;

use strikebook::{
    AsOf, Result, Source, Timestamp,
    market::{ChainQuery, ChainRepository, OptionQuote, Symbol},
    open,
};

/// Stores two quotes and reads the chain back, through a repository of chains alone.
async fn tightest_spread(chains: &dyn ChainRepository) -> Result<Option<f64>> {
    let at: Timestamp = "2025-09-25T20:00:00Z".parse()?;
    let source = Source::simulated("swap_engine")?;
    let quote = |symbol: &str, bid, ask| -> Result<OptionQuote> {
        Ok(OptionQuote::new(symbol.parse()?, at, source.clone()).with_market(Some(bid), Some(ask)))
    };
    let quotes = [quote("SPY251017C00660000", 8.01, 8.05)?, quote("SPY251017P00660000", 7.40, 7.47)?];
    chains.upsert_quotes(&quotes).await?;

    let chain = chains.chain_as_of(&ChainQuery::new(Symbol::new("SPY")?, AsOf::instant(at))).await?;
    Ok(chain.rows().iter().filter_map(|row| row.quote.spread()).min_by(f64::total_cmp))
}

#[tokio::main]
async fn main() -> Result<()> {
    let urls: Vec<_> = env::args().skip(1).collect();
    let urls = if urls.is_empty() { vec!["memory:".to_owned(), "sqlite::memory:".to_owned()] } else { urls };
    for url in urls {
        let separator = if url.contains('?') { '&' } else { '?' };
        let store = open(&format!("{url}{separator}allow_simulated=true")).await?;
        let spread = tightest_spread(&*store).await?;
        println!("{:<10} tightest spread {spread:.2?}", store.capabilities().engine);
        store.close().await?;
    }
    Ok(())
}
