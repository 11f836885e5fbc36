//! The options of the benchmarks.

use std::ops::Range;

use strikebook_core::market::OptionType;
use strikebook_pricing::{PricingError, columns::BlackScholesColumns};

/// The number of rows of a chain. A chain's results overwrite those of the chain before, as in a stream of chains.
const CHAIN: usize = 4096;

/// Columns of options with their volatilities and prices.
#[derive(Default)]
pub(crate) struct Grid {
    pub(crate) option_type: Vec<OptionType>,
    pub(crate) spot: Vec<f64>,
    pub(crate) strike: Vec<f64>,
    pub(crate) years: Vec<f64>,
    pub(crate) rate: Vec<f64>,
    pub(crate) dividend_yield: Vec<f64>,
    pub(crate) volatility: Vec<f64>,
    pub(crate) price: Vec<f64>,
}

impl Grid {
    /// Creates the grid, the same at each call.
    pub(crate) fn new(options: usize) -> Result<Self, PricingError> {
        let mut random = fastrand::Rng::with_seed(1973);
        let mut grid = Self::default();
        for _ in 0..options {
            let mut between = |low: f64, high: f64| low + (high - low) * random.f64();
            grid.option_type.push(if between(0.0, 1.0) < 0.5 { OptionType::Call } else { OptionType::Put });
            grid.spot.push(100.0);
            grid.strike.push(between(50.0, 200.0));
            grid.years.push(between(1.0 / 365.0, 3.0));
            grid.rate.push(between(-0.01, 0.08));
            grid.dividend_yield.push(between(0.0, 0.06));
            grid.volatility.push(between(0.05, 1.5));
        }
        grid.priced()
    }

    /// Returns the out-of-the-money option of each row, undiscounted as for the peers, whose price in units of √(F·K)
    /// is at least `least`.
    pub(crate) fn out_of_the_money(&self, least: f64) -> Result<Self, PricingError> {
        let mut grid = Self::default();
        for row in 0..self.spot.len() {
            let forward = self.spot[row] * ((self.rate[row] - self.dividend_yield[row]) * self.years[row]).exp();
            grid.option_type.push(if forward < self.strike[row] { OptionType::Call } else { OptionType::Put });
            grid.spot.push(forward);
            grid.strike.push(self.strike[row]);
            grid.years.push(self.years[row]);
            grid.rate.push(0.0);
            grid.dividend_yield.push(0.0);
            grid.volatility.push(self.volatility[row]);
        }
        let grid = grid.priced()?;
        let kept = |row: &usize| grid.price[*row] >= least * (grid.spot[*row] * grid.strike[*row]).sqrt();
        let rows: Vec<usize> = (0..grid.spot.len()).filter(kept).collect();
        let numbers = |column: &[f64]| rows.iter().map(|row| column[*row]).collect();
        Ok(Self {
            option_type: rows.iter().map(|row| grid.option_type[*row]).collect(),
            spot: numbers(&grid.spot),
            strike: numbers(&grid.strike),
            years: numbers(&grid.years),
            rate: numbers(&grid.rate),
            dividend_yield: numbers(&grid.dividend_yield),
            volatility: numbers(&grid.volatility),
            price: numbers(&grid.price),
        })
    }

    /// Returns all rows as columns.
    pub(crate) fn columns(&self) -> BlackScholesColumns<'_> {
        self.rows(0..self.spot.len())
    }

    /// Returns a range of rows as columns.
    pub(crate) fn rows(&self, rows: Range<usize>) -> BlackScholesColumns<'_> {
        BlackScholesColumns {
            option_type: &self.option_type[rows.clone()],
            spot: &self.spot[rows.clone()],
            strike: &self.strike[rows.clone()],
            years: &self.years[rows.clone()],
            rate: &self.rate[rows.clone()],
            dividend_yield: &self.dividend_yield[rows],
            ..BlackScholesColumns::default()
        }
    }

    /// Returns the ranges of the chains' rows.
    pub(crate) fn chains(&self) -> impl Iterator<Item = Range<usize>> {
        let rows = self.spot.len();
        (0..rows).step_by(CHAIN).map(move |first| first..rows.min(first + CHAIN))
    }

    fn priced(mut self) -> Result<Self, PricingError> {
        let mut price = vec![0.0; self.spot.len()];
        self.columns().prices(&self.volatility, &mut price)?;
        self.price = price;
        Ok(self)
    }
}
