//! Which pairs of an expiration tell the most.

use super::{
    FEWEST_PAIRS, Market, Pair,
    line::{Line, Point, weighted_median},
};

/// Strikes within so many standard deviations of the forward are near the money.
const NEAR: f64 = 1.5;
/// What a straddle at the money costs, in standard deviations times the discounted forward: `√(2/π)`.
const STRADDLE: f64 = 0.797_884_560_802_865_4;

impl Market {
    pub(super) fn mid(self) -> f64 {
        f64::midpoint(self.bid, self.ask)
    }

    fn is_usable(self) -> bool {
        self.bid > 0.0 && self.ask >= self.bid && self.ask < f64::INFINITY
    }

    fn half_spread(self) -> f64 {
        0.5 * (self.ask - self.bid)
    }
}

impl Pair {
    fn is_usable(&self) -> bool {
        self.strike > 0.0 && self.strike < f64::INFINITY && self.call.is_usable() && self.put.is_usable()
    }

    /// Call price less put price.
    fn difference(&self) -> f64 {
        self.call.mid() - self.put.mid()
    }
}

/// The usable pairs near the money by strike: evenly thinned to the most that are wanted, and if there are hardly any,
/// the nearest.
pub(super) fn near_the_money(pairs: &[Pair], most: usize) -> Vec<Pair> {
    /// Pairs that a first line is drawn through.
    const AT_FIRST: usize = 60;
    let mut usable: Vec<_> = pairs.iter().filter(|pair| pair.is_usable()).copied().collect();
    usable.sort_by(|a, b| a.strike.total_cmp(&b.strike));
    // Where call and put are worth the same. A line tells it whatever single quotes say.
    let Some((line, _)) = Line::robust(&points(&thinned(&usable, AT_FIRST))) else { return usable };
    let middle = (line.center - line.level / line.slope).max(f64::MIN_POSITIVE);
    let distance = |pair: &Pair| (pair.strike / middle).ln().abs();
    usable.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let straddles = usable.iter().take(3).map(|pair| (pair.call.mid() + pair.put.mid(), 1.0));
    let deviation = weighted_median(straddles).unwrap_or(0.0) / (STRADDLE * middle);

    let near = usable.partition_point(|pair| distance(pair) <= NEAR * deviation);
    usable.truncate(near.max(2 * FEWEST_PAIRS));
    usable.sort_by(|a, b| a.strike.total_cmp(&b.strike));
    thinned(&usable, most)
}

/// At most so many, evenly taken, the first and the last among them.
fn thinned(pairs: &[Pair], most: usize) -> Vec<Pair> {
    if pairs.len() <= most {
        return pairs.to_vec();
    }
    (0..most).filter_map(|index| pairs.get(index * (pairs.len() - 1) / (most - 1)).copied()).collect()
}

/// Call price less put price by strike, and half of both spreads as what it may be off. Markets that are locked, or
/// tight by chance, are not trusted more than four times as much as the usual one.
pub(super) fn points(pairs: &[Pair]) -> Vec<Point> {
    let half_spread = |pair: &Pair| pair.call.half_spread() + pair.put.half_spread();
    let mut spreads: Vec<_> = pairs.iter().map(half_spread).collect();
    spreads.sort_by(f64::total_cmp);
    let usual = spreads.get(spreads.len() / 2).copied().unwrap_or(0.0);
    let least = |pair: &Pair| (0.25 * usual).max(1e-6 * pair.strike);
    let point = |pair: &Pair| Point { x: pair.strike, y: pair.difference(), error: half_spread(pair).max(least(pair)) };
    pairs.iter().map(point).collect()
}
