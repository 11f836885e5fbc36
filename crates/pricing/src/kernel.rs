//! Kernels over columns of options: a model's formulas, and the limits where they do not apply.

use std::marker::PhantomData;

use strikebook_core::market::OptionType;

use crate::{
    error::PricingError,
    lanes::{Arithmetic, Job, black::ALL, dispatch},
};

/// The number of options in a block: enough for the compiler to overlap their steps, few enough for the nearest cache.
pub(crate) const BLOCK: usize = 64;

/// A function of `I` numbers and an option type with `O` results.
pub(crate) trait Kernel<const I: usize, const O: usize> {
    /// Returns the result, branch-free; not finite where only [`row`](Self::row) has the result. The sign is 1 for a
    /// call and −1 for a put.
    fn lane<A: Arithmetic>(sign: f64, inputs: [f64; I]) -> [f64; O];

    /// Returns the result or the limit, or the reason why neither exists. Where the lane is finite, both have the same
    /// bits.
    fn row(option_type: OptionType, inputs: [f64; I]) -> Result<[f64; O], PricingError>;

    /// Computes [`lane`](Self::lane) of every option in a block. Returns true if any of its values is not finite.
    fn block<A: Arithmetic>(signs: &[f64; BLOCK], inputs: &[[f64; BLOCK]; I], outputs: &mut [[f64; BLOCK]; O]) -> bool;
}

/// Returns true if any of these is not finite.
#[inline(always)]
pub(crate) fn any_not_finite(values: &[f64; BLOCK]) -> bool {
    // Zero times a finite number is zero, zero times any other is NaN.
    values.iter().fold(false, |any, value| any | (value * 0.0).is_nan())
}

/// Returns `1` for a call and `−1` for a put.
#[inline(always)]
pub(crate) fn sign(option_type: OptionType) -> f64 {
    match option_type {
        OptionType::Call => 1.0,
        OptionType::Put => -1.0,
    }
}

/// Returns [`Kernel::lane`] of one option, in the same instructions as a block's.
pub(crate) fn lane<K: Kernel<I, O>, const I: usize, const O: usize>(
    option_type: OptionType,
    inputs: [f64; I],
) -> [f64; O] {
    dispatch(Lane::<K, I, O> { sign: sign(option_type), inputs, kernel: PhantomData })
}

struct Lane<K, const I: usize, const O: usize> {
    sign: f64,
    inputs: [f64; I],
    kernel: PhantomData<K>,
}

impl<K: Kernel<I, O>, const I: usize, const O: usize> Job for Lane<K, I, O> {
    type Output = [f64; O];

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> [f64; O] {
        K::lane::<A>(self.sign, self.inputs)
    }
}

/// The inputs of an option's formulas, with their common terms.
pub(crate) const PREPARED: usize = 4;

/// A model of `I` numbers.
pub(crate) trait Model<const I: usize> {
    /// Returns the common terms of [`values`](Self::values): about half of the work, in a loop of its own. A single
    /// loop of all steps is longer than a processor looks ahead, which would then wait for each option's results.
    fn prepare<A: Arithmetic>(sign: f64, inputs: [f64; I]) -> [f64; PREPARED];

    /// Returns price and Greeks in the order of [`Lognormal::all`](crate::lanes::black::Lognormal::all); the price is
    /// not finite where the formulas do not apply.
    fn values<A: Arithmetic>(sign: f64, inputs: [f64; I], prepared: [f64; PREPARED]) -> [f64; ALL];

    /// Returns an error that names the first input out of its range.
    fn check(inputs: [f64; I]) -> Result<(), PricingError>;

    /// Returns the price where the formulas do not apply or overflow; the inputs are in their ranges.
    fn limit_of_price(option_type: OptionType, inputs: [f64; I]) -> Result<f64, PricingError>;

    /// Returns price and Greeks where the formulas do not apply or overflow.
    fn limits(option_type: OptionType, inputs: [f64; I]) -> Result<[f64; ALL], PricingError>;
}

/// The price alone, or the price and as many Greeks as the kernel has results. Other values are not computed.
pub(crate) struct Values<M>(PhantomData<M>);

impl<M: Model<I>, const I: usize, const O: usize> Kernel<I, O> for Values<M> {
    #[inline(always)]
    fn lane<A: Arithmetic>(sign: f64, inputs: [f64; I]) -> [f64; O] {
        let values = M::values::<A>(sign, inputs, M::prepare::<A>(sign, inputs));
        std::array::from_fn(|index| values[index])
    }

    #[inline(always)]
    fn block<A: Arithmetic>(signs: &[f64; BLOCK], inputs: &[[f64; BLOCK]; I], outputs: &mut [[f64; BLOCK]; O]) -> bool {
        let mut prepared = [[0.0; BLOCK]; PREPARED];
        for lane in 0..BLOCK {
            let values = M::prepare::<A>(signs[lane], inputs.each_ref().map(|column| column[lane]));
            for (column, value) in prepared.iter_mut().zip(values) {
                column[lane] = value;
            }
        }
        let mut zeros = [0.0; BLOCK];
        for lane in 0..BLOCK {
            let prepared = prepared.each_ref().map(|column| column[lane]);
            let values = M::values::<A>(signs[lane], inputs.each_ref().map(|column| column[lane]), prepared);
            for (column, value) in outputs.iter_mut().zip(values) {
                column[lane] = value;
                zeros[lane] += value * 0.0;
            }
        }
        any_not_finite(&zeros)
    }

    fn row(option_type: OptionType, inputs: [f64; I]) -> Result<[f64; O], PricingError> {
        M::check(inputs)?;
        let values = lane::<Self, I, O>(option_type, inputs);
        if values.iter().all(|value| value.is_finite()) {
            return Ok(values);
        }
        if O == 1 {
            return Ok([M::limit_of_price(option_type, inputs)?; O]);
        }
        let values = M::limits(option_type, inputs)?;
        Ok(std::array::from_fn(|index| values[index]))
    }
}
