//! Drift: where the live schema differs from what this version's migrations made.
//!
//! Columns are compared with the tables of the records. Indexes, constraints, views, triggers, functions and partitions
//! are compared with what the engine's catalog showed when the migrations were applied: each row of the ledger holds
//! what its migration changed in the catalog. Nobody keeps a list of them by hand.

use std::collections::{BTreeMap, BTreeSet};

use strikebook_core::{Error, Result};

use super::LEDGER;
use crate::{
    codec::{Column, Table, Value, read_column},
    schema::tables,
    session::Session,
};

/// The longest definition that a line of drift repeats, in bytes. A view's is a page long.
const LONGEST_SHOWN: usize = 160;

/// An object of the schema: the table, view or function that it is or belongs to, and a description such as
/// `index orders_by_time`.
type Object = (String, String);

/// The definition of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Definition {
    text: String,
    /// The version of the engine that wrote the text, where versions of the engine write it differently; otherwise
    /// empty.
    written_by: String,
}

impl Definition {
    /// Returns whether both define the same, as far as texts by two versions of the engine can tell.
    fn agrees(&self, other: &Self) -> bool {
        self.written_by != other.written_by || self.text == other.text
    }

    fn is_short(&self) -> bool {
        self.text.len() <= LONGEST_SHOWN && !self.text.contains('\n')
    }
}

/// The change of one object by a migration, as the ledger holds it: owner, description, and text and writer of the new
/// definition; without those, the migration dropped the object.
type ObjectChange = (String, String, Option<(String, String)>);

/// The objects of a schema beside its tables and their columns.
#[derive(Debug, Default)]
pub(super) struct Catalog(BTreeMap<Object, Definition>);

impl Catalog {
    /// Reads the objects from the engine's catalog.
    pub(super) fn live(session: &mut dyn Session) -> Result<Self> {
        let mut objects = BTreeMap::new();
        session.query(session.dialect().list_objects, &[], &mut |row| {
            let text = |column, name| read_column::<String>(row, column, "the catalog", name);
            let definition = Definition { text: text(2, "definition")?, written_by: text(3, "written_by")? };
            objects.insert((text(0, "owner")?, text(1, "object")?), definition);
            Ok(())
        })?;
        Ok(Self(objects))
    }

    /// Reads the objects that the applied migrations made from the ledger.
    fn recorded(session: &mut dyn Session) -> Result<Self> {
        let mut objects = BTreeMap::new();
        session.query(&format!("SELECT name, objects FROM {LEDGER} ORDER BY version"), &[], &mut |row| {
            let migration: String = read_column(row, 0, LEDGER, "name")?;
            let changes: String = read_column(row, 1, LEDGER, "objects")?;
            let changes: Vec<ObjectChange> = serde_json::from_str(&changes).map_err(|error| {
                Error::corrupt("the ledger's list of objects is no JSON of theirs")
                    .with("migration", migration)
                    .caused_by(error)
            })?;
            for (owner, object, definition) in changes {
                match definition {
                    Some((text, written_by)) => objects.insert((owner, object), Definition { text, written_by }),
                    None => objects.remove(&(owner, object)),
                };
            }
            Ok(())
        })?;
        Ok(Self(objects))
    }

    /// Returns what differs from an earlier state of the same catalog, as JSON for the ledger.
    pub(super) fn changes_since(&self, before: &Self) -> Result<String> {
        let dropped = before.0.keys().filter(|object| !self.0.contains_key(object));
        let dropped = dropped.map(|(owner, object)| (owner.clone(), object.clone(), None));
        let made = self.0.iter().filter(|(object, definition)| before.0.get(object) != Some(definition));
        let made = made.map(|((owner, object), definition)| {
            (owner.clone(), object.clone(), Some((definition.text.clone(), definition.written_by.clone())))
        });
        let changes: Vec<ObjectChange> = dropped.chain(made).collect();
        serde_json::to_string(&changes)
            .map_err(|error| Error::internal("cannot write a list of objects as JSON").caused_by(error))
    }
}

/// Returns a line for each difference: of columns in the order of the tables, then of other objects by their owners.
pub(super) fn find(session: &mut dyn Session) -> Result<Vec<String>> {
    let mut drift = Vec::new();
    let mut missing = BTreeSet::new();
    for table in tables() {
        let twin = table.keeps_versions().then(|| table.history());
        for name in [Some(table.name.to_owned()), twin].into_iter().flatten() {
            if let Some(differences) = differences(session, &table, &name)? {
                drift.extend(differences);
            } else {
                drift.push(format!("{name}: expected table, found nothing"));
                missing.insert(name);
            }
        }
    }
    let (made, live) = (Catalog::recorded(session)?, Catalog::live(session)?);
    for ((owner, object), expected) in made.0.iter().filter(|((owner, _), _)| !missing.contains(owner)) {
        match live.0.get(&(owner.clone(), object.clone())) {
            None => drift.push(format!("{owner}: expected {object}, found nothing")),
            Some(found) if found.agrees(expected) => {}
            Some(found) if found.is_short() && expected.is_short() => {
                drift.push(format!("{owner}: expected {object} as `{}`, found `{}`", expected.text, found.text));
            }
            Some(_) => {
                drift.push(format!("{owner}: expected {object} as the migration made it, found another definition"));
            }
        }
    }
    Ok(drift)
}

/// Returns a line for each column of a live table that differs from the record's; `None` when there is no such table.
fn differences(session: &mut dyn Session, table: &Table, name: &str) -> Result<Option<Vec<String>>> {
    let mut live: Vec<(String, String, bool)> = Vec::new();
    session.query(session.dialect().list_columns, &[Value::from(name)], &mut |row| {
        let text = |column, of| read_column::<String>(row, column, "the catalog", of);
        let nullable: i64 = read_column(row, 2, "the catalog", "nullability")?;
        live.push((text(0, "name")?, text(1, "type")?, nullable == 1));
        Ok(())
    })?;
    if live.is_empty() {
        return Ok(None);
    }
    let null = |nullable| if nullable { "NULL" } else { "NOT NULL" };
    let mut found = Vec::new();
    for Column { name: column, column_type, nullable, .. } in table.columns {
        let wanted = (session.dialect().type_name)(*column_type);
        match live.iter().find(|(live, ..)| live == column) {
            None => found.push(format!("{name}.{column}: expected {wanted}, found nothing")),
            Some((_, live_type, live_nullable)) => {
                if !live_type.eq_ignore_ascii_case(wanted) || nullable != live_nullable {
                    let (wanted_null, live_null) = (null(*nullable), null(*live_nullable));
                    found.push(format!(
                        "{name}.{column}: expected {wanted} {wanted_null}, found {live_type} {live_null}"
                    ));
                }
            }
        }
    }
    let extra = live.iter().filter(|(live, ..)| table.columns.iter().all(|column| column.name != live));
    found.extend(extra.map(|(column, live_type, _)| format!("{name}.{column}: expected nothing, found {live_type}")));
    Ok(Some(found))
}
