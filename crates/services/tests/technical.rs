//! Indicators: values that were computed by other means, what they are undefined for, and what holds of any series.

use chrono::TimeDelta;
use proptest::{collection::vec, prelude::*};
use strikebook_core::{
    AsOf, ErrorKind, Source, Timestamp, Upserted,
    analytics::{IndicatorQuery, IndicatorRepository},
    market::{ActionKind, Bar, BarKey, BarRepository, CorporateAction, CorporateActionRepository, Symbol, Timeframe},
    memory::MemoryStore,
};
use strikebook_services::technical::{
    Closes, Directional, Regime, RegimeRule, VwapSpan, average_true_range, bollinger, calculate_rsi, closes,
    directional, exponential_average, keep_indicators, percentile, rank, regime, rsi, simple_average, true_range, vwap,
};

/// Open, high, low and close in cents.
const BARS: [(i32, i32, i32, i32); 40] = [
    (5039, 5086, 4997, 5019),
    (5046, 5099, 4881, 4910),
    (4901, 4958, 4767, 4777),
    (4751, 4821, 4696, 4791),
    (4782, 4860, 4776, 4826),
    (4859, 4859, 4790, 4836),
    (4823, 4898, 4812, 4881),
    (4890, 4938, 4770, 4821),
    (4790, 4829, 4672, 4711),
    (4727, 4735, 4641, 4641),
    (4601, 4650, 4545, 4558),
    (4539, 4557, 4454, 4474),
    (4459, 4641, 4416, 4585),
    (4625, 4636, 4519, 4579),
    (4564, 4629, 4563, 4610),
    (4616, 4688, 4557, 4678),
    (4656, 4660, 4620, 4641),
    (4639, 4834, 4639, 4797),
    (4833, 4860, 4814, 4856),
    (4861, 4897, 4817, 4867),
    (4867, 4897, 4781, 4811),
    (4793, 4809, 4612, 4672),
    (4634, 4721, 4609, 4667),
    (4629, 4810, 4603, 4760),
    (4766, 4845, 4713, 4808),
    (4769, 4852, 4724, 4850),
    (4833, 4840, 4735, 4783),
    (4774, 4882, 4742, 4860),
    (4865, 4999, 4816, 4983),
    (5002, 5039, 4860, 4907),
    (4914, 4917, 4887, 4915),
    (4886, 4907, 4810, 4842),
    (4880, 4973, 4871, 4915),
    (4918, 4977, 4865, 4909),
    (4938, 4957, 4792, 4835),
    (4835, 4852, 4784, 4841),
    (4811, 4857, 4693, 4737),
    (4736, 4843, 4690, 4833),
    (4799, 4837, 4656, 4690),
    (4701, 4716, 4520, 4567),
];

/// Bars of a day each, from open, high, low and close.
fn bars(prices: impl IntoIterator<Item = [f64; 4]>) -> Vec<Bar> {
    let key = BarKey::new(Symbol::new("SPY").expect("a symbol"), Timeframe::Day1);
    let first: Timestamp = "2024-01-02T21:00:00Z".parse().expect("an instant");
    let bar = |(day, [open, high, low, close]): (i64, [f64; 4])| {
        let at = first.saturating_add(TimeDelta::days(day));
        let source = Source::new("test").expect("a source");
        let opened_at = at.saturating_sub(TimeDelta::minutes(390));
        Bar { key, opened_at, at, open, high, low, close, volume: None, vwap: None, source, recorded_at: at }
    };
    (0..).zip(prices).map(bar).collect()
}

fn known() -> Vec<Bar> {
    bars(BARS.map(|(open, high, low, close)| [open, high, low, close].map(|cents| f64::from(cents) / 100.0)))
}

/// A bar that stands still at each price.
fn flat(prices: impl IntoIterator<Item = f64>) -> Vec<Bar> {
    bars(prices.into_iter().map(|price| [price; 4]))
}

#[track_caller]
fn close_to(found: Option<f64>, expected: f64) {
    let found = found.expect("defined");
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

/// The index of the first value.
fn first<T>(values: &[Option<T>]) -> Option<usize> {
    values.iter().position(Option::is_some)
}

#[test]
fn averages_are_those_of_another_library() {
    let closes = closes(&known());
    let (simple, exponential) = (simple_average(&closes, 10).expect("valid"), exponential_average(&closes, 10));
    let exponential = exponential.expect("valid");
    assert_eq!((first(&simple), first(&exponential)), (Some(9), Some(9)));
    close_to(simple[37], 48.717);
    close_to(simple[39], 48.084);
    close_to(exponential[37], 48.364_792_000_189_574);
    close_to(exponential[39], 47.656_926_876_159_964);
}

#[test]
fn the_strength_index_is_that_of_another_library() {
    let index = rsi(&closes(&known()), 5).expect("valid");
    assert_eq!(first(&index), Some(5));
    close_to(index[37], 49.388_093_101_004_1);
    close_to(index[39], 23.318_979_864_781_735);
}

#[test]
fn bands_are_those_of_another_library() {
    let bands = bollinger(&closes(&known()), 10, 2.0).expect("valid");
    let last = bands[39].expect("defined");
    assert_eq!(first(&bands), Some(9));
    for (found, expected) in
        [(last.lower, 45.950_998_359_119_25), (last.middle, 48.084), (last.upper, 50.217_001_640_880_77)]
    {
        close_to(Some(found), expected);
    }
    close_to(last.percent_b(last.upper), 1.0);
    close_to(last.width(), 4.0 * 1.066_500_820_440_384_6 / 48.084);
}

#[test]
fn ranges_are_those_of_another_library() {
    let bars = known();
    let (ranges, average) = (true_range(&bars).expect("valid"), average_true_range(&bars, 5).expect("valid"));
    assert_eq!((first(&ranges), first(&average)), (Some(1), Some(5)));
    close_to(ranges[1], 50.99 - 48.81);
    close_to(average[37], 1.322_708_050_510_248_6);
    close_to(average[39], 1.528_133_152_326_557);
}

#[test]
fn direction_is_wilders_sums() {
    // Computed from the book's definition, with sums in the place of means.
    let moved = directional(&known(), 5).expect("valid");
    assert_eq!(first(&moved), Some(5));
    let with_adx = moved.iter().position(|one| one.is_some_and(|one| one.adx.is_some()));
    assert_eq!(with_adx, Some(9));
    let last = moved[39].expect("defined");
    close_to(Some(last.plus), 4.920_193_141_464_558);
    close_to(Some(last.minus), 33.724_478_256_642_435);
    close_to(last.adx, 44.700_289_067_303_56);
}

#[test]
fn what_moves_nowhere_has_no_strength_and_no_direction() {
    let still = flat([50.0; 6]);
    assert_eq!(rsi(&closes(&still), 2).expect("valid"), [None; 6]);
    let moved = directional(&still, 2).expect("valid");
    assert_eq!(moved[5], Some(Directional { plus: 0.0, minus: 0.0, adx: Some(0.0) }));
    let bands = bollinger(&closes(&still), 3, 2.0).expect("valid")[5].expect("defined");
    assert_eq!((bands.lower, bands.upper, bands.percent_b(50.0)), (50.0, 50.0, None));
}

#[test]
fn the_session_s_average_starts_anew_each_day() {
    let mut bars = bars([[10.0, 12.0, 9.0, 12.0], [10.0, 13.0, 10.0, 13.0], [10.0, 10.0, 10.0, 10.0]]);
    // The first two are of one day.
    bars[0].opened_at = bars[1].opened_at.saturating_sub(TimeDelta::hours(1));
    bars[0].at = bars[1].opened_at;
    for (bar, volume) in bars.iter_mut().zip([100, 300, 0]) {
        bar.volume = Some(volume);
    }
    assert_eq!(vwap(&bars, VwapSpan::Session).expect("valid"), [Some(11.0), Some(11.75), None]);
    assert_eq!(vwap(&bars, VwapSpan::Bars(2)).expect("valid"), [None, Some(11.75), Some(12.0)]);
    bars[1].vwap = Some(10.0);
    assert_eq!(vwap(&bars, VwapSpan::Session).expect("valid")[1], Some(10.25), "a bar's own average counts");
    bars[0].volume = None;
    assert_eq!(vwap(&bars, VwapSpan::Session).expect("valid"), [None; 3], "an unknown volume is not zero");
}

#[test]
fn the_first_rule_that_holds_tells_the_regime() {
    let rule = RegimeRule { period: 3, usual: 5, ..RegimeRule::default() };
    let up = (0..20).map(|day| 50.0 + f64::from(day)).collect::<Vec<_>>();
    let reported = |bars: &[Bar]| regime(bars, &rule).expect("valid").last().copied().flatten();
    let around = |price: f64, reach: f64| [price, price + reach, price - reach, price];
    let trend = |prices: &[f64]| bars(prices.iter().map(|price| around(*price, 1.0)));
    assert_eq!(reported(&trend(&up)), Some(Regime::BullTrend));
    let down: Vec<_> = up.iter().rev().copied().collect();
    assert_eq!(reported(&trend(&down)), Some(Regime::BearTrend));
    let to_and_fro: Vec<_> = (0..20).map(|day| 50.0 + f64::from(day % 2)).collect();
    assert_eq!(reported(&trend(&to_and_fro)), Some(Regime::Range));
    let shock = up.iter().enumerate().map(|(day, price)| around(*price, if day == 19 { 20.0 } else { 1.0 }));
    assert_eq!(reported(&bars(shock)), Some(Regime::Volatile));
    // The ADX needs 2n bars and the usual range n + usual.
    assert_eq!(first(&regime(&trend(&up), &rule).expect("valid")), Some(7));
    assert_eq!(Regime::BullTrend.name().expect("a name").as_str(), "bull_trend");
}

/// Indicators that are kept are those of the functions, known when the last of their bars was. Keeping them again
/// changes nothing, and a correction of a bar corrects those from the bar on.
#[tokio::test]
async fn kept_indicators_follow_their_bars() {
    let rule = RegimeRule { period: 5, usual: 3, ..RegimeRule::default() };
    let (store, mut bars) = (MemoryStore::new(), known());
    for bar in &mut bars {
        bar.volume = Some(100);
    }
    store.upsert_bars(&bars).await.expect("bars");
    let (key, last) = (bars[0].key, bars[39].at);
    let as_of = AsOf::instant(last);
    let kept = keep_indicators(&store, &key, &rule, as_of).await.expect("kept");
    assert_eq!(kept, Upserted { inserted: 40, ..Upserted::default() });
    let rows = store.list_indicators(&IndicatorQuery::new(key, as_of)).await.expect("rows").items;
    let (ranges, regimes) = (average_true_range(&bars, 5).expect("valid"), regime(&bars, &rule).expect("valid"));
    let movement = directional(&bars, 5).expect("valid");
    for (place, row) in rows.iter().enumerate() {
        assert_eq!((row.at, row.recorded_at), (bars[place].at, bars[place].recorded_at));
        assert_eq!((row.atr, row.adx), (ranges[place], movement[place].and_then(|movement| movement.adx)));
        assert_eq!(row.regime.map(|name| name.to_string()), regimes[place].map(|regime| regime.to_string()));
        let bar = &bars[place];
        close_to(row.vwap, (bar.high + bar.low + bar.close) / 3.0);
    }
    let again = keep_indicators(&store, &key, &rule, as_of).await.expect("kept");
    assert_eq!(again, Upserted { unchanged: 40, ..Upserted::default() });

    let recorded = last.saturating_add(TimeDelta::hours(1));
    let corrected = Bar { high: bars[30].high + 1.0, recorded_at: recorded, ..bars[30].clone() };
    store.upsert_bars(&[corrected]).await.expect("corrected");
    let later = keep_indicators(&store, &key, &rule, AsOf::instant(recorded)).await.expect("kept");
    assert_eq!(later, Upserted { corrected: 10, unchanged: 30, ..Upserted::default() });
    let before = store.list_indicators(&IndicatorQuery::new(key, as_of)).await.expect("rows").items;
    assert_eq!(before, rows, "nothing was known earlier");
}

/// Over a split, indicators are those of a market without one. Only the average true range has the scale of its bar. A
/// split that becomes known changes the rows after its ex-date alone.
#[tokio::test]
async fn a_split_is_no_fall_of_prices() {
    const EX: usize = 20;
    let rule = RegimeRule { period: 5, usual: 3, ..RegimeRule::default() };
    let (even, store) = (known(), MemoryStore::new());
    let halved = even.iter().enumerate().map(|(place, bar)| match place {
        0..EX => bar.clone(),
        _ => Bar {
            open: bar.open / 2.0,
            high: bar.high / 2.0,
            low: bar.low / 2.0,
            close: bar.close / 2.0,
            ..bar.clone()
        },
    });
    store.upsert_bars(&halved.collect::<Vec<_>>()).await.expect("bars");
    let (key, symbol, last) = (even[0].key, Symbol::new("SPY").expect("a symbol"), even[39].at);
    let as_of = AsOf::instant(last);
    keep_indicators(&store, &key, &rule, as_of).await.expect("kept");

    let source = Source::new("test").expect("a source");
    let split = CorporateAction::new(symbol, ActionKind::Split, even[EX].at.new_york_date(), source).expect("a split");
    store.upsert_corporate_actions(&[split.with_ratio(2, 1).with_recorded_at(last)]).await.expect("written");
    let kept = keep_indicators(&store, &key, &rule, as_of).await.expect("kept");
    assert_eq!(kept.unchanged, 20, "the rows before the ex-date: {kept:?}");
    let rows = store.list_indicators(&IndicatorQuery::new(key, as_of)).await.expect("rows").items;
    let (ranges, regimes) = (average_true_range(&even, 5).expect("valid"), regime(&even, &rule).expect("valid"));
    let movement = directional(&even, 5).expect("valid");
    for (place, row) in rows.iter().enumerate() {
        let scale = if place < EX { 1.0 } else { 2.0 };
        assert_eq!(row.atr.is_some(), ranges[place].is_some());
        for (found, expected) in [
            (row.atr.map(|range| range * scale), ranges[place]),
            (row.adx, movement[place].and_then(|movement| movement.adx)),
        ] {
            expected.map_or_else(|| assert_eq!(found, None), |expected| close_to(found, expected));
        }
        assert_eq!(row.regime.map(|name| name.to_string()), regimes[place].map(|regime| regime.to_string()));
        assert_eq!(row.recorded_at, if place < EX { even[place].recorded_at } else { last });
    }

    let asked = Closes::new(symbol, Timeframe::Day1, as_of);
    let expected = rsi(&closes(&even), 5).expect("valid");
    for (point, expected) in calculate_rsi(&store, &asked, 5).await.expect("calculated").iter().zip(&expected) {
        expected.map_or_else(|| assert_eq!(point.value, None), |expected| close_to(point.value, expected));
    }
    let raw = calculate_rsi(&store, &asked.with_adjustment(None), 5).await.expect("calculated");
    assert!(raw[EX].value < Some(20.0), "raw prices fall by half: {:?}", raw[EX]);
}

#[test]
fn a_rank_is_among_what_was() {
    close_to(rank(0.3, &[0.2, 0.4, 0.25]), 0.5);
    assert_eq!((rank(0.1, &[0.2, 0.4]), rank(0.5, &[0.2, 0.4])), (Some(0.0), Some(1.0)));
    assert_eq!((rank(0.2, &[0.2, 0.2]), rank(0.2, &[]), rank(0.2, &[0.1, f64::NAN])), (None, None, None));
    assert_eq!(percentile(0.3, &[0.1, 0.3, 0.4, 0.2]), Some(0.5));
    assert_eq!((percentile(0.3, &[]), percentile(f64::NAN, &[0.1])), (None, None));
}

#[test]
fn bad_input_is_reported() {
    let refused = |error: strikebook_core::Error, row: Option<&str>| {
        assert_eq!((error.kind(), error.context("row")), (ErrorKind::InvalidInput, row), "{error}");
    };
    refused(simple_average(&[1.0], 0).expect_err("no period"), None);
    refused(exponential_average(&[1.0, f64::NAN], 1).expect_err("no number"), Some("1"));
    refused(rsi(&[1e12], 1).expect_err("too large"), Some("0"));
    refused(bollinger(&[1.0], 1, -1.0).expect_err("negative"), None);
    let mut reversed = known();
    reversed.swap(3, 4);
    refused(true_range(&reversed).expect_err("out of order"), Some("4"));
    let mut mixed = known();
    mixed[7].key.timeframe = Timeframe::Hour1;
    refused(directional(&mixed, 3).expect_err("two series"), Some("7"));
    let mut wrong = known();
    wrong[5].low = 100.0;
    refused(vwap(&wrong, VwapSpan::Session).expect_err("an impossible bar"), Some("5"));
    refused(vwap(&known(), VwapSpan::Bars(0)).expect_err("no bars"), None);
    refused(regime(&known(), &RegimeRule { trend_at: f64::NAN, ..RegimeRule::default() }).expect_err("NaN"), None);
    assert_eq!(simple_average(&[], 5).expect("nothing of nothing"), []);
    assert_eq!(simple_average(&[1.0], usize::MAX).expect("valid"), [None]);
    assert!(directional(&known(), usize::MAX).expect("valid").iter().all(Option::is_none));
}

/// Bars in order, of any shape.
fn series() -> impl Strategy<Value = Vec<Bar>> {
    let bar = (1.0..1e4_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64, 0..1_000_u64);
    vec(bar, 0..60).prop_map(|drawn| {
        let prices = drawn.iter().map(|(low, reach, open, close, _)| {
            let high = low * (1.0 + reach);
            let inside = |part: &f64| low + part * (high - low);
            let (open, close) = (inside(open), inside(close));
            [open, high.max(open).max(close), *low, close]
        });
        let mut bars = bars(prices);
        for (bar, (.., volume)) in bars.iter_mut().zip(&drawn) {
            bar.volume = Some(*volume);
        }
        bars
    })
}

fn moved(bars: &[Bar], scale: f64) -> Vec<Bar> {
    bars.iter()
        .map(|bar| Bar {
            open: bar.open * scale,
            high: bar.high * scale,
            low: bar.low * scale,
            close: bar.close * scale,
            ..bar.clone()
        })
        .collect()
}

/// Tells if two answers are defined for the same elements and close to each other there.
fn same(one: &[Option<f64>], other: &[Option<f64>], tolerance: f64) -> bool {
    let near = |(one, other): (&Option<f64>, &Option<f64>)| match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= tolerance,
        (one, other) => one == other,
    };
    one.len() == other.len() && one.iter().zip(other).all(near)
}

/// Every indicator of some bars, one list after the other.
fn everything(bars: &[Bar], period: usize) -> Vec<Vec<Option<f64>>> {
    let closes = closes(bars);
    let bands = bollinger(&closes, period, 2.0).expect("valid");
    let moves = directional(bars, period).expect("valid");
    let rule = RegimeRule { period, usual: period, ..RegimeRule::default() };
    let regimes = regime(bars, &rule).expect("valid");
    vec![
        simple_average(&closes, period).expect("valid"),
        exponential_average(&closes, period).expect("valid"),
        rsi(&closes, period).expect("valid"),
        bands.iter().map(|one| one.map(|one| one.lower)).collect(),
        bands.iter().map(|one| one.map(|one| one.upper)).collect(),
        true_range(bars).expect("valid"),
        average_true_range(bars, period).expect("valid"),
        moves.iter().map(|one| one.map(|one| one.plus)).collect(),
        moves.iter().map(|one| one.map(|one| one.minus)).collect(),
        moves.iter().map(|one| one.and_then(|one| one.adx)).collect(),
        vwap(bars, VwapSpan::Session).expect("valid"),
        vwap(bars, VwapSpan::Bars(period)).expect("valid"),
        regimes.iter().map(|one| one.map(|one| f64::from(one as u8))).collect(),
    ]
}

proptest! {
    /// Nothing looks ahead: what is known of the first bars is known for good.
    #[test]
    fn later_bars_change_nothing(bars in series(), period in 1..9_usize, part in 0.0..1.0_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a part of at most sixty")]
        let end = (part * bars.len() as f64) as usize;
        for (early, whole) in everything(&bars[..end], period).iter().zip(everything(&bars, period)) {
            prop_assert_eq!(&early[..], &whole[..end]);
        }
    }

    #[test]
    fn numbers_stay_within_their_bounds(bars in series(), period in 1..9_usize) {
        for index in rsi(&closes(&bars), period).expect("valid").into_iter().flatten() {
            prop_assert!((0.0..=100.0).contains(&index), "{}", index);
        }
        for one in directional(&bars, period).expect("valid").into_iter().flatten() {
            for index in [Some(one.plus), Some(one.minus), one.adx].into_iter().flatten() {
                prop_assert!((0.0..=100.0).contains(&index), "{}", index);
            }
        }
        for range in average_true_range(&bars, period).expect("valid").into_iter().flatten() {
            prop_assert!(range >= 0.0);
        }
        let low = bars.iter().map(|bar| bar.low).fold(f64::INFINITY, f64::min);
        let high = bars.iter().map(|bar| bar.high).fold(0.0, f64::max);
        for price in vwap(&bars, VwapSpan::Bars(period)).expect("valid").into_iter().flatten() {
            prop_assert!((low * (1.0 - 1e-12)..=high * (1.0 + 1e-12)).contains(&price));
        }
        for bands in bollinger(&closes(&bars), period, 2.0).expect("valid").into_iter().flatten() {
            prop_assert!(bands.lower <= bands.middle && bands.middle <= bands.upper);
        }
    }

    /// In another currency averages, bands and ranges are so many times as much, and indices and regimes what they
    /// were. A power of two changes no digit.
    #[test]
    fn scale_changes_prices_and_nothing_else(bars in series(), period in 1..9_usize) {
        let scaled = moved(&bars, 4.0);
        for (number, (one, other)) in everything(&bars, period).iter().zip(everything(&scaled, period)).enumerate() {
            let is_price = !matches!(number, 2 | 7 | 8 | 9 | 12);
            let expected: Vec<_> =
                one.iter().map(|value| value.map(|value| if is_price { value * 4.0 } else { value })).collect();
            prop_assert_eq!(&expected, &other, "indicator {}", number);
        }
    }

    /// Prices that are all higher by as much have averages that are, and the same ranges and strength.
    #[test]
    fn a_shift_moves_levels_and_nothing_else(bars in series(), period in 1..9_usize) {
        let shift = 1_000.0;
        let shifted: Vec<_> = bars
            .iter()
            .map(|bar| Bar {
                open: bar.open + shift,
                high: bar.high + shift,
                low: bar.low + shift,
                close: bar.close + shift,
                ..bar.clone()
            })
            .collect();
        let (before, after) = (everything(&bars, period), everything(&shifted, period));
        for number in [0, 1, 3, 4] {
            let expected: Vec<_> = before[number].iter().map(|value| value.map(|value| value + shift)).collect();
            prop_assert!(same(&expected, &after[number], 1e-7), "indicator {}", number);
        }
        for number in [5, 6] {
            prop_assert!(same(&before[number], &after[number], 1e-7), "indicator {}", number);
        }
    }
}
