//! A PostgreSQL with TimescaleDB for tests and benchmarks: the one the environment names, or one of our own.
//!
//! A server of our own listens on loopback only, on a free port, in a fresh data directory, and is gone when the
//! command ends, however it ends. It is deliberately unlike the comfortable default: the server's time zone is not UTC,
//! text sorts by language instead of by bytes, the user is no superuser, and passwords are checked. Code that relies on
//! a server's settings instead of asking for what it needs fails here and not at a customer's.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{Result, process};

mod container;
mod debian;
mod fixture;
mod guard;
mod local;

use guard::Guard;

const POSTGRES_URL: &str = "STRIKEBOOK_TEST_POSTGRES_URL";
const TIMESCALE_URL: &str = "STRIKEBOOK_TEST_TIMESCALE_URL";
const RESTART: &str = "STRIKEBOOK_TEST_RESTART";
const CRASH: &str = "STRIKEBOOK_TEST_CRASH";
const POOLER: &str = "STRIKEBOOK_TEST_PGBOUNCER";
const TLS_SERVER: &str = "STRIKEBOOK_TEST_TLS_SERVER";

/// The password differs from every other word of the URL, so that a test can look for it in logs and errors.
const PASSWORD: &str = "only-for-tests";
const INITDB_ARGUMENTS: [&str; 4] =
    ["--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"];

const NO_SERVER: &str = "\
no PostgreSQL with TimescaleDB to test against. Any one of these helps:
  - set STRIKEBOOK_TEST_POSTGRES_URL and STRIKEBOOK_TEST_TIMESCALE_URL to two empty databases of yours, the second one
    with the timescaledb extension;
  - start Docker (`docker info` must succeed);
  - on Debian 13 or later: apt-get install postgresql-17 postgresql-17-timescaledb pgbouncer;
  - on an older Debian or on Ubuntu: run this command once as root; it installs Debian 13's packages into a folder of
    their own, with debootstrap, and leaves the system alone.";

/// The use of a server, which decides its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Quick to start and to write to; a power cut would lose data.
    Tests,
    /// Commits reach the disk, as a customer's do.
    Benchmarks,
}

/// Two databases, and how to reach them. Dropping it stops a server of our own and removes its files.
#[derive(Debug)]
pub(crate) struct Postgres {
    /// A database without the extension.
    plain_url: String,
    /// A database with the timescaledb extension.
    timescale_url: String,
    /// Scripts for tests, each with the variable that names it, where the server is ours.
    scripts: Vec<(&'static str, PathBuf)>,
    /// Dropped, it stops the server.
    _guard: Option<Guard>,
}

impl Postgres {
    /// Uses the databases of the environment, or the first kind of server that this machine can run.
    pub(crate) fn bring_up(purpose: Purpose) -> Result<Self> {
        if let Some(given) = Self::from_environment()? {
            return Ok(given);
        }
        if let Some(installed) = local::Installation::find("/".as_ref()) {
            debian::complete("/".as_ref())?;
            return installed.start(purpose);
        }
        if container::engine_answers() {
            return container::start(purpose);
        }
        match debian::install()? {
            Some(installed) => installed.start(purpose),
            None => Err(NO_SERVER.into()),
        }
    }

    fn from_environment() -> Result<Option<Self>> {
        let given = |name| std::env::var(name).ok().filter(|url| !url.is_empty());
        match (given(POSTGRES_URL), given(TIMESCALE_URL)) {
            (None, None) => Ok(None),
            (Some(plain_url), Some(timescale_url)) => {
                // A child finds the scripts where it finds the URLs, if there are any.
                Ok(Some(Self { plain_url, timescale_url, scripts: Vec::new(), _guard: None }))
            }
            _ => Err(format!("set both {POSTGRES_URL} and {TIMESCALE_URL}, or neither").into()),
        }
    }

    /// A running server of our own, seen from here.
    fn on(port: u16, scripts: Vec<(&'static str, PathBuf)>, guard: Guard) -> Self {
        let url = |database| format!("postgres://strikebook:{PASSWORD}@127.0.0.1:{port}/{database}");
        Self { plain_url: url("plain"), timescale_url: url("timescale"), scripts, _guard: Some(guard) }
    }

    /// Returns the variables with which a child process finds the server.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![(POSTGRES_URL, self.plain_url.clone()), (TIMESCALE_URL, self.timescale_url.clone())];
        variables.extend(self.scripts.iter().map(|(variable, script)| (*variable, script.display().to_string())));
        variables
    }
}

/// `cargo xtask postgres [-- COMMAND ARGS]`
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let command = match arguments {
        [] => None,
        [dashes, program, rest @ ..] if dashes == "--" => Some((program, rest)),
        _ => return Err("usage: cargo xtask postgres [-- COMMAND ARGS]".into()),
    };
    let postgres = Postgres::bring_up(Purpose::Tests)?;
    if let Some((program, rest)) = command {
        return process::run(Command::new(program).args(rest).envs(postgres.environment()));
    }
    for (name, value) in postgres.environment() {
        println!("export {name}={}", process::quote(value));
    }
    eprintln!("Ctrl-C stops the server and removes its data.");
    loop {
        std::thread::park();
    }
}

/// The server's settings, as lines of `postgresql.conf`.
fn settings(purpose: Purpose) -> Vec<(&'static str, &'static str)> {
    let mut settings = vec![
        ("shared_preload_libraries", "timescaledb"),
        ("timescaledb.telemetry_level", "off"),
        ("max_connections", "200"),
        ("max_worker_processes", "48"),
        ("timescaledb.max_background_workers", "24"),
        ("shared_buffers", "512MB"),
        ("max_wal_size", "4GB"),
        ("timezone", "America/New_York"),
    ];
    if purpose == Purpose::Tests {
        settings.extend([("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")]);
    }
    settings
}

/// Returns the statements that the superuser runs once: they create an ordinary user and two databases that it owns. A
/// container's `template1` has the extension already, `template0` nowhere.
fn create_databases() -> [(&'static str, String); 4] {
    [
        ("postgres", format!("CREATE ROLE strikebook LOGIN CREATEDB PASSWORD '{PASSWORD}'")),
        ("postgres", "CREATE DATABASE plain OWNER strikebook TEMPLATE template0".into()),
        ("postgres", "CREATE DATABASE timescale OWNER strikebook TEMPLATE template0".into()),
        ("timescale", "CREATE EXTENSION IF NOT EXISTS timescaledb".into()),
    ]
}

/// A port of loopback that nobody listens on.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Writes an executable shell script.
fn write_script(path: &Path, body: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("#!/bin/sh\n{body}\n"))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    Ok(())
}

/// A command that asks nothing and whose output is only interesting when it fails.
fn silent(mut command: Command) -> Result<String> {
    process::output(command.stdin(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive"))
}
