//! Random values of every type of the domain, extremes among them. Rows get theirs by the declarations of their
//! columns.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use strikebook_core::{
    Decimal, ErrorKind, Id, Json, Name, Source, Timestamp,
    analytics::{BacktestPoint, BacktestTrade, InputsHash, Maturity, Model},
    market::{
        ActionKind, ActionStatus, AdjustedContract, Deliverable, Delivery, EarningsTime, ExerciseStyle, Instrument,
        LastTrading, OptionContract, OptionRoot, OptionType, SeriesId, SettlementTime, Strike, Symbol, Timeframe,
        TradingHours,
    },
    money::TradedValue,
    operations::{FetchOutcome, PasswordHash, RunStatus, Severity, StrategyStatus},
    port::Canonical,
    trading::{
        HeldPosition, OrderKind, OrderLink, OrderRole, OrderSide, OrderStatus, SignalAction, SignalLeg, SignalStatus,
        TimeInForce,
        journal::{
            BasisStep, CloseAction, EventKind, ExitReason, LegRole, Lot, LotClosing, MentalState, NoteKind, OpenAction,
            Provenance, RiskBasis, RollLink, RollType, RuleBreak, RuleSeverity, Side, WheelPhase, WinLoss,
        },
        metrics::{Conventions, CostsBasis, Drawdown, Measure, Metrics, TradeUnit, Undefined, WinRate, Window},
    },
};

/// A type with random values.
pub(crate) trait Sample: Sized {
    /// Draws a value at random.
    fn sample(random: &mut Rng) -> Self;
}

fn one_of<T: Copy>(random: &mut Rng, values: &[T]) -> T {
    values[random.usize(..values.len())]
}

impl<T: Sample> Sample for Option<T> {
    fn sample(random: &mut Rng) -> Self {
        random.bool().then(|| T::sample(random))
    }
}

impl<T: Sample> Sample for Vec<T> {
    fn sample(random: &mut Rng) -> Self {
        (0..random.usize(..3)).map(|_| T::sample(random)).collect()
    }
}

impl Sample for f64 {
    fn sample(random: &mut Rng) -> Self {
        let extremes = [0.0, -0.0, 0.1 + 0.2, Self::MIN, Self::MAX, Self::MIN_POSITIVE, Self::from_bits(1), -1e-300];
        let any = Self::from_bits(random.u64(..));
        if random.bool() && any.is_finite() { any } else { one_of(random, &extremes) }
    }
}

impl Sample for i64 {
    fn sample(random: &mut Rng) -> Self {
        random.i64(..)
    }
}

impl<T: Sample> Sample for Result<T, Undefined> {
    fn sample(random: &mut Rng) -> Self {
        if random.bool() { Ok(T::sample(random)) } else { Err(Undefined::sample(random)) }
    }
}

impl<T: Sample> Sample for Measure<T> {
    fn sample(random: &mut Rng) -> Self {
        let (value, trades, excluded) = (Sample::sample(random), Sample::sample(random), Sample::sample(random));
        Self { value, trades, excluded, convention: "gross less costs".into() }
    }
}

impl Sample for bool {
    fn sample(random: &mut Rng) -> Self {
        random.bool()
    }
}

impl Sample for u32 {
    fn sample(random: &mut Rng) -> Self {
        let any = random.u32(..);
        one_of(random, &[0, 1, Self::MAX, any])
    }
}

impl Sample for u64 {
    fn sample(random: &mut Rng) -> Self {
        let any = random.u64(..=i64::MAX.unsigned_abs());
        one_of(random, &[0, 1, i64::MAX.unsigned_abs(), any])
    }
}

impl Sample for Timestamp {
    fn sample(random: &mut Rng) -> Self {
        let any = random.i64(Self::MIN.as_micros()..=Self::MAX.as_micros());
        let micros = one_of(random, &[Self::MIN.as_micros(), Self::MAX.as_micros(), -1, 0, 1, any]);
        Self::from_micros(micros).expect("an instant in range")
    }
}

impl Sample for NaiveDate {
    fn sample(random: &mut Rng) -> Self {
        let first = Self::from_ymd_opt(1973, 1, 1).expect("a day");
        first + Days::new(one_of(random, &[0, 36_523, 20_000]) + random.u64(..2))
    }
}

impl Sample for Decimal {
    fn sample(random: &mut Rng) -> Self {
        let limit = 10_i128.pow(20) - 1;
        let any = random.i128(-limit..=limit);
        let digits = one_of(random, &[limit, -limit, 1, -1, 0, any]);
        Self::from_i128_with_scale(digits, 8).into_canonical()
    }
}

impl Sample for TradedValue {
    fn sample(random: &mut Rng) -> Self {
        let limit = 10_i128.pow(28) - 1;
        let any = random.i128(0..=limit);
        let digits = one_of(random, &[limit, 1, 0, any]);
        Self::try_from(Decimal::from_i128_with_scale(digits, 16)).expect("a traded value")
    }
}

impl Sample for Strike {
    fn sample(random: &mut Rng) -> Self {
        let any = random.u32(1..=99_999_999);
        Self::from_thousandths(one_of(random, &[1, 99_999_999, 650_000, any])).expect("a strike")
    }
}

impl Sample for Maturity {
    fn sample(random: &mut Rng) -> Self {
        let any = random.f64() + f64::MIN_POSITIVE;
        Self::new(one_of(random, &[f64::from_bits(1), 200.0, 1.0 / 365.0, any])).expect("a maturity")
    }
}

impl Sample for OptionContract {
    fn sample(random: &mut Rng) -> Self {
        let (root, expiration) = (Sample::sample(random), Sample::sample(random));
        Self::new(root, expiration, Sample::sample(random), Sample::sample(random)).expect("a contract")
    }
}

impl Sample for Instrument {
    fn sample(random: &mut Rng) -> Self {
        if random.bool() { Self::Symbol(Sample::sample(random)) } else { Self::Option(Sample::sample(random)) }
    }
}

impl Sample for IpAddr {
    fn sample(random: &mut Rng) -> Self {
        let six = Ipv6Addr::from(random.u128(..));
        one_of(random, &[Self::from(Ipv4Addr::LOCALHOST), Self::from(Ipv6Addr::UNSPECIFIED), Self::from(six)])
    }
}

impl<T> Sample for Id<T> {
    fn sample(random: &mut Rng) -> Self {
        Self::named(&random.u64(..).to_string())
    }
}

impl Sample for String {
    fn sample(random: &mut Rng) -> Self {
        one_of(random, &["", "a \"quoted\"\nline\t…", "NULL", "Ὀδυσσεύς 🙂", "00", " "]).to_owned()
    }
}

impl Sample for Json {
    fn sample(random: &mut Rng) -> Self {
        let texts = [
            "null",
            "{}",
            "[]",
            "\"\"",
            r#"{"a":[1,2.5,{"b":null}],"c":"…\"\n","d":1e300,"e":9007199254740993,"f":0.1}"#,
            "18446744073709551615",
            "-9223372036854775808",
        ];
        one_of(random, &texts).parse().expect("JSON")
    }
}

impl Sample for PasswordHash {
    fn sample(random: &mut Rng) -> Self {
        let salts = ["c29tZXNhbHQxMjM0NTY3OA", "AAAAAAAAAAAAAAAAAAAAAA"];
        let salt = one_of(random, &salts);
        let text = format!("$argon2id$v=19$m=19456,t=2,p=1${salt}$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        Self::from_phc(&text).expect("a hash")
    }
}

/// Draws from all values of an enum.
macro_rules! words {
    ($($type:ty),+ $(,)?) => {
        $(impl Sample for $type {
            fn sample(random: &mut Rng) -> Self {
                one_of(random, &<$type>::ALL[..])
            }
        })+
    };
}

words!(
    ActionKind,
    ActionStatus,
    EarningsTime,
    ExerciseStyle,
    SettlementTime,
    Delivery,
    LastTrading,
    TradingHours,
    Timeframe,
    SignalAction,
    SignalStatus,
    Severity,
    StrategyStatus,
    FetchOutcome,
    ErrorKind,
    RunStatus,
    OrderSide,
    OrderKind,
    OrderRole,
    OrderStatus,
    TimeInForce,
    EventKind,
    Side,
    OpenAction,
    CloseAction,
    ExitReason,
    LegRole,
    WheelPhase,
    RollType,
    WinLoss,
    Provenance,
    MentalState,
    RuleSeverity,
    RiskBasis,
    TradeUnit,
    NoteKind,
    CostsBasis,
    Undefined,
);

/// Draws from examples of a checked text.
macro_rules! texts {
    ($($type:ty: $($text:literal),+;)+) => {
        $(impl Sample for $type {
            fn sample(random: &mut Rng) -> Self {
                one_of(random, &[$($text),+]).parse::<Self>().expect("a valid text")
            }
        })+
    };
}

texts! {
    OptionType: "call", "put";
    OptionRoot: "SPY", "SPXW", "AAPL1", "X";
    Symbol: "SPY", "BRK.B", "^VIX", "ES=F", "ABCDEFGHIJKLMNOP";
    SeriesId: "DGS10", "VIXCLS", "A-B_C.D";
    Source: "cboe", "lean/minute", "simulated:demo";
    Model: "black_scholes_merton", "m";
    InputsHash: "0000000000000000000000000000000000000000000000000000000000000000",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    Name: "wheel", "a b", "Ünïcode …", "n'a\"me", "null";
    Window: "all", "trades_20", "days_90";
}

/// Draws the fields of a structure one by one.
macro_rules! structures {
    ($($type:ident { $($field:ident),+ $(,)? })+) => {
        $(impl Sample for $type {
            fn sample(random: &mut Rng) -> Self {
                Self { $($field: Sample::sample(random)),+ }
            }
        })+
    };
}

structures! {
    AdjustedContract { contracts, deliverable }
    BacktestPoint { at, equity }
    BacktestTrade {
        instrument, quantity, opened_at, open_price, closed_at, close_price, pnl, costs, exit_reason,
    }
    BasisStep {
        event, at, kind, phase, shares, tax_per_share, adjusted_per_share, dividends, realized_pnl,
    }
    Conventions { starting_equity, tolerance, z, costs_basis, risk_free, least_return, days_a_year }
    Deliverable { symbol, quantity }
    Drawdown { money, fraction, peak_at, trough_at, recovered_at, longest_secs }
    HeldPosition { instrument, strategy, quantity, average_cost, price, market_value, unrealized_pnl }
    Lot {
        id, instrument, multiplier, opened_at, quantity, open, price, cash, fees, open_cash, open_tax, parent, roll,
        closings,
    }
    LotClosing { event, at, kind, quantity, price, cash, fees, pnl, tax_pnl }
    Metrics {
        net, gross, costs, profit_factor, expectancy, expected_r, expected_r_error, system_quality, win_rate, drawdown,
        costs_percent, sharpe, sortino, exit_efficiency, capture, return_on_collateral,
    }
    OrderLink { group, role, net_price }
    RollLink { chain, sequence, net_credit, roll_type }
    SignalLeg { instrument, side, ratio }
    WinRate { wins, losses, breakevens, rate, lower, upper, z }
    RuleBreak { rule, severity, note }
}
