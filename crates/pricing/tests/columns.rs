//! Columns of options against the functions of one option.

#![expect(clippy::unwrap_used, reason = "a test may unwrap")]

use proptest::prelude::*;
use strikebook_core::{market::OptionType, pricing::OptionInputs};
use strikebook_pricing::{
    Greeks, PricingError, bachelier, black_scholes, black76,
    black76::ForwardInputs,
    columns::{AllGreekColumns, BachelierColumns, Black76Columns, BlackScholesColumns, Failure, GreekColumns, Threads},
};

/// Options of all kinds, among them ones that have no value; enough for whole blocks and a part of one.
#[derive(Debug)]
struct Sample {
    option_type: Vec<OptionType>,
    spot: Vec<f64>,
    strike: Vec<f64>,
    years: Vec<f64>,
    rate: Vec<f64>,
    dividend_yield: Vec<f64>,
    volatility: Vec<f64>,
}

impl Sample {
    fn columns(&self, threads: Threads) -> BlackScholesColumns<'_> {
        BlackScholesColumns {
            option_type: &self.option_type,
            spot: &self.spot,
            strike: &self.strike,
            years: &self.years,
            rate: &self.rate,
            dividend_yield: &self.dividend_yield,
            threads,
        }
    }

    fn black76(&self) -> Black76Columns<'_> {
        let BlackScholesColumns { option_type, spot, strike, years, rate, threads, .. } = self.columns(Threads::One);
        Black76Columns { option_type, forward: spot, strike, years, rate, threads }
    }

    fn bachelier(&self) -> BachelierColumns<'_> {
        let Black76Columns { option_type, forward, strike, years, rate, threads } = self.black76();
        BachelierColumns { option_type, forward, strike, years, rate, threads }
    }

    fn option(&self, row: usize) -> OptionInputs {
        OptionInputs {
            option_type: self.option_type[row],
            spot: self.spot[row],
            strike: self.strike[row],
            years: self.years[row],
            rate: self.rate[row],
            dividend_yield: self.dividend_yield[row],
        }
    }

    fn forward(&self, row: usize) -> ForwardInputs {
        ForwardInputs {
            option_type: self.option_type[row],
            forward: self.spot[row],
            strike: self.strike[row],
            years: self.years[row],
            rate: self.rate[row],
        }
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let odd = || prop::sample::select(&[0.0, -0.0, -1.0, f64::NAN, f64::INFINITY, 1e-310, 1e300, 5e-324][..]);
    let mostly = move |usual: std::ops::Range<f64>| prop_oneof![20 => usual, 1 => odd()];
    let row = (
        any::<bool>(),
        mostly(50.0..200.0),
        mostly(50.0..200.0),
        mostly(0.001..3.0),
        mostly(-0.02..0.1),
        mostly(-0.02..0.1),
        mostly(0.01..1.5),
    );
    prop::collection::vec(row, 0..200).prop_map(|rows| Sample {
        option_type: rows.iter().map(|row| if row.0 { OptionType::Call } else { OptionType::Put }).collect(),
        spot: rows.iter().map(|row| row.1).collect(),
        strike: rows.iter().map(|row| row.2).collect(),
        years: rows.iter().map(|row| row.3).collect(),
        rate: rows.iter().map(|row| row.4).collect(),
        dividend_yield: rows.iter().map(|row| row.5).collect(),
        volatility: rows.iter().map(|row| row.6).collect(),
    })
}

/// Asserts that a column and its failures equal the results of the functions of one option, to the last bit.
fn assert_rows(column: &[f64], failures: &[Failure], one: impl Fn(usize) -> Result<f64, PricingError>) {
    let mut failures = failures.iter();
    for (row, value) in column.iter().enumerate() {
        match one(row) {
            Ok(expected) => assert_eq!(value.to_bits(), expected.to_bits(), "row {row}: {value} is not {expected}"),
            Err(error) => {
                let failure = failures.next().unwrap();
                assert_eq!((failure.row, failure.error.to_string()), (row, error.to_string()));
                assert!(value.is_nan());
            }
        }
    }
    assert_eq!(failures.next(), None);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn columns_are_their_rows(sample in sample()) {
        let rows = sample.spot.len();
        let columns = sample.columns(Threads::One);
        let one = |row: usize| black_scholes::price_and_greeks(&sample.option(row), sample.volatility[row]);

        let mut price = vec![0.0; rows];
        let failures = columns.prices(&sample.volatility, &mut price).unwrap();
        assert_rows(&price, &failures, |row| black_scholes::price(&sample.option(row), sample.volatility[row]));

        let mut volatility = vec![0.0; rows];
        let failures = columns.implied_volatilities(&price, &mut volatility).unwrap();
        assert_rows(&volatility, &failures, |row| black_scholes::implied_volatility(&sample.option(row), price[row]));

        let mut all = vec![vec![0.0; rows]; 18];
        let failures = columns.all_greeks(&sample.volatility, AllGreekColumns::from_columns(array(&mut all))).unwrap();
        for (column, value) in all.iter().zip(FIELDS) {
            assert_rows(column, &failures, |row| one(row).map(|(price, greeks)| value(price, &greeks)));
        }
        let mut first = vec![vec![0.0; rows]; 6];
        let failures = columns.greeks(&sample.volatility, GreekColumns::from_columns(array(&mut first))).unwrap();
        for (column, value) in first.iter().zip(FIELDS) {
            // Limits of the other Greeks do not apply here, so more rows may have a value, and a last bit may differ.
            for (row, found) in column.iter().enumerate() {
                if let Ok((price, greeks)) = one(row) {
                    let expected = value(price, &greeks);
                    let size = expected.abs() + sample.spot[row] + sample.strike[row];
                    prop_assert!((found - expected).abs() <= 1e-13 * size, "{found} is not {expected}");
                }
            }
        }
        prop_assert!(failures.iter().all(|failure| one(failure.row).is_err()));
    }

    #[test]
    fn columns_of_forwards_are_their_rows(sample in sample()) {
        let rows = sample.spot.len();
        let (mut price, mut volatility) = (vec![0.0; rows], vec![0.0; rows]);
        let failures = sample.black76().prices(&sample.volatility, &mut price).unwrap();
        assert_rows(&price, &failures, |row| black76::price(&sample.forward(row), sample.volatility[row]));
        let failures = sample.black76().implied_volatilities(&price, &mut volatility).unwrap();
        assert_rows(&volatility, &failures, |row| black76::implied_volatility(&sample.forward(row), price[row]));

        let failures = sample.bachelier().prices(&sample.volatility, &mut price).unwrap();
        assert_rows(&price, &failures, |row| bachelier::price(&sample.forward(row), sample.volatility[row]));
        let failures = sample.bachelier().implied_volatilities(&price, &mut volatility).unwrap();
        assert_rows(&volatility, &failures, |row| bachelier::implied_volatility(&sample.forward(row), price[row]));

        let mut all = vec![vec![0.0; rows]; 18];
        let outputs = AllGreekColumns::from_columns(array(&mut all));
        let failures = sample.black76().all_greeks(&sample.volatility, outputs).unwrap();
        for (column, value) in all.iter().zip(FIELDS) {
            assert_rows(column, &failures, |row| {
                let one = black76::price_and_greeks(&sample.forward(row), sample.volatility[row]);
                one.map(|(price, greeks)| value(price, &greeks))
            });
        }
        let outputs = AllGreekColumns::from_columns(array(&mut all));
        let failures = sample.bachelier().all_greeks(&sample.volatility, outputs).unwrap();
        for (column, value) in all.iter().zip(FIELDS) {
            assert_rows(column, &failures, |row| {
                let one = bachelier::price_and_greeks(&sample.forward(row), sample.volatility[row]);
                one.map(|(price, greeks)| value(price, &greeks))
            });
        }
    }
}

/// The order of [`AllGreekColumns`].
const FIELDS: [fn(f64, &Greeks) -> f64; 18] = [
    |price, _| price,
    |_, greeks| greeks.delta,
    |_, greeks| greeks.gamma,
    |_, greeks| greeks.vega,
    |_, greeks| greeks.theta,
    |_, greeks| greeks.rho,
    |_, greeks| greeks.epsilon,
    |_, greeks| greeks.vanna,
    |_, greeks| greeks.volga,
    |_, greeks| greeks.charm,
    |_, greeks| greeks.veta,
    |_, greeks| greeks.speed,
    |_, greeks| greeks.color,
    |_, greeks| greeks.zomma,
    |_, greeks| greeks.ultima,
    |_, greeks| greeks.dual_delta,
    |_, greeks| greeks.dual_gamma,
    |_, greeks| greeks.probability_in_the_money,
];

fn array<const N: usize>(columns: &mut [Vec<f64>]) -> [&mut [f64]; N] {
    let columns: &mut [Vec<f64>; N] = columns.try_into().unwrap();
    columns.each_mut().map(Vec::as_mut_slice)
}

#[test]
fn columns_of_different_lengths_are_refused() {
    let columns = BlackScholesColumns {
        option_type: &[OptionType::Call; 2],
        spot: &[100.0; 2],
        strike: &[100.0; 2],
        years: &[1.0; 2],
        rate: &[0.0; 3],
        dividend_yield: &[0.0; 2],
        threads: Threads::One,
    };
    let mut price = [7.0; 2];
    let refused = columns.prices(&[0.2; 2], &mut price);
    assert_eq!(refused, Err(PricingError::ColumnLength { column: "rate", length: 3, expected: 2 }));
    let columns = BlackScholesColumns { rate: &[0.0; 2], ..columns };
    let refused = columns.prices(&[0.2; 2], &mut price[..1]);
    assert_eq!(refused, Err(PricingError::ColumnLength { column: "price", length: 1, expected: 2 }));
    assert_eq!(price.map(f64::to_bits), [7.0; 2].map(f64::to_bits));
}

#[cfg(feature = "rayon")]
#[test]
fn threads_change_nothing() {
    let rows = 50_001;
    let numbers = |low: f64, high: f64, step: usize| -> Vec<f64> {
        (0..rows).map(|row| low + (high - low) * (row * step % rows) as f64 / rows as f64).collect()
    };
    let mut sample = Sample {
        option_type: (0..rows).map(|row| if row % 3 == 0 { OptionType::Call } else { OptionType::Put }).collect(),
        spot: numbers(50.0, 200.0, 7),
        strike: numbers(50.0, 200.0, 11),
        years: numbers(0.01, 3.0, 13),
        rate: numbers(-0.01, 0.1, 17),
        dividend_yield: numbers(0.0, 0.1, 19),
        volatility: numbers(0.05, 1.5, 23),
    };
    for row in [0, 30_000, 50_000] {
        sample.strike[row] = -1.0;
    }
    let prices = |threads| {
        let mut price = vec![0.0; rows];
        let failures = sample.columns(threads).prices(&sample.volatility, &mut price).unwrap();
        assert_eq!(failures.iter().map(|failure| failure.row).collect::<Vec<_>>(), [0, 30_000, 50_000]);
        price.into_iter().map(f64::to_bits).collect::<Vec<_>>()
    };
    assert!(prices(Threads::One) == prices(Threads::All));
}
