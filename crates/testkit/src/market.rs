//! Cases of the market family.

pub mod aggregate;
pub mod bar;
pub mod chain;
pub mod chain_queries;
pub mod contract;
pub mod corporate_action;
pub mod economic;
pub mod fundamental;
pub mod life;
pub(crate) mod resampled;
pub mod snapshot;
pub mod underlying;
