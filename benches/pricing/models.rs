//! The time of American options and of the models of volatility and spreads, beside targets.

use std::{hint::black_box, time::Instant};

use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    VolatilityQuote, american,
    columns::Threads,
    heston, ou,
    sabr::{self, Formula, Point},
};

use crate::{
    grid::Grid,
    report::{Line, Report},
    ways::option,
};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The number of options on which errors and times of American prices are measured.
const AMERICAN: usize = 2_000;
/// The number of options for precise prices, which take longer.
const PRECISE: usize = 200;
/// The largest allowed time, in the table's column of comparisons.
const AIM: &str = "the aim";

/// Returns the least nanoseconds a result, of runs with a number of results.
fn least<T>(repetitions: usize, results: usize, mut run: impl FnMut() -> Result<T>) -> Result<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..=repetitions {
        let start = Instant::now();
        black_box(run()?);
        least = least.min(start.elapsed().as_secs_f64());
    }
    Ok(least * 1e9 / results as f64)
}

/// Returns the same with the minimum taken of each result: for results so slow that every run of all is disturbed.
fn least_each<T>(repetitions: usize, results: usize, mut result: impl FnMut(usize) -> T) -> f64 {
    let mut least = vec![f64::INFINITY; results];
    for _ in 0..=repetitions {
        for (row, least) in least.iter_mut().enumerate() {
            let start = Instant::now();
            black_box(result(row));
            *least = least.min(start.elapsed().as_secs_f64());
        }
    }
    least.iter().sum::<f64>() * 1e9 / results as f64
}

/// Measures American options of the grid.
pub(crate) fn american_options(grid: &Grid, repetitions: usize, report: &mut Report) -> Result<()> {
    use american::Preset::{Accurate, Fast, Precise};
    let rows = grid.spot.len().min(AMERICAN);
    let price = |preset, rows: usize| -> Result<Vec<f64>> {
        let price = |row| american::price(&option(grid, row), grid.volatility[row], preset);
        Ok((0..rows).map(price).collect::<std::result::Result<_, _>>()?)
    };
    for (name, preset, rows, aim) in
        [("fast", Fast, rows, 5e3), ("accurate", Accurate, rows, 20e3), ("precise", Precise, PRECISE.min(rows), 300e3)]
    {
        let time = least_each(repetitions.min(5), rows, |row| {
            american::price(&option(grid, row), grid.volatility[row], preset)
        });
        report.add(Line::new(&format!("American price, {name}"), time, AIM, aim, Some(1.0)));
    }
    let reference = price(Precise, rows)?;
    for (name, preset) in [("fast", Fast), ("accurate", Accurate)] {
        let mut errors: Vec<f64> =
            price(preset, rows)?.iter().zip(&reference).map(|(price, precise)| (price - precise).abs()).collect();
        errors.sort_by(f64::total_cmp);
        let behind = |count: usize| errors.iter().rev().nth(count).copied().unwrap_or(f64::NAN);
        println!(
            "American, {name}: errors of {rows} prices to precise ones: median {:.0e}, 99.9 % {:.0e}, worst {:.0e}",
            behind(rows / 2),
            behind(rows / 1000),
            behind(0)
        );
    }

    let rows = rows.min(PRECISE);
    let valued = least_each(repetitions.min(5), rows, |row| {
        american::valuation(&option(grid, row), grid.volatility[row], Accurate)
    });
    let strip: Vec<OptionInputs> = (0..PRECISE.min(rows))
        .map(|row| OptionInputs { strike: 60.0 + 0.4 * row as f64, option_type: OptionType::Put, ..option(grid, 0) })
        .collect();
    let shared = least(repetitions, strip.len(), || {
        let column = |field: fn(&OptionInputs) -> f64| -> Vec<f64> { strip.iter().map(field).collect() };
        let options = american::AmericanColumns {
            option_type: &vec![OptionType::Put; strip.len()],
            spot: &column(|it| it.spot),
            strike: &column(|it| it.strike),
            years: &column(|it| it.years),
            rate: &column(|it| it.rate),
            dividend_yield: &column(|it| it.dividend_yield),
            preset: Accurate,
            threads: Threads::One,
        };
        let mut prices = vec![0.0; strip.len()];
        options.prices(&vec![0.3; strip.len()], &mut prices)?;
        Ok(prices)
    })?;
    report.add(Line::new("American price of an expiry, accurate", shared, AIM, 20e3, Some(1.0)));
    report.add(Line::new("American price + 6 Greeks, accurate", valued, AIM, 3.0 * 20e3, None));
    let implied = least_each(repetitions.min(5), rows, |row| {
        american::implied_volatility(&option(grid, row), reference[row], Accurate)
    });
    report.add(Line::new("American implied volatility, accurate", implied, "own price + Greeks", valued, None));
    Ok(())
}

/// Measures Heston's model and SABR.
pub(crate) fn volatilities(repetitions: usize, report: &mut Report) -> Result<()> {
    use heston::Preset::{Accurate, Precise};
    let parameters =
        heston::Parameters { variance: 0.04, reversion: 1.5, long_variance: 0.06, volatility: 0.5, correlation: -0.7 };
    let options: Vec<OptionInputs> = [0.02, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0]
        .iter()
        .flat_map(|years| {
            let put = |index: u32| OptionInputs {
                option_type: OptionType::Put,
                spot: 100.0,
                strike: 70.0 + 5.0 * f64::from(index),
                years: *years,
                rate: 0.03,
                dividend_yield: 0.01,
            };
            (0..13).map(put)
        })
        .collect();
    let count = options.len();
    for (name, preset, aim) in [("accurate", Accurate, 10e3), ("precise", Precise, 231e3)] {
        let time = least(repetitions, count, || {
            let price = |option| heston::price(option, &parameters, preset);
            Ok(options.iter().map(price).collect::<std::result::Result<Vec<_>, _>>()?)
        })?;
        report.add(Line::new(&format!("Heston price, {name}"), time, AIM, aim, Some(1.0)));
    }
    let time = least(repetitions, count, || {
        let value = |option| heston::valuation(option, &parameters, Accurate);
        Ok(options.iter().map(value).collect::<std::result::Result<Vec<_>, _>>()?)
    })?;
    report.add(Line::new("Heston price, Greeks and gradient", time, AIM, 10e3, Some(1.0)));
    let time = least(repetitions, count, || {
        let mut last = Vec::new();
        for strip in options.chunks(13) {
            let strikes: Vec<_> = strip.iter().map(|option| (option.option_type, option.strike)).collect();
            last = heston::prices(&strip[0], &strikes, &parameters, Accurate)?;
        }
        Ok(last)
    })?;
    report.add(Line::new("Heston price in a strip of 13", time, AIM, 1e3, Some(1.0)));

    let quotes = dax()?;
    let time = least(repetitions, 1, || Ok(heston::calibrate(&quotes)?))?;
    report.add(Line::new("Heston fit of 104 quotes", time, AIM, 12e6, Some(1.0)));
    let found = heston::calibrate(&quotes)?;
    let squares = found.quality.rmse.powi(2) * 1e4 * quotes.len() as f64;
    println!(
        "Heston, DAX of 5 July 2002: sum of squared errors {squares:.2} in squared volatility points, Sepp's is 177.2"
    );

    let smile = sabr::Parameters { alpha: 1.9, beta: 0.5, rho: -0.4, nu: 0.6 };
    let points: Vec<Point> =
        (0..31).map(|index| Point { forward: 100.0, strike: 55.0 + 3.0 * f64::from(index), years: 0.4 }).collect();
    let volatility = |point| sabr::volatility(black_box(&smile), point);
    let volatilities = points.iter().map(volatility).collect::<std::result::Result<Vec<_>, _>>()?;
    let time = least(100 * repetitions, points.len(), || {
        Ok(points
            .iter()
            .map(volatility)
            .try_fold(0.0, |sum, volatility| volatility.map(|volatility| sum + volatility))?)
    })?;
    report.add(Line::new("SABR volatility", time, AIM, 50.0, Some(1.0)));
    let quotes: Vec<VolatilityQuote> = points
        .iter()
        .zip(volatilities)
        .map(|(point, volatility)| VolatilityQuote::of_mid(point.forward, point.strike, point.years, volatility))
        .collect();
    let time = least(repetitions, 1, || Ok(sabr::calibrate(&quotes, Some(0.5), Formula::Hagan)?))?;
    report.add(Line::new("SABR fit of 31 quotes", time, AIM, 62e3, Some(1.0)));
    Ok(())
}

/// Returns the published volatilities of a day.
fn dax() -> Result<Vec<VolatilityQuote>> {
    let text = include_str!("../../crates/pricing/tests/dax.csv");
    let mut quotes = Vec::new();
    for line in text.lines().skip_while(|line| !line.starts_with("strike")).skip(1) {
        let numbers = line.split(',').map(str::parse).collect::<std::result::Result<Vec<f64>, _>>()?;
        let [strike, days, rate, volatility] = numbers[..] else { return Err(format!("not a row: {line}").into()) };
        let years = days / 365.0;
        quotes.push(VolatilityQuote::of_mid(4468.17 * (rate * years).exp(), strike, years, volatility));
    }
    Ok(quotes)
}

/// Measures Ornstein–Uhlenbeck processes.
pub(crate) fn spreads(repetitions: usize, report: &mut Report) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(1930);
    let mut value = 0.0;
    let series: Vec<f64> = (0..1000)
        .map(|_| {
            value = 0.95 * value + random.f64() - 0.5;
            value
        })
        .collect();
    let step = 1.0 / 252.0;
    let time = least(10 * repetitions, 1, || Ok(ou::fit(&series, step)?))?;
    report.add(Line::new("Ornstein–Uhlenbeck fit of 1,000 values", time, AIM, 10e3, None));
    let time = least(repetitions, 1, || Ok(ou::adf(&series, ou::Trend::Constant, ou::Lags::Akaike)?))?;
    report.add(Line::new("ADF test of 1,000 values, lags by AIC", time, AIM, 10e6, None));
    let process = ou::fit(&series, step)?.process;
    let time = least(repetitions, 1, || Ok(ou::return_thresholds(&process, 0.01)?))?;
    report.add(Line::new("Ornstein–Uhlenbeck entry and exit", time, AIM, 1e6, None));
    Ok(())
}
