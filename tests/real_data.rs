//! A real half-day of quotes through every engine: all rows are taken, and the chains asked back are those of the store
//! in memory to the last bit.

#![allow(clippy::missing_panics_doc)]

use std::{
    io::{Write, stderr},
    path::PathBuf,
    sync::{Once, OnceLock},
};

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use strikebook::{
    AsOf, Result, Store, Upserted,
    market::{ChainQuery, ChainRow, OptionQuote, Symbol},
};
use strikebook_testkit::{Harness, run};
use strikebook_vendors::{ReadOptions, read_file};

#[path = "contract/embedded.rs"]
mod embedded;
#[cfg(feature = "timescale")]
#[path = "contract/server.rs"]
mod server;

/// Rows of the file, all of them good.
const ROWS: u64 = 275_552;
/// The minutes of that morning at which chains are asked for, in New York, and the limit of their quotes' age.
const ASKED: [(&str, Option<TimeDelta>); 4] = [
    ("2015-12-24T09:31:00-05:00", None),
    ("2015-12-24T12:00:00-05:00", None),
    ("2015-12-24T12:00:00-05:00", Some(TimeDelta::minutes(30))),
    ("2015-12-24T13:01:00-05:00", Some(TimeDelta::minutes(1))),
];

/// The file's quotes, or `None` and one visible line where there is no file.
fn quotes() -> Option<&'static [OptionQuote]> {
    static QUOTES: OnceLock<Option<Vec<OptionQuote>>> = OnceLock::new();
    QUOTES.get_or_init(read).as_deref()
}

fn read() -> Option<Vec<OptionQuote>> {
    let folder = PathBuf::from("../../shared/data");
    if !folder.is_dir() {
        static SAID: Once = Once::new();
        // Written past the test harness, which shows nothing that a passing test prints.
        SAID.call_once(|| drop(writeln!(stderr(), "skipped: no real data at ../shared/data")));
        return None;
    }
    let file = folder.join("lean/Data/option/usa/minute/goog/20151224_quote_american.zip");
    let mut reader = read_file(file, &ReadOptions::default()).expect("a known format");
    let batch = reader.next_batch(usize::MAX).expect("readable").expect("rows");
    let report = reader.report();
    assert_eq!((report.accepted, report.rejected), (ROWS, 0), "{report}");
    Some(batch.quotes)
}

/// How many contracts a chain has, and a digest of their symbols and of the bits of their bids, asks and sizes, in
/// order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fingerprint {
    contracts: usize,
    digest: [u8; 32],
}

fn fingerprint(rows: &[ChainRow]) -> Fingerprint {
    let mut digest = Sha256::new();
    for ChainRow { quote, .. } in rows {
        digest.update(quote.contract.to_string());
        let bits = [quote.bid.map(f64::to_bits), quote.ask.map(f64::to_bits), quote.bid_size, quote.ask_size];
        for bits in bits {
            digest.update([u8::from(bits.is_some())]);
            digest.update(bits.unwrap_or_default().to_be_bytes());
        }
    }
    Fingerprint { contracts: rows.len(), digest: digest.finalize().into() }
}

/// Stores the file twice and asks for chains.
async fn chains(store: &dyn Store, quotes: &[OptionQuote]) -> Result<Vec<Fingerprint>> {
    let upserted = store.upsert_quotes(quotes).await?;
    assert_eq!(upserted, Upserted { inserted: ROWS, ..Upserted::default() });
    let again = store.upsert_quotes(quotes).await?;
    assert_eq!(again, Upserted { unchanged: ROWS, ..Upserted::default() });

    let mut chains = Vec::new();
    for (at, age) in ASKED {
        // The rows were learned when they were said, so the second limit leaves nothing out.
        let at = at.parse()?;
        let query = ChainQuery { max_quote_age: age, ..ChainQuery::new(Symbol::new("GOOG")?, AsOf::instant(at)) };
        let chain = fingerprint(store.chain_as_of(&query).await?.rows());
        let known = ChainQuery { as_of: AsOf { known_by: Some(at), ..query.as_of }, ..query };
        assert_eq!(fingerprint(store.chain_as_of(&known).await?.rows()), chain);
        chains.push(chain);
    }
    Ok(chains)
}

/// The answers of the store in memory.
fn expected(quotes: &'static [OptionQuote]) -> &'static [Fingerprint] {
    static EXPECTED: OnceLock<Vec<Fingerprint>> = OnceLock::new();
    EXPECTED.get_or_init(|| {
        let mut found = Vec::new();
        run(embedded::Memory, async |bench| {
            found = chains(&*bench.open().await?, quotes).await?;
            Ok(())
        });
        found
    })
}

fn check(harness: impl Harness) {
    let Some(quotes) = quotes() else { return };
    let expected = expected(quotes);
    let engine = harness.engine();
    run(harness, async |bench| {
        let store = bench.open().await?;
        let found = chains(&*store, quotes).await?;
        for ((at, _), chain) in ASKED.iter().zip(&found) {
            println!(
                "{engine}: {ROWS} rows, {} contracts at {at}, digest {:02x?}",
                chain.contracts,
                &chain.digest[..8]
            );
        }
        assert_eq!(found, expected);
        store.close().await
    });
}

#[test]
fn memory() {
    let Some(quotes) = quotes() else { return };
    let expected = expected(quotes);
    let contracts: Vec<_> = expected.iter().map(|chain| chain.contracts).collect();
    // As counted from the file. At 13:01 the 156 contracts that expired at 13:00 are gone.
    assert_eq!(contracts, [2_163, 2_192, 2_168, 1_920]);
}

strikebook_tests::on_every_engine!(check);
