//! Many American options at once, as columns.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::{AmericanValuation, Greeks, Preset, contract::Contract, exercise::Solver, implied_volatility};
use crate::{
    columns::{Failure, GreekColumns, Threads},
    error::PricingError,
};

/// The number of rows that a thread takes at a time.
#[cfg(feature = "rayon")]
const ROWS_PER_TASK: usize = 64;

/// American options, a column for each field of [`OptionInputs`].
///
/// Each row equals the result of the functions of one option, to the bit. A row without a value is NaN in every output
/// column and is returned as a [`Failure`]; other rows are not affected. Rows that follow each other and have the same
/// type, years, rate, yield and volatility share the exercise boundary, which is most of the work: sort a chain by
/// them.
///
/// ```
/// use strikebook_core::market::OptionType::Put;
/// use strikebook_pricing::american::{AmericanColumns, Preset};
/// use strikebook_pricing::columns::Threads;
///
/// let options = AmericanColumns {
///     option_type: &[Put, Put],
///     spot: &[100.0, 100.0],
///     strike: &[95.0, 105.0],
///     years: &[0.5, 0.5],
///     rate: &[0.04, 0.04],
///     dividend_yield: &[0.01, 0.01],
///     preset: Preset::Accurate,
///     threads: Threads::One,
/// };
/// let mut prices = [0.0; 2];
/// assert!(options.prices(&[0.25, 0.25], &mut prices)?.is_empty());
/// assert!(prices[1] > prices[0]);
/// # Ok::<(), strikebook_pricing::PricingError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AmericanColumns<'a> {
    /// Call or put, one a row.
    pub option_type: &'a [OptionType],
    /// The price of the underlying.
    pub spot: &'a [f64],
    /// The strike of each option.
    pub strike: &'a [f64],
    /// Time to expiration in years.
    pub years: &'a [f64],
    /// The interest rate per 1.00 a year.
    pub rate: &'a [f64],
    /// The dividend yield per 1.00 a year.
    pub dividend_yield: &'a [f64],
    /// The trade-off between accuracy and time.
    pub preset: Preset,
    /// The threads to compute on.
    pub threads: Threads,
}

impl AmericanColumns<'_> {
    /// Computes [`price`](super::price) of each option at its volatility.
    ///
    /// # Errors
    /// [`PricingError::ColumnLength`] if a column is not as long as that of option types; nothing is written then.
    pub fn prices(&self, volatility: &[f64], price: &mut [f64]) -> Result<Vec<Failure>, PricingError> {
        self.fill([("volatility", volatility)], [("price", price)], |solver, option, [volatility]| {
            Ok([Contract::new(option, volatility)?.price(solver)?])
        })
    }

    /// Computes [`valuation`](super::valuation) of each option at its volatility, without epsilon.
    ///
    /// # Errors
    /// The errors of [`prices`](Self::prices).
    pub fn greeks(&self, volatility: &[f64], outputs: GreekColumns<'_>) -> Result<Vec<Failure>, PricingError> {
        self.fill([("volatility", volatility)], outputs.named(), |solver, option, [volatility]| {
            let AmericanValuation { price, greeks } = Contract::new(option, volatility)?.valuation(solver)?;
            let Greeks { delta, gamma, vega, theta, rho, epsilon: _ } = greeks;
            Ok([price, delta, gamma, vega, theta, rho])
        })
    }

    /// Computes [`implied_volatility`] of each option at its price.
    ///
    /// # Errors
    /// The errors of [`prices`](Self::prices).
    pub fn implied_volatilities(&self, price: &[f64], volatility: &mut [f64]) -> Result<Vec<Failure>, PricingError> {
        self.fill([("price", price)], [("volatility", volatility)], |_, option, [price]| {
            Ok([implied_volatility(option, price, self.preset)?])
        })
    }

    /// Checks that the columns are of one length, fills the outputs, and returns the failures in the order of their
    /// rows.
    fn fill<const O: usize>(
        &self,
        [given]: [(&'static str, &[f64]); 1],
        outputs: [(&'static str, &mut [f64]); O],
        value: impl Fn(&mut Solver, &OptionInputs, [f64; 1]) -> Result<[f64; O], PricingError> + Sync,
    ) -> Result<Vec<Failure>, PricingError> {
        let Self { option_type, spot, strike, years, rate, dividend_yield, preset, threads } = *self;
        let expected = option_type.len();
        let inputs = [
            ("spot", spot),
            ("strike", strike),
            ("years", years),
            ("rate", rate),
            ("dividend_yield", dividend_yield),
            given,
        ];
        let lengths = inputs.iter().map(|(column, values)| (*column, values.len()));
        for (column, length) in lengths.chain(outputs.iter().map(|(column, values)| (*column, values.len()))) {
            if length != expected {
                return Err(PricingError::ColumnLength { column, length, expected });
            }
        }
        let row = |solver: &mut Solver, row: usize| {
            let option = OptionInputs {
                option_type: option_type[row],
                spot: spot[row],
                strike: strike[row],
                years: years[row],
                rate: rate[row],
                dividend_yield: dividend_yield[row],
            };
            value(solver, &option, [given.1[row]])
        };
        let mut outputs = outputs.map(|(_, column)| column);
        let mut failures = Vec::new();
        let mut write = |row: usize, values: Result<[f64; O], PricingError>| {
            if let Err(error) = values {
                failures.push(Failure { row, error });
            }
            for (column, value) in outputs.iter_mut().zip(values.unwrap_or([f64::NAN; O])) {
                column[row] = value;
            }
        };
        match threads {
            Threads::One => {
                let mut solver = Solver::new(preset.ladder());
                (0..expected).for_each(|index| write(index, row(&mut solver, index)));
            }
            #[cfg(feature = "rayon")]
            Threads::All => {
                use rayon::prelude::*;
                let values: Vec<_> = (0..expected)
                    .into_par_iter()
                    .with_min_len(ROWS_PER_TASK)
                    .map_init(|| Solver::new(preset.ladder()), |solver, index| row(solver, index))
                    .collect();
                values.into_iter().enumerate().for_each(|(index, values)| write(index, values));
            }
        }
        Ok(failures)
    }
}
