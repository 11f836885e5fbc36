//! Rows that keep their corrections: how a batch is merged, and how the rows believed at a point are read.
//!
//! A table `t` holds the current version of each key, its twin `t_history` the superseded ones, so that reading the
//! present never touches the past. The end of a version's belief is not stored: it is the next version's `recorded_at`.

pub(crate) mod changes;
pub(crate) mod pieces;

use std::collections::BTreeMap;

use strikebook_core::{AsOf, Result, Timestamp, Upserted, Version, port::Change};

use crate::{
    codec::{Record, Role, Value},
    dialect::AppendOrder,
    kept,
    session::{Session, Target, any, append, collect, lock, tell},
    sql::{Sql, any_of, limited},
};

/// A record that keeps its corrections. One of its key's columns is `at`; the others name the series.
pub(crate) trait Versioned: Record + Send + 'static {
    /// The natural key without `at`.
    type Series: Ord + Copy + Send + Sync;
    /// The column that narrows a search to a few series best.
    const SERIES: &'static str;

    fn key(&self) -> Key<Self>;
    fn recorded_at(&self) -> Timestamp;
    /// The value of the column [`SERIES`](Self::SERIES).
    fn series(series: Self::Series) -> Value;
}

/// The natural key: the series and `at`.
pub(crate) type Key<R> = (<R as Versioned>::Series, Timestamp);

/// What becomes of a row of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Its key is new.
    Insert,
    /// It is what is believed already.
    Keep,
    /// It supersedes the current version.
    Correct,
    /// It was learned before the current version.
    Late,
}

/// The rows of a batch, of each key one, in the order in which the engine likes them appended.
struct Batch<'a, R: Versioned> {
    /// The keys stand beside the rows, so that neither ordering nor searching reaches for rows all over the memory.
    rows: Vec<(Key<R>, &'a R)>,
    order: AppendOrder,
    /// The values of the column [`SERIES`](Versioned::SERIES), in the order of the series.
    series: Vec<Value>,
    first: Timestamp,
    last: Timestamp,
}

impl<'a, R: Versioned> Batch<'a, R> {
    fn new(rows: impl IntoIterator<Item = &'a R>, order: AppendOrder) -> Self {
        let mut rows: Vec<_> = rows.into_iter().map(|row| (row.key(), row)).collect();
        // Rows mostly come in order, and then this takes no time.
        match order {
            AppendOrder::Key => rows.sort_by_key(|(key, _)| *key),
            AppendOrder::Time => rows.sort_by_key(|((series, at), _)| (*at, *series)),
        }
        let (first, last) = span(rows.iter().map(|((_, at), _)| *at));
        let mut series: Vec<_> = rows.iter().map(|((series, _), _)| *series).collect();
        series.sort_unstable();
        series.dedup();
        let mut series: Vec<_> = series.into_iter().map(R::series).collect();
        series.dedup();
        Self { rows, order, series, first, last }
    }

    /// Hands over every row of a table or of its history that may share a key with the batch.
    fn stored(&self, session: &mut dyn Session, from: &str, each: &mut dyn FnMut(R) -> Result<()>) -> Result<()> {
        for series in any_of(R::SERIES, &self.series, self.order) {
            let text = format!("SELECT {} FROM {from} WHERE ({}) AND ", R::TABLE.columns_with(""), series.text);
            let sql = Sql { text, ..series };
            let sql = sql.push("\"at\" BETWEEN ").bind(self.first).push(" AND ").bind(self.last);
            session.query(&sql.text, &sql.params, &mut |row| each(R::read(row)?))?;
        }
        Ok(())
    }

    /// The place of the row with a key.
    fn find(&self, key: &Key<R>) -> Option<usize> {
        let found = match self.order {
            AppendOrder::Key => self.rows.binary_search_by_key(key, |(key, _)| *key),
            AppendOrder::Time => self.rows.binary_search_by_key(&(key.1, key.0), |((series, at), _)| (*at, *series)),
        };
        found.ok()
    }

    /// What becomes of each row, told by the current versions.
    fn fates(&self, session: &mut dyn Session) -> Result<Vec<Fate>> {
        let mut fates = vec![Fate::Insert; self.rows.len()];
        // Engines mostly answer in the order in which rows were appended, so the next row is the first guess.
        let mut guess = 0;
        self.stored(session, R::TABLE.name, &mut |current| {
            let key = current.key();
            let found = match self.rows.get(guess) {
                Some((next, _)) if *next == key => Some(guess),
                _ => self.find(&key),
            };
            let Some(found) = found else { return Ok(()) };
            guess = found + 1;
            if let (Some((_, row)), Some(fate)) = (self.rows.get(found), fates.get_mut(found)) {
                *fate = match row.recorded_at() < current.recorded_at() {
                    true => Fate::Late,
                    false if row.same_version(&current) => Fate::Keep,
                    false => Fate::Correct,
                };
            }
            Ok(())
        })?;
        Ok(fates)
    }
}

/// The first and the last of some instants.
pub(crate) fn span(at: impl Iterator<Item = Timestamp>) -> (Timestamp, Timestamp) {
    at.fold((Timestamp::MAX, Timestamp::MIN), |(first, last), at| (first.min(at), last.max(at)))
}

/// Merges rows with different keys into their table as [`Upserted`] says. The dataset is locked.
pub(crate) fn merge<'a, R: Versioned>(
    session: &mut dyn Session,
    rows: impl IntoIterator<Item = &'a R>,
) -> Result<Upserted> {
    let batch = Batch::new(rows, session.dialect().order);
    let fates = batch.fates(session)?;
    let with_fate = |wanted: Fate| -> Vec<&R> {
        batch.rows.iter().zip(&fates).filter(|(_, fate)| **fate == wanted).map(|((_, row), _)| *row).collect()
    };

    let inserted = with_fate(Fate::Insert);
    append(session, Target::Table(R::TABLE.name), &inserted)?;

    let corrected = with_fate(Fate::Correct);
    supersede(session, &corrected)?;

    let late = with_fate(Fate::Late);
    let backfilled = without_believed(session, &late)?;
    backfill(session, &backfilled)?;

    if !(inserted.is_empty() && corrected.is_empty()) {
        kept::lower(session, R::TABLE.name, batch.first)?;
    }

    let kept = fates.iter().filter(|fate| **fate == Fate::Keep).count() + late.len() - backfilled.len();
    Ok(Upserted {
        inserted: inserted.len() as u64,
        corrected: corrected.len() as u64,
        backfilled: backfilled.len() as u64,
        unchanged: kept as u64,
        repeated: 0,
    })
}

/// Merges rows with different keys into their table, and tells the audit.
pub(crate) fn upsert<R: Versioned>(session: &mut dyn Session, rows: &[R]) -> Result<()> {
    lock(session, R::TABLE.name)?;
    let done = merge(session, rows)?;
    tell(session, || Change::upserted(R::TABLE.name, &done));
    Ok(())
}

/// Whether a table has a current version within a span of time. Fast only where an engine has its rows by time.
pub(crate) fn any_within<R: Versioned>(
    session: &mut dyn Session,
    (first, last): (Timestamp, Timestamp),
) -> Result<bool> {
    let sql = Sql::new(format!("SELECT 1 FROM {} WHERE \"at\" BETWEEN ", R::TABLE.name));
    any(session, &sql.bind(first).push(" AND ").bind(last).push(" LIMIT 1"))
}

/// Runs statements with the rows in a temporary table named `staged`.
fn staged<R: Record>(session: &mut dyn Session, rows: &[&R], statements: &[String]) -> Result<()> {
    session.batch(&format!("CREATE TEMPORARY TABLE staged AS SELECT * FROM {} WHERE 1 = 0", R::TABLE.name))?;
    append(session, Target::Temporary("staged"), rows)?;
    for statement in statements {
        session.execute(statement, &[])?;
    }
    session.batch("DROP TABLE staged")
}

/// Makes rows the current versions of their keys, and keeps those that they supersede.
fn supersede<R: Versioned>(session: &mut dyn Session, rows: &[&R]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (table, history) = (R::TABLE.name, R::TABLE.history());
    let (columns, keys) = (R::TABLE.columns_with(""), R::TABLE.key_columns());
    let bounds = r#""at" BETWEEN (SELECT min("at") FROM staged) AND (SELECT max("at") FROM staged)"#;
    staged(
        session,
        rows,
        &[
            format!(
                "INSERT INTO {history} ({columns}) SELECT {} FROM {table} AS c JOIN staged AS s ON {} \
             WHERE c.recorded_at < s.recorded_at AND c.{bounds}",
                R::TABLE.columns_with("c."),
                same_key::<R>("c", "s"),
            ),
            format!("DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM staged) AND {bounds}"),
            format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM staged"),
        ],
    )
}

/// Of rows learned before the current version, those that differ from what was believed when they were learned.
fn without_believed<'a, R: Versioned>(session: &mut dyn Session, rows: &[&'a R]) -> Result<Vec<&'a R>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut past: BTreeMap<(Key<R>, Timestamp), R> = BTreeMap::new();
    Batch::new(rows.iter().copied(), session.dialect().order).stored(session, &R::TABLE.history(), &mut |version| {
        past.insert((version.key(), version.recorded_at()), version);
        Ok(())
    })?;
    let believed = |row: &R| past.range((row.key(), Timestamp::MIN)..=(row.key(), row.recorded_at())).next_back();
    let differs = |row: &&&R| believed(row).is_none_or(|(_, version)| !row.same_version(version));
    Ok(rows.iter().filter(differs).copied().collect())
}

/// Puts rows among the superseded versions.
fn backfill<R: Versioned>(session: &mut dyn Session, rows: &[&R]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let (history, columns, keys) = (R::TABLE.history(), R::TABLE.columns_with(""), R::TABLE.key_columns());
    staged(
        session,
        rows,
        &[
            format!("DELETE FROM {history} WHERE ({keys}, recorded_at) IN (SELECT {keys}, recorded_at FROM staged)"),
            format!("INSERT INTO {history} ({columns}) SELECT {columns} FROM staged"),
        ],
    )
}

/// `a.x = b.x AND a.y = b.y` over the columns of the key.
fn same_key<R: Record>(a: &str, b: &str) -> String {
    let keys = R::TABLE.columns.iter().filter(|column| column.role == Role::Key);
    let equal: Vec<_> = keys.map(|column| format!("{a}.{0} = {b}.{0}", column.identifier())).collect();
    equal.join(" AND ")
}

/// From which end a series is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadFrom {
    Oldest,
    Newest,
}

/// The key columns of one series and their values, all but `at`.
pub(crate) type Series = Vec<(&'static str, Value)>;

/// The condition that a row is of one series, for others to follow.
pub(crate) fn of_series(sql: Sql, prefix: &str, series: &Series) -> Sql {
    series
        .iter()
        .fold(sql, |sql, (name, value)| sql.push(&format!("{prefix}{name} = ")).bind(value.clone()).push(" AND "))
}

/// The rows of one series with `at` from `start` up to the limits, as they were believed at the knowledge limit: at
/// most `limit` of them, in order from the given end.
pub(crate) fn list<R: Versioned>(
    session: &mut dyn Session,
    series: &Series,
    start: Timestamp,
    as_of: AsOf,
    from: ReadFrom,
    limit: Option<usize>,
) -> Result<Vec<R>> {
    let (table, history) = (R::TABLE.name, R::TABLE.history());
    let columns = R::TABLE.columns_with("");
    let direction = if from == ReadFrom::Oldest { "ASC" } else { "DESC" };
    let ordered = format!(" ORDER BY \"at\" {direction}{}", limited(limit));
    let within = |sql: Sql, prefix: &str| {
        let sql = of_series(sql.push(" WHERE "), prefix, series);
        let sql = sql.push(prefix).push("\"at\" BETWEEN ").bind(start).push(" AND ").bind(as_of.at);
        sql.bind_some(&format!(" AND {prefix}recorded_at <= "), as_of.known_by)
    };
    let current = within(Sql::new(format!("SELECT {columns} FROM {table}")), "").push(&ordered);
    let sql = match as_of.known_by {
        None => current,
        Some(known_by) => {
            let sql = Sql {
                text: format!(
                    "SELECT {columns} FROM (SELECT * FROM ({}) AS present UNION ALL \
                 SELECT * FROM (SELECT {} FROM {history} AS h",
                    current.text,
                    R::TABLE.columns_with("h.")
                ),
                ..current
            };
            within(sql, "h.")
                .push(&format!(" AND NOT EXISTS (SELECT 1 FROM {table} AS c WHERE {}", same_key::<R>("c", "h")))
                .push(" AND c.recorded_at <= ")
                .bind(known_by)
                .push(&format!(") AND NOT EXISTS (SELECT 1 FROM {history} AS n WHERE {}", same_key::<R>("n", "h")))
                .push(" AND n.recorded_at > h.recorded_at AND n.recorded_at <= ")
                .bind(known_by)
                .push(&format!("){ordered}) AS past) AS believed{ordered}"))
        }
    };
    collect(session, &sql)
}

/// All rows of a table from an instant up to the limits, as they were believed at the knowledge limit: a question to
/// select from.
pub(crate) fn believed<R: Versioned>(sql: Sql, start: Timestamp, as_of: AsOf) -> Sql {
    let (table, columns, keys) = (R::TABLE.name, R::TABLE.columns_with(""), R::TABLE.key_columns());
    let within = |sql: Sql, table: &str| {
        let sql = sql.push(&format!("SELECT {columns} FROM {table} WHERE \"at\" BETWEEN ")).bind(start);
        sql.push(" AND ").bind(as_of.at).bind_some(" AND recorded_at <= ", as_of.known_by)
    };
    if as_of.known_by.is_none() {
        return within(sql, table);
    }
    // Of the versions known by then the last one learned is believed.
    let sql = sql.push(&format!(
        "SELECT {columns} FROM (SELECT v.*, row_number() OVER (PARTITION BY {keys} ORDER BY recorded_at DESC) AS version FROM ("
    ));
    let sql = within(within(sql, table).push(" UNION ALL "), &R::TABLE.history());
    sql.push(") AS v) AS known WHERE version = 1")
}

/// Every version of one row, in the order in which they were believed.
pub(crate) fn versions<R: Versioned>(
    session: &mut dyn Session,
    series: &Series,
    at: Timestamp,
) -> Result<Vec<Version<R>>> {
    let columns = R::TABLE.columns_with("");
    let of_key = |sql: Sql| of_series(sql.push(" WHERE "), "", series).push("\"at\" = ").bind(at);
    let sql = of_key(Sql::new(format!("SELECT {columns} FROM {}", R::TABLE.name)));
    let sql = of_key(sql.push(&format!(" UNION ALL SELECT {columns} FROM {}", R::TABLE.history())));
    let rows: Vec<R> = collect(session, &sql.push(" ORDER BY recorded_at"))?;
    let ends: Vec<_> = rows.iter().skip(1).map(|next| Some(next.recorded_at())).chain([None]).collect();
    Ok(rows.into_iter().zip(ends).map(|(row, superseded_at)| Version { row, superseded_at }).collect())
}
