//! The types that are kept in one column.

use std::{cell::RefCell, net::IpAddr};

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Error, ErrorKind, Id, Json, Name, Result, Source, Timestamp,
    analytics::{InputsHash, Maturity, Model},
    market::{
        ActionKind, ActionStatus, Delivery, EarningsTime, ExerciseStyle, Instrument, LastTrading, OptionRoot,
        OptionType, SeriesId, SettlementTime, Strike, Symbol, Timeframe, TradingHours,
    },
    money::TradedValue,
    operations::{FetchOutcome, RunStatus, Severity, StrategyStatus},
    trading::{
        OrderKind, OrderSide, OrderStatus, SignalAction, SignalStatus, TimeInForce,
        journal::{
            CloseAction, EventKind, ExitReason, LegRole, MentalState, NoteKind, OpenAction, Provenance, RiskBasis,
            RollType, RuleSeverity, Side, WheelPhase, WinLoss,
        },
        metrics::TradeUnit,
    },
};
use uuid::Uuid;

use super::{ColumnType, Row, RowWriter, Value};

/// A type that is kept in one column.
pub trait Field: Sized {
    /// The type of the column.
    const TYPE: ColumnType;
    /// True if the value may be missing.
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

/// A float that may be missing, in eight bytes instead of [`Option`]'s sixteen. The rows of a large batch are looked at
/// out of order, and what is half as large misses the cache half as often. NaN stands for missing: as a value it never
/// gets past the store's boundary.
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
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.0.is_nan() && other.0.is_nan())
    }
}

/// A count that may be missing, in eight bytes; the largest one stands for missing. Counts are 64-bit integers with a
/// sign in every table, so as a value that one never gets past the store's boundary. See [`MaybeDouble`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaybeCount(u64);

impl From<Option<u64>> for MaybeCount {
    fn from(value: Option<u64>) -> Self {
        Self(value.unwrap_or(u64::MAX))
    }
}

impl From<MaybeCount> for Option<u64> {
    fn from(value: MaybeCount) -> Self {
        Some(value.0).filter(|count| *count != u64::MAX)
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
                let value: Option<Self> = json.map(|json| json.read().map_err($crate::codec::stored)).transpose()?;
                Ok(value.map(strikebook_core::port::Canonical::into_canonical))
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
        }

        impl From<$type> for Value {
            fn from(value: $type) -> Self {
                value.as_str().into()
            }
        })+
    };
}

text_field!(
    Symbol,
    ActionKind,
    ActionStatus,
    EarningsTime,
    OptionRoot,
    OptionType,
    ExerciseStyle,
    SettlementTime,
    Delivery,
    LastTrading,
    TradingHours,
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
    ErrorKind,
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
    RiskBasis,
    TradeUnit,
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

impl From<Instrument> for Value {
    fn from(instrument: Instrument) -> Self {
        instrument.to_string().into()
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

impl From<Maturity> for Value {
    fn from(maturity: Maturity) -> Self {
        maturity.years().into()
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
