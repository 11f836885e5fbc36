//! Cases of rules, which every engine passes.

use async_trait::async_trait;
use strikebook_core::{
    Result, Store, Timestamp, Upserted,
    maintenance::Dataset,
    port::Keyed,
    trading::journal::{RuleDefinition, RuleFilter, RuleSeverity},
};

use super::parsed;
use crate::{
    Bench,
    case::{Case, cases},
    keyed::{self, KeyedRows, some},
};

/// Rules, as the shared cases see them.
#[derive(Debug)]
pub struct Rules;

#[async_trait]
impl KeyedRows for Rules {
    type Row = RuleDefinition;

    const DATASET: Dataset = Dataset::JournalRules;

    fn row(number: usize, recorded_at: Timestamp) -> RuleDefinition {
        RuleDefinition {
            rule: parsed(&format!("rule {}", 1_000 - number)),
            text: "Never more than 5 % of the account.".to_owned(),
            severity: RuleSeverity::Major,
            active: number.is_multiple_of(2),
            recorded_at,
        }
    }

    fn altered(row: RuleDefinition) -> RuleDefinition {
        RuleDefinition { text: String::new(), ..row }
    }

    fn invalid(row: RuleDefinition) -> Option<RuleDefinition> {
        Some(RuleDefinition { text: "\0".to_owned(), ..row })
    }

    async fn upsert(store: &dyn Store, rows: &[RuleDefinition]) -> Result<Upserted> {
        store.upsert_rules(rows).await
    }

    async fn get(store: &dyn Store, key: &<RuleDefinition as Keyed>::Key) -> Result<Option<RuleDefinition>> {
        Ok(store.list_rules(&RuleFilter::default()).await?.into_iter().find(|row| row.key() == *key))
    }

    async fn list(store: &dyn Store, filter: &RuleFilter) -> Result<Vec<RuleDefinition>> {
        store.list_rules(filter).await
    }

    async fn delete(store: &dyn Store, key: &<RuleDefinition as Keyed>::Key) -> Result<bool> {
        store.delete_rule(*key).await
    }
}

/// Returns the cases of this subject.
pub(crate) fn cases() -> Vec<Case> {
    [keyed::cases::<Rules>(), cases![a_filter_separates_rules_in_force]].concat()
}

/// A filter separates rules in force from others.
async fn a_filter_separates_rules_in_force(bench: &Bench) -> Result<()> {
    let store = bench.open().await?;
    let rules = some::<Rules>(5);
    store.upsert_rules(&rules).await?;
    for (active, count) in [(Some(true), 3), (Some(false), 2), (None, 5)] {
        let found = store.list_rules(&RuleFilter { active }).await?;
        let expected: Vec<_> = rules.iter().filter(|rule| active.is_none_or(|active| rule.active == active)).collect();
        assert_eq!((found.iter().collect::<Vec<_>>(), found.len()), (expected, count));
    }
    Ok(())
}
