//! The vector instructions in which formulas run.

use std::cell::Cell;

/// The widest vector instructions that formulas may run in, the narrowest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Instructions {
    /// The instructions that the program was compiled for, with products and sums rounded one by one. The results are
    /// the same bits on every machine.
    Portable,
    /// On x86 AVX2 with fused multiplication and addition, where the machine has it; elsewhere the widest.
    Avx2,
    /// The widest that the machine has: AVX-512, AVX2 or NEON.
    #[default]
    Widest,
}

thread_local! {
    static LIMIT: Cell<Instructions> = const { Cell::new(Instructions::Widest) };
}

impl Instructions {
    /// Runs the work with no wider instructions than these, in the calling thread. Other
    /// [`Threads`](crate::columns::Threads) run the widest.
    ///
    /// Use it for measurements, and for results that do not depend on the machine. With AVX-512, AVX2 and NEON the
    /// results are the same bits. [`Portable`](Self::Portable) results differ from them in the last bits: both are
    /// within the error that the crate's documentation states, so that a price or a Greek differs by at most
    /// `8·2⁻⁵²·(1 + c)` with its condition number `c`, and an implied volatility by four times the unavoidable error
    /// from the rounding of its price.
    ///
    /// ```
    /// # use strikebook_core::{market::OptionType, pricing::OptionInputs};
    /// use strikebook_pricing::{Instructions, black_scholes};
    ///
    /// # let option_type = OptionType::Put;
    /// # let (spot, strike, years, rate, dividend_yield) = (100.0, 95.0, 0.25, 0.04, 0.01);
    /// # let put = OptionInputs { option_type, spot, strike, years, rate, dividend_yield };
    /// let here = black_scholes::price(&put, 0.25)?;
    /// let everywhere = Instructions::Portable.limit(|| black_scholes::price(&put, 0.25))?;
    /// assert!((everywhere / here - 1.0).abs() < 1e-14);
    /// # Ok::<(), strikebook_pricing::PricingError>(())
    /// ```
    pub fn limit<T>(self, work: impl FnOnce() -> T) -> T {
        /// Restores the limit, also when the work panics.
        struct Restored(Instructions);
        impl Drop for Restored {
            fn drop(&mut self) {
                LIMIT.set(self.0);
            }
        }
        let _restored = Restored(LIMIT.replace(self.min(LIMIT.get())));
        work()
    }

    /// The limit in this thread.
    #[inline]
    pub(crate) fn allowed() -> Self {
        LIMIT.get()
    }
}
