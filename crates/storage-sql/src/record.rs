//! `record!`: the columns of a dataset's table, listed once beside the type that keeps its rows.

/// Lists the columns of a dataset's table, and makes the type that has these fields its
/// [`Record`](crate::codec::Record).
///
/// ```text
/// record! {
///     SabrParameters in SabrParameters {                                    // the type, and its `Dataset`
///         series key: SmileKey { symbol: Symbol, maturity: Maturity }       // the series, and then `at`
///         value { alpha: f64, beta: f64, rho: f64, nu: f64, source: Source }
///         fit: FitQuality "" { rmse: Option<f64>, r_squared: Option<f64> }         // a struct in a field
///     }
/// }
/// ```
///
/// The order is that of the columns in the table; the last column is `recorded_at`.
///
/// | section | columns |
/// |---|---|
/// | `key { … }` | the natural key of a keyed row, or the identity of an entry |
/// | `series { … }` | instead of `key`, for rows in versions: the fields that name the series. The column `at` follows, and the type is [`Versioned`](crate::shapes::versioned::Versioned). One field is the series itself, several are a tuple |
/// | `series FIELD: TYPE { … }` | the same where the series is a struct in a field of the row |
/// | `computed { … = FUNCTION }` | columns for people who query by hand: written as the function of the row says, never read |
/// | `value { … }` | the fields of a version |
/// | `FIELD: TYPE PREFIX { … }` | the fields of a struct in a field, in columns whose names start with the prefix |
///
/// With `struct` in front of the type's name, the macro defines the type too.
macro_rules! record {
    (
        $(#[$meta:meta])*
        struct $name:ident in $dataset:ident {
            series { $($key:ident: $key_type:ty),+ $(,)? }
            value { $($value:ident: $value_type:ty),+ $(,)? }
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name {
            $(pub(crate) $key: $key_type,)+
            pub(crate) at: strikebook_core::Timestamp,
            $(pub(crate) $value: $value_type,)+
            pub(crate) recorded_at: strikebook_core::Timestamp,
        }

        $crate::record::record! {
            $name in $dataset { series { $($key: $key_type),+ } value { $($value: $value_type),+ } }
        }
    };
    (
        $(#[$meta:meta])*
        struct $name:ident in $dataset:ident {
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

        $crate::record::record! {
            $name in $dataset { key { $($key: $key_type),+ } value { $($value: $value_type),+ } }
        }
    };
    ($name:ident in $dataset:ident { key { $($key:ident: $key_type:ty),+ $(,)? } $($rest:tt)+ }) => {
        $crate::record::record! {
            @record $name $dataset keys { $(($key) $key: $key_type,)+ } build { $($key,)+ } $($rest)+
        }
    };
    ($name:ident in $dataset:ident { series { $($key:ident: $key_type:ty),+ $(,)? } $($rest:tt)+ }) => {
        $crate::record::record! {
            @record $name $dataset
            keys { $(($key) $key: $key_type,)+ (at) at: strikebook_core::Timestamp, }
            build { $($key,)+ at, }
            $($rest)+
        }

        #[allow(unused_parens, reason = "one field is the series itself, several are a tuple")]
        impl $crate::shapes::versioned::Versioned for $name {
            type Series = ($($key_type),+);

            fn key(&self) -> $crate::shapes::versioned::Key<Self> {
                (($(self.$key),+), self.at)
            }

            fn recorded_at(&self) -> strikebook_core::Timestamp {
                self.recorded_at
            }

            fn series_values(series: Self::Series) -> Vec<$crate::codec::Value> {
                let ($($key),+) = series;
                vec![$($key.into()),+]
            }
        }
    };
    (
        $name:ident in $dataset:ident {
            series $series:ident: $series_type:ident { $($key:ident: $key_type:ty),+ $(,)? }
            $($rest:tt)+
        }
    ) => {
        $crate::record::record! {
            @record $name $dataset
            keys { $(($series.$key) $key: $key_type,)+ (at) at: strikebook_core::Timestamp, }
            build { $series: $series_type { $($key,)+ }, at, }
            $($rest)+
        }

        impl $crate::shapes::versioned::Versioned for $name {
            type Series = $series_type;

            fn key(&self) -> $crate::shapes::versioned::Key<Self> {
                (self.$series, self.at)
            }

            fn recorded_at(&self) -> strikebook_core::Timestamp {
                self.recorded_at
            }

            fn series_values(series: Self::Series) -> Vec<$crate::codec::Value> {
                let $series_type { $($key),+ } = series;
                vec![$($key.into()),+]
            }
        }
    };
    (
        @record $name:ident $dataset:ident
        keys { $(($($path:tt)+) $key:ident: $key_type:ty,)+ }
        build { $($build:tt)+ }
        $(computed { $($computed:ident: $computed_type:ty = $compute:expr),+ $(,)? })?
        value { $($value:ident: $value_type:ty),+ $(,)? }
        $($group:ident: $group_type:ident $prefix:literal { $($field:ident: $field_type:ty),+ $(,)? })*
    ) => {
        impl $crate::codec::Record for $name {
            const TABLE: $crate::codec::Table = $crate::codec::Table::of(
                strikebook_core::maintenance::Dataset::$dataset,
                &[
                    $($crate::codec::column::<$key_type>(stringify!($key), $crate::codec::Role::Key),)+
                    $($($crate::codec::column::<$computed_type>(
                        stringify!($computed),
                        $crate::codec::Role::Value,
                    ),)+)?
                    $($crate::codec::column::<$value_type>(stringify!($value), $crate::codec::Role::Value),)+
                    $($($crate::codec::column::<$field_type>(
                        concat!($prefix, stringify!($field)),
                        $crate::codec::Role::Value,
                    ),)+)*
                    $crate::codec::column::<strikebook_core::Timestamp>("recorded_at", $crate::codec::Role::RecordedAt),
                ],
            );

            fn write(&self, to: &mut dyn $crate::codec::RowWriter) -> strikebook_core::Result<()> {
                use $crate::codec::Field;
                $(<$key_type as Field>::write(Some(&self.$($path)+), to)?;)+
                $($(<$computed_type as Field>::write(Some(&$compute(self)), to)?;)+)?
                $(<$value_type as Field>::write(Some(&self.$value), to)?;)+
                $($(<$field_type as Field>::write(Some(&self.$group.$field), to)?;)+)*
                Field::write(Some(&self.recorded_at), to)
            }

            fn read(row: &dyn $crate::codec::Row) -> strikebook_core::Result<Self> {
                let mut columns = $crate::codec::ColumnsOf::<Self>::new(row);
                $(let $key: $key_type = columns.read(stringify!($key))?;)+
                $($(columns.skip(); let _ = stringify!($computed);)+)?
                $(let $value: $value_type = columns.read(stringify!($value))?;)+
                $(let $group = $group_type { $($field: columns.read(concat!($prefix, stringify!($field)))?,)+ };)*
                let recorded_at = columns.read("recorded_at")?;
                Ok(Self { $($build)+ $($value,)+ $($group,)* recorded_at })
            }

            #[allow(clippy::float_cmp, reason = "a version is the same when it is equal to the last bit")]
            fn same_version(&self, other: &Self) -> bool {
                $(self.$value == other.$value)&&+ $(&& self.$group == other.$group)*
            }
        }
    };
}
pub(crate) use record;
