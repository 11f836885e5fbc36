//! A server that is restarted under an open store. `STRIKEBOOK_TEST_RESTART` names the script that does it.

#![cfg(feature = "timescale")]

#[path = "contract/server.rs"]
mod server;

use std::{env, io::Write as _, process::Command};

use strikebook::{Result, open};
use strikebook_testkit::run_on_threads;

use crate::server::Server;

#[test]
fn the_call_after_a_restart_succeeds() {
    let Ok(restart) = env::var("STRIKEBOOK_TEST_RESTART") else {
        // Past the test runner, which hides what a passing test prints; nothing can be done about a closed stream.
        let _ = writeln!(std::io::stderr(), "skipped: postgres: STRIKEBOOK_TEST_RESTART is not set");
        return;
    };
    for server in [Server::PLAIN, Server::TIMESCALE] {
        run_on_threads(server, async |_| -> Result<()> {
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
