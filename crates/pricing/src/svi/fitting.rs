//! Slices fitted to volatilities.

use strikebook_core::{
    Source, Timestamp,
    analytics::{self, SmileKey, SviParameters},
};

use super::{Raw, Slice, start};
use crate::{
    fit::FitError,
    least_squares::{Effort, Equations, Interval, Minimum, minimise},
    quotes::{Quality, VolatilityQuote},
};

/// A slice fitted to quotes, with the quality of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FittedSlice {
    /// The slice of total variance.
    pub slice: Slice,
    /// The years to the expiration.
    pub years: f64,
    /// The quality of the fit to the volatilities, all with equal weight.
    pub quality: Quality,
    /// The largest of the volatilities' errors.
    pub worst: f64,
    /// The number of volatilities between bid and ask.
    pub inside: usize,
}

impl FittedSlice {
    /// Returns core's record, with the quality of the fit (see [`Quality::record`]).
    pub fn record(
        &self,
        key: SmileKey,
        at: Timestamp,
        fit: analytics::FitQuality,
        source: Source,
        recorded_at: Timestamp,
    ) -> SviParameters {
        let Raw { a, b, rho, m, sigma } = self.slice.raw();
        SviParameters { key, at, a, b, rho, m, sigma, fit, source, recorded_at }
    }
}

/// The smallest number of quotes: a slice has five parameters.
const FEWEST_QUOTES: usize = 5;
/// The least total variance, in units of the highest one quoted: less would be lost in the rounding of `a`.
const SMALLEST_VARIANCE: f64 = 1e-6;
/// Lee's bound on the slope of a wing.
const LARGEST_WING_SLOPE: f64 = 2.0;

/// Returns the slice of one expiration's quotes with the least squares of errors over spreads, wings within Lee's
/// bound. No spread counts as less than a five-hundredth of its volatility.
///
/// The slice may have a butterfly arbitrage between the wings: look at [`Slice::butterfly`], or use
/// [`fit_above`](super::fit_above).
///
/// # Errors
/// [`FitError::TooFew`] below five quotes of different moneyness, [`FitError::InvalidQuote`] and [`FitError::Crossed`]
/// with the place of a quote, [`FitError::InvalidParameter`] for quotes of different expirations, and
/// [`FitError::NotConverged`] if no start leads to a minimum.
pub fn fit(quotes: &[VolatilityQuote]) -> Result<FittedSlice, FitError> {
    let problem = Problem::new(quotes)?;
    problem.fitted(problem.best()?.slice()?)
}

/// A quoted total variance with its error.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) log_moneyness: f64,
    pub(super) total_variance: f64,
    pub(super) error: f64,
}

/// Parameters with simple limits: the least total variance, the slopes of the wings, and the position and the
/// smoothness of the turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turned {
    pub(super) least: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) m: f64,
    pub(super) sigma: f64,
}

/// The limits of the parameters
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) least: (f64, f64),
    pub(super) left: (f64, f64),
    pub(super) right: (f64, f64),
    pub(super) m: (f64, f64),
    pub(super) sigma: (f64, f64),
}

impl Turned {
    pub(super) fn of(slice: &Slice) -> Self {
        let Raw { a, b, rho, m, sigma } = slice.raw();
        let (left, right) = slice.wings();
        Self { least: a + b * sigma * (1.0 - rho * rho).sqrt(), left, right, m, sigma }
    }

    pub(super) fn slice(&self) -> Result<Slice, FitError> {
        Slice::new(self.raw())
    }

    pub(super) fn raw(&self) -> Raw {
        let Self { least, left, right, m, sigma } = *self;
        let b = 0.5 * (left + right);
        Raw { a: least - sigma * (left * right).sqrt(), b, rho: 0.5 * (right - left) / b, m, sigma }
    }

    /// Returns total variance at a log-moneyness, and its derivatives by the parameters.
    pub(super) fn value(&self, log_moneyness: f64) -> (f64, [f64; 5]) {
        let Self { least, left, right, m, sigma } = *self;
        let x = log_moneyness - m;
        let (root, mean) = (x.hypot(sigma), (left * right).sqrt());
        let (tilt, bend) = (0.5 * (right - left), 0.5 * (left + right));
        let value = least - sigma * mean + tilt * x + bend * root;
        let by = |slope: f64| -0.5 * sigma * mean / slope + 0.5 * root;
        (value, [1.0, by(left) - 0.5 * x, by(right) + 0.5 * x, -tilt - bend * x / root, bend * sigma / root - mean])
    }
}

impl Target {
    fn of(quote: &VolatilityQuote) -> Self {
        const SMALLEST_HALF_SPREAD: f64 = 1e-3;
        let volatility = quote.mid();
        let error = (0.5 * (quote.ask - quote.bid)).max(SMALLEST_HALF_SPREAD * volatility);
        Self {
            log_moneyness: (quote.strike / quote.forward).ln(),
            total_variance: volatility * volatility * quote.years,
            error: 2.0 * volatility * error * quote.years,
        }
    }

    /// Returns the distance of a slice from the quote in units of its error, and the derivatives of that distance.
    pub(super) fn miss(&self, turned: &Turned) -> (f64, [f64; 5]) {
        let (value, slopes) = turned.value(self.log_moneyness);
        ((value - self.total_variance) / self.error, slopes.map(|slope| slope / self.error))
    }
}

/// The quotes of a fit, and the limits of its parameters.
pub(super) struct Problem<'a> {
    quotes: &'a [VolatilityQuote],
    years: f64,
    pub(super) targets: Vec<Target>,
    pub(super) bounds: Bounds,
}

impl<'a> Problem<'a> {
    pub(super) fn new(quotes: &'a [VolatilityQuote]) -> Result<Self, FitError> {
        VolatilityQuote::check_all(quotes, FEWEST_QUOTES)?;
        let years = quotes.first().map_or(0.0, |quote| quote.years);
        if let Some(other) = quotes.iter().find(|quote| (quote.years - years).abs() > 0.0) {
            return Err(FitError::InvalidParameter {
                field: "years",
                value: other.years,
                expected: "those of one expiration",
            });
        }
        let targets: Vec<_> = quotes.iter().map(Target::of).collect();
        let mut places: Vec<_> = targets.iter().map(|target| target.log_moneyness).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let (Some(first), Some(last), true) = (places.first(), places.last(), places.len() >= FEWEST_QUOTES) else {
            return Err(FitError::TooFew { have: places.len(), need: FEWEST_QUOTES });
        };
        let width = last - first;
        let highest = targets.iter().map(|target| target.total_variance).fold(0.0, f64::max);
        let bounds = Bounds {
            least: (SMALLEST_VARIANCE * highest, highest),
            left: (0.0, LARGEST_WING_SLOPE),
            right: (0.0, LARGEST_WING_SLOPE),
            m: (first - 0.5 * width, last + 0.5 * width),
            sigma: (0.005 * width, 5.0 * width),
        };
        Ok(Self { quotes, years, targets, bounds })
    }

    /// Returns the best slice, which may have arbitrage.
    pub(super) fn best(&self) -> Result<Turned, FitError> {
        self.least(&start::starts(&self.targets, &self.bounds), |_, _| Some(()))
    }

    /// Returns the slice with the least squares of distances and of the equations of `add`, from a few starts, the
    /// promising ones first.
    pub(super) fn least(
        &self,
        starts: &[Turned],
        extra: impl Fn(&Turned, &mut dyn FnMut(f64, [f64; 5])) -> Option<()>,
    ) -> Result<Turned, FitError> {
        /// The number of starts from which a fit is made.
        const FITTED_STARTS: usize = 4;
        let free = Free::within(&self.bounds);
        let evaluate = |at: &[f64; 5]| {
            let (turned, chain) = free.turned(at);
            let mut equations = Equations::new();
            let mut add = |value: f64, slopes: [f64; 5]| {
                let mut slopes = slopes;
                slopes.iter_mut().zip(&chain).for_each(|(slope, by)| *slope *= by);
                equations.add(value, &slopes);
            };
            for target in &self.targets {
                let (value, slopes) = target.miss(&turned);
                add(value, slopes);
            }
            extra(&turned, &mut add)?;
            Some(equations)
        };
        let better = |a: &Minimum<5>, b: &Minimum<5>| a.squares.total_cmp(&b.squares);
        let rough = starts.iter().take(FITTED_STARTS).map(|start| free.from(start));
        let rough = rough.filter_map(|start| minimise(start, Effort::ROUGH, evaluate)).min_by(better);
        let start = rough.map(|minimum| minimum.parameters).or_else(|| starts.first().map(|start| free.from(start)));
        let minimum = start.and_then(|start| minimise(start, Effort::FULL, evaluate)).or(rough);
        let minimum = minimum.ok_or(FitError::NotConverged { quantity: "a slice of least squares" })?;
        Ok(free.turned(&minimum.parameters).0)
    }

    /// Returns the fit of a slice with its quality.
    pub(super) fn fitted(&self, slice: Slice) -> Result<FittedSlice, FitError> {
        let volatility = |target: &Target| (slice.total_variance(target.log_moneyness) / self.years).sqrt();
        let volatilities: Vec<_> = self.targets.iter().map(volatility).collect();
        let errors = || self.quotes.iter().zip(&volatilities).map(|(quote, volatility)| volatility - quote.mid());
        let squares: f64 = errors().map(|error| error * error).sum();
        FitError::check_finite("the sum of squared errors", squares)?;
        let between = |(quote, volatility): &(&VolatilityQuote, &f64)| (quote.bid..=quote.ask).contains(*volatility);
        Ok(FittedSlice {
            slice,
            years: self.years,
            quality: Quality::new(self.quotes, squares),
            worst: errors().map(f64::abs).fold(0.0, f64::max),
            inside: self.quotes.iter().zip(&volatilities).filter(between).count(),
        })
    }
}

/// Returns the parameters as functions of numbers without limits.
struct Free {
    least: Interval,
    left: Interval,
    right: Interval,
    m: Interval,
    log_sigma: Interval,
}

impl Free {
    fn within(bounds: &Bounds) -> Self {
        let Bounds { least, left, right, m, sigma } = *bounds;
        Self {
            least: Interval::new(least.0, least.1),
            left: Interval::new(left.0, left.1),
            right: Interval::new(right.0, right.1),
            m: Interval::new(m.0, m.1),
            log_sigma: Interval::new(sigma.0.ln(), sigma.1.ln()),
        }
    }

    fn turned(&self, [least, left, right, m, log_sigma]: &[f64; 5]) -> (Turned, [f64; 5]) {
        let least = self.least.at(*least);
        let (left, right) = (self.left.at(*left), self.right.at(*right));
        let (m, log_sigma) = (self.m.at(*m), self.log_sigma.at(*log_sigma));
        let sigma = log_sigma.0.exp();
        let turned = Turned { least: least.0, left: left.0, right: right.0, m: m.0, sigma };
        (turned, [least.1, left.1, right.1, m.1, sigma * log_sigma.1])
    }

    fn from(&self, turned: &Turned) -> [f64; 5] {
        [
            self.least.free(turned.least),
            self.left.free(turned.left),
            self.right.free(turned.right),
            self.m.free(turned.m),
            self.log_sigma.free(turned.sigma.ln()),
        ]
    }
}
