//! Servers that a test starts itself, by scripts: a pooler, and a PostgreSQL that speaks TLS. Each runs until the
//! script's standard input ends, so it is gone when its test is, however that ends.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{Result, process};

/// Writes the script that runs pgbouncer with the settings of the file `$1`. `folder` is a folder that the pooler's
/// user can read, as seen from here, and `inside` the same as the pooler sees it; `command` runs a program as that
/// user.
pub(crate) fn pooler(folder: &Path, inside: &str, command: impl Fn(&Path) -> Command) -> Result<PathBuf> {
    let program = process::display(&command("/usr/sbin/pgbouncer".as_ref()));
    let (template, inside) = (process::quote(folder.join("pgbouncer.XXXXXX")), process::quote(inside));
    let body = format!(
        "settings=$(mktemp {template}) && cat \"$1\" > \"$settings\" && chmod 644 \"$settings\" || exit 1\n\
         {program} -q {inside}/\"${{settings##*/}}\" < /dev/null > \"$1.log\" 2>&1 &\n\
         cat > /dev/null\n\
         kill $!\n\
         wait\n\
         rm \"$settings\""
    );
    script(folder, "pgbouncer", &body)
}

/// Writes the script that runs a server on port `$2` with the files of the folder `$1` in its data directory:
/// `extra.conf` is added to its settings, and the statements of `setup.sql` are run. It says `ready` then.
pub(crate) fn server(
    folder: &Path,
    inside: &str,
    programs: &Path,
    command: impl Fn(&Path) -> Command,
) -> Result<PathBuf> {
    let program = |name: &str| process::display(&command(&programs.join(name)));
    let (initdb, control, psql) = (program("initdb"), program("pg_ctl"), program("psql"));
    let (template, inside) = (process::quote(folder.join("server.XXXXXX")), process::quote(inside));
    let body = format!(
        "set -e\n\
         home=$(mktemp -d {template})\n\
         chown --reference={folder} \"$home\"\n\
         seen={inside}/\"${{home##*/}}\"\n\
         trap '{control} -D \"$seen/data\" -m immediate stop > /dev/null 2>&1; rm -rf \"$home\"' EXIT\n\
         {initdb} -D \"$seen/data\" -U postgres --auth=trust --no-sync > /dev/null\n\
         cp \"$1\"/* \"$home/data/\"\n\
         cat \"$1/extra.conf\" >> \"$home/data/postgresql.conf\"\n\
         printf \"port = %s\\nunix_socket_directories = '%s'\\n\" \"$2\" \"$seen\" >> \"$home/data/postgresql.conf\"\n\
         printf \"fsync = off\\nlisten_addresses = '127.0.0.1'\\ndynamic_shared_memory_type = mmap\\n\" \\\n\
           >> \"$home/data/postgresql.conf\"\n\
         chmod 600 \"$home\"/data/*.key\n\
         chown --reference={folder} \"$home\"/data/*\n\
         {control} -D \"$seen/data\" -l \"$seen/log\" -w start > /dev/null < /dev/null \\\n\
           || {{ cat \"$home/log\" >&2; exit 1; }}\n\
         {psql} -qX -v ON_ERROR_STOP=1 -h \"$seen\" -p \"$2\" -U postgres -d postgres \\\n\
           -f \"$seen/data/setup.sql\" < /dev/null\n\
         echo ready\n\
         cat > /dev/null",
        folder = process::quote(folder),
    );
    script(folder, "server", &body)
}

fn script(folder: &Path, name: &str, body: &str) -> Result<PathBuf> {
    let path = folder.join(format!("run-{name}"));
    super::write_script(&path, body)?;
    Ok(path)
}
