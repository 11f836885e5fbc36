//! Curves as SVG, for the examples that write a page.

use std::error::Error;

use chrono::{DateTime, Utc};
use plotters::prelude::*;
use strikebook::{Decimal, trading::metrics::EquityPoint};

/// A curve over time.
pub(crate) type Curve = Vec<(DateTime<Utc>, f64)>;

fn to_f64(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(0.0)
}

/// The instants to mark on a curve, and their color.
pub(crate) type Marks<'a> = (&'a [DateTime<Utc>], RGBColor);

/// Returns the equity at each point.
pub(crate) fn equity(points: &[EquityPoint]) -> Curve {
    points.iter().map(|point| (point.at.to_datetime(), to_f64(point.equity))).collect()
}

/// Returns the drawdown at each point in percent of the highest equity before it; zero where that is not above zero.
pub(crate) fn drawdown(points: &[EquityPoint]) -> Curve {
    let mut peak = Decimal::MIN;
    let below = |point: &EquityPoint| {
        peak = peak.max(point.equity);
        let fell = to_f64(peak - point.equity);
        let fraction = if peak > Decimal::ZERO { fell / to_f64(peak) } else { 0.0 };
        (point.at.to_datetime(), -100.0 * fraction)
    };
    points.iter().map(below).collect()
}

/// Draws a curve and the area between it and a base line, with a dot at each mark.
pub(crate) fn draw(
    curve: &Curve,
    (name, unit): (&str, &str),
    base: f64,
    color: RGBColor,
    marks: &[Marks<'_>],
) -> Result<String, Box<dyn Error>> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (960, 320)).into_drawing_area();
        area.fill(&WHITE)?;
        let (Some(first), Some(last)) = (curve.first(), curve.last()) else { return Ok(String::new()) };
        let values = || curve.iter().map(|(_, value)| *value).chain([base]);
        let (low, high) = (values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max));
        let margin = ((high - low) * 0.05).max(0.01);
        let end = if last.0 > first.0 { last.0 } else { first.0 + chrono::TimeDelta::days(1) };
        let mut chart = ChartBuilder::on(&area)
            .margin(12)
            .x_label_area_size(28)
            .y_label_area_size(72)
            .build_cartesian_2d(first.0..end, (low - margin)..(high + margin))?;
        chart
            .configure_mesh()
            .x_label_formatter(&|at| at.format("%Y-%m-%d").to_string())
            .y_desc(format!("{name}, {unit}"))
            .light_line_style(BLACK.mix(0.05))
            .draw()?;
        chart.draw_series(AreaSeries::new(curve.iter().copied(), base, color.mix(0.15)).border_style(color))?;
        for (instants, color) in marks {
            // A mark is drawn at the first point that is not before it.
            let point = |at: &DateTime<Utc>| curve.get(curve.partition_point(|(other, _)| other < at)).copied();
            let dots = instants.iter().filter_map(point).map(|place| Circle::new(place, 4, color.filled()));
            chart.draw_series(dots)?;
        }
        area.present()?;
    }
    Ok(svg)
}
