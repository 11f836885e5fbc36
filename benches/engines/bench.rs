//! Code that all measurements share.

use std::{sync::Arc, time::Instant};

use strikebook::{Store, market::OptionQuote};
use tokio::runtime::Runtime;

use crate::{
    Result,
    data::Day,
    side::{Engine, Place},
};

/// The size of the measurements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// The rows of one day, up to the end of a contract.
    pub(crate) day_rows: usize,
    /// The number of days in a large ingest.
    pub(crate) ingest_days: i64,
    /// The days in the smaller and in the larger of the stores from which chains are read.
    pub(crate) asked_days: [i64; 2],
    /// The number of repetitions of each measurement.
    pub(crate) repetitions: usize,
    /// The number of chains that are read in each repetition.
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

    /// The days before the last one, the oldest first, as rows arrive.
    pub(crate) fn days_before(&self, count: i64) -> impl Iterator<Item = Vec<OptionQuote>> {
        (1..=count).rev().map(|days| self.day.back(days))
    }

    pub(crate) fn say(&self, what: &str) {
        eprintln!("{}: {what}", self.engine.name());
    }
}

/// Runs a piece of work, and returns its seconds.
pub(crate) fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(f64, T)> {
    let start = Instant::now();
    let done = work()?;
    Ok((start.elapsed().as_secs_f64(), done))
}

pub(crate) fn ensure(holds: bool, otherwise: &str) -> Result<()> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}
