//! The tables of the schema.

use strikebook_core::{
    Error, ErrorKind, Result,
    analytics::{
        Backtest, Features, HestonParameters, Indicators, OuParameters, Prediction, SabrParameters, SviParameters,
    },
    maintenance::Dataset,
    market::{Bar, ChainSnapshot, CorporateAction, Fundamentals, UnderlyingQuote},
    operations::{
        AuditEntry, CacheEntry, Coverage, FetchCost, FetchLease, Permission, QualityReport, Run, RunReject, Setting,
        Strategy, SystemEvent, SystemState, User, Watermark,
    },
    trading::{
        AccountSnapshot, Execution, Order, PortfolioSnapshot, Position, Signal,
        journal::{Cycle, DailyPnl, ImportedRow, JournalEvent, Note, RiskState, RuleDefinition, Trade},
    },
};

use crate::{
    analytics::GreeksRow,
    codec::{Record, Table},
    contracts::ContractRow,
    market::{ObservationRow, chain::QuoteRow},
    trading::metrics::MetricsRow,
};

/// Returns the table of every dataset, in the order of [`Dataset::ALL`]. The contract compares them with the live ones.
pub fn tables() -> Vec<Table> {
    let mut tables = vec![
        ContractRow::TABLE,
        QuoteRow::TABLE,
        ChainSnapshot::TABLE,
        UnderlyingQuote::TABLE,
        Bar::TABLE,
        CorporateAction::TABLE,
        Fundamentals::TABLE,
        ObservationRow::TABLE,
        GreeksRow::TABLE,
        HestonParameters::TABLE,
        SabrParameters::TABLE,
        SviParameters::TABLE,
        OuParameters::TABLE,
        Features::TABLE,
        Indicators::TABLE,
        Backtest::TABLE,
        Prediction::TABLE,
        Signal::TABLE,
        Order::TABLE,
        Execution::TABLE,
        Position::TABLE,
        AccountSnapshot::TABLE,
        PortfolioSnapshot::TABLE,
        MetricsRow::TABLE,
        JournalEvent::TABLE,
        ImportedRow::TABLE,
        Cycle::TABLE,
        Trade::TABLE,
        Note::TABLE,
        RuleDefinition::TABLE,
        DailyPnl::TABLE,
        RiskState::TABLE,
        SystemEvent::TABLE,
        SystemState::TABLE,
        User::TABLE,
        Permission::TABLE,
        Strategy::TABLE,
        Setting::TABLE,
        QualityReport::TABLE,
        Run::TABLE,
        RunReject::TABLE,
        Watermark::TABLE,
        AuditEntry::TABLE,
        CacheEntry::TABLE,
        Coverage::TABLE,
        FetchLease::TABLE,
        FetchCost::TABLE,
    ];
    tables.sort_by_key(|table| table.dataset);
    tables
}

/// Returns the table of a dataset.
///
/// # Errors
/// [`Internal`](ErrorKind::Internal) for a dataset that [`tables`] lacks.
pub(crate) fn table_of(dataset: Dataset) -> Result<Table> {
    let table = tables().into_iter().find(|table| table.dataset == dataset);
    table.ok_or_else(|| Error::new(ErrorKind::Internal, "a dataset has no table").with("dataset", dataset))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dataset_has_one_table() {
        let datasets: Vec<_> = tables().iter().map(|table| table.dataset).collect();
        assert_eq!(datasets, Dataset::ALL);
    }
}
