//! The part of strikebook's storage that SQL engines share.
//!
//! Repositories are written here once, in SQL that a person can read and paste, over the small [`Engine`] port that
//! each adapter implements: run a job in a transaction, stream rows, append rows in bulk, a few words of dialect. This
//! is not an ORM: there is no syntax tree, there are no relations, and the tables are made by hand-written, numbered
//! [migrations](migrate).
//!
//! # A row's life
//! A value of the domain, such as an option quote, becomes a row and a value again. Each step has one name:
//!
//! | step | trait or type | where |
//! |---|---|---|
//! | A value that a port takes | core's `Recorded`, `Entry` or `Keyed`: the check and the key | `strikebook-core` |
//! | A row of a table | [`Record`]: the columns once, for insert, bulk append, select, decode, key, series and the check of the live schema | the macro `record!` in `record.rs` |
//! | A value in a column | [`Field`]: the column's type, how it is written and read | `codec/field.rs` |
//! | The rules of a row's shape | `Versioned`, `EntryRow` or `KeyedRow`: how rows are told apart, found, changed | `shapes/` |
//! | A row that names a contract | `OfContract`: the number that stands for the contract in tables | `contracts.rs` |
//! | A batch on its way | `PieceStream`: rows cut by key, which are one [`RowSource`] for the engine | `shapes/versioned/pieces.rs` |
//! | A row that an engine takes | [`RowWriter`]: one call for each column | the adapter |
//! | A row that an engine returns | [`Row`]: a column's value by its index | the adapter |
//!
//! The modules form layers, each of which knows only those below it:
//!
//! ```text
//! store                   the store as a whole: opened, asked what it can do, closed
//! maintenance, migrate    every table at once
//! schema                  the table of every dataset
//! market, analytics, …    subjects: a table, its statements, the port's methods
//! repository              an engine's transactions, and the calls that subjects of a shape share
//! contracts, shapes       numbers of contracts; versioned, entries, keyed
//! session, search         the statements of a job; searches that each engine does in its own way
//! dialect, codec, sql     words, columns, text with parameters
//! ```
//!
//! # Calls in a log
//! Every call of a port that reaches the engine is a span named `call` of the target `strikebook::call` at level
//! `DEBUG`:
//!
//! | field | meaning |
//! |---|---|
//! | `engine` | the engine: `sqlite`, `duckdb`, `postgres` or `timescale` |
//! | `operation` | the port's method, such as `chain_as_of` |
//! | `dataset` | the dataset that the call is about, such as `option_quotes`; none for a call about several |
//! | `rows` | the number of rows that its statements returned or wrote, once it has succeeded |
//! | `duration_us` | the time that the caller waited, in microseconds |
//! | `error` | the kind of the error, once it has failed |
//!
//! A call that its arguments forbid is refused before it reaches the engine, and has no span. A dropped call has
//! neither `rows` nor `duration_us`. The job runs inside the span, so that its statements belong to it.
//!
//! A call that takes as long as the store's option `slow` says, one second unless given, is an event of the target
//! `strikebook::slow` at level `WARN` with the same fields. `slow=0s` turns that off.
//!
//! Without a subscriber a call costs a clock read more, with one what the subscriber does: `cargo xtask bench tracing`.
//!
//! # Statements in a log
//! Every statement is an event of the target `strikebook::sql` at level `TRACE`, with the fields `operation` and
//! `statement`. Values are parameters, which are not shown. A subscriber shows the statements of a call, to be read or
//! pasted into the engine's shell.

mod analytics;
mod codec;
mod contracts;
mod days;
mod dialect;
mod directory;
mod engine;
pub mod file;
mod maintenance;
mod market;
mod materialised;
pub mod migrate;
mod operations;
mod options;
mod record;
mod repository;
mod schema;
mod search;
mod session;
mod shapes;
mod sql;
mod store;
mod trading;
mod unit;
mod worker;

pub use codec::{Column, ColumnType, Field, Record, Role, Row, RowWriter, Table, Value};
pub use dialect::{AppendOrder, Dialect, EachRow, Materialised};
pub use engine::Engine;
pub use options::{Options, StoreOptions, decoded};
pub use repository::SqlStore;
pub use schema::tables;
pub use search::{NewestQuotes, Series, SeriesVersions, of_series};
pub use session::{RowSource, Session, Target};
pub use sql::{Sql, one_of_listed};
pub use worker::{Caller, Connection, Interrupter, Worker, Workers, guarded};
