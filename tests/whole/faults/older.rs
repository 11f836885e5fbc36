//! DuckDB files in the hands of older releases of DuckDB, which pip installs for that.

use std::{
    env, fs,
    path::Path,
    process::Command,
    sync::{Mutex, PoisonError},
};

use chrono::TimeDelta;
use strikebook::{AsOf, ErrorKind, Result, Store, market::QuoteQuery, open};
use strikebook_testkit::{
    async_trials,
    trial::{self, Trial},
};

use super::engines::{quote, run, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    async_trials![
        older_releases_read_every_table_and_view_of_a_new_file,
        a_file_of_another_storage_version_opens_and_is_copied_into_the_default_one
    ]
}

/// Asks each table and view for all of its rows, and prints how many those are.
const ASK: &str = "\
import sys, duckdb
database = duckdb.connect(sys.argv[1], read_only=True)
names = database.execute('''
    SELECT table_name FROM duckdb_tables() WHERE NOT internal
    UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1''').fetchall()
for (name,) in names:
    print(name, len(database.execute(f'SELECT * FROM \"{name}\"').fetchall()))
";

/// A description of what went wrong with Python.
type Missing = String;

fn output(command: &mut Command) -> std::result::Result<String, Missing> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

/// A Python with a release of DuckDB, in a folder that later runs find again.
fn python_with(release: &str) -> std::result::Result<Command, Missing> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("duckdb-{release}"));
    let python = folder.join("bin/python");
    let version = |python: &Path| output(Command::new(python).args(["-c", "import duckdb; print(duckdb.__version__)"]));
    if !version(&python).is_ok_and(|found| found.starts_with(release)) {
        let system = env::var("STRIKEBOOK_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        output(Command::new(system).args(["-m", "venv", "--clear"]).arg(&folder))?;
        // Built from source it would take an hour.
        let install = ["-m", "pip", "install", "--quiet", "--only-binary", ":all:"];
        output(Command::new(&python).args(install).arg(format!("duckdb=={release}.*")))?;
        let found = version(&python)?;
        assert!(found.starts_with(release), "installed {found} for {release}");
    }
    Ok(Command::new(python))
}

/// Returns a Python with a release of DuckDB. Without the release the running test is given up.
fn release(version: &str) -> Command {
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    python_with(version).unwrap_or_else(|why| trial::missing(format_args!("DuckDB {version} is missing: {why}")))
}

/// A store with quotes in thousands, some of them corrected.
async fn fill(store: &dyn Store) -> Result<()> {
    let one = quote()?;
    let quotes: Vec<_> = (0..30_000_i32)
        .map(|step| {
            let bid = 5.0 + f64::from(step % 700) / 100.0;
            let mut quote = one.clone().with_market(Some(bid), Some(bid + 0.05));
            quote.at = one.at.saturating_add(TimeDelta::seconds(step.into()));
            quote.recorded_at = quote.at;
            quote.volume = (step % 3 == 0).then_some(step.unsigned_abs().into());
            quote
        })
        .collect();
    store.upsert_quotes(&quotes).await?;
    let correct = |quote: &strikebook::market::OptionQuote| {
        let recorded_at = quote.at.saturating_add(TimeDelta::days(1));
        quote.clone().with_market(Some(4.0), Some(4.5)).with_recorded_at(recorded_at)
    };
    store.upsert_quotes(&quotes.iter().step_by(10).map(correct).collect::<Vec<_>>()).await.map(|_| ())
}

/// The rows of a table or view in what [`ASK`] printed.
fn rows(reported: &str, name: &str) -> Option<usize> {
    reported.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// The note of its storage version in a file.
fn noted(path: &Path) -> String {
    let database = duckdb::Connection::open(path).expect("opened");
    database.query_row("SELECT storage_version FROM strikebook_file", [], |row| row.get(0)).expect("a note")
}

async fn older_releases_read_every_table_and_view_of_a_new_file() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    let (path, crashed, small) = (at("book"), at("crashed"), at("small"));
    let store = open(&url("duckdb", &path)).await?;
    fill(&*store).await?;
    // The newest change is in the log alone, which a release that opens the file replays.
    let mut last = quote()?;
    last.at = last.at.saturating_add(TimeDelta::days(2));
    last.recorded_at = last.at;
    store.upsert_quotes(&[last]).await?;
    fs::copy(&path, &crashed).expect("copied");
    fs::copy(at("book.wal"), at("crashed.wal")).expect("a log");
    store.close().await?;
    fs::copy(&path, &small).expect("copied");
    let store = open(&url("duckdb", &small)).await?;
    store.compact().await?;
    let expected = strikebook_names(&*store).await?;
    store.close().await?;
    assert_eq!(noted(&path), "v1.2.0");
    for version in ["1.2", "1.5"] {
        for path in [&path, &crashed, &small] {
            let mut python = release(version);
            let reported =
                output(python.args(["-c", ASK]).arg(path)).unwrap_or_else(|error| panic!("{version}: {error}"));
            assert_eq!(rows(&reported, "option_quotes"), Some(30_001), "{version}: {reported}");
            assert_eq!(rows(&reported, "option_quotes_history"), Some(3_000), "{version}: {reported}");
            assert_eq!(rows(&reported, "options_history"), Some(30_001), "{version}: {reported}");
            for name in &expected {
                assert!(rows(&reported, name).is_some(), "{version} did not tell of {name}: {reported}");
            }
        }
    }
    Ok(())
}

/// The names of what statistics are kept of.
async fn strikebook_names(store: &dyn Store) -> Result<Vec<String>> {
    Ok(store.statistics().await?.iter().map(|dataset| dataset.dataset.as_str().to_owned()).collect())
}

async fn a_file_of_another_storage_version_opens_and_is_copied_into_the_default_one() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    let asked = format!("{}?storage_version=v2.0.0", url("duckdb", &old));
    let store = open(&asked).await?;
    fill(&*store).await?;
    store.compact().await?;
    store.close().await?;
    assert_eq!(noted(&old), "v2.0.0");
    let error = output(release("1.5").args(["-c", ASK]).arg(&old)).expect_err("a newer format");
    assert!(error.contains("newer version of DuckDB"), "{error}");
    // It opens as it is, or as what it is, and not as another.
    open(&url("duckdb", &old)).await?.close().await?;
    open(&asked).await?.close().await?;
    let error = open(&format!("{}?storage_version=v1.2.0", url("duckdb", &old))).await.expect_err("another version");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
    assert_eq!((error.context("found"), error.context("expected")), (Some("v2.0.0"), Some("v1.2.0")));
    let error = open(&format!("{}?storage_version=v9.9.9", url("duckdb", &old))).await.expect_err("no such version");
    assert!(error.context("expected").is_some_and(|versions| versions.contains("v1.2.0")), "{error:?}");

    let copy = format!(
        "ATTACH '{}' AS old (READ_ONLY); ATTACH '{}' AS new (STORAGE_VERSION 'v1.2.0'); COPY FROM DATABASE old TO new",
        old.display(),
        new.display()
    );
    run("duckdb", &directory.path().join("any"), &copy);
    let store = open(&format!("{}?storage_version=v1.2.0", url("duckdb", &new))).await?;
    assert!(store.schema_status().await?.is_current());
    let end = quote()?.at.saturating_add(TimeDelta::days(1));
    let found = store.list_quotes(&QuoteQuery::new(quote()?.contract, AsOf::instant(end))).await?;
    assert_eq!(found.items.len(), 30_000);
    store.close().await?;
    assert_eq!(noted(&new), "v1.2.0");
    let reported = output(release("1.2").args(["-c", ASK]).arg(&new)).expect("an older format");
    assert_eq!(rows(&reported, "option_quotes_history"), Some(3_000), "{reported}");
    Ok(())
}
