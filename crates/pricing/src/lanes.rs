//! The formulas in lanes: one option at a time or whole columns, from the same code.
//!
//! Every function here is branch-free arithmetic on `f64` and is inlined into a loop over a block of options, which the
//! compiler turns into vector instructions; [`dispatch`] compiles that loop for each instruction set and picks the
//! widest one that the machine has. A single option runs through the same code, so that a batch has the bits of its
//! options one by one.

#![expect(clippy::needless_bitwise_bool, reason = "a lazy operator is a branch")]

use fearless_simd::{Level, Simd as _};

use crate::instructions::Instructions;

pub(crate) mod bachelier;
pub(crate) mod black;
pub(crate) mod complex;
pub(crate) mod exp;
pub(crate) mod implied;
pub(crate) mod ln;
pub(crate) mod mills;
pub(crate) mod trigonometric;

/// The rounding of a product and a sum.
pub(crate) trait Arithmetic {
    /// Returns `a·b + c`.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;

    /// Returns `a·b − product` exactly, `product` being the rounded `a·b`; zero where that would take too long.
    fn product_error(a: f64, b: f64, product: f64) -> f64;
}

/// Arithmetic with one rounding: machines with a fused instruction.
pub(crate) enum Fused {}

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a.mul_add(b, c)
    }

    #[inline(always)]
    fn product_error(a: f64, b: f64, product: f64) -> f64 {
        a.mul_add(b, -product)
    }
}

/// Arithmetic with two roundings: machines without a fused instruction.
pub(crate) enum Plain {}

impl Arithmetic for Plain {
    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        a * b + c
    }

    /// Returns the error by Dekker (1971): both factors in halves of 26 bits, whose products are exact.
    #[inline(always)]
    fn product_error(a: f64, b: f64, product: f64) -> f64 {
        let (a_high, a_low) = halves(a);
        let (b_high, b_low) = halves(b);
        ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    }
}

#[inline(always)]
fn halves(value: f64) -> (f64, f64) {
    const SPLITTER: f64 = 134_217_729.0;
    let scaled = SPLITTER * value;
    let high = scaled - (scaled - value);
    (high, value - high)
}

/// A job that is compiled for each instruction set. Its `run` must be `#[inline(always)]`, and so must all functions
/// that it calls.
pub(crate) trait Job {
    type Output;

    fn run<A: Arithmetic>(self) -> Self::Output;
}

/// Runs the job with the widest instructions of this machine within the limit of [`Instructions`].
pub(crate) fn dispatch<J: Job>(job: J) -> J::Output {
    let allowed = Instructions::allowed();
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    {
        let level = Level::new();
        if allowed >= Instructions::Widest
            && let Some(simd) = level.as_avx512()
        {
            return simd.vectorize(
                #[inline(always)]
                || job.run::<Fused>(),
            );
        }
        if allowed >= Instructions::Avx2
            && let Some(simd) = level.as_avx2()
        {
            return simd.vectorize(
                #[inline(always)]
                || job.run::<Fused>(),
            );
        }
    }
    #[cfg(target_arch = "aarch64")]
    if allowed >= Instructions::Avx2
        && let Some(simd) = Level::new().as_neon()
    {
        return simd.vectorize(
            #[inline(always)]
            || job.run::<Fused>(),
        );
    }
    job.run::<Plain>()
}

/// Returns `yes` or `no` by the condition, both computed.
#[inline(always)]
pub(crate) fn select(condition: bool, yes: f64, no: f64) -> f64 {
    std::hint::select_unpredictable(condition, yes, no)
}

/// Returns true if all of these are finite; may return false if their sum overflows.
#[inline(always)]
pub(crate) fn are_finite<const N: usize>(values: [f64; N]) -> bool {
    let mut sum = 0.0;
    for value in values {
        sum += value;
    }
    sum * 0.0 == 0.0
}

/// Returns the polynomial of these coefficients, lowest first, in four interleaved chains: a quarter of Horner's
/// latency.
#[inline(always)]
pub(crate) fn polynomial<A: Arithmetic, const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    let square = x * x;
    let fourth = square * square;
    let (zeroth, first) = (chain::<A, N, 0>(fourth, coefficients), chain::<A, N, 1>(fourth, coefficients));
    let (second, third) = (chain::<A, N, 2>(fourth, coefficients), chain::<A, N, 3>(fourth, coefficients));
    A::mul_add(square, A::mul_add(third, x, second), A::mul_add(first, x, zeroth))
}

/// Returns the polynomial of every fourth coefficient from this one on. The sum starts with the last of them, because
/// the compiler would keep a product with zero.
#[inline(always)]
fn chain<A: Arithmetic, const N: usize, const FIRST: usize>(fourth: f64, coefficients: &[f64; N]) -> f64 {
    let mut index = N - 1 - (N - 1 - FIRST) % 4;
    let mut value = coefficients[index];
    while index > FIRST {
        index -= 4;
        value = A::mul_add(value, fourth, coefficients[index]);
    }
    value
}
