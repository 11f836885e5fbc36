//! What the market says.

mod aggregate;
mod bar;
mod chain;
mod contract;
mod economic;
mod underlying;
