//! Products and the lives of their contracts.

#![expect(clippy::float_cmp, reason = "a time to a settlement is a number of whole microseconds")]

use chrono::{Days, NaiveDate};
use proptest::prelude::*;
use strikebook_core::{
    Result, Timestamp,
    market::{
        ContractLife, Delivery, ExerciseStyle, LastTrading, OptionContract, OptionRoot, Product, SettlementTime,
        calendar,
    },
};

fn contract(symbol: &str) -> OptionContract {
    symbol.parse().expect("a symbol")
}

fn product(root: &str) -> Product {
    OptionRoot::new(root).expect("a root").product()
}

/// An instant of New York, such as `2025-12-18 16:15`.
fn new_york(text: &str) -> Timestamp {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a wall clock");
    calendar::instant(wall.date(), wall.time()).expect("in range")
}

/// A date that is a session under the calendar, and one that is not.
fn next_day(day: NaiveDate) -> NaiveDate {
    day + Days::new(1)
}

#[test]
fn a_life_ends_as_the_exchange_specifies() {
    for (symbol, last_trade, settlement) in [
        // AM-settled: the session before, to 16:15.
        ("SPX251219C06500000", "2025-12-18 16:15", "2025-12-19 09:30"),
        ("VIX251217C00020000", "2025-12-16 16:15", "2025-12-17 09:30"),
        ("NDX251219C20000000", "2025-12-18 16:15", "2025-12-19 09:30"),
        ("RUT251219C02000000", "2025-12-18 16:15", "2025-12-19 09:30"),
        ("SIXT251219C02000000", "2025-12-18 16:00", "2025-12-19 09:30"),
        // The date in the symbol is the settlement day: no weekday is computed.
        ("VIX260519C00020000", "2026-05-18 16:15", "2026-05-19 09:30"),
        ("VIXW251224C00020000", "2025-12-23 16:15", "2025-12-24 09:30"),
        // PM-settled indices: expiring contracts stop with the stocks.
        ("SPXW251219C06500000", "2025-12-19 16:00", "2025-12-19 16:00"),
        ("XSP251219C00650000", "2025-12-19 16:00", "2025-12-19 16:00"),
        ("OEX251219C03000000", "2025-12-19 16:00", "2025-12-19 16:00"),
        ("NDXP251222C20000000", "2025-12-22 16:00", "2025-12-22 16:00"),
        // PM-settled, but traded last on the day before.
        ("MXEF251219C01000000", "2025-12-18 16:15", "2025-12-19 16:00"),
        // Funds: traded to 16:15, struck at 16:00.
        ("SPY251219C00650000", "2025-12-19 16:15", "2025-12-19 16:00"),
        ("QQQ251219C00600000", "2025-12-19 16:15", "2025-12-19 16:00"),
        ("AAPL251219C00200000", "2025-12-19 16:00", "2025-12-19 16:00"),
        ("AAPL250718C00200000", "2025-07-18 16:00", "2025-07-18 16:00"),
        // Dated on a Saturday: the last session before; AM-settled ones trade last in the session before that.
        ("SPY140322C00185000", "2014-03-21 16:15", "2014-03-21 16:00"),
        ("SPX140322C01850000", "2014-03-20 16:15", "2014-03-21 09:30"),
        ("AAPL140322C00500000", "2014-03-21 16:00", "2014-03-21 16:00"),
        // Saturdays behind a Good Friday.
        ("SPY080322C00130000", "2008-03-20 16:15", "2008-03-20 16:00"),
        ("SPX080322C01300000", "2008-03-19 16:15", "2008-03-20 09:30"),
        // Juneteenth of 2026 and Good Friday of 2019 are Fridays.
        ("SPX260618C06500000", "2026-06-17 16:15", "2026-06-18 09:30"),
        ("SPX190418C02900000", "2019-04-17 16:15", "2019-04-18 09:30"),
        ("SPXW190418C02900000", "2019-04-18 16:00", "2019-04-18 16:00"),
        // Half days.
        ("SPY251128C00650000", "2025-11-28 13:15", "2025-11-28 13:00"),
        ("SPXW251128C06500000", "2025-11-28 13:00", "2025-11-28 13:00"),
        ("GOOG151224C00750000", "2015-12-24 13:00", "2015-12-24 13:00"),
        // An AM settlement on the Monday after a half day.
        ("SPX251201C06500000", "2025-11-28 13:15", "2025-12-01 09:30"),
        // FLEX contracts, and contracts adjusted after a corporate action.
        ("2SPX251219C06500000", "2025-12-18 16:15", "2025-12-19 09:30"),
        ("4SPX251219C06500000", "2025-12-19 16:00", "2025-12-19 16:00"),
        ("2SPY251219C00650000", "2025-12-19 16:15", "2025-12-19 16:00"),
        ("AAPL1140719C00560000", "2014-07-18 16:00", "2014-07-18 16:00"),
        // The last century.
        ("IBM990116C00180000", "1999-01-15 16:00", "1999-01-15 16:00"),
        ("SPX870919C00300000", "1987-09-17 16:15", "1987-09-18 09:30"),
    ] {
        let expected = ContractLife { settles_at: new_york(settlement), last_trade_at: new_york(last_trade) };
        assert_eq!(contract(symbol).standard_life(), expected, "{symbol}");
    }
}

#[test]
fn years_run_to_the_settlement_and_days_to_the_last_trade() {
    let spx = contract("SPX251219C06500000").standard_life();
    let (thursday, friday) = (new_york("2025-12-18 16:14"), new_york("2025-12-19 09:29"));
    assert!((spx.years_to_expiration(thursday) * 365.0 * 24.0 - (17.0 + 16.0 / 60.0)).abs() < 1e-9);
    assert!(spx.is_alive(thursday) && spx.days_to_expiration(thursday) == 0 && !spx.is_settled(thursday));
    assert!(!spx.is_alive(friday) && spx.days_to_expiration(friday) == -1 && !spx.is_settled(friday));
    assert!(spx.is_settled(spx.settles_at) && spx.is_alive(spx.last_trade_at));
    assert_eq!(spx.years_to_expiration(spx.settles_at), 0.0);
    assert_eq!(spx.years_to_expiration(new_york("2024-12-19 09:30")), 1.0);
    let spy = contract("SPY251219C00650000").standard_life();
    let late = new_york("2025-12-19 16:10");
    assert!(spy.is_alive(late) && spy.is_settled(late), "SPY trades on after its value is struck");
    assert_eq!(spy.days_to_expiration("2025-12-18T04:59:59Z".parse().expect("an instant")), 2, "still the 17th");
}

#[test]
fn the_product_table_says_what_the_exchanges_specify() {
    use ExerciseStyle::{American, European};
    use SettlementTime::{Am, Pm};
    for (roots, style, settlement, delivery, multiplier) in [
        ("SPX NDX RUT VIX VIXW DJX RLG RLV RUI SPEQX", European, Am, Delivery::Cash, 100),
        ("SPXW SPXQ SPXPM NDXP RUTW XSP XEO XEOW MRUT XND NQX MXEA MXEF", European, Pm, Delivery::Cash, 100),
        ("OEX OEXW", American, Pm, Delivery::Cash, 100),
        ("NANOS", European, Pm, Delivery::Cash, 1),
        ("SPY QQQ AAPL BRKB IWM", American, Pm, Delivery::Shares, 100),
        ("1SPX", American, Am, Delivery::Cash, 100),
        ("2SPX", European, Am, Delivery::Cash, 100),
        ("3SPX", American, Pm, Delivery::Cash, 100),
        ("4SPX", European, Pm, Delivery::Cash, 100),
        ("1AAPL 3AAPL", American, Pm, Delivery::Shares, 100),
        ("2AAPL 4AAPL", European, Pm, Delivery::Shares, 100),
    ] {
        for root in roots.split(' ') {
            let Product { exercise_style, settlement: settles, delivery: delivers, multiplier: shares, .. } =
                product(root);
            let found = (exercise_style, settles, delivers, shares);
            assert_eq!(found, (style, settlement, delivery, multiplier), "{root}");
            product(root).validate().expect("a product of the table is valid");
        }
    }
}

#[test]
fn a_product_that_trades_after_its_settlement_is_refused() {
    for last_trading in [LastTrading::AtClose, LastTrading::FullDay] {
        let error = Product { last_trading, ..product("SPX") }.validate().expect_err("traded after the opening");
        assert_eq!(error.context("field"), Some("last_trading"));
    }
}

proptest! {
    #[test]
    fn every_life_ends_on_sessions_up_to_the_date(
        days in 0_u64..36_525, root in prop::sample::select(&["SPX", "SPXW", "SPY", "AAPL", "MXEF", "SIXT", "2SPX"]),
    ) {
        let date = NaiveDate::from_ymd_opt(1973, 1, 1).expect("a date") + Days::new(days);
        let contract = contract(&format!("{root}{}C00100000", date.format("%y%m%d")));
        let ContractLife { settles_at, last_trade_at } = contract.standard_life();
        for end in [settles_at.new_york_date(), last_trade_at.new_york_date()] {
            prop_assert!(calendar::is_trading_day(end) && end <= date, "{} {}", contract, end);
        }
        // No session lies between the settlement day and the date in the symbol.
        prop_assert_eq!(calendar::trading_days(next_day(settles_at.new_york_date()), date).count(), 0);
        let product = contract.root().product();
        let sessions = calendar::trading_days(last_trade_at.new_york_date(), settles_at.new_york_date()).count();
        prop_assert_eq!(sessions, if product.last_trading == LastTrading::DayBefore { 2 } else { 1 });
    }
}

/// A change of the table or of the calendar must reach the databases that were written before.
#[test]
fn a_change_of_the_table_or_the_calendar_raises_its_revision() -> Result<()> {
    // FNV-1a over the products of all roots in the table, and over lives of every day.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |text: String| {
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for root in Product::listed_roots().chain(["AAPL", "AAPL1", "1AAPL", "2SPX", "3SPX"]) {
        let root = OptionRoot::new(root)?;
        add(format!("{root} {} {:?}\n", root.underlying()?, root.product()));
    }
    let first = NaiveDate::from_ymd_opt(1973, 1, 1).expect("a date");
    for date in first.iter_days().take(36_525) {
        for root in ["SPX", "SPXW", "SPY", "AAPL", "MXEF", "SIXT"] {
            let life = contract(&format!("{root}{}C00100000", date.format("%y%m%d"))).standard_life();
            add(format!("{} {}\n", life.settles_at.as_micros(), life.last_trade_at.as_micros()));
        }
    }
    let known = (1, 13_016_499_487_441_789_396);
    assert_eq!((Product::TABLE_REVISION, hash), known, "raise TABLE_REVISION, and write the new pair here");
    Ok(())
}
