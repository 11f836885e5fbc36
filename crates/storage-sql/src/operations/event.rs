//! System events and states.

use async_trait::async_trait;
use strikebook_core::{
    Id, Json, Limit, Name, Page, Result, Timestamp, Upserted,
    operations::{
        EventFilter, EventQuery, EventRepository, Severity, StateFilter, StateQuery, SystemEvent, SystemState,
    },
    port::Asked,
};

use crate::{
    engine::Engine,
    record::record,
    repository::SqlStore,
    shapes::entries::{self, EntryRow},
    sql::Sql,
};

record! {
    SystemEvent in Events {
        key { id: Id<SystemEvent> }
        value { at: Timestamp, severity: Severity, component: Name, message: String, details: Json }
    }
}

impl EntryRow for SystemEvent {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &EventFilter) -> Sql {
        let sql = sql.bind_some(" AND component = ", filter.component.as_ref().map(Name::as_str));
        match filter.least_severity {
            None => sql,
            Some(least) => sql.push(&format!(" AND severity IN ({})", severities(|one| one >= least))),
        }
    }
}

/// The words of the severities that meet a condition, quoted and with commas between them.
pub(super) fn severities(condition: impl Fn(Severity) -> bool) -> String {
    let words = Severity::ALL.iter().filter(|one| condition(**one)).map(|one| format!("'{one}'"));
    words.collect::<Vec<_>>().join(", ")
}

record! {
    SystemState in States {
        key { id: Id<SystemState> }
        value {
            at: Timestamp,
            regime: Option<Name>,
            active_strategy: Option<Name>,
            risk_limits: Json,
            risk_state: Json,
        }
    }
}

impl EntryRow for SystemState {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &StateFilter) -> Sql {
        sql.bind_some(" AND regime = ", filter.regime.as_ref().map(Name::as_str))
            .bind_some(" AND active_strategy = ", filter.active_strategy.as_ref().map(Name::as_str))
    }
}

#[async_trait]
impl<E: Engine> EventRepository for SqlStore<E> {
    async fn insert_events(&self, events: &[SystemEvent]) -> Result<Upserted> {
        self.insert::<SystemEvent>("insert_events", events).await
    }

    async fn get_event(&self, id: Id<SystemEvent>) -> Result<Option<SystemEvent>> {
        self.read("get_event", move |session| entries::get::<SystemEvent>(session, id)).await
    }

    async fn list_events(&self, query: &EventQuery) -> Result<Page<SystemEvent>> {
        self.entries::<SystemEvent>("list_events", query).await
    }

    async fn purge_events_below(&self, severity: Severity, before: Timestamp) -> Result<u64> {
        let below = severities(|one| one < severity);
        self.write("purge_events_below", move |session| {
            if below.is_empty() {
                return Ok(0);
            }
            let condition = Sql::new(format!("severity IN ({below}) AND \"at\" < ")).bind(before);
            entries::delete::<SystemEvent>(session, &condition, Asked::Below { severity, before })
        })
        .await
    }

    async fn insert_states(&self, states: &[SystemState]) -> Result<Upserted> {
        self.insert::<SystemState>("insert_states", states).await
    }

    async fn get_state(&self, id: Id<SystemState>) -> Result<Option<SystemState>> {
        self.read("get_state", move |session| entries::get::<SystemState>(session, id)).await
    }

    async fn list_states(&self, query: &StateQuery) -> Result<Page<SystemState>> {
        self.entries::<SystemState>("list_states", query).await
    }

    async fn state_at(&self, at: Timestamp) -> Result<Option<SystemState>> {
        let newest = StateQuery::default().with_until(at).newest_first().with_limit(Limit::MIN);
        Ok(self.entries::<SystemState>("state_at", &newest).await?.items.pop())
    }
}
