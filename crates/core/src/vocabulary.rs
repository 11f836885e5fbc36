//! Closed vocabularies: enums whose values have one text each.

/// Defines an enum whose values are stored and printed as lower snake case text, and parsed from exactly that text.
macro_rules! vocabulary {
    (
        $(#[$meta:meta])*
        $name:ident, $what:literal {
            $($(#[$value_meta:meta])* $value:ident = $text:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$value_meta])* #[serde(rename = $text)] $value),+
        }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// Returns the stored text.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Error;

            /// Parses exactly the text that [`as_str`](Self::as_str) returns.
            fn from_str(text: &str) -> $crate::Result<Self> {
                match text {
                    $($text => Ok(Self::$value),)+
                    _ => Err($crate::Error::invalid_input(concat!("unknown ", $what))
                        .with("text", format_args!("{text:?}"))
                        .with("expected", [$($text),+].join(", "))),
                }
            }
        }
    };
}

pub(crate) use vocabulary;
