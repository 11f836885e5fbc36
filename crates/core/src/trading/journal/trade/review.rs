//! The owner's review of a trade.

use serde::{Deserialize, Serialize};

use crate::{
    Error, Name, Result,
    trading::journal::{MentalState, RuleSeverity},
    validate::{check, fraction, text},
};

/// A violation of a trading rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleBreak {
    /// The violated rule, by the name of its [`RuleDefinition`](crate::trading::journal::RuleDefinition).
    pub rule: Name,
    /// The severity of the violation.
    pub severity: RuleSeverity,
    /// The owner's description of the violation.
    pub note: Option<String>,
}

crate::port::canonical!(RuleBreak);

/// The owner's review of a trade. Notes with their own times are stored as [`Note`](crate::trading::journal::Note)s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The reasons for the entry. Set by the owner.
    pub thesis: Option<String>,
    /// The owner's mental state at the entry. Set by the owner.
    pub mental_state_entry: Option<MentalState>,
    /// The owner's mental state at the exit. Set by the owner.
    pub mental_state_exit: Option<MentalState>,
    /// The owner's confidence, from 1 to 5. Set by the owner.
    pub confidence: Option<u32>,
    /// The rules that the owner violated. Set by the owner.
    pub rule_breaks: Vec<RuleBreak>,
    /// True if the trade followed the plan. Set by the owner.
    pub followed_plan: Option<bool>,
    /// The adherence to the plan, from 0 to 1. Set by the owner.
    pub adherence_score: Option<f64>,
    /// The grade of the execution, regardless of the result. Set by the owner.
    pub quality_grade: Option<Name>,
    /// The tags for searching. Set by the owner.
    pub tags: Vec<Name>,
    /// The paths or addresses of screenshots. Set by the owner.
    pub screenshots: Vec<String>,
}

impl Review {
    pub(super) fn validate(&self) -> Result<()> {
        check!(text, self.thesis.as_deref() => "thesis");
        for broken in &self.rule_breaks {
            check!(text, broken.note.as_deref() => "rule_breaks");
        }
        self.screenshots.iter().try_for_each(|path| text("screenshots", path))?;
        check!(fraction, self.adherence_score => "adherence_score");
        match self.confidence {
            Some(confidence) if !(1..=5).contains(&confidence) => {
                Err(Error::invalid_input("confidence must be between 1 and 5")
                    .with("field", "confidence")
                    .with("value", confidence))
            }
            _ => Ok(()),
        }
    }
}
