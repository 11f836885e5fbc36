//! The project's own commands: `cargo xtask help` lists them.

use std::process::ExitCode;

mod bench;
mod house;
mod lint;
mod postgres;
mod printed;
mod process;
mod soak;
mod test;
mod torture;

/// The result of a command: nothing, or an error whose text says what to do.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const HELP: &str = "\
The project's own commands:

  cargo xtask test [CARGO ARGS] [-- TEST ARGS]
      Bring a PostgreSQL with TimescaleDB up, run every test of the workspace on every engine, and end with a table of
      what passed, failed and was ignored, and why. An engine that ran no case is a failure. With arguments
      (`-p strikebook-core`, `--test contract`, `-- duckdb::chain`) only those tests run.

  cargo xtask lint [WORD...]
      Formatting, the house style, clippy for each set of features, documentation, packages, and the rules about who
      may depend on whom; with words, only the steps whose name contains one.

  cargo xtask house
      Write the counts of the house style down in xtask/house.txt, where they fell. `lint` checks that none rises.

  cargo xtask bench [NAME [ARGS]]
      Run the benchmarks, or the one of this name, against optimised code and a PostgreSQL that syncs to disk. `peers`
      runs those of other libraries instead; `pricing` needs no server.

  cargo xtask soak [FACTOR] [FILTER...]
      Run the tests that have a long form with many more draws, or with FACTOR times those of an ordinary run; with
      filters, only the tests whose names contain one. Today this is the fuzz of every public pricing function, of ten
      million calls.

  cargo xtask torture ENGINE [MINUTES] [SEED]
      Kill writers of sqlite, duckdb, postgres or timescale at random instants, and sometimes the server, for some
      minutes (5). After each kill the store must hold what was acknowledged, and nothing by half.

  cargo xtask postgres [-- COMMAND ARGS]
      Bring the same PostgreSQL up and keep it until Ctrl-C, or run a command with its URLs in the environment.

Environment:
  STRIKEBOOK_TEST_POSTGRES_URL, STRIKEBOOK_TEST_TIMESCALE_URL
      Use these two databases (the second has the timescaledb extension) instead of starting a server.
  STRIKEBOOK_TEST_COMMUNITY_URL
      Run the contract on this database of TimescaleDB's Community edition too.
  STRIKEBOOK_TEST_DATA
      Run the tests of real files, which lie in this folder.
  STRIKEBOOK_SOAK
      The factor on the number of draws of the tests that `soak` runs, wherever they are run.
";

/// A command of this program: its name, and what it does with the arguments that follow.
type Command = (&'static str, fn(&[String]) -> Result<()>);

const COMMANDS: [Command; 7] = [
    ("test", test::run),
    ("lint", lint::run),
    ("house", house::write),
    ("bench", bench::run),
    ("soak", soak::run),
    ("torture", torture::run),
    ("postgres", postgres::run),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", [].as_slice()),
    };
    let outcome = match COMMANDS.iter().find(|(name, _)| *name == command) {
        Some((_, run)) => run(rest),
        None if ["help", "-h", "--help"].contains(&command) => {
            print!("{HELP}");
            Ok(())
        }
        None => Err(format!("unknown command `{command}`\n\n{HELP}").into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
