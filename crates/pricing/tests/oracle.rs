//! The textbooks' formulas with another library's normal distribution, beside those of this crate.

use statrs::distribution::{Continuous, ContinuousCDF, Normal};
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{bachelier, black_scholes, black76, black76::ForwardInputs};

/// The accuracy of the other library, whose constants of `erfc` have ten digits.
const TOLERANCE: f64 = 1e-9;

/// Options and volatilities per 1.00 of usual kinds, up to three widths of the distribution from the money.
fn options() -> impl Iterator<Item = (ForwardInputs, f64)> {
    let types = [OptionType::Call, OptionType::Put];
    types.into_iter().flat_map(|option_type| {
        [0.02, 0.3, 1.0, 4.0].into_iter().flat_map(move |years: f64| {
            [0.08, 0.2, 0.7].into_iter().flat_map(move |volatility| {
                (-6..=6).map(move |step| {
                    let strike = 100.0 * (0.5 * f64::from(step) * volatility * years.sqrt()).exp();
                    (ForwardInputs { option_type, forward: 100.0, strike, years, rate: 0.03 }, volatility)
                })
            })
        })
    })
}

fn sign(option_type: OptionType) -> f64 {
    if option_type == OptionType::Call { 1.0 } else { -1.0 }
}

#[test]
fn black_and_scholes_by_distribution_functions() {
    let normal = Normal::standard();
    for (option, volatility) in options() {
        let ForwardInputs { option_type, forward, strike, years, rate } = option;
        let (sign, width, discount) = (sign(option_type), volatility * years.sqrt(), (-rate * years).exp());
        let first = (forward / strike).ln() / width + 0.5 * width;
        let second = first - width;
        let price = discount * sign * (forward * normal.cdf(sign * first) - strike * normal.cdf(sign * second));
        let (found, greeks) = black76::price_and_greeks(&option, volatility).unwrap();
        assert!((found - price).abs() < TOLERANCE * forward, "{option:?} at {volatility}: {found}, not {price}");
        let delta = discount * sign * normal.cdf(sign * first);
        let vega = discount * forward * normal.pdf(first) * years.sqrt();
        assert!((greeks.delta - delta).abs() < TOLERANCE, "{option:?}: {greeks:?}");
        assert!((greeks.vega - vega).abs() < TOLERANCE * forward, "{option:?}: {greeks:?}");
        assert!(
            (greeks.probability_in_the_money - normal.cdf(sign * second)).abs() < TOLERANCE,
            "{option:?}: {greeks:?}"
        );

        // A spot that grows to this forward.
        let (dividend_yield, spot) = (0.01, forward * (-(rate - 0.01) * years).exp());
        let spot = OptionInputs { option_type, spot, strike, years, rate, dividend_yield };
        let found = black_scholes::price(&spot, volatility).unwrap();
        assert!((found - price).abs() < TOLERANCE * forward, "{spot:?} at {volatility}: {found}, not {price}");
    }
}

#[test]
fn bachelier_by_distribution_functions() {
    let normal = Normal::standard();
    for (option, volatility) in options() {
        let ForwardInputs { option_type, forward, strike, years, rate } = option;
        // As many widths from the money as in the lognormal model.
        let strike = forward * (1.0 + (strike / forward).ln());
        let option = ForwardInputs { strike, ..option };
        let (sign, width, discount) = (sign(option_type), 100.0 * volatility * years.sqrt(), (-rate * years).exp());
        let distance = sign * (forward - strike) / width;
        let price = discount * width * (distance * normal.cdf(distance) + normal.pdf(distance));
        let (found, greeks) = bachelier::price_and_greeks(&option, 100.0 * volatility).unwrap();
        assert!((found - price).abs() < TOLERANCE * forward, "{option:?}: {found}, not {price}");
        assert!((greeks.delta - discount * sign * normal.cdf(distance)).abs() < TOLERANCE, "{option:?}: {greeks:?}");
        // The distance is the quantile of the probability; near certainty the probability has too few digits for it.
        if distance < 3.0 {
            let quantile = normal.inverse_cdf(greeks.probability_in_the_money);
            assert!((quantile - distance).abs() < 1e-7, "{option:?}: {quantile}, not {distance}");
        }
    }
}
