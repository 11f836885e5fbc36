//! What a store's URL says.

use std::{fmt::Write as _, time::Duration};

use strikebook_core::{Error, Result};
use strikebook_storage_sql::{Options, StoreOptions};
use tokio_postgres::{Config, config::SslMode};

use crate::error::cause;

/// Parameters of a connection that go to the driver as they are.
const DRIVER: [&str; 18] = [
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "options",
    "application_name",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "load_balance_hosts",
    "channel_binding",
    "sslnegotiation",
];

/// What holds unless the URL says otherwise. A server that is gone without a word is given up after one and a half minutes.
const DEFAULTS: &str = "application_name=strikebook&connect_timeout=5&keepalives_idle=60&keepalives_interval=10\
                        &keepalives_retries=3&tcp_user_timeout=90";

/// How a store is opened.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) store: StoreOptions,
    pub(crate) config: Config,
    pub(crate) schema: String,
    pub(crate) pool_size: u32,
    pub(crate) timeout: Option<Duration>,
    pub(crate) root: Option<String>,
    /// In days.
    pub(crate) compress_after: i32,
}

impl Settings {
    pub(crate) fn read(url: &str) -> Result<Self> {
        check_form(url)?;
        let (base, mut options) = Options::split(url)?;
        let store = options.take_store()?;
        let schema = options.take_with(
            "schema",
            "lower-case letters, digits and underscores, at most 63, starting with neither a digit nor pg_",
            |name| is_schema(name).then(|| name.to_owned()),
        )?;
        let pool_size = options.take_number("pool_size", 1..=256, "a number from 1 to 256")?;
        let timeout = options.take_duration("timeout")?;
        let compress_after = options.take_number("compress_after", 1..=36_500, "a number of days from 1 to 36500")?;
        let ssl_mode = options.take_with("sslmode", "disable, prefer or require", |mode| match mode {
            "disable" => Some(SslMode::Disable),
            "prefer" => Some(SslMode::Prefer),
            // PostgreSQL's own tools check the certificate only when told to in full.
            "require" | "verify-full" => Some(SslMode::Require),
            _ => None,
        })?;
        let root = options.take_with("sslrootcert", "a path", |path| Some(path.to_owned()))?;
        let mut driver = DEFAULTS.to_owned();
        for key in DRIVER {
            if let Some(value) = options.take_with(key, "a text", |value| Some(value.to_owned()))? {
                // Writing to a `String` cannot fail.
                let _ = write!(driver, "&{key}={value}");
            }
        }
        options.finish()?;

        let mut config: Config = format!("{base}?{driver}").parse().map_err(|error: tokio_postgres::Error| {
            // The reason names an option at most.
            Error::invalid_config("the URL is not valid").with("reason", cause(error))
        })?;
        if let Some(mode) = ssl_mode {
            config.ssl_mode(mode);
        }
        let schema = schema.unwrap_or_else(|| "trading".to_owned());
        config.options(session_settings(config.get_options(), &schema, timeout));
        let pool_size = pool_size.and_then(|size| u32::try_from(size).ok()).unwrap_or(8);
        let compress_after = compress_after.and_then(|days| i32::try_from(days).ok()).unwrap_or(7);
        Ok(Self { store, config, schema, pool_size, timeout, root, compress_after })
    }

    /// The longest that connecting may take: the driver tries one host after another.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len()).max(1);
        self.config
            .get_connect_timeout()
            .map(|timeout| timeout.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX)))
    }
}

/// Refuses what is no URL of ours, and a password that holds a question mark: what follows the mark would be read as options
/// and turn up in errors.
fn check_form(url: &str) -> Result<()> {
    let Some(rest) = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://")) else {
        return Err(Error::invalid_config("this is no URL of a PostgreSQL server")
            .with("expected", "postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
    };
    match rest.split_once('?') {
        Some((base, query)) if query.contains('@') && !base.contains('@') => {
            Err(Error::invalid_config("user or password hold a question mark as it is").with("expected", "%3F"))
        }
        _ => Ok(()),
    }
}

fn is_schema(name: &str) -> bool {
    name.len() <= 63
        && !name.starts_with("pg_")
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What every connection is started with, behind what the URL asks for itself.
fn session_settings(given: Option<&str>, schema: &str, timeout: Option<Duration>) -> String {
    let mut settings = given.map_or_else(String::new, |given| format!("{given} "));
    // The store's schema alone is searched: a table that it lacks must not be found in another one. Questions are short, and
    // compiling them takes longer than answering them.
    settings.push_str("-c TimeZone=UTC -c jit=off");
    // Writing to a `String` cannot fail.
    let _ = write!(settings, " -c search_path=\"{schema}\"");
    if let Some(timeout) = timeout {
        let _ = write!(settings, " -c statement_timeout={}", timeout.as_millis().min(i32::MAX as u128));
    }
    settings
}
