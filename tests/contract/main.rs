//! The contract suite on every engine: one named test for each behaviour and engine, such as
//! `duckdb::chain::as_of_ignores_later_knowledge`.

use strikebook_testkit::contract_tests;

mod embedded;
#[cfg(feature = "timescale")]
mod server;

contract_tests!(memory, embedded::Memory);

#[cfg(feature = "sqlite")]
contract_tests!(sqlite, embedded::File::new("sqlite", "db"));

#[cfg(feature = "duckdb")]
contract_tests!(duckdb, embedded::File::new("duckdb", "duckdb"));

#[cfg(feature = "timescale")]
contract_tests!(timescale, server::Server::TIMESCALE);

#[cfg(feature = "timescale")]
contract_tests!(postgres, server::Server::PLAIN);
