//! Limits of the cache.

use serde::Deserialize;
use strikebook_core::{Error, Result};

use super::Given;

/// The limits of fetched data in size and age. With the feature `services`, `pull_options` converts them to the options
/// of a puller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given<CacheSettings>")]
pub struct CacheConfig {
    /// The largest size of fetched data on disk in bytes; default 5·10⁹. The setting is in gigabytes of 10⁹ bytes.
    pub max_bytes: u64,
    /// The number of days for which fetched data is stored; default 30.
    pub ttl_days: u32,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self { max_bytes: 5_000_000_000, ttl_days: 30 }
    }
}

/// The settings as they stand in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheSettings {
    max_size_gb: Option<Given<f64>>,
    ttl_days: Option<Given<f64>>,
}

impl TryFrom<Given<CacheSettings>> for CacheConfig {
    type Error = Error;

    fn try_from(given: Given<CacheSettings>) -> Result<Self> {
        let Given::Right(settings) = given else {
            return Err(
                Error::invalid_config("the cache has unknown settings").with("expected", "max_size_gb and ttl_days")
            );
        };
        let mut cache = Self::default();
        for (key, given) in [("MAX_SIZE_GB", settings.max_size_gb), ("TTL_DAYS", settings.ttl_days)] {
            let value = match given {
                None => continue,
                Some(Given::Right(value)) => value.to_string(),
                Some(Given::Wrong(_)) => String::new(),
            };
            cache.set(key, &value).map_err(|error| error.with("setting", key.to_ascii_lowercase()))?;
        }
        Ok(cache)
    }
}

impl CacheConfig {
    /// Sets the limit that a variable's name ends with.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let refused = |expected: &'static str| {
            Error::invalid_config("a limit of the cache is not a number within its range").with("expected", expected)
        };
        match key {
            "MAX_SIZE_GB" => {
                let gigabytes = value.parse().ok().filter(|size| (0.001..=1e6).contains(size));
                let gigabytes: f64 =
                    gigabytes.ok_or_else(|| refused("gigabytes from 0.001 to 1000000, such as 2.5"))?;
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "above 0 and at most 10¹⁵")]
                let bytes = (gigabytes * 1e9).round() as u64;
                self.max_bytes = bytes;
            }
            "TTL_DAYS" => {
                let days = value.parse().ok().filter(|days| (1..=36_500).contains(days));
                self.ttl_days = days.ok_or_else(|| refused("whole days from 1 to 36500, such as 30"))?;
            }
            _ => {
                return Err(Error::invalid_config("unknown setting of the cache")
                    .with("expected", "MAX_SIZE_GB or TTL_DAYS after the two underscores"));
            }
        }
        Ok(())
    }

    /// Returns the options of a puller with these limits and defaults otherwise.
    ///
    /// ```
    /// use chrono::TimeDelta;
    /// use strikebook::CacheConfig;
    ///
    /// let options = CacheConfig { max_bytes: 250_000_000, ttl_days: 7 }.pull_options();
    /// assert_eq!((options.max_bytes, options.expiry, options.attempts), (250_000_000, Some(TimeDelta::days(7)), 3));
    /// ```
    #[cfg(feature = "services")]
    pub fn pull_options(&self) -> strikebook_services::pull::PullOptions {
        strikebook_services::pull::PullOptions {
            expiry: Some(chrono::TimeDelta::days(self.ttl_days.into())),
            max_bytes: self.max_bytes,
            ..strikebook_services::pull::PullOptions::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error as SerdeError, MapDeserializer};

    use super::*;

    fn read(settings: &[(&'static str, f64)]) -> Result<CacheConfig, SerdeError> {
        CacheConfig::deserialize(MapDeserializer::new(settings.iter().copied()))
    }

    #[test]
    fn a_file_may_set_each_limit() {
        assert_eq!(read(&[]), Ok(CacheConfig::default()));
        assert_eq!(read(&[("ttl_days", 7.0)]), Ok(CacheConfig { ttl_days: 7, ..CacheConfig::default() }));
        assert_eq!(read(&[("max_size_gb", 0.5)]).map(|cache| cache.max_bytes), Ok(500_000_000));
        for wrong in [("ttl_days", 0.5), ("max_size_gb", 0.0), ("max_size_gb", f64::NAN), ("max_size", 1.0)] {
            assert!(read(&[wrong]).is_err(), "{wrong:?}");
        }
        let error = read(&[("ttl_days", -1.0)]).expect_err("not in the past").to_string();
        assert!(error.contains("ttl_days") && error.contains("such as 30"), "{error}");
    }
}
