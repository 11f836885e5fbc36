//! Settings: keyed rows of JSON, by name.

use async_trait::async_trait;
use strikebook_core::{
    Json, Name, Result, Upserted,
    operations::{ConfigurationRepository, Setting, SettingFilter},
};

use crate::{
    codec::Value,
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::keyed::{self, KeyedRow},
    sql::Sql,
};

record! {
    Setting in Settings {
        key { name: Name }
        value { value: Json, description: Option<String>, updated_by: Option<Name> }
    }
}

impl KeyedRow for Setting {
    type Row = Self;

    fn key_values(key: &Name) -> Vec<Value> {
        vec![key.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &SettingFilter) -> Sql {
        match &filter.prefix {
            None => sql,
            Some(prefix) => {
                let length = prefix.as_str().chars().count();
                sql.push(&format!(" AND substr(name, 1, {length}) = ")).bind(prefix.as_str())
            }
        }
    }
}

#[async_trait]
impl<E: Engine> ConfigurationRepository for SqlStore<E> {
    async fn upsert_settings(&self, settings: &[Setting]) -> Result<Upserted> {
        self.replace::<Setting>("upsert_settings", settings).await
    }

    async fn get_setting(&self, name: Name) -> Result<Option<Setting>> {
        self.read("get_setting", move |session| keyed::get::<Setting>(session, &name)).await
    }

    async fn list_settings(&self, filter: &SettingFilter) -> Result<Vec<Setting>> {
        let filter = filter.clone();
        self.read("list_settings", move |session| keyed::list::<Setting>(session, &filter)).await
    }

    async fn delete_setting(&self, name: Name) -> Result<bool> {
        self.write("delete_setting", move |session| keyed::delete::<Setting>(session, &name)).await
    }
}
