//! Evictions: rows of one subject, selected by their current versions.

use strikebook_core::{
    Result, Timestamp,
    maintenance::{Dataset, Evicted, Eviction, Fetched, Purged},
    port::{Asked, Change},
};

use crate::{
    codec::Table,
    contracts::Ids,
    days, materialised,
    schema::table_of,
    session::{self, Session, lock, tell},
    sql::Sql,
};

/// Counts the rows that an eviction takes.
pub(super) fn count(session: &mut dyn Session, ids: &Ids, eviction: &Eviction) -> Result<Vec<Evicted>> {
    of_each(session, ids, eviction, &mut |session, _, statements| {
        let mut counted = |sql: &Sql| {
            session::count(session, &Sql { text: format!("SELECT count(*) {}", sql.text), params: sql.params.clone() })
        };
        Ok(Purged { superseded: counted(&statements.superseded)?, rows: counted(&statements.rows)? })
    })
}

/// Deletes the rows that an eviction takes.
pub(super) fn evict(session: &mut dyn Session, ids: &Ids, eviction: &Eviction) -> Result<Vec<Evicted>> {
    of_each(session, ids, eviction, &mut |session, dataset, statements| {
        lock(session, dataset.as_str())?;
        materialised::invalidate(session, dataset.as_str(), Timestamp::MIN)?;
        // The current versions tell which of the others go, and so go last.
        let mut delete = |sql: &Sql| session.execute(&format!("DELETE {}", sql.text), &sql.params);
        let purged = Purged { superseded: delete(&statements.superseded)?, rows: delete(&statements.rows)? };
        days::evicted(session, dataset, &groups(&eviction.of))?;
        tell(session, || Change::purged(dataset.as_str(), Asked::Evict(eviction), &purged));
        Ok(purged)
    })
}

/// Returns the condition that a contract `AS g` shares root and expiration with those of a subject.
fn groups(of: &Fetched) -> Sql {
    match of {
        Fetched::Market(symbol) => Sql::new("g.underlying = ").bind(symbol.as_str()),
        Fetched::Greeks(key) => {
            let sql = Sql::new("g.root = ").bind(key.contract.root().as_str());
            sql.push(" AND g.expiration = ").bind(key.contract.expiration())
        }
        // No contract is of bars.
        Fetched::Bars(_) => Sql::new("1 = 0"),
    }
}

/// `FROM … WHERE …`, of which each eviction has two.
struct Statements {
    rows: Sql,
    superseded: Sql,
}

/// Does something with the rows of each dataset of an eviction.
fn of_each(
    session: &mut dyn Session,
    ids: &Ids,
    eviction: &Eviction,
    each: &mut dyn FnMut(&mut dyn Session, Dataset, &Statements) -> Result<Purged>,
) -> Result<Vec<Evicted>> {
    let mut evicted = Vec::new();
    for &dataset in eviction.of.datasets() {
        let table = table_of(dataset)?;
        let purged = match of_subject(session, ids, dataset, &eviction.of)? {
            Some(of_subject) => each(session, dataset, &statements(&table, of_subject, eviction))?,
            None => Purged::default(),
        };
        evicted.push(Evicted { dataset, purged });
    }
    Ok(evicted)
}

/// The condition on the columns of the series; `None` when nothing can be of it.
fn of_subject(session: &mut dyn Session, ids: &Ids, dataset: Dataset, of: &Fetched) -> Result<Option<Sql>> {
    let condition = match of {
        Fetched::Market(symbol) => {
            let column = match dataset {
                Dataset::OptionQuotes => "contract_id IN (SELECT contract_id FROM option_contracts WHERE underlying = ",
                Dataset::ChainSnapshots => "(underlying = ",
                _ => "(symbol = ",
            };
            Sql::new(column).bind(symbol.as_str()).push(")")
        }
        Fetched::Bars(key) => {
            let sql = Sql::new("instrument = ").bind(key.instrument.to_string());
            sql.push(" AND timeframe = ").bind(key.timeframe.as_str())
        }
        Fetched::Greeks(key) => {
            let Some(id) = ids.id(session, key.contract)? else { return Ok(None) };
            let sql = Sql::new("contract_id = ").bind(id).push(" AND model = ").bind(key.model.as_str());
            sql.push(" AND revision = ").bind(key.revision)
        }
    };
    Ok(Some(condition))
}

fn statements(table: &Table, of_subject: Sql, eviction: &Eviction) -> Statements {
    let source = eviction.source.as_ref().map(strikebook_core::Source::as_str);
    let taken =
        of_subject.push(" AND recorded_at <= ").bind(eviction.recorded_until).bind_some(" AND source = ", source);
    let (name, keys, history) = (table.name, table.key_columns(), table.history());
    let from =
        |text: String, end: &str| Sql { text: format!("{text}{}{end}", taken.text), params: taken.params.clone() };
    Statements {
        superseded: from(format!("FROM {history} WHERE ({keys}) IN (SELECT {keys} FROM {name} WHERE "), ")"),
        rows: from(format!("FROM {name} WHERE "), ""),
    }
}
