-- The statements that reach postgres, by operation: each once, in the order of first use.
-- Written by tests/statements.rs.

-- add_notes
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "account", "trade", "cycle", "kind", "text", "voided_at", "amendment", "recorded_at"
  FROM journal_notes
  WHERE id IN ($1, $2);
-- append in bulk to journal_notes ("id", "at", "account", "trade", "cycle", "kind", "text", "voided_at", "amendment",
--   "recorded_at")

-- append_journal_events
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind", "symbol", "instrument",
    "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees", "multiplier", "successor",
    "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance", "voided_at", "amendment",
    "source", "recorded_at"
  FROM journal_events
  WHERE id IN ($1, $2);
-- append in bulk to journal_events ("id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind",
--   "symbol", "instrument", "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees",
--   "multiplier", "successor", "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance",
--   "voided_at", "amendment", "source", "recorded_at")
SELECT "id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind", "symbol", "instrument",
    "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees", "multiplier", "successor",
    "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance", "voided_at", "amendment",
    "source", "recorded_at"
  FROM journal_events
  WHERE cycle = $1;
SELECT "id", "account", "strategy", "symbol", "phase", "opened_at", "closed_at", "events", "shares", "basis_tax",
    "basis_adjusted", "basis_tax_per_share", "basis_adjusted_per_share", "premium", "dividends", "fees", "cash_flow",
    "realized_pnl", "lots", "basis", "recorded_at"
  FROM journal_cycles
  WHERE ("id" = $1) OR ("id" = $2);
-- append in bulk to journal_cycles ("id", "account", "strategy", "symbol", "phase", "opened_at", "closed_at",
--   "events", "shares", "basis_tax", "basis_adjusted", "basis_tax_per_share", "basis_adjusted_per_share", "premium",
--   "dividends", "fees", "cash_flow", "realized_pnl", "lots", "basis", "recorded_at")
SELECT "id", "at", "source", "provenance", "schema_version", "updated_at", "finalised", "voided_at", "amendment",
    "account", "strategy", "setup", "cycle", "leg_group", "roll_chain", "parent_lot", "leg_role", "wheel_phase",
    "signal", "order_ids", "broker_trade_id", "import_source", "import_batch", "dedup_hash", "run", "dry_run",
    "symbol", "instrument", "exercise_style", "multiplier", "deliverable", "side", "open_action", "close_action",
    "quantity", "quantity_closed", "exited_at", "entry_price", "exit_price", "entry_bid", "entry_ask",
    "slippage_entry", "slippage_exit", "commission", "regulatory_fees", "exchange_fees", "assignment_fee",
    "exit_reason", "premium_received", "premium_paid", "gross_pnl", "total_costs", "net_pnl", "win_loss",
    "is_win_economic", "currency", "fx_rate", "initial_risk", "risk_basis", "max_risk", "collateral",
    "buying_power_used", "stop_loss", "target_price", "profit_target_percent", "loss_limit_percent", "mae", "mfe",
    "excursion_resolution", "excursion_source", "post_exit_mfe", "probability_of_profit", "account_equity",
    "entry_underlying_price", "entry_iv", "entry_iv_rank", "entry_iv_percentile", "entry_hv20", "entry_delta",
    "entry_gamma", "entry_theta", "entry_vega", "entry_rho", "entry_greeks_revision", "entry_dte", "entry_moneyness",
    "entry_regime", "entry_vix", "entry_risk_free_rate", "entry_vwap", "entry_adx", "entry_atr",
    "entry_spread_percent", "entry_open_interest", "entry_volume", "entry_next_earnings", "entry_next_ex_dividend",
    "entry_chain_snapshot_at", "exit_underlying_price", "exit_iv", "exit_iv_rank", "exit_iv_percentile", "exit_hv20",
    "exit_delta", "exit_gamma", "exit_theta", "exit_vega", "exit_rho", "exit_greeks_revision", "exit_dte",
    "exit_moneyness", "exit_regime", "exit_vix", "exit_risk_free_rate", "exit_vwap", "exit_adx", "exit_atr",
    "exit_spread_percent", "exit_open_interest", "exit_volume", "exit_next_earnings", "exit_next_ex_dividend",
    "exit_chain_snapshot_at", "assigned_contracts", "assigned_at", "early_assignment", "shares_delta",
    "basis_tax_per_share", "basis_adjusted_per_share", "roll_sequence", "roll_net_credit", "roll_type",
    "dividends_received", "cycle_realized_pnl", "days_underwater", "thesis", "mental_state_entry",
    "mental_state_exit", "confidence", "rule_breaks", "followed_plan", "adherence_score", "quality_grade", "tags",
    "screenshots", "recorded_at"
  FROM trades
  WHERE id IN ($1);
DELETE
  FROM trades
  WHERE id IN ($1);
-- append in bulk to trades ("id", "at", "source", "provenance", "schema_version", "updated_at", "finalised",
--   "voided_at", "amendment", "account", "strategy", "setup", "cycle", "leg_group", "roll_chain", "parent_lot",
--   "leg_role", "wheel_phase", "signal", "order_ids", "broker_trade_id", "import_source", "import_batch",
--   "dedup_hash", "run", "dry_run", "symbol", "instrument", "exercise_style", "multiplier", "deliverable", "side",
--   "open_action", "close_action", "quantity", "quantity_closed", "exited_at", "entry_price", "exit_price",
--   "entry_bid", "entry_ask", "slippage_entry", "slippage_exit", "commission", "regulatory_fees", "exchange_fees",
--   "assignment_fee", "exit_reason", "premium_received", "premium_paid", "gross_pnl", "total_costs", "net_pnl",
--   "win_loss", "is_win_economic", "currency", "fx_rate", "initial_risk", "risk_basis", "max_risk", "collateral",
--   "buying_power_used", "stop_loss", "target_price", "profit_target_percent", "loss_limit_percent", "mae", "mfe",
--   "excursion_resolution", "excursion_source", "post_exit_mfe", "probability_of_profit", "account_equity",
--   "entry_underlying_price", "entry_iv", "entry_iv_rank", "entry_iv_percentile", "entry_hv20", "entry_delta",
--   "entry_gamma", "entry_theta", "entry_vega", "entry_rho", "entry_greeks_revision", "entry_dte", "entry_moneyness",
--   "entry_regime", "entry_vix", "entry_risk_free_rate", "entry_vwap", "entry_adx", "entry_atr",
--   "entry_spread_percent", "entry_open_interest", "entry_volume", "entry_next_earnings", "entry_next_ex_dividend",
--   "entry_chain_snapshot_at", "exit_underlying_price", "exit_iv", "exit_iv_rank", "exit_iv_percentile", "exit_hv20",
--   "exit_delta", "exit_gamma", "exit_theta", "exit_vega", "exit_rho", "exit_greeks_revision", "exit_dte",
--   "exit_moneyness", "exit_regime", "exit_vix", "exit_risk_free_rate", "exit_vwap", "exit_adx", "exit_atr",
--   "exit_spread_percent", "exit_open_interest", "exit_volume", "exit_next_earnings", "exit_next_ex_dividend",
--   "exit_chain_snapshot_at", "assigned_contracts", "assigned_at", "early_assignment", "shares_delta",
--   "basis_tax_per_share", "basis_adjusted_per_share", "roll_sequence", "roll_net_credit", "roll_type",
--   "dividends_received", "cycle_realized_pnl", "days_underwater", "thesis", "mental_state_entry",
--   "mental_state_exit", "confidence", "rule_breaks", "followed_plan", "adherence_score", "quality_grade", "tags",
--   "screenshots", "recorded_at")

-- bar_as_of
SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap", "source",
    "recorded_at"
  FROM bars
  WHERE "instrument" = $1 AND "timeframe" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" DESC LIMIT 1;

-- chain_as_of
SELECT q."contract_id", q."at", q."bid", q."ask", q."last", q."bid_size", q."ask_size", q."volume", q."open_interest",
    q."implied_volatility", q."delta", q."gamma", q."theta", q."vega", q."rho", q."underlying_price", q."source",
    q."recorded_at", c.overridden
  FROM option_contracts AS c CROSS
  JOIN LATERAL (SELECT *
  FROM option_quotes AS x
  WHERE x.contract_id = c.contract_id AND x."at" BETWEEN $1 AND $2
  ORDER BY x."at" DESC LIMIT 1) AS q
  WHERE c.underlying = $3 AND c.last_trade_at >= $4 AND c.adjusted = $5;
SELECT q."contract_id", q."at", q."bid", q."ask", q."last", q."bid_size", q."ask_size", q."volume", q."open_interest",
    q."implied_volatility", q."delta", q."gamma", q."theta", q."vega", q."rho", q."underlying_price", q."source",
    q."recorded_at", c.overridden
  FROM option_contracts AS c CROSS
  JOIN LATERAL (SELECT *
  FROM option_quotes AS x
  WHERE x.contract_id = c.contract_id AND x."at" BETWEEN $1 AND $2 AND x.recorded_at <= $3
  ORDER BY x."at" DESC LIMIT 1) AS q
  WHERE c.underlying = $4 AND c.last_trade_at >= $5 AND c.adjusted = $6;
SELECT h."contract_id", h."at", h."bid", h."ask", h."last", h."bid_size", h."ask_size", h."volume", h."open_interest",
    h."implied_volatility", h."delta", h."gamma", h."theta", h."vega", h."rho", h."underlying_price", h."source",
    h."recorded_at"
  FROM option_quotes_history AS h
  JOIN option_contracts AS c ON c.contract_id = h.contract_id
  WHERE h."at" BETWEEN $1 AND $2 AND h.recorded_at <= $3 AND c.underlying = $4 AND c.last_trade_at >= $5 AND
    c.adjusted = $6;

-- chain_with_greeks
SELECT q."contract_id", q."at", q."bid", q."ask", q."last", q."bid_size", q."ask_size", q."volume", q."open_interest",
    q."implied_volatility", q."delta", q."gamma", q."theta", q."vega", q."rho", q."underlying_price", q."source",
    q."recorded_at", c.overridden
  FROM option_contracts AS c CROSS
  JOIN LATERAL (SELECT *
  FROM option_quotes AS x
  WHERE x.contract_id = c.contract_id AND x."at" BETWEEN $1 AND $2
  ORDER BY x."at" DESC LIMIT 1) AS q
  WHERE c.underlying = $3 AND c.last_trade_at >= $4 AND c.adjusted = $5;
SELECT q."contract_id", q."model", q."revision", q."at", q."spot", q."rate", q."dividend_yield",
    q."implied_volatility", q."price", q."delta", q."gamma", q."theta", q."vega", q."rho", q."epsilon", q."vanna",
    q."vomma", q."charm", q."veta", q."source", q."recorded_at", c.overridden
  FROM option_contracts AS c CROSS
  JOIN LATERAL (SELECT *
  FROM greeks AS x
  WHERE x.contract_id = c.contract_id AND x.model = $1 AND x.revision = $2 AND x."at" BETWEEN $3 AND $4
  ORDER BY x."at" DESC LIMIT 1) AS q
  WHERE c.underlying = $5 AND c.last_trade_at >= $6 AND c.adjusted = $7;

-- chains_as_of
SELECT q."contract_id", q."at", q."bid", q."ask", q."last", q."bid_size", q."ask_size", q."volume", q."open_interest",
    q."implied_volatility", q."delta", q."gamma", q."theta", q."vega", q."rho", q."underlying_price", q."source",
    q."recorded_at", c.overridden
  FROM option_contracts AS c CROSS
  JOIN LATERAL (SELECT *
  FROM option_quotes AS x
  WHERE x.contract_id = c.contract_id AND x."at" BETWEEN $1 AND $2
  ORDER BY x."at" DESC LIMIT 1) AS q
  WHERE c.underlying IN ($3, $4) AND c.last_trade_at >= $5 AND c.adjusted = $6;
SELECT c.contract_id, c.underlying
  FROM option_contracts AS c
  WHERE c.underlying IN ($1, $2) AND c.last_trade_at >= $3 AND c.adjusted = $4;

-- charge_fetch
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT provider, cost, count(*)
  FROM fetch_costs
  WHERE "at" BETWEEN $1 AND $2
  GROUP BY provider, cost;
SELECT "id", "at", "provider", "dataset", "subject", "cost", "recorded_at"
  FROM fetch_costs
  WHERE id IN ($1);

-- claim_lease
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "dataset", "subject", "owner", "expires_at", "recorded_at"
  FROM cache_leases
  WHERE ("dataset" = $1 AND "subject" = $2);
-- append in bulk to cache_leases ("dataset", "subject", "owner", "expires_at", "recorded_at")

-- corporate_actions_into
SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM (SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM corporate_actions
  WHERE "at" BETWEEN $1 AND $2) AS valid
  WHERE counterpart = $3
  ORDER BY "at", symbol, kind;

-- corporate_actions_of
SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM corporate_actions
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- count_evictable
SELECT count(*)
  FROM option_quotes_history
  WHERE ("contract_id", "at") IN (SELECT "contract_id", "at"
  FROM option_quotes
  WHERE contract_id IN (SELECT contract_id
  FROM option_contracts
  WHERE underlying = $1) AND recorded_at <= $2);
SELECT count(*)
  FROM option_quotes
  WHERE contract_id IN (SELECT contract_id
  FROM option_contracts
  WHERE underlying = $1) AND recorded_at <= $2;
SELECT count(*)
  FROM chain_snapshots_history
  WHERE ("underlying", "at") IN (SELECT "underlying", "at"
  FROM chain_snapshots
  WHERE (underlying = $1) AND recorded_at <= $2);
SELECT count(*)
  FROM chain_snapshots
  WHERE (underlying = $1) AND recorded_at <= $2;
SELECT count(*)
  FROM underlying_quotes_history
  WHERE ("symbol", "at") IN (SELECT "symbol", "at"
  FROM underlying_quotes
  WHERE (symbol = $1) AND recorded_at <= $2);
SELECT count(*)
  FROM underlying_quotes
  WHERE (symbol = $1) AND recorded_at <= $2;

-- daily_options
SELECT bucket, coalesce(sum(CAST(total AS DOUBLE PRECISION)) FILTER (WHERE option_type = 'call'), 0.0),
    coalesce(sum(CAST(total AS DOUBLE PRECISION)) FILTER (WHERE option_type = 'put'), 0.0)
  FROM (SELECT contract_id, option_type, last_trade_at, bucket, max(implied_volatility) FILTER (WHERE "at" = last_at)
    AS implied_volatility, max(total) FILTER (WHERE "at" = total_at) AS total
  FROM (SELECT b.*, max("at") OVER same_bucket AS last_at, max("at") FILTER (WHERE total IS NOT NULL) OVER same_bucket
    AS total_at
  FROM (SELECT c.contract_id, c.option_type, c.last_trade_at, date_bin(INTERVAL '86400000000 microseconds', q."at",
    TIMESTAMPTZ '2025-09-02T04:00:00.000001Z') AS bucket, q."at", q.implied_volatility, q.total
  FROM (SELECT contract_id, "at", implied_volatility, volume AS total
  FROM (SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE "at" BETWEEN $1 AND $2) AS valid) AS q
  JOIN option_contracts AS c ON c.contract_id = q.contract_id
  WHERE c.underlying = $3) AS b WINDOW same_bucket AS (PARTITION BY contract_id, bucket)) AS placed
  GROUP BY contract_id, option_type, last_trade_at, bucket) AS days
  GROUP BY bucket
  ORDER BY bucket;

-- daily_signals
SELECT date_bin(INTERVAL '86400000000 microseconds', "at", TIMESTAMPTZ '2025-09-02T04:00:00Z') AS bucket, symbol,
    avg(confidence), count(*) FILTER (WHERE action = 'long'), count(*) FILTER (WHERE action = 'short'), count(*)
    FILTER (WHERE action = 'exit_long'), count(*) FILTER (WHERE action = 'exit_short'), count(*) FILTER (WHERE action
    = 'hold')
  FROM signals
  WHERE "at" >= $1 AND "at" < $2
  GROUP BY bucket, symbol
  ORDER BY bucket, symbol;

-- delete_cache_entries
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));

-- delete_coverage
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "dataset", "subject", "date", "outcome", "retry_after", "recorded_at"
  FROM cache_coverage
  WHERE 1 = 1 AND dataset = $1 AND subject = $2;

-- delete_daily_pnl
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM daily_pnl
  WHERE ("date" = $1 AND "account" = $2);

-- delete_position
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM positions
  WHERE ("account" = $1 AND "instrument" = $2 AND "strategy" = $3);

-- delete_risk_state
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM risk_states
  WHERE ("key" = $1);

-- delete_rule
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM journal_rules
  WHERE ("rule" = $1);

-- delete_setting
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM settings
  WHERE ("name" = $1);

-- delete_strategy
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM strategies
  WHERE ("name" = $1);

-- delete_user
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM users
  WHERE ("name" = $1);

-- delete_watermark
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM watermarks
  WHERE ("pipeline" = $1 AND "dataset" = $2 AND "subject" = $3);

-- evict
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM option_quotes_history
  WHERE ("contract_id", "at") IN (SELECT "contract_id", "at"
  FROM option_quotes
  WHERE contract_id IN (SELECT contract_id
  FROM option_contracts
  WHERE underlying = $1) AND recorded_at <= $2);
DELETE
  FROM option_quotes
  WHERE contract_id IN (SELECT contract_id
  FROM option_contracts
  WHERE underlying = $1) AND recorded_at <= $2;
DELETE
  FROM stored_days
  WHERE dataset = 'option_quotes' AND (root, expiration) IN (SELECT g.root, g.expiration
  FROM option_contracts AS g
  WHERE g.underlying = $1);
SELECT c.root, c.expiration, v."at", v.recorded_at
  FROM option_quotes AS v
  JOIN option_contracts AS c ON c.contract_id = v.contract_id
  WHERE (c.root, c.expiration) IN (SELECT g.root, g.expiration
  FROM option_contracts AS g
  WHERE g.underlying = $1);
SELECT c.root, c.expiration, v."at", v.recorded_at
  FROM option_quotes_history AS v
  JOIN option_contracts AS c ON c.contract_id = v.contract_id
  WHERE (c.root, c.expiration) IN (SELECT g.root, g.expiration
  FROM option_contracts AS g
  WHERE g.underlying = $1);
SELECT "dataset", "part", "root", "expiration", "day", "at", "recorded_at"
  FROM stored_days
  WHERE root IN ($1) AND dataset = $2 AND day BETWEEN $3 AND $4;
-- append in bulk to stored_days ("dataset", "part", "root", "expiration", "day", "at", "recorded_at")
DELETE
  FROM chain_snapshots_history
  WHERE ("underlying", "at") IN (SELECT "underlying", "at"
  FROM chain_snapshots
  WHERE (underlying = $1) AND recorded_at <= $2);
DELETE
  FROM chain_snapshots
  WHERE (underlying = $1) AND recorded_at <= $2;
DELETE
  FROM underlying_quotes_history
  WHERE ("symbol", "at") IN (SELECT "symbol", "at"
  FROM underlying_quotes
  WHERE (symbol = $1) AND recorded_at <= $2);
DELETE
  FROM underlying_quotes
  WHERE (symbol = $1) AND recorded_at <= $2;

-- expire_signals
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence", "target_price", "stop_price",
    "valid_until", "model_version", "reasoning", "features", "status", "status_at", "recorded_at"
  FROM signals
  WHERE status = 'active' AND valid_until <= $1;

-- features_as_of
SELECT "symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d", "var_95", "var_99",
    "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99", "risk_free_rate",
    "vix", "source", "recorded_at"
  FROM backtest_features
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- fundamentals_as_of
SELECT "symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at"
  FROM fundamentals
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- get_account_snapshot
SELECT "id", "at", "account", "positions", "source", "cash", "settled_cash", "net_liquidation", "positions_value",
    "buying_power", "initial_requirement", "maintenance_requirement", "excess_liquidity", "realized_pnl",
    "unrealized_pnl", "recorded_at"
  FROM account_snapshots
  WHERE id IN ($1);

-- get_audit
SELECT "id", "at", "user", "action", "resource", "resource_id", "old_value", "new_value", "address", "agent",
    "recorded_at"
  FROM audit_log
  WHERE id IN ($1);

-- get_backtest
SELECT "id", "at", "strategy", "model_version", "first_day", "last_day", "parameters", "equity", "trades",
    "total_return", "annualised_return", "volatility", "sharpe", "sortino", "max_drawdown", "win_rate",
    "profit_factor", "recorded_at"
  FROM backtests
  WHERE id IN ($1);

-- get_cache_entry
SELECT "dataset", "subject", "provider", "outcome", "asked_at", "fetched_at", "newest_at", "retry_after",
    "expires_at", "last_access", "hits", "bytes", "cost", "error", "error_kind", "recorded_at"
  FROM cache_entries
  WHERE ("dataset" = $1 AND "subject" = $2);

-- get_contract
SELECT "contract_id", "root", "expiration", "option_type", "strike", "underlying", "multiplier", "exercise_style",
    "settlement", "delivery", "last_trading", "hours", "adjusted", "overridden", "settles_at", "last_trade_at",
    "listed_on", "source", "recorded_at"
  FROM option_contracts
  WHERE contract_id IN (1);

-- get_cycle
SELECT "id", "account", "strategy", "symbol", "phase", "opened_at", "closed_at", "events", "shares", "basis_tax",
    "basis_adjusted", "basis_tax_per_share", "basis_adjusted_per_share", "premium", "dividends", "fees", "cash_flow",
    "realized_pnl", "lots", "basis", "recorded_at"
  FROM journal_cycles
  WHERE ("id" = $1);

-- get_event
SELECT "id", "at", "severity", "component", "message", "details", "recorded_at"
  FROM system_events
  WHERE id IN ($1);

-- get_fetch_cost
SELECT "id", "at", "provider", "dataset", "subject", "cost", "recorded_at"
  FROM fetch_costs
  WHERE id IN ($1);

-- get_imported_row
SELECT "id", "at", "account", "source", "row_id", "file", "line", "content", "rejection", "events", "deletion",
    "recorded_at"
  FROM imported_rows
  WHERE id IN ($1);

-- get_journal_event
SELECT "id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind", "symbol", "instrument",
    "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees", "multiplier", "successor",
    "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance", "voided_at", "amendment",
    "source", "recorded_at"
  FROM journal_events
  WHERE id IN ($1);

-- get_note
SELECT "id", "at", "account", "trade", "cycle", "kind", "text", "voided_at", "amendment", "recorded_at"
  FROM journal_notes
  WHERE id IN ($1);

-- get_order
SELECT "id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity", "limit_price",
    "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value", "broker_order_id",
    "error_message", "ended_at", "updated_at", "recorded_at"
  FROM orders
  WHERE id IN ($1);

-- get_order_by_broker_id
SELECT "id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity", "limit_price",
    "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value", "broker_order_id",
    "error_message", "ended_at", "updated_at", "recorded_at"
  FROM orders
  WHERE account = $1 AND broker_order_id = $2;

-- get_position
SELECT "account", "instrument", "strategy", "quantity", "average_cost", "realized_pnl", "opened_at", "updated_at",
    "recorded_at"
  FROM positions
  WHERE ("account" = $1 AND "instrument" = $2 AND "strategy" = $3);

-- get_prediction
SELECT "id", "at", "model", "model_version", "symbol", "inputs", "outputs", "recorded_at"
  FROM predictions
  WHERE id IN ($1);

-- get_quality
SELECT "id", "at", "check_name", "dataset", "severity", "score", "details", "recorded_at"
  FROM quality_reports
  WHERE id IN ($1);

-- get_run
SELECT "id", "at", "pipeline", "status", "ended_at", "steps", "read", "written", "unchanged", "rejected", "error",
    "recorded_at"
  FROM pipeline_runs
  WHERE id IN ($1);

-- get_setting
SELECT "name", "value", "description", "updated_by", "recorded_at"
  FROM settings
  WHERE ("name" = $1);

-- get_signal
SELECT "id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence", "target_price", "stop_price",
    "valid_until", "model_version", "reasoning", "features", "status", "status_at", "recorded_at"
  FROM signals
  WHERE id IN ($1);

-- get_state
SELECT "id", "at", "regime", "active_strategy", "risk_limits", "risk_state", "recorded_at"
  FROM system_states
  WHERE id IN ($1);

-- get_strategy
SELECT "name", "kind", "status", "parameters", "risk_limits", "symbols", "created_by", "created_at", "recorded_at"
  FROM strategies
  WHERE ("name" = $1);

-- get_trade
SELECT "id", "at", "source", "provenance", "schema_version", "updated_at", "finalised", "voided_at", "amendment",
    "account", "strategy", "setup", "cycle", "leg_group", "roll_chain", "parent_lot", "leg_role", "wheel_phase",
    "signal", "order_ids", "broker_trade_id", "import_source", "import_batch", "dedup_hash", "run", "dry_run",
    "symbol", "instrument", "exercise_style", "multiplier", "deliverable", "side", "open_action", "close_action",
    "quantity", "quantity_closed", "exited_at", "entry_price", "exit_price", "entry_bid", "entry_ask",
    "slippage_entry", "slippage_exit", "commission", "regulatory_fees", "exchange_fees", "assignment_fee",
    "exit_reason", "premium_received", "premium_paid", "gross_pnl", "total_costs", "net_pnl", "win_loss",
    "is_win_economic", "currency", "fx_rate", "initial_risk", "risk_basis", "max_risk", "collateral",
    "buying_power_used", "stop_loss", "target_price", "profit_target_percent", "loss_limit_percent", "mae", "mfe",
    "excursion_resolution", "excursion_source", "post_exit_mfe", "probability_of_profit", "account_equity",
    "entry_underlying_price", "entry_iv", "entry_iv_rank", "entry_iv_percentile", "entry_hv20", "entry_delta",
    "entry_gamma", "entry_theta", "entry_vega", "entry_rho", "entry_greeks_revision", "entry_dte", "entry_moneyness",
    "entry_regime", "entry_vix", "entry_risk_free_rate", "entry_vwap", "entry_adx", "entry_atr",
    "entry_spread_percent", "entry_open_interest", "entry_volume", "entry_next_earnings", "entry_next_ex_dividend",
    "entry_chain_snapshot_at", "exit_underlying_price", "exit_iv", "exit_iv_rank", "exit_iv_percentile", "exit_hv20",
    "exit_delta", "exit_gamma", "exit_theta", "exit_vega", "exit_rho", "exit_greeks_revision", "exit_dte",
    "exit_moneyness", "exit_regime", "exit_vix", "exit_risk_free_rate", "exit_vwap", "exit_adx", "exit_atr",
    "exit_spread_percent", "exit_open_interest", "exit_volume", "exit_next_earnings", "exit_next_ex_dividend",
    "exit_chain_snapshot_at", "assigned_contracts", "assigned_at", "early_assignment", "shares_delta",
    "basis_tax_per_share", "basis_adjusted_per_share", "roll_sequence", "roll_net_credit", "roll_type",
    "dividends_received", "cycle_realized_pnl", "days_underwater", "thesis", "mental_state_entry",
    "mental_state_exit", "confidence", "rule_breaks", "followed_plan", "adherence_score", "quality_grade", "tags",
    "screenshots", "recorded_at"
  FROM trades
  WHERE id IN ($1);

-- get_user
SELECT "name", "email", "password", "role", "is_active", "created_at", "last_login", "recorded_at"
  FROM users
  WHERE ("name" = $1);

-- get_watermark
SELECT "pipeline", "dataset", "subject", "reached", "run", "recorded_at"
  FROM watermarks
  WHERE ("pipeline" = $1 AND "dataset" = $2 AND "subject" = $3);

-- grant_permissions
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "role", "resource", "action", "granted_by", "recorded_at"
  FROM permissions
  WHERE ("role" = $1 AND "resource" = $2 AND "action" = $3) OR ("role" = $4 AND "resource" = $5 AND "action" = $6);
-- append in bulk to permissions ("role", "resource", "action", "granted_by", "recorded_at")

-- greeks_as_of
SELECT "contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield", "implied_volatility", "price",
    "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm", "veta", "source", "recorded_at"
  FROM greeks
  WHERE "contract_id" = $1 AND "model" = $2 AND "revision" = $3 AND "at" BETWEEN $4 AND $5
  ORDER BY "at" DESC LIMIT 1;

-- heston_as_of
SELECT "symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM heston_parameters
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- hourly_options
SELECT bucket, coalesce(sum(CAST(total AS DOUBLE PRECISION)) FILTER (WHERE option_type = 'call'), 0.0),
    coalesce(sum(CAST(total AS DOUBLE PRECISION)) FILTER (WHERE option_type = 'put'), 0.0), CAST(count(quoted) AS
    BIGINT), avg(implied_volatility)
  FROM (SELECT bucket, option_type, CASE WHEN bucket <= last_trade_at THEN 1 END AS quoted, CASE WHEN bucket <=
    last_trade_at THEN implied_volatility END AS implied_volatility, total - coalesce(lag(total) OVER (PARTITION BY
    contract_id, total IS NULL
  ORDER BY bucket), 0) AS total
  FROM (SELECT contract_id, option_type, last_trade_at, bucket, max(implied_volatility) FILTER (WHERE "at" = last_at)
    AS implied_volatility, max(total) FILTER (WHERE "at" = total_at) AS total
  FROM (SELECT b.*, max("at") OVER same_bucket AS last_at, max("at") FILTER (WHERE total IS NOT NULL) OVER same_bucket
    AS total_at
  FROM (SELECT c.contract_id, c.option_type, c.last_trade_at, date_bin(INTERVAL '3600000000 microseconds', q."at",
    TIMESTAMPTZ '2025-09-02T04:00:00.000001Z') AS bucket, q."at", q.implied_volatility, q.total
  FROM (SELECT contract_id, "at", implied_volatility, volume AS total
  FROM (SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE "at" BETWEEN $1 AND $2) AS valid) AS q
  JOIN option_contracts AS c ON c.contract_id = q.contract_id
  WHERE c.underlying = $3) AS b WINDOW same_bucket AS (PARTITION BY contract_id, bucket)) AS placed
  GROUP BY contract_id, option_type, last_trade_at, bucket) AS hours) AS traded
  GROUP BY bucket HAVING count(quoted) > 0
  ORDER BY bucket;

-- indicators_as_of
SELECT "instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at"
  FROM bar_indicators
  WHERE "instrument" = $1 AND "timeframe" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" DESC LIMIT 1;

-- insert_account_snapshots
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "account", "positions", "source", "cash", "settled_cash", "net_liquidation", "positions_value",
    "buying_power", "initial_requirement", "maintenance_requirement", "excess_liquidity", "realized_pnl",
    "unrealized_pnl", "recorded_at"
  FROM account_snapshots
  WHERE id IN ($1, $2);
-- append in bulk to account_snapshots ("id", "at", "account", "positions", "source", "cash", "settled_cash",
--   "net_liquidation", "positions_value", "buying_power", "initial_requirement", "maintenance_requirement",
--   "excess_liquidity", "realized_pnl", "unrealized_pnl", "recorded_at")

-- insert_audit
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "user", "action", "resource", "resource_id", "old_value", "new_value", "address", "agent",
    "recorded_at"
  FROM audit_log
  WHERE id IN ($1, $2);
-- append in bulk to audit_log ("id", "at", "user", "action", "resource", "resource_id", "old_value", "new_value",
--   "address", "agent", "recorded_at")

-- insert_backtests
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "model_version", "first_day", "last_day", "parameters", "equity", "trades",
    "total_return", "annualised_return", "volatility", "sharpe", "sortino", "max_drawdown", "win_rate",
    "profit_factor", "recorded_at"
  FROM backtests
  WHERE id IN ($1, $2);
-- append in bulk to backtests ("id", "at", "strategy", "model_version", "first_day", "last_day", "parameters",
--   "equity", "trades", "total_return", "annualised_return", "volatility", "sharpe", "sortino", "max_drawdown",
--   "win_rate", "profit_factor", "recorded_at")

-- insert_events
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "severity", "component", "message", "details", "recorded_at"
  FROM system_events
  WHERE id IN ($1, $2);
-- append in bulk to system_events ("id", "at", "severity", "component", "message", "details", "recorded_at")

-- insert_fetch_costs
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "provider", "dataset", "subject", "cost", "recorded_at"
  FROM fetch_costs
  WHERE id IN ($1, $2);
-- append in bulk to fetch_costs ("id", "at", "provider", "dataset", "subject", "cost", "recorded_at")

-- insert_orders
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity", "limit_price",
    "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value", "broker_order_id",
    "error_message", "ended_at", "updated_at", "recorded_at"
  FROM orders
  WHERE id IN ($1, $2);
-- append in bulk to orders ("id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity",
--   "limit_price", "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value",
--   "broker_order_id", "error_message", "ended_at", "updated_at", "recorded_at")

-- insert_predictions
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "model", "model_version", "symbol", "inputs", "outputs", "recorded_at"
  FROM predictions
  WHERE id IN ($1, $2);
-- append in bulk to predictions ("id", "at", "model", "model_version", "symbol", "inputs", "outputs", "recorded_at")

-- insert_quality
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "check_name", "dataset", "severity", "score", "details", "recorded_at"
  FROM quality_reports
  WHERE id IN ($1, $2);
-- append in bulk to quality_reports ("id", "at", "check_name", "dataset", "severity", "score", "details",
--   "recorded_at")

-- insert_runs
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "pipeline", "status", "ended_at", "steps", "read", "written", "unchanged", "rejected", "error",
    "recorded_at"
  FROM pipeline_runs
  WHERE id IN ($1, $2);
-- append in bulk to pipeline_runs ("id", "at", "pipeline", "status", "ended_at", "steps", "read", "written",
--   "unchanged", "rejected", "error", "recorded_at")

-- insert_signals
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence", "target_price", "stop_price",
    "valid_until", "model_version", "reasoning", "features", "status", "status_at", "recorded_at"
  FROM signals
  WHERE id IN ($1, $2);
-- append in bulk to signals ("id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence",
--   "target_price", "stop_price", "valid_until", "model_version", "reasoning", "features", "status", "status_at",
--   "recorded_at")

-- insert_states
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "regime", "active_strategy", "risk_limits", "risk_state", "recorded_at"
  FROM system_states
  WHERE id IN ($1, $2);
-- append in bulk to system_states ("id", "at", "regime", "active_strategy", "risk_limits", "risk_state",
--   "recorded_at")

-- is_allowed
SELECT 1
  FROM users AS u
  JOIN permissions AS p ON p.role = u.role
  WHERE u.is_active AND u.name = $1 AND p.resource IN ('*', $2) AND p.action IN ('*', $3) LIMIT 1;

-- latest_account_snapshot
SELECT "id", "at", "account", "positions", "source", "cash", "settled_cash", "net_liquidation", "positions_value",
    "buying_power", "initial_requirement", "maintenance_requirement", "excess_liquidity", "realized_pnl",
    "unrealized_pnl", "recorded_at"
  FROM account_snapshots
  WHERE account = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC, id DESC LIMIT 1;

-- list_account_snapshots
SELECT "id", "at", "account", "positions", "source", "cash", "settled_cash", "net_liquidation", "positions_value",
    "buying_power", "initial_requirement", "maintenance_requirement", "excess_liquidity", "realized_pnl",
    "unrealized_pnl", "recorded_at"
  FROM account_snapshots
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_accounts
WITH RECURSIVE items(item) AS (SELECT min(t.account)
  FROM orders AS t
  WHERE t.account IS NOT NULL
  UNION ALL SELECT (SELECT min(t.account)
  FROM orders AS t
  WHERE t.account > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM orders AS d
  WHERE d.account = items.item AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.account)
  FROM executions AS t
  WHERE t.account IS NOT NULL
  UNION ALL SELECT (SELECT min(t.account)
  FROM executions AS t
  WHERE t.account > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM executions AS d
  WHERE d.account = items.item AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.account)
  FROM account_snapshots AS t
  WHERE t.account IS NOT NULL
  UNION ALL SELECT (SELECT min(t.account)
  FROM account_snapshots AS t
  WHERE t.account > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM account_snapshots AS d
  WHERE d.account = items.item AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.account)
  FROM journal_events AS t
  WHERE t.account IS NOT NULL
  UNION ALL SELECT (SELECT min(t.account)
  FROM journal_events AS t
  WHERE t.account > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM journal_events AS d
  WHERE d.account = items.item AND d."at" <= $1));

-- list_audit
SELECT "id", "at", "user", "action", "resource", "resource_id", "old_value", "new_value", "address", "agent",
    "recorded_at"
  FROM audit_log
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_backtests
SELECT "id", "at", "strategy", "model_version", "first_day", "last_day", "parameters", "equity", "trades",
    "total_return", "annualised_return", "volatility", "sharpe", "sortino", "max_drawdown", "win_rate",
    "profit_factor", "recorded_at"
  FROM backtests
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_bar_changes
WITH wanted(place, "instrument", "timeframe") AS (VALUES (0, CAST($1 AS TEXT), CAST($2 AS TEXT))) SELECT "instrument",
    "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap", "source", "recorded_at", place
  FROM (SELECT v."instrument", v."timeframe", v."at", v."opened_at", v."open", v."high", v."low", v."close",
    v."volume", v."vwap", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN bars AS v
  WHERE v."instrument" = w."instrument" AND v."timeframe" = w."timeframe" AND v."at" <= $3 AND v.recorded_at <= $4
  UNION ALL SELECT v."instrument", v."timeframe", v."at", v."opened_at", v."open", v."high", v."low", v."close",
    v."volume", v."vwap", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN bars_history AS v
  WHERE v."instrument" = w."instrument" AND v."timeframe" = w."timeframe" AND v."at" <= $5 AND v.recorded_at <= $6) AS
    changes
  ORDER BY place, "at", recorded_at;

-- list_bar_keys
WITH RECURSIVE items(item) AS (SELECT min(t.instrument)
  FROM bars AS t
  WHERE t.instrument IS NOT NULL
  UNION ALL SELECT (SELECT min(t.instrument)
  FROM bars AS t
  WHERE t.instrument > items.item)
  FROM items
  WHERE items.item IS NOT NULL), frames(timeframe) AS (VALUES ('1s'), ('1m'), ('5m'), ('15m'), ('30m'), ('1h'),
    ('4h'), ('1d'), ('1w'), ('1mo')) SELECT i.item, f.timeframe
  FROM (SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM bars AS d
  WHERE d.instrument = items.item AND d."at" <= $1))) AS i CROSS
  JOIN frames AS f
  WHERE (EXISTS (SELECT 1
  FROM bars AS d
  WHERE d.instrument = i.item AND d.timeframe = f.timeframe AND d."at" <= $2))
  ORDER BY 1, 2;

-- list_bar_versions
SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap", "source",
    "recorded_at"
  FROM bars
  WHERE "instrument" = $1 AND "timeframe" = $2 AND "at" = $3
  UNION ALL SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap",
    "source", "recorded_at"
  FROM bars_history
  WHERE "instrument" = $4 AND "timeframe" = $5 AND "at" = $6
  ORDER BY recorded_at;

-- list_bars
SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap", "source",
    "recorded_at"
  FROM bars
  WHERE "instrument" = $1 AND "timeframe" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" ASC;

-- list_cache_entries
SELECT "dataset", "subject", "provider", "outcome", "asked_at", "fetched_at", "newest_at", "retry_after",
    "expires_at", "last_access", "hits", "bytes", "cost", "error", "error_kind", "recorded_at"
  FROM cache_entries
  WHERE 1 = 1;

-- list_contracts
SELECT c."contract_id", c."root", c."expiration", c."option_type", c."strike", c."underlying", c."multiplier",
    c."exercise_style", c."settlement", c."delivery", c."last_trading", c."hours", c."adjusted", c."overridden",
    c."settles_at", c."last_trade_at", c."listed_on", c."source", c."recorded_at"
  FROM option_contracts AS c
  WHERE c.underlying = $1
  ORDER BY c.expiration, c.strike, c.option_type, c.root;

-- list_corporate_action_changes
WITH wanted(place, "symbol", "kind") AS (VALUES (0, CAST($1 AS TEXT), CAST($2 AS TEXT))) SELECT "symbol", "kind",
    "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency", "record_date", "pay_date",
    "counterpart", "contract", "report_time", "recorded_at", place
  FROM (SELECT v."symbol", v."kind", v."at", v."date", v."status", v."source", v."new_shares", v."old_shares",
    v."amount", v."currency", v."record_date", v."pay_date", v."counterpart", v."contract", v."report_time",
    v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN corporate_actions AS v
  WHERE v."symbol" = w."symbol" AND v."kind" = w."kind" AND v."at" <= $3 AND v.recorded_at <= $4
  UNION ALL SELECT v."symbol", v."kind", v."at", v."date", v."status", v."source", v."new_shares", v."old_shares",
    v."amount", v."currency", v."record_date", v."pay_date", v."counterpart", v."contract", v."report_time",
    v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN corporate_actions_history AS v
  WHERE v."symbol" = w."symbol" AND v."kind" = w."kind" AND v."at" <= $5 AND v.recorded_at <= $6) AS changes
  ORDER BY place, "at", recorded_at;

-- list_corporate_action_versions
SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM corporate_actions
  WHERE "symbol" = $1 AND "kind" = $2 AND "at" = $3
  UNION ALL SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount",
    "currency", "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM corporate_actions_history
  WHERE "symbol" = $4 AND "kind" = $5 AND "at" = $6
  ORDER BY recorded_at;

-- list_corporate_actions
SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM corporate_actions
  WHERE "symbol" = $1 AND "kind" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" ASC;

-- list_coverage
SELECT "dataset", "subject", "date", "outcome", "retry_after", "recorded_at"
  FROM cache_coverage
  WHERE 1 = 1;

-- list_cycle_events
SELECT "id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind", "symbol", "instrument",
    "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees", "multiplier", "successor",
    "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance", "voided_at", "amendment",
    "source", "recorded_at"
  FROM journal_events
  WHERE cycle = $1;

-- list_cycles
SELECT "id", "account", "strategy", "symbol", "phase", "opened_at", "closed_at", "events", "shares", "basis_tax",
    "basis_adjusted", "basis_tax_per_share", "basis_adjusted_per_share", "premium", "dividends", "fees", "cash_flow",
    "realized_pnl", "lots", "basis", "recorded_at"
  FROM journal_cycles
  WHERE 1 = 1;

-- list_daily_pnl
SELECT "date", "account", "realized", "unrealized", "recorded_at"
  FROM daily_pnl
  WHERE 1 = 1;

-- list_events
SELECT "id", "at", "severity", "component", "message", "details", "recorded_at"
  FROM system_events
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_executions
SELECT "id", "at", "order_id", "account", "instrument", "side", "quantity", "price", "commission", "regulatory_fees",
    "exchange_fees", "venue", "broker_execution_id", "recorded_at"
  FROM executions
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_expirations
SELECT DISTINCT d.expiration
  FROM (SELECT DISTINCT root, expiration
  FROM option_contracts
  WHERE underlying = $1) AS c
  JOIN stored_days AS d ON d.root = c.root AND d.expiration = c.expiration
  WHERE d.dataset = 'option_quotes' AND d.part = '' AND d."at" <= $2
  ORDER BY d.expiration;

-- list_feature_versions
SELECT "symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d", "var_95", "var_99",
    "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99", "risk_free_rate",
    "vix", "source", "recorded_at"
  FROM backtest_features
  WHERE "symbol" = $1 AND "at" = $2
  UNION ALL SELECT "symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d", "var_95",
    "var_99", "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99",
    "risk_free_rate", "vix", "source", "recorded_at"
  FROM backtest_features_history
  WHERE "symbol" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_features
SELECT "symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d", "var_95", "var_99",
    "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99", "risk_free_rate",
    "vix", "source", "recorded_at"
  FROM backtest_features
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_fetch_costs
SELECT "id", "at", "provider", "dataset", "subject", "cost", "recorded_at"
  FROM fetch_costs
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_fundamental_changes
WITH wanted(place, "symbol") AS (VALUES (0, CAST($1 AS TEXT))) SELECT "symbol", "at", "market_cap",
    "shares_outstanding", "source", "recorded_at", place
  FROM (SELECT v."symbol", v."at", v."market_cap", v."shares_outstanding", v."source", v."recorded_at", CAST(w.place
    AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN fundamentals AS v
  WHERE v."symbol" = w."symbol" AND v."at" <= $2 AND v.recorded_at <= $3
  UNION ALL SELECT v."symbol", v."at", v."market_cap", v."shares_outstanding", v."source", v."recorded_at",
    CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN fundamentals_history AS v
  WHERE v."symbol" = w."symbol" AND v."at" <= $4 AND v.recorded_at <= $5) AS changes
  ORDER BY place, "at", recorded_at;

-- list_fundamental_versions
SELECT "symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at"
  FROM fundamentals
  WHERE "symbol" = $1 AND "at" = $2
  UNION ALL SELECT "symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at"
  FROM fundamentals_history
  WHERE "symbol" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_fundamentals
SELECT "symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at"
  FROM fundamentals
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_greeks
SELECT "contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield", "implied_volatility", "price",
    "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm", "veta", "source", "recorded_at"
  FROM greeks
  WHERE "contract_id" = $1 AND "model" = $2 AND "revision" = $3 AND "at" BETWEEN $4 AND $5
  ORDER BY "at" ASC;

-- list_heston
SELECT "symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM heston_parameters
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_heston_versions
SELECT "symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM heston_parameters
  WHERE "symbol" = $1 AND "at" = $2
  UNION ALL SELECT "symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM heston_parameters_history
  WHERE "symbol" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_imported_rows
SELECT "id", "at", "account", "source", "row_id", "file", "line", "content", "rejection", "events", "deletion",
    "recorded_at"
  FROM imported_rows
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_indicator_versions
SELECT "instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at"
  FROM bar_indicators
  WHERE "instrument" = $1 AND "timeframe" = $2 AND "at" = $3
  UNION ALL SELECT "instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at"
  FROM bar_indicators_history
  WHERE "instrument" = $4 AND "timeframe" = $5 AND "at" = $6
  ORDER BY recorded_at;

-- list_indicators
SELECT "instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at"
  FROM bar_indicators
  WHERE "instrument" = $1 AND "timeframe" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" ASC;

-- list_journal_events
SELECT "id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind", "symbol", "instrument",
    "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees", "multiplier", "successor",
    "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance", "voided_at", "amendment",
    "source", "recorded_at"
  FROM journal_events
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_metrics
SELECT "strategy", "account", "regime", "window_kind", "unit", "at", "window_start", "trades", "net", "profit_factor",
    "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown", "costs_percent", "conventions",
    "metrics", "source", "recorded_at"
  FROM performance_metrics
  WHERE "strategy" = $1 AND "account" = $2 AND "regime" = $3 AND "window_kind" = $4 AND "unit" = $5 AND "at" BETWEEN
    $6 AND $7
  ORDER BY "at" ASC;

-- list_metrics_versions
SELECT "strategy", "account", "regime", "window_kind", "unit", "at", "window_start", "trades", "net", "profit_factor",
    "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown", "costs_percent", "conventions",
    "metrics", "source", "recorded_at"
  FROM performance_metrics
  WHERE "strategy" = $1 AND "account" = $2 AND "regime" = $3 AND "window_kind" = $4 AND "unit" = $5 AND "at" = $6
  UNION ALL SELECT "strategy", "account", "regime", "window_kind", "unit", "at", "window_start", "trades", "net",
    "profit_factor", "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown", "costs_percent",
    "conventions", "metrics", "source", "recorded_at"
  FROM performance_metrics_history
  WHERE "strategy" = $7 AND "account" = $8 AND "regime" = $9 AND "window_kind" = $10 AND "unit" = $11 AND "at" = $12
  ORDER BY recorded_at;

-- list_models
WITH RECURSIVE items(item) AS (SELECT min(t.part)
  FROM stored_days AS t
  WHERE t.dataset = 'greeks' AND t.part IS NOT NULL
  UNION ALL SELECT (SELECT min(t.part)
  FROM stored_days AS t
  WHERE t.dataset = 'greeks' AND t.part > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM stored_days AS d
  WHERE d.part = items.item AND d.dataset = 'greeks' AND d."at" <= $1));

-- list_notes
SELECT "id", "at", "account", "trade", "cycle", "kind", "text", "voided_at", "amendment", "recorded_at"
  FROM journal_notes
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_observation_changes
WITH wanted(place, "series") AS (VALUES (0, CAST($1 AS TEXT))) SELECT "series", "at", "date", "value", "source",
    "recorded_at", place
  FROM (SELECT v."series", v."at", v."date", v."value", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN economic_observations AS v
  WHERE v."series" = w."series" AND v."at" <= $2 AND v.recorded_at <= $3
  UNION ALL SELECT v."series", v."at", v."date", v."value", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS
    place
  FROM wanted AS w CROSS
  JOIN economic_observations_history AS v
  WHERE v."series" = w."series" AND v."at" <= $4 AND v.recorded_at <= $5) AS changes
  ORDER BY place, "at", recorded_at;

-- list_observation_versions
SELECT "series", "at", "date", "value", "source", "recorded_at"
  FROM economic_observations
  WHERE "series" = $1 AND "at" = $2
  UNION ALL SELECT "series", "at", "date", "value", "source", "recorded_at"
  FROM economic_observations_history
  WHERE "series" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_observations
SELECT "series", "at", "date", "value", "source", "recorded_at"
  FROM economic_observations
  WHERE "series" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_orders
SELECT "id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity", "limit_price",
    "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value", "broker_order_id",
    "error_message", "ended_at", "updated_at", "recorded_at"
  FROM orders
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_ou
SELECT "pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic", "adf_p_value",
    "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM ou_parameters
  WHERE "pair" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_ou_versions
SELECT "pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic", "adf_p_value",
    "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM ou_parameters
  WHERE "pair" = $1 AND "at" = $2
  UNION ALL SELECT "pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic",
    "adf_p_value", "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at"
  FROM ou_parameters_history
  WHERE "pair" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_outdated_greeks
SELECT c.expiration, c.strike, c.option_type, c.root, g.revision, g."at"
  FROM greeks AS g
  JOIN option_contracts AS c ON c.contract_id = g.contract_id
  WHERE g.model = $1 AND g.revision < $2
  ORDER BY c.expiration, c.strike, c.option_type, c.root, g.revision, g."at";

-- list_permissions
SELECT "role", "resource", "action", "granted_by", "recorded_at"
  FROM permissions
  WHERE 1 = 1 AND role = $1;
SELECT "role", "resource", "action", "granted_by", "recorded_at"
  FROM permissions
  WHERE 1 = 1;

-- list_portfolio_snapshots
SELECT "portfolio", "at", "total_value", "cash", "positions_value", "total_pnl", "unrealized_pnl", "realized_pnl",
    "total_exposure", "net_exposure", "positions", "net_delta", "source", "recorded_at"
  FROM portfolio_snapshots
  WHERE "portfolio" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_portfolio_versions
SELECT "portfolio", "at", "total_value", "cash", "positions_value", "total_pnl", "unrealized_pnl", "realized_pnl",
    "total_exposure", "net_exposure", "positions", "net_delta", "source", "recorded_at"
  FROM portfolio_snapshots
  WHERE "portfolio" = $1 AND "at" = $2
  UNION ALL SELECT "portfolio", "at", "total_value", "cash", "positions_value", "total_pnl", "unrealized_pnl",
    "realized_pnl", "total_exposure", "net_exposure", "positions", "net_delta", "source", "recorded_at"
  FROM portfolio_snapshots_history
  WHERE "portfolio" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_positions
SELECT "account", "instrument", "strategy", "quantity", "average_cost", "realized_pnl", "opened_at", "updated_at",
    "recorded_at"
  FROM positions
  WHERE 1 = 1;

-- list_predictions
SELECT "id", "at", "model", "model_version", "symbol", "inputs", "outputs", "recorded_at"
  FROM predictions
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_quality
SELECT "id", "at", "check_name", "dataset", "severity", "score", "details", "recorded_at"
  FROM quality_reports
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_quote_changes
WITH wanted(place, "contract_id") AS (VALUES (0, 1), (1, 2), (2, 3)) SELECT "contract_id", "at", "bid", "ask", "last",
    "bid_size", "ask_size", "volume", "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho",
    "underlying_price", "source", "recorded_at", place
  FROM (SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $1 AND v.recorded_at <= $2
  UNION ALL SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes_history AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $3 AND v.recorded_at <= $4) AS changes
  ORDER BY place, "at", recorded_at;
SELECT "contract_id", "root", "expiration", "option_type", "strike", "underlying", "multiplier", "exercise_style",
    "settlement", "delivery", "last_trading", "hours", "adjusted", "overridden", "settles_at", "last_trade_at",
    "listed_on", "source", "recorded_at"
  FROM option_contracts
  WHERE root IN ($1) AND expiration BETWEEN $2 AND $3;
WITH wanted(place, "contract_id") AS (VALUES (0, 2)) SELECT "contract_id", "at", "bid", "ask", "last", "bid_size",
    "ask_size", "volume", "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho",
    "underlying_price", "source", "recorded_at", place
  FROM (SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $1 AND v.recorded_at <= $2
  UNION ALL SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes_history AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $3 AND v.recorded_at <= $4) AS changes
  ORDER BY place, "at", recorded_at;
WITH wanted(place, "contract_id") AS (VALUES (0, 2), (1, 3)) SELECT "contract_id", "at", "bid", "ask", "last",
    "bid_size", "ask_size", "volume", "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho",
    "underlying_price", "source", "recorded_at", place
  FROM (SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $1 AND v.recorded_at <= $2
  UNION ALL SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes_history AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $3 AND v.recorded_at <= $4) AS changes
  ORDER BY place, "at", recorded_at;
WITH wanted(place, "contract_id") AS (VALUES (0, 1)) SELECT "contract_id", "at", "bid", "ask", "last", "bid_size",
    "ask_size", "volume", "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho",
    "underlying_price", "source", "recorded_at", place
  FROM (SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $1 AND v.recorded_at <= $2
  UNION ALL SELECT v."contract_id", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume",
    v."open_interest", v."implied_volatility", v."delta", v."gamma", v."theta", v."vega", v."rho",
    v."underlying_price", v."source", v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN option_quotes_history AS v
  WHERE v."contract_id" = w."contract_id" AND v."at" <= $3 AND v.recorded_at <= $4) AS changes
  ORDER BY place, "at", recorded_at;

-- list_quote_days
SELECT DISTINCT d.day
  FROM (SELECT DISTINCT root, expiration
  FROM option_contracts
  WHERE underlying = $1) AS c
  JOIN stored_days AS d ON d.root = c.root AND d.expiration = c.expiration
  WHERE d.dataset = 'option_quotes' AND d.part = '' AND d."at" <= $2
  ORDER BY d.day;

-- list_quote_versions
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE "contract_id" = $1 AND "at" = $2
  UNION ALL SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes_history
  WHERE "contract_id" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_quoted_symbols
WITH RECURSIVE items(item) AS (SELECT min(t.symbol)
  FROM underlying_quotes AS t
  WHERE t.symbol IS NOT NULL
  UNION ALL SELECT (SELECT min(t.symbol)
  FROM underlying_quotes AS t
  WHERE t.symbol > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM underlying_quotes AS d
  WHERE d.symbol = items.item AND d."at" <= $1));

-- list_quotes
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM (SELECT *
  FROM (SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE "contract_id" = $1 AND "at" BETWEEN $2 AND $3 AND recorded_at <= $4
  ORDER BY "at" ASC) AS present
  UNION ALL SELECT *
  FROM (SELECT h."contract_id", h."at", h."bid", h."ask", h."last", h."bid_size", h."ask_size", h."volume",
    h."open_interest", h."implied_volatility", h."delta", h."gamma", h."theta", h."vega", h."rho",
    h."underlying_price", h."source", h."recorded_at"
  FROM option_quotes_history AS h
  WHERE h."contract_id" = $5 AND h."at" BETWEEN $6 AND $7 AND h.recorded_at <= $8 AND NOT EXISTS (SELECT 1
  FROM option_quotes AS c
  WHERE c."contract_id" = h."contract_id" AND c."at" = h."at" AND c.recorded_at <= $9) AND NOT EXISTS (SELECT 1
  FROM option_quotes_history AS n
  WHERE n."contract_id" = h."contract_id" AND n."at" = h."at" AND n.recorded_at > h.recorded_at AND n.recorded_at <=
    $10)
  ORDER BY "at" ASC) AS past) AS known
  ORDER BY "at" ASC;
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE "contract_id" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_rejects
SELECT "id", "at", "run", "place", "reason", "recorded_at"
  FROM run_rejects
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_risk_states
SELECT "key", "value", "updated_at", "recorded_at"
  FROM risk_states
  WHERE 1 = 1;

-- list_rules
SELECT "rule", "text", "severity", "active", "recorded_at"
  FROM journal_rules
  WHERE 1 = 1;

-- list_runs
SELECT "id", "at", "pipeline", "status", "ended_at", "steps", "read", "written", "unchanged", "rejected", "error",
    "recorded_at"
  FROM pipeline_runs
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_sabr
SELECT "symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM sabr_parameters
  WHERE "symbol" = $1 AND "maturity" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" ASC;

-- list_sabr_versions
SELECT "symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM sabr_parameters
  WHERE "symbol" = $1 AND "maturity" = $2 AND "at" = $3
  UNION ALL SELECT "symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at"
  FROM sabr_parameters_history
  WHERE "symbol" = $4 AND "maturity" = $5 AND "at" = $6
  ORDER BY recorded_at;

-- list_series
WITH RECURSIVE items(item) AS (SELECT min(t.series)
  FROM economic_observations AS t
  WHERE t.series IS NOT NULL
  UNION ALL SELECT (SELECT min(t.series)
  FROM economic_observations AS t
  WHERE t.series > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM economic_observations AS d
  WHERE d.series = items.item AND d."at" <= $1));

-- list_settings
SELECT "name", "value", "description", "updated_by", "recorded_at"
  FROM settings
  WHERE 1 = 1;

-- list_signals
SELECT "id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence", "target_price", "stop_price",
    "valid_until", "model_version", "reasoning", "features", "status", "status_at", "recorded_at"
  FROM signals
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_snapshot_changes
WITH wanted(place, "underlying") AS (VALUES (0, CAST($1 AS TEXT))) SELECT "underlying", "at", "underlying_price",
    "contracts", "expirations", "source", "recorded_at", place
  FROM (SELECT v."underlying", v."at", v."underlying_price", v."contracts", v."expirations", v."source",
    v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN chain_snapshots AS v
  WHERE v."underlying" = w."underlying" AND v."at" <= $2 AND v.recorded_at <= $3
  UNION ALL SELECT v."underlying", v."at", v."underlying_price", v."contracts", v."expirations", v."source",
    v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN chain_snapshots_history AS v
  WHERE v."underlying" = w."underlying" AND v."at" <= $4 AND v.recorded_at <= $5) AS changes
  ORDER BY place, "at", recorded_at;

-- list_snapshots
SELECT "underlying", "at", "underlying_price", "contracts", "expirations", "source", "recorded_at"
  FROM chain_snapshots
  WHERE "underlying" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_spending
SELECT provider, cost, count(*)
  FROM fetch_costs
  WHERE "at" BETWEEN $1 AND $2
  GROUP BY provider, cost;

-- list_states
SELECT "id", "at", "regime", "active_strategy", "risk_limits", "risk_state", "recorded_at"
  FROM system_states
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_strategies
SELECT "name", "kind", "status", "parameters", "risk_limits", "symbols", "created_by", "created_at", "recorded_at"
  FROM strategies
  WHERE 1 = 1;

-- list_strategy_names
WITH RECURSIVE items(item) AS (SELECT min(t.strategy)
  FROM signals AS t
  WHERE t.strategy IS NOT NULL
  UNION ALL SELECT (SELECT min(t.strategy)
  FROM signals AS t
  WHERE t.strategy > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM signals AS d
  WHERE d.strategy = items.item AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.strategy)
  FROM orders AS t
  WHERE t.strategy IS NOT NULL
  UNION ALL SELECT (SELECT min(t.strategy)
  FROM orders AS t
  WHERE t.strategy > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM orders AS d
  WHERE d.strategy = items.item AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.strategy)
  FROM backtests AS t
  WHERE t.strategy IS NOT NULL
  UNION ALL SELECT (SELECT min(t.strategy)
  FROM backtests AS t
  WHERE t.strategy > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM backtests AS d
  WHERE d.strategy = items.item AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.strategy)
  FROM trades AS t
  WHERE t.strategy IS NOT NULL
  UNION ALL SELECT (SELECT min(t.strategy)
  FROM trades AS t
  WHERE t.strategy > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM trades AS d
  WHERE d.strategy = items.item AND d."at" <= $1));

-- list_svi
SELECT "symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM svi_parameters
  WHERE "symbol" = $1 AND "maturity" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" ASC;

-- list_svi_versions
SELECT "symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM svi_parameters
  WHERE "symbol" = $1 AND "maturity" = $2 AND "at" = $3
  UNION ALL SELECT "symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at"
  FROM svi_parameters_history
  WHERE "symbol" = $4 AND "maturity" = $5 AND "at" = $6
  ORDER BY recorded_at;

-- list_trades
SELECT "id", "at", "source", "provenance", "schema_version", "updated_at", "finalised", "voided_at", "amendment",
    "account", "strategy", "setup", "cycle", "leg_group", "roll_chain", "parent_lot", "leg_role", "wheel_phase",
    "signal", "order_ids", "broker_trade_id", "import_source", "import_batch", "dedup_hash", "run", "dry_run",
    "symbol", "instrument", "exercise_style", "multiplier", "deliverable", "side", "open_action", "close_action",
    "quantity", "quantity_closed", "exited_at", "entry_price", "exit_price", "entry_bid", "entry_ask",
    "slippage_entry", "slippage_exit", "commission", "regulatory_fees", "exchange_fees", "assignment_fee",
    "exit_reason", "premium_received", "premium_paid", "gross_pnl", "total_costs", "net_pnl", "win_loss",
    "is_win_economic", "currency", "fx_rate", "initial_risk", "risk_basis", "max_risk", "collateral",
    "buying_power_used", "stop_loss", "target_price", "profit_target_percent", "loss_limit_percent", "mae", "mfe",
    "excursion_resolution", "excursion_source", "post_exit_mfe", "probability_of_profit", "account_equity",
    "entry_underlying_price", "entry_iv", "entry_iv_rank", "entry_iv_percentile", "entry_hv20", "entry_delta",
    "entry_gamma", "entry_theta", "entry_vega", "entry_rho", "entry_greeks_revision", "entry_dte", "entry_moneyness",
    "entry_regime", "entry_vix", "entry_risk_free_rate", "entry_vwap", "entry_adx", "entry_atr",
    "entry_spread_percent", "entry_open_interest", "entry_volume", "entry_next_earnings", "entry_next_ex_dividend",
    "entry_chain_snapshot_at", "exit_underlying_price", "exit_iv", "exit_iv_rank", "exit_iv_percentile", "exit_hv20",
    "exit_delta", "exit_gamma", "exit_theta", "exit_vega", "exit_rho", "exit_greeks_revision", "exit_dte",
    "exit_moneyness", "exit_regime", "exit_vix", "exit_risk_free_rate", "exit_vwap", "exit_adx", "exit_atr",
    "exit_spread_percent", "exit_open_interest", "exit_volume", "exit_next_earnings", "exit_next_ex_dividend",
    "exit_chain_snapshot_at", "assigned_contracts", "assigned_at", "early_assignment", "shares_delta",
    "basis_tax_per_share", "basis_adjusted_per_share", "roll_sequence", "roll_net_credit", "roll_type",
    "dividends_received", "cycle_realized_pnl", "days_underwater", "thesis", "mental_state_entry",
    "mental_state_exit", "confidence", "rule_breaks", "followed_plan", "adherence_score", "quality_grade", "tags",
    "screenshots", "recorded_at"
  FROM trades
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" ASC, id ASC;

-- list_underlying_changes
WITH wanted(place, "symbol") AS (VALUES (0, CAST($1 AS TEXT))) SELECT "symbol", "at", "bid", "ask", "last",
    "bid_size", "ask_size", "volume", "source", "recorded_at", place
  FROM (SELECT v."symbol", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume", v."source",
    v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN underlying_quotes AS v
  WHERE v."symbol" = w."symbol" AND v."at" <= $2 AND v.recorded_at <= $3
  UNION ALL SELECT v."symbol", v."at", v."bid", v."ask", v."last", v."bid_size", v."ask_size", v."volume", v."source",
    v."recorded_at", CAST(w.place AS BIGINT) AS place
  FROM wanted AS w CROSS
  JOIN underlying_quotes_history AS v
  WHERE v."symbol" = w."symbol" AND v."at" <= $4 AND v.recorded_at <= $5) AS changes
  ORDER BY place, "at", recorded_at;

-- list_underlying_quotes
SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" ASC;

-- list_underlying_versions
SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes
  WHERE "symbol" = $1 AND "at" = $2
  UNION ALL SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes_history
  WHERE "symbol" = $3 AND "at" = $4
  ORDER BY recorded_at;

-- list_underlyings
WITH RECURSIVE items(item) AS (SELECT min(t.underlying)
  FROM option_contracts AS t
  WHERE t.underlying IS NOT NULL
  UNION ALL SELECT (SELECT min(t.underlying)
  FROM option_contracts AS t
  WHERE t.underlying > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM option_contracts AS c
  JOIN stored_days AS d ON d.root = c.root AND d.expiration = c.expiration
  WHERE c.underlying = items.item AND d.dataset = 'option_quotes' AND d.part = '' AND d."at" <= $1));
WITH RECURSIVE items(item) AS (SELECT min(t.underlying)
  FROM chain_snapshots AS t
  WHERE t.underlying IS NOT NULL
  UNION ALL SELECT (SELECT min(t.underlying)
  FROM chain_snapshots AS t
  WHERE t.underlying > items.item)
  FROM items
  WHERE items.item IS NOT NULL) SELECT items.item
  FROM items
  WHERE items.item IS NOT NULL AND (EXISTS (SELECT 1
  FROM chain_snapshots AS d
  WHERE d.underlying = items.item AND d."at" <= $1));

-- list_users
SELECT "name", "email", "password", "role", "is_active", "created_at", "last_login", "recorded_at"
  FROM users
  WHERE 1 = 1;

-- list_watermarks
SELECT "pipeline", "dataset", "subject", "reached", "run", "recorded_at"
  FROM watermarks
  WHERE 1 = 1;

-- live_bars
SELECT bucket, max(open) FILTER (WHERE "at" = first_price), max(high), min(low), max(close) FILTER (WHERE "at" =
    last_price), max(total) FILTER (WHERE "at" = total_at), max(most), max(source) FILTER (WHERE "at" = last_at),
    max(recorded_at)
  FROM (SELECT b.*, min("at") FILTER (WHERE open IS NOT NULL) OVER same_bucket AS first_price, max("at") FILTER (WHERE
    open IS NOT NULL) OVER same_bucket AS last_price, max("at") FILTER (WHERE total IS NOT NULL) OVER same_bucket AS
    total_at, max("at") OVER same_bucket AS last_at
  FROM (SELECT date_bin(INTERVAL '60000000 microseconds', "at", TIMESTAMPTZ '1970-01-01T00:00:00Z') AS bucket, p.*
  FROM (SELECT "at", price AS open, price AS high, price AS low, price AS close, volume AS total, volume AS most,
    source, recorded_at
  FROM (SELECT q.*, coalesce(last, (bid + ask) / 2) AS price
  FROM (SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes
  WHERE "at" BETWEEN $1 AND $2) AS q
  WHERE symbol = $3) AS quotes) AS p) AS b WINDOW same_bucket AS (PARTITION BY bucket)) AS placed
  GROUP BY bucket
  ORDER BY bucket;

-- metrics_as_of
SELECT "strategy", "account", "regime", "window_kind", "unit", "at", "window_start", "trades", "net", "profit_factor",
    "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown", "costs_percent", "conventions",
    "metrics", "source", "recorded_at"
  FROM performance_metrics
  WHERE "strategy" = $1 AND "account" = $2 AND "regime" = $3 AND "window_kind" = $4 AND "unit" = $5 AND "at" BETWEEN
    $6 AND $7
  ORDER BY "at" DESC LIMIT 1;

-- move_order
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity", "limit_price",
    "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value", "broker_order_id",
    "error_message", "ended_at", "updated_at", "recorded_at"
  FROM orders
  WHERE id IN ($1);

-- move_signal
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence", "target_price", "stop_price",
    "valid_until", "model_version", "reasoning", "features", "status", "status_at", "recorded_at"
  FROM signals
  WHERE id IN ($1);
DELETE
  FROM signals
  WHERE id IN ($1);
-- append in bulk to signals ("id", "at", "strategy", "symbol", "action", "legs", "strength", "confidence",
--   "target_price", "stop_price", "valid_until", "model_version", "reasoning", "features", "status", "status_at",
--   "recorded_at")

-- note_login
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "name", "email", "password", "role", "is_active", "created_at", "last_login", "recorded_at"
  FROM users
  WHERE ("name" = $1);

-- observation_as_of
SELECT "series", "at", "date", "value", "source", "recorded_at"
  FROM economic_observations
  WHERE "series" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- option_volume
SELECT c.contract_id, c.option_type, q."at", q.volume
  FROM (SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE "at" BETWEEN $1 AND $2) AS q
  JOIN option_contracts AS c ON c.contract_id = q.contract_id
  WHERE c.underlying = $3 AND q.volume IS NOT NULL;

-- ou_as_of
SELECT "pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic", "adf_p_value",
    "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM ou_parameters
  WHERE "pair" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- ping
SELECT 1;

-- policies
SELECT "name", "value", "description", "updated_by", "recorded_at"
  FROM settings
  WHERE ("name" = $1);

-- portfolio_as_of
SELECT "portfolio", "at", "total_value", "cash", "positions_value", "total_pnl", "unrealized_pnl", "realized_pnl",
    "total_exposure", "net_exposure", "positions", "net_delta", "source", "recorded_at"
  FROM portfolio_snapshots
  WHERE "portfolio" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- prediction_as_of
SELECT "id", "at", "model", "model_version", "symbol", "inputs", "outputs", "recorded_at"
  FROM predictions
  WHERE model = $1 AND "at" <= $2
  ORDER BY "at" DESC, id DESC LIMIT 1;

-- purge
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM bars
  WHERE "at" < $1;
DELETE
  FROM bars_history
  WHERE "at" < $1;

-- rebuild_cycle
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "sequence", "account", "strategy", "cycle", "names_cycle", "kind", "symbol", "instrument",
    "quantity", "price", "fees", "commission", "regulatory_fees", "exchange_fees", "multiplier", "successor",
    "successor_price", "lot", "broker_order_id", "execution", "signal", "provenance", "voided_at", "amendment",
    "source", "recorded_at"
  FROM journal_events
  WHERE cycle = $1;

-- record_executions
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity", "limit_price",
    "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value", "broker_order_id",
    "error_message", "ended_at", "updated_at", "recorded_at"
  FROM orders
  WHERE id IN ($1, $2);
SELECT "id", "at", "order_id", "account", "instrument", "side", "quantity", "price", "commission", "regulatory_fees",
    "exchange_fees", "venue", "broker_execution_id", "recorded_at"
  FROM executions
  WHERE id IN ($1, $2);
-- append in bulk to executions ("id", "at", "order_id", "account", "instrument", "side", "quantity", "price",
--   "commission", "regulatory_fees", "exchange_fees", "venue", "broker_execution_id", "recorded_at")
DELETE
  FROM orders
  WHERE id IN ($1, $2);
-- append in bulk to orders ("id", "at", "strategy", "signal_id", "account", "instrument", "side", "kind", "quantity",
--   "limit_price", "stop_price", "time_in_force", "links", "status", "filled_quantity", "filled_value",
--   "broker_order_id", "error_message", "ended_at", "updated_at", "recorded_at")

-- record_imported_rows
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "account", "source", "row_id", "file", "line", "content", "rejection", "events", "deletion",
    "recorded_at"
  FROM imported_rows
  WHERE id IN ($1, $2);
-- append in bulk to imported_rows ("id", "at", "account", "source", "row_id", "file", "line", "content", "rejection",
--   "events", "deletion", "recorded_at")

-- record_step
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "pipeline", "status", "ended_at", "steps", "read", "written", "unchanged", "rejected", "error",
    "recorded_at"
  FROM pipeline_runs
  WHERE id IN ($1);
DELETE
  FROM pipeline_runs
  WHERE id IN ($1);
-- append in bulk to pipeline_runs ("id", "at", "pipeline", "status", "ended_at", "steps", "read", "written",
--   "unchanged", "rejected", "error", "recorded_at")
SELECT "id", "at", "run", "place", "reason", "recorded_at"
  FROM run_rejects
  WHERE id IN ($1, $2);
-- append in bulk to run_rejects ("id", "at", "run", "place", "reason", "recorded_at")

-- release_lease
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "dataset", "subject", "owner", "expires_at", "recorded_at"
  FROM cache_leases
  WHERE ("dataset" = $1 AND "subject" = $2);
DELETE
  FROM cache_leases
  WHERE ("dataset" = $1 AND "subject" = $2);

-- replace_trade
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "id", "at", "source", "provenance", "schema_version", "updated_at", "finalised", "voided_at", "amendment",
    "account", "strategy", "setup", "cycle", "leg_group", "roll_chain", "parent_lot", "leg_role", "wheel_phase",
    "signal", "order_ids", "broker_trade_id", "import_source", "import_batch", "dedup_hash", "run", "dry_run",
    "symbol", "instrument", "exercise_style", "multiplier", "deliverable", "side", "open_action", "close_action",
    "quantity", "quantity_closed", "exited_at", "entry_price", "exit_price", "entry_bid", "entry_ask",
    "slippage_entry", "slippage_exit", "commission", "regulatory_fees", "exchange_fees", "assignment_fee",
    "exit_reason", "premium_received", "premium_paid", "gross_pnl", "total_costs", "net_pnl", "win_loss",
    "is_win_economic", "currency", "fx_rate", "initial_risk", "risk_basis", "max_risk", "collateral",
    "buying_power_used", "stop_loss", "target_price", "profit_target_percent", "loss_limit_percent", "mae", "mfe",
    "excursion_resolution", "excursion_source", "post_exit_mfe", "probability_of_profit", "account_equity",
    "entry_underlying_price", "entry_iv", "entry_iv_rank", "entry_iv_percentile", "entry_hv20", "entry_delta",
    "entry_gamma", "entry_theta", "entry_vega", "entry_rho", "entry_greeks_revision", "entry_dte", "entry_moneyness",
    "entry_regime", "entry_vix", "entry_risk_free_rate", "entry_vwap", "entry_adx", "entry_atr",
    "entry_spread_percent", "entry_open_interest", "entry_volume", "entry_next_earnings", "entry_next_ex_dividend",
    "entry_chain_snapshot_at", "exit_underlying_price", "exit_iv", "exit_iv_rank", "exit_iv_percentile", "exit_hv20",
    "exit_delta", "exit_gamma", "exit_theta", "exit_vega", "exit_rho", "exit_greeks_revision", "exit_dte",
    "exit_moneyness", "exit_regime", "exit_vix", "exit_risk_free_rate", "exit_vwap", "exit_adx", "exit_atr",
    "exit_spread_percent", "exit_open_interest", "exit_volume", "exit_next_earnings", "exit_next_ex_dividend",
    "exit_chain_snapshot_at", "assigned_contracts", "assigned_at", "early_assignment", "shares_delta",
    "basis_tax_per_share", "basis_adjusted_per_share", "roll_sequence", "roll_net_credit", "roll_type",
    "dividends_received", "cycle_realized_pnl", "days_underwater", "thesis", "mental_state_entry",
    "mental_state_exit", "confidence", "rule_breaks", "followed_plan", "adherence_score", "quality_grade", "tags",
    "screenshots", "recorded_at"
  FROM trades
  WHERE id IN ($1);
DELETE
  FROM trades
  WHERE id IN ($1);
-- append in bulk to trades ("id", "at", "source", "provenance", "schema_version", "updated_at", "finalised",
--   "voided_at", "amendment", "account", "strategy", "setup", "cycle", "leg_group", "roll_chain", "parent_lot",
--   "leg_role", "wheel_phase", "signal", "order_ids", "broker_trade_id", "import_source", "import_batch",
--   "dedup_hash", "run", "dry_run", "symbol", "instrument", "exercise_style", "multiplier", "deliverable", "side",
--   "open_action", "close_action", "quantity", "quantity_closed", "exited_at", "entry_price", "exit_price",
--   "entry_bid", "entry_ask", "slippage_entry", "slippage_exit", "commission", "regulatory_fees", "exchange_fees",
--   "assignment_fee", "exit_reason", "premium_received", "premium_paid", "gross_pnl", "total_costs", "net_pnl",
--   "win_loss", "is_win_economic", "currency", "fx_rate", "initial_risk", "risk_basis", "max_risk", "collateral",
--   "buying_power_used", "stop_loss", "target_price", "profit_target_percent", "loss_limit_percent", "mae", "mfe",
--   "excursion_resolution", "excursion_source", "post_exit_mfe", "probability_of_profit", "account_equity",
--   "entry_underlying_price", "entry_iv", "entry_iv_rank", "entry_iv_percentile", "entry_hv20", "entry_delta",
--   "entry_gamma", "entry_theta", "entry_vega", "entry_rho", "entry_greeks_revision", "entry_dte", "entry_moneyness",
--   "entry_regime", "entry_vix", "entry_risk_free_rate", "entry_vwap", "entry_adx", "entry_atr",
--   "entry_spread_percent", "entry_open_interest", "entry_volume", "entry_next_earnings", "entry_next_ex_dividend",
--   "entry_chain_snapshot_at", "exit_underlying_price", "exit_iv", "exit_iv_rank", "exit_iv_percentile", "exit_hv20",
--   "exit_delta", "exit_gamma", "exit_theta", "exit_vega", "exit_rho", "exit_greeks_revision", "exit_dte",
--   "exit_moneyness", "exit_regime", "exit_vix", "exit_risk_free_rate", "exit_vwap", "exit_adx", "exit_atr",
--   "exit_spread_percent", "exit_open_interest", "exit_volume", "exit_next_earnings", "exit_next_ex_dividend",
--   "exit_chain_snapshot_at", "assigned_contracts", "assigned_at", "early_assignment", "shares_delta",
--   "basis_tax_per_share", "basis_adjusted_per_share", "roll_sequence", "roll_net_credit", "roll_type",
--   "dividends_received", "cycle_realized_pnl", "days_underwater", "thesis", "mental_state_entry",
--   "mental_state_exit", "confidence", "rule_breaks", "followed_plan", "adherence_score", "quality_grade", "tags",
--   "screenshots", "recorded_at")

-- resample_bars
WITH b AS MATERIALIZED (SELECT date_bin(INTERVAL '1800000000 microseconds', "at", TIMESTAMPTZ
    '1970-01-01T00:00:00.000001Z') AS bucket, "at", open, high, low, close, CAST(volume AS DOUBLE PRECISION) AS
    volume, vwap, source, recorded_at
  FROM (SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap",
    "source", "recorded_at"
  FROM bars
  WHERE "at" BETWEEN $1 AND $2) AS v
  WHERE "instrument" = $3 AND "timeframe" = $4 AND 1 = 1) SELECT last_at, f.open, g.high, g.low, l.close, g.volume,
    g.turnover, l.source, g.recorded_at
  FROM (SELECT min("at") AS first_at, max("at") AS last_at, max(high) AS high, min(low) AS low, CASE WHEN
    count(volume) = count(*) THEN sum(volume) END AS volume, CASE WHEN count(CASE WHEN volume = 0 THEN 0.0 ELSE volume
    * vwap END) = count(*) THEN sum(CASE WHEN volume = 0 THEN 0.0 ELSE volume * vwap END) END AS turnover,
    max(recorded_at) AS recorded_at
  FROM b
  GROUP BY bucket) AS g CROSS
  JOIN b AS f CROSS
  JOIN b AS l
  WHERE f."at" = first_at AND l."at" = last_at
  ORDER BY last_at;

-- reset_watermarks
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "pipeline", "dataset", "subject", "reached", "run", "recorded_at"
  FROM watermarks
  WHERE ("pipeline" = $1 AND "dataset" = $2 AND "subject" = $3) OR ("pipeline" = $4 AND "dataset" = $5 AND "subject" =
    $6);
-- append in bulk to watermarks ("pipeline", "dataset", "subject", "reached", "run", "recorded_at")

-- revoke_permission
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM permissions
  WHERE ("role" = $1 AND "resource" = $2 AND "action" = $3);

-- sabr_as_of
SELECT "symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM sabr_parameters
  WHERE "symbol" = $1 AND "maturity" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" DESC LIMIT 1;

-- sabr_surface_as_of
SELECT "symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM sabr_parameters
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- schema_status
SELECT relname
  FROM pg_class
  JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = current_schema() AND relkind IN ('r', 'p')
  ORDER BY relname;
SELECT version, name, checksum, applied_at
  FROM strikebook_migrations
  ORDER BY version;
SELECT attname, format_type(atttypid, atttypmod), (NOT attnotnull)::int::bigint
  FROM pg_attribute
  WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
  ORDER BY attnum;
SELECT name, objects
  FROM strikebook_migrations
  ORDER BY version;
-- The objects of the schema beside its tables and columns: owner, object, definition, and the version that wrote it.
--   The
-- short forms of definitions do not name the schema.
SELECT t.relname::text AS owner, 'index ' || i.relname AS object, pg_get_indexdef(x.indexrelid, 0, true) || CASE WHEN
    x.indisvalid THEN '' ELSE ' (invalid)' END AS definition, '' AS written_by
  FROM pg_index AS x
  JOIN pg_class AS i ON i.oid = x.indexrelid
  JOIN pg_class AS t ON t.oid = x.indrelid
  JOIN pg_namespace AS n ON n.oid = t.relnamespace
  WHERE n.nspname = current_schema() AND NOT EXISTS (SELECT
  FROM pg_constraint AS c
  WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x'))
  UNION ALL SELECT t.relname, 'constraint ' || c.conname, pg_get_constraintdef(c.oid, true), ''
  FROM pg_constraint AS c
  JOIN pg_class AS t ON t.oid = c.conrelid
  JOIN pg_namespace AS n ON n.oid = t.relnamespace
  WHERE n.nspname = current_schema() AND c.contype IN ('p', 'u', 'x', 'f', 'c')
  UNION ALL SELECT v.relname, 'view', pg_get_viewdef(v.oid, true), (current_setting('server_version_num')::integer /
    10000)::text
  FROM pg_class AS v
  JOIN pg_namespace AS n ON n.oid = v.relnamespace
  WHERE n.nspname = current_schema() AND v.relkind = 'v' UNION ALL
-- Triggers of extensions run functions of other schemas.
SELECT t.relname, 'trigger ' || g.tgname, pg_get_triggerdef(g.oid, true) || CASE g.tgenabled WHEN 'A' THEN ' (always)'
    WHEN 'R' THEN ' (replica)' ELSE '' END, ''
  FROM pg_trigger AS g
  JOIN pg_class AS t ON t.oid = g.tgrelid
  JOIN pg_namespace AS n ON n.oid = t.relnamespace
  JOIN pg_proc AS p ON p.oid = g.tgfoid
  WHERE n.nspname = current_schema() AND NOT g.tgisinternal AND g.tgenabled <> 'D' AND p.pronamespace = n.oid
  UNION ALL SELECT p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'function', p.prosrc, ''
  FROM pg_proc AS p
  JOIN pg_namespace AS n ON n.oid = p.pronamespace
  WHERE n.nspname = current_schema() AND NOT EXISTS (SELECT
  FROM pg_depend AS d
  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');

-- set_policies
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
DELETE
  FROM settings
  WHERE ("name" = $1);

-- set_strategy_status
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "name", "kind", "status", "parameters", "risk_limits", "symbols", "created_by", "created_at", "recorded_at"
  FROM strategies
  WHERE ("name" = $1);

-- signal_performance
SELECT symbol, avg(confidence), count(*) FILTER (WHERE action = 'long'), count(*) FILTER (WHERE action = 'short'),
    count(*) FILTER (WHERE action = 'exit_long'), count(*) FILTER (WHERE action = 'exit_short'), count(*) FILTER
    (WHERE action = 'hold')
  FROM signals
  WHERE "at" BETWEEN $1 AND $2
  GROUP BY symbol
  ORDER BY symbol;

-- state_at
SELECT "id", "at", "regime", "active_strategy", "risk_limits", "risk_state", "recorded_at"
  FROM system_states
  WHERE "at" BETWEEN $1 AND $2
  ORDER BY "at" DESC, id DESC LIMIT 2;

-- statistics
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM option_contracts;
SELECT table_bytes($1);
SELECT row_bytes($1);
SELECT count(*), min("at"), max("at")
  FROM option_quotes;
SELECT count(*)
  FROM option_quotes_history;
SELECT count(*), min("at"), max("at")
  FROM chain_snapshots;
SELECT count(*)
  FROM chain_snapshots_history;
SELECT count(*), min("at"), max("at")
  FROM underlying_quotes;
SELECT count(*)
  FROM underlying_quotes_history;
SELECT count(*), min("at"), max("at")
  FROM bars;
SELECT count(*)
  FROM bars_history;
SELECT count(*), min("at"), max("at")
  FROM corporate_actions;
SELECT count(*)
  FROM corporate_actions_history;
SELECT count(*), min("at"), max("at")
  FROM fundamentals;
SELECT count(*)
  FROM fundamentals_history;
SELECT count(*), min("at"), max("at")
  FROM economic_observations;
SELECT count(*)
  FROM economic_observations_history;
SELECT count(*), min("at"), max("at")
  FROM greeks;
SELECT count(*)
  FROM greeks_history;
SELECT count(*), min("at"), max("at")
  FROM heston_parameters;
SELECT count(*)
  FROM heston_parameters_history;
SELECT count(*), min("at"), max("at")
  FROM sabr_parameters;
SELECT count(*)
  FROM sabr_parameters_history;
SELECT count(*), min("at"), max("at")
  FROM svi_parameters;
SELECT count(*)
  FROM svi_parameters_history;
SELECT count(*), min("at"), max("at")
  FROM ou_parameters;
SELECT count(*)
  FROM ou_parameters_history;
SELECT count(*), min("at"), max("at")
  FROM backtest_features;
SELECT count(*)
  FROM backtest_features_history;
SELECT count(*), min("at"), max("at")
  FROM bar_indicators;
SELECT count(*)
  FROM bar_indicators_history;
SELECT count(*), min("at"), max("at")
  FROM backtests;
SELECT count(*), min("at"), max("at")
  FROM predictions;
SELECT count(*), min("at"), max("at")
  FROM signals;
SELECT count(*), min("at"), max("at")
  FROM orders;
SELECT count(*), min("at"), max("at")
  FROM executions;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM positions;
SELECT count(*), min("at"), max("at")
  FROM account_snapshots;
SELECT count(*), min("at"), max("at")
  FROM portfolio_snapshots;
SELECT count(*)
  FROM portfolio_snapshots_history;
SELECT count(*), min("at"), max("at")
  FROM performance_metrics;
SELECT count(*)
  FROM performance_metrics_history;
SELECT count(*), min("at"), max("at")
  FROM journal_events;
SELECT count(*), min("at"), max("at")
  FROM imported_rows;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM journal_cycles;
SELECT count(*), min("at"), max("at")
  FROM trades;
SELECT count(*), min("at"), max("at")
  FROM journal_notes;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM journal_rules;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM daily_pnl;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM risk_states;
SELECT count(*), min("at"), max("at")
  FROM system_events;
SELECT count(*), min("at"), max("at")
  FROM system_states;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM users;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM permissions;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM strategies;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM settings;
SELECT count(*), min("at"), max("at")
  FROM quality_reports;
SELECT count(*), min("at"), max("at")
  FROM pipeline_runs;
SELECT count(*), min("at"), max("at")
  FROM run_rejects;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM watermarks;
SELECT count(*), min("at"), max("at")
  FROM audit_log;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM cache_entries;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM cache_coverage;
SELECT count(*), min(recorded_at), max(recorded_at)
  FROM cache_leases;
SELECT count(*), min("at"), max("at")
  FROM fetch_costs;

-- svi_as_of
SELECT "symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM svi_parameters
  WHERE "symbol" = $1 AND "maturity" = $2 AND "at" BETWEEN $3 AND $4
  ORDER BY "at" DESC LIMIT 1;

-- svi_surface_as_of
SELECT "symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM svi_parameters
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- touch_cache_entries
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));

-- underlying_as_of
SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes
  WHERE "symbol" = $1 AND "at" BETWEEN $2 AND $3
  ORDER BY "at" DESC LIMIT 1;

-- underlyings_as_of
SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM (SELECT q.*, row_number() OVER (PARTITION BY symbol
  ORDER BY "at" DESC) AS place
  FROM (SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes
  WHERE "at" BETWEEN $1 AND $2) AS q) AS ranked
  WHERE place = 1
  ORDER BY symbol;

-- upsert_bars
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap", "source",
    "recorded_at"
  FROM bars
  WHERE ("instrument" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to bars ("instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume",
--   "vwap", "source", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM bars
  WHERE 1 = 0;
-- append in bulk to staged ("instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume",
--   "vwap", "source", "recorded_at")
INSERT INTO bars_history ("instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume",
    "vwap", "source", "recorded_at") SELECT c."instrument", c."timeframe", c."at", c."opened_at", c."open", c."high",
    c."low", c."close", c."volume", c."vwap", c."source", c."recorded_at"
  FROM bars AS c
  JOIN staged AS s ON c."instrument" = s."instrument" AND c."timeframe" = s."timeframe" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM bars
  WHERE ("instrument", "timeframe", "at") IN (SELECT "instrument", "timeframe", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO bars ("instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close", "volume", "vwap",
    "source", "recorded_at") SELECT "instrument", "timeframe", "at", "opened_at", "open", "high", "low", "close",
    "volume", "vwap", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_cache_entries
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "dataset", "subject", "provider", "outcome", "asked_at", "fetched_at", "newest_at", "retry_after",
    "expires_at", "last_access", "hits", "bytes", "cost", "error", "error_kind", "recorded_at"
  FROM cache_entries
  WHERE ("dataset" = $1 AND "subject" = $2) OR ("dataset" = $3 AND "subject" = $4);
-- append in bulk to cache_entries ("dataset", "subject", "provider", "outcome", "asked_at", "fetched_at",
--   "newest_at", "retry_after", "expires_at", "last_access", "hits", "bytes", "cost", "error", "error_kind",
--   "recorded_at")

-- upsert_corporate_actions
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM corporate_actions
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to corporate_actions ("symbol", "kind", "at", "date", "status", "source", "new_shares",
--   "old_shares", "amount", "currency", "record_date", "pay_date", "counterpart", "contract", "report_time",
--   "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM corporate_actions
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount",
--   "currency", "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at")
INSERT INTO corporate_actions_history ("symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares",
    "amount", "currency", "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at") SELECT
    c."symbol", c."kind", c."at", c."date", c."status", c."source", c."new_shares", c."old_shares", c."amount",
    c."currency", c."record_date", c."pay_date", c."counterpart", c."contract", c."report_time", c."recorded_at"
  FROM corporate_actions AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."kind" = s."kind" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM corporate_actions
  WHERE ("symbol", "kind", "at") IN (SELECT "symbol", "kind", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO corporate_actions ("symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares",
    "amount", "currency", "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at") SELECT
    "symbol", "kind", "at", "date", "status", "source", "new_shares", "old_shares", "amount", "currency",
    "record_date", "pay_date", "counterpart", "contract", "report_time", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_coverage
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "dataset", "subject", "date", "outcome", "retry_after", "recorded_at"
  FROM cache_coverage
  WHERE ("dataset" = $1 AND "subject" = $2 AND "date" = $3) OR ("dataset" = $4 AND "subject" = $5 AND "date" = $6);
-- append in bulk to cache_coverage ("dataset", "subject", "date", "outcome", "retry_after", "recorded_at")

-- upsert_daily_pnl
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "date", "account", "realized", "unrealized", "recorded_at"
  FROM daily_pnl
  WHERE ("date" = $1 AND "account" = $2) OR ("date" = $3 AND "account" = $4);
-- append in bulk to daily_pnl ("date", "account", "realized", "unrealized", "recorded_at")

-- upsert_features
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d", "var_95", "var_99",
    "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99", "risk_free_rate",
    "vix", "source", "recorded_at"
  FROM backtest_features
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to backtest_features ("symbol", "at", "date", "close", "daily_return", "volatility_20d",
--   "volatility_250d", "var_95", "var_99", "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95",
--   "normal_cvar_99", "risk_free_rate", "vix", "source", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM backtest_features
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d",
--   "var_95", "var_99", "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99",
--   "risk_free_rate", "vix", "source", "recorded_at")
INSERT INTO backtest_features_history ("symbol", "at", "date", "close", "daily_return", "volatility_20d",
    "volatility_250d", "var_95", "var_99", "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95",
    "normal_cvar_99", "risk_free_rate", "vix", "source", "recorded_at") SELECT c."symbol", c."at", c."date",
    c."close", c."daily_return", c."volatility_20d", c."volatility_250d", c."var_95", c."var_99", c."cvar_95",
    c."cvar_99", c."normal_var_95", c."normal_var_99", c."normal_cvar_95", c."normal_cvar_99", c."risk_free_rate",
    c."vix", c."source", c."recorded_at"
  FROM backtest_features AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM backtest_features
  WHERE ("symbol", "at") IN (SELECT "symbol", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO backtest_features ("symbol", "at", "date", "close", "daily_return", "volatility_20d", "volatility_250d",
    "var_95", "var_99", "cvar_95", "cvar_99", "normal_var_95", "normal_var_99", "normal_cvar_95", "normal_cvar_99",
    "risk_free_rate", "vix", "source", "recorded_at") SELECT "symbol", "at", "date", "close", "daily_return",
    "volatility_20d", "volatility_250d", "var_95", "var_99", "cvar_95", "cvar_99", "normal_var_95", "normal_var_99",
    "normal_cvar_95", "normal_cvar_99", "risk_free_rate", "vix", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_fundamentals
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at"
  FROM fundamentals
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to fundamentals ("symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM fundamentals
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at")
INSERT INTO fundamentals_history ("symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at") SELECT
    c."symbol", c."at", c."market_cap", c."shares_outstanding", c."source", c."recorded_at"
  FROM fundamentals AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM fundamentals
  WHERE ("symbol", "at") IN (SELECT "symbol", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO fundamentals ("symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at") SELECT
    "symbol", "at", "market_cap", "shares_outstanding", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_greeks
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield", "implied_volatility", "price",
    "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm", "veta", "source", "recorded_at"
  FROM greeks
  WHERE ("contract_id" IN (1)) AND "at" BETWEEN $1 AND $2;
-- append in bulk to greeks ("contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield",
--   "implied_volatility", "price", "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm",
--   "veta", "source", "recorded_at")
SELECT "dataset", "part", "root", "expiration", "day", "at", "recorded_at"
  FROM stored_days
  WHERE root IN ($1) AND dataset = $2 AND day BETWEEN $3 AND $4;
-- append in bulk to stored_days ("dataset", "part", "root", "expiration", "day", "at", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM greeks
  WHERE 1 = 0;
-- append in bulk to staged ("contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield",
--   "implied_volatility", "price", "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm",
--   "veta", "source", "recorded_at")
INSERT INTO greeks_history ("contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield",
    "implied_volatility", "price", "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm",
    "veta", "source", "recorded_at") SELECT c."contract_id", c."model", c."revision", c."at", c."spot", c."rate",
    c."dividend_yield", c."implied_volatility", c."price", c."delta", c."gamma", c."theta", c."vega", c."rho",
    c."epsilon", c."vanna", c."vomma", c."charm", c."veta", c."source", c."recorded_at"
  FROM greeks AS c
  JOIN staged AS s ON c."contract_id" = s."contract_id" AND c."model" = s."model" AND c."revision" = s."revision" AND
    c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM greeks
  WHERE ("contract_id", "model", "revision", "at") IN (SELECT "contract_id", "model", "revision", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO greeks ("contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield", "implied_volatility",
    "price", "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm", "veta", "source",
    "recorded_at") SELECT "contract_id", "model", "revision", "at", "spot", "rate", "dividend_yield",
    "implied_volatility", "price", "delta", "gamma", "theta", "vega", "rho", "epsilon", "vanna", "vomma", "charm",
    "veta", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_heston
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM heston_parameters
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to heston_parameters ("symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse",
--   "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM heston_parameters
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared",
--   "n_options", "calibration_time_ms", "inputs", "recorded_at")
INSERT INTO heston_parameters_history ("symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse",
    "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT c."symbol", c."at", c."kappa",
    c."theta", c."sigma", c."rho", c."v0", c."source", c."rmse", c."r_squared", c."n_options",
    c."calibration_time_ms", c."inputs", c."recorded_at"
  FROM heston_parameters AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM heston_parameters
  WHERE ("symbol", "at") IN (SELECT "symbol", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO heston_parameters ("symbol", "at", "kappa", "theta", "sigma", "rho", "v0", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT "symbol", "at", "kappa", "theta", "sigma",
    "rho", "v0", "source", "rmse", "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_indicators
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at"
  FROM bar_indicators
  WHERE ("instrument" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to bar_indicators ("instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source",
--   "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM bar_indicators
  WHERE 1 = 0;
-- append in bulk to staged ("instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at")
INSERT INTO bar_indicators_history ("instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source",
    "recorded_at") SELECT c."instrument", c."timeframe", c."at", c."adx", c."atr", c."vwap", c."regime", c."source",
    c."recorded_at"
  FROM bar_indicators AS c
  JOIN staged AS s ON c."instrument" = s."instrument" AND c."timeframe" = s."timeframe" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM bar_indicators
  WHERE ("instrument", "timeframe", "at") IN (SELECT "instrument", "timeframe", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO bar_indicators ("instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at")
    SELECT "instrument", "timeframe", "at", "adx", "atr", "vwap", "regime", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_metrics
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "strategy", "account", "regime", "window_kind", "unit", "at", "window_start", "trades", "net", "profit_factor",
    "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown", "costs_percent", "conventions",
    "metrics", "source", "recorded_at"
  FROM performance_metrics
  WHERE ("strategy" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to performance_metrics ("strategy", "account", "regime", "window_kind", "unit", "at",
--   "window_start", "trades", "net", "profit_factor", "expected_r", "win_rate", "wilson_lower", "wilson_upper",
--   "max_drawdown", "costs_percent", "conventions", "metrics", "source", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM performance_metrics
  WHERE 1 = 0;
-- append in bulk to staged ("strategy", "account", "regime", "window_kind", "unit", "at", "window_start", "trades",
--   "net", "profit_factor", "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown",
--   "costs_percent", "conventions", "metrics", "source", "recorded_at")
INSERT INTO performance_metrics_history ("strategy", "account", "regime", "window_kind", "unit", "at", "window_start",
    "trades", "net", "profit_factor", "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown",
    "costs_percent", "conventions", "metrics", "source", "recorded_at") SELECT c."strategy", c."account", c."regime",
    c."window_kind", c."unit", c."at", c."window_start", c."trades", c."net", c."profit_factor", c."expected_r",
    c."win_rate", c."wilson_lower", c."wilson_upper", c."max_drawdown", c."costs_percent", c."conventions",
    c."metrics", c."source", c."recorded_at"
  FROM performance_metrics AS c
  JOIN staged AS s ON c."strategy" = s."strategy" AND c."account" = s."account" AND c."regime" = s."regime" AND
    c."window_kind" = s."window_kind" AND c."unit" = s."unit" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM performance_metrics
  WHERE ("strategy", "account", "regime", "window_kind", "unit", "at") IN (SELECT "strategy", "account", "regime",
    "window_kind", "unit", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO performance_metrics ("strategy", "account", "regime", "window_kind", "unit", "at", "window_start",
    "trades", "net", "profit_factor", "expected_r", "win_rate", "wilson_lower", "wilson_upper", "max_drawdown",
    "costs_percent", "conventions", "metrics", "source", "recorded_at") SELECT "strategy", "account", "regime",
    "window_kind", "unit", "at", "window_start", "trades", "net", "profit_factor", "expected_r", "win_rate",
    "wilson_lower", "wilson_upper", "max_drawdown", "costs_percent", "conventions", "metrics", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_observations
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "series", "at", "date", "value", "source", "recorded_at"
  FROM economic_observations
  WHERE ("series" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to economic_observations ("series", "at", "date", "value", "source", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM economic_observations
  WHERE 1 = 0;
-- append in bulk to staged ("series", "at", "date", "value", "source", "recorded_at")
INSERT INTO economic_observations_history ("series", "at", "date", "value", "source", "recorded_at") SELECT
    c."series", c."at", c."date", c."value", c."source", c."recorded_at"
  FROM economic_observations AS c
  JOIN staged AS s ON c."series" = s."series" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM economic_observations
  WHERE ("series", "at") IN (SELECT "series", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO economic_observations ("series", "at", "date", "value", "source", "recorded_at") SELECT "series", "at",
    "date", "value", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_ou
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic", "adf_p_value",
    "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM ou_parameters
  WHERE ("pair" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to ou_parameters ("pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma",
--   "adf_statistic", "adf_p_value", "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse",
--   "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM ou_parameters
  WHERE 1 = 0;
-- append in bulk to staged ("pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic",
--   "adf_p_value", "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared",
--   "n_options", "calibration_time_ms", "inputs", "recorded_at")
INSERT INTO ou_parameters_history ("pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma",
    "adf_statistic", "adf_p_value", "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse",
    "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT c."pair", c."at", c."first",
    c."second", c."hedge_ratio", c."theta", c."mu", c."sigma", c."adf_statistic", c."adf_p_value", c."entry_lower",
    c."entry_upper", c."exit_target", c."stop_loss", c."source", c."rmse", c."r_squared", c."n_options",
    c."calibration_time_ms", c."inputs", c."recorded_at"
  FROM ou_parameters AS c
  JOIN staged AS s ON c."pair" = s."pair" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM ou_parameters
  WHERE ("pair", "at") IN (SELECT "pair", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO ou_parameters ("pair", "at", "first", "second", "hedge_ratio", "theta", "mu", "sigma", "adf_statistic",
    "adf_p_value", "entry_lower", "entry_upper", "exit_target", "stop_loss", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT "pair", "at", "first", "second",
    "hedge_ratio", "theta", "mu", "sigma", "adf_statistic", "adf_p_value", "entry_lower", "entry_upper",
    "exit_target", "stop_loss", "source", "rmse", "r_squared", "n_options", "calibration_time_ms", "inputs",
    "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_portfolio_snapshots
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "portfolio", "at", "total_value", "cash", "positions_value", "total_pnl", "unrealized_pnl", "realized_pnl",
    "total_exposure", "net_exposure", "positions", "net_delta", "source", "recorded_at"
  FROM portfolio_snapshots
  WHERE ("portfolio" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to portfolio_snapshots ("portfolio", "at", "total_value", "cash", "positions_value", "total_pnl",
--   "unrealized_pnl", "realized_pnl", "total_exposure", "net_exposure", "positions", "net_delta", "source",
--   "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM portfolio_snapshots
  WHERE 1 = 0;
-- append in bulk to staged ("portfolio", "at", "total_value", "cash", "positions_value", "total_pnl",
--   "unrealized_pnl", "realized_pnl", "total_exposure", "net_exposure", "positions", "net_delta", "source",
--   "recorded_at")
INSERT INTO portfolio_snapshots_history ("portfolio", "at", "total_value", "cash", "positions_value", "total_pnl",
    "unrealized_pnl", "realized_pnl", "total_exposure", "net_exposure", "positions", "net_delta", "source",
    "recorded_at") SELECT c."portfolio", c."at", c."total_value", c."cash", c."positions_value", c."total_pnl",
    c."unrealized_pnl", c."realized_pnl", c."total_exposure", c."net_exposure", c."positions", c."net_delta",
    c."source", c."recorded_at"
  FROM portfolio_snapshots AS c
  JOIN staged AS s ON c."portfolio" = s."portfolio" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM portfolio_snapshots
  WHERE ("portfolio", "at") IN (SELECT "portfolio", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO portfolio_snapshots ("portfolio", "at", "total_value", "cash", "positions_value", "total_pnl",
    "unrealized_pnl", "realized_pnl", "total_exposure", "net_exposure", "positions", "net_delta", "source",
    "recorded_at") SELECT "portfolio", "at", "total_value", "cash", "positions_value", "total_pnl", "unrealized_pnl",
    "realized_pnl", "total_exposure", "net_exposure", "positions", "net_delta", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_positions
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "account", "instrument", "strategy", "quantity", "average_cost", "realized_pnl", "opened_at", "updated_at",
    "recorded_at"
  FROM positions
  WHERE ("account" = $1 AND "instrument" = $2 AND "strategy" = $3) OR ("account" = $4 AND "instrument" = $5 AND
    "strategy" = $6);
-- append in bulk to positions ("account", "instrument", "strategy", "quantity", "average_cost", "realized_pnl",
--   "opened_at", "updated_at", "recorded_at")

-- upsert_quotes
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "contract_id", "root", "expiration", "option_type", "strike", "underlying", "multiplier", "exercise_style",
    "settlement", "delivery", "last_trading", "hours", "adjusted", "overridden", "settles_at", "last_trade_at",
    "listed_on", "source", "recorded_at"
  FROM option_contracts
  WHERE root IN ($1) AND expiration BETWEEN $2 AND $3;
SELECT max(contract_id)
  FROM option_contracts;
-- append in bulk to option_contracts ("contract_id", "root", "expiration", "option_type", "strike", "underlying",
--   "multiplier", "exercise_style", "settlement", "delivery", "last_trading", "hours", "adjusted", "overridden",
--   "settles_at", "last_trade_at", "listed_on", "source", "recorded_at")
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE ("contract_id" IN (1)) AND "at" BETWEEN $1 AND $2;
-- append in bulk to option_quotes ("contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
--   "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
--   "recorded_at")
SELECT "dataset", "part", "root", "expiration", "day", "at", "recorded_at"
  FROM stored_days
  WHERE root IN ($1) AND dataset = $2 AND day BETWEEN $3 AND $4;
-- append in bulk to stored_days ("dataset", "part", "root", "expiration", "day", "at", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM option_quotes
  WHERE 1 = 0;
-- append in bulk to staged ("contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
--   "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
--   "recorded_at")
INSERT INTO option_quotes_history ("contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
    "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
    "recorded_at") SELECT c."contract_id", c."at", c."bid", c."ask", c."last", c."bid_size", c."ask_size", c."volume",
    c."open_interest", c."implied_volatility", c."delta", c."gamma", c."theta", c."vega", c."rho",
    c."underlying_price", c."source", c."recorded_at"
  FROM option_quotes AS c
  JOIN staged AS s ON c."contract_id" = s."contract_id" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM option_quotes
  WHERE ("contract_id", "at") IN (SELECT "contract_id", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO option_quotes ("contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
    "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
    "recorded_at") SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
    "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
    "recorded_at"
  FROM staged;
DROP TABLE staged;
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes_history
  WHERE ("contract_id" IN (1)) AND "at" BETWEEN $1 AND $2;
DELETE
  FROM option_quotes_history
  WHERE ("contract_id", "at", recorded_at) IN (SELECT "contract_id", "at", recorded_at
  FROM staged);
INSERT INTO option_quotes_history ("contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
    "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
    "recorded_at") SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
    "open_interest", "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source",
    "recorded_at"
  FROM staged;
DELETE
  FROM stored_days
  WHERE "dataset" = $1 AND "part" = $2 AND "root" = $3 AND "expiration" = $4 AND "day" = $5 AND "at" = $6 AND
    "recorded_at" = $7;
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE ("contract_id" IN (2)) AND "at" BETWEEN $1 AND $2;
SELECT "contract_id", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest",
    "implied_volatility", "delta", "gamma", "theta", "vega", "rho", "underlying_price", "source", "recorded_at"
  FROM option_quotes
  WHERE ("contract_id" IN (3)) AND "at" BETWEEN $1 AND $2;

-- upsert_risk_states
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "key", "value", "updated_at", "recorded_at"
  FROM risk_states
  WHERE ("key" = $1) OR ("key" = $2);
-- append in bulk to risk_states ("key", "value", "updated_at", "recorded_at")

-- upsert_rules
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "rule", "text", "severity", "active", "recorded_at"
  FROM journal_rules
  WHERE ("rule" = $1) OR ("rule" = $2);
-- append in bulk to journal_rules ("rule", "text", "severity", "active", "recorded_at")

-- upsert_sabr
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM sabr_parameters
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to sabr_parameters ("symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse",
--   "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM sabr_parameters
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared",
--   "n_options", "calibration_time_ms", "inputs", "recorded_at")
INSERT INTO sabr_parameters_history ("symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse",
    "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT c."symbol", c."maturity", c."at",
    c."alpha", c."beta", c."rho", c."nu", c."source", c."rmse", c."r_squared", c."n_options", c."calibration_time_ms",
    c."inputs", c."recorded_at"
  FROM sabr_parameters AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."maturity" = s."maturity" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM sabr_parameters
  WHERE ("symbol", "maturity", "at") IN (SELECT "symbol", "maturity", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO sabr_parameters ("symbol", "maturity", "at", "alpha", "beta", "rho", "nu", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT "symbol", "maturity", "at", "alpha", "beta",
    "rho", "nu", "source", "rmse", "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_settings
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "name", "value", "description", "updated_by", "recorded_at"
  FROM settings
  WHERE ("name" = $1) OR ("name" = $2);
-- append in bulk to settings ("name", "value", "description", "updated_by", "recorded_at")

-- upsert_snapshot
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "underlying", "at", "underlying_price", "contracts", "expirations", "source", "recorded_at"
  FROM chain_snapshots
  WHERE ("underlying" IN ($1)) AND "at" BETWEEN $2 AND $3;

-- upsert_snapshots
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "underlying", "at", "underlying_price", "contracts", "expirations", "source", "recorded_at"
  FROM chain_snapshots
  WHERE ("underlying" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to chain_snapshots ("underlying", "at", "underlying_price", "contracts", "expirations", "source",
--   "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM chain_snapshots
  WHERE 1 = 0;
-- append in bulk to staged ("underlying", "at", "underlying_price", "contracts", "expirations", "source",
--   "recorded_at")
INSERT INTO chain_snapshots_history ("underlying", "at", "underlying_price", "contracts", "expirations", "source",
    "recorded_at") SELECT c."underlying", c."at", c."underlying_price", c."contracts", c."expirations", c."source",
    c."recorded_at"
  FROM chain_snapshots AS c
  JOIN staged AS s ON c."underlying" = s."underlying" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM chain_snapshots
  WHERE ("underlying", "at") IN (SELECT "underlying", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO chain_snapshots ("underlying", "at", "underlying_price", "contracts", "expirations", "source",
    "recorded_at") SELECT "underlying", "at", "underlying_price", "contracts", "expirations", "source", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_strategies
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "name", "kind", "status", "parameters", "risk_limits", "symbols", "created_by", "created_at", "recorded_at"
  FROM strategies
  WHERE ("name" = $1) OR ("name" = $2);
-- append in bulk to strategies ("name", "kind", "status", "parameters", "risk_limits", "symbols", "created_by",
--   "created_at", "recorded_at")

-- upsert_svi
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared", "n_options",
    "calibration_time_ms", "inputs", "recorded_at"
  FROM svi_parameters
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to svi_parameters ("symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse",
--   "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM svi_parameters
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared",
--   "n_options", "calibration_time_ms", "inputs", "recorded_at")
INSERT INTO svi_parameters_history ("symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse",
    "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT c."symbol", c."maturity", c."at",
    c."a", c."b", c."rho", c."m", c."sigma", c."source", c."rmse", c."r_squared", c."n_options",
    c."calibration_time_ms", c."inputs", c."recorded_at"
  FROM svi_parameters AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."maturity" = s."maturity" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM svi_parameters
  WHERE ("symbol", "maturity", "at") IN (SELECT "symbol", "maturity", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO svi_parameters ("symbol", "maturity", "at", "a", "b", "rho", "m", "sigma", "source", "rmse", "r_squared",
    "n_options", "calibration_time_ms", "inputs", "recorded_at") SELECT "symbol", "maturity", "at", "a", "b", "rho",
    "m", "sigma", "source", "rmse", "r_squared", "n_options", "calibration_time_ms", "inputs", "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_underlying_quotes
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source", "recorded_at"
  FROM underlying_quotes
  WHERE ("symbol" IN ($1)) AND "at" BETWEEN $2 AND $3;
-- append in bulk to underlying_quotes ("symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
--   "source", "recorded_at")
CREATE TEMPORARY TABLE staged AS SELECT *
  FROM underlying_quotes
  WHERE 1 = 0;
-- append in bulk to staged ("symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source",
--   "recorded_at")
INSERT INTO underlying_quotes_history ("symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume",
    "source", "recorded_at") SELECT c."symbol", c."at", c."bid", c."ask", c."last", c."bid_size", c."ask_size",
    c."volume", c."source", c."recorded_at"
  FROM underlying_quotes AS c
  JOIN staged AS s ON c."symbol" = s."symbol" AND c."at" = s."at"
  WHERE c.recorded_at < s.recorded_at AND c."at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
DELETE
  FROM underlying_quotes
  WHERE ("symbol", "at") IN (SELECT "symbol", "at"
  FROM staged) AND "at" BETWEEN (SELECT min("at")
  FROM staged) AND (SELECT max("at")
  FROM staged);
INSERT INTO underlying_quotes ("symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source",
    "recorded_at") SELECT "symbol", "at", "bid", "ask", "last", "bid_size", "ask_size", "volume", "source",
    "recorded_at"
  FROM staged;
DROP TABLE staged;

-- upsert_users
SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.' || $1, 0));
SELECT name, email
  FROM users
  WHERE email IN ($1, $2);
SELECT "name", "email", "password", "role", "is_active", "created_at", "last_login", "recorded_at"
  FROM users
  WHERE ("name" = $1) OR ("name" = $2);
-- append in bulk to users ("name", "email", "password", "role", "is_active", "created_at", "last_login",
--   "recorded_at")
