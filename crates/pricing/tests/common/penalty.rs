//! American options by a penalty scheme on a grid: a method that shares nothing with the library's.

#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of cells are small and positive")]

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::black_scholes;

/// Returns the value of an American option from two grids, the finer of so many steps in time and twice as many in the
/// spot, extrapolated as an error of second order.
///
/// The grids' premium over their own European value is added to the exact European value.
pub(crate) fn price(option: &OptionInputs, volatility: f64, steps: usize) -> f64 {
    let (fine, coarse) = (premium(option, volatility, steps), premium(option, volatility, steps / 2));
    black_scholes::price(option, volatility).unwrap() + fine + (fine - coarse) / 3.0
}

/// Returns the early exercise premium on one grid.
///
/// The grid is even in the logarithm of the spot and reaches eight standard deviations beyond where drift alone carries
/// the spot, so that the values at its ends do not count. Its steps in time grow linearly from expiry on. The first two
/// are four implicit ones each, the others are those of Crank and Nicolson. Each is solved by Forsyth and Vetzal's
/// penalty iteration.
fn premium(option: &OptionInputs, volatility: f64, steps: usize) -> f64 {
    /// Standard deviations from the spot to the ends of the grid.
    const REACH: f64 = 8.0;
    let OptionInputs { option_type, spot, strike, years, rate, dividend_yield } = *option;
    // A call is a put with everything exchanged.
    let (spot, strike, rate, dividend_yield) = match option_type {
        OptionType::Put => (spot, strike, rate, dividend_yield),
        OptionType::Call => (strike, spot, dividend_yield, rate),
    };
    let variance = volatility * volatility;
    let drift = rate - dividend_yield - 0.5 * variance;
    let deviation = volatility * years.sqrt();
    // Fine enough for the diffusion, and for the layer in which it balances the drift.
    let width = (4.0 * deviation).min(125.0 * variance / drift.abs()) / steps as f64;
    let cells = |distance: f64| (distance / width).ceil() as usize;
    let below = cells(REACH * deviation + (-drift * years).max(0.0));
    let points = below + cells(REACH * deviation + (drift * years).max(0.0)) + 1;
    let spots: Vec<f64> = (0..points).map(|index| spot * ((index as f64 - below as f64) * width).exp()).collect();
    let payoffs: Vec<f64> = spots.iter().map(|spot| (strike - spot).max(0.0)).collect();
    // Values are those at expiry, undiscounted.
    let (mut european, mut american) = (payoffs.clone(), payoffs.clone());
    let mut elapsed = 0.0;
    let mut grid = Grid::new(points);
    for step in 0..steps {
        let end = years * ((step + 1) as f64 / steps as f64).powi(2);
        let (parts, implicit) = if step < 2 { (4, 1.0) } else { (1, 0.5) };
        let part = (end - elapsed) / f64::from(parts);
        for _ in 0..parts {
            elapsed += part;
            let growth = (rate * elapsed).exp();
            let (diffused, carried) = (0.5 * variance * part / (width * width), 0.5 * drift * part / width);
            let flows = [diffused - carried, diffused + carried];
            grid.advance(&mut european, flows, implicit, None);
            grid.advance(&mut american, flows, implicit, Some((&payoffs, growth)));
        }
    }
    (american[below] - european[below]) * (-rate * years).exp()
}

/// The working arrays of a step in time.
struct Grid {
    right: Vec<f64>,
    ratios: Vec<f64>,
    exercised: Vec<bool>,
}

impl Grid {
    fn new(points: usize) -> Self {
        Self { right: vec![0.0; points], ratios: vec![0.0; points], exercised: vec![false; points] }
    }

    /// Advances values by one step in time, given what flows in from the two neighbours; not below the payoff times a
    /// factor, if there is one.
    fn advance(&mut self, values: &mut [f64], flows: [f64; 2], implicit: f64, payoff: Option<(&[f64], f64)>) {
        const PENALTY: f64 = 1e9;
        let Self { right, ratios, exercised } = self;
        let last = values.len() - 1;
        let [down, up] = flows;
        right.copy_from_slice(values);
        for index in 1..last {
            let change = down * (values[index - 1] - values[index]) + up * (values[index + 1] - values[index]);
            right[index] += (1.0 - implicit) * change;
        }
        if let Some((payoff, factor)) = payoff {
            for end in [0, last] {
                right[end] = right[end].max(factor * payoff[end]);
            }
        }
        let (down, up) = (implicit * down, implicit * up);
        exercised.fill(false);
        if let Some((payoff, factor)) = payoff {
            for index in 1..last {
                exercised[index] = values[index] < factor * payoff[index];
            }
        }
        for _ in 0..100 {
            // Thomas's elimination.
            values[0] = right[0];
            values[last] = right[last];
            for index in 1..last {
                let (mut diagonal, mut given) = (1.0 + down + up, right[index]);
                if exercised[index]
                    && let Some((payoff, factor)) = payoff
                {
                    diagonal += PENALTY;
                    given += PENALTY * factor * payoff[index];
                }
                let inverse = 1.0 / (diagonal - down * ratios[index - 1]);
                ratios[index] = up * inverse;
                values[index] = (given + down * values[index - 1]) * inverse;
            }
            for index in (1..last).rev() {
                values[index] += ratios[index] * values[index + 1];
            }
            let Some((payoff, factor)) = payoff else { return };
            let mut same = true;
            for index in 1..last {
                let below = values[index] < factor * payoff[index];
                same &= below == exercised[index];
                exercised[index] = below;
            }
            if same {
                return;
            }
        }
    }
}
