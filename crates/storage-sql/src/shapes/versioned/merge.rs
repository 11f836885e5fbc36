//! The merge of a batch: new rows are appended, changed ones supersede the current versions, late ones go among the
//! superseded versions.

use std::collections::BTreeMap;

use strikebook_core::{Error, Result, Timestamp, Upserted, port::Change};

use super::{Key, Versioned, same_key};
use crate::{
    codec::{Record, Value},
    dialect::AppendOrder,
    materialised,
    session::{Session, Target, any, append, lock, tell},
    sql::Sql,
};

/// The part of the merge that a row takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The key is new.
    Insert,
    /// The row is equal to the current version.
    Keep,
    /// The row supersedes the current version.
    Correct,
    /// The row was recorded before the current version.
    Late,
}

/// Rows to compare with stored ones: of each key one, in the order in which the engine likes them appended.
struct Comparison<'a, R: Versioned> {
    /// The keys stand beside the rows, so that neither ordering nor searching reaches for rows all over the memory.
    rows: Vec<(Key<R>, &'a R)>,
    order: AppendOrder,
    /// The values of the first column of the key, which narrows a search best, in the order of the series.
    series: Vec<Value>,
    first: Timestamp,
    last: Timestamp,
}

impl<'a, R: Versioned> Comparison<'a, R> {
    fn new(rows: impl IntoIterator<Item = &'a R>, order: AppendOrder) -> Self {
        let mut rows: Vec<_> = rows.into_iter().map(|row| (row.key(), row)).collect();
        // Rows mostly come in order, and then this takes no time.
        match order {
            AppendOrder::Series => rows.sort_by_key(|(key, _)| *key),
            AppendOrder::Time => rows.sort_by_key(|((series, at), _)| (*at, *series)),
        }
        let (first, last) = span(rows.iter().map(|((_, at), _)| *at));
        let mut series: Vec<_> = rows.iter().map(|((series, _), _)| *series).collect();
        series.sort_unstable();
        series.dedup();
        let mut series: Vec<_> =
            series.into_iter().filter_map(|series| R::series_values(series).into_iter().next()).collect();
        series.dedup();
        Self { rows, order, series, first, last }
    }

    /// Hands over every row of a table or of its history that may share a key with these rows.
    fn stored(&self, session: &mut dyn Session, from: &str, each: &mut dyn FnMut(R) -> Result<()>) -> Result<()> {
        let Some(first) = R::TABLE.keys().next() else {
            return Err(Error::internal("a table has no key").with("table", R::TABLE.name));
        };
        for series in session.dialect().one_of(&format!("\"{}\"", first.name), &self.series) {
            let text = format!("SELECT {} FROM {from} WHERE ({}) AND ", R::TABLE.columns_with(""), series.text);
            let sql = Sql { text, ..series };
            let sql = sql.push("\"at\" BETWEEN ").bind(self.first).push(" AND ").bind(self.last);
            session.query(&sql.text, &sql.params, &mut |row| each(R::read(row)?))?;
        }
        Ok(())
    }

    /// Returns the index of the row with a key.
    fn find(&self, key: &Key<R>) -> Option<usize> {
        let found = match self.order {
            AppendOrder::Series => self.rows.binary_search_by_key(key, |(key, _)| *key),
            AppendOrder::Time => self.rows.binary_search_by_key(&(key.1, key.0), |((series, at), _)| (*at, *series)),
        };
        found.ok()
    }

    /// Returns the part that each row takes, found by the current versions.
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
            let (Some((_, row)), Some(fate)) = (self.rows.get(found), fates.get_mut(found)) else {
                return Err(Error::internal("a row was found that is not in the batch").with("row", found));
            };
            *fate = match row.recorded_at() < current.recorded_at() {
                true => Fate::Late,
                false if row.same_version(&current) => Fate::Keep,
                false => Fate::Correct,
            };
            Ok(())
        })?;
        Ok(fates)
    }
}

/// Returns the first and the last of some instants.
pub(super) fn span(at: impl Iterator<Item = Timestamp>) -> (Timestamp, Timestamp) {
    at.fold((Timestamp::MAX, Timestamp::MIN), |(first, last), at| (first.min(at), last.max(at)))
}

/// Tells if a table has a current version within a span of time. Fast only where an engine
/// [finds spans](crate::Dialect::finds_spans).
pub(super) fn any_within<R: Versioned>(
    session: &mut dyn Session,
    (first, last): (Timestamp, Timestamp),
) -> Result<bool> {
    let sql = Sql::new(format!("SELECT 1 FROM {} WHERE \"at\" BETWEEN ", R::TABLE.name));
    any(session, &sql.bind(first).push(" AND ").bind(last).push(" LIMIT 1"))
}

/// Merges rows with different keys into their table as [`Upserted`] says. The dataset is locked.
pub(super) fn merge<'a, R: Versioned>(
    session: &mut dyn Session,
    rows: impl IntoIterator<Item = &'a R>,
) -> Result<Upserted> {
    let batch = Comparison::new(rows, session.dialect().append_order);
    let fates = batch.fates(session)?;
    let with_fate = |wanted: Fate| -> Vec<&R> {
        batch.rows.iter().zip(&fates).filter(|(_, fate)| **fate == wanted).map(|((_, row), _)| *row).collect()
    };

    let inserted = with_fate(Fate::Insert);
    append(session, Target::Table(R::TABLE.name), &inserted)?;

    let corrected = with_fate(Fate::Correct);
    supersede(session, &corrected)?;

    let late = with_fate(Fate::Late);
    let backfilled = without_repeats(session, &late)?;
    backfill(session, &backfilled)?;

    if !(inserted.is_empty() && corrected.is_empty()) {
        materialised::invalidate(session, R::TABLE.name, batch.first)?;
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

/// Merges one row into its table, and tells the audit.
pub(crate) fn merge_one<R: Versioned>(session: &mut dyn Session, row: &R) -> Result<()> {
    lock(session, R::TABLE.name)?;
    let done = merge(session, [row])?;
    tell(session, || Change::upserted(R::TABLE.name, &done));
    Ok(())
}

/// Merges rows with different keys into their table within an open transaction, and tells the audit. `repeated` counts
/// the rows of the batch that were left out because a later one has their key.
pub(crate) fn merge_all<R: Versioned>(session: &mut dyn Session, rows: &[R], repeated: u64) -> Result<Upserted> {
    /// The most rows to compare with stored ones at once.
    const ROWS_AT_ONCE: usize = 1 << 17;
    lock(session, R::TABLE.name)?;
    let mut done = Upserted { repeated, ..Upserted::default() };
    for rows in rows.chunks(ROWS_AT_ONCE) {
        done += merge(session, rows)?;
    }
    tell(session, || Change::upserted(R::TABLE.name, &done));
    Ok(done)
}

/// Returns the current versions with the keys of some rows.
pub(crate) fn current<R: Versioned>(session: &mut dyn Session, keys_of: &[R]) -> Result<Vec<R>> {
    let batch = Comparison::new(keys_of, session.dialect().append_order);
    let mut found = Vec::new();
    batch.stored(session, R::TABLE.name, &mut |row| {
        if batch.find(&row.key()).is_some() {
            found.push(row);
        }
        Ok(())
    })?;
    Ok(found)
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

/// Returns, of rows recorded before the current version, those that differ from the version valid at that instant.
fn without_repeats<'a, R: Versioned>(session: &mut dyn Session, rows: &[&'a R]) -> Result<Vec<&'a R>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut past: BTreeMap<(Key<R>, Timestamp), R> = BTreeMap::new();
    let compared = Comparison::new(rows.iter().copied(), session.dialect().append_order);
    compared.stored(session, &R::TABLE.history(), &mut |version| {
        past.insert((version.key(), version.recorded_at()), version);
        Ok(())
    })?;
    let valid = |row: &R| past.range((row.key(), Timestamp::MIN)..=(row.key(), row.recorded_at())).next_back();
    let differs = |row: &&&R| valid(row).is_none_or(|(_, version)| !row.same_version(version));
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
