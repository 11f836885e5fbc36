//! The writer: a process that is killed.

use std::io::Write;

use strikebook::{Result, open};
use strikebook_testkit::trial::block_on;

use crate::workload::{self, CLOSE, Workload};

/// Takes the steps of a workload from a number on, until it is killed. Each line on standard output is the word of the
/// phase that begins and the number of its step, or `done` and the number of an acknowledged step.
pub(crate) fn run(workload: &str, url: &str, seed: &str, from: &str) -> std::result::Result<(), String> {
    let workload = workload::named(workload)?;
    let number = |text: &str| text.parse::<u64>().map_err(|_| format!("a number was expected, found `{text}`"));
    let (seed, from) = (number(seed)?, number(from)?);
    block_on(write(workload, url, seed, from)).map_err(|error| format!("{error:#}"))
}

async fn write(workload: &dyn Workload, url: &str, seed: u64, from: u64) -> Result<()> {
    say("open", from);
    let mut store = workload::audited(&*open(url).await?)?;
    for number in from.. {
        let kind = workload.kind(number);
        say(kind, number);
        if kind == CLOSE {
            store.close().await?;
            say("open", number);
            store = workload::audited(&*open(url).await?)?;
        } else {
            workload.write(&*store, seed, number).await?;
        }
        say("done", number);
    }
    Ok(())
}

/// Writes a line at once. A supervisor that is gone ends the writer.
fn say(word: &str, number: u64) {
    let mut output = std::io::stdout().lock();
    if writeln!(output, "{word} {number}").and_then(|()| output.flush()).is_err() {
        std::process::exit(1);
    }
}
