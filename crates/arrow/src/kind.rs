//! Kinds of columns: the physical Arrow types, each with its builder and array.

use std::marker::PhantomData;

use arrow::{
    array::{
        Array, ArrayBuilder, BooleanArray, BooleanBuilder, Decimal128Array, Decimal128Builder, PrimitiveArray,
        PrimitiveBuilder, StringArray, StringBuilder,
    },
    datatypes::{ArrowPrimitiveType, DataType, Date32Type, Float64Type, Int64Type, TimestampMicrosecondType},
};

/// A physical type of columns.
pub(crate) trait Kind {
    /// The builder of the arrays.
    type Builder: ArrayBuilder;
    /// The arrays of the values.
    type Array: Array + 'static;

    /// Returns the Arrow type.
    fn data_type() -> DataType;
    /// Creates a builder for a number of values.
    fn builder(rows: usize) -> Self::Builder;
    /// Appends a missing value.
    fn append_null(to: &mut Self::Builder);
}

/// Numbers of one size.
pub(crate) struct Primitive<T>(PhantomData<T>);

impl<T: ArrowPrimitiveType> Kind for Primitive<T> {
    type Builder = PrimitiveBuilder<T>;
    type Array = PrimitiveArray<T>;

    fn data_type() -> DataType {
        T::DATA_TYPE
    }

    fn builder(rows: usize) -> Self::Builder {
        PrimitiveBuilder::with_capacity(rows)
    }

    fn append_null(to: &mut Self::Builder) {
        to.append_null();
    }
}

/// 64-bit floats, bit by bit.
pub(crate) type Double = Primitive<Float64Type>;
/// 64-bit integers with a sign, for counts too: Spark and others have none without a sign.
pub(crate) type Integer = Primitive<Int64Type>;
/// Days of the calendar.
pub(crate) type Day = Primitive<Date32Type>;
/// Instants in UTC microseconds, without a zone, so that no reader's session shifts them.
pub(crate) type Instant = Primitive<TimestampMicrosecondType>;

/// UTF-8 text of any length.
pub(crate) struct Text;

impl Kind for Text {
    type Builder = StringBuilder;
    type Array = StringArray;

    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn builder(rows: usize) -> Self::Builder {
        StringBuilder::with_capacity(rows, rows * 8)
    }

    fn append_null(to: &mut Self::Builder) {
        to.append_null();
    }
}

/// Booleans, a bit each.
pub(crate) struct Boolean;

impl Kind for Boolean {
    type Builder = BooleanBuilder;
    type Array = BooleanArray;

    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn builder(rows: usize) -> Self::Builder {
        BooleanBuilder::with_capacity(rows)
    }

    fn append_null(to: &mut Self::Builder) {
        to.append_null();
    }
}

/// Exact decimals of at most `DIGITS` digits, `SCALE` of them behind the point.
pub(crate) struct Fixed<const DIGITS: u8, const SCALE: i8>;

impl<const DIGITS: u8, const SCALE: i8> Kind for Fixed<DIGITS, SCALE> {
    type Builder = Decimal128Builder;
    type Array = Decimal128Array;

    fn data_type() -> DataType {
        DataType::Decimal128(DIGITS, SCALE)
    }

    fn builder(rows: usize) -> Self::Builder {
        Decimal128Builder::with_capacity(rows).with_data_type(Self::data_type())
    }

    fn append_null(to: &mut Self::Builder) {
        to.append_null();
    }
}
