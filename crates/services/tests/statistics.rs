//! Statistics of returns: values by hand, and what holds of all of them.

use proptest::{collection::vec, prelude::*};
use strikebook_services::statistics::{
    Level, historical_risk, mean, normal_risk, parametric_risk, simple_return, simple_returns, standard_deviation,
    volatility,
};

const LEVELS: [Level; 2] = [Level::P95, Level::P99];

fn close(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-12 * one.abs().max(other.abs()).max(1.0)
}

#[test]
fn returns_are_simple() {
    let returns = simple_returns(&[100.0, 110.0, 99.0, 0.0, 5.0]);
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
    let risk = historical_risk(&returns, Level::P95).expect("returns");
    assert!(close(risk.value_at_risk, 0.238), "the thirteenth worst");
    let worst: f64 = (239..=250).map(f64::from).sum::<f64>() / 1_000.0;
    assert!(close(risk.conditional, (worst + 0.238 / 2.0) / 12.5));
    let risk = historical_risk(&returns, Level::P99).expect("returns");
    assert!(close(risk.value_at_risk, 0.248) && close(risk.conditional, (0.250 + 0.249 + 0.248 / 2.0) / 2.5));
    // Of a hundred days at 95 % exactly five are beyond, and the sixth is the quantile.
    let risk = historical_risk(&returns[150..], Level::P95).expect("returns");
    assert!(close(risk.value_at_risk, 0.245) && close(risk.conditional, 0.248));
    assert_eq!(historical_risk(&[], Level::P95), None);
    let one = historical_risk(&[0.01], Level::P99).expect("a return");
    assert_eq!((one.value_at_risk, one.conditional), (-0.01, -0.01), "a gain is a negative loss");
}

#[test]
fn normal_risk_is_that_of_the_tables() {
    let risk = normal_risk(0.0, 1.0, Level::P95);
    assert!(close(risk.value_at_risk, 1.644_853_626_951_472_7) && close(risk.conditional, 2.062_712_807_507_426_8));
    let risk = normal_risk(0.0, 1.0, Level::P99);
    assert!(close(risk.value_at_risk, 2.326_347_874_040_841) && close(risk.conditional, 2.665_214_220_345_808));
    let risk = normal_risk(0.001, 0.02, Level::P95);
    assert!(close(risk.value_at_risk, 0.02 * 1.644_853_626_951_472_7 - 0.001));
}

fn returns() -> impl Strategy<Value = Vec<f64>> {
    vec(-0.5..0.5_f64, 2..400)
}

proptest! {
    /// The mean of the worst is no better than the best of them, and a higher level shows no smaller risk.
    #[test]
    fn risks_are_in_order(returns in returns()) {
        for risk in [historical_risk, parametric_risk] {
            let [low, high] = LEVELS.map(|level| risk(&returns, level).expect("returns"));
            for risk in [low, high] {
                prop_assert!(risk.conditional >= risk.value_at_risk);
            }
            prop_assert!(high.value_at_risk >= low.value_at_risk && high.conditional >= low.conditional - 1e-12);
        }
    }

    /// No more than the level's share of days loses more than the value at risk, and with one smaller loss too many
    /// would.
    #[test]
    fn the_value_at_risk_is_the_smallest_that_holds(returns in returns()) {
        for level in LEVELS {
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
        for (risk, level) in LEVELS.iter().flat_map(|level| [(historical_risk as fn(&_, _) -> _, *level), (parametric_risk, *level)]) {
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
