//! What strikebook's SQL engines share.
//!
//! Repositories are written here once, in SQL that a person can read and paste, over the small [`Engine`] port that
//! each adapter implements: run a job in a transaction, stream rows, append rows in bulk, a few words of dialect.
//!
//! A table's columns are listed once, by the macro `record!`: insert, bulk ingest, select, decode and the check of the
//! live schema all come from that list. This is not an ORM: there is no syntax tree, there are no relations, and the
//! tables are made by hand-written, numbered [migrations](migrate).

mod analytics;
mod changes;
mod codec;
mod engine;
mod entries;
pub mod file;
mod grouped;
mod ids;
mod kept;
mod keyed;
mod maintenance;
mod market;
pub mod migrate;
mod operations;
mod options;
mod pieces;
mod schema;
mod sql;
mod store;
mod trading;
mod versioned;
mod worker;

pub use codec::{Column, ColumnType, Field, Record, Role, Row, RowWriter, Table, Value};
pub use engine::{Dialect, Engine, Order, Rows, Search, Session, Target};
pub use options::{Options, StoreOptions};
pub use schema::tables;
pub use sql::Sql;
pub use store::SqlStore;
pub use worker::{Caller, Connection, Interrupter, Worker, Workers, guarded};
