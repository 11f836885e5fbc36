//! The options behind the question mark of a store's URL.

use std::{borrow::Cow, fmt, ops::RangeInclusive, str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;
use strikebook_core::{Error, Result};

/// The options of a URL: `allow_simulated=true&busy_timeout=5s`. An adapter takes those it knows; what is left over is
/// an error that lists them. Errors name an option that is known, or else its position: any other text of the URL may
/// belong to a password.
#[derive(Clone, Default)]
pub struct Options {
    /// The options that are not taken yet.
    given: Vec<Given>,
    known: Vec<&'static str>,
}

#[derive(Clone)]
struct Given {
    /// The place among the URL's options, from 1.
    position: usize,
    key: String,
    value: String,
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("known", &self.known).finish_non_exhaustive()
    }
}

impl Options {
    /// Splits a URL at its question mark and reads the options behind it.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for an option without `=`, and for an `@` in one:
    /// the question mark is then probably part of a password.
    pub fn split(url: &str) -> Result<(&str, Self)> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        if query.contains('@') {
            return Err(Error::invalid_config("an option holds an @ as it is, or a password a question mark")
                .with("expected", "%40 for @, %3F for ?"));
        }
        let mut given = Vec::new();
        for (option, position) in query.split('&').filter(|option| !option.is_empty()).zip(1..) {
            let Some((key, value)) = option.split_once('=') else {
                return Err(Error::invalid_config("an option must be written key=value").with("position", position));
            };
            given.push(Given { position, key: key.to_owned(), value: value.to_owned() });
        }
        Ok((base, Self { given, known: Vec::new() }))
    }

    /// Splits the URL of an engine that keeps one file, `SCHEME:PATH?OPTIONS`, into the path and the options. The path
    /// may be percent-encoded: `%3F` is a question mark and `%25` a percent sign. A percent sign that two hexadecimal
    /// digits do not follow is one.
    ///
    /// # Errors
    /// As [`split`](Self::split), and for a URL without a path, with user and password of a server, or with a path that
    /// is not UTF-8.
    pub fn split_file(url: &str, scheme: &str) -> Result<(String, Self)> {
        let (base, options) = Self::split(url)?;
        let path = base.strip_prefix(scheme).and_then(|path| path.strip_prefix(':')).unwrap_or(base);
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() {
            return Err(Error::invalid_config("the URL names no file")
                .with("expected", format_args!("{scheme}:PATH or {scheme}::memory:")));
        }
        if path.split_once(':').is_some_and(|(_, rest)| rest.contains('@')) && !path.contains("./") {
            return Err(Error::invalid_config("the URL names no file but user and password of a server").with(
                "expected",
                format_args!("postgres://USER:PASSWORD@HOST/DATABASE, or {scheme}:./FILE for a file with such a name"),
            ));
        }
        let path = decoded(path).ok_or_else(|| {
            Error::invalid_config("the path of the URL is not UTF-8")
                .with("expected", "a percent-encoded path in UTF-8")
        })?;
        Ok((path, options))
    }

    /// Takes an option out; `None` when the URL does not have it.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) when `read` refuses the value; the error repeats
    /// `expected`.
    pub fn take_with<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        self.known.push(key);
        let Some(place) = self.given.iter().position(|given| given.key == key) else { return Ok(None) };
        let given = self.given.remove(place);
        read(&given.value).map(Some).ok_or_else(|| {
            Error::invalid_config("invalid value for option").with("option", key).with("expected", expected)
        })
    }

    /// Takes out an option that is read by its type.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take<T: FromStr>(&mut self, key: &'static str, expected: &'static str) -> Result<Option<T>> {
        self.take_with(key, expected, |value| value.parse().ok())
    }

    /// Takes out a switch: `true` or `false`.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take_switch(&mut self, key: &'static str) -> Result<Option<bool>> {
        self.take(key, "true or false")
    }

    /// Takes out a whole number within a range, which `expected` words.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take_number<T: FromStr + PartialOrd>(
        &mut self,
        key: &'static str,
        range: RangeInclusive<T>,
        expected: &'static str,
    ) -> Result<Option<T>> {
        self.take_with(key, expected, |value| value.parse().ok().filter(|number| range.contains(number)))
    }

    /// Takes out a span of time: `250ms`, `30s`, `5m` or `1h30m`.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take_duration(&mut self, key: &'static str) -> Result<Option<Duration>> {
        self.take_with(key, "a span of time such as 250ms, 30s, 5m or 1h30m", |value| {
            humantime::parse_duration(value).ok()
        })
    }

    /// Takes out the options that every store has.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take_store(&mut self) -> Result<StoreOptions> {
        Ok(StoreOptions {
            allow_simulated: self.take_switch("allow_simulated")?.unwrap_or(false),
            migrate: self.take_switch("migrate")?.unwrap_or(true),
            slow: match self.take_duration("slow")? {
                None => Some(DEFAULT_SLOW),
                Some(Duration::ZERO) => None,
                slow => slow,
            },
        })
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) when an option is left over, with its position
    /// among the URL's options and those known.
    pub fn finish(self) -> Result<()> {
        let Some(left) = self.given.first() else { return Ok(()) };
        let known = self.known.iter().find(|known| **known == left.key);
        let error = match known {
            Some(known) => Error::invalid_config("the URL has an option twice").with("option", known),
            None => Error::invalid_config("the URL has an option that this engine does not know"),
        };
        Err(error.with("position", left.position).with("known", self.known.join(", ")))
    }
}

/// Decodes percent-encoded text; `None` for bytes that are not UTF-8.
pub fn decoded(value: &str) -> Option<String> {
    percent_decode_str(value).decode_utf8().ok().map(Cow::into_owned)
}

/// The options that every store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// `allow_simulated`: whether rows of a simulated source are accepted. Off unless given.
    pub allow_simulated: bool,
    /// `migrate`: whether pending migrations are applied when the store is opened. On unless given; when it is off,
    /// opening a database that needs some is an error.
    pub migrate: bool,
    /// `slow`: the time from which on a call is logged as slow; one second unless given, `None` for `slow=0s`.
    pub slow: Option<Duration>,
}

/// The time from which on a call is slow by default.
const DEFAULT_SLOW: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_taken_and_what_is_left_is_an_error_that_lists_them() -> Result<()> {
        let (base, mut options) = Options::split("sqlite:a.db?allow_simulated=true&timeout=250ms&colour=red")?;
        assert_eq!(base, "sqlite:a.db");
        assert!(options.take_store()?.allow_simulated);
        assert_eq!(options.take_duration("timeout")?, Some(Duration::from_millis(250)));
        let error = options.finish().expect_err("colour");
        assert_eq!((error.context("option"), error.context("position")), (None, Some("3")));
        assert_eq!(error.context("known"), Some("allow_simulated, migrate, slow, timeout"));
        assert!(!format!("{error:?}").contains("colour"), "{error:?}");
        Ok(())
    }

    #[test]
    fn calls_are_slow_from_a_second_on_or_as_set_or_never() -> Result<()> {
        for (url, slow) in [
            ("sqlite:a.db", Some(Duration::from_secs(1))),
            ("sqlite:a.db?slow=250ms", Some(Duration::from_millis(250))),
            ("sqlite:a.db?slow=0s", None),
        ] {
            assert_eq!(Options::split(url)?.1.take_store()?.slow, slow, "{url}");
        }
        Ok(())
    }

    #[test]
    fn an_option_given_twice_is_named() -> Result<()> {
        let (_, mut options) = Options::split("sqlite:a.db?migrate=true&migrate=false")?;
        options.take_store()?;
        let error = options.finish().expect_err("twice");
        assert_eq!((error.context("option"), error.context("position")), (Some("migrate"), Some("2")));
        Ok(())
    }

    #[test]
    fn a_bad_value_says_what_would_be_right() -> Result<()> {
        let (_, mut options) = Options::split("sqlite:a.db?migrate=yes")?;
        let error = options.take_switch("migrate").expect_err("yes");
        assert_eq!((error.context("option"), error.context("expected")), (Some("migrate"), Some("true or false")));
        assert!(!format!("{error:?}").contains("yes"), "{error:?}");
        for bad in ["5", "s", "-1s", "1h-", "99999999999999999999s"] {
            let url = format!("x?t={bad}");
            let (_, mut options) = Options::split(&url)?;
            assert!(options.take_duration("t").is_err(), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn spans_of_time_are_read_as_people_write_them() -> Result<()> {
        for (text, milliseconds) in
            [("250ms", 250), ("30s", 30_000), ("5m", 300_000), ("1h", 3_600_000), ("1m30s", 90_000)]
        {
            let url = format!("x?t={text}");
            let (_, mut options) = Options::split(&url)?;
            assert_eq!(options.take_duration("t")?, Some(Duration::from_millis(milliseconds)), "{text}");
        }
        Ok(())
    }

    #[test]
    fn options_print_no_value() -> Result<()> {
        let (_, options) = Options::split("postgres://h/b?password=secret")?;
        assert!(!format!("{options:?}").contains("secret"));
        Ok(())
    }

    #[test]
    fn a_file_is_no_login() {
        for (url, path) in [
            ("sqlite:book.db?migrate=true", Some("book.db")),
            ("sqlite:///var/book.db", Some("/var/book.db")),
            ("sqlite::memory:", Some(":memory:")),
            ("sqlite:/home/joe@desk/book.db", Some("/home/joe@desk/book.db")),
            ("sqlite:./a:b@c.db", Some("./a:b@c.db")),
            ("sqlite:why%3F.db?migrate=true", Some("why?.db")),
            ("sqlite:my%20book.db", Some("my book.db")),
            ("sqlite:100%25.db", Some("100%.db")),
            ("sqlite:100%.db", Some("100%.db")),
            ("sqlite:%FF.db", None),
            ("sqlite:", None),
            ("sqlite:joe:secret@h/db", None),
            ("sqlite://joe:se/cret@h/db", None),
            ("sqlite://joe:se?cret@h/db", None),
        ] {
            match Options::split_file(url, "sqlite") {
                Ok((found, _)) => assert_eq!(Some(&*found), path),
                Err(error) => assert!(path.is_none() && !format!("{error:?}").contains("cret"), "{error:?}"),
            }
        }
    }
}
