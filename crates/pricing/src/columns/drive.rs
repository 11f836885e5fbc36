//! A kernel over columns, block by block.

use std::{marker::PhantomData, ops::Range};

use strikebook_core::market::OptionType;

use super::{Failure, Threads};
use crate::{
    error::PricingError,
    kernel::{BLOCK, Kernel, sign},
    lanes::{Arithmetic, Job, dispatch},
};

/// The number of rows that are worth a thread.
#[cfg(feature = "rayon")]
const ROWS_PER_TASK: usize = 64 * BLOCK;

/// Checks that the columns are of one length, fills the outputs, and returns the failures in the order of their rows.
pub(super) fn run<K: Kernel<I, O>, const I: usize, const O: usize>(
    threads: Threads,
    option_type: &[OptionType],
    inputs: [(&'static str, &[f64]); I],
    outputs: [(&'static str, &mut [f64]); O],
) -> Result<Vec<Failure>, PricingError> {
    let expected = option_type.len();
    let lengths = inputs.iter().map(|(column, values)| (*column, values.len()));
    for (column, length) in lengths.chain(outputs.iter().map(|(column, values)| (*column, values.len()))) {
        if length != expected {
            return Err(PricingError::ColumnLength { column, length, expected });
        }
    }
    let part = Part::<K, I, O> {
        first_row: 0,
        option_type,
        inputs: inputs.map(|(_, values)| values),
        outputs: outputs.map(|(_, values)| values),
        kernel: PhantomData,
    };
    Ok(match threads {
        Threads::One => part.fill(),
        #[cfg(feature = "rayon")]
        Threads::All => part.fill_in_parallel(),
    })
}

/// A range of rows of columns, all of one length.
struct Part<'a, K, const I: usize, const O: usize> {
    first_row: usize,
    option_type: &'a [OptionType],
    inputs: [&'a [f64]; I],
    outputs: [&'a mut [f64]; O],
    kernel: PhantomData<fn() -> K>,
}

impl<K: Kernel<I, O>, const I: usize, const O: usize> Part<'_, K, I, O> {
    #[cfg(feature = "rayon")]
    fn fill_in_parallel(self) -> Vec<Failure> {
        if self.option_type.len() <= ROWS_PER_TASK {
            return self.fill();
        }
        let middle = (self.option_type.len() / 2).next_multiple_of(BLOCK);
        let (left, right) = self.split(middle);
        let (mut failures, more) = rayon::join(|| left.fill_in_parallel(), || right.fill_in_parallel());
        failures.extend(more);
        failures
    }

    /// Splits the rows into the first ones and those after them.
    #[cfg(feature = "rayon")]
    fn split(self, rows: usize) -> (Self, Self) {
        let (option_type, option_type_behind) = self.option_type.split_at(rows);
        let inputs = self.inputs.map(|column| column.split_at(rows));
        let mut outputs = self.outputs.map(|column| column.split_at_mut(rows));
        let first = Self {
            first_row: self.first_row,
            option_type,
            inputs: inputs.map(|(front, _)| front),
            outputs: outputs.each_mut().map(|(front, _)| std::mem::take(front)),
            kernel: PhantomData,
        };
        let second = Self {
            first_row: self.first_row + rows,
            option_type: option_type_behind,
            inputs: inputs.map(|(_, behind)| behind),
            outputs: outputs.map(|(_, behind)| behind),
            kernel: PhantomData,
        };
        (first, second)
    }

    /// Computes all rows in the caller's thread.
    fn fill(mut self) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut block = Block::new();
        for first in (0..self.option_type.len()).step_by(BLOCK) {
            let rows = first..self.option_type.len().min(first + BLOCK);
            if dispatch(Fill { part: &mut self, rows: rows.clone(), block: &mut block }) {
                self.decide(rows, &mut failures);
            }
        }
        failures
    }

    /// Computes the rows again, one by one, of which the lanes have no finite result.
    fn decide(&mut self, rows: Range<usize>, failures: &mut Vec<Failure>) {
        for row in rows {
            if self.outputs.iter().all(|column| column[row].is_finite()) {
                continue;
            }
            let values = K::row(self.option_type[row], self.inputs.map(|column| column[row]));
            if let Err(error) = values {
                failures.push(Failure { row: self.first_row + row, error });
            }
            for (column, value) in self.outputs.iter_mut().zip(values.unwrap_or([f64::NAN; O])) {
                column[row] = value;
            }
        }
    }
}

/// Copies the inputs of a block of options; lanes beyond the last row keep their old numbers.
struct Block<const I: usize, const O: usize> {
    signs: [f64; BLOCK],
    inputs: [[f64; BLOCK]; I],
    outputs: [[f64; BLOCK]; O],
}

impl<const I: usize, const O: usize> Block<I, O> {
    fn new() -> Self {
        Self { signs: [1.0; BLOCK], inputs: [[1.0; BLOCK]; I], outputs: [[0.0; BLOCK]; O] }
    }
}

/// Computes a block, and returns true if any of its values is not finite.
struct Fill<'a, 'b, K, const I: usize, const O: usize> {
    part: &'a mut Part<'b, K, I, O>,
    rows: Range<usize>,
    block: &'a mut Block<I, O>,
}

impl<K: Kernel<I, O>, const I: usize, const O: usize> Job for Fill<'_, '_, K, I, O> {
    type Output = bool;

    #[inline(always)]
    fn run<A: Arithmetic>(self) -> bool {
        let Self { part, rows, block: Block { signs, inputs, outputs } } = self;
        for (sign_of, option_type) in signs.iter_mut().zip(&part.option_type[rows.clone()]) {
            *sign_of = sign(*option_type);
        }
        for (lanes, column) in inputs.iter_mut().zip(part.inputs) {
            let values = &column[rows.clone()];
            match values.first_chunk() {
                Some(full) => *lanes = *full,
                None => lanes[..values.len()].copy_from_slice(values),
            }
        }
        let irregular = K::block::<A>(signs, inputs, outputs);
        for (lanes, column) in outputs.iter().zip(&mut part.outputs) {
            let values = &mut column[rows.clone()];
            match values.first_chunk_mut() {
                Some(full) => *full = *lanes,
                None => values.copy_from_slice(&lanes[..values.len()]),
            }
        }
        irregular
    }
}
