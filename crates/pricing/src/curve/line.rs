//! A straight line through points of which some may be far off.

/// A point, and the error of its `y`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
    /// The standard error of `y`, above zero.
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

/// The largest residual of a point that belongs to the line, in robust standard deviations.
const LARGEST_RESIDUAL: f64 = 3.0;
/// The smallest standard deviation that points are credited with, as a part of their errors.
const SMALLEST_DEVIATION: f64 = 0.1;
/// The standard deviation of a normal distribution over its median absolute deviation.
const DEVIATION_PER_MEDIAN: f64 = 1.482_602_218_505_602;
/// The distance from the line, in a point's errors, beyond which a point counts as wrong, however far off it is.
const WRONG_DISTANCE: f64 = 4.0;
/// The most times that [`WRONG_DISTANCE`] is doubled where points agree less than their errors promise.
const DISTANCE_DOUBLINGS: i32 = 20;
/// The fewest points that a line can be checked with: two define one.
const FEWEST_POINTS: usize = 3;

impl Line {
    /// Returns the robust line, and for each point whether it belongs to the line; `None` for fewer than three points
    /// or all at one place.
    ///
    /// The [consensus](Self::consensus) of the points decides which of them belong; weighted least squares over these
    /// is the result. The robust standard deviation is that of Maronna, Martin and Yohai (2006, "Robust Statistics",
    /// section 4.4): by the median of the residuals without those of the two points that the line goes through.
    pub(super) fn robust(points: &[Point]) -> Option<(Self, Vec<bool>)> {
        let needed = (points.len() / 3).max(FEWEST_POINTS);
        // Prices of American options bend the line before they are corrected, and closing prices are of different
        // instants: then fewer points agree to within their errors than are right.
        let (line, mut agreed) = (0..DISTANCE_DOUBLINGS).find_map(|doublings| {
            let distance = WRONG_DISTANCE * 2.0_f64.powi(doublings);
            let line = Self::consensus(points, distance)?;
            let agreed: Vec<_> = points.iter().map(|point| line.miss(point)).filter(|miss| *miss < distance).collect();
            (agreed.len() >= needed).then_some((line, agreed))
        })?;
        agreed.sort_by(f64::total_cmp);
        let median = weighted_median(agreed.into_iter().skip(2).map(|miss| (miss, 1.0)))?;
        let deviation = (DEVIATION_PER_MEDIAN * median).max(SMALLEST_DEVIATION);
        let near: Vec<_> = points.iter().map(|point| line.miss(point) <= LARGEST_RESIDUAL * deviation).collect();
        let kept: Vec<_> = points.iter().zip(&near).filter(|(_, near)| **near).map(|(point, _)| *point).collect();
        Some((Self::least_squares(&kept)?, near))
    }

    /// Returns the line with the least sum of distances, of which none counts more than the distance of a wrong point;
    /// `None` where all points are at one place.
    ///
    /// A wrong point costs the same wherever it is, so wrong points that do not agree with each other cannot move the
    /// line even where they are the majority: repeated medians are carried away by half of the weight, which three
    /// tight quotes of eight can have. The sum is least for one of the lines through two of the points, and all of
    /// these are tried: n²/2 of them, most given up after a few points. Torr and Zisserman (2000, "MLESAC", Computer
    /// Vision and Image Understanding 78) bound the squares instead and try lines at random.
    fn consensus(points: &[Point], wrong_distance: f64) -> Option<Self> {
        let mut least = f64::INFINITY;
        let mut best = None;
        for (index, one) in points.iter().enumerate() {
            for other in &points[index + 1..] {
                let slope = (other.y - one.y) / (other.x - one.x);
                let line = Self { center: one.x, level: one.y, slope, slope_error: 0.0, level_error: 0.0 };
                if let Some(sum) = slope.is_finite().then(|| line.sum_below(points, wrong_distance, least)).flatten() {
                    (least, best) = (sum, Some(line));
                }
            }
        }
        best
    }

    /// Returns the sum of distances, none counted beyond that of a wrong point, if it is below a limit.
    fn sum_below(&self, points: &[Point], wrong_distance: f64, limit: f64) -> Option<f64> {
        points.iter().try_fold(0.0, |sum, point| {
            let sum = sum + self.miss(point).min(wrong_distance);
            (sum < limit).then_some(sum)
        })
    }

    /// Returns a point's distance from the line in the point's errors.
    fn miss(&self, point: &Point) -> f64 {
        (point.y - self.level - self.slope * (point.x - self.center)).abs() / point.error
    }

    /// Returns the line with the least squares of distances over errors; `None` for fewer than three points or all at
    /// one place.
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
        // A few points may lie on a line by chance and are not exact for that.
        let scale = (misses / freedom).sqrt().max(SMALLEST_DEVIATION);
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

/// Returns the value below which half of the weight lies; `None` without values.
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

    /// Three tight quotes among eight have most of the weight; five or six wrong points of eleven, which do not agree
    /// with each other, are about half of all.
    #[test]
    fn tight_or_many_wrong_points_do_not_move_the_line() {
        for (count, wrong) in [(8, vec![1, 4, 7]), (11, vec![0, 2, 5, 6, 9]), (11, vec![0, 1, 2, 4, 6, 7])] {
            let mut points = points(count);
            for (place, index) in wrong.iter().enumerate() {
                points[*index].y += [4.1, -7.3, 11.9, 2.2, -1.3, 17.0][place];
                points[*index].error = 0.0025;
            }
            let (line, near) = Line::robust(&points).expect("a line");
            assert!(near.iter().enumerate().all(|(index, near)| *near != wrong.contains(&index)), "{near:?}");
            assert!((line.slope + 0.97).abs() < 2e-3, "{line:?}");
        }
    }

    /// Prices of different instants are farther apart than their bid–ask widths; all of them count all the same.
    #[test]
    fn points_that_miss_by_many_errors_still_give_a_line() {
        let noisy: Vec<_> = points(24).into_iter().map(|point| Point { error: 1e-5, ..point }).collect();
        let (line, near) = Line::robust(&noisy).expect("a line");
        assert!(near.iter().filter(|near| **near).count() >= 20, "{near:?}");
        assert!((line.slope + 0.97).abs() < 1e-3 && (1e-5..1e-3).contains(&line.slope_error), "{line:?}");
    }

    #[test]
    fn too_little_gives_none() {
        assert!(Line::robust(&points(2)).is_none());
        assert!(Line::robust(&[points(1)[0]; 5]).is_none());
        assert!(Line::robust(&[]).is_none());
    }
}
