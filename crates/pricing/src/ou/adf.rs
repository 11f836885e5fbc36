//! The augmented Dickey–Fuller test for a unit root: is a series a random walk, or does it revert?

use super::scaled;
use crate::{
    fit::FitError,
    lanes::{Plain, mills},
};

/// The deterministic terms of the regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Trend {
    /// No term: the series reverts to zero.
    None,
    /// A constant: the series reverts to a mean.
    Constant,
    /// A constant and a line: the series reverts to a trend.
    Linear,
}

/// The number of lagged changes in the regression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lags {
    /// This number of lags, at most 200.
    Fixed(usize),
    /// The number of lags, up to `12·(n/100)^¼`, with the least Akaike information.
    Akaike,
}

/// The result of the test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adf {
    /// The t-statistic of the last level; the more negative, the stronger the evidence against a random walk.
    pub statistic: f64,
    /// The probability of such a statistic or a lower one if the series is a random walk.
    pub p_value: f64,
    /// The number of lagged changes in the regression.
    pub lags: usize,
}

/// Tests a series for a unit root (Dickey and Fuller 1979; Said and Dickey 1984), with the p-value by `MacKinnon`'s
/// (1994) response surface.
///
/// The time grows with the observations times the square of the lags.
///
/// # Errors
/// [`FitError::TooFew`] if the lags leave no more observations than coefficients, [`FitError::InvalidParameter`] for
/// more than 200 lags, [`FitError::NotFinite`], and [`FitError::NoVariation`] for a series whose past determines it,
/// such as a constant.
pub fn adf(series: &[f64], trend: Trend, lags: Lags) -> Result<Adf, FitError> {
    FitError::check_values(series, 4)?;
    let (series, _) = scaled(series);
    let lags = match lags {
        Lags::Fixed(lags) if lags > MOST_LAGS => {
            return Err(FitError::InvalidParameter { field: "lags", value: lags as f64, expected: "at most 200" });
        }
        Lags::Fixed(lags) => lags,
        Lags::Akaike => best_lags(&series, trend)?,
    };
    let statistic = statistic(&series, trend, lags)?;
    Ok(Adf { statistic, p_value: p_value(trend, statistic), lags })
}

/// The largest number of lags: more would take seconds.
const MOST_LAGS: usize = 200;

/// Returns the number of lags with the least Akaike information of normal residuals, all on the observations that the
/// largest number of lags leaves.
fn best_lags(series: &[f64], trend: Trend) -> Result<usize, FitError> {
    let limit = 12.0 * (series.len() as f64 / 100.0).powf(0.25);
    let most = (series.len() / 2).saturating_sub(trend.columns() + 1).min(MOST_LAGS);
    let most = (0..most).find(|lags| *lags as f64 >= limit).unwrap_or(most);
    let mut regression = Regression::new(series, trend, most)?;
    regression.explain_by_level()?;
    let count = regression.rest.len() as f64;
    let mut best = (f64::INFINITY, 0);
    for lags in 0..=most {
        if lags > 0 {
            regression.explain_by_change(lags)?;
        }
        let columns = (trend.columns() + lags + 1) as f64;
        let information = count * ((std::f64::consts::TAU * regression.residuals() / count).ln() + 1.0) + 2.0 * columns;
        if information < best.0 {
            best = (information, lags);
        }
    }
    Ok(best.1)
}

/// Returns the t-statistic of the last level beside `lags` lags.
fn statistic(series: &[f64], trend: Trend, lags: usize) -> Result<f64, FitError> {
    let mut regression = Regression::new(series, trend, lags)?;
    for lag in 1..=lags {
        regression.explain_by_change(lag)?;
    }
    // The level comes last, so that its part of the changes is explained by no other column.
    let projection = regression.explain_by_level()?;
    let freedom = regression.rest.len() - trend.columns() - lags - 1;
    let statistic = projection / (regression.residuals() / freedom as f64).sqrt();
    if statistic.is_finite() { Ok(statistic) } else { Err(FitError::NoVariation) }
}

impl Trend {
    fn columns(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::Linear => 2,
        }
    }
}

/// Least squares of the changes, on trend, past changes and the last level, one column after the other.
struct Regression<'a> {
    series: &'a [f64],
    changes: Vec<f64>,
    /// The number of observations left out at the beginning, for the lags.
    skipped: usize,
    /// The orthonormal columns so far.
    basis: Vec<Vec<f64>>,
    /// The part of the changes that no column explains.
    rest: Vec<f64>,
}

impl<'a> Regression<'a> {
    /// Creates the regression on the trend alone, on the observations that `lags` lags leave.
    fn new(series: &'a [f64], trend: Trend, lags: usize) -> Result<Self, FitError> {
        let need = trend.columns() + 2 * lags + 3;
        if series.len() <= need {
            return Err(FitError::TooFew { have: series.len(), need: need + 1 });
        }
        let changes: Vec<f64> =
            series.iter().zip(series.iter().skip(1)).map(|(before, after)| after - before).collect();
        let rest: Vec<f64> = changes.iter().skip(lags).copied().collect();
        let observations = rest.len();
        let mut regression = Self { series, changes, skipped: lags, basis: Vec::new(), rest };
        if trend != Trend::None {
            regression.explain(vec![1.0; observations])?;
        }
        if trend == Trend::Linear {
            regression.explain((1..=observations).map(|time| time as f64).collect())?;
        }
        Ok(regression)
    }

    /// Removes the part of the rest that the changes `lag` observations before explain.
    fn explain_by_change(&mut self, lag: usize) -> Result<f64, FitError> {
        self.explain(self.changes.iter().skip(self.skipped - lag).take(self.rest.len()).copied().collect())
    }

    /// Removes the part of the rest that the last levels explain.
    fn explain_by_level(&mut self) -> Result<f64, FitError> {
        self.explain(self.series.iter().skip(self.skipped).take(self.rest.len()).copied().collect())
    }

    /// Removes the part of the rest that a column explains. Returns the projection of the rest on the part of the
    /// column that the columns before it do not explain.
    fn explain(&mut self, mut column: Vec<f64>) -> Result<f64, FitError> {
        let size = norm(&column);
        // Gram–Schmidt, twice: the second pass removes the rounding errors of the first.
        for _ in 0..2 {
            for unit in &self.basis {
                let share = dot(unit, &column);
                subtract(&mut column, share, unit);
            }
        }
        let remaining = norm(&column);
        if remaining.is_nan() || remaining <= 1e-12 * size {
            return Err(FitError::NoVariation);
        }
        for value in &mut column {
            *value /= remaining;
        }
        let projection = dot(&column, &self.rest);
        subtract(&mut self.rest, projection, &column);
        self.basis.push(column);
        Ok(projection)
    }

    /// Returns the sum of the squared rest.
    fn residuals(&self) -> f64 {
        dot(&self.rest, &self.rest)
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn norm(values: &[f64]) -> f64 {
    dot(values, values).sqrt()
}

fn subtract(values: &mut [f64], factor: f64, column: &[f64]) {
    values.iter_mut().zip(column).for_each(|(value, other)| *value -= factor * other);
}

/// `MacKinnon`'s (1994, tables 3 and 4) polynomials for one series: the ends of their range, the statistic at which
/// they change, and their coefficients from the constant upwards.
struct Surface {
    lowest: f64,
    highest: f64,
    change: f64,
    low: [f64; 3],
    high: [f64; 4],
}

fn p_value(trend: Trend, statistic: f64) -> f64 {
    let surface = match trend {
        Trend::None => Surface {
            lowest: -19.04,
            highest: f64::INFINITY,
            change: -1.04,
            low: [0.6344, 1.2378, 3.2496e-2],
            high: [0.4797, 9.3557e-1, -0.6999e-1, 3.3066e-2],
        },
        Trend::Constant => Surface {
            lowest: -18.83,
            highest: 2.74,
            change: -1.61,
            low: [2.1659, 1.4412, 3.8269e-2],
            high: [1.7339, 9.3202e-1, -1.2745e-1, -1.0368e-2],
        },
        Trend::Linear => Surface {
            lowest: -16.18,
            highest: 0.7,
            change: -2.89,
            low: [3.2512, 1.6047, 4.9588e-2],
            high: [2.5261, 6.1654e-1, -3.7956e-1, -6.0285e-2],
        },
    };
    if statistic > surface.highest {
        return 1.0;
    }
    if statistic < surface.lowest {
        return 0.0;
    }
    let coefficients = if statistic <= surface.change { &surface.low[..] } else { &surface.high[..] };
    let z = coefficients.iter().rev().fold(0.0, |value, coefficient| value * statistic + coefficient);
    let tail = mills::density::<Plain>(z) * mills::mills::<Plain>(z.abs());
    if z < 0.0 { tail } else { 1.0 - tail }
}
