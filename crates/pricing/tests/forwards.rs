//! Options on forwards: Black (1976) and Bachelier.

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{Greeks, PricingError, bachelier, black_scholes, black76, black76::ForwardInputs};

const CALL: ForwardInputs =
    ForwardInputs { option_type: OptionType::Call, forward: 100.0, strike: 90.0, years: 0.5, rate: 0.04 };
const PUT: ForwardInputs = ForwardInputs { option_type: OptionType::Put, ..CALL };

/// Derivatives of 60-digit arithmetic: an option of a usual kind, and one 28 widths of the distribution out of the
/// money.
#[test]
fn known_values_of_black() {
    let usual = ForwardInputs { forward: 80.0, strike: 95.0, years: 0.75, rate: 0.05, ..CALL };
    assert_values(
        black76::price_and_greeks(&usual, 0.3).unwrap(),
        &[
            ("price", 3.310_094_484_395_731),
            ("delta", 0.286_569_118_376_081),
            ("gamma", 0.016_051_980_551_603_639),
            ("vega", 23.114_851_994_309_239),
            ("theta", -4.457_465_674_642_061),
            ("rho", -2.482_570_863_296_798),
            ("vanna", 0.880_077_686_824_385_4),
            ("volga", 32.410_387_910_898_02),
            ("charm", -0.161_687_081_446_073_02),
            ("veta", -20.736_236_312_003_633),
            ("speed", 0.000_209_865_546_504_621_13),
            ("color", 0.007_002_476_629_913_439),
            ("zomma", -0.030_999_388_011_666_285),
            ("ultima", -295.995_935_451_987_5),
            ("dual delta", -0.206_478_263_007_271_07),
            ("dual gamma", 0.011_383_121_942_411_445),
        ],
        1e-14,
    );
    let far = ForwardInputs { strike: 50.0, years: 0.25, ..PUT };
    // An input's rounding is magnified 3,000 times here.
    assert_values(
        black76::price_and_greeks(&far, 0.05).unwrap(),
        &[
            ("price", 1.071_583_374_161_250_5e-170),
            ("delta", -1.190_968_178_228_711e-169),
            ("gamma", 1.323_134_453_990_516e-168),
            ("vega", 1.653_918_067_488_145e-166),
            ("theta", -1.653_875_204_153_178_8e-167),
            ("rho", -2.678_958_435_403_126e-171),
            ("vanna", -1.833_426_873_536_753_6e-165),
            ("volga", 2.542_815_228_105_633e-162),
            ("charm", 1.833_379_234_809_624_5e-166),
            ("veta", -2.546_056_907_517_909_5e-163),
            ("speed", -1.469_387_767_737_383_8e-167),
            ("color", -2.031_552_988_198_365_4e-165),
            ("zomma", 2.031_605_913_576_525e-164),
            ("ultima", 3.894_192_678_444_251_7e-158),
            ("dual delta", 2.384_079_523_205_744_5e-169),
            ("dual gamma", 5.292_537_815_962_064e-168),
        ],
        1e-12,
    );
}

/// The same, with a negative forward, and 28 widths out of the money.
#[test]
fn known_values_of_bachelier() {
    let usual = ForwardInputs { forward: -1.5, strike: 2.25, years: 0.75, rate: 0.05, ..PUT };
    assert_values(
        bachelier::price_and_greeks(&usual, 3.5).unwrap(),
        &[
            ("price", 3.763_667_460_767_906),
            ("delta", -0.859_159_508_876_268_4),
            ("gamma", 0.058_973_529_521_839_41),
            ("vega", 0.154_805_514_994_828_44),
            ("theta", -0.173_029_495_282_871_07),
            ("rho", -2.822_750_595_575_929_4),
            ("vanna", 0.063_185_924_487_685_08),
            ("volga", 0.067_699_204_808_234),
            ("charm", -0.190_391_799_248_411_94),
            ("veta", -0.253_428_212_132_690_24),
            ("speed", 0.024_070_828_376_260_983),
            ("color", -0.017_912_708_116_667_548),
            ("zomma", 0.008_940_593_396_896_936),
            ("ultima", -0.028_421_823_592_961_218),
            ("dual delta", 0.859_159_508_876_268_4),
            ("dual gamma", 0.058_973_529_521_839_41),
        ],
        1e-14,
    );
    let far = ForwardInputs { strike: 140.0, rate: 0.03, ..CALL };
    assert_values(
        bachelier::price_and_greeks(&far, 2.0).unwrap(),
        &[
            ("price", 1.325_581_276_336_385_7e-177),
            ("delta", 2.657_765_819_244_262_6e-176),
            ("gamma", 5.322_159_544_870_207e-175),
            ("vega", 5.322_159_544_870_207e-175),
            ("theta", -1.064_392_141_535_751_3e-174),
            ("rho", -6.627_906_381_681_928e-178),
            ("vanna", 1.064_431_908_974_041_4e-173),
            ("volga", 2.128_863_817_948_082_9e-172),
            ("charm", -2.128_784_084_973_505_6e-173),
            ("veta", -4.262_890_130_654_69e-172),
            ("speed", 1.064_431_908_974_041_4e-173),
            ("color", -4.252_245_811_564_949_4e-172),
            ("zomma", 2.126_202_738_175_647_8e-172),
            ("ultima", 8.483_522_314_523_11e-170),
            ("dual delta", -2.657_765_819_244_262_6e-176),
            ("dual gamma", 5.322_159_544_870_207e-175),
        ],
        1e-12,
    );
}

fn assert_values((price, greeks): (f64, Greeks), expected: &[(&str, f64)], tolerance: f64) {
    let values = [
        price,
        greeks.delta,
        greeks.gamma,
        greeks.vega,
        greeks.theta,
        greeks.rho,
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
    ];
    assert_eq!(values.len(), expected.len());
    for (&(name, expected), value) in expected.iter().zip(values) {
        assert!((value / expected - 1.0).abs() <= tolerance, "{name} {value:e} is not {expected:e}");
    }
    assert!(greeks.epsilon == 0.0);
}

/// A forward is a spot whose yield is the rate, except in the derivatives by the rate.
#[test]
fn black_is_merton_at_a_yield_of_the_rate() {
    let ForwardInputs { option_type, forward, strike, years, rate } = PUT;
    let spot = OptionInputs { option_type, spot: forward, strike, years, rate, dividend_yield: rate };
    assert_eq!(black76::price(&PUT, 0.3), black_scholes::price(&spot, 0.3));
    let (mine, merton) = (black76::greeks(&PUT, 0.3).unwrap(), black_scholes::greeks(&spot, 0.3).unwrap());
    let moved = Greeks { rho: merton.rho + merton.epsilon, epsilon: 0.0, ..merton };
    assert!((mine.rho - moved.rho).abs() < 1e-13);
    assert_eq!(Greeks { rho: 0.0, ..mine }, Greeks { rho: 0.0, ..moved });
    assert_eq!(black76::probability_of_touching(&PUT, 0.3), black_scholes::probability_of_touching(&spot, 0.3));
}

#[test]
fn without_time_or_volatility_a_forward_remains() {
    let discount = f64::exp(-0.04 * 0.5);
    for (price, greeks) in
        [black76::price_and_greeks(&CALL, 0.0), bachelier::price_and_greeks(&CALL, 0.0)].map(Result::unwrap)
    {
        assert!((price - 10.0 * discount).abs() < 1e-14 && (greeks.delta - discount).abs() < 1e-15);
        assert!((greeks.theta - 0.04 * price).abs() < 1e-14 && (greeks.rho + 0.5 * price).abs() < 1e-14);
        assert_eq!((greeks.gamma, greeks.vega, greeks.dual_delta), (0.0, 0.0, -greeks.delta));
    }
    let expired = ForwardInputs { years: 0.0, ..PUT };
    for (price, greeks) in
        [black76::price_and_greeks(&expired, 0.2), bachelier::price_and_greeks(&expired, 20.0)].map(Result::unwrap)
    {
        assert_eq!((price, greeks.delta, greeks.lambda), (0.0, 0.0, None));
    }
    let pinned = ForwardInputs { strike: 100.0, ..expired };
    assert_eq!((black76::price(&pinned, 0.2), bachelier::price(&pinned, 20.0)), (Ok(0.0), Ok(0.0)));
    assert_eq!(black76::greeks(&pinned, 0.2), Err(PricingError::GreeksAtKink));
    assert_eq!(bachelier::greeks(&pinned, 20.0), Err(PricingError::GreeksAtKink));
}

#[test]
fn volatilities_come_back() {
    for option in [CALL, PUT] {
        let volatility = black76::implied_volatility(&option, black76::price(&option, 0.3).unwrap()).unwrap();
        assert!((volatility - 0.3).abs() < 1e-15, "{volatility}");
        let volatility = bachelier::implied_volatility(&option, bachelier::price(&option, 30.0).unwrap()).unwrap();
        assert!((volatility - 30.0).abs() < 1e-13, "{volatility}");
    }
}

#[test]
fn a_price_without_an_implied_volatility_says_why() {
    // Both terms of the intrinsic value are rounded.
    let intrinsic = 10.0 * f64::exp(-0.04 * 0.5) * (1.0 - 1e-14);
    for (model, implied) in
        [("black76", black76::implied_volatility as fn(&_, f64) -> _), ("bachelier", bachelier::implied_volatility)]
    {
        assert!(matches!(implied(&CALL, 5.0), Err(PricingError::NoTimeValue { price: 5.0, .. })), "{model}");
        assert!(matches!(implied(&CALL, intrinsic), Err(PricingError::NoTimeValue { .. })), "{model}");
        assert!(matches!(implied(&CALL, f64::NAN), Err(PricingError::InvalidInput { field: "price", .. })));
        assert!(matches!(
            implied(&ForwardInputs { forward: f64::NAN, ..CALL }, 12.0),
            Err(PricingError::InvalidInput { field: "forward", .. })
        ));
        assert_eq!(implied(&ForwardInputs { years: 0.0, ..CALL }, 12.0), Err(PricingError::Expired));
    }
    assert!(matches!(black76::implied_volatility(&CALL, 200.0), Err(PricingError::AboveUpperBound { .. })));
    assert!(bachelier::implied_volatility(&CALL, 200.0).is_ok());
}

#[test]
fn an_invalid_input_is_named() {
    let named = |result: Result<f64, PricingError>| match result {
        Err(PricingError::InvalidInput { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    let negative = ForwardInputs { forward: -1.0, ..CALL };
    assert_eq!(named(black76::price(&negative, 0.2)), "forward");
    assert!(bachelier::price(&negative, 20.0).is_ok());
    for price in [black76::price, bachelier::price] {
        assert_eq!(named(price(&ForwardInputs { strike: f64::INFINITY, ..CALL }, 0.2)), "strike");
        assert_eq!(named(price(&ForwardInputs { years: -0.1, ..CALL }, 0.2)), "years");
        assert_eq!(named(price(&ForwardInputs { rate: f64::NAN, ..CALL }, 0.2)), "rate");
        assert_eq!(named(price(&CALL, -0.2)), "volatility");
    }
}

/// Without drift, the probability to touch is twice that to end beyond the strike.
#[test]
fn a_normal_forward_touches_by_reflection() {
    let beyond = bachelier::greeks(&PUT, 20.0).unwrap().probability_in_the_money;
    assert!((bachelier::probability_of_touching(&PUT, 20.0).unwrap() - 2.0 * beyond).abs() < 1e-15);
    assert_eq!(bachelier::probability_of_touching(&ForwardInputs { strike: 100.0, ..PUT }, 20.0), Ok(1.0));
    assert_eq!(bachelier::probability_of_touching(&PUT, 0.0), Ok(0.0));
}

/// Odd but meaningful inputs: a microsecond and a century, rates of −50 % and +300 %, strikes of 1e-6 and 1e9.
#[test]
fn extremes_have_values() {
    for years in [3.2e-14, 1.0, 100.0] {
        for rate in [-0.5, 0.0, 3.0] {
            for strike in [1e-6, 99.0, 1e9] {
                for option_type in [OptionType::Call, OptionType::Put] {
                    let option = ForwardInputs { option_type, forward: 100.0, strike, years, rate };
                    let (price, greeks) = black76::price_and_greeks(&option, 0.5).unwrap();
                    assert!(price >= 0.0 && (0.0..=1.0).contains(&greeks.probability_in_the_money), "{option:?}");
                    let (price, greeks) = bachelier::price_and_greeks(&option, 20.0).unwrap();
                    assert!(price >= 0.0 && (0.0..=1.0).contains(&greeks.probability_in_the_money), "{option:?}");
                    let touching = black76::probability_of_touching(&option, 0.5).unwrap();
                    assert!((0.0..=1.0).contains(&touching), "{option:?}");
                    let spot = OptionInputs { option_type, spot: 100.0, strike, years, rate, dividend_yield: 0.02 };
                    let (price, greeks) = black_scholes::price_and_greeks(&spot, 0.5).unwrap();
                    assert!(price >= 0.0 && (0.0..=1.0).contains(&greeks.probability_in_the_money), "{spot:?}");
                }
            }
        }
    }
}
