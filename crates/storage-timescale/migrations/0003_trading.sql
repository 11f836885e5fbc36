-- The trading family: signals, orders, accounts and the trade journal.

-- Signals of strategies. status_at is when a signal stopped being active.
CREATE TABLE signals (
    id            UUID NOT NULL PRIMARY KEY,
    at            TIMESTAMPTZ NOT NULL,
    strategy      TEXT COLLATE "C" NOT NULL,
    symbol        TEXT COLLATE "C" NOT NULL,
    action        TEXT COLLATE "C" NOT NULL,
    legs          JSONB NOT NULL,
    strength      DOUBLE PRECISION NOT NULL,
    confidence    DOUBLE PRECISION NOT NULL,
    target_price  DOUBLE PRECISION,
    stop_price    DOUBLE PRECISION,
    valid_until   TIMESTAMPTZ,
    model_version TEXT COLLATE "C",
    reasoning     TEXT COLLATE "C",
    features      JSONB NOT NULL,
    status        TEXT COLLATE "C" NOT NULL,
    status_at     TIMESTAMPTZ,
    recorded_at   TIMESTAMPTZ NOT NULL,
    -- The words of other systems, which the server computes, for those who query by hand.
    signal_type   TEXT COLLATE "C" GENERATED ALWAYS AS (
        CASE WHEN action IN ('long', 'exit_short') THEN 'BUY' WHEN action = 'hold' THEN 'HOLD' ELSE 'SELL' END) STORED,
    "timestamp"   TIMESTAMPTZ GENERATED ALWAYS AS (at) STORED
);

CREATE INDEX signals_by_time ON signals (at, id);
CREATE INDEX signals_by_symbol ON signals (symbol, at DESC);
CREATE INDEX signals_by_strategy ON signals (strategy, at DESC);
CREATE INDEX signals_active ON signals (valid_until) WHERE status = 'active';
CREATE INDEX signals_by_feature ON signals USING gin (features jsonb_path_ops);

-- Orders. filled_quantity, filled_value and status follow from the executions; the mean price is filled_value /
-- filled_quantity.
CREATE TABLE orders (
    id              UUID NOT NULL PRIMARY KEY,
    at              TIMESTAMPTZ NOT NULL,
    strategy        TEXT COLLATE "C" NOT NULL,
    signal_id       UUID,
    account         TEXT COLLATE "C" NOT NULL,
    instrument      TEXT COLLATE "C" NOT NULL,
    side            TEXT COLLATE "C" NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    quantity        NUMERIC(20,8) NOT NULL,
    limit_price     NUMERIC(20,8),
    stop_price      NUMERIC(20,8),
    time_in_force   TEXT COLLATE "C" NOT NULL,
    links           JSONB NOT NULL,
    status          TEXT COLLATE "C" NOT NULL,
    filled_quantity NUMERIC(20,8) NOT NULL,
    filled_value    NUMERIC(28,16) NOT NULL,
    broker_order_id TEXT COLLATE "C",
    error_message   TEXT COLLATE "C",
    ended_at        TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL
);

CREATE INDEX orders_by_time ON orders (at, id);
CREATE INDEX orders_by_instrument ON orders (instrument, at DESC);
CREATE INDEX orders_by_strategy ON orders (strategy, at DESC);
CREATE INDEX orders_by_account ON orders (account, at);
CREATE INDEX orders_working ON orders (account, at) WHERE status IN ('pending', 'open', 'partially_filled');
CREATE UNIQUE INDEX orders_by_broker_id ON orders (broker_order_id, account, instrument)
    WHERE broker_order_id IS NOT NULL;

-- Executions, which fill the orders.
CREATE TABLE executions (
    id                  UUID NOT NULL PRIMARY KEY,
    at                  TIMESTAMPTZ NOT NULL,
    order_id            UUID NOT NULL,
    account             TEXT COLLATE "C" NOT NULL,
    instrument          TEXT COLLATE "C" NOT NULL,
    side                TEXT COLLATE "C" NOT NULL,
    quantity            NUMERIC(20,8) NOT NULL,
    price               NUMERIC(20,8) NOT NULL,
    commission          NUMERIC(20,8) NOT NULL,
    regulatory_fees     NUMERIC(20,8),
    exchange_fees       NUMERIC(20,8),
    venue               TEXT COLLATE "C",
    broker_execution_id TEXT COLLATE "C",
    recorded_at         TIMESTAMPTZ NOT NULL
);

CREATE INDEX executions_by_time ON executions (at, id);
CREATE INDEX executions_by_order ON executions (order_id, at);
CREATE INDEX executions_by_account ON executions (account, at);
CREATE INDEX executions_by_instrument ON executions (instrument, at DESC);
CREATE UNIQUE INDEX executions_by_broker_id ON executions (broker_execution_id, account)
    WHERE broker_execution_id IS NOT NULL;

-- Positions held now, one row for each account, instrument and strategy.
CREATE TABLE positions (
    account      TEXT COLLATE "C" NOT NULL,
    instrument   TEXT COLLATE "C" NOT NULL,
    strategy     TEXT COLLATE "C" NOT NULL,
    quantity     NUMERIC(20,8) NOT NULL,
    average_cost NUMERIC(20,8),
    realized_pnl NUMERIC(20,8) NOT NULL,
    opened_at    TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL,
    recorded_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (account, instrument, strategy)
);

CREATE INDEX positions_by_instrument ON positions (instrument);
CREATE INDEX positions_by_strategy ON positions (strategy);

-- Snapshots of accounts as reported by their brokers. positions is a JSON array of the holdings, with amounts as texts.
CREATE TABLE account_snapshots (
    id                      UUID NOT NULL PRIMARY KEY,
    at                      TIMESTAMPTZ NOT NULL,
    account                 TEXT COLLATE "C" NOT NULL,
    positions               JSONB NOT NULL,
    source                  TEXT COLLATE "C" NOT NULL,
    cash                    NUMERIC(20,8),
    settled_cash            NUMERIC(20,8),
    net_liquidation         NUMERIC(20,8),
    positions_value         NUMERIC(20,8),
    buying_power            NUMERIC(20,8),
    initial_requirement     NUMERIC(20,8),
    maintenance_requirement NUMERIC(20,8),
    excess_liquidity        NUMERIC(20,8),
    realized_pnl            NUMERIC(20,8),
    unrealized_pnl          NUMERIC(20,8),
    recorded_at             TIMESTAMPTZ NOT NULL
);

CREATE INDEX account_snapshots_by_time ON account_snapshots (at, id);
CREATE INDEX account_snapshots_by_account ON account_snapshots (account, at, id);

-- Values and exposures of portfolios.
CREATE TABLE portfolio_snapshots (
    portfolio       TEXT COLLATE "C" NOT NULL,
    at              TIMESTAMPTZ NOT NULL,
    total_value     NUMERIC(20,8) NOT NULL,
    cash            NUMERIC(20,8) NOT NULL,
    positions_value NUMERIC(20,8) NOT NULL,
    total_pnl       NUMERIC(20,8),
    unrealized_pnl  NUMERIC(20,8),
    realized_pnl    NUMERIC(20,8),
    total_exposure  NUMERIC(20,8) NOT NULL,
    net_exposure    NUMERIC(20,8) NOT NULL,
    positions       BIGINT NOT NULL,
    net_delta       DOUBLE PRECISION,
    source          TEXT COLLATE "C" NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (portfolio, at)
);

-- A year: a row is one look at a portfolio.
SELECT partition_by_time('portfolio_snapshots', INTERVAL '365 days');

-- Superseded versions of portfolio_snapshots.
CREATE TABLE portfolio_snapshots_history (LIKE portfolio_snapshots, PRIMARY KEY (portfolio, at, recorded_at));

-- Events of the journal's cycles. Rows change by amendments alone.
CREATE TABLE journal_events (
    id              UUID NOT NULL PRIMARY KEY,
    at              TIMESTAMPTZ NOT NULL,
    sequence        BIGINT NOT NULL,
    account         TEXT COLLATE "C" NOT NULL,
    strategy        TEXT COLLATE "C" NOT NULL,
    cycle           UUID NOT NULL,
    names_cycle     BOOLEAN NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    symbol          TEXT COLLATE "C" NOT NULL,
    instrument      TEXT COLLATE "C" NOT NULL,
    quantity        NUMERIC(20,8) NOT NULL,
    price           NUMERIC(20,8) NOT NULL,
    fees            NUMERIC(20,8) NOT NULL,
    commission      NUMERIC(20,8),
    regulatory_fees NUMERIC(20,8),
    exchange_fees   NUMERIC(20,8),
    multiplier      BIGINT NOT NULL,
    successor       TEXT COLLATE "C",
    successor_price NUMERIC(20,8),
    lot             UUID,
    broker_order_id TEXT COLLATE "C",
    execution       UUID,
    signal          UUID,
    provenance      TEXT COLLATE "C" NOT NULL,
    voided_at       TIMESTAMPTZ,
    amendment       TEXT COLLATE "C",
    source          TEXT COLLATE "C" NOT NULL,
    recorded_at     TIMESTAMPTZ NOT NULL
);

CREATE INDEX journal_events_by_time ON journal_events (at, id);
CREATE INDEX journal_events_by_cycle ON journal_events (cycle, at);
CREATE INDEX journal_events_by_account ON journal_events (account, at);
CREATE INDEX journal_events_by_chain ON journal_events (account, strategy, symbol, at);
CREATE INDEX journal_events_by_order ON journal_events (broker_order_id, account) WHERE broker_order_id IS NOT NULL;

-- Rows of brokers' histories as read from files. content is a JSON object of the row's fields; events is a JSON array
-- of the journal events made from the row.
CREATE TABLE imported_rows (
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    source      TEXT COLLATE "C" NOT NULL,
    row_id      TEXT COLLATE "C" NOT NULL,
    file        TEXT COLLATE "C" NOT NULL,
    line        BIGINT NOT NULL,
    content     JSONB NOT NULL,
    rejection   TEXT COLLATE "C",
    events      JSONB NOT NULL,
    deletion    TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX imported_rows_by_time ON imported_rows (at, id);
CREATE INDEX imported_rows_by_account ON imported_rows (account, at);

-- Cycles of the journal, derived from journal_events alone.
CREATE TABLE journal_cycles (
    id                       UUID NOT NULL PRIMARY KEY,
    account                  TEXT COLLATE "C" NOT NULL,
    strategy                 TEXT COLLATE "C" NOT NULL,
    symbol                   TEXT COLLATE "C" NOT NULL,
    phase                    TEXT COLLATE "C" NOT NULL,
    opened_at                TIMESTAMPTZ NOT NULL,
    closed_at                TIMESTAMPTZ,
    events                   BIGINT NOT NULL,
    shares                   NUMERIC(20,8) NOT NULL,
    basis_tax                NUMERIC(20,8) NOT NULL,
    basis_adjusted           NUMERIC(20,8) NOT NULL,
    basis_tax_per_share      NUMERIC(20,8),
    basis_adjusted_per_share NUMERIC(20,8),
    premium                  NUMERIC(20,8) NOT NULL,
    dividends                NUMERIC(20,8) NOT NULL,
    fees                     NUMERIC(20,8) NOT NULL,
    cash_flow                NUMERIC(20,8) NOT NULL,
    realized_pnl             NUMERIC(20,8) NOT NULL,
    lots                     JSONB NOT NULL,
    basis                    JSONB NOT NULL,
    recorded_at              TIMESTAMPTZ NOT NULL
);

CREATE INDEX journal_cycles_by_symbol ON journal_cycles (symbol);

-- Trades, each a position from its entry (at) to its exit (exited_at).
CREATE TABLE trades (
    id                       UUID NOT NULL PRIMARY KEY,
    at                       TIMESTAMPTZ NOT NULL,
    source                   TEXT COLLATE "C" NOT NULL,
    provenance               TEXT COLLATE "C" NOT NULL,
    schema_version           BIGINT NOT NULL,
    updated_at               TIMESTAMPTZ NOT NULL,
    finalised                BOOLEAN NOT NULL,
    voided_at                TIMESTAMPTZ,
    amendment                TEXT COLLATE "C",
    account                  TEXT COLLATE "C" NOT NULL,
    strategy                 TEXT COLLATE "C" NOT NULL,
    setup                    TEXT COLLATE "C",
    cycle                    UUID,
    leg_group                UUID,
    roll_chain               UUID,
    parent_lot               UUID,
    leg_role                 TEXT COLLATE "C",
    wheel_phase              TEXT COLLATE "C",
    signal                   UUID,
    order_ids                JSONB NOT NULL,
    broker_trade_id          TEXT COLLATE "C",
    import_source            TEXT COLLATE "C",
    import_batch             UUID,
    dedup_hash               TEXT COLLATE "C",
    run                      UUID,
    dry_run                  BOOLEAN NOT NULL,
    symbol                   TEXT COLLATE "C" NOT NULL,
    instrument               TEXT COLLATE "C" NOT NULL,
    exercise_style           TEXT COLLATE "C",
    multiplier               BIGINT NOT NULL,
    deliverable              JSONB,
    side                     TEXT COLLATE "C" NOT NULL,
    open_action              TEXT COLLATE "C" NOT NULL,
    close_action             TEXT COLLATE "C",
    quantity                 NUMERIC(20,8) NOT NULL,
    quantity_closed          NUMERIC(20,8) NOT NULL,
    exited_at                TIMESTAMPTZ,
    entry_price              NUMERIC(20,8) NOT NULL,
    exit_price               NUMERIC(20,8),
    entry_bid                NUMERIC(20,8),
    entry_ask                NUMERIC(20,8),
    slippage_entry           NUMERIC(20,8),
    slippage_exit            NUMERIC(20,8),
    commission               NUMERIC(20,8),
    regulatory_fees          NUMERIC(20,8),
    exchange_fees            NUMERIC(20,8),
    assignment_fee           NUMERIC(20,8),
    exit_reason              TEXT COLLATE "C",
    premium_received         NUMERIC(20,8),
    premium_paid             NUMERIC(20,8),
    gross_pnl                NUMERIC(20,8),
    total_costs              NUMERIC(20,8),
    net_pnl                  NUMERIC(20,8),
    win_loss                 TEXT COLLATE "C",
    is_win_economic          BOOLEAN,
    currency                 TEXT COLLATE "C",
    fx_rate                  DOUBLE PRECISION,
    initial_risk             NUMERIC(20,8),
    risk_basis               TEXT COLLATE "C",
    max_risk                 NUMERIC(20,8),
    collateral               NUMERIC(20,8),
    buying_power_used        NUMERIC(20,8),
    stop_loss                NUMERIC(20,8),
    target_price             NUMERIC(20,8),
    profit_target_percent    DOUBLE PRECISION,
    loss_limit_percent       DOUBLE PRECISION,
    mae                      NUMERIC(20,8),
    mfe                      NUMERIC(20,8),
    excursion_resolution     TEXT COLLATE "C",
    excursion_source         TEXT COLLATE "C",
    post_exit_mfe            NUMERIC(20,8),
    probability_of_profit    DOUBLE PRECISION,
    account_equity           NUMERIC(20,8),
    entry_underlying_price   NUMERIC(20,8),
    entry_iv                 DOUBLE PRECISION,
    entry_iv_rank            DOUBLE PRECISION,
    entry_iv_percentile      DOUBLE PRECISION,
    entry_hv20               DOUBLE PRECISION,
    entry_delta              DOUBLE PRECISION,
    entry_gamma              DOUBLE PRECISION,
    entry_theta              DOUBLE PRECISION,
    entry_vega               DOUBLE PRECISION,
    entry_rho                DOUBLE PRECISION,
    entry_greeks_revision    BIGINT,
    entry_dte                BIGINT,
    entry_moneyness          DOUBLE PRECISION,
    entry_regime             TEXT COLLATE "C",
    entry_vix                DOUBLE PRECISION,
    entry_risk_free_rate     DOUBLE PRECISION,
    entry_vwap               DOUBLE PRECISION,
    entry_adx                DOUBLE PRECISION,
    entry_atr                DOUBLE PRECISION,
    entry_spread_percent     DOUBLE PRECISION,
    entry_open_interest      BIGINT,
    entry_volume             BIGINT,
    entry_next_earnings      DATE,
    entry_next_ex_dividend   DATE,
    entry_chain_snapshot_at  TIMESTAMPTZ,
    exit_underlying_price    NUMERIC(20,8),
    exit_iv                  DOUBLE PRECISION,
    exit_iv_rank             DOUBLE PRECISION,
    exit_iv_percentile       DOUBLE PRECISION,
    exit_hv20                DOUBLE PRECISION,
    exit_delta               DOUBLE PRECISION,
    exit_gamma               DOUBLE PRECISION,
    exit_theta               DOUBLE PRECISION,
    exit_vega                DOUBLE PRECISION,
    exit_rho                 DOUBLE PRECISION,
    exit_greeks_revision     BIGINT,
    exit_dte                 BIGINT,
    exit_moneyness           DOUBLE PRECISION,
    exit_regime              TEXT COLLATE "C",
    exit_vix                 DOUBLE PRECISION,
    exit_risk_free_rate      DOUBLE PRECISION,
    exit_vwap                DOUBLE PRECISION,
    exit_adx                 DOUBLE PRECISION,
    exit_atr                 DOUBLE PRECISION,
    exit_spread_percent      DOUBLE PRECISION,
    exit_open_interest       BIGINT,
    exit_volume              BIGINT,
    exit_next_earnings       DATE,
    exit_next_ex_dividend    DATE,
    exit_chain_snapshot_at   TIMESTAMPTZ,
    assigned_contracts       NUMERIC(20,8),
    assigned_at              TIMESTAMPTZ,
    early_assignment         BOOLEAN,
    shares_delta             NUMERIC(20,8),
    basis_tax_per_share      NUMERIC(20,8),
    basis_adjusted_per_share NUMERIC(20,8),
    roll_sequence            BIGINT,
    roll_net_credit          NUMERIC(20,8),
    roll_type                TEXT COLLATE "C",
    dividends_received       NUMERIC(20,8),
    cycle_realized_pnl       NUMERIC(20,8),
    days_underwater          BIGINT,
    thesis                   TEXT COLLATE "C",
    mental_state_entry       TEXT COLLATE "C",
    mental_state_exit        TEXT COLLATE "C",
    confidence               BIGINT,
    rule_breaks              JSONB NOT NULL,
    followed_plan            BOOLEAN,
    adherence_score          DOUBLE PRECISION,
    quality_grade            TEXT COLLATE "C",
    tags                     JSONB NOT NULL,
    screenshots              JSONB NOT NULL,
    recorded_at              TIMESTAMPTZ NOT NULL
);

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
    id          UUID NOT NULL PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    trade       UUID,
    cycle       UUID,
    kind        TEXT COLLATE "C" NOT NULL,
    text        TEXT COLLATE "C" NOT NULL,
    voided_at   TIMESTAMPTZ,
    amendment   TEXT COLLATE "C",
    recorded_at TIMESTAMPTZ NOT NULL
);

CREATE INDEX journal_notes_by_time ON journal_notes (at, id);
CREATE INDEX journal_notes_by_trade ON journal_notes (trade);
CREATE INDEX journal_notes_by_cycle ON journal_notes (cycle);

-- Trading rules of an owner.
CREATE TABLE journal_rules (
    rule        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    text        TEXT COLLATE "C" NOT NULL,
    severity    TEXT COLLATE "C" NOT NULL,
    active      BOOLEAN NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

-- Profit and loss of each account on each day in New York.
CREATE TABLE daily_pnl (
    date        DATE NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    realized    NUMERIC(20,8) NOT NULL,
    unrealized  NUMERIC(20,8),
    recorded_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (date, account)
);

-- Current states of risk controls, by key.
CREATE TABLE risk_states (
    key         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value       JSONB NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL
);

-- Metrics of closed trades. account, strategy and regime are empty where the metrics cover all of them; at is the end
-- of the window. The most used metrics have columns; metrics holds every number with its sample size and convention.
CREATE TABLE performance_metrics (
    strategy      TEXT COLLATE "C" NOT NULL,
    account       TEXT COLLATE "C" NOT NULL,
    regime        TEXT COLLATE "C" NOT NULL,
    window_kind   TEXT COLLATE "C" NOT NULL,
    unit          TEXT COLLATE "C" NOT NULL,
    at            TIMESTAMPTZ NOT NULL,
    window_start  TIMESTAMPTZ,
    trades        BIGINT NOT NULL,
    net           NUMERIC(20,8),
    profit_factor DOUBLE PRECISION,
    expected_r    DOUBLE PRECISION,
    win_rate      DOUBLE PRECISION,
    wilson_lower  DOUBLE PRECISION,
    wilson_upper  DOUBLE PRECISION,
    max_drawdown  NUMERIC(20,8),
    costs_percent DOUBLE PRECISION,
    conventions   JSONB NOT NULL,
    metrics       JSONB NOT NULL,
    source        TEXT COLLATE "C" NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (strategy, account, regime, window_kind, unit, at)
);

-- A quarter: a row is one window of trades.
SELECT partition_by_time('performance_metrics', INTERVAL '90 days');

-- Superseded versions of performance_metrics.
CREATE TABLE performance_metrics_history (LIKE performance_metrics,
    PRIMARY KEY (strategy, account, regime, window_kind, unit, at, recorded_at));
