//! The canonical form of decimals: no zero at the end, so that an amount prints and serialises alike on every engine.

use crate::{
    Decimal, Id, Json, Name,
    analytics::{
        Backtest, BacktestPoint, BacktestTrade, ComputedGreeks, Features, HestonParameters, OuParameters, Prediction,
        SabrParameters, SviParameters,
    },
    market::{
        ActionTerms, AdjustedContract, Bar, ChainSnapshot, ContractDetails, CorporateAction, Deliverable, Fundamentals,
        Observation, OptionQuote, Symbol, UnderlyingQuote,
    },
    operations::{
        AuditEntry, CacheEntry, Coverage, FetchCost, FetchLease, Permission, QualityReport, Run, RunReject, Setting,
        Strategy, SystemEvent, SystemState, User, Watermark,
    },
    trading::{
        AccountSnapshot, Balances, Execution, HeldPosition, Order, PortfolioSnapshot, Position, Signal, StoredMetrics,
        journal::{
            self, BasisStep, Cycle, DailyPnl, ImportedRow, JournalEvent, Lot, LotClosing, MarketContext, Note,
            RiskState, RollLink, RuleBreak, RuleDefinition, Trade, TradeExecution, TradeOutcome, WheelLeg,
        },
        metrics::{Conventions, Drawdown, Measure, Metrics},
    },
};

/// A value whose decimals have a canonical form: 162.70 is 162.7, and −0 is 0.
///
/// Every store returns rows in this form. One in memory brings rows into the form when it keeps them, one in SQL when
/// it reads them.
pub trait Canonical {
    /// Brings every decimal into its canonical form.
    fn canonicalize(&mut self);

    /// Returns the value with every decimal in its canonical form.
    #[must_use]
    fn into_canonical(mut self) -> Self
    where
        Self: Sized,
    {
        self.canonicalize();
        self
    }
}

impl Canonical for Decimal {
    fn canonicalize(&mut self) {
        *self = self.normalize();
    }
}

impl<T: Canonical> Canonical for Option<T> {
    fn canonicalize(&mut self) {
        self.iter_mut().for_each(T::canonicalize);
    }
}

impl<T: Canonical> Canonical for Vec<T> {
    fn canonicalize(&mut self) {
        self.iter_mut().for_each(T::canonicalize);
    }
}

impl<T: Canonical> Canonical for Measure<T> {
    fn canonicalize(&mut self) {
        if let Ok(value) = &mut self.value {
            value.canonicalize();
        }
    }
}

impl<T> Canonical for Id<T> {
    fn canonicalize(&mut self) {}
}

/// Lists the fields of each type that are decimals or hold some. A new field of that kind belongs here.
macro_rules! canonical {
    ($($type:ty: $($field:ident)*;)+) => {
        $(impl Canonical for $type {
            fn canonicalize(&mut self) {
                $(self.$field.canonicalize();)*
            }
        })+
    };
}

canonical! {
    Json: ; String: ; Name: ; Symbol: ; RuleBreak: ;

    ContractDetails: ; OptionQuote: ; ChainSnapshot: ; UnderlyingQuote: ; Bar: ; Observation: ;
    Fundamentals: ;
    CorporateAction: terms;
    ActionTerms: new_shares old_shares amount contract;
    AdjustedContract: contracts deliverable;
    Deliverable: quantity;

    ComputedGreeks: ; HestonParameters: ; SabrParameters: ; SviParameters: ; OuParameters: ; Features: ;
    Backtest: ; BacktestPoint: ; BacktestTrade: ; Prediction: ;

    Signal: ;
    Order: quantity limit_price stop_price filled_quantity;
    Execution: quantity price commission;
    Position: quantity average_cost realized_pnl;
    AccountSnapshot: balances positions;
    Balances: cash settled_cash net_liquidation positions_value buying_power initial_requirement maintenance_requirement
        excess_liquidity realized_pnl unrealized_pnl;
    HeldPosition: quantity average_cost price market_value unrealized_pnl;
    PortfolioSnapshot: total_value cash positions_value total_pnl unrealized_pnl realized_pnl total_exposure
        net_exposure;
    StoredMetrics: conventions metrics;
    Conventions: starting_equity tolerance;
    Metrics: net gross costs expectancy drawdown;
    Drawdown: money;

    JournalEvent: quantity price fees successor_price;
    Cycle: shares basis_tax basis_adjusted basis_tax_per_share basis_adjusted_per_share premium dividends fees cash_flow
        realized_pnl lots basis;
    Lot: quantity open price cash fees open_cash open_tax roll closings;
    LotClosing: quantity price cash fees pnl tax_pnl;
    BasisStep: shares tax_per_share adjusted_per_share dividends realized_pnl;
    RollLink: net_credit;
    Trade: execution outcome risk entry exit wheel;
    TradeExecution: quantity quantity_closed entry_price exit_price entry_bid entry_ask slippage_entry slippage_exit
        commission regulatory_fees exchange_fees assignment_fee;
    TradeOutcome: premium_received premium_paid gross_pnl total_costs net_pnl;
    journal::Risk: initial_risk max_risk collateral buying_power_used stop_loss target_price mae mfe post_exit_mfe
        account_equity;
    MarketContext: underlying_price;
    WheelLeg: assigned_contracts shares_delta basis_tax_per_share basis_adjusted_per_share roll_net_credit
        dividends_received cycle_realized_pnl;
    ImportedRow: ; Note: ; RuleDefinition: ; RiskState: ;
    DailyPnl: realized unrealized;

    Strategy: ; User: ; Permission: ; Setting: ; AuditEntry: ; SystemEvent: ; SystemState: ; QualityReport: ;
    Run: ; RunReject: ; Watermark: ;
    CacheEntry: cost;
    FetchLease: ; Coverage: ;
    FetchCost: cost;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_lose_the_zeros_at_their_end_wherever_they_stand() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
        for (written, canonical) in [("162.70", "162.7"), ("-0.00", "0"), ("100", "100"), ("1.10000000", "1.1")] {
            assert_eq!(decimal(written).into_canonical().to_string(), canonical);
        }
        let balances = Balances { cash: Some(decimal("5.00")), ..Balances::default() };
        assert_eq!(balances.into_canonical().cash.map(|cash| cash.to_string()).as_deref(), Some("5"));
    }
}
