//! European options: single ones, rows and columns of them.

use strikebook_core::{
    market::OptionType,
    pricing::{OptionInputs, Pricer},
};
use strikebook_pricing::{
    BlackScholes, Greeks, Instructions, PricingError, bachelier, batch, black_scholes, black76,
    black76::ForwardInputs,
    columns::{AllGreekColumns, BachelierColumns, Black76Columns, BlackScholesColumns, Failure, GreekColumns, Threads},
};

use crate::{
    draw::Draw,
    run::{Target, target},
};

const CALLS: u64 = 14_000;
const BATCHES: u64 = 1_000;

pub(crate) fn targets() -> Vec<Target> {
    let mut targets = single();
    targets.extend(many());
    targets
}

/// Returns a value, and true if it is not negative.
fn not_negative(value: Result<f64, PricingError>) -> Result<(f64, bool), PricingError> {
    value.map(|value| (value, value >= 0.0))
}

fn probability(value: Result<f64, PricingError>) -> Result<bool, PricingError> {
    value.map(|value| (0.0..=1.0).contains(&value))
}

fn spot(draw: &mut Draw) -> (OptionInputs, f64) {
    (draw.option(), draw.volatility())
}

fn forward(draw: &mut Draw) -> (ForwardInputs, f64) {
    (draw.forward(), draw.volatility())
}

fn priced_forward(draw: &mut Draw) -> (ForwardInputs, f64) {
    let (OptionInputs { option_type, spot, strike, years, rate, .. }, price) = draw.priced();
    (ForwardInputs { option_type, forward: spot, strike, years, rate }, price)
}

fn single() -> Vec<Target> {
    vec![
        target(&["black_scholes::price"], CALLS, spot, |(option, volatility)| {
            not_negative(black_scholes::price(option, *volatility))
        }),
        target(&["black_scholes::greeks"], CALLS, spot, |(option, volatility)| {
            black_scholes::greeks(option, *volatility)
        }),
        target(&["black_scholes::price_and_greeks"], CALLS, spot, |(option, volatility)| {
            black_scholes::price_and_greeks(option, *volatility)
        }),
        target(&["black_scholes::implied_volatility"], CALLS, Draw::priced, |(option, price)| {
            not_negative(black_scholes::implied_volatility(option, *price))
        }),
        target(&["black_scholes::probability_of_touching"], CALLS, spot, |(option, volatility)| {
            probability(black_scholes::probability_of_touching(option, *volatility))
        }),
        target(&["black76::price"], CALLS, forward, |(option, volatility)| {
            not_negative(black76::price(option, *volatility))
        }),
        target(&["black76::greeks"], CALLS, forward, |(option, volatility)| black76::greeks(option, *volatility)),
        target(&["black76::price_and_greeks"], CALLS, forward, |(option, volatility)| {
            black76::price_and_greeks(option, *volatility)
        }),
        target(&["black76::implied_volatility"], CALLS, priced_forward, |(option, price)| {
            not_negative(black76::implied_volatility(option, *price))
        }),
        target(&["black76::probability_of_touching"], CALLS, forward, |(option, volatility)| {
            probability(black76::probability_of_touching(option, *volatility))
        }),
        target(&["bachelier::price"], CALLS, forward, |(option, volatility)| {
            not_negative(bachelier::price(option, *volatility))
        }),
        target(&["bachelier::greeks"], CALLS, forward, |(option, volatility)| bachelier::greeks(option, *volatility)),
        target(&["bachelier::price_and_greeks"], CALLS, forward, |(option, volatility)| {
            bachelier::price_and_greeks(option, *volatility)
        }),
        target(&["bachelier::implied_volatility"], CALLS, priced_forward, |(option, price)| {
            not_negative(bachelier::implied_volatility(option, *price))
        }),
        target(&["bachelier::probability_of_touching"], CALLS, forward, |(option, volatility)| {
            probability(bachelier::probability_of_touching(option, *volatility))
        }),
        target(
            &[
                "units::Greeks::theta_per_day",
                "units::Greeks::theta_per_trading_day",
                "units::Greeks::charm_per_day",
                "units::Greeks::color_per_day",
                "units::Greeks::veta_per_point_and_day",
                "units::Greeks::vega_per_point",
                "units::Greeks::vanna_per_point",
                "units::Greeks::zomma_per_point",
                "units::Greeks::volga_per_point_squared",
                "units::Greeks::ultima_per_point_cubed",
                "units::Greeks::rho_per_point",
                "units::Greeks::epsilon_per_point",
            ],
            CALLS,
            spot,
            |(option, volatility)| black_scholes::greeks(option, *volatility).map(|greeks| in_points(&greeks)),
        ),
        target(&["instructions::Instructions::limit"], CALLS, spot, |(option, volatility)| {
            let valued = || black_scholes::price_and_greeks(option, *volatility);
            [Instructions::Portable, Instructions::Avx2, Instructions::Widest].map(|limit| limit.limit(valued))
        }),
    ]
}

fn in_points(greeks: &Greeks) -> [f64; 12] {
    [
        greeks.theta_per_day(),
        greeks.theta_per_trading_day(),
        greeks.charm_per_day(),
        greeks.color_per_day(),
        greeks.veta_per_point_and_day(),
        greeks.vega_per_point(),
        greeks.vanna_per_point(),
        greeks.zomma_per_point(),
        greeks.volga_per_point_squared(),
        greeks.ultima_per_point_cubed(),
        greeks.rho_per_point(),
        greeks.epsilon_per_point(),
    ]
}

/// Returns rows of options with a volatility or a price.
fn rows(draw: &mut Draw) -> Vec<(OptionInputs, f64)> {
    rows_up_to(draw, 40)
}

fn rows_up_to(draw: &mut Draw, most: usize) -> Vec<(OptionInputs, f64)> {
    let priced = draw.one_of([false, true]);
    draw.list(most, |draw| if priced { draw.priced() } else { spot(draw) })
}

/// Returns the columns of some rows, one of which may be of another length.
pub(crate) fn columns_up_to(draw: &mut Draw, most: usize) -> (Vec<OptionType>, [Vec<f64>; 6]) {
    let rows = rows_up_to(draw, most);
    let column = |of: fn(&(OptionInputs, f64)) -> f64| rows.iter().map(of).collect::<Vec<_>>();
    let mut columns = [
        column(|row| row.0.spot),
        column(|row| row.0.strike),
        column(|row| row.0.years),
        column(|row| row.0.rate),
        column(|row| row.0.dividend_yield),
        column(|row| row.1),
    ];
    if draw.one_of([false, false, false, false, true]) {
        columns[draw.one_of([0, 1, 2, 3, 4, 5])].push(1.0);
    }
    (rows.iter().map(|(option, _)| option.option_type).collect(), columns)
}

fn columns(draw: &mut Draw) -> (Vec<OptionType>, [Vec<f64>; 6]) {
    columns_up_to(draw, 40)
}

/// Returns true if each row of outputs is finite if and only if the row did not fail, and failures are in the order of
/// rows.
pub(crate) fn consistent<const N: usize>(
    rows: usize,
    outputs: &[Vec<f64>; N],
    failures: Result<Vec<Failure>, PricingError>,
) -> Result<bool, PricingError> {
    let failures = failures?;
    let ordered = failures.windows(2).all(|pair| pair[0].row < pair[1].row);
    let agrees = |row: usize| {
        let failed = failures.iter().any(|failure| failure.row == row);
        outputs.iter().all(|column| if failed { column[row].is_nan() } else { column[row].is_finite() })
    };
    Ok(ordered && (0..rows).all(agrees))
}

fn outputs<const N: usize>(rows: usize) -> [Vec<f64>; N] {
    std::array::from_fn(|_| vec![0.0; rows])
}

/// Calls the four functions that all models' columns have in common, and checks that the outputs of each are
/// consistent.
macro_rules! columns_of {
    ($options:expr, $rows:expr, $number:expr) => {{
        let (options, rows, number) = ($options, $rows, $number);
        let mut price = outputs::<1>(rows);
        let failures = options.prices(number, &mut price[0]);
        let prices = consistent(rows, &price, failures);
        let mut some = outputs::<6>(rows);
        let failures = options.greeks(number, GreekColumns::from_columns(some.each_mut().map(Vec::as_mut_slice)));
        let greeks = consistent(rows, &some, failures);
        let mut all = outputs::<18>(rows);
        let failures = options.all_greeks(number, AllGreekColumns::from_columns(all.each_mut().map(Vec::as_mut_slice)));
        let all_greeks = consistent(rows, &all, failures);
        let mut volatility = outputs::<1>(rows);
        let failures = options.implied_volatilities(number, &mut volatility[0]);
        [prices, greeks, all_greeks, consistent(rows, &volatility, failures)]
    }};
}

fn many() -> Vec<Target> {
    vec![
        target(&["batch::prices"], BATCHES, rows, |rows| batch::prices(rows)),
        target(&["batch::greeks"], BATCHES, rows, |rows| batch::greeks(rows)),
        target(&["batch::prices_and_greeks"], BATCHES, rows, |rows| batch::prices_and_greeks(rows)),
        target(&["batch::implied_volatilities"], BATCHES, rows, |rows| batch::implied_volatilities(rows)),
        target(&["pricer::BlackScholes"], BATCHES, rows, |rows| {
            (BlackScholes.value(rows), BlackScholes.implied_volatility(rows))
        }),
        target(
            &[
                "columns::prices",
                "columns::greeks",
                "columns::all_greeks",
                "columns::implied_volatilities",
                "columns::from_columns",
            ],
            BATCHES,
            columns,
            |(option_type, [spot, strike, years, rate, dividend_yield, number])| {
                let threads = Threads::One;
                let options = BlackScholesColumns { option_type, spot, strike, years, rate, dividend_yield, threads };
                columns_of!(options, option_type.len(), number)
            },
        ),
        target(
            &["columns::Black76Columns"],
            BATCHES,
            columns,
            |(option_type, [forward, strike, years, rate, _, number])| {
                let options = Black76Columns { option_type, forward, strike, years, rate, threads: Threads::One };
                columns_of!(options, option_type.len(), number)
            },
        ),
        target(
            &["columns::BachelierColumns"],
            BATCHES,
            columns,
            |(option_type, [forward, strike, years, rate, _, number])| {
                let options = BachelierColumns { option_type, forward, strike, years, rate, threads: Threads::One };
                columns_of!(options, option_type.len(), number)
            },
        ),
    ]
}
