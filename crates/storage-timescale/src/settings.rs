//! The settings in a store's URL.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use strikebook_core::{Error, Result};
use strikebook_storage_sql::{Options, StoreOptions, decoded};
use tokio_postgres::{Config, config::Host};

use crate::{MIGRATIONS, error::cause, tls::TlsSettings};

/// Parameters of a connection that go to the driver as they are.
const DRIVER: [&str; 17] = [
    "user",
    "password",
    "dbname",
    "host",
    "hostaddr",
    "port",
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

/// The driver's settings unless the URL has others. A server that is gone without a word is given up after one and a
/// half minutes.
const DEFAULTS: &str = "application_name=strikebook&connect_timeout=5&keepalives_idle=60&keepalives_interval=10\
                        &keepalives_retries=3&tcp_user_timeout=90";

/// The settings of a store.
pub(crate) struct Settings {
    pub(crate) store: StoreOptions,
    pub(crate) config: Config,
    pub(crate) tls: TlsSettings,
    /// Names and values of what each session sets, in this order.
    pub(crate) session: Vec<(String, String)>,
    pub(crate) schema: String,
    pub(crate) pool_size: u32,
    pub(crate) timeout: Option<Duration>,
}

impl Settings {
    pub(crate) fn read(url: &str) -> Result<Self> {
        let (base, mut options) = Options::split(url)?;
        check_form(base)?;
        let store = options.take_store()?;
        let schema = options.take_with(
            "schema",
            "lower-case letters, digits and underscores, at most 63, starting with neither a digit nor pg_",
            |name| is_schema(name).then(|| name.to_owned()),
        )?;
        let pool_size = options.take_number("pool_size", 1..=256, "a number from 1 to 256")?;
        let timeout = options.take_duration("timeout")?;
        let expected =
            "TABLE:DAYS of tables in partitions, 1 to 3650 days, with commas between: option_quotes:1,bars:7";
        let widths = options.take_with("partition_days", expected, partition_widths)?;
        let tls = TlsSettings::take(&mut options)?;
        let given = options.take_with("options", "-c NAME=VALUE, as often as needed, percent-encoded", |value| {
            parameters(&decoded(value)?)
        })?;
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
        check_hosts(&config)?;
        config.ssl_mode(tls.encrypt());
        let schema = schema.unwrap_or_else(|| "trading".to_owned());
        let mut session = session_settings(given.unwrap_or_default(), &schema, timeout);
        session.extend(widths.unwrap_or_default());
        let pool_size = pool_size.unwrap_or(8);
        Ok(Self { store, config, tls, session, schema, pool_size, timeout })
    }

    /// The longest that connecting may take: the driver tries one host after another.
    pub(crate) fn connect_timeout(&self) -> Option<Duration> {
        let hosts = self.config.get_hosts().len().max(self.config.get_hostaddrs().len()).max(1);
        self.config
            .get_connect_timeout()
            .map(|timeout| timeout.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX)))
    }

    /// The hosts and ports, for errors.
    pub(crate) fn server(&self) -> String {
        let mut hosts: Vec<_> = self
            .config
            .get_hosts()
            .iter()
            .map(|host| match host {
                Host::Tcp(host) => host.clone(),
                #[cfg(unix)]
                Host::Unix(path) => path.display().to_string(),
            })
            .collect();
        if hosts.is_empty() {
            hosts = self.config.get_hostaddrs().iter().map(ToString::to_string).collect();
        }
        let ports = self.config.get_ports();
        let port = |place| ports.get(place).or(ports.first()).unwrap_or(&5432);
        hosts.iter().enumerate().map(|(place, host)| format!("{host}:{}", port(place))).collect::<Vec<_>>().join(", ")
    }
}

/// Refuses what is no URL of ours, and a password with special characters as they are: what follows one of them would
/// be read as another part of the URL, and turn up in errors.
fn check_form(base: &str) -> Result<()> {
    let Some(rest) = base.strip_prefix("postgres://").or_else(|| base.strip_prefix("postgresql://")) else {
        return Err(Error::invalid_config("this is no URL of a PostgreSQL server")
            .with("expected", "postgres://USER:PASSWORD@HOST:PORT/DATABASE"));
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.matches('@').count() > 1 || path.contains('@') {
        return Err(Error::invalid_config("the URL holds a special character of user or password as it is")
            .with("expected", "%40 for @, %2F for /, %3F for ?, %25 for %"));
    }
    Ok(())
}

/// Refuses hosts that are none: percent-encoding can bring a whole login there.
fn check_hosts(config: &Config) -> Result<()> {
    let is_name = |host: &str| host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let is_host = |host: &Host| match host {
        Host::Tcp(host) => is_name(host) || host.parse::<std::net::IpAddr>().is_ok(),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    if config.get_hosts().iter().all(is_host) {
        return Ok(());
    }
    Err(Error::invalid_config("the URL's host is neither a name nor an address")
        .with("expected", "postgres://USER:PASSWORD@HOST:PORT/DATABASE"))
}

/// Reads the widths of partitions as settings of the session, which the migrations look at.
fn partition_widths(value: &str) -> Option<Vec<(String, String)>> {
    let width = |part: &str| {
        let (table, days) = part.split_once(':')?;
        let is_width = days.parse().is_ok_and(|days: u16| (1..=3_650).contains(&days));
        let width = || (format!("strikebook.partition_days_{table}"), days.to_owned());
        (is_partitioned(table) && is_width).then(width)
    };
    let widths: Vec<_> = value.split(',').map(width).collect::<Option<_>>()?;
    let is_once = widths.iter().map(|(table, _)| table).collect::<BTreeSet<_>>().len() == widths.len();
    is_once.then_some(widths)
}

/// Returns true if the migrations partition a table.
fn is_partitioned(table: &str) -> bool {
    let partition = format!("partition_by_time('{table}',");
    MIGRATIONS.iter().any(|migration| migration.up.contains(&partition))
}

fn is_schema(name: &str) -> bool {
    name.len() <= 63
        && !name.starts_with("pg_")
        && !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Returns the settings of every session, behind those that the URL itself asks for.
fn session_settings(given: Vec<(String, String)>, schema: &str, timeout: Option<Duration>) -> Vec<(String, String)> {
    let mut settings = given;
    let mut set = |name: &str, value: String| settings.push((name.to_owned(), value));
    set("TimeZone", "UTC".to_owned());
    // Questions are short, and compiling them takes longer than answering them.
    set("jit", "off".to_owned());
    // The store's schema alone is searched: a table that it lacks must not be found in another one.
    set("search_path", format!("\"{schema}\""));
    if let Some(timeout) = timeout {
        set("statement_timeout", timeout.as_millis().min(i32::MAX as u128).to_string());
    }
    settings
}

/// Reads `options` as the server does: words with backslashes before what is not to end them, and `-c NAME=VALUE` or
/// `--NAME=VALUE`. `None` for anything else.
fn parameters(options: &str) -> Option<Vec<(String, String)>> {
    let mut words = words(options)?.into_iter();
    let mut parameters = Vec::new();
    while let Some(word) = words.next() {
        let parameter = match (word.strip_prefix("--"), word.strip_prefix("-c")) {
            (Some(long), _) => long.to_owned(),
            (None, Some("")) => words.next()?,
            (None, Some(attached)) => attached.to_owned(),
            (None, None) => return None,
        };
        let (name, value) = parameter.split_once('=')?;
        parameters.push((name.replace('-', "_"), value.to_owned()));
    }
    Some(parameters)
}

fn words(text: &str) -> Option<Vec<String>> {
    let mut words: Vec<String> = Vec::new();
    let mut within = false;
    let mut characters = text.chars();
    while let Some(c) = characters.next() {
        if c.is_ascii_whitespace() {
            within = false;
            continue;
        }
        if !within {
            words.push(String::new());
            within = true;
        }
        let c = if c == '\\' { characters.next()? } else { c };
        words.last_mut()?.push(c);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_the_server_reads_them() {
        let read = |options: &str| {
            let parameters = parameters(options)?;
            Some(parameters.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("|"))
        };
        for (options, expected) in [
            ("", Some("")),
            ("-c a=1", Some("a=1")),
            ("  -ca=1 --work-mem=4MB", Some("a=1|work_mem=4MB")),
            (r"-c search_path=a\ b -c x=", Some("search_path=a b|x=")),
            (r"-c x=\\", Some(r"x=\")),
            ("-B 10", None),
            ("-c", None),
            ("-c novalue", None),
        ] {
            assert_eq!(read(options).as_deref(), expected, "{options:?}");
        }
    }

    #[test]
    fn what_a_url_may_hold_as_it_is() {
        for (url, right) in [
            ("postgres://joe:s%40t@h:5432/b", true),
            ("postgresql://joe@h1:1,h2:2/b?options=-c%20a=b", true),
            ("postgres://joe:secret@[::1]:5432/b", true),
            ("postgres://%2Fvar%2Frun%2Fpostgresql/b", true),
            ("postgres://joe:se@cret@h/b", false),
            ("postgres://joe:se/cret@h/b", false),
            ("postgres://joe:se?cret@h/b", false),
            ("postgres://joe:se?x=cret@h/b", false),
            ("postgres://joe%3Asecret%40h/b", false),
            ("postgres:joe:secret@h/b", false),
            ("postgres:/joe:secret@h/b", false),
        ] {
            match Settings::read(url) {
                Ok(_) => assert!(right, "{url}"),
                Err(error) => {
                    assert!(!right, "{url}: {error:?}");
                    let text = format!("{error} {error:?}");
                    assert!(!text.contains("cret"), "{text}");
                }
            }
        }
    }
}
