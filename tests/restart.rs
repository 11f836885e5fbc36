//! A server that is restarted under an open store. `STRIKEBOOK_TEST_RESTART` names the script that does it.

use std::process::ExitCode;

#[cfg(feature = "timescale")]
fn the_call_after_a_restart_succeeds() {
    use std::{env, process::Command};

    use strikebook::open;
    use strikebook_testkit::{run_on_threads, trial};
    use strikebook_tests::server::Server;

    let Ok(restart) = env::var("STRIKEBOOK_TEST_RESTART") else {
        trial::ignore("STRIKEBOOK_TEST_RESTART is not set");
    };
    for server in [Server::PLAIN, Server::TIMESCALE] {
        run_on_threads(server, async |_| {
            let schema = server.schema()?;
            let store = open(&schema.url()).await?;
            for _ in 0..2 {
                store.ping().await?;
                let restarted = Command::new(&restart).status().expect("the script runs");
                assert!(restarted.success(), "{restarted}");
                store.ping().await?;
            }
            store.close().await
        });
    }
}

fn main() -> ExitCode {
    strikebook_testkit::main([
        #[cfg(feature = "timescale")]
        strikebook_testkit::trial::Trial::new("the_call_after_a_restart_succeeds", the_call_after_a_restart_succeeds),
    ])
}
