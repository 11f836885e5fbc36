//! Option contracts: parsing and writing symbols, order, expiration.

#![expect(clippy::float_cmp, reason = "numbers must come back equal to the last bit")]

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use strikebook_core::{
    ErrorKind, Result, Source,
    market::{ContractDetails, ExerciseStyle, OptionContract, OptionRoot, OptionType, Product, Strike},
};

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn roots() -> impl Strategy<Value = OptionRoot> {
    "[A-Z0-9.]{1,6}".prop_filter_map("a root has a letter", |text| OptionRoot::new(&text).ok())
}

fn contracts() -> impl Strategy<Value = OptionContract> {
    let expirations = (0_u64..36_525).prop_map(|days| day("1973-01-01") + Days::new(days));
    let option_types = prop_oneof![Just(OptionType::Call), Just(OptionType::Put)];
    (roots(), expirations, option_types, 1_u32..=99_999_999).prop_map(|(root, expiration, option_type, strike)| {
        let strike = Strike::from_thousandths(strike).expect("in range");
        OptionContract::new(root, expiration, option_type, strike).expect("in range")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn symbols_round_trip_padded_and_compact(contract in contracts()) {
        let padded = contract.to_string();
        prop_assert_eq!(padded.len(), OptionContract::OCC_LENGTH);
        prop_assert_eq!(padded.parse::<OptionContract>()?, contract);
        let compact = contract.to_compact();
        prop_assert_eq!(&compact, &padded.replace(' ', ""));
        prop_assert_eq!(compact.parse::<OptionContract>()?, contract);
        let json = serde_json::to_string(&contract)?;
        prop_assert_eq!(serde_json::from_str::<OptionContract>(&json)?, contract);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in any::<String>()) {
        if let Ok(contract) = text.parse::<OptionContract>() {
            prop_assert_eq!(contract.to_compact(), text.replace([' ', '.'], ""));
        }
    }

    #[test]
    fn a_symbol_with_one_character_changed_reads_as_what_it_says_or_not_at_all(
        contract in contracts(), place in 0_usize..21, wrong in prop_oneof![any::<char>(), prop::char::range(' ', '~')],
    ) {
        let text: String = contract.to_string().chars().enumerate().map(|(i, c)| if i == place { wrong } else { c }).collect();
        match text.parse::<OptionContract>() {
            Ok(read) => prop_assert_eq!(read.to_compact(), text.replace([' ', '.'], "")),
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::InvalidInput);
                let part = if wrong.is_ascii() {
                    match place { 0..6 => "root", 6..12 => "expiration", 12 => "option_type", _ => "strike" }
                } else {
                    "length"
                };
                prop_assert_eq!(error.context("part"), Some(part), "{}", text);
            }
        }
    }

    #[test]
    fn contracts_are_ordered_by_expiration_strike_call_before_put_root(a in contracts(), b in contracts()) {
        let key = |c: &OptionContract| {
            (c.expiration(), c.strike().thousandths(), c.option_type() == OptionType::Put, c.root().as_str().to_owned())
        };
        prop_assert_eq!(a.cmp(&b), key(&a).cmp(&key(&b)));
    }

    #[test]
    fn a_strike_is_never_rounded(thousandths in 1_u32..=9_999_999, tenths in 1_u32..=9) {
        let value = f64::from(thousandths * 10 + tenths) / 10_000.0;
        prop_assert!(Strike::try_from(value).is_err(), "{}", value);
    }
}

#[test]
fn strikes_round_trip_through_numbers_and_their_text() {
    // A prime step visits every last digit and every size.
    for thousandths in (1..=99_999_999).step_by(97).chain([99_999_999, 100, 1_000, 650_000, 2_675, 1_005]) {
        let strike = Strike::from_thousandths(thousandths).expect("in range");
        assert_eq!(Strike::try_from(strike.to_f64()).expect("a strike's number").thousandths(), thousandths);
        let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
        assert_eq!(text.parse::<f64>().expect("a number"), strike.to_f64(), "the nearest number to {text}");
    }
}

#[test]
fn strikes_outside_the_range_are_refused() {
    for value in
        [0.0, -0.0, -1.0, 0.0004, 100_000.0, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE]
    {
        assert_eq!(Strike::try_from(value).expect_err("not a strike").kind(), ErrorKind::InvalidInput, "{value}");
    }
    assert!(Strike::from_thousandths(0).is_err() && Strike::from_thousandths(100_000_000).is_err());
}

#[test]
fn well_known_symbols_are_read() -> Result<()> {
    for (symbol, root, underlying, adjusted) in [
        ("SPY   251219C00650000", "SPY", "SPY", false),
        ("SPXW  251219P06500500", "SPXW", "SPX", false),
        ("SPX   251219P06500000", "SPX", "SPX", false),
        ("AAPL1 140719C00560000", "AAPL1", "AAPL", true),
        ("BRKB  251219C00500000", "BRKB", "BRK.B", false),
        ("2SPX  251219C06500000", "2SPX", "SPX", false),
        ("1AAPL 251219C00200000", "1AAPL", "AAPL", false),
        ("ABCDEF251219C00000001", "ABCDEF", "ABCDEF", false),
        ("5M    251219C99999999", "5M", "5M", false),
        ("T     000131P00020000", "T", "T", false),
    ] {
        let contract: OptionContract = symbol.parse()?;
        assert_eq!(contract.to_string(), symbol);
        assert_eq!(contract.root().as_str(), root);
        assert_eq!(contract.root().underlying()?.as_str(), underlying);
        assert_eq!(contract.root().is_adjusted(), adjusted, "{symbol}");
    }
    Ok(())
}

#[test]
fn an_invalid_part_is_named() {
    for (symbol, part) in [
        ("", "length"),
        ("251219C00650000", "length"),
        ("SPY251219C0065000", "expiration"),
        ("SPY", "length"),
        ("SP🚀251219C00650000", "length"),
        ("spy   251219C00650000", "root"),
        ("      251219C00650000", "root"),
        ("   SPY251219C00650000", "root"),
        ("SPY  251219C00650000", "root"),
        ("S P   251219C00650000", "root"),
        ("123   251219C00650000", "root"),
        ("ABCDEFG251219C00650000", "root"),
        ("SPY   251319C00650000", "expiration"),
        ("SPY   250229C00650000", "expiration"),
        ("SPY   +50229C00650000", "expiration"),
        ("SPY   251219c00650000", "option_type"),
        ("SPY   251219X00650000", "option_type"),
        ("SPY   251219C00000000", "strike"),
        ("SPY   251219C0065000A", "strike"),
        ("SPY   251219C+0650000", "strike"),
    ] {
        let error = symbol.parse::<OptionContract>().expect_err(symbol);
        assert_eq!((error.kind(), error.context("part")), (ErrorKind::InvalidInput, Some(part)), "{symbol:?}: {error}");
        if part != "length" {
            assert!(error.context("found").is_some() && error.context("symbol").is_some(), "{error}");
        }
    }
}

#[test]
fn an_expiration_must_fit_a_symbol() {
    let root = OptionRoot::new("SPY").expect("a root");
    let strike = Strike::from_thousandths(1).expect("a strike");
    for (date, fits) in [("1972-12-31", false), ("1973-01-01", true), ("2072-12-31", true), ("2073-01-01", false)] {
        let contract = OptionContract::new(root, day(date), OptionType::Put, strike);
        assert_eq!(contract.is_ok(), fits, "{date}");
        match contract {
            Ok(contract) => assert_eq!(contract.to_string().parse::<OptionContract>().ok(), Some(contract)),
            Err(error) => {
                assert_eq!((error.kind(), error.context("expiration")), (ErrorKind::InvalidInput, Some(date)));
            }
        }
    }
}

#[test]
fn a_symbol_of_the_last_century_is_one_of_1973_to_1999() -> Result<()> {
    for (symbol, date) in [
        ("IBM   730427C00400000", "1973-04-27"),
        ("IBM   990115C00180000", "1999-01-15"),
        ("IBM   000121C00120000", "2000-01-21"),
        ("IBM   721216C00120000", "2072-12-16"),
    ] {
        assert_eq!(symbol.parse::<OptionContract>()?.expiration(), day(date), "{symbol}");
    }
    Ok(())
}

#[test]
fn a_root_with_a_point_is_the_root_without() -> Result<()> {
    let contract: OptionContract = "BRK.B 251219C00500000".parse()?;
    assert_eq!(contract, "BRKB251219C00500000".parse()?);
    assert_eq!(contract.to_string(), "BRKB  251219C00500000");
    assert_eq!(contract.root().underlying()?.as_str(), "BRK.B");
    assert_eq!(OptionRoot::new("BRK.B")?, OptionRoot::new("BRKB")?);
    assert!(OptionRoot::new("ABCDE.F").is_err() && OptionRoot::new("...").is_err());
    Ok(())
}

#[test]
fn standard_details_follow_the_root() -> Result<()> {
    let at = "2025-09-25T20:00:00Z".parse()?;
    for (symbol, underlying, style) in [
        ("SPY251219C00650000", "SPY", ExerciseStyle::American),
        ("SPXW251219C06500000", "SPX", ExerciseStyle::European),
        ("OEX251219C03000000", "OEX", ExerciseStyle::American),
        ("AAPL1251219C00200000", "AAPL", ExerciseStyle::American),
    ] {
        let details = ContractDetails::standard(symbol.parse()?, Source::new("test")?, at)?;
        assert_eq!((details.underlying.as_str(), details.product.exercise_style), (underlying, style));
        assert_eq!((details.product.multiplier, details.listed_on), (100, None));
        assert!(!details.is_override());
        details.validate()?;
        for multiplier in [0, u32::MAX] {
            let product = Product { multiplier, ..details.product };
            let error = ContractDetails { product, ..details.clone() }.validate().expect_err("out of range");
            assert_eq!(error.context("field"), Some("multiplier"));
        }
    }
    Ok(())
}
