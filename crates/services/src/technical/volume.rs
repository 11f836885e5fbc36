//! Prices weighted by volume.

use strikebook_core::{Result, market::Bar};

use super::{average::windows, check_bars, check_period};

/// The bars of a volume-weighted average price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VwapSpan {
    /// The bars of the same New York day, up to and including the bar: the VWAP of a trading session.
    Session,
    /// The last bars, in this number.
    Bars(usize),
}

/// Returns the volume-weighted average price: Σ price × volume ∕ Σ volume, where a bar's price is its own VWAP, or
/// without one the mean of high, low and close. Undefined where a bar of the span has no volume, and where all volumes
/// are zero.
///
/// # Errors
/// As [`true_range`](super::true_range), and for a span of no bars.
pub fn vwap(bars: &[Bar], span: VwapSpan) -> Result<Vec<Option<f64>>> {
    check_bars(bars)?;
    let traded: Vec<_> = bars.iter().map(traded).collect();
    match span {
        VwapSpan::Bars(period) => {
            check_period(period)?;
            Ok(windows(&traded, period).map(|window| quotient(sum(window?.iter().copied())?)).collect())
        }
        VwapSpan::Session => {
            let (mut day, mut so_far) = (None, None);
            let next = |(bar, traded): (&Bar, &Option<Traded>)| {
                // A bar that ends at midnight belongs to the day on which it began.
                let today = Some(bar.opened_at.new_york_date());
                let before = if day == today { so_far } else { Some((0.0, 0.0)) };
                day = today;
                so_far = before.zip(*traded).map(|(before, one)| (before.0 + one.0, before.1 + one.1));
                quotient(so_far?)
            };
            Ok(bars.iter().zip(&traded).map(next).collect())
        }
    }
}

/// Price times volume, with the volume.
type Traded = (f64, f64);

fn traded(bar: &Bar) -> Option<Traded> {
    let volume = bar.volume? as f64;
    let price = bar.vwap.unwrap_or_else(|| (bar.high + bar.low + bar.close) / 3.0);
    Some((price * volume, volume))
}

fn sum(traded: impl Iterator<Item = Option<Traded>>) -> Option<Traded> {
    let add = |sum: Traded, one: Option<Traded>| one.map(|one| (sum.0 + one.0, sum.1 + one.1));
    let mut traded = traded;
    traded.try_fold((0.0, 0.0), add)
}

fn quotient((value, volume): Traded) -> Option<f64> {
    (volume > 0.0).then(|| value / volume)
}
