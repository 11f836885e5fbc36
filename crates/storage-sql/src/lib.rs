//! What strikebook's SQL engines share.
//!
//! Repositories are written here once, in SQL that a person can read and paste, over the small [`Engine`] port that
//! each adapter implements: run a job in a transaction, stream rows, append rows in bulk, a few words of dialect.
//!
//! A table's columns are listed once, by the macro `record!`: insert, bulk ingest, select, decode and the check of the
//! live schema all come from that list. This is not an ORM: there is no syntax tree, there are no relations, and the
//! tables are made by hand-written, numbered [migrations](migrate).

mod analytics;
mod codec;
mod contracts;
mod dialect;
mod engine;
pub mod file;
mod grouped;
mod maintenance;
mod market;
mod materialised;
pub mod migrate;
mod operations;
mod options;
mod repository;
mod schema;
mod search;
mod session;
mod shapes;
mod sql;
mod store;
mod trading;
mod worker;

pub use codec::{Column, ColumnType, Field, Record, Role, Row, RowWriter, Table, Value};
pub use dialect::{AppendOrder, Dialect, Materialised};
pub use engine::Engine;
pub use options::{Options, StoreOptions, decoded};
pub use repository::SqlStore;
pub use schema::tables;
pub use search::{NewestQuotes, Series, SeriesVersions, of_series};
pub use session::{RowSource, Session, Target};
pub use sql::{Sql, one_of_listed};
pub use worker::{Caller, Connection, Interrupter, Worker, Workers, guarded};
