//! Logs beside database files: whose they are, and how large they stay.

use std::{
    fs,
    path::{Path, PathBuf},
};

use strikebook::{AsOf, ErrorKind, Result, market::QuoteQuery, open};
use strikebook_testkit::{async_trials, trial::Trial};

use super::engines::{ENGINES, quote, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    [
        async_trials![
            a_log_that_does_not_continue_its_file_is_not_replayed,
            a_crash_at_any_transaction_leaves_a_log_that_is_replayed
        ],
        #[cfg(feature = "sqlite")]
        sqlite::trials(),
    ]
    .concat()
}

/// The log of a database file.
fn log(engine: &str, path: &Path) -> PathBuf {
    let mut log = path.to_owned().into_os_string();
    log.push(if engine == "sqlite" { "-wal" } else { ".wal" });
    log.into()
}

/// Writes a bid.
async fn write(store: &dyn strikebook::Store, bid: f64) -> Result<()> {
    let mut quote = quote()?;
    (quote.bid, quote.ask) = (Some(bid), Some(bid + 1.0));
    store.upsert_quotes(&[quote]).await.map(|_| ())
}

/// The bid that a file has; `None` when it has none.
async fn bid(engine: &str, path: &Path) -> Result<Option<f64>> {
    let store = open(&url(engine, path)).await?;
    let found = store.list_quotes(&QuoteQuery::new(quote()?.contract, AsOf::instant(quote()?.at))).await?;
    store.close().await?;
    Ok(found.items.first().and_then(|quote| quote.bid))
}

/// Copies a database as a crash would leave it: the file, and the log if there is one.
fn crash(engine: &str, from: &Path, to: &Path) {
    fs::copy(from, to).expect("copied");
    if log(engine, from).exists() {
        fs::copy(log(engine, from), log(engine, to)).expect("copied");
    }
}

/// Expects that a file is refused and left as it is.
async fn refused(engine: &str, path: &Path, case: &str) {
    let before = (fs::read(path).ok(), fs::read(log(engine, path)).expect("a log"));
    for option in ["", "?read_only=true"] {
        if option.is_empty() || path.exists() {
            let error = open(&format!("{}{option}", url(engine, path))).await.err();
            let error = error.unwrap_or_else(|| panic!("{engine}: {case}: the log was replayed"));
            assert_eq!(error.kind(), ErrorKind::Corrupt, "{engine}: {case}: {error:?}");
            assert!(error.context("log").is_some(), "{engine}: {case}: {error:?}");
        }
    }
    assert_eq!((fs::read(path).ok(), fs::read(log(engine, path)).expect("a log")), before, "{engine}: {case}");
}

async fn a_log_that_does_not_continue_its_file_is_not_replayed() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let (mine, other) = (at("mine"), at("other"));
        let store = open(&url(engine, &mine)).await?;
        write(&*store, 1.0).await?;
        store.close().await?;
        fs::copy(&mine, at("yesterday")).expect("copied");

        // After a crash the log is the file's own.
        let store = open(&url(engine, &mine)).await?;
        write(&*store, 2.0).await?;
        crash(engine, &mine, &at("crashed"));
        store.close().await?;
        let store = open(&url(engine, &mine)).await?;
        write(&*store, 3.0).await?;
        crash(engine, &mine, &at("today"));
        assert!(log(engine, &at("crashed")).exists() && log(engine, &at("today")).exists());
        store.close().await?;

        // A log without its file.
        let lost = at("lost");
        fs::copy(log(engine, &at("today")), log(engine, &lost)).expect("copied");
        refused(engine, &lost, "a log without a file").await;
        // Another database's log.
        let store = open(&url(engine, &other)).await?;
        write(&*store, 9.0).await?;
        store.close().await?;
        fs::copy(log(engine, &at("today")), log(engine, &other)).expect("copied");
        refused(engine, &other, "another database's log").await;
        // Today's log beside yesterday's file, and the other way round.
        let restored = at("yesterday");
        fs::copy(log(engine, &at("today")), log(engine, &restored)).expect("copied");
        refused(engine, &restored, "a newer log").await;
        fs::copy(log(engine, &at("crashed")), log(engine, &mine)).expect("copied");
        refused(engine, &mine, "an older log").await;

        // Moved away, each is in order.
        for path in [&other, &restored, &mine] {
            fs::remove_file(log(engine, path)).expect("moved away");
        }
        assert_eq!(bid(engine, &other).await?, Some(9.0), "{engine}");
        assert_eq!(bid(engine, &restored).await?, Some(1.0), "{engine}");
        assert_eq!(bid(engine, &mine).await?, Some(3.0), "{engine}");
        assert_eq!(bid(engine, &at("crashed")).await?, Some(2.0), "{engine}");
        assert_eq!(bid(engine, &at("today")).await?, Some(3.0), "{engine}");
    }
    Ok(())
}

async fn a_crash_at_any_transaction_leaves_a_log_that_is_replayed() -> Result<()> {
    for engine in ENGINES {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, copy) = (directory.path().join("book"), directory.path().join("copy"));
        let store = open(&url(engine, &path)).await?;
        for step in 1..=12_u32 {
            write(&*store, step.into()).await?;
            match step {
                // What compaction writes belongs to the database too.
                4 | 9 => drop(store.compact().await?),
                // Nothing is written, and nothing is in the way of what follows.
                6 => write(&*store, step.into()).await?,
                _ => {}
            }
            let _ = fs::remove_file(log(engine, &copy));
            let _ = fs::remove_file(directory.path().join("copy-shm"));
            crash(engine, &path, &copy);
            assert_eq!(bid(engine, &copy).await?, Some(step.into()), "{engine}, step {step}");
        }
        store.close().await?;
    }
    Ok(())
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use strikebook::{
        new_id,
        operations::{Severity, SystemEvent},
    };

    use super::{ErrorKind, Path, Result, Trial, async_trials, bid, crash, fs, log, open, refused, url, write};

    /// Bytes before the first frame of a log, before the page of a frame, and of a page (SQLite, *WAL-mode File
    /// Format*).
    const LOG_HEADER: usize = 32;
    const FRAME_HEADER: usize = 24;
    const PAGE: usize = 4096;

    /// Lists the tests of this module.
    pub(super) fn trials() -> Vec<Trial> {
        async_trials![
            a_checkpoint_that_was_cut_short_is_completed_from_the_log,
            a_rollback_journal_of_another_database_is_not_rolled_back,
            the_log_shrinks_again_after_a_long_reader,
            tables_without_row_numbers_have_their_keys_first
        ]
    }

    /// Moves the first page of a log into its file, as the checkpoint does first.
    fn begin_checkpoint(path: &Path) {
        let (mut file, log) = (fs::read(path).expect("a file"), fs::read(log("sqlite", path)).expect("a log"));
        let mut frames = log[LOG_HEADER..].chunks_exact(FRAME_HEADER + PAGE);
        let first = frames.rfind(|frame| frame[..4] == 1_u32.to_be_bytes()).expect("a frame of page 1");
        file[..PAGE].copy_from_slice(&first[FRAME_HEADER..]);
        fs::write(path, file).expect("written");
    }

    async fn a_checkpoint_that_was_cut_short_is_completed_from_the_log() -> Result<()> {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        let (mine, other) = (at("mine"), at("other"));
        for path in [&mine, &other] {
            open(&url("sqlite", path)).await?.close().await?;
            let store = open(&url("sqlite", path)).await?;
            write(&*store, 7.0).await?;
            let now = "2025-09-25T20:00:00Z".parse()?;
            let event = SystemEvent::new(new_id(now), now, Severity::Info, "test".parse()?, "x".repeat(60_000));
            store.insert_events(&[event]).await?;
            crash("sqlite", path, &at("copy"));
            store.close().await?;
            fs::rename(at("copy"), path).expect("renamed");
            fs::rename(at("copy-wal"), log("sqlite", path)).expect("renamed");
            begin_checkpoint(path);
            let alone = format!("file:{}?immutable=1", path.display());
            let alone = rusqlite::Connection::open(alone).expect("opened");
            let read = alone.query_row("SELECT mark FROM strikebook_file", [], |row| row.get::<_, String>(0));
            assert!(read.is_err(), "the file can be read without its log: the test tests nothing");
        }
        fs::copy(log("sqlite", &mine), at("kept")).expect("copied");
        fs::copy(log("sqlite", &other), log("sqlite", &mine)).expect("copied");
        refused("sqlite", &mine, "another database's log beside half a checkpoint").await;
        fs::copy(at("kept"), log("sqlite", &mine)).expect("copied");
        assert_eq!(bid("sqlite", &mine).await?, Some(7.0));
        Ok(())
    }

    async fn a_rollback_journal_of_another_database_is_not_rolled_back() -> Result<()> {
        let directory = tempfile::tempdir().expect("a directory");
        let at = |name: &str| directory.path().join(name);
        // A journal as it lies there in the middle of a transaction.
        let other = rusqlite::Connection::open(at("other")).expect("opened");
        other
            .execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES (1); PRAGMA cache_size = 1; BEGIN")
            .expect("begun");
        let values = vec!["(randomblob(3000))"; 100].join(", ");
        other.execute_batch(&format!("INSERT INTO t VALUES {values}")).expect("written");
        open(&url("sqlite", &at("book"))).await?.close().await?;
        fs::copy(at("other-journal"), at("book-journal")).expect("a journal");
        let before = fs::read(at("book")).expect("a file");
        let error = open(&url("sqlite", &at("book"))).await.expect_err("a journal");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error:?}");
        assert_eq!(fs::read(at("book")).expect("a file"), before);
        fs::remove_file(at("book-journal")).expect("moved away");
        open(&url("sqlite", &at("book"))).await?.close().await
    }

    async fn the_log_shrinks_again_after_a_long_reader() -> Result<()> {
        const LIMIT: u64 = 16 << 20;
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        let store = open(&format!("{}?synchronous=normal", url("sqlite", &path))).await?;
        let event = |message: String| {
            let at = "2025-09-25T20:00:00Z".parse()?;
            Ok::<_, strikebook::Error>(SystemEvent::new(new_id(at), at, Severity::Info, "test".parse()?, message))
        };
        let reader = rusqlite::Connection::open(&path).expect("opened");
        reader.execute_batch("BEGIN; SELECT count(*) FROM system_events").expect("a reader");
        for _ in 0..5 {
            let events: Vec<_> = (0..100).map(|_| event("x".repeat(60_000))).collect::<Result<_>>()?;
            store.insert_events(&events).await?;
        }
        let size = || fs::metadata(log("sqlite", &path)).expect("a log").len();
        let grown = size();
        assert!(grown > LIMIT + (8 << 20), "{grown} bytes while somebody reads");
        reader.execute_batch("COMMIT").expect("read");
        // The first one still appends and then moves all into the file, the second one starts anew.
        for _ in 0..3 {
            store.insert_events(&[event("small".to_owned())?]).await?;
        }
        assert!(size() <= LIMIT, "{} bytes afterwards, {grown} before", size());
        store.close().await
    }

    /// SQLite before 3.42 stores the columns of such a table keys first and looks for missing values in the declared
    /// order.
    async fn tables_without_row_numbers_have_their_keys_first() -> Result<()> {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("book");
        open(&url("sqlite", &path)).await?.close().await?;
        let database = rusqlite::Connection::open(&path).expect("opened");
        let sql = "SELECT t.name, group_concat(c.name, ', ' ORDER BY c.cid) \
                   FROM pragma_table_list AS t, pragma_table_info(t.name) AS c \
                   WHERE t.wr GROUP BY t.name \
                   HAVING group_concat(c.pk, ',' ORDER BY c.cid) <> \
                          group_concat(iif(c.cid < (SELECT max(k.pk) FROM pragma_table_info(t.name) AS k), c.cid + 1, 0), \
                                       ',' ORDER BY c.cid)";
        let mut wrong = database.prepare(sql).expect("prepared");
        let wrong: Vec<String> =
            wrong.query_map([], |row| row.get(0)).expect("asked").collect::<std::result::Result<_, _>>().expect("read");
        assert!(wrong.is_empty(), "the keys do not come first in {wrong:?}");
        let mut count = database.prepare("SELECT count(*) FROM pragma_table_list WHERE wr").expect("prepared");
        assert!(count.query_row([], |row| row.get::<_, i64>(0)).expect("asked") > 40);
        Ok(())
    }
}
