//! What runs over columns of options: a model's formulas, and what to do where they do not apply.

use std::marker::PhantomData;

use strikebook_core::market::OptionType;

use crate::{
    error::PricingError,
    lanes::{Arithmetic, Job, black::ALL, dispatch},
};

/// Options in a block: enough for the compiler to overlap their steps, few enough for the nearest cache.
pub(crate) const BLOCK: usize = 64;

/// A function of `I` numbers and an option type that gives `O` numbers.
pub(crate) trait Kernel<const I: usize, const O: usize> {
    /// The result, branch-free; not finite wherever [`row`](Self::row) has to decide. The sign is 1 for a call and −1
    /// for a put.
    fn lane<A: Arithmetic>(sign: f64, inputs: [f64; I]) -> [f64; O];

    /// The result with its limits, or why there is none. Where the lane is finite they are the same bits.
    fn row(option_type: OptionType, inputs: [f64; I]) -> Result<[f64; O], PricingError>;

    /// [`lane`](Self::lane) of every option in a block. Whether any of its values is not finite.
    fn block<A: Arithmetic>(signs: &[f64; BLOCK], inputs: &[[f64; BLOCK]; I], outputs: &mut [[f64; BLOCK]; O]) -> bool;
}

/// Whether any of these is not finite.
#[inline(always)]
pub(crate) fn any_not_finite(values: &[f64; BLOCK]) -> bool {
    // Zero times a finite number is zero.
    values.iter().fold(false, |any, value| any | (value * 0.0).is_nan())
}

/// `1` for a call and `−1` for a put.
#[inline(always)]
pub(crate) fn sign(option_type: OptionType) -> f64 {
    match option_type {
        OptionType::Call => 1.0,
        OptionType::Put => -1.0,
    }
}

/// [`Kernel::lane`] of one option, in the instructions in which a block of them runs.
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

/// Numbers that are prepared for the formulas of an option.
pub(crate) const PREPARED: usize = 4;

/// A model of `I` numbers.
pub(crate) trait Model<const I: usize> {
    /// What [`values`](Self::values) starts from: about half of the work, in a loop of its own. With everything in one
    /// loop there are more steps in it than a processor looks ahead, and it would wait for each option's.
    fn prepare<A: Arithmetic>(sign: f64, inputs: [f64; I]) -> [f64; PREPARED];

    /// Price and Greeks in the order of [`Lognormal::all`](crate::lanes::black::Lognormal::all); the price is not
    /// finite where the formulas do not apply.
    fn values<A: Arithmetic>(sign: f64, inputs: [f64; I], prepared: [f64; PREPARED]) -> [f64; ALL];

    /// Names the first input that is out of its range.
    fn check(inputs: [f64; I]) -> Result<(), PricingError>;

    /// The price where the formulas do not apply or lead beyond a float; the inputs are in their ranges.
    fn limit_of_price(option_type: OptionType, inputs: [f64; I]) -> Result<f64, PricingError>;

    /// Price and Greeks there.
    fn limits(option_type: OptionType, inputs: [f64; I]) -> Result<[f64; ALL], PricingError>;
}

/// The price alone, or it and as many Greeks as the kernel gives numbers. What is not asked for is not computed.
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
