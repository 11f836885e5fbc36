//! The journal: brokers' histories in, metrics and files out.

mod cells;
mod context;
mod export;
mod import;
mod mapping;
mod measure;

use strikebook_core::Limit;

pub use context::{
    Around, ContextReader, ContextRules, Excursions, FilledContexts, Market, excursions, fill_contexts, with_context,
};
pub use export::{
    Cell, Column, CsvFile, Exported, export_csv, export_daily_pnl, export_executions, export_metrics, export_trades,
};
pub use import::{ImportReport, import_history};
pub use mapping::{Account, Mapping, Unmapped, map_history, projections};
pub use measure::{Measuring, closed_cycle, measure, store_metrics};

/// Rows that are asked for at once.
const AT_ONCE: Limit = Limit::new(1_000).expect("above zero");
