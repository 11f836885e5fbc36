//! A server from binaries on this machine, its own or those of a folder that holds another Debian.

use std::{
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Guard, INITDB_ARGUMENTS, Postgres, Purpose, debian, fixture};
use crate::{Result, process};

/// PostgreSQL binaries that come with TimescaleDB.
#[derive(Debug)]
pub(crate) struct Installation {
    /// The root folder under which they lie: `/`, or a folder to change root into.
    root: PathBuf,
    /// The folder of `initdb` and `pg_ctl`, seen from that root.
    programs: PathBuf,
}

impl Installation {
    /// The newest Debian-style installation under `root` that has TimescaleDB.
    pub(crate) fn find(root: &Path) -> Option<Self> {
        let versions = std::fs::read_dir(root.join("usr/lib/postgresql")).ok()?;
        let newest = versions
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
            .filter(|version| root.join(format!("usr/lib/postgresql/{version}/lib/timescaledb.so")).exists())
            .max()?;
        Some(Self { root: root.into(), programs: format!("/usr/lib/postgresql/{newest}/bin").into() })
    }

    /// A fresh server on a free port.
    pub(crate) fn start(&self, purpose: Purpose) -> Result<Postgres> {
        let folder = self.run("mktemp", &["-d", "/var/tmp/strikebook-XXXXXX"])?;
        let folder = folder.trim_end();
        let data = format!("{folder}/data");
        let outside = self.root.join(folder.trim_start_matches('/'));
        let control = |action: &str| {
            let program = self.programs.join("pg_ctl");
            self.command(&program, &["-D", &data, "-l", &format!("{folder}/log"), "-w", "-m", "fast", action])
        };
        let guard =
            Guard::new(&format!("{}\nrm -rf {}", process::display(&control("stop")), process::quote(&outside)))?;

        let initdb = ["-D", &data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"];
        self.run(self.programs.join("initdb"), &[initdb.as_slice(), &INITDB_ARGUMENTS].concat())?;
        let port = super::free_port()?;
        append(&outside.join("data/postgresql.conf"), &configuration(folder, port, purpose))?;
        super::silent(control("start")).map_err(|error| {
            let log = std::fs::read_to_string(outside.join("log")).unwrap_or_default();
            format!("{error}\nThe server's log:\n{log}")
        })?;
        for (database, statement) in super::create_databases() {
            let arguments = ["-qX", "-v", "ON_ERROR_STOP=1", "-h", folder, "-p", &port.to_string(), "-U", "postgres"];
            let arguments = [arguments.as_slice(), &["-d", database, "-c", &statement]].concat();
            self.run(self.programs.join("psql"), &arguments)?;
        }
        let restart = outside.join("restart");
        super::write_script(&restart, &format!("exec {} > /dev/null", process::display(&control("restart"))))?;
        let run = |program: &Path| self.command(program, &[]);
        let crash = outside.join("crash");
        super::write_script(&crash, &crash_script(&outside, &control("start")))?;
        let mut scripts = vec![(super::RESTART, restart), (super::CRASH, crash)];
        scripts.push((super::TLS_SERVER, fixture::server(&outside, folder, &self.programs, run)?));
        if debian::has_pooler(&self.root) {
            scripts.push((super::POOLER, fixture::pooler(&outside, folder, run)?));
        }
        Ok(Postgres::on(port, scripts, guard))
    }

    fn run(&self, program: impl AsRef<Path>, arguments: &[&str]) -> Result<String> {
        super::silent(self.command(program.as_ref(), arguments))
    }

    /// A program of the installation as the user postgres, since PostgreSQL refuses to run as root. Without root's
    /// rights it runs as the user we are.
    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = if debian::is_root() {
            let mut command = Command::new("chroot");
            command.arg("--userspec=postgres:postgres").arg(&self.root).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments);
        command
    }
}

/// The script that kills every process of the server and starts it again. The server's files with its process are
/// removed: where nobody collects dead children, the process seems to be there still.
fn crash_script(folder: &Path, start: &Command) -> String {
    let (folder, start) = (process::quote(folder), process::display(start));
    format!(
        "cd {folder}\nserver=$(head -n 1 data/postmaster.pid)\nkill -KILL $server $(pgrep -P $server)\nsleep 0.2\n\
         rm -f data/postmaster.pid .s.PGSQL.*.lock\nexec {start} > /dev/null"
    )
}

/// The lines to add to `postgresql.conf`. The socket lies in our own folder and is for the superuser alone. Shared
/// memory for parallel queries is a file, since `/dev/shm` may be missing under a changed root.
fn configuration(folder: &str, port: u16, purpose: Purpose) -> String {
    let own = [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", folder),
        ("unix_socket_permissions", "0700"),
        ("dynamic_shared_memory_type", "mmap"),
    ];
    let mut lines = format!("\nport = {port}\n");
    for (name, value) in own.into_iter().chain(super::settings(purpose)) {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{name} = '{value}'");
    }
    lines
}

/// Appends to a file, keeping its owner.
fn append(file: &Path, text: &str) -> Result<()> {
    std::fs::OpenOptions::new().append(true).open(file)?.write_all(text.as_bytes())?;
    Ok(())
}
