//! Data quality: reports of checks on stored data.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::{
    Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    port::Entry,
    validate::{check, fraction},
};

/// The report of one check of one dataset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// The identity of the report.
    pub id: Id<Self>,
    /// The event time: when the check was made.
    pub at: Timestamp,
    /// The name of the check, such as `crossed markets`.
    pub check_name: Name,
    /// The checked dataset, such as `option_quotes`.
    pub dataset: Name,
    /// The severity of the findings.
    pub severity: Severity,
    /// The quality of the data from 0 to 1, where 1 is faultless; `None` when undefined.
    pub score: Option<f64>,
    /// The findings: counts and examples.
    pub details: Json,
    /// The knowledge time: when these values were recorded.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(QualityReport);

impl QualityReport {
    /// Creates a report without score and details, with `at` as its knowledge time.
    pub fn new(id: Id<Self>, at: Timestamp, check_name: Name, dataset: Name, severity: Severity) -> Self {
        let details = Json::default();
        Self { id, at, check_name, dataset, severity, score: None, details, recorded_at: at }
    }
}

/// The conditions of a list of reports. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualityFilter {
    /// The check of the reports.
    pub check_name: Option<Name>,
    /// The dataset of the reports.
    pub dataset: Option<Name>,
    /// The lowest severity, inclusive.
    pub least_severity: Option<Severity>,
    /// The upper bound of the score, exclusive.
    pub score_below: Option<f64>,
}

/// A query for quality reports.
pub type QualityQuery = Listing<QualityFilter>;

impl Entry for QualityReport {
    const NAME: &'static str = "quality_report";

    type Filter = QualityFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn validate(&self) -> Result<()> {
        check!(fraction, self.score => "score");
        Ok(())
    }

    fn validate_filter(filter: &QualityFilter) -> Result<()> {
        check!(fraction, filter.score_below => "score_below");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &QualityFilter) -> bool {
        filter.check_name.is_none_or(|name| self.check_name == name)
            && filter.dataset.is_none_or(|dataset| self.dataset == dataset)
            && filter.least_severity.is_none_or(|least| self.severity >= least)
            && filter.score_below.is_none_or(|limit| self.score.is_some_and(|score| score < limit))
    }
}

/// Reports on data quality.
///
/// ```
/// use strikebook_core::{
///     Id, Name,
///     memory::MemoryStore,
///     operations::{QualityFilter, QualityQuery, QualityReport, QualityRepository, Severity},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let (check, dataset) = (Name::new("crossed markets")?, Name::new("option_quotes")?);
/// let (id, at) = (Id::named("report 1"), "2025-09-25T21:00:00Z".parse()?);
/// let mut report = QualityReport::new(id, at, check, dataset, Severity::Warning);
/// report.score = Some(0.97);
/// store.insert_quality(&[report]).await?;
/// let bad = QualityQuery::new(QualityFilter { score_below: Some(0.99), ..QualityFilter::default() });
/// assert_eq!(store.list_quality(&bad).await?.items.len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// entry with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the `field` and the `value`, and an entry
/// whose identity belongs to a different one with [`Conflict`](crate::ErrorKind::Conflict); both errors name the
/// index as `row` and the identity. A list refuses the cursor of another list with `InvalidInput`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its entries or none.
#[async_trait]
pub trait QualityRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new reports by the [rules of every insert](Entry#rules-of-every-insert).
    async fn insert_quality(&self, reports: &[QualityReport]) -> Result<Upserted>;

    /// Returns the report with an identity; `None` when there is no such report.
    async fn get_quality(&self, id: Id<QualityReport>) -> Result<Option<QualityReport>>;

    /// Returns the reports that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when `score_below` is not from 0 to 1.
    async fn list_quality(&self, query: &QualityQuery) -> Result<Page<QualityReport>>;
}
