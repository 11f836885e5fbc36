//! Price and Greeks of a European option on a normal forward, where time and volatility are left.

use super::{
    Arithmetic, are_finite,
    black::{ALL, FIRST},
    exp::exp,
    mills::{density, mills, mills_slope},
    select,
};
use crate::kernel::PREPARED;

/// The inputs of an option's value.
#[derive(Clone, Copy)]
pub(crate) struct Inputs {
    /// `1` for a call, `−1` for a put.
    pub(crate) sign: f64,
    pub(crate) forward: f64,
    pub(crate) strike: f64,
    pub(crate) years: f64,
    pub(crate) rate: f64,
    pub(crate) volatility: f64,
}

impl Inputs {
    /// Returns true if the formulas apply; other inputs have limits or errors.
    #[inline(always)]
    pub(crate) fn are_regular(&self) -> bool {
        let Self { sign: _, forward, strike, years, rate, volatility } = *self;
        are_finite([forward, strike, years, rate, volatility]) & (years > 0.0) & (volatility > 0.0)
    }
}

/// The common terms of price and Greeks.
#[derive(Clone, Copy)]
pub(crate) struct Normal {
    inputs: Inputs,
    discount: f64,
    sqrt_years: f64,
    /// `s = σ·√T`.
    total_volatility: f64,
    /// `(F − K)/s`.
    d: f64,
    /// `φ(d)`.
    density: f64,
    /// `Y(|d|)`.
    ratio: f64,
}

impl Normal {
    /// Computes the terms of regular inputs.
    #[inline(always)]
    pub(crate) fn new<A: Arithmetic>(inputs: Inputs) -> Self {
        Self::at::<A>(inputs, Self::prepare::<A>(inputs))
    }

    /// Prepares regular inputs: the discount, `√T`, `(F − K)/s` and its density.
    #[inline(always)]
    pub(crate) fn prepare<A: Arithmetic>(inputs: Inputs) -> [f64; PREPARED] {
        let Inputs { forward, strike, years, rate, volatility, .. } = inputs;
        let sqrt_years = years.sqrt();
        let d = (forward - strike) / (volatility * sqrt_years);
        [exp::<A>(-rate * years), sqrt_years, d, density::<A>(d)]
    }

    /// Computes the terms from [prepared](Self::prepare) numbers.
    #[inline(always)]
    pub(crate) fn at<A: Arithmetic>(inputs: Inputs, [discount, sqrt_years, d, density]: [f64; PREPARED]) -> Self {
        let total_volatility = inputs.volatility * sqrt_years;
        Self { inputs, discount, sqrt_years, total_volatility, d, density, ratio: mills::<A>(d.abs()) }
    }

    /// Returns the value: the intrinsic value and, on top of it, `s·φ(d)·M(|d|)`, `M` being the slope of Mills' ratio
    /// `Y`.
    #[inline(always)]
    pub(crate) fn price<A: Arithmetic>(&self) -> f64 {
        let Inputs { sign, forward, strike, .. } = self.inputs;
        let forward = sign * (forward - strike);
        let intrinsic = select(forward > 0.0, forward, 0.0);
        self.discount * (intrinsic + self.total_volatility * self.density * mills_slope::<A>(self.d.abs()))
    }

    /// Returns `φ(d)`.
    #[inline(always)]
    pub(crate) fn density(&self) -> f64 {
        self.density
    }

    /// Returns price, delta, gamma, vega, theta and rho.
    #[inline(always)]
    fn first<A: Arithmetic>(&self) -> [f64; FIRST] {
        let Inputs { sign, years, rate, volatility, .. } = self.inputs;
        let price = self.price::<A>();
        let gamma = self.discount * self.density / self.total_volatility;
        let theta = rate * price - 0.5 * volatility * volatility * gamma;
        let vega = self.discount * self.density * self.sqrt_years;
        [price, sign * self.discount * self.probability(), gamma, vega, theta, -years * price]
    }

    /// Returns `N(±d)`.
    #[inline(always)]
    fn probability(&self) -> f64 {
        let tail = self.density * self.ratio;
        select(self.inputs.sign * self.d > 0.0, 1.0 - tail, tail)
    }

    /// Returns price and Greeks in the order of [`Lognormal::all`](super::black::Lognormal::all).
    #[inline(always)]
    pub(crate) fn all<A: Arithmetic>(&self) -> [f64; ALL] {
        let Inputs { years, rate, volatility, .. } = self.inputs;
        let d = self.d;
        let [price, delta, gamma, vega, theta, rho] = self.first::<A>();
        let square = d * d;
        let inverse_volatility = 1.0 / volatility;
        let inverse_total = 1.0 / self.total_volatility;
        let per_twice_years = 0.5 / years;
        [
            price,
            delta,
            gamma,
            vega,
            theta,
            rho,
            0.0,
            -vega * d * inverse_total,
            vega * square * inverse_volatility,
            rate * delta + self.discount * self.density * d * per_twice_years,
            vega * (rate - (1.0 + square) * per_twice_years),
            -gamma * d * inverse_total,
            gamma * (rate + (1.0 - square) * per_twice_years),
            gamma * (square - 1.0) * inverse_volatility,
            vega * square * (square - 3.0) * inverse_volatility * inverse_volatility,
            -delta,
            gamma,
            self.probability(),
        ]
    }
}
