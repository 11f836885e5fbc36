//! Options on a share that pays cash dividends at known times.
//!
//! There are two models. [`escrowed`] subtracts the dividends' present value from the spot and prices the rest as if it
//! paid none: fast, and the market's habit, but the share has a different volatility for every expiry and
//! misprices early exercise. [`price`] lets the share itself diffuse and fall by the dividend when it is paid (the
//! piecewise lognormal or spot model of Haug, Haug and Lewis 2003, "Back to basics: a new approach to the discrete
//! dividend problem"), with the holder free to exercise at any time, also on the day before.

mod grid;

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use self::grid::{Grid, Terms};
use crate::{error::PricingError, european::black_scholes::BlackScholes, kernel::Model};

/// A cash dividend of a share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dividend {
    /// The years from now to the ex-dividend date, positive.
    pub years: f64,
    /// The cash per share, not negative.
    pub amount: f64,
}

/// The times at which an option may be exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exercise {
    /// Exercise at expiry only.
    European,
    /// Exercise at any time up to expiry.
    American,
}

/// A price with the numerical method's estimate of its error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The price, in the currency of the spot.
    pub price: f64,
    /// The estimated error: the change when the grid's steps were halved for the last time, with or
    /// without extrapolation, whichever is more. For a spot of 100 it is usually below 1e-4, and prices are within
    /// 1e-6, with early exercise within 1e-4.
    pub error: f64,
}

/// Returns the option on the share without its dividends up to expiry: the spot less their present value,
/// `S − Σ D·e^(−r·t)`.
///
/// # Errors
/// [`PricingError::InvalidInput`] for an input or a dividend that is not valid, and if the dividends are worth as much
/// as the share.
pub fn escrowed(option: &OptionInputs, dividends: &[Dividend]) -> Result<OptionInputs, PricingError> {
    let OptionInputs { option_type: _, spot, strike, years, rate, dividend_yield } = *option;
    BlackScholes::check([spot, strike, years, rate, dividend_yield, 0.0])?;
    let paid = until_expiry(option, dividends)?;
    let value: f64 = paid.iter().map(|dividend| dividend.amount * (-option.rate * dividend.years).exp()).sum();
    let spot = option.spot - value;
    PricingError::check_positive("spot less dividends", spot)?;
    Ok(OptionInputs { spot, ..*option })
}

/// Returns the value of an option on a share that follows a geometric Brownian motion with the option's dividend yield
/// and falls by each dividend when it is paid.
///
/// A share that is worth less than a dividend pays all of its value, and stays at zero: the liquidator's policy of
/// Haug, Haug and Lewis, which keeps put–call parity with the value of the actual payments.
///
/// The equation of the share's forward without its dividends, which has no drift, is solved on a grid of spots from
/// zero to beyond any price that is reached, by Crank and Nicolson's scheme with the first steps after every kink
/// implicit (Rannacher 1984). A dividend is an interpolation between the values after it, and early exercise a choice
/// at every node, by policy iteration (Forsyth and Labahn 2007). Three grids, each of half the steps of the one before,
/// give two extrapolations, whose difference is the error.
///
/// # Errors
/// The errors of [`black_scholes::price`](crate::black_scholes::price); [`PricingError::InvalidInput`] for a dividend
/// that is not valid, more than 250 of them up to expiry, or a volatility of zero; [`PricingError::NotRepresentable`]
/// if spot and strike, or rates and years, are so large that the grid leaves the range of a float, or the volatility so
/// small that its nodes coincide; and [`PricingError::NotConverged`] if the estimated error is above a
/// thousandth of spot and strike.
pub fn price(
    option: &OptionInputs,
    dividends: &[Dividend],
    volatility: f64,
    exercise: Exercise,
) -> Result<Estimate, PricingError> {
    /// The largest error that is returned, as a part of spot and strike.
    const LARGEST_ERROR: f64 = 1e-3;
    crate::black_scholes::price(option, volatility)?;
    PricingError::check_positive("volatility", volatility)?;
    let paid = until_expiry(option, dividends)?;
    let payoff = payoff(option.option_type, option.spot, option.strike);
    if option.years == 0.0 {
        return Ok(Estimate { price: payoff, error: 0.0 });
    }
    let terms = Terms::new(option, &paid, volatility, exercise)?;
    let unit = option.strike * (-option.rate * option.years).exp();
    let [coarse, middle, fine] = [1, 2, 4].map(|fineness| unit * Grid::new(&terms, fineness).value());
    let extrapolated = |rough: f64, better: f64| (4.0 * better - rough) / 3.0;
    let (before, after) = (extrapolated(coarse, middle), extrapolated(middle, fine));
    let price = after.max(if exercise == Exercise::American { payoff } else { 0.0 });
    // Two extrapolations may agree by chance.
    let error = (after - before).abs().max((fine - middle).abs());
    if !(price.is_finite() && error <= LARGEST_ERROR * option.spot.max(option.strike)) {
        return Err(PricingError::NotConverged { quantity: "the value on the grid" });
    }
    Ok(Estimate { price, error })
}

/// Returns the dividends up to expiry, in the order of their payment.
fn until_expiry(option: &OptionInputs, dividends: &[Dividend]) -> Result<Vec<Dividend>, PricingError> {
    for dividend in dividends {
        PricingError::check_positive("dividend years", dividend.years)?;
        PricingError::check_not_negative("dividend amount", dividend.amount)?;
    }
    let mut paid: Vec<Dividend> = dividends.iter().filter(|dividend| dividend.years <= option.years).copied().collect();
    paid.sort_by(|left, right| left.years.total_cmp(&right.years));
    Ok(paid)
}

fn payoff(option_type: OptionType, spot: f64, strike: f64) -> f64 {
    match option_type {
        OptionType::Call => (spot - strike).max(0.0),
        OptionType::Put => (strike - spot).max(0.0),
    }
}
