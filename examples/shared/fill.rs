//! Quotes into a store, from a file or from memory.

use std::collections::HashMap;

use strikebook::{
    Result, Store, Timestamp, Upserted,
    market::{OptionQuote, Symbol},
};
use strikebook_vendors::{ReadOptions, ReadReport, read_file};

/// Rows that are read before they are stored.
const AT_ONCE: usize = 100_000;

/// What went in.
#[derive(Default)]
pub(crate) struct Filled {
    pub(crate) stored: Upserted,
    pub(crate) report: Option<ReadReport>,
    /// Of each underlying, how many quotes there were, and when the first and the last one were said.
    pub(crate) underlyings: HashMap<Symbol, (usize, Timestamp, Timestamp)>,
}

impl Filled {
    fn note(&mut self, quotes: &[OptionQuote]) -> Result<()> {
        for quote in quotes {
            let known = self.underlyings.entry(quote.contract.root().underlying()?);
            let (count, oldest, newest) = known.or_insert((0, quote.at, quote.at));
            *count += 1;
            *oldest = quote.at.min(*oldest);
            *newest = quote.at.max(*newest);
        }
        Ok(())
    }

    /// The underlying with the most quotes, and the instant of its last one.
    #[allow(dead_code)] // As below.
    pub(crate) fn largest(&self) -> Option<(Symbol, Timestamp)> {
        let largest = self.underlyings.iter().max_by_key(|(symbol, (count, ..))| (*count, **symbol));
        largest.map(|(symbol, (.., newest))| (*symbol, *newest))
    }
}

/// Stores everything that a file holds, a batch at a time.
#[allow(dead_code)] // Not every example that includes this file reads one file alone.
pub(crate) async fn from_file(store: &dyn Store, path: &str) -> Result<Filled> {
    let mut filled = Filled::default();
    add_file(store, path, &mut filled).await?;
    Ok(filled)
}

/// Stores everything that one more file holds.
pub(crate) async fn add_file(store: &dyn Store, path: &str, filled: &mut Filled) -> Result<()> {
    let mut reader = read_file(path, &ReadOptions::default())?;
    while let Some(batch) = reader.next_batch(AT_ONCE)? {
        filled.note(&batch.quotes)?;
        filled.stored += store.upsert_quotes(&batch.quotes).await?;
        filled.stored += store.upsert_underlying_quotes(&batch.underlying_quotes).await?;
        filled.stored += store.upsert_bars(&batch.bars).await?;
        filled.stored += store.upsert_observations(&batch.observations).await?;
    }
    filled.report = Some(reader.report().clone());
    Ok(())
}

/// Stores quotes.
#[allow(dead_code)] // As above.
pub(crate) async fn with_quotes(store: &dyn Store, quotes: Vec<OptionQuote>) -> Result<Filled> {
    let mut filled = Filled::default();
    filled.note(&quotes)?;
    filled.stored = store.upsert_quotes(&quotes).await?;
    Ok(filled)
}
