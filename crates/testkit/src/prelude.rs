//! The subjects, as the shared cases see them, for cases that concern all of them.

pub(crate) use crate::{
    access::Users, account::Accounts, audit::Audit, backtest::Backtests, bar::Bars, cache::CacheEntries, chain::Quotes,
    configuration::Settings, corporate_action::CorporateActions, coverage::CoveredDays, daily::DailyResults,
    economic::Observations, event::Events, execution::Executions, feature::FeatureRows, fundamental::FundamentalRows,
    greeks::Greeks, heston::Heston, import::ImportedRows, indicator::IndicatorRows, journal::JournalEvents,
    metrics::MetricsRows, note::Notes, order::Orders, ou::Ou, portfolio::Portfolios, position::Positions,
    prediction::Predictions, quality::Quality, risk::RiskStates, rule::Rules, run::Runs, sabr::Sabr, signal::Signals,
    snapshot::Snapshots, spending::FetchCosts, state::States, strategy::Strategies, svi::Svi, trade::Trades,
    underlying::UnderlyingQuotes, watermark::Watermarks,
};
