//! Reads of chains as of an instant.

use std::sync::Arc;

use chrono::TimeDelta;
use strikebook::{
    AsOf, Store, Timestamp,
    market::{ChainQuery, OptionContract, Symbol},
};

use crate::{
    Result,
    bench::{Bench, ensure, timed},
    data::{self, Checksum, Numbers, UNDERLYING},
    report::{Line, Report, Times},
    side::{Place, Raw, RawQuery, Statement},
};

/// The age beyond which quotes are not part of a chain.
const MAX_QUOTE_AGE: TimeDelta = TimeDelta::minutes(30);
/// The largest time of a chain through the adapter, as a multiple of the best hand-written statement's.
const TARGET: f64 = 1.15;
/// The largest time of a chain from many rows, as a multiple of one from few.
const GROWTH_TARGET: f64 = 1.3;

/// A store with rows, and the seconds of one chain, the mean of each repetition.
struct Asked {
    // Dropped in this order: the users of the place, then the place.
    raw: Box<dyn Raw>,
    store: Arc<dyn Store>,
    _place: Box<dyn Place>,
    rows: usize,
    contracts: Vec<OptionContract>,
    instants: Vec<Timestamp>,
    statement: &'static Statement,
    by_raw: Times,
    by_adapter: Times,
}

impl Bench<'_> {
    /// Reads from a small and a large store in turn, so that both meet the same noise.
    pub(crate) fn chains(&self, report: &mut Report) -> Result<()> {
        let [few, many] = self.size.asked_days;
        let mut stores = [self.asked(few)?, self.asked(many)?];
        for repetition in 1..=self.size.repetitions {
            for asked in &mut stores {
                self.ask(asked)?;
                let (raw, adapter) = (1e3 * asked.by_raw.last(), 1e3 * asked.by_adapter.last());
                self.say(&format!(
                    "chain out of {} rows, {repetition} of {}: raw {raw:.2} ms, adapter {adapter:.2} ms",
                    asked.rows, self.size.repetitions
                ));
            }
        }
        let line = |comparison: String, rows, baseline: &Times, measured: &Times, target| Line {
            engine: self.engine.name(),
            comparison,
            rows,
            per_second: false,
            baseline: baseline.clone(),
            measured: measured.clone(),
            target: Some(target),
        };
        for asked in &stores {
            let comparison = format!("chain as of an instant ÷ {}", asked.statement.name);
            report.add(line(comparison, asked.rows, &asked.by_raw, &asked.by_adapter, TARGET));
            self.close(&*asked.store)?;
        }
        let [few, many] = &stores;
        let comparison = format!("chain as of an instant ÷ out of {} rows", few.rows);
        report.add(line(comparison, many.rows, &few.by_adapter, &many.by_adapter, GROWTH_TARGET));
        Ok(())
    }

    /// Creates a store with some days in it.
    fn asked(&self, days: i64) -> Result<Asked> {
        let place = self.engine.place()?;
        let store = self.open(&*place)?;
        let mut rows = 0;
        for quotes in self.days_before(days - 1).chain([self.day.back(0)]) {
            self.runtime.block_on(store.upsert_quotes(&quotes))?;
            rows += quotes.len();
        }
        self.say(&format!("{rows} rows to ask about"));
        let numbers = Numbers::of(&self.day.quotes)?;
        let contracts: Vec<_> = numbers.contracts.iter().map(|row| row.details.contract).collect();
        let instants = data::instants(self.size.instants, days)?;
        let mut raw = place.raw()?;
        raw.settle()?;
        let statement = self.fastest(&mut *raw, &contracts, instants.get(..10).unwrap_or(&instants))?;
        let (by_raw, by_adapter) = Default::default();
        Ok(Asked { raw, store, _place: place, rows, contracts, instants, statement, by_raw, by_adapter })
    }

    /// Returns the fastest hand-written statement, by two reads of each instant.
    fn fastest(
        &self,
        raw: &mut dyn Raw,
        contracts: &[OptionContract],
        instants: &[Timestamp],
    ) -> Result<&'static Statement> {
        let mut best: Option<(f64, &Statement)> = None;
        for statement in raw.statements() {
            let mut total = 0.0;
            for query in instants.iter().copied().map(raw_query) {
                raw.chain(statement, query, contracts)?;
                total += timed(|| raw.chain(statement, query, contracts))?.0;
            }
            self.say(&format!("{:.2} ms by {}", 1e3 * total / instants.len() as f64, statement.name));
            if best.is_none_or(|(least, _)| total < least) {
                best = Some((total, statement));
            }
        }
        Ok(best.ok_or("there is no statement")?.1)
    }

    /// Reads every instant, by the hand-written program and the adapter in turn.
    fn ask(&self, asked: &mut Asked) -> Result<()> {
        let (mut by_raw, mut by_adapter) = (0.0, 0.0);
        for instant in &asked.instants {
            let (seconds, rows) = timed(|| asked.raw.chain(asked.statement, raw_query(*instant), &asked.contracts))?;
            by_raw += seconds;
            let query = ChainQuery::new(Symbol::new(UNDERLYING)?, AsOf::instant(*instant));
            let query = query.with_max_quote_age(MAX_QUOTE_AGE);
            let (seconds, chain) = timed(|| Ok(self.runtime.block_on(asked.store.chain_as_of(&query))?))?;
            by_adapter += seconds;
            let expected = Checksum::of(rows.iter().map(|row| [row.quote.prices[0], row.quote.prices[1]]));
            let found = Checksum::of(chain.rows().iter().map(|row| [row.quote.bid, row.quote.ask]));
            ensure(expected == found && !rows.is_empty(), "the two sides gave different chains")?;
        }
        let count = asked.instants.len() as f64;
        asked.by_raw.push(by_raw / count);
        asked.by_adapter.push(by_adapter / count);
        Ok(())
    }
}

fn raw_query(at: Timestamp) -> RawQuery {
    RawQuery { from: at.saturating_sub(MAX_QUOTE_AGE), at }
}
