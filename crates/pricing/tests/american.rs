//! American options against reference values of many digits, and against a tree.

#![expect(clippy::float_cmp, reason = "what is exact is compared exactly")]

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    PricingError,
    american::{self, ExerciseBoundary, ExerciseRegion, Preset},
    black_scholes,
};

use crate::common::{Errors, option_type, table};

mod common;

#[test]
fn prices_and_greeks_of_the_reference_table() {
    let rows = table::<Row>("american.csv");
    let mut errors = Errors::of("american");
    for row in &rows {
        let option = row.option();
        let american::AmericanValuation { price, greeks } =
            american::valuation(&option, row.vol, Preset::Precise).unwrap();
        errors.note("price, precise", &row.id, price, row.price, row.price_err_bound + 1e-9 * row.price);
        let allowed = 1e-7_f64.max(5.0 * row.fd_greek_err_est.unwrap_or(0.0));
        for (name, value, reference) in [
            ("delta", greeks.delta, row.delta),
            ("gamma", greeks.gamma, row.gamma),
            ("vega", greeks.vega, row.vega),
            ("theta", greeks.theta, row.theta),
            ("rho", greeks.rho, row.rho),
            ("epsilon", greeks.epsilon, row.psi),
        ] {
            if let Some(reference) = reference {
                errors.note(name, &row.id, value, reference, allowed);
            }
        }
        for (name, preset, allowed) in
            [("price, fast", Preset::Fast, 2e-5), ("price, accurate", Preset::Accurate, 2e-6)]
        {
            let price = american::price(&option, row.vol, preset).unwrap();
            errors.note(name, &row.id, price, row.price, row.price_err_bound + allowed);
        }
    }
    errors.require(9);
}

#[test]
fn published_prices() {
    let rows = table::<Published>("published.csv");
    let mut errors = Errors::of("published");
    for row in rows.iter().filter(|row| row.kind.starts_with("american")) {
        let option = row.option();
        let volatility = row.vol.unwrap();
        let price = american::price(&option, volatility, Preset::Precise).unwrap();
        let premium = price - black_scholes::price(&option, volatility).unwrap();
        let value = if row.kind == "american_premium" { premium } else { price };
        errors.note("price or premium", &row.id, value, row.our_value, 3e-9);
    }
    errors.require(1);
}

#[test]
fn implied_volatilities_give_their_prices_back() {
    for option in options() {
        for volatility in [0.08, 0.25, 0.9] {
            let price = american::price(&option, volatility, Preset::Accurate).unwrap();
            match american::implied_volatility(&option, price, Preset::Accurate) {
                Ok(implied) => {
                    let again = american::price(&option, implied, Preset::Accurate).unwrap();
                    assert!((again - price).abs() <= 1e-10 * price.max(1.0), "{option:?}: {again}, not {price}");
                }
                Err(PricingError::NoTimeValue { price, intrinsic }) => assert!((price - intrinsic).abs() < 1e-12),
                Err(error) => panic!("{option:?} at {price}: {error}"),
            }
        }
    }
}

#[test]
fn prices_beyond_a_european_one_give_their_volatility() {
    // More than the discounted strike, which no European put is worth.
    let option = put(100.0, 3.0, 0.19, 0.0);
    for volatility in [1.5, 2.0, 5.0] {
        for preset in [Preset::Fast, Preset::Accurate] {
            let price = american::price(&option, volatility, preset).unwrap();
            assert!(price > 100.0 * (-0.19_f64 * 3.0).exp() || volatility < 2.0);
            let found = american::implied_volatility(&option, price, preset).unwrap();
            assert!((found - volatility).abs() < 1e-7 * volatility, "{found}, not {volatility}");
        }
    }
}

#[test]
fn impossible_prices_are_refused() {
    let put = put(80.0, 1.0, 0.05, 0.0);
    let implied = |price| american::implied_volatility(&put, price, Preset::Fast);
    assert_eq!(implied(19.5), Err(PricingError::NoTimeValue { price: 19.5, intrinsic: 20.0 }));
    assert_eq!(implied(20.0), Err(PricingError::NoTimeValue { price: 20.0, intrinsic: 20.0 }));
    assert_eq!(implied(100.0), Err(PricingError::AboveUpperBound { price: 100.0, bound: 100.0 }));
    assert!(matches!(implied(f64::NAN), Err(PricingError::InvalidInput { field: "price", .. })));
    let expired = OptionInputs { years: 0.0, ..put };
    assert_eq!(american::implied_volatility(&expired, 21.0, Preset::Fast), Err(PricingError::Expired));
}

#[test]
fn invalid_inputs_are_named() {
    let valid = put(100.0, 1.0, 0.05, 0.02);
    for (field, option, volatility) in [
        ("spot", OptionInputs { spot: -1.0, ..valid }, 0.2),
        ("strike", OptionInputs { strike: f64::NAN, ..valid }, 0.2),
        ("years", OptionInputs { years: -1.0, ..valid }, 0.2),
        ("rate", OptionInputs { rate: f64::INFINITY, ..valid }, 0.2),
        ("dividend_yield", OptionInputs { dividend_yield: f64::NAN, ..valid }, 0.2),
        ("volatility", valid, -0.2),
    ] {
        let error = american::price(&option, volatility, Preset::Fast).unwrap_err();
        assert!(matches!(error, PricingError::InvalidInput { field: named, .. } if named == field), "{error}");
        assert_eq!(american::valuation(&option, volatility, Preset::Fast).unwrap_err().to_string(), error.to_string());
        assert_eq!(american::leisen_reimer(&option, volatility, 5).unwrap_err().to_string(), error.to_string());
    }
    for steps in [0, 20_001] {
        let error = american::leisen_reimer(&valid, 0.2, steps).unwrap_err();
        assert!(matches!(error, PricingError::InvalidInput { field: "steps", .. }));
    }
}

#[test]
fn without_time_or_volatility_exercise_is_certain() {
    let expired = put(90.0, 0.0, 0.05, 0.0);
    assert_eq!(american::price(&expired, 0.2, Preset::Fast), Ok(10.0));
    // Exercise is best at the end with high dividends, at once with high interest, and in between where these balance.
    let waiting = put(100.0, 1.0, 0.0, 0.1);
    let at_the_end = 100.0 * (1.0 - (-0.1_f64).exp());
    assert!((american::price(&waiting, 0.0, Preset::Fast).unwrap() - at_the_end).abs() < 1e-12);
    let hurried = put(80.0, 1.0, 0.1, 0.0);
    assert_eq!(american::price(&hurried, 0.0, Preset::Fast), Ok(20.0));
    let balanced = put(80.0, 6.0, 0.1, 0.2);
    let time = (0.1_f64 * 100.0 / (0.2 * 80.0)).ln() / (0.1 - 0.2);
    let best = 100.0 * (-0.1 * time).exp() - 80.0 * (-0.2 * time).exp();
    assert!((american::price(&balanced, 0.0, Preset::Fast).unwrap() - best).abs() < 1e-12);
    assert!(american::price(&balanced, 0.01, Preset::Precise).unwrap() >= best);
}

#[test]
fn trees_agree() {
    for option in options() {
        for volatility in [0.15, 0.6] {
            let price = american::price(&option, volatility, Preset::Precise).unwrap();
            let tree = american::leisen_reimer(&option, volatility, 1001).unwrap();
            assert!((price - tree).abs() < 4e-3, "{option:?} at {volatility}: {price}, tree {tree}");
        }
    }
}

#[test]
fn two_boundaries_may_meet() {
    // Rates at which a put is exercised between two spots, until volatility makes the two meet.
    let put = put(85.0, 5.0, -0.01, -0.04);
    let boundary = ExerciseBoundary::new(&put, 0.3, Preset::Precise).unwrap();
    let soon = boundary.at(0.1).unwrap();
    assert!(soon.lowest.unwrap() > 25.0 && soon.highest.unwrap() < 100.0 && soon.lowest < soon.highest);
    assert_eq!(boundary.at(5.0), None);
    for spot in [50.0, 70.0, 85.0, 100.0, 120.0] {
        let option = OptionInputs { spot, ..put };
        let price = american::price(&option, 0.3, Preset::Precise).unwrap();
        let tree = american::leisen_reimer(&option, 0.3, 4001).unwrap();
        assert!((price - tree).abs() < 1e-3, "{spot}: {price}, tree {tree}");
    }
}

#[test]
fn boundaries_are_where_price_and_payoff_meet() {
    let mut checked = 0;
    for option in options() {
        let boundary = ExerciseBoundary::new(&option, 0.3, Preset::Precise).unwrap();
        let Some(ExerciseRegion { lowest, highest }) = boundary.at(option.years) else { continue };
        let critical = if option.option_type == OptionType::Put { highest } else { lowest }.unwrap();
        let outward = if option.option_type == OptionType::Put { 1.0 } else { -1.0 };
        let at = |spot: f64| american::valuation(&OptionInputs { spot, ..option }, 0.3, Preset::Precise).unwrap();
        let payoff = |spot: f64| (spot - option.strike).abs();
        let (inside, outside) = (critical * (1.0 - 1e-6 * outward), critical * (1.0 + 1e-6 * outward));
        assert_eq!(at(inside).price, payoff(inside));
        assert_eq!(at(inside).greeks.delta, -outward);
        assert!((at(outside).price - payoff(outside)).abs() < 1e-7);
        assert!((at(outside).greeks.delta + outward).abs() < 1e-4, "{option:?}: {:?}", at(outside));
        assert!(at(outside).greeks.gamma > 0.0);
        checked += 1;
    }
    // Rates and yields at which one of the two is never exercised early have no boundary.
    assert!(checked >= 50, "{checked} of {}", options().len());
    let never = OptionInputs { option_type: OptionType::Call, ..put(100.0, 1.0, 0.05, 0.0) };
    assert_eq!(ExerciseBoundary::new(&never, 0.2, Preset::Fast).unwrap().at(0.5), None);
    let start = ExerciseBoundary::new(&put(100.0, 1.0, 0.02, 0.04), 0.2, Preset::Fast).unwrap().at(0.0).unwrap();
    assert!((start.highest.unwrap() - 50.0).abs() < 1e-9 && start.lowest.is_none());
}

fn put(spot: f64, years: f64, rate: f64, dividend_yield: f64) -> OptionInputs {
    OptionInputs { option_type: OptionType::Put, spot, strike: 100.0, years, rate, dividend_yield }
}

/// Calls and puts, in and out of the money, short and long, with every order of rate, yield and zero.
fn options() -> Vec<OptionInputs> {
    let mut options = Vec::new();
    for (rate, dividend_yield) in [
        (0.05, 0.0),
        (0.05, 0.02),
        (0.02, 0.05),
        (0.03, 0.03),
        (0.0, 0.03),
        (-0.01, 0.0),
        (-0.01, -0.02),
        (0.02, -0.01),
    ] {
        for years in [0.05, 1.5] {
            for spot in [80.0, 100.0, 115.0] {
                let put = put(spot, years, rate, dividend_yield);
                options.extend([put, OptionInputs { option_type: OptionType::Call, ..put }]);
            }
        }
    }
    options
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
    vol: f64,
    price: f64,
    price_err_bound: f64,
    delta: Option<f64>,
    gamma: Option<f64>,
    vega: Option<f64>,
    theta: Option<f64>,
    rho: Option<f64>,
    psi: Option<f64>,
    fd_greek_err_est: Option<f64>,
}

impl Row {
    fn option(&self) -> OptionInputs {
        OptionInputs {
            option_type: option_type(self.option_type),
            spot: self.spot,
            strike: self.strike,
            years: self.years,
            rate: self.r,
            dividend_yield: self.q,
        }
    }
}

#[derive(serde::Deserialize)]
struct Published {
    id: String,
    kind: String,
    #[serde(rename = "type")]
    option_type: char,
    #[serde(rename = "S_or_F")]
    spot: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    r: f64,
    q: f64,
    vol: Option<f64>,
    our_value: f64,
}

impl Published {
    fn option(&self) -> OptionInputs {
        OptionInputs {
            option_type: option_type(self.option_type),
            spot: self.spot,
            strike: self.strike,
            years: self.years,
            rate: self.r,
            dividend_yield: self.q,
        }
    }
}
