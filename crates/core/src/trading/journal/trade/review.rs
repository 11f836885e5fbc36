//! What a trade's owner thinks of it.

use serde::{Deserialize, Serialize};

use crate::{
    Error, Name, Result,
    trading::journal::{MentalState, RuleSeverity},
    validate::{check, fraction, text},
};

/// A rule that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleBreak {
    /// The rule, as [`RuleDefinition`](crate::trading::journal::RuleDefinition) names it.
    pub rule: Name,
    /// How grave that was.
    pub severity: RuleSeverity,
    /// What happened.
    pub note: Option<String>,
}

/// What a trade's owner thinks of it. Notes with their times are kept as [`Note`](crate::trading::journal::Note)s.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// Why it was entered.
    pub thesis: Option<String>,
    /// How its owner felt on entering.
    pub mental_state_entry: Option<MentalState>,
    /// How its owner felt on leaving.
    pub mental_state_exit: Option<MentalState>,
    /// How sure its owner was, from 1 to 5.
    pub confidence: Option<u32>,
    /// Rules that were not kept.
    pub rule_breaks: Vec<RuleBreak>,
    /// Whether it went by the plan.
    pub followed_plan: Option<bool>,
    /// How closely it went by the plan, from 0 to 1.
    pub adherence_score: Option<f64>,
    /// How well it was done, whatever it came to.
    pub quality_grade: Option<Name>,
    /// What to find it by.
    pub tags: Vec<Name>,
    /// Where its pictures are.
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
