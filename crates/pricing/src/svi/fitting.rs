//! Slices fitted to volatilities.

use super::breach::nodes;
use super::{Raw, Slice, start};
use crate::fit::FitError;
use crate::least_squares::{Effort, Equations, Interval, Minimum, minimise};
use crate::quotes::{Quality, VolatilityQuote};

/// A fitted slice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// The slice.
    pub slice: Slice,
    /// Years to the expiration.
    pub years: f64,
    /// How well it meets the volatilities, each counted once whatever its spread.
    pub quality: Quality,
    /// The largest of the volatilities' errors.
    pub worst: f64,
    /// How many of its volatilities are between bid and ask.
    pub inside: usize,
}

/// The fewest quotes: a slice has five parameters.
const FEWEST: usize = 5;
/// Lee's bound on the slope of a wing.
const STEEPEST: f64 = 2.0;

/// The slice of one expiration's quotes with the least squares of errors over spreads, wings within Lee's bound. No spread counts
/// as less than a five-hundredth of its volatility.
///
/// It may have a butterfly arbitrage between the wings: look at [`Slice::butterfly`], or take [`fit_above`].
///
/// # Errors
///
/// [`FitError::TooFew`] below five quotes of different moneyness, [`FitError::InvalidQuote`] and [`FitError::Crossed`] with the place
/// of a quote, [`FitError::InvalidParameter`] for quotes of different expirations, and [`FitError::NotConverged`] if no start leads to
/// a minimum.
pub fn fit(quotes: &[VolatilityQuote]) -> Result<Fit, FitError> {
    Problem::new(quotes)?.fit(None, 0.0)
}

/// The slice as by [`fit`], but without butterfly arbitrage, and not below the slice of an earlier expiration where there is one:
/// so a calendar spread between them has no negative price. Where the quotes themselves have an arbitrage, the slice
/// misses them.
///
/// What is not allowed is made dear in the fit, and dearer until none is left for log-moneyness from −5 to 5; the worst that can remain
/// there is 1e-6 in [`g`](Slice::density_factor) and 1e-9 in total variance.
///
/// # Errors
///
/// Those of [`fit`]; [`FitError::NotConverged`] if an arbitrage stays.
pub fn fit_above(quotes: &[VolatilityQuote], earlier: Option<&Slice>) -> Result<Fit, FitError> {
    const DEAREST: i32 = 8;
    let problem = Problem::new(quotes)?;
    let mut fitted = problem.fit(None, 0.0)?;
    for step in 0..DEAREST {
        let butterfly = fitted.slice.butterfly().iter().any(|breach| breach.worst < -1e-6);
        let below = earlier.map(|earlier| earlier.calendar(&fitted.slice)).unwrap_or_default();
        if !butterfly && below.iter().all(|breach| breach.worst >= -1e-9) {
            return Ok(fitted);
        }
        fitted = problem.fit(earlier, 10.0_f64.powi(step))?;
    }
    Err(FitError::NotConverged { quantity: "a slice without arbitrage" })
}

/// A total variance to be met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) log_moneyness: f64,
    pub(super) total_variance: f64,
    pub(super) error: f64,
}

/// Parameters with simple limits: the least total variance, the wings' slopes, and where and how smoothly the slice turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turned {
    pub(super) least: f64,
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) m: f64,
    pub(super) sigma: f64,
}

/// What the parameters are kept within.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) least: f64,
    pub(super) slope: f64,
    pub(super) m: (f64, f64),
    pub(super) sigma: (f64, f64),
}

impl Turned {
    fn raw(&self) -> Raw {
        let Self { least, left, right, m, sigma } = *self;
        let b = 0.5 * (left + right);
        Raw { a: least - sigma * (left * right).sqrt(), b, rho: 0.5 * (right - left) / b, m, sigma }
    }

    /// Total variance at a log-moneyness, and its derivatives by the parameters.
    fn value(&self, log_moneyness: f64) -> (f64, [f64; 5]) {
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
        const LEAST: f64 = 1e-3;
        let volatility = quote.mid();
        let error = (0.5 * (quote.ask - quote.bid)).max(LEAST * volatility);
        Self {
            log_moneyness: (quote.strike / quote.forward).ln(),
            total_variance: volatility * volatility * quote.years,
            error: 2.0 * volatility * error * quote.years,
        }
    }

    /// How far a slice is from it, in units of its error, and the derivatives of that.
    pub(super) fn miss(&self, turned: &Turned) -> (f64, [f64; 5]) {
        let (value, slopes) = turned.value(self.log_moneyness);
        ((value - self.total_variance) / self.error, slopes.map(|slope| slope / self.error))
    }
}

/// What is fitted, and within what.
struct Problem<'a> {
    quotes: &'a [VolatilityQuote],
    years: f64,
    targets: Vec<Target>,
    bounds: Bounds,
}

impl<'a> Problem<'a> {
    fn new(quotes: &'a [VolatilityQuote]) -> Result<Self, FitError> {
        VolatilityQuote::check_all(quotes, FEWEST)?;
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
        let (Some(first), Some(last), true) = (places.first(), places.last(), places.len() >= FEWEST) else {
            return Err(FitError::TooFew { have: places.len(), need: FEWEST });
        };
        let width = last - first;
        let bounds = Bounds {
            least: targets.iter().map(|target| target.total_variance).fold(0.0, f64::max),
            slope: STEEPEST,
            m: (first - 0.5 * width, last + 0.5 * width),
            sigma: (0.005 * width, 5.0 * width),
        };
        Ok(Self { quotes, years, targets, bounds })
    }

    /// The best slice; with `dear` above zero one that avoids arbitrage at that price.
    fn fit(&self, earlier: Option<&Slice>, dear: f64) -> Result<Fit, FitError> {
        /// Starts that are followed.
        const FOLLOWED: usize = 4;
        let Bounds { least, slope, m, sigma } = self.bounds;
        let free = Free {
            least: Interval::new(0.0, least),
            slope: Interval::new(0.0, slope),
            m: Interval::new(m.0, m.1),
            log_sigma: Interval::new(sigma.0.ln(), sigma.1.ln()),
        };
        let evaluate = |at: &[f64; 5]| self.equations(&free, at, earlier, dear);
        let better = |a: &Minimum<5>, b: &Minimum<5>| a.squares.total_cmp(&b.squares);
        let starts = start::starts(&self.targets, &self.bounds);
        let rough = starts.iter().take(FOLLOWED).map(|start| free.from(start));
        let rough = rough.filter_map(|start| minimise(start, Effort::ROUGH, evaluate)).min_by(better);
        let start = rough.map(|minimum| minimum.parameters).or_else(|| starts.first().map(|start| free.from(start)));
        let minimum = start.and_then(|start| minimise(start, Effort::FULL, evaluate)).or(rough);
        let minimum = minimum.ok_or(FitError::NotConverged { quantity: "the slice" })?;
        self.told(Slice::new(free.turned(&minimum.parameters).0.raw())?)
    }

    /// Misses and what is not allowed, as least squares.
    fn equations(&self, free: &Free, at: &[f64; 5], earlier: Option<&Slice>, dear: f64) -> Option<Equations<5>> {
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
        if dear > 0.0 {
            let slice = Slice::new(turned.raw()).ok()?;
            for k in
                nodes(&[slice]).into_iter().step_by(4).chain(self.targets.iter().map(|target| target.log_moneyness))
            {
                butterfly(&turned, k, dear, &mut add);
                if let Some(earlier) = earlier {
                    let (value, slopes) = turned.value(k);
                    let below = earlier.total_variance(k) * (1.0 + 1e-6) - value;
                    if below > 0.0 {
                        let weight = 1e3 * dear / self.bounds.least;
                        add(weight * below, slopes.map(|slope| -weight * slope));
                    }
                }
            }
        }
        Some(equations)
    }

    fn told(&self, slice: Slice) -> Result<Fit, FitError> {
        let volatility = |target: &Target| (slice.total_variance(target.log_moneyness) / self.years).sqrt();
        let volatilities: Vec<_> = self.targets.iter().map(volatility).collect();
        let errors = || self.quotes.iter().zip(&volatilities).map(|(quote, volatility)| volatility - quote.mid());
        let squares: f64 = errors().map(|error| error * error).sum();
        FitError::check_finite("the sum of squared errors", squares)?;
        let between = |(quote, volatility): &(&VolatilityQuote, &f64)| (quote.bid..=quote.ask).contains(*volatility);
        Ok(Fit {
            slice,
            years: self.years,
            quality: Quality::new(self.quotes, squares),
            worst: errors().map(f64::abs).fold(0.0, f64::max),
            inside: self.quotes.iter().zip(&volatilities).filter(between).count(),
        })
    }
}

/// Adds `g` where it is negative, or hardly above zero.
fn butterfly(turned: &Turned, k: f64, dear: f64, add: &mut impl FnMut(f64, [f64; 5])) {
    const MARGIN: f64 = 1e-4;
    const STEP: f64 = 1e-6;
    let g = |turned: &Turned| Slice(turned.raw()).density_factor(k);
    let here = g(turned);
    if here >= MARGIN {
        return;
    }
    let weight = 30.0 * dear;
    let by = |change: fn(&mut Turned) -> &mut f64| {
        let mut moved = *turned;
        let value = change(&mut moved);
        let step = STEP * (value.abs() + 1e-3);
        *value += step;
        -weight * (g(&moved) - here) / step
    };
    let slopes = [
        by(|turned| &mut turned.least),
        by(|turned| &mut turned.left),
        by(|turned| &mut turned.right),
        by(|turned| &mut turned.m),
        by(|turned| &mut turned.sigma),
    ];
    add(weight * (MARGIN - here), slopes);
}

/// The parameters as functions of numbers without limits.
struct Free {
    least: Interval,
    slope: Interval,
    m: Interval,
    log_sigma: Interval,
}

impl Free {
    fn turned(&self, [least, left, right, m, log_sigma]: &[f64; 5]) -> (Turned, [f64; 5]) {
        let least = self.least.at(*least);
        let (left, right) = (self.slope.at(*left), self.slope.at(*right));
        let (m, log_sigma) = (self.m.at(*m), self.log_sigma.at(*log_sigma));
        let sigma = log_sigma.0.exp();
        let turned = Turned { least: least.0, left: left.0, right: right.0, m: m.0, sigma };
        (turned, [least.1, left.1, right.1, m.1, sigma * log_sigma.1])
    }

    fn from(&self, turned: &Turned) -> [f64; 5] {
        [
            self.least.free(turned.least),
            self.slope.free(turned.left),
            self.slope.free(turned.right),
            self.m.free(turned.m),
            self.log_sigma.free(turned.sigma.ln()),
        ]
    }
}
