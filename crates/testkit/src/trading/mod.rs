//! What is decided and done.

pub mod signal;
