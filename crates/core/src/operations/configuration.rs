//! Configuration: settings that can change while a system runs.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Json, Name, Result, Timestamp, Upserted,
    port::Keyed,
    validate::{check, text},
};

/// A setting of the application. An [audited](crate::Store::audited) store keeps its past in the audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The unique name, such as `cache.max_size_gb`.
    pub name: Name,
    /// The present value of the setting.
    pub value: Json,
    /// The purpose of the setting.
    pub description: Option<String>,
    /// The user who set the value; `None` when unknown.
    pub updated_by: Option<Name>,
    /// The knowledge time: when the value was set.
    pub recorded_at: Timestamp,
}

crate::port::canonical!(Setting);

impl Setting {
    /// Creates a setting without description and user.
    pub fn new(name: Name, value: Json, recorded_at: Timestamp) -> Self {
        Self { name, value, description: None, updated_by: None, recorded_at }
    }
}

/// The conditions of a list of settings. A field that is `None` does not restrict the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingFilter {
    /// The text with which the names start.
    pub prefix: Option<Name>,
}

impl Keyed for Setting {
    const NAME: &'static str = "setting";

    type Key = Name;
    type Filter = SettingFilter;

    fn key(&self) -> Name {
        self.name
    }

    fn validate(&self) -> Result<()> {
        check!(text, self.description.as_deref() => "description");
        Ok(())
    }

    fn is_admitted_by(&self, filter: &SettingFilter) -> bool {
        filter.prefix.is_none_or(|prefix| self.name.as_str().starts_with(prefix.as_str()))
    }

    fn recorded_at(&self) -> Timestamp {
        self.recorded_at
    }

    fn with_recorded_at(self, recorded_at: Timestamp) -> Self {
        Self { recorded_at, ..self }
    }
}

/// Settings of the application.
///
/// ```
/// use strikebook_core::{
///     Name,
///     memory::MemoryStore,
///     operations::{ConfigurationRepository, Setting, SettingFilter},
/// };
///
/// # async fn example() -> strikebook_core::Result<()> {
/// let store = MemoryStore::new();
/// let setting = Setting::new(Name::new("cache.max_size_gb")?, "10".parse()?, "2025-09-25T20:00:00Z".parse()?);
/// store.upsert_settings(&[setting.clone()]).await?;
/// let cache = SettingFilter { prefix: Some(Name::new("cache.")?) };
/// assert_eq!(store.list_settings(&cache).await?, [setting]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// Every method returns the [errors of the engine](crate::ErrorKind#errors-of-an-engine). A write refuses an invalid
/// row with [`InvalidInput`](crate::ErrorKind::InvalidInput), naming its index as `row`, its key, the `field` and the
/// `value`.
///
/// # Cancel safety
/// A dropped read has no effect. A dropped write stores all of its rows or none.
#[async_trait]
pub trait ConfigurationRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores settings, which replace those with the same names, by the [rules of every
    /// upsert](Upserted#rules-of-every-upsert). A setting that differs in nothing but `recorded_at` counts as
    /// unchanged.
    async fn upsert_settings(&self, settings: &[Setting]) -> Result<Upserted>;

    /// Returns the setting with a name; `None` when there is no such setting.
    async fn get_setting(&self, name: Name) -> Result<Option<Setting>>;

    /// Returns the settings that a filter admits, in the order of their names.
    async fn list_settings(&self, filter: &SettingFilter) -> Result<Vec<Setting>>;

    /// Deletes the setting with a name, and returns true if there was one.
    async fn delete_setting(&self, name: Name) -> Result<bool>;
}
