//! The contract suite on every engine: one named test for each behaviour and engine, such as
//! `duckdb::chain::as_of_ignores_later_knowledge`.

use std::process::ExitCode;

use strikebook_testkit::contract;

fn main() -> ExitCode {
    #[cfg_attr(not(feature = "timescale"), expect(unused_mut, reason = "there is one engine more with that feature"))]
    let mut engines = strikebook_tests::engines();
    #[cfg(feature = "timescale")]
    engines.push(std::sync::Arc::new(strikebook_tests::server::Server::COMMUNITY));
    strikebook_testkit::main(engines.into_iter().flat_map(contract))
}
