//! Wide rows whose fields are grouped into structs of their own.

/// As [`record!`](crate::codec::record) for a struct whose fields are structs in turn: each group is listed with its
/// field, type, and what its columns' names start with.
macro_rules! grouped_record {
    (
        $name:ident in $table:literal {
            key { $($key:ident: $key_type:ty),+ $(,)? }
            value { $($value:ident: $value_type:ty),+ $(,)? }
            $($group:ident: $group_type:ident $prefix:literal { $($field:ident: $field_type:ty),+ $(,)? })+
        }
    ) => {
        impl $crate::codec::Record for $name {
            const TABLE: $crate::codec::Table = $crate::codec::Table {
                name: $table,
                columns: &[
                    $($crate::codec::column::<$key_type>(stringify!($key), $crate::codec::Role::Key),)+
                    $($crate::codec::column::<$value_type>(stringify!($value), $crate::codec::Role::Value),)+
                    $($($crate::codec::column::<$field_type>(
                        concat!($prefix, stringify!($field)),
                        $crate::codec::Role::Value,
                    ),)+)+
                    $crate::codec::column::<strikebook_core::Timestamp>("recorded_at", $crate::codec::Role::RecordedAt),
                ],
            };

            fn write(&self, to: &mut dyn $crate::codec::RowWriter) -> strikebook_core::Result<()> {
                use $crate::codec::Field;
                $(<$key_type as Field>::write(Some(&self.$key), to)?;)+
                $(<$value_type as Field>::write(Some(&self.$value), to)?;)+
                $($(<$field_type as Field>::write(Some(&self.$group.$field), to)?;)+)+
                Field::write(Some(&self.recorded_at), to)
            }

            fn read(row: &dyn $crate::codec::Row) -> strikebook_core::Result<Self> {
                let mut next = 0;
                let mut column = || {
                    next += 1;
                    next - 1
                };
                Ok(Self {
                    $($key: $crate::codec::read_column(row, column(), $table, stringify!($key))?,)+
                    $($value: $crate::codec::read_column(row, column(), $table, stringify!($value))?,)+
                    $($group: $group_type {
                        $($field: $crate::codec::read_column(
                            row,
                            column(),
                            $table,
                            concat!($prefix, stringify!($field)),
                        )?,)+
                    },)+
                    recorded_at: $crate::codec::read_column(row, column(), $table, "recorded_at")?,
                })
            }

            // A version is the same when it is equal to the last bit.
            #[allow(clippy::float_cmp)]
            fn same_version(&self, other: &Self) -> bool {
                $(self.$value == other.$value)&&+ $(&& self.$group == other.$group)+
            }
        }
    };
}
pub(crate) use grouped_record;
