//! Other implementations for the same options.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use implied_vol::{
    DefaultSpecialFn, ImpliedBlackVolatility, PriceBlackScholes,
    solver::{BlackSolver, Experimental, Hybrid},
};
use strikebook_core::market::OptionType;

use crate::grid::Grid;

fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// Returns the textbook's price of one row.
pub(crate) fn plain_price(grid: &Grid, row: usize) -> f64 {
    let (spot, strike, years) = (grid.spot[row], grid.strike[row], grid.years[row]);
    let total_volatility = grid.volatility[row] * years.sqrt();
    let carry = grid.rate[row] - grid.dividend_yield[row];
    let d1 = ((spot / strike).ln() + carry * years) / total_volatility + 0.5 * total_volatility;
    let d2 = d1 - total_volatility;
    let spot = spot * (-grid.dividend_yield[row] * years).exp();
    let strike = strike * (-grid.rate[row] * years).exp();
    match grid.option_type[row] {
        OptionType::Call => spot * normal_cdf(d1) - strike * normal_cdf(d2),
        OptionType::Put => strike * normal_cdf(-d2) - spot * normal_cdf(-d1),
    }
}

/// Returns the textbook's price, delta, gamma, vega, theta and rho of one row.
pub(crate) fn plain_greeks(grid: &Grid, row: usize) -> [f64; 6] {
    let (spot, strike, years) = (grid.spot[row], grid.strike[row], grid.years[row]);
    let (rate, dividend_yield) = (grid.rate[row], grid.dividend_yield[row]);
    let sqrt_years = years.sqrt();
    let total_volatility = grid.volatility[row] * sqrt_years;
    let d1 = ((spot / strike).ln() + (rate - dividend_yield) * years) / total_volatility + 0.5 * total_volatility;
    let d2 = d1 - total_volatility;
    let (dividend_discount, discount) = ((-dividend_yield * years).exp(), (-rate * years).exp());
    let sign = match grid.option_type[row] {
        OptionType::Call => 1.0,
        OptionType::Put => -1.0,
    };
    let delta = sign * dividend_discount * normal_cdf(sign * d1);
    let exercise = sign * strike * discount * normal_cdf(sign * d2);
    let density = dividend_discount * (-0.5 * d1 * d1).exp() / (2.0 * PI).sqrt();
    let decay = 0.5 * spot * density * grid.volatility[row] / sqrt_years;
    [
        spot * delta - exercise,
        delta,
        density / (spot * total_volatility),
        spot * density * sqrt_years,
        dividend_yield * spot * delta - rate * exercise - decay,
        years * exercise,
    ]
}

/// Returns the crate's undiscounted price of one row.
pub(crate) fn implied_vol_price(grid: &Grid, row: usize) -> f64 {
    PriceBlackScholes::builder()
        .forward(grid.spot[row])
        .strike(grid.strike[row])
        .volatility(grid.volatility[row])
        .expiry(grid.years[row])
        .is_call(grid.option_type[row] == OptionType::Call)
        .build_unchecked()
        .calculate::<DefaultSpecialFn>()
}

/// Returns the crate's volatility of one row in its default mode, or NaN.
pub(crate) fn implied_vol_hybrid(grid: &Grid, row: usize) -> f64 {
    volatility::<Hybrid<DefaultSpecialFn>>(grid, row)
}

/// Returns the crate's volatility in its experimental mode, or NaN.
pub(crate) fn implied_vol_experimental(grid: &Grid, row: usize) -> f64 {
    volatility::<Experimental>(grid, row)
}

fn volatility<S: BlackSolver>(grid: &Grid, row: usize) -> f64 {
    ImpliedBlackVolatility::builder()
        .option_price(grid.price[row])
        .forward(grid.spot[row])
        .strike(grid.strike[row])
        .expiry(grid.years[row])
        .is_call(grid.option_type[row] == OptionType::Call)
        .build_unchecked()
        .calculate_with::<S>()
        .unwrap_or(f64::NAN)
}
