//! `cargo xtask lint`: what can be checked without running the code.

mod keys;

use std::{path::Path, process::Command, time::Instant};

use crate::{Result, house, printed, process};

/// A check, and its name on the screen.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: [Step; 13] = [
    ("formatting", formatting),
    ("house style", house::check),
    ("clippy: sqlite alone", || clippy(&["-p", "strikebook", "--no-default-features", "--features", "sqlite"])),
    ("clippy: default features", || clippy(&["-p", "strikebook"])),
    ("clippy: all features", || clippy(&["--workspace", "--all-features"])),
    ("printed commands", printed::check),
    ("documentation", documentation),
    ("an engine comes only with its feature", features_are_isolated),
    ("core is pure", core_is_pure),
    ("keys of errors are documented", keys::check),
    ("engines do not know each other", engines_are_strangers),
    ("packages", packaging),
    ("licenses and sources", deny),
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|word| name.contains(word));
    let steps: Vec<Step> = STEPS.into_iter().filter(|(name, _)| wanted(name)).collect();
    if steps.is_empty() {
        let names = STEPS.map(|(name, _)| name).join("\n  ");
        return Err(format!("no step has such a name; there are\n  {names}").into());
    }
    let mut failed = Vec::new();
    for (name, step) in steps {
        println!("== {name}");
        let start = Instant::now();
        let outcome = step();
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(()) => println!("== {name}: ok, {seconds:.1} s"),
            Err(error) => {
                println!("== {name}: FAILED, {seconds:.1} s\n{error}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join("; ")).into()) }
}

fn formatting() -> Result<()> {
    process::run(process::cargo().args(["fmt", "--all", "--check"]))
}

fn clippy(selection: &[&str]) -> Result<()> {
    process::run(process::cargo().arg("clippy").args(selection).args(["--all-targets", "--", "-D", "warnings"]))
}

fn documentation() -> Result<()> {
    let mut doc = process::cargo();
    process::run(doc.args(["doc", "--no-deps", "--all-features", "--workspace"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Whoever wants one local file does not compile another database.
fn features_are_isolated() -> Result<()> {
    let sqlite = dependencies(&["-p", "strikebook", "--no-default-features", "--features", "sqlite"])?;
    let forbidden = ["duckdb", "libduckdb-sys", "tokio-postgres"];
    none_of("the feature `sqlite`", &sqlite, |name| forbidden.contains(&name))
}

/// Core depends on no crate of ours, on no runtime, on no engine and on no source of random bits. Clippy keeps it from
/// the world around it, by `crates/core/clippy.toml`.
fn core_is_pure() -> Result<()> {
    let forbidden = ["tokio", "rusqlite", "duckdb", "tokio-postgres", "getrandom"];
    none_of("strikebook-core", &dependencies(&["-p", "strikebook-core", "--all-features"])?, |name| {
        name.starts_with("strikebook") || forbidden.contains(&name)
    })
}

/// An engine's crate depends on no other engine's, and no other crate but the facade sees any.
fn engines_are_strangers() -> Result<()> {
    let packages = packages()?;
    let is_engine = |name: &str| name.starts_with("strikebook-storage-") && name != "strikebook-storage-sql";
    for package in &packages {
        none_of(package, &dependencies(&["-p", package, "--all-features"])?, is_engine)?;
    }
    Ok(())
}

/// Packs every crate that is published, so that a file or a version that a package lacks is noticed before its release.
fn packaging() -> Result<()> {
    // A build has fetched what packing looks up, so the registry is asked only where something is missing.
    package(&["--offline", "--quiet"]).or_else(|_| package(&[]))
}

fn package(options: &[&str]) -> Result<()> {
    let mut package = process::cargo();
    package.args(["package", "--workspace", "--no-verify", "--allow-dirty"]).args(options);
    for unpublished in ["strikebook-benches", "strikebook-tests", "xtask"] {
        package.args(["--exclude", unpublished]);
    }
    process::run(&mut package)
}

/// `cargo deny` is a tool of its own; whoever has it runs it.
fn deny() -> Result<()> {
    if !process::succeeds("cargo", &["deny", "--version"]) {
        println!("skipped: cargo-deny is not installed");
        return Ok(());
    }
    process::run(process::cargo().args(["deny", "--all-features", "check", "bans", "licenses", "sources"]))
}

/// The names of the crates below `crates/`.
fn packages() -> Result<Vec<String>> {
    let folders = std::fs::read_dir(process::root().join("crates"))?;
    let mut names = Vec::new();
    for folder in folders {
        names.push(format!("strikebook-{}", folder?.file_name().to_string_lossy()));
    }
    names.sort_unstable();
    Ok(names)
}

/// The names of all crates that this selection compiles into itself, without the selected package.
fn dependencies(selection: &[&str]) -> Result<Vec<String>> {
    let mut tree: Command = process::cargo();
    tree.args(["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"]).args(selection);
    let listed = process::output(&mut tree)?;
    Ok(listed.lines().skip(1).filter_map(|line| line.split(' ').next().map(String::from)).collect())
}

fn none_of(who: &str, names: &[String], forbidden: impl Fn(&str) -> bool) -> Result<()> {
    match names.iter().find(|name| forbidden(name)) {
        Some(name) => Err(format!("{who} depends on {name}").into()),
        None => Ok(()),
    }
}

/// Calls `look` with each Rust file below `folder` and its text.
fn visit(folder: &Path, look: &mut impl FnMut(&Path, &str)) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            visit(&path, look)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            look(&path, &std::fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_facade_sees_the_engines() {
        let names = dependencies(&["-p", "strikebook", "--all-features"]).unwrap();
        assert!(names.contains(&"tokio-postgres".into()) && names.contains(&"duckdb".into()), "{names:?}");
    }
}
