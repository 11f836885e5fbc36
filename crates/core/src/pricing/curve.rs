//! Forward curves: the forwards and discount factors that options are priced with.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The forward price and the discount factor of one expiration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Years to the expiration, above zero.
    pub years: f64,
    /// The forward price of the underlying, above zero.
    pub forward: f64,
    /// The present value of 1.00 paid at the expiration, above zero.
    pub discount: f64,
}

/// An underlying's price with its forwards and discount factors by time, implied from a chain by put–call parity or
/// given.
///
/// Between two points the logarithms of forward and discount factor are linear in time. Before the first point and
/// after the last one, rate and dividend yield are those of that point.
///
/// ```
/// use strikebook_core::pricing::{CurvePoint, ForwardCurve};
///
/// let point = |years, forward, discount| CurvePoint { years, forward, discount };
/// let curve = ForwardCurve::new(100.0, &[point(0.5, 101.0, 0.98), point(1.0, 102.0, 0.96)])?;
/// assert!((curve.forward(0.75) - (101.0_f64 * 102.0).sqrt()).abs() < 1e-12);
/// assert!((curve.rate(0.25) + 2.0 * 0.98_f64.ln()).abs() < 1e-12);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ForwardCurve {
    spot: f64,
    /// In ascending order of time; never empty.
    zeros: Vec<Zero>,
}

/// The rate and the dividend yield from now to a time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Zero {
    years: f64,
    rate: f64,
    dividend_yield: f64,
}

impl ForwardCurve {
    /// Creates a curve through points, in any order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when there is no point, when two points have the same time,
    /// when a number is not finite and above zero, and when a rate or yield that follows from a point is 10¹² or more
    /// in size.
    pub fn new(spot: f64, points: &[CurvePoint]) -> Result<Self> {
        positive("spot", spot)?;
        let mut zeros = points.iter().map(|point| Zero::new(spot, point)).collect::<Result<Vec<_>>>()?;
        zeros.sort_by(|a, b| a.years.total_cmp(&b.years));
        let repeated = zeros.windows(2).find(|pair| matches!(pair, [a, b] if a.years >= b.years));
        match (zeros.is_empty(), repeated.and_then(|pair| pair.first())) {
            (false, None) => Ok(Self { spot, zeros }),
            (true, _) => Err(Error::invalid_input("a forward curve needs at least one point")),
            (_, Some(zero)) => Err(Error::invalid_input("two points of a forward curve have the same time")
                .with("field", "years")
                .with("value", zero.years)),
        }
    }

    /// Creates the curve of a constant rate and a constant dividend yield, both continuously compounded and per 1.00
    /// a year.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the spot is not finite and above zero, or a rate is not
    /// below 10¹² in size.
    pub fn flat(spot: f64, rate: f64, dividend_yield: f64) -> Result<Self> {
        positive("spot", spot)?;
        for (field, value) in [("rate", rate), ("dividend_yield", dividend_yield)] {
            if !is_rate(value) {
                return Err(refused(field, value, "finite and below 1e12 in size"));
            }
        }
        Ok(Self { spot, zeros: vec![Zero { years: 1.0, rate, dividend_yield }] })
    }

    /// Returns the underlying's price.
    pub const fn spot(&self) -> f64 {
        self.spot
    }

    /// Returns the times of the points in years, in ascending order.
    pub fn years(&self) -> impl ExactSizeIterator<Item = f64> {
        self.zeros.iter().map(|zero| zero.years)
    }

    /// Returns the continuously compounded interest rate from now to a time in years, per 1.00 a year.
    pub fn rate(&self, years: f64) -> f64 {
        self.zero(years).rate
    }

    /// Returns the continuously compounded dividend yield from now to a time in years, per 1.00 a year. The yield
    /// covers everything besides interest that makes the forward differ from the spot, such as the fee of borrowing
    /// shares.
    pub fn dividend_yield(&self, years: f64) -> f64 {
        self.zero(years).dividend_yield
    }

    /// Returns the discount factor of a time in years, at most the largest float.
    pub fn discount(&self, years: f64) -> f64 {
        largest((-self.rate(years) * years).exp(), years)
    }

    /// Returns the forward price at a time in years, at most the largest float.
    pub fn forward(&self, years: f64) -> f64 {
        let zero = self.zero(years);
        largest(self.spot * ((zero.rate - zero.dividend_yield) * years).exp(), years)
    }

    fn zero(&self, years: f64) -> Zero {
        let next = self.zeros.partition_point(|zero| zero.years < years);
        let before = next.checked_sub(1).and_then(|index| self.zeros.get(index));
        match (before, self.zeros.get(next)) {
            (Some(before), Some(after)) => {
                let part = (years - before.years) / (after.years - before.years);
                let (left, right) = ((1.0 - part) * before.years / years, part * after.years / years);
                Zero {
                    years,
                    rate: left * before.rate + right * after.rate,
                    dividend_yield: left * before.dividend_yield + right * after.dividend_yield,
                }
            }
            (Some(zero), None) | (None, Some(zero)) => *zero,
            // Unreachable: the constructors require a point.
            (None, None) => Zero { years, rate: 0.0, dividend_yield: 0.0 },
        }
    }
}

impl Zero {
    fn new(spot: f64, point: &CurvePoint) -> Result<Self> {
        let CurvePoint { years, forward, discount } = *point;
        positive("years", years)?;
        positive("forward", forward)?;
        positive("discount", discount)?;
        let rate = -discount.ln() / years;
        let dividend_yield = rate - (forward / spot).ln() / years;
        if is_rate(rate) && is_rate(dividend_yield) {
            return Ok(Self { years, rate, dividend_yield });
        }
        Err(refused("forward", forward, "closer to the spot: the dividend yield would be 1e12 or more in size"))
    }
}

/// Returns true if a rate is small enough for sums of rates, and their products with any time, to be numbers.
fn is_rate(value: f64) -> bool {
    value.abs() < 1e12
}

/// Limits a value at a finite time to the largest float.
fn largest(value: f64, years: f64) -> f64 {
    if years.is_finite() { value.min(f64::MAX) } else { value }
}

fn positive(field: &'static str, value: f64) -> Result<()> {
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(refused(field, value, "finite and above zero")) }
}

fn refused(field: &'static str, value: f64, expected: &'static str) -> Error {
    Error::invalid_input(format!("{field} must be {expected}")).with("field", field).with("value", value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn curves_pass_through_their_points_and_have_flat_ends() {
        let points = [(0.1, 99.0, 0.996), (0.5, 101.0, 0.98), (2.0, 104.0, 0.93)]
            .map(|(years, forward, discount)| CurvePoint { years, forward, discount });
        let mut shuffled = points;
        shuffled.rotate_left(1);
        let curve = ForwardCurve::new(100.0, &shuffled).expect("a curve");
        for point in points {
            assert!((curve.forward(point.years) / point.forward - 1.0).abs() < 1e-14);
            assert!((curve.discount(point.years) / point.discount - 1.0).abs() < 1e-14);
        }
        for (beyond, end) in [(0.0, 0.1), (9.0, 2.0)] {
            assert!((curve.rate(beyond) - curve.rate(end)).abs() < 1e-15);
            assert!((curve.dividend_yield(beyond) - curve.dividend_yield(end)).abs() < 1e-15);
        }
        let middle = (0.98_f64 * 0.93).sqrt();
        assert!((curve.discount(1.25) - middle).abs() < 1e-14, "the logarithm is linear");
    }

    #[test]
    fn a_flat_curve_has_its_rates_everywhere() {
        let curve = ForwardCurve::flat(50.0, 0.04, 0.01).expect("a curve");
        for years in [0.0, 0.3, 1.0, 30.0] {
            assert!((curve.rate(years) - 0.04).abs() < 1e-15 && (curve.dividend_yield(years) - 0.01).abs() < 1e-15);
        }
        assert!((curve.forward(2.0) - 50.0 * 0.06_f64.exp()).abs() < 1e-12);
    }

    #[test]
    fn bad_points_are_refused() {
        let point = |years, forward, discount| CurvePoint { years, forward, discount };
        let good = point(1.0, 100.0, 0.97);
        for (spot, points) in [
            (100.0, vec![]),
            (0.0, vec![good]),
            (f64::NAN, vec![good]),
            (100.0, vec![good, good]),
            (100.0, vec![point(0.0, 100.0, 0.97)]),
            (100.0, vec![point(1.0, f64::INFINITY, 0.97)]),
            (100.0, vec![point(1.0, 100.0, -0.97)]),
            (1e-300, vec![point(1e-308, 1e300, 1.0)]),
        ] {
            let error = ForwardCurve::new(spot, &points).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{points:?}");
        }
        assert!(ForwardCurve::flat(100.0, f64::NAN, 0.0).is_err());
        assert!(ForwardCurve::flat(100.0, 1e300, 1e300).is_err());
    }

    #[test]
    fn every_finite_time_has_finite_values() {
        let point = |years, forward, discount| CurvePoint { years, forward, discount };
        let curves = [
            ForwardCurve::flat(f64::MAX, 9e11, -9e11),
            ForwardCurve::flat(f64::MIN_POSITIVE, -9e11, 9e11),
            ForwardCurve::new(1e300, &[point(1e-8, 1e10, 1e300), point(1e300, 1e300, 1e-300)]),
        ];
        for curve in curves.into_iter().map(|curve| curve.expect("a curve")) {
            for years in [0.0, -0.0, 5e-324, 1e-300, 1e-9, 1.0, 1e12, 1e300, f64::MAX, -1.0, -f64::MAX] {
                let values =
                    [curve.rate(years), curve.dividend_yield(years), curve.discount(years), curve.forward(years)];
                assert!(values.iter().all(|value| value.is_finite()), "{curve:?} {years}: {values:?}");
            }
        }
    }
}
