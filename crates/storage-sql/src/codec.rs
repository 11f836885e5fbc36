//! The row codec: how values go into columns and come back.

use std::{cell::RefCell, net::IpAddr};

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Error, Id, Json, Name, Result, Source, Timestamp,
    analytics::{InputsHash, Maturity, Model},
    market::{ExerciseStyle, Instrument, OptionRoot, OptionType, SeriesId, Strike, Symbol, Timeframe},
    money::TradedValue,
    operations::{FetchOutcome, RunStatus, Severity, StrategyStatus},
    trading::{
        OrderKind, OrderSide, OrderStatus, SignalAction, SignalStatus, TimeInForce,
        journal::{
            CloseAction, EventKind, ExitReason, LegRole, MentalState, NoteKind, OpenAction, Provenance, RollType,
            RuleSeverity, Side, WheelPhase, WinLoss,
        },
    },
};
use uuid::Uuid;

/// What a column holds. Each dialect has one type for each.
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

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Part of the natural key.
    Key,
    /// Part of the version.
    Value,
    /// When the version was learned.
    RecordedAt,
}

/// A column: its name, type and role.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name.
    pub name: &'static str,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether it may be missing.
    pub nullable: bool,
    /// What it is for.
    pub role: Role,
}

impl Column {
    /// The name as statements write it: some are words of an engine's grammar and must be quoted:
    /// `at` of DuckDB's, `user` of PostgreSQL's.
    pub const fn identifier(&self) -> &'static str {
        match self.name.as_bytes() {
            b"at" => "\"at\"",
            b"user" => "\"user\"",
            _ => self.name,
        }
    }
}

/// A table: its name and columns, in order.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// The name.
    pub name: &'static str,
    /// The columns.
    pub columns: &'static [Column],
}

impl Table {
    /// The names of all columns, joined with commas and each behind a prefix such as `q.`.
    pub fn columns_with(&self, prefix: &str) -> String {
        let names: Vec<_> = self.columns.iter().map(|column| format!("{prefix}{}", column.identifier())).collect();
        names.join(", ")
    }

    /// The names of the key's columns, joined with commas.
    pub fn key_columns(&self) -> String {
        let keys = self.columns.iter().filter(|column| column.role == Role::Key);
        keys.map(Column::identifier).collect::<Vec<_>>().join(", ")
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

value_from!(f64 => Double, i64 => Integer, u32 => Integer, String => Text, &str => Text, Timestamp => Timestamp, NaiveDate => Date, bool => Boolean, Decimal => Decimal);

/// A row being read, by the index of its columns. `None` is a missing value.
///
/// # Errors
/// Every method: [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when the column holds something else.
#[allow(clippy::missing_errors_doc)] // Said once, above.
pub trait Row {
    /// A float.
    fn double(&self, column: usize) -> Result<Option<f64>>;
    /// An integer.
    fn integer(&self, column: usize) -> Result<Option<i64>>;
    /// Text.
    fn text(&self, column: usize) -> Result<Option<&str>>;
    /// An instant.
    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>>;
    /// A calendar day.
    fn date(&self, column: usize) -> Result<Option<NaiveDate>>;
    /// True or false.
    fn boolean(&self, column: usize) -> Result<Option<bool>>;
    /// An amount, or a sum of products.
    fn decimal(&self, column: usize) -> Result<Option<Decimal>>;
    /// The text of a JSON value.
    fn json(&self, column: usize) -> Result<Option<&str>>;
    /// A UUID.
    fn uuid(&self, column: usize) -> Result<Option<Uuid>>;
}

/// A row being written, column by column in the table's order.
///
/// # Errors
/// Every method: those of the engine.
#[allow(clippy::missing_errors_doc)] // Said once, above.
pub trait RowWriter {
    /// A float.
    fn double(&mut self, value: Option<f64>) -> Result<()>;
    /// An integer.
    fn integer(&mut self, value: Option<i64>) -> Result<()>;
    /// Text.
    fn text(&mut self, value: Option<&str>) -> Result<()>;
    /// An instant.
    fn timestamp(&mut self, value: Option<Timestamp>) -> Result<()>;
    /// A calendar day.
    fn date(&mut self, value: Option<NaiveDate>) -> Result<()>;
    /// True or false.
    fn boolean(&mut self, value: Option<bool>) -> Result<()>;
    /// An amount, or a sum of products.
    fn decimal(&mut self, value: Option<Decimal>) -> Result<()>;
    /// The text of a JSON value.
    fn json(&mut self, value: Option<&str>) -> Result<()>;
    /// A UUID.
    fn uuid(&mut self, value: Option<Uuid>) -> Result<()>;
}

/// A type that is kept in one column.
pub trait Field: Sized {
    /// The column's type.
    const TYPE: ColumnType;
    /// Whether the column may be missing.
    const NULLABLE: bool = false;

    /// Writes the value, or that it is missing.
    ///
    /// # Errors
    /// Those of the engine.
    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()>;

    /// Reads the value; `None` when it is missing.
    ///
    /// # Errors
    /// [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when the column holds something else.
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>>;

    /// Reads a value that must be there. [`Option`] is there even when it is `None`.
    ///
    /// # Errors
    /// [`Corrupt`](strikebook_core::ErrorKind::Corrupt) when it is missing or something else.
    fn require(row: &dyn Row, column: usize) -> Result<Self> {
        Self::read(row, column)?.ok_or_else(|| Error::corrupt("a value is missing that is never missing"))
    }
}

impl<T: Field> Field for Option<T> {
    const TYPE: ColumnType = T::TYPE;
    const NULLABLE: bool = true;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        T::write(value.and_then(Option::as_ref), to)
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        T::read(row, column).map(Some)
    }
}

/// A float that may be missing, in eight bytes instead of [`Option`]'s sixteen. The rows of a large batch are looked at out
/// of order, and what is half as large misses the cache half as often. NaN stands for missing: as a value it never gets past
/// the store's boundary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MaybeDouble(f64);

impl From<Option<f64>> for MaybeDouble {
    fn from(value: Option<f64>) -> Self {
        Self(value.unwrap_or(f64::NAN))
    }
}

impl From<MaybeDouble> for Option<f64> {
    fn from(value: MaybeDouble) -> Self {
        Some(value.0).filter(|value| !value.is_nan())
    }
}

impl PartialEq for MaybeDouble {
    #[allow(clippy::float_cmp)] // Equal to the last bit is what is asked.
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.0.is_nan() && other.0.is_nan())
    }
}

/// A count that may be missing, in eight bytes; −1 stands for missing. See [`MaybeDouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaybeCount(i64);

impl From<Option<u64>> for MaybeCount {
    fn from(value: Option<u64>) -> Self {
        // A count was checked at the store's boundary to fit.
        Self(value.map_or(-1, |value| i64::try_from(value).unwrap_or(i64::MAX)))
    }
}

impl From<MaybeCount> for Option<u64> {
    fn from(value: MaybeCount) -> Self {
        u64::try_from(value.0).ok()
    }
}

/// A compact field is written and read as the option that it stands for.
macro_rules! compact_field {
    ($($compact:ty as $option:ty),+) => {
        $(impl Field for $compact {
            const TYPE: ColumnType = <$option as Field>::TYPE;
            const NULLABLE: bool = true;

            fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
                <$option>::write(value.map(|value| (*value).into()).as_ref(), to)
            }

            fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
                Ok(<$option>::read(row, column)?.map(Self::from))
            }
        })+
    };
}

compact_field!(MaybeDouble as Option<f64>, MaybeCount as Option<u64>);

/// A field that an engine's row reads and writes by itself.
macro_rules! native_field {
    ($($type:ty => $column:ident, $method:ident);+ $(;)?) => {
        $(impl Field for $type {
            const TYPE: ColumnType = ColumnType::$column;

            fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
                to.$method(value.copied())
            }

            fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
                row.$method(column)
            }
        })+
    };
}

native_field! {
    f64 => Double, double;
    i64 => Integer, integer;
    Timestamp => Timestamp, timestamp;
    NaiveDate => Date, date;
    bool => Boolean, boolean;
    Uuid => Uuid, uuid;
}

impl Field for Decimal {
    const TYPE: ColumnType = ColumnType::Decimal;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        // Without zeros at its end, so that equal amounts are stored alike.
        to.decimal(value.map(Self::normalize))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        Ok(row.decimal(column)?.map(|amount| amount.normalize()))
    }
}

impl Field for TradedValue {
    const TYPE: ColumnType = ColumnType::Product;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.decimal(value.map(|value| value.get().normalize()))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.decimal(column)?.map(|value| Self::try_from(value).map_err(stored)).transpose()
    }
}

impl<T: 'static> Field for Id<T> {
    const TYPE: ColumnType = ColumnType::Uuid;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.uuid(value.map(|id| id.as_uuid()))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        Ok(row.uuid(column)?.map(Self::from_uuid))
    }
}

impl Field for Json {
    const TYPE: ColumnType = ColumnType::Json;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.json(value.map(ToString::to_string).as_deref())
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.json(column)?.map(|text| text.parse().map_err(stored)).transpose()
    }
}

impl Field for String {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.text(value.map(Self::as_str))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

/// A typed value that is kept as JSON, for lists that no statement looks into.
macro_rules! json_field {
    ($($type:ty),+ $(,)?) => {
        $(impl $crate::codec::Field for $type {
            const TYPE: $crate::codec::ColumnType = $crate::codec::ColumnType::Json;

            fn write(value: Option<&Self>, to: &mut dyn $crate::codec::RowWriter) -> strikebook_core::Result<()> {
                let json = value.map(strikebook_core::Json::of).transpose()?;
                <strikebook_core::Json as $crate::codec::Field>::write(json.as_ref(), to)
            }

            fn read(row: &dyn $crate::codec::Row, column: usize) -> strikebook_core::Result<Option<Self>> {
                let json = <strikebook_core::Json as $crate::codec::Field>::read(row, column)?;
                json.map(|json| json.read().map_err($crate::codec::stored)).transpose()
            }
        })+
    };
}
pub(crate) use json_field;

/// An unsigned count in a signed column. It was checked at the store's boundary that it fits.
macro_rules! count_field {
    ($($type:ty),+) => {
        $(impl Field for $type {
            const TYPE: ColumnType = ColumnType::Integer;

            fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
                let value = value.map(|value| i64::try_from(*value)).transpose();
                to.integer(value.map_err(|error| Error::invalid_input("a count must fit 63 bits").caused_by(error))?)
            }

            fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
                let value = row.integer(column)?.map(<$type>::try_from).transpose();
                value.map_err(|error| Error::corrupt("a count is out of its range").caused_by(error))
            }
        })+
    };
}

count_field!(u32, u64);

/// A checked text.
macro_rules! text_field {
    ($($type:ty),+) => {
        $(impl Field for $type {
            const TYPE: ColumnType = ColumnType::Text;

            fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
                to.text(value.map(|value| value.as_str()))
            }

            fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
                row.text(column)?.map(|text| text.parse().map_err(stored)).transpose()
            }
        })+
    };
}

text_field!(
    Symbol,
    OptionRoot,
    OptionType,
    ExerciseStyle,
    Timeframe,
    SeriesId,
    Model,
    InputsHash,
    Name,
    SignalAction,
    SignalStatus,
    Severity,
    StrategyStatus,
    FetchOutcome,
    RunStatus,
    OrderSide,
    OrderKind,
    OrderStatus,
    TimeInForce,
    EventKind,
    Side,
    OpenAction,
    CloseAction,
    ExitReason,
    LegRole,
    WheelPhase,
    RollType,
    WinLoss,
    Provenance,
    MentalState,
    RuleSeverity,
    NoteKind
);

pub(crate) fn stored(error: Error) -> Error {
    Error::corrupt("a stored value is not valid").caused_by(error)
}

impl Field for Instrument {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        match value {
            Some(Self::Symbol(symbol)) => to.text(Some(symbol.as_str())),
            Some(option) => to.text(Some(&option.to_string())),
            None => to.text(None),
        }
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.text(column)?.map(|text| text.parse().map_err(stored)).transpose()
    }
}

impl Field for IpAddr {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.text(value.map(ToString::to_string).as_deref())
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        let parse = |text: &str| text.parse();
        let address = row.text(column)?.map(parse).transpose();
        address.map_err(|error| Error::corrupt("a column holds no valid address").caused_by(error))
    }
}

impl Field for Strike {
    const TYPE: ColumnType = ColumnType::Double;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.double(value.map(|strike| strike.to_f64()))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.double(column)?.map(|strike| Self::try_from(strike).map_err(stored)).transpose()
    }
}

impl Field for Maturity {
    const TYPE: ColumnType = ColumnType::Double;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.double(value.map(|maturity| maturity.years()))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        row.double(column)?.map(|years| Self::new(years).map_err(stored)).transpose()
    }
}

impl Field for Source {
    const TYPE: ColumnType = ColumnType::Text;

    fn write(value: Option<&Self>, to: &mut dyn RowWriter) -> Result<()> {
        to.text(value.map(Self::as_str))
    }

    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>> {
        // Rows read together mostly share their source, which then is neither checked nor allocated again.
        thread_local! { static LAST: RefCell<Option<Source>> = const { RefCell::new(None) }; }
        let Some(text) = row.text(column)? else { return Ok(None) };
        LAST.with_borrow_mut(|last| match last {
            Some(source) if source.as_str() == text => Ok(Some(source.clone())),
            _ => Ok(Some(last.insert(Self::new(text).map_err(stored)?).clone())),
        })
    }
}

/// A row of a table as a struct. Made by the macro `record!`.
pub trait Record: Sized + Send + Sync + 'static {
    /// The table.
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

    /// Whether all columns of the version are equal: all but the key's and `recorded_at`.
    fn same_version(&self, other: &Self) -> bool;
}

/// Lists the columns of a table once, and makes a struct with these fields its [`Record`]. With `struct` in front it
/// defines the struct too.
macro_rules! record {
    (
        $(#[$meta:meta])*
        struct $name:ident in $table:literal {
            key { $($key:ident: $key_type:ty),+ $(,)? }
            value { $($value:ident: $value_type:ty),+ $(,)? }
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            $(pub(crate) $key: $key_type,)+
            $(pub(crate) $value: $value_type,)+
            pub(crate) recorded_at: strikebook_core::Timestamp,
        }

        $crate::codec::record! {
            $name in $table { key { $($key: $key_type),+ } value { $($value: $value_type),+ } }
        }
    };
    (
        $name:ident in $table:literal {
            key { $($key:ident: $key_type:ty),+ $(,)? }
            value { $($value:ident: $value_type:ty),+ $(,)? }
        }
    ) => {
        impl $crate::codec::Record for $name {
            const TABLE: $crate::codec::Table = $crate::codec::Table {
                name: $table,
                columns: &[
                    $($crate::codec::column::<$key_type>(stringify!($key), $crate::codec::Role::Key),)+
                    $($crate::codec::column::<$value_type>(stringify!($value), $crate::codec::Role::Value),)+
                    $crate::codec::column::<strikebook_core::Timestamp>("recorded_at", $crate::codec::Role::RecordedAt),
                ],
            };

            fn write(&self, to: &mut dyn $crate::codec::RowWriter) -> strikebook_core::Result<()> {
                use $crate::codec::Field;
                $(<$key_type as Field>::write(Some(&self.$key), to)?;)+
                $(<$value_type as Field>::write(Some(&self.$value), to)?;)+
                Field::write(Some(&self.recorded_at), to)
            }

            fn read(row: &dyn $crate::codec::Row) -> strikebook_core::Result<Self> {
                let mut next = 0..;
                let mut column = || next.next().unwrap_or_default();
                Ok(Self {
                    $($key: $crate::codec::read_column(row, column(), $table, stringify!($key))?,)+
                    $($value: $crate::codec::read_column(row, column(), $table, stringify!($value))?,)+
                    recorded_at: $crate::codec::read_column(row, column(), $table, "recorded_at")?,
                })
            }

            // A version is the same when it is equal to the last bit.
            #[allow(clippy::float_cmp)]
            fn same_version(&self, other: &Self) -> bool {
                $(self.$value == other.$value)&&+
            }
        }
    };
}
pub(crate) use record;

pub(crate) const fn column<F: Field>(name: &'static str, role: Role) -> Column {
    Column { name, column_type: F::TYPE, nullable: F::NULLABLE, role }
}

pub(crate) fn read_column<F: Field>(
    row: &dyn Row,
    column: usize,
    table: &'static str,
    name: &'static str,
) -> Result<F> {
    F::require(row, column).map_err(|error| error.with("table", table).with("column", name))
}
