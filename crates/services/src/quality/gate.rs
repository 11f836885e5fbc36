//! The gate of snapshots.

use std::collections::{BTreeSet, HashMap};

use chrono::TimeDelta;
use serde::Serialize;
use strikebook_core::{
    AsOf, Id, Json, Name, Result, Upserted,
    market::{
        ChainRepository, ChainRow, ChainSnapshot, ContractDetails, ContractQuery, ContractRepository, OptionChain,
        OptionContract, OptionQuote,
    },
    operations::{QualityReport, QualityRepository, Severity},
};

use super::{Check, Expectations, Finding, Inspection, inspect, row};

/// A stored snapshot with its inspection.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSnapshot {
    /// The findings and the score.
    pub inspection: Inspection,
    /// The number of rows kept out of the quotes, which the reports hold with their reason.
    pub quarantined: usize,
    /// The stored reports; the first one holds the snapshot's score.
    pub reports: Vec<QualityReport>,
    /// The counts of the stored quotes.
    pub stored: Upserted,
}

/// The most findings and rows of one report.
pub(super) const ROWS_PER_REPORT: usize = 500;
/// The name of the report that holds the score.
const SCORE: &str = "chain snapshot";

/// Stores a snapshot with its quotes, and reports on their quality.
///
/// A row that is [wrong by itself](Check::is_quarantined) goes whole into a report, with its reason, and not among the
/// quotes. A contract has the terms of its stored details, and without them those of its root's product. The snapshot's
/// header is stored as it was fetched. The first report holds the score and the counts of all
/// checks; those of each check with findings follow. Storing the same snapshot again changes nothing.
///
/// # Errors
/// Those of [`list_contracts`](ContractRepository::list_contracts),
/// [`insert_quality`](QualityRepository::insert_quality) and [`upsert_snapshot`](ChainRepository::upsert_snapshot).
///
/// # Cancel safety
/// The reports are stored before the quotes, each all or nothing: a dropped call may leave the reports alone. Another
/// call with the same snapshot completes them.
pub async fn store_checked(
    store: &(impl ChainRepository + ContractRepository + QualityRepository + ?Sized),
    snapshot: &ChainSnapshot,
    quotes: &[OptionQuote],
    expected: &Expectations<'_>,
) -> Result<StoredSnapshot> {
    let rows = rows(snapshot, quotes, &details(store, snapshot, quotes).await?);
    let mut kept = Vec::with_capacity(quotes.len());
    let mut quarantined = Vec::new();
    for (quote, row) in quotes.iter().zip(&rows) {
        match row::fault(row, expected) {
            Some(finding) => quarantined.push((finding, quote)),
            None => kept.push(quote.clone()),
        }
    }
    let inspection = inspect(&OptionChain::new(snapshot.underlying, AsOf::instant(snapshot.at), rows), expected);
    let reports = reports(snapshot, &inspection, &quarantined)?;
    store.insert_quality(&reports).await?;
    let stored = store.upsert_snapshot(snapshot, &kept).await?;
    Ok(StoredSnapshot { inspection, quarantined: quarantined.len(), reports, stored })
}

/// Returns the stored details of the quoted contracts, and of others with their expirations.
async fn details(
    store: &(impl ContractRepository + ?Sized),
    snapshot: &ChainSnapshot,
    quotes: &[OptionQuote],
) -> Result<HashMap<OptionContract, ContractDetails>> {
    let expirations: BTreeSet<_> = quotes.iter().map(|quote| quote.contract.expiration()).collect();
    let mut details = HashMap::new();
    for expiration in expirations {
        let query = ContractQuery::new(snapshot.underlying).with_expiration(expiration);
        let stored = store.list_contracts(&query).await?.items;
        details.extend(stored.into_iter().map(|details| (details.contract, details)));
    }
    Ok(details)
}

/// Returns the rows of a snapshot's chain, in the order of the quotes.
fn rows(
    snapshot: &ChainSnapshot,
    quotes: &[OptionQuote],
    details: &HashMap<OptionContract, ContractDetails>,
) -> Vec<ChainRow> {
    let row = |quote: &OptionQuote| {
        let age = snapshot.at.since(quote.at).max(TimeDelta::zero());
        match details.get(&quote.contract) {
            Some(details) => ChainRow { quote: quote.clone(), age, product: details.product, life: details.life() },
            None => ChainRow::new(quote.clone(), age),
        }
    };
    quotes.iter().map(row).collect()
}

/// The details common to all reports of a snapshot.
#[derive(Serialize)]
struct Details<'a, T> {
    underlying: &'a str,
    source: &'a str,
    #[serde(flatten)]
    found: T,
}

/// The details of the report with the score.
#[derive(Serialize)]
struct Scored {
    quotes: usize,
    quarantined: usize,
    findings: Vec<(&'static str, usize)>,
}

/// The details of a check's report. A check with many findings has several.
#[derive(Serialize)]
struct Found<'a> {
    count: usize,
    findings: &'a [&'a Finding],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    quarantined: Vec<QuarantinedRow<'a>>,
}

/// A row that was kept out, with its reason.
#[derive(Serialize)]
struct QuarantinedRow<'a> {
    reason: &'a str,
    row: &'a OptionQuote,
}

fn reports(
    snapshot: &ChainSnapshot,
    inspection: &Inspection,
    quarantined: &[(Finding, &OptionQuote)],
) -> Result<Vec<QualityReport>> {
    let worst = inspection.findings.iter().map(|finding| finding.check.severity()).max();
    let scored = Scored {
        quotes: inspection.quotes,
        quarantined: quarantined.len(),
        findings: inspection.counts().map(|(check, count)| (check.as_str(), count)).collect(),
    };
    // A chain without findings is worth an information.
    let score = report(snapshot, SCORE, worst.unwrap_or(Severity::Info), scored)?;
    let mut reports = vec![QualityReport { score: inspection.score, ..score }];
    for check in Check::ALL {
        let of = |rows: &[(Finding, &OptionQuote)]| rows.iter().filter(|(finding, _)| finding.check == check).count();
        let count = if check.is_quarantined() { of(quarantined) } else { inspection.count(check) };
        let rows: Vec<_> = quarantined.iter().filter(|(finding, _)| finding.check == check).collect();
        for rows in rows.chunks(ROWS_PER_REPORT) {
            let kept = rows.iter().map(|(finding, row)| QuarantinedRow { reason: &finding.reason, row });
            let found = Found { count, findings: &[], quarantined: kept.collect() };
            reports.push(report(snapshot, check.as_str(), check.severity(), found)?);
        }
        let findings = inspection.findings.iter().filter(|finding| finding.check == check);
        let findings: Vec<_> = findings.filter(|_| !check.is_quarantined()).collect();
        for findings in findings.chunks(ROWS_PER_REPORT) {
            let found = Found { count, findings, quarantined: Vec::new() };
            reports.push(report(snapshot, check.as_str(), check.severity(), found)?);
        }
    }
    Ok(reports)
}

/// Creates a report whose identity follows from its contents, so that the same findings are stored once.
fn report(
    snapshot: &ChainSnapshot,
    check_name: &str,
    severity: Severity,
    found: impl Serialize,
) -> Result<QualityReport> {
    let details = Details { underlying: snapshot.underlying.as_str(), source: snapshot.source.as_str(), found };
    let details = Json::of(&details)?;
    let (at, recorded_at) = (snapshot.at, snapshot.recorded_at);
    let id = Id::named(&format!("{check_name}/{at}/{recorded_at}/{details}"));
    let report = QualityReport::new(id, at, Name::new(check_name)?, Name::new("option_quotes")?, severity);
    Ok(QualityReport { details, recorded_at, ..report })
}
