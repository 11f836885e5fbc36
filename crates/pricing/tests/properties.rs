//! Rules that hold for every option.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{PricingError, batch, black_scholes, black_scholes::Greeks};

use crate::common::answers::for_each_case;

mod common;

/// An option at most eight widths of the distribution away from the money, at a volatility.
fn traded() -> impl Strategy<Value = (OptionInputs, f64)> {
    let market = (1.0..5000.0, -8.0..8.0, 0.003..3.0, -0.02..0.1, -0.02..0.08, 0.05..1.5, option_type());
    market.prop_map(|(spot, widths, years, rate, dividend_yield, volatility, option_type)| {
        let moneyness: f64 = widths * volatility * f64::sqrt(years);
        let strike = spot * moneyness.exp();
        (OptionInputs { option_type, spot, strike, years, rate, dividend_yield }, volatility)
    })
}

/// Any bits at all in every field.
fn anything() -> impl Strategy<Value = (OptionInputs, f64)> {
    let bits = || prop_oneof![any::<u64>().prop_map(f64::from_bits), plausible()];
    (bits(), bits(), bits(), bits(), bits(), bits(), option_type()).prop_map(
        |(spot, strike, years, rate, dividend_yield, number, option_type)| {
            (OptionInputs { option_type, spot, strike, years, rate, dividend_yield }, number)
        },
    )
}

/// Valid inputs, among them the limits of the range.
fn plausible() -> impl Strategy<Value = f64> {
    let edges = prop::sample::select(&[0.0, -0.0, 1.0, f64::MIN_POSITIVE, f64::MAX, f64::EPSILON, 5e-324][..]);
    prop_oneof![(-320.0..309.0).prop_map(|exponent| 10_f64.powf(exponent)), 1e-3..200.0, 0.0..2.0, edges]
}

fn option_type() -> impl Strategy<Value = OptionType> {
    prop_oneof![Just(OptionType::Call), Just(OptionType::Put)]
}

fn fields(greeks: &Greeks) -> [f64; 17] {
    [
        greeks.delta,
        greeks.gamma,
        greeks.vega,
        greeks.theta,
        greeks.rho,
        greeks.epsilon,
        greeks.vanna,
        greeks.volga,
        greeks.charm,
        greeks.veta,
        greeks.speed,
        greeks.color,
        greeks.zomma,
        greeks.ultima,
        greeks.dual_delta,
        greeks.dual_gamma,
        greeks.probability_in_the_money,
    ]
}

fn price(option: OptionInputs, volatility: f64) -> f64 {
    black_scholes::price(&option, volatility).unwrap()
}

fn greeks(option: OptionInputs, volatility: f64) -> Greeks {
    black_scholes::greeks(&option, volatility).unwrap()
}

#[test]
fn results_are_finite_or_errors() {
    let floors = [("a price", 0.1), ("Greeks", 0.1), ("an implied volatility", 0.005)];
    for_each_case(4096, &anything(), &floors, |answers, (option, number)| {
        let price = answers.count("a price", black_scholes::price(&option, number));
        prop_assert!(price.is_none_or(|price| price.is_finite() && price >= 0.0), "{price:?}");
        if let Some(greeks) = answers.count("Greeks", black_scholes::greeks(&option, number)) {
            prop_assert!(fields(&greeks).iter().all(|value| value.is_finite()), "{greeks:?}");
        }
        let implied = black_scholes::implied_volatility(&option, number);
        let volatility = answers.count("an implied volatility", implied);
        prop_assert!(volatility.is_none_or(|value| value.is_finite() && value > 0.0), "{volatility:?}");
        Ok(())
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_call_less_a_put_is_a_forward((option, volatility) in traded()) {
        let call = OptionInputs { option_type: OptionType::Call, ..option };
        let put = OptionInputs { option_type: OptionType::Put, ..option };
        let (spot, strike) = discounted(&option);
        let difference = price(call, volatility) - price(put, volatility);
        prop_assert!((difference - (spot - strike)).abs() <= 8.0 * f64::EPSILON * (spot + strike));

        let (call, put) = (greeks(call, volatility), greeks(put, volatility));
        prop_assert!((call.delta - put.delta - spot / option.spot).abs() <= 1e-15);
        prop_assert!((call.probability_in_the_money + put.probability_in_the_money - 1.0).abs() <= 1e-15);
        prop_assert_eq!((call.gamma, call.vega, call.vanna, call.volga), (put.gamma, put.vega, put.vanna, put.volga));
    }

    #[test]
    fn prices_lie_within_their_bounds((option, volatility) in traded()) {
        let (spot, strike) = discounted(&option);
        let (forward, bound) = match option.option_type {
            OptionType::Call => (spot - strike, spot),
            OptionType::Put => (strike - spot, strike),
        };
        let price = price(option, volatility);
        let rounding = 4.0 * f64::EPSILON * (spot + strike);
        prop_assert!(price >= forward.max(0.0) - rounding && price <= bound + rounding);
    }

    #[test]
    fn prices_are_monotonic((option, volatility) in traded(), up in 1.001..2.0) {
        let value = price(option, volatility);
        prop_assert!(price(option, volatility * up) >= value);
        let dearer_spot = price(OptionInputs { spot: option.spot * up, ..option }, volatility);
        let dearer_strike = price(OptionInputs { strike: option.strike * up, ..option }, volatility);
        match option.option_type {
            OptionType::Call => prop_assert!(dearer_spot >= value && dearer_strike <= value),
            OptionType::Put => prop_assert!(dearer_spot <= value && dearer_strike >= value),
        }
    }

    #[test]
    fn greeks_are_the_derivatives((option, volatility) in traded()) {
        for Derivative { name, analytic, numeric, scale } in derivatives(option, volatility) {
            prop_assert!((analytic - numeric).abs() <= 1e-13 * scale, "{name}: {analytic} is not {numeric}");
        }
    }

    #[test]
    fn a_price_gives_its_volatility_back((option, volatility) in traded()) {
        let value = price(option, volatility);
        match black_scholes::implied_volatility(&option, value) {
            Ok(implied) => {
                // The change of the price by the roundings of spot and strike, divided by vega.
                let Greeks { delta, dual_delta, vega, .. } = greeks(option, volatility);
                let rounded = option.spot * delta.abs() + option.strike * dual_delta.abs();
                let tolerance = 8.0 * f64::EPSILON * (volatility + rounded / vega);
                // Beyond a part in a thousand the price hardly depends on the volatility, and only the price is
                // compared.
                if tolerance < 1e-3 * volatility {
                    prop_assert!((implied - volatility).abs() <= tolerance, "{implied} for {volatility}");
                }
                prop_assert!((price(option, implied) - value).abs() <= tolerance * vega);
            }
            // Only an in-the-money price can have lost its time value to rounding.
            Err(error) => prop_assert!(matches!(error, PricingError::NoTimeValue { .. }) && value > 0.0, "{error}"),
        }
    }

    #[test]
    fn batches_are_their_options(requests in prop::collection::vec(anything(), 0..8)) {
        let one_by_one = |value: fn(&OptionInputs, f64) -> Result<f64, PricingError>| {
            bits(requests.iter().map(|(option, number)| value(option, *number)).collect())
        };
        prop_assert_eq!(bits(batch::prices(&requests)), one_by_one(black_scholes::price));
        prop_assert_eq!(bits(batch::implied_volatilities(&requests)), one_by_one(black_scholes::implied_volatility));
        let deltas = batch::greeks(&requests).into_iter().map(|greeks| Ok(greeks?.delta)).collect();
        prop_assert_eq!(bits(deltas), one_by_one(|option, number| Ok(black_scholes::greeks(option, number)?.delta)));
    }
}

/// Returns results in a form that compares equal even if an error holds a NaN.
fn bits(results: Vec<Result<f64, PricingError>>) -> Vec<Result<u64, String>> {
    results.into_iter().map(|result| result.map(f64::to_bits).map_err(|error| error.to_string())).collect()
}

/// A Greek, its difference quotient, and the relative precision that rounding leaves the latter.
struct Derivative {
    name: &'static str,
    analytic: f64,
    numeric: f64,
    scale: f64,
}

/// Derivatives of first order as differences of the price, those of second order as differences of delta and vega.
fn derivatives(option: OptionInputs, volatility: f64) -> Vec<Derivative> {
    let OptionInputs { spot, strike, years, rate, dividend_yield, .. } = option;
    let analytic = greeks(option, volatility);
    let at_spot = |spot| OptionInputs { spot, ..option };
    let at_strike = |strike| OptionInputs { strike, ..option };
    let at_years = |years| OptionInputs { years, ..option };
    let at_rate = |rate| OptionInputs { rate, ..option };
    let at_yield = |dividend_yield| OptionInputs { dividend_yield, ..option };
    let value = |option| price(option, volatility);
    let delta = |option| greeks(option, volatility).delta;
    let vega = |option| greeks(option, volatility).vega;

    // A step is a thousandth of the move that shifts the distribution by its width.
    let width = volatility * years.sqrt();
    let (spot_step, strike_step, rate_step) = (1e-3 * width * spot, 1e-3 * width * strike, 1e-3 * width / years);
    let (volatility_step, years_step) = (1e-3 * volatility, 1e-3 * years);
    let size = spot + strike;
    // Derivatives of third order vary faster, so that truncation counts beside rounding.
    let third_order = 100.0;
    let peak = third_order / (width * spot);
    let derivative = |name, analytic, size: f64, at: f64, step: f64, function: &dyn Fn(f64) -> f64| Derivative {
        name,
        analytic,
        numeric: difference_quotient(at, step, function),
        scale: size / step,
    };
    vec![
        derivative("delta", analytic.delta, size, spot, spot_step, &|it| value(at_spot(it))),
        derivative("dual delta", analytic.dual_delta, size, strike, strike_step, &|it| value(at_strike(it))),
        derivative("vega", analytic.vega, size, volatility, volatility_step, &|it| price(option, it)),
        derivative("theta", -analytic.theta, size, years, years_step, &|it| value(at_years(it))),
        derivative("rho", analytic.rho, size, rate, rate_step, &|it| value(at_rate(it))),
        derivative("epsilon", analytic.epsilon, size, dividend_yield, rate_step, &|it| value(at_yield(it))),
        derivative("gamma", analytic.gamma, 1.0, spot, spot_step, &|it| delta(at_spot(it))),
        derivative("vanna", analytic.vanna, 1.0, volatility, volatility_step, &|it| greeks(option, it).delta),
        derivative("volga", analytic.volga, size, volatility, volatility_step, &|it| greeks(option, it).vega),
        derivative("charm", -analytic.charm, 1.0, years, years_step, &|it| delta(at_years(it))),
        derivative("speed", analytic.speed, peak, spot, spot_step, &|it| greeks(at_spot(it), volatility).gamma),
        derivative("color", -analytic.color, peak, years, years_step, &|it| greeks(at_years(it), volatility).gamma),
        derivative("zomma", analytic.zomma, peak, volatility, volatility_step, &|it| greeks(option, it).gamma),
        derivative(
            "ultima",
            analytic.ultima,
            third_order * size * years.sqrt() / volatility,
            volatility,
            volatility_step,
            &|it| greeks(option, it).volga,
        ),
        derivative("dual gamma", analytic.dual_gamma, 1.0, strike, strike_step, &|it| {
            greeks(at_strike(it), volatility).dual_delta
        }),
        derivative("veta", -analytic.veta, size, years, years_step, &|it| vega(at_years(it))),
    ]
}

/// Returns the central difference of fourth order.
fn difference_quotient(at: f64, step: f64, function: &dyn Fn(f64) -> f64) -> f64 {
    let difference = |steps: f64| function(at + steps * step) - function(at - steps * step);
    (8.0 * difference(1.0) - difference(2.0)) / (12.0 * step)
}

fn discounted(option: &OptionInputs) -> (f64, f64) {
    let years = option.years;
    (option.spot * (-option.dividend_yield * years).exp(), option.strike * (-option.rate * years).exp())
}
