//! Models fitted to the smiles.

use chrono::NaiveDate;
use strikebook::{
    market::OptionChain,
    models::{
        FitError, VolatilityQuote,
        american::Preset,
        heston,
        sabr::{self, Formula},
        svi::{self, Maturity, Slice, Surface},
    },
    pricing::ForwardCurve,
};

/// What was fitted to a chain.
pub(crate) struct Fits {
    pub(crate) expirations: Vec<Fitted>,
    /// Through the slices without arbitrage; `None` when there is none.
    pub(crate) surface: Option<Surface>,
    /// Heston's model, of all expirations together.
    pub(crate) heston: Result<heston::Calibration, FitError>,
}

/// What was fitted to one expiration.
pub(crate) struct Fitted {
    pub(crate) expiration: NaiveDate,
    pub(crate) years: f64,
    pub(crate) quotes: Vec<VolatilityQuote>,
    /// Quotes out of the money without a volatility, or with one between bid and ask that is anything.
    pub(crate) left_out: usize,
    /// The best slice, whatever arbitrage is in it.
    pub(crate) best: Result<svi::Fit, FitError>,
    /// The best one without arbitrage, also against the slice before.
    pub(crate) sound: Result<svi::Fit, FitError>,
    pub(crate) sabr: Result<sabr::Calibration, FitError>,
}

/// Volatilities further than this from each other between bid and ask, relative, tell nothing.
const WIDEST: f64 = 0.4;

/// Fits slices from the nearest expiration on, each above the one before.
pub(crate) fn fit(chain: &OptionChain, curve: &ForwardCurve) -> Fits {
    let smiles = svi::smiles(chain, curve, Preset::Fast);
    let mut before: Option<Slice> = None;
    let mut expirations = Vec::new();
    for (expiration, mut smile) in chain.expirations().into_iter().zip(smiles) {
        let all = smile.quotes.len();
        smile.quotes.retain(|quote| quote.ask - quote.bid <= WIDEST * quote.mid());
        let sound = svi::fit_above(&smile.quotes, before.as_ref());
        before = sound.as_ref().ok().map(|fit| fit.slice).or(before);
        expirations.push(Fitted {
            expiration,
            years: smile.quotes.first().map_or(f64::NAN, |quote| quote.years),
            left_out: smile.left_out + all - smile.quotes.len(),
            best: svi::fit(&smile.quotes),
            sound,
            sabr: sabr::calibrate(&smile.quotes, Some(1.0), Formula::Hagan),
            quotes: smile.quotes,
        });
    }
    let fitted = expirations.iter().filter_map(|fitted| fitted.sound.as_ref().ok());
    let maturities = fitted.map(|fit| Maturity { years: fit.years, slice: fit.slice }).collect();
    Fits { surface: Surface::new(maturities).ok(), heston: heston::calibrate(&near(&expirations)), expirations }
}

/// Quotes within two standard deviations, a dozen or so of each expiration from a week on: what one set of parameters can be
/// asked to meet.
fn near(expirations: &[Fitted]) -> Vec<VolatilityQuote> {
    const FEW: usize = 12;
    let of_one = |fitted: &Fitted| {
        let deviations = |quote: &&VolatilityQuote| {
            ((quote.strike / quote.forward).ln() / (quote.mid() * quote.years.sqrt())).abs() <= 2.0
        };
        let quotes: Vec<_> = fitted.quotes.iter().filter(deviations).copied().collect();
        let step = quotes.len().div_ceil(FEW).max(1);
        quotes.into_iter().step_by(step).collect::<Vec<_>>()
    };
    expirations.iter().filter(|fitted| fitted.years >= 7.0 / 365.0).flat_map(of_one).collect()
}
