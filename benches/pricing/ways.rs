//! The implementations that value the options, in turn.

use std::{hint::black_box, time::Instant};

use strikebook_core::pricing::OptionInputs;
use strikebook_pricing::{
    PricingError, black_scholes,
    columns::{AllGreekColumns, GreekColumns},
};

use crate::{
    grid::Grid,
    peers,
    report::{Line, Report},
};

/// An implementation, and the columns that its run writes.
type Way<'a> = Box<dyn FnMut(&mut Buffers) -> Result<(), PricingError> + 'a>;

/// The columns of results.
struct Buffers(Vec<Vec<f64>>);

impl Buffers {
    fn new(rows: usize) -> Self {
        Self(vec![vec![0.0; rows]; 18])
    }

    fn first(&mut self) -> &mut [f64] {
        &mut self.0[0]
    }

    /// Returns the first rows of the first columns.
    fn array<const N: usize>(&mut self, rows: usize) -> [&mut [f64]; N] {
        let mut columns = self.0.iter_mut();
        std::array::from_fn(|_| columns.next().map_or(&mut [][..], |column| &mut column[..rows]))
    }
}

/// Returns the least nanoseconds an option of each implementation.
fn least(rows: usize, repetitions: usize, ways: &mut [Way<'_>]) -> Result<Vec<f64>, PricingError> {
    let mut buffers = Buffers::new(rows);
    let mut least = vec![f64::INFINITY; ways.len()];
    for _ in 0..=repetitions {
        for (way, least) in ways.iter_mut().zip(&mut least) {
            let start = Instant::now();
            way(&mut buffers)?;
            *least = least.min(start.elapsed().as_secs_f64() * 1e9 / rows as f64);
            black_box(&buffers.0);
        }
    }
    Ok(least)
}

/// Returns an implementation that values one row after the other.
fn row_by_row<'a>(grid: &'a Grid, value: impl Fn(&Grid, usize) -> f64 + 'a) -> Way<'a> {
    Box::new(move |buffers| {
        for (row, place) in buffers.first().iter_mut().enumerate() {
            *place = value(grid, row);
        }
        Ok(())
    })
}

/// Returns a row of the grid.
pub(crate) fn option(grid: &Grid, row: usize) -> OptionInputs {
    OptionInputs {
        option_type: grid.option_type[row],
        spot: grid.spot[row],
        strike: grid.strike[row],
        years: grid.years[row],
        rate: grid.rate[row],
        dividend_yield: grid.dividend_yield[row],
    }
}

/// Measures prices and Greeks.
pub(crate) fn prices(grid: &Grid, repetitions: usize, report: &mut Report) -> Result<(), PricingError> {
    let mut ways: [Way<'_>; 8] = [
        row_by_row(grid, peers::plain_price),
        Box::new(|buffers| {
            let [price, delta, gamma, vega, theta, rho] = buffers.array(grid.spot.len());
            for row in 0..price.len() {
                [price[row], delta[row], gamma[row], vega[row], theta[row], rho[row]] = peers::plain_greeks(grid, row);
            }
            Ok(())
        }),
        row_by_row(grid, peers::implied_vol_price),
        Box::new(|buffers| {
            grid.chains().try_for_each(|rows| {
                let [price] = buffers.array(rows.len());
                grid.rows(rows.clone()).prices(&grid.volatility[rows], price).map(drop)
            })
        }),
        Box::new(|buffers| {
            grid.chains().try_for_each(|rows| {
                let outputs = GreekColumns::from_columns(buffers.array(rows.len()));
                grid.rows(rows.clone()).greeks(&grid.volatility[rows], outputs).map(drop)
            })
        }),
        Box::new(|buffers| {
            grid.chains().try_for_each(|rows| {
                let outputs = AllGreekColumns::from_columns(buffers.array(rows.len()));
                grid.rows(rows.clone()).all_greeks(&grid.volatility[rows], outputs).map(drop)
            })
        }),
        row_by_row(grid, |grid, row| {
            black_scholes::price(&option(grid, row), grid.volatility[row]).unwrap_or(f64::NAN)
        }),
        row_by_row(grid, |grid, row| {
            black_scholes::greeks(&option(grid, row), grid.volatility[row]).map_or(f64::NAN, |greeks| greeks.delta)
        }),
    ];
    let times = least(grid.spot.len(), repetitions, &mut ways)?;
    let [plain, plain_greeks, crate_price, price, greeks, all_greeks, one, one_greeks] = times[..] else {
        return Ok(());
    };
    report.add(Line::new("price, columns", price, "plain", plain, Some(0.22)));
    report.add(Line::new("price, columns", price, "implied-vol", crate_price, None));
    report.add(Line::new("price + 5 Greeks, columns", greeks, "own price", price, Some(1.25)));
    report.add(Line::new("price + 5 Greeks, columns", greeks, "plain", plain_greeks, None));
    report.add(Line::new("price + 17 Greeks, columns", all_greeks, "own price", price, Some(3.0)));
    report.add(Line::new("price, one option", one, "plain", plain, None));
    report.add(Line::new("18 Greeks, one option", one_greeks, "plain, 5 Greeks", plain_greeks, None));
    Ok(())
}

/// Measures implied volatilities of a grid of out-of-the-money options.
pub(crate) fn implied_volatilities(
    name: &str,
    grid: &Grid,
    repetitions: usize,
    report: &mut Report,
) -> Result<(), PricingError> {
    let rows = grid.spot.len();
    let mut ways: [Way<'_>; 4] = [
        row_by_row(grid, peers::implied_vol_hybrid),
        row_by_row(grid, peers::implied_vol_experimental),
        Box::new(|buffers| {
            grid.chains().try_for_each(|rows| {
                let [volatility] = buffers.array(rows.len());
                grid.rows(rows.clone()).implied_volatilities(&grid.price[rows], volatility).map(drop)
            })
        }),
        row_by_row(grid, |grid, row| {
            black_scholes::implied_volatility(&option(grid, row), grid.price[row]).unwrap_or(f64::NAN)
        }),
    ];
    let times = least(rows, repetitions, &mut ways)?;
    drop(ways);
    let [hybrid, experimental, own, one] = times[..] else { return Ok(()) };
    for (peer, theirs) in [("implied-vol", hybrid), ("its experimental mode", experimental)] {
        report.add(Line::new(&format!("implied volatility, columns, {name}"), own, peer, theirs, Some(0.27)));
        report.add(Line::new(&format!("implied volatility, one option, {name}"), one, peer, theirs, Some(1.0)));
    }

    let mut volatility = vec![0.0; rows];
    let failures = grid.columns().implied_volatilities(&grid.price, &mut volatility)?;
    let error = |found: &[f64]| {
        let errors = found.iter().zip(&grid.volatility).map(|(found, made_with)| (found / made_with - 1.0).abs());
        let mut errors: Vec<f64> = errors.collect();
        errors.sort_by(f64::total_cmp);
        let behind = |rows_behind: usize| errors.iter().rev().nth(rows_behind).copied().unwrap_or(f64::NAN);
        format!("median {:.0e}, 99.9 % {:.0e}, worst {:.0e}", behind(rows / 2), behind(rows / 1000), behind(0))
    };
    println!("{name}: {rows} implied volatilities, {} of ours without a value", failures.len());
    println!("  errors against the volatility that made the price: ours {}", error(&volatility));
    let of = |peer: fn(&Grid, usize) -> f64| error(&(0..rows).map(|row| peer(grid, row)).collect::<Vec<f64>>());
    println!("  implied-vol {}", of(peers::implied_vol_hybrid));
    println!("  its experimental mode {}", of(peers::implied_vol_experimental));
    Ok(())
}
