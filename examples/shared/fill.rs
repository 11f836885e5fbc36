//! Quotes stored from a file or from memory.

use std::collections::HashMap;

use strikebook::{
    Result, Store, Timestamp, Upserted,
    market::{OptionQuote, Symbol},
};
use strikebook_vendors::{ReadOptions, ReadReport, read_file};

/// The rows of one batch.
const ROWS_PER_BATCH: usize = 100_000;

/// The stored quotes.
#[derive(Default)]
pub(crate) struct Filled {
    pub(crate) stored: Upserted,
    pub(crate) report: Option<ReadReport>,
    /// The number of quotes of each underlying, with the instants of the first and the last.
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

    /// Returns the underlying with the most quotes, and the instant of its last one.
    #[allow(dead_code, reason = "not every example that includes this file uses it")]
    pub(crate) fn largest(&self) -> Option<(Symbol, Timestamp)> {
        let largest = self.underlyings.iter().max_by_key(|(symbol, (count, ..))| (*count, **symbol));
        largest.map(|(symbol, (.., newest))| (*symbol, *newest))
    }
}

/// Stores all records of a file, batch by batch.
#[allow(dead_code, reason = "not every example that includes this file uses it")]
pub(crate) async fn from_file(store: &dyn Store, path: &str, options: &ReadOptions) -> Result<Filled> {
    let mut filled = Filled::default();
    add_file(store, path, options, &mut filled).await?;
    Ok(filled)
}

/// Adds all records of one more file.
pub(crate) async fn add_file(store: &dyn Store, path: &str, options: &ReadOptions, filled: &mut Filled) -> Result<()> {
    let mut reader = read_file(path, options)?;
    while let Some(batch) = reader.next_batch(ROWS_PER_BATCH)? {
        filled.note(&batch.quotes)?;
        filled.stored += store.upsert_quotes(&batch.quotes).await?;
        filled.stored += store.upsert_underlying_quotes(&batch.underlying_quotes).await?;
        filled.stored += store.upsert_bars(&batch.bars).await?;
        filled.stored += store.upsert_corporate_actions(&batch.actions).await?;
        filled.stored += store.upsert_fundamentals(&batch.fundamentals).await?;
        filled.stored += store.upsert_observations(&batch.observations).await?;
    }
    filled.report = Some(reader.report().clone());
    Ok(())
}

/// Stores quotes.
#[allow(dead_code, reason = "not every example that includes this file uses it")]
pub(crate) async fn with_quotes(store: &dyn Store, quotes: Vec<OptionQuote>) -> Result<Filled> {
    let mut filled = Filled::default();
    filled.note(&quotes)?;
    filled.stored = store.upsert_quotes(&quotes).await?;
    Ok(filled)
}
