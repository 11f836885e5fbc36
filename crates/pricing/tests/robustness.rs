//! Numbers far beyond any market: a finite number or an error that says why, and never an endless loop.

use proptest::prelude::*;
use strikebook_core::{
    market::OptionType,
    pricing::{OptionInputs, Pricer},
};
use strikebook_pricing::{
    American, FitError, Greeks, VolatilityQuote,
    american::{self, ExerciseBoundary, Preset},
    bachelier, black_scholes,
    black76::{self, ForwardInputs},
    dividends::{self, Dividend, Exercise},
    heston, ou,
    sabr::{self, Formula, Point},
    svi::{self, DatedSlice, Surface},
};

use crate::common::answers::for_each_case;

mod common;

/// Returns magnitudes from one power of ten to another.
fn magnitude(exponents: std::ops::Range<f64>) -> impl Strategy<Value = f64> {
    exponents.prop_map(|exponent| 10_f64.powf(exponent))
}

fn years() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1e-6 / 365.0), magnitude(-8.0..-3.0), 0.003..3.0, 3.0..100.0]
}

fn volatility() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), magnitude(-8.0..-2.0), 0.01..2.0, 2.0..20.0]
}

fn rate() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(-0.0), -0.05..0.1, -0.5..3.0, magnitude(-300.0..-3.0)]
}

fn strike() -> impl Strategy<Value = f64> {
    prop_oneof![Just(100.0), 99.999_999..100.000_001, 60.0..160.0, magnitude(-6.0..9.0)]
}

fn option_type() -> impl Strategy<Value = OptionType> {
    prop_oneof![Just(OptionType::Call), Just(OptionType::Put)]
}

fn option() -> impl Strategy<Value = OptionInputs> {
    (option_type(), strike(), years(), rate(), rate()).prop_map(|(option_type, strike, years, rate, dividend_yield)| {
        OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield }
    })
}

fn heston_parameters() -> impl Strategy<Value = heston::Parameters> {
    let variance = || prop_oneof![Just(0.0), magnitude(-12.0..1.0), 0.01..1.0];
    let correlation = prop_oneof![Just(-1.0), Just(1.0), Just(-0.99), Just(0.0), -1.0..1.0];
    let volatility = prop_oneof![Just(0.0), magnitude(-9.0..-1.0), 0.1..2.0, 2.0..10.0];
    (variance(), magnitude(-3.0..2.0), variance(), volatility, correlation).prop_map(
        |(variance, reversion, long_variance, volatility, correlation)| heston::Parameters {
            variance,
            reversion,
            long_variance,
            volatility,
            correlation,
        },
    )
}

fn sabr_parameters() -> impl Strategy<Value = sabr::Parameters> {
    let beta = prop_oneof![Just(0.0), Just(1.0), Just(0.5), 0.0..1.0];
    let nu = prop_oneof![Just(0.0), magnitude(-9.0..3.0)];
    let rho = prop_oneof![Just(0.0), -0.999_999_9..0.999_999_9];
    (magnitude(-6.0..3.0), beta, rho, nu).prop_map(|(alpha, beta, rho, nu)| sabr::Parameters { alpha, beta, rho, nu })
}

/// Quotes of one expiration, of which some may make no sense together.
fn quotes() -> impl Strategy<Value = Vec<VolatilityQuote>> {
    let quote = (magnitude(-0.6..0.6), prop_oneof![0.01..3.0, magnitude(-4.0..1.5)], 0.0..0.5_f64);
    (prop::collection::vec(quote, 3..12), prop_oneof![1e-4..0.1, 0.1..30.0]).prop_map(|(quotes, years)| {
        let quote = |(ratio, bid, spread): (f64, f64, f64)| VolatilityQuote {
            forward: 100.0,
            strike: 100.0 * ratio,
            years,
            bid,
            ask: bid * (1.0 + spread),
        };
        quotes.into_iter().map(quote).collect()
    })
}

/// Quotes of one expiration along a line in the logarithm of the strike, with noise of at most a tenth.
fn noisy_smile() -> impl Strategy<Value = Vec<VolatilityQuote>> {
    let quote = (-0.4..0.4_f64, 0.95..1.05_f64, 0.0..0.05_f64);
    (prop::collection::vec(quote, 6..12), 0.1..3.0_f64, 0.15..0.7_f64, -0.3..0.1_f64).prop_map(
        |(quotes, years, level, skew)| {
            let quote = |(k, noise, spread): (f64, f64, f64)| {
                let bid = (level + skew * k) * noise;
                VolatilityQuote { forward: 100.0, strike: 100.0 * k.exp(), years, bid, ask: bid * (1.0 + spread) }
            };
            quotes.into_iter().map(quote).collect()
        },
    )
}

fn all_finite(values: &[f64]) -> bool {
    values.iter().all(|value| value.is_finite())
}

#[test]
fn european_options() {
    let cases = ((option(), volatility()), magnitude(-305.0..4.0));
    let floors = [
        ("a price", 0.9),
        ("a probability of touching", 0.9),
        ("Black's Greeks", 0.4),
        ("Bachelier's Greeks", 0.4),
        ("an implied lognormal volatility", 0.05),
        ("an implied normal volatility", 0.05),
    ];
    for_each_case(256, &cases, &floors, |answers, ((option, volatility), price)| {
        let forward = ForwardInputs {
            option_type: option.option_type,
            forward: option.spot,
            strike: option.strike,
            years: option.years,
            rate: option.rate,
        };
        for (kind, value) in [
            ("a price", black_scholes::price(&option, volatility)),
            ("a price", black76::price(&forward, volatility)),
            ("a price", bachelier::price(&forward, 100.0 * volatility)),
            ("an implied lognormal volatility", black_scholes::implied_volatility(&option, price)),
            ("an implied lognormal volatility", black76::implied_volatility(&forward, price)),
            ("an implied normal volatility", bachelier::implied_volatility(&forward, price)),
            ("a probability of touching", black_scholes::probability_of_touching(&option, volatility)),
        ] {
            let value = answers.count(kind, value);
            prop_assert!(value.is_none_or(|value| value.is_finite() && value >= 0.0), "{kind}: {value:?}");
        }
        for (kind, greeks) in [
            ("Black's Greeks", black_scholes::greeks(&option, volatility)),
            ("Black's Greeks", black76::greeks(&forward, volatility)),
            ("Bachelier's Greeks", bachelier::greeks(&forward, 100.0 * volatility)),
        ] {
            let Some(greeks) = answers.count(kind, greeks) else { continue };
            let Greeks { delta, gamma, vega, theta, ultima, color, .. } = greeks;
            prop_assert!(all_finite(&[delta, gamma, vega, theta, ultima, color]), "{kind}: {greeks:?}");
        }
        Ok(())
    });
}

#[test]
fn american_options() {
    let cases = ((option(), volatility()), 0.0..1.2_f64);
    let floors = [("a valuation", 0.4), ("a boundary", 0.4), ("an implied volatility", 0.05)];
    for_each_case(128, &cases, &floors, |answers, ((option, volatility), share)| {
        for preset in [Preset::Fast, Preset::Accurate] {
            let value = American { preset }.value(&[(option, volatility)]).pop().unwrap();
            if let Some(value) = answers.count("a valuation", value) {
                let first = [value.price, value.delta, value.gamma, value.theta, value.vega, value.rho, value.epsilon];
                let second = [value.vanna, value.vomma, value.charm, value.veta];
                prop_assert!(all_finite(&first) && all_finite(&second), "{value:?}");
            }
            if let Some(boundary) = answers.count("a boundary", ExerciseBoundary::new(&option, volatility, preset)) {
                for part in [0.0, 1e-9, 0.5, 1.0] {
                    let Some(region) = boundary.at(part * option.years) else { continue };
                    prop_assert!(region.lowest.is_none_or(f64::is_finite) && region.highest.is_none_or(f64::is_finite));
                }
            }
        }
        let price = share * option.spot.max(option.strike);
        let implied = american::implied_volatility(&option, price, Preset::Fast);
        if let Some(implied) = answers.count("an implied volatility", implied) {
            prop_assert!(implied.is_finite() && implied > 0.0, "{implied}");
            let there = american::price(&option, implied, Preset::Fast).unwrap();
            prop_assert!((there - price).abs() <= 1e-9 * option.spot.max(option.strike), "{there} is not {price}");
        }
        Ok(())
    });
}

#[test]
fn heston() {
    let floors = [("a price", 0.5), ("a valuation", 0.3)];
    for_each_case(64, &(option(), heston_parameters()), &floors, |answers, (option, parameters)| {
        for preset in [heston::Preset::Accurate, heston::Preset::Precise] {
            let price = answers.count("a price", heston::price(&option, &parameters, preset));
            prop_assert!(price.is_none_or(|price| price.is_finite() && price >= 0.0), "{price:?}");
        }
        let valuation = heston::valuation(&option, &parameters, heston::Preset::Accurate);
        let valuation = answers.count("a valuation", valuation);
        prop_assert!(valuation.is_none_or(|valuation| valuation.price.is_finite()), "{valuation:?}");
        Ok(())
    });
}

#[test]
fn sabr() {
    let floors = [("Hagan's volatility", 0.3), ("Obłój's volatility", 0.3), ("a normal volatility", 0.3)];
    for_each_case(32, &(sabr_parameters(), strike(), years()), &floors, |answers, (parameters, strike, years)| {
        let point = Point { forward: 100.0, strike, years };
        for (kind, value) in [
            ("Hagan's volatility", sabr::volatility(&parameters, &point)),
            ("Obłój's volatility", sabr::volatility_obloj(&parameters, &point)),
            ("a normal volatility", sabr::normal_volatility(&parameters, &point)),
        ] {
            let value = answers.count(kind, value);
            prop_assert!(value.is_none_or(|value| value.is_finite() && value > 0.0), "{kind}: {value:?}");
        }
        let range = sabr::density_range(&parameters, Formula::Hagan, 100.0, years, 1e-6, 1e9);
        prop_assert!(range.is_ok() || years == 0.0, "{range:?}");
        Ok(())
    });
}

#[test]
fn fits() {
    let floors =
        [("a SABR fit", 0.4), ("an SVI fit", 0.12), ("a sound slice", 0.12), ("a sound slice above another", 0.15)];
    for_each_case(64, &quotes(), &floors, |answers, quotes| {
        for formula in [Formula::Hagan, Formula::Obloj] {
            let found = answers.count("a SABR fit", sabr::calibrate(&quotes, Some(1.0), formula));
            prop_assert!(found.is_none_or(|found| found.quality.rmse.is_finite()));
        }
        let found = answers.count("an SVI fit", svi::fit(&quotes));
        prop_assert!(found.is_none_or(|found| found.quality.rmse.is_finite() && found.worst.is_finite()));
        let Some(first) = answers.count("a sound slice", svi::fit_above(&quotes, None)) else { return Ok(()) };
        prop_assert!(first.slice.butterfly().iter().all(|breach| breach.worst >= -1e-6), "{first:?}");
        // The same quotes a little later, lower by two fifths: a calendar arbitrage, which a sound fit must not have.
        let lower = |quote: &VolatilityQuote| VolatilityQuote {
            years: 1.1 * quote.years,
            bid: 0.6 * quote.bid,
            ask: 0.6 * quote.ask,
            ..*quote
        };
        let lower: Vec<_> = quotes.iter().map(lower).collect();
        let second = answers.count("a sound slice above another", svi::fit_above(&lower, Some(&first.slice)));
        let Some(second) = second else { return Ok(()) };
        prop_assert!(first.slice.calendar(&second.slice).iter().all(|breach| breach.worst >= -1e-9));
        let maturities = [first, second].map(|fit| DatedSlice { years: fit.years, slice: fit.slice });
        let surface = Surface::new(maturities.to_vec()).unwrap();
        for k in [-3.0, -0.2, 0.0, 0.4, 4.0] {
            for part in [1e-3, 0.5, 1.0, 1.05, 1.1, 7.0] {
                let variance = surface.total_variance(k, part * first.years);
                let positive = variance.as_ref().is_ok_and(|variance| variance.is_finite() && *variance > 0.0);
                prop_assert!(positive, "{variance:?}");
            }
        }
        Ok(())
    });
}

#[test]
fn reverting_series() {
    let values = prop::collection::vec(prop_oneof![-1.0..1.0, -1e12..1e12, Just(0.0)], 0..40);
    let process = (magnitude(-300.0..300.0), -1e9..1e9_f64, magnitude(-300.0..300.0));
    let usual = (magnitude(-1.0..2.0), -1.0..1.0_f64, magnitude(-2.0..0.0));
    let cases = (
        (values, magnitude(-12.0..4.0)),
        prop_oneof![process, usual],
        (prop_oneof![magnitude(-300.0..5.0), 0.001..0.1], prop_oneof![magnitude(-300.0..5.0), 0.0001..0.1]),
    );
    let floors = [
        ("a fit", 0.08),
        ("a stationary fit", 0.08),
        ("a unit-root test", 0.2),
        ("levels by return", 0.1),
        ("levels by discounted value", 0.1),
    ];
    for_each_case(128, &cases, &floors, |answers, ((values, step), (speed, mean, volatility), (rate, cost))| {
        for (kind, fitted) in
            [("a fit", ou::fit(&values, step)), ("a stationary fit", ou::fit_stationary(&values, step))]
        {
            let Some(fitted) = answers.count(kind, fitted) else { continue };
            let ou::Process { speed, mean, volatility } = fitted.process;
            prop_assert!(all_finite(&[speed, mean, volatility, fitted.half_life(), fitted.log_likelihood]));
        }
        let test = answers.count("a unit-root test", ou::adf(&values, ou::Trend::Constant, ou::Lags::Akaike));
        if let Some(test) = test {
            prop_assert!(test.statistic.is_finite() && (0.0..=1.0).contains(&test.p_value), "{test:?}");
        }
        let process = ou::Process { speed, mean, volatility };
        if let Some(levels) = answers.count("levels by return", ou::return_thresholds(&process, cost)) {
            prop_assert!(all_finite(&[levels.entry, levels.exit, levels.return_per_year]), "{levels:?}");
        }
        let levels = ou::discounted_thresholds(&process, rate, cost);
        if let Some(levels) = answers.count("levels by discounted value", levels) {
            prop_assert!(all_finite(&[levels.entry, levels.exit, levels.value_at_mean]), "{levels:?}");
        }
        Ok(())
    });
}

#[test]
fn options_on_shares_with_dividends() {
    let share = (option(), prop_oneof![magnitude(-6.0..-1.0), 0.1..2.0]);
    let part = prop_oneof![0.0..1.0_f64, Just(1.0), Just(1.0 - 1e-9)];
    let cases = (share, prop::collection::vec((part, 0.0..150.0_f64), 0..3));
    let floors = [("a European price", 0.2), ("an American price", 0.2)];
    for_each_case(16, &cases, &floors, |answers, ((option, volatility), paid)| {
        let option = OptionInputs { years: option.years.min(5.0), ..option };
        let dividends: Vec<_> =
            paid.iter().map(|(part, amount)| Dividend { years: part * option.years, amount: *amount }).collect();
        for (kind, exercise) in [("a European price", Exercise::European), ("an American price", Exercise::American)] {
            let estimate = dividends::price(&option, &dividends, volatility, exercise);
            let Some(estimate) = answers.count(kind, estimate) else { continue };
            // A price is at most the undiscounted bound, and not negative.
            let growth = (-option.rate.min(option.dividend_yield) * option.years).exp().max(1.0);
            let bound = growth * option.spot.max(option.strike) * (1.0 + 1e-6) + 1e-6;
            prop_assert!(estimate.price >= -1e-9 * bound && estimate.price <= bound, "{exercise:?} {estimate:?}");
            prop_assert!(estimate.error.is_finite());
        }
        Ok(())
    });
}

#[test]
fn heston_is_fitted_to_nonsense_or_not_at_all() {
    let cases = (quotes(), noisy_smile());
    // Of nonsense hardly one in fifty has a fit.
    let floors = [("a fit of nonsense", 0.0), ("a fit of a noisy smile", 0.12)];
    for_each_case(16, &cases, &floors, |answers, (nonsense, smile)| {
        for (kind, quotes) in [("a fit of nonsense", nonsense), ("a fit of a noisy smile", smile)] {
            let found = answers.count(kind, heston::calibrate(&quotes));
            prop_assert!(found.is_none_or(|found| found.quality.rmse.is_finite()), "{kind}: {found:?}");
        }
        Ok(())
    });
}

#[test]
fn a_drift_of_a_hundred_million_touches_or_not() {
    let option = |option_type, strike, rate| OptionInputs {
        option_type,
        spot: 100.0,
        strike,
        years: 1.0,
        rate,
        dividend_yield: 0.0,
    };
    for (strike, rate, expected) in [(110.0, 1e8, 1.0), (90.0, 1e8, 0.0), (110.0, -1e8, 0.0), (90.0, -1e8, 1.0)] {
        for volatility in [1e-300, 1e-8, 0.2, 5.0] {
            let put = option(OptionType::Put, strike, rate);
            let probability = black_scholes::probability_of_touching(&put, volatility).unwrap();
            assert!((probability - expected).abs() < 1e-12, "{strike} {rate} {volatility}: {probability}");
        }
    }
    // No strike is farther from a forward than these two are from each other.
    let far =
        ForwardInputs { option_type: OptionType::Call, forward: -f64::MAX, strike: f64::MAX, years: 1.0, rate: 0.0 };
    let probability = bachelier::probability_of_touching(&far, f64::MAX).unwrap();
    let expected = 2.0 * 0.022_750_131_948_179_2;
    assert!((probability - expected).abs() < 1e-12, "two deviations: {probability}");
}

#[test]
fn series_near_the_ends_of_the_range_are_fitted_as_others() {
    let spread = [0.3, 0.1, -0.2, 0.05, 0.2, -0.1, -0.25, 0.1, 0.3, 0.15, -0.05, 0.1];
    let times = |factor: f64| spread.map(|value| factor * value);
    let other: Vec<f64> = (0..12).map(|index| f64::from(index * 7 % 12)).collect();
    let first: Vec<f64> = other.iter().zip(spread).map(|(value, noise)| 2.0 * value + noise + 5.0).collect();
    let plain = (ou::fit(&spread, 0.01).unwrap(), ou::hedge_ratio(&first, &other).unwrap());
    let test = ou::adf(&spread, ou::Trend::Constant, ou::Lags::Fixed(1)).unwrap();
    for exponent in [-1000, -600, -300, 300, 600, 1000] {
        let factor = 2.0_f64.powi(exponent);
        let fitted = ou::fit(&times(factor), 0.01).unwrap();
        assert_eq!(fitted.process.speed.to_bits(), plain.0.process.speed.to_bits());
        assert_eq!(fitted.process.volatility.to_bits(), (factor * plain.0.process.volatility).to_bits());
        let scaled = |values: &[f64]| values.iter().map(|value| factor * value).collect::<Vec<_>>();
        let hedge = ou::hedge_ratio(&scaled(&first), &scaled(&other)).unwrap();
        assert_eq!(hedge, ou::HedgeRatio { constant: factor * plain.1.constant, ..plain.1 });
        assert_eq!(ou::adf(&times(factor), ou::Trend::Constant, ou::Lags::Fixed(1)).unwrap(), test);
    }
    let huge = ou::hedge_ratio(&[1e200, 3e200, 2e200, 5e200], &[1.0, 3.0, 2.0, 5.0]).unwrap();
    assert!((huge.ratio / 1e200 - 1.0).abs() < 1e-14 && (huge.r_squared - 1.0).abs() < 1e-14, "{huge:?}");
    let far = ou::hedge_ratio(&[1e200, 3e200, 2e200, 5e200], &[1e-200, 3e-200, 2e-200, 5e-200]);
    assert!(matches!(far, Err(FitError::NotRepresentable { .. })), "{far:?}");
    let slow = [0.86, 1.83, 2.14, 2.92, 3.5, 4.2, 4.37, 4.92, 5.29, 5.24, 5.12];
    let fitted = ou::fit(&slow, 1e308);
    assert!(matches!(fitted, Err(FitError::NotRepresentable { .. })), "a half-life beyond floats: {fitted:?}");
}

#[test]
fn more_lags_than_there_can_be_are_refused() {
    let series: Vec<f64> = (0..300).map(|index| f64::from(index * 7919 % 101)).collect();
    for lags in [usize::MAX, usize::MAX - 3, usize::MAX / 2, 201] {
        let error = ou::adf(&series, ou::Trend::Linear, ou::Lags::Fixed(lags)).unwrap_err();
        assert!(matches!(error, FitError::InvalidParameter { field: "lags", .. }), "{lags}: {error}");
    }
    let error = ou::adf(&series, ou::Trend::Linear, ou::Lags::Fixed(200)).unwrap_err();
    assert!(matches!(error, FitError::TooFew { have: 300, need: 406 }), "{error}");
}

#[test]
fn slices_are_finite_wherever_they_are_looked_at() {
    let plain = svi::Raw { a: 0.02, b: 0.1, rho: -0.4, m: 0.05, sigma: 0.2 };
    for raw in [
        svi::Raw { a: 1e300, ..plain },
        svi::Raw { b: 1e300, ..plain },
        svi::Raw { m: -1e300, ..plain },
        svi::Raw { sigma: 1e300, ..plain },
        svi::Raw { sigma: 5e-324, ..plain },
        svi::Raw { a: 0.0, b: 5e-324, ..plain },
        // The least variance is the rounding of two numbers a million times as large as usual ones.
        svi::Raw { a: -1e6, b: 1e6, rho: 0.0, sigma: 1.0 + f64::EPSILON, ..plain },
    ] {
        assert!(svi::Slice::new(raw).is_err(), "{raw:?}");
    }
    for raw in [plain, svi::Raw { a: 1e50, b: 1e50, rho: 1.0 - f64::EPSILON, m: 1e50, sigma: 1e-50 }] {
        let slice = svi::Slice::new(raw).unwrap();
        for k in [0.0, -0.0, 5e-324, 1.0, -700.0, 1e10, f64::MAX, f64::MIN, f64::INFINITY] {
            let all =
                [slice.total_variance(k), slice.density_factor(k), slice.derivatives(k)[1], slice.derivatives(k)[2]];
            assert!(all_finite(&all) && all[0] > 0.0, "{raw:?} {k}: {all:?}");
        }
    }
}

#[test]
fn greeks_of_the_largest_spots_are_those_of_a_forward_or_refused() {
    let call = OptionInputs {
        option_type: OptionType::Call,
        spot: 1e308,
        strike: 1e50,
        years: 1.7,
        rate: 0.15,
        dividend_yield: 0.05,
    };
    let (price, greeks) = black_scholes::price_and_greeks(&call, 1.6).unwrap();
    assert!((greeks.delta / (-0.05_f64 * 1.7).exp() - 1.0).abs() < 1e-14, "{greeks:?}");
    assert!(
        greeks.vega.abs() + greeks.gamma.abs() < 1e-300 && (price / 1e308 - greeks.delta).abs() < 1e-14,
        "{greeks:?}"
    );
    assert!((greeks.probability_in_the_money - 1.0).abs() < 1e-14, "{greeks:?}");
    let near = OptionInputs { strike: 1.1e308, ..call };
    assert!(black_scholes::price(&near, 1.6).is_ok_and(|price| price.is_finite() && price > 5e307));
    assert!(black_scholes::greeks(&near, 1.6).is_err(), "gamma is no normal float");
}
