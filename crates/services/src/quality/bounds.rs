//! What an option, or a call less its put, can be worth whatever the model.

use strikebook_core::{
    market::{ExerciseStyle, OptionContract, OptionType},
    pricing::ForwardCurve,
};

/// What the bounds of a contract depend on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    american: bool,
    strike: f64,
    spot: f64,
    /// The underlying and 1.00 of money at expiration, as they are worth now: `S·e^(−q·T)` and `K·e^(−r·T)`.
    underlying_later: f64,
    strike_later: f64,
}

impl Terms {
    /// `None` for a contract that has expired.
    pub(super) fn new(contract: &OptionContract, years: f64, curve: &ForwardCurve) -> Option<Self> {
        let (strike, discount) = (contract.strike().to_f64(), curve.discount(years));
        (years > 0.0).then(|| Self {
            american: contract.root().exercise_style() == ExerciseStyle::American,
            strike,
            spot: curve.spot(),
            underlying_later: curve.forward(years) * discount,
            strike_later: strike * discount,
        })
    }

    /// The least and the most that the option can be worth: exercised now or held, which an American option leaves
    /// open.
    pub(super) fn price(&self, option_type: OptionType) -> (f64, f64) {
        let Self { american, strike, spot, underlying_later, strike_later } = *self;
        let (held, now, bounds) = match option_type {
            OptionType::Call => (underlying_later - strike_later, spot - strike, (underlying_later, spot)),
            OptionType::Put => (strike_later - underlying_later, strike - spot, (strike_later, strike)),
        };
        if american { (held.max(now).max(0.0), bounds.0.max(bounds.1)) } else { (held.max(0.0), bounds.0) }
    }

    /// The least and the most that a call less the put of its strike can be worth. They are the same for European
    /// options (Stoll 1969); for American ones each side may be exercised early to the other's disadvantage (Merton
    /// 1973, with a yield: `S·e^(−q·T) − K ≤ C − P ≤ S − K·e^(−r·T)` for rates above zero).
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
