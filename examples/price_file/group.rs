//! A batch of rows, valued as columns of one model and one question at a time.

use std::fmt;

use strikebook::market::OptionType;
use strikebook::models::PricingError;
use strikebook::models::columns::{
    BachelierColumns, Black76Columns, BlackScholesColumns, Failure, GreekColumns, Threads,
};

use crate::american::{self, Preset};
use crate::row::{Asked, Model, Request, Row};

/// What a row gets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Solved {
    /// The price, or the volatility, whichever was asked for.
    pub(crate) asked: f64,
    /// Delta, gamma, vega, theta, rho.
    pub(crate) greeks: [f64; 5],
}

/// Why a row gets nothing, or no Greeks.
#[derive(Debug, Clone)]
pub(crate) struct Unsolved {
    /// In a word.
    pub(crate) kind: &'static str,
    /// In a sentence.
    pub(crate) reason: String,
    /// The price, where there is one but no Greeks.
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

/// The outcome of each row, in their order.
pub(crate) fn value(rows: &[Row], preset: Preset) -> Vec<Result<Solved, Unsolved>> {
    let mut outcomes: Vec<Option<Result<Solved, Unsolved>>> = vec![None; rows.len()];
    for model in [Model::BlackScholes, Model::Black76, Model::Bachelier] {
        for price_is_asked in [true, false] {
            let mut group = Group::new(model);
            for (index, row) in rows.iter().enumerate() {
                if let Ok(request) = &row.request
                    && request.model == model
                    && matches!(request.asked, Asked::Price(_)) == price_is_asked
                {
                    group.push(index, request);
                }
            }
            for (index, outcome) in group.solve(price_is_asked) {
                outcomes[index] = Some(outcome);
            }
        }
    }
    let one_by_one = |(outcome, row): (Option<_>, &Row)| match &row.request {
        Err(problem) => Err(problem.clone()),
        Ok(request) => outcome.unwrap_or_else(|| american::value(request, preset)),
    };
    outcomes.into_iter().zip(rows).map(one_by_one).collect()
}

/// Rows of one model that ask the same question.
struct Group {
    model: Model,
    indexes: Vec<usize>,
    option_type: Vec<OptionType>,
    spot: Vec<f64>,
    strike: Vec<f64>,
    years: Vec<f64>,
    rate: Vec<f64>,
    dividend_yield: Vec<f64>,
    given: Vec<f64>,
}

impl Group {
    fn new(model: Model) -> Self {
        Self {
            model,
            indexes: Vec::new(),
            option_type: Vec::new(),
            spot: Vec::new(),
            strike: Vec::new(),
            years: Vec::new(),
            rate: Vec::new(),
            dividend_yield: Vec::new(),
            given: Vec::new(),
        }
    }

    fn push(&mut self, index: usize, request: &Request) {
        let (Asked::Price(given) | Asked::Volatility(given)) = request.asked;
        self.indexes.push(index);
        self.option_type.push(request.option_type);
        self.spot.push(request.spot);
        self.strike.push(request.strike);
        self.years.push(request.years);
        self.rate.push(request.rate);
        self.dividend_yield.push(request.dividend_yield);
        self.given.push(given);
    }

    /// Each row's index and outcome.
    fn solve(&self, price_is_asked: bool) -> Vec<(usize, Result<Solved, Unsolved>)> {
        let rows = self.indexes.len();
        let mut reasons: Vec<Option<PricingError>> = vec![None; rows];
        let mut note = |failures: Vec<Failure>| {
            for Failure { row, error } in failures {
                // The first reason is the one: a volatility that there is not has no Greeks either.
                reasons[row].get_or_insert(error);
            }
        };
        let mut found = vec![0.0; rows];
        note(if price_is_asked { self.prices(&mut found) } else { self.volatilities(&mut found) });
        let volatility = if price_is_asked { &self.given } else { &found };
        let mut columns = [const { Vec::new() }; 6].map(|_: Vec<f64>| vec![0.0; rows]);
        note(self.greeks(volatility, &mut columns));

        let [_, delta, gamma, vega, theta, rho] = columns;
        let outcome = |row: usize| match reasons[row] {
            None => Ok(Solved { asked: found[row], greeks: [delta[row], gamma[row], vega[row], theta[row], rho[row]] }),
            Some(error) => {
                let price = Some(found[row]).filter(|price| price_is_asked && price.is_finite());
                Err(Unsolved { price, ..Unsolved::from(error) })
            }
        };
        self.indexes.iter().enumerate().map(|(row, index)| (*index, outcome(row))).collect()
    }

    fn prices(&self, price: &mut [f64]) -> Vec<Failure> {
        all_of_one_length(match self.model {
            Model::Black76 => self.black76().prices(&self.given, price),
            Model::Bachelier => self.bachelier().prices(&self.given, price),
            _ => self.black_scholes().prices(&self.given, price),
        })
    }

    fn volatilities(&self, volatility: &mut [f64]) -> Vec<Failure> {
        all_of_one_length(match self.model {
            Model::Black76 => self.black76().implied_volatilities(&self.given, volatility),
            Model::Bachelier => self.bachelier().implied_volatilities(&self.given, volatility),
            _ => self.black_scholes().implied_volatilities(&self.given, volatility),
        })
    }

    fn greeks(&self, volatility: &[f64], [price, delta, gamma, vega, theta, rho]: &mut [Vec<f64>; 6]) -> Vec<Failure> {
        let outputs = GreekColumns { price, delta, gamma, vega, theta, rho };
        all_of_one_length(match self.model {
            Model::Black76 => self.black76().greeks(volatility, outputs),
            Model::Bachelier => self.bachelier().greeks(volatility, outputs),
            _ => self.black_scholes().greeks(volatility, outputs),
        })
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

/// The columns of a group are, so that there are failures of rows only.
fn all_of_one_length(failures: Result<Vec<Failure>, PricingError>) -> Vec<Failure> {
    failures.unwrap_or_default()
}
