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
mod tls;

use strikebook_testkit::trial::{self, Trial};

/// Lists the tests of all files.
pub(crate) fn trials() -> Vec<Trial> {
    let everywhere = [
        access::trials(),
        audit::trials(),
        file_access::trials(),
        files::trials(),
        logs::trials(),
        schema::trials(),
        secrets::trials(),
    ];
    let mut tests = everywhere.concat();
    #[cfg(feature = "duckdb")]
    tests.extend(older::trials());
    #[cfg(feature = "timescale")]
    tests.extend([pooler::trials(), postgres::trials(), tls::trials()].concat());
    tests
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
