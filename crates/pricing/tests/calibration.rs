//! Calibrations: a surface's own parameters are recovered, real surfaces are matched, and bad quotes are refused.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use std::time::Duration;

use proptest::prelude::*;
use strikebook_core::{
    Source, Timestamp,
    analytics::{Maturity, SmileKey},
    market::{OptionType, Symbol},
    pricing::OptionInputs,
};
use strikebook_pricing::{
    FitError, VolatilityQuote,
    black76::{self, ForwardInputs},
    heston, inputs_hash,
    sabr::{self, Formula, Point},
};

const MADE_WITH: heston::Parameters =
    heston::Parameters { variance: 0.05, reversion: 2.2, long_variance: 0.07, volatility: 0.6, correlation: -0.65 };

/// The surface of some parameters: nine strikes of each maturity, as far from the forward as its width.
fn surface(parameters: &heston::Parameters, maturities: &[f64]) -> Vec<VolatilityQuote> {
    let mut quotes = Vec::new();
    for years in maturities {
        let width = (parameters.expected_variance(*years)).sqrt();
        let forward = 100.0 * (0.02 * years).exp();
        for index in -4..=4 {
            let strike = forward * (0.35 * f64::from(index) * width).exp();
            let option_type = if strike < forward { OptionType::Put } else { OptionType::Call };
            let option =
                OptionInputs { option_type, spot: forward, strike, years: *years, rate: 0.0, dividend_yield: 0.0 };
            let price = heston::price(&option, parameters, heston::Preset::Precise).unwrap();
            let option = ForwardInputs { option_type, forward, strike, years: *years, rate: 0.0 };
            let volatility = black76::implied_volatility(&option, price).unwrap();
            quotes.push(VolatilityQuote {
                forward,
                strike,
                years: *years,
                bid: volatility - 0.01,
                ask: volatility + 0.01,
            });
        }
    }
    quotes
}

fn distance(found: &heston::Parameters, expected: &heston::Parameters) -> f64 {
    let heston::Parameters { variance, reversion, long_variance, volatility, correlation } = *found;
    [
        variance / expected.variance - 1.0,
        reversion / expected.reversion - 1.0,
        long_variance / expected.long_variance - 1.0,
        volatility / expected.volatility - 1.0,
        correlation - expected.correlation,
    ]
    .iter()
    .fold(0.0, |most, error| most.max(error.abs()))
}

#[test]
fn heston_parameters_are_found_again() {
    let quotes = surface(&MADE_WITH, &[0.08, 0.25, 0.5, 1.0, 2.0]);
    let found = heston::calibrate(&quotes).unwrap();
    assert!(distance(&found.parameters, &MADE_WITH) < 1e-6, "{found:?}");
    assert!(found.quality.rmse < 1e-8 && found.quality.r_squared.unwrap() > 0.999_999, "{found:?}");
    assert_eq!((found.maturities, found.quality.quotes), (5, 45));
    // Other presentations of the same market.
    let mut reversed = quotes.clone();
    reversed.reverse();
    let again = heston::calibrate(&reversed).unwrap();
    assert!(distance(&again.parameters, &found.parameters) < 1e-6);

    let fit = found.quality.record(Some(Duration::from_micros(1500)), Some(inputs_hash(&quotes)));
    assert_eq!((fit.n_options, fit.calibration_time_ms), (Some(45), Some(1)));
    assert_ne!(fit.inputs, Some(inputs_hash(&reversed)));

    let at = Timestamp::from_micros(1).unwrap();
    let record = found.record(Symbol::new("SPY").unwrap(), at, fit, Source::new("test").unwrap(), at);
    assert!(record.validate().is_ok() && !record.satisfies_feller() && found.parameters.feller_ratio() < 1.0);
    for (value, expected) in [
        (record.v0, MADE_WITH.variance),
        (record.kappa, MADE_WITH.reversion),
        (record.theta, MADE_WITH.long_variance),
        (record.sigma, MADE_WITH.volatility),
        (record.rho, MADE_WITH.correlation),
    ] {
        assert!((value - expected).abs() < 1e-5, "{record:?}");
    }
}

#[test]
fn one_maturity_is_met_by_parameters_of_many_choices() {
    let quotes = surface(&MADE_WITH, &[0.5]);
    let found = heston::calibrate(&quotes).unwrap();
    assert!(found.maturities == 1 && found.quality.rmse < 1e-4, "{found:?}");
    let expected = MADE_WITH.expected_variance(0.5);
    assert!((found.parameters.expected_variance(0.5) / expected - 1.0).abs() < 0.02, "{found:?}");
}

#[test]
fn a_flat_surface_has_no_volatility_of_variance() {
    let quotes: Vec<VolatilityQuote> = [0.25, 1.0]
        .iter()
        .flat_map(|years| {
            [80.0, 90.0, 100.0, 110.0, 125.0].map(|strike| VolatilityQuote::of_mid(100.0, strike, *years, 0.2))
        })
        .collect();
    let found = heston::calibrate(&quotes).unwrap();
    assert!(found.quality.rmse < 1e-4 && found.quality.r_squared.is_none(), "{found:?}");
}

/// The volatilities of DAX options on a day of 2002.
fn dax() -> Vec<VolatilityQuote> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(&include_bytes!("dax.csv")[..]);
    let rows = reader.deserialize().collect::<Result<Vec<[f64; 4]>, _>>().unwrap();
    let quote = |[strike, days, rate, volatility]: [f64; 4]| {
        let years = days / 365.0;
        VolatilityQuote::of_mid(4468.17 * (rate * years).exp(), strike, years, volatility)
    };
    rows.into_iter().map(quote).collect()
}

#[test]
fn the_dax_is_met_as_well_as_published() {
    let quotes = dax();
    let found = heston::calibrate(&quotes).unwrap();
    // Sepp's sum of squared errors is 177.2, in squared volatility points.
    let squares = found.quality.rmse.powi(2) * 1e4 * quotes.len() as f64;
    println!("{found:?}, sum of squares {squares:.2}");
    assert!(squares < 177.3, "{squares}");
}

#[test]
fn far_quotes_are_fitted_or_refused_by_name() {
    let with = |strike: f64, days: f64, volatility| {
        let mut quotes = dax();
        quotes.push(VolatilityQuote::of_mid(4468.17, strike, days / 365.0, volatility));
        heston::calibrate(&quotes)
    };
    for (strike, days, volatility) in [(2000.0, 77.0, 0.55), (2600.0, 14.0, 0.7), (7000.0, 14.0, 0.5)] {
        let found = with(strike, days, volatility).unwrap();
        assert!(found.quality.rmse < 0.03, "{found:?}");
    }
    for (strike, volatility) in [(1500.0, 0.9), (9000.0, 0.5)] {
        let error = with(strike, 14.0, volatility).unwrap_err();
        assert!(matches!(error, FitError::InvalidQuote { index: 104, field: "strike", .. }), "{error}");
    }
}

#[test]
fn quotes_that_cannot_be_fitted_are_refused() {
    let good = surface(&MADE_WITH, &[0.25, 1.0]);
    assert_eq!(heston::calibrate(&good[..3]), Err(FitError::TooFew { have: 3, need: 5 }));
    let with = |change: fn(&mut VolatilityQuote)| {
        let mut quotes = good.clone();
        change(&mut quotes[7]);
        quotes
    };
    for (field, quotes) in [
        ("bid", with(|quote| quote.bid = -0.1)),
        ("ask", with(|quote| quote.ask = f64::NAN)),
        ("strike", with(|quote| quote.strike = 0.0)),
        ("strike", with(|quote| quote.strike = 1e9)),
        ("years", with(|quote| quote.years = f64::INFINITY)),
        ("forward", with(|quote| quote.forward = -5.0)),
    ] {
        let error = heston::calibrate(&quotes).unwrap_err();
        assert!(matches!(error, FitError::InvalidQuote { index: 7, field: named, .. } if named == field), "{error}");
    }
    let crossed = with(|quote| std::mem::swap(&mut quote.bid, &mut quote.ask));
    assert!(matches!(heston::calibrate(&crossed), Err(FitError::Crossed { index: 7, .. })));
    assert!(matches!(
        sabr::calibrate(&crossed[..9], Some(0.5), Formula::Hagan),
        Err(FitError::Crossed { index: 7, .. })
    ));
    let error = sabr::calibrate(&good, Some(0.5), Formula::Hagan).unwrap_err();
    assert!(matches!(error, FitError::InvalidQuote { index: 9, field: "years", .. }), "{error}");
    let error = sabr::calibrate(&good[..9], Some(1.5), Formula::Hagan).unwrap_err();
    assert!(matches!(error, FitError::InvalidParameter { field: "beta", .. }), "{error}");
    assert_eq!(sabr::calibrate(&[good[0]; 5], Some(0.5), Formula::Hagan), Err(FitError::TooFew { have: 1, need: 3 }));
}

fn smile(parameters: &sabr::Parameters, formula: Formula, years: f64) -> Vec<VolatilityQuote> {
    let at = |strike: f64| {
        let volatility = formula.volatility(parameters, &Point { forward: 100.0, strike, years }).unwrap();
        VolatilityQuote::of_mid(100.0, strike, years, volatility)
    };
    (0..31).map(|index| at(55.0 + 3.0 * f64::from(index))).collect()
}

#[test]
fn sabr_parameters_are_found_again() {
    for formula in [Formula::Hagan, Formula::Obloj] {
        for (rho, nu) in [(-0.4, 0.6), (0.3, 0.9), (-0.85, 1.2)] {
            let made_with = sabr::Parameters { alpha: 1.9, beta: 0.5, rho, nu };
            let quotes = smile(&made_with, formula, 0.4);
            let found = sabr::calibrate(&quotes, Some(0.5), formula).unwrap();
            let sabr::Parameters { alpha, rho, nu, .. } = found.parameters;
            assert!((alpha / 1.9 - 1.0).abs() < 1e-8 && (rho - made_with.rho).abs() < 1e-8, "{found:?}");
            assert!((nu / made_with.nu - 1.0).abs() < 1e-8 && found.quality.rmse < 1e-10, "{found:?}");
            let key = SmileKey { symbol: Symbol::new("ES").unwrap(), maturity: Maturity::new(0.4).unwrap() };
            let at = Timestamp::from_micros(1).unwrap();
            let fit = found.quality.record(None, None);
            let record = found.record(key, at, fit, Source::new("test").unwrap(), at);
            assert!(record.validate().is_ok());
            assert_eq!(
                sabr::Parameters { alpha: record.alpha, beta: record.beta, rho: record.rho, nu: record.nu },
                found.parameters
            );
            let free = sabr::calibrate(&quotes, None, formula).unwrap();
            assert!(free.quality.rmse < 1e-6, "{free:?}");
        }
    }
}

#[test]
fn sabr_meets_the_dax() {
    let quotes = dax();
    for column in 0..8 {
        let maturity: Vec<VolatilityQuote> = quotes.iter().skip(column).step_by(8).copied().collect();
        let found = sabr::calibrate(&maturity, Some(0.7), Formula::Hagan).unwrap();
        println!("{found:?}");
        assert!(found.quality.rmse < 0.02 && found.parameters.rho < 0.0, "{found:?}");
    }
}

#[test]
fn the_density_turns_negative_where_butterflies_do() {
    let parameters = sabr::Parameters { alpha: 0.35, beta: 0.25, rho: -0.1, nu: 1.0 };
    for formula in [Formula::Hagan, Formula::Obloj] {
        let point = Point { forward: 1.0, strike: 1.0, years: 10.0 };
        let range = sabr::density_range(&parameters, formula, 1.0, point.years, 0.01, 5.0).unwrap();
        let turn = range.negative_below.unwrap();
        let price = |strike: f64| {
            let volatility = formula.volatility(&parameters, &Point { strike, ..point }).unwrap();
            let option =
                ForwardInputs { option_type: OptionType::Put, forward: 1.0, strike, years: point.years, rate: 0.0 };
            black76::price(&option, volatility).unwrap()
        };
        let butterfly = |strike: f64| {
            let step = 1e-3 * strike;
            price(strike - step) - 2.0 * price(strike) + price(strike + step)
        };
        assert!(butterfly(turn * 1.01) > 0.0 && butterfly(turn * 0.99) < 0.0, "{formula:?}: {range:?}");
        assert!(!range.is_free_of_arbitrage());
    }
    let short = sabr::density_range(&parameters, Formula::Hagan, 1.0, 0.1, 0.7, 1.4).unwrap();
    assert!(short.is_free_of_arbitrage(), "{short:?}");
    for (field, lowest, highest) in [("lowest", 1.2, 2.0), ("highest", 0.5, 0.9), ("lowest", 0.0, 2.0)] {
        let error = sabr::density_range(&parameters, Formula::Hagan, 1.0, 1.0, lowest, highest).unwrap_err();
        assert!(error.to_string().starts_with(field), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Calibrated parameters meet the surface, from any parameters that it was made with.
    #[test]
    fn heston_surfaces_are_met(
        variance in 0.01_f64..0.2,
        reversion in 0.4_f64..6.0,
        long_variance in 0.01_f64..0.2,
        volatility in 0.15_f64..1.2,
        correlation in -0.9_f64..0.5,
    ) {
        let made_with = heston::Parameters { variance, reversion, long_variance, volatility, correlation };
        let quotes = surface(&made_with, &[0.1, 0.4, 1.0, 2.5]);
        let found = heston::calibrate(&quotes).unwrap();
        prop_assert!(found.quality.rmse < 1e-7, "{made_with:?}: {found:?}");
        prop_assert!(distance(&found.parameters, &made_with) < 1e-3, "{made_with:?}: {found:?}");
    }

    #[test]
    fn sabr_smiles_are_met(rho in -0.9_f64..0.9, nu in 0.1_f64..2.0, level in 0.05_f64..0.6, beta in 0.0_f64..1.0) {
        let made_with = sabr::Parameters { alpha: level * 100_f64.powf(1.0 - beta), beta, rho, nu };
        let quotes = smile(&made_with, Formula::Hagan, 0.2);
        let found = sabr::calibrate(&quotes, Some(beta), Formula::Hagan).unwrap();
        prop_assert!(found.quality.rmse < 1e-9, "{made_with:?}: {found:?}");
    }
}
