//! Queries over chains as traders combine them: expirations, strikes, moneyness and volume.

use chrono::{NaiveDate, TimeDelta};
use strikebook_core::{
    AsOf, Error, ErrorKind, Result, Timestamp,
    market::{ChainQuery, OptionChain, OptionQuote, OptionType, OptionVolume, Symbol},
};

use crate::{
    Bench,
    case::{Case, cases, reading},
    parsed,
    series::{EVERYTHING, instant, just_after, just_before, source},
};

/// The close of a Thursday.
const CLOSE: &str = "2025-09-25T20:00:00Z";

/// Creates a quote with a volume, recorded at its own instant.
fn traded(contract: &str, at: Timestamp, volume: Option<u64>) -> OptionQuote {
    let quote = OptionQuote::new(parsed(contract), at, source("test")).with_market(Some(1.0), Some(1.1));
    OptionQuote { volume, ..quote }
}

fn spy() -> Symbol {
    parsed("SPY")
}

/// Returns the contracts of a chain in its order.
fn contracts(chain: &OptionChain) -> Vec<String> {
    chain.rows().iter().map(|row| row.quote.contract.to_compact()).collect()
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    let answers = cases![
        expirations_within_some_days_seen_within_an_hour,
        liquid_strikes_of_an_expiration_and_type,
        a_quote_tells_what_its_option_is_worth,
        days_moneyness_and_spot_are_those_of_the_date,
        volume_is_that_of_the_last_quote_of_a_day,
        volume_keeps_to_the_window_and_both_limits,
        without_calls_there_is_no_ratio,
        chains_of_many_underlyings_are_those_of_each,
        many_chains_keep_to_the_knowledge_limit
    ];
    reading(answers)
}

/// A chain contains the contracts that expire within some days and were quoted within the last hour, the ends of both
/// included, by expiration, strike and type.
async fn expirations_within_some_days_seen_within_an_hour(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let now = instant(CLOSE);
    let hour = TimeDelta::hours(1);
    let quotes = [
        traded("SPY251025P00650000", now, None),
        traded("SPY251025C00650000", now.saturating_sub(hour), None),
        traded("SPY250925C00640000", now, None),
        traded("SPY251026C00650000", now, None),
        traded("SPY251003C00650000", just_before(now.saturating_sub(hour)), None),
        traded("QQQ251003C00650000", now, None),
    ];
    store.upsert_quotes(&quotes).await?;
    let today = now.new_york_date();
    let last = today.checked_add_days(chrono::Days::new(30)).unwrap_or(NaiveDate::MAX);
    let query = ChainQuery::new(spy(), AsOf::instant(now)).with_expirations(today, last).with_max_quote_age(hour);
    let chain = store.chain_as_of(&query).await?;
    assert_eq!(contracts(&chain), ["SPY250925C00640000", "SPY251025C00650000", "SPY251025P00650000"]);
    Ok(())
}

/// Of one expiration and type, the strikes that were traded lately and have a market are found.
async fn liquid_strikes_of_an_expiration_and_type(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let now = instant(CLOSE);
    let long_ago = now.saturating_sub(TimeDelta::days(6));
    let quotes = [
        traded("SPY251219P00640000", now, Some(1)),
        traded("SPY251219P00650000", now, Some(0)),
        traded("SPY251219P00655000", now, None),
        traded("SPY251219P00660000", now.saturating_sub(TimeDelta::days(5)), Some(7)),
        traded("SPY251219P00670000", long_ago, Some(9)),
        traded("SPY251219C00640000", now, Some(5)),
        traded("SPY251226P00640000", now, Some(5)),
    ];
    let quotes: Vec<_> = quotes.into_iter().map(|quote| OptionQuote { open_interest: Some(0), ..quote }).collect();
    store.upsert_quotes(&quotes).await?;
    let query = ChainQuery::new(spy(), AsOf::instant(now))
        .with_expiration(parsed_day("2025-12-19"))
        .with_option_type(OptionType::Put)
        .with_max_quote_age(TimeDelta::days(5));
    let chain = store.chain_as_of(&query).await?.liquid(1.0, 0, 1);
    assert_eq!(contracts(&chain), ["SPY251219P00640000", "SPY251219P00660000"]);
    Ok(())
}

fn parsed_day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// A stored quote has the same intrinsic and time value as before it was stored, and neither without an underlying
/// price.
async fn a_quote_tells_what_its_option_is_worth(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let now = instant(CLOSE);
    let priced = |contract: &str, spot| OptionQuote { underlying_price: spot, ..traded(contract, now, None) };
    let quotes = [
        priced("SPY251219C00640000", Some(640.75)),
        priced("SPY251219P00640000", Some(640.75)),
        priced("SPY251219P00650000", None),
    ];
    store.upsert_quotes(&quotes).await?;
    let chain = store.chain_as_of(&ChainQuery::new(spy(), AsOf::with_hindsight(now))).await?;
    let worth: Vec<_> = chain.rows().iter().map(|row| (row.quote.intrinsic_value(), row.quote.time_value())).collect();
    let mid = f64::midpoint(1.0, 1.1);
    assert_eq!(worth, [(Some(0.75), Some(mid - 0.75)), (Some(0.0), Some(mid)), (None, None)]);
    Ok(())
}

/// Days to expiration, moneyness and the underlying's price are those of the date that the chain is read as of.
async fn days_moneyness_and_spot_are_those_of_the_date(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (before, now) = (instant("2025-09-19T20:00:00Z"), instant(CLOSE));
    let quoted = |at, spot| OptionQuote { underlying_price: Some(spot), ..traded("SPY251219C00640000", at, None) };
    store.upsert_quotes(&[quoted(before, 608.0), quoted(now, 672.0)]).await?;
    for (at, days, spot, moneyness) in [(before, 91, 608.0, 0.95), (now, 85, 672.0, 1.05)] {
        let chain = store.chain_as_of(&ChainQuery::new(spy(), AsOf::instant(at))).await?;
        let row = chain.rows().first().unwrap_or_else(|| panic!("no quote at {at}"));
        let quote = &row.quote;
        assert_eq!((row.days_to_expiration(), quote.underlying_price), (days, Some(spot)));
        assert_eq!(quote.moneyness(), Some(moneyness));
        assert_eq!(chain.underlying_price(), Some(spot));
    }
    Ok(())
}

/// Of each contract and day in New York the last quote with a volume counts, and days add up.
async fn volume_is_that_of_the_last_quote_of_a_day(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (first, second) = (instant("2025-09-24T14:00:00Z"), instant(CLOSE));
    // Evening in New York, and in UTC the day after.
    let evening = instant("2025-09-25T02:00:00Z");
    let quotes = [
        traded("SPY251219C00640000", first, Some(10)),
        traded("SPY251219C00640000", evening, Some(30)),
        traded("SPY251219C00640000", second, Some(5)),
        traded("SPY251219C00640000", just_after(second), None),
        traded("SPY251219C00650000", second, Some(100)),
        traded("SPY251219P00640000", first, Some(7)),
        traded("SPY251219P00640000", second, Some(20)),
        traded("QQQ251219P00640000", second, Some(1_000)),
    ];
    store.upsert_quotes(&quotes).await?;
    let volume = store.option_volume(spy(), Timestamp::MIN, EVERYTHING).await?;
    assert_eq!(volume, OptionVolume { calls: 135, puts: 27 });
    assert_eq!(volume.put_call_ratio(), Some(0.2));
    Ok(())
}

/// Both ends of a window are included, corrections count from their `recorded_at` on, and a correction may remove a
/// volume.
async fn volume_keeps_to_the_window_and_both_limits(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let (first, last) = (instant("2025-09-24T20:00:00Z"), instant(CLOSE));
    let (put, call) = ("SPY251219P00640000", "SPY251219C00640000");
    let quotes = [traded(put, first, Some(1)), traded(put, last, Some(2)), traded(call, last, Some(4))];
    store.upsert_quotes(&quotes).await?;
    let recorded = just_after(last);
    let corrections = [traded(put, first, Some(16)), traded(put, last, Some(32)), traded(call, last, None)];
    store.upsert_quotes(&corrections.map(|quote| quote.with_recorded_at(recorded))).await?;
    let volume = async |from, at, known_by| {
        let volume = store.option_volume(spy(), from, AsOf { at, known_by }).await?;
        Ok::<_, Error>((volume.calls, volume.puts))
    };
    assert_eq!(volume(first, last, None).await?, (0, 48));
    assert_eq!(volume(first, last, Some(recorded)).await?, (0, 48));
    assert_eq!(volume(first, last, Some(last)).await?, (4, 3));
    assert_eq!(volume(just_after(first), last, Some(last)).await?, (4, 2));
    assert_eq!(volume(first, just_before(last), Some(last)).await?, (0, 1));
    assert_eq!(volume(first, just_before(last), None).await?, (0, 16));
    assert_eq!(volume(last, first, None).await?, (0, 0));
    Ok(())
}

/// Without calls there is no ratio of puts to calls, and without puts it is zero.
async fn without_calls_there_is_no_ratio(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let now = instant(CLOSE);
    let ratio = async || store.option_volume(spy(), now, EVERYTHING).await.map(|volume| volume.put_call_ratio());
    assert_eq!(ratio().await?, None);
    store
        .upsert_quotes(&[traded("SPY251219P00640000", now, Some(3)), traded("SPY251219C00640000", now, Some(0))])
        .await?;
    assert_eq!(ratio().await?, None);
    store.upsert_quotes(&[traded("SPY251219C00650000", now, Some(6))]).await?;
    assert_eq!(ratio().await?, Some(0.5));
    let of_none = store.option_volume(parsed("QQQ"), now, EVERYTHING).await?;
    assert_eq!((of_none, of_none.put_call_ratio()), (OptionVolume::default(), None));
    Ok(())
}

/// The chains of several queries are those of each query, in their order, also when the same underlying is asked for
/// twice or under other conditions, or has no quotes.
async fn chains_of_many_underlyings_are_those_of_each(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let now = instant(CLOSE);
    let mut quotes = Vec::new();
    for root in ["SPY", "QQQ", "IWM", "SPX", "SPXW"] {
        for contract in ["251017C00650000", "251017P00640000", "251219C00655000"] {
            quotes.push(traded(&format!("{root}{contract}"), now, None));
            quotes.push(traded(&format!("{root}{contract}"), just_before(now), None));
        }
    }
    store.upsert_quotes(&quotes).await?;
    let noon = AsOf::instant(now);
    let all = ["SPX", "SPY", "GOOG", "IWM", "SPY", "QQQ"].map(|symbol| ChainQuery::new(parsed(symbol), noon));
    let puts = ChainQuery::new(spy(), noon).with_option_type(OptionType::Put);
    let earlier = ChainQuery::new(parsed("QQQ"), AsOf::instant(just_before(now)));
    let mixed = [vec![puts.clone(), earlier], all.to_vec(), vec![puts.with_underlying(parsed("IWM"))]].concat();
    for queries in [&all[..], &mixed, &all[..1]] {
        let mut expected = Vec::new();
        for query in queries {
            expected.push(store.chain_as_of(query).await?);
        }
        assert_eq!(store.chains_as_of(queries).await?, expected);
    }
    let sizes: Vec<_> = store.chains_as_of(&all).await?.iter().map(OptionChain::len).collect();
    assert_eq!(sizes, [6, 3, 0, 3, 3, 3]);
    assert_eq!(store.chains_as_of(&[]).await?, []);
    let negative = all[0].clone().with_max_quote_age(TimeDelta::microseconds(-1));
    let error = store.chains_as_of(&[all[1].clone(), negative]).await.expect_err("a negative age");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

/// Of a quote that was corrected after the knowledge limit, each chain has the version valid then, and of one that was
/// recorded later none.
async fn many_chains_keep_to_the_knowledge_limit(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let now = instant(CLOSE);
    let later = now.saturating_add(TimeDelta::hours(1));
    let first = ["SPY251017C00650000", "QQQ251017C00650000"].map(|contract| traded(contract, now, Some(1)));
    store.upsert_quotes(&first).await?;
    let corrected = OptionQuote { volume: Some(2), ..first[0].clone() }.with_recorded_at(later);
    let recorded = traded("QQQ251017P00650000", now, Some(3)).with_recorded_at(later);
    store.upsert_quotes(&[corrected, recorded]).await?;
    let chains = async |known_by| {
        let as_of = AsOf { at: later, known_by };
        let queries = ["QQQ", "SPY"].map(|symbol| ChainQuery::new(parsed(symbol), as_of));
        let chains = store.chains_as_of(&queries).await?;
        let volumes = chains.iter().map(|chain| chain.rows().iter().map(|row| row.quote.volume).collect::<Vec<_>>());
        Ok::<_, Error>(volumes.collect::<Vec<_>>())
    };
    assert_eq!(chains(Some(just_before(later))).await?, [vec![Some(1)], vec![Some(1)]]);
    assert_eq!(chains(Some(later)).await?, [vec![Some(1), Some(3)], vec![Some(2)]]);
    assert_eq!(chains(None).await?, [vec![Some(1), Some(3)], vec![Some(2)]]);
    Ok(())
}
