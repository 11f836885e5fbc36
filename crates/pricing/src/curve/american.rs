//! The early-exercise premiums of a pair.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::Pair;
use crate::{
    american::{self, Preset},
    black_scholes,
    kernel::sign,
};

/// The inputs that American options of one expiration share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) spot: f64,
    pub(super) years: f64,
    pub(super) rate: f64,
    pub(super) dividend_yield: f64,
}

/// Early-exercise premiums of a pair.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Premiums {
    pub(super) call: f64,
    pub(super) put: f64,
}

impl Terms {
    /// Returns the premiums of a pair at the volatility that its option out of the money implies. By parity the other
    /// option has the same volatility, but near exercise its price hardly depends on it. `None` where no volatility
    /// has that price, or where the other option is to be exercised now, so that its price is independent of the
    /// forward.
    pub(super) fn premiums(&self, pair: &Pair, preset: Preset) -> Option<Premiums> {
        let Self { spot, years, rate, dividend_yield } = *self;
        let option = |option_type| OptionInputs { option_type, spot, strike: pair.strike, years, rate, dividend_yield };
        let (call, put) = (option(OptionType::Call), option(OptionType::Put));
        let forward = spot * ((rate - dividend_yield) * years).exp();
        let (out, price) = if pair.strike >= forward { (&call, pair.call.mid()) } else { (&put, pair.put.mid()) };
        let volatility = american::implied_volatility(out, price, preset).ok()?;
        let premium = |option: &OptionInputs| {
            let value = american::price(option, volatility, preset).ok()?;
            let now = sign(option.option_type) * (spot - pair.strike);
            let held = black_scholes::price(option, volatility).ok()?;
            (value > now).then_some(value - held)
        };
        Some(Premiums { call: premium(&call)?, put: premium(&put)? })
    }
}
