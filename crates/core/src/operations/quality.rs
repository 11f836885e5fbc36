//! Quality: what checks of stored data found.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Severity;
use crate::{
    Entry, Id, Json, Listing, Name, Page, Result, Timestamp, Upserted,
    validate::{check, fraction},
};

/// What one check of one dataset found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityReport {
    /// Its identity.
    pub id: Id<Self>,
    /// When it was looked.
    pub at: Timestamp,
    /// The check, such as `crossed markets`.
    pub check_name: Name,
    /// What was checked, such as `option_quotes`.
    pub dataset: Name,
    /// How much it matters.
    pub severity: Severity,
    /// How good the data was, from 0 to 1, where 1 is without fault; `None` when that cannot be told.
    pub score: Option<f64>,
    /// What was found: counts, examples.
    pub details: Json,
    /// When we learned it.
    pub recorded_at: Timestamp,
}

impl QualityReport {
    /// A report without score and details, learned when it was made.
    pub fn new(at: Timestamp, check_name: Name, dataset: Name, severity: Severity) -> Self {
        let details = Json::default();
        Self { id: Id::new(at), at, check_name, dataset, severity, score: None, details, recorded_at: at }
    }
}

/// What a list of reports is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QualityFilter {
    /// Reports of this check.
    pub check_name: Option<Name>,
    /// Reports on this dataset.
    pub dataset: Option<Name>,
    /// Reports that matter at least so much.
    pub least_severity: Option<Severity>,
    /// Reports with a score below this.
    pub score_below: Option<f64>,
}

/// Which reports to list.
pub type QualityQuery = Listing<QualityFilter>;

impl Entry for QualityReport {
    const NAME: &'static str = "quality report";

    type Filter = QualityFilter;

    fn id(&self) -> Id<Self> {
        self.id
    }

    fn at(&self) -> Timestamp {
        self.at
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

/// Reports on the quality of data.
#[async_trait]
pub trait QualityRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores new reports.
    ///
    /// A report told again counts as unchanged. An empty batch is fine and does nothing. Either all reports are stored
    /// or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Entry::validate), and
    /// [`Conflict`](crate::ErrorKind::Conflict) when its identity is that of another report, both with its index as
    /// `row`.
    ///
    /// # Cancel safety
    /// A dropped call stores all reports or none.
    async fn insert_quality(&self, reports: &[QualityReport]) -> Result<Upserted>;

    /// The report with an identity; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_quality(&self, id: Id<QualityReport>) -> Result<Option<QualityReport>>;

    /// The reports that the query's filter admits, in its order.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when the cursor is not one of this method's, or `score_below`
    /// is not from 0 to 1.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_quality(&self, query: &QualityQuery) -> Result<Page<QualityReport>>;
}
