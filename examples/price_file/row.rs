//! A row of the input, and its unknown.

use std::{cmp::Ordering, str};

use csv::{ByteRecord, StringRecord};
use strikebook::market::OptionType;

use crate::group::Unsolved;

/// The columns of the input.
pub(crate) const COLUMNS: [&str; 9] = ["model", "type", "spot", "strike", "years", "rate", "yield", "vol", "price"];

/// The name of a model in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    BlackScholes,
    Black76,
    Bachelier,
    American,
}

/// The unknown of a row, with the given value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    /// The price is unknown, at this volatility.
    Price(f64),
    /// The volatility is unknown, at this price.
    Volatility(f64),
}

/// The option and unknown of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) model: Model,
    pub(crate) option_type: OptionType,
    /// The spot; for `black76` and `bachelier` the forward.
    pub(crate) spot: f64,
    pub(crate) strike: f64,
    pub(crate) years: f64,
    pub(crate) rate: f64,
    pub(crate) dividend_yield: f64,
    pub(crate) asked: Asked,
}

impl Request {
    pub(crate) fn asks_for_price(&self) -> bool {
        matches!(self.asked, Asked::Price(_))
    }

    /// The given volatility or price.
    pub(crate) fn given(&self) -> f64 {
        let (Asked::Price(given) | Asked::Volatility(given)) = self.asked;
        given
    }

    /// Orders options that share an exercise boundary next to each other.
    pub(crate) fn cmp_by_boundary(&self, other: &Self) -> Ordering {
        let numbers = |request: &Self| [request.years, request.rate, request.dividend_yield, request.given()];
        let pairs = numbers(self).into_iter().zip(numbers(other));
        pairs.fold(self.option_type.cmp(&other.option_type), |order, (a, b)| order.then(a.total_cmp(&b)))
    }
}

/// A row as it was read.
pub(crate) struct Row {
    pub(crate) line: u64,
    pub(crate) text: ByteRecord,
    pub(crate) request: Result<Request, Unsolved>,
}

impl Row {
    pub(crate) fn new(text: ByteRecord) -> Self {
        let request = request(&text).map_err(|reason| Unsolved { kind: "malformed", reason, price: None });
        Self { line: text.position().map_or(0, csv::Position::line), text, request }
    }
}

/// Refuses a file with other columns.
pub(crate) fn check_header(header: &StringRecord) -> Result<(), String> {
    if header.iter().map(str::trim).eq(COLUMNS) {
        return Ok(());
    }
    let found: Vec<_> = header.iter().collect();
    Err(format!("the columns must be {}, not {}", COLUMNS.join(","), found.join(",")))
}

fn request(text: &ByteRecord) -> Result<Request, String> {
    if text.len() != COLUMNS.len() {
        return Err(format!("{} fields where there should be {}", text.len(), COLUMNS.len()));
    }
    let model = match field(text, 0)? {
        "bsm" => Model::BlackScholes,
        "black76" => Model::Black76,
        "bachelier" => Model::Bachelier,
        "american" => Model::American,
        other => return Err(format!("model must be bsm, black76, bachelier or american, not `{other}`")),
    };
    let option_type = match field(text, 1)? {
        "C" | "c" | "call" => OptionType::Call,
        "P" | "p" | "put" => OptionType::Put,
        other => return Err(format!("type must be C or P, not `{other}`")),
    };
    let dividend_yield = match number(text, 6)? {
        Some(dividend_yield) => dividend_yield,
        // The forward includes the yield.
        None if matches!(model, Model::Black76 | Model::Bachelier) => 0.0,
        None => return Err("yield is empty".to_owned()),
    };
    let asked = match (number(text, 7)?, number(text, 8)?) {
        (Some(volatility), None) => Asked::Price(volatility),
        (None, Some(price)) => Asked::Volatility(price),
        (None, None) => return Err("vol and price are both empty: one of them must be given".to_owned()),
        (Some(_), Some(_)) => {
            return Err("vol and price are both given: the one that is asked for must be empty".to_owned());
        }
    };
    let required = |index| number(text, index)?.ok_or_else(|| format!("{} is empty", COLUMNS[index]));
    Ok(Request {
        model,
        option_type,
        spot: required(2)?,
        strike: required(3)?,
        years: required(4)?,
        rate: required(5)?,
        dividend_yield,
        asked,
    })
}

fn field(text: &ByteRecord, index: usize) -> Result<&str, String> {
    let bytes = text.get(index).unwrap_or_default();
    str::from_utf8(bytes).map(str::trim).map_err(|_| format!("{} is not UTF-8", COLUMNS[index]))
}

fn number(text: &ByteRecord, index: usize) -> Result<Option<f64>, String> {
    match field(text, index)? {
        "" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| format!("{} must be a number, not `{digits}`", COLUMNS[index])),
    }
}
