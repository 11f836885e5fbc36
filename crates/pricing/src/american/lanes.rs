//! The functions of a lane in the integrals.

use crate::lanes::{Arithmetic, exp, mills::mills, select};

/// The number of values that are computed side by side: two of the widest registers, so that the processor need not
/// wait for the result of one.
pub(crate) const LANES: usize = 16;

/// Returns `eˣ` as a normal number: an exponent beyond a float's range counts as its end, so that no logarithm fails
/// later.
#[inline(always)]
pub(crate) fn exp_normal<A: Arithmetic>(x: f64) -> f64 {
    exp::exp::<A>(select(x > -708.0, select(x < 700.0, x, 700.0), -708.0))
}

/// Returns `c·N(x)`, given `c` and `c·n(x)`: the normal distribution function times a discount factor.
#[inline(always)]
pub(crate) fn scaled_cdf<A: Arithmetic>(x: f64, scale: f64, scaled_density: f64) -> f64 {
    let tail = scaled_density * mills::<A>(x.abs());
    select(x < 0.0, tail, scale - tail)
}

/// Returns the sum of the values, in the same order on every processor; vector code for a multiple of eight.
#[inline(always)]
pub(crate) fn sum(values: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            parts[lane] += chunk[lane];
        }
    }
    for lane in 0..4 {
        parts[lane] += parts[lane + 4];
    }
    (parts[0] + parts[1]) + (parts[2] + parts[3]) + rest.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::{Plain, mills::density};

    #[test]
    fn both_tails_add_up_to_the_scale() {
        for step in 0..=400 {
            let x = f64::from(step) * 0.1;
            let scaled_density = 0.9 * density::<Plain>(x);
            let (below, above) =
                (scaled_cdf::<Plain>(x, 0.9, scaled_density), scaled_cdf::<Plain>(-x, 0.9, scaled_density));
            assert!((below + above - 0.9).abs() < 2e-16 && below >= above && above >= 0.0, "{x}");
        }
    }

    #[test]
    fn exponentials_are_never_zero_or_infinite() {
        assert!(exp_normal::<Plain>(-1e300).is_normal() && exp_normal::<Plain>(1e300).is_normal());
    }
}
