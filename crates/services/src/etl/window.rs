//! Statistics of the returns behind each day of a series, one day after the other.

use strikebook_core::analytics::Features;

use crate::statistics::{
    Level, TRADING_DAYS, deviation_around, mean, normal_risk, simple_return, sorted_risk, volatility,
};

/// Returns behind the longest features.
pub(super) const YEAR: usize = 250;
/// Returns behind the shorter volatility.
const MONTH: usize = 20;

/// The returns of a series of closes, and the last year of them sorted.
///
/// Sums are computed afresh for each window, in lanes: a window of 250 costs less so than keeping running sums right
/// would, and no rounding error is carried from one day to the next. What a day's features are depends on its window
/// alone, to the last bit, wherever a run has started.
#[derive(Default)]
pub(super) struct Returns {
    /// NaN where there is none.
    all: Vec<f64>,
    /// The window that ends with the last return that was asked for, the worst first.
    sorted: Vec<f64>,
    /// The last return of that window.
    at: usize,
}

impl Returns {
    pub(super) fn new(closes: impl IntoIterator<Item = f64>) -> Self {
        let mut closes = closes.into_iter();
        let mut returns = Vec::new();
        if let Some(mut last) = closes.next() {
            for close in closes {
                returns.push(simple_return(last, close).unwrap_or(f64::NAN));
                last = close;
            }
        }
        Self { all: returns, sorted: Vec::new(), at: 0 }
    }

    /// Fills in what the returns up to the close with this number tell.
    pub(super) fn tell(&mut self, close: usize, features: &mut Features) {
        let Some(last) = close.checked_sub(1) else { return };
        features.daily_return = self.all.get(last).copied().filter(|it| !it.is_nan());
        let window = |count: usize| self.all.get((last + 1).checked_sub(count)?..=last);
        // Where a return is missing sums are none either.
        features.volatility_20d = window(MONTH).and_then(|it| volatility(it, TRADING_DAYS)).filter(|it| it.is_finite());
        let Some(year) = window(YEAR) else { return };
        let Some(mean) = mean(year).filter(|mean| mean.is_finite()) else { return };
        let Some(deviation) = deviation_around(mean, year) else { return };
        features.volatility_250d = Some(deviation * TRADING_DAYS.sqrt());
        let (low, high) = (normal_risk(mean, deviation, Level::P95), normal_risk(mean, deviation, Level::P99));
        (features.normal_var_95, features.normal_cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
        (features.normal_var_99, features.normal_cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
        self.sort(last);
        if let (Some(low), Some(high)) = (sorted_risk(&self.sorted, Level::P95), sorted_risk(&self.sorted, Level::P99))
        {
            (features.var_95, features.cvar_95) = (Some(low.value_at_risk), Some(low.conditional));
            (features.var_99, features.cvar_99) = (Some(high.value_at_risk), Some(high.conditional));
        }
    }

    /// Fills in what all returns tell.
    pub(super) fn tell_last(&mut self, features: &mut Features) {
        self.tell(self.all.len(), features);
    }

    /// Sorts the window that ends with a return. Behind the window before it one return goes and one comes.
    fn sort(&mut self, last: usize) {
        let follows = !self.sorted.is_empty() && last == self.at + 1;
        let (Some(first), true) = (last.checked_sub(YEAR), follows) else { return self.sort_afresh(last) };
        let (Some(gone), Some(come)) = (self.all.get(first), self.all.get(last)) else { return };
        let place = |of: &f64| self.sorted.partition_point(|it| it.total_cmp(of).is_lt());
        let (from, to) = (place(gone), place(come));
        // What lies between the two moves by one place.
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

    fn sort_afresh(&mut self, last: usize) {
        self.sorted.clear();
        self.sorted.extend_from_slice(self.all.get(last.saturating_sub(YEAR - 1)..=last).unwrap_or_default());
        self.sorted.sort_unstable_by(f64::total_cmp);
        self.at = last;
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::*;

    proptest! {
        /// A window that slides, jumps or stands is the sorted window.
        #[test]
        fn a_window_is_always_sorted(closes in vec(1_u8..20, YEAR + 2..600), jumps in vec(0..30_usize, 40)) {
            let closes: Vec<_> = closes.into_iter().map(f64::from).collect();
            let mut returns = Returns::new(closes.iter().copied());
            let mut last = YEAR - 1;
            for jump in jumps {
                // Mostly the next one.
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
