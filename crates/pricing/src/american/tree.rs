//! The binomial tree of Leisen and Reimer, an independent check.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use super::contract::Contract;
use crate::error::PricingError;

/// The most steps of a tree: with more, rounding errors exceed the gain.
const MOST_STEPS: usize = 20_000;

/// Returns the value of an American option by a binomial tree with `steps` steps, one more if that is even.
///
/// The tree is that of Leisen and Reimer (1996), "Binomial models for option valuation", whose nodes are laid around
/// the strike by Peizer and Pratt's inversion of the binomial distribution. For American options the error falls like
/// the reciprocal of the number of steps, and the time grows like its square. Use the tree to check
/// [`price`](super::price), with which it shares no code.
///
/// # Errors
/// The errors of [`black_scholes::price`](crate::black_scholes::price), and [`PricingError::InvalidInput`] for no steps
/// or more than 20,000.
pub fn leisen_reimer(option: &OptionInputs, volatility: f64, steps: usize) -> Result<f64, PricingError> {
    let contract = Contract::new(option, volatility)?;
    if !(1..=MOST_STEPS).contains(&steps) {
        return Err(PricingError::InvalidInput {
            field: "steps",
            value: steps as f64,
            expected: "between 1 and 20,000",
        });
    }
    let steps = steps | 1;
    let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = *option;
    let width = volatility * years.sqrt();
    let d_plus = contract.ln_moneyness() / width + ((rate - dividend_yield) / volatility) * years.sqrt() + 0.5 * width;
    let (up_probability, share_probability) = (peizer_pratt(d_plus - width, steps), peizer_pratt(d_plus, steps));
    let interior = |probability: f64| probability > 0.0 && probability < 1.0;
    if !interior(up_probability) || !interior(share_probability) {
        return Ok(contract.certain());
    }

    let step = years / steps as f64;
    let growth = ((rate - dividend_yield) * step).exp();
    let discount = (-rate * step).exp();
    let up = growth * share_probability / up_probability;
    let down = growth * (1.0 - share_probability) / (1.0 - up_probability);
    let sign = if option_type == OptionType::Call { 1.0 } else { -1.0 };
    let (risen, fallen) = (discount * up_probability, discount * (1.0 - up_probability));
    let ratio = up / down;
    // Values from the lowest node to the highest, one fewer with every step back.
    let mut lowest = spot * down.powf(steps as f64);
    let mut values: Vec<f64> =
        (0..=steps).map(|rises| (sign * (lowest * ratio.powf(rises as f64) - strike)).max(0.0)).collect();
    for count in (1..=steps).rev() {
        lowest /= down;
        let mut node = lowest;
        for index in 0..count {
            let (Some(below), Some(above)) = (values.get(index), values.get(index + 1)) else { break };
            let held = fallen * below + risen * above;
            let value = held.max(sign * (node - strike));
            if let Some(slot) = values.get_mut(index) {
                *slot = value;
            }
            node *= ratio;
        }
    }
    let value = values.first().copied().unwrap_or(f64::NAN);
    if value.is_finite() {
        Ok(value)
    } else {
        Err(PricingError::NotRepresentable { quantity: "the tree's highest node" })
    }
}

/// Returns the probability for which a binomial distribution of `steps` trials has the normal distribution's value at
/// its middle.
fn peizer_pratt(z: f64, steps: usize) -> f64 {
    let n = steps as f64;
    let scaled = z / (n + 1.0 / 3.0 + 0.1 / (n + 1.0));
    0.5 + 0.5 * (-(-scaled * scaled * (n + 1.0 / 6.0)).exp_m1()).sqrt().copysign(z)
}
