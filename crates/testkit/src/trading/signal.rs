//! Cases of signals, which every engine passes.

use async_trait::async_trait;
use chrono::TimeDelta;
use strikebook_core::{
    ErrorKind, Id, Listing, Page, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    market::Instrument,
    trading::{OrderSide, Signal, SignalAction, SignalFilter, SignalLeg, SignalPerformance, SignalQuery, SignalStatus},
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{self, Entries, all, day, identity, some},
    parsed,
    series::{instant, just_after, just_before, unchanged},
};

/// Signals, as the shared cases see them.
#[derive(Debug)]
pub struct Signals;

#[async_trait]
impl Entries for Signals {
    type Entry = Signal;

    const DATASET: Dataset = Dataset::Signals;

    fn entry(number: usize, at: Timestamp) -> Signal {
        Signal::new(identity(number), at, parsed("wheel"), parsed("SPY"), SignalAction::Short, 0.75)
    }

    fn altered(entry: Signal) -> Signal {
        Signal { action: SignalAction::Long, ..entry }
    }

    fn invalid(entry: Signal) -> Signal {
        Signal { confidence: 1.000_1, ..entry }
    }

    fn recorded(entry: Signal, recorded_at: Timestamp) -> Signal {
        Signal { recorded_at, ..entry }
    }

    async fn insert(store: &dyn Store, entries: &[Signal]) -> Result<Upserted> {
        store.insert_signals(entries).await
    }

    async fn get(store: &dyn Store, id: Id<Signal>) -> Result<Option<Signal>> {
        store.get_signal(id).await
    }

    async fn list(store: &dyn Store, query: &SignalQuery) -> Result<Page<Signal>> {
        store.list_signals(query).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        entries::cases::<Signals>(),
        cases![
            every_field_comes_back,
            values_out_of_range_are_refused,
            filters_keep_what_they_name,
            a_life_has_one_end,
            an_unknown_signal_cannot_move,
            signals_expire_at_the_end_of_their_time,
            performance_is_grouped_by_symbol,
            performance_is_grouped_by_day,
            a_filter_out_of_range_is_refused
        ],
    ]
    .concat()
}

/// Every field comes back as it was written, and what is missing is not zero.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let missing = Signals::entry(0, day(0));
    let full = Signal {
        id: identity(1),
        action: SignalAction::ExitLong,
        legs: vec![
            SignalLeg::new(parsed::<Instrument>("SPY   251219P00600000"), OrderSide::Sell),
            SignalLeg { ratio: 2, ..SignalLeg::new(parsed::<Instrument>("SPY   251219P00590000"), OrderSide::Buy) },
        ],
        strength: 0.0,
        confidence: 1.0,
        target_price: Some(0.0),
        stop_price: Some(1.0 / 3.0),
        valid_until: Some(day(9)),
        model_version: Some(parsed("gbm-7 'beta'")),
        reasoning: Some("skew > 2σ; \"rich\" puts 🐂\n-- DROP TABLE signals".to_owned()),
        features: r#"{"skew": -0.12, "ranks": [1, 2.5, null, true], "a": {"b": "c"}, "n": 1e300}"#.parse()?,
        status: SignalStatus::Cancelled,
        status_at: Some(day(3)),
        recorded_at: just_after(day(1)),
        ..missing.clone()
    };
    store.insert_signals(&[missing.clone(), full.clone()]).await?;
    assert_eq!(all::<Signals>(&*store).await?.len(), 2);
    for signal in [missing, full] {
        assert_eq!(store.get_signal(signal.id).await?, Some(signal));
    }
    Ok(())
}

/// Strength and confidence are from 0 to 1, prices are not negative, and the end of a life has an instant.
async fn values_out_of_range_are_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let valid = Signals::entry(0, day(0));
    let leg = SignalLeg::new(parsed::<Instrument>("SPY"), OrderSide::Buy);
    for (field, signal) in [
        ("strength", Signal { strength: -0.1, ..valid.clone() }),
        ("strength", Signal { strength: f64::NAN, ..valid.clone() }),
        ("confidence", Signal { confidence: 1.1, ..valid.clone() }),
        ("target_price", Signal { target_price: Some(-1.0), ..valid.clone() }),
        ("stop_price", Signal { stop_price: Some(f64::INFINITY), ..valid.clone() }),
        ("legs", Signal { legs: vec![SignalLeg { ratio: 0, ..leg }], ..valid.clone() }),
        ("legs", Signal { legs: vec![leg, leg], ..valid.clone() }),
        ("reasoning", Signal { reasoning: Some("a\0b".to_owned()), ..valid.clone() }),
        ("status_at", Signal { status: SignalStatus::Expired, ..valid.clone() }),
        ("status_at", Signal { status_at: Some(day(1)), ..valid.clone() }),
    ] {
        let error = store.insert_signals(&[signal]).await.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
    assert_eq!(all::<Signals>(&*store).await?, []);
    Ok(())
}

/// Each field of a filter restricts the list, and all fields apply together.
async fn filters_keep_what_they_name(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut signals = some::<Signals>(6);
    signals[1].symbol = parsed("QQQ");
    signals[2].strategy = parsed("condor");
    signals[3].confidence = 0.8;
    signals[4].confidence = 0.9;
    signals[5].valid_until = Some(day(7));
    store.insert_signals(&signals).await?;
    signals[0] = store.move_signal(signals[0].id, SignalStatus::Executed, day(6)).await?;
    let kept = async |filter| {
        let items = store.list_signals(&Listing::new(filter)).await?.items;
        Ok::<_, strikebook_core::Error>(
            items.iter().filter_map(|item| signals.iter().position(|signal| signal == item)).collect::<Vec<_>>(),
        )
    };
    let filter = SignalFilter::default();
    assert_eq!(kept(filter.clone()).await?, [0, 1, 2, 3, 4, 5]);
    assert_eq!(kept(SignalFilter { symbol: Some(parsed("QQQ")), ..filter.clone() }).await?, [1]);
    assert_eq!(kept(SignalFilter { strategy: Some(parsed("condor")), ..filter.clone() }).await?, [2]);
    assert_eq!(kept(SignalFilter { status: Some(SignalStatus::Executed), ..filter.clone() }).await?, [0]);
    assert_eq!(kept(SignalFilter { confidence_above: Some(0.8), ..filter.clone() }).await?, [4], "more, not as much");
    let active = |at| SignalFilter { active_at: Some(at), ..filter.clone() };
    assert_eq!(kept(active(day(5))).await?, [1, 2, 3, 4, 5]);
    assert_eq!(kept(active(just_before(day(4)))).await?, [1, 2, 3], "not before it is given");
    assert_eq!(kept(active(just_before(day(7)))).await?, [1, 2, 3, 4, 5]);
    assert_eq!(kept(active(day(7))).await?, [1, 2, 3, 4], "not when its time has run out");
    let both = SignalFilter { symbol: Some(parsed("SPY")), confidence_above: Some(0.75), ..active(day(9)) };
    assert_eq!(kept(both).await?, [3, 4]);
    Ok(())
}

/// An active signal moves on once; to move it where it is changes nothing, and any other way is refused.
async fn a_life_has_one_end(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let signals = some::<Signals>(3);
    store.insert_signals(&signals).await?;
    for (signal, end) in signals.iter().zip([SignalStatus::Executed, SignalStatus::Expired, SignalStatus::Cancelled]) {
        assert_eq!(store.move_signal(signal.id, SignalStatus::Active, day(4)).await?, *signal);
        let moved = store.move_signal(signal.id, end, day(5)).await?;
        assert_eq!(moved, Signal { status: end, status_at: Some(day(5)), ..signal.clone() });
        assert_eq!(store.move_signal(signal.id, end, day(6)).await?, moved, "it is there already");
        for other in SignalStatus::ALL.iter().filter(|other| **other != end) {
            let error = store.move_signal(signal.id, *other, day(6)).await.expect_err("its life has ended");
            assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        }
        assert_eq!(store.get_signal(signal.id).await?, Some(moved));
    }
    assert_eq!(store.insert_signals(&signals).await?, unchanged(3), "sent again, whatever their state");
    Ok(())
}

/// An unknown signal cannot move.
async fn an_unknown_signal_cannot_move(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let error = store.move_signal(identity(0), SignalStatus::Expired, day(0)).await.expect_err("unknown");
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    assert_eq!(error.context("signal"), Some(&*identity::<Signal>(0).to_string()));
    Ok(())
}

/// Signals expire at the end of their time, and not before; those that have ended otherwise or have no end stay.
async fn signals_expire_at_the_end_of_their_time(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let mut signals = some::<Signals>(4);
    for (signal, days) in signals.iter_mut().zip([5, 6, 5]) {
        signal.valid_until = Some(day(days));
    }
    store.insert_signals(&signals).await?;
    store.move_signal(signals[2].id, SignalStatus::Executed, day(4)).await?;
    assert_eq!(store.expire_signals(just_before(day(5))).await?, 0);
    assert_eq!(store.expire_signals(day(5)).await?, 1);
    assert_eq!(store.expire_signals(day(5)).await?, 0);
    let found = all::<Signals>(&*store).await?;
    let states: Vec<_> = found.iter().map(|signal| (signal.status, signal.status_at)).collect();
    let expected = [
        (SignalStatus::Expired, Some(day(5))),
        (SignalStatus::Active, None),
        (SignalStatus::Executed, Some(day(4))),
        (SignalStatus::Active, None),
    ];
    assert_eq!(states, expected);
    Ok(())
}

/// The performance has counts by action and the mean confidence of each symbol, in order, with both ends included.
async fn performance_is_grouped_by_symbol(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let actions = SignalAction::ALL.iter().cycle();
    let signals: Vec<_> = (0..12)
        .zip(actions)
        .map(|(number, action)| Signal {
            symbol: parsed(if number % 3 == 0 { "SPY" } else { "QQQ" }),
            action: *action,
            confidence: number as f64 / 12.0,
            ..Signals::entry(number, day(number))
        })
        .collect();
    store.insert_signals(&signals).await?;
    let found = store.signal_performance(day(1), day(9)).await?;
    // Of numbers 1 to 9: SPY has 3, 6 and 9, QQQ the others; the action of a number is its remainder by five.
    let expected = [("QQQ", [1, 1, 2, 1, 1], 27.0 / 72.0), ("SPY", [0, 1, 0, 1, 1], 18.0 / 36.0)];
    assert_eq!(found.len(), 2, "{found:?}");
    for (SignalPerformance { symbol, counts, mean_confidence }, (name, expected, mean)) in found.iter().zip(expected) {
        assert_eq!((symbol.as_str(), *counts), (name, expected));
        assert!((mean_confidence / mean - 1.0).abs() < 1e-12, "{mean_confidence}");
    }
    assert_eq!(found[0].count(SignalAction::ExitLong), 2);
    let later = day(12).saturating_add(TimeDelta::days(1));
    assert_eq!(store.signal_performance(later, Timestamp::MAX).await?, []);
    Ok(())
}

/// The performance of each day counts the signals from midnight in New York up to, and without, the next, in the order
/// of days and symbols; days without signals are left out.
async fn performance_is_grouped_by_day(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    // The clocks go forward on the second day.
    let given = [
        ("2025-03-08T04:59:59.999999Z", "SPY"),
        ("2025-03-08T05:00:00Z", "SPY"),
        ("2025-03-09T04:59:59.999999Z", "QQQ"),
        ("2025-03-09T05:00:00Z", "SPY"),
        ("2025-03-10T03:59:59.999999Z", "SPY"),
        ("2025-03-10T04:00:00Z", "SPY"),
        ("2025-03-13T03:59:59.999999Z", "SPY"),
        ("2025-03-13T04:00:00Z", "SPY"),
    ];
    let signals: Vec<_> = given
        .into_iter()
        .enumerate()
        .map(|(number, (at, symbol))| Signal { symbol: parsed(symbol), ..Signals::entry(number, instant(at)) })
        .collect();
    store.insert_signals(&signals).await?;
    let date = |text: &str| text.parse().unwrap_or_else(|error| panic!("{error}"));
    let found = store.daily_signals(date("2025-03-08"), date("2025-03-12")).await?;
    let reported: Vec<_> = found
        .iter()
        .map(|reported| {
            (reported.day.to_string(), reported.signals.symbol.to_string(), reported.signals.count(SignalAction::Short))
        })
        .collect();
    let expected = [
        ("2025-03-08", "QQQ", 1),
        ("2025-03-08", "SPY", 1),
        ("2025-03-09", "SPY", 2),
        ("2025-03-10", "SPY", 1),
        ("2025-03-12", "SPY", 1),
    ];
    assert_eq!(reported, expected.map(|(day, symbol, count)| (day.to_owned(), symbol.to_owned(), count)));
    assert!(found.iter().all(|reported| reported.signals.mean_confidence == 0.75), "{found:?}");
    assert_eq!(store.daily_signals(date("2025-03-12"), date("2025-03-08")).await?, []);
    let error = store.daily_signals(date("1920-01-01"), date("2025-03-08")).await.expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

/// A filter's confidence is from 0 to 1.
async fn a_filter_out_of_range_is_refused(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    for confidence in [-0.1, 1.1, f64::NAN] {
        let filter = SignalFilter { confidence_above: Some(confidence), ..SignalFilter::default() };
        let error = store.list_signals(&Listing::new(filter)).await.expect_err("a confidence out of range");
        assert_eq!(
            (error.kind(), error.context("field")),
            (ErrorKind::InvalidInput, Some("confidence_above")),
            "{error}"
        );
    }
    Ok(())
}
