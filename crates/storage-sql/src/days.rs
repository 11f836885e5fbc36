//! The days on which option quotes and Greeks lie: a small table beside their rows, which answers the
//! [directory](strikebook_core::directory) without a look at them.
//!
//! A row names the dataset, the part (a model's revision, empty for quotes), the root and the expiration of contracts,
//! a day in New York, and a point: the `at` and `recorded_at` of a version that no other version of that day precedes
//! on both clocks. Something lies within both limits of a read exactly if a point does. Quotes mostly come in the order
//! of both clocks, so a day has one point.
//!
//! Rows name roots and expirations instead of underlyings, since the details of a contract may change.

use std::collections::{BTreeSet, HashMap};

use chrono::{Days as CalendarDays, NaiveDate};
use rustc_hash::FxHashMap;
use strikebook_core::{
    Result, Timestamp,
    analytics::ModelRevision,
    maintenance::Dataset,
    market::{OptionContract, OptionRoot},
};

use crate::{
    codec::{ColumnsOf, Field, Record, Role, Row, RowWriter, Table, Value, column},
    contracts::{Contracts, OfContract},
    session::{Session, Target, append, collect},
    sql::Sql,
};

/// The table of days.
pub(crate) const DAYS: &str = "stored_days";

/// The datasets whose days are kept.
const DATASETS: [Dataset; 2] = [Dataset::OptionQuotes, Dataset::Greeks];

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct DayRow {
    dataset: String,
    part: String,
    root: OptionRoot,
    expiration: NaiveDate,
    day: NaiveDate,
    at: Timestamp,
    recorded_at: Timestamp,
}

impl Record for DayRow {
    const TABLE: Table = Table {
        // The table is of two datasets, and its name is its own.
        dataset: Dataset::OptionQuotes,
        name: DAYS,
        columns: &[
            column::<String>("dataset", Role::Key),
            column::<String>("part", Role::Key),
            column::<OptionRoot>("root", Role::Key),
            column::<NaiveDate>("expiration", Role::Key),
            column::<NaiveDate>("day", Role::Key),
            column::<Timestamp>("at", Role::Key),
            column::<Timestamp>("recorded_at", Role::RecordedAt),
        ],
    };

    fn write(&self, to: &mut dyn RowWriter) -> Result<()> {
        Field::write(Some(&self.dataset), to)?;
        Field::write(Some(&self.part), to)?;
        Field::write(Some(&self.root), to)?;
        Field::write(Some(&self.expiration), to)?;
        Field::write(Some(&self.day), to)?;
        Field::write(Some(&self.at), to)?;
        Field::write(Some(&self.recorded_at), to)
    }

    fn read(row: &dyn Row) -> Result<Self> {
        let mut columns = ColumnsOf::<Self>::new(row);
        Ok(Self {
            dataset: columns.read("dataset")?,
            part: columns.read("part")?,
            root: columns.read("root")?,
            expiration: columns.read("expiration")?,
            day: columns.read("day")?,
            at: columns.read("at")?,
            recorded_at: columns.read("recorded_at")?,
        })
    }

    fn same_version(&self, other: &Self) -> bool {
        self == other
    }
}

/// Root and expiration of contracts.
type Group = (OptionRoot, NaiveDate);

/// The day of a part and a group.
type Place = (Option<ModelRevision>, Group, NaiveDate);

/// `at` and `recorded_at` of a version.
type Point = (Timestamp, Timestamp);

/// The points of versions about to be written.
#[derive(Debug, Default)]
pub(crate) struct Days {
    /// The group of each number that stands for a contract.
    groups: FxHashMap<i64, Group>,
    places: FxHashMap<Place, usize>,
    points: Vec<Vec<Point>>,
    /// The days in New York of hours since 1970: its clock has been whole hours behind UTC since 1883.
    hours: FxHashMap<i64, NaiveDate>,
    /// Number, part and hour of the last version, and the index of its points.
    last: Option<(i64, Option<ModelRevision>, i64, usize)>,
    /// The index of the points of each number that had a version of that part and hour. Versions in the order of time
    /// name another contract each: of 274,480 quotes, hashing the place of each took 8 ms, and this map takes 2.5.
    indices: FxHashMap<i64, usize>,
}

impl Days {
    /// Returns an empty collection for versions that name contracts by the numbers of a batch.
    pub(crate) fn of(contracts: &Contracts) -> Self {
        let group = |(contract, number): (&OptionContract, i64)| (number, (contract.root(), contract.expiration()));
        Self { groups: contracts.numbers().map(group).collect(), ..Self::default() }
    }

    /// Adds a version whose contract is numbered as in the batch.
    pub(crate) fn add<R: OfContract>(&mut self, number: i64, row: &R) {
        const MICROS_PER_HOUR: i64 = 3_600_000_000;
        let ((_, at), recorded_at, part) = (row.key(), row.recorded_at(), row.part());
        let hour = at.as_micros().div_euclid(MICROS_PER_HOUR);
        let index = match self.last {
            Some((last, last_part, last_hour, index)) if (last, last_part, last_hour) == (number, part, hour) => index,
            last => {
                if last.is_none_or(|(_, last_part, last_hour, _)| (last_part, last_hour) != (part, hour)) {
                    self.indices.clear();
                }
                let Some(index) = self.index(number, part, (hour, at)) else { return };
                self.last = Some((number, part, hour, index));
                index
            }
        };
        if let Some(points) = self.points.get_mut(index) {
            add_point(points, (at, recorded_at));
        }
    }

    /// Returns the index of the points of a number's day; `None` for a number that the batch has not.
    fn index(&mut self, number: i64, part: Option<ModelRevision>, (hour, at): (i64, Timestamp)) -> Option<usize> {
        if let Some(index) = self.indices.get(&number) {
            return Some(*index);
        }
        let group = self.groups.get(&number).copied()?;
        let day = *self.hours.entry(hour).or_insert_with(|| at.new_york_date());
        let next = self.points.len();
        let index = *self.places.entry((part, group, day)).or_insert(next);
        if index == next {
            self.points.push(Vec::new());
        }
        self.indices.insert(number, index);
        Some(index)
    }

    /// Writes those points that none in the table precedes. The dataset is locked.
    pub(crate) fn into_table(self, session: &mut dyn Session, dataset: Dataset) -> Result<()> {
        let places =
            self.places.into_iter().filter_map(|(place, index)| Some((place, self.points.get(index)?.clone())));
        let mut places: HashMap<Place, Vec<Point>> = places.collect();
        let days = places.keys().map(|(_, _, day)| *day);
        let (Some(first), Some(last)) = (days.clone().min(), days.max()) else { return Ok(()) };
        let roots: BTreeSet<_> = places.keys().map(|(_, (root, _), _)| *root).collect();
        let roots: Vec<_> = roots.iter().map(|root| Value::from(root.as_str())).collect();
        let mut preceded = Vec::new();
        for of_roots in session.dialect().one_of("root", &roots) {
            let text = format!("SELECT {} FROM {DAYS} WHERE {}", DayRow::TABLE.columns_with(""), of_roots.text);
            let sql = Sql { text, ..of_roots }.push(" AND dataset = ").bind(dataset.as_str());
            let sql = sql.push(" AND day BETWEEN ").bind(first).push(" AND ").bind(last);
            for stored in collect::<DayRow>(session, &sql)? {
                let part = if stored.part.is_empty() { None } else { Some(stored.part.parse()?) };
                let Some(points) = places.get_mut(&(part, (stored.root, stored.expiration), stored.day)) else {
                    continue;
                };
                let point = (stored.at, stored.recorded_at);
                points.retain(|new| !precedes(point, *new));
                if points.iter().any(|new| precedes(*new, point)) {
                    preceded.push(stored);
                }
            }
        }
        for row in preceded {
            delete(session, &row)?;
        }
        let rows = places.into_iter().flat_map(|((part, (root, expiration), day), points)| {
            points.into_iter().map(move |(at, recorded_at)| {
                let part = part.map_or_else(String::new, |part| part.to_string());
                DayRow { dataset: dataset.as_str().to_owned(), part, root, expiration, day, at, recorded_at }
            })
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by(|a, b| (&a.part, a.root, a.expiration, a.day).cmp(&(&b.part, b.root, b.expiration, b.day)));
        append(session, Target::Table(DAYS), &rows.iter().collect::<Vec<_>>())
    }
}

/// Returns true if one point is not after another on either clock.
fn precedes(one: Point, other: Point) -> bool {
    one.0 <= other.0 && one.1 <= other.1
}

/// Adds a point that none of some points precedes, and removes those that follow.
fn add_point(points: &mut Vec<Point>, point: Point) {
    if points.iter().any(|stored| precedes(*stored, point)) {
        return;
    }
    points.retain(|stored| !precedes(point, *stored));
    points.push(point);
}

fn delete(session: &mut dyn Session, row: &DayRow) -> Result<()> {
    let keys = DayRow::TABLE.columns.iter().map(|column| format!("{} = ", column.identifier()));
    let values: [Value; 7] = [
        row.dataset.clone().into(),
        row.part.clone().into(),
        row.root.as_str().into(),
        row.expiration.into(),
        row.day.into(),
        row.at.into(),
        row.recorded_at.into(),
    ];
    let sql = Sql::new(format!("DELETE FROM {DAYS} WHERE "));
    let sql = keys
        .zip(values)
        .enumerate()
        .fold(sql, |sql, (index, (key, value))| sql.push(if index == 0 { "" } else { " AND " }).push(&key).bind(value));
    session.execute(&sql.text, &sql.params).map(|_| ())
}

/// Brings the days of a dataset up to date after all its rows before an instant were deleted.
pub(crate) fn purged(session: &mut dyn Session, dataset: Dataset, before: Timestamp) -> Result<()> {
    if !DATASETS.contains(&dataset) {
        return Ok(());
    }
    let day = before.new_york_date();
    let sql = Sql::new(format!("DELETE FROM {DAYS} WHERE dataset = ")).bind(dataset.as_str());
    let sql = sql.push(" AND day <= ").bind(day);
    session.execute(&sql.text, &sql.params)?;
    // The rest of that day in New York: no day has more than 25 hours.
    let last = day.checked_add_days(CalendarDays::new(2)).and_then(midnight_utc);
    let condition = Sql::new("v.\"at\" >= ").bind(before).bind_some(" AND v.\"at\" < ", last);
    collect_again(session, dataset, &condition, |_, at| at.new_york_date() == day)
}

/// Brings the days of the contracts that meet a condition on `option_contracts AS c` up to date after rows of theirs
/// were deleted. The condition is of whole groups.
pub(crate) fn evicted(session: &mut dyn Session, dataset: Dataset, groups: &Sql) -> Result<()> {
    if !DATASETS.contains(&dataset) {
        return Ok(());
    }
    let of_groups = |sql: Sql, prefix: &str| {
        let text = format!(
            "({prefix}root, {prefix}expiration) IN (SELECT g.root, g.expiration FROM option_contracts AS g WHERE {})",
            groups.text
        );
        Sql { text: sql.text + &text, params: groups.params.clone() }
    };
    let sql = of_groups(Sql::new(format!("DELETE FROM {DAYS} WHERE dataset = '{dataset}' AND ")), "");
    session.execute(&sql.text, &sql.params)?;
    collect_again(session, dataset, &of_groups(Sql::default(), "c."), |_, _| true)
}

/// Collects the points of the rows of a dataset that meet a condition on `option_contracts AS c` and the rows `AS v`.
fn collect_again(
    session: &mut dyn Session,
    dataset: Dataset,
    condition: &Sql,
    wanted: impl Fn(Group, Timestamp) -> bool,
) -> Result<()> {
    let is_greeks = dataset == Dataset::Greeks;
    let part = if is_greeks { ", v.model, v.revision" } else { "" };
    let mut places: FxHashMap<Place, Vec<Point>> = FxHashMap::default();
    for table in [dataset.as_str().to_owned(), format!("{dataset}_history")] {
        let text = format!(
            "SELECT c.root, c.expiration, v.\"at\", v.recorded_at{part} FROM {table} AS v \
             JOIN option_contracts AS c ON c.contract_id = v.contract_id WHERE {}",
            condition.text
        );
        session.query(&text, &condition.params, &mut |row| {
            let group = (Field::require(row, 0)?, Field::require(row, 1)?);
            let (at, recorded_at) = (Timestamp::require(row, 2)?, Timestamp::require(row, 3)?);
            if wanted(group, at) {
                let part = is_greeks.then(|| revision(row)).transpose()?;
                add_point(places.entry((part, group, at.new_york_date())).or_default(), (at, recorded_at));
            }
            Ok(())
        })?;
    }
    let mut days = Days::default();
    for (place, points) in places {
        days.places.insert(place, days.points.len());
        days.points.push(points);
    }
    days.into_table(session, dataset)
}

fn revision(row: &dyn Row) -> Result<ModelRevision> {
    Ok(ModelRevision { model: Field::require(row, 4)?, revision: Field::require(row, 5)? })
}

fn midnight_utc(day: NaiveDate) -> Option<Timestamp> {
    let micros = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    Timestamp::from_micros(micros).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: i64, recorded_at: i64) -> Point {
        let instant = |micros| Timestamp::from_micros(micros).expect("an instant");
        (instant(at), instant(recorded_at))
    }

    #[test]
    fn points_that_another_precedes_on_both_clocks_are_left_out() {
        let mut points = Vec::new();
        for (at, recorded_at) in [(10, 10), (11, 10), (10, 12), (5, 20), (20, 5), (9, 10), (4, 4)] {
            add_point(&mut points, point(at, recorded_at));
            let expected: &[Point] = match (at, recorded_at) {
                (10 | 11, 10) | (10, 12) => &[point(10, 10)],
                (5, 20) => &[point(10, 10), point(5, 20)],
                (20, 5) => &[point(10, 10), point(5, 20), point(20, 5)],
                (9, 10) => &[point(5, 20), point(20, 5), point(9, 10)],
                _ => &[point(4, 4)],
            };
            assert_eq!(points, expected);
        }
    }
}
