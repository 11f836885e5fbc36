//! The dataset that a call is about, for its span.

use strikebook_core::maintenance::Dataset;

/// Matches the names of calls with datasets.
macro_rules! datasets {
    ($operation:ident: $($dataset:ident => $($call:literal)|+;)+) => {
        match $operation {
            $($($call)|+ => Some(Dataset::$dataset),)+
            _ => None,
        }
    };
}

/// Returns the dataset that a call reads or writes first of all; `None` for a call about several or about the store.
pub(super) fn dataset_of(operation: &str) -> Option<Dataset> {
    datasets! { operation:
        Contracts => "upsert_contracts" | "get_contract" | "list_contracts";
        OptionQuotes => "upsert_quotes" | "upsert_snapshot" | "chain_as_of" | "chains_as_of" | "option_volume"
            | "list_quotes" | "list_quote_versions" | "list_quote_changes" | "hourly_options" | "daily_options"
            | "list_expirations" | "list_quote_days" | "list_underlyings";
        ChainSnapshots => "upsert_snapshots" | "list_snapshots" | "list_snapshot_changes";
        UnderlyingQuotes => "upsert_underlying_quotes" | "underlying_as_of" | "underlyings_as_of"
            | "list_underlying_quotes" | "list_underlying_versions" | "list_underlying_changes" | "live_bars"
            | "list_quoted_symbols";
        Bars => "upsert_bars" | "bar_as_of" | "list_bars" | "list_bar_versions" | "list_bar_changes" | "list_bar_keys"
            | "resample_bars";
        Observations => "upsert_observations" | "observation_as_of" | "list_observations"
            | "list_observation_versions" | "list_observation_changes" | "list_series";
        Greeks => "upsert_greeks" | "greeks_as_of" | "chain_with_greeks" | "list_greeks" | "list_outdated_greeks"
            | "list_models";
        HestonParameters => "upsert_heston" | "heston_as_of" | "list_heston" | "list_heston_versions";
        SabrParameters => "upsert_sabr" | "sabr_as_of" | "sabr_surface_as_of" | "list_sabr" | "list_sabr_versions";
        SviParameters => "upsert_svi" | "svi_as_of" | "svi_surface_as_of" | "list_svi" | "list_svi_versions";
        OuParameters => "upsert_ou" | "ou_as_of" | "list_ou" | "list_ou_versions";
        Features => "upsert_features" | "features_as_of" | "list_features" | "list_feature_versions";
        Backtests => "insert_backtests" | "get_backtest" | "list_backtests";
        Predictions => "insert_predictions" | "get_prediction" | "list_predictions" | "prediction_as_of";
        Signals => "insert_signals" | "get_signal" | "list_signals" | "move_signal" | "expire_signals"
            | "signal_performance" | "daily_signals";
        Orders => "insert_orders" | "get_order" | "get_order_by_broker_id" | "list_orders" | "move_order";
        Executions => "record_executions" | "record_fills" | "list_executions";
        Positions => "upsert_positions" | "get_position" | "list_positions" | "delete_position";
        Accounts => "insert_account_snapshots" | "get_account_snapshot" | "list_account_snapshots"
            | "latest_account_snapshot";
        Portfolios => "upsert_portfolio_snapshots" | "portfolio_as_of" | "list_portfolio_snapshots"
            | "list_portfolio_versions";
        Metrics => "upsert_metrics" | "metrics_as_of" | "list_metrics" | "list_metrics_versions";
        JournalEvents => "append_journal_events" | "amend_journal_events" | "get_journal_event" | "list_journal_events"
            | "list_cycle_events";
        JournalCycles => "get_cycle" | "list_cycles" | "rebuild_cycle";
        ImportedRows => "record_imported_rows" | "get_imported_row" | "list_imported_rows";
        Trades => "insert_trades" | "replace_trade" | "amend_trades" | "get_trade" | "list_trades";
        JournalNotes => "add_notes" | "amend_notes" | "get_note" | "list_notes";
        JournalRules => "upsert_rules" | "delete_rule" | "list_rules";
        DailyPnl => "upsert_daily_pnl" | "delete_daily_pnl" | "list_daily_pnl";
        RiskStates => "upsert_risk_states" | "delete_risk_state" | "list_risk_states";
        Events => "insert_events" | "get_event" | "list_events" | "purge_events_below";
        States => "insert_states" | "get_state" | "list_states" | "state_at";
        Users => "upsert_users" | "get_user" | "list_users" | "note_login" | "delete_user";
        Permissions => "grant_permissions" | "list_permissions" | "revoke_permission" | "is_allowed";
        Strategies => "upsert_strategies" | "get_strategy" | "list_strategies" | "set_strategy_status"
            | "delete_strategy";
        Settings => "upsert_settings" | "get_setting" | "list_settings" | "delete_setting";
        Quality => "insert_quality" | "get_quality" | "list_quality";
        Runs => "insert_runs" | "get_run" | "list_runs" | "record_step";
        Rejects => "list_rejects";
        Watermarks => "get_watermark" | "list_watermarks" | "reset_watermarks" | "delete_watermark";
        Audit => "insert_audit" | "get_audit" | "list_audit";
        CacheEntries => "upsert_cache_entries" | "get_cache_entry" | "list_cache_entries" | "touch_cache_entries"
            | "delete_cache_entries";
        CacheLeases => "claim_lease" | "release_lease";
        CacheCoverage => "upsert_coverage" | "list_coverage" | "delete_coverage";
        FetchCosts => "insert_fetch_costs" | "get_fetch_cost" | "list_fetch_costs" | "charge_fetch" | "list_spending";
    }
}
