//! Sensitivities of a European option under Black–Scholes–Merton.

use strikebook_core::pricing::OptionInputs;

use crate::black_scholes::{Forward, require_finite, sign};
use crate::error::PricingError;
use crate::math::{normal_cdf, normal_density};

/// Calendar days in a year, the convention of the `per_day` methods.
const DAYS_PER_YEAR: f64 = 365.0;
/// Points in a volatility or rate of 1.00, the convention of the `per_point` methods.
const POINTS_PER_UNIT: f64 = 100.0;

/// Sensitivities of one option on one unit of the underlying.
///
/// Time is in years, volatility and rates are per 1.00. Derivatives by time are by calendar time with the expiry fixed,
/// so that theta is what the option earns as a year passes: negative for most options. The methods convert to the
/// units of a trading screen.
///
/// With no time or no volatility left every field is its limit: gamma, vega, vanna, volga and veta are zero, and the rest
/// is that of a forward contract in the money and zero out of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Greeks {
    /// `∂V/∂S`.
    pub delta: f64,
    /// `∂²V/∂S²`.
    pub gamma: f64,
    /// `∂V/∂σ`, per 1.00 of volatility.
    pub vega: f64,
    /// `∂V/∂t = −∂V/∂T`, per year.
    pub theta: f64,
    /// `∂V/∂r`, per 1.00 of the rate.
    pub rho: f64,
    /// `∂V/∂q`, per 1.00 of the dividend yield; also called psi.
    pub epsilon: f64,
    /// `∂²V/∂S∂σ`, per 1.00 of volatility.
    pub vanna: f64,
    /// `∂²V/∂σ²`, per 1.00 of volatility squared; also called vomma.
    pub volga: f64,
    /// `∂delta/∂t = −∂delta/∂T`, per year.
    pub charm: f64,
    /// `∂vega/∂t = −∂vega/∂T`, per 1.00 of volatility and year.
    pub veta: f64,
    /// `∂V/∂K`.
    pub dual_delta: f64,
    /// Risk-neutral probability that the option expires in the money: `N(d₂)` for a call, `N(−d₂)` for a put.
    pub probability_in_the_money: f64,
}

impl Greeks {
    /// Theta per calendar day: the 365th part of [`theta`](Self::theta).
    pub fn theta_per_day(&self) -> f64 {
        self.theta / DAYS_PER_YEAR
    }

    /// Charm per calendar day: the 365th part of [`charm`](Self::charm).
    pub fn charm_per_day(&self) -> f64 {
        self.charm / DAYS_PER_YEAR
    }

    /// Vega per percentage point of volatility: the hundredth part of [`vega`](Self::vega).
    pub fn vega_per_point(&self) -> f64 {
        self.vega / POINTS_PER_UNIT
    }

    /// Rho per percentage point of the rate: the hundredth part of [`rho`](Self::rho).
    pub fn rho_per_point(&self) -> f64 {
        self.rho / POINTS_PER_UNIT
    }

    fn require_finite(self) -> Result<Self, PricingError> {
        let Self { delta, gamma, vega, theta, rho, epsilon, vanna, volga, charm, veta, dual_delta, .. } = self;
        for (quantity, value) in [
            ("delta", delta),
            ("gamma", gamma),
            ("vega", vega),
            ("theta", theta),
            ("rho", rho),
            ("epsilon", epsilon),
            ("vanna", vanna),
            ("volga", volga),
            ("charm", charm),
            ("veta", veta),
            ("dual_delta", dual_delta),
        ] {
            require_finite(quantity, value)?;
        }
        Ok(self)
    }
}

/// Sensitivities of [`price`](crate::black_scholes::price) at a `volatility` per year (0.20 for 20 %).
///
/// The closed forms are those of Haug, *The Complete Guide to Option Pricing Formulas*, 2nd edition, chapter 2, with
/// derivatives by time taken by calendar time.
///
/// # Errors
///
/// Those of [`price`](crate::black_scholes::price), and [`PricingError::GreeksAtKink`] if no time or no volatility is
/// left and the forward is exactly the strike. Just beside that point a sensitivity may overflow, which is
/// [`PricingError::NotRepresentable`].
pub fn greeks(option: &OptionInputs, volatility: f64) -> Result<Greeks, PricingError> {
    let forward = Forward::new(option)?;
    let total_volatility = forward.total_volatility(volatility)?;
    if total_volatility == 0.0 && forward.log_moneyness == 0.0 {
        return Err(PricingError::GreeksAtKink);
    }
    // Without volatility both are the same infinity, and the distribution functions below become 0 or 1.
    let d1 = forward.log_moneyness / total_volatility + 0.5 * total_volatility;
    let d2 = forward.log_moneyness / total_volatility - 0.5 * total_volatility;

    let sign = sign(option.option_type);
    let in_the_money_d1 = normal_cdf(sign * d1);
    let in_the_money_d2 = normal_cdf(sign * d2);
    let delta = sign * forward.dividend_discount * in_the_money_d1;
    let dual_delta = -sign * forward.rate_discount * in_the_money_d2;
    let carried = Greeks {
        delta,
        gamma: 0.0,
        vega: 0.0,
        theta: option.dividend_yield * option.spot * delta + option.rate * option.strike * dual_delta,
        rho: -option.years * option.strike * dual_delta,
        epsilon: -option.years * option.spot * delta,
        vanna: 0.0,
        volga: 0.0,
        charm: option.dividend_yield * delta,
        veta: 0.0,
        dual_delta,
        probability_in_the_money: in_the_money_d2,
    };

    // Where the density vanishes it does so faster than anything it is multiplied with grows.
    let density = normal_density(d1);
    if density == 0.0 {
        return carried.require_finite();
    }
    let delta_density = forward.dividend_discount * density;
    let vega = forward.spot * density * forward.sqrt_years;
    let drift = (option.rate - option.dividend_yield) / total_volatility;
    let twice_years = 2.0 * option.years;
    Greeks {
        gamma: delta_density / (option.spot * total_volatility),
        vega,
        theta: carried.theta - forward.spot * density * volatility / (2.0 * forward.sqrt_years),
        vanna: -delta_density * d2 / volatility,
        volga: vega * d1 * d2 / volatility,
        charm: carried.charm - delta_density * (drift - d2 / twice_years),
        veta: vega * (option.dividend_yield + drift * d1 - (1.0 + d1 * d2) / twice_years),
        ..carried
    }
    .require_finite()
}
