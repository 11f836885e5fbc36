//! Faults of database files: what is no database, not ours, not new enough, not whole, not to be written, not free.

mod engines;
mod files;
mod schema;
