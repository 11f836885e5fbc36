//! Notes, which are entries, and the definitions of rules, which are keyed rows.

use async_trait::async_trait;
use strikebook_core::{
    Id, Name, Page, Result, Timestamp, Upserted,
    trading::journal::{
        Amendment, Cycle, Note, NoteFilter, NoteKind, NoteQuery, NoteRepository, RuleDefinition, RuleFilter,
        RuleSeverity, Trade,
    },
};

use crate::{
    codec::Value,
    engine::Engine,
    record::record,
    repository::SqlStore,
    session::Session,
    shapes::{
        entries::{self, EntryRow},
        keyed::{self, KeyedRow},
    },
    sql::Sql,
};

record! {
    Note in JournalNotes {
        key { id: Id<Note> }
        value {
            at: Timestamp,
            account: Name,
            trade: Option<Id<Trade>>,
            cycle: Option<Id<Cycle>>,
            kind: NoteKind,
            text: String,
            voided_at: Option<Timestamp>,
            amendment: Option<String>,
        }
    }
}

impl EntryRow for Note {
    type Entry = Self;

    fn admitted(sql: Sql, filter: &NoteFilter) -> Sql {
        sql.bind_some(" AND account = ", filter.account.as_ref().map(Name::as_str))
            .bind_some(" AND trade = ", filter.trade)
            .bind_some(" AND cycle = ", filter.cycle)
            .bind_some(" AND kind = ", filter.kind.map(NoteKind::as_str))
    }
}

record! {
    RuleDefinition in JournalRules {
        key { rule: Name }
        value {
            text: String,
            severity: RuleSeverity,
            active: bool,
        }
    }
}

impl KeyedRow for RuleDefinition {
    type Row = Self;

    fn key_values(key: &Name) -> Vec<Value> {
        vec![key.as_str().into()]
    }

    fn admitted(sql: Sql, filter: &RuleFilter) -> Sql {
        sql.bind_some(" AND active = ", filter.active)
    }
}

#[async_trait]
impl<E: Engine> NoteRepository for SqlStore<E> {
    async fn add_notes(&self, notes: &[Note]) -> Result<Upserted> {
        self.insert::<Note>("add_notes", notes).await
    }

    async fn amend_notes(&self, amendments: &[Amendment<Note>]) -> Result<Upserted> {
        const OPERATION: &str = "amend_notes";
        if amendments.is_empty() {
            return self.nothing(OPERATION).await;
        }
        let (amendments, simulated) = (amendments.to_vec(), self.allow_simulated());
        let amend = move |session: &mut dyn Session| entries::amend::<Note>(session, &amendments, simulated);
        self.write(OPERATION, move |session| amend(session).map(|(done, _)| done)).await
    }

    async fn get_note(&self, id: Id<Note>) -> Result<Option<Note>> {
        self.read("get_note", move |session| entries::get::<Note>(session, id)).await
    }

    async fn list_notes(&self, query: &NoteQuery) -> Result<Page<Note>> {
        self.entries::<Note>("list_notes", query).await
    }

    async fn upsert_rules(&self, rules: &[RuleDefinition]) -> Result<Upserted> {
        self.replace::<RuleDefinition>("upsert_rules", rules).await
    }

    async fn delete_rule(&self, rule: Name) -> Result<bool> {
        self.write("delete_rule", move |session| keyed::delete::<RuleDefinition>(session, &rule)).await
    }

    async fn list_rules(&self, filter: &RuleFilter) -> Result<Vec<RuleDefinition>> {
        let filter = filter.clone();
        self.read("list_rules", move |session| keyed::list::<RuleDefinition>(session, &filter)).await
    }
}
