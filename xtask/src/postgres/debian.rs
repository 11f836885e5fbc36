//! Installing Debian's packages of PostgreSQL, TimescaleDB and pgbouncer, as root.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

use super::local::Installation;
use crate::{Result, process};

/// The first release of Debian that packages TimescaleDB.
const RELEASE: &str = "trixie";
const PACKAGES: [&str; 3] = ["postgresql-17", "postgresql-17-timescaledb", POOLER];
const POOLER: &str = "pgbouncer";

/// Tells if this process has root's rights. `id` asks the kernel, which the standard library cannot without unsafe
/// code.
pub(crate) fn is_root() -> bool {
    process::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

/// The packages, installed here or into a folder of their own; `None` where this machine is no Debian or we are not
/// root and nobody has installed them before.
pub(crate) fn install() -> Result<Option<Installation>> {
    if !is_root() || !process::succeeds("apt-get", &["--version"]) {
        return Ok(None);
    }
    let folder = cache_folder()?.join(RELEASE);
    if let Some(installed) = Installation::find(&folder) {
        complete(&folder)?;
        return Ok(Some(installed));
    }
    eprintln!("Installing {} (once; it takes a minute or two)", PACKAGES.join(", "));
    apt_get("/".as_ref(), &["update"])?;
    if process::output(Command::new("apt-cache").args(["show", PACKAGES[1]])).is_ok_and(|found| !found.is_empty()) {
        apt_get("/".as_ref(), &[&["install", "--yes"], PACKAGES.as_slice()].concat())?;
        return Ok(Installation::find("/".as_ref()));
    }
    bootstrap(&folder)?;
    Ok(Installation::find(&folder))
}

/// Returns true if pgbouncer is installed under `root`.
pub(crate) fn has_pooler(root: &Path) -> bool {
    root.join("usr/sbin/pgbouncer").exists()
}

/// Adds pgbouncer to an installation that was made without it. Without root's rights the installation stays as it is.
pub(crate) fn complete(root: &Path) -> Result<()> {
    if has_pooler(root) || !is_root() {
        return Ok(());
    }
    let lock = File::create(cache_folder()?.join(RELEASE).with_extension("lock"))?;
    lock.lock()?;
    if has_pooler(root) {
        return Ok(());
    }
    eprintln!("Installing {POOLER} (once)");
    let installed = apt_get(root, &["update"])
        .and_then(|()| apt_get(root, &["install", "--yes", "--no-install-recommends", POOLER]));
    if let Err(error) = installed {
        // All other tests can run without it; those that cannot say so.
        eprintln!("warning: {POOLER} is not installed: {error}");
    }
    Ok(())
}

/// Builds a small Debian with the packages in `folder`. It is built beside it and renamed when complete, so an
/// interrupted run leaves nothing that looks finished; the lock keeps two runs from building at once.
fn bootstrap(folder: &Path) -> Result<()> {
    if !process::succeeds("debootstrap", &["--version"]) {
        apt_get("/".as_ref(), &["install", "--yes", "debootstrap", "debian-archive-keyring"])?;
    }
    let lock = File::create(folder.with_extension("lock"))?;
    lock.lock()?;
    if Installation::find(folder).is_some() {
        return Ok(());
    }
    let partial = folder.with_extension("partial");
    if partial.exists() {
        std::fs::remove_dir_all(&partial)?;
    }
    let mut debootstrap = Command::new("debootstrap");
    debootstrap.args(["--variant=minbase", "--include=ca-certificates", RELEASE]).arg(&partial).args(mirror());
    super::silent(debootstrap)?;
    // Installing a package must not start its service.
    super::write_script(&partial.join("usr/sbin/policy-rc.d"), "exit 101")?;
    std::fs::write(partial.join("etc/apt/apt.conf.d/90host"), how_apt_reaches_its_sources())?;
    apt_get(&partial, &["update"])?;
    apt_get(&partial, &[&["install", "--yes", "--no-install-recommends"], PACKAGES.as_slice()].concat())?;
    apt_get(&partial, &["clean"])?;
    std::fs::rename(&partial, folder)?;
    Ok(())
}

/// `apt-get` of the system under `root`.
fn apt_get(root: &Path, arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("chroot");
    command.arg(root).arg("apt-get").args(arguments);
    super::silent(command).map(drop)
}

/// Returns the address from which this machine gets Debian; without one, debootstrap has a default.
fn mirror() -> Option<String> {
    let mut targets = Command::new("apt-get");
    targets.args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Label: Debian"]);
    let mirrors = process::output(&mut targets).ok()?;
    mirrors.lines().next().map(String::from)
}

/// This machine's proxies and checks, for the other system's apt.
fn how_apt_reaches_its_sources() -> String {
    let settings = process::output(Command::new("apt-config").arg("dump")).unwrap_or_default();
    let wanted = ["Acquire::http", "Acquire::Check"];
    let mut lines = String::new();
    for line in settings.lines().filter(|line| wanted.iter().any(|start| line.starts_with(start))) {
        lines += line;
        lines.push('\n');
    }
    lines
}

/// The project's folder in the user's cache.
fn cache_folder() -> Result<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let folder = cache.ok_or("neither XDG_CACHE_HOME nor HOME is set")?.join("strikebook");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
