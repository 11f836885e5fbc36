//! The limits of the formulas: no time or no volatility left, densities that vanish, numbers that leave the range of a
//! float.

use strikebook_core::market::OptionType;

use super::greeks::NAMES;
use crate::{
    error::PricingError,
    kernel::sign,
    lanes::{
        Plain, bachelier,
        black::{ALL, Inputs, Lognormal, discounts},
    },
};

/// Returns the price in a lognormal model.
pub(super) fn lognormal_price(option_type: OptionType, inputs: Inputs) -> Result<f64, PricingError> {
    let Seen { lognormal, kink, intrinsic } = Seen::new(option_type, inputs)?;
    let price = if kink { intrinsic } else { lognormal.price() };
    require_finite(NAMES[0], price)?;
    Ok(price)
}

/// Returns price and Greeks in a lognormal model.
pub(super) fn lognormal(option_type: OptionType, inputs: Inputs) -> Result<[f64; ALL], PricingError> {
    let Seen { lognormal, kink, .. } = Seen::new(option_type, inputs)?;
    if kink {
        return Err(PricingError::GreeksAtKink);
    }
    // Where the density vanishes, it vanishes faster than all its factors grow.
    let values = if lognormal.density() == 0.0 {
        carried(&lognormal, &inputs)
    } else if lognormal.is_divisible() {
        lognormal.all()
    } else {
        return Err(PricingError::NotRepresentable { quantity: NAMES[2] });
    };
    require_all_finite(&values)?;
    Ok(values)
}

/// An option whose inputs are each in range.
struct Seen {
    lognormal: Lognormal,
    /// True if no volatility is left and the forward is the strike.
    kink: bool,
    intrinsic: f64,
}

impl Seen {
    fn new(option_type: OptionType, inputs: Inputs) -> Result<Self, PricingError> {
        let Inputs { spot, strike, years, rate, dividend_yield, .. } = inputs;
        let discounted_spot = spot * (-dividend_yield * years).exp();
        let discounted_strike = strike * (-rate * years).exp();
        require_finite("the discounted spot", discounted_spot)?;
        require_finite("the discounted strike", discounted_strike)?;
        let log_ratio = ln_ratio(spot, strike);
        let log_moneyness = log_ratio + (rate - dividend_yield) * years;
        require_finite("the log-moneyness of the forward", log_moneyness)?;
        // A negative zero would turn the signs of d₁ and d₂.
        let inputs = Inputs { years: years.abs(), volatility: inputs.volatility.abs(), ..inputs };
        let total_volatility = inputs.volatility * inputs.years.sqrt();
        let widths = log_moneyness / total_volatility;
        let [dividend_discount, rate_discount] = discounts::<Plain>(&inputs);
        Ok(Self {
            lognormal: Lognormal::at::<Plain>(
                inputs,
                [widths, 1.0 / (spot * total_volatility), dividend_discount, rate_discount],
            ),
            kink: log_moneyness == 0.0 && total_volatility == 0.0,
            intrinsic: (sign(option_type) * (discounted_spot - discounted_strike)).max(0.0),
        })
    }
}

/// Returns `ln(a/b)` of any positive numbers.
fn ln_ratio(a: f64, b: f64) -> f64 {
    let ratio = a / b;
    if ratio > 0.5 && ratio < 2.0 { ((a - b) / b).ln_1p() } else { a.ln() - b.ln() }
}

/// Returns the Greeks where the density is zero: those of a forward contract in the money, zeros out of it.
fn carried(lognormal: &Lognormal, inputs: &Inputs) -> [f64; ALL] {
    let Inputs { spot, strike, years, rate, dividend_yield, .. } = *inputs;
    let (delta, dual_delta) = (lognormal.delta(), lognormal.dual_delta());
    let mut values = [0.0; ALL];
    values[0] = lognormal.price();
    values[1] = delta;
    values[4] = dividend_yield * spot * delta + rate * strike * dual_delta;
    values[5] = -years * strike * dual_delta;
    values[6] = -years * spot * delta;
    values[9] = dividend_yield * delta;
    values[15] = dual_delta;
    values[17] = lognormal.probability();
    values
}

/// Returns the price in a normal model.
pub(super) fn normal_price(inputs: bachelier::Inputs) -> Result<f64, PricingError> {
    let bachelier::Inputs { sign, forward, strike, years, rate, volatility } = inputs;
    let price = if years == 0.0 || volatility == 0.0 {
        (-rate * years).exp() * (sign * (forward - strike)).max(0.0)
    } else {
        bachelier::Normal::new::<Plain>(inputs).price::<Plain>()
    };
    require_finite(NAMES[0], price)?;
    Ok(price)
}

/// Returns price and Greeks in a normal model.
pub(super) fn normal(inputs: bachelier::Inputs) -> Result<[f64; ALL], PricingError> {
    let bachelier::Inputs { sign, forward, strike, years, rate, volatility } = inputs;
    let inputs = bachelier::Inputs { years: years.abs(), volatility: volatility.abs(), ..inputs };
    let normal = bachelier::Normal::new::<Plain>(inputs);
    if forward - strike == 0.0 && volatility * years.sqrt() == 0.0 {
        return Err(PricingError::GreeksAtKink);
    }
    let values = if normal.density() == 0.0 {
        let price = normal_price(inputs)?;
        let probability = if sign * (forward - strike) > 0.0 { 1.0 } else { 0.0 };
        let delta = sign * probability * (-rate * years).exp();
        let mut values = [0.0; ALL];
        values[0] = price;
        values[1] = delta;
        values[4] = rate * price;
        values[5] = -years * price;
        values[9] = rate * delta;
        values[15] = -delta;
        values[17] = probability;
        values
    } else {
        normal.all::<Plain>()
    };
    require_all_finite(&values)?;
    Ok(values)
}

/// Refuses NaN and infinity among price and Greeks.
pub(super) fn require_all_finite(values: &[f64; ALL]) -> Result<(), PricingError> {
    NAMES.iter().zip(values).try_for_each(|(name, value)| require_finite(name, *value))
}

/// Refuses NaN and infinity in a computed quantity.
pub(super) fn require_finite(quantity: &'static str, value: f64) -> Result<(), PricingError> {
    if value.is_finite() { Ok(()) } else { Err(PricingError::NotRepresentable { quantity }) }
}
