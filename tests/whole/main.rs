//! The tests of the whole but for the contract: the services on every engine, real files, and faults.

use std::process::ExitCode;

mod budget;
#[cfg(feature = "timescale")]
mod community;
mod etl;
mod examples;
mod faults;
mod journal;
mod lives;
mod look_ahead;
mod pull;
mod queries;
mod real_data;
mod reference;
mod services;

fn main() -> ExitCode {
    if faults::is_second_process() {
        return ExitCode::SUCCESS;
    }
    let tests = [
        budget::trials(),
        #[cfg(feature = "timescale")]
        community::trials(),
        etl::trials(),
        examples::trials(),
        faults::trials(),
        journal::trials(),
        lives::trials(),
        look_ahead::trials(),
        pull::trials(),
        queries::trials(),
        real_data::trials(),
        reference::trials(),
        services::trials(),
    ];
    strikebook_testkit::main(tests.concat())
}
