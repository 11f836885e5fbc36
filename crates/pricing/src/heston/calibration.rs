//! Parameters that meet a surface of quoted volatilities.

use strikebook_core::{
    Source, Timestamp,
    analytics::{Fit, HestonParameters},
    market::{OptionType, Symbol},
};

use super::{Parameters, Preset, characteristic::GRADIENT, integral};
use crate::{
    black76::{self, ForwardInputs},
    fit::FitError,
    least_squares::{Effort, Equations, Interval, Minimum, minimise},
    quotes::{Quality, VolatilityQuote},
};

/// The fewest quotes that determine five parameters.
const FEWEST: usize = 5;
/// Below this vega, in units of the forward, the model's prices are not accurate enough to tell a volatility.
const LEAST_VEGA: f64 = 1e-8;

/// Fitted parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// The parameters of the least squares.
    pub parameters: Parameters,
    /// How well they meet the volatilities.
    pub quality: Quality,
    /// How many maturities were quoted. With one alone only the expected variance until then, its skew and its
    /// curvature are determined: `v₀`, `κ` and `θ` are then one of many choices that do as well, and `σ` follows
    /// theirs.
    pub maturities: usize,
    /// How often the model's volatilities were computed.
    pub evaluations: usize,
    /// Whether the errors are those of prices in units of the quotes' vega, which are volatilities to first order,
    /// because some quote is so far out of the money that the model's price there tells no volatility.
    pub linearised: bool,
}

impl Calibration {
    /// As core stores it: the parameters under their Greek letters, with how well they fit (see [`Quality::record`]).
    pub fn record(
        &self,
        symbol: Symbol,
        at: Timestamp,
        fit: Fit,
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
/// for a strike so far out of the money that the vega is below 1e-8 of the forward (leave such quotes out, they tell
/// nothing), [`FitError::Crossed`] for a bid above its ask, and [`FitError::NotConverged`] if no minimum is found.
pub fn calibrate(quotes: &[VolatilityQuote]) -> Result<Calibration, FitError> {
    VolatilityQuote::check_all(quotes, FEWEST)?;
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

/// What is compared with the market.
#[derive(Clone, Copy, Debug)]
enum Measure {
    /// Prices, in units of the quote's vega.
    Price,
    /// Implied volatilities.
    Volatility,
}

/// The quotes by maturity.
struct Surface {
    strips: Vec<Strip>,
}

/// Quotes of one maturity.
struct Strip {
    years: f64,
    /// Logarithms of forward over strike.
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
                let converted = Quoted::new(quote).ok().filter(|quoted| quoted.vega > LEAST_VEGA * quote.forward);
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

    /// Where to begin: variances as the quotes near the forward have them, and the rest as it is in slow, usual and
    /// nervous markets.
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

    /// Errors and their derivatives; `None` where the model has no such value.
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
    /// The error of a model's price, and the vega at which prices become volatilities.
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

/// Limits of the logarithms of variances, reversion and volatility, and of the correlation.
fn intervals() -> [Interval; 5] {
    let logarithms = |low: f64, high: f64| Interval::new(low.ln(), high.ln());
    let variance = logarithms(1e-6, 9.0);
    [variance, logarithms(0.01, 50.0), variance, logarithms(0.001, 10.0), Interval::new(-0.999, 0.999)]
}

/// The parameters at a point, and the derivative of each by its coordinate.
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

/// The point of some parameters.
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
