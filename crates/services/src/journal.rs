//! The journal: brokers' histories in, metrics and files out.

mod import;
mod mapping;

pub use import::{ImportReport, import_history};
pub use mapping::{Account, Mapping, Unmapped, map_history};
