//! The canonical form of decimals: no zero at the end, so that an amount prints and serialises alike on every engine.

use crate::{Decimal, Id, Json, Name, trading::metrics::Measure};

/// A value whose decimals have a canonical form: 162.70 is 162.7, and −0 is 0.
///
/// Every store returns rows in this form. One in memory brings rows into the form when it keeps them, one in SQL when
/// it reads them.
pub trait Canonical {
    /// Brings every decimal into its canonical form.
    fn canonicalize(&mut self);

    /// Returns the value with every decimal in its canonical form.
    #[must_use]
    fn into_canonical(mut self) -> Self
    where
        Self: Sized,
    {
        self.canonicalize();
        self
    }
}

impl Canonical for Decimal {
    fn canonicalize(&mut self) {
        *self = self.normalize();
    }
}

impl<T: Canonical> Canonical for Option<T> {
    fn canonicalize(&mut self) {
        self.iter_mut().for_each(T::canonicalize);
    }
}

impl<T: Canonical> Canonical for Vec<T> {
    fn canonicalize(&mut self) {
        self.iter_mut().for_each(T::canonicalize);
    }
}

impl<T: Canonical> Canonical for Measure<T> {
    fn canonicalize(&mut self) {
        if let Ok(value) = &mut self.value {
            value.canonicalize();
        }
    }
}

impl<T> Canonical for Id<T> {
    fn canonicalize(&mut self) {}
}

/// Implements [`Canonical`] for a type whose listed fields are decimals or hold some. The call stands behind the type,
/// so that a new field of that kind is listed there.
macro_rules! canonical {
    ($type:ty $(: $($field:ident)+)?) => {
        impl $crate::port::Canonical for $type {
            fn canonicalize(&mut self) {
                $($($crate::port::Canonical::canonicalize(&mut self.$field);)+)?
            }
        }
    };
}
pub(crate) use canonical;

canonical!(Json);
canonical!(String);
canonical!(Name);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trading::Balances;

    #[test]
    fn amounts_lose_the_zeros_at_their_end_wherever_they_stand() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
        for (written, canonical) in [("162.70", "162.7"), ("-0.00", "0"), ("100", "100"), ("1.10000000", "1.1")] {
            assert_eq!(decimal(written).into_canonical().to_string(), canonical);
        }
        let balances = Balances { cash: Some(decimal("5.00")), ..Balances::default() };
        assert_eq!(balances.into_canonical().cash.map(|cash| cash.to_string()).as_deref(), Some("5"));
    }
}
