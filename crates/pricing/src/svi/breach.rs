//! The intervals in which a function is negative that should not be.

use super::Slice;

/// An interval of log-moneyness with an arbitrage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breach {
    /// The lower end of the interval; −∞ for the left wing.
    pub from: f64,
    /// The upper end of the interval; ∞ for the right wing.
    pub until: f64,
    /// The log-moneyness of the worst violation within −5 to 5.
    pub worst_at: f64,
    /// The value there of the function that should not be negative. Positive or zero if the breach is entirely beyond
    /// −5 to 5.
    pub worst: f64,
}

/// The largest absolute log-moneyness at which functions are evaluated.
const EVALUATED_RANGE: f64 = 5.0;
/// The largest violation that counts as rounding.
const TOLERANCE: f64 = 1e-12;

/// Returns nodes that resolve every turn of the slices: near the turns as dense as the slices' own scales, and dense
/// near the money.
pub(super) fn nodes(slices: &[Slice]) -> Vec<f64> {
    const STEP: f64 = 0.05;
    let mut nodes = vec![-EVALUATED_RANGE, EVALUATED_RANGE];
    for slice in slices {
        let raw = slice.raw();
        for (center, scale) in [(raw.m, raw.sigma), (0.0, raw.sigma.min(0.1))] {
            let scale = scale.clamp(1e-4, 1.0);
            let steps = ((2.0 * EVALUATED_RANGE / scale).asinh() / STEP).ceil();
            let mut step = -steps;
            while step <= steps {
                nodes.push(center + scale * (step * STEP).sinh());
                step += 1.0;
            }
        }
    }
    nodes.retain(|node| node.abs() <= EVALUATED_RANGE);
    nodes.sort_by(f64::total_cmp);
    nodes
}

/// Returns the intervals in which a function is negative, along nodes, and the wings that are not right beyond them.
pub(super) fn find(nodes: &[f64], of: impl Fn(f64) -> f64, left_right: bool, right_right: bool) -> Vec<Breach> {
    let mut places: Vec<_> = nodes.iter().map(|node| (*node, of(*node))).collect();
    // A dip between nodes is found where a node is lower than its neighbours.
    let dips: Vec<_> = places
        .windows(3)
        .filter_map(|three| match three {
            [left, middle, right] if middle.1 <= left.1 && middle.1 <= right.1 => Some(lowest(left.0, right.0, &of)),
            _ => None,
        })
        .collect();
    places.extend(dips);
    places.sort_by(|a, b| a.0.total_cmp(&b.0));

    let mut breaches: Vec<Breach> = Vec::new();
    let mut before: Option<(f64, f64)> = None;
    for (at, value) in places {
        let negative = value < -TOLERANCE;
        let was = before.is_some_and(|(_, value)| value < -TOLERANCE);
        let crossing = || before.map_or(at, |(from, _)| crossing(from, at, &of));
        match breaches.last_mut() {
            Some(breach) if was && negative => {
                if value < breach.worst {
                    (breach.worst_at, breach.worst) = (at, value);
                }
                breach.until = at;
            }
            Some(breach) if was => breach.until = crossing(),
            _ if negative => breaches.push(Breach { from: crossing(), until: at, worst_at: at, worst: value }),
            _ => {}
        }
        before = Some((at, value));
    }
    if !left_right {
        match breaches.first_mut().filter(|breach| breach.from <= -EVALUATED_RANGE) {
            Some(breach) => breach.from = f64::NEG_INFINITY,
            None => breaches.insert(0, beyond(f64::NEG_INFINITY, -EVALUATED_RANGE, -EVALUATED_RANGE, &of)),
        }
    }
    if !right_right {
        match breaches.last_mut().filter(|breach| breach.until >= EVALUATED_RANGE) {
            Some(breach) => breach.until = f64::INFINITY,
            None => breaches.push(beyond(EVALUATED_RANGE, f64::INFINITY, EVALUATED_RANGE, &of)),
        }
    }
    breaches
}

/// Returns a breach that begins beyond the nodes.
fn beyond(from: f64, until: f64, worst_at: f64, of: impl Fn(f64) -> f64) -> Breach {
    Breach { from, until, worst_at, worst: of(worst_at) }
}

/// Returns the minimum of a function with one dip in an interval, by golden sections.
fn lowest(mut low: f64, mut high: f64, of: impl Fn(f64) -> f64) -> (f64, f64) {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    const SECTIONS: usize = 40;
    for _ in 0..SECTIONS {
        let step = GOLDEN * (high - low);
        if of(high - step) < of(low + step) { high = low + step } else { low = high - step }
    }
    let at = f64::midpoint(low, high);
    (at, of(at))
}

/// Returns the point between two others at which a function changes its sign.
fn crossing(mut from: f64, mut until: f64, of: impl Fn(f64) -> f64) -> f64 {
    const HALVINGS: usize = 60;
    let negative = |at: f64| of(at) < -TOLERANCE;
    let at_first = negative(from);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(from, until);
        if negative(middle) == at_first { from = middle } else { until = middle }
    }
    f64::midpoint(from, until)
}
