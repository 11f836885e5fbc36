//! What the market says.

mod bar;
mod chain;
mod contract;
mod economic;
mod underlying;
