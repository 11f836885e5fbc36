//! A batch of rows, valued in columns of one model and one unknown at a time.

use std::fmt;

use strikebook::{
    market::OptionType,
    models::{
        PricingError,
        american::{AmericanColumns, Preset},
        columns::{BachelierColumns, Black76Columns, BlackScholesColumns, Failure, GreekColumns, Threads},
    },
};

use crate::row::{Model, Request, Row};

/// The result of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Solved {
    /// The price or the volatility, whichever is the unknown.
    pub(crate) asked: f64,
    /// The delta, gamma, vega, theta and rho.
    pub(crate) greeks: [f64; 5],
}

/// The reason why a row has no result, or no Greeks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsolved {
    /// The reason in a word.
    pub(crate) kind: &'static str,
    /// The reason in a sentence.
    pub(crate) reason: String,
    /// The price, where there are no Greeks.
    pub(crate) price: Option<f64>,
}

impl fmt::Display for Unsolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)
    }
}

impl From<PricingError> for Unsolved {
    fn from(error: PricingError) -> Self {
        let kind = match error {
            PricingError::InvalidInput { .. } => "invalid input",
            PricingError::GreeksAtKink => "no Greeks",
            PricingError::Expired => "expired",
            PricingError::NoTimeValue { .. } => "below intrinsic",
            PricingError::AboveUpperBound { .. } => "above bound",
            _ => "out of range",
        };
        Self { kind, reason: error.to_string(), price: None }
    }
}

/// Returns the outcome of each row, in order.
pub(crate) fn value(rows: &[Row], preset: Preset) -> Vec<Result<Solved, Unsolved>> {
    let mut outcomes: Vec<Option<Result<Solved, Unsolved>>> = vec![None; rows.len()];
    for model in [Model::BlackScholes, Model::Black76, Model::Bachelier, Model::American] {
        for price_is_asked in [true, false] {
            let mut requests: Vec<(usize, Request)> = Vec::new();
            for (index, row) in rows.iter().enumerate() {
                match row.request {
                    Ok(request) if request.model == model && request.asks_for_price() == price_is_asked => {
                        requests.push((index, request));
                    }
                    _ => {}
                }
            }
            if model == Model::American {
                // Neighbours that differ only in spot and strike share the exercise boundary.
                requests.sort_by(|(_, a), (_, b)| a.cmp_by_boundary(b));
            }
            let group = Group::new(model, preset, &requests);
            for ((index, _), outcome) in requests.iter().zip(group.solve(price_is_asked)) {
                outcomes[*index] = Some(outcome);
            }
        }
    }
    // Every model has its group. A row without an outcome is malformed.
    let malformed = |row: &Row| Err(row.request.as_ref().err().cloned().unwrap_or_default());
    outcomes.into_iter().zip(rows).map(|(outcome, row)| outcome.unwrap_or_else(|| malformed(row))).collect()
}

/// The rows of one model with the same unknown.
struct Group {
    model: Model,
    preset: Preset,
    option_type: Vec<OptionType>,
    spot: Vec<f64>,
    strike: Vec<f64>,
    years: Vec<f64>,
    rate: Vec<f64>,
    dividend_yield: Vec<f64>,
    given: Vec<f64>,
}

impl Group {
    fn new(model: Model, preset: Preset, requests: &[(usize, Request)]) -> Self {
        let column = |field: fn(&Request) -> f64| requests.iter().map(|(_, request)| field(request)).collect();
        Self {
            model,
            preset,
            option_type: requests.iter().map(|(_, request)| request.option_type).collect(),
            spot: column(|request| request.spot),
            strike: column(|request| request.strike),
            years: column(|request| request.years),
            rate: column(|request| request.rate),
            dividend_yield: column(|request| request.dividend_yield),
            given: column(Request::given),
        }
    }

    /// Adds a row.
    fn only(&self, row: usize) -> Self {
        let Self { model, preset, .. } = *self;
        Self {
            model,
            preset,
            option_type: vec![self.option_type[row]],
            spot: vec![self.spot[row]],
            strike: vec![self.strike[row]],
            years: vec![self.years[row]],
            rate: vec![self.rate[row]],
            dividend_yield: vec![self.dividend_yield[row]],
            given: vec![self.given[row]],
        }
    }

    /// Returns the outcome of each row.
    fn solve(&self, price_is_asked: bool) -> Vec<Result<Solved, Unsolved>> {
        let rows = self.given.len();
        let mut reasons: Vec<Option<PricingError>> = vec![None; rows];
        let mut note = |failures: Vec<Failure>| {
            for Failure { row, error } in failures {
                // The first reason counts: without a volatility there are no Greeks either.
                reasons[row].get_or_insert(error);
            }
        };
        let mut implied = vec![0.0; rows];
        if !price_is_asked {
            note(self.volatilities(&mut implied));
        }
        let volatility = if price_is_asked { &self.given } else { &implied };
        let mut columns = [const { Vec::new() }; 6].map(|_: Vec<f64>| vec![0.0; rows]);
        note(self.greeks(volatility, &mut columns));

        let [price, delta, gamma, vega, theta, rho] = columns;
        let asked = if price_is_asked { price } else { implied };
        let outcome = |row: usize| match reasons[row] {
            None => Ok(Solved { asked: asked[row], greeks: [delta[row], gamma[row], vega[row], theta[row], rho[row]] }),
            // A row without Greeks may have a price.
            Some(error) => {
                let price = if price_is_asked { self.only(row).price() } else { None };
                Err(Unsolved { price, ..Unsolved::from(error) })
            }
        };
        (0..rows).map(outcome).collect()
    }

    /// Returns the price of the first row, if there is one.
    fn price(&self) -> Option<f64> {
        let mut price = [f64::NAN];
        let failures = match self.model {
            Model::BlackScholes => self.black_scholes().prices(&self.given, &mut price),
            Model::Black76 => self.black76().prices(&self.given, &mut price),
            Model::Bachelier => self.bachelier().prices(&self.given, &mut price),
            Model::American => self.american().prices(&self.given, &mut price),
        };
        failures.is_ok_and(|failures| failures.is_empty()).then_some(price[0])
    }

    fn volatilities(&self, volatility: &mut [f64]) -> Vec<Failure> {
        all_of_one_length(match self.model {
            Model::BlackScholes => self.black_scholes().implied_volatilities(&self.given, volatility),
            Model::Black76 => self.black76().implied_volatilities(&self.given, volatility),
            Model::Bachelier => self.bachelier().implied_volatilities(&self.given, volatility),
            Model::American => self.american().implied_volatilities(&self.given, volatility),
        })
    }

    fn greeks(&self, volatility: &[f64], [price, delta, gamma, vega, theta, rho]: &mut [Vec<f64>; 6]) -> Vec<Failure> {
        let outputs = GreekColumns { price, delta, gamma, vega, theta, rho };
        all_of_one_length(match self.model {
            Model::BlackScholes => self.black_scholes().greeks(volatility, outputs),
            Model::Black76 => self.black76().greeks(volatility, outputs),
            Model::Bachelier => self.bachelier().greeks(volatility, outputs),
            Model::American => self.american().greeks(volatility, outputs),
        })
    }

    fn american(&self) -> AmericanColumns<'_> {
        let BlackScholesColumns { option_type, spot, strike, years, rate, dividend_yield, threads } =
            self.black_scholes();
        AmericanColumns { option_type, spot, strike, years, rate, dividend_yield, preset: self.preset, threads }
    }

    fn black_scholes(&self) -> BlackScholesColumns<'_> {
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

    fn black76(&self) -> Black76Columns<'_> {
        let BlackScholesColumns { option_type, spot, strike, years, rate, threads, .. } = self.black_scholes();
        Black76Columns { option_type, forward: spot, strike, years, rate, threads }
    }

    fn bachelier(&self) -> BachelierColumns<'_> {
        let Black76Columns { option_type, forward, strike, years, rate, threads } = self.black76();
        BachelierColumns { option_type, forward, strike, years, rate, threads }
    }
}

/// The error for columns of different lengths, which a group never has.
fn all_of_one_length(failures: Result<Vec<Failure>, PricingError>) -> Vec<Failure> {
    failures.unwrap_or_default()
}
