//! Faults of database files: what is no database, not ours, not new enough, not whole, not to be written, not free. And
//! of servers: what is not there, not ours, not allowed, not in time.

mod access;
mod audit;
mod engines;
mod file_access;
mod files;
mod logs;
#[cfg(feature = "duckdb")]
mod older;
#[cfg(feature = "timescale")]
mod pooler;
#[cfg(feature = "timescale")]
mod postgres;
mod schema;
mod secrets;
#[cfg(feature = "timescale")]
#[path = "../contract/server.rs"]
mod server;
#[cfg(feature = "timescale")]
mod tls;
