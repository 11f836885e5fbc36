//! A correction, and the version before it: the two clocks of a point-in-time read.
//!
//! ```text
//! cargo run --example point_in_time
//! ```

use chrono::TimeDelta;
use strikebook::{
    AsOf, Result, Source, Timestamp,
    market::{ChainQuery, OptionContract, OptionQuote, Symbol},
    open,
};

#[tokio::main]
async fn main() -> Result<()> {
    let store = open("sqlite::memory:?allow_simulated=true").await?;
    let source = Source::simulated("point_in_time")?;
    let contract: OptionContract = "SPY251017P00650000".parse()?;
    let close: Timestamp = "2025-09-25T20:00:00Z".parse()?;
    let next_morning: Timestamp = "2025-09-26T12:00:00Z".parse()?;

    // The vendor quotes 5.10 at 5.20 at the close, and corrects it to 4.90 at 5.00 in the morning.
    let first = OptionQuote::new(contract, close, source).with_market(Some(5.10), Some(5.20));
    let corrected = first.clone().with_market(Some(4.90), Some(5.00)).with_recorded_at(next_morning);
    println!("{:?}", store.upsert_quotes(&[first]).await?);
    println!("{:?}", store.upsert_quotes(std::slice::from_ref(&corrected)).await?);
    println!("{:?} (the same again changes nothing)\n", store.upsert_quotes(&[corrected]).await?);

    for (what, as_of) in [
        ("a minute before the quote", AsOf::instant(close.saturating_sub(TimeDelta::minutes(1)))),
        ("at the close, as a trader knew it then", AsOf::instant(close)),
        ("at the close, as it is known today", AsOf::with_hindsight(close)),
        ("the next morning", AsOf::instant(next_morning)),
    ] {
        let chain = store.chain_as_of(&ChainQuery::new(Symbol::new("SPY")?, as_of)).await?;
        match chain.get(&contract) {
            Some(row) => println!("{what}: bid {:?}, {} hours old", row.quote.bid, row.age.num_hours()),
            None => println!("{what}: nothing"),
        }
    }

    println!("\nEvery version:");
    for version in store.list_quote_versions(&contract, close).await? {
        let until = version.superseded_at.map_or_else(|| "today".to_owned(), |until| until.to_string());
        println!("  bid {:?}, valid from {} until {until}", version.row.bid, version.row.recorded_at);
    }
    Ok(())
}
