//! Cases of settings, which every engine passes.

use std::sync::Arc;

use async_trait::async_trait;
use strikebook_core::{
    FixedClock, Json, Listing, Name, Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    operations::{Actor, AuditFilter, Setting, SettingFilter},
};

use crate::{
    Bench,
    case::{Case, cases},
    entries::{day, new_id},
    keyed::{self, KeyedRows, all},
    parsed,
};

/// Settings, as the shared cases see them.
#[derive(Debug)]
pub struct Settings;

#[async_trait]
impl KeyedRows for Settings {
    type Row = Setting;

    const DATASET: Dataset = Dataset::Settings;

    fn row(number: usize, recorded_at: Timestamp) -> Setting {
        Setting::new(parsed(&format!("cache.size {}", 1_000 - number)), parsed("5"), recorded_at)
    }

    fn altered(row: Setting) -> Setting {
        Setting { value: parsed("6"), ..row }
    }

    fn invalid(row: Setting) -> Option<Setting> {
        Some(Setting { description: Some("a\0b".to_owned()), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[Setting]) -> Result<Upserted> {
        store.upsert_settings(rows).await
    }

    async fn get(store: &dyn Store, key: &Name) -> Result<Option<Setting>> {
        store.get_setting(*key).await
    }

    async fn list(store: &dyn Store, filter: &SettingFilter) -> Result<Vec<Setting>> {
        store.list_settings(filter).await
    }

    async fn delete(store: &dyn Store, key: &Name) -> Result<bool> {
        store.delete_setting(*key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [
        keyed::cases::<Settings>(),
        cases![every_field_comes_back, a_prefix_keeps_what_starts_with_it, the_past_of_a_setting_is_in_the_audit],
    ]
    .concat()
}

/// Every field comes back as it was written, whatever kind of value it is.
async fn every_field_comes_back(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let values = ["null", "true", "-1.5", r#""text 🐂""#, "[1, null]", r#"{"a": {"b": [false]}}"#];
    for (number, value) in (0..).zip(values) {
        let setting = Setting {
            value: parsed(value),
            description: Some("how much; 'may' be \"kept\"".to_owned()),
            updated_by: Some(parsed("alice")),
            ..Settings::row(number, day(0))
        };
        store.upsert_settings(std::slice::from_ref(&setting)).await?;
        assert_eq!(store.get_setting(setting.name).await?, Some(setting));
    }
    Ok(())
}

/// A prefix restricts the list to names that start with it, compared letter by letter.
async fn a_prefix_keeps_what_starts_with_it(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let names = ["Δ.a", "Δ.b", "cache.size", "cache.ttl", "cachet", "Cache.size", "a_c", "abc"];
    let settings = names.map(|name| Setting::new(parsed(name), Json::default(), day(0)));
    store.upsert_settings(&settings).await?;
    assert_eq!(all::<Settings>(&*store).await?.len(), names.len());
    for (prefix, expected) in [
        ("cache.", &["cache.size", "cache.ttl"][..]),
        ("cache", &["cache.size", "cache.ttl", "cachet"]),
        ("Δ.", &["Δ.a", "Δ.b"]),
        ("a_", &["a_c"]),
        ("%", &[]),
        ("cache.size.bytes", &[]),
    ] {
        let found = store.list_settings(&SettingFilter { prefix: Some(parsed(prefix)) }).await?;
        assert_eq!(found.iter().map(|setting| setting.name.as_str()).collect::<Vec<_>>(), expected, "{prefix}");
    }
    Ok(())
}

/// The past of a setting is in the audit.
async fn the_past_of_a_setting_is_in_the_audit(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let name: Name = parsed("cache.size");
    for days in 0..3 {
        let actor = Actor::new(parsed("alice"), Arc::new(FixedClock(day(days))), new_id);
        let setting = Setting::new(name, Json::of(&days)?, day(days));
        store.audited(actor).upsert_settings(&[setting]).await?;
    }
    let filter = AuditFilter { resource_id: Some(name.to_string()), ..AuditFilter::default() };
    let past = store.list_audit(&Listing::new(filter)).await?.items;
    let value = |json: &Option<Json>| json.as_ref().map(|json| json.as_value()["value"].clone());
    let values: Vec<_> =
        past.iter().map(|entry| (entry.at, value(&entry.old_value), value(&entry.new_value))).collect();
    let expected = [
        (day(0), None, Some(0.into())),
        (day(1), Some(0.into()), Some(1.into())),
        (day(2), Some(1.into()), Some(2.into())),
    ];
    assert_eq!(values, expected);
    Ok(())
}
