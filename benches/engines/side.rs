//! The interface of an engine's hand-written side.

use strikebook::{Timestamp, market::OptionContract};

use crate::{
    Result,
    data::{Order, RawContract, RawQuote},
};

/// An engine under measurement.
pub(crate) trait Engine {
    /// The name on the command line.
    fn name(&self) -> &'static str;

    /// The order of rows that is fastest for the engine.
    fn order(&self) -> Order;

    /// The largest time of ingest through the adapter, as a multiple of the hand-written one's.
    fn ingest_target(&self) -> f64;

    /// The largest time of writing the same rows again, as a multiple of the first time.
    fn repeat_target(&self) -> f64;

    /// Creates a new place for a store, which is removed when it is dropped.
    fn place(&self) -> Result<Box<dyn Place>>;
}

/// The place of a store.
pub(crate) trait Place {
    /// The URL that the adapter opens.
    fn url(&self) -> String;

    /// Returns a hand-written program on the tables that the adapter's migrations made, with the adapter's settings.
    fn raw(&self) -> Result<Box<dyn Raw>>;
}

/// The chain as of an instant, hand-written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawQuery {
    /// The instant of the oldest quote that counts.
    pub(crate) from: Timestamp,
    /// The instant of the chain.
    pub(crate) at: Timestamp,
}

/// A row of the answer, with the fields that a trader's program uses.
pub(crate) struct RawChainRow {
    /// Not read here, but part of any useful answer.
    pub(crate) _contract: OptionContract,
    pub(crate) quote: RawQuote,
}

/// The fastest program without the adapter.
pub(crate) trait Raw {
    /// Writes contracts and quotes in one transaction, on the engine's fastest path.
    fn ingest(&mut self, contracts: &[RawContract], quotes: &[RawQuote]) -> Result<()>;

    /// Updates the planner's statistics, where the server would do so automatically after a while.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    /// Returns the statements that read a chain, by name. The adapter is compared with the fastest.
    fn statements(&self) -> &'static [Statement];

    /// Reads a chain. `contracts` has the contract of number `n` at `n - 1`.
    fn chain(
        &mut self,
        statement: &Statement,
        query: RawQuery,
        contracts: &[OptionContract],
    ) -> Result<Vec<RawChainRow>>;
}

/// A hand-written statement: `$1` is the underlying, `$2` the oldest instant, `$3` the limit of
/// event time and knowledge time. The statement returns the columns of `option_quotes` in order and does not look for
/// superseded versions.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// Returns the contract of a number.
pub(crate) fn contract(contracts: &[OptionContract], id: i64) -> Result<OptionContract> {
    let place = usize::try_from(id - 1)?;
    Ok(*contracts.get(place).ok_or("a quote of a contract that was never written")?)
}
