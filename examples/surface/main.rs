//! A real chain as a surface: its implied forwards and rates, a smile for each expiration, and the arbitrage in them.
//!
//! ```text
//! cargo run --example surface --features services                      # a simulated chain
//! cargo run --example surface --features services -- FILE              # the underlying with the most quotes
//! cargo run --example surface --features services -- FILE AAPL surface.html
//! cargo run --example surface --features services -- FILE GOOG goog.html 2015-12-24T12:00:00-05:00
//! cargo run --example surface --features services -- FILE all          # priced quotes of each underlying
//! cargo run --example surface --features services -- FILE minutes      # the same for all quotes, minute by minute
//! ```
//!
//! The file has any format that `strikebook-vendors` reads. The chain is read as of the given instant, or else of the
//! last quote. Nothing leaves the machine, and the page needs no network.

mod chart;
#[path = "../shared/fill.rs"]
mod fill;
mod fits;
mod lines;
#[path = "../shared/page.rs"]
mod page;
#[path = "../quickstart/simulate.rs"]
mod simulate;
#[path = "../shared/table.rs"]
mod table;

use std::{env, error};

use chrono::TimeDelta;
use fill::Filled;
use fits::Fits;
use strikebook::{
    AsOf, Error, Result, Timestamp,
    market::{ChainQuery, ChainRepository, OptionChain, Symbol},
    memory::MemoryStore,
    models::{
        American, BlackScholes,
        american::Preset,
        curve::{self, ImpliedCurve, Settings},
    },
    services::pricing::{ChainPricing, PricedChain, price_chain},
};
use strikebook_vendors::ReadOptions;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let (file, symbol) = (arguments.next(), arguments.next());
    let path = arguments.next().unwrap_or_else(|| "surface.html".to_owned());
    let at = arguments.next().map(|text| text.parse()).transpose()?;

    let store = MemoryStore::new().with_simulated();
    let filled = if let Some(path) = &file {
        fill::from_file(&store, path, &ReadOptions::default()).await?
    } else {
        println!("No file was named, so this chain is SIMULATED.\n");
        fill::with_quotes(&store, simulate::chain()?).await?
    };
    if let Some(report) = &filled.report {
        println!("{report}");
    }
    match symbol.as_deref() {
        Some("all") => return tell_shares(&store, &filled, at).await,
        Some("minutes") => return tell_minutes(&store, &filled).await,
        _ => {}
    }
    let largest = filled.largest().map(|(symbol, _)| symbol);
    let underlying = symbol.map(|symbol| Symbol::new(&symbol)).transpose()?.or(largest).ok_or_else(no_quotes)?;
    let chain = chain(&store, &filled, underlying, at).await?;
    println!("{underlying} as it was known at {}: {} contracts", chain.as_of.at, chain.len());

    let (implied, priced) = price(&chain)?;
    println!("{underlying} is at {:.3} by put-call parity", implied.curve.spot());
    println!("{}", table::table(lines::CURVE, lines::curve(&chain, &implied)));
    println!("{}", lines::share(&priced));
    println!("{}", table::table(lines::DISAGREEMENTS, lines::disagreements(&priced)));
    let fits = fits::fit(&chain, &implied.curve);
    println!("{}", table::table(lines::FITS, lines::fits(&fits)));
    for finding in lines::findings(&fits) {
        println!("{finding}");
    }

    write(&path, &chain, &implied, &fits).map_err(|error| {
        let error = Error::invalid_input(format!("the page could not be written: {error}"));
        error.with("file", &path)
    })?;
    println!("{path}: the smiles and the surface");
    Ok(())
}

/// The rate where the chain implies none.
const ASSUMED_RATE: f64 = 0.04;

fn no_quotes() -> Error {
    Error::invalid_input("the file holds no option quotes of it")
}

/// Reads the chain with the quotes of the last day, as of an instant or of its last quote.
async fn chain(store: &MemoryStore, filled: &Filled, underlying: Symbol, at: Option<Timestamp>) -> Result<OptionChain> {
    let newest = filled.underlyings.get(&underlying).map(|(.., newest)| *newest);
    let at = at.or(newest).ok_or_else(no_quotes)?;
    let query = ChainQuery::new(underlying, AsOf::with_hindsight(at)).with_max_quote_age(TimeDelta::days(1));
    store.chain_as_of(&query).await
}

/// Returns the chain's implied curve.
fn implied(chain: &OptionChain) -> Result<ImpliedCurve> {
    let expiries = curve::expiries(chain);
    // A few weeks of wide quotes imply no rate.
    let assumed = Settings { rate: Some(ASSUMED_RATE), ..Settings::default() };
    curve::imply(&expiries, &Settings::default())
        .or_else(|_| curve::imply(&expiries, &assumed))
        .map_err(|error| Error::invalid_input("the chain tells no forwards").caused_by(error))
}

fn market(implied: &ImpliedCurve, computed_at: Timestamp) -> ChainPricing<'_> {
    ChainPricing {
        curve: &implied.curve,
        american: &American { preset: Preset::Fast },
        european: &BlackScholes,
        computed_at,
    }
}

/// Returns the chain's curve, and its quotes priced with it.
fn price(chain: &OptionChain) -> Result<(ImpliedCurve, PricedChain)> {
    let implied = implied(chain)?;
    let priced = price_chain(chain, &market(&implied, chain.as_of.at))?;
    Ok((implied, priced))
}

/// Prints a line for each underlying, the one with the most quotes first.
async fn tell_shares(store: &MemoryStore, filled: &Filled, at: Option<Timestamp>) -> Result<()> {
    let mut all: Vec<_> = filled.underlyings.iter().map(|(symbol, (count, ..))| (*count, *symbol)).collect();
    all.sort_by(|a, b| b.cmp(a));
    for (_, underlying) in all {
        let chain = chain(store, filled, underlying, at).await?;
        match price(&chain) {
            Ok((_, priced)) => println!("{underlying:6} {}", lines::share(&priced)),
            Err(error) => println!("{underlying:6} {} quotes: {error:#}", chain.len()),
        }
    }
    Ok(())
}

/// Prints a line for each underlying over the last quotes of each minute, priced with the curve of that minute's chain,
/// or with the curve before where the chain implies none.
async fn tell_minutes(store: &MemoryStore, filled: &Filled) -> Result<()> {
    let minute = TimeDelta::minutes(1);
    for (underlying, (_, oldest, newest)) in &filled.underlyings {
        let mut all: Option<PricedChain> = None;
        let (mut before, mut without_curve) = (None, 0);
        let mut at = *oldest;
        while at < newest.saturating_add(minute) {
            let known = chain(store, filled, *underlying, Some(at)).await?;
            let new = known.filter(|row| row.age < minute);
            match implied(&known).ok().or_else(|| before.take()) {
                Some(implied) => {
                    let mut priced = price_chain(&new, &market(&implied, at))?;
                    match &mut all {
                        Some(all) => all.rows.append(&mut priced.rows),
                        None => all = Some(priced),
                    }
                    before = Some(implied);
                }
                None => without_curve += new.len(),
            }
            at = at.saturating_add(minute);
        }
        let shares = all.as_ref().map_or_else(|| "no quote has a volatility".to_owned(), lines::share);
        println!("{underlying:6} {shares}; {without_curve}: no curve yet");
    }
    Ok(())
}

/// Writes the page.
fn write(
    path: &str,
    chain: &OptionChain,
    implied: &ImpliedCurve,
    fits: &Fits,
) -> std::result::Result<(), Box<dyn error::Error>> {
    let mut sections = Vec::new();
    if let Some(surface) = &fits.surface {
        sections.push(("Volatility by log-moneyness over the root of time, and time", chart::surface(surface)?));
        sections.push(("Total variance of the slices by log-moneyness", chart::total_variance(surface)?));
    }
    let smiles = fits.expirations.iter().map(chart::smile).collect::<std::result::Result<Vec<_>, _>>()?;
    sections.push(("Smiles", smiles.concat()));
    sections.push(("Fits: errors in points of volatility", page::rows(lines::FITS, lines::fits(fits))));
    let findings = lines::findings(fits).into_iter().map(|finding| [finding]);
    sections.push(("Findings", page::rows(["best slices, surface and Heston"], findings)));
    sections.push(("Forwards and rates", page::rows(lines::CURVE, lines::curve(chain, implied))));
    let title = format!("{}, {}", chain.underlying, chain.as_of.at);
    page::write(path, &title, &sections, "Smiles: grey from bid to ask, blue SVI without arbitrage, orange SABR.")
}
