//! Forwards and discount factors by put–call parity: synthetic chains of which the answer is known, with wrong quotes
//! among them.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{
    market::{ExerciseStyle, OptionType},
    pricing::OptionInputs,
};
use strikebook_pricing::{
    FitError,
    american::{self, Preset},
    black_scholes,
    curve::{BidAsk, Expiry, Pair, Settings, imply},
};

/// A market model whose forwards and rates are known.
#[derive(Clone, Copy, Debug)]
struct World {
    spot: f64,
    rate: f64,
    dividend_yield: f64,
    volatility: f64,
    style: ExerciseStyle,
}

const EUROPEAN: World =
    World { spot: 100.0, rate: 0.045, dividend_yield: 0.013, volatility: 0.22, style: ExerciseStyle::European };
const AMERICAN: World = World { style: ExerciseStyle::American, ..EUROPEAN };

impl World {
    fn forward(&self, years: f64) -> f64 {
        self.spot * ((self.rate - self.dividend_yield) * years).exp()
    }

    /// Prices to a cent, with a spread of two cents and half a percent.
    fn market(&self, option_type: OptionType, strike: f64, years: f64) -> BidAsk {
        let Self { spot, rate, dividend_yield, volatility, style } = *self;
        let option = OptionInputs { option_type, spot, strike, years, rate, dividend_yield };
        let skewed = volatility - 0.15 * (strike / spot).ln();
        let value = match style {
            ExerciseStyle::European => black_scholes::price(&option, skewed),
            ExerciseStyle::American => american::price(&option, skewed, Preset::Accurate),
        };
        let value = value.unwrap();
        let half = 0.01 + 0.0025 * value;
        let cents = |price: f64| (price * 100.0).round() / 100.0;
        BidAsk { bid: cents(value - half).max(0.0), ask: cents(value + half) }
    }

    fn pair(&self, strike: f64, years: f64) -> Pair {
        Pair {
            strike,
            call: self.market(OptionType::Call, strike, years),
            put: self.market(OptionType::Put, strike, years),
        }
    }

    fn expiry(&self, years: f64) -> Expiry {
        let pairs = (70..=130).step_by(2).map(|strike| self.pair(f64::from(strike), years)).collect();
        Expiry { years, exercise_style: self.style, pairs }
    }
}

fn settings(world: &World) -> Settings {
    Settings { spot: Some(world.spot), ..Settings::default() }
}

#[test]
fn european_chains_tell_forward_and_rate() {
    let years = [0.1, 0.5, 1.0, 2.0];
    let implied = imply(&years.map(|years| EUROPEAN.expiry(years)), &settings(&EUROPEAN)).unwrap();
    for (years, parity) in years.into_iter().zip(&implied.parities) {
        let parity = parity.unwrap();
        let (forward, rate) = (implied.curve.forward(years), implied.curve.rate(years));
        assert!((forward - EUROPEAN.forward(years)).abs() < 5e-3, "{years}: {parity:?}");
        assert!((rate - EUROPEAN.rate).abs() < 1e-3, "{years}: {rate} {parity:?}");
        assert_eq!((parity.early_exercise, parity.point.forward), (0.0, parity.point.forward));
        assert!(parity.forward_error < 5e-3 && parity.rate_error < 5e-3, "{parity:?}");
    }
}

/// Quotes as they were when the underlying was 3 % lower: two in five of them.
fn with_stale(world: &World, years: f64) -> Expiry {
    let before = World { spot: 0.97 * world.spot, ..*world };
    let mut expiry = world.expiry(years);
    for (index, pair) in expiry.pairs.iter_mut().enumerate() {
        match index % 5 {
            1 => pair.call = before.market(OptionType::Call, pair.strike, years),
            3 => *pair = before.pair(pair.strike, years),
            _ => {}
        }
    }
    expiry
}

#[test]
fn stale_quotes_do_not_move_it() {
    for world in [EUROPEAN, AMERICAN] {
        let years = [0.25, 1.0];
        let implied = imply(&years.map(|years| with_stale(&world, years)), &settings(&world)).unwrap();
        for (years, parity) in years.into_iter().zip(&implied.parities) {
            let parity = parity.unwrap();
            assert!(
                (implied.curve.forward(years) - world.forward(years)).abs() < 0.03,
                "{world:?} {years}: {parity:?}"
            );
            assert!((implied.curve.rate(years) - world.rate).abs() < 3e-3, "{world:?} {years}: {parity:?}");
            assert!(parity.rejected >= 5, "{parity:?}");
        }
    }
}

#[test]
fn early_exercise_is_taken_off() {
    let years = [0.25, 1.0, 2.0];
    for (rate, reported) in [(0.01, 0.0058), (0.05, 0.0316)] {
        let world = World { rate, ..AMERICAN };
        let expiries = years.map(|years| world.expiry(years));
        let implied = imply(&expiries, &settings(&world)).unwrap();
        for (years, parity) in years.into_iter().zip(&implied.parities) {
            let parity = parity.unwrap();
            assert!((implied.curve.forward(years) - world.forward(years)).abs() < 0.02, "{years}: {parity:?}");
            assert!((implied.curve.rate(years) - rate).abs() < 2e-3, "{years}: {parity:?}");
            assert!(parity.early_exercise > 0.0);
        }
        // The bias without the correction.
        let uncorrected = expiries.map(|expiry| Expiry { exercise_style: ExerciseStyle::European, ..expiry });
        let uncorrected = imply(&uncorrected, &settings(&world)).unwrap();
        assert!((uncorrected.curve.rate(1.0) - reported).abs() < 1e-3, "{}", uncorrected.curve.rate(1.0));
    }
}

#[test]
fn the_spot_is_implied_where_it_is_not_known() {
    let world = World { dividend_yield: 0.0, ..AMERICAN };
    let expiries = [0.02, 0.5, 1.0].map(|years| world.expiry(years));
    let implied = imply(&expiries, &Settings::default()).unwrap();
    assert!((implied.curve.spot() - world.spot).abs() < 0.02, "{}", implied.curve.spot());
    assert!((implied.curve.forward(1.0) - world.forward(1.0)).abs() < 0.02);
}

#[test]
fn a_given_rate_is_kept() {
    let given = Settings { rate: Some(0.03), ..settings(&EUROPEAN) };
    let implied = imply(&[EUROPEAN.expiry(0.02), EUROPEAN.expiry(1.0)], &given).unwrap();
    assert!((implied.curve.rate(0.02) - 0.03).abs() < 1e-12 && (implied.curve.rate(1.0) - 0.03).abs() < 1e-12);
    assert!((implied.curve.forward(0.02) - EUROPEAN.forward(0.02)).abs() < 5e-3);
    assert_eq!(implied.parities[1].unwrap().rate_error.to_bits(), 0.0_f64.to_bits());
}

#[test]
fn a_week_takes_the_rate_of_the_others() {
    let implied = imply(&[EUROPEAN.expiry(0.02), EUROPEAN.expiry(1.0)], &settings(&EUROPEAN)).unwrap();
    assert!((implied.curve.rate(0.02) - EUROPEAN.rate).abs() < 5e-3, "{implied:?}");
    let alone = imply(&[EUROPEAN.expiry(0.01)], &settings(&EUROPEAN));
    assert_eq!(alone, Err(FitError::NotConverged { quantity: "the interest rate" }));
}

#[test]
fn too_little_is_an_error_by_kind() {
    let mut expiry = EUROPEAN.expiry(0.5);
    expiry.pairs.truncate(3);
    assert_eq!(imply(&[expiry.clone()], &Settings::default()), Err(FitError::TooFew { have: 3, need: 4 }));
    assert_eq!(imply(&[], &Settings::default()), Err(FitError::TooFew { have: 0, need: 1 }));

    let good = EUROPEAN.expiry(1.0);
    let past = Expiry { years: -0.1, ..good.clone() };
    let implied = imply(&[expiry, good.clone(), past], &settings(&EUROPEAN)).unwrap();
    assert_eq!(implied.parities[0], Err(FitError::TooFew { have: 3, need: 4 }));
    assert!(implied.parities[1].is_ok());
    assert!(matches!(implied.parities[2], Err(FitError::InvalidParameter { field: "years", .. })));

    let bad = Settings { spot: Some(f64::NAN), ..Settings::default() };
    assert!(matches!(imply(std::slice::from_ref(&good), &bad), Err(FitError::InvalidParameter { field: "spot", .. })));
    let twice = imply(&[good.clone(), good], &settings(&EUROPEAN));
    assert!(matches!(twice, Err(FitError::InvalidParameter { field: "years", .. })));
}

#[test]
fn markets_that_are_none_are_left_out() {
    let mut expiry = EUROPEAN.expiry(1.0);
    let before = imply(&[expiry.clone()], &settings(&EUROPEAN)).unwrap();
    let pair = expiry.pairs[15];
    let mid = 0.5 * (pair.call.bid + pair.call.ask);
    for call in [
        BidAsk { bid: mid + 5.0, ask: mid - 5.0 },
        BidAsk { bid: 0.0, ask: 40.0 },
        BidAsk { bid: f64::NAN, ask: mid },
        BidAsk { bid: mid, ask: f64::INFINITY },
        BidAsk { bid: -1.0, ask: mid },
    ] {
        expiry.pairs.push(Pair { call, ..pair });
    }
    expiry.pairs.push(Pair { strike: f64::NAN, ..pair });
    assert_eq!(imply(&[expiry], &settings(&EUROPEAN)).unwrap(), before);
}

proptest! {
    /// A third of the calls may be quoted anywhere, in any world. `PROPTEST_CASES` sets the number of draws.
    #[test]
    fn european_forwards_survive_a_third_of_nonsense(
        rate in -0.02..0.10_f64,
        dividend_yield in 0.0..0.06_f64,
        volatility in 0.12..0.8_f64,
        years in 0.05..2.5_f64,
        nonsense in prop::collection::vec(-20.0..20.0_f64, 10),
    ) {
        let world = World { rate, dividend_yield, volatility, ..EUROPEAN };
        let mut expiry = world.expiry(years);
        for (index, off) in nonsense.into_iter().enumerate() {
            let call = &mut expiry.pairs[3 * index + 1].call;
            *call = BidAsk { bid: (call.bid + off).max(0.01), ask: (call.ask + off).max(0.03) };
        }
        let implied = imply(&[expiry], &Settings { rate: Some(rate), ..settings(&world) }).unwrap();
        let error = implied.curve.forward(years) / world.forward(years) - 1.0;
        prop_assert!(error.abs() < 1e-3, "{error:e} {:?}", implied.parities);
    }
}
