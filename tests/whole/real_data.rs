//! A real half-day of quotes through every engine: all rows are taken, and the chains asked back are those of the store
//! in memory to the last bit.

use std::{path::Path, sync::OnceLock};

use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use strikebook::{
    AsOf, Result, Store, Upserted,
    market::{ChainQuery, ChainRow, OptionQuote, Symbol},
};
use strikebook_testkit::{
    Harness, run,
    trial::{self, Trial},
    trials,
};
use strikebook_tests::{embedded::Memory, on_every_engine};
use strikebook_vendors::{ReadOptions, read_file};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [on_every_engine![a_real_morning_is_stored_and_asked_back], trials![contracts_are_counted]].concat()
}

/// Rows of the file, all of them good.
const ROWS: u64 = 275_552;
/// The minutes of that morning at which chains are asked for, in New York, and the limit of their quotes' age.
const ASKED: [(&str, Option<TimeDelta>); 4] = [
    ("2015-12-24T09:31:00-05:00", None),
    ("2015-12-24T12:00:00-05:00", None),
    ("2015-12-24T12:00:00-05:00", Some(TimeDelta::minutes(30))),
    ("2015-12-24T13:01:00-05:00", Some(TimeDelta::minutes(1))),
];

/// Returns the file's quotes.
fn quotes() -> &'static [OptionQuote] {
    static QUOTES: OnceLock<Vec<OptionQuote>> = OnceLock::new();
    let file = trial::data("lean/Data/option/usa/minute/goog/20151224_quote_american.zip");
    QUOTES.get_or_init(|| read(&file))
}

fn read(file: &Path) -> Vec<OptionQuote> {
    let mut reader = read_file(file, &ReadOptions::default()).expect("a known format");
    let batch = reader.next_batch(usize::MAX).expect("readable").expect("rows");
    let report = reader.report();
    assert_eq!((report.accepted, report.rejected), (ROWS, 0), "{report}");
    batch.quotes
}

/// The number of contracts of a chain, and a digest of their symbols and of the bits of their bids, asks and sizes, in
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
        // Event time and knowledge time of the rows are the same, so the second limit leaves nothing out.
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
        run(Memory, async |bench| {
            found = chains(&*bench.open().await?, quotes).await?;
            Ok(())
        });
        found
    })
}

fn a_real_morning_is_stored_and_asked_back(harness: impl Harness) {
    let quotes = quotes();
    let expected = expected(quotes);
    run(harness, async |bench| {
        let store = bench.open().await?;
        let found = chains(&*store, quotes).await?;
        assert_eq!(found, expected);
        store.close().await
    });
}

fn contracts_are_counted() {
    let expected = expected(quotes());
    let contracts: Vec<_> = expected.iter().map(|chain| chain.contracts).collect();
    // As counted from the file. At 13:01 the 156 contracts that expired at 13:00 are gone.
    assert_eq!(contracts, [2_163, 2_192, 2_168, 1_920]);
}
