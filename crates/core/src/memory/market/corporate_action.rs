//! Corporate actions of companies, in memory.

use async_trait::async_trait;
use chrono::NaiveDate;

use crate::{
    AsOf, ChangeQuery, Page, Result, SeriesQuery, Timestamp, Upserted, Version,
    market::{ActionKey, CorporateAction, CorporateActionRepository, Symbol, calendar},
    memory::MemoryStore,
};

#[async_trait]
impl CorporateActionRepository for MemoryStore {
    async fn upsert_corporate_actions(&self, actions: &[CorporateAction]) -> Result<Upserted> {
        self.upsert("upsert_corporate_actions", actions, |state| Ok(state.corporate_actions.upsert(actions)))
    }

    async fn corporate_actions_of(&self, symbol: Symbol, from: Timestamp, as_of: AsOf) -> Result<Vec<CorporateAction>> {
        self.read("corporate_actions_of", |state| {
            let of_symbol = ActionKey::all_of(symbol);
            let rows = of_symbol.flat_map(|key| state.corporate_actions.valid(key, from, as_of));
            let mut actions: Vec<_> = rows.cloned().collect();
            actions.sort_by_key(|action| (action.at, action.key.kind.as_str()));
            Ok(actions)
        })
    }

    async fn corporate_actions_into(&self, counterpart: Symbol, as_of: AsOf) -> Result<Vec<CorporateAction>> {
        self.read("corporate_actions_into", |state| {
            let rows = state.corporate_actions.all_valid(as_of);
            let mut actions: Vec<_> = rows.filter(|row| row.terms.counterpart == Some(counterpart)).cloned().collect();
            actions.sort_by_key(|action| (action.at, action.key.symbol, action.key.kind.as_str()));
            Ok(actions)
        })
    }

    async fn list_corporate_actions(&self, query: &SeriesQuery<ActionKey>) -> Result<Page<CorporateAction>> {
        self.read("list_corporate_actions", |state| state.corporate_actions.list(query))
    }

    async fn list_corporate_action_versions(
        &self,
        key: ActionKey,
        date: NaiveDate,
    ) -> Result<Vec<Version<CorporateAction>>> {
        self.read("list_corporate_action_versions", |state| {
            // No action is stored for a day that has no instant.
            Ok(calendar::midnight(date).map_or_else(|_| Vec::new(), |at| state.corporate_actions.versions(key, at)))
        })
    }

    async fn list_corporate_action_changes(&self, query: &ChangeQuery<ActionKey>) -> Result<Page<CorporateAction>> {
        self.read("list_corporate_action_changes", |state| state.corporate_actions.changes(query))
    }
}
