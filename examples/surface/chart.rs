//! Smiles and the surface as SVG.

use std::error::Error;

use plotters::prelude::*;
use strikebook::models::{
    sabr::{self, Point},
    svi::Surface,
};

use crate::fits::Fitted;

type Drawn = Result<String, Box<dyn Error>>;

const SVI: RGBColor = RGBColor(30, 90, 170);
const SABR: RGBColor = RGBColor(200, 120, 20);
const QUOTED: RGBColor = RGBColor(110, 110, 110);

/// Draws the volatilities of bid and ask by log-moneyness, with the models' curves.
pub(crate) fn smile(fitted: &Fitted) -> Drawn {
    let quoted: Vec<_> =
        fitted.quotes.iter().map(|quote| ((quote.strike / quote.forward).ln(), quote.bid, quote.ask)).collect();
    let (Some(first), Some(last)) = (quoted.first(), quoted.last()) else { return Ok(String::new()) };
    let (left, right) = (first.0 - 0.01, last.0 + 0.01);
    let low = quoted.iter().map(|(_, bid, _)| *bid).fold(f64::MAX, f64::min);
    let high = quoted.iter().map(|(_, _, ask)| *ask).fold(0.0, f64::max);
    let margin = 0.1 * (high - low) + 0.005;
    let places = || (0..=120).map(|step| left + (right - left) * f64::from(step) / 120.0);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (460, 280)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .caption(fitted.expiration.to_string(), ("sans-serif", 15))
            .x_label_area_size(28)
            .y_label_area_size(44)
            .build_cartesian_2d(left..right, (low - margin).max(0.0)..high + margin)?;
        chart
            .configure_mesh()
            .x_labels(6)
            .y_labels(6)
            .y_label_formatter(&|volatility| format!("{:.0} %", 100.0 * volatility))
            .light_line_style(BLACK.mix(0.04))
            .draw()?;
        let bars = quoted.iter().map(|(k, bid, ask)| PathElement::new([(*k, *bid), (*k, *ask)], QUOTED.mix(0.6)));
        chart.draw_series(bars)?;
        if let Ok(fit) = &fitted.sabr {
            let forward = fitted.quotes.first().map_or(1.0, |quote| quote.forward);
            let volatility = |k: f64| {
                let point = Point { forward, strike: forward * k.exp(), years: fitted.years };
                Some((k, sabr::volatility(&fit.parameters, &point).ok()?))
            };
            chart.draw_series(LineSeries::new(places().filter_map(volatility), &SABR))?;
        }
        if let Ok(fit) = &fitted.sound {
            let volatility = |k: f64| (k, (fit.slice.total_variance(k) / fit.years).sqrt());
            chart.draw_series(LineSeries::new(places().map(volatility), SVI.stroke_width(2)))?;
        }
        area.present()?;
    }
    Ok(svg)
}

/// The range of log-moneyness in units of the root of time: near the money at any time.
const WIDTH: f64 = 0.6;

/// Draws the volatility over time and log-moneyness per root of time.
pub(crate) fn surface(surface: &Surface) -> Drawn {
    let Some((start, end)) = ends(surface) else { return Ok(String::new()) };
    let parts = |count: i32, from: f64, until: f64| {
        (0..=count).map(move |step| from + (until - from) * f64::from(step) / f64::from(count))
    };
    // By the root of time, which gives the near expirations room.
    let (start, end) = (start.sqrt(), end.sqrt());
    let volatility = |x: f64, root: f64| surface.volatility(x * root, root * root).unwrap_or(0.0);
    let all = || parts(40, -WIDTH, WIDTH).flat_map(|x| parts(40, start, end).map(move |root| (x, root)));
    let (low, high) = all()
        .map(|(x, root)| volatility(x, root))
        .fold((f64::MAX, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (960, 560)).into_drawing_area();
        area.fill(&WHITE)?;
        let heights = 0.95 * low..1.02 * high;
        let mut chart = ChartBuilder::on(&area).margin(8).build_cartesian_3d(-WIDTH..WIDTH, heights, start..end)?;
        chart.with_projection(|mut projection| {
            (projection.pitch, projection.yaw, projection.scale) = (0.35, 0.75, 0.8);
            projection.into_matrix()
        });
        chart
            .configure_axes()
            .x_formatter(&|x| format!("{x:.1}"))
            .y_formatter(&|volatility| format!("{:.0} %", 100.0 * volatility))
            .z_formatter(&|root| format!("{:.2} y", root * root))
            .light_grid_style(BLACK.mix(0.08))
            .draw()?;
        let color = |volatility: &f64| {
            let height = ((volatility - low) / (high - low).max(1e-9)).clamp(0.0, 1.0);
            HSLColor(0.62 * (1.0 - height), 0.65, 0.5).mix(0.85).filled()
        };
        let (xs, roots): (Vec<_>, Vec<_>) = (parts(40, -WIDTH, WIDTH).collect(), parts(40, start, end).collect());
        chart.draw_series(SurfaceSeries::xoz(xs.into_iter(), roots.into_iter(), volatility).style_func(&color))?;
        area.present()?;
    }
    Ok(svg)
}

/// Draws the total variance of each slice: where two lines cross, a calendar spread has a negative price.
pub(crate) fn total_variance(surface: &Surface) -> Drawn {
    let Some((_, end)) = ends(surface) else { return Ok(String::new()) };
    let width = WIDTH * end.sqrt();
    let places = || (0..=160).map(|step| width * (f64::from(step) / 80.0 - 1.0));
    let slices = surface.maturities();
    let high = slices.iter().flat_map(|one| [-width, 0.0, width].map(|k| one.slice.total_variance(k)));
    let high = high.fold(0.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (960, 360)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .margin(8)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(-width..width, 0.0..1.05 * high)?;
        chart
            .configure_mesh()
            .x_desc("log-moneyness")
            .y_desc("total variance")
            .light_line_style(BLACK.mix(0.04))
            .draw()?;
        for (index, one) in slices.iter().enumerate() {
            let color = HSLColor(0.62 * (1.0 - index as f64 / slices.len() as f64), 0.7, 0.45);
            chart.draw_series(LineSeries::new(places().map(|k| (k, one.slice.total_variance(k))), color))?;
        }
        area.present()?;
    }
    Ok(svg)
}

/// Returns the first and the last time of the surface; around a single slice, a span of its own.
fn ends(surface: &Surface) -> Option<(f64, f64)> {
    let (first, last) = (surface.maturities().first()?.years, surface.maturities().last()?.years);
    Some(if first < last { (first, last) } else { (0.5 * first, 1.5 * first) })
}
