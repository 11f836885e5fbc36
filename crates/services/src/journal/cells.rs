//! The columns of the CSV files.

use std::fmt::Display;

use strikebook_core::trading::{
    StoredMetrics,
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
        "recorded_at": |it| plain(it.recorded_at);
    }
    JournalEvent {
        "id": |it| plain(it.id);
        "at": |it| plain(it.at);
        "sequence": |it| plain(it.sequence);
        "account": |it| text(it.account);
        "strategy": |it| text(it.strategy);
        "cycle": |it| plain(it.cycle);
        "kind": |it| plain(it.kind);
        "symbol": |it| text(it.symbol);
        "instrument": |it| text(it.instrument);
        "quantity": |it| plain(it.quantity);
        "price": |it| plain(it.price);
        "fees": |it| plain(it.fees);
        // An amount that no decimal holds has no cell.
        "cash": |it| maybe(it.cash().ok());
        "multiplier": |it| plain(it.multiplier);
        "successor": |it| maybe_text(it.successor);
        "successor_price": |it| maybe(it.successor_price);
        "broker_order_id": |it| maybe_text(it.broker_order_id);
        "source": |it| text(&it.source);
        "recorded_at": |it| plain(it.recorded_at);
    }
    StoredMetrics {
        "account": |it| maybe_text(it.key.account);
        "strategy": |it| maybe_text(it.key.strategy);
        "regime": |it| maybe_text(it.key.regime);
        "window": |it| plain(it.key.window);
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
