//! System events and states.

use async_trait::async_trait;

use crate::{
    Id, Limit, Page, Result, Timestamp, Upserted,
    maintenance::{Dataset, Purged},
    memory::MemoryStore,
    operations::{EventQuery, EventRepository, Severity, StateQuery, SystemEvent, SystemState},
    port::{Asked, Change},
};

#[async_trait]
impl EventRepository for MemoryStore {
    async fn insert_events(&self, events: &[SystemEvent]) -> Result<Upserted> {
        self.insert("insert_events", events, |state| &mut state.events)
    }

    async fn get_event(&self, id: Id<SystemEvent>) -> Result<Option<SystemEvent>> {
        self.read("get_event", |state| Ok(state.events.get(id).cloned()))
    }

    async fn list_events(&self, query: &EventQuery) -> Result<Page<SystemEvent>> {
        self.read("list_events", |state| state.events.list(query))
    }

    async fn purge_events_below(&self, severity: Severity, before: Timestamp) -> Result<u64> {
        self.write("purge_events_below", |state| {
            let rows = state.events.delete(|event| event.severity < severity && event.at < before);
            let purged = Purged { rows, superseded: 0 };
            let asked = Asked::Below { severity, before };
            state.changes.extend(Change::purged(Dataset::Events.as_str(), asked, &purged));
            Ok(rows)
        })
    }

    async fn insert_states(&self, states: &[SystemState]) -> Result<Upserted> {
        self.insert("insert_states", states, |state| &mut state.states)
    }

    async fn get_state(&self, id: Id<SystemState>) -> Result<Option<SystemState>> {
        self.read("get_state", |state| Ok(state.states.get(id).cloned()))
    }

    async fn list_states(&self, query: &StateQuery) -> Result<Page<SystemState>> {
        self.read("list_states", |state| state.states.list(query))
    }

    async fn state_at(&self, at: Timestamp) -> Result<Option<SystemState>> {
        let newest = StateQuery::default().with_until(at).newest_first().with_limit(Limit::MIN);
        self.read("state_at", |state| Ok(state.states.list(&newest)?.items.pop()))
    }
}
