//! What all measurements share.

use std::{sync::Arc, time::Instant};

use strikebook::{Store, market::OptionQuote};
use tokio::runtime::Runtime;

use crate::{
    Result,
    data::Day,
    side::{Engine, Place},
};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Rows of one day, up to the end of a contract.
    pub(crate) day_rows: usize,
    /// Days in a large ingest.
    pub(crate) ingest_days: i64,
    /// Days in the smaller and the larger of the stores that are asked for chains.
    pub(crate) asked_days: [i64; 2],
    /// How often each measurement is repeated.
    pub(crate) repetitions: usize,
    /// How many chains are asked for in each repetition.
    pub(crate) instants: usize,
}

/// One engine's benchmark.
pub(crate) struct Bench<'a> {
    pub(crate) engine: &'a dyn Engine,
    pub(crate) runtime: &'a Runtime,
    pub(crate) day: &'a Day,
    pub(crate) size: Size,
}

impl Bench<'_> {
    pub(crate) fn open(&self, place: &dyn Place) -> Result<Arc<dyn Store>> {
        Ok(self.runtime.block_on(strikebook::open(&place.url()))?)
    }

    pub(crate) fn close(&self, store: &dyn Store) -> Result<()> {
        Ok(self.runtime.block_on(store.close())?)
    }

    /// The days before the last one, the oldest first, as rows come in when they are said.
    pub(crate) fn days_before(&self, count: i64) -> impl Iterator<Item = Vec<OptionQuote>> {
        (1..=count).rev().map(|days| self.day.back(days))
    }

    pub(crate) fn say(&self, what: &str) {
        eprintln!("{}: {what}", self.engine.name());
    }
}

/// Does something, and tells how many seconds it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let done = work()?;
    Ok((start.elapsed().as_secs_f64(), done))
}

pub(crate) fn ensure(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
