//! The calls that the writes of a unit stand for.

use strikebook_core::{
    Result, Store, Upserted,
    port::count_step,
    unit::{Applied, Write},
};

/// Calls the method that a write stands for, whatever its precondition, and counts what came of it.
pub(super) async fn call(store: &dyn Store, write: &Write) -> Result<Applied> {
    let upserted = match write {
        Write::UpsertContracts(rows) => store.upsert_contracts(rows.rows()).await,
        Write::UpsertQuotes(rows) => store.upsert_quotes(rows.rows()).await,
        Write::UpsertSnapshots(rows) => store.upsert_snapshots(rows.rows()).await,
        Write::UpsertUnderlyingQuotes(rows) => store.upsert_underlying_quotes(rows.rows()).await,
        Write::UpsertBars(rows) => store.upsert_bars(rows.rows()).await,
        Write::UpsertCorporateActions(rows) => store.upsert_corporate_actions(rows.rows()).await,
        Write::UpsertFundamentals(rows) => store.upsert_fundamentals(rows.rows()).await,
        Write::UpsertObservations(rows) => store.upsert_observations(rows.rows()).await,
        Write::UpsertGreeks(rows) => store.upsert_greeks(rows.rows()).await,
        Write::UpsertHeston(rows) => store.upsert_heston(rows.rows()).await,
        Write::UpsertSabr(rows) => store.upsert_sabr(rows.rows()).await,
        Write::UpsertSvi(rows) => store.upsert_svi(rows.rows()).await,
        Write::UpsertOu(rows) => store.upsert_ou(rows.rows()).await,
        Write::UpsertFeatures(rows) => store.upsert_features(rows.rows()).await,
        Write::UpsertIndicators(rows) => store.upsert_indicators(rows.rows()).await,
        Write::UpsertPortfolioSnapshots(rows) => store.upsert_portfolio_snapshots(rows.rows()).await,
        Write::UpsertMetrics(rows) => store.upsert_metrics(rows.rows()).await,
        Write::InsertBacktests(rows) => store.insert_backtests(rows.rows()).await,
        Write::InsertPredictions(rows) => store.insert_predictions(rows.rows()).await,
        Write::InsertSignals(rows) => store.insert_signals(rows.rows()).await,
        Write::InsertOrders(rows) => store.insert_orders(rows.rows()).await,
        Write::RecordExecutions(rows) => store.record_executions(rows.rows()).await,
        Write::RecordFills(rows) => store.record_fills(rows.rows()).await,
        Write::InsertAccountSnapshots(rows) => store.insert_account_snapshots(rows.rows()).await,
        Write::AppendJournalEvents(rows) => store.append_journal_events(rows.rows()).await,
        Write::RecordImportedRows(rows) => store.record_imported_rows(rows.rows()).await,
        Write::InsertTrades(rows) => store.insert_trades(rows.rows()).await,
        Write::AddNotes(rows) => store.add_notes(rows.rows()).await,
        Write::InsertEvents(rows) => store.insert_events(rows.rows()).await,
        Write::InsertStates(rows) => store.insert_states(rows.rows()).await,
        Write::InsertQuality(rows) => store.insert_quality(rows.rows()).await,
        Write::InsertRuns(rows) => store.insert_runs(rows.rows()).await,
        Write::InsertAudit(rows) => store.insert_audit(rows.rows()).await,
        Write::InsertFetchCosts(rows) => store.insert_fetch_costs(rows.rows()).await,
        Write::UpsertPositions(rows) => store.upsert_positions(rows.rows()).await,
        Write::UpsertRules(rows) => store.upsert_rules(rows.rows()).await,
        Write::UpsertDailyPnl(rows) => store.upsert_daily_pnl(rows.rows()).await,
        Write::UpsertRiskStates(rows) => store.upsert_risk_states(rows.rows()).await,
        Write::UpsertUsers(rows) => store.upsert_users(rows.rows()).await,
        Write::GrantPermissions(rows) => store.grant_permissions(rows.rows()).await,
        Write::UpsertStrategies(rows) => store.upsert_strategies(rows.rows()).await,
        Write::UpsertSettings(rows) => store.upsert_settings(rows.rows()).await,
        Write::ResetWatermarks(rows) => store.reset_watermarks(rows.rows()).await,
        Write::UpsertCacheEntries(rows) => store.upsert_cache_entries(rows.rows()).await,
        Write::UpsertCoverage(rows) => store.upsert_coverage(rows.rows()).await,
        Write::AmendJournalEvents(amended) => store.amend_journal_events(amended.amendments()).await,
        Write::AmendTrades(amended) => store.amend_trades(amended.amendments()).await,
        Write::AmendNotes(amended) => store.amend_notes(amended.amendments()).await,
        Write::ReplaceTrade(rows) => {
            let mut done = Upserted::default();
            for trade in rows.rows() {
                let before = store.get_trade(trade.id).await?;
                done += count_step(before.as_ref(), &store.replace_trade(trade).await?).upserted;
            }
            Ok(done)
        }
        Write::DeletePosition(key) => return store.delete_position(key.key()).await.map(Applied::deleted),
        Write::DeleteRule(key) => return store.delete_rule(*key.key()).await.map(Applied::deleted),
        Write::DeleteDailyPnl(key) => return store.delete_daily_pnl(key.key()).await.map(Applied::deleted),
        Write::DeleteRiskState(key) => return store.delete_risk_state(*key.key()).await.map(Applied::deleted),
        Write::DeleteUser(key) => return store.delete_user(*key.key()).await.map(Applied::deleted),
        Write::RevokePermission(key) => return store.revoke_permission(key.key()).await.map(Applied::deleted),
        Write::DeleteStrategy(key) => return store.delete_strategy(*key.key()).await.map(Applied::deleted),
        Write::DeleteSetting(key) => return store.delete_setting(*key.key()).await.map(Applied::deleted),
        Write::DeleteWatermark(key) => return store.delete_watermark(key.key()).await.map(Applied::deleted),
        Write::MoveSignal(id, status, at) => {
            let before = store.get_signal(*id.key()).await?;
            return Ok(count_step(before.as_ref(), &store.move_signal(*id.key(), *status, *at).await?));
        }
        Write::MoveOrder(id, step) => {
            let before = store.get_order(*id.key()).await?;
            return Ok(count_step(before.as_ref(), &store.move_order(*id.key(), step).await?));
        }
        Write::NoteLogin(name, at) => {
            let before = store.get_user(*name.key()).await?;
            return Ok(count_step(before.as_ref(), &store.note_login(*name.key(), *at).await?));
        }
        Write::SetStrategyStatus(name, status, at) => {
            let before = store.get_strategy(*name.key()).await?;
            return Ok(count_step(before.as_ref(), &store.set_strategy_status(*name.key(), *status, *at).await?));
        }
        Write::RecordStep(id, step) => {
            let before = store.get_run(*id.key()).await?;
            return Ok(count_step(before.as_ref(), &store.record_step(*id.key(), step).await?));
        }
    };
    upserted.map(Applied::from)
}
