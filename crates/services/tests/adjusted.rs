//! Adjusted prices: the factors of splits and dividends, and that none looks ahead.

use chrono::{NaiveDate, TimeDelta};
use proptest::{collection::vec, prelude::*};
use strikebook_core::{
    AsOf, Decimal, ErrorKind, Limit, Name, Result, Source, Store, Timestamp,
    market::{
        ActionKind, ActionStatus, Bar, BarKey, BarQuery, BarRepository, CorporateAction, CorporateActionRepository,
        Symbol, Timeframe, calendar,
    },
    memory::MemoryStore,
};
use strikebook_services::{
    adjusted::{
        AdjustedBar, Adjustment, Factor, SymbolPeriod, adjusted_bars, adjusted_closes, company_bars, symbol_history,
    },
    statistics::{TRADING_DAYS, simple_returns, volatility},
};

use Adjustment::{Splits, SplitsAndDividends};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

fn instant(text: &str) -> Timestamp {
    text.parse().expect("an instant")
}

fn aapl() -> Symbol {
    Symbol::new("AAPL").expect("a symbol")
}

fn source() -> Source {
    Source::new("test").expect("a source")
}

fn usd() -> Name {
    Name::new("USD").expect("a name")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn key() -> BarKey {
    BarKey::new(aapl(), Timeframe::Day1)
}

fn bar(date: NaiveDate, close: f64) -> Bar {
    let at = calendar::close_on(date).expect("in range");
    Bar {
        key: key(),
        opened_at: at.saturating_sub(TimeDelta::minutes(390)),
        at,
        open: close - 0.5,
        high: close + 1.0,
        low: close - 1.0,
        close,
        volume: Some(1_000),
        vwap: Some(close + 0.25),
        source: source(),
        recorded_at: at,
    }
}

fn action(kind: ActionKind, date: &str) -> CorporateAction {
    CorporateAction::new(aapl(), kind, day(date), source()).expect("an action")
}

/// A store with the closes of Apple's shares over their split of seven for one, announced six weeks before.
async fn over_the_split() -> Result<MemoryStore> {
    let store = MemoryStore::new();
    let closes = [("2014-06-05", 647.35), ("2014-06-06", 645.57), ("2014-06-09", 93.70), ("2014-06-10", 94.25)];
    store.upsert_bars(&closes.map(|(date, close)| bar(day(date), close))).await?;
    let announced = instant("2014-04-23T20:30:00Z");
    let split = action(ActionKind::Split, "2014-06-09").with_ratio(7, 1).with_recorded_at(announced);
    store.upsert_corporate_actions(&[split]).await?;
    Ok(store)
}

async fn bars(store: &dyn Store, as_of: AsOf, adjustment: Adjustment) -> Result<Vec<AdjustedBar>> {
    Ok(adjusted_bars(store, &BarQuery::new(key(), as_of), adjustment).await?.items)
}

/// The return over the split is +1.60 %, the volatility that of the adjusted returns, and raw prices stay at hand.
#[tokio::test]
async fn a_split_is_no_return() -> Result<()> {
    let store = over_the_split().await?;
    let bars = bars(&store, AsOf::instant(instant("2014-06-10T20:00:00Z")), Splits).await?;
    let returns: Vec<_> = simple_returns(&adjusted_closes(&bars)).into_iter().flatten().collect();
    assert_eq!(
        returns.iter().map(|it| format!("{:.4}", 100.0 * it)).collect::<Vec<_>>(),
        ["-0.2750", "1.6001", "0.5870"]
    );
    assert!(volatility(&returns, TRADING_DAYS).is_some_and(|it| it < 0.16), "{returns:?}");
    let raw: Vec<_> = bars.iter().map(|bar| bar.raw.close).collect();
    assert_eq!(raw, [647.35, 645.57, 93.70, 94.25]);
    let first = bars[0].to_bar()?;
    let near = |price: f64| (price - 1e-9)..(price + 1e-9);
    assert!(near(648.35 / 7.0).contains(&first.high) && near(646.35 / 7.0).contains(&first.low), "{first:?}");
    assert!(near(646.85 / 7.0).contains(&first.open), "{first:?}");
    assert!(first.vwap.is_some_and(|vwap| near(647.60 / 7.0).contains(&vwap)), "{first:?}");
    assert_eq!(first.volume, Some(7_000));
    Ok(())
}

/// As of the day before the ex-date the series is raw, although the split was announced; as of the ex-date it is not.
#[tokio::test]
async fn an_announced_split_is_not_in_force_before_its_date() -> Result<()> {
    let store = over_the_split().await?;
    let before = bars(&store, AsOf::instant(instant("2014-06-09T03:59:59Z")), SplitsAndDividends).await?;
    assert!(before.len() == 2 && before.iter().all(|bar| bar.factor == Factor::ONE), "{before:?}");
    // Before the open, when no price of the day is known yet.
    let on = bars(&store, AsOf::instant(instant("2014-06-09T04:00:00Z")), SplitsAndDividends).await?;
    assert!(on.len() == 2 && on.iter().all(|bar| bar.factor == Factor { price: 1.0 / 7.0, volume: 7.0 }), "{on:?}");
    Ok(())
}

/// A factor is that of the terms which were known: a split that was not yet recorded has none, a restated one is read
/// with the terms of its time, and a cancelled or estimated one changes nothing.
#[tokio::test]
async fn a_factor_is_of_what_was_known() -> Result<()> {
    let store = MemoryStore::new();
    store.upsert_bars(&[bar(day("2021-07-30"), 12.95), bar(day("2021-08-02"), 103.2)]).await?;
    let at = |text| instant(text);
    let first = action(ActionKind::Split, "2021-08-02").with_ratio(1, 10).with_recorded_at(at("2021-08-03T12:00:00Z"));
    let second = first.clone().with_ratio(1, 8).with_recorded_at(at("2021-08-04T12:00:00Z"));
    let third = CorporateAction { status: ActionStatus::Cancelled, ..second.clone() };
    let third = third.with_recorded_at(at("2021-08-05T12:00:00Z"));
    let fourth = CorporateAction { status: ActionStatus::Estimated, ..third.clone() };
    let fourth = fourth.with_recorded_at(at("2021-08-06T12:00:00Z"));
    for action in [first, second, third, fourth] {
        store.upsert_corporate_actions(&[action]).await?;
    }
    for (known_by, factor) in [
        ("2021-08-03T11:59:59Z", 1.0),
        ("2021-08-03T12:00:00Z", 10.0),
        ("2021-08-04T12:00:00Z", 8.0),
        ("2021-08-05T12:00:00Z", 1.0),
        ("2021-08-06T12:00:00Z", 1.0),
    ] {
        let as_of = AsOf::with_hindsight(at("2021-08-02T20:00:00Z")).known_by(at(known_by));
        let bars = bars(&store, as_of, Splits).await?;
        assert_eq!(bars.iter().map(|bar| bar.factor.price).collect::<Vec<_>>(), [factor, 1.0], "{known_by}");
    }
    Ok(())
}

/// Dividends are factors of 1 − D ∕ C, with the close that was valid at the knowledge limit, and count only when asked
/// for. Actions of one date multiply.
#[tokio::test]
async fn dividends_are_factors_of_the_close_before() -> Result<()> {
    let store = MemoryStore::new();
    let first = bar(day("2023-02-09"), 13.0);
    let corrected = Bar { recorded_at: instant("2023-02-20T12:00:00Z"), ..bar(day("2023-02-09"), 13.2) };
    store.upsert_bars(&[bar(day("2023-02-08"), 13.1), first, bar(day("2023-02-10"), 12.5)]).await?;
    store.upsert_bars(&[corrected]).await?;
    let regular = action(ActionKind::CashDividend, "2023-02-10").with_amount(decimal("0.15"), usd());
    let special = action(ActionKind::SpecialDividend, "2023-02-10").with_amount(decimal("0.65"), usd());
    let stock = action(ActionKind::StockDividend, "2023-02-09").with_ratio(decimal("0.05"), 1);
    store.upsert_corporate_actions(&[regular, special, stock]).await?;
    let factors = async |known_by, adjustment| {
        let as_of = AsOf::with_hindsight(instant("2023-02-10T21:00:00Z")).known_by(instant(known_by));
        let bars = bars(&store, as_of, adjustment).await?;
        Ok::<_, strikebook_core::Error>(bars.iter().map(|bar| bar.factor.price).collect::<Vec<_>>())
    };
    let near = |found: Vec<f64>, expected: [f64; 3]| {
        assert!(found.iter().zip(expected).all(|(one, other)| (one - other).abs() < 1e-14), "{found:?} {expected:?}");
    };
    let paid = |close: f64| (1.0 - 0.15 / close) * (1.0 - 0.65 / close);
    near(factors("2023-02-10T21:00:00Z", SplitsAndDividends).await?, [paid(13.0) / 1.05, paid(13.0), 1.0]);
    near(factors("2023-02-20T12:00:00Z", SplitsAndDividends).await?, [paid(13.2) / 1.05, paid(13.2), 1.0]);
    near(factors("2023-02-20T12:00:00Z", Splits).await?, [1.0 / 1.05, 1.0, 1.0]);
    Ok(())
}

/// Mergers, spin-offs, renames and earnings change no price; bars of contracts, and dividends that are not below the
/// close, are refused.
#[tokio::test]
async fn what_has_no_factor_is_left_alone_or_refused() -> Result<()> {
    let store = over_the_split().await?;
    let other = Symbol::new("XYZ")?;
    store
        .upsert_corporate_actions(&[
            action(ActionKind::SpinOff, "2014-06-10").with_ratio(1, 4).with_counterpart(other),
            action(ActionKind::Merger, "2014-06-10").with_ratio(1, 4).with_counterpart(other),
            action(ActionKind::SymbolChange, "2014-06-10").with_counterpart(other),
            action(ActionKind::Earnings, "2014-06-10"),
        ])
        .await?;
    let as_of = AsOf::instant(instant("2014-06-10T20:00:00Z"));
    let adjusted = bars(&store, as_of, SplitsAndDividends).await?;
    assert_eq!(adjusted.iter().map(|bar| bar.factor.volume).collect::<Vec<_>>(), [7.0, 7.0, 1.0, 1.0]);
    let contract: strikebook_core::market::OptionContract = "AAPL  140719C00650000".parse()?;
    let query = BarQuery::new(BarKey::new(contract, Timeframe::Day1), as_of);
    let error = adjusted_bars(&store, &query, Splits).await.expect_err("an option");
    assert_eq!((error.kind(), error.context("instrument")), (ErrorKind::InvalidInput, Some("AAPL  140719C00650000")));
    let dividend = action(ActionKind::SpecialDividend, "2014-06-10").with_amount(decimal("93.70"), usd());
    store.upsert_corporate_actions(&[dividend]).await?;
    let error = bars(&store, as_of, SplitsAndDividends).await.expect_err("a dividend of the whole price");
    assert_eq!((error.kind(), error.context("amount")), (ErrorKind::InvalidInput, Some("93.7")), "{error}");
    assert_eq!(bars(&store, as_of, Splits).await?, adjusted);
    Ok(())
}

/// A store refuses adjusted bars: the next action changes them all.
#[tokio::test]
async fn adjusted_prices_are_not_stored() -> Result<()> {
    let store = over_the_split().await?;
    let adjusted = bars(&store, AsOf::instant(instant("2014-06-10T20:00:00Z")), Splits).await?;
    let error = store.upsert_bars(&[adjusted[0].to_bar()?]).await.expect_err("an adjusted bar");
    assert_eq!(error.kind(), ErrorKind::SimulatedData);
    Ok(())
}

/// Facebook's shares under both symbols, the fund that was META before, and the companies that had FB before and after.
async fn a_renamed_company() -> Result<MemoryStore> {
    let store = MemoryStore::new();
    let of = |symbol: &str, date: &str, close: f64| {
        let key = BarKey::new(Symbol::new(symbol).expect("a symbol"), Timeframe::Day1);
        Bar { key, ..bar(day(date), close) }
    };
    store
        .upsert_bars(&[
            of("FB", "2003-03-27", 3.0),
            of("FB", "2012-05-18", 380.0),
            of("META", "2022-01-28", 15.0),
            of("FB", "2022-06-07", 195.0),
            of("FB", "2022-06-08", 200.0),
            of("META", "2022-06-09", 48.0),
            of("META", "2022-06-10", 49.0),
            of("FB", "2022-08-01", 1.0),
        ])
        .await?;
    let action = |symbol: &str, kind, date: &str| {
        CorporateAction::new(Symbol::new(symbol).expect("a symbol"), kind, day(date), source()).expect("an action")
    };
    let announced = instant("2022-05-31T12:00:00Z");
    let rename = action("FB", ActionKind::SymbolChange, "2022-06-09").with_counterpart(Symbol::new("META")?);
    store
        .upsert_corporate_actions(&[
            action("FB", ActionKind::Delisting, "2003-03-31"),
            action("FB", ActionKind::Listing, "2012-05-18"),
            action("FB", ActionKind::Split, "2015-06-09").with_ratio(2, 1),
            action("META", ActionKind::SymbolChange, "2022-01-31").with_counterpart(Symbol::new("METV")?),
            rename.with_recorded_at(announced),
            // On the first day of the new symbol: the close before is that of the old one.
            action("META", ActionKind::Split, "2022-06-09").with_ratio(4, 1),
            action("META", ActionKind::CashDividend, "2022-06-09").with_amount(decimal("2"), usd()),
            action("FB", ActionKind::Listing, "2022-08-01"),
            action("FB", ActionKind::Split, "2022-08-01").with_ratio(1, 100),
        ])
        .await?;
    Ok(store)
}

/// A company's history follows its renames as far as they are known, and has no bar of another company with one of its
/// symbols.
#[tokio::test]
async fn a_history_follows_renames_and_mixes_no_companies() -> Result<()> {
    let store = a_renamed_company().await?;
    let (fb, meta) = (Symbol::new("FB")?, Symbol::new("META")?);
    let start = |date| calendar::midnight(day(date)).expect("in range");
    let period = |symbol, from, until| SymbolPeriod { symbol, from, until };
    let (listed, renamed, reused) = (start("2012-05-18"), start("2022-06-09"), start("2022-08-01"));
    for (symbol, at, expected) in [
        (meta, "2022-12-30T21:00:00Z", vec![period(fb, listed, Some(renamed)), period(meta, renamed, None)]),
        (fb, "2022-06-08T20:00:00Z", vec![period(fb, listed, None)]),
        (fb, "2022-07-01T20:00:00Z", vec![period(fb, renamed, None)]),
        (fb, "2022-12-30T21:00:00Z", vec![period(fb, reused, None)]),
        (fb, "2003-03-28T21:00:00Z", vec![period(fb, Timestamp::MIN, None)]),
        (meta, "2022-06-08T20:00:00Z", vec![period(meta, start("2022-01-31"), None)]),
        (meta, "2022-01-28T21:00:00Z", vec![period(meta, Timestamp::MIN, None)]),
    ] {
        assert_eq!(symbol_history(&store, symbol, AsOf::instant(instant(at))).await?, expected, "{symbol} {at}");
    }
    // Of a change that is not known yet nothing is followed.
    let before = AsOf::with_hindsight(instant("2022-12-30T21:00:00Z")).known_by(instant("2022-05-30T12:00:00Z"));
    assert_eq!(symbol_history(&store, meta, before).await?, [period(meta, start("2022-01-31"), None)]);

    let as_of = AsOf::instant(instant("2022-12-30T21:00:00Z"));
    let query = BarQuery::new(BarKey::new(meta, Timeframe::Day1), as_of);
    let bars = company_bars(&store, &query, SplitsAndDividends).await?;
    let found: Vec<_> = bars.iter().map(|bar| (bar.raw.key.instrument.to_string(), bar.raw.close)).collect();
    let expected = [("FB", 380.0), ("FB", 195.0), ("FB", 200.0), ("META", 48.0), ("META", 49.0)];
    assert_eq!(found, expected.map(|(symbol, close)| (symbol.to_owned(), close)));
    let paid = 1.0 - 2.0 / 200.0;
    let closes = [380.0 / 8.0 * paid, 195.0 / 4.0 * paid, 200.0 / 4.0 * paid, 48.0, 49.0];
    for (found, expected) in adjusted_closes(&bars).into_iter().zip(closes) {
        assert!((found / expected - 1.0).abs() < 1e-12, "{found} is not {expected}");
    }
    let query = query.with_from(start("2022-06-08"));
    assert_eq!(company_bars(&store, &query, SplitsAndDividends).await?, bars[2..]);
    Ok(())
}

/// A bar and an action of a day, each recorded some days after it, or an action before it.
type Fact = (i64, i64, f64, u8);

fn at_day(days: i64) -> NaiveDate {
    day("2024-01-02") + TimeDelta::days(days)
}

/// Writes what a predicate admits.
async fn write(store: &MemoryStore, facts: &[Fact], admits: impl Fn(Timestamp, Timestamp) -> bool) -> Result<()> {
    for (number, late, value, what) in facts {
        let date = at_day(*number);
        let recorded = calendar::close_on(date)?.saturating_add(TimeDelta::days(*late));
        let value = value.round();
        if *what < 3 {
            let bar = Bar { recorded_at: recorded, ..bar(date, value) };
            if admits(bar.at, recorded) {
                store.upsert_bars(&[bar]).await?;
            }
            continue;
        }
        let kind = if *what == 3 { ActionKind::Split } else { ActionKind::CashDividend };
        let action = CorporateAction::new(aapl(), kind, date, source())?;
        let recorded = recorded.saturating_sub(TimeDelta::days(10));
        let action = action.with_recorded_at(recorded);
        let amount = Decimal::try_from(value).expect("a decimal");
        let action = if *what == 3 {
            action.with_ratio(amount, 50)
        } else {
            action.with_amount(amount / Decimal::ONE_HUNDRED, usd())
        };
        if admits(action.at, recorded) {
            store.upsert_corporate_actions(&[action]).await?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// No bar's adjustment changes with a bar or an action that is recorded or effective after the limits of the read,
    /// the last bar is raw unless an action follows it, and pages are those of the whole list.
    #[test]
    fn no_adjustment_looks_ahead(
        facts in vec((0..30_i64, 0..20_i64, 10.0..200.0_f64, 0..5_u8), 1..60),
        at in 0..30_i64,
        known_by in 0..50_i64,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let limit = |days| calendar::close_on(at_day(days)).expect("in range");
            let as_of = AsOf { at: limit(at), known_by: Some(limit(known_by)) };
            let (all, known) = (MemoryStore::new(), MemoryStore::new());
            write(&all, &facts, |_, _| true).await.expect("written");
            write(&known, &facts, |at, recorded_at| as_of.admits(at, recorded_at)).await.expect("written");
            for adjustment in [Splits, SplitsAndDividends] {
                let found = bars(&all, as_of, adjustment).await.expect("bars");
                assert_eq!(found, bars(&known, as_of, adjustment).await.expect("bars"));
                let last = found.last().map_or(Timestamp::MAX, |bar| bar.raw.at);
                let later = known.corporate_actions_of(aapl(), last, as_of);
                if later.await.expect("actions").is_empty() {
                    assert!(found.last().is_none_or(|bar| bar.factor == Factor::ONE));
                }
                let mut query = BarQuery::new(key(), as_of).with_limit(Limit::new(3).expect("above zero"));
                let mut paged = Vec::new();
                loop {
                    let page = adjusted_bars(&all, &query, adjustment).await.expect("a page");
                    paged.extend(page.items);
                    let Some(next) = page.next else { break };
                    query = query.after(next);
                }
                assert_eq!(paged, found);
            }
        });
    }
}
