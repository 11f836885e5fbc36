//! What holds of American options in general.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::american::{self, Preset};
use strikebook_pricing::{PricingError, black_scholes};

/// Options and volatilities far beyond any market.
fn extreme() -> impl Strategy<Value = (OptionInputs, f64)> {
    let years = prop_oneof![1e-8..1e-3, 1e-3..3.0, 3.0..100.0];
    let volatility = prop_oneof![1e-4..0.05, 0.05..1.0, 1.0..5.0];
    let strike = prop_oneof![90.0..110.0, 30.0..300.0, (-6.0..9.0).prop_map(|exponent| 10_f64.powf(exponent))];
    let rate = || prop_oneof![Just(0.0), -0.02..0.1, -0.5..3.0];
    (option_type(), strike, years, rate(), rate(), volatility).prop_map(
        |(option_type, strike, years, rate, dividend_yield, volatility)| {
            (OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }, volatility)
        },
    )
}

/// Options and volatilities as they are traded, with rates that may be negative.
fn traded() -> impl Strategy<Value = (OptionInputs, f64)> {
    (option_type(), 50.0..200.0, 0.003..3.0, -0.02..0.1, -0.02..0.1, 0.05..1.0).prop_map(
        |(option_type, strike, years, rate, dividend_yield, volatility)| {
            (OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }, volatility)
        },
    )
}

fn option_type() -> impl Strategy<Value = OptionType> {
    prop_oneof![Just(OptionType::Call), Just(OptionType::Put)]
}

fn preset() -> impl Strategy<Value = Preset> {
    prop_oneof![Just(Preset::Fast), Just(Preset::Accurate), Just(Preset::Precise)]
}

fn price(option: &OptionInputs, volatility: f64) -> f64 {
    american::price(option, volatility, Preset::Precise).unwrap()
}

fn intrinsic(option: &OptionInputs) -> f64 {
    match option.option_type {
        OptionType::Call => (option.spot - option.strike).max(0.0),
        OptionType::Put => (option.strike - option.spot).max(0.0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_finite_input_has_a_finite_price((option, volatility) in extreme(), preset in preset()) {
        match american::price(&option, volatility, preset) {
            Ok(price) => {
                let european = black_scholes::price(&option, volatility).unwrap();
                prop_assert!(price.is_finite() && price >= european && price >= intrinsic(&option));
                prop_assert!(price <= bound(&option) * (1.0 + 1e-6), "{price}");
            }
            Err(error) => prop_assert!(matches!(error, PricingError::NotConverged { .. }), "{error}"),
        }
        if let Ok(american::Valuation { price, greeks }) = american::valuation(&option, volatility, preset) {
            let american::Greeks { delta, gamma, vega, theta, rho, epsilon } = greeks;
            prop_assert!([price, delta, gamma, vega, theta, rho, epsilon].iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn traded_options_have_a_price_and_greeks((option, volatility) in traded(), preset in preset()) {
        let value = american::valuation(&option, volatility, preset);
        prop_assert!(value.is_ok(), "{value:?}");
        let price = american::price(&option, volatility, preset).unwrap();
        prop_assert_eq!(value.unwrap().price.to_bits(), price.to_bits());
    }

    #[test]
    fn a_call_is_the_put_with_everything_exchanged((option, volatility) in traded()) {
        let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = option;
        let opposite = if option_type == OptionType::Call { OptionType::Put } else { OptionType::Call };
        let mirrored = OptionInputs {
            option_type: opposite, spot: strike, strike: spot, years, rate: dividend_yield, dividend_yield: rate,
        };
        let (value, mirrored) = (price(&option, volatility), price(&mirrored, volatility));
        prop_assert!((value - mirrored).abs() <= 1e-12 * value.max(1.0), "{value}, mirrored {mirrored}");
    }

    #[test]
    fn prices_scale_with_spot_and_strike((option, volatility) in traded(), factor in 0.01..100.0_f64) {
        let scaled = OptionInputs { spot: factor * option.spot, strike: factor * option.strike, ..option };
        let (value, scaled) = (price(&option, volatility), price(&scaled, volatility));
        prop_assert!((scaled - factor * value).abs() <= 1e-11 * factor * value.max(1.0));
    }

    #[test]
    fn prices_rise_with_time_and_volatility((option, volatility) in traded(), up in 1.001..2.0) {
        let value = price(&option, volatility);
        prop_assert!(price(&option, volatility * up) >= value - 2e-8);
        let longer = OptionInputs { years: option.years * up, ..option };
        prop_assert!(price(&longer, volatility) >= value - 2e-8);
    }

    #[test]
    fn prices_are_convex_in_the_spot_and_no_steeper_than_the_payoff((option, volatility) in traded(), step in 0.01..10.0) {
        let at = |spot| price(&OptionInputs { spot, ..option }, volatility);
        let (below, middle, above) = (at(option.spot - step), at(option.spot), at(option.spot + step));
        prop_assert!(below + above - 2.0 * middle >= -4e-8);
        let rise = if option.option_type == OptionType::Call { above - middle } else { middle - above };
        // A share that pays a negative yield is worth more than itself later.
        let steepest = (-option.dividend_yield * option.years).exp().max(1.0);
        prop_assert!(rise >= -2e-8 && rise <= step * steepest + 2e-8);
    }

    #[test]
    fn greeks_are_the_derivatives((option, volatility) in traded()) {
        let greeks = american::valuation(&option, volatility, Preset::Precise).unwrap().greeks;
        let OptionInputs { spot, years, rate, dividend_yield, .. } = option;
        // Where the exercise boundary or a change of its kind lies between the points, differences tell nothing.
        prop_assume!((rate - dividend_yield).abs() > 1e-3 && rate.abs() > 1e-3 && dividend_yield.abs() > 1e-3);
        prop_assume!(greeks.gamma > 1e-6 && volatility * years.sqrt() > 0.02);
        let width = volatility * years.sqrt();
        let difference = |step: f64, value: &dyn Fn(f64) -> f64| (value(step) - value(-step)) / (2.0 * step);
        for (name, greek, numeric, scale) in [
            ("delta", greeks.delta, difference(1e-4 * spot * width, &|step| price(&OptionInputs { spot: spot + step, ..option }, volatility)), 1.0),
            ("vega", greeks.vega, difference(1e-4 * volatility, &|step| price(&option, volatility + step)), spot * years.sqrt()),
            ("theta", -greeks.theta, difference(1e-4 * years, &|step| price(&OptionInputs { years: years + step, ..option }, volatility)), spot * volatility / years.sqrt()),
            ("rho", greeks.rho, difference(1e-5, &|step| price(&OptionInputs { rate: rate + step, ..option }, volatility)), spot * years),
            ("epsilon", greeks.epsilon, difference(1e-5, &|step| price(&OptionInputs { dividend_yield: dividend_yield + step, ..option }, volatility)), spot * years),
        ] {
            prop_assert!((greek - numeric).abs() <= 1e-4 * scale, "{name}: {greek} is not {numeric}");
        }
    }

    #[test]
    fn a_price_gives_its_volatility_back((option, volatility) in traded()) {
        let value = american::valuation(&option, volatility, Preset::Fast).unwrap();
        prop_assume!(value.greeks.vega > 1e-3 * option.spot * option.years.sqrt());
        let implied = american::implied_volatility(&option, value.price, Preset::Fast).unwrap();
        prop_assert!((implied - volatility).abs() <= 1e-10, "{implied}, not {volatility}");
    }
}

fn bound(option: &OptionInputs) -> f64 {
    match option.option_type {
        OptionType::Call => option.spot * (-option.dividend_yield * option.years).exp().max(1.0),
        OptionType::Put => option.strike * (-option.rate * option.years).exp().max(1.0),
    }
}
