//! Settings by name, in memory.

use async_trait::async_trait;

use crate::{
    Name, Result, Upserted,
    memory::MemoryStore,
    operations::{ConfigurationRepository, Setting, SettingFilter},
};

#[async_trait]
impl ConfigurationRepository for MemoryStore {
    async fn upsert_settings(&self, settings: &[Setting]) -> Result<Upserted> {
        self.replace("upsert_settings", settings, |state| &mut state.settings)
    }

    async fn get_setting(&self, name: Name) -> Result<Option<Setting>> {
        self.read("get_setting", |state| Ok(state.settings.get(&name).cloned()))
    }

    async fn list_settings(&self, filter: &SettingFilter) -> Result<Vec<Setting>> {
        self.read("list_settings", |state| state.settings.list(filter))
    }

    async fn delete_setting(&self, name: Name) -> Result<bool> {
        self.write("delete_setting", |state| Ok(state.settings.delete(&name)))
    }
}
