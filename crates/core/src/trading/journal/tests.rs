//! Reference values of wheels and rolls, and properties of every cycle.

use chrono::{NaiveDate, TimeDelta};
use proptest::prelude::*;

use super::*;
use crate::{
    Decimal, ErrorKind, Id, Name, Result, Source, Timestamp,
    market::{Instrument, Symbol},
    port::{Entry, Settlement, settle_trades},
};

fn dec(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

fn name(text: &str) -> Name {
    Name::new(text).expect("a name")
}

/// A put or call of 2025-12-19.
fn option(kind: char, strike: u32) -> Instrument {
    expiring("251219", kind, strike)
}

fn expiring(day: &str, kind: char, strike: u32) -> Instrument {
    format!("SPY   {day}{kind}{:08}", strike * 1_000).parse().expect("an OCC symbol")
}

fn spy() -> Symbol {
    Symbol::new("SPY").expect("a symbol")
}

/// The events of a cycle, each a day after the one before.
#[derive(Default)]
struct Story(Vec<JournalEvent>);

impl Story {
    fn then(mut self, kind: EventKind, instrument: Instrument, quantity: &str, price: &str) -> Self {
        let days = TimeDelta::days(i64::try_from(self.0.len()).expect("few"));
        let at = "2025-09-02T20:00:00Z".parse::<Timestamp>().expect("an instant").saturating_add(days);
        let event = JournalEvent::new(
            Id::named(&format!("event {}", self.0.len())),
            (name("U1"), name("wheel"), Id::named("cycle")),
            (at, Source::new("broker").expect("a source")),
            kind,
            (spy(), instrument),
            (dec(quantity), dec(price)),
        );
        self.0.push(event);
        self
    }

    fn roll(self, from: Instrument, into: Instrument, price: &str, successor_price: &str) -> Self {
        let mut story = self.then(EventKind::Roll, from, "1", price);
        let last = story.0.last_mut().expect("an event");
        (last.successor, last.successor_price) = (Some(into), Some(dec(successor_price)));
        story
    }

    fn fees(mut self, fees: &str) -> Self {
        self.0.last_mut().expect("an event").fees = dec(fees);
        self
    }

    fn project(&self) -> Result<Projection> {
        self.0.iter().try_for_each(JournalEvent::validate)?;
        Projection::of(&self.0)
    }

    fn cycle(&self) -> Cycle {
        self.project().expect("a cycle").cycle
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the bases are compared with an `Option`")]
fn some(text: &str) -> Option<Decimal> {
    Some(dec(text))
}

/// Asserts that the realised profit equals the cash flow when nothing is open.
fn assert_adds_up(projection: &Projection) {
    let cycle = &projection.cycle;
    assert_eq!(cycle.phase, WheelPhase::Flat);
    assert_eq!(cycle.realized_pnl, cycle.cash_flow, "realized");
    let closings = || cycle.lots.iter().flat_map(|lot| &lot.closings);
    let loose = cycle.realized_pnl - closings().map(|closing| closing.pnl).sum::<Decimal>();
    let taxed: Decimal = closings().map(|closing| closing.tax_pnl).sum();
    assert_eq!(taxed + loose, cycle.cash_flow, "taxed");
    let trades: Decimal = projection.trades.iter().filter_map(|trade| trade.outcome.net_pnl).sum();
    assert_eq!(trades + loose, cycle.cash_flow, "trades");
    assert_eq!((cycle.basis_adjusted, cycle.basis_tax), (Decimal::ZERO, Decimal::ZERO), "basis");
}

#[test]
fn the_profit_of_a_wheel_is_the_sum_of_its_cash_flows() {
    let held = Story::default()
        .then(EventKind::Open, option('P', 50), "-1", "2.00")
        .then(EventKind::Assign, option('P', 50), "1", "0")
        .then(EventKind::Open, expiring("260116", 'C', 50), "-1", "1.50")
        .then(EventKind::Expire, expiring("260116", 'C', 50), "1", "0")
        .then(EventKind::Open, expiring("260220", 'C', 51), "-1", "1.00");
    let cycle = held.cycle();
    assert_eq!((cycle.phase, cycle.shares), (WheelPhase::CoveredCall, dec("100")));
    let bases: Vec<_> = cycle.basis.iter().map(|step| step.adjusted_per_share).collect();
    assert_eq!(bases, [some("48"), some("48"), some("46.50"), some("46.50"), some("45.50")]);
    assert_eq!(cycle.basis_tax_per_share, some("48"), "premiums of calls do not reduce it");
    let called = held.then(EventKind::CalledAway, expiring("260220", 'C', 51), "1", "0").project().expect("a cycle");
    assert_eq!(called.cycle.realized_pnl, dec("550"), "and not 750: the premiums are in the basis");
    assert_eq!(called.cycle.realized_pnl, (dec("51") - dec("45.50")) * dec("100"));
    assert_eq!(called.cycle.premium, dec("450"));
    assert_adds_up(&called);
    let roles: Vec<_> = called.trades.iter().filter_map(|trade| trade.origin.leg_role).collect();
    assert_eq!(roles, [LegRole::Assign, LegRole::CalledAway, LegRole::Expire, LegRole::CalledAway]);
    let nets: Vec<_> = called.trades.iter().filter_map(|trade| trade.outcome.net_pnl).collect();
    assert_eq!(nets, [dec("200"), dec("100"), dec("150"), dec("100")]);
    assert_eq!(called.trades[1].origin.parent_lot.map(Id::as_uuid), Some(called.trades[0].id.as_uuid()));
    assert_eq!(called.trades[0].wheel.shares_delta, some("100"));
    assert_eq!(called.trades[0].risk.collateral, some("5000"));
    assert_eq!(called.trades[0].execution.exit_reason, Some(ExitReason::Assigned));
}

#[test]
fn rolls_of_calls_move_the_basis_by_their_credits() {
    let (near, far, farther) = (option('C', 50), expiring("260116", 'C', 50), expiring("260220", 'C', 52));
    let story = Story::default()
        .then(EventKind::Open, option('P', 50), "-1", "2.00")
        .then(EventKind::Assign, option('P', 50), "1", "0")
        .then(EventKind::Open, near, "-1", "0.70")
        .roll(near, far, "0.40", "1.20")
        .roll(far, farther, "1.50", "1.30");
    let projection = story.project().expect("a cycle");
    let bases: Vec<_> = projection.cycle.basis[1..].iter().filter_map(|step| step.adjusted_per_share).collect();
    assert_eq!(bases, [dec("48"), dec("47.30"), dec("46.50"), dec("46.70")]);
    assert_eq!(projection.cycle.premium, dec("330"));
    let rolls: Vec<_> = projection.cycle.lots.iter().filter_map(|lot| lot.roll).collect();
    assert_eq!(rolls.iter().map(|roll| roll.sequence).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(rolls.iter().map(|roll| roll.net_credit).collect::<Vec<_>>(), [dec("0.80"), dec("-0.20")]);
    assert_eq!(
        rolls.iter().map(|roll| roll.roll_type).collect::<Vec<_>>(),
        [Some(RollType::Out), Some(RollType::UpOut)]
    );
    assert_eq!(rolls[0].chain, rolls[1].chain);
    let chains: Vec<_> = projection.trades[2..].iter().map(|trade| trade.origin.roll_chain).collect();
    assert!(chains.iter().all(|chain| *chain == Some(rolls[0].chain)), "the first contract is in the chain too");
}

#[test]
fn a_roll_of_a_put_moves_the_basis_with_its_strike() {
    let story = Story::default().then(EventKind::Open, option('P', 50), "-1", "2.00").roll(
        option('P', 50),
        expiring("260116", 'P', 47),
        "1.10",
        "1.40",
    );
    assert_eq!(story.cycle().basis_adjusted_per_share, some("44.70"), "and not 47.70");
    let assigned = story.then(EventKind::Assign, expiring("260116", 'P', 47), "1", "0").cycle();
    assert_eq!(assigned.basis_adjusted_per_share, some("44.70"));
    assert_eq!(assigned.basis_tax_per_share, some("45.60"), "47 less the premium of the assigned put only");
}

#[test]
fn a_partial_assignment_takes_the_credits_of_its_contracts() {
    let story = Story::default()
        .then(EventKind::Open, option('P', 50), "-2", "2.00")
        .fees("2.00")
        .then(EventKind::Assign, option('P', 50), "1", "0")
        .fees("5.00");
    let cycle = story.cycle();
    assert_eq!(cycle.shares, dec("100"));
    // 5000 and 5 of fees, minus half of 400 − 2.
    assert_eq!((cycle.basis_adjusted, cycle.basis_tax), (dec("4806"), dec("4806")));
    let trades = story.project().expect("a cycle").trades;
    assert_eq!((trades[0].execution.quantity_closed, trades[0].is_open()), (dec("1"), true));
    let expired = story.then(EventKind::Expire, option('P', 50), "1", "0");
    let cycle = expired.cycle();
    assert_eq!(cycle.basis_adjusted_per_share, some("46.07"), "the rest of the credit is the cycle's too");
    assert_eq!(cycle.basis_tax_per_share, some("48.06"));
    let sold = expired.then(EventKind::Close, spy().into(), "-100", "49.00").project().expect("a cycle");
    assert_eq!(sold.cycle.realized_pnl, dec("293"));
    assert_adds_up(&sold);
}

#[test]
fn shares_that_leave_take_their_part_of_the_basis() {
    let story = Story::default()
        .then(EventKind::Open, option('P', 50), "-2", "2.00")
        .then(EventKind::Assign, option('P', 50), "2", "0")
        .then(EventKind::Open, expiring("260116", 'C', 51), "-1", "1.00");
    assert_eq!(story.cycle().basis_adjusted_per_share, some("47.50"), "one call is spread over all shares");
    let story = story.then(EventKind::CalledAway, expiring("260116", 'C', 51), "1", "0");
    let cycle = story.cycle();
    assert_eq!((cycle.shares, cycle.basis_adjusted_per_share), (dec("100"), some("47.50")));
    assert_eq!(cycle.basis_tax_per_share, some("48"));
    assert_adds_up(&story.then(EventKind::Close, spy().into(), "-100", "47.50").project().expect("a cycle"));
}

#[test]
fn dividends_reduce_the_basis_unless_they_are_excluded() {
    let story = Story::default().then(EventKind::Open, spy().into(), "100", "50.00").then(
        EventKind::Dividend,
        spy().into(),
        "100",
        "0.25",
    );
    assert_eq!(story.cycle().basis_adjusted_per_share, some("49.75"));
    assert_eq!(story.cycle().realized_pnl, dec("25"));
    let apart = Projection::with_dividends(&story.0, false).expect("a cycle").cycle;
    assert_eq!(apart.basis_adjusted_per_share, some("50"));
    assert_eq!(apart.basis_tax_per_share, some("50"));
}

#[test]
fn splits_change_units_and_no_money() {
    let story = Story::default()
        .then(EventKind::Open, spy().into(), "30", "10.00")
        .then(EventKind::Close, spy().into(), "-10", "11.00")
        .then(EventKind::Split, spy().into(), "0.1", "0");
    let cycle = story.cycle();
    assert_eq!((cycle.shares, cycle.basis_adjusted, cycle.basis_tax_per_share), (dec("2"), dec("200"), some("100")));
    assert_eq!((cycle.lots[0].quantity, cycle.lots[0].price), (dec("3"), dec("100")));
    assert_eq!((cycle.lots[0].closings[0].quantity, cycle.lots[0].closings[0].price), (dec("-1"), dec("110")));
    let sold = story.then(EventKind::Close, spy().into(), "-2", "105.00").project().expect("a cycle");
    assert_eq!(sold.cycle.realized_pnl, dec("20"));
    assert_adds_up(&sold);
    let mut forward = Story::default().then(EventKind::Open, option('P', 50), "-1", "2.00").then(
        EventKind::Split,
        option('P', 50),
        "2",
        "0",
    );
    forward.0[1].successor = Some(option('P', 25));
    let forward = forward.then(EventKind::Assign, option('P', 25), "2", "0").cycle();
    assert_eq!((forward.shares, forward.basis_adjusted_per_share), (dec("200"), some("24")));
}

#[test]
fn long_options_become_shares_at_their_cost() {
    let story = Story::default().then(EventKind::Open, option('C', 50), "1", "3.00").then(
        EventKind::Exercise,
        option('C', 50),
        "-1",
        "0",
    );
    let cycle = story.cycle();
    assert_eq!((cycle.basis_tax_per_share, cycle.basis_adjusted_per_share), (some("53"), some("53")));
    assert_adds_up(&story.then(EventKind::Close, spy().into(), "-100", "55").project().expect("a cycle"));
}

#[test]
fn contradicting_events_are_refused() {
    let put = || Story::default().then(EventKind::Open, option('P', 50), "-1", "2.00");
    for (story, what) in [
        (put().then(EventKind::Close, option('P', 50), "2", "1"), "cannot close more than is open"),
        (put().then(EventKind::Close, option('P', 49), "1", "1"), "cannot close more than is open"),
        (put().then(EventKind::Open, option('P', 50), "1", "1"), "held with the opposite sign"),
        (put().then(EventKind::Split, spy().into(), "2", "0"), "not held"),
        (
            Story::default().then(EventKind::Open, option('C', 50), "-1", "1").then(
                EventKind::CalledAway,
                option('C', 50),
                "1",
                "0",
            ),
            "cannot call away more shares",
        ),
    ] {
        let error = story.project().expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error}");
        assert!(error.to_string().contains(what), "{error}");
        let last = story.0.last().expect("an event").id.to_string();
        assert_eq!(error.context("event"), Some(&*last));
    }
    assert_eq!(Projection::of(&[]).expect_err("no events").kind(), ErrorKind::InvalidInput);
    let mut other = put();
    other.0.push(JournalEvent { account: name("U2"), id: Id::named("other"), ..other.0[0].clone() });
    assert_eq!(Projection::of(&other.0).expect_err("another account").kind(), ErrorKind::Conflict);
}

#[test]
fn events_are_checked_by_their_kinds() {
    let event = |kind, instrument, quantity, price| {
        let story = Story::default().then(kind, instrument, quantity, price);
        story.0[0].validate()
    };
    assert!(event(EventKind::Fee, spy().into(), "0", "0").is_ok());
    for (field, invalid) in [
        ("quantity", event(EventKind::Fee, spy().into(), "1", "0")),
        ("quantity", event(EventKind::Open, spy().into(), "0", "1")),
        ("quantity", event(EventKind::Assign, option('P', 50), "-1", "0")),
        ("quantity", event(EventKind::Exercise, option('P', 50), "1", "0")),
        ("quantity", event(EventKind::Split, spy().into(), "-2", "0")),
        ("price", event(EventKind::Expire, option('P', 50), "1", "1")),
        ("price", event(EventKind::Open, option('P', 50), "1", "-1")),
        ("price", event(EventKind::Open, spy().into(), "999999999999", "999")),
        ("instrument", event(EventKind::Assign, spy().into(), "1", "0")),
        ("instrument", event(EventKind::CalledAway, option('P', 50), "1", "0")),
        ("successor", event(EventKind::Roll, option('P', 50), "1", "0")),
    ] {
        let error = invalid.expect_err(field);
        assert_eq!((error.kind(), error.context("field")), (ErrorKind::InvalidInput, Some(field)), "{error}");
    }
}

#[test]
fn a_merged_trade_keeps_fields_that_no_event_sets() {
    let story = Story::default().then(EventKind::Open, option('P', 50), "-1", "2.00");
    let mut stored = story.project().expect("a cycle").trades.remove(0);
    stored.review.thesis = Some("it will not fall".to_owned());
    stored.entry.regime = Some(name("calm"));
    let ended = story.then(EventKind::Expire, option('P', 50), "1", "0").project().expect("a cycle");
    let Settlement { changed, gone } = settle_trades(&ended.trades, std::slice::from_ref(&stored), false);
    assert_eq!((changed.len(), gone.len()), (1, 0));
    assert_eq!((&changed[0].review, &changed[0].entry), (&stored.review, &stored.entry));
    assert_eq!(changed[0].outcome.net_pnl, some("200"));
    assert_eq!(changed[0].closed().expect("closed").net(), dec("200"));
    assert!(settle_trades(&ended.trades, &changed, false).is_empty(), "settling again changes nothing");
    stored.finalised = true;
    assert!(settle_trades(&ended.trades, &[stored], false).is_empty());
}

#[test]
fn results_are_multiples_of_the_risk_and_percentages_of_the_premium() {
    let story = Story::default().then(EventKind::Open, option('P', 50), "-1", "2.00");
    let ended = story.then(EventKind::Expire, option('P', 50), "1", "0").project().expect("a cycle");
    let mut trade = ended.trades[0].clone();
    assert_eq!((trade.r_multiple(), trade.mae_r(), trade.mfe_r()), (None, None, None), "no risk was planned");
    trade.risk.initial_risk = some("400");
    (trade.risk.mae, trade.risk.mfe) = (some("-100"), some("300"));
    assert_eq!((trade.r_multiple(), trade.mae_r(), trade.mfe_r()), (Some(0.5), Some(-0.25), Some(0.75)));
    assert_eq!(trade.outcome.percent_of_premium(), Some(100.0));
}

#[test]
fn days_underwater_are_those_below_the_basis_of_their_day() {
    let cycle = Story::default()
        .then(EventKind::Open, spy().into(), "100", "50.00")
        .then(EventKind::Open, option('C', 51), "-1", "1.00")
        .cycle();
    let day = |day| NaiveDate::from_ymd_opt(2025, 9, day).expect("a day");
    let closes = |closes: &[(u32, &str)]| closes.iter().map(|(on, close)| (day(*on), dec(close))).collect::<Vec<_>>();
    assert_eq!(cycle.days_underwater(closes(&[(1, "10"), (2, "49.50"), (3, "49.50"), (4, "48.99")])), Some(2));
    assert_eq!(cycle.days_underwater(closes(&[(1, "10")])), None);
}

/// Appends an event that may or may not fit, chosen by a few numbers.
fn candidate(story: Story, (what, strike, quantity, cents): (u8, u32, i64, i64)) -> Story {
    let (put, call) = (option('P', strike), option('C', strike));
    let quantity = Decimal::from(quantity).to_string();
    let minus = format!("-{quantity}");
    let price = Decimal::new(cents, 3).to_string();
    match what {
        0 => story.then(EventKind::Open, put, &minus, &price),
        1 => story.then(EventKind::Open, call, &minus, &price),
        2 => story.then(EventKind::Open, spy().into(), &format!("{quantity}7"), &price),
        3 => story.then(EventKind::Close, put, &quantity, &price),
        4 => story.then(EventKind::Close, spy().into(), &minus, &price),
        5 => story.then(EventKind::Assign, put, &quantity, "0"),
        6 => story.then(EventKind::Assign, call, &quantity, "0"),
        7 => story.then(EventKind::CalledAway, call, &quantity, "0"),
        8 => story.then(EventKind::Expire, call, &quantity, "0"),
        9 => story.roll(put, option('P', strike + 1), &price, "1.23456789"),
        10 => story.then(EventKind::Dividend, spy().into(), &quantity, &price),
        11 => story.then(EventKind::Fee, spy().into(), "0", "0"),
        12 => story.then(EventKind::Split, spy().into(), "1.5", "0"),
        13 => story.then(EventKind::Open, call, &quantity, &price),
        _ => story.then(EventKind::Exercise, call, &minus, "0"),
    }
    .fees(&Decimal::new(cents, 4).to_string())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn when_nothing_is_open_the_profit_is_the_sum_of_the_money(
        wanted in prop::collection::vec((0_u8..15, 50_u32..53, 1_i64..4, 1_i64..9_999), 1..40),
        rotate in 0_usize..40,
    ) {
        let mut story = Story::default().then(EventKind::Open, option('P', 50), "-3", "2.00");
        for event in wanted {
            let kept = story.0.clone();
            story = candidate(story, event);
            if story.project().is_err() {
                story = Story(kept);
            }
        }
        let open = story.cycle();
        for lot in open.lots.iter().filter(|lot| !lot.open.is_zero()) {
            story = story.then(EventKind::Close, lot.instrument, &(-lot.open).to_string(), "0.12345678").fees("0.07");
            let last = story.0.last_mut().expect("an event");
            (last.lot, last.multiplier) = (Some(lot.id), lot.multiplier);
        }
        let projection = story.project().expect("a cycle");
        assert_adds_up(&projection);
        for trade in &projection.trades {
            prop_assert!(trade.validate().is_ok() && !trade.is_open());
        }
        let mut shuffled = story.0.clone();
        let places = shuffled.len();
        shuffled.rotate_left(rotate % places);
        prop_assert_eq!(Projection::of(&shuffled).expect("the same events"), projection);
    }
}

#[test]
fn instruments_opened_by_one_order_are_a_group_of_legs() {
    let mut story = Story::default()
        .then(EventKind::Open, option('P', 50), "-1", "2.00")
        .then(EventKind::Open, option('P', 45), "1", "0.80")
        .then(EventKind::Open, option('P', 45), "1", "0.85")
        .then(EventKind::Open, option('C', 60), "-1", "1.00")
        .then(EventKind::Close, option('P', 50), "1", "0.50")
        .then(EventKind::Fee, Instrument::Symbol(spy()), "0", "0");
    for (event, order) in story.0.iter_mut().zip([Some("1"), Some("1"), Some("1"), Some("2"), Some("3"), None]) {
        event.broker_order_id = order.map(name);
    }
    let trades = story.project().expect("a cycle").trades;
    let groups: Vec<_> = trades.iter().map(|trade| trade.origin.leg_group).collect();
    assert!(groups[0].is_some() && groups[..3].iter().all(|group| *group == groups[0]), "{groups:?}");
    assert_eq!(groups[3], None, "an order of one contract has no legs");
    let orders: Vec<_> = trades.iter().map(|trade| trade.origin.order_ids.join(" ")).collect();
    assert_eq!(orders, ["1 3", "1", "1", "2"]);

    // An order that the owner entered stays when no event names one.
    let mut stored = trades[3].clone();
    stored.origin.leg_group = Some(Id::named("mine"));
    assert_eq!(Projection::merged(&trades[3], &stored).origin.leg_group, Some(Id::named("mine")));
    stored.origin.order_ids = vec!["9".to_owned()];
    assert_eq!(Projection::merged(&trades[3], &stored).origin.order_ids, ["2"]);
}

#[test]
fn invalid_amounts_are_refused_before_they_are_added() {
    let put = option('P', 650);
    let story = Story::default().then(EventKind::Open, put, "-1", "5").then(EventKind::Close, put, "1", "2");
    let changes: [fn(&mut JournalEvent); 4] = [
        |event| event.fees = Decimal::MIN,
        |event| event.price = Decimal::MAX,
        |event| event.quantity *= Decimal::from(10_u64.pow(18)),
        |event| (event.fees, event.multiplier) = (Decimal::MAX, u32::MAX),
    ];
    for change in changes {
        let mut events = story.0.clone();
        events.iter_mut().for_each(change);
        let error = Projection::of(&events).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}
