//! The rows: a real day of quotes where there is one, and the same day moved back in time for as many days as
//! needed.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{NaiveDate, TimeDelta};
use strikebook::{
    Source, Timestamp,
    market::{ContractDetails, OptionContract, OptionQuote, OptionRoot, OptionType, Strike},
    vendors::{ReadOptions, Record, read_file},
};

use crate::Result;

/// The contracts of the quotes.
pub(crate) const UNDERLYING: &str = "GOOG";
const REAL: &str = "shared/data/lean/Data/option/usa/minute/goog/20151224_quote_american.zip";
/// The day before Christmas: trading ended at 13:00 in New York.
const OPEN: &str = "2015-12-24T14:30:00Z";
const MINUTES: i64 = 210;

/// One day of quotes, in the order of the file: contract after contract, and each in the order of time.
pub(crate) struct Day {
    pub(crate) quotes: Vec<OptionQuote>,
    /// True for quotes of the market.
    pub(crate) real: bool,
}

impl Day {
    /// Returns the quotes of as many contracts as have this many rows together, or of all.
    pub(crate) fn load(rows: usize) -> Result<Self> {
        let path = real_path();
        let real = path.exists();
        let mut quotes = if real { read(&path)? } else { made_up()? };
        if let Some(last) = quotes.get(rows.saturating_sub(1)).map(|quote| quote.contract) {
            let end = quotes.iter().rposition(|quote| quote.contract == last).unwrap_or(rows);
            quotes.truncate(end + 1);
        }
        Ok(Self { quotes, real })
    }

    /// Returns the day moved back by whole days, so that its contracts are alive on all of them.
    pub(crate) fn back(&self, days: i64) -> Vec<OptionQuote> {
        let back = TimeDelta::days(days);
        let moved = |quote: &OptionQuote| OptionQuote {
            at: quote.at.saturating_sub(back),
            recorded_at: quote.recorded_at.saturating_sub(back),
            ..quote.clone()
        };
        self.quotes.iter().map(moved).collect()
    }
}

/// Returns some instants of trading, spread over the day and the days before it.
pub(crate) fn instants(count: usize, days: i64) -> Result<Vec<Timestamp>> {
    let open: Timestamp = OPEN.parse()?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut instant = || {
        let within = TimeDelta::seconds(random.i64(15 * 60..MINUTES * 60));
        open.saturating_sub(TimeDelta::days(random.i64(0..days))).saturating_add(within)
    };
    Ok((0..count).map(|_| instant()).collect())
}

/// The data's folder beside the project's root; Cargo runs benchmarks in the folder of their package.
fn real_path() -> PathBuf {
    Path::new("../..").join(REAL)
}

fn read(path: &Path) -> Result<Vec<OptionQuote>> {
    let mut quotes = Vec::new();
    for record in read_file(path, &ReadOptions::default())? {
        if let Record::Quote(quote) = record? {
            quotes.push(quote);
        }
    }
    Ok(quotes)
}

/// Returns a synthetic day of the same shape: 2,192 contracts with a quote in three of five minutes.
fn made_up() -> Result<Vec<OptionQuote>> {
    const EXPIRATIONS: u64 = 8;
    const STRIKES: u32 = 137;
    const PER_CONTRACT: usize = 126;
    let mut random = fastrand::Rng::with_seed(1);
    let (open, source, root) = (OPEN.parse::<Timestamp>()?, Source::new("made-up")?, OptionRoot::new(UNDERLYING)?);
    let mut quotes = Vec::new();
    for week in 0..EXPIRATIONS {
        let expiration = NaiveDate::default() + chrono::Days::new(16_800 + 7 * week);
        for (strike, option_type) in (0..STRIKES).flat_map(|n| [(n, OptionType::Call), (n, OptionType::Put)]) {
            let strike = Strike::from_thousandths(400_000 + 5_000 * strike)?;
            let contract = OptionContract::new(root, expiration, option_type, strike)?;
            let mut minutes: Vec<i64> = (1..=MINUTES).collect();
            random.shuffle(&mut minutes);
            minutes.truncate(PER_CONTRACT);
            minutes.sort_unstable();
            for minute in minutes {
                let bid = f64::from(random.u32(1..20_000)) / 100.0;
                let at = open.saturating_add(TimeDelta::minutes(minute));
                let mut quote = OptionQuote::new(contract, at, source.clone())
                    .with_market(Some(bid), Some(bid + f64::from(random.u32(1..50)) / 10.0));
                quote.bid_size = Some(random.u64(1..500));
                quote.ask_size = Some(random.u64(1..500));
                quotes.push(quote);
            }
        }
    }
    Ok(quotes)
}

/// A contract as a hand-written program holds it: its number and the columns of `option_contracts`, in order.
pub(crate) struct RawContract {
    pub(crate) id: i64,
    pub(crate) details: ContractDetails,
}

/// A quote as a hand-written program holds it: the contract's number is known and times are integers. The fields are
/// the columns of `option_quotes`, in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RawQuote {
    pub(crate) contract_id: i64,
    pub(crate) at: i64,
    /// `bid`, `ask`, `last`.
    pub(crate) prices: [Option<f64>; 3],
    /// `bid_size`, `ask_size`, `volume`, `open_interest`.
    pub(crate) counts: [Option<i64>; 4],
    /// `implied_volatility`, `delta`, `gamma`, `theta`, `vega`, `rho`, `underlying_price`.
    pub(crate) analytics: [Option<f64>; 7],
    pub(crate) source: Arc<str>,
    pub(crate) recorded_at: i64,
}

/// The columns of `option_quotes`.
pub(crate) const QUOTE_COLUMNS: [&str; 18] = [
    "contract_id",
    "at",
    "bid",
    "ask",
    "last",
    "bid_size",
    "ask_size",
    "volume",
    "open_interest",
    "implied_volatility",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
    "underlying_price",
    "source",
    "recorded_at",
];

/// The columns of `option_contracts`.
pub(crate) const CONTRACT_COLUMNS: [&str; 19] = [
    "contract_id",
    "root",
    "expiration",
    "option_type",
    "strike",
    "underlying",
    "multiplier",
    "exercise_style",
    "settlement",
    "delivery",
    "last_trading",
    "hours",
    "adjusted",
    "overridden",
    "settles_at",
    "last_trade_at",
    "listed_on",
    "source",
    "recorded_at",
];

/// The order of a hand-written program's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// By contract, then time.
    Key,
    /// By time, then contract.
    Time,
}

/// The contracts of a day, numbered in the order of their first quote, as by the adapter.
pub(crate) struct Numbers {
    numbers: HashMap<OptionContract, i64>,
    pub(crate) contracts: Vec<RawContract>,
}

impl Numbers {
    /// Numbers the contracts of the first batch that a store gets.
    pub(crate) fn of(quotes: &[OptionQuote]) -> Result<Self> {
        let (mut numbers, mut contracts) = (HashMap::new(), Vec::new());
        for quote in quotes {
            if !numbers.contains_key(&quote.contract) {
                let id = i64::try_from(numbers.len())? + 1;
                numbers.insert(quote.contract, id);
                let details = ContractDetails::standard(quote.contract, quote.source.clone(), quote.recorded_at)?;
                contracts.push(RawContract { id, details });
            }
        }
        Ok(Self { numbers, contracts })
    }

    /// Returns quotes as a hand-written program holds them.
    pub(crate) fn raw(&self, quotes: &[OptionQuote], order: Order) -> Result<Vec<RawQuote>> {
        let mut source: Arc<str> = Arc::from("");
        let mut rows = quotes
            .iter()
            .map(|quote| {
                let contract_id = *self.numbers.get(&quote.contract).ok_or("a contract without a number")?;
                shared(&mut source, quote.source.as_str());
                let greeks = quote.greeks;
                Ok(RawQuote {
                    contract_id,
                    at: quote.at.as_micros(),
                    prices: [quote.bid, quote.ask, quote.last],
                    counts: [quote.bid_size, quote.ask_size, quote.volume, quote.open_interest]
                        .map(|count| count.and_then(|count| i64::try_from(count).ok())),
                    analytics: [
                        quote.implied_volatility,
                        greeks.delta,
                        greeks.gamma,
                        greeks.theta,
                        greeks.vega,
                        greeks.rho,
                        quote.underlying_price,
                    ],
                    source: Arc::clone(&source),
                    recorded_at: quote.recorded_at.as_micros(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        match order {
            Order::Key => rows.sort_by_key(|row| (row.contract_id, row.at)),
            Order::Time => rows.sort_by_key(|row| (row.at, row.contract_id)),
        }
        Ok(rows)
    }
}

/// Sets `last` to a text, without an allocation if it is equal already.
pub(crate) fn shared(last: &mut Arc<str>, text: &str) {
    if &**last != text {
        *last = Arc::from(text);
    }
}

/// Returns the number of rows of an answer, and a checksum of its bids and asks that does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checksum {
    rows: u64,
    prices: u64,
}

impl Checksum {
    pub(crate) fn of(prices: impl IntoIterator<Item = [Option<f64>; 2]>) -> Self {
        prices.into_iter().fold(Self::default(), |sum, prices| Self {
            rows: sum.rows + 1,
            prices: prices.into_iter().flatten().fold(sum.prices, |sum, price| sum.wrapping_add(price.to_bits())),
        })
    }
}
