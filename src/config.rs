//! The configuration of two stores and a cache.

mod cache;

use std::{fmt, sync::Arc};

use cache::CacheSettings;
use serde::{Deserialize, de::IgnoredAny};
use strikebook_core::{
    Clock, Error, Result, Store,
    maintenance::{AppliedPolicy, Retention, maintain},
};
use strikebook_system::SystemClock;

pub use cache::{CacheConfig, WrongRows};

use crate::{open, open::known_scheme};

/// The location of a store, and how long its rows are kept.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given<StoreSettings>")]
pub struct StoreConfig {
    /// The URL of the store, as [`open`] takes it.
    pub url: String,
    /// The preset whose policies [`Config::open`] stores; with `None` the store keeps those that it has.
    pub retention: Option<Retention>,
}

impl StoreConfig {
    /// Creates the configuration of a store whose policies stay as they are.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), retention: None }
    }

    /// Opens the store, and stores the policies of the preset unless the store has them.
    async fn open(&self) -> Result<Arc<dyn Store>> {
        let store = open(&self.url).await?;
        if let Some(retention) = self.retention {
            let policies = retention.policies();
            if store.policies().await? != policies {
                store.set_policies(&policies, SystemClock.now()).await?;
            }
        }
        Ok(store)
    }
}

impl fmt::Debug for StoreConfig {
    /// Writes the scheme of the URL only: a URL may contain a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("StoreConfig");
        shown.field("scheme", &known_scheme(&self.url)).field("retention", &self.retention).finish_non_exhaustive()
    }
}

/// A setting as it stands in a file. A value of another form is skipped unread, because `serde` would quote it in its
/// error.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given<T> {
    Right(T),
    Wrong(IgnoredAny),
}

/// The settings of a store as they stand in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StoreSettings {
    url: String,
    retention: Option<Retention>,
}

impl TryFrom<Given<StoreSettings>> for StoreConfig {
    type Error = Error;

    fn try_from(given: Given<StoreSettings>) -> Result<Self> {
        match given {
            Given::Right(StoreSettings { url, retention }) => Ok(Self { url, retention }),
            Given::Wrong(_) => Err(Error::invalid_config("the settings of a store are not valid")
                .with("expected", "url = \"URL\", and retention = \"lean\" or \"research\" if wanted")),
        }
    }
}

/// The locations of an operational and an analytical store, on any engines, and the limits of the operational store's
/// cache.
///
/// The configuration is read from variables, or from any format that `serde` reads, such as TOML:
///
/// | variable | TOML | default |
/// |---|---|---|
/// | `STRIKEBOOK_OPERATIONAL__URL` | `url` of `[operational]` | |
/// | `STRIKEBOOK_OPERATIONAL__RETENTION` | `retention` of `[operational]`: `lean` or `research` | none |
/// | `STRIKEBOOK_ANALYTICAL__URL` | `url` of `[analytical]` | |
/// | `STRIKEBOOK_ANALYTICAL__RETENTION` | `retention` of `[analytical]`: `lean` or `research` | none |
/// | `STRIKEBOOK_CACHE__MAX_SIZE_GB` | `max_size_gb` of `[cache]` | 5 |
/// | `STRIKEBOOK_CACHE__TTL_DAYS` | `ttl_days` of `[cache]` | 30 |
/// | `STRIKEBOOK_CACHE__EMPTY_TTL_SECONDS` | `empty_ttl_seconds` of `[cache]` | 3600 |
/// | `STRIKEBOOK_CACHE__FAILURE_TTL_SECONDS` | `failure_ttl_seconds` of `[cache]` | 30 |
/// | `STRIKEBOOK_CACHE__MONTHLY_CAP` | `monthly_cap` of `[cache]` | 100 |
/// | `STRIKEBOOK_CACHE__OVER_CAP` | `over_cap` of `[cache]`: `stale` or `refuse` | `stale` |
/// | `STRIKEBOOK_CACHE__MAX_CLOCK_SKEW_MS` | `max_clock_skew_ms` of `[cache]` | 5000 |
/// | `STRIKEBOOK_CACHE__GATE` | `gate` of `[cache]`: `report`, `quarantine` or `refuse` | `quarantine` |
///
/// ```toml
/// [operational]
/// url = "sqlite:desk.db"
/// retention = "lean"
///
/// [analytical]
/// url = "duckdb:warehouse.duckdb"
///
/// [cache]
/// max_size_gb = 2.5
/// ```
///
/// ```
/// use strikebook::Config;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let variables = [("STRIKEBOOK_OPERATIONAL__URL", "sqlite::memory:"), ("STRIKEBOOK_ANALYTICAL__URL", "memory:")];
/// let stores = Config::from_variables(variables)?.open().await?;
/// assert_eq!(stores.operational.capabilities().engine, "sqlite");
/// assert_eq!(stores.analytical.capabilities().engine, "memory");
/// # Ok::<(), strikebook::Error>(())
/// # }).unwrap();
/// ```
/// No error of this type quotes a value. A TOML parser may quote the line of an error, however; print only its message
/// where a log must not contain passwords.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given<Settings>")]
pub struct Config {
    /// The operational store, which the application works with.
    pub operational: StoreConfig,
    /// The analytical store, which research reads.
    pub analytical: StoreConfig,
    /// The limits of fetched data.
    pub cache: CacheConfig,
}

/// All settings as they stand in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    operational: Option<Given<StoreSettings>>,
    analytical: Option<Given<StoreSettings>>,
    cache: Option<Given<CacheSettings>>,
}

impl TryFrom<Given<Settings>> for Config {
    type Error = Error;

    fn try_from(given: Given<Settings>) -> Result<Self> {
        let Given::Right(settings) = given else {
            return Err(Error::invalid_config("the configuration has unknown settings")
                .with("expected", "operational, analytical and cache"));
        };
        let store = |given: Option<Given<StoreSettings>>, which| match given {
            Some(given) => StoreConfig::try_from(given).map_err(|error| error.with("store", which)),
            None => Err(Error::invalid_config("the URL of a store is missing").with("store", which)),
        };
        Ok(Self {
            operational: store(settings.operational, "operational")?,
            analytical: store(settings.analytical, "analytical")?,
            cache: settings.cache.map(CacheConfig::try_from).transpose()?.unwrap_or_default(),
        })
    }
}

/// The opened stores of a [`Config`].
#[derive(Clone, Debug)]
pub struct Stores {
    /// The operational store, which the application works with.
    pub operational: Arc<dyn Store>,
    /// The analytical store, which research reads.
    pub analytical: Arc<dyn Store>,
}

impl Stores {
    /// Applies the policies of the operational and then of the analytical store, as [`maintain`] does. Call it once a
    /// day, at a time when its locks harm nobody.
    ///
    /// # Errors
    /// The errors of [`maintain`], with `operational` or `analytical` as `store`.
    ///
    /// # Cancel safety
    /// A dropped call leaves whole policies applied; another call resumes.
    pub async fn maintain(&self) -> Result<[Vec<AppliedPolicy>; 2]> {
        let maintained = async |store: &dyn Store, which: &'static str| {
            maintain(store, SystemClock.now()).await.map_err(|error| error.with("store", which))
        };
        let operational = maintained(&*self.operational, "operational").await?;
        Ok([operational, maintained(&*self.analytical, "analytical").await?])
    }
}

const OPERATIONAL: &str = "STRIKEBOOK_OPERATIONAL__";
const ANALYTICAL: &str = "STRIKEBOOK_ANALYTICAL__";
const CACHE: &str = "STRIKEBOOK_CACHE__";

impl Config {
    /// Reads the configuration from variables, such as those of [`std::env::vars`]. Variables with other prefixes are
    /// ignored.
    ///
    /// # Errors
    /// [`InvalidConfig`](strikebook_core::ErrorKind::InvalidConfig) for a missing URL, with the name of its variable,
    /// for a value that is not a number, is out of range or names no preset, and for an unknown variable with one of
    /// the prefixes.
    pub fn from_variables<N: AsRef<str>, V: Into<String>>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self> {
        let (mut operational, mut analytical, mut cache) = ((None, None), (None, None), CacheConfig::default());
        for (name, value) in variables {
            let name = name.as_ref();
            if let Some(key) = name.strip_prefix(CACHE) {
                cache.set(key, &value.into()).map_err(|error| error.with("variable", name))?;
                continue;
            }
            let ((url, retention), key) = match (name.strip_prefix(OPERATIONAL), name.strip_prefix(ANALYTICAL)) {
                (Some(key), _) => (&mut operational, key),
                (_, Some(key)) => (&mut analytical, key),
                (None, None) => continue,
            };
            let refused =
                |message, expected| Error::invalid_config(message).with("variable", name).with("expected", expected);
            match key {
                "URL" => *url = Some(value.into()),
                "RETENTION" => {
                    let preset = value.into().parse::<Retention>();
                    let unknown = |_| refused("a retention preset is unknown", "lean or research");
                    *retention = Some(preset.map_err(unknown)?);
                }
                _ => return Err(refused("unknown setting of a store", "URL or RETENTION after the two underscores")),
            }
        }
        let needed = |(url, retention): (Option<String>, _), variable: &str| {
            let missing =
                || Error::invalid_config("the URL of a store is missing").with("variable", format!("{variable}URL"));
            url.map(|url| StoreConfig { url, retention }).ok_or_else(missing)
        };
        let (operational, analytical) = (needed(operational, OPERATIONAL)?, needed(analytical, ANALYTICAL)?);
        Ok(Self { operational, analytical, cache })
    }

    /// Opens both stores, and stores the policies of their presets where the stores have others.
    ///
    /// # Errors
    /// The errors of [`open`], and those of
    /// [`set_policies`](strikebook_core::maintenance::Maintenance::set_policies), with `operational` or `analytical` as
    /// `store`.
    ///
    /// # Cancel safety
    /// As [`open`]; policies are stored whole or not at all.
    pub async fn open(&self) -> Result<Stores> {
        let opened = async |store: &StoreConfig, which: &'static str| {
            store.open().await.map_err(|error| error.with("store", which))
        };
        Ok(Stores {
            operational: opened(&self.operational, "operational").await?,
            analytical: opened(&self.analytical, "analytical").await?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOTH: [(&str, &str); 3] = [
        ("PATH", "/bin"),
        ("STRIKEBOOK_OPERATIONAL__URL", "postgres://u:secret@host/db"),
        ("STRIKEBOOK_ANALYTICAL__URL", "memory:"),
    ];

    #[test]
    fn variables_name_both_stores() {
        let config = Config::from_variables(BOTH).expect("both");
        assert_eq!(config.analytical.url, "memory:");
        assert!(!format!("{config:?}").contains("secret"));
        let error = Config::from_variables(BOTH.into_iter().take(2)).expect_err("one is missing");
        assert_eq!(error.context("variable"), Some("STRIKEBOOK_ANALYTICAL__URL"));
        let wrong = BOTH.into_iter().chain([("STRIKEBOOK_ANALYTICAL__ULR", "memory:")]);
        let error = Config::from_variables(wrong).expect_err("a typing error");
        assert_eq!(error.context("variable"), Some("STRIKEBOOK_ANALYTICAL__ULR"));
    }

    #[tokio::test]
    async fn a_preset_becomes_the_policies_of_its_store() {
        let (name, preset) = ("STRIKEBOOK_OPERATIONAL__RETENTION", "lean");
        let memory = [("STRIKEBOOK_OPERATIONAL__URL", "memory:"), ("STRIKEBOOK_ANALYTICAL__URL", "memory:")];
        let config = Config::from_variables(memory.into_iter().chain([(name, preset)])).expect("a preset");
        assert_eq!((config.operational.retention, config.analytical.retention), (Some(Retention::Lean), None));
        let stores = config.open().await.expect("opened");
        assert_eq!(stores.operational.policies().await.expect("stored"), Retention::Lean.policies());
        assert!(stores.analytical.policies().await.is_ok_and(|policies| policies.is_empty()));
        let [operational, analytical] = stores.maintain().await.expect("maintained");
        assert_eq!((operational.len(), analytical.len()), (Retention::Lean.policies().as_slice().len(), 0));
        let error = Config::from_variables(memory.into_iter().chain([(name, "long")])).expect_err("no preset");
        assert_eq!((error.context("variable"), error.context("expected")), (Some(name), Some("lean or research")));
    }

    #[test]
    fn variables_limit_the_cache() {
        let of =
            |name: &'static str, value: &'static str| Config::from_variables(BOTH.into_iter().chain([(name, value)]));
        assert_eq!(Config::from_variables(BOTH).expect("both").cache, CacheConfig::default());
        let cache = of("STRIKEBOOK_CACHE__MAX_SIZE_GB", "0.25").expect("a number").cache;
        assert_eq!(cache, CacheConfig { max_bytes: 250_000_000, ..CacheConfig::default() });
        let cache = of("STRIKEBOOK_CACHE__TTL_DAYS", "7").expect("a number").cache;
        assert_eq!(cache, CacheConfig { ttl_days: 7, ..CacheConfig::default() });
        for (name, value) in [
            ("STRIKEBOOK_CACHE__MAX_SIZE_GB", "5GB"),
            ("STRIKEBOOK_CACHE__MAX_SIZE_GB", "0"),
            ("STRIKEBOOK_CACHE__MAX_SIZE_GB", "-1"),
            ("STRIKEBOOK_CACHE__MAX_SIZE_GB", "NaN"),
            ("STRIKEBOOK_CACHE__MAX_SIZE_GB", "inf"),
            ("STRIKEBOOK_CACHE__TTL_DAYS", "0"),
            ("STRIKEBOOK_CACHE__TTL_DAYS", "1.5"),
            ("STRIKEBOOK_CACHE__TTL_DAYS", ""),
        ] {
            let error = of(name, value).expect_err(value);
            assert_eq!(error.kind(), strikebook_core::ErrorKind::InvalidConfig, "{error}");
            assert_eq!((error.context("variable"), error.context("value")), (Some(name), None));
            assert!(error.context("expected").is_some_and(|expected| expected.contains("such as")), "{error}");
        }
        let error = of("STRIKEBOOK_CACHE__MAX_SIZE", "5").expect_err("a typing error");
        assert!(error.context("expected").is_some_and(|expected| expected.contains("MAX_SIZE_GB")), "{error}");
    }
}
