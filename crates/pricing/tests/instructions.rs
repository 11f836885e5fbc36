//! The same options in each set of vector instructions that this machine has.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    Instructions, american, black_scholes,
    columns::{BlackScholesColumns, GreekColumns},
};

const ROWS: usize = 4_000;

/// Options from deep in the money to far out of it, and volatilities.
struct Grid {
    option_type: Vec<OptionType>,
    numbers: [Vec<f64>; 5],
    volatility: Vec<f64>,
}

impl Grid {
    fn new() -> Self {
        let numbers = |low: f64, high: f64, step: usize| -> Vec<f64> {
            (0..ROWS).map(|row| low + (high - low) * (row * step % ROWS) as f64 / ROWS as f64).collect()
        };
        Self {
            option_type: (0..ROWS).map(|row| if row % 3 == 0 { OptionType::Call } else { OptionType::Put }).collect(),
            numbers: [
                numbers(50.0, 200.0, 7),
                numbers(50.0, 200.0, 11),
                numbers(0.003, 3.0, 13),
                numbers(-0.01, 0.1, 17),
                numbers(0.0, 0.1, 19),
            ],
            volatility: numbers(0.03, 1.5, 23),
        }
    }

    fn columns(&self) -> BlackScholesColumns<'_> {
        let [spot, strike, years, rate, dividend_yield] = &self.numbers;
        let option_type = &self.option_type;
        BlackScholesColumns { option_type, spot, strike, years, rate, dividend_yield, ..Default::default() }
    }

    fn option(&self, row: usize) -> OptionInputs {
        let [spot, strike, years, rate, dividend_yield] = self.numbers.each_ref().map(|column| column[row]);
        OptionInputs { option_type: self.option_type[row], spot, strike, years, rate, dividend_yield }
    }

    /// Price, delta, gamma, vega, theta, rho, and the volatilities that the prices imply.
    fn valued(&self, instructions: Instructions, prices: Option<&[f64]>) -> [Vec<f64>; 7] {
        instructions.limit(|| {
            let mut columns = [const { Vec::new() }; 7].map(|_: Vec<f64>| vec![0.0; ROWS]);
            let [price, delta, gamma, vega, theta, rho, implied] = &mut columns;
            let outputs = GreekColumns { price, delta, gamma, vega, theta, rho };
            assert_eq!(self.columns().greeks(&self.volatility, outputs).unwrap(), []);
            let prices = prices.unwrap_or(price);
            // Options without time value have no volatility.
            self.columns().implied_volatilities(prices, implied).unwrap();
            columns
        })
    }
}

#[test]
fn fused_instructions_give_the_same_bits_however_wide() {
    let grid = Grid::new();
    let bits = |columns: [Vec<f64>; 7]| columns.map(|column| column.into_iter().map(f64::to_bits).collect::<Vec<_>>());
    assert!(bits(grid.valued(Instructions::Avx2, None)) == bits(grid.valued(Instructions::Widest, None)));
}

#[test]
fn portable_instructions_differ_by_no_more_than_stated() {
    let grid = Grid::new();
    let wide = grid.valued(Instructions::Widest, None);
    let portable = grid.valued(Instructions::Portable, Some(&wide[0]));
    let (mut worst, mut worst_implied) = (0.0_f64, 0.0_f64);
    for row in 0..ROWS {
        let (option, volatility) = (grid.option(row), grid.volatility[row]);
        let OptionInputs { spot, strike, years, rate, dividend_yield, .. } = option;
        let (price, greeks) = black_scholes::price_and_greeks(&option, volatility).unwrap();
        let condition = [
            spot * greeks.delta,
            strike * greeks.dual_delta,
            volatility * greeks.vega,
            years * greeks.theta,
            rate * greeks.rho,
            dividend_yield * greeks.epsilon,
        ];
        let condition = condition.iter().map(|part| (part / price).abs()).sum::<f64>();
        let unit = f64::EPSILON * (1.0 + condition);
        worst = worst.max((portable[0][row] / wide[0][row] - 1.0).abs() / unit);

        let intrinsic = black_scholes::price(&option, 0.0).unwrap();
        let (one, other) = (wide[6][row], portable[6][row]);
        assert_eq!(one.is_nan(), other.is_nan(), "{option:?} {volatility}: {one} and {other}");
        if !one.is_nan() {
            let attainable = f64::EPSILON * (1.0 + (price - intrinsic) / (volatility * greeks.vega));
            // One rounding of a price in the money is more than one of its time value.
            let rounding = 4.0 * f64::EPSILON * (spot + strike) / (volatility * greeks.vega);
            worst_implied = worst_implied.max((one / other - 1.0).abs() / (attainable + rounding));
        }
    }
    println!("prices differ by {worst:.2} units, implied volatilities by {worst_implied:.2}");
    assert!(worst <= 8.0 && worst_implied <= 4.0, "{worst} {worst_implied}");
}

#[test]
fn american_prices_agree_too() {
    let option = OptionInputs {
        option_type: OptionType::Put,
        spot: 100.0,
        strike: 105.0,
        years: 0.7,
        rate: 0.05,
        dividend_yield: 0.02,
    };
    let price = || american::price(&option, 0.3, american::Preset::Accurate).unwrap();
    let [portable, narrow, wide] = [Instructions::Portable, Instructions::Avx2, Instructions::Widest]
        .map(|instructions| instructions.limit(price));
    assert_eq!(narrow.to_bits(), wide.to_bits());
    assert!((portable - wide).abs() < 1e-11, "{portable} {wide}");
}

#[test]
fn the_limit_ends_with_the_work() {
    let option = OptionInputs {
        option_type: OptionType::Call,
        spot: 100.0,
        strike: 103.7,
        years: 0.37,
        rate: 0.031,
        dividend_yield: 0.007,
    };
    let prices = || {
        (1..200)
            .map(|step| black_scholes::price(&option, 0.003 * f64::from(step)).unwrap().to_bits())
            .collect::<Vec<_>>()
    };
    let before = prices();
    let portable = Instructions::Portable.limit(prices);
    assert_eq!(
        Instructions::Portable.limit(|| Instructions::Avx2.limit(prices)),
        portable,
        "the narrower limit counts"
    );
    assert!(std::panic::catch_unwind(|| Instructions::Portable.limit(|| panic!("on the way"))).is_err());
    assert_eq!(prices(), before);
}
