//! Forwards and discount factors that a chain implies by put–call parity, so that pricing needs no rate from elsewhere.
//!
//! European calls and puts of one strike differ by `C − P = D·(F − K)` (Stoll 1969): over the strikes of an expiration
//! that is a line whose slope tells the discount factor `D` and whose zero the forward `F`. Three things are in the
//! way, and this is what is done about each:
//!
//! - **Quotes are stale or wrong.** The line is first the one with which most pairs agree to within their bid–ask
//!   widths, which wrong pairs cannot move as long as fewer of them agree with each other; pairs near that line are then
//!   averaged, each by the inverse square of its spread.
//! - **American options** are worth more than European ones, puts in the money most. Without a correction the line
//!   would be too steep: at a rate of 5 %, a yield of 1.3 %, a volatility of 22 % and a year, the implied rate would be
//!   3.2 % and the forward 0.4 % too low. So the early-exercise premiums of both are taken off, at the volatility
//!   that the option out of the money implies with the rate and yield of the round before, until these no longer
//!   change. A bias remains where a continuous yield stands for single dividends.
//! - **Short expirations cannot tell a rate:** over a week, 1 % a year moves a discount factor by 2e-4. Each
//!   expiration's rate is averaged with that of all, by their precision.
//!
//! ```
//! use strikebook_core::market::ExerciseStyle;
//! use strikebook_pricing::curve::{Expiry, Market, Pair, Settings, imply};
//!
//! // Half a year, a forward of 102 and a discount factor of 0.98.
//! let pairs = (90..=115).step_by(5).map(f64::from).map(|strike| {
//!     let call = 8.0 + 0.49 * (102.0 - strike);
//!     let put = call - 0.98 * (102.0 - strike);
//!     let market = |mid: f64| Market { bid: mid - 0.02, ask: mid + 0.02 };
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

/// A two-sided market in an option, in the currency of the strike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Market {
    /// The best bid.
    pub bid: f64,
    /// The best ask.
    pub ask: f64,
}

/// Call and put of one strike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The strike.
    pub strike: f64,
    /// The call.
    pub call: Market,
    /// The put.
    pub put: Market,
}

/// The pairs of one expiration, in any order.
#[derive(Clone, Debug, PartialEq)]
pub struct Expiry {
    /// Years to the expiration.
    pub years: f64,
    /// When its options may be exercised.
    pub exercise_style: ExerciseStyle,
    /// Its calls and puts. Those without a bid above zero and an ask not below it are left out, on either side.
    pub pairs: Vec<Pair>,
}

/// What is known besides the quotes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The underlying's price. Without it, it is taken as the forward of the nearest expiration, discounted: as if
    /// nothing was paid on the underlying until then.
    pub spot: Option<f64>,
    /// The continuously compounded rate of all expirations, where it is known from elsewhere; otherwise it is implied.
    pub rate: Option<f64>,
    /// The most pairs that are taken of an expiration, spread evenly over those near the money. More than 30 count as
    /// 30.
    pub most_pairs: usize,
    /// How exactly early-exercise premiums are computed.
    pub preset: Preset,
}

impl Default for Settings {
    /// Spot and rate implied, 24 pairs of an expiration, fast premiums.
    fn default() -> Self {
        Self { spot: None, rate: None, most_pairs: 24, preset: Preset::Fast }
    }
}

/// What one expiration implies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parity {
    /// Years to the expiration, forward and discount factor.
    pub point: CurvePoint,
    /// The forward's standard error, by how far pairs are from the line.
    pub forward_error: f64,
    /// The rate's standard error, per 1.00 a year; zero when it was given.
    pub rate_error: f64,
    /// The pairs that the result rests on.
    pub pairs: usize,
    /// Pairs near the money that were too far from the line, or whose prices no American option has.
    pub rejected: usize,
    /// The largest early-exercise premium that was taken off a price; zero for European options.
    pub early_exercise: f64,
}

/// What a chain implies.
#[derive(Clone, Debug, PartialEq)]
pub struct ImpliedCurve {
    /// Through the expirations that could be read.
    pub curve: ForwardCurve,
    /// What each expiration implied, or why it implied nothing, in the order given.
    pub parities: Vec<Result<Parity, FitError>>,
}

/// The fewest pairs that a line is drawn through.
const FEWEST_PAIRS: usize = 4;
/// The most pairs of an expiration that are taken, whatever is asked for.
const MOST_PAIRS: usize = 30;
/// How far zero rates of one currency usually lie from each other.
const RATES_APART: f64 = 0.005;
/// A rate that no expiration tells to this is not told at all.
const WORST_RATE_ERROR: f64 = 0.02;
/// American premiums and rates are computed in turn at most so often.
const MOST_ROUNDS: usize = 40;
/// Rounds without progress that are waited for more.
const PATIENCE: usize = 8;
/// A pair whose prices no American option had in so many rounds stays as it is: to find that out takes the longest.
const GIVEN_UP: u8 = 3;
/// Rounds in which the pairs that belong to the line are still chosen.
const CHOOSING_ROUNDS: usize = 10;
/// Changes of a forward, relative, and of a rate that end the rounds.
const SETTLED: (f64, f64) = (1e-6, 1e-5);

/// Forwards and discount factors by put–call parity.
///
/// # Errors
/// [`FitError::InvalidParameter`] for a spot that is not above zero or a rate that is not finite;
/// [`FitError::NotConverged`] if no expiration tells a rate to two percentage points and none was given, or if rates
/// and premiums do not settle; and the first expiration's error if none of them can be read. That of a single one is in
/// [`ImpliedCurve::parities`]: [`FitError::TooFew`] below four usable pairs, [`FitError::InvalidParameter`] for years
/// that are not above zero.
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
        let nearest = lines.first().map(|parities| parities.state);
        spot = settings.spot.or(nearest.map(|state| state.forward * (-state.rate * state.years).exp())).unwrap_or(spot);
        settled = change <= 1.0 || lines.iter().all(|parities| !parities.is_american());
        if settled || round > best.1 + PATIENCE {
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
        return Err(FitError::NotConverged { quantity: "the rate at which American premiums fit put–call parity" });
    }
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

/// Rate and forward of an expiration as they are believed in a round.
#[derive(Clone, Copy, Debug)]
struct State {
    years: f64,
    rate: f64,
    /// The rate that the lines told in this round; what is believed goes beyond it, to where they seem to lead.
    told: f64,
    rate_error: f64,
    forward: f64,
}

impl State {
    /// The rate to go on with when the premiums of this one's led to another: the secant's, as far as its slope can be
    /// believed.
    fn towards(&self, told: f64, before: f64) -> f64 {
        const STEEPEST: f64 = 0.85;
        let slope = (told - self.told) / (self.rate - before);
        let slope = if slope.is_finite() { slope.clamp(0.0, STEEPEST) } else { 0.0 };
        let step = (told - self.rate) / (1.0 - slope);
        if step.is_finite() { self.rate + step.clamp(-RATES_APART, RATES_APART) } else { told }
    }

    fn point(&self) -> CurvePoint {
        CurvePoint { years: self.years, forward: self.forward, discount: (-self.rate * self.years).exp() }
    }
}

/// The pairs of an expiration and the line through them.
#[derive(Debug)]
struct Parities {
    /// The expiration's place in what was given.
    index: usize,
    years: f64,
    exercise_style: ExerciseStyle,
    pairs: Vec<Pair>,
    /// Call price less put price by strike.
    raw: Vec<Point>,
    /// What early exercise adds to the two prices; `None` where no volatility gives them.
    premiums: Vec<Option<Premiums>>,
    /// In how many rounds a pair had no premiums.
    failures: Vec<u8>,
    /// Which pairs belong to the line.
    near: Vec<bool>,
    line: Option<Line>,
    state: State,
    /// The rate that was believed before.
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
            state: State { years, rate: f64::NAN, told: f64::NAN, rate_error: f64::NAN, forward: f64::NAN },
            before: f64::NAN,
        })
    }

    fn is_american(&self) -> bool {
        self.exercise_style == ExerciseStyle::American
    }

    /// The pairs that have European prices, with their places.
    fn points(&self) -> impl Iterator<Item = (usize, Point)> {
        let with_premiums = self.raw.iter().zip(&self.premiums).enumerate();
        with_premiums.filter_map(|(index, (point, premiums))| {
            let Premiums { call, put } = (*premiums)?;
            Some((index, Point { y: point.y - call + put, ..*point }))
        })
    }

    /// Draws the line, through pairs that are near it or, when it was decided, through those that were.
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

    /// The rate that the slope tells, and its standard error; infinite where it tells none.
    fn own_rate(&self) -> (f64, f64) {
        let Some(line) = self.line else { return (0.0, f64::INFINITY) };
        let discount = -line.slope;
        let (rate, error) = (-discount.ln() / self.years, line.slope_error / (discount * self.years));
        if discount > 0.0 && rate.is_finite() && error.is_finite() { (rate, error) } else { (0.0, f64::INFINITY) }
    }

    /// Takes the premiums of early exercise anew; when pairs are no longer chosen, of those that were.
    fn correct(&mut self, spot: f64, preset: Preset, choosing: bool) {
        if !self.is_american() {
            return;
        }
        let State { years, rate, forward, .. } = self.state;
        let dividend_yield = rate - (forward / spot).ln() / years;
        let terms = american::Terms { spot, years, rate, dividend_yield };
        let kept = self.premiums.iter_mut().zip(&self.near).zip(&mut self.failures);
        for (pair, ((premiums, near), failures)) in self.pairs.iter().zip(kept) {
            if *failures < GIVEN_UP && (choosing || *near) {
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

/// Sets rates and forwards by the lines, and tells how far they moved: by one when they are [settled](SETTLED); `None`
/// without lines.
fn update(lines: &mut [Parities], settings: &Settings) -> Result<Option<f64>, FitError> {
    let own: Vec<_> = lines.iter().map(Parities::own_rate).collect();
    let precision = |error: f64| 1.0 / (error * error + RATES_APART * RATES_APART);
    let Some(common) = weighted_median(own.iter().map(|(rate, error)| (*rate, precision(*error)))) else {
        return Ok(None);
    };
    let best = own.iter().map(|(_, error)| *error).fold(f64::INFINITY, f64::min);
    if settings.rate.is_none() && best > WORST_RATE_ERROR {
        return Err(FitError::NotConverged { quantity: "the interest rate" });
    }
    let mut change = 0.0_f64;
    for (parities, (own, error)) in lines.iter_mut().zip(own) {
        let Some(line) = parities.line else { continue };
        // The common rate as it is before, and its own as a measurement.
        let gain = RATES_APART.powi(2) / (RATES_APART.powi(2) + error * error);
        let moved = (gain * (own - common)).clamp(-3.0 * RATES_APART, 3.0 * RATES_APART);
        let told = settings.rate.unwrap_or(common + moved);
        let state = parities.state;
        let american = parities.is_american() && settings.rate.is_none();
        let rate = if american { state.towards(told, parities.before) } else { told };
        let forward = line.center + line.level * (rate * parities.years).exp();
        if !(forward > 0.0 && forward.is_finite()) {
            return Err(FitError::NotConverged { quantity: "a positive forward" });
        }
        // In the first round there is nothing to compare with.
        let parts = |change: f64, limit: f64| if change.is_nan() { f64::INFINITY } else { change.abs() / limit };
        let moved = parts(forward / state.forward - 1.0, SETTLED.0).max(parts(told - state.rate, SETTLED.1));
        change = change.max(moved);
        parities.before = state.rate;
        parities.state = State { rate, told, forward, rate_error: RATES_APART * (1.0 - gain).sqrt(), ..state };
    }
    Ok(Some(change))
}
