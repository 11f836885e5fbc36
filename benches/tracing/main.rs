//! The cost of spans: a small read of SQLite with calls unobserved, with the time of each taken, and with a subscriber
//! that reads every field of every span.
//!
//! `cargo xtask bench tracing`. The read is the details of one contract by its key, from a file. The ways take turns in
//! short rounds, and the median round of each counts, so that the machine's other work meets all of them.

use std::{
    hint::black_box,
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};
use strikebook::{
    Source, Store,
    market::{OptionContract, OptionQuote},
};
use tokio::runtime::{Builder, Runtime};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The rounds of each way, and the reads of a round.
const ROUNDS: usize = 400;
const READS: u32 = 100;

fn main() -> ExitCode {
    strikebook_benches::run(run)
}

fn run() -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let open = |options: &str| {
        let url = format!("sqlite:{}?{options}", folder.path().join("store.db").display());
        runtime.block_on(strikebook::open(&url))
    };
    let (unobserved, timed) = (open("slow=0s")?, open("slow=1s")?);
    let contract: OptionContract = "SPY251219C00650000".parse()?;
    let quote = OptionQuote::new(contract, "2025-09-25T20:00:00Z".parse()?, Source::new("test")?);
    runtime.block_on(unobserved.upsert_quotes(&[quote]))?;
    let rounds = |store: &dyn Store| round(&runtime, store, contract);

    let (mut without, mut with_limit, mut observed) = (Vec::new(), Vec::new(), Vec::new());
    let subscriber = tracing::Dispatch::new(Reader::default());
    for _ in 0..ROUNDS {
        without.push(rounds(&*unobserved)?);
        with_limit.push(rounds(&*timed)?);
        // The job's thread enters the span by its own dispatcher, so a scope of this thread is enough.
        observed.push(tracing::dispatcher::with_default(&subscriber, || rounds(&*timed))?);
    }
    let base = median(&mut without);
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(["calls", "µs a read", "÷ unobserved"]);
    for (name, times) in
        [("unobserved", &mut without), ("timed", &mut with_limit), ("with a subscriber", &mut observed)]
    {
        let time = median(times);
        table.add_row([
            name.to_owned(),
            format!("{:.2}", time.as_secs_f64() * 1e6 / f64::from(READS)),
            format!("{:.3}", time.as_secs_f64() / base.as_secs_f64()),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
    println!("fields read: {}", FIELDS.load(Ordering::Relaxed));
    Ok(())
}

/// Returns the time of a round of reads.
fn round(runtime: &Runtime, store: &dyn Store, contract: OptionContract) -> Result<Duration> {
    runtime.block_on(async {
        let started = Instant::now();
        for _ in 0..READS {
            black_box(store.get_contract(&contract).await?);
        }
        Ok(started.elapsed())
    })
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// The number of fields that the subscriber has read.
static FIELDS: AtomicU64 = AtomicU64::new(0);

/// A subscriber that looks at every field of the spans of calls.
#[derive(Default)]
struct Reader {
    last: AtomicU64,
}

struct Look;

impl Visit for Look {
    fn record_u64(&mut self, _: &Field, value: u64) {
        FIELDS.fetch_add(u64::from(black_box(value) < u64::MAX), Ordering::Relaxed);
    }

    fn record_str(&mut self, _: &Field, value: &str) {
        FIELDS.fetch_add(u64::from(!black_box(value).is_empty()), Ordering::Relaxed);
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

impl Subscriber for Reader {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::DEBUG
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn new_span(&self, attributes: &span::Attributes<'_>) -> span::Id {
        attributes.record(&mut Look);
        span::Id::from_u64(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &span::Id, record: &span::Record<'_>) {
        record.record(&mut Look);
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut Look);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}
