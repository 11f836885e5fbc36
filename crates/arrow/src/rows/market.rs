//! The datasets of market.

use chrono::NaiveDate;
use strikebook_core::{
    Decimal, Name, Source, Timestamp,
    market::{
        ActionKey, ActionKind, ActionStatus, ActionTerms, AdjustedContract, Bar, BarKey, ChainSnapshot,
        ContractDetails, CorporateAction, Delivery, EarningsTime, ExerciseStyle, Fundamentals, Instrument, LastTrading,
        Observation, OptionContract, OptionQuote, Product, QuoteGreeks, SeriesId, SettlementTime, Symbol, Timeframe,
        TradingHours, UnderlyingQuote,
    },
};

use crate::{columns::group, rows::rows};

group! {
    Product {
        multiplier: u32, exercise_style: ExerciseStyle, settlement: SettlementTime, delivery: Delivery,
        last_trading: LastTrading, hours: TradingHours,
    }

    QuoteGreeks {
        delta: Option<f64>, gamma: Option<f64>, theta: Option<f64>, vega: Option<f64>, rho: Option<f64>,
    }

    BarKey { instrument: Instrument, timeframe: Timeframe }

    ActionKey { symbol: Symbol, kind: ActionKind }

    ActionTerms {
        new_shares: Option<Decimal>, old_shares: Option<Decimal>, amount: Option<Decimal>, currency: Option<Name>,
        record_date: Option<NaiveDate>, pay_date: Option<NaiveDate>, counterpart: Option<Symbol>,
        contract: Option<AdjustedContract>, report_time: Option<EarningsTime>,
    }
}

rows! {
    ContractDetails in Contracts version 1 {
        key { contract: OptionContract }
        value { underlying: Symbol, product: Product, listed_on: Option<NaiveDate>, source: Source }
    }

    OptionQuote in OptionQuotes version 1 {
        key { contract: OptionContract, at: Timestamp }
        value {
            bid: Option<f64>, ask: Option<f64>, last: Option<f64>, bid_size: Option<u64>, ask_size: Option<u64>,
            volume: Option<u64>, open_interest: Option<u64>, implied_volatility: Option<f64>, greeks: QuoteGreeks,
            underlying_price: Option<f64>, source: Source,
        }
    }

    Observation in Observations version 1 {
        key { series: SeriesId, date: NaiveDate }
        value { value: f64, source: Source }
        computed { at: Timestamp = Observation::at }
    }

    Bar in Bars version 1 {
        key { key: BarKey, at: Timestamp }
        value {
            opened_at: Timestamp, open: f64, high: f64, low: f64, close: f64, volume: Option<u64>,
            vwap: Option<f64>, source: Source,
        }
    }

    ChainSnapshot in ChainSnapshots version 1 {
        key { underlying: Symbol, at: Timestamp }
        value { underlying_price: Option<f64>, contracts: u64, expirations: u64, source: Source }
    }

    CorporateAction in CorporateActions version 1 {
        key { key: ActionKey, at: Timestamp }
        value { status: ActionStatus, source: Source, terms: ActionTerms }
    }

    Fundamentals in Fundamentals version 1 {
        key { symbol: Symbol, at: Timestamp }
        value { market_cap: Option<u64>, shares_outstanding: Option<u64>, source: Source }
    }

    UnderlyingQuote in UnderlyingQuotes version 1 {
        key { symbol: Symbol, at: Timestamp }
        value {
            bid: Option<f64>, ask: Option<f64>, last: Option<f64>, bid_size: Option<u64>, ask_size: Option<u64>,
            volume: Option<u64>, source: Source,
        }
    }
}
