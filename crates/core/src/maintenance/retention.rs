//! Presets of policies by the kind of store.

use super::{Dataset, Policies, Policy};
use crate::{operations::Severity, vocabulary::vocabulary};

vocabulary! {
    /// A preset of policies. Rows of datasets that a preset does not name are kept. Both compress rows of more than a
    /// week, and refresh aggregates every hour.
    Retention, "retention preset" {
        /// For an operational store: quotes of two or three months, signals of a year, events of three months and
        /// critical ones of two years.
        Lean = "lean",
        /// For a store for research: market data of five years, the portfolio's history of ten.
        Research = "research",
    }
}

/// Returns the days of some years, leap days included.
const fn years(years: u32) -> u32 {
    (years * 1_461).div_ceil(4)
}

/// The days after which rows are deleted.
const LEAN: &[(Dataset, u32)] = &[
    (Dataset::OptionQuotes, 60),
    (Dataset::ChainSnapshots, 60),
    (Dataset::UnderlyingQuotes, 90),
    (Dataset::Greeks, 60),
    (Dataset::Predictions, 90),
    (Dataset::Signals, years(1)),
    (Dataset::Accounts, years(1)),
    (Dataset::Metrics, years(2)),
    (Dataset::Events, years(2)),
    (Dataset::States, 90),
    (Dataset::Quality, 90),
    (Dataset::Runs, years(1)),
    (Dataset::Rejects, 90),
];

/// The days after which rows are deleted.
const RESEARCH: &[(Dataset, u32)] = &[
    (Dataset::OptionQuotes, years(5)),
    (Dataset::ChainSnapshots, years(5)),
    (Dataset::UnderlyingQuotes, years(5)),
    (Dataset::Bars, years(5)),
    (Dataset::Greeks, years(5)),
    (Dataset::Signals, years(5)),
    (Dataset::Accounts, years(10)),
    (Dataset::Portfolios, years(10)),
];

/// The policy of a lean store for events that are not critical.
const COMMON_EVENTS: Policy = Policy::DeleteEventsBelow { severity: Severity::Critical, days: 90 };

/// The datasets that grow by the market's pace, which both presets compress.
const COMPRESSED: [Dataset; 5] =
    [Dataset::OptionQuotes, Dataset::ChainSnapshots, Dataset::UnderlyingQuotes, Dataset::Bars, Dataset::Greeks];

impl Retention {
    /// Returns the policies of the preset.
    pub fn policies(self) -> Policies {
        let (ages, events) = match self {
            Self::Lean => (LEAN, Some(COMMON_EVENTS)),
            Self::Research => (RESEARCH, None),
        };
        let deletions = ages.iter().map(|&(dataset, days)| Policy::Delete { dataset, days });
        let refreshes = [Dataset::OptionQuotes, Dataset::UnderlyingQuotes].map(Policy::refresh);
        let compressions = COMPRESSED.map(|dataset| Policy::Compress { dataset, days: 7 });
        Policies::in_order(deletions.chain(events).chain(refreshes).chain(compressions).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_a_valid_set_of_policies() {
        for retention in Retention::ALL {
            let policies = retention.policies();
            assert_eq!(Policies::new(policies.as_slice().to_vec()).expect("valid"), policies, "{retention}");
        }
        let (lean, research) = (Retention::Lean.policies(), Retention::Research.policies());
        assert_eq!(lean.deleted_after(Dataset::OptionQuotes), Some(60));
        assert_eq!(lean.deleted_after(Dataset::Signals), Some(366), "a leap year");
        assert_eq!(lean.deleted_after(Dataset::Bars), None, "features need them");
        assert_eq!(research.deleted_after(Dataset::Bars), Some(1_827), "five years with two leap days");
        assert_eq!(research.deleted_after(Dataset::Portfolios), Some(3_653));
    }
}
