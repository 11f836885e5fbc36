//! Discrete dividends against reference values of many digits.
//!
//! The table lies outside the repository, in `shared/pricing` beside the project's root; without it its test says so and passes.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::path::Path;

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::american::{self, Preset};
use strikebook_pricing::dividends::{self, Dividend, Exercise};
use strikebook_pricing::{PricingError, black_scholes};

#[test]
fn prices_of_the_reference_table() {
    let path = Path::new("../../../shared/pricing/discrete_dividends.csv");
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
        let cash = |years: Option<f64>, amount: Option<f64>| years.zip(amount);
        let paid: Vec<Dividend> = [cash(row.t1, row.d1), cash(row.t2, row.d2)]
            .into_iter()
            .flatten()
            .map(|(years, amount)| Dividend { years, amount })
            .collect();
        let exercise = if row.kind.starts_with("american") { Exercise::American } else { Exercise::European };
        let estimate = dividends::price(&option, &paid, row.vol, exercise).unwrap();
        let error = (estimate.price - row.price_spot_model).abs();
        assert!(
            error <= estimate.error.max(1e-7) && estimate.error < 5e-4,
            "{}: {estimate:?}, wrong by {error:e}",
            row.id
        );
        assert!(error < 2e-5, "{}: wrong by {error:e}", row.id);
        if let Some(reference) = row.price_escrowed_european {
            let escrowed = dividends::escrowed(&option, &paid).unwrap();
            let price = black_scholes::price(&escrowed, row.vol).unwrap();
            assert!((price - reference).abs() < 1e-12 * reference);
        }
    }
}

#[test]
fn without_dividends_the_grid_gives_the_continuous_models() {
    for (option_type, rate, dividend_yield) in [
        (OptionType::Put, 0.06, 0.01),
        (OptionType::Put, 0.02, 0.05),
        (OptionType::Call, 0.02, 0.06),
        (OptionType::Call, 0.05, 0.0),
    ] {
        for spot in [85.0, 100.0, 118.0] {
            let option = OptionInputs { option_type, spot, strike: 100.0, years: 0.75, rate, dividend_yield };
            let european = dividends::price(&option, &[], 0.3, Exercise::European).unwrap();
            let american = dividends::price(&option, &[], 0.3, Exercise::American).unwrap();
            let (exact, early) =
                (black_scholes::price(&option, 0.3).unwrap(), american::price(&option, 0.3, Preset::Precise).unwrap());
            assert!((european.price - exact).abs() < 1e-5, "{option:?}: {european:?}, not {exact}");
            assert!((american.price - early).abs() < 2e-4, "{option:?}: {american:?}, not {early}");
            assert!(
                (american.price - early).abs() <= american.error.max(2e-5),
                "{option:?}: {american:?}, not {early}"
            );
        }
    }
}

#[test]
fn a_dividend_is_a_reason_to_exercise_a_call() {
    let call = OptionInputs {
        option_type: OptionType::Call,
        spot: 120.0,
        strike: 100.0,
        years: 0.5,
        rate: 0.02,
        dividend_yield: 0.0,
    };
    let paid = [Dividend { years: 0.1, amount: 8.0 }, Dividend { years: 0.9, amount: 50.0 }];
    let european = dividends::price(&call, &paid, 0.2, Exercise::European).unwrap().price;
    let american = dividends::price(&call, &paid, 0.2, Exercise::American).unwrap().price;
    assert!(american > 20.0 && american > european + 4.0, "{american}, {european}");
}

#[test]
fn invalid_dividends_are_refused() {
    let call = OptionInputs {
        option_type: OptionType::Call,
        spot: 100.0,
        strike: 100.0,
        years: 0.5,
        rate: 0.02,
        dividend_yield: 0.0,
    };
    for (field, dividend) in [
        ("dividend years", Dividend { years: 0.0, amount: 1.0 }),
        ("dividend years", Dividend { years: f64::NAN, amount: 1.0 }),
        ("dividend amount", Dividend { years: 0.1, amount: -1.0 }),
    ] {
        let error = dividends::price(&call, &[dividend], 0.2, Exercise::American).unwrap_err();
        assert!(matches!(error, PricingError::InvalidInput { field: named, .. } if named == field), "{error}");
    }
    let all = [Dividend { years: 0.1, amount: 101.0 }];
    assert!(matches!(
        dividends::escrowed(&call, &all),
        Err(PricingError::InvalidInput { field: "spot less dividends", .. })
    ));
    assert!(dividends::price(&call, &all, 0.2, Exercise::American).unwrap().price > 0.0);
    assert!(dividends::price(&call, &[], 0.0, Exercise::American).is_err());
}

#[derive(serde::Deserialize)]
struct Row {
    id: String,
    kind: String,
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
    vol: f64,
    t1: Option<f64>,
    #[serde(rename = "D1")]
    d1: Option<f64>,
    t2: Option<f64>,
    #[serde(rename = "D2")]
    d2: Option<f64>,
    price_spot_model: f64,
    price_escrowed_european: Option<f64>,
}
