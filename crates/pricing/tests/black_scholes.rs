//! Known values, limits, and refused inputs.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use strikebook_core::{
    market::OptionType,
    pricing::{OptionInputs, Pricer, Unpriced},
};
use strikebook_pricing::{BlackScholes, PricingError, black_scholes};

const CALL: OptionInputs = OptionInputs {
    option_type: OptionType::Call,
    spot: 100.0,
    strike: 90.0,
    years: 0.5,
    rate: 0.04,
    dividend_yield: 0.01,
};
const PUT: OptionInputs = OptionInputs { option_type: OptionType::Put, ..CALL };

#[track_caller]
fn assert_close(value: f64, expected: f64, tolerance: f64) {
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
}

/// The examples of Haug, *The Complete Guide to Option Pricing Formulas*, 2nd edition, sections 1.1.1 to 1.1.3.
#[test]
fn published_prices() {
    let haug = |option_type, spot, strike, years, rate, dividend_yield, volatility| {
        black_scholes::price(&OptionInputs { option_type, spot, strike, years, rate, dividend_yield }, volatility)
            .unwrap()
    };
    assert_close(haug(OptionType::Call, 60.0, 65.0, 0.25, 0.08, 0.0, 0.3), 2.1334, 5e-5);
    assert_close(haug(OptionType::Put, 100.0, 95.0, 0.5, 0.1, 0.05, 0.2), 2.4648, 5e-5);
    assert_close(haug(OptionType::Call, 19.0, 19.0, 0.75, 0.1, 0.1, 0.28), 1.7011, 5e-5);
}

/// Values of 60-digit arithmetic: an option of a usual kind, and one 28 widths of the distribution out of the money.
#[test]
fn known_values() {
    let usual = OptionInputs { strike: 110.0, years: 0.75, rate: 0.05, dividend_yield: 0.02, ..CALL };
    let expected = [
        ("price", 7.255_968_636_315_537),
        ("delta", 0.433_692_696_441_953),
        ("gamma", 0.014_956_693_663_091_598),
        ("theta", -7.668_791_805_901_301),
        ("vega", 33.652_560_741_956_095),
        ("rho", 27.084_975_755_909_818),
        ("epsilon", -32.526_952_233_146_47),
        ("vanna", 0.531_262_655_339_082_3),
        ("volga", 6.917_071_613_622_541),
        ("charm", -0.142_448_758_128_252_2),
        ("veta", -23.729_614_746_281_347),
        ("dual delta", -0.328_302_736_435_270_5),
        ("probability", 0.340_847_839_641_890_27),
    ];
    assert_values(&usual, 0.3, &expected, 1e-14);

    let far = OptionInputs { strike: 50.0, years: 0.25, rate: 0.04, dividend_yield: 0.01, ..PUT };
    let expected = [
        ("price", 2.457_193_195_165_273e-174),
        ("delta", -2.760_359_692_623_229e-173),
        ("gamma", 3.099_769_374_300_271e-172),
        ("theta", -3.791_802_639_368_836e-171),
        ("vega", 3.874_711_717_875_339e-170),
        ("rho", -6.907_042_214_545_986e-172),
        ("epsilon", 6.900_899_231_558_073e-172),
        ("vanna", -4.341_751_989_120_163e-169),
        ("volga", 6.086_786_174_728_353e-166),
        ("charm", 4.248_731_304_294_229e-170),
        ("veta", -5.964_128_050_021_784e-167),
        ("dual delta", 5.525_633_771_636_789e-173),
        ("probability", 5.581_167_314_287_66e-173),
    ];
    // An input's rounding is magnified 3,400 times here.
    assert_values(&far, 0.05, &expected, 1e-12);
}

fn assert_values(option: &OptionInputs, volatility: f64, expected: &[(&str, f64)], tolerance: f64) {
    let greeks = black_scholes::greeks(option, volatility).unwrap();
    let values = [
        black_scholes::price(option, volatility).unwrap(),
        greeks.delta,
        greeks.gamma,
        greeks.theta,
        greeks.vega,
        greeks.rho,
        greeks.epsilon,
        greeks.vanna,
        greeks.volga,
        greeks.charm,
        greeks.veta,
        greeks.dual_delta,
        greeks.probability_in_the_money,
    ];
    assert_eq!(values.len(), expected.len());
    for (&(name, expected), value) in expected.iter().zip(values) {
        assert!((value / expected - 1.0).abs() <= tolerance, "{name} {value:e} is not {expected:e}");
    }
}

#[test]
fn without_time_the_price_is_the_intrinsic_value() {
    let (call, put) = (OptionInputs { years: 0.0, ..CALL }, OptionInputs { years: 0.0, ..PUT });
    assert_eq!(black_scholes::price(&call, 0.2), Ok(10.0));
    assert_eq!(black_scholes::price(&put, 0.2), Ok(0.0));

    let (call, put) = (black_scholes::greeks(&call, 0.2).unwrap(), black_scholes::greeks(&put, 0.2).unwrap());
    assert_eq!((call.delta, call.dual_delta, call.probability_in_the_money), (1.0, -1.0, 1.0));
    assert_eq!((call.gamma, call.vega, call.rho, call.vanna, call.volga, call.veta), (0.0, 0.0, 0.0, 0.0, 0.0, 0.0));
    // The carry of a stock against a strike: q·S − r·K.
    assert_close(call.theta, 0.01 * 100.0 - 0.04 * 90.0, 1e-15);
    assert_eq!((put.delta, put.theta, put.probability_in_the_money), (0.0, 0.0, 0.0));

    let negative_zero = OptionInputs { years: -0.0, ..CALL };
    assert_eq!(black_scholes::greeks(&negative_zero, 0.2).map(|greeks| greeks.delta), Ok(1.0));
}

#[test]
fn without_volatility_the_price_is_the_discounted_intrinsic_value_of_the_forward() {
    let forward_value = 100.0 * f64::exp(-0.005) - 90.0 * f64::exp(-0.02);
    assert_close(black_scholes::price(&CALL, 0.0).unwrap(), forward_value, 1e-14);
    assert_eq!(black_scholes::price(&PUT, 0.0), Ok(0.0));
    let greeks = black_scholes::greeks(&CALL, 0.0).unwrap();
    assert_close(greeks.delta, f64::exp(-0.005), 1e-16);
    assert_eq!((greeks.gamma, greeks.vega), (0.0, 0.0));
}

#[test]
fn at_the_kink_there_is_a_price_but_no_greeks() {
    let pinned = OptionInputs { strike: 100.0, years: 0.0, ..CALL };
    assert_eq!(black_scholes::price(&pinned, 0.2), Ok(0.0));
    assert_eq!(black_scholes::greeks(&pinned, 0.2), Err(PricingError::GreeksAtKink));
    let still = OptionInputs { strike: 100.0, rate: 0.01, ..CALL };
    assert_eq!(black_scholes::price(&still, 0.0), Ok(0.0));
    assert_eq!(black_scholes::greeks(&still, 0.0), Err(PricingError::GreeksAtKink));
}

#[test]
fn with_boundless_volatility_the_price_is_its_upper_bound() {
    let volatility = f64::MAX;
    assert_eq!(black_scholes::price(&CALL, volatility), Ok(100.0 * f64::exp(-0.005)));
    assert_eq!(black_scholes::price(&PUT, volatility), Ok(90.0 * f64::exp(-0.02)));
    let greeks = black_scholes::greeks(&CALL, volatility).unwrap();
    assert_eq!((greeks.vega, greeks.gamma, greeks.probability_in_the_money), (0.0, 0.0, 0.0));
}

#[test]
fn an_invalid_input_is_named() {
    let named = |option: OptionInputs, number: f64| {
        let names =
            [black_scholes::price(&option, number).map(|_| ()), black_scholes::greeks(&option, number).map(|_| ())]
                .map(|result| match result {
                    Err(PricingError::InvalidInput { field, .. }) => field,
                    other => panic!("{other:?}"),
                });
        assert_eq!(names[0], names[1]);
        names[0]
    };
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(named(OptionInputs { spot: wrong, ..CALL }, 0.2), "spot");
        assert_eq!(named(OptionInputs { strike: wrong, ..CALL }, 0.2), "strike");
        assert_eq!(named(OptionInputs { years: wrong, ..CALL }, 0.2), "years");
        assert_eq!(named(OptionInputs { rate: wrong, ..CALL }, 0.2), "rate");
        assert_eq!(named(OptionInputs { dividend_yield: wrong, ..CALL }, 0.2), "dividend_yield");
        assert_eq!(named(CALL, wrong), "volatility");
    }
    assert_eq!(named(OptionInputs { spot: 0.0, ..CALL }, 0.2), "spot");
    assert_eq!(named(OptionInputs { strike: -90.0, ..CALL }, 0.2), "strike");
    assert_eq!(named(OptionInputs { years: -0.1, ..CALL }, 0.2), "years");
    assert_eq!(named(CALL, -0.2), "volatility");

    let error = black_scholes::price(&CALL, -0.2).unwrap_err();
    assert_eq!(error.to_string(), "volatility is -0.2, expected finite and not negative");
}

#[test]
fn what_overflows_is_named() {
    let option = OptionInputs { rate: -1e4, ..CALL };
    let quantity = "the discounted strike";
    assert_eq!(black_scholes::price(&option, 0.2), Err(PricingError::NotRepresentable { quantity }));
}

#[test]
fn a_price_without_an_implied_volatility_says_why() {
    let implied = |price| black_scholes::implied_volatility(&CALL, price);
    let intrinsic = black_scholes::price(&CALL, 0.0).unwrap();
    let bound = 100.0 * f64::exp(-0.005);
    for price in [intrinsic, 5.0] {
        assert_eq!(implied(price), Err(PricingError::NoTimeValue { price, intrinsic }));
    }
    for price in [bound, 200.0] {
        assert_eq!(implied(price), Err(PricingError::AboveUpperBound { price, bound }));
    }
    for price in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(matches!(implied(price), Err(PricingError::InvalidInput { field: "price", .. })));
    }
    let expired = OptionInputs { years: 0.0, ..CALL };
    assert_eq!(black_scholes::implied_volatility(&expired, 10.0), Err(PricingError::Expired));
}

/// The strike is a ten-millionth away from the forward, where `ln(F/K)` of a rounded quotient keeps half of its digits.
#[test]
fn implied_volatility_close_to_the_money() {
    let option = OptionInputs { strike: 100.000_01, rate: 0.0, dividend_yield: 0.0, years: 1.0, ..CALL };
    // The price at 1e-7 of 60-digit arithmetic.
    let implied = black_scholes::implied_volatility(&option, 8.331_548_263_586_317e-7).unwrap();
    assert_close(implied, 1e-7, 4.0 * f64::EPSILON * 1e-7);
}

/// Lambda is a quotient of delta and price, and does not exist without a price.
#[test]
fn lambda_needs_a_price() {
    let (price, greeks) = black_scholes::price_and_greeks(&CALL, 0.2).unwrap();
    assert_close(greeks.lambda.unwrap(), greeks.delta * 100.0 / price, 1e-14);
    let worthless = OptionInputs { years: 0.0, ..PUT };
    assert_eq!(black_scholes::greeks(&worthless, 0.2).unwrap().lambda, None);
}

/// The prices at which an underlying without drift touches are twice those at which it ends beyond, to first order in
/// the drift; the exact values are of 40-digit arithmetic.
#[test]
fn probability_of_touching() {
    let touching = |option, volatility| black_scholes::probability_of_touching(&option, volatility);
    assert_close(touching(CALL, 0.2).unwrap(), 0.444_283_698_149_681_9, 1e-15);
    assert_close(touching(OptionInputs { strike: 120.0, ..CALL }, 0.2).unwrap(), 0.206_449_514_367_908, 1e-15);
    let far = touching(OptionInputs { strike: 50.0, years: 0.25, ..CALL }, 0.05).unwrap();
    assert_close(far / 1.127_898_828_072_966_5e-172, 1.0, 1e-12);
    assert_eq!(touching(CALL, 0.2), touching(PUT, 0.2));
    assert_eq!(touching(OptionInputs { strike: 100.0, ..CALL }, 0.2), Ok(1.0));
    assert_eq!(touching(OptionInputs { years: 0.0, ..CALL }, 0.2), Ok(0.0));
    // The forward of half a year is 101.5.
    assert_eq!(touching(OptionInputs { strike: 101.0, ..CALL }, 0.0), Ok(1.0));
    assert_eq!(touching(OptionInputs { strike: 102.0, ..CALL }, 0.0), Ok(0.0));
    assert!(matches!(touching(CALL, -0.2), Err(PricingError::InvalidInput { field: "volatility", .. })));
}

#[test]
fn market_units() {
    let greeks = black_scholes::greeks(&CALL, 0.2).unwrap();
    assert_close(greeks.theta_per_day() * 365.0, greeks.theta, 1e-14);
    assert_close(greeks.charm_per_day() * 365.0, greeks.charm, 1e-14);
    assert_close(greeks.vega_per_point() * 100.0, greeks.vega, 1e-14);
    assert_close(greeks.rho_per_point() * 100.0, greeks.rho, 1e-14);
    assert_close(greeks.epsilon_per_point() * 100.0, greeks.epsilon, 1e-14);
    assert_close(greeks.theta_per_trading_day() * 252.0, greeks.theta, 1e-14);
    assert_close(greeks.color_per_day() * 365.0, greeks.color, 1e-14);
    assert_close(greeks.veta_per_point_and_day() * 36_500.0, greeks.veta, 1e-12);
    assert_close(greeks.vanna_per_point() * 100.0, greeks.vanna, 1e-14);
    assert_close(greeks.zomma_per_point() * 100.0, greeks.zomma, 1e-14);
    assert_close(greeks.volga_per_point_squared() * 1e4, greeks.volga, 1e-12);
    assert_close(greeks.ultima_per_point_cubed() * 1e6, greeks.ultima, 1e-11);
}

#[test]
fn the_port_gives_the_model_and_goes_on_after_an_error() {
    let pricer = BlackScholes;
    assert_eq!(pricer.model().as_str(), "black_scholes");

    let values = pricer.value(&[(CALL, 0.2), (OptionInputs { spot: f64::NAN, ..CALL }, 0.2), (PUT, 0.3)]);
    assert_eq!(values[1], Err(Unpriced::InvalidInput("spot")));
    let (call, put) = (values[0].unwrap(), values[2].unwrap());
    assert_eq!(Ok(call.price), black_scholes::price(&CALL, 0.2));
    assert_eq!(Ok(put.price), black_scholes::price(&PUT, 0.3));
    let greeks = black_scholes::greeks(&CALL, 0.2).unwrap();
    let expected = [
        ("delta", greeks.delta),
        ("gamma", greeks.gamma),
        ("theta", greeks.theta),
        ("vega", greeks.vega),
        ("rho", greeks.rho),
        ("epsilon", greeks.epsilon),
        ("vanna", greeks.vanna),
        ("vomma", greeks.volga),
        ("charm", greeks.charm),
        ("veta", greeks.veta),
    ];
    assert_eq!(call.greeks(), expected);

    let expired = OptionInputs { years: 0.0, ..CALL };
    let volatilities = pricer.implied_volatility(&[(CALL, call.price), (CALL, 1.0), (CALL, 150.0), (expired, 12.0)]);
    assert_close(volatilities[0].unwrap(), 0.2, 1e-14);
    assert_eq!(volatilities[1..], [Err(Unpriced::BelowIntrinsic), Err(Unpriced::AboveBound), Err(Unpriced::Expired)]);
}
