//! The columns of the CSV files.

use std::fmt::Display;

use strikebook_core::trading::{
    Execution, StoredMetrics,
    journal::{DailyPnl, JournalEvent, Trade},
    metrics::Undefined,
};

use super::export::{CsvCell, CsvColumn, CsvRow};

fn plain(value: impl Display) -> CsvCell {
    CsvCell::Plain(value.to_string())
}

fn maybe(value: Option<impl Display>) -> CsvCell {
    value.map_or(CsvCell::Missing, plain)
}

fn text(value: impl Display) -> CsvCell {
    CsvCell::Text(value.to_string())
}

fn maybe_text(value: Option<impl Display>) -> CsvCell {
    value.map_or(CsvCell::Missing, text)
}

/// Returns the cell of several values: their texts with semicolons between them, or nothing without values.
fn list(values: impl IntoIterator<Item: Display>) -> CsvCell {
    let values: Vec<_> = values.into_iter().map(|value| value.to_string()).collect();
    if values.is_empty() { CsvCell::Missing } else { CsvCell::Text(values.join("; ")) }
}

/// Lists the columns of a kind of rows: each a name and the cell of a row.
macro_rules! columns {
    ($($type:ty { $($name:literal: |$row:ident| $cell:expr;)+ })+) => {
        $(impl CsvRow for $type {
            const COLUMNS: &'static [CsvColumn<Self>] = &[$(CsvColumn { name: $name, cell: |$row| $cell }),+];
        })+
    };
}

columns! {
    Trade {
        "id": |it| plain(it.id);
        "account": |it| text(it.origin.account);
        "strategy": |it| text(it.origin.strategy);
        "setup": |it| maybe_text(it.origin.setup);
        "cycle": |it| maybe(it.origin.cycle);
        "roll_chain": |it| maybe(it.origin.roll_chain);
        "leg_role": |it| maybe(it.origin.leg_role);
        "symbol": |it| text(it.subject.symbol);
        "instrument": |it| text(it.subject.instrument);
        "option_type": |it| maybe(it.subject.option_type());
        "strike": |it| maybe(it.subject.strike());
        "expiration": |it| maybe(it.subject.expiration());
        "multiplier": |it| plain(it.subject.multiplier);
        "side": |it| plain(it.execution.side);
        "open_action": |it| plain(it.execution.open_action);
        "close_action": |it| maybe(it.execution.close_action);
        "quantity": |it| plain(it.execution.quantity);
        "quantity_closed": |it| plain(it.execution.quantity_closed);
        "entered_at": |it| plain(it.at);
        "exited_at": |it| maybe(it.execution.exited_at);
        "entry_price": |it| plain(it.execution.entry_price);
        "exit_price": |it| maybe(it.execution.exit_price);
        "exit_reason": |it| maybe(it.execution.exit_reason);
        "seconds_held": |it| maybe(it.seconds_held());
        "premium_received": |it| maybe(it.outcome.premium_received);
        "premium_paid": |it| maybe(it.outcome.premium_paid);
        "gross_pnl": |it| maybe(it.outcome.gross_pnl);
        "total_costs": |it| maybe(it.outcome.total_costs);
        "net_pnl": |it| maybe(it.outcome.net_pnl);
        "percent_of_premium": |it| maybe(it.outcome.percent_of_premium());
        "win_loss": |it| maybe(it.outcome.win_loss);
        "initial_risk": |it| maybe(it.risk.initial_risk);
        "collateral": |it| maybe(it.risk.collateral);
        "r_multiple": |it| maybe(it.r_multiple());
        "mae": |it| maybe(it.risk.mae);
        "mfe": |it| maybe(it.risk.mfe);
        "mae_r": |it| maybe(it.mae_r());
        "mfe_r": |it| maybe(it.mfe_r());
        "regime": |it| maybe_text(it.entry.regime);
        "provenance": |it| plain(it.provenance);
        "source": |it| text(&it.source);
        "finalised": |it| plain(it.finalised);
        "leg_group": |it| maybe(it.origin.leg_group);
        "parent_lot": |it| maybe(it.origin.parent_lot);
        "wheel_phase": |it| maybe(it.origin.wheel_phase);
        "signal": |it| maybe(it.origin.signal);
        "order_ids": |it| list(&it.origin.order_ids);
        "broker_trade_id": |it| maybe_text(it.origin.broker_trade_id.as_deref());
        "import_source": |it| maybe_text(it.origin.import_source);
        "import_batch": |it| maybe(it.origin.import_batch);
        "dedup_hash": |it| maybe_text(it.origin.dedup_hash);
        "run": |it| maybe(it.origin.run);
        "dry_run": |it| plain(it.origin.dry_run);
        "exercise_style": |it| maybe(it.subject.exercise_style);
        "deliverable": |it| maybe_text(it.subject.deliverable.as_ref());
        "entry_bid": |it| maybe(it.execution.entry_bid);
        "entry_ask": |it| maybe(it.execution.entry_ask);
        "slippage_entry": |it| maybe(it.execution.slippage_entry);
        "slippage_exit": |it| maybe(it.execution.slippage_exit);
        "commission": |it| maybe(it.execution.commission);
        "regulatory_fees": |it| maybe(it.execution.regulatory_fees);
        "exchange_fees": |it| maybe(it.execution.exchange_fees);
        "assignment_fee": |it| maybe(it.execution.assignment_fee);
        "is_win_economic": |it| maybe(it.outcome.is_win_economic);
        "currency": |it| maybe_text(it.outcome.currency);
        "fx_rate": |it| maybe(it.outcome.fx_rate);
        "risk_basis": |it| maybe(it.risk.risk_basis);
        "max_risk": |it| maybe(it.risk.max_risk);
        "buying_power_used": |it| maybe(it.risk.buying_power_used);
        "stop_loss": |it| maybe(it.risk.stop_loss);
        "target_price": |it| maybe(it.risk.target_price);
        "profit_target_percent": |it| maybe(it.risk.profit_target_percent);
        "loss_limit_percent": |it| maybe(it.risk.loss_limit_percent);
        "excursion_resolution": |it| maybe_text(it.risk.excursion_resolution);
        "excursion_source": |it| maybe_text(it.risk.excursion_source);
        "post_exit_mfe": |it| maybe(it.risk.post_exit_mfe);
        "probability_of_profit": |it| maybe(it.risk.probability_of_profit);
        "account_equity": |it| maybe(it.risk.account_equity);
        "entry_underlying_price": |it| maybe(it.entry.underlying_price);
        "entry_iv": |it| maybe(it.entry.iv);
        "entry_iv_rank": |it| maybe(it.entry.iv_rank);
        "entry_iv_percentile": |it| maybe(it.entry.iv_percentile);
        "entry_hv20": |it| maybe(it.entry.hv20);
        "entry_delta": |it| maybe(it.entry.delta);
        "entry_gamma": |it| maybe(it.entry.gamma);
        "entry_theta": |it| maybe(it.entry.theta);
        "entry_vega": |it| maybe(it.entry.vega);
        "entry_rho": |it| maybe(it.entry.rho);
        "entry_greeks_revision": |it| maybe(it.entry.greeks_revision);
        "entry_dte": |it| maybe(it.entry.dte);
        "entry_moneyness": |it| maybe(it.entry.moneyness);
        "entry_regime": |it| maybe_text(it.entry.regime);
        "entry_vix": |it| maybe(it.entry.vix);
        "entry_risk_free_rate": |it| maybe(it.entry.risk_free_rate);
        "entry_vwap": |it| maybe(it.entry.vwap);
        "entry_adx": |it| maybe(it.entry.adx);
        "entry_atr": |it| maybe(it.entry.atr);
        "entry_spread_percent": |it| maybe(it.entry.spread_percent);
        "entry_open_interest": |it| maybe(it.entry.open_interest);
        "entry_volume": |it| maybe(it.entry.volume);
        "entry_next_earnings": |it| maybe(it.entry.next_earnings);
        "entry_next_ex_dividend": |it| maybe(it.entry.next_ex_dividend);
        "entry_chain_snapshot_at": |it| maybe(it.entry.chain_snapshot_at);
        "exit_underlying_price": |it| maybe(it.exit.underlying_price);
        "exit_iv": |it| maybe(it.exit.iv);
        "exit_iv_rank": |it| maybe(it.exit.iv_rank);
        "exit_iv_percentile": |it| maybe(it.exit.iv_percentile);
        "exit_hv20": |it| maybe(it.exit.hv20);
        "exit_delta": |it| maybe(it.exit.delta);
        "exit_gamma": |it| maybe(it.exit.gamma);
        "exit_theta": |it| maybe(it.exit.theta);
        "exit_vega": |it| maybe(it.exit.vega);
        "exit_rho": |it| maybe(it.exit.rho);
        "exit_greeks_revision": |it| maybe(it.exit.greeks_revision);
        "exit_dte": |it| maybe(it.exit.dte);
        "exit_moneyness": |it| maybe(it.exit.moneyness);
        "exit_regime": |it| maybe_text(it.exit.regime);
        "exit_vix": |it| maybe(it.exit.vix);
        "exit_risk_free_rate": |it| maybe(it.exit.risk_free_rate);
        "exit_vwap": |it| maybe(it.exit.vwap);
        "exit_adx": |it| maybe(it.exit.adx);
        "exit_atr": |it| maybe(it.exit.atr);
        "exit_spread_percent": |it| maybe(it.exit.spread_percent);
        "exit_open_interest": |it| maybe(it.exit.open_interest);
        "exit_volume": |it| maybe(it.exit.volume);
        "exit_next_earnings": |it| maybe(it.exit.next_earnings);
        "exit_next_ex_dividend": |it| maybe(it.exit.next_ex_dividend);
        "exit_chain_snapshot_at": |it| maybe(it.exit.chain_snapshot_at);
        "assigned_contracts": |it| maybe(it.wheel.assigned_contracts);
        "assigned_at": |it| maybe(it.wheel.assigned_at);
        "early_assignment": |it| maybe(it.wheel.early_assignment);
        "shares_delta": |it| maybe(it.wheel.shares_delta);
        "basis_tax_per_share": |it| maybe(it.wheel.basis_tax_per_share);
        "basis_adjusted_per_share": |it| maybe(it.wheel.basis_adjusted_per_share);
        "roll_sequence": |it| maybe(it.wheel.roll_sequence);
        "roll_net_credit": |it| maybe(it.wheel.roll_net_credit);
        "roll_type": |it| maybe(it.wheel.roll_type);
        "dividends_received": |it| maybe(it.wheel.dividends_received);
        "cycle_realized_pnl": |it| maybe(it.wheel.cycle_realized_pnl);
        "days_underwater": |it| maybe(it.wheel.days_underwater);
        "thesis": |it| maybe_text(it.review.thesis.as_deref());
        "mental_state_entry": |it| maybe(it.review.mental_state_entry);
        "mental_state_exit": |it| maybe(it.review.mental_state_exit);
        "confidence": |it| maybe(it.review.confidence);
        "rule_breaks": |it| list(it.review.rule_breaks.iter().map(|broken| broken.rule));
        "followed_plan": |it| maybe(it.review.followed_plan);
        "adherence_score": |it| maybe(it.review.adherence_score);
        "quality_grade": |it| maybe_text(it.review.quality_grade);
        "tags": |it| list(&it.review.tags);
        "screenshots": |it| list(&it.review.screenshots);
        "schema_version": |it| plain(it.schema_version);
        "updated_at": |it| plain(it.updated_at);
        "voided_at": |it| maybe(it.voided_at);
        "amendment": |it| maybe_text(it.amendment.as_deref());
        "recorded_at": |it| plain(it.recorded_at);
    }
    JournalEvent {
        "id": |it| plain(it.id);
        "at": |it| plain(it.at);
        "sequence": |it| plain(it.sequence);
        "account": |it| text(it.account);
        "strategy": |it| text(it.strategy);
        "cycle": |it| plain(it.cycle);
        "names_cycle": |it| plain(it.names_cycle);
        "kind": |it| plain(it.kind);
        "symbol": |it| text(it.symbol);
        "instrument": |it| text(it.instrument);
        "quantity": |it| plain(it.quantity);
        "price": |it| plain(it.price);
        "fees": |it| plain(it.fees);
        "commission": |it| maybe(it.commission);
        "regulatory_fees": |it| maybe(it.regulatory_fees);
        "exchange_fees": |it| maybe(it.exchange_fees);
        // An amount that no decimal holds has no cell.
        "cash": |it| maybe(it.cash().ok());
        "multiplier": |it| plain(it.multiplier);
        "successor": |it| maybe_text(it.successor);
        "successor_price": |it| maybe(it.successor_price);
        "lot": |it| maybe(it.lot);
        "broker_order_id": |it| maybe_text(it.broker_order_id);
        "execution": |it| maybe(it.execution);
        "signal": |it| maybe(it.signal);
        "provenance": |it| plain(it.provenance);
        "voided_at": |it| maybe(it.voided_at);
        "amendment": |it| maybe_text(it.amendment.as_deref());
        "source": |it| text(&it.source);
        "recorded_at": |it| plain(it.recorded_at);
    }
    Execution {
        "id": |it| plain(it.id);
        "at": |it| plain(it.at);
        "order_id": |it| plain(it.order_id);
        "account": |it| text(it.account);
        "instrument": |it| text(it.instrument);
        "side": |it| plain(it.side);
        "quantity": |it| plain(it.quantity);
        "price": |it| plain(it.price);
        "commission": |it| plain(it.commission);
        "regulatory_fees": |it| maybe(it.regulatory_fees);
        "exchange_fees": |it| maybe(it.exchange_fees);
        "venue": |it| maybe_text(it.venue);
        "broker_execution_id": |it| maybe_text(it.broker_execution_id);
        "recorded_at": |it| plain(it.recorded_at);
    }
    StoredMetrics {
        "account": |it| maybe_text(it.key.account);
        "strategy": |it| maybe_text(it.key.strategy);
        "regime": |it| maybe_text(it.key.regime);
        "window": |it| plain(it.key.window);
        "unit": |it| plain(it.key.unit);
        "window_start": |it| maybe(it.window_start);
        "window_end": |it| plain(it.at);
        "trades": |it| plain(it.metrics.net.trades);
        "net": |it| maybe(it.metrics.net.get());
        "gross": |it| maybe(it.metrics.gross.get());
        "costs": |it| maybe(it.metrics.costs.get());
        "profit_factor": |it| maybe(it.metrics.profit_factor.get());
        "profit_factor_undefined": |it| reason(&it.metrics.profit_factor.value);
        "expectancy": |it| maybe(it.metrics.expectancy.get());
        "expected_r": |it| maybe(it.metrics.expected_r.get());
        "expected_r_error": |it| maybe(it.metrics.expected_r_error.get());
        "expected_r_trades": |it| plain(it.metrics.expected_r.trades);
        "system_quality": |it| maybe(it.metrics.system_quality.get());
        "win_rate": |it| maybe(it.metrics.win_rate.get().map(|won| won.rate));
        "wilson_lower": |it| maybe(it.metrics.win_rate.get().map(|won| won.lower));
        "wilson_upper": |it| maybe(it.metrics.win_rate.get().map(|won| won.upper));
        "wilson_z": |it| plain(it.conventions.z);
        "max_drawdown": |it| maybe(it.metrics.drawdown.get().map(|fell| fell.money));
        "max_drawdown_fraction": |it| maybe(it.metrics.drawdown.get().and_then(|fell| fell.fraction.ok()));
        "longest_drawdown_secs": |it| maybe(it.metrics.drawdown.get().map(|fell| fell.longest_secs));
        "costs_percent": |it| maybe(it.metrics.costs_percent.get());
        "costs_basis": |it| plain(it.conventions.costs_basis);
        "sharpe": |it| maybe(it.metrics.sharpe.get());
        "sortino": |it| maybe(it.metrics.sortino.get());
        "exit_efficiency": |it| maybe(it.metrics.exit_efficiency.get());
        "capture": |it| maybe(it.metrics.capture.get());
        "return_on_collateral": |it| maybe(it.metrics.return_on_collateral.get());
        "source": |it| text(&it.source);
        "recorded_at": |it| plain(it.recorded_at);
    }
    DailyPnl {
        "date": |it| plain(it.date);
        "account": |it| text(it.account);
        "realized": |it| plain(it.realized);
        "unrealized": |it| maybe(it.unrealized);
        "recorded_at": |it| plain(it.recorded_at);
    }
}

fn reason<T>(value: &Result<T, Undefined>) -> CsvCell {
    maybe(value.as_ref().err())
}
