//! The main job in one run: a real option chain is stored locally, priced, and read back as of a point in time.
//!
//! ```text
//! cargo run --example quickstart                        # a simulated chain, stored as simulated
//! cargo run --example quickstart -- FILE                # a file of any supported format
//! cargo run --example quickstart -- FILE duckdb:my.db   # into another engine (with its feature)
//! cargo run --example quickstart -- --list              # which files are read
//! cargo run --example quickstart -- --format optionsdx --symbol SPY FILE
//! ```

#[path = "../shared/arguments.rs"]
mod arguments;
#[path = "../shared/fill.rs"]
mod fill;
mod price;
mod print;
mod simulate;
#[path = "../shared/table.rs"]
mod table;

use std::{env, process::ExitCode, time::Instant};

use chrono::TimeDelta;
use strikebook::{
    AsOf, Error, Result, Store,
    market::{ChainQuery, OptionChain, Symbol},
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error:#}\n\nquickstart [OPTIONS] [FILE [URL]]\n{}", arguments::OPTIONS);
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let arguments = arguments::Arguments::parse(env::args().skip(1))?;
    if arguments.lists {
        arguments::list();
        return Ok(());
    }
    let mut others = arguments.others.into_iter();
    let (file, url) = (others.next(), others.next());
    let mut steps = Steps::default();

    let default_url = match file {
        Some(_) => "sqlite:quickstart.db",
        // Simulated rows need a store that admits them.
        None => "sqlite:quickstart-simulated.db?allow_simulated=true",
    };
    let url = url.unwrap_or_else(|| default_url.to_owned());
    let store = steps.time("open", strikebook::open(&url)).await?;

    let filled = if let Some(path) = &file {
        steps.time("read and store", fill::from_file(&*store, path, &arguments.options)).await?
    } else {
        println!("No file was named, so this chain is SIMULATED and stored as such.\n");
        steps.time("simulate and store", fill::with_quotes(&*store, simulate::chain()?)).await?
    };
    print::filled(&filled);

    let (underlying, newest) = filled.largest().ok_or_else(|| Error::invalid_input("the file has no option quotes"))?;
    let chain = steps.time("chain as of", as_known(&*store, underlying, AsOf::instant(newest))).await?;
    println!(
        "\n{underlying} as it was known at {newest}: {} contracts, {} expirations",
        chain.len(),
        chain.expirations().len()
    );

    let Some(spot) = price::spot(&*store, &chain).await? else {
        return Err(Error::invalid_input("the underlying has no price: neither quoted nor implied by put-call parity"));
    };
    println!("{underlying} at {:.2} ({})", spot.price, spot.origin);
    let priced = steps.time("price and store Greeks", price::chain(&*store, &chain, spot.price)).await?;

    print::around_the_money(&priced, spot.price);
    print::put_call_ratio(&chain);
    print::cash_secured_puts(&price::advice(&chain, spot.price)?);
    print::stored(&*store, &url).await?;
    steps.print();
    store.close().await
}

/// Reads the chain with the quotes of the last day, as of a point in time.
async fn as_known(store: &dyn Store, underlying: Symbol, as_of: AsOf) -> Result<OptionChain> {
    store.chain_as_of(&ChainQuery::new(underlying, as_of).with_max_quote_age(TimeDelta::days(1))).await
}

/// The time of each step.
#[derive(Default)]
struct Steps(Vec<(&'static str, f64)>);

impl Steps {
    async fn time<T>(&mut self, step: &'static str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let start = Instant::now();
        let done = work.await;
        self.0.push((step, start.elapsed().as_secs_f64() * 1e3));
        done
    }

    fn print(&self) {
        let steps: Vec<_> = self.0.iter().map(|(step, ms)| format!("{step} {ms:.1} ms")).collect();
        println!("Time: {}", steps.join(", "));
    }
}
