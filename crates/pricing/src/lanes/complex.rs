//! Complex functions of a lane.

use num_complex::Complex64;

use super::{
    Arithmetic, exp, ln, select,
    trigonometric::{angle, sin_cos},
};

/// Returns `1/z`.
#[inline(always)]
pub(crate) fn reciprocal(z: Complex64) -> Complex64 {
    let scale = 1.0 / (z.re * z.re + z.im * z.im);
    Complex64::new(z.re * scale, -z.im * scale)
}

/// Returns the root of `z` whose real part is not negative; NaN for zero.
#[inline(always)]
pub(crate) fn sqrt(z: Complex64) -> Complex64 {
    let length = (z.re * z.re + z.im * z.im).sqrt();
    let greater = (0.5 * (length + z.re.abs())).sqrt();
    let lesser = 0.5 * z.im / greater;
    Complex64::new(select(z.re < 0.0, lesser.abs(), greater), select(z.re < 0.0, greater.copysign(z.im), lesser))
}

/// Returns `e^z`.
#[inline(always)]
pub(crate) fn exp<A: Arithmetic>(z: Complex64) -> Complex64 {
    let length = exp::exp::<A>(z.re);
    let (sine, cosine) = sin_cos::<A>(z.im);
    Complex64::new(length * cosine, length * sine)
}

/// Returns `ln(1 + z)`, accurate for a small `z` too.
#[inline(always)]
pub(crate) fn ln_1p<A: Arithmetic>(z: Complex64) -> Complex64 {
    let beyond = A::mul_add(z.re, 2.0 + z.re, z.im * z.im);
    let square = 1.0 + beyond;
    // The rounding error of the sum.
    let rest = (beyond - (square - 1.0)) / square;
    Complex64::new(0.5 * (ln::ln_ratio::<A>(square, 1.0) + rest), angle::<A>(z.im, 1.0 + z.re))
}

/// Returns `yes` or `no`, both computed.
#[inline(always)]
pub(crate) fn select_complex(condition: bool, yes: Complex64, no: Complex64) -> Complex64 {
    Complex64::new(select(condition, yes.re, no.re), select(condition, yes.im, no.im))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Fused, Plain};

    #[test]
    fn functions_are_those_of_the_library() {
        let close = |value: Complex64, expected: Complex64| (value - expected).norm() <= 4e-15 * expected.norm();
        for step in 0..2_000 {
            let z = Complex64::from_polar(1e-6 * 1.01_f64.powi(step), 0.7 * f64::from(step));
            assert!(close(sqrt(z), z.sqrt()) && sqrt(z).re >= 0.0, "{z}");
            assert!(close(reciprocal(z), z.inv()), "{z}");
            if z.norm() < 100.0 {
                assert!(close(exp::<Plain>(z), z.exp()) && close(exp::<Fused>(z), z.exp()), "{z}");
            }
            if (1.0 + z).norm() > 0.1 && z.norm() > 0.1 {
                assert!(close(ln_1p::<Plain>(z), (1.0 + z).ln()), "{z}: {}", ln_1p::<Plain>(z));
            }
        }
        let tiny = Complex64::new(1e-20, -2e-20);
        assert!(close(ln_1p::<Plain>(tiny), tiny) && close(ln_1p::<Fused>(tiny), tiny));
    }
}
