//! American options behind the pricing port: mixed second derivatives, and batches.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use strikebook_core::{
    market::OptionType::{self, Call, Put},
    pricing::{OptionInputs, Pricer, Valuation},
};
use strikebook_pricing::{
    American,
    american::{self, Preset},
};

const PRESETS: [Preset; 3] = [Preset::Fast, Preset::Accurate, Preset::Precise];

fn option(option_type: OptionType, spot: f64, years: f64, rate: f64, dividend_yield: f64) -> OptionInputs {
    OptionInputs { option_type, spot, strike: 100.0, years, rate, dividend_yield }
}

fn value(preset: Preset, option: OptionInputs, volatility: f64) -> Valuation {
    American { preset }.value(&[(option, volatility)]).pop().unwrap().unwrap()
}

/// The derivative of a function by a central difference of fourth order.
fn derivative(at: f64, step: f64, of: impl Fn(f64) -> f64) -> f64 {
    (8.0 * (of(at + step) - of(at - step)) - (of(at + 2.0 * step) - of(at - 2.0 * step))) / (12.0 * step)
}

#[test]
fn vanna_vomma_charm_and_veta_are_derivatives() {
    let (mut worst, mut worst_vomma) = ([0.0_f64; 3], [0.0_f64; 3]);
    for (option_type, spot, years, rate, dividend_yield, volatility) in [
        (Put, 100.0, 0.5, 0.05, 0.01, 0.3),
        (Put, 90.0, 0.5, 0.05, 0.01, 0.3),
        (Put, 120.0, 1.0, 0.03, 0.03, 0.2),
        (Call, 100.0, 1.0, 0.02, 0.06, 0.25),
        (Call, 110.0, 0.25, 0.04, 0.08, 0.4),
        (Call, 95.0, 2.0, 0.05, 0.02, 0.2),
        // Between two boundaries.
        (Put, 105.0, 1.0, -0.01, -0.03, 0.15),
        (Call, 95.0, 1.0, -0.03, -0.01, 0.15),
    ] {
        let option = option(option_type, spot, years, rate, dividend_yield);
        let at = |years: f64, volatility: f64| {
            american::valuation(&OptionInputs { years, ..option }, volatility, Preset::Precise).unwrap().greeks
        };
        let by_volatility = |of: fn(&american::Greeks) -> f64| {
            derivative(volatility, 0.01 * volatility, |volatility| of(&at(years, volatility)))
        };
        let by_time =
            |of: fn(&american::Greeks) -> f64| -derivative(years, 0.01 * years, |years| of(&at(years, volatility)));
        let (vanna, vomma) = (by_volatility(|greeks| greeks.delta), by_volatility(|greeks| greeks.vega));
        let (charm, veta) = (by_time(|greeks| greeks.delta), by_time(|greeks| greeks.vega));
        let (one, vega_here) = (1.0, at(years, volatility).vega);
        for (index, preset) in PRESETS.into_iter().enumerate() {
            let found = value(preset, option, volatility);
            for (name, found, expected, unit) in [
                ("vanna", found.vanna, vanna, one / volatility),
                ("charm", found.charm, charm, one / years),
                ("veta", found.veta, veta, vega_here / years),
            ] {
                let error = (found - expected).abs() / unit;
                worst[index] = worst[index].max(error);
                assert!(error < 5e-6, "{name} {preset:?} {option:?}: {found}, not {expected}");
            }
            let error = (found.vomma - vomma).abs() / (vega_here / volatility);
            worst_vomma[index] = worst_vomma[index].max(error);
            assert!(error < 1e-5, "vomma {preset:?} {option:?}: {}, not {vomma}", found.vomma);
        }
    }
    println!("vanna, charm and veta wrong by {worst:.6?}, vomma by {worst_vomma:.6?}");
}

#[test]
fn they_are_smooth_along_the_spot() {
    // The residual of a fifth value against the cubic through four neighbours: noise, where a function is smooth.
    let roughness = |values: &[f64]| {
        let fourth = |five: &[f64]| five[0] - 4.0 * five[1] + 6.0 * five[2] - 4.0 * five[3] + five[4];
        values.windows(5).map(|five| fourth(five).abs() / 70.0_f64.sqrt()).fold(0.0, f64::max)
    };
    for preset in PRESETS {
        let spots: Vec<f64> = (0..120).map(|step| 88.0 + 0.25 * f64::from(step)).collect();
        let options = spots.iter().map(|spot| (option(Put, *spot, 0.5, 0.05, 0.01), 0.3));
        let values: Vec<_> =
            American { preset }.value(&options.collect::<Vec<_>>()).into_iter().map(Result::unwrap).collect();
        let of = |field: fn(&Valuation) -> f64| values.iter().map(field).collect::<Vec<_>>();
        let found = [
            roughness(&of(|value| 0.3 * value.vanna)),
            roughness(&of(|value| 0.5 * value.charm)),
            roughness(&of(|value| 0.5 * value.veta / 28.0)),
            roughness(&of(|value| 0.3 * value.vomma / 28.0)),
        ];
        println!(
            "{preset:?}: vanna {:.0e}, charm {:.0e}, veta {:.0e}, vomma {:.0e}",
            found[0], found[1], found[2], found[3]
        );
        assert!(found.iter().all(|one| *one < 2e-6), "{preset:?}: {found:?}");
    }
}

#[test]
fn a_batch_is_its_options_in_any_order() {
    let mut batch = Vec::new();
    for index in 0..90_u32 {
        let strike = 70.0 + f64::from(index % 31);
        let years = [0.1, 0.5, 1.0][index as usize % 3];
        let option_type = if index % 2 == 0 { Put } else { Call };
        let option = OptionInputs { strike, ..option(option_type, 100.0, years, 0.04, 0.02) };
        batch.push((option, if index % 5 == 0 { 0.4 } else { 0.25 }));
    }
    batch[7].0.strike = -1.0;
    let pricer = American { preset: Preset::Fast };
    let together = pricer.value(&batch);
    assert_eq!(together.len(), batch.len());
    for (one, together) in batch.iter().zip(together) {
        assert_eq!(pricer.value(&[*one]), [together], "{one:?}");
    }
}
