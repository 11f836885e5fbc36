//! The quality of a chain: what is missing, wrong or impossible in it, told before it is stored.
//!
//! [`inspect`] looks at a chain and tells its findings and a score. Rows that are wrong by themselves are kept out of
//! the store, and are found in a [report](strikebook_core::operations::QualityReport) with their reason, by two gates.
//! A [`Gate`] checks each row that a [puller](crate::pull::Puller) fetches, also of underlyings and bars, as its
//! [`GatePolicy`] says. [`store_checked`] stores a snapshot that is also held against others and a curve, with a score.
//!
//! | check | what it finds | severity | kept out |
//! |---|---|---|---|
//! | [`InvalidRow`](Check::InvalidRow) | a number that no store takes | error | yes |
//! | [`Crossed`](Check::Crossed) | a bid above the ask | error | yes |
//! | [`Bounds`](Check::Bounds) | an ask below what exercise brings, or a bid above all that the option can be worth | error | yes |
//! | [`MissingExpiration`](Check::MissingExpiration) | an expiration that the snapshot before had | error | |
//! | [`MissingContract`](Check::MissingContract) | a strike that an expiration had in the snapshot before | warning | |
//! | [`Stale`](Check::Stale) | a quote older than allowed | warning | |
//! | [`Parity`](Check::Parity) | call and put of a strike that pay for a reversal or conversion | warning | |
//! | [`Vertical`](Check::Vertical) | two strikes that pay for a vertical spread | warning | |
//! | [`Butterfly`](Check::Butterfly) | a bid above what two other strikes' asks make of it | warning | |
//! | [`Calendar`](Check::Calendar) | an American option dearer than one that lives longer | warning | |
//! | [`Locked`](Check::Locked) | a bid equal to the ask | info | |
//! | [`NoBid`](Check::NoBid) | a bid of zero | info | |
//! | [`NoMarket`](Check::NoMarket) | neither bid nor ask | info | |
//!
//! An arbitrage is one that could be traded: bought at asks, sold at bids. Which of its quotes is wrong cannot be told,
//! so none of them is kept out.

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

pub use gate::{Gated, store_checked};
pub use sift::{Checked, Gate, GatePolicy};

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// A row with a number that no store takes.
    InvalidRow,
    /// A bid above the ask.
    Crossed,
    /// A price outside of what any model allows.
    Bounds,
    /// An expiration that the snapshot before had.
    MissingExpiration,
    /// A contract that the snapshot before had, of an expiration that is still there.
    MissingContract,
    /// A quote that is too old.
    Stale,
    /// Call and put that do not fit each other.
    Parity,
    /// Two strikes in the wrong order, or further apart in price than in strike.
    Vertical,
    /// A strike that is dearer than its neighbours allow.
    Butterfly,
    /// A shorter life that is dearer than a longer one.
    Calendar,
    /// A bid equal to the ask.
    Locked,
    /// A bid of zero.
    NoBid,
    /// Neither bid nor ask.
    NoMarket,
}

impl Check {
    /// All of them, in order.
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

    /// Its name, the `check_name` of reports.
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

    /// How much it matters.
    pub const fn severity(self) -> Severity {
        match self {
            Self::InvalidRow | Self::Crossed | Self::Bounds | Self::MissingExpiration => Severity::Error,
            Self::MissingContract | Self::Stale | Self::Parity | Self::Vertical | Self::Butterfly | Self::Calendar => {
                Severity::Warning
            }
            Self::Locked | Self::NoBid | Self::NoMarket => Severity::Info,
        }
    }

    /// Whether a row with it is kept out of the quotes.
    pub const fn is_quarantined(self) -> bool {
        matches!(self, Self::InvalidRow | Self::Crossed | Self::Bounds)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a chain is held against.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The snapshot before; without it nothing can be missing.
    pub previous: Option<&'a OptionChain>,
    /// The underlying's price, rates and yields; without it bounds and parity are not checked.
    pub curve: Option<&'a ForwardCurve>,
    /// Quotes older than this at the chain's event limit are stale.
    pub max_age: TimeDelta,
    /// By how much prices may be beyond their bounds and parity, per 1.00 of the underlying's price: the quotes are not
    /// of exactly its instant, and a yield does not say when dividends are paid.
    pub tolerance: f64,
    /// An arbitrage between options that brings no more than this per share is not told.
    pub least_profit: f64,
}

impl Default for Expected<'_> {
    /// Nothing to compare with, 15 minutes, 0.2 % of the underlying's price, and a cent.
    fn default() -> Self {
        Self { previous: None, curve: None, max_age: TimeDelta::minutes(15), tolerance: 0.002, least_profit: 0.01 }
    }
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The check.
    #[serde(skip)]
    pub check: Check,
    /// The contracts it is about.
    pub contracts: Vec<OptionContract>,
    /// What is wrong, with numbers.
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

/// What was found in a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// The findings, in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
    /// The quotes that were looked at.
    pub quotes: usize,
    /// How good the chain is, from 0 to 1: the share of the expected contracts that are there, times the share of the
    /// quotes that no finding of at least a warning is about. `None` when nothing was there and nothing expected.
    pub score: Option<f64>,
}

impl Inspection {
    /// How many findings a check has.
    pub fn count(&self, check: Check) -> usize {
        self.findings.iter().filter(|finding| finding.check == check).count()
    }

    /// Checks with findings, and how many.
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
        let (there, missing): (Vec<&OptionContract>, Vec<_>) =
            doubtful.into_iter().partition(|one| chain.get(one).is_some());
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let complete = share(chain.len(), chain.len() + missing.len());
        let sound = share(chain.len() - there.len(), chain.len()).unwrap_or(1.0);
        Self { findings, quotes: chain.len(), score: complete.map(|complete| complete * sound) }
    }
}

/// Looks at a chain. Rows that are wrong by themselves are left out of the comparisons between rows.
pub fn inspect(chain: &OptionChain, expected: &Expected<'_>) -> Inspection {
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
