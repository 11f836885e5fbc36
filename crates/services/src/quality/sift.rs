//! The gate of fetched rows, which checks each row by itself.

use std::{collections::BTreeSet, fmt::Write as _};

use serde::Serialize;
use strikebook_core::{
    Error, ErrorKind, Id, Json, Name, Result, Timestamp,
    maintenance::Dataset,
    market::{Bar, OptionQuote, UnderlyingQuote},
    operations::{CacheKey, QualityReport, QualityRepository},
    port::Recorded,
};

use super::{Check, Finding, gate::ROWS_PER_REPORT, row};

/// The treatment of rows that are [wrong by themselves](Check::is_quarantined). Each policy except refusal reports
/// them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GatePolicy {
    /// Stores wrong rows beside the others. An [invalid row](Check::InvalidRow), which no store takes, is kept out.
    Report,
    /// Keeps wrong rows out of the store; the report holds them whole.
    #[default]
    Quarantine,
    /// Refuses the whole batch with an error that names the first wrong row. Neither rows nor a report are stored.
    Refuse,
}

impl GatePolicy {
    /// Returns the policy in lower snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Quarantine => "quarantine",
            Self::Refuse => "refuse",
        }
    }
}

/// Rows that a [`Gate`] checks.
pub trait Checked: Recorded + Serialize {
    /// The dataset of the rows in reports.
    const DATASET: Dataset;

    /// Returns the fault of the row; `None` for a row without one.
    fn fault(&self) -> Option<Finding>;
}

impl Checked for OptionQuote {
    const DATASET: Dataset = Dataset::OptionQuotes;

    fn fault(&self) -> Option<Finding> {
        row::fault_of_numbers(self)
    }
}

impl Checked for UnderlyingQuote {
    const DATASET: Dataset = Dataset::UnderlyingQuotes;

    fn fault(&self) -> Option<Finding> {
        let crossed = match (self.bid, self.ask) {
            (Some(bid), Some(ask)) if bid > ask => Some(format!("{}: bid {bid}, ask {ask}", self.symbol)),
            _ => None,
        };
        invalid(self).or_else(|| crossed.map(|reason| Finding::new(Check::Crossed, Vec::new(), reason)))
    }
}

impl Checked for Bar {
    const DATASET: Dataset = Dataset::Bars;

    fn fault(&self) -> Option<Finding> {
        invalid(self).map(|finding| Finding { reason: format!("{} until {}", finding.reason, self.at), ..finding })
    }
}

fn invalid(row: &impl Recorded) -> Option<Finding> {
    let error = row.validate().err()?;
    Some(Finding::new(Check::InvalidRow, Vec::new(), format!("{}: {}", row.subject().1, row::described(&error))))
}

/// A row that fails a check, and the consequence.
#[derive(Debug)]
struct Wrong {
    dataset: Dataset,
    row: Json,
    is_kept_out: bool,
}

/// Checks the rows of one batch, keeps wrong ones out under its policy, and reports them.
#[derive(Debug)]
pub struct Gate {
    policy: GatePolicy,
    checked: usize,
    findings: Vec<Finding>,
    /// The row of each finding.
    wrong: Vec<Wrong>,
}

impl Gate {
    /// Creates a gate without rows.
    pub const fn new(policy: GatePolicy) -> Self {
        Self { policy, checked: 0, findings: Vec::new(), wrong: Vec::new() }
    }

    /// Checks rows, and removes those that must not be stored.
    ///
    /// # Errors
    /// [`Internal`](ErrorKind::Internal) for a row that cannot be serialised to JSON.
    pub fn sift<R: Checked>(&mut self, rows: &mut Vec<R>) -> Result<()> {
        let is_kept_out = |finding: &Finding| self.policy != GatePolicy::Report || finding.check == Check::InvalidRow;
        self.checked += rows.len();
        let before = self.findings.len();
        for row in rows.iter() {
            if let Some(finding) = row.fault() {
                let is_kept_out = is_kept_out(&finding);
                self.wrong.push(Wrong { dataset: R::DATASET, row: Json::of(row)?, is_kept_out });
                self.findings.push(finding);
            }
        }
        if self.findings.len() > before {
            rows.retain(|row| row.fault().is_none_or(|finding| !is_kept_out(&finding)));
        }
        Ok(())
    }

    /// Returns the findings, one for each wrong row, in the order in which the rows came.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns the findings and drops the rows.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }

    /// Returns the number of rows that were kept out.
    pub fn quarantined(&self) -> usize {
        self.wrong.iter().filter(|wrong| wrong.is_kept_out).count()
    }

    /// Refuses a batch with a wrong row if the policy is [`GatePolicy::Refuse`].
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) for a wrong row under [`GatePolicy::Refuse`].
    pub fn refuse(&self) -> Result<()> {
        if self.policy == GatePolicy::Refuse && !self.findings.is_empty() {
            let error =
                Error::invalid_input("the batch has wrong rows, and the gate's policy is to refuse such a batch");
            return Err(self.explain(error));
        }
        Ok(())
    }

    /// Refuses a batch of which no row is left.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) when all rows were kept out.
    pub fn refuse_empty(&self) -> Result<()> {
        if self.checked > 0 && self.quarantined() == self.checked {
            return Err(self.explain(Error::invalid_input("all rows of the batch are wrong and were kept out")));
        }
        Ok(())
    }

    /// Adds the first finding and the number of findings to an error.
    #[must_use]
    pub fn explain(&self, error: Error) -> Error {
        match self.findings.first() {
            Some(first) => error.with("wrong_rows", self.findings.len()).with("first", first),
            None => error,
        }
    }

    /// Stores one report for each check with findings. Rows with the same faults as in an earlier fetch of the same
    /// New York day are not reported again, whatever their instants: a quote that stays crossed gives one report a day,
    /// however often it is polled.
    ///
    /// # Errors
    /// Those of [`insert_quality`](QualityRepository::insert_quality).
    ///
    /// # Cancel safety
    /// A dropped call leaves some of the reports stored. Another call completes them.
    pub async fn report(
        &self,
        store: &(impl QualityRepository + ?Sized),
        provider: Name,
        key: &CacheKey,
        now: Timestamp,
    ) -> Result<()> {
        for report in self.reports(provider, key, now)? {
            if store.get_quality(report.id).await?.is_some() {
                continue;
            }
            match store.insert_quality(std::slice::from_ref(&report)).await {
                // Another process has stored the same report meanwhile.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                inserted => drop(inserted?),
            }
        }
        Ok(())
    }

    fn reports(&self, provider: Name, key: &CacheKey, now: Timestamp) -> Result<Vec<QualityReport>> {
        let mut reports = Vec::new();
        let score = (self.checked > 0).then(|| 1.0 - self.findings.len() as f64 / self.checked as f64);
        let datasets: BTreeSet<_> = self.wrong.iter().map(|wrong| wrong.dataset).collect();
        for (dataset, check) in datasets.into_iter().flat_map(|one| Check::ALL.map(|check| (one, check))) {
            let of_check: Vec<_> = (self.findings.iter().zip(&self.wrong))
                .filter(|(finding, wrong)| finding.check == check && wrong.dataset == dataset)
                .collect();
            for rows in of_check.chunks(ROWS_PER_REPORT) {
                let mut identity = format!("{provider}/{key}/{}/{dataset}", now.new_york_date());
                for (finding, _) in rows {
                    // Writing into a string does not fail.
                    let _ = write!(identity, "/{finding}");
                }
                let details_of = |is_kept_out: bool| {
                    let rows = rows.iter().filter(move |(_, wrong)| wrong.is_kept_out == is_kept_out);
                    rows.map(|(finding, wrong)| WrongRow { reason: &finding.reason, row: &wrong.row }).collect()
                };
                let details = Details {
                    provider: provider.as_str(),
                    cache_entry: key.to_string(),
                    policy: self.policy.as_str(),
                    rows: self.checked,
                    count: of_check.len(),
                    quarantined: details_of(true),
                    stored: details_of(false),
                };
                let (check_name, dataset) = (Name::new(check.as_str())?, Name::new(dataset.as_str())?);
                let report = QualityReport::new(Id::named(&identity), now, check_name, dataset, check.severity());
                reports.push(QualityReport { score, details: Json::of(&details)?, ..report });
            }
        }
        Ok(reports)
    }
}

/// The details of a report.
#[derive(Serialize)]
struct Details<'a> {
    provider: &'a str,
    cache_entry: String,
    policy: &'a str,
    /// The rows of the whole batch.
    rows: usize,
    /// The rows with this fault.
    count: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quarantined: Vec<WrongRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stored: Vec<WrongRow<'a>>,
}

/// A wrong row with its reason.
#[derive(Serialize)]
struct WrongRow<'a> {
    reason: &'a str,
    row: &'a Json,
}
