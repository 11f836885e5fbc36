//! What an engine's hand-written side has to offer.

use strikebook::{Timestamp, market::OptionContract};

use crate::{
    Result,
    data::{Order, RawContract, RawQuote},
};

/// An engine to be measured.
pub(crate) trait Engine {
    /// Its name, as it is given on the command line.
    fn name(&self) -> &'static str;

    /// The order in which it likes rows best.
    fn order(&self) -> Order;

    /// The most that ingest through the adapter may take, as a multiple of the hand-written one.
    fn ingest_target(&self) -> f64;

    /// The most that writing the same rows again may take, as a multiple of the first time.
    fn repeat_target(&self) -> f64;

    /// A new place for a store, taken away when it is dropped.
    fn place(&self) -> Result<Box<dyn Place>>;
}

/// Where a store lives.
pub(crate) trait Place {
    /// What the adapter opens.
    fn url(&self) -> String;

    /// A hand-written program on the tables that the adapter's migrations made, with the adapter's settings.
    fn raw(&self) -> Result<Box<dyn Raw>>;
}

/// The chain as of an instant, hand-written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    /// The oldest quote that counts.
    pub(crate) from: Timestamp,
    /// The instant.
    pub(crate) at: Timestamp,
}

/// A row of the answer: what a trader's program would go on with.
pub(crate) struct RawChainRow {
    /// Read by nobody here; an answer without it would not be one.
    pub(crate) _contract: OptionContract,
    pub(crate) quote: RawQuote,
}

/// The best that a program without the adapter can do.
pub(crate) trait Raw {
    /// Writes contracts and quotes in one transaction, on the engine's fastest path.
    fn ingest(&mut self, contracts: &[RawContract], quotes: &[RawQuote]) -> Result<()>;

    /// Brings the planner's statistics up to date, where the server would do it by itself in a while.
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }

    /// The ways to ask for a chain, by name. The fastest is what the adapter is held against.
    fn statements(&self) -> &'static [Statement];

    /// Asks for a chain. `contracts` has the contract of number `n` at `n - 1`.
    fn chain(
        &mut self,
        statement: &Statement,
        question: Question,
        contracts: &[OptionContract],
    ) -> Result<Vec<RawChainRow>>;
}

/// A hand-written statement: `$1` is the underlying, `$2` the oldest instant, `$3` the instant asked for, up to which
/// both the quotes and our knowledge of them count. It gives the columns of `option_quotes` in order. Corrected quotes
/// it does not look for.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
}

/// The contract of a number.
pub(crate) fn contract(contracts: &[OptionContract], id: i64) -> Result<OptionContract> {
    let place = usize::try_from(id - 1)?;
    Ok(*contracts.get(place).ok_or("a quote of a contract that was never written")?)
}
