//! The journal: imports of brokers' histories, metrics of trades, the market around them, and CSV files.

#[cfg(feature = "export")]
mod cells;
mod context;
mod daily;
#[cfg(feature = "brokers")]
mod deposits;
#[cfg(feature = "export")]
mod export;
#[cfg(feature = "brokers")]
mod import;
#[cfg(feature = "brokers")]
mod mapping;
mod measure;
mod projection;
mod risk;

use strikebook_core::Limit;

pub use context::{
    ContextMarket, ContextReader, ContextRules, Excursions, FilledContexts, InstantContext, excursions, fill_contexts,
    probability_of_profit, with_context,
};
pub use daily::{DailyScope, MarkMarket, daily_pnl, store_daily_pnl};
#[cfg(feature = "brokers")]
pub use deposits::{Deposit, deposits};
#[cfg(feature = "export")]
pub use export::{
    CsvCell, CsvColumn, CsvFile, CsvRow, export_csv, export_daily_pnl, export_executions, export_metrics,
    export_order_executions, export_trades,
};
#[cfg(feature = "brokers")]
pub use import::{DeletedRow, ImportReport, import_history};
#[cfg(feature = "brokers")]
pub use mapping::{ImportAccount, MappedHistory, UnmappedRow, map_history};
pub use measure::{MetricsScope, closed_cycle, decisions, measure, store_metrics};
pub use projection::projections;
pub use risk::{FilledRisks, RiskRules, fill_risks, initial_risk};

/// The rows of one page of a list.
const ROWS_PER_PAGE: Limit = Limit::new(1_000).expect("above zero");
