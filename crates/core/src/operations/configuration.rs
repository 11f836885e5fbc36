//! Configuration: settings that a running system can change.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Json, Keyed, Name, Result, Timestamp, Upserted,
    validate::{check, text},
};

/// A setting. Its past is in the audit of an [audited](crate::Store::audited) store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// Its name, which no other setting has, such as `cache.max_size_gb`.
    pub name: Name,
    /// What it is set to.
    pub value: Json,
    /// What it is for.
    pub description: Option<String>,
    /// Who set it; `None` when nobody knows.
    pub updated_by: Option<Name>,
    /// When it was set.
    pub recorded_at: Timestamp,
}

impl Setting {
    /// A setting without a description, set by nobody known.
    pub fn new(name: Name, value: Json, recorded_at: Timestamp) -> Self {
        Self { name, value, description: None, updated_by: None, recorded_at }
    }
}

/// What a list of settings is narrowed to. Fields that are `None` narrow nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingFilter {
    /// Settings whose names start with this.
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

/// Settings.
#[async_trait]
pub trait ConfigurationRepository: std::fmt::Debug + Send + Sync + 'static {
    /// Stores settings, each in the place of the one with its name.
    ///
    /// A setting equal in everything but `recorded_at` is unchanged. Of several with one name the last counts, and the
    /// others are repeated. An empty batch is fine and does nothing. Either all settings are stored or none.
    ///
    /// # Errors
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is not [valid](Keyed::validate), with its index as
    /// `row`: a description of more than 64 KiB or with the character NUL.
    ///
    /// # Cancel safety
    /// A dropped call stores all settings or none.
    async fn upsert_settings(&self, settings: &[Setting]) -> Result<Upserted>;

    /// The setting with a name; `None` when there is none.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn get_setting(&self, name: Name) -> Result<Option<Setting>>;

    /// The settings that a filter admits, in the order of their names.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// Safe.
    async fn list_settings(&self, filter: &SettingFilter) -> Result<Vec<Setting>>;

    /// Deletes the setting with a name, and tells whether there was one.
    ///
    /// # Errors
    /// Those of the engine only.
    ///
    /// # Cancel safety
    /// A dropped call deletes it or leaves it.
    async fn delete_setting(&self, name: Name) -> Result<bool>;
}
