//! Models fitted to the smiles.

use chrono::NaiveDate;
use strikebook::{
    market::{OptionChain, OptionType},
    models::{
        FitError, VolatilityQuote,
        american::Preset,
        black76::{self, ForwardInputs},
        heston,
        sabr::{self, Formula},
        svi::{self, DatedSlice, Slice, Surface},
    },
    pricing::{ForwardCurve, OptionInputs},
};

/// The models fitted to a chain.
pub(crate) struct Fits {
    pub(crate) expirations: Vec<Fitted>,
    /// The surface through the slices without arbitrage; `None` without such slices.
    pub(crate) surface: Option<Surface>,
    /// Heston's model, fitted to all expirations together.
    pub(crate) heston: Result<heston::Calibration, FitError>,
}

/// The models fitted to one expiration.
pub(crate) struct Fitted {
    pub(crate) expiration: NaiveDate,
    pub(crate) years: f64,
    pub(crate) quotes: Vec<VolatilityQuote>,
    /// The number of quotes out of the money without a volatility, or with too wide a range between bid and ask.
    pub(crate) left_out: usize,
    /// The slice with the smallest error, with or without arbitrage.
    pub(crate) best: Result<svi::FittedSlice, FitError>,
    /// The best slice without arbitrage, also against the slice before.
    pub(crate) sound: Result<svi::FittedSlice, FitError>,
    pub(crate) sabr: Result<sabr::Calibration, FitError>,
    /// The root mean square error of Heston's model, fitted to all expirations together, over this expiration's fitted
    /// quotes.
    pub(crate) heston: Option<f64>,
}

/// The greatest relative difference between the volatilities of bid and ask of a quote to fit.
const WIDEST: f64 = 0.4;

/// Fits slices from the nearest expiration on, each above the one before.
pub(crate) fn fit(chain: &OptionChain, curve: &ForwardCurve) -> Fits {
    let smiles = svi::smiles(chain, curve, Preset::Fast);
    let mut before: Option<Slice> = None;
    let mut expirations = Vec::new();
    for (settles_at, mut smile) in chain.settlements().into_iter().zip(smiles) {
        let all = smile.quotes.len();
        smile.quotes.retain(|quote| quote.ask - quote.bid <= WIDEST * quote.mid());
        let sound = svi::fit_above(&smile.quotes, before.as_ref());
        before = sound.as_ref().ok().map(|fit| fit.slice).or(before);
        expirations.push(Fitted {
            expiration: settles_at.new_york_date(),
            years: smile.quotes.first().map_or(f64::NAN, |quote| quote.years),
            left_out: smile.left_out + all - smile.quotes.len(),
            best: svi::fit(&smile.quotes),
            sound,
            sabr: sabr::calibrate(&smile.quotes, Some(1.0), Formula::Hagan),
            heston: None,
            quotes: smile.quotes,
        });
    }
    let heston = heston::calibrate(&expirations.iter().flat_map(near).collect::<Vec<_>>());
    if let Ok(calibration) = &heston {
        for fitted in &mut expirations {
            fitted.heston = heston_rmse(&near(fitted), &calibration.parameters);
        }
    }
    let fitted = expirations.iter().filter_map(|fitted| fitted.sound.as_ref().ok());
    let maturities = fitted.map(|fit| DatedSlice { years: fit.years, slice: fit.slice }).collect();
    Fits { surface: Surface::new(maturities).ok(), heston, expirations }
}

/// Returns the quotes within two standard deviations, about a dozen of each expiration from a week on, which one set of
/// parameters can fit.
fn near(fitted: &Fitted) -> Vec<VolatilityQuote> {
    const FEW: usize = 12;
    let deviations = |quote: &&VolatilityQuote| {
        ((quote.strike / quote.forward).ln() / (quote.mid() * quote.years.sqrt())).abs() <= 2.0
    };
    if fitted.years.is_nan() || fitted.years < 7.0 / 365.0 {
        return Vec::new();
    }
    let quotes: Vec<_> = fitted.quotes.iter().filter(deviations).copied().collect();
    let step = quotes.len().div_ceil(FEW).max(1);
    quotes.into_iter().step_by(step).collect()
}

/// Returns the error of the model over one expiration; `None` without a model or without a volatility of it.
fn heston_rmse(quotes: &[VolatilityQuote], parameters: &heston::Parameters) -> Option<f64> {
    let VolatilityQuote { forward, years, .. } = *quotes.first()?;
    let option = |quote: &VolatilityQuote| {
        let option_type = if quote.strike < forward { OptionType::Put } else { OptionType::Call };
        ForwardInputs { option_type, forward, strike: quote.strike, years, rate: 0.0 }
    };
    let strikes: Vec<_> = quotes.iter().map(option).map(|option| (option.option_type, option.strike)).collect();
    let shared = OptionInputs {
        option_type: OptionType::Call,
        spot: forward,
        strike: forward,
        years,
        rate: 0.0,
        dividend_yield: 0.0,
    };
    let prices = heston::prices(&shared, &strikes, parameters, heston::Preset::Accurate).ok()?;
    let error = |(quote, price): (&VolatilityQuote, f64)| {
        Some((black76::implied_volatility(&option(quote), price).ok()? - quote.mid()).powi(2))
    };
    let squares = quotes.iter().zip(prices).map(error).sum::<Option<f64>>()?;
    Some((squares / quotes.len() as f64).sqrt())
}
