//! Market data.

mod aggregate;
mod bar;
mod chain;
mod contract;
mod corporate_action;
mod economic;
mod fundamental;
mod underlying;
