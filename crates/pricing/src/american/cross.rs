//! Mixed second derivatives, through the exercise boundary too: vanna, charm and veta.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{
    contract::Contract,
    exercise::{Solution, Solver, above, below},
    lanes::{LANES, sum},
    premium::{Influence, Premium as Integral, Put, Quantity, add_chebyshev},
    rule::{Panels, Points, chebyshev_values},
};
use crate::{
    black_scholes,
    error::PricingError,
    lanes::{Arithmetic, Job, dispatch, select},
};

/// Derivatives of the premium over a European put: of its slope and its curvature by the moneyness.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Changes {
    /// `∂³/∂m³`.
    pub(crate) curvature_by_moneyness: f64,
    /// `∂²/∂m∂σ`.
    pub(crate) slope_by_volatility: f64,
    /// `∂³/∂m²∂σ`.
    pub(crate) curvature_by_volatility: f64,
}

impl Changes {
    fn plus(self, other: Self, factor: f64) -> Self {
        Self {
            curvature_by_moneyness: self.curvature_by_moneyness + factor * other.curvature_by_moneyness,
            slope_by_volatility: self.slope_by_volatility + factor * other.slope_by_volatility,
            curvature_by_volatility: self.curvature_by_volatility + factor * other.curvature_by_volatility,
        }
    }
}

impl Integral<'_> {
    /// Returns the changes of the premium's slope and curvature.
    pub(crate) fn changes(&self) -> Option<Changes> {
        let (mut changes, slope, curvature) =
            self.over_points(|points| dispatch(ChangeIntegral { premium: self, points }));
        let [by_volatility, ..] = self.boundary.responses()?;
        changes.slope_by_volatility += slope.of(by_volatility);
        changes.curvature_by_volatility += curvature.of(by_volatility);
        Some(changes)
    }
}

struct ChangeIntegral<'a> {
    premium: &'a Integral<'a>,
    points: &'a Points,
}

impl Job for ChangeIntegral<'_> {
    /// Returns the changes with a fixed boundary, and the responses of slope and curvature to the boundary.
    type Output = (Changes, Influence, Influence);

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> Self::Output {
        let Put { moneyness, rate, dividend_yield, volatility, .. } = *self.premium.put;
        let coefficients = &self.premium.boundary.coefficients;
        let scale = self.premium.scale();
        let (inverse_moneyness, inverse_volatility) = (1.0 / moneyness, 1.0 / volatility);
        let [mut third, mut slope, mut curvature, mut slope_shift, mut curvature_shift] = [[0.0; LANES]; 5];
        let mut slope_moments = vec![[0.0; LANES]; coefficients.len()];
        let mut curvature_moments = slope_moments.clone();
        let Points { root_span, root_time, weight } = self.points;
        let panels = root_span.as_chunks::<LANES>().0.iter().zip(root_time.as_chunks::<LANES>().0);
        for ((sin, cos), weight) in panels.zip(weight.as_chunks::<LANES>().0) {
            let [mut root_time, mut slope_factor, mut curvature_factor] = [[0.0; LANES]; 3];
            for lane in 0..LANES {
                root_time[lane] = scale.root_time(cos[lane]);
            }
            let square = chebyshev_values::<A, LANES>(coefficients, &root_time);
            for lane in 0..LANES {
                let terms = self.premium.terms::<A>(&scale, sin[lane], cos[lane], weight[lane], square[lane]);
                let inverse_width = 1.0 / terms.width;
                let (plus, minus) = (terms.d_plus * inverse_width, terms.d_minus * inverse_width);
                let weight = terms.weight;
                // The two parts of the slope that have densities, and their parts of the curvature.
                let spot = dividend_yield * terms.spot_density * inverse_width;
                let strike = rate * terms.strike_density * inverse_width * inverse_moneyness;
                let (spot_bend, strike_bend) = (1.0 - plus, 1.0 + minus);
                let square_width = inverse_width * inverse_width;
                let bend = strike * strike_bend + spot * spot_bend;
                third[lane] += weight
                    * inverse_moneyness
                    * inverse_moneyness
                    * (strike * (square_width - strike_bend * (1.0 + minus))
                        - spot * (square_width + spot_bend * plus)
                        - bend);
                let product = terms.d_plus * terms.d_minus - 1.0;
                slope[lane] += weight
                    * inverse_volatility
                    * ((spot - strike) * product - dividend_yield * terms.spot_density * terms.d_minus);
                curvature[lane] += weight
                    * inverse_moneyness
                    * inverse_volatility
                    * (bend * product + (spot - strike) * (plus + minus));
                let by_boundary = scale.sign * weight * (spot * plus - strike * minus - spot);
                slope_shift[lane] += by_boundary;
                slope_factor[lane] = select(terms.root_square > 0.0, by_boundary / terms.root_square, 0.0);
                let by_boundary = scale.sign
                    * weight
                    * inverse_moneyness
                    * (strike * (minus * strike_bend - square_width) + spot * (plus * spot_bend + square_width));
                curvature_shift[lane] += by_boundary;
                curvature_factor[lane] = select(terms.root_square > 0.0, by_boundary / terms.root_square, 0.0);
            }
            add_chebyshev(&mut slope_moments, &root_time, &slope_factor);
            add_chebyshev(&mut curvature_moments, &root_time, &curvature_factor);
        }
        let changes = Changes {
            curvature_by_moneyness: sum(&third),
            slope_by_volatility: sum(&slope),
            curvature_by_volatility: sum(&curvature),
        };
        let influence = |shift: &[f64], moments: &[[f64; LANES]]| Influence {
            shift: sum(shift),
            moments: moments.iter().map(|moment| sum(moment)).collect(),
        };
        (changes, influence(&slope_shift, &slope_moments), influence(&curvature_shift, &curvature_moments))
    }
}

impl Solution {
    /// Returns the changes of the premium's slope and curvature where the put is not exercised.
    pub(crate) fn changes(&self, put: &Put, panels: &Panels) -> Result<Changes, PricingError> {
        let not_converged = PricingError::NotConverged { quantity: "the exercise boundary's derivative" };
        match self {
            Self::Never => Ok(Changes::default()),
            Self::Below(boundary) => below(put, boundary, put.years, panels).changes().ok_or(not_converged),
            Self::Between { upper, lower, until } => {
                let upper = below(put, upper, *until, panels).changes().ok_or(not_converged)?;
                let lower = above(put, lower, *until, panels).changes().ok_or(not_converged)?;
                Ok(upper.plus(lower, -1.0))
            }
        }
    }
}

/// Mixed second derivatives of an option's value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cross {
    /// `∂delta/∂σ`.
    pub(crate) vanna: f64,
    /// `∂delta/∂t`, per year.
    pub(crate) charm: f64,
    /// `∂vega/∂t`, per year.
    pub(crate) veta: f64,
}

impl Contract {
    /// Returns the derivatives where the option is held: the European ones plus the premium's. The premium's vanna is
    /// an integral; its charm and veta follow from the Black–Scholes equation, which the premium satisfies,
    /// differentiated by spot and volatility.
    pub(crate) fn cross(&self, solver: &mut Solver) -> Result<Cross, PricingError> {
        let european = black_scholes::greeks(&self.option, self.volatility)?;
        let panels = &solver.ladder.panels;
        let solution = if self.is_simple() { &Solution::Never } else { solver.solve(&self.put)? };
        let Quantity { value, slope, curvature } = solution.premium(&self.put, panels);
        let by_volatility = self.unit * solution.parameters(&self.put, panels)?.volatility;
        let changes = solution.changes(&self.put, panels)?;
        let Changes { curvature_by_moneyness, slope_by_volatility, curvature_by_volatility } = changes;
        let (moneyness, unit) = (self.put.moneyness, self.unit);
        let premium = match self.option.option_type {
            OptionType::Put => Premium {
                delta: slope,
                gamma: curvature / unit,
                speed: curvature_by_moneyness / (unit * unit),
                vanna: slope_by_volatility,
                zomma: curvature_by_volatility / unit,
            },
            OptionType::Call => {
                let square = moneyness * moneyness;
                Premium {
                    delta: value - moneyness * slope,
                    gamma: square * curvature / unit,
                    speed: -square * (3.0 * curvature + moneyness * curvature_by_moneyness) / (unit * unit),
                    vanna: by_volatility / unit - moneyness * slope_by_volatility,
                    zomma: square * curvature_by_volatility / unit,
                }
            }
        };
        let Premium { delta, gamma, speed, vanna, zomma } = premium;
        let OptionInputs { spot, rate, dividend_yield, .. } = self.option;
        let (carry, variance) = (rate - dividend_yield, self.volatility * self.volatility);
        let charm = rate * delta
            - carry * (delta + spot * gamma)
            - variance * spot * gamma
            - 0.5 * variance * spot * spot * speed;
        let veta = rate * by_volatility
            - carry * spot * vanna
            - self.volatility * spot * spot * gamma
            - 0.5 * variance * spot * spot * zomma;
        let cross = Cross { vanna: european.vanna + vanna, charm: european.charm + charm, veta: european.veta + veta };
        if [cross.vanna, cross.charm, cross.veta].iter().all(|value| value.is_finite()) {
            Ok(cross)
        } else {
            Err(PricingError::NotRepresentable { quantity: "a sensitivity" })
        }
    }
}

/// Returns the premium's derivatives in the option's units.
struct Premium {
    delta: f64,
    gamma: f64,
    speed: f64,
    vanna: f64,
    zomma: f64,
}
