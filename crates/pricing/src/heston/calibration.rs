//! Heston's parameters fitted to a surface of quoted volatilities.

use strikebook_core::{
    Source, Timestamp,
    analytics::{FitQuality, HestonParameters},
    market::{OptionType, Symbol},
};

use super::{Parameters, Preset, characteristic::GRADIENT, integral};
use crate::{
    black76::{self, ForwardInputs},
    fit::FitError,
    least_squares::{Effort, Equations, Interval, Minimum, minimise},
    quotes::{Quality, VolatilityQuote},
};

/// The smallest number of quotes that determine five parameters.
const FEWEST_QUOTES: usize = 5;
/// The smallest vega, in units of the forward, at which the model's prices are accurate enough to imply a volatility.
const SMALLEST_VEGA: f64 = 1e-8;

/// Parameters fitted to quotes, with the quality of the fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// The parameters of the least squares.
    pub parameters: Parameters,
    /// The quality of the fit to the volatilities.
    pub quality: Quality,
    /// The number of maturities. A single maturity determines only its expected variance, skew and curvature: `v₀`, `κ`
    /// and `θ` are then one of many equally good choices, and `σ` depends on that choice.
    pub maturities: usize,
    /// The number of times that the model's volatilities were computed.
    pub evaluations: usize,
    /// True if the errors are differences of prices over vega, which are volatilities to first order. That is so if the
    /// model's price of some quote is so small that it implies no volatility.
    pub linearised: bool,
}

impl Calibration {
    /// Returns core's record: the parameters under their Greek letters, with the quality of the fit (see
    /// [`Quality::record`]).
    pub fn record(
        &self,
        symbol: Symbol,
        at: Timestamp,
        fit: FitQuality,
        source: Source,
        recorded_at: Timestamp,
    ) -> HestonParameters {
        let Parameters { variance, reversion, long_variance, volatility, correlation } = self.parameters;
        HestonParameters {
            symbol,
            at,
            kappa: reversion,
            theta: long_variance,
            sigma: volatility,
            rho: correlation,
            v0: variance,
            fit,
            source,
            recorded_at,
        }
    }
}

/// Fits the parameters to volatilities: the sum of the squared differences of the model's implied volatilities and the
/// quotes' middle ones is least, every quote counting alike.
///
/// The method is Levenberg's and Marquardt's with the analytic gradient. It begins at several points, first with prices
/// in units of their vega, which are volatilities as far as these are close, and ends with volatilities. Quotes of one
/// maturity share the characteristic function. The variances stay between 1e-6 and 9, `κ` between 0.01 and 50, `σ`
/// between 0.001 and 10, and `ρ` within ±0.999: a parameter at one of these limits was not determined by the quotes.
///
/// The parameters may fail Feller's condition, as many that fit a market do: see [`Parameters::feller_ratio`].
///
/// # Errors
/// [`FitError::TooFew`] below five quotes, [`FitError::InvalidQuote`] for a number that is not finite and positive, and
/// for a strike so far out of the money that the vega is below 1e-8 of the forward (leave such quotes out, they
/// determine nothing), [`FitError::Crossed`] for a bid above its ask, and [`FitError::NotConverged`] if no minimum is
/// found.
pub fn calibrate(quotes: &[VolatilityQuote]) -> Result<Calibration, FitError> {
    VolatilityQuote::check_all(quotes, FEWEST_QUOTES)?;
    let missing = FitError::NotConverged { quantity: "the least squares of Heston's parameters" };
    let surface = Surface::new(quotes)?;
    let mut evaluations = 0;
    let mut best: Option<Minimum<5>> = None;
    for start in surface.starts() {
        let found = minimise(free(&start), Effort::ROUGH, |point| surface.equations(point, Measure::Price));
        evaluations += found.map_or(0, |found| found.evaluations);
        if let Some(found) = found
            && best.is_none_or(|best| found.squares < best.squares)
        {
            best = Some(found);
        }
    }
    let rough = best.ok_or(missing)?;
    let refine = |measure| minimise(rough.parameters, Effort::FULL, |point| surface.equations(point, measure));
    let exact = refine(Measure::Volatility);
    let linearised = exact.is_none();
    let found = exact.or_else(|| refine(Measure::Price)).ok_or(missing)?;
    let (parameters, _) = bounded(&found.parameters);
    Ok(Calibration {
        parameters,
        quality: Quality::new(quotes, found.squares),
        maturities: surface.strips.len(),
        evaluations: evaluations + found.evaluations,
        linearised,
    })
}

/// The quantity that is compared with the market.
#[derive(Clone, Copy, Debug)]
enum Measure {
    /// Differences of prices, over the quote's vega.
    Price,
    /// Differences of implied volatilities.
    Volatility,
}

/// The quotes by maturity.
struct Surface {
    strips: Vec<Strip>,
}

/// Quotes of one maturity.
struct Strip {
    years: f64,
    /// The logarithm of forward over strike of each quote.
    moneyness: Vec<f64>,
    quotes: Vec<Quoted>,
}

/// A quote as the undiscounted price of the option out of the money.
struct Quoted {
    option: ForwardInputs,
    volatility: f64,
    price: f64,
    vega: f64,
}

impl Quoted {
    fn new(quote: &VolatilityQuote) -> Result<Self, crate::PricingError> {
        let VolatilityQuote { forward, strike, years, .. } = *quote;
        let option_type = if strike < forward { OptionType::Put } else { OptionType::Call };
        let option = ForwardInputs { option_type, forward, strike, years, rate: 0.0 };
        let (price, greeks) = black76::price_and_greeks(&option, quote.mid())?;
        Ok(Self { option, volatility: quote.mid(), price, vega: greeks.vega })
    }
}

impl Surface {
    fn new(quotes: &[VolatilityQuote]) -> Result<Self, FitError> {
        let mut order: Vec<(usize, &VolatilityQuote)> = quotes.iter().enumerate().collect();
        order.sort_by(|(_, left), (_, right)| left.years.total_cmp(&right.years));
        let mut strips = Vec::new();
        for chunk in order.chunk_by(|(_, left), (_, right)| left.years.to_bits() == right.years.to_bits()) {
            let Some((_, first)) = chunk.first() else { continue };
            let convert = |(index, quote): &(usize, &VolatilityQuote)| {
                let converted = Quoted::new(quote).ok().filter(|quoted| quoted.vega > SMALLEST_VEGA * quote.forward);
                converted.ok_or(FitError::InvalidQuote { index: *index, field: "strike", value: quote.strike })
            };
            strips.push(Strip {
                years: first.years,
                moneyness: chunk.iter().map(|(_, quote)| quote.forward.ln() - quote.strike.ln()).collect(),
                quotes: chunk.iter().map(convert).collect::<Result<_, _>>()?,
            });
        }
        Ok(Self { strips })
    }

    /// Returns the starting points: variances of the quotes near the forward, with the other parameters of slow, usual
    /// and nervous markets.
    fn starts(&self) -> [Parameters; 3] {
        let at_the_money = |strip: Option<&Strip>| {
            let nearest = strip.and_then(|Strip { moneyness, quotes, .. }| {
                moneyness.iter().zip(quotes).min_by(|(left, _), (right, _)| left.abs().total_cmp(&right.abs()))
            });
            nearest.map_or(0.04, |(_, quoted)| quoted.volatility * quoted.volatility)
        };
        let (variance, long_variance) = (at_the_money(self.strips.first()), at_the_money(self.strips.last()));
        // The sign of the skew: volatilities that rise as strikes fall come with a negative correlation.
        let pairs = self.strips.iter().flat_map(|strip| strip.moneyness.iter().zip(&strip.quotes));
        let skew: f64 = pairs.map(|(moneyness, quoted)| moneyness * (quoted.volatility - variance.sqrt())).sum();
        let correlation = if skew > 0.0 { -0.6 } else { 0.6 };
        [(1.5, 0.5), (5.0, 1.2), (0.4, 0.4)].map(|(reversion, volatility)| Parameters {
            variance,
            reversion,
            long_variance,
            volatility,
            correlation,
        })
    }

    /// Returns errors and their derivatives; `None` where the model has no such value.
    fn equations(&self, point: &[f64; 5], measure: Measure) -> Option<Equations<5>> {
        let (parameters, slopes) = bounded(point);
        let mut equations = Equations::new();
        for Strip { years, moneyness, quotes } in &self.strips {
            let model = parameters.over(*years);
            let volatility = (model.total / years).sqrt();
            let integrals = integral::integrals::<GRADIENT>(&model, moneyness, Preset::Accurate).ok()?;
            for (quoted, [correction, _, _, gradient @ ..]) in quotes.iter().zip(&integrals) {
                let ForwardInputs { forward, strike, .. } = quoted.option;
                let unit = forward.sqrt() * strike.sqrt();
                let price = black76::price(&quoted.option, volatility).ok()? - unit * correction;
                let (error, vega) = quoted.error(price, measure)?;
                let mut derivatives = slopes;
                derivatives.iter_mut().zip(gradient).for_each(|(slope, integral)| *slope *= -unit * integral / vega);
                equations.add(error, &derivatives);
            }
        }
        Some(equations)
    }
}

impl Quoted {
    /// Returns the error of a model's price, and the vega that converts price differences to volatilities.
    fn error(&self, price: f64, measure: Measure) -> Option<(f64, f64)> {
        match measure {
            Measure::Price => Some(((price - self.price) / self.vega, self.vega)),
            Measure::Volatility => {
                let volatility = black76::implied_volatility(&self.option, price).ok()?;
                let vega = black76::greeks(&self.option, volatility).ok()?.vega;
                Some((volatility - self.volatility, vega)).filter(|(_, vega)| *vega > 0.0)
            }
        }
    }
}

/// Returns the limits of the logarithms of variances, reversion and volatility, and of the correlation.
fn intervals() -> [Interval; 5] {
    let logarithms = |low: f64, high: f64| Interval::new(low.ln(), high.ln());
    let variance = logarithms(1e-6, 9.0);
    [variance, logarithms(0.01, 50.0), variance, logarithms(0.001, 10.0), Interval::new(-0.999, 0.999)]
}

/// Returns the parameters at a point, and the derivative of each by its coordinate.
fn bounded(point: &[f64; 5]) -> (Parameters, [f64; 5]) {
    let mut slopes = [0.0; 5];
    let mut values = [0.0; 5];
    for (index, interval) in intervals().iter().enumerate() {
        (values[index], slopes[index]) = interval.at(point[index]);
    }
    // All but the correlation are logarithms so far.
    for (value, slope) in values.iter_mut().zip(&mut slopes).take(4) {
        *value = value.exp();
        *slope *= *value;
    }
    let [variance, reversion, long_variance, volatility, correlation] = values;
    (Parameters { variance, reversion, long_variance, volatility, correlation }, slopes)
}

/// Returns the point of some parameters.
fn free(parameters: &Parameters) -> [f64; 5] {
    let [variance, reversion, long_variance, volatility, correlation] = intervals();
    [
        variance.free(parameters.variance.ln()),
        reversion.free(parameters.reversion.ln()),
        long_variance.free(parameters.long_variance.ln()),
        volatility.free(parameters.volatility.ln()),
        correlation.free(parameters.correlation),
    ]
}
