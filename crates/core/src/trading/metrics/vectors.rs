//! Reference values, and properties of every history.

use proptest::prelude::*;

use super::*;

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn day(number: i64) -> Timestamp {
    let start: Timestamp = "2025-01-06T20:00:00Z".parse().expect("an instant");
    start.saturating_add(chrono::TimeDelta::days(number))
}

fn trade(number: i64, net: i64, risk: Option<i64>) -> ClosedTrade {
    let mut trade = ClosedTrade::new(day(number), day(number + 1), net.into(), Decimal::ZERO);
    trade.initial_risk = risk.map(Decimal::from);
    trade
}

/// Six trades for which every metric has a reference value.
fn six() -> Vec<ClosedTrade> {
    let rows = [(200, 100), (-100, 100), (150, 100), (-50, 50), (0, 100), (300, 150)];
    (0..).zip(rows).map(|(number, (net, risk))| trade(number, net, Some(risk))).collect()
}

fn value<T: Clone>(measure: &Measure<T>) -> T {
    measure.get().cloned().expect("a value")
}

#[track_caller]
fn close(measure: &Measure, expected: f64) {
    assert!((value(measure) - expected).abs() < 5e-7, "{measure:?} is not {expected}");
}

#[test]
fn wilson_bounds_match_reference_values() {
    for (wins, n, lower) in
        [(6, 10, 0.312_674), (60, 100, 0.502_003), (10, 10, 0.722_467), (0, 5, 0.0), (1, 1, 0.206_549)]
    {
        let bounds = wilson(wins, n, WILSON_TWO_SIDED_95).expect("bounds");
        assert!((bounds.0 - lower).abs() < 5e-7, "{wins} of {n}: {bounds:?}");
    }
    let z = WILSON_TWO_SIDED_95;
    let all = wilson(10, 10, z).expect("bounds");
    assert!((all.0 - 10.0 / (10.0 + z * z)).abs() < 1e-15);
    assert_eq!(all.1.to_bits(), 1.0_f64.to_bits());
    assert_eq!(wilson(0, 0, z), None);
    assert_eq!(wilson(2, 1, z), None);
    assert_eq!(wilson(1, 2, f64::NAN), None);
}

#[test]
fn six_trades_have_the_known_answers() {
    let trades = six();
    let multiples: Vec<f64> = trades.iter().filter_map(ClosedTrade::r_multiple).collect();
    assert_eq!(multiples, [2.0, -1.0, 1.5, -1.0, 0.0, 2.0]);
    close(&expected_r(&trades), 0.583_333);
    close(&system_quality(&trades), 1.0);
    close(&expected_r_error(&trades), 1.428_869 / 6.0_f64.sqrt());
    close(&profit_factor(&trades), 4.333_333);
    assert_eq!(value(&expectancy(&trades)), decimal("83.33333333"));

    let curve = closed_equity(10_000.into(), &trades).expect("in range");
    let equities: Vec<_> = curve.iter().map(|point| point.equity).collect();
    assert_eq!(equities, [10_000, 10_200, 10_100, 10_250, 10_200, 10_200, 10_500].map(Decimal::from));
    let worst = value(&drawdown(&curve));
    assert_eq!(worst.money, 100.into());
    assert!((worst.fraction.expect("equity") - 0.009_803_92).abs() < 5e-9);
    assert_eq!((worst.peak_at, worst.trough_at, worst.recovered_at), (day(1), day(2), Some(day(3))));
    assert_eq!(worst.longest().num_days(), 3, "from the fourth point to the last");

    let returns = returns(equities).expect("equity");
    close(&sharpe(&returns, 0.0, 252.0), 8.482_425);
    close(&sortino(&returns, 0.0, 252.0), 29.343_413);

    let won = value(&win_rate(&trades, Decimal::ZERO, WILSON_TWO_SIDED_95));
    assert_eq!((won.wins, won.losses, won.breakevens), (3, 2, 1));
    assert!((won.rate - 0.5).abs() < 1e-15);
}

#[test]
fn a_wheel_is_not_paid_twice_for_its_premiums() {
    let wheel = Assignment {
        strike: 50.into(),
        shares: 100.into(),
        fees: Decimal::ZERO,
        option_credits: decimal("450"),
        dividends: Decimal::ZERO,
    };
    assert_eq!(wheel.adjusted_basis().expect("shares"), decimal("45.50"));
    assert_eq!(wheel.called_away(51.into()).expect("shares"), 550.into());
    assert_eq!(wheel.tax_basis(2.into()), 48.into());
    assert!(Assignment { shares: Decimal::ZERO, ..wheel }.adjusted_basis().is_err());

    let leg = |start, net: i64| {
        let mut trade = ClosedTrade::new(day(start), day(start + 30), net.into(), Decimal::ZERO);
        trade.collateral = Some(5_000.into());
        trade
    };
    close(&capital_days_return(&[leg(0, 200), leg(30, 150), leg(60, 200)]), 365.0 * 550.0 / (5_000.0 * 90.0));
}

#[test]
fn a_put_that_expires_earns_its_known_rates() {
    let mut put = ClosedTrade::new(day(0), day(30), 200.into(), Decimal::ZERO);
    put.collateral = Some(5_000.into());
    put.premium_received = Some(200.into());
    let full = value(&annualised_return(&put, CollateralMode::Full));
    assert_eq!(full.days, 30);
    assert!((full.of_collateral - 0.04).abs() < 1e-15);
    assert!((full.simple - 0.486_7).abs() < 5e-5);
    assert!((full.compound.expect("in range") - 0.611_5).abs() < 5e-5);
    let net = value(&annualised_return(&put, CollateralMode::NetOfPremium));
    assert!((net.of_collateral - 200.0 / 4_800.0).abs() < 1e-15);
    put.collateral = None;
    assert_eq!(annualised_return(&put, CollateralMode::Full).value, Err(Undefined::NoCollateral));
}

#[test]
fn rolls_move_the_basis() {
    let mut basis = decimal("48.00");
    let expected = [("0.70", "47.30"), ("0.80", "46.50"), ("-0.20", "46.70")];
    for (credit, after) in expected {
        basis = basis_after_call_roll(basis, decimal(credit));
        assert_eq!(basis, decimal(after));
    }
    assert_eq!(basis_after_put_roll(decimal("48.00"), 50.into(), 47.into(), decimal("0.30")), decimal("44.70"));
}

#[test]
fn undefined_metrics_name_their_reason() {
    let none: [ClosedTrade; 0] = [];
    let empty = Metrics::of(&none, &Conventions::default());
    assert_eq!(empty.profit_factor.value, Err(Undefined::NoTrades));
    assert_eq!(empty.win_rate.value, Err(Undefined::NoTrades));
    assert_eq!(empty.drawdown.value, Err(Undefined::NoTrades));
    assert_eq!(empty.sharpe.value, Err(Undefined::NoTrades));

    let one = Metrics::of(&[trade(0, 100, None)], &Conventions::default());
    assert_eq!(one.profit_factor.value, Err(Undefined::NoLosses));
    assert_eq!(one.expected_r.value, Err(Undefined::NoRisk));
    assert_eq!((one.expected_r.trades, one.expected_r.excluded), (0, 1));
    assert_eq!(one.exit_efficiency.value, Err(Undefined::NoExcursion));
    assert_eq!(one.return_on_collateral.value, Err(Undefined::NoCollateral));
    assert_eq!(one.sharpe.value, Err(Undefined::NoEquity), "no starting equity is given");
    assert_eq!(value(&one.drawdown).fraction, Err(Undefined::NoEquity));
    assert_eq!(value(&one.drawdown).money, Decimal::ZERO);

    let flat = [trade(0, 0, Some(100)), trade(1, 0, Some(100))];
    assert_eq!(costs_percent(&flat, CostsBasis::GrossTurnover).value, Err(Undefined::NoTurnover));
    assert_eq!(system_quality(&flat).value, Err(Undefined::NoDeviation));
    assert_eq!(expected_r_error(&flat[..1]).value, Err(Undefined::TooFew));
    assert_eq!(sortino(&[0.1, 0.2], 0.0, 252.0).value, Err(Undefined::NoDeviation));
    assert_eq!(sharpe(&[0.1; 3], 0.0, 252.0).value, Err(Undefined::NoDeviation));
}

#[test]
fn a_trade_within_one_day_yields_a_return() {
    let mut within_a_day = trade(0, 100, None);
    within_a_day.closed = within_a_day.opened;
    let conventions = Conventions { starting_equity: 10_000.into(), ..Conventions::default() };
    let metrics = Metrics::of(&[within_a_day.clone()], &conventions);
    assert_eq!((metrics.sharpe.value, metrics.sharpe.trades), (Err(Undefined::TooFew), 1));
    let next_day = ClosedTrade { opened: day(1), closed: day(1), gross: (-100).into(), ..within_a_day };
    let metrics = Metrics::of(&[trade(0, 0, None), next_day], &conventions);
    close(&metrics.sortino, (-0.01 / 2.0) / (0.01 / 2.0_f64.sqrt()) * 252.0_f64.sqrt());
}

#[test]
fn exits_are_measured_against_excursions() {
    let mut exit = trade(0, 150, None);
    (exit.mae, exit.mfe) = (Some((-50).into()), Some(200.into()));
    let never_up =
        ClosedTrade { mfe: Some(Decimal::ZERO), mae: Some((-10).into()), gross: (-10).into(), ..exit.clone() };
    close(&exit_efficiency(std::slice::from_ref(&exit)), 0.8);
    let kept = capture(&[exit, never_up]);
    close(&kept, 0.75);
    assert_eq!((kept.trades, kept.excluded), (1, 1));
}

#[test]
fn costs_are_a_percentage_of_the_chosen_basis() {
    let mut won = ClosedTrade::new(day(0), day(1), 300.into(), 3.into());
    won.premium_received = Some(400.into());
    let lost = ClosedTrade::new(day(0), day(1), (-100).into(), 1.into());
    let trades = [won, lost];
    close(&costs_percent(&trades, CostsBasis::GrossTurnover), 1.0);
    close(&costs_percent(&trades, CostsBasis::GrossProfit), 4.0 / 3.0);
    let by_premium = costs_percent(&trades, CostsBasis::PremiumReceived);
    close(&by_premium, 0.75);
    assert_eq!((by_premium.trades, by_premium.excluded), (1, 1));
}

#[test]
fn windows_end_with_the_trade_at_their_instant() {
    let trades = in_order(six());
    let count = |window: &str, until| {
        let window: Window = window.parse().expect("a window");
        assert_eq!(window.to_string().parse::<Window>().expect("its own text"), window);
        window.ending_at(until, &trades).len()
    };
    assert_eq!(count("all", day(3)), 3);
    assert_eq!(count("trades_2", day(3)), 2);
    assert_eq!(count("trades_2", day(1)), 1);
    assert_eq!(count("days_2", day(3)), 2, "the trade at the window's start is outside");
    assert_eq!(count("days_2", day(0)), 0);
    let window: Window = "trades_2".parse().expect("a window");
    let sizes: Vec<_> = window.rolling(&trades).map(|(at, trades)| (at, trades.len())).collect();
    assert_eq!(sizes, [(day(1), 1), (day(2), 2), (day(3), 2), (day(4), 2), (day(5), 2), (day(6), 2)]);
    for wrong in ["", "All", "days", "days_0", "days_-1", "trades_+1", "trades_01", "weeks_2"] {
        assert!(wrong.parse::<Window>().is_err(), "{wrong}");
    }
}

#[test]
fn daily_equity_skips_weekends_and_holidays() {
    // A Friday, a Saturday, and the Tuesday after a holiday.
    let at = |text: &str| text.parse().expect("an instant");
    let points = [("2025-01-17T20:00:00Z", 100), ("2025-01-18T20:00:00Z", 110), ("2025-01-22T20:00:00Z", 120)];
    let curve: Vec<_> = points.map(|(text, equity)| EquityPoint { at: at(text), equity: equity.into() }).into();
    let equities: Vec<_> = daily(&curve).into_iter().map(|(day, equity)| (day.to_string(), equity)).collect();
    let expected = [("2025-01-17", 100), ("2025-01-21", 110), ("2025-01-22", 120)];
    assert_eq!(equities, expected.map(|(day, equity)| (day.to_owned(), Decimal::from(equity))));
}

#[test]
fn invalid_trades_are_refused() {
    let good = trade(0, 100, Some(50));
    assert!(good.validate().is_ok());
    for bad in [
        ClosedTrade { costs: decimal("1000000000000"), ..good.clone() },
        ClosedTrade { initial_risk: Some(Decimal::ZERO), ..good.clone() },
        ClosedTrade { mae: Some(Decimal::ONE), ..good.clone() },
        ClosedTrade { closed: day(-1), ..good.clone() },
        ClosedTrade { gross: decimal("0.123456789"), ..good },
    ] {
        assert!(bad.validate().is_err(), "{bad:?}");
    }
}

prop_compose! {
    fn history()(rows in prop::collection::vec((-100_000_i64..100_000, 0_i64..500, prop::option::of(1_i64..50_000)), 0..40))
        -> Vec<ClosedTrade> {
        (0..).zip(rows).map(|(number, (gross, costs, risk))| {
            let cents = |amount| Decimal::new(amount, 2);
            let mut trade = ClosedTrade::new(day(number), day(number + 1), cents(gross), cents(costs));
            trade.initial_risk = risk.map(cents);
            trade
        }).collect()
    }
}

proptest! {
    #[test]
    fn bounds_hold_the_rate(n in 1_u64..10_000, part in 0.0..=1.0_f64, z in 0.0..4.0_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let wins = (n as f64 * part) as u64;
        let rate = wins as f64 / n as f64;
        let (lower, upper) = wilson(wins, n, z).expect("bounds");
        prop_assert!((0.0..=rate).contains(&lower) && (rate..=1.0).contains(&upper), "{lower} {rate} {upper}");
        // The bounds of the loss rate mirror those of the win rate.
        let (mirrored, _) = wilson(n - wins, n, z).expect("bounds");
        prop_assert!((upper - (1.0 - mirrored)).abs() < 1e-12);
    }

    #[test]
    fn every_number_is_finite_and_money_is_exact(trades in history(), start in 0_i64..1_000_000) {
        let conventions = Conventions { starting_equity: start.into(), ..Conventions::default() };
        let metrics = Metrics::of(&trades, &conventions);
        let measures = [
            &metrics.profit_factor, &metrics.expected_r, &metrics.expected_r_error, &metrics.system_quality,
            &metrics.costs_percent, &metrics.sharpe, &metrics.sortino, &metrics.exit_efficiency, &metrics.capture,
            &metrics.return_on_collateral,
        ];
        for measure in measures {
            prop_assert!(measure.get().is_none_or(|value| value.is_finite()), "{measure:?}");
        }
        let cents: Decimal = trades.iter().map(|trade| trade.gross - trade.costs).sum();
        prop_assert_eq!(metrics.net.get().copied().unwrap_or_default(), cents);
        if let Ok(drawdown) = metrics.drawdown.value {
            let curve = closed_equity(start.into(), &trades).expect("in range");
            let falls = curve.iter().enumerate().flat_map(|(i, peak)| {
                curve[i..].iter().map(|point| peak.equity - point.equity)
            });
            prop_assert_eq!(Some(drawdown.money), falls.max(), "the greatest fall between any two points");
        }
    }

    #[test]
    fn the_order_of_trades_does_not_matter(trades in history()) {
        let conventions = Conventions { starting_equity: 1_000_000.into(), ..Conventions::default() };
        let mut backwards = trades.clone();
        backwards.reverse();
        let (one, other) = (Metrics::of(&trades, &conventions), Metrics::of(&backwards, &conventions));
        prop_assert_eq!(one.drawdown, other.drawdown);
        prop_assert_eq!(one.profit_factor, other.profit_factor);
        prop_assert_eq!(one.sharpe, other.sharpe);
    }
}
