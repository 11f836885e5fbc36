-- The trading family: signals, orders, accounts and the trade journal.

-- Signals of strategies. status_at is when a signal stopped being active.
CREATE TABLE signals (
    id            TEXT NOT NULL PRIMARY KEY,
    at            INTEGER NOT NULL,
    strategy      TEXT NOT NULL,
    symbol        TEXT NOT NULL,
    action        TEXT NOT NULL,
    legs          TEXT NOT NULL,
    strength      REAL NOT NULL,
    confidence    REAL NOT NULL,
    target_price  REAL,
    stop_price    REAL,
    valid_until   INTEGER,
    model_version TEXT,
    reasoning     TEXT,
    features      TEXT NOT NULL,
    status        TEXT NOT NULL,
    status_at     INTEGER,
    recorded_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX signals_by_time ON signals (at, id);
CREATE INDEX signals_by_symbol ON signals (symbol, at);
CREATE INDEX signals_by_strategy ON signals (strategy, at);
CREATE INDEX signals_active ON signals (valid_until) WHERE status = 'active';

-- Orders. filled_quantity, filled_value and status follow from the executions; the mean price is filled_value /
-- filled_quantity.
CREATE TABLE orders (
    id              TEXT NOT NULL PRIMARY KEY,
    at              INTEGER NOT NULL,
    strategy        TEXT NOT NULL,
    signal_id       TEXT,
    account         TEXT NOT NULL,
    instrument      TEXT NOT NULL,
    side            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    quantity        TEXT NOT NULL,
    limit_price     TEXT,
    stop_price      TEXT,
    time_in_force   TEXT NOT NULL,
    links           TEXT NOT NULL,
    status          TEXT NOT NULL,
    filled_quantity TEXT NOT NULL,
    filled_value    TEXT NOT NULL,
    broker_order_id TEXT,
    error_message   TEXT,
    ended_at        INTEGER,
    updated_at      INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_time ON orders (at, id);
CREATE INDEX orders_by_instrument ON orders (instrument, at);
CREATE INDEX orders_by_strategy ON orders (strategy, at);
CREATE INDEX orders_by_account ON orders (account, at);
CREATE INDEX orders_working ON orders (account, at) WHERE status IN ('pending', 'open', 'partially_filled');
CREATE UNIQUE INDEX orders_by_broker_id ON orders (broker_order_id, account, instrument)
    WHERE broker_order_id IS NOT NULL;

-- Executions, which fill the orders.
CREATE TABLE executions (
    id                  TEXT NOT NULL PRIMARY KEY,
    at                  INTEGER NOT NULL,
    order_id            TEXT NOT NULL,
    account             TEXT NOT NULL,
    instrument          TEXT NOT NULL,
    side                TEXT NOT NULL,
    quantity            TEXT NOT NULL,
    price               TEXT NOT NULL,
    commission          TEXT NOT NULL,
    regulatory_fees     TEXT,
    exchange_fees       TEXT,
    venue               TEXT,
    broker_execution_id TEXT,
    recorded_at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX executions_by_time ON executions (at, id);
CREATE INDEX executions_by_order ON executions (order_id, at);
CREATE INDEX executions_by_account ON executions (account, at);
CREATE INDEX executions_by_instrument ON executions (instrument, at);
CREATE UNIQUE INDEX executions_by_broker_id ON executions (broker_execution_id, account)
    WHERE broker_execution_id IS NOT NULL;

-- Positions held now, one row for each account, instrument and strategy.
CREATE TABLE positions (
    account      TEXT NOT NULL,
    instrument   TEXT NOT NULL,
    strategy     TEXT NOT NULL,
    quantity     TEXT NOT NULL,
    average_cost TEXT,
    realized_pnl TEXT NOT NULL,
    opened_at    INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    recorded_at  INTEGER NOT NULL,
    PRIMARY KEY (account, instrument, strategy)
) STRICT, WITHOUT ROWID;

CREATE INDEX positions_by_instrument ON positions (instrument);
CREATE INDEX positions_by_strategy ON positions (strategy);

-- Snapshots of accounts as reported by their brokers. positions is a JSON array of the holdings, with amounts as texts.
CREATE TABLE account_snapshots (
    id                      TEXT NOT NULL PRIMARY KEY,
    at                      INTEGER NOT NULL,
    account                 TEXT NOT NULL,
    positions               TEXT NOT NULL,
    source                  TEXT NOT NULL,
    cash                    TEXT,
    settled_cash            TEXT,
    net_liquidation         TEXT,
    positions_value         TEXT,
    buying_power            TEXT,
    initial_requirement     TEXT,
    maintenance_requirement TEXT,
    excess_liquidity        TEXT,
    realized_pnl            TEXT,
    unrealized_pnl          TEXT,
    recorded_at             INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX account_snapshots_by_time ON account_snapshots (at, id);
CREATE INDEX account_snapshots_by_account ON account_snapshots (account, at, id);

-- Values and exposures of portfolios.
CREATE TABLE portfolio_snapshots (
    portfolio       TEXT NOT NULL,
    at              INTEGER NOT NULL,
    total_value     TEXT NOT NULL,
    cash            TEXT NOT NULL,
    positions_value TEXT NOT NULL,
    total_pnl       TEXT,
    unrealized_pnl  TEXT,
    realized_pnl    TEXT,
    total_exposure  TEXT NOT NULL,
    net_exposure    TEXT NOT NULL,
    positions       INTEGER NOT NULL,
    net_delta       REAL,
    source          TEXT NOT NULL,
    recorded_at     INTEGER NOT NULL,
    PRIMARY KEY (portfolio, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of portfolio_snapshots.
CREATE TABLE portfolio_snapshots_history (
    portfolio       TEXT NOT NULL,
    at              INTEGER NOT NULL,
    recorded_at     INTEGER NOT NULL,
    total_value     TEXT NOT NULL,
    cash            TEXT NOT NULL,
    positions_value TEXT NOT NULL,
    total_pnl       TEXT,
    unrealized_pnl  TEXT,
    realized_pnl    TEXT,
    total_exposure  TEXT NOT NULL,
    net_exposure    TEXT NOT NULL,
    positions       INTEGER NOT NULL,
    net_delta       REAL,
    source          TEXT NOT NULL,
    PRIMARY KEY (portfolio, at, recorded_at)
) STRICT, WITHOUT ROWID;

-- Events of the journal's cycles. Rows change by amendments alone.
CREATE TABLE journal_events (
    id              TEXT NOT NULL PRIMARY KEY,
    at              INTEGER NOT NULL,
    sequence        INTEGER NOT NULL,
    account         TEXT NOT NULL,
    strategy        TEXT NOT NULL,
    cycle           TEXT NOT NULL,
    names_cycle     INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    symbol          TEXT NOT NULL,
    instrument      TEXT NOT NULL,
    quantity        TEXT NOT NULL,
    price           TEXT NOT NULL,
    fees            TEXT NOT NULL,
    commission      TEXT,
    regulatory_fees TEXT,
    exchange_fees   TEXT,
    multiplier      INTEGER NOT NULL,
    successor       TEXT,
    successor_price TEXT,
    lot             TEXT,
    broker_order_id TEXT,
    execution       TEXT,
    signal          TEXT,
    provenance      TEXT NOT NULL,
    voided_at       INTEGER,
    amendment       TEXT,
    source          TEXT NOT NULL,
    recorded_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_events_by_time ON journal_events (at, id);
CREATE INDEX journal_events_by_cycle ON journal_events (cycle, at);
CREATE INDEX journal_events_by_account ON journal_events (account, at);
CREATE INDEX journal_events_by_chain ON journal_events (account, strategy, symbol, at);
CREATE INDEX journal_events_by_order ON journal_events (broker_order_id, account) WHERE broker_order_id IS NOT NULL;

-- Rows of brokers' histories as read from files. content is a JSON object of the row's fields; events is a JSON array
-- of the journal events made from the row.
CREATE TABLE imported_rows (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    account     TEXT NOT NULL,
    source      TEXT NOT NULL,
    row_id      TEXT NOT NULL,
    file        TEXT NOT NULL,
    line        INTEGER NOT NULL,
    content     TEXT NOT NULL,
    rejection   TEXT,
    events      TEXT NOT NULL,
    deletion    TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX imported_rows_by_time ON imported_rows (at, id);
CREATE INDEX imported_rows_by_account ON imported_rows (account, at);

-- Cycles of the journal, derived from journal_events alone.
CREATE TABLE journal_cycles (
    id                       TEXT NOT NULL PRIMARY KEY,
    account                  TEXT NOT NULL,
    strategy                 TEXT NOT NULL,
    symbol                   TEXT NOT NULL,
    phase                    TEXT NOT NULL,
    opened_at                INTEGER NOT NULL,
    closed_at                INTEGER,
    events                   INTEGER NOT NULL,
    shares                   TEXT NOT NULL,
    basis_tax                TEXT NOT NULL,
    basis_adjusted           TEXT NOT NULL,
    basis_tax_per_share      TEXT,
    basis_adjusted_per_share TEXT,
    premium                  TEXT NOT NULL,
    dividends                TEXT NOT NULL,
    fees                     TEXT NOT NULL,
    cash_flow                TEXT NOT NULL,
    realized_pnl             TEXT NOT NULL,
    lots                     TEXT NOT NULL,
    basis                    TEXT NOT NULL,
    recorded_at              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_cycles_by_symbol ON journal_cycles (symbol);

-- Trades, each a position from its entry (at) to its exit (exited_at).
CREATE TABLE trades (
    id                       TEXT NOT NULL PRIMARY KEY,
    at                       INTEGER NOT NULL,
    source                   TEXT NOT NULL,
    provenance               TEXT NOT NULL,
    schema_version           INTEGER NOT NULL,
    updated_at               INTEGER NOT NULL,
    finalised                INTEGER NOT NULL,
    voided_at                INTEGER,
    amendment                TEXT,
    account                  TEXT NOT NULL,
    strategy                 TEXT NOT NULL,
    setup                    TEXT,
    cycle                    TEXT,
    leg_group                TEXT,
    roll_chain               TEXT,
    parent_lot               TEXT,
    leg_role                 TEXT,
    wheel_phase              TEXT,
    signal                   TEXT,
    order_ids                TEXT NOT NULL,
    broker_trade_id          TEXT,
    import_source            TEXT,
    import_batch             TEXT,
    dedup_hash               TEXT,
    run                      TEXT,
    dry_run                  INTEGER NOT NULL,
    symbol                   TEXT NOT NULL,
    instrument               TEXT NOT NULL,
    exercise_style           TEXT,
    multiplier               INTEGER NOT NULL,
    deliverable              TEXT,
    side                     TEXT NOT NULL,
    open_action              TEXT NOT NULL,
    close_action             TEXT,
    quantity                 TEXT NOT NULL,
    quantity_closed          TEXT NOT NULL,
    exited_at                INTEGER,
    entry_price              TEXT NOT NULL,
    exit_price               TEXT,
    entry_bid                TEXT,
    entry_ask                TEXT,
    slippage_entry           TEXT,
    slippage_exit            TEXT,
    commission               TEXT,
    regulatory_fees          TEXT,
    exchange_fees            TEXT,
    assignment_fee           TEXT,
    exit_reason              TEXT,
    premium_received         TEXT,
    premium_paid             TEXT,
    gross_pnl                TEXT,
    total_costs              TEXT,
    net_pnl                  TEXT,
    win_loss                 TEXT,
    is_win_economic          INTEGER,
    currency                 TEXT,
    fx_rate                  REAL,
    initial_risk             TEXT,
    risk_basis               TEXT,
    max_risk                 TEXT,
    collateral               TEXT,
    buying_power_used        TEXT,
    stop_loss                TEXT,
    target_price             TEXT,
    profit_target_percent    REAL,
    loss_limit_percent       REAL,
    mae                      TEXT,
    mfe                      TEXT,
    excursion_resolution     TEXT,
    excursion_source         TEXT,
    post_exit_mfe            TEXT,
    probability_of_profit    REAL,
    account_equity           TEXT,
    entry_underlying_price   TEXT,
    entry_iv                 REAL,
    entry_iv_rank            REAL,
    entry_iv_percentile      REAL,
    entry_hv20               REAL,
    entry_delta              REAL,
    entry_gamma              REAL,
    entry_theta              REAL,
    entry_vega               REAL,
    entry_rho                REAL,
    entry_greeks_revision    INTEGER,
    entry_dte                INTEGER,
    entry_moneyness          REAL,
    entry_regime             TEXT,
    entry_vix                REAL,
    entry_risk_free_rate     REAL,
    entry_vwap               REAL,
    entry_adx                REAL,
    entry_atr                REAL,
    entry_spread_percent     REAL,
    entry_open_interest      INTEGER,
    entry_volume             INTEGER,
    entry_next_earnings      TEXT,
    entry_next_ex_dividend   TEXT,
    entry_chain_snapshot_at  INTEGER,
    exit_underlying_price    TEXT,
    exit_iv                  REAL,
    exit_iv_rank             REAL,
    exit_iv_percentile       REAL,
    exit_hv20                REAL,
    exit_delta               REAL,
    exit_gamma               REAL,
    exit_theta               REAL,
    exit_vega                REAL,
    exit_rho                 REAL,
    exit_greeks_revision     INTEGER,
    exit_dte                 INTEGER,
    exit_moneyness           REAL,
    exit_regime              TEXT,
    exit_vix                 REAL,
    exit_risk_free_rate      REAL,
    exit_vwap                REAL,
    exit_adx                 REAL,
    exit_atr                 REAL,
    exit_spread_percent      REAL,
    exit_open_interest       INTEGER,
    exit_volume              INTEGER,
    exit_next_earnings       TEXT,
    exit_next_ex_dividend    TEXT,
    exit_chain_snapshot_at   INTEGER,
    assigned_contracts       TEXT,
    assigned_at              INTEGER,
    early_assignment         INTEGER,
    shares_delta             TEXT,
    basis_tax_per_share      TEXT,
    basis_adjusted_per_share TEXT,
    roll_sequence            INTEGER,
    roll_net_credit          TEXT,
    roll_type                TEXT,
    dividends_received       TEXT,
    cycle_realized_pnl       TEXT,
    days_underwater          INTEGER,
    thesis                   TEXT,
    mental_state_entry       TEXT,
    mental_state_exit        TEXT,
    confidence               INTEGER,
    rule_breaks              TEXT NOT NULL,
    followed_plan            INTEGER,
    adherence_score          REAL,
    quality_grade            TEXT,
    tags                     TEXT NOT NULL,
    screenshots              TEXT NOT NULL,
    recorded_at              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idx_trades_timestamp_entry ON trades (at, id);
CREATE INDEX idx_trades_timestamp_exit ON trades (exited_at);
CREATE INDEX idx_trades_strategy ON trades (strategy, at);
CREATE INDEX idx_trades_regime ON trades (entry_regime, at);
CREATE INDEX idx_trades_symbol ON trades (symbol, at);
CREATE INDEX idx_trades_win_loss ON trades (win_loss, at);
CREATE INDEX idx_trades_exit_reason ON trades (exit_reason, at);
CREATE INDEX idx_trades_strategy_regime ON trades (strategy, entry_regime, at);
CREATE INDEX trades_by_cycle ON trades (cycle);

-- Notes about trades, cycles and accounts.
CREATE TABLE journal_notes (
    id          TEXT NOT NULL PRIMARY KEY,
    at          INTEGER NOT NULL,
    account     TEXT NOT NULL,
    trade       TEXT,
    cycle       TEXT,
    kind        TEXT NOT NULL,
    text        TEXT NOT NULL,
    voided_at   INTEGER,
    amendment   TEXT,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_notes_by_time ON journal_notes (at, id);
CREATE INDEX journal_notes_by_trade ON journal_notes (trade);
CREATE INDEX journal_notes_by_cycle ON journal_notes (cycle);

-- Trading rules of an owner.
CREATE TABLE journal_rules (
    rule        TEXT NOT NULL PRIMARY KEY,
    text        TEXT NOT NULL,
    severity    TEXT NOT NULL,
    active      INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Profit and loss of each account on each day in New York.
CREATE TABLE daily_pnl (
    date        TEXT NOT NULL,
    account     TEXT NOT NULL,
    realized    TEXT NOT NULL,
    unrealized  TEXT,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (date, account)
) STRICT, WITHOUT ROWID;

-- Current states of risk controls, by key.
CREATE TABLE risk_states (
    key         TEXT NOT NULL PRIMARY KEY,
    value       TEXT NOT NULL,
    updated_at  INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Metrics of closed trades. account, strategy and regime are empty where the metrics cover all of them; at is the end
-- of the window. The most used metrics have columns; metrics holds every number with its sample size and convention.
CREATE TABLE performance_metrics (
    strategy      TEXT NOT NULL,
    account       TEXT NOT NULL,
    regime        TEXT NOT NULL,
    window_kind   TEXT NOT NULL,
    unit          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    window_start  INTEGER,
    trades        INTEGER NOT NULL,
    net           TEXT,
    profit_factor REAL,
    expected_r    REAL,
    win_rate      REAL,
    wilson_lower  REAL,
    wilson_upper  REAL,
    max_drawdown  TEXT,
    costs_percent REAL,
    conventions   TEXT NOT NULL,
    metrics       TEXT NOT NULL,
    source        TEXT NOT NULL,
    recorded_at   INTEGER NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, unit, at)
) STRICT, WITHOUT ROWID;

-- Superseded versions of performance_metrics.
CREATE TABLE performance_metrics_history (
    strategy      TEXT NOT NULL,
    account       TEXT NOT NULL,
    regime        TEXT NOT NULL,
    window_kind   TEXT NOT NULL,
    unit          TEXT NOT NULL,
    at            INTEGER NOT NULL,
    recorded_at   INTEGER NOT NULL,
    window_start  INTEGER,
    trades        INTEGER NOT NULL,
    net           TEXT,
    profit_factor REAL,
    expected_r    REAL,
    win_rate      REAL,
    wilson_lower  REAL,
    wilson_upper  REAL,
    max_drawdown  TEXT,
    costs_percent REAL,
    conventions   TEXT NOT NULL,
    metrics       TEXT NOT NULL,
    source        TEXT NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, unit, at, recorded_at)
) STRICT, WITHOUT ROWID;
