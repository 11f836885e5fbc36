//! SABR and Ornstein–Uhlenbeck against reference values of many digits.

use strikebook_pricing::{
    FitError, PricingError,
    ou::{self, Lags, Process, Trend},
    sabr::{self, Parameters, Point},
};

use crate::common::{Errors, table};

mod common;

#[test]
fn sabr_volatilities_of_the_reference_table() {
    let rows = table::<SabrRow>("sabr.csv");
    let mut errors = Errors::of("sabr");
    for row in &rows {
        let parameters = Parameters { alpha: row.alpha, beta: row.beta, rho: row.rho, nu: row.nu };
        let point = Point { forward: row.forward, strike: row.strike, years: row.years };
        for (name, value, reference) in [
            ("lognormal", sabr::volatility(&parameters, &point), row.vol_hagan2002_lognormal),
            ("Obłój", sabr::volatility_obloj(&parameters, &point), row.vol_obloj2008),
            ("normal", sabr::normal_volatility(&parameters, &point), row.vol_hagan_normal),
        ] {
            if reference > 0.0 {
                errors.note_relative(name, &row.id, value.unwrap(), reference, 1e-13);
            } else {
                assert!(matches!(value, Err(PricingError::NotConverged { .. })));
            }
        }
    }
    errors.require(3);
}

#[test]
fn sabr_inputs_out_of_range_are_named() {
    let parameters = Parameters { alpha: 0.2, beta: 0.5, rho: -0.3, nu: 0.4 };
    let point = Point { forward: 100.0, strike: 110.0, years: 1.0 };
    for (field, parameters, point) in [
        ("alpha", Parameters { alpha: 0.0, ..parameters }, point),
        ("beta", Parameters { beta: 1.1, ..parameters }, point),
        ("rho", Parameters { rho: 1.0, ..parameters }, point),
        ("nu", Parameters { nu: f64::NAN, ..parameters }, point),
        ("forward", parameters, Point { forward: -1.0, ..point }),
        ("strike", parameters, Point { strike: 0.0, ..point }),
        ("years", parameters, Point { years: f64::INFINITY, ..point }),
    ] {
        let error = sabr::volatility(&parameters, &point).unwrap_err();
        assert!(matches!(error, PricingError::InvalidInput { field: named, .. } if named == field), "{error}");
    }
    let long = Point { years: 100.0, ..point };
    let wild = Parameters { rho: -0.95, nu: 2.0, beta: 1.0, ..parameters };
    assert!(matches!(sabr::volatility(&wild, &long), Err(PricingError::NotConverged { .. })));
}

#[test]
fn sabr_without_volatility_of_volatility_is_flat_for_a_lognormal_forward() {
    let parameters = Parameters { alpha: 0.2, beta: 1.0, rho: 0.5, nu: 0.0 };
    for strike in [50.0, 100.0, 170.0] {
        let point = Point { forward: 100.0, strike, years: 3.0 };
        assert!((sabr::volatility(&parameters, &point).unwrap() - 0.2).abs() < 1e-16);
        assert!((sabr::volatility_obloj(&parameters, &point).unwrap() - 0.2).abs() < 1e-16);
    }
}

#[test]
fn ou_fits_and_tests_of_the_reference_table() {
    let (fits, values) = (table::<FitRow>("ou_fit.csv"), table::<SeriesRow>("ou_series.csv"));
    let mut errors = Errors::of("ou_fit");
    for row in &fits {
        let series: Vec<f64> = values.iter().filter(|value| value.series == row.series).map(|value| value.x).collect();
        let conditional = ou::fit(&series, row.dt).unwrap();
        let stationary = ou::fit_stationary(&series, row.dt).unwrap();
        let adf = |trend, lags| ou::adf(&series, trend, lags).unwrap();
        let akaike = adf(Trend::Constant, Lags::Akaike);
        assert_eq!(akaike.lags, row.aic_lag);
        assert_eq!(conditional.observations, series.len());
        for (name, value, reference) in [
            ("b", conditional.coefficient, row.ar1_b),
            ("a", conditional.constant, row.ar1_a),
            ("speed", conditional.process.speed, row.kappa_cond),
            ("mean", conditional.process.mean, row.mu_cond),
            ("volatility", conditional.process.volatility, row.sigma_cond),
            ("half-life", conditional.half_life(), row.half_life_years),
            ("likelihood", conditional.log_likelihood, row.loglik_cond),
            ("stationary speed", stationary.process.speed, row.kappa_exact),
            ("stationary mean", stationary.process.mean, row.mu_exact),
            ("stationary volatility", stationary.process.volatility, row.sigma_exact),
            ("stationary likelihood", stationary.log_likelihood, row.loglik_exact),
            ("adf c 0", adf(Trend::Constant, Lags::Fixed(0)).statistic, row.adf_c_lag0),
            ("p c 0", adf(Trend::Constant, Lags::Fixed(0)).p_value, row.p_c_lag0),
            ("adf c 1", adf(Trend::Constant, Lags::Fixed(1)).statistic, row.adf_c_lag1),
            ("p c 1", adf(Trend::Constant, Lags::Fixed(1)).p_value, row.p_c_lag1),
            ("adf c aic", akaike.statistic, row.adf_c_aic),
            ("p c aic", akaike.p_value, row.p_c_aic),
            ("adf n 0", adf(Trend::None, Lags::Fixed(0)).statistic, row.adf_n_lag0),
            ("p n 0", adf(Trend::None, Lags::Fixed(0)).p_value, row.p_n_lag0),
            ("adf ct 1", adf(Trend::Linear, Lags::Fixed(1)).statistic, row.adf_ct_lag1),
            ("p ct 1", adf(Trend::Linear, Lags::Fixed(1)).p_value, row.p_ct_lag1),
        ] {
            errors.note_relative(name, &row.series, value, reference, 1e-9);
        }
    }
    errors.require(21);
}

#[test]
fn ou_thresholds_of_the_reference_table() {
    let rows = table::<ThresholdRow>("ou_thresholds.csv");
    let mut errors = Errors::of("ou_thresholds");
    for row in &rows {
        let process = Process { speed: row.kappa, mean: row.theta, volatility: row.sigma };
        let (entry, exit, value) = if row.kind.starts_with("bertram") {
            let found = ou::return_thresholds(&process, row.cost).unwrap();
            (found.entry, found.exit, found.return_per_year)
        } else {
            let found = ou::discounted_thresholds(&process, row.r, row.cost).unwrap();
            (found.entry, found.exit, found.value_at_mean)
        };
        errors.note_relative("entry", &row.id, entry, row.entry, 1e-9);
        errors.note_relative("exit", &row.id, exit, row.exit, 1e-9);
        errors.note_relative("value", &row.id, value, row.value, 1e-9);
    }
    errors.require(3);
}

#[test]
fn series_that_cannot_be_fitted_are_refused() {
    let step = 1.0 / 252.0;
    let constant = [1.3; 50];
    let trend: Vec<f64> = (0..50).map(|index| f64::from(index) * 0.1).collect();
    let growth: Vec<f64> = (0..50).map(|index| 1.1_f64.powi(index)).collect();
    let alternating: Vec<f64> = (0..50).map(|index| f64::from(index % 2) + f64::from(index % 3) * 0.01).collect();
    for fit in [ou::fit, ou::fit_stationary] {
        assert_eq!(fit(&constant, step), Err(FitError::NoVariation));
        assert!(fit(&trend, step).is_err());
        assert!(fit(&growth, step).is_err());
        assert!(
            matches!(fit(&alternating, step), Err(FitError::NotMeanReverting { coefficient }) if coefficient < 0.0)
        );
        assert_eq!(fit(&[1.0, 2.0], step), Err(FitError::TooFew { have: 2, need: 4 }));
        assert!(matches!(fit(&[1.0, f64::NAN, 0.5, 1.0], step), Err(FitError::NotFinite { index: 1, .. })));
        assert!(matches!(fit(&trend, 0.0), Err(FitError::InvalidParameter { field: "step", .. })));
    }
    assert_eq!(ou::adf(&constant, Trend::Constant, Lags::Akaike), Err(FitError::NoVariation));
    assert!(matches!(ou::adf(&trend, Trend::Constant, Lags::Fixed(60)), Err(FitError::TooFew { .. })));
    assert_eq!(ou::hedge_ratio(&trend, &constant), Err(FitError::NoVariation));
    assert_eq!(ou::hedge_ratio(&trend, &trend[1..]), Err(FitError::Lengths { left: 50, right: 49 }));
    let process = Process { speed: 5.0, mean: 0.0, volatility: 0.3 };
    assert!(matches!(ou::return_thresholds(&process, 0.0), Err(FitError::InvalidParameter { field: "cost", .. })));
    assert!(matches!(ou::return_thresholds(&process, 1e9), Err(FitError::NotConverged { .. })));
    assert!(matches!(
        ou::discounted_thresholds(&process, 0.0, 0.1),
        Err(FitError::InvalidParameter { field: "rate", .. })
    ));
}

#[test]
fn a_hedge_recovers_the_line() {
    let second: Vec<f64> = (0..40).map(|index| 50.0 + f64::from(index * index % 17)).collect();
    let first: Vec<f64> = second.iter().map(|value| 3.0 + 1.5 * value).collect();
    let hedge = ou::hedge_ratio(&first, &second).unwrap();
    assert!((hedge.ratio - 1.5).abs() < 1e-13 && (hedge.constant - 3.0).abs() < 1e-11);
    assert!((hedge.r_squared - 1.0).abs() < 1e-13);
}

#[derive(serde::Deserialize)]
struct SabrRow {
    id: String,
    #[serde(rename = "F")]
    forward: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    alpha: f64,
    beta: f64,
    rho: f64,
    nu: f64,
    vol_hagan2002_lognormal: f64,
    vol_obloj2008: f64,
    vol_hagan_normal: f64,
}

#[derive(serde::Deserialize)]
struct FitRow {
    series: String,
    dt: f64,
    ar1_b: f64,
    ar1_a: f64,
    #[serde(rename = "kappa_condMLE")]
    kappa_cond: f64,
    #[serde(rename = "mu_condMLE")]
    mu_cond: f64,
    #[serde(rename = "sigma_condMLE")]
    sigma_cond: f64,
    half_life_years: f64,
    loglik_cond: f64,
    #[serde(rename = "kappa_exactMLE")]
    kappa_exact: f64,
    #[serde(rename = "mu_exactMLE")]
    mu_exact: f64,
    #[serde(rename = "sigma_exactMLE")]
    sigma_exact: f64,
    loglik_exact: f64,
    adf_c_lag0: f64,
    p_c_lag0: f64,
    adf_c_lag1: f64,
    p_c_lag1: f64,
    adf_c_aic: f64,
    p_c_aic: f64,
    aic_lag: usize,
    adf_n_lag0: f64,
    p_n_lag0: f64,
    adf_ct_lag1: f64,
    p_ct_lag1: f64,
}

#[derive(serde::Deserialize)]
struct SeriesRow {
    series: String,
    x: f64,
}

#[derive(serde::Deserialize)]
struct ThresholdRow {
    id: String,
    kind: String,
    kappa: f64,
    theta: f64,
    sigma: f64,
    r: f64,
    cost: f64,
    entry: f64,
    exit: f64,
    value: f64,
}
