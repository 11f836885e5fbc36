//! Database files that cannot be used, and the errors that name them.

use std::{
    env, fs,
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use strikebook::{ErrorKind, Result, open};
use strikebook_testkit::{async_trials, trial::Trial};

use super::engines::{ENGINES, books, quote, url};

/// Lists the tests of this file.
pub(crate) fn trials() -> Vec<Trial> {
    async_trials![
        a_file_that_is_no_database_is_corrupt,
        a_truncated_database_is_corrupt_or_unusable_but_never_empty,
        a_store_opened_to_read_refuses_to_write,
        a_file_that_is_not_there_is_only_made_when_it_may_be,
        wrong_options_say_what_would_be_right,
        a_file_held_by_another_process
    ]
}

async fn a_file_that_is_no_database_is_corrupt() -> Result<()> {
    for book in books() {
        fs::write(&book.path, "Dear diary, ".repeat(1000)).expect("written");
        let error = book.open().await.expect_err("no database");
        assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
        assert_eq!(error.backend(), Some(book.engine));
        assert_eq!(fs::read_to_string(&book.path).expect("still there").len(), 12_000, "the file is left alone");
    }
    Ok(())
}

async fn a_truncated_database_is_corrupt_or_unusable_but_never_empty() -> Result<()> {
    for book in books() {
        let store = book.open().await?;
        store.upsert_quotes(&[quote()?]).await?;
        store.compact().await?;
        store.close().await?;
        let bytes = fs::read(&book.path).expect("a file");
        fs::write(&book.path, &bytes[..bytes.len() / 2]).expect("cut");
        let read = async {
            let store = book.open().await?;
            store
                .list_quotes(&strikebook::market::QuoteQuery::new(
                    quote()?.contract,
                    strikebook::AsOf::instant(quote()?.at),
                ))
                .await?;
            store.statistics().await
        };
        let error = read.await.expect_err("half a file");
        assert!(matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::InvalidConfig), "{error:?}");
    }
    Ok(())
}

async fn a_store_opened_to_read_refuses_to_write() -> Result<()> {
    for book in books() {
        let store = book.open().await?;
        store.upsert_quotes(&[quote()?]).await?;
        store.close().await?;

        let store = book.open_with("read_only=true").await?;
        let before = store.statistics().await?;
        let mut other = quote()?;
        other.bid = Some(1.0);
        let error = store.upsert_quotes(&[other]).await.expect_err("read only");
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
        assert_eq!(store.statistics().await?, before);
        store.close().await?;
    }
    Ok(())
}

async fn a_file_that_is_not_there_is_only_made_when_it_may_be() -> Result<()> {
    for book in books() {
        for option in ["create=false", "read_only=true"] {
            let error = book.open_with(option).await.expect_err("no file");
            assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
            assert!(!book.path.exists());
        }
        let error = open(&url(book.engine, &book.folder().join("no/such/folder/book"))).await.expect_err("no folder");
        assert_eq!(error.kind(), ErrorKind::InvalidConfig, "{error:?}");
    }
    Ok(())
}

async fn wrong_options_say_what_would_be_right() -> Result<()> {
    for engine in ENGINES {
        for (option, key, expected) in [
            ("colour=red", "known", "allow_simulated"),
            ("migrate=perhaps", "expected", "true or false"),
            ("readers=0", "expected", "1 to 64"),
            ("timeout=soon", "expected", "30s"),
        ] {
            let error = open(&format!("{engine}::memory:?{option}")).await.expect_err(option);
            assert_eq!(error.kind(), ErrorKind::InvalidConfig);
            assert!(error.context(key).is_some_and(|text| text.contains(expected)), "{error}");
        }
    }
    Ok(())
}

/// Another process that holds a database file open: this same binary, running [`holds_a_file`]. Ends when dropped.
struct Holder {
    process: Child,
    reported: Lines<BufReader<ChildStdout>>,
}

const HOLD: &str = "STRIKEBOOK_TEST_HOLD";

impl Holder {
    fn of(url: &str) -> Self {
        let mut process = Command::new(env::current_exe().expect("this binary"))
            .env(HOLD, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a second process");
        let reported = BufReader::new(process.stdout.take().expect("piped")).lines();
        let mut holder = Self { process, reported };
        let held = holder.reported.by_ref().map_while(std::result::Result::ok).any(|line| line.contains("held"));
        assert!(held, "{url} is held");
        holder
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        // The end of its input tells it to close the store and go.
        drop(self.process.stdin.take());
        self.reported.by_ref().map_while(std::result::Result::ok).for_each(drop);
        let _ = self.process.wait();
    }
}

/// Returns the URL of the file to hold, in the other process.
pub(super) fn file_to_hold() -> Option<String> {
    env::var(HOLD).ok()
}

/// Holds a file open until standard input has a line.
pub(super) async fn hold(url: String) -> Result<()> {
    let store = open(&url).await?;
    println!("held");
    std::io::stdin().read_line(&mut String::new()).expect("a line that ends the process");
    store.close().await
}

async fn a_file_held_by_another_process() -> Result<()> {
    for book in books() {
        let holder = Holder::of(&url(book.engine, &book.path));
        let opened = book.open().await;
        if book.engine == "sqlite" {
            // SQLite shares its file.
            let store = opened?;
            store.upsert_quotes(&[quote()?]).await?;
            store.close().await?;
        } else {
            let error = opened.expect_err("one process at a time");
            assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
            assert!(error.is_retryable());
            drop(holder);
            book.open().await?.close().await?;
        }
    }
    Ok(())
}
