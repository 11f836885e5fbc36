//! Windows of a trade history: all trades, the last N trades, the last N days.

use std::{collections::BTreeMap, fmt, num::NonZeroU32, str::FromStr};

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use super::ClosedTrade;
use crate::{Error, Result, Timestamp};

/// The window of trades that a metric covers, which ends at an instant.
///
/// The text of a window is `all`, `trades_20` or `days_90`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Window {
    /// All trades since the beginning.
    All,
    /// The last N closed trades.
    Trades(NonZeroU32),
    /// The trades closed within the last N × 24 hours: after the window's start, up to and including its end.
    Days(NonZeroU32),
}

impl Window {
    /// Returns the trades of the window that ends at an instant, out of trades [in order](in_order).
    pub fn ending_at(self, until: Timestamp, trades: &[ClosedTrade]) -> &[ClosedTrade] {
        let end = trades.partition_point(|trade| trade.closed <= until);
        let start = match self {
            Self::All => 0,
            Self::Trades(count) => end.saturating_sub(count.get() as usize),
            Self::Days(days) => {
                let after = until.saturating_sub(TimeDelta::days(days.get().into()));
                trades.partition_point(|trade| trade.closed <= after)
            }
        };
        trades.get(start.min(end)..end).unwrap_or_default()
    }

    /// Returns the window at each closing time, out of trades [in order](in_order).
    pub fn rolling(self, trades: &[ClosedTrade]) -> impl Iterator<Item = (Timestamp, &[ClosedTrade])> {
        trades
            .chunk_by(|one, next| one.closed == next.closed)
            .filter_map(|closed| closed.first().map(|trade| trade.closed))
            .map(move |at| (at, self.ending_at(at, trades)))
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Trades(count) => write!(f, "trades_{count}"),
            Self::Days(days) => write!(f, "days_{days}"),
        }
    }
}

impl FromStr for Window {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let length = |digits: &str| digits.parse().ok().filter(|_| !digits.starts_with(['+', '0']));
        let window = match text.split_once('_') {
            None if text == "all" => Some(Self::All),
            Some(("trades", count)) => length(count).map(Self::Trades),
            Some(("days", days)) => length(days).map(Self::Days),
            _ => None,
        };
        window.ok_or_else(|| {
            Error::invalid_input("a window must be all, trades_N or days_N").with("window", format_args!("{text:?}"))
        })
    }
}

impl From<Window> for String {
    fn from(window: Window) -> Self {
        window.to_string()
    }
}

impl TryFrom<String> for Window {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

/// Sorts trades by closing time, then by opening time.
pub fn in_order(mut trades: Vec<ClosedTrade>) -> Vec<ClosedTrade> {
    trades.sort_by_key(|trade| (trade.closed, trade.opened));
    trades
}

/// Groups trades by a key; each group keeps the given order.
///
/// ```
/// use strikebook_core::{Name, trading::metrics::{ClosedTrade, grouped}};
///
/// let at = "2025-09-25T20:00:00Z".parse()?;
/// let mut trade = ClosedTrade::new(at, at, 100.into(), 1.into());
/// trade.strategy = Some(Name::new("wheel")?);
/// let groups = grouped(&[trade.clone()], |trade| (trade.strategy, trade.regime));
/// assert_eq!(groups[&(trade.strategy, None)], [trade]);
/// # Ok::<(), strikebook_core::Error>(())
/// ```
pub fn grouped<K: Ord>(trades: &[ClosedTrade], key: impl Fn(&ClosedTrade) -> K) -> BTreeMap<K, Vec<ClosedTrade>> {
    let mut groups = BTreeMap::<K, Vec<ClosedTrade>>::new();
    for trade in trades {
        groups.entry(key(trade)).or_default().push(trade.clone());
    }
    groups
}
