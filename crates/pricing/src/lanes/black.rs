//! Price and Greeks of a European option on a lognormal underlying, where time and volatility are left.
//!
//! With `w = S·e^(−q·T)·φ(d₁) = K·e^(−r·T)·φ(d₂)` and Mills' ratio `Y`, both terms of the price are `w·Y` away from
//! zero or from their upper bound: `S·e^(−q·T)·N(d₁)` is `w·Y(−d₁)`, or `S·e^(−q·T) − w·Y(d₁)` if `d₁` is positive.
//! Then only ratios of the size of 1 are subtracted, so that even the smallest price keeps its digits.

use super::{
    Arithmetic, are_finite,
    exp::exp,
    ln::ln_ratio,
    mills::{density, mills},
    select,
};
use crate::kernel::PREPARED;

/// The number of prices and Greeks of [`Lognormal::all`].
pub(crate) const ALL: usize = 18;
/// The number of the first values: price, delta, gamma, vega, theta and rho.
pub(crate) const FIRST: usize = 6;

/// The inputs of an option's value.
#[derive(Clone, Copy)]
pub(crate) struct Inputs {
    /// `1` for a call, `−1` for a put.
    pub(crate) sign: f64,
    pub(crate) spot: f64,
    pub(crate) strike: f64,
    pub(crate) years: f64,
    pub(crate) rate: f64,
    pub(crate) dividend_yield: f64,
    pub(crate) volatility: f64,
}

impl Inputs {
    /// Returns true if the formulas apply; other inputs have limits or errors.
    #[inline(always)]
    pub(crate) fn are_regular(&self) -> bool {
        /// The spot at which `1/(S·s)` begins to lose digits that matter.
        const LARGEST_SPOT: f64 = 1e290;
        let Self { sign: _, spot, strike, years, rate, dividend_yield, volatility } = *self;
        are_finite([spot, strike, years, rate, dividend_yield, volatility])
            & (f64::MIN_POSITIVE..LARGEST_SPOT).contains(&spot)
            & (strike >= f64::MIN_POSITIVE)
            & (years > 0.0)
            & (volatility > 0.0)
    }
}

/// The common terms of price and Greeks.
#[derive(Clone, Copy)]
pub(crate) struct Lognormal {
    inputs: Inputs,
    sqrt_years: f64,
    /// `s = σ·√T`.
    total_volatility: f64,
    /// `1/(S·s)`.
    inverse: f64,
    d1: f64,
    d2: f64,
    dividend_discount: f64,
    rate_discount: f64,
    /// `S·e^(−q·T)`.
    discounted_spot: f64,
    /// `K·e^(−r·T)`.
    discounted_strike: f64,
    /// `φ(d₁)`.
    density: f64,
    /// `N(±d₁)`, as a whole number and the tail's ratio with its sign: `whole + density·tail`.
    first: Distribution,
    /// `N(±d₂)`, likewise.
    second: Distribution,
}

/// `N(z)` as `whole + φ(z)·tail`.
#[derive(Clone, Copy)]
struct Distribution {
    whole: f64,
    tail: f64,
}

impl Distribution {
    #[inline(always)]
    fn at<A: Arithmetic>(z: f64) -> Self {
        let ratio = mills::<A>(z.abs());
        Self { whole: select(z > 0.0, 1.0, 0.0), tail: select(z > 0.0, -ratio, ratio) }
    }
}

/// Returns `e^(−q·T)` and `e^(−r·T)`.
#[inline(always)]
pub(crate) fn discounts<A: Arithmetic>(inputs: &Inputs) -> [f64; 2] {
    let Inputs { years, rate, dividend_yield, .. } = *inputs;
    [exp::<A>(-dividend_yield * years), exp::<A>(-rate * years)]
}

impl Lognormal {
    /// Prepares regular inputs: `ln(F/K)/s`, `1/(S·s)`, and the discounts of dividends and rates.
    #[inline(always)]
    pub(crate) fn prepare<A: Arithmetic>(inputs: Inputs) -> [f64; PREPARED] {
        let Inputs { spot, strike, years, rate, dividend_yield, volatility, .. } = inputs;
        let total_volatility = volatility * years.sqrt();
        let log_moneyness = A::mul_add(rate - dividend_yield, years, ln_ratio::<A>(spot, strike));
        // A single division serves all quotients; the rounding of the reciprocal is compensated.
        let inverse = 1.0 / (spot * total_volatility);
        let inverse_total = spot * inverse;
        let widths = log_moneyness * inverse_total;
        let widths = A::mul_add(A::mul_add(-widths, total_volatility, log_moneyness), inverse_total, widths);
        let [dividend_discount, rate_discount] = discounts::<A>(&inputs);
        [widths, inverse, dividend_discount, rate_discount]
    }

    /// Computes the terms from [prepared](Self::prepare) numbers.
    #[inline(always)]
    pub(crate) fn at<A: Arithmetic>(inputs: Inputs, prepared: [f64; PREPARED]) -> Self {
        let Inputs { sign, spot, strike, years, volatility, .. } = inputs;
        let [widths, inverse, dividend_discount, rate_discount] = prepared;
        let sqrt_years = years.sqrt();
        let total_volatility = volatility * sqrt_years;
        let d1 = A::mul_add(0.5, total_volatility, widths);
        let d2 = A::mul_add(-0.5, total_volatility, widths);
        Self {
            inputs,
            sqrt_years,
            total_volatility,
            inverse,
            d1,
            d2,
            dividend_discount,
            rate_discount,
            discounted_spot: spot * dividend_discount,
            discounted_strike: strike * rate_discount,
            density: density::<A>(d1),
            first: Distribution::at::<A>(sign * d1),
            second: Distribution::at::<A>(sign * d2),
        }
    }

    /// Returns `w`, the discounted spot times the density.
    #[inline(always)]
    fn weight(&self) -> f64 {
        self.discounted_spot * self.density
    }

    /// Returns the value, at least the discounted intrinsic value in spite of rounding.
    #[inline(always)]
    pub(crate) fn price(&self) -> f64 {
        let sign = self.inputs.sign;
        let whole = self.first.whole * self.discounted_spot - self.second.whole * self.discounted_strike;
        let price = sign * (whole + self.weight() * (self.first.tail - self.second.tail));
        let forward = sign * (self.discounted_spot - self.discounted_strike);
        let intrinsic = select(forward > 0.0, forward, 0.0);
        select(price < intrinsic, intrinsic, price)
    }

    /// Returns `±K·e^(−r·T)·N(±d₂)`: the present value of the strike that the holder expects to pay or to receive.
    #[inline(always)]
    fn exercise(&self) -> f64 {
        self.inputs.sign * (self.second.whole * self.discounted_strike + self.weight() * self.second.tail)
    }

    #[inline(always)]
    pub(crate) fn delta(&self) -> f64 {
        self.inputs.sign * self.dividend_discount * (self.first.whole + self.density * self.first.tail)
    }

    /// Returns `φ(d₁)`.
    #[inline(always)]
    pub(crate) fn density(&self) -> f64 {
        self.density
    }

    /// Returns true if `1/(S·s)`, a factor of gamma and others, is a normal number and so has all of its digits.
    pub(crate) fn is_divisible(&self) -> bool {
        self.inverse.is_normal()
    }

    /// Returns the probability to expire in the money.
    #[inline(always)]
    pub(crate) fn probability(&self) -> f64 {
        self.second.whole + self.strike_density() * self.second.tail
    }

    /// Returns `φ(d₂)`.
    #[inline(always)]
    fn strike_density(&self) -> f64 {
        self.weight() / self.discounted_strike
    }

    #[inline(always)]
    pub(crate) fn dual_delta(&self) -> f64 {
        -self.inputs.sign * self.rate_discount * self.probability()
    }

    /// Returns price, delta, gamma, vega, theta and rho.
    #[inline(always)]
    fn first(&self) -> [f64; FIRST] {
        let Inputs { spot, years, rate, dividend_yield, volatility, .. } = self.inputs;
        let (price, exercise, weight) = (self.price(), self.exercise(), self.weight());
        let gamma = self.dividend_discount * self.density * self.inverse;
        // Gamma's gain: half a year's variance times gamma in units of the spot.
        let decay = 0.5 * volatility * volatility * spot * (spot * gamma);
        let delta = self.delta();
        let theta = dividend_yield * spot * delta - rate * exercise - decay;
        [price, delta, gamma, weight * self.sqrt_years, theta, years * exercise]
    }

    /// Returns price, delta, gamma, vega, theta, rho; epsilon, vanna, volga, charm, veta, speed, color, zomma, ultima;
    /// dual delta, dual gamma, and the probability to expire in the money.
    #[inline(always)]
    pub(crate) fn all(&self) -> [f64; ALL] {
        let Inputs { spot, strike, years, rate, dividend_yield, volatility, .. } = self.inputs;
        let Self { d1, d2, total_volatility, rate_discount, .. } = *self;
        let [price, delta, gamma, vega, theta, rho] = self.first();
        let inverse_volatility = 1.0 / volatility;
        let inverse_total = spot * self.inverse;
        let inverse_spot = total_volatility * self.inverse;
        let inverse_strike = 1.0 / strike;
        let per_twice_years = 0.5 / years;
        let drift = (rate - dividend_yield) * inverse_total;
        let product = d1 * d2;
        let delta_density = self.dividend_discount * self.density;
        [
            price,
            delta,
            gamma,
            vega,
            theta,
            rho,
            -years * spot * delta,
            -delta_density * d2 * inverse_volatility,
            vega * product * inverse_volatility,
            dividend_yield * delta - delta_density * (drift - d2 * per_twice_years),
            vega * (dividend_yield + drift * d1 - (1.0 + product) * per_twice_years),
            -gamma * inverse_spot * (d1 * inverse_total + 1.0),
            gamma * (dividend_yield + drift * d1 + (1.0 - product) * per_twice_years),
            gamma * (product - 1.0) * inverse_volatility,
            vega * inverse_volatility
                * inverse_volatility
                * (product * (product - 3.0) - total_volatility * total_volatility),
            self.dual_delta(),
            rate_discount * self.strike_density() * inverse_total * inverse_strike,
            self.probability(),
        ]
    }
}
