//! Statistics of returns: values by hand, and what holds of all of them.

use proptest::{collection::vec, prelude::*};
use strikebook_services::statistics::{
    Confidence, historical_risk, mean, normal_risk, parametric_risk, simple_return, simple_returns, standard_deviation,
    volatility,
};

/// Confidences from the lowest to the highest.
const PROBABILITIES: [f64; 6] = [0.9, 0.95, 0.975, 0.99, 0.995, 0.999];

fn at(probability: f64) -> Confidence {
    Confidence::new(probability).expect("a confidence")
}

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * one.abs().max(other.abs()).max(1.0)
}

#[test]
fn returns_are_simple() {
    let returns = simple_returns(&[100.0, 110.0, 99.0, 0.0, 5.0]);
    assert_eq!(simple_return(-37.63, 10.01), None, "a price below zero is no base");
    assert!(close(returns[0].expect("a return"), 0.1) && close(returns[1].expect("a return"), -0.1));
    assert_eq!(returns[2..], [Some(-1.0), None], "nothing follows from a price of zero");
    assert_eq!(simple_returns(&[100.0]), []);
    assert_eq!(simple_return(f64::NAN, 1.0), None);
}

#[test]
fn volatility_is_a_samples_deviation_over_a_year() {
    // Two and four hundredths above and below the mean.
    let returns = [0.02, 0.04, 0.00, 0.02, 0.06, -0.02];
    let expected = (2.0 * (0.02_f64.powi(2) + 0.04_f64.powi(2)) / 5.0).sqrt();
    assert!(close(standard_deviation(&returns).expect("six"), expected));
    assert!(close(volatility(&returns, 252.0).expect("six"), expected * 252.0_f64.sqrt()));
    assert_eq!((volatility(&[0.01], 252.0), mean(&[])), (None, None));
}

#[test]
fn historical_risk_counts_days() {
    // Losses of 1 to 250 thousandths.
    let returns: Vec<_> = (1..=250).map(|loss| -f64::from(loss) / 1_000.0).collect();
    let risk = historical_risk(&returns, at(0.95)).expect("returns");
    assert!(close(risk.value_at_risk, 0.238), "the thirteenth worst");
    let worst: f64 = (239..=250).map(f64::from).sum::<f64>() / 1_000.0;
    assert!(close(risk.conditional, (worst + 0.238 / 2.0) / 12.5));
    let risk = historical_risk(&returns, at(0.99)).expect("returns");
    assert!(close(risk.value_at_risk, 0.248) && close(risk.conditional, (0.250 + 0.249 + 0.248 / 2.0) / 2.5));
    // Of a hundred days at 95 % exactly five are beyond, and the sixth is the quantile.
    let risk = historical_risk(&returns[150..], at(0.95)).expect("returns");
    assert!(close(risk.value_at_risk, 0.245) && close(risk.conditional, 0.248));
    assert_eq!(historical_risk(&[], at(0.95)), None);
    let one = historical_risk(&[0.01], at(0.99)).expect("a return");
    assert_eq!((one.value_at_risk, one.conditional), (-0.01, -0.01), "a gain is a negative loss");
}

#[test]
fn a_confidence_lies_between_zero_and_one() {
    for wrong in [0.0, 1.0, -0.5, 1.5, 95.0, f64::NAN, 0.999_999_9, 1e-7] {
        assert!(Confidence::new(wrong).is_err(), "{wrong}");
    }
    // 1 less 0.9 is no tenth in binary: of ten days exactly one is beyond all the same.
    let returns: Vec<_> = (1..=10).map(|loss| -f64::from(loss)).collect();
    let risk = historical_risk(&returns, at(0.9)).expect("returns");
    assert_eq!((risk.value_at_risk, risk.conditional), (9.0, 10.0));
}

/// Abramowitz and Stegun, *Handbook of Mathematical Functions*, tables 26.5 and 26.6: the tail Q, the quantile x and
/// the density Z(x), to five digits.
const TABLE: [(f64, f64, f64); 6] = [
    (0.100, 1.281_55, 0.175_50),
    (0.050, 1.644_85, 0.103_14),
    (0.025, 1.959_96, 0.058_45),
    (0.010, 2.326_35, 0.026_65),
    (0.005, 2.575_83, 0.014_46),
    (0.001, 3.090_23, 0.003_37),
];

#[test]
fn normal_risk_is_that_of_the_tables() {
    for (tail, quantile, density) in TABLE {
        let risk = normal_risk(0.0, 1.0, at(1.0 - tail));
        assert!((risk.value_at_risk - quantile).abs() < 1e-5, "{tail}: {risk:?}");
        assert!((risk.conditional * tail - density).abs() < 1e-5, "{tail}: {risk:?}");
        let scaled = normal_risk(0.001, 0.02, at(1.0 - tail));
        assert!(close(scaled.value_at_risk, 0.02 * risk.value_at_risk - 0.001));
        assert!(close(scaled.conditional, 0.02 * risk.conditional - 0.001));
    }
    for (tail, quantile, _) in TABLE {
        assert!((at(1.0 - 2.0 * tail).two_sided_z() - quantile).abs() < 1e-5, "{tail}");
    }
}

/// The density integrated from a quantile on is the tail, and the mean over the tail is the conditional risk.
#[test]
fn normal_risk_is_that_of_the_integrals() {
    let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let simpson = |from: f64, term: &dyn Fn(f64) -> f64| {
        let (steps, until) = (20_000_u32, 12.0);
        let step = (until - from) / f64::from(steps);
        let weight = |index: u32| if index == 0 || index == steps { 1.0 } else { f64::from(2 + 2 * (index % 2)) };
        (0..=steps).map(|index| weight(index) * term(from + f64::from(index) * step)).sum::<f64>() * step / 3.0
    };
    for probability in PROBABILITIES {
        let confidence = at(probability);
        let (tail, risk) = (confidence.tail(), normal_risk(0.0, 1.0, confidence));
        assert!((simpson(risk.value_at_risk, &density) - tail).abs() < 1e-13, "{probability}");
        let mean = simpson(risk.value_at_risk, &|x| x * density(x)) / tail;
        assert!((mean - risk.conditional).abs() < 1e-10, "{probability}");
    }
}

fn returns() -> impl Strategy<Value = Vec<f64>> {
    vec(-0.5..0.5_f64, 2..400)
}

proptest! {
    /// The conditional risk is no smaller than the value at risk, and a higher confidence shows no smaller risk.
    #[test]
    fn risks_are_in_order(returns in returns()) {
        for risk in [historical_risk, parametric_risk] {
            let risks = PROBABILITIES.map(|probability| risk(&returns, at(probability)).expect("returns"));
            for risk in risks {
                prop_assert!(risk.conditional >= risk.value_at_risk);
            }
            for pair in risks.windows(2) {
                prop_assert!(pair[1].value_at_risk >= pair[0].value_at_risk);
                prop_assert!(pair[1].conditional >= pair[0].conditional - 1e-12);
            }
        }
    }

    /// No more than the tail's share of days loses more than the value at risk; with the next smaller loss more would.
    #[test]
    fn the_value_at_risk_is_the_smallest_that_holds(returns in returns()) {
        for level in PROBABILITIES.map(at) {
            let risk = historical_risk(&returns, level).expect("returns").value_at_risk;
            let allowed = returns.len() as f64 * level.tail();
            let count = |is_beyond: &dyn Fn(f64) -> bool| returns.iter().filter(|it| is_beyond(-**it)).count() as f64;
            prop_assert!(count(&|loss| loss > risk) <= allowed + 1e-9);
            prop_assert!(count(&|loss| loss >= risk) > allowed - 1e-9);
        }
    }

    /// Twice the returns are twice the risk, and a certain gain moves it down by itself.
    #[test]
    fn risks_scale_and_shift(returns in returns(), gain in -0.1..0.1_f64) {
        for (risk, level) in PROBABILITIES.iter().flat_map(|it| [(historical_risk as fn(&_, _) -> _, at(*it)), (parametric_risk, at(*it))]) {
            let of = |change: &dyn Fn(f64) -> f64| {
                risk(&returns.iter().map(|it| change(*it)).collect::<Vec<_>>(), level).expect("returns")
            };
            let (plain, twice, shifted) = (of(&|it| it), of(&|it| 2.0 * it), of(&|it| it + gain));
            prop_assert!((twice.value_at_risk - 2.0 * plain.value_at_risk).abs() < 1e-12);
            prop_assert!((twice.conditional - 2.0 * plain.conditional).abs() < 1e-12);
            prop_assert!((shifted.value_at_risk + gain - plain.value_at_risk).abs() < 1e-12);
            prop_assert!((shifted.conditional + gain - plain.conditional).abs() < 1e-12);
        }
    }

    /// Volatility does not see the order of returns, and no returns are calmer than equal ones.
    #[test]
    fn volatility_is_of_the_spread_alone(returns in returns(), level in -0.1..0.1_f64) {
        let mut reversed = returns.clone();
        reversed.reverse();
        let (one, other) = (volatility(&returns, 252.0).expect("two"), volatility(&reversed, 252.0).expect("two"));
        prop_assert!((one - other).abs() < 1e-12 * one.max(1.0));
        prop_assert!(volatility(&vec![level; returns.len()], 252.0).expect("two") < 1e-12);
    }
}
