//! Statistics and technical analysis of numbers that no market has: finite results, `None`, or an error, and no panic.

use proptest::prelude::*;
use strikebook_services::{
    statistics::{self, Confidence},
    technical,
};

fn number() -> impl Strategy<Value = f64> {
    let edges = prop::sample::select(vec![
        0.0,
        -0.0,
        5e-324,
        f64::MIN_POSITIVE,
        1e-155,
        1.0,
        -1.0,
        999e9,
        1e155,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NAN,
    ]);
    prop_oneof![4 => -10.0..10.0, 2 => edges, 1 => prop::num::f64::ANY]
}

fn period() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..6, Just(usize::MAX), Just(usize::MAX / 2)]
}

fn finite(values: impl IntoIterator<Item = Option<f64>>) -> bool {
    values.into_iter().flatten().all(f64::is_finite)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn results_are_numbers_or_none(
        values in prop::collection::vec(number(), 0..20),
        value in number(),
        period in period(),
        deviations in number(),
    ) {
        prop_assert!(finite(statistics::simple_returns(&values)));
        prop_assert!(finite([statistics::mean(&values), statistics::standard_deviation(&values), statistics::volatility(&values, value)]));
        for level in [0.95, 0.99].map(|probability| Confidence::new(probability).expect("a confidence")) {
            let risks = [statistics::historical_risk(&values, level), statistics::parametric_risk(&values, level)];
            for risk in risks.into_iter().flatten() {
                prop_assert!(risk.value_at_risk.is_finite() && risk.conditional.is_finite(), "{risk:?}");
            }
        }
        for average in [technical::simple_average, technical::exponential_average, technical::rsi] {
            if let Ok(averages) = average(&values, period) {
                prop_assert!(finite(averages));
            }
        }
        for bands in technical::bollinger(&values, period, deviations).unwrap_or_default().into_iter().flatten() {
            prop_assert!(finite([bands.lower, bands.middle, bands.upper].map(Some)), "{bands:?}");
            prop_assert!(finite([bands.width(), bands.percent_b(value)]), "{bands:?}");
        }
        prop_assert!(finite([technical::rank(value, &values), technical::percentile(value, &values)]));
    }
}
