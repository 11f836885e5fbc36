//! The tables of the schema.

use strikebook_core::{
    analytics::{HestonParameters, OuParameters, Prediction},
    market::{ChainSnapshot, UnderlyingQuote},
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
    analytics::{BacktestRow, FeatureRow, GreeksRow, SabrRow, SviRow},
    codec::{Record, Table},
    contracts::ContractRow,
    market::{BarRow, ObservationRow, chain::QuoteRow},
    trading::metrics::MetricsRow,
};

/// Returns every table of this version, in the order of
/// [`Dataset::ALL`](strikebook_core::maintenance::Dataset::ALL). The contract compares them with the live ones.
pub fn tables() -> Vec<Table> {
    vec![
        ContractRow::TABLE,
        QuoteRow::TABLE,
        ChainSnapshot::TABLE,
        UnderlyingQuote::TABLE,
        BarRow::TABLE,
        ObservationRow::TABLE,
        GreeksRow::TABLE,
        HestonParameters::TABLE,
        SabrRow::TABLE,
        SviRow::TABLE,
        OuParameters::TABLE,
        FeatureRow::TABLE,
        BacktestRow::TABLE,
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
    ]
}
