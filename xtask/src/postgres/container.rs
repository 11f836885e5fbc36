//! A server in a container.

use std::process::Command;

use super::{Guard, INITDB_ARGUMENTS, PASSWORD, Postgres, Purpose};
use crate::{Result, process};

const IMAGE: &str = "timescale/timescaledb:latest-pg17";

/// Tells if a container engine answers, not only its client.
pub(crate) fn engine_answers() -> bool {
    process::succeeds("docker", &["info", "--format", "{{.ServerVersion}}"])
}

/// A fresh server on a free port of loopback.
pub(crate) fn start(purpose: Purpose) -> Result<Postgres> {
    // The port is ours to choose: one that the engine chooses would change with a restart.
    let port = super::free_port()?;
    let name = format!("strikebook-{port}");
    let folder = std::env::temp_dir().join(&name);
    std::fs::create_dir(&folder)?;
    let guard = Guard::new(&format!("docker rm -f {name}\nrm -rf {}", process::quote(&folder)))?;

    // The first run downloads the image; let the user see that.
    if !process::succeeds("docker", &["image", "inspect", IMAGE]) {
        process::run(Command::new("docker").args(["pull", IMAGE]))?;
    }
    let mut server = Command::new("docker");
    server.args(["run", "--detach", "--name", &name, "--publish", &format!("127.0.0.1:{port}:5432")]);
    server.args(["--env", &format!("POSTGRES_PASSWORD={PASSWORD}"), "--env", "NO_TS_TUNE=true"]);
    server.args(["--env", &format!("POSTGRES_INITDB_ARGS={}", INITDB_ARGUMENTS.join(" ")), IMAGE, "postgres"]);
    for (setting, value) in super::settings(purpose) {
        server.args(["-c", &format!("{setting}={value}")]);
    }
    super::silent(server)?;
    let until_ready = until_ready(&name);
    process::output(Command::new("sh").args(["-c", &until_ready]))?;
    for (database, statement) in super::create_databases() {
        let mut psql = Command::new("docker");
        psql.args(["exec", &name, "psql", "-qX", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database]);
        super::silent({
            psql.args(["-c", &statement]);
            psql
        })?;
    }
    let restart = folder.join("restart");
    super::write_script(&restart, &format!("docker restart {name} > /dev/null\n{until_ready}"))?;
    Ok(Postgres::on(port, vec![(super::RESTART, restart)], guard))
}

/// A shell loop of at most a minute. The image's setup listens on a socket only, so an answer on TCP is the real
/// server's.
fn until_ready(name: &str) -> String {
    let ready = format!("docker exec {name} pg_isready -q -h 127.0.0.1");
    format!("for _ in $(seq 120); do {ready} && exit 0; sleep 0.5; done\ndocker logs {name} >&2\nexit 1")
}
