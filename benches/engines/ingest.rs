//! Ingest of rows: into an empty store, again, and into a store with many rows.

use strikebook::{
    AsOf, Store, Upserted,
    maintenance::Dataset,
    market::{ChainQuery, OptionChain, OptionQuote, Symbol},
};

use crate::{
    Result,
    bench::{Bench, ensure, timed},
    data::{Numbers, RawQuote, UNDERLYING},
    report::{Line, Report, Times},
};

/// Rows to write, as either side has them before the clock starts.
struct Batch {
    quotes: Vec<OptionQuote>,
    raw: Vec<RawQuote>,
}

/// The written data: some days at once, and then perhaps another one.
struct Work {
    numbers: Numbers,
    first: Batch,
    more: Option<Batch>,
}

/// The seconds of each repetition.
#[derive(Default)]
struct Taken {
    raw: Times,
    adapter: Times,
    repeated: Times,
    raw_more: Times,
    adapter_more: Times,
}

impl Bench<'_> {
    /// Writes some days at once into an empty store, writes them again, and then, if requested, another day.
    pub(crate) fn ingest(&self, days: i64, and_more: bool, report: &mut Report) -> Result<()> {
        let work = self.work(days, and_more)?;
        let rows = work.first.quotes.len();
        let mut taken = Taken::default();
        for repetition in 1..=self.size.repetitions {
            let raw = self.raw_ingest(&work, &mut taken)?;
            let adapter = self.adapter_ingest(&work, &mut taken)?;
            ensure(raw == adapter, "the two sides wrote different rows")?;
            let (raw, adapter, repeated) = (taken.raw.last(), taken.adapter.last(), taken.repeated.last());
            self.say(&format!(
                "{rows} rows, {repetition} of {}: raw {raw:.3} s, adapter {adapter:.3} s, again {repeated:.3} s",
                self.size.repetitions
            ));
        }
        let engine = self.engine.name();
        let line = |comparison: &str, rows, baseline: &Times, measured: &Times, target| Line {
            engine,
            comparison: comparison.to_owned(),
            rows,
            per_second: true,
            baseline: baseline.clone(),
            measured: measured.clone(),
            target,
        };
        let (ingest, repeat) = (Some(self.engine.ingest_target()), Some(self.engine.repeat_target()));
        report.add(line("ingest into an empty store ÷ raw", rows, &taken.raw, &taken.adapter, ingest));
        report.add(line("the same rows again ÷ first time", rows, &taken.adapter, &taken.repeated, repeat));
        if let Some(more) = &work.more {
            let comparison = format!("one more day on top of {rows} rows ÷ raw");
            report.add(line(&comparison, more.quotes.len(), &taken.raw_more, &taken.adapter_more, None));
        }
        Ok(())
    }

    fn work(&self, days: i64, and_more: bool) -> Result<Work> {
        let quotes: Vec<_> = self.days_before(days).flatten().collect();
        let numbers = Numbers::of(&quotes)?;
        let batch = |quotes: Vec<OptionQuote>| {
            Ok(Batch { raw: numbers.raw(&quotes, self.engine.order())?, quotes }) as Result<_>
        };
        let more = and_more.then(|| batch(self.day.back(0))).transpose()?;
        Ok(Work { first: batch(quotes)?, more, numbers })
    }

    fn raw_ingest(&self, work: &Work, taken: &mut Taken) -> Result<OptionChain> {
        let place = self.engine.place()?;
        self.close(&*self.open(&*place)?)?;
        let mut raw = place.raw()?;
        taken.raw.push(timed(|| raw.ingest(&work.numbers.contracts, &work.first.raw))?.0);
        if let Some(more) = &work.more {
            taken.raw_more.push(timed(|| raw.ingest(&[], &more.raw))?.0);
        }
        drop(raw);
        let store = self.open(&*place)?;
        let chain = self.written(&*store, work)?;
        self.close(&*store)?;
        Ok(chain)
    }

    fn adapter_ingest(&self, work: &Work, taken: &mut Taken) -> Result<OptionChain> {
        let place = self.engine.place()?;
        let store = self.open(&*place)?;
        let upsert = |quotes: &[OptionQuote]| timed(|| Ok(self.runtime.block_on(store.upsert_quotes(quotes))?));
        let rows = work.first.quotes.len() as u64;

        let (seconds, upserted) = upsert(&work.first.quotes)?;
        ensure(upserted == Upserted { inserted: rows, ..Upserted::default() }, "new rows were not found to be new")?;
        taken.adapter.push(seconds);

        let (seconds, upserted) = upsert(&work.first.quotes)?;
        ensure(
            upserted == Upserted { unchanged: rows, ..Upserted::default() },
            "equal rows were not found to be equal",
        )?;
        taken.repeated.push(seconds);

        if let Some(more) = &work.more {
            taken.adapter_more.push(upsert(&more.quotes)?.0);
        }
        let chain = self.written(&*store, work)?;
        self.close(&*store)?;
        Ok(chain)
    }

    /// Checks that a store has all rows, and returns its newest chain.
    fn written(&self, store: &dyn Store, work: &Work) -> Result<OptionChain> {
        let expected = work.first.quotes.len() + work.more.as_ref().map_or(0, |more| more.quotes.len());
        let statistics = self.runtime.block_on(store.statistics())?;
        let quotes = statistics.iter().find(|found| found.dataset == Dataset::OptionQuotes);
        ensure(quotes.is_some_and(|found| found.rows == expected as u64), "rows are missing")?;
        let last = self.day.quotes.iter().map(|quote| quote.at).max().ok_or("the day has no quotes")?;
        let query = ChainQuery::new(Symbol::new(UNDERLYING)?, AsOf::instant(last));
        Ok(self.runtime.block_on(store.chain_as_of(&query))?)
    }
}
