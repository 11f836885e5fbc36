//! Forwards and discount factors that a chain implies by put–call parity, so that pricing needs no rate from elsewhere.
//!
//! European calls and puts of one strike differ by `C − P = D·(F − K)` (Stoll 1969): over the strikes of an expiration
//! that is a line whose slope is the negative discount factor `−D` and whose zero is the forward `F`. Three things are
//! in the way, each with its remedy:
//!
//! - **Quotes are stale or wrong.** The line is first the one with which most pairs agree to within their bid–ask
//!   widths, which wrong pairs cannot move as long as fewer of them agree with each other; pairs near that line are
//!   then averaged, each by the inverse square of its spread.
//! - **American options** are worth more than European ones, puts in the money most. Without a correction the line
//!   would be too steep: at a rate of 5 %, a yield of 1.3 %, a volatility of 22 % and a year, the implied rate would be
//!   3.2 % and the forward 0.4 % too low. So the early-exercise premiums of both are taken off, at the volatility
//!   that the option out of the money implies with the rate and yield of the round before, until these no longer
//!   change. A bias remains where a continuous yield stands for single dividends.
//! - **Short expirations determine no rate:** over a week, 1 % a year moves a discount factor by 2e-4. Each
//!   expiration's rate is averaged with that of all, by their precision.
//!
//! ```
//! use strikebook_core::market::ExerciseStyle;
//! use strikebook_pricing::curve::{BidAsk, Expiry, Pair, Settings, imply};
//!
//! // Half a year, a forward of 102 and a discount factor of 0.98.
//! let pairs = (90..=115).step_by(5).map(f64::from).map(|strike| {
//!     let call = 8.0 + 0.49 * (102.0 - strike);
//!     let put = call - 0.98 * (102.0 - strike);
//!     let market = |mid: f64| BidAsk { bid: mid - 0.02, ask: mid + 0.02 };
//!     Pair { strike, call: market(call), put: market(put) }
//! });
//! let expiry = Expiry { years: 0.5, exercise_style: ExerciseStyle::European, pairs: pairs.collect() };
//! let implied = imply(&[expiry], &Settings { spot: Some(101.0), ..Settings::default() })?;
//! assert!((implied.curve.forward(0.5) - 102.0).abs() < 1e-6);
//! assert!((implied.curve.discount(0.5) - 0.98).abs() < 1e-6);
//! # Ok::<(), strikebook_pricing::FitError>(())
//! ```

mod american;
mod chain;
mod line;
mod select;

use strikebook_core::{
    market::ExerciseStyle,
    pricing::{CurvePoint, ForwardCurve},
};

use self::{
    american::Premiums,
    line::{Line, Point, weighted_median},
};
use crate::{american::Preset, fit::FitError};

pub use self::chain::expiries;

/// Bid and ask of an option, in the currency of the strike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BidAsk {
    /// The best bid price.
    pub bid: f64,
    /// The best ask price.
    pub ask: f64,
}

/// Call and put of one strike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The strike of both options.
    pub strike: f64,
    /// Bid and ask of the call.
    pub call: BidAsk,
    /// Bid and ask of the put.
    pub put: BidAsk,
}

/// The pairs of one expiration, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Expiry {
    /// Years to the expiration.
    pub years: f64,
    /// The times at which the options may be exercised.
    pub exercise_style: ExerciseStyle,
    /// The calls and puts. A pair of which one side has no bid above zero, or an ask below its bid, is left out.
    pub pairs: Vec<Pair>,
}

/// The inputs besides the quotes, and the effort.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The underlying's price. `None` implies it: the discounted forward of the nearest expiration, as if the
    /// underlying paid nothing until then.
    pub spot: Option<f64>,
    /// The continuously compounded rate of all expirations per 1.00 a year. `None` implies one for each.
    pub rate: Option<f64>,
    /// The largest number of pairs of an expiration, 4 to 30, spread evenly over those near the money.
    pub most_pairs: usize,
    /// The accuracy of early-exercise premiums.
    pub preset: Preset,
}

impl Default for Settings {
    /// Returns settings that imply spot and rate from 24 pairs of an expiration, with fast premiums.
    fn default() -> Self {
        Self { spot: None, rate: None, most_pairs: 24, preset: Preset::Fast }
    }
}

/// The forward and the rate that one expiration implies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    /// Years to the expiration, forward and discount factor.
    pub point: CurvePoint,
    /// The standard error of the forward, from the distances of the pairs to the line.
    pub forward_error: f64,
    /// The standard error of the rate per 1.00 a year; zero for a rate from the settings.
    pub rate_error: f64,
    /// The number of pairs that the line goes through.
    pub pairs: usize,
    /// The number of pairs near the money that were too far from the line, or whose prices no American option has.
    pub rejected: usize,
    /// The largest early-exercise premium that was subtracted from a price; zero for European options.
    pub early_exercise: f64,
}

/// The curve that a chain implies, and its expirations one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpliedCurve {
    /// The curve through the expirations that imply a forward.
    pub curve: ForwardCurve,
    /// The result of each expiration, in the order of the input.
    pub parities: Vec<Result<Parity, FitError>>,
}

/// The smallest number of pairs that determine a line.
const FEWEST_PAIRS: usize = 4;
/// The upper limit of [`Settings::most_pairs`].
const MOST_PAIRS: usize = 30;
/// The usual distance of zero rates of one currency from each other.
const RATE_DISTANCE: f64 = 0.005;
/// The largest standard error of the best-determined rate; beyond it no rate is implied.
const LARGEST_RATE_ERROR: f64 = 0.02;
/// The largest number of rounds, each of rates and then American premiums.
const MOST_ROUNDS: usize = 40;
/// The number of rounds without progress after which the search ends.
const ROUNDS_WITHOUT_PROGRESS: usize = 8;
/// The number of rounds without premiums after which a pair is no longer tried: a failing search takes the longest.
const ROUNDS_WITHOUT_PREMIUMS: u8 = 3;
/// The number of rounds in which the pairs of the line are chosen again; later rounds keep them, so that they settle.
const CHOOSING_ROUNDS: usize = 10;
/// The relative change of a forward and the change of a rate below which the rounds end.
const SETTLED_CHANGES: (f64, f64) = (1e-6, 1e-5);

/// Returns forwards and discount factors by put–call parity.
///
/// # Errors
/// [`FitError::InvalidParameter`] for a spot that is not above zero or a rate that is not finite;
/// [`FitError::NotConverged`] if no expiration determines a rate to two percentage points and the settings have none,
/// or if rates and premiums do not settle; and the first expiration's error if no expiration implies a forward. The
/// error of a single expiration is in [`ImpliedCurve::parities`]: [`FitError::TooFew`] below four usable pairs,
/// [`FitError::InvalidParameter`] for years that are not above zero.
pub fn imply(expiries: &[Expiry], settings: &Settings) -> Result<ImpliedCurve, FitError> {
    settings.spot.map_or(Ok(()), |spot| FitError::check_positive("spot", spot))?;
    settings.rate.map_or(Ok(()), |rate| FitError::check_finite("rate", rate))?;
    let mut errors: Vec<Option<FitError>> = vec![None; expiries.len()];
    let mut lines = Vec::new();
    for (index, expiry) in expiries.iter().enumerate() {
        match Parities::new(index, expiry, settings) {
            Ok(parities) => lines.push(parities),
            Err(error) => errors[index] = Some(error),
        }
    }
    lines.sort_by(|a, b| a.years.total_cmp(&b.years));
    let mut settled = false;
    let mut spot = f64::NAN;
    let mut best = (f64::INFINITY, CHOOSING_ROUNDS);
    for round in 0..MOST_ROUNDS {
        for parities in &mut lines {
            parities.draw(round < CHOOSING_ROUNDS);
        }
        lines.retain(|parities| {
            if parities.line.is_none() {
                errors[parities.index] = Some(FitError::TooFew { have: parities.points().count(), need: FEWEST_PAIRS });
            }
            parities.line.is_some()
        });
        let Some(change) = update(&mut lines, settings)? else { break };
        if change < best.0 {
            best = (change, round.max(CHOOSING_ROUNDS));
        }
        let Some(State { years, rate, forward, .. }) = lines.first().map(|parities| parities.state) else { break };
        spot = settings.spot.unwrap_or(forward * (-rate * years).exp());
        settled = change <= 1.0 || lines.iter().all(|parities| !parities.is_american());
        if settled || round > best.1 + ROUNDS_WITHOUT_PROGRESS {
            break;
        }
        for parities in &mut lines {
            parities.correct(spot, settings.preset, round < CHOOSING_ROUNDS);
        }
    }
    if lines.is_empty() {
        let first = errors.into_iter().flatten().next();
        return Err(first.unwrap_or(FitError::TooFew { have: 0, need: 1 }));
    }
    if !settled {
        return Err(FitError::NotConverged { quantity: "a rate at which American premiums fit put–call parity" });
    }
    // Each expiration has either its error or a line, which takes the place of the error below.
    let mut parities: Vec<_> = errors.into_iter().map(|error| Err(error.unwrap_or(FitError::NoVariation))).collect();
    for line in &lines {
        parities[line.index] = Ok(line.parity(settings.rate.is_some()));
    }
    let points: Vec<_> = lines.iter().map(|line| line.state.point()).collect();
    let curve = ForwardCurve::new(spot, &points).map_err(|_| FitError::InvalidParameter {
        field: "years",
        value: points.first().map_or(f64::NAN, |point| point.years),
        expected: "different for each expiration",
    })?;
    Ok(ImpliedCurve { curve, parities })
}

/// The rate and the forward of an expiration in a round.
#[derive(Clone, Copy, Debug)]
struct State {
    years: f64,
    rate: f64,
    /// The rate that the lines implied in this round. The round's own rate is extrapolated beyond it.
    implied_rate: f64,
    rate_error: f64,
    forward: f64,
}

impl State {
    /// The steepest slope at which a secant is used: a slope near one would step without bound.
    const STEEPEST_SLOPE: f64 = 0.85;

    /// Returns the rate of the next round when premiums at this round's rate implied another: a secant step towards
    /// the rate that implies itself, with a slope of at most [`STEEPEST_SLOPE`](Self::STEEPEST_SLOPE).
    fn towards(&self, implied_rate: f64, before: f64) -> f64 {
        let slope = (implied_rate - self.implied_rate) / (self.rate - before);
        let slope = if slope.is_finite() { slope.clamp(0.0, Self::STEEPEST_SLOPE) } else { 0.0 };
        let step = (implied_rate - self.rate) / (1.0 - slope);
        if step.is_finite() { self.rate + step.clamp(-RATE_DISTANCE, RATE_DISTANCE) } else { implied_rate }
    }

    fn point(&self) -> CurvePoint {
        CurvePoint { years: self.years, forward: self.forward, discount: (-self.rate * self.years).exp() }
    }
}

/// The pairs of an expiration and the line through them.
#[derive(Debug)]
struct Parities {
    /// The position of the expiration in the input.
    index: usize,
    years: f64,
    exercise_style: ExerciseStyle,
    pairs: Vec<Pair>,
    /// The call price less the put price of each strike.
    raw: Vec<Point>,
    /// The early-exercise premiums of each pair; `None` where no volatility has its prices.
    premiums: Vec<Option<Premiums>>,
    /// The number of rounds in which a pair had no premiums.
    failures: Vec<u8>,
    /// True for the pairs of the line.
    near: Vec<bool>,
    line: Option<Line>,
    state: State,
    /// The rate of the round before.
    before: f64,
}

impl Parities {
    fn new(index: usize, expiry: &Expiry, settings: &Settings) -> Result<Self, FitError> {
        let Expiry { years, exercise_style, .. } = *expiry;
        FitError::check_positive("years", years)?;
        let pairs = select::near_the_money(&expiry.pairs, settings.most_pairs.clamp(FEWEST_PAIRS, MOST_PAIRS));
        if pairs.len() < FEWEST_PAIRS {
            return Err(FitError::TooFew { have: pairs.len(), need: FEWEST_PAIRS });
        }
        let raw = select::points(&pairs);
        Ok(Self {
            index,
            years,
            exercise_style,
            premiums: vec![Some(Premiums::default()); pairs.len()],
            failures: vec![0; pairs.len()],
            near: vec![true; pairs.len()],
            pairs,
            raw,
            line: None,
            state: State { years, rate: f64::NAN, implied_rate: f64::NAN, rate_error: f64::NAN, forward: f64::NAN },
            before: f64::NAN,
        })
    }

    fn is_american(&self) -> bool {
        self.exercise_style == ExerciseStyle::American
    }

    /// Returns the pairs that have European prices, with their positions.
    fn points(&self) -> impl Iterator<Item = (usize, Point)> {
        let with_premiums = self.raw.iter().zip(&self.premiums).enumerate();
        with_premiums.filter_map(|(index, (point, premiums))| {
            let Premiums { call, put } = (*premiums)?;
            Some((index, Point { y: point.y - call + put, ..*point }))
        })
    }

    /// Draws the line through the pairs that agree, or through the chosen ones when pairs are no longer chosen.
    fn draw(&mut self, choosing: bool) {
        let (places, points): (Vec<_>, Vec<_>) =
            self.points().filter(|(index, _)| choosing || self.near[*index]).unzip();
        self.line = None;
        if points.len() < FEWEST_PAIRS {
            return;
        }
        if !choosing {
            self.line = Line::least_squares(&points);
        } else if let Some((line, near)) = Line::robust(&points) {
            self.line = Some(line);
            self.near.fill(false);
            places.into_iter().zip(near).for_each(|(index, near)| self.near[index] = near);
        }
    }

    /// Returns the rate that the slope implies, and its standard error; infinite where it implies none.
    fn own_rate(&self) -> (f64, f64) {
        let Some(line) = self.line else { return (0.0, f64::INFINITY) };
        let discount = -line.slope;
        let (rate, error) = (-discount.ln() / self.years, line.slope_error / (discount * self.years));
        if discount > 0.0 && rate.is_finite() && error.is_finite() { (rate, error) } else { (0.0, f64::INFINITY) }
    }

    /// Computes the premiums of early exercise again; when pairs are no longer chosen, those of the chosen ones.
    fn correct(&mut self, spot: f64, preset: Preset, choosing: bool) {
        if !self.is_american() {
            return;
        }
        let State { years, rate, forward, .. } = self.state;
        let dividend_yield = rate - (forward / spot).ln() / years;
        let terms = american::Terms { spot, years, rate, dividend_yield };
        let kept = self.premiums.iter_mut().zip(&self.near).zip(&mut self.failures);
        for (pair, ((premiums, near), failures)) in self.pairs.iter().zip(kept) {
            if *failures < ROUNDS_WITHOUT_PREMIUMS && (choosing || *near) {
                let found = terms.premiums(pair, preset);
                *failures += u8::from(found.is_none());
                *premiums = if choosing { found } else { found.or(*premiums) };
            }
        }
    }

    fn parity(&self, given: bool) -> Parity {
        let pairs =
            self.near.iter().zip(&self.premiums).filter(|(near, premiums)| **near && premiums.is_some()).count();
        let premiums =
            self.premiums.iter().zip(&self.near).filter(|(_, near)| **near).filter_map(|(premiums, _)| *premiums);
        let point = self.state.point();
        Parity {
            point,
            forward_error: self.line.map_or(0.0, |line| line.level_error / point.discount),
            rate_error: if given { 0.0 } else { self.state.rate_error },
            pairs,
            rejected: self.pairs.len() - pairs,
            early_exercise: premiums.map(|Premiums { call, put }| call.max(put)).fold(0.0, f64::max),
        }
    }
}

/// Sets rates and forwards by the lines, and returns the largest change in units of [`SETTLED_CHANGES`]; `None` without
/// lines.
fn update(lines: &mut [Parities], settings: &Settings) -> Result<Option<f64>, FitError> {
    let own: Vec<_> = lines.iter().map(Parities::own_rate).collect();
    let precision = |error: f64| 1.0 / (error * error + RATE_DISTANCE * RATE_DISTANCE);
    let Some(common) = weighted_median(own.iter().map(|(rate, error)| (*rate, precision(*error)))) else {
        return Ok(None);
    };
    let best = own.iter().map(|(_, error)| *error).fold(f64::INFINITY, f64::min);
    if settings.rate.is_none() && best > LARGEST_RATE_ERROR {
        return Err(FitError::NotConverged { quantity: "the interest rate" });
    }
    let mut change = 0.0_f64;
    for (parities, (own, error)) in lines.iter_mut().zip(own) {
        let Some(line) = parities.line else { continue };
        // Bayes' rule: the common rate is the prior, the expiration's own rate the measurement.
        let gain = RATE_DISTANCE.powi(2) / (RATE_DISTANCE.powi(2) + error * error);
        let moved = (gain * (own - common)).clamp(-3.0 * RATE_DISTANCE, 3.0 * RATE_DISTANCE);
        let implied_rate = settings.rate.unwrap_or(common + moved);
        let state = parities.state;
        let american = parities.is_american() && settings.rate.is_none();
        let rate = if american { state.towards(implied_rate, parities.before) } else { implied_rate };
        let forward = line.center + line.level * (rate * parities.years).exp();
        if !(forward > 0.0 && forward.is_finite()) {
            return Err(FitError::NotConverged { quantity: "a positive forward" });
        }
        // The first round has no forward before it.
        let parts = |change: f64, limit: f64| if change.is_nan() { f64::INFINITY } else { change.abs() / limit };
        let moved = parts(forward / state.forward - 1.0, SETTLED_CHANGES.0)
            .max(parts(implied_rate - state.rate, SETTLED_CHANGES.1));
        change = change.max(moved);
        parities.before = state.rate;
        parities.state =
            State { rate, implied_rate, forward, rate_error: RATE_DISTANCE * (1.0 - gain).sqrt(), ..state };
    }
    Ok(Some(change))
}
