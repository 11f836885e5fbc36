//! The ports of market data, in memory.

mod aggregate;
mod bar;
mod chain;
pub(in crate::memory) mod contract;
mod corporate_action;
mod economic;
mod fundamental;
mod underlying;
