//! Heston, SABR and SVI.

use strikebook_core::{
    Source, Timestamp,
    analytics::{self, FitQuality, SmileKey},
    market::{OptionType, Symbol},
};
use strikebook_pricing::{
    FitError, PricingError, VolatilityQuote, heston, inputs_hash,
    sabr::{self, Formula},
    svi::{self, Breach, DatedSlice, Slice, Surface},
};

use crate::{
    draw::Draw,
    run::{Target, target},
};

const CALLS: u64 = 14_000;

/// The values that a record is made with besides the parameters.
struct Record {
    key: SmileKey,
    at: Timestamp,
    source: Source,
}

fn record() -> Record {
    let symbol = Symbol::new("SPY").expect("a symbol");
    let at = "2025-09-02T20:00:00Z".parse().expect("an instant");
    Record {
        key: SmileKey { symbol, maturity: analytics::Maturity::new(0.25).expect("a maturity") },
        at,
        source: Source::new("fuzz").expect("a source"),
    }
}

pub(crate) fn quotes() -> Vec<Target> {
    vec![
        target(
            &["quotes::VolatilityQuote::of_mid", "quotes::VolatilityQuote::mid"],
            CALLS,
            |draw| [draw.number(), draw.number(), draw.number(), draw.number()],
            |[forward, strike, years, volatility]| {
                let quote = VolatilityQuote::of_mid(*forward, *strike, *years, *volatility);
                // Fields are public and not checked: a number that is none stays what it is.
                let other = VolatilityQuote { ask: f64::MAX, ..quote };
                (!volatility.is_finite() || quote.mid().is_finite())
                    && (!volatility.is_finite() || other.mid().is_finite())
            },
        ),
        target(
            &["quotes::inputs_hash"],
            CALLS / 10,
            |draw| draw.quotes(30),
            |quotes| inputs_hash(quotes) == inputs_hash(quotes),
        ),
    ]
}

pub(crate) fn heston() -> Vec<Target> {
    let preset = |draw: &mut Draw| draw.one_of([heston::Preset::Accurate, heston::Preset::Precise]);
    let strikes = |draw: &mut Draw| draw.list(5, |draw| (draw.option_type(), draw.magnitude(0.0, 4.0)));
    vec![
        target(
            &["heston::Parameters::feller_ratio", "heston::Parameters::expected_variance"],
            CALLS,
            |draw| (draw.heston(), draw.years()),
            |(parameters, years)| {
                let heston::Parameters { variance, reversion, long_variance, volatility, .. } = *parameters;
                let valid = [variance, reversion, long_variance, volatility, *years]
                    .iter()
                    .all(|value| value.is_finite() && *value >= 0.0);
                // Both may be infinite, as documented.
                !valid
                    || reversion == 0.0
                    || parameters.feller_ratio() >= 0.0 && parameters.expected_variance(*years) >= 0.0
            },
        ),
        target(
            &["heston::price"],
            CALLS / 10,
            move |draw| (draw.option(), draw.heston(), preset(draw)),
            |(option, parameters, preset)| {
                heston::price(option, parameters, *preset).map(|price| (price, price >= 0.0))
            },
        ),
        target(
            &["heston::prices"],
            CALLS / 10,
            move |draw| (draw.option(), strikes(draw), draw.heston(), preset(draw)),
            |(option, strikes, parameters, preset)| heston::prices(option, strikes, parameters, *preset),
        ),
        target(
            &["heston::valuation"],
            CALLS / 10,
            move |draw| (draw.option(), draw.heston(), preset(draw)),
            |(option, parameters, preset)| heston::valuation(option, parameters, *preset),
        ),
        target(
            &["heston::valuations"],
            CALLS / 10,
            move |draw| (draw.option(), strikes(draw), draw.heston(), preset(draw)),
            |(option, strikes, parameters, preset): &(_, Vec<(OptionType, f64)>, _, _)| {
                heston::valuations(option, strikes, parameters, *preset)
            },
        ),
        target(
            &["heston::calibrate", "heston::Calibration::record", "quotes::Quality::record"],
            40,
            |draw| draw.quotes(12),
            |quotes| {
                let found = heston::calibrate(quotes)?;
                let Record { key, at, source } = record();
                let fit = found.quality.record(None, Some(inputs_hash(quotes)));
                let record = found.record(key.symbol, at, fit, source, at);
                Ok::<_, FitError>((found.quality, [record.kappa, record.theta, record.sigma, record.rho, record.v0]))
            },
        ),
    ]
}

pub(crate) fn sabr() -> Vec<Target> {
    let formula = |draw: &mut Draw| draw.one_of([Formula::Hagan, Formula::Obloj]);
    let positive = |volatility: Result<f64, PricingError>| volatility.map(|volatility| (volatility, volatility > 0.0));
    vec![
        target(
            &["sabr::Formula::volatility", "sabr::volatility", "sabr::volatility_obloj", "sabr::normal_volatility"],
            CALLS,
            Draw::sabr,
            move |(parameters, point)| {
                [
                    positive(Formula::Hagan.volatility(parameters, point)),
                    positive(sabr::volatility(parameters, point)),
                    positive(sabr::volatility_obloj(parameters, point)),
                    positive(sabr::normal_volatility(parameters, point)),
                ]
            },
        ),
        target(
            &["sabr::density_range", "sabr::DensityRange::is_free_of_arbitrage"],
            CALLS / 10,
            move |draw| {
                let (parameters, point) = draw.sabr();
                let [lowest, highest] =
                    [draw.between(0.01, 1.0), draw.between(1.0, 10.0)].map(|ratio| ratio * point.forward);
                (parameters, formula(draw), point, lowest, highest)
            },
            |(parameters, formula, point, lowest, highest)| {
                let range = sabr::density_range(parameters, *formula, point.forward, point.years, *lowest, *highest)?;
                let free = range.negative_below.is_none() && range.negative_above.is_none();
                Ok::<_, PricingError>((
                    range.negative_below,
                    range.negative_above,
                    free == range.is_free_of_arbitrage(),
                ))
            },
        ),
        target(
            &["sabr::calibrate", "sabr::Calibration::record"],
            CALLS / 40,
            move |draw| (draw.quotes(12), draw.sometimes(|draw| draw.between(0.0, 1.0)), formula(draw)),
            |(quotes, beta, formula)| {
                let found = sabr::calibrate(quotes, *beta, *formula)?;
                let Record { key, at, source } = record();
                let record = found.record(key, at, FitQuality::default(), source, at);
                Ok::<_, FitError>((found.quality, [record.alpha, record.beta, record.rho, record.nu]))
            },
        ),
    ]
}

/// Returns true if breaches are intervals in order, their ends infinite or not.
fn are_breaches(breaches: &[Breach]) -> bool {
    let number =
        |breach: &Breach| breach.worst.is_finite() && breach.worst_at.is_finite() && breach.from <= breach.until;
    breaches.iter().all(number)
}

pub(crate) fn svi() -> Vec<Target> {
    vec![
        target(
            &[
                "svi::Slice::new",
                "svi::Slice::raw",
                "svi::Slice::total_variance",
                "svi::Slice::derivatives",
                "svi::Slice::wings",
                "svi::Slice::density_factor",
            ],
            CALLS,
            |draw| (draw.raw(), draw.between(-2.0, 2.0)),
            |(raw, k)| {
                let slice = Slice::new(*raw)?;
                // A place that is no number has no variance; every other one has.
                let k = if k.is_nan() { 0.0 } else { *k };
                let (left, right) = slice.wings();
                let (here, positive) = (slice.total_variance(k), slice.total_variance(k) > 0.0);
                let all = ([here, slice.density_factor(k), left, right, slice.raw().a], slice.derivatives(k), positive);
                Ok::<_, FitError>(all)
            },
        ),
        target(
            &["svi::Slice::butterfly", "svi::Slice::calendar"],
            CALLS / 20,
            |draw| (draw.raw(), draw.raw()),
            |(raw, later)| {
                let (slice, later) = (Slice::new(*raw)?, Slice::new(*later));
                let calendar = later.map_or(true, |later| are_breaches(&slice.calendar(&later)));
                Ok::<_, FitError>(are_breaches(&slice.butterfly()) && calendar)
            },
        ),
        target(
            &[
                "svi::Surface::new",
                "svi::Surface::maturities",
                "svi::Surface::butterflies",
                "svi::Surface::calendars",
                "svi::Surface::total_variance",
                "svi::Surface::volatility",
                "svi::Surface::butterfly",
            ],
            CALLS / 20,
            |draw| {
                let slices = draw.list(3, |draw| (draw.years(), draw.raw()));
                (slices, draw.between(-2.0, 2.0), draw.years())
            },
            |(slices, k, years)| {
                let slice =
                    |(years, raw): &(f64, svi::Raw)| Some(DatedSlice { years: *years, slice: Slice::new(*raw).ok()? });
                let surface = Surface::new(slices.iter().filter_map(slice).collect())?;
                let breaches = surface.butterflies().into_iter().chain(surface.calendars());
                let found = breaches.map(|(_, breaches)| are_breaches(&breaches)).collect::<Vec<_>>();
                let values =
                    [surface.total_variance(*k, *years), surface.volatility(*k, *years), surface.butterfly(*k, *years)];
                Ok::<_, FitError>((values, found, !surface.maturities().is_empty()))
            },
        ),
        target(
            &["svi::fit", "svi::FittedSlice::record"],
            CALLS / 40,
            |draw| draw.quotes(12),
            |quotes| {
                let found = svi::fit(quotes)?;
                let Record { key, at, source } = record();
                let record = found.record(key, at, FitQuality::default(), source, at);
                let numbers = [record.a, record.b, record.rho, record.m, record.sigma, found.worst, found.years];
                Ok::<_, FitError>((found.quality, numbers))
            },
        ),
        target(
            &["svi::fit_above"],
            CALLS / 80,
            |draw| (draw.quotes(12), draw.raw()),
            |(quotes, raw)| {
                let found = svi::fit_above(quotes, Slice::new(*raw).ok().as_ref())?;
                Ok::<_, FitError>((found.quality, [found.worst, found.years]))
            },
        ),
    ]
}
