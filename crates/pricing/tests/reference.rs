//! European prices, Greeks and implied volatilities, also of options on forwards, against reference values of many
//! digits.

use strikebook_core::pricing::OptionInputs;
use strikebook_pricing::{
    Greeks, Instructions, PricingError, bachelier, black_scholes,
    black76::{self, ForwardInputs},
    columns::BlackScholesColumns,
};

use crate::common::{Errors, option_type, table};

mod common;

/// The allowed relative error of prices and Greeks, in units of `2^-52·(1 + condition number)`.
const PRICING_FACTOR: f64 = 2.0;
/// The allowed relative error of implied volatilities, in units of the attainable accuracy.
const IMPLIED_FACTOR: f64 = 2.0;

/// The instruction sets; one that this machine lacks acts as the next narrower one.
const EACH: [Instructions; 3] = [Instructions::Portable, Instructions::Avx2, Instructions::Widest];

#[test]
fn prices_and_greeks_of_the_reference_table() {
    let rows = table::<PricingRow>("bsm_greeks.csv");
    for instructions in EACH {
        let mut errors = Errors::of("bsm_greeks");
        instructions.limit(|| {
            for row in &rows {
                let (price, greeks) = black_scholes::price_and_greeks(&row.option(), row.vol).unwrap();
                assert_eq!(Ok(price), black_scholes::price(&row.option(), row.vol));
                for (name, value, reference, condition) in row.values(price, &greeks) {
                    let unit = f64::EPSILON * (1.0 + condition);
                    errors.note_relative(name, &row.id, value, reference, PRICING_FACTOR * unit);
                }
            }
        });
        println!("{instructions:?}");
        errors.require(15);
    }
}

#[test]
fn columns_of_the_reference_table() {
    let rows = table::<PricingRow>("bsm_greeks.csv");
    let column = |field: fn(&PricingRow) -> f64| rows.iter().map(field).collect::<Vec<_>>();
    let option_type: Vec<_> = rows.iter().map(|row| row.option().option_type).collect();
    let [spot, strike, years] = [column(|row| row.spot), column(|row| row.strike), column(|row| row.years)];
    let [rate, dividend_yield, volatility] = [column(|row| row.r), column(|row| row.q), column(|row| row.vol)];
    let options = BlackScholesColumns {
        option_type: &option_type,
        spot: &spot,
        strike: &strike,
        years: &years,
        rate: &rate,
        dividend_yield: &dividend_yield,
        ..BlackScholesColumns::default()
    };
    let mut prices = vec![0.0; rows.len()];
    assert_eq!(options.prices(&volatility, &mut prices), Ok(vec![]));
    for (row, price) in rows.iter().zip(prices) {
        assert_eq!(Ok(price), black_scholes::price(&row.option(), row.vol), "{}", row.id);
    }
}

/// A model's price and Greeks of an option on a forward.
type Model = fn(&ForwardInputs, f64) -> Result<(f64, Greeks), PricingError>;

#[test]
fn options_on_forwards_of_the_reference_tables() {
    let models = [
        ("black76", "black76.csv", black76::price_and_greeks as Model),
        ("bachelier", "bachelier.csv", bachelier::price_and_greeks),
    ];
    for (model, file, price_and_greeks) in models {
        let rows = table::<ForwardRow>(file);
        for instructions in EACH {
            let mut errors = Errors::of(model);
            for row in &rows {
                let (price, greeks) = instructions.limit(|| price_and_greeks(&row.option(), row.vol)).unwrap();
                for (name, value, reference, condition) in row.values(price, &greeks) {
                    let unit = f64::EPSILON * (1.0 + condition);
                    errors.note_relative(name, &row.id, value, reference, PRICING_FACTOR * unit);
                }
            }
            println!("{instructions:?}");
            errors.require(10);
        }
    }
}

#[test]
fn implied_volatilities_of_the_reference_table() {
    let rows = table::<ImpliedRow>("implied_vol.csv");
    for instructions in EACH {
        let mut errors = Errors::of("implied_vol");
        for row in &rows {
            let volatility = instructions
                .limit(|| black_scholes::implied_volatility(&row.option(), row.price_undiscounted))
                .unwrap();
            errors.note_relative("implied volatility", &row.id, volatility, row.sigma, IMPLIED_FACTOR * row.eta);
        }
        println!("{instructions:?}");
        errors.require(1);
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
    speed: f64,
    color: f64,
    zomma: f64,
    ultima: f64,
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
    cond_speed: f64,
    cond_color: f64,
    cond_zomma: f64,
    cond_ultima: f64,
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

    /// Returns each quantity's name, its value, the reference and the condition number.
    fn values(&self, price: f64, greeks: &Greeks) -> [(&'static str, f64, f64, f64); 15] {
        [
            ("price", price, self.price, self.cond_price),
            ("delta", greeks.delta, self.delta, self.cond_delta),
            ("gamma", greeks.gamma, self.gamma, self.cond_gamma),
            ("vega", greeks.vega, self.vega, self.cond_vega),
            ("theta", greeks.theta, self.theta, self.cond_theta),
            ("rho", greeks.rho, self.rho, self.cond_rho),
            ("epsilon", greeks.epsilon, self.psi, self.cond_psi),
            ("vanna", greeks.vanna, self.vanna, self.cond_vanna),
            ("volga", greeks.volga, self.volga, self.cond_volga),
            ("charm", greeks.charm, self.charm, self.cond_charm),
            ("veta", greeks.veta, self.veta, self.cond_veta),
            ("speed", greeks.speed, self.speed, self.cond_speed),
            ("color", greeks.color, self.color, self.cond_color),
            ("zomma", greeks.zomma, self.zomma, self.cond_zomma),
            ("ultima", greeks.ultima, self.ultima, self.cond_ultima),
        ]
    }
}

#[derive(serde::Deserialize)]
struct ForwardRow {
    id: String,
    #[serde(rename = "type")]
    option_type: char,
    #[serde(rename = "F")]
    forward: f64,
    #[serde(rename = "K")]
    strike: f64,
    #[serde(rename = "T")]
    years: f64,
    vol: f64,
    r: f64,
    price: f64,
    delta: f64,
    gamma: f64,
    vega: f64,
    theta: f64,
    rho: f64,
    vanna: f64,
    volga: f64,
    dual_delta: f64,
    dual_gamma: f64,
    cond_price: f64,
    cond_delta: f64,
    cond_gamma: f64,
    cond_vega: f64,
    cond_theta: f64,
    cond_rho: f64,
    cond_vanna: f64,
    cond_volga: f64,
    cond_dual_delta: f64,
    cond_dual_gamma: f64,
}

impl ForwardRow {
    fn option(&self) -> ForwardInputs {
        ForwardInputs {
            option_type: option_type(self.option_type),
            forward: self.forward,
            strike: self.strike,
            years: self.years,
            rate: self.r,
        }
    }

    /// Returns each quantity's name, value, reference and condition number.
    fn values(&self, price: f64, greeks: &Greeks) -> [(&'static str, f64, f64, f64); 10] {
        [
            ("price", price, self.price, self.cond_price),
            ("delta", greeks.delta, self.delta, self.cond_delta),
            ("gamma", greeks.gamma, self.gamma, self.cond_gamma),
            ("vega", greeks.vega, self.vega, self.cond_vega),
            ("theta", greeks.theta, self.theta, self.cond_theta),
            ("rho", greeks.rho, self.rho, self.cond_rho),
            ("vanna", greeks.vanna, self.vanna, self.cond_vanna),
            ("volga", greeks.volga, self.volga, self.cond_volga),
            ("dual delta", greeks.dual_delta, self.dual_delta, self.cond_dual_delta),
            ("dual gamma", greeks.dual_gamma, self.dual_gamma, self.cond_dual_gamma),
        ]
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
