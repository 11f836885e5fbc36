//! Limits of the cache.

use serde::Deserialize;
use strikebook_core::{Decimal, Error, Result};

use super::Given;

/// The treatment of fetched rows that are wrong by themselves, such as a bid above its ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrongRows {
    /// `report`: stores them beside the others, and reports them.
    Report,
    /// `quarantine`: keeps them out of the store, and reports them whole.
    #[default]
    Quarantine,
    /// `refuse`: refuses their whole batch.
    Refuse,
}

/// The limits of fetched data in size, age and cost, and what is taken from providers. With the feature `services`,
/// `pull_options` converts them to the options of a puller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Given<CacheSettings>")]
pub struct CacheConfig {
    /// The largest size of fetched data on disk in bytes; default 5·10⁹. The setting is in gigabytes of 10⁹ bytes.
    pub max_bytes: u64,
    /// The number of days for which fetched data is stored; default 30.
    pub ttl_days: u32,
    /// The number of seconds for which an empty answer is cached; default 3600.
    pub empty_ttl_seconds: u32,
    /// The number of seconds for which a failed provider is left alone; default 30.
    pub failure_ttl_seconds: u32,
    /// The most that the fetches of a calendar month may cost; default 100.
    pub monthly_cap: Decimal,
    /// True to answer with stale data once the cap is reached, false to refuse; default true.
    pub stale_over_cap: bool,
    /// The furthest that a provider's clock may be ahead of ours, in milliseconds; default 5000, and at most the
    /// [tolerance](strikebook_core::CLOCK_TOLERANCE) of stores, 60000.
    pub max_clock_skew_ms: u32,
    /// The treatment of wrong rows; default [`WrongRows::Quarantine`].
    pub gate: WrongRows,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self {
            max_bytes: 5_000_000_000,
            ttl_days: 30,
            empty_ttl_seconds: 3_600,
            failure_ttl_seconds: 30,
            monthly_cap: Decimal::ONE_HUNDRED,
            stale_over_cap: true,
            max_clock_skew_ms: 5_000,
            gate: WrongRows::default(),
        }
    }
}

/// A number, a switch or a word, as a file may write a setting.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Whole(i64),
    Number(f64),
    Switch(bool),
    Text(String),
}

impl Scalar {
    fn into_text(self) -> String {
        match self {
            Self::Whole(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Switch(switch) => switch.to_string(),
            Self::Text(text) => text,
        }
    }
}

/// Lists the settings: the name in a file, and the end of the variable's name.
macro_rules! settings {
    ($($field:ident = $variable:literal),+ $(,)?) => {
        /// The settings as they stand in a file.
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct CacheSettings {
            $($field: Option<Given<Scalar>>,)+
        }

        impl CacheSettings {
            /// The names of all settings in a file.
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];
            /// The ends of all variables' names.
            const VARIABLES: &'static [&'static str] = &[$($variable),+];

            /// Returns the settings that a file has, each with its name and the end of its variable's.
            fn given(self) -> Vec<(&'static str, &'static str, Given<Scalar>)> {
                let all = [$((stringify!($field), $variable, self.$field)),+];
                all.into_iter().filter_map(|(name, variable, given)| Some((name, variable, given?))).collect()
            }
        }
    };
}

settings! {
    max_size_gb = "MAX_SIZE_GB",
    ttl_days = "TTL_DAYS",
    empty_ttl_seconds = "EMPTY_TTL_SECONDS",
    failure_ttl_seconds = "FAILURE_TTL_SECONDS",
    monthly_cap = "MONTHLY_CAP",
    over_cap = "OVER_CAP",
    max_clock_skew_ms = "MAX_CLOCK_SKEW_MS",
    gate = "GATE",
}

impl TryFrom<Given<CacheSettings>> for CacheConfig {
    type Error = Error;

    fn try_from(given: Given<CacheSettings>) -> Result<Self> {
        let Given::Right(settings) = given else {
            return Err(Error::invalid_config("the cache has unknown settings")
                .with("expected", CacheSettings::NAMES.join(", ")));
        };
        let mut cache = Self::default();
        for (name, variable, given) in settings.given() {
            let value = match given {
                Given::Right(value) => value.into_text(),
                Given::Wrong(_) => String::new(),
            };
            cache.set(variable, &value).map_err(|error| error.with("setting", name))?;
        }
        Ok(cache)
    }
}

impl CacheConfig {
    /// Sets the limit that a variable's name ends with.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<()> {
        let refused = |expected: &'static str| {
            Error::invalid_config("a limit of the cache is not a value within its range").with("expected", expected)
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
                self.ttl_days =
                    whole(value, 1, 36_500).ok_or_else(|| refused("whole days from 1 to 36500, such as 30"))?;
            }
            "EMPTY_TTL_SECONDS" => {
                let seconds = whole(value, 1, 31_536_000);
                self.empty_ttl_seconds = seconds.ok_or_else(|| refused("whole seconds up to a year, such as 3600"))?;
            }
            "FAILURE_TTL_SECONDS" => {
                let seconds = whole(value, 1, 86_400);
                self.failure_ttl_seconds = seconds.ok_or_else(|| refused("whole seconds up to a day, such as 30"))?;
            }
            "MONTHLY_CAP" => {
                let cap = value.parse().ok().filter(|cap: &Decimal| !cap.is_sign_negative() && cap.scale() <= 8);
                let cap = cap.filter(|cap| *cap < Decimal::from(1_000_000_000_000_u64));
                self.monthly_cap = cap.ok_or_else(|| refused("an amount from 0 on, such as 49.99"))?;
            }
            "OVER_CAP" => {
                self.stale_over_cap = match value {
                    "stale" => true,
                    "refuse" => false,
                    _ => return Err(refused("stale or refuse, such as stale")),
                }
            }
            "MAX_CLOCK_SKEW_MS" => {
                let milliseconds = whole(value, 0, 60_000);
                self.max_clock_skew_ms =
                    milliseconds.ok_or_else(|| refused("whole milliseconds from 0 to 60000, such as 5000"))?;
            }
            "GATE" => {
                self.gate = match value {
                    "report" => WrongRows::Report,
                    "quarantine" => WrongRows::Quarantine,
                    "refuse" => WrongRows::Refuse,
                    _ => return Err(refused("report, quarantine or refuse, such as quarantine")),
                }
            }
            _ => {
                let known = CacheSettings::VARIABLES.join(", ");
                return Err(Error::invalid_config("unknown setting of the cache")
                    .with("expected", format_args!("one of {known} after the two underscores")));
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
    /// let config = CacheConfig { max_bytes: 250_000_000, ttl_days: 7, ..CacheConfig::default() };
    /// let options = config.pull_options();
    /// assert_eq!((options.max_bytes, options.expiry, options.attempts), (250_000_000, Some(TimeDelta::days(7)), 3));
    /// ```
    #[cfg(feature = "services")]
    pub fn pull_options(&self) -> strikebook_services::pull::PullOptions {
        use chrono::TimeDelta;
        use strikebook_services::{
            pull::{OverCap, PullOptions},
            quality::GatePolicy,
        };

        PullOptions {
            expiry: Some(TimeDelta::days(self.ttl_days.into())),
            max_bytes: self.max_bytes,
            empty_pause: TimeDelta::seconds(self.empty_ttl_seconds.into()),
            failure_pause: TimeDelta::seconds(self.failure_ttl_seconds.into()),
            monthly_cap: self.monthly_cap,
            over_cap: if self.stale_over_cap { OverCap::Stale } else { OverCap::Refuse },
            max_clock_skew: TimeDelta::milliseconds(self.max_clock_skew_ms.into()),
            gate: match self.gate {
                WrongRows::Report => GatePolicy::Report,
                WrongRows::Quarantine => GatePolicy::Quarantine,
                WrongRows::Refuse => GatePolicy::Refuse,
            },
            ..PullOptions::default()
        }
    }
}

/// Reads a whole number within a range. A file may write it with a decimal point.
fn whole(value: &str, least: u32, most: u32) -> Option<u32> {
    value.parse().ok().filter(|number| (least..=most).contains(number))
}

#[cfg(test)]
mod tests {
    use serde::de::value::{Error as SerdeError, MapDeserializer};

    use super::*;

    fn read(settings: &[(&'static str, f64)]) -> Result<CacheConfig, SerdeError> {
        CacheConfig::deserialize(MapDeserializer::new(settings.iter().copied()))
    }

    #[cfg(feature = "services")]
    #[test]
    fn every_setting_reaches_the_puller() {
        use chrono::TimeDelta;
        use strikebook_services::{
            pull::{OverCap, PullOptions},
            quality::GatePolicy,
        };

        let mut cache = CacheConfig::default();
        let options = cache.pull_options();
        let defaults = PullOptions::default();
        assert_eq!((options.max_bytes, options.empty_pause), (defaults.max_bytes, defaults.empty_pause));
        assert_eq!((options.failure_pause, options.monthly_cap), (defaults.failure_pause, defaults.monthly_cap));
        assert_eq!((options.over_cap, options.max_clock_skew), (defaults.over_cap, defaults.max_clock_skew));
        assert_eq!(options.gate, defaults.gate);
        for (key, value) in [
            ("EMPTY_TTL_SECONDS", "60"),
            ("FAILURE_TTL_SECONDS", "5"),
            ("MONTHLY_CAP", "49.99"),
            ("OVER_CAP", "refuse"),
            ("MAX_CLOCK_SKEW_MS", "250"),
            ("GATE", "refuse"),
        ] {
            cache.set(key, value).expect(key);
        }
        let options = cache.pull_options();
        assert_eq!((options.empty_pause, options.failure_pause), (TimeDelta::minutes(1), TimeDelta::seconds(5)));
        assert_eq!((options.monthly_cap.to_string().as_str(), options.over_cap), ("49.99", OverCap::Refuse));
        assert_eq!((options.max_clock_skew, options.gate), (TimeDelta::milliseconds(250), GatePolicy::Refuse));
    }

    #[test]
    fn values_out_of_range_are_refused() {
        for (key, value) in [
            ("EMPTY_TTL_SECONDS", "0"),
            ("FAILURE_TTL_SECONDS", "86401"),
            ("MONTHLY_CAP", "-1"),
            ("MONTHLY_CAP", "much"),
            ("OVER_CAP", "Stale"),
            ("MAX_CLOCK_SKEW_MS", "60001"),
            ("MAX_CLOCK_SKEW_MS", "5s"),
            ("GATE", "none"),
        ] {
            let error = CacheConfig::default().set(key, value).expect_err(value);
            assert!(error.context("expected").is_some_and(|expected| expected.contains("such as")), "{error}");
            assert_eq!(error.context("value"), None, "{error}");
        }
    }

    #[test]
    fn a_file_may_set_words_and_amounts() {
        let settings = [("gate", "report"), ("over_cap", "refuse"), ("monthly_cap", "12.5")];
        let read = CacheConfig::deserialize(MapDeserializer::<_, SerdeError>::new(settings.into_iter()));
        let expected = CacheConfig {
            gate: WrongRows::Report,
            stale_over_cap: false,
            monthly_cap: "12.5".parse().expect("an amount"),
            ..CacheConfig::default()
        };
        assert_eq!(read, Ok(expected));
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
