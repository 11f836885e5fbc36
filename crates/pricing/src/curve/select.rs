//! The pairs of an expiration that say most about its forward: usable and near the money.

use super::{
    BidAsk, FEWEST_PAIRS, Pair,
    line::{Line, Point, weighted_median},
};

/// The distance of strikes near the money from the forward, in standard deviations.
const NEAR_DEVIATIONS: f64 = 1.5;
/// The price of a straddle at the money in standard deviations times the discounted forward: `√(2/π)`.
const STRADDLE_PER_DEVIATION: f64 = 0.797_884_560_802_865_4;

impl BidAsk {
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

    /// Returns the call price less the put price.
    fn difference(&self) -> f64 {
        self.call.mid() - self.put.mid()
    }
}

/// Returns the usable pairs near the money by strike, evenly thinned to at most `most`; if hardly any are near, the
/// nearest ones.
pub(super) fn near_the_money(pairs: &[Pair], most: usize) -> Vec<Pair> {
    /// The largest number of pairs of the first line: its cost grows with their cube.
    const FIRST_LINE_PAIRS: usize = 60;
    let mut usable: Vec<_> = pairs.iter().filter(|pair| pair.is_usable()).copied().collect();
    usable.sort_by(|a, b| a.strike.total_cmp(&b.strike));
    // The strike at which call and put are worth the same, by a line that single wrong quotes do not move.
    let Some((line, _)) = Line::robust(&points(&thinned(&usable, FIRST_LINE_PAIRS))) else { return usable };
    let middle = (line.center - line.level / line.slope).max(f64::MIN_POSITIVE);
    let distance = |pair: &Pair| (pair.strike / middle).ln().abs();
    usable.sort_by(|a, b| distance(a).total_cmp(&distance(b)));
    let straddles = usable.iter().take(3).map(|pair| (pair.call.mid() + pair.put.mid(), 1.0));
    let Some(straddle) = weighted_median(straddles) else { return usable };
    let deviation = straddle / (STRADDLE_PER_DEVIATION * middle);

    let near = usable.partition_point(|pair| distance(pair) <= NEAR_DEVIATIONS * deviation);
    usable.truncate(near.max(2 * FEWEST_PAIRS));
    usable.sort_by(|a, b| a.strike.total_cmp(&b.strike));
    thinned(&usable, most)
}

/// Returns at most `most` pairs at even distances, the first and the last among them.
fn thinned(pairs: &[Pair], most: usize) -> Vec<Pair> {
    if pairs.len() <= most {
        return pairs.to_vec();
    }
    (0..most).filter_map(|index| pairs.get(index * (pairs.len() - 1) / (most - 1)).copied()).collect()
}

/// Returns the call price less the put price by strike, with half of both spreads as its error. The error is at least
/// a quarter of the median one, since locked markets, or ones tight by chance, are no better than that.
pub(super) fn points(pairs: &[Pair]) -> Vec<Point> {
    let half_spread = |pair: &Pair| pair.call.half_spread() + pair.put.half_spread();
    let mut spreads: Vec<_> = pairs.iter().map(half_spread).collect();
    spreads.sort_by(f64::total_cmp);
    let usual = spreads.get(spreads.len() / 2).copied().unwrap_or(0.0);
    let least = |pair: &Pair| (0.25 * usual).max(1e-6 * pair.strike);
    let point = |pair: &Pair| Point { x: pair.strike, y: pair.difference(), error: half_spread(pair).max(least(pair)) };
    pairs.iter().map(point).collect()
}
