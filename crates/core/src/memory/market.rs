//! Market data.

mod aggregate;
mod bar;
mod chain;
mod contract;
mod economic;
mod underlying;
