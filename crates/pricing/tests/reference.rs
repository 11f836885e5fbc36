//! The crate against reference values of many digits.
//!
//! The tables lie outside the repository, in `shared/pricing` beside the project's root; without them these tests say
//! so and pass.

#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::path::Path;

use serde::de::DeserializeOwned;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::black_scholes;

/// Relative errors of prices and Greeks are allowed to be this many times `2^-52·(1 + condition number)`.
const PRICING_FACTOR: f64 = 2.0;
/// Relative errors of implied volatilities are allowed to be this many times the attainable accuracy.
const IMPLIED_FACTOR: f64 = 2.0;

#[test]
fn prices_and_greeks_of_the_reference_table() {
    let Some(rows) = table::<PricingRow>("bsm_greeks.csv") else { return };
    assert!(!rows.is_empty());
    for row in &rows {
        let option = row.option();
        let price = black_scholes::price(&option, row.vol).unwrap();
        let greeks = black_scholes::greeks(&option, row.vol).unwrap();
        for (name, value, reference, condition) in [
            ("price", price, row.price, row.cond_price),
            ("delta", greeks.delta, row.delta, row.cond_delta),
            ("gamma", greeks.gamma, row.gamma, row.cond_gamma),
            ("vega", greeks.vega, row.vega, row.cond_vega),
            ("theta", greeks.theta, row.theta, row.cond_theta),
            ("rho", greeks.rho, row.rho, row.cond_rho),
            ("epsilon", greeks.epsilon, row.psi, row.cond_psi),
            ("vanna", greeks.vanna, row.vanna, row.cond_vanna),
            ("volga", greeks.volga, row.volga, row.cond_volga),
            ("charm", greeks.charm, row.charm, row.cond_charm),
            ("veta", greeks.veta, row.veta, row.cond_veta),
        ] {
            let allowed = f64::EPSILON * (1.0 + condition);
            assert_close(&row.id, name, value, reference, PRICING_FACTOR * allowed);
        }
    }
}

#[test]
fn implied_volatilities_of_the_reference_table() {
    let Some(rows) = table::<ImpliedRow>("implied_vol.csv") else { return };
    assert!(!rows.is_empty());
    for row in &rows {
        let volatility = black_scholes::implied_volatility(&row.option(), row.price_undiscounted).unwrap();
        assert_close(&row.id, "implied volatility", volatility, row.sigma, IMPLIED_FACTOR * row.eta);
    }
}

#[derive(serde::Deserialize)]
struct PricingRow {
    id: String,
    #[serde(rename = "type")]
    option_type: char,
    #[serde(rename = "S")]
    spot: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    vol: f64,
    r: f64,
    q: f64,
    price: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    rho: f64,
    psi: f64,
    vanna: f64,
    volga: f64,
    charm: f64,
    veta: f64,
    cond_price: f64,
    cond_delta: f64,
    cond_gamma: f64,
    cond_vega: f64,
    cond_theta: f64,
    cond_rho: f64,
    cond_psi: f64,
    cond_vanna: f64,
    cond_volga: f64,
    cond_charm: f64,
    cond_veta: f64,
}

impl PricingRow {
    fn option(&self) -> OptionInputs {
        OptionInputs {
            option_type: option_type(self.option_type),
            spot: self.spot,
            strike: self.strike,
            years: self.years,
            rate: self.r,
            dividend_yield: self.q,
        }
    }
}

#[derive(serde::Deserialize)]
struct ImpliedRow {
    id: String,
    #[serde(rename = "type")]
    option_type: char,
    #[serde(rename = "F")]
    forward: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    price_undiscounted: f64,
    sigma: f64,
    eta: f64,
}

impl ImpliedRow {
    fn option(&self) -> OptionInputs {
        OptionInputs {
            option_type: option_type(self.option_type),
            spot: self.forward,
            strike: self.strike,
            years: self.years,
            rate: 0.0,
            dividend_yield: 0.0,
        }
    }
}

fn option_type(letter: char) -> OptionType {
    match letter {
        'C' => OptionType::Call,
        'P' => OptionType::Put,
        other => panic!("option type {other} in a reference table"),
    }
}

fn assert_close(id: &str, name: &str, value: f64, reference: f64, allowed: f64) {
    let error = (value / reference - 1.0).abs();
    assert!(error <= allowed, "{id}: {name} {value:e}, reference {reference:e}: error {error:e}, allowed {allowed:e}");
}

/// The rows of a reference table, or none if there are no tables here.
fn table<Row: DeserializeOwned>(name: &str) -> Option<Vec<Row>> {
    let path = Path::new("../../../shared/pricing").join(name);
    if !path.exists() {
        println!("skipped: no reference tables at {}", path.display());
        return None;
    }
    let rows = csv::Reader::from_path(&path).unwrap().into_deserialize().collect::<Result<_, _>>();
    Some(rows.unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
