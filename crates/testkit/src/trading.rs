//! Cases of the trading family.

pub mod account;
pub(crate) mod amendment;
pub(crate) mod amounts;
pub mod daily;
pub mod execution;
pub(crate) mod fill;
pub mod import;
pub mod journal;
pub mod metrics;
pub mod note;
pub mod order;
pub mod portfolio;
pub mod position;
pub mod risk;
pub mod rule;
pub mod signal;
pub mod trade;

use strikebook_core::Decimal;

/// Parses a value from its text.
pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> T {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

/// Parses an amount from its text.
pub(crate) fn amount(text: &str) -> Decimal {
    Decimal::from_str_exact(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
