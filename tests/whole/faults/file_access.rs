//! The permissions of a database's files, what lies at their paths, and folders where nothing can be written.

use std::{
    env, fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use strikebook::{AsOf, ErrorKind, Result, market::QuoteQuery, open};
use strikebook_testkit::{async_trials, trial::Trial};

use super::engines::{ENGINES, quote, run, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        async_trials![
            a_new_file_and_its_logs_are_their_owners,
            an_existing_file_keeps_its_permissions_and_gives_them_to_its_log,
            a_file_that_is_moved_or_replaced_beneath_a_store_is_not_written_to,
            paths_that_are_no_files_are_refused,
            an_error_does_not_echo_megabytes,
            a_store_is_read_where_nothing_can_be_written
        ],
        #[cfg(feature = "sqlite")]
        async_trials![an_immutable_database_has_no_log_and_no_writer],
    ]
    .concat()
}

/// The permissions of each file of a folder.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mode = |entry: fs::DirEntry| {
        (entry.file_name().display().to_string(), entry.metadata().expect("there").mode() & 0o777)
    };
    let mut modes: Vec<_> = entries.map(mode).collect();
    modes.sort();
    modes
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a file of ours");
}

async fn a_new_file_and_its_logs_are_their_owners() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let store = open(&url(engine, &path)).await?;
        store.upsert_quotes(&[quote()?]).await?;
        let found = modes(directory.path());
        assert!(found.len() > 1, "{engine} has a log: {found:?}");
        assert!(found.iter().all(|(_, mode)| matches!(mode, 0o600 | 0o700)), "{engine}: {found:?}");
        store.compact().await?;
        let mut later = quote()?;
        later.bid = Some(5.0);
        store.upsert_quotes(&[later]).await?;
        let found = modes(directory.path());
        assert!(found.iter().all(|(_, mode)| matches!(mode, 0o600 | 0o700)), "{engine} after compaction: {found:?}");
        store.close().await?;
        let found = modes(directory.path());
        assert_eq!(found, [("book".to_owned(), 0o600)], "{engine} leaves one file");
    }
    Ok(())
}

async fn an_existing_file_keeps_its_permissions_and_gives_them_to_its_log() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        open(&url(engine, &path)).await?.close().await?;
        set_mode(&path, 0o640);
        let store = open(&url(engine, &path)).await?;
        store.upsert_quotes(&[quote()?]).await?;
        let files: Vec<_> = modes(directory.path()).into_iter().filter(|(name, _)| name != "book.tmp").collect();
        assert!(files.len() > 1 && files.iter().all(|(_, mode)| *mode == 0o640), "{engine}: {files:?}");
        store.close().await?;
    }
    Ok(())
}

async fn a_file_that_is_moved_or_replaced_beneath_a_store_is_not_written_to() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, away, other) =
            (directory.path().join("book"), directory.path().join("away"), directory.path().join("other"));
        for path in [&path, &other] {
            let store = open(&url(engine, path)).await?;
            store.upsert_quotes(&[quote()?]).await?;
            store.close().await?;
        }
        let store = open(&url(engine, &path)).await?;
        let (mut changed, as_of) = (quote()?, AsOf::instant(quote()?.at));
        changed.bid = Some(5.0);
        let query = QuoteQuery::new(quote()?.contract, as_of);
        fs::rename(&path, &away).expect("moved");
        for _ in 0..2 {
            let error = store.upsert_quotes(&[changed.clone()]).await.expect_err("no file");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            let path = path.display().to_string();
            assert_eq!((error.operation(), error.context("path")), (Some("upsert_quotes"), Some(path.as_str())));
            let error = store.list_quotes(&query).await.expect_err("no file");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            assert_eq!(store.ping().await.expect_err("no file").kind(), ErrorKind::Unavailable);
            assert_eq!(store.compact().await.expect_err("no file").kind(), ErrorKind::Unavailable);
        }
        fs::rename(&away, &path).expect("moved back");
        store.ping().await?;
        store.upsert_quotes(&[changed.clone()]).await?;

        fs::rename(&other, &path).expect("replaced");
        let before = fs::read(&path).expect("the other file");
        let error = store.upsert_quotes(&[quote()?]).await.expect_err("another file");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert!(error.message().contains("another file"), "{error}");
        store.close().await?;
        assert_eq!(fs::read(&path).expect("the other file"), before, "{engine} left the other file alone");
    }
    Ok(())
}

async fn paths_that_are_no_files_are_refused() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(directory.path().join("nothing"), &link).expect("a link");
    for engine in ENGINES {
        let paths = [
            ":memory:x",
            ":memory",
            "a\0b",
            "",
            directory.path().to_str().expect("text"),
            link.to_str().expect("text"),
        ];
        for path in paths {
            let error = open(&format!("{engine}:{path}")).await.expect_err(path);
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
            assert!(!Path::new(path).is_file());
            assert!(!format!("{error:#}").contains('\0'), "{error}");
        }
    }
    Ok(())
}

async fn an_error_does_not_echo_megabytes() {
    let long = "x".repeat(3_000_000);
    for engine in ENGINES {
        for url in [
            format!("{engine}:{long}"),
            format!("{engine}::memory:?{long}=1"),
            format!("{engine}::memory:?migrate={long}"),
        ] {
            let error = open(&url).await.expect_err("no such path or option");
            assert!(format!("{error:#}").len() < 5_000, "{} bytes", format!("{error:#}").len());
            assert!(format!("{error:?}").len() < 5_000, "{} bytes", format!("{error:?}").len());
        }
    }
    let error = open(&format!("{long}:")).await.expect_err("no such engine");
    assert!(format!("{error:#}").len() < 5_000);
}

const READ: &str = "STRIKEBOOK_TEST_READ";

/// Returns the URLs of the stores to read, in the other process.
pub(super) fn stores_to_read() -> Option<String> {
    env::var(READ).ok()
}

/// Reads stores as a user who can write nothing.
pub(super) async fn read(urls: String) -> Result<()> {
    for url in urls.lines() {
        let store = open(url).await?;
        let found = store.list_quotes(&QuoteQuery::new(quote()?.contract, AsOf::instant(quote()?.at))).await?;
        assert_eq!(found.items.len(), 1, "{url}");
        let mut changed = quote()?;
        changed.bid = Some(5.0);
        let error = store.upsert_quotes(&[changed]).await.expect_err("read only");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        store.close().await?;
        println!("read {url}");
    }
    Ok(())
}

async fn a_store_is_read_where_nothing_can_be_written() -> Result<()> {
    const NOBODY: u32 = 65_534;
    let directory = tempfile::tempdir().expect("a directory");
    let (mut urls, mut paths) = (Vec::new(), Vec::new());
    for engine in ENGINES {
        // A name that would mean something else in a URI.
        let path = directory.path().join(format!("{engine} 100%#1"));
        let store = open(&url(engine, &path)).await?;
        store.upsert_quotes(&[quote()?]).await?;
        store.close().await?;
        set_mode(&path, 0o444);
        urls.push(format!("{}?read_only=true", url(engine, &path)));
        if *engine == "sqlite" {
            urls.push(format!("{}?read_only=true&immutable=true", url(engine, &path)));
        }
        paths.push(path);
    }
    set_mode(directory.path(), 0o555);
    // This same binary: its name may lie in a folder that the other user must not enter.
    let mut reader = Command::new("/proc/self/exe");
    reader.env(READ, urls.join("\n"));
    reader.current_dir("/");
    // Nothing keeps root from writing.
    if fs::metadata(directory.path()).expect("a folder").uid() == 0 {
        reader.uid(NOBODY).gid(NOBODY);
    }
    let output = reader.output().expect("a second process");
    let reported = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{reported}");
    assert_eq!(reported.matches("read ").count(), urls.len(), "{reported}");
    set_mode(directory.path(), 0o755);
    let names = fs::read_dir(directory.path()).expect("a folder").count();
    assert_eq!(names, paths.len(), "nothing was left beside the files");
    Ok(())
}

#[cfg(feature = "sqlite")]
async fn an_immutable_database_has_no_log_and_no_writer() -> Result<()> {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("book");
    let writer = open(&url("sqlite", &path)).await?;
    writer.upsert_quotes(&[quote()?]).await?;
    let immutable = format!("{}?read_only=true&immutable=true", url("sqlite", &path));
    let error = open(&immutable).await.expect_err("a log");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
    assert!(error.context("log").is_some_and(|log| log.ends_with("book-wal")), "{error:?}");
    writer.close().await?;
    let reader = open(&immutable).await?;
    reader.ping().await?;
    run("sqlite", &path, "SELECT 1");
    reader.ping().await?;
    let writer = open(&url("sqlite", &path)).await?;
    let mut changed = quote()?;
    changed.bid = Some(5.0);
    writer.upsert_quotes(&[changed]).await?;
    let error = reader.ping().await.expect_err("a writer");
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    writer.close().await?;
    reader.close().await?;
    let error = open(&format!("{}?immutable=true", url("sqlite", &path))).await.expect_err("not read only");
    assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
    Ok(())
}
