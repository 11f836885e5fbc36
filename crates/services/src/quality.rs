//! The quality of a chain: missing, wrong and impossible quotes, reported before the chain is stored.
//!
//! [`inspect`] returns the findings in a chain and a score. Two gates keep rows that are wrong by themselves out of the
//! store, and put them into a [report](strikebook_core::operations::QualityReport) with their reason. A [`Gate`] checks
//! each row that a [puller](crate::pull::Puller) fetches, also of underlyings and bars, under its [`GatePolicy`].
//! [`store_checked`] stores a snapshot that is also compared with other snapshots and a curve, with a score.
//!
//! | check | finding | severity | kept out |
//! |---|---|---|---|
//! | [`InvalidRow`](Check::InvalidRow) | a number that no store takes | error | yes |
//! | [`Crossed`](Check::Crossed) | a bid above the ask | error | yes |
//! | [`Bounds`](Check::Bounds) | an ask below the exercise value, or a bid above the most that the option can be worth | error | yes |
//! | [`MissingExpiration`](Check::MissingExpiration) | an expiration of the previous snapshot without contracts | error | |
//! | [`MissingContract`](Check::MissingContract) | a strike of the previous snapshot missing in its expiration | warning | |
//! | [`Stale`](Check::Stale) | a quote older than allowed | warning | |
//! | [`Parity`](Check::Parity) | a call and a put of one strike whose reversal or conversion makes a profit | warning | |
//! | [`Vertical`](Check::Vertical) | two strikes whose vertical spread makes a profit | warning | |
//! | [`Butterfly`](Check::Butterfly) | a bid above the cost of a combination of two other strikes | warning | |
//! | [`Calendar`](Check::Calendar) | an American option dearer than one with a longer life | warning | |
//! | [`Locked`](Check::Locked) | a bid equal to the ask | info | |
//! | [`NoBid`](Check::NoBid) | a bid of zero | info | |
//! | [`NoMarket`](Check::NoMarket) | neither bid nor ask | info | |
//!
//! An arbitrage could be traded: bought at asks, sold at bids. The check cannot tell which of its quotes is wrong, so
//! none of them is kept out.

mod arbitrage;
mod bounds;
mod completeness;
mod gate;
mod row;
mod sift;

use std::{collections::BTreeSet, fmt};

use chrono::TimeDelta;
use serde::Serialize;
use strikebook_core::{
    market::{OptionChain, OptionContract},
    operations::Severity,
    pricing::ForwardCurve,
};

pub use gate::{StoredSnapshot, store_checked};
pub use sift::{Checked, Gate, GatePolicy};

/// A check of a chain's quality.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// A row with a number that no store takes.
    InvalidRow,
    /// A bid above the ask.
    Crossed,
    /// A price that no model allows.
    Bounds,
    /// An expiration of the previous snapshot without contracts.
    MissingExpiration,
    /// A contract of the previous snapshot that is missing in its expiration.
    MissingContract,
    /// A quote older than the limit.
    Stale,
    /// A call and a put whose prices violate put-call parity.
    Parity,
    /// Two strikes with prices in the wrong order, or further apart than the strikes.
    Vertical,
    /// A strike with a bid above the cost of a combination of its neighbours.
    Butterfly,
    /// A shorter life with a higher price than a longer one.
    Calendar,
    /// A bid equal to the ask.
    Locked,
    /// A bid of zero.
    NoBid,
    /// Neither bid nor ask.
    NoMarket,
}

impl Check {
    /// All checks, in order.
    pub const ALL: [Self; 13] = [
        Self::InvalidRow,
        Self::Crossed,
        Self::Bounds,
        Self::MissingExpiration,
        Self::MissingContract,
        Self::Stale,
        Self::Parity,
        Self::Vertical,
        Self::Butterfly,
        Self::Calendar,
        Self::Locked,
        Self::NoBid,
        Self::NoMarket,
    ];

    /// Returns the name of the check, the `check_name` of reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRow => "invalid rows",
            Self::Crossed => "crossed markets",
            Self::Bounds => "price bounds",
            Self::MissingExpiration => "missing expirations",
            Self::MissingContract => "missing contracts",
            Self::Stale => "stale quotes",
            Self::Parity => "put-call parity",
            Self::Vertical => "vertical arbitrage",
            Self::Butterfly => "butterfly arbitrage",
            Self::Calendar => "calendar arbitrage",
            Self::Locked => "locked markets",
            Self::NoBid => "zero bids",
            Self::NoMarket => "empty markets",
        }
    }

    /// Returns the severity of a finding.
    pub const fn severity(self) -> Severity {
        match self {
            Self::InvalidRow | Self::Crossed | Self::Bounds | Self::MissingExpiration => Severity::Error,
            Self::MissingContract | Self::Stale | Self::Parity | Self::Vertical | Self::Butterfly | Self::Calendar => {
                Severity::Warning
            }
            Self::Locked | Self::NoBid | Self::NoMarket => Severity::Info,
        }
    }

    /// Returns true for a check whose rows are kept out of the quotes.
    pub const fn is_quarantined(self) -> bool {
        matches!(self, Self::InvalidRow | Self::Crossed | Self::Bounds)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The expectations that a chain is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// The previous snapshot. Without one nothing can be missing.
    pub previous: Option<&'a OptionChain>,
    /// The underlying's price, rates and yields. Without a curve bounds and parity are not checked.
    /// The underlying's price, rates and yields; without it bounds and parity are not checked.
    pub curve: Option<&'a ForwardCurve>,
    /// The greatest age of a quote at the chain's event limit.
    pub max_age: TimeDelta,
    /// The tolerance of bounds and parity, per 1.00 of the underlying's price: quotes are not of exactly its instant,
    /// and a yield does not say when dividends are paid.
    pub tolerance: f64,
    /// The least profit per share of a reported arbitrage between options.
    pub least_profit: f64,
}

impl Default for Expectations<'_> {
    /// Returns no previous snapshot, no curve, an age of 15 minutes, a tolerance of 0.2 % of the underlying's price,
    /// and a profit of one cent.
    fn default() -> Self {
        Self { previous: None, curve: None, max_age: TimeDelta::minutes(15), tolerance: 0.002, least_profit: 0.01 }
    }
}

/// One finding of a check.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The check that found the fault.
    #[serde(skip)]
    pub check: Check,
    /// The contracts that the finding concerns.
    pub contracts: Vec<OptionContract>,
    /// The fault, with numbers.
    pub reason: String,
}

impl Finding {
    fn new(check: Check, contracts: impl Into<Vec<OptionContract>>, reason: impl Into<String>) -> Self {
        Self { check, contracts: contracts.into(), reason: reason.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.check, self.reason)?;
        self.contracts.iter().try_for_each(|contract| write!(f, " [{}]", contract.to_compact()))
    }
}

/// The findings in a chain, with its score.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The findings, in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
    /// The number of quotes in the chain.
    pub quotes: usize,
    /// The score of the chain, from 0 to 1: the share of the expected contracts that are present, times the share of
    /// the quotes without a finding of at least a warning. `None` for an empty chain of which nothing was expected.
    pub score: Option<f64>,
}

impl Inspection {
    /// Returns the number of findings of a check.
    pub fn count(&self, check: Check) -> usize {
        self.findings.iter().filter(|finding| finding.check == check).count()
    }

    /// Returns the checks with findings, and their numbers.
    pub fn counts(&self) -> impl Iterator<Item = (Check, usize)> {
        Check::ALL.into_iter().map(|check| (check, self.count(check))).filter(|(_, count)| *count > 0)
    }

    fn of(mut findings: Vec<Finding>, chain: &OptionChain) -> Self {
        findings.sort_by_key(|finding| finding.check);
        let doubtful: BTreeSet<_> = findings
            .iter()
            .filter(|finding| finding.check.severity() >= Severity::Warning)
            .flat_map(|finding| &finding.contracts)
            .collect();
        let (present, missing): (Vec<&OptionContract>, Vec<_>) =
            doubtful.into_iter().partition(|one| chain.get(one).is_some());
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let complete = share(chain.len(), chain.len() + missing.len());
        // A chain without quotes has none that is unsound.
        let sound = share(chain.len() - present.len(), chain.len()).unwrap_or(1.0);
        Self { findings, quotes: chain.len(), score: complete.map(|complete| complete * sound) }
    }
}

/// Inspects a chain. Rows that are wrong by themselves are left out of the comparisons between rows.
pub fn inspect(chain: &OptionChain, expected: &Expectations<'_>) -> Inspection {
    let mut findings = completeness::findings(chain, expected);
    let mut wrong = BTreeSet::new();
    for one in chain.rows() {
        for finding in row::findings(one, expected) {
            if finding.check.is_quarantined() {
                wrong.insert(one.quote.contract);
            }
            findings.push(finding);
        }
    }
    let sound = chain.filter(|row| !wrong.contains(&row.quote.contract) && !row.quote.contract.root().is_adjusted());
    findings.extend(arbitrage::findings(&sound, expected));
    Inspection::of(findings, chain)
}
