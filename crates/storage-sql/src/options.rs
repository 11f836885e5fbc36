//! The options behind the question mark of a store's URL.

use std::{ops::RangeInclusive, str::FromStr, time::Duration};

use strikebook_core::{Error, Result};

/// The options of a URL: `allow_simulated=true&busy_timeout=5s`. An adapter takes those it knows; what is left over is an
/// error that lists them.
#[derive(Clone, Debug, Default)]
pub struct Options {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Options {
    /// Splits a URL at its question mark and reads the options behind it.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for an option without `=`.
    pub fn split(url: &str) -> Result<(&str, Self)> {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let mut given = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            let Some((key, value)) = option.split_once('=') else {
                return Err(Error::invalid_config("an option must be written key=value").with("option", option));
            };
            given.push((key.to_owned(), value.to_owned()));
        }
        Ok((base, Self { given, known: Vec::new() }))
    }

    /// Takes an option out; `None` when it is not given.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) when `read` cannot read its value; `expected` says
    /// what would be right.
    pub fn take_with<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>> {
        self.known.push(key);
        let Some(place) = self.given.iter().position(|(given, _)| given == key) else { return Ok(None) };
        let (_, value) = self.given.remove(place);
        read(&value).map(Some).ok_or_else(|| {
            Error::invalid_config("an option has a value that it cannot have")
                .with("option", key)
                .with("found", format_args!("{value:?}"))
                .with("expected", expected)
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

    /// Takes out a whole number within a range; `expected` words the range.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take_number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<i64>,
        expected: &'static str,
    ) -> Result<Option<i64>> {
        self.take_with(key, expected, |value| value.parse().ok().filter(|number| range.contains(number)))
    }

    /// Takes out a span of time: `250ms`, `30s` or `5m`.
    ///
    /// # Errors
    /// As [`take_with`](Self::take_with).
    pub fn take_duration(&mut self, key: &'static str) -> Result<Option<Duration>> {
        self.take_with(key, "a span of time such as 250ms, 30s or 5m", |value| {
            let split = value.find(|c: char| !c.is_ascii_digit())?;
            let (count, unit) = value.split_at(split);
            let count: u64 = count.parse().ok()?;
            match unit {
                "ms" => Some(Duration::from_millis(count)),
                "s" => Some(Duration::from_secs(count)),
                "m" => Some(Duration::from_secs(count.checked_mul(60)?)),
                _ => None,
            }
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
        })
    }

    /// Ends the taking.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) when an option is left over, with the known ones.
    pub fn finish(self) -> Result<()> {
        match self.given.first() {
            None => Ok(()),
            Some((key, _)) => {
                Err(Error::invalid_config("the URL has an option that this engine does not know, or has it twice")
                    .with("option", key)
                    .with("known", self.known.join(", ")))
            }
        }
    }
}

/// The options that every store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// `allow_simulated`: whether rows of a simulated source are accepted. Off unless given.
    pub allow_simulated: bool,
    /// `migrate`: whether pending migrations are applied when the store is opened. On unless given; when it is off,
    /// opening a database that needs some is an error.
    pub migrate: bool,
}

/// A URL without its password, for errors and logs. A password ends at the last `@`, whatever it holds unescaped.
pub fn redact(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let hide = |option: &str| match option.split_once('=') {
        Some((key, _)) if key.contains("password") => format!("{key}=***"),
        _ => option.to_owned(),
    };
    let rest = match rest.split_once('?') {
        Some((base, query)) => format!("{base}?{}", query.split('&').map(hide).collect::<Vec<_>>().join("&")),
        None => rest.to_owned(),
    };
    match rest.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?.0, host))) {
        Some((user, host)) => format!("{scheme}://{user}:***@{host}"),
        None => format!("{scheme}://{rest}"),
    }
}

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
        assert_eq!(error.context("option"), Some("colour"));
        assert_eq!(error.context("known"), Some("allow_simulated, migrate, timeout"));
        Ok(())
    }

    #[test]
    fn a_bad_value_says_what_would_be_right() -> Result<()> {
        let (_, mut options) = Options::split("sqlite:a.db?migrate=yes")?;
        let error = options.take_switch("migrate").expect_err("yes");
        assert_eq!((error.context("found"), error.context("expected")), (Some("\"yes\""), Some("true or false")));
        for bad in ["5", "s", "-1s", "1h", "99999999999999999999s"] {
            let (_, mut options) = Options::split("x?t=")?;
            options.given = vec![("t".to_owned(), bad.to_owned())];
            assert!(options.take_duration("t").is_err(), "{bad}");
        }
        Ok(())
    }

    #[test]
    fn a_redacted_url_holds_no_password() {
        for (url, redacted) in [
            ("postgres://joe:s3:cr@t@db:5432/x", "postgres://joe:***@db:5432/x"),
            ("postgres://joe:wh?t/ever@db/x?schema=y", "postgres://joe:***@db/x?schema=y"),
            ("postgres://joe@db/x?sslpassword=abc&schema=y", "postgres://joe@db/x?sslpassword=***&schema=y"),
            ("postgres://joe@db:5432/x?password=a@b", "postgres://joe@db:5432/x?password=***"),
            ("sqlite:a.db", "sqlite:a.db"),
        ] {
            assert_eq!(redact(url), redacted);
        }
    }
}
