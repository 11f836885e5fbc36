//! Columns of a type: one of a value, several of a structure.

use std::{borrow::Borrow, sync::Arc};

use arrow::{
    array::{ArrayBuilder, ArrayRef, RecordBatch},
    datatypes::Field,
};
use chrono::NaiveDate;
use strikebook_core::{
    Error, Result,
    market::{OptionContract, OptionRoot, OptionType, Strike},
};

use crate::{
    kind::Kind,
    value::{Value, invalid, read},
};

/// The name of a field of a row, from which the names of its columns follow.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Label<'a> {
    /// The prefix of the structure's columns that the field is in.
    pub(crate) prefix: &'a str,
    /// The name of the field.
    pub(crate) field: &'a str,
    /// The prefix of the columns of the field, if the field is a structure.
    pub(crate) own: &'a str,
}

impl<'a> Label<'a> {
    /// Creates the label of a field.
    pub(crate) const fn new(prefix: &'a str, field: &'a str, own: &'a str) -> Self {
        Self { prefix, field, own }
    }

    /// Returns the name of the field's only column.
    fn column(&self) -> String {
        // A column named `at` must be quoted in DuckDB, and `recorded_at` is no word of Arrow's other users.
        let name = match self.field {
            "at" => "event_time",
            "recorded_at" => "known_time",
            // A reserved word of SQL.
            "window" => "window_kind",
            other => other,
        };
        format!("{}{name}", self.prefix)
    }

    /// Returns the prefix of the names of the field's columns.
    pub(crate) fn inner_prefix(&self) -> String {
        format!("{}{}", self.prefix, self.own)
    }
}

/// A type that fills columns.
pub(crate) trait Columns: Sized {
    /// Appends the fields of the schema.
    fn fields(label: Label<'_>, to: &mut Vec<Field>);

    /// Appends the arrays of many values.
    fn arrays<'a, I>(label: Label<'_>, values: I, to: &mut Vec<ArrayRef>) -> Result<()>
    where
        I: Iterator<Item = &'a Self> + Clone,
        Self: 'a;

    /// Reads the value of a row from the next columns.
    fn read(from: &mut RowReader<'_>) -> Result<Self>;
}

impl<T: Value> Columns for T {
    fn fields(label: Label<'_>, to: &mut Vec<Field>) {
        to.push(Field::new(label.column(), T::Kind::data_type(), T::NULLABLE));
    }

    fn arrays<'a, I>(label: Label<'_>, values: I, to: &mut Vec<ArrayRef>) -> Result<()>
    where
        I: Iterator<Item = &'a Self> + Clone,
        Self: 'a,
    {
        to.push(array::<T, _>(label, values)?);
        Ok(())
    }

    fn read(from: &mut RowReader<'_>) -> Result<Self> {
        from.next()
    }
}

/// Makes the array of one column.
pub(crate) fn array<T: Value, B: Borrow<T>>(label: Label<'_>, values: impl Iterator<Item = B>) -> Result<ArrayRef> {
    let mut builder = T::Kind::builder(values.size_hint().0);
    for (row, value) in values.enumerate() {
        let appended = value.borrow().append(&mut builder);
        appended.map_err(|error| error.with("row", row).with("column", label.column()))?;
    }
    Ok(ArrayBuilder::finish(&mut builder))
}

/// A row of a batch that is read column by column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowReader<'a> {
    batch: &'a RecordBatch,
    row: usize,
    column: usize,
}

impl<'a> RowReader<'a> {
    /// Creates the reader of a row, before its first column.
    pub(crate) const fn new(batch: &'a RecordBatch, row: usize) -> Self {
        Self { batch, row, column: 0 }
    }

    /// Reads the value of the next column.
    pub(crate) fn next<T: Value>(&mut self) -> Result<T> {
        let column = self.column;
        self.column += 1;
        let array = self.batch.columns().get(column);
        let array = array.ok_or_else(|| Error::corrupt("a column is missing").with("column", column))?;
        read(array.as_ref(), self.row).map_err(|error| self.place(error, column))
    }

    /// Adds the row and the last column that was read to an error.
    pub(crate) fn here(&self, error: Error) -> Error {
        self.place(error, self.column.saturating_sub(1))
    }

    fn place(&self, error: Error, column: usize) -> Error {
        let schema = self.batch.schema_ref();
        let name = schema.fields().get(column).map_or("", |field| field.name().as_str());
        error.with("row", self.row).with("column", name)
    }
}

/// Lists the fields of a structure whose values fill several columns.
macro_rules! group {
    ($($group:ident { $($field:ident: $type:ty),+ $(,)? })+) => {
        $(impl $crate::columns::Columns for $group {
            fn fields(label: $crate::columns::Label<'_>, to: &mut Vec<arrow::datatypes::Field>) {
                use $crate::columns::{Columns, Label};
                let prefix = label.inner_prefix();
                $(<$type as Columns>::fields(Label::new(&prefix, stringify!($field), ""), to);)+
            }

            fn arrays<'a, I>(
                label: $crate::columns::Label<'_>,
                values: I,
                to: &mut Vec<arrow::array::ArrayRef>,
            ) -> strikebook_core::Result<()>
            where
                I: Iterator<Item = &'a Self> + Clone,
                Self: 'a,
            {
                use $crate::columns::{Columns, Label};
                let prefix = label.inner_prefix();
                $(
                    let label = Label::new(&prefix, stringify!($field), "");
                    <$type as Columns>::arrays(label, values.clone().map(|value| &value.$field), to)?;
                )+
                Ok(())
            }

            fn read(from: &mut $crate::columns::RowReader<'_>) -> strikebook_core::Result<Self> {
                Ok(Self { $($field: <$type as $crate::columns::Columns>::read(from)?,)+ })
            }
        }

        #[cfg(test)]
        impl $crate::sample::Sample for $group {
            fn sample(random: &mut fastrand::Rng) -> Self {
                Self { $($field: <$type as $crate::sample::Sample>::sample(random),)+ }
            }
        })+
    };
}
pub(crate) use group;

/// A contract stands in four columns, by which every reader can filter.
impl Columns for OptionContract {
    fn fields(label: Label<'_>, to: &mut Vec<Field>) {
        let prefix = label.inner_prefix();
        <OptionRoot as Columns>::fields(Label::new(&prefix, "root", ""), to);
        <NaiveDate as Columns>::fields(Label::new(&prefix, "expiration", ""), to);
        <OptionType as Columns>::fields(Label::new(&prefix, "option_type", ""), to);
        <Strike as Columns>::fields(Label::new(&prefix, "strike", ""), to);
    }

    fn arrays<'a, I>(label: Label<'_>, values: I, to: &mut Vec<ArrayRef>) -> Result<()>
    where
        I: Iterator<Item = &'a Self> + Clone,
        Self: 'a,
    {
        let prefix = label.inner_prefix();
        let label = |field| Label::new(&prefix, field, "");
        to.push(array::<OptionRoot, _>(label("root"), values.clone().map(Self::root))?);
        to.push(array::<NaiveDate, _>(label("expiration"), values.clone().map(Self::expiration))?);
        to.push(array::<OptionType, _>(label("option_type"), values.clone().map(Self::option_type))?);
        to.push(array::<Strike, _>(label("strike"), values.map(Self::strike))?);
        Ok(())
    }

    fn read(from: &mut RowReader<'_>) -> Result<Self> {
        let (root, expiration) = (from.next()?, from.next()?);
        let (option_type, strike) = (from.next()?, from.next()?);
        Self::new(root, expiration, option_type, strike).map_err(|error| from.here(invalid(error)))
    }
}

/// Returns the difference of two schemas' fields as an error: the first column that is missing, of another type, or
/// too many.
pub(crate) fn check_fields(found: &[Arc<Field>], expected: &[Arc<Field>]) -> Result<()> {
    let text = |field: Option<&Arc<Field>>| {
        field.map_or_else(|| "no column".to_owned(), |field| format!("{}: {}", field.name(), field.data_type()))
    };
    let kind = |field: Option<&Arc<Field>>| field.map(|field| (field.name().clone(), field.data_type().clone()));
    for place in 0..found.len().max(expected.len()) {
        let (found, expected) = (found.get(place), expected.get(place));
        if kind(found) != kind(expected) {
            let name = expected.or(found).map_or("", |field| field.name().as_str());
            return Err(Error::corrupt("the columns are not those of the schema")
                .with("column", name)
                .with("found", text(found))
                .with("expected", text(expected)));
        }
    }
    Ok(())
}
