//! The row codec: how values go into columns and come back.

mod field;

use std::marker::PhantomData;

use chrono::NaiveDate;
use strikebook_core::{Decimal, Id, Result, Timestamp, maintenance::Dataset};
use uuid::Uuid;

pub use self::field::Field;
pub(crate) use self::field::{MaybeCount, MaybeDouble, json_field, stored};

/// The type of the values of a column. Each dialect has one type of its own for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// A 64-bit float.
    Double,
    /// A 64-bit integer.
    Integer,
    /// UTF-8 text, sorted by its bytes.
    Text,
    /// An instant in UTC microseconds.
    Timestamp,
    /// A calendar day.
    Date,
    /// True or false.
    Boolean,
    /// An amount: up to twelve digits before the point and eight behind it, exact.
    Decimal,
    /// A sum of products of two amounts: up to twelve digits before the point and sixteen behind it, exact.
    Product,
    /// A JSON value.
    Json,
    /// A UUID.
    Uuid,
}

/// The role of a column in its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Part of the natural key.
    Key,
    /// Part of the version.
    Value,
    /// The knowledge time of the version.
    RecordedAt,
}

/// A column: its name, type and role.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name of the column.
    pub name: &'static str,
    /// The type of the values.
    pub column_type: ColumnType,
    /// True if the value may be missing.
    pub nullable: bool,
    /// The role in the table.
    pub role: Role,
}

impl Column {
    /// Returns the name as statements write it: in quotes, since each engine has other words of its own.
    pub fn identifier(&self) -> String {
        format!("\"{}\"", self.name)
    }
}

/// The table of a dataset.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The dataset whose rows the table keeps.
    pub dataset: Dataset,
    /// The table's name, which is the dataset's.
    pub name: &'static str,
    /// The columns in their order.
    pub columns: &'static [Column],
}

impl Table {
    /// Returns the table of a dataset with its columns.
    pub const fn of(dataset: Dataset, columns: &'static [Column]) -> Self {
        Self { dataset, name: dataset.as_str(), columns }
    }

    /// Returns the columns of the natural key. The first one narrows a search best.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|column| column.role == Role::Key)
    }

    /// Returns true when rows are kept in versions: their key includes an instant, and a twin of the table has the
    /// superseded versions.
    pub(crate) fn keeps_versions(&self) -> bool {
        self.keys().any(|column| column.name == "at")
    }

    /// The names of all columns, joined with commas and each behind a prefix such as `q.`.
    pub fn columns_with(&self, prefix: &str) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| format!("{prefix}{}", column.identifier())).collect();
        names.join(", ")
    }

    /// The names of the key's columns, joined with commas.
    pub fn key_columns(&self) -> String {
        self.keys().map(Column::identifier).collect::<Vec<_>>().join(", ")
    }

    /// The table of superseded versions, which has the same columns.
    pub fn history(&self) -> String {
        format!("{}_history", self.name)
    }
}

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A 64-bit float.
    Double(f64),
    /// A 64-bit integer.
    Integer(i64),
    /// Text.
    Text(String),
    /// An instant.
    Timestamp(Timestamp),
    /// A calendar day.
    Date(NaiveDate),
    /// True or false.
    Boolean(bool),
    /// An amount.
    Decimal(Decimal),
    /// A UUID.
    Uuid(Uuid),
}

impl<T> From<Id<T>> for Value {
    fn from(id: Id<T>) -> Self {
        Self::Uuid(id.as_uuid())
    }
}

macro_rules! value_from {
    ($($type:ty => $variant:ident),+) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        })+
    };
}

value_from!(
    f64 => Double,
    i64 => Integer,
    u32 => Integer,
    String => Text,
    &str => Text,
    Timestamp => Timestamp,
    NaiveDate => Date,
    bool => Boolean,
    Decimal => Decimal
);

/// A row being read, by the index of its columns. `None` is a missing value.
///
/// # Errors
/// Every method: [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when the column holds something else.
#[expect(clippy::missing_errors_doc, reason = "documented once, above")]
pub trait Row {
    /// Returns the float of a column; `None` for NULL.
    fn double(&self, column: usize) -> Result<Option<f64>>;
    /// Returns the integer of a column; `None` for NULL.
    fn integer(&self, column: usize) -> Result<Option<i64>>;
    /// Returns the text of a column; `None` for NULL.
    fn text(&self, column: usize) -> Result<Option<&str>>;
    /// Returns the instant of a column; `None` for NULL.
    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>>;
    /// Returns the calendar day of a column; `None` for NULL.
    fn date(&self, column: usize) -> Result<Option<NaiveDate>>;
    /// Returns the boolean of a column; `None` for NULL.
    fn boolean(&self, column: usize) -> Result<Option<bool>>;
    /// Returns the decimal of a column, an amount or a sum of products; `None` for NULL.
    fn decimal(&self, column: usize) -> Result<Option<Decimal>>;
    /// Returns the text of a column's JSON value; `None` for NULL.
    fn json(&self, column: usize) -> Result<Option<&str>>;
    /// Returns the UUID of a column; `None` for NULL.
    fn uuid(&self, column: usize) -> Result<Option<Uuid>>;
}

/// A row being written, column by column in the table's order.
///
/// # Errors
/// Every method: those of the engine.
#[expect(clippy::missing_errors_doc, reason = "documented once, above")]
pub trait RowWriter {
    /// Writes a float into the next column.
    fn double(&mut self, value: Option<f64>) -> Result<()>;
    /// Writes an integer into the next column.
    fn integer(&mut self, value: Option<i64>) -> Result<()>;
    /// Writes a text into the next column.
    fn text(&mut self, value: Option<&str>) -> Result<()>;
    /// Writes an instant into the next column.
    fn timestamp(&mut self, value: Option<Timestamp>) -> Result<()>;
    /// Writes a calendar day into the next column.
    fn date(&mut self, value: Option<NaiveDate>) -> Result<()>;
    /// Writes a boolean into the next column.
    fn boolean(&mut self, value: Option<bool>) -> Result<()>;
    /// Writes a decimal, an amount or a sum of products, into the next column.
    fn decimal(&mut self, value: Option<Decimal>) -> Result<()>;
    /// Writes the text of a JSON value into the next column.
    fn json(&mut self, value: Option<&str>) -> Result<()>;
    /// Writes a UUID into the next column.
    fn uuid(&mut self, value: Option<Uuid>) -> Result<()>;
}

/// A row of a table as a struct. The macro `record!` implements it.
pub trait Record: Sized + Send + Sync + 'static {
    /// The table with the columns of the record.
    const TABLE: Table;

    /// Writes all columns in order.
    ///
    /// # Errors
    /// Those of the engine.
    fn write(&self, to: &mut dyn RowWriter) -> Result<()>;

    /// Reads all columns in order, from the first on.
    ///
    /// # Errors
    /// [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when a column holds something else, with `table` and `column`.
    fn read(row: &dyn Row) -> Result<Self>;

    /// Tells if all columns of the version are equal: all but the key's and `recorded_at`.
    fn same_version(&self, other: &Self) -> bool;
}

pub(crate) const fn column<F: Field>(name: &'static str, role: Role) -> Column {
    Column { name, column_type: F::TYPE, nullable: F::NULLABLE, role }
}

/// The columns of a row, read one after another.
pub(crate) struct ColumnsOf<'a, R> {
    row: &'a dyn Row,
    next: usize,
    record: PhantomData<R>,
}

impl<'a, R: Record> ColumnsOf<'a, R> {
    pub(crate) fn new(row: &'a dyn Row) -> Self {
        Self { row, next: 0, record: PhantomData }
    }

    /// Reads the next column; `name` is for the error.
    pub(crate) fn read<F: Field>(&mut self, name: &'static str) -> Result<F> {
        let column = self.next;
        self.next += 1;
        read_column(self.row, column, R::TABLE.name, name)
    }

    /// Passes over the next column.
    pub(crate) fn skip(&mut self) {
        self.next += 1;
    }
}

/// Reads a value that must be there; an error names the table and the column.
pub(crate) fn read_column<F: Field>(
    row: &dyn Row,
    column: usize,
    table: &'static str,
    name: &'static str,
) -> Result<F> {
    F::require(row, column).map_err(|error| error.with("table", table).with("column", name))
}
