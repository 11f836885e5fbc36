//! Values of one column: how each type of the domain is written into a column and read from it.

use std::net::IpAddr;

use arrow::{
    array::{Array, PrimitiveArray},
    datatypes::{Date32Type, Decimal128Type, DecimalType},
};
use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Error, ErrorKind, Id, Json, Name, Result, Source, Timestamp,
    analytics::{BacktestPoint, BacktestTrade, InputsHash, Maturity, Model},
    market::{
        ActionKind, ActionStatus, AdjustedContract, Delivery, EarningsTime, ExerciseStyle, Instrument, LastTrading,
        OptionRoot, OptionType, SeriesId, SettlementTime, Strike, Symbol, Timeframe, TradingHours,
    },
    money::TradedValue,
    operations::{FetchOutcome, PasswordHash, RunStatus, Severity, StrategyStatus},
    port::Canonical,
    trading::{
        HeldPosition, OrderKind, OrderLink, OrderSide, OrderStatus, SignalAction, SignalLeg, SignalStatus, TimeInForce,
        journal::{
            BasisStep, CloseAction, EventKind, ExitReason, JournalEvent, LegRole, Lot, MentalState, NoteKind,
            OpenAction, Provenance, RiskBasis, RollType, RuleBreak, RuleSeverity, Side, WheelPhase, WinLoss,
        },
        metrics::{Conventions, Metrics, TradeUnit, Window},
    },
};

use crate::kind::{Boolean, Day, Double, Fixed, Instant, Integer, Kind, Text};

/// A type whose values fill one column.
pub(crate) trait Value: Sized {
    /// The physical type of the column.
    type Kind: Kind;

    /// True if a value may be missing.
    const NULLABLE: bool = false;

    /// Appends the value to a column.
    fn append(&self, to: &mut <Self::Kind as Kind>::Builder) -> Result<()>;

    /// Reads the value at a place that is not null.
    fn get(from: &<Self::Kind as Kind>::Array, row: usize) -> Result<Self>;

    /// Returns the value that null stands for.
    fn missing() -> Result<Self> {
        Err(Error::corrupt("unexpected NULL in a column that has none").with("expected", "a value"))
    }
}

impl<T: Value> Value for Option<T> {
    type Kind = T::Kind;

    const NULLABLE: bool = true;

    fn append(&self, to: &mut <T::Kind as Kind>::Builder) -> Result<()> {
        if let Some(value) = self {
            return value.append(to);
        }
        T::Kind::append_null(to);
        Ok(())
    }

    fn get(from: &<T::Kind as Kind>::Array, row: usize) -> Result<Self> {
        T::get(from, row).map(Some)
    }

    fn missing() -> Result<Self> {
        Ok(None)
    }
}

/// Returns the error of a value that is not valid in the domain.
pub(crate) fn invalid(cause: Error) -> Error {
    Error::corrupt("a value is not valid").caused_by(cause)
}

fn out_of_range(value: impl std::fmt::Display, expected: impl std::fmt::Display) -> Error {
    Error::invalid_input("a value does not fit its column").with("value", value).with("expected", expected)
}

fn finite(value: f64, kind: ErrorKind) -> Result<f64> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(Error::new(kind, "a number must be finite").with("value", value).with("expected", "a finite number"))
}

impl Value for f64 {
    type Kind = Double;

    fn append(&self, to: &mut <Double as Kind>::Builder) -> Result<()> {
        to.append_value(finite(*self, ErrorKind::InvalidInput)?);
        Ok(())
    }

    fn get(from: &<Double as Kind>::Array, row: usize) -> Result<Self> {
        finite(from.value(row), ErrorKind::Corrupt)
    }
}

impl Value for bool {
    type Kind = Boolean;

    fn append(&self, to: &mut <Boolean as Kind>::Builder) -> Result<()> {
        to.append_value(*self);
        Ok(())
    }

    fn get(from: &<Boolean as Kind>::Array, row: usize) -> Result<Self> {
        Ok(from.value(row))
    }
}

impl Value for Timestamp {
    type Kind = Instant;

    fn append(&self, to: &mut <Instant as Kind>::Builder) -> Result<()> {
        to.append_value(self.as_micros());
        Ok(())
    }

    fn get(from: &<Instant as Kind>::Array, row: usize) -> Result<Self> {
        Self::from_micros(from.value(row)).map_err(invalid)
    }
}

impl Value for NaiveDate {
    type Kind = Day;

    fn append(&self, to: &mut <Day as Kind>::Builder) -> Result<()> {
        to.append_value(Date32Type::from_naive_date(*self));
        Ok(())
    }

    fn get(from: &PrimitiveArray<Date32Type>, row: usize) -> Result<Self> {
        from.value_as_date(row).ok_or_else(|| {
            Error::corrupt("a day lies outside the calendar").with("value", from.value(row)).with("expected", "a day")
        })
    }
}

/// Unsigned counts in columns of signed integers.
macro_rules! counts {
    ($($type:ty),+) => {
        $(impl Value for $type {
            type Kind = Integer;

            fn append(&self, to: &mut <Integer as Kind>::Builder) -> Result<()> {
                to.append_value(i64::try_from(*self).map_err(|_| out_of_range(self, "at most 9223372036854775807"))?);
                Ok(())
            }

            fn get(from: &<Integer as Kind>::Array, row: usize) -> Result<Self> {
                let value = from.value(row);
                Self::try_from(value).map_err(|_| {
                    Error::corrupt("a count is out of its range")
                        .with("value", value)
                        .with("expected", format_args!("0 to {}", Self::MAX))
                })
            }
        })+
    };
}

counts!(u32, u64);

/// Returns a decimal in units of the last digit of a column; an error if it has more digits than the column.
fn units(value: Decimal, digits: u8, scale: i8) -> Result<i128> {
    let expected = format_args!("at most {digits} digits, {scale} of them behind the point").to_string();
    let short = value.normalize();
    let zeros = u32::from(scale.unsigned_abs()).checked_sub(short.scale());
    let units = zeros.and_then(|zeros| short.mantissa().checked_mul(10_i128.pow(zeros)));
    units
        .filter(|units| Decimal128Type::validate_decimal_precision(*units, digits, scale).is_ok())
        .ok_or_else(|| out_of_range(value, expected))
}

/// Reads a decimal from units of the last digit.
fn decimal(units: i128, scale: i8) -> Result<Decimal> {
    Decimal::try_from_i128_with_scale(units, u32::from(scale.unsigned_abs()))
        .map(|value| value.normalize())
        .map_err(|error| Error::corrupt("a decimal has too many digits").with("value", units).caused_by(error))
}

/// Decimals whose scale the domain fixes.
macro_rules! decimals {
    ($($type:ty: $digits:literal, $scale:literal, |$it:ident| $write:expr, |$found:ident| $read:expr;)+) => {
        $(impl Value for $type {
            type Kind = Fixed<$digits, $scale>;

            fn append(&self, to: &mut <Self::Kind as Kind>::Builder) -> Result<()> {
                let $it = self;
                to.append_value(units($write, $digits, $scale)?);
                Ok(())
            }

            fn get(from: &<Self::Kind as Kind>::Array, row: usize) -> Result<Self> {
                let $found = decimal(from.value(row), $scale)?;
                $read
            }
        })+
    };
}

decimals! {
    Decimal: 20, 8, |it| *it, |found| Ok(found);
    TradedValue: 28, 16, |it| it.get(), |found| Self::try_from(found).map_err(invalid);
    Strike: 8, 3, |it| it.to_decimal(), |found| {
        let thousandths = u32::try_from(found.normalize().mantissa().saturating_mul(10_i128.pow(3 - found.scale())));
        let thousandths = thousandths.map_err(|_| Error::corrupt("a strike is negative").with("value", found))?;
        Self::from_thousandths(thousandths).map_err(invalid)
    };
}

impl Value for Maturity {
    type Kind = Double;

    fn append(&self, to: &mut <Double as Kind>::Builder) -> Result<()> {
        self.years().append(to)
    }

    fn get(from: &<Double as Kind>::Array, row: usize) -> Result<Self> {
        Self::new(f64::get(from, row)?).map_err(invalid)
    }
}

impl Value for String {
    type Kind = Text;

    fn append(&self, to: &mut <Text as Kind>::Builder) -> Result<()> {
        to.append_value(self);
        Ok(())
    }

    fn get(from: &<Text as Kind>::Array, row: usize) -> Result<Self> {
        Ok(from.value(row).to_owned())
    }
}

/// Values whose text can be parsed, each written by one expression.
macro_rules! texts {
    (|$it:ident| $write:expr; $($type:ty),+ $(,)?) => {
        $(impl Value for $type {
            type Kind = Text;

            fn append(&self, to: &mut <Text as Kind>::Builder) -> Result<()> {
                let $it = self;
                to.append_value($write);
                Ok(())
            }

            fn get(from: &<Text as Kind>::Array, row: usize) -> Result<Self> {
                from.value(row).parse().map_err(invalid)
            }
        })+
    };
}

texts!(|it| it.as_str();
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
    Source,
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
    NoteKind,
);

texts!(|it| it.to_string(); Instrument, Window, Json);

impl<T> Value for Id<T> {
    type Kind = Text;

    fn append(&self, to: &mut <Text as Kind>::Builder) -> Result<()> {
        to.append_value(self.to_string());
        Ok(())
    }

    fn get(from: &<Text as Kind>::Array, row: usize) -> Result<Self> {
        from.value(row).parse().map_err(invalid)
    }
}

impl Value for IpAddr {
    type Kind = Text;

    fn append(&self, to: &mut <Text as Kind>::Builder) -> Result<()> {
        to.append_value(self.to_string());
        Ok(())
    }

    fn get(from: &<Text as Kind>::Array, row: usize) -> Result<Self> {
        let text = from.value(row);
        text.parse().map_err(|error| Error::corrupt("a text is not an IP address").with("text", text).caused_by(error))
    }
}

impl Value for PasswordHash {
    type Kind = Text;

    fn append(&self, to: &mut <Text as Kind>::Builder) -> Result<()> {
        to.append_value(self.as_phc());
        Ok(())
    }

    fn get(from: &<Text as Kind>::Array, row: usize) -> Result<Self> {
        Self::from_phc(from.value(row)).map_err(invalid)
    }
}

/// Lists and structures, as JSON text in the form that the types serialise to.
macro_rules! nested {
    ($($type:ty),+ $(,)?) => {
        $(impl Value for $type {
            type Kind = Text;

            fn append(&self, to: &mut <Text as Kind>::Builder) -> Result<()> {
                Json::of(self)?.append(to)
            }

            fn get(from: &<Text as Kind>::Array, row: usize) -> Result<Self> {
                let value: Self = Json::get(from, row)?.read().map_err(invalid)?;
                Ok(value.into_canonical())
            }
        })+
    };
}

nested!(
    AdjustedContract,
    Conventions,
    Metrics,
    Vec<BacktestPoint>,
    Vec<BacktestTrade>,
    Vec<BasisStep>,
    Vec<HeldPosition>,
    Vec<Id<JournalEvent>>,
    Vec<Lot>,
    Vec<Name>,
    Vec<OrderLink>,
    Vec<RuleBreak>,
    Vec<SignalLeg>,
    Vec<String>,
    Vec<Symbol>,
);

/// Reads a value of a column, null or not.
pub(crate) fn read<T: Value>(from: &dyn Array, row: usize) -> Result<T> {
    let Some(array) = from.as_any().downcast_ref::<<T::Kind as Kind>::Array>() else {
        return Err(Error::corrupt("a column has another type")
            .with("found", from.data_type())
            .with("expected", T::Kind::data_type()));
    };
    if array.is_null(row) { T::missing() } else { T::get(array, row) }
}
