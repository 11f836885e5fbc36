//! The augmented Dickey–Fuller test: whether a series wanders or returns.

use crate::fit::FitError;
use crate::lanes::{Plain, mills};

/// What the regression contains besides the series' own past.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trend {
    /// Nothing: the series returns to zero.
    None,
    /// A constant: it returns to a mean.
    Constant,
    /// A constant and a line: it returns to a trend.
    Linear,
}

/// How many past changes the regression contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lags {
    /// So many.
    Fixed(usize),
    /// As many, up to `12·(n/100)^¼`, as give the least Akaike information.
    Akaike,
}

/// The test's outcome.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adf {
    /// The t-statistic of the last level; the more negative, the less the series wanders.
    pub statistic: f64,
    /// Probability of such a statistic or a lower one if the series is a random walk.
    pub p_value: f64,
    /// Number of past changes in the regression.
    pub lags: usize,
}

/// Tests a series for a unit root (Dickey and Fuller 1979; Said and Dickey 1984), with the p-value by `MacKinnon`'s (1994)
/// response surface.
///
/// # Errors
///
/// [`FitError::TooFew`] if the lags leave no more observations than coefficients, [`FitError::NotFinite`], and
/// [`FitError::NoVariation`] for a series whose past determines it, such as a constant.
pub fn adf(series: &[f64], trend: Trend, lags: Lags) -> Result<Adf, FitError> {
    FitError::check_values(series, 4)?;
    let lags = match lags {
        Lags::Fixed(lags) => lags,
        Lags::Akaike => best_lags(series, trend)?,
    };
    let regression = Regression::new(series, trend, lags, lags)?;
    let statistic = regression.statistic()?;
    Ok(Adf { statistic, p_value: p_value(trend, statistic), lags })
}

/// The number of lags with the least information, all on the observations that the most lags leave.
fn best_lags(series: &[f64], trend: Trend) -> Result<usize, FitError> {
    let limit = 12.0 * (series.len() as f64 / 100.0).powf(0.25);
    let most = (series.len() / 2).saturating_sub(trend.columns() + 1);
    let most = (0..most).find(|lags| *lags as f64 >= limit).unwrap_or(most);
    let mut best = (f64::INFINITY, 0);
    for lags in 0..=most {
        let information = Regression::new(series, trend, lags, most)?.information();
        if information < best.0 {
            best = (information, lags);
        }
    }
    Ok(best.1)
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

/// Least squares of the changes on trend, past changes and the last level, the level being last.
struct Regression {
    observations: usize,
    columns: usize,
    /// Sum of the squared residuals.
    residuals: f64,
    /// Projection of the changes on the part of the level that no other column explains.
    projection: f64,
}

impl Regression {
    /// With so many lags, leaving out as many observations as `skipped` lags would.
    fn new(series: &[f64], trend: Trend, lags: usize, skipped: usize) -> Result<Self, FitError> {
        let columns = trend.columns() + lags + 1;
        let need = skipped + columns + 2;
        if series.len() <= need {
            return Err(FitError::TooFew { have: series.len(), need: need + 1 });
        }
        let changes: Vec<f64> =
            series.iter().zip(series.iter().skip(1)).map(|(before, after)| after - before).collect();
        let observations = changes.len() - skipped;
        let mut matrix: Vec<Vec<f64>> = Vec::with_capacity(columns);
        if trend != Trend::None {
            matrix.push(vec![1.0; observations]);
        }
        if trend == Trend::Linear {
            matrix.push((1..=observations).map(|time| time as f64).collect());
        }
        for lag in 1..=lags {
            matrix.push(changes.iter().skip(skipped - lag).take(observations).copied().collect());
        }
        matrix.push(series.iter().skip(skipped).take(observations).copied().collect());

        let mut rest: Vec<f64> = changes.into_iter().skip(skipped).collect();
        let mut basis: Vec<Vec<f64>> = Vec::with_capacity(columns);
        let mut projection = 0.0;
        for mut column in matrix {
            let size = norm(&column);
            // Gram–Schmidt, twice: the second time removes what rounding left of the first.
            for _ in 0..2 {
                for unit in &basis {
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
            projection = dot(&column, &rest);
            subtract(&mut rest, projection, &column);
            basis.push(column);
        }
        Ok(Self { observations, columns, residuals: dot(&rest, &rest), projection })
    }

    /// Akaike's information of normal residuals.
    fn information(&self) -> f64 {
        let count = self.observations as f64;
        count * ((std::f64::consts::TAU * self.residuals / count).ln() + 1.0) + 2.0 * self.columns as f64
    }

    fn statistic(&self) -> Result<f64, FitError> {
        let variance = self.residuals / (self.observations - self.columns) as f64;
        let statistic = self.projection / variance.sqrt();
        if statistic.is_finite() { Ok(statistic) } else { Err(FitError::NoVariation) }
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

/// `MacKinnon`'s (1994, tables 3 and 4) polynomials for one series: their ends, where they change, and their coefficients
/// from the constant upwards.
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
