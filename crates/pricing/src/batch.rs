//! Many options at once, as rows. An option without a value does not hinder the others.
//!
//! The rows are copied into [`columns`](crate::columns) and valued there.

use strikebook_core::{market::OptionType, pricing::OptionInputs};

use crate::{
    Greeks,
    columns::{AllGreekColumns, BlackScholesColumns, Failure, Threads},
    error::PricingError,
    lanes::black::ALL,
};

/// Returns [`black_scholes::price`](crate::black_scholes::price) of each `(option, volatility)`, in their order.
pub fn prices(options: &[(OptionInputs, f64)]) -> Vec<Result<f64, PricingError>> {
    let columns = Columns::of(options);
    let mut price = vec![0.0; options.len()];
    let failures = columns.options().prices(&columns.number, &mut price);
    results(failures, options.len(), |row| price[row])
}

/// Returns [`black_scholes::greeks`](crate::black_scholes::greeks) of each `(option, volatility)`, in their order.
pub fn greeks(options: &[(OptionInputs, f64)]) -> Vec<Result<Greeks, PricingError>> {
    prices_and_greeks(options).into_iter().map(|valued| Ok(valued?.1)).collect()
}

/// Returns [`black_scholes::price_and_greeks`](crate::black_scholes::price_and_greeks) of each `(option, volatility)`,
/// in their order.
pub fn prices_and_greeks(options: &[(OptionInputs, f64)]) -> Vec<Result<(f64, Greeks), PricingError>> {
    let columns = Columns::of(options);
    let mut values: [Vec<f64>; ALL] = std::array::from_fn(|_| vec![0.0; options.len()]);
    let outputs = AllGreekColumns::from_columns(values.each_mut().map(Vec::as_mut_slice));
    let failures = columns.options().all_greeks(&columns.number, outputs);
    results(failures, options.len(), |row| {
        let values = values.each_ref().map(|column| column[row]);
        (values[0], Greeks::from_values(&values, columns.spot[row]))
    })
}

/// Returns [`black_scholes::implied_volatility`](crate::black_scholes::implied_volatility) of each `(option, price)`,
/// in their order.
pub fn implied_volatilities(options: &[(OptionInputs, f64)]) -> Vec<Result<f64, PricingError>> {
    let columns = Columns::of(options);
    let mut volatility = vec![0.0; options.len()];
    let failures = columns.options().implied_volatilities(&columns.number, &mut volatility);
    results(failures, options.len(), |row| volatility[row])
}

/// Options in columns, each with a volatility or a price.
#[derive(Default)]
struct Columns {
    option_type: Vec<OptionType>,
    spot: Vec<f64>,
    strike: Vec<f64>,
    years: Vec<f64>,
    rate: Vec<f64>,
    dividend_yield: Vec<f64>,
    number: Vec<f64>,
}

impl Columns {
    fn of(options: &[(OptionInputs, f64)]) -> Self {
        let column = |of: fn(&OptionInputs) -> f64| options.iter().map(|(option, _)| of(option)).collect();
        Self {
            option_type: options.iter().map(|(option, _)| option.option_type).collect(),
            spot: column(|option| option.spot),
            strike: column(|option| option.strike),
            years: column(|option| option.years),
            rate: column(|option| option.rate),
            dividend_yield: column(|option| option.dividend_yield),
            number: options.iter().map(|(_, number)| *number).collect(),
        }
    }

    fn options(&self) -> BlackScholesColumns<'_> {
        BlackScholesColumns {
            option_type: &self.option_type,
            spot: &self.spot,
            strike: &self.strike,
            years: &self.years,
            rate: &self.rate,
            dividend_yield: &self.dividend_yield,
            threads: Threads::One,
        }
    }
}

/// Returns each row's value, or the reason why the row has none.
fn results<T>(
    failures: Result<Vec<Failure>, PricingError>,
    rows: usize,
    value: impl Fn(usize) -> T,
) -> Vec<Result<T, PricingError>> {
    // Only columns of different lengths fail as a whole, and these have one length.
    let failures = match failures {
        Ok(failures) => failures,
        Err(error) => (0..rows).map(|row| Failure { row, error }).collect(),
    };
    let mut failures = failures.into_iter().peekable();
    let result = |row| {
        failures.next_if(|failure| failure.row == row).map_or_else(|| Ok(value(row)), |failure| Err(failure.error))
    };
    (0..rows).map(result).collect()
}
