//! Model-free bounds of an option's price, and of a call less its put.

use strikebook_core::{
    market::{ExerciseStyle, OptionContract, OptionType, Product},
    pricing::ForwardCurve,
};

/// The inputs of a contract's bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    american: bool,
    strike: f64,
    spot: f64,
    /// The present values of the underlying and the strike at expiration: `S·e^(−q·T)` and `K·e^(−r·T)`.
    underlying_later: f64,
    strike_later: f64,
}

impl Terms {
    /// Returns the terms of a contract; `None` after its settlement.
    pub(super) fn new(contract: &OptionContract, product: &Product, years: f64, curve: &ForwardCurve) -> Option<Self> {
        let (strike, discount) = (contract.strike().to_f64(), curve.discount(years));
        (years > 0.0).then(|| Self {
            american: product.exercise_style == ExerciseStyle::American,
            strike,
            spot: curve.spot(),
            underlying_later: curve.forward(years) * discount,
            strike_later: strike * discount,
        })
    }

    /// Returns the least and the most that the option can be worth: exercised now or held, where an American option
    /// has the choice.
    pub(super) fn price(&self, option_type: OptionType) -> (f64, f64) {
        let Self { american, strike, spot, underlying_later, strike_later } = *self;
        let (held, now, bounds) = match option_type {
            OptionType::Call => (underlying_later - strike_later, spot - strike, (underlying_later, spot)),
            OptionType::Put => (strike_later - underlying_later, strike - spot, (strike_later, strike)),
        };
        if american { (held.max(now).max(0.0), bounds.0.max(bounds.1)) } else { (held.max(0.0), bounds.0) }
    }

    /// Returns the least and the most that a call less the put of its strike can be worth. Both are equal for European
    /// options (Stoll 1969); an American one may be exercised early to the other side's disadvantage (Merton 1973, with
    /// a yield: `S·e^(−q·T) − K ≤ C − P ≤ S − K·e^(−r·T)` for rates above zero).
    pub(super) fn difference(&self) -> (f64, f64) {
        let Self { american, strike, spot, underlying_later, strike_later } = *self;
        if american {
            (
                underlying_later.min(spot) - strike_later.max(strike),
                underlying_later.max(spot) - strike_later.min(strike),
            )
        } else {
            (underlying_later - strike_later, underlying_later - strike_later)
        }
    }
}
