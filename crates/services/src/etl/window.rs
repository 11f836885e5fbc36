//! Statistics of the returns up to each day of a series, in order.

use strikebook_core::{Result, analytics::Features};

use crate::statistics::{
    Confidence, TRADING_DAYS, deviation_around, mean, normal_risk, simple_return, sorted_risk, volatility,
};

/// The number of returns in the longest window.
pub(super) const YEAR: usize = 250;
/// The number of returns in the window of the shorter volatility.
const MONTH: usize = 20;

/// The confidence levels of the features' risks.
pub(super) struct RiskLevels {
    p95: Confidence,
    p99: Confidence,
}

impl RiskLevels {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { p95: Confidence::new(0.95)?, p99: Confidence::new(0.99)? })
    }
}

/// The returns of a series of closes, and the last year of them sorted.
///
/// Sums are computed from scratch for each window, in lanes: for a window of 250 that costs less than keeping running
/// sums accurate, and no rounding error is carried from one day to the next. A day's features depend on its window
/// alone, to the last bit, whichever day a run started from.
pub(super) struct Returns<'a> {
    levels: &'a RiskLevels,
    /// NaN where there is no return.
    all: Vec<f64>,
    /// The last window that was needed, the worst return first.
    sorted: Vec<f64>,
    /// The index of the last return of that window.
    at: usize,
}

impl<'a> Returns<'a> {
    /// Computes the returns of closes, each with the factor of the close before it: below one over a split or a
    /// dividend.
    pub(super) fn new(levels: &'a RiskLevels, closes: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let mut closes = closes.into_iter();
        let mut returns = Vec::new();
        if let Some((mut last, _)) = closes.next() {
            for (close, factor) in closes {
                returns.push(simple_return(last * factor, close).unwrap_or(f64::NAN));
                last = close;
            }
        }
        Self { levels, all: returns, sorted: Vec::new(), at: 0 }
    }

    /// Fills in the features of the returns up to the close with an index.
    pub(super) fn fill_in(&mut self, close: usize, features: &mut Features) {
        let Some(last) = close.checked_sub(1) else { return };
        features.daily_return = self.all.get(last).copied().filter(|it| !it.is_nan());
        let window = |count: usize| self.all.get((last + 1).checked_sub(count)?..=last);
        // A window with a missing return has no volatility: its sums are NaN.
        features.volatility_20d = window(MONTH).and_then(|it| volatility(it, TRADING_DAYS)).filter(|it| it.is_finite());
        let Some(year) = window(YEAR) else { return };
        let Some(mean) = mean(year).filter(|mean| mean.is_finite()) else { return };
        let Some(deviation) = deviation_around(mean, year) else { return };
        features.volatility_250d = Some(deviation * TRADING_DAYS.sqrt());
        let RiskLevels { p95, p99 } = self.levels;
        let (low, high) = (normal_risk(mean, deviation, *p95), normal_risk(mean, deviation, *p99));
        (features.normal_var_95, features.normal_cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
        (features.normal_var_99, features.normal_cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
        self.sort(last);
        if let (Some(low), Some(high)) = (sorted_risk(&self.sorted, *p95), sorted_risk(&self.sorted, *p99)) {
            (features.var_95, features.cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
            (features.var_99, features.cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
        }
    }

    /// Fills in the features of all returns.
    pub(super) fn fill_in_last(&mut self, features: &mut Features) {
        self.fill_in(self.all.len(), features);
    }

    /// Sorts the window that ends with a return. From the window before it, one return leaves and one enters.
    fn sort(&mut self, last: usize) {
        let follows = !self.sorted.is_empty() && last == self.at + 1;
        let (Some(first), true) = (last.checked_sub(YEAR), follows) else { return self.sort_from_scratch(last) };
        let (Some(gone), Some(come)) = (self.all.get(first), self.all.get(last)) else { return };
        let place = |of: &f64| self.sorted.partition_point(|it| it.total_cmp(of).is_lt());
        let (from, to) = (place(gone), place(come));
        // The returns between the two move by one position.
        if from < to {
            self.sorted.copy_within(from + 1..to, from);
        } else {
            self.sorted.copy_within(to..from, to + 1);
        }
        if let Some(free) = self.sorted.get_mut(if from < to { to - 1 } else { to }) {
            *free = *come;
        }
        self.at = last;
    }

    fn sort_from_scratch(&mut self, last: usize) {
        self.sorted.clear();
        let window = self.all.iter().take(last + 1).skip((last + 1).saturating_sub(YEAR));
        self.sorted.extend(window);
        self.sorted.sort_unstable_by(f64::total_cmp);
        self.at = last;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        /// Compares a window that slides, jumps or stays with the sorted window.
        #[test]
        fn a_window_is_always_sorted(closes in vec(1_u8..20, YEAR + 2..600), jumps in vec(0..30_usize, 40)) {
            let closes: Vec<_> = closes.into_iter().map(f64::from).collect();
            let levels = RiskLevels::new().expect("valid levels");
            let mut returns = Returns::new(&levels, closes.iter().map(|close| (*close, 1.0)));
            let mut last = YEAR - 1;
            for jump in jumps {
                // Mostly by one.
                last += if jump > 5 { 1 } else { jump };
                if last >= returns.all.len() {
                    break;
                }
                returns.sort(last);
                let mut expected = returns.all[last + 1 - YEAR..=last].to_vec();
                expected.sort_unstable_by(f64::total_cmp);
                prop_assert_eq!(&returns.sorted, &expected);
            }
        }
    }
}
