//! Gauss–Legendre quadrature.

use std::f64::consts::PI;

/// Returns the nodes and weights of the Gauss–Legendre rule with `points` points on `[low, high]`, in ascending order.
///
/// The nodes are the roots of the Legendre polynomial, found by Newton's method from Tricomi's estimate (Davis and
/// Rabinowitz, *Methods of Numerical Integration*, section 2.7).
pub(crate) fn gauss_legendre(points: usize, low: f64, high: f64) -> Vec<(f64, f64)> {
    let (middle, half_width) = (0.5 * (low + high), 0.5 * (high - low));
    let degree = points as f64;
    (0..points)
        .map(|index| {
            let mut node = -((index as f64 + 0.75) / (degree + 0.5) * PI).cos();
            let mut slope = 1.0;
            for _ in 0..8 {
                let value;
                (value, slope) = legendre(points, node);
                node -= value / slope;
            }
            (middle + half_width * node, half_width * 2.0 / ((1.0 - node * node) * slope * slope))
        })
        .collect()
}

/// Returns the Legendre polynomial of this degree and its derivative, strictly inside `(−1, 1)`.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut previous, mut value) = (1.0, x);
    for n in 2..=degree {
        let n = n as f64;
        (previous, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * previous) / n);
    }
    (value, degree as f64 * (x * value - previous) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_of_twice_the_degree_are_exact() {
        for points in [2, 5, 16, 64] {
            let power = 2 * points - 1;
            let integral: f64 =
                gauss_legendre(points, 0.0, 1.0).iter().map(|(x, w)| w * x.powi(i32::try_from(power).unwrap())).sum();
            assert!((integral * (power + 1) as f64 - 1.0).abs() < 1e-13, "{points}: {integral}");
        }
    }
}
