//! A straight line through points of which some may be far off.

/// A point, and how far off it may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    /// Above zero.
    pub(super) error: f64,
}

/// The line `y = level + slope·(x − center)`, whose two parameters are uncorrelated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) center: f64,
    pub(super) level: f64,
    pub(super) slope: f64,
    /// The standard error of the slope.
    pub(super) slope_error: f64,
    /// The standard error of the level.
    pub(super) level_error: f64,
}

/// A residual within so many robust standard deviations belongs to the line.
const NEAR: f64 = 3.0;
/// Points are not trusted to be better than this part of their errors.
const LEAST: f64 = 0.1;
/// The standard deviation of a normal distribution over its median absolute deviation.
const DEVIATION: f64 = 1.482_602_218_505_602;

impl Line {
    /// The robust line, and for each point whether it is near it. `None` for fewer than three points or all at one
    /// place.
    ///
    /// A line of repeated medians, which up to half of the points cannot carry away (Siegel 1982, "Robust regression
    /// using repeated medians", Biometrika 69), tells which points are near; least squares over these is the result.
    pub(super) fn robust(points: &[Point]) -> Option<(Self, Vec<bool>)> {
        let slopes = points.iter().map(|from| {
            let others = points.iter().filter(|to| (to.x - from.x).abs() > 0.0);
            (weighted_median(others.map(|to| ((to.y - from.y) / (to.x - from.x), weight(to)))), weight(from))
        });
        let slope = weighted_median(slopes.filter_map(|(slope, weight)| Some((slope?, weight))))?;
        let level = weighted_median(points.iter().map(|point| (point.y - slope * point.x, weight(point))))?;
        let miss = |point: &Point| (point.y - level - slope * point.x).abs() / point.error;
        let spread = DEVIATION * weighted_median(points.iter().map(|point| (miss(point), 1.0)))?;
        // The medians are a little off themselves, so points that are all on a line are allowed a trace.
        let near: Vec<_> = points.iter().map(|point| miss(point) <= (NEAR * spread).max(0.01)).collect();
        let kept: Vec<_> = points.iter().zip(&near).filter(|(_, near)| **near).map(|(point, _)| *point).collect();
        Some((Self::least_squares(&kept)?, near))
    }

    /// The line with the least squares of misses over errors. `None` for fewer than three points or all at one place.
    pub(super) fn least_squares(points: &[Point]) -> Option<Self> {
        let total: f64 = points.iter().map(weight_squared).sum();
        let mean = |of: &dyn Fn(&Point) -> f64| {
            points.iter().map(|point| weight_squared(point) * of(point)).sum::<f64>() / total
        };
        let (center, level) = (mean(&|point| point.x), mean(&|point| point.y));
        let spread = mean(&|point| (point.x - center).powi(2));
        let slope = mean(&|point| (point.x - center) * (point.y - level)) / spread;
        let misses = mean(&|point| (point.y - level - slope * (point.x - center)).powi(2)) * total;
        let freedom = points.len().checked_sub(2).filter(|freedom| *freedom > 0)? as f64;
        // A few points that happen to be on a line are not known to be exact.
        let scale = (misses / freedom).sqrt().max(LEAST);
        let level_error = scale / total.sqrt();
        let slope_error = level_error / spread.sqrt();
        let finite = [center, level, slope, slope_error].iter().all(|value| value.is_finite());
        finite.then_some(Self { center, level, slope, slope_error, level_error })
    }
}

fn weight(point: &Point) -> f64 {
    1.0 / point.error
}

fn weight_squared(point: &Point) -> f64 {
    weight(point).powi(2)
}

/// The value below which half of the weight lies; `None` without values.
pub(super) fn weighted_median(values: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let mut values: Vec<_> = values.collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * values.iter().map(|(_, weight)| weight).sum::<f64>();
    let mut below = 0.0;
    let reached = values.iter().find(|(_, weight)| {
        below += weight;
        below >= half
    });
    reached.or(values.last()).map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: u32) -> Vec<Point> {
        let noise = |index: u32| (f64::from(index * 7919 % 101) / 101.0 - 0.5) * 0.02;
        (0..count)
            .map(|index| {
                let x = f64::from(index) - 10.0;
                Point { x, y: 3.0 - 0.97 * x + noise(index), error: 0.01 }
            })
            .collect()
    }

    #[test]
    fn points_far_off_do_not_move_the_line() {
        let mut far = points(21);
        for index in [1, 4, 5, 9, 13, 16, 20] {
            far[index].y += 2.5;
        }
        let (line, near) = Line::robust(&far).expect("a line");
        assert_eq!(near.iter().filter(|near| !**near).count(), 7);
        assert!((line.slope + 0.97).abs() < 1e-3 && line.slope_error < 1e-3, "{line:?}");
        let at_zero = line.level - line.slope * line.center;
        assert!((at_zero - 3.0).abs() < 5e-3, "{at_zero}");
    }

    #[test]
    fn exact_points_give_the_exact_line() {
        let exact: Vec<_> = points(8).into_iter().map(|point| Point { y: 1.0 + 0.5 * point.x, ..point }).collect();
        let (line, near) = Line::robust(&exact).expect("a line");
        assert!(near.iter().all(|near| *near) && (line.slope - 0.5).abs() < 1e-14);
    }

    #[test]
    fn too_little_gives_none() {
        assert!(Line::robust(&points(2)).is_none());
        assert!(Line::robust(&[points(1)[0]; 5]).is_none());
        assert!(Line::robust(&[]).is_none());
    }
}
