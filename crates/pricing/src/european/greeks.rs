//! Sensitivities of an option.

use crate::lanes::black::ALL;

/// The names of a kernel's results, in their order.
pub(super) const NAMES: [&str; ALL] = [
    "the price",
    "delta",
    "gamma",
    "vega",
    "theta",
    "rho",
    "epsilon",
    "vanna",
    "volga",
    "charm",
    "veta",
    "speed",
    "color",
    "zomma",
    "ultima",
    "dual_delta",
    "dual_gamma",
    "probability_in_the_money",
];

/// Sensitivities of one option on one unit of the underlying.
///
/// `S` is the underlying's price: the spot, or the forward in the models of a forward. Time is in years, volatility and
/// rates are per 1.00. Derivatives by time are by calendar time with the expiry fixed, so that theta is the option's
/// gain as a year passes: negative for most options. The methods convert to the units of a trading screen.
///
/// With no time or no volatility left every field is its limit: gamma, vega and their derivatives are zero, and the
/// others are those of a forward contract in the money and zero out of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Greeks {
    /// `∂V/∂S`.
    pub delta: f64,
    /// `∂²V/∂S²`.
    pub gamma: f64,
    /// `∂V/∂σ`, per 1.00 of volatility.
    pub vega: f64,
    /// `∂V/∂t = −∂V/∂T`, per year.
    pub theta: f64,
    /// `∂V/∂r`, per 1.00 of the rate. In the models of a forward, the forward is fixed.
    pub rho: f64,
    /// `∂V/∂q`, per 1.00 of the dividend yield; also called psi or dividend rho. Zero in the models of a forward, which
    /// contains the yield.
    pub epsilon: f64,
    /// `∂²V/∂S∂σ`, per 1.00 of volatility.
    pub vanna: f64,
    /// `∂²V/∂σ²`, per 1.00 of volatility squared; also called vomma.
    pub volga: f64,
    /// `∂delta/∂t = −∂delta/∂T`, per year.
    pub charm: f64,
    /// `∂vega/∂t = −∂vega/∂T`, per 1.00 of volatility and year.
    pub veta: f64,
    /// `∂gamma/∂S = ∂³V/∂S³`.
    pub speed: f64,
    /// `∂gamma/∂t = −∂gamma/∂T`, per year.
    pub color: f64,
    /// `∂gamma/∂σ`, per 1.00 of volatility.
    pub zomma: f64,
    /// `∂volga/∂σ = ∂³V/∂σ³`, per 1.00 of volatility cubed.
    pub ultima: f64,
    /// `∂V/∂K`.
    pub dual_delta: f64,
    /// `∂²V/∂K²`: the discounted density of the underlying at the strike.
    pub dual_gamma: f64,
    /// Risk-neutral probability that the option expires in the money: `N(d₂)` for a call, `N(−d₂)` for a put.
    pub probability_in_the_money: f64,
    /// `∂ln V/∂ln S = delta·S/V`: the percentage change of the option for a move of the underlying by
    /// one percent. `None` if the
    /// price is zero or too small for the quotient to be a float.
    pub lambda: Option<f64>,
}

impl Greeks {
    /// Collects a kernel's values; `S` is the underlying's price.
    #[expect(clippy::similar_names, reason = "volga and vanna, zomma and gamma are what they are called")]
    pub(crate) fn from_values(values: &[f64; ALL], underlying: f64) -> Self {
        let [
            price,
            delta,
            gamma,
            vega,
            theta,
            rho,
            epsilon,
            vanna,
            volga,
            charm,
            veta,
            speed,
            color,
            zomma,
            ultima,
            dual_delta,
            dual_gamma,
            probability_in_the_money,
        ] = *values;
        Self {
            delta,
            gamma,
            vega,
            theta,
            rho,
            epsilon,
            vanna,
            volga,
            charm,
            veta,
            speed,
            color,
            zomma,
            ultima,
            dual_delta,
            dual_gamma,
            probability_in_the_money,
            lambda: Some(delta / price * underlying).filter(|lambda| lambda.is_finite()),
        }
    }
}
