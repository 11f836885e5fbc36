//! Heston's model against reference values of many digits.

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    PricingError, black_scholes,
    heston::{self, Gradient, Greeks, Parameters, Preset},
};

use crate::common::{Errors, option_type, table};

mod common;

#[test]
fn prices_of_the_reference_table() {
    let rows = table::<Row>("heston.csv");
    let mut errors = Errors::of("heston");
    for row in rows {
        let option = OptionInputs {
            option_type: option_type(row.option_type),
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
            errors.note(&format!("price, {preset:?}"), &row.id, price, row.price, allowed * row.spot);

            let valuation = heston::valuation(&option, &parameters, preset).unwrap();
            let name = format!("price with the rest, {preset:?}");
            errors.note(&name, &row.id, valuation.price, row.price, allowed * row.spot);
            let Gradient { variance, reversion, long_variance, volatility, correlation } = valuation.gradient;
            for (name, value, reference) in [
                ("v0", variance, row.by_v0),
                ("kappa", reversion, row.by_kappa),
                ("theta", long_variance, row.by_theta),
                ("sigma", volatility, row.by_sigma),
                ("rho", correlation, row.by_rho),
            ] {
                // The references are differences with 13 digits or so.
                let allowed = allowed * row.spot.max(reference.abs());
                errors.note(&format!("by {name}, {preset:?}"), &row.id, value, reference, allowed);
            }
        }
    }
    errors.require(14);
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

/// Parameters for which the price's sum of 64 terms is by chance that of 32, and far from the integral.
#[test]
fn sums_that_agree_by_chance_are_refused() {
    let parameters = Parameters {
        variance: 0.016_398_978_894_368_886,
        reversion: 0.270_926_333_417_031_7,
        long_variance: 0.009_122_589_633_920_836,
        volatility: 0.577_024_147_596_788_3,
        correlation: 0.003_446_400_656_719_861_3,
    };
    let option = OptionInputs {
        option_type: OptionType::Put,
        spot: 100.0,
        strike: 83.241_902_947_204_66,
        years: 0.695_954_208_140_661_3,
        rate: 0.02,
        dividend_yield: 0.01,
    };
    let price = heston::price(&option, &parameters, Preset::Accurate).unwrap();
    assert!((price - 0.377_561_023_082_389).abs() < 1e-8, "{price}");
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

/// Returns the derivative by differences of sixth order.
fn difference(value: impl Fn(f64) -> f64, step: f64) -> f64 {
    let pair = |steps: f64| value(steps * step) - value(-steps * step);
    (45.0 * pair(1.0) - 9.0 * pair(2.0) + pair(3.0)) / (60.0 * step)
}

#[test]
fn sensitivities_are_derivatives_of_the_price() {
    for years in [0.05, 0.5, 3.0] {
        for (option_type, strike) in [(OptionType::Call, 90.0), (OptionType::Put, 100.0), (OptionType::Call, 120.0)] {
            let base = option(option_type, strike, years);
            let price = |option: OptionInputs, parameters: Parameters| {
                heston::price(&option, &parameters, Preset::Precise).unwrap()
            };
            let market = |moved: fn(&mut OptionInputs) -> &mut f64, step: f64| {
                let at = |change: f64| {
                    let mut option = base;
                    *moved(&mut option) += change;
                    price(option, TYPICAL)
                };
                difference(at, step)
            };
            let model = |moved: fn(&mut Parameters) -> &mut f64, step: f64| {
                let at = |change: f64| {
                    let mut parameters = TYPICAL;
                    *moved(&mut parameters) += change;
                    price(base, parameters)
                };
                difference(at, step)
            };
            let value = heston::valuation(&base, &TYPICAL, Preset::Precise).unwrap();
            let Greeks { delta, gamma, vega, theta, rho, epsilon } = value.greeks;
            let Gradient { variance, reversion, long_variance, volatility, correlation } = value.gradient;
            let delta_at = |change: f64| {
                let option = OptionInputs { spot: base.spot + change, ..base };
                heston::valuation(&option, &TYPICAL, Preset::Precise).unwrap().greeks.delta
            };
            let accurate = heston::valuation(&base, &TYPICAL, Preset::Accurate).unwrap();
            for (name, value, expected) in [
                ("delta", delta, market(|it| &mut it.spot, 0.3)),
                ("gamma", gamma, difference(delta_at, 0.2)),
                ("theta", theta, -market(|it| &mut it.years, years * 0.01)),
                ("rho", rho, market(|it| &mut it.rate, 0.003)),
                ("epsilon", epsilon, market(|it| &mut it.dividend_yield, 0.003)),
                ("variance", variance, model(|it| &mut it.variance, 0.001)),
                ("reversion", reversion, model(|it| &mut it.reversion, 0.03)),
                ("long variance", long_variance, model(|it| &mut it.long_variance, 0.002)),
                ("volatility", volatility, model(|it| &mut it.volatility, 0.01)),
                ("correlation", correlation, model(|it| &mut it.correlation, 0.01)),
                ("vega", vega, 0.4 * variance),
                ("accurate gamma", accurate.greeks.gamma, gamma),
                ("accurate theta", accurate.greeks.theta, theta),
                ("accurate correlation", accurate.gradient.correlation, correlation),
            ] {
                let error = (value - expected).abs();
                assert!(error < 2e-8 * (1.0 + expected.abs()), "{years} {strike}: {name} {value}, not {expected}");
            }
        }
    }
}

#[test]
fn little_volatility_of_variance_costs_the_gradient_no_digits() {
    let base = option(OptionType::Put, 95.0, 0.7);
    let at = |volatility: f64| {
        let parameters = Parameters { volatility, ..TYPICAL };
        heston::valuation(&base, &parameters, Preset::Precise).unwrap()
    };
    // The price is nearly a square in so small a volatility, and its derivative a line.
    let (none, tiny, small) = (at(0.0), at(1e-6), at(1e-3));
    let line = none.gradient.volatility + 1e-3 * (small.gradient.volatility - none.gradient.volatility);
    assert!((tiny.gradient.volatility - line).abs() < 1e-7 * line.abs(), "{tiny:?}, not {line}");
    for (name, tiny, none) in [
        ("variance", tiny.gradient.variance, none.gradient.variance),
        ("reversion", tiny.gradient.reversion, none.gradient.reversion),
        ("long variance", tiny.gradient.long_variance, none.gradient.long_variance),
        ("gamma", tiny.greeks.gamma, none.greeks.gamma),
        ("theta", tiny.greeks.theta, none.greeks.theta),
    ] {
        assert!((tiny / none - 1.0).abs() < 1e-5, "{name}: {tiny}, not {none}");
    }
}

#[test]
fn sensitivities_at_the_ends_of_time_and_variance() {
    let expired = heston::valuation(&option(OptionType::Put, 110.0, 0.0), &TYPICAL, Preset::Accurate).unwrap();
    assert!((expired.price - 10.0).abs() < 1e-12 && (expired.greeks.delta + 1.0).abs() < 1e-12);
    assert!(expired.gradient.variance == 0.0 && expired.greeks.gamma == 0.0);
    let certain = Parameters { variance: 0.0, long_variance: 0.0, ..TYPICAL };
    let error = heston::valuation(&option(OptionType::Put, 110.0, 1.0), &certain, Preset::Accurate).unwrap_err();
    assert!(matches!(error, PricingError::NotRepresentable { .. }));
    assert!(
        heston::valuations(&option(OptionType::Put, 110.0, 1.0), &[], &TYPICAL, Preset::Accurate).unwrap().is_empty()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Parity, bounds, monotonicity and convexity in the strike, and homogeneity.
    #[test]
    fn strips_are_free_of_arbitrage(
        variance in 0.005_f64..0.3,
        reversion in 0.1_f64..8.0,
        long_variance in 0.005_f64..0.3,
        volatility in 0.05_f64..1.5,
        correlation in -0.95_f64..0.95,
        years in 0.02_f64..5.0,
        rate in -0.02_f64..0.1,
        factor in 0.01_f64..100.0,
    ) {
        let parameters = Parameters { variance, reversion, long_variance, volatility, correlation };
        let base = OptionInputs {
            option_type: OptionType::Call, spot: 100.0, strike: 100.0, years, rate, dividend_yield: 0.01
        };
        let width = parameters.expected_variance(years).sqrt();
        let strikes: Vec<f64> = (-8..=8).map(|step| 100.0 * (0.3 * f64::from(step) * width).exp()).collect();
        let strip = |option_type, spot: f64| -> Vec<f64> {
            let option = OptionInputs { spot, strike: spot, ..base };
            let strikes: Vec<_> = strikes.iter().map(|strike| (option_type, strike * spot / 100.0)).collect();
            heston::prices(&option, &strikes, &parameters, Preset::Precise).unwrap()
        };
        let (calls, puts) = (strip(OptionType::Call, 100.0), strip(OptionType::Put, 100.0));
        let (spot, discount) = (100.0 * (-0.01 * years).exp(), (-rate * years).exp());
        for ((call, put), strike) in calls.iter().zip(&puts).zip(&strikes) {
            let option = OptionInputs { strike: *strike, ..base };
            let accurate = heston::price(&option, &parameters, Preset::Accurate).unwrap();
            prop_assert!((accurate - call).abs() < 1e-8, "{parameters:?}: {accurate}, not {call}");
            prop_assert!((call - put - (spot - strike * discount)).abs() < 3e-10, "{parameters:?}: {call} {put}");
            prop_assert!(*call <= spot && *put <= strike * discount);
        }
        for (index, pair) in calls.windows(2).enumerate() {
            prop_assert!(pair[1] <= pair[0] + 1e-9);
            prop_assert!(pair[0] - pair[1] <= discount * (strikes[index + 1] - strikes[index]) + 1e-9);
        }
        for (values, strikes) in calls.windows(3).zip(strikes.windows(3)) {
            let share = (strikes[1] - strikes[0]) / (strikes[2] - strikes[0]);
            prop_assert!(values[1] <= values[0] + share * (values[2] - values[0]) + 1e-9, "{parameters:?}: {values:?}");
        }
        for (scaled, call) in strip(OptionType::Call, 100.0 * factor).iter().zip(&calls) {
            prop_assert!((scaled / factor - call).abs() < 1e-9);
        }
    }
}

#[test]
fn far_strikes_are_worth_no_more_than_near_ones() {
    for years in [1e-9, 1e-4, 1.0 / 365.0, 0.02, 0.3, 100.0] {
        for option_type in [OptionType::Call, OptionType::Put] {
            let away: f64 = if option_type == OptionType::Call { 1.02 } else { 1.0 / 1.02 };
            let strikes: Vec<_> = (0..400).map(|step| (option_type, 100.0 * away.powi(step))).collect();
            for parameters in [TYPICAL, Parameters { volatility: 1.4, correlation: 0.3, ..TYPICAL }] {
                let single = |(_, strike): &(OptionType, f64)| {
                    heston::price(&option(option_type, *strike, years), &parameters, Preset::Accurate).unwrap()
                };
                let prices: Vec<f64> = strikes.iter().map(single).collect();
                assert!(prices.windows(2).all(|pair| pair[1] <= pair[0] + 1e-8), "{years} {option_type:?} {prices:?}");
            }
        }
    }
    for strike in [1e-6, 1e9] {
        let value = heston::valuation(&option(OptionType::Put, strike, 0.1), &TYPICAL, Preset::Precise).unwrap();
        assert!((value.price - black_scholes::price(&option(OptionType::Put, strike, 0.1), 0.2).unwrap()).abs() < 1e-5);
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
    #[serde(rename = "dP_dv0")]
    by_v0: f64,
    #[serde(rename = "dP_dkappa")]
    by_kappa: f64,
    #[serde(rename = "dP_dtheta")]
    by_theta: f64,
    #[serde(rename = "dP_dsigma")]
    by_sigma: f64,
    #[serde(rename = "dP_drho")]
    by_rho: f64,
}
