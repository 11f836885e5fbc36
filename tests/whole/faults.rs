//! Faults of database files: what is no database, not ours, not new enough, not whole, not to be written, not free. And
//! of servers: what is not there, not ours, not allowed, not in time.

use strikebook_testkit::trial::{self, Trial};

mod access;
mod addresses;
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
mod tls;

/// Lists the tests of all files.
pub(crate) fn trials() -> Vec<Trial> {
    [
        access::trials(),
        addresses::trials(),
        audit::trials(),
        file_access::trials(),
        files::trials(),
        logs::trials(),
        #[cfg(feature = "duckdb")]
        older::trials(),
        #[cfg(feature = "timescale")]
        pooler::trials(),
        #[cfg(feature = "timescale")]
        postgres::trials(),
        schema::trials(),
        secrets::trials(),
        #[cfg(feature = "timescale")]
        tls::trials(),
    ]
    .concat()
}

/// Does the work of a second process, if a test started this one for that. Returns true if it did.
pub(crate) fn is_second_process() -> bool {
    if let Some(url) = files::file_to_hold() {
        trial::block_on(files::hold(url)).expect("held");
        return true;
    }
    if let Some(urls) = file_access::stores_to_read() {
        trial::block_on(file_access::read(urls)).expect("read");
        return true;
    }
    false
}
