//! The models behind the pricing port.

use strikebook_core::{
    analytics::Model,
    market::OptionType,
    pricing::{OptionInputs, Pricer, Unpriced, Valuation},
};

use crate::{
    Greeks,
    american::{self, Nearby, Preset},
    batch,
};

/// [`Pricer`] of European options by Black–Scholes–Merton.
///
/// An option without time or volatility that is exactly at the money has a price, but no Greeks and so no
/// [`Valuation`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlackScholes;

impl Pricer for BlackScholes {
    fn model(&self) -> Model {
        model("black_scholes")
    }

    fn revision(&self) -> u32 {
        1
    }

    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> {
        batch::prices_and_greeks(options).into_iter().map(|valued| Ok(valued.map(european)?)).collect()
    }

    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> {
        batch::implied_volatilities(options).into_iter().map(|volatility| Ok(volatility?)).collect()
    }
}

/// [`Pricer`] of American options on an underlying with a continuous dividend yield: [`american`](crate::american)
/// behind the port.
///
/// Vanna, charm and veta are integrals over the exercise boundary as the first Greeks are, so they are as smooth. Vomma
/// is the central difference of the analytic vega over a thousandth of the volatility. All four are within 1e-5 of
/// their scales: of `1/σ` for vanna, `1/T` for charm, and vega times these for vomma and veta. The other values are
/// those of [`american::valuation`].
///
/// Options of one type, time, rate, yield and volatility share the exercise boundary, wherever they are in a batch.
/// With the feature `rayon` a batch takes all cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct American {
    /// The trade-off between accuracy and time, which is part of the model's name.
    pub preset: Preset,
}

impl Default for American {
    /// Returns the pricer with accurate prices.
    fn default() -> Self {
        Self { preset: Preset::Accurate }
    }
}

impl Pricer for American {
    fn model(&self) -> Model {
        model(match self.preset {
            Preset::Fast => "american_fast",
            Preset::Accurate => "american_accurate",
            Preset::Precise => "american_precise",
        })
    }

    fn revision(&self) -> u32 {
        1
    }

    fn value(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<Valuation, Unpriced>> {
        let mut order: Vec<usize> = (0..options.len()).collect();
        let boundary = |index: &usize| {
            let (OptionInputs { option_type, years, rate, dividend_yield, .. }, volatility) = options[*index];
            (option_type == OptionType::Call, [years, rate, dividend_yield, volatility].map(f64::to_bits))
        };
        order.sort_by_key(boundary);
        let mut values = vec![Err(Unpriced::InvalidInput("batch")); options.len()];
        for (index, value) in order.iter().zip(in_parts(&order, |part| {
            let mut nearby = Nearby::new(self.preset);
            let value = |index: &usize| {
                let (option, volatility) = options[*index];
                Ok(nearby.valuation(&option, volatility)?)
            };
            part.iter().map(value).collect()
        })) {
            values[*index] = value;
        }
        values
    }

    fn implied_volatility(&self, options: &[(OptionInputs, f64)]) -> Vec<Result<f64, Unpriced>> {
        in_parts(options, |part| {
            let volatility =
                |(option, price): &(OptionInputs, f64)| Ok(american::implied_volatility(option, *price, self.preset)?);
            part.iter().map(volatility).collect()
        })
    }
}

/// Returns the results of a function of parts of a batch, in order: of the whole batch, or of many parts on all cores.
fn in_parts<T: Sync, R: Send>(all: &[T], of: impl Fn(&[T]) -> Vec<R> + Send + Sync) -> Vec<R> {
    #[cfg(feature = "rayon")]
    {
        /// The number of options that a core takes at a time.
        const OPTIONS_PER_TASK: usize = 64;
        use rayon::prelude::{ParallelIterator, ParallelSlice};
        all.par_chunks(OPTIONS_PER_TASK).flat_map_iter(of).collect()
    }
    #[cfg(not(feature = "rayon"))]
    of(all)
}

fn model(name: &str) -> Model {
    match Model::new(name) {
        Ok(model) => model,
        Err(error) => unreachable!("{error}"),
    }
}

fn european((price, greeks): (f64, Greeks)) -> Valuation {
    Valuation {
        price,
        delta: greeks.delta,
        gamma: greeks.gamma,
        theta: greeks.theta,
        vega: greeks.vega,
        rho: greeks.rho,
        epsilon: greeks.epsilon,
        vanna: greeks.vanna,
        vomma: greeks.volga,
        charm: greeks.charm,
        veta: greeks.veta,
    }
}
