//! SVI slices and surfaces: fits recover slices, arbitrage is found, and interpolation adds none.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    FitError, VolatilityQuote, black_scholes,
    svi::{DatedSlice, Raw, Slice, Surface, fit, fit_above},
};

/// The slice of Axel Vogt, which has a butterfly arbitrage (Gatheral and Jacquier 2014, example 3.1).
const VOGT: Raw = Raw { a: -0.0410, b: 0.1331, rho: 0.3060, m: 0.3586, sigma: 0.4153 };
const PLAIN: Raw = Raw { a: 0.02, b: 0.12, rho: -0.45, m: 0.03, sigma: 0.15 };

fn slice(raw: Raw) -> Slice {
    Slice::new(raw).unwrap()
}

fn quotes(slice: &Slice, years: f64, noise: f64) -> Vec<VolatilityQuote> {
    let quote = |index: i32| {
        let log_moneyness = 0.02 * f64::from(index);
        let off = noise * f64::from((index * 37).rem_euclid(11) - 5) / 5.0;
        let mid = (slice.total_variance(log_moneyness) / years).sqrt() + off;
        VolatilityQuote {
            forward: 100.0,
            strike: 100.0 * log_moneyness.exp(),
            years,
            bid: mid - 0.002,
            ask: mid + 0.002,
        }
    };
    (-20..=15).map(quote).collect()
}

#[test]
fn what_was_put_in_is_found_again() {
    for (raw, years) in [(PLAIN, 0.5), (VOGT, 1.0), (Raw { rho: 0.2, m: -0.1, ..PLAIN }, 2.0)] {
        let fitted = fit(&quotes(&slice(raw), years, 0.0)).unwrap();
        assert!(fitted.quality.rmse < 1e-8, "{raw:?}: {fitted:?}");
        let found = fitted.slice.raw();
        for (a, b) in
            [(found.a, raw.a), (found.b, raw.b), (found.rho, raw.rho), (found.m, raw.m), (found.sigma, raw.sigma)]
        {
            assert!((a - b).abs() < 1e-4, "{found:?}, not {raw:?}");
        }
        assert_eq!((fitted.inside, fitted.quality.quotes), (36, 36));
    }
}

#[test]
fn noise_is_smoothed() {
    let fitted = fit(&quotes(&slice(PLAIN), 0.5, 0.004)).unwrap();
    assert!(fitted.quality.rmse < 0.004, "{fitted:?}");
    assert!((fitted.slice.total_variance(0.0) / slice(PLAIN).total_variance(0.0) - 1.0).abs() < 0.02);
}

#[test]
fn a_butterfly_is_seen_where_prices_are_not_convex() {
    let vogt = slice(VOGT);
    let breaches = vogt.butterfly();
    assert_eq!(breaches.len(), 1, "{breaches:?}");
    // Their figure 2: g is negative around 0.6 to 1.3 or so, and least about 0.9.
    assert!((0.4..0.8).contains(&breaches[0].from) && (1.0..1.5).contains(&breaches[0].until), "{breaches:?}");
    assert!(slice(PLAIN).butterfly().is_empty());

    // The sign of g is that of the second difference of call prices.
    let call = |k: f64| {
        let option = OptionInputs {
            option_type: OptionType::Call,
            spot: 1.0,
            strike: k.exp(),
            years: 1.0,
            rate: 0.0,
            dividend_yield: 0.0,
        };
        black_scholes::price(&option, vogt.total_variance(k).sqrt()).unwrap()
    };
    for step in -10..=15 {
        let (strike, width) = ((0.1 * f64::from(step)).exp(), 1e-3);
        let convexity = call((strike - width).ln()) - 2.0 * call(strike.ln()) + call((strike + width).ln());
        assert_eq!(convexity < 0.0, vogt.density_factor(strike.ln()) < 0.0, "{strike}");
    }
}

#[test]
fn a_fit_without_arbitrage_has_none() {
    let years = 1.0;
    let fitted = fit_above(&quotes(&slice(VOGT), years, 0.0), None).unwrap();
    assert!(fitted.slice.butterfly().iter().all(|breach| breach.worst > -1e-6), "{:?}", fitted.slice.butterfly());
    assert!(fitted.quality.rmse < 0.01, "{fitted:?}");

    let earlier = slice(Raw { a: 0.025, ..PLAIN });
    let fitted = fit_above(&quotes(&slice(PLAIN), years, 0.0), Some(&earlier)).unwrap();
    let below = earlier.calendar(&fitted.slice);
    assert!(below.iter().all(|breach| breach.worst > -1e-9), "{below:?}");
    assert!(fitted.quality.rmse > 1e-4, "the quotes themselves are below the earlier slice");
}

#[test]
fn a_slice_stays_above_an_earlier_one_with_steeper_wings() {
    // Wings that cross far from the quotes, and a level that is right at the money: as those of a week and a month
    // often are.
    for earlier in
        [Raw { a: 0.005, b: 0.3, rho: -0.7, ..PLAIN }, Raw { a: -0.01, b: 0.25, rho: 0.5, m: 0.1, sigma: 0.1 }]
    {
        let earlier = slice(earlier);
        let later = quotes(&slice(PLAIN), 0.5, 0.002);
        assert!(!earlier.calendar(&fit(&later).unwrap().slice).is_empty(), "otherwise there is nothing to show");
        let fitted = fit_above(&later, Some(&earlier)).unwrap();
        assert_eq!((fitted.slice.butterfly(), earlier.calendar(&fitted.slice)), (vec![], vec![]));
        assert!(fitted.quality.rmse < 0.2, "{fitted:?}");
        let (before, after) = (earlier.wings(), fitted.slice.wings());
        assert!(after.0 >= before.0 && after.1 >= before.1 && after.0 <= 2.0 && after.1 <= 2.0);
    }
}

#[test]
fn calendar_arbitrage_is_seen() {
    let early = slice(PLAIN);
    let above = slice(Raw { a: 0.03, b: 0.13, ..PLAIN });
    assert!(early.calendar(&above).is_empty());
    let back = above.calendar(&early);
    assert_eq!((back.len(), back[0].from, back[0].until), (1, f64::NEG_INFINITY, f64::INFINITY));
    assert!(
        (back[0].worst - (early.total_variance(back[0].worst_at) - above.total_variance(back[0].worst_at))).abs()
            < 1e-12
    );

    // Crossing once: steeper to the right, and lower to the left.
    let tilted = slice(Raw { rho: -0.2, ..PLAIN });
    let crossed = early.calendar(&tilted);
    assert_eq!((crossed.len(), crossed[0].from), (1, f64::NEG_INFINITY));
    let end = crossed[0].until;
    assert!((early.total_variance(end) - tilted.total_variance(end)).abs() < 1e-9, "{crossed:?}");

    // A dip narrower than the eye: below the other only near 0.3.
    let line = slice(Raw { a: 0.05, b: 1e-9, rho: 0.0, m: 0.0, sigma: 0.1 });
    let narrow = slice(Raw { a: 0.05 - 1e-4 - 1e-6, b: 0.1, rho: 0.0, m: 0.3, sigma: 1e-3 });
    let dips = line.calendar(&narrow);
    assert_eq!(dips.len(), 1, "{dips:?}");
    assert!((dips[0].worst_at - 0.3).abs() < 1e-4 && dips[0].until - dips[0].from < 1e-3, "{dips:?}");
}

#[test]
fn wings_beyond_lee_are_a_butterfly() {
    let steep = slice(Raw { a: 0.02, b: 1.3, rho: 0.7, m: 0.0, sigma: 0.2 });
    let breaches = steep.butterfly();
    assert!(breaches.last().is_some_and(|breach| breach.until == f64::INFINITY), "{breaches:?}");
}

#[test]
fn bad_quotes_are_errors_by_kind() {
    let good = quotes(&slice(PLAIN), 0.5, 0.0);
    assert_eq!(fit(&good[..3]), Err(FitError::TooFew { have: 3, need: 5 }));
    assert_eq!(fit(&[good[0]; 8]), Err(FitError::TooFew { have: 1, need: 5 }));
    let with = |change: fn(&mut VolatilityQuote)| {
        let mut quotes = good.clone();
        change(&mut quotes[4]);
        fit(&quotes).unwrap_err()
    };
    assert!(matches!(with(|quote| quote.bid = quote.ask + 0.01), FitError::Crossed { index: 4, .. }));
    assert!(matches!(with(|quote| quote.ask = f64::NAN), FitError::InvalidQuote { index: 4, field: "ask", .. }));
    assert!(matches!(with(|quote| quote.strike = 0.0), FitError::InvalidQuote { index: 4, field: "strike", .. }));
    assert!(matches!(with(|quote| quote.years = 0.6), FitError::InvalidParameter { field: "years", .. }));
    assert!(matches!(Slice::new(Raw { a: -1.0, ..PLAIN }), Err(FitError::InvalidParameter { field: "a", .. })));
    assert!(matches!(Slice::new(Raw { rho: 1.0, ..PLAIN }), Err(FitError::InvalidParameter { field: "rho", .. })));
    assert_eq!(Surface::new(Vec::new()), Err(FitError::TooFew { have: 0, need: 1 }));
    let one = DatedSlice { years: 0.5, slice: slice(PLAIN) };
    assert!(matches!(Surface::new(vec![one, one]), Err(FitError::InvalidParameter { field: "years", .. })));
    let surface = Surface::new(vec![one]).unwrap();
    assert!(surface.total_variance(f64::NAN, 1.0).is_err() && surface.total_variance(0.0, 0.0).is_err());
}

#[test]
fn flat_and_five_point_smiles_are_fitted() {
    let flat =
        [80, 85, 90, 95, 100, 105, 110, 120].map(|strike| VolatilityQuote::of_mid(100.0, f64::from(strike), 0.25, 0.3));
    let fitted = fit(&flat).unwrap();
    assert!(fitted.worst < 1e-3, "{fitted:?}");
    let five: Vec<_> = quotes(&slice(PLAIN), 0.5, 0.001).into_iter().step_by(8).collect();
    let five = fit(&five).unwrap();
    assert!(five.quality.rmse < 2e-3, "{five:?}");
}

fn surface() -> Surface {
    let maturity =
        |years: f64, a: f64, b: f64, rho: f64| DatedSlice { years, slice: slice(Raw { a, b, rho, ..PLAIN }) };
    Surface::new(vec![
        maturity(1.0, 0.05, 0.14, -0.4),
        maturity(0.25, 0.01, 0.09, -0.5),
        maturity(0.5, 0.02, 0.12, -0.45),
    ])
    .unwrap()
}

#[test]
fn a_surface_meets_its_slices_and_has_no_arbitrage_in_between() {
    let surface = surface();
    assert!(surface.butterflies().is_empty() && surface.calendars().is_empty());
    for DatedSlice { years, slice } in surface.maturities() {
        for k in [-0.8, -0.1, 0.0, 0.3, 1.0] {
            let total = surface.total_variance(k, *years).unwrap();
            assert!((total / slice.total_variance(k) - 1.0).abs() < 1e-9, "{years} {k}");
        }
    }
    let at_the_money = |years| surface.total_variance(0.0, years).unwrap();
    assert!((at_the_money(0.75) - 0.5 * (at_the_money(0.5) + at_the_money(1.0))).abs() < 1e-12, "linear at the money");
    for step in -30..=30 {
        let k = 0.03 * f64::from(step);
        let mut before = 0.0;
        for time in 1..=60 {
            let years = 0.025 * f64::from(time);
            let variance = surface.total_variance(k, years).unwrap();
            assert!(variance >= before - 1e-12, "calendar at {k}, {years}");
            before = variance;
            if years <= 1.0 {
                let g = surface.butterfly(k, years).unwrap();
                assert!(g > -1e-4, "butterfly at {k}, {years}: {g}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// A fit recovers any slice without arbitrage.
    #[test]
    fn any_sound_slice_is_found_again(
        level in 0.005..0.3_f64,
        b in 0.02..0.6_f64,
        rho in -0.9..0.6_f64,
        m in -0.15..0.15_f64,
        sigma in 0.05..0.5_f64,
    ) {
        let raw = Raw { a: level, b, rho, m, sigma };
        let slice = Slice::new(raw).unwrap();
        prop_assume!(slice.butterfly().is_empty());
        let fitted = fit(&quotes(&slice, 1.0, 0.0)).unwrap();
        prop_assert!(fitted.worst < 1e-5, "{raw:?} {fitted:?}");
        let sound = fit_above(&quotes(&slice, 1.0, 0.0), None).unwrap();
        prop_assert!(sound.worst < 1e-4, "{raw:?} {sound:?}");
    }
}
