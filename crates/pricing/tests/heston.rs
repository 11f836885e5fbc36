//! Heston's model against reference values of many digits.
//!
//! The table lies outside the repository, in `shared/pricing` beside the project's root; without it its test says so and passes.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::path::Path;

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::heston::{self, Parameters, Preset};
use strikebook_pricing::{PricingError, black_scholes};

#[test]
fn prices_of_the_reference_table() {
    let path = Path::new("../../../shared/pricing/heston.csv");
    if !path.exists() {
        println!("skipped: no reference tables at {}", path.display());
        return;
    }
    let rows: Vec<Row> = csv::Reader::from_path(path).unwrap().into_deserialize().collect::<Result<_, _>>().unwrap();
    assert!(!rows.is_empty());
    for row in rows {
        let option = OptionInputs {
            option_type: if row.option_type == 'C' { OptionType::Call } else { OptionType::Put },
            spot: row.spot,
            strike: row.strike,
            years: row.years,
            rate: row.r,
            dividend_yield: row.q,
        };
        let parameters = Parameters {
            variance: row.v0,
            reversion: row.kappa,
            long_variance: row.theta,
            volatility: row.sigma,
            correlation: row.rho,
        };
        for (preset, allowed) in [(Preset::Accurate, 1e-10), (Preset::Precise, 1e-12)] {
            let price = heston::price(&option, &parameters, preset).unwrap();
            let error = (price - row.price).abs() / row.spot;
            assert!(error <= allowed, "{}: {preset:?} {price}, reference {}: error {error:e}", row.id, row.price);
        }
    }
}

fn option(option_type: OptionType, strike: f64, years: f64) -> OptionInputs {
    OptionInputs { option_type, spot: 100.0, strike, years, rate: 0.03, dividend_yield: 0.01 }
}

const TYPICAL: Parameters =
    Parameters { variance: 0.04, reversion: 1.5, long_variance: 0.06, volatility: 0.5, correlation: -0.7 };

#[test]
fn a_strip_is_its_options_and_keeps_parity() {
    let strikes: Vec<(OptionType, f64)> = (0..20)
        .flat_map(|index| [OptionType::Call, OptionType::Put].map(|side| (side, 60.0 + 4.0 * f64::from(index))))
        .collect();
    let strip = heston::prices(&option(OptionType::Call, 100.0, 0.5), &strikes, &TYPICAL, Preset::Precise).unwrap();
    for ((option_type, strike), value) in strikes.iter().zip(&strip) {
        let single = heston::price(&option(*option_type, *strike, 0.5), &TYPICAL, Preset::Precise).unwrap();
        assert!((single - value).abs() < 1e-10);
    }
    for (pair, strike) in strip.chunks(2).zip(strikes.iter().step_by(2)) {
        let forward = 100.0 * (-0.005_f64).exp() - strike.1 * (-0.015_f64).exp();
        assert!((pair[0] - pair[1] - forward).abs() < 1e-10);
    }
}

#[test]
fn little_volatility_of_variance_is_black_scholes() {
    let option = option(OptionType::Call, 110.0, 1.0);
    let expected = black_scholes::price(&option, TYPICAL.expected_variance(1.0).sqrt()).unwrap();
    for volatility in [0.0, 1e-12, 1e-8, 1e-5] {
        let parameters = Parameters { volatility, ..TYPICAL };
        let price = heston::price(&option, &parameters, Preset::Precise).unwrap();
        assert!((price - expected).abs() < 10.0 * volatility + 1e-10, "{volatility}: {price}, not {expected}");
    }
    assert!(TYPICAL.feller_ratio() < 1.0);
}

#[test]
fn inputs_out_of_range_are_named() {
    let option = option(OptionType::Put, 90.0, 0.25);
    for (field, parameters) in [
        ("variance", Parameters { variance: -0.1, ..TYPICAL }),
        ("reversion", Parameters { reversion: 0.0, ..TYPICAL }),
        ("long_variance", Parameters { long_variance: f64::NAN, ..TYPICAL }),
        ("volatility", Parameters { volatility: f64::INFINITY, ..TYPICAL }),
        ("correlation", Parameters { correlation: 1.1, ..TYPICAL }),
    ] {
        let error = heston::price(&option, &parameters, Preset::Accurate).unwrap_err();
        assert!(matches!(error, PricingError::InvalidInput { field: named, .. } if named == field), "{error}");
    }
    let expired = OptionInputs { years: 0.0, strike: 110.0, ..option };
    assert_eq!(heston::price(&expired, &TYPICAL, Preset::Accurate), Ok(10.0));
}

#[test]
#[ignore = "measures; run it alone and optimised"]
fn time_of_a_price() {
    let strikes: Vec<(OptionType, f64)> =
        (0..20).map(|index| (OptionType::Put, 70.0 + 3.0 * f64::from(index))).collect();
    for years in [0.02, 0.25, 1.0, 5.0] {
        let option = option(OptionType::Put, 95.0, years);
        for preset in [Preset::Accurate, Preset::Precise] {
            let (mut one, mut strip) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..200 {
                let started = std::time::Instant::now();
                std::hint::black_box(heston::price(std::hint::black_box(&option), &TYPICAL, preset)).unwrap();
                one = one.min(started.elapsed().as_secs_f64());
                let started = std::time::Instant::now();
                std::hint::black_box(heston::prices(std::hint::black_box(&option), &strikes, &TYPICAL, preset))
                    .unwrap();
                strip = strip.min(started.elapsed().as_secs_f64() / strikes.len() as f64);
            }
            println!("{years} years, {preset:?}: {:.1} us alone, {:.2} us in a strip", 1e6 * one, 1e6 * strip);
        }
    }
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    #[serde(rename = "type")]
    option_type: char,
    #[serde(rename = "S")]
    spot: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    r: f64,
    q: f64,
    v0: f64,
    kappa: f64,
    theta: f64,
    sigma: f64,
    rho: f64,
    price: f64,
}
