//! The early exercise premium as an integral over the boundary, and its derivatives.

use std::f64::consts::FRAC_PI_2;

use super::{
    boundary::{Boundary, Response},
    lanes::{LANES, exp_normal as exp, scaled_cdf, sum},
    rule::{Panels, Points, chebyshev_values},
};
use crate::lanes::{Arithmetic, Job, dispatch, mills::INVERSE_SQRT_TWO_PI, select};

/// A put with strike 1 at a spot of `moneyness`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    pub(crate) moneyness: f64,
    pub(crate) ln_moneyness: f64,
    pub(crate) years: f64,
    pub(crate) rate: f64,
    pub(crate) dividend_yield: f64,
    pub(crate) volatility: f64,
}

/// A value with its derivatives by the moneyness.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quantity {
    pub(crate) value: f64,
    pub(crate) slope: f64,
    pub(crate) curvature: f64,
}

impl Quantity {
    pub(crate) fn plus(self, other: Self, factor: f64) -> Self {
        Self {
            value: self.value + factor * other.value,
            slope: self.slope + factor * other.slope,
            curvature: self.curvature + factor * other.curvature,
        }
    }
}

/// The premium's derivatives by the parameters.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parameters {
    pub(crate) volatility: f64,
    pub(crate) rate: f64,
    pub(crate) dividend_yield: f64,
}

impl Parameters {
    pub(crate) fn plus(self, other: Self, factor: f64) -> Self {
        Self {
            volatility: self.volatility + factor * other.volatility,
            rate: self.rate + factor * other.rate,
            dividend_yield: self.dividend_yield + factor * other.dividend_yield,
        }
    }
}

/// The gain, in interest less dividends, from exercise below one boundary at all times to expiry below `until`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Premium<'a> {
    pub(crate) put: &'a Put,
    pub(crate) boundary: &'a Boundary,
    /// True if the boundary is that of the inverse of the underlying.
    pub(crate) inverted: bool,
    /// The time to expiry up to which the boundary counts.
    pub(crate) until: f64,
    pub(crate) panels: &'a Panels,
}

impl Premium<'_> {
    /// Returns the logarithm of the boundary, as a moneyness.
    pub(crate) fn ln_boundary(&self, years: f64) -> f64 {
        let logarithm = self.boundary.ln_at(years);
        if self.inverted { -logarithm } else { logarithm }
    }

    /// Returns the premium and its derivatives by the moneyness.
    pub(crate) fn value(&self) -> Quantity {
        self.over_points(|points| dispatch(ValueIntegral { premium: self, points }))
    }

    /// Returns the premium's derivatives by the parameters, through the boundary too.
    pub(crate) fn parameters(&self) -> Option<Parameters> {
        let (mut parameters, influence) =
            self.over_points(|points| dispatch(ParameterIntegral { premium: self, points }));
        let [volatility, rate, dividend_yield] =
            self.boundary.responses()?.each_ref().map(|response| influence.of(response));
        // The inverse of the underlying has rate and yield exchanged.
        let (rate, dividend_yield) = if self.inverted { (dividend_yield, rate) } else { (rate, dividend_yield) };
        parameters.volatility += volatility;
        parameters.rate += rate;
        parameters.dividend_yield += dividend_yield;
        Some(parameters)
    }

    /// Returns the quadrature points, in panels that are the finer the nearer the spot is to the boundary and that end
    /// where the integrand is not smooth.
    pub(super) fn over_points<Result>(&self, integrate: impl Fn(&Points) -> Result) -> Result {
        let Put { years, volatility, ln_moneyness, .. } = *self.put;
        let root_years = years.sqrt();
        let distance = (ln_moneyness - self.ln_boundary(years.min(self.until))).abs();
        let finest = distance / (volatility * root_years);
        if self.until >= years
            && self.boundary.horizon >= years
            && let Some(points) = self.panels.graded(finest)
        {
            return integrate(points);
        }

        let start = if self.until < years { (self.until / years).sqrt().acos() } else { 0.0 };
        let mut angles = vec![start, FRAC_PI_2];
        let mut width = (FRAC_PI_2 - start) / 2.0;
        while width > finest.max(1e-5) {
            angles.push(start + width);
            width *= 0.5;
        }
        if self.boundary.horizon < years {
            angles.push((self.boundary.horizon / years).sqrt().acos());
        }
        // Where drift alone carries the spot to the boundary, the integrand is a step as wide as the diffusion.
        let drift = self.put.dividend_yield - self.put.rate + 0.5 * volatility * volatility;
        let crossing = (ln_moneyness - self.ln_boundary(years)) / drift;
        if crossing > 0.0 && crossing < years {
            let spread = volatility * crossing.sqrt() / drift.abs();
            for steps in [-6.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0] {
                let span = crossing + steps * spread;
                if span > 0.0 && span < years {
                    angles.push((span / years).sqrt().asin());
                }
            }
        }
        angles.retain(|angle| *angle >= start);
        angles.sort_by(f64::total_cmp);
        angles.dedup_by(|next, previous| *next - *previous < 1e-12);
        integrate(&self.panels.between(&angles))
    }

    /// Returns `√(T/H)`, which converts roots of the years to expiry into the boundary's.
    fn root_ratio(&self) -> f64 {
        (self.put.years / self.boundary.horizon).sqrt()
    }
}

struct ValueIntegral<'a> {
    premium: &'a Premium<'a>,
    points: &'a Points,
}

/// The terms of the integrand at one point.
pub(super) struct Terms {
    pub(super) span: f64,
    pub(super) root_span: f64,
    pub(super) width: f64,
    /// The weight times `ds/dψ`.
    pub(super) weight: f64,
    pub(super) d_plus: f64,
    pub(super) d_minus: f64,
    /// `e^(−qs)·n(d₊)` and `e^(−rs)·n(d₋)`.
    pub(super) spot_density: f64,
    pub(super) strike_density: f64,
    /// `e^(−qs)·N(−d₊)` and `e^(−rs)·N(−d₋)`.
    pub(super) spot: f64,
    pub(super) strike: f64,
    pub(super) root_square: f64,
}

impl Premium<'_> {
    #[inline(always)]
    pub(super) fn terms<A: Arithmetic>(&self, scale: &Scale, sin: f64, cos: f64, weight: f64, square: f64) -> Terms {
        let put = self.put;
        let root_span = scale.root_years * sin;
        let span = root_span * root_span;
        let width = put.volatility * root_span;
        let root_square = (if square > 0.0 { square } else { 0.0 }).sqrt();
        let ln_ratio = A::mul_add(scale.sign, root_square, scale.ln_distance);
        let d_plus = A::mul_add(scale.drift, root_span, ln_ratio / width);
        let d_minus = d_plus - width;
        let spot_discount = exp::<A>(-put.dividend_yield * span);
        let strike_discount = exp::<A>(-put.rate * span);
        let spot_density = INVERSE_SQRT_TWO_PI * spot_discount * exp::<A>(-0.5 * d_plus * d_plus);
        let strike_density = INVERSE_SQRT_TWO_PI * strike_discount * exp::<A>(-0.5 * d_minus * d_minus);
        Terms {
            span,
            root_span,
            width,
            weight: 2.0 * scale.root_years * scale.root_years * sin * cos * weight,
            d_plus,
            d_minus,
            spot_density,
            strike_density,
            spot: scaled_cdf::<A>(-d_plus, spot_discount, spot_density),
            strike: scaled_cdf::<A>(-d_minus, strike_discount, strike_density),
            root_square,
        }
    }

    pub(super) fn scale(&self) -> Scale {
        let put = self.put;
        let sign = if self.inverted { -1.0 } else { 1.0 };
        Scale {
            root_years: put.years.sqrt(),
            root_ratio: self.root_ratio(),
            sign,
            ln_distance: put.ln_moneyness - sign * self.boundary.ln_start,
            drift: (put.rate - put.dividend_yield) / put.volatility + 0.5 * put.volatility,
        }
    }
}

/// The terms that all points share.
pub(super) struct Scale {
    root_years: f64,
    root_ratio: f64,
    pub(super) sign: f64,
    ln_distance: f64,
    drift: f64,
}

impl Scale {
    /// Returns the root of the time to expiry at exercise as a fraction of the boundary's horizon, after which the
    /// boundary is flat.
    #[inline(always)]
    pub(super) fn root_time(&self, cos: f64) -> f64 {
        let root_time = cos * self.root_ratio;
        if root_time < 1.0 { root_time } else { 1.0 }
    }
}

impl Job for ValueIntegral<'_> {
    type Output = Quantity;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> Quantity {
        let Put { moneyness, rate, dividend_yield, .. } = *self.premium.put;
        let scale = self.premium.scale();
        let inverse = 1.0 / moneyness;
        let (mut value, mut slope, mut curvature) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let Points { root_span, root_time, weight } = self.points;
        let panels = root_span.as_chunks::<LANES>().0.iter().zip(root_time.as_chunks::<LANES>().0);
        for ((sin, cos), weight) in panels.zip(weight.as_chunks::<LANES>().0) {
            let mut root_time = [0.0; LANES];
            for lane in 0..LANES {
                root_time[lane] = scale.root_time(cos[lane]);
            }
            let square = chebyshev_values::<A, LANES>(&self.premium.boundary.coefficients, &root_time);
            for lane in 0..LANES {
                let terms = self.premium.terms::<A>(&scale, sin[lane], cos[lane], weight[lane], square[lane]);
                let inverse_width = 1.0 / terms.width;
                let spot_density = dividend_yield * terms.spot_density * inverse_width;
                let strike_density = rate * terms.strike_density * inverse_width * inverse;
                value[lane] += terms.weight * (rate * terms.strike - moneyness * dividend_yield * terms.spot);
                slope[lane] += terms.weight * (spot_density - strike_density - dividend_yield * terms.spot);
                curvature[lane] += terms.weight
                    * inverse
                    * (strike_density * (1.0 + terms.d_minus * inverse_width)
                        + spot_density * (1.0 - terms.d_plus * inverse_width));
            }
        }
        Quantity { value: sum(&value), slope: sum(&slope), curvature: sum(&curvature) }
    }
}

/// The derivatives of the premium by the boundary.
#[derive(Debug, Default)]
pub(crate) struct Influence {
    /// The derivative when the logarithm of the whole boundary shifts.
    pub(crate) shift: f64,
    /// For each Chebyshev polynomial, the derivative by its coefficient in a [`Response`].
    pub(crate) moments: Vec<f64>,
}

impl Influence {
    /// Returns the premium's change for a change of the boundary.
    pub(super) fn of(&self, response: &Response) -> f64 {
        let moments: f64 = self.moments.iter().zip(&response.coefficients).map(|(a, b)| a * b).sum();
        self.shift * response.shift + moments
    }
}

struct ParameterIntegral<'a> {
    premium: &'a Premium<'a>,
    points: &'a Points,
}

impl Job for ParameterIntegral<'_> {
    type Output = (Parameters, Influence);

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> Self::Output {
        let Put { moneyness, rate, dividend_yield, volatility, .. } = *self.premium.put;
        let coefficients = &self.premium.boundary.coefficients;
        let scale = self.premium.scale();
        let inverse = 1.0 / volatility;
        let [mut by_volatility, mut by_rate, mut by_yield, mut shift] = [[0.0; LANES]; 4];
        let mut moments = vec![[0.0; LANES]; coefficients.len()];
        let Points { root_span, root_time, weight } = self.points;
        let panels = root_span.as_chunks::<LANES>().0.iter().zip(root_time.as_chunks::<LANES>().0);
        for ((sin, cos), weight) in panels.zip(weight.as_chunks::<LANES>().0) {
            let [mut root_time, mut factor] = [[0.0; LANES]; 2];
            for lane in 0..LANES {
                root_time[lane] = scale.root_time(cos[lane]);
            }
            let square = chebyshev_values::<A, LANES>(coefficients, &root_time);
            for lane in 0..LANES {
                let terms = self.premium.terms::<A>(&scale, sin[lane], cos[lane], weight[lane], square[lane]);
                let spot_density = moneyness * dividend_yield * terms.spot_density;
                let strike_density = rate * terms.strike_density;
                let difference = (strike_density - spot_density) * terms.root_span * inverse;
                by_volatility[lane] +=
                    terms.weight * (strike_density * terms.d_plus - spot_density * terms.d_minus) * inverse;
                by_rate[lane] += terms.weight * (terms.strike * (1.0 - rate * terms.span) - difference);
                by_yield[lane] +=
                    terms.weight * (difference - moneyness * terms.spot * (1.0 - dividend_yield * terms.span));
                let by_boundary = scale.sign * terms.weight * (strike_density - spot_density) / terms.width;
                shift[lane] += by_boundary;
                factor[lane] = select(terms.root_square > 0.0, by_boundary / terms.root_square, 0.0);
            }
            add_chebyshev(&mut moments, &root_time, &factor);
        }
        let parameters =
            Parameters { volatility: sum(&by_volatility), rate: sum(&by_rate), dividend_yield: sum(&by_yield) };
        let moments = moments.iter().map(|moment| sum(moment)).collect();
        (parameters, Influence { shift: sum(&shift), moments })
    }
}

/// Adds the values of the Chebyshev polynomials at roots of time, times factors.
#[inline(always)]
pub(super) fn add_chebyshev(moments: &mut [[f64; LANES]], root_time: &[f64; LANES], factor: &[f64; LANES]) {
    let argument = root_time.map(|root_time| 2.0 * root_time - 1.0);
    let (mut value, mut next) = ([1.0; LANES], argument);
    for moment in moments {
        for lane in 0..LANES {
            moment[lane] += factor[lane] * value[lane];
            (value[lane], next[lane]) = (next[lane], 2.0 * argument[lane] * next[lane] - value[lane]);
        }
    }
}
